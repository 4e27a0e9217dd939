//! The writer: makes batches durable, then lets go what waited for them.
//!
//! One thread, one batch at a time. In the order of things: encode, commit, learn keys, publish
//! to subscribers, answer. Whoever is answered can use what he was answered about.

use crate::batch::{Batch, Fate, Release};
use crate::chain::{Ends, Link};
use crate::codec;
use crate::limits::RuntimeConfig;
use crate::shared::{EffectNews, Shared};
use crate::turn::{Signal, Signals, Work};
use crossbeam_channel::{Receiver, Sender};
use ringback_model::{Event, Input};
use ringback_ports::failpoint::{FailPoint, pass};
use ringback_ports::hall::Abilities;
use ringback_ports::store::{AppendFault, JournalRow, JournalWriter, Store, StoreFault};
use ringback_ports::{Record, TenantId};
use std::sync::Arc;
use std::time::Instant;

pub(crate) struct Writer {
    pub(crate) config: RuntimeConfig,
    pub(crate) shared: Arc<Shared>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) journal: Box<dyn JournalWriter>,
    pub(crate) encoder: codec::Encoder,
    /// The ends of the chains of hashes.
    pub(crate) ends: Ends,
    pub(crate) work: Receiver<Work>,
    pub(crate) signals: Signals,
    pub(crate) loader: Sender<TenantId>,
    /// Durable records for the projection; what finds no place is read from the journal there.
    pub(crate) projection: Sender<Arc<Record>>,
}

impl Writer {
    /// Writes until the loop is gone.
    pub(crate) fn run(mut self) {
        while let Ok(work) = self.work.recv() {
            match work {
                Work::Write(batch) => self.write(batch),
                Work::Quarantine {
                    tenant,
                    hash,
                    input,
                    problem,
                } => {
                    self.quarantine(tenant, hash, &input, &problem);
                }
            }
        }
    }

    fn write(&mut self, batch: Batch) {
        let Batch {
            records,
            mut abilities,
            mut releases,
            ..
        } = batch;
        let mut records: Vec<Record> = records.into_values().collect();
        let failed = self.commit(&mut records);
        for (tenant, fate) in &failed {
            // Before anybody hears of it, so that "not served" is already true for him.
            self.shared.unserve(*tenant);
            releases = fail_tenant(releases, *tenant, fate);
        }
        if !records.is_empty() {
            pass(FailPoint::AfterCommit);
        }
        for record in records {
            let abilities = abilities.remove(&record.tenant).unwrap_or_default();
            self.publish(Arc::new(record), abilities);
        }
        // The loop may hand over the next batch while this one's answers go out.
        self.signals.send(Signal::Written { failed });
        let half = releases.len() / 2;
        for (index, release) in releases.into_iter().enumerate() {
            if index > 0 && index == half {
                pass(FailPoint::BetweenAnswers);
            }
            release.release();
        }
    }

    /// Commits what can be committed; `records` keeps what is durable then.
    fn commit(&mut self, records: &mut Vec<Record>) -> Vec<(TenantId, Fate)> {
        let mut failed = Vec::new();
        let mut dropped_ballast = false;
        while !records.is_empty() {
            let links = match self.links(records) {
                Ok(links) => links,
                Err(fault) => {
                    tracing::error!(%fault, "The end of the journal could not be read; the batch was not written.");
                    return self.fail_all(records, failed, &Fate::NotWritten);
                }
            };
            let rows = match self.encode(records, &links) {
                Ok(rows) => rows,
                Err(fault) => {
                    (self.config.fatal)(&format!("a record could not be encoded: {fault}"));
                    return self.fail_all(records, failed, &Fate::NotWritten);
                }
            };
            pass(FailPoint::BeforeCommit);
            let started = Instant::now();
            match self.journal.append(&rows) {
                Ok(()) => {
                    self.ends.written(&rows);
                    measure(records, started);
                    return failed;
                }
                Err(AppendFault::Fenced { tenant }) => {
                    tracing::error!(%tenant, "The lease was lost; nothing of its batch was written.");
                    let before = records.len();
                    records.retain(|record| record.tenant != tenant);
                    failed.push((tenant, Fate::NotWritten));
                    if records.len() == before {
                        return self.fail_all(records, failed, &Fate::NotWritten);
                    }
                }
                Err(AppendFault::Full(problem)) if !dropped_ballast => {
                    dropped_ballast = true;
                    let freed = self.store.drop_ballast().unwrap_or(0);
                    tracing::error!(
                        problem,
                        freed,
                        "The store is full; the ballast was dropped."
                    );
                    self.shared.gauge.set(0);
                }
                Err(AppendFault::Full(problem)) => {
                    tracing::error!(problem, "The store is full; the batch was not written.");
                    self.shared.gauge.set(0);
                    return self.fail_all(records, failed, &Fate::NoRoom { free_mib: 0 });
                }
                Err(AppendFault::Unknown(problem)) => {
                    tracing::error!(problem, "Nobody knows whether the batch was written.");
                    return self.fail_all(records, failed, &Fate::Unknown(problem));
                }
                Err(AppendFault::Flush(problem)) => {
                    (self.config.fatal)(&format!("a flush failed: {problem}"));
                    return self.fail_all(records, failed, &Fate::Unknown(problem));
                }
            }
        }
        failed
    }

    /// The hash of the record before each.
    fn links(&self, records: &[Record]) -> Result<Vec<Option<Link>>, StoreFault> {
        let before = |it: &Record| self.ends.before(&*self.store, it.tenant, it.sequence);
        records.iter().map(before).collect()
    }

    fn encode(
        &mut self,
        records: &[Record],
        links: &[Option<Link>],
    ) -> Result<Vec<JournalRow>, StoreFault> {
        let at = self.config.clock.wall();
        let encoder = &mut self.encoder;
        let linked = records.iter().zip(links);
        let rows = linked.map(|(record, before)| encoder.encode(record, at, *before));
        rows.collect()
    }

    fn fail_all(
        &self,
        records: &mut Vec<Record>,
        mut failed: Vec<(TenantId, Fate)>,
        fate: &Fate,
    ) -> Vec<(TenantId, Fate)> {
        failed.extend(
            records
                .drain(..)
                .map(|record| (record.tenant, fate.clone())),
        );
        failed
    }

    fn publish(&self, record: Arc<Record>, abilities: Abilities) {
        self.shared.keyring.learn(&record);
        self.shared.hub.publish(&record, abilities);
        if tells_of_effects(&record) {
            // Without rooms nobody listens.
            let _ = self
                .shared
                .effects
                .send(EffectNews::Record(Arc::clone(&record)));
        }
        // A projection that is behind reads the journal.
        let _ = self.projection.try_send(record);
    }

    fn quarantine(&mut self, tenant: TenantId, hash: u64, input: &Input, problem: &str) {
        let at = self.config.clock.wall();
        let bytes = codec::encode_input(input).unwrap_or_default();
        let number = match self.journal.quarantine(tenant, at, &bytes, problem) {
            Ok(number) => number,
            Err(fault) => {
                tracing::error!(%tenant, %fault, "An input could not be put aside.");
                0
            }
        };
        self.signals.send(Signal::Quarantined {
            tenant,
            hash,
            number,
        });
        let _ = self.loader.send(tenant);
    }
}

fn fail_tenant(releases: Vec<Release>, tenant: TenantId, fate: &Fate) -> Vec<Release> {
    let (theirs, others): (Vec<Release>, Vec<Release>) = releases
        .into_iter()
        .partition(|release| release.tenant() == tenant);
    theirs.into_iter().for_each(|release| release.fail(fate));
    others
}

fn tells_of_effects(record: &Record) -> bool {
    let of_effects = |event: &Event| matches!(event, Event::Effect(_));
    record
        .entries
        .iter()
        .any(|entry| entry.events.iter().any(of_effects))
}

fn measure(records: &[Record], started: Instant) {
    let entries: usize = records.iter().map(|record| record.entries.len()).sum();
    metrics::histogram!("ringback_store_commit_seconds").record(started.elapsed().as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
    metrics::histogram!("ringback_store_batch_entries").record(entries as f64);
    metrics::counter!("ringback_journal_entries_total").increment(entries as u64);
}
