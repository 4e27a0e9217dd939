//! From what happened to what can be asked: records are projected with a watermark.
//!
//! A pure function of the journal, so it can be done again from any point. Runs behind the
//! loop; how far it is stands in the same transaction as what it wrote.

use crate::codec;
use crate::shared::Shared;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use ringback_model::effect::Order;
use ringback_model::place::{BackTo, Role};
use ringback_model::{Event, config, interaction, offer, record, route};
use ringback_ports::failpoint::{FailPoint, pass};
use ringback_ports::records::{Change, ConfigVersion, HistoryLine};
use ringback_ports::store::{JournalReader, RecordsWriter, Store, StoreFault};
use ringback_ports::{Cursor, Entry, Record, Sequence, TenantId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) struct Projection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) records: Receiver<Arc<Record>>,
    /// How often what is projected is made to survive a power cut; the journal is kept until
    /// then.
    pub(crate) flush_every: Duration,
    /// How often the books of statistics are put away; the journal is kept until then too.
    pub(crate) books_every: Duration,
}

/// Changes of one transaction; more wait for the next.
const CHANGES_MAX: usize = 16_384;
/// How long records gather before they are projected: one large transaction costs much less
/// than many small ones, because each rewrites the last page of every index. Nobody waits for
/// it: a read with `at_least` ends the gathering.
const GATHER: Duration = Duration::from_millis(20);
/// Bytes of journal read at a time when catching up.
const READ_BYTES: usize = 2 * 1024 * 1024;
/// How often to look for records that were not handed over.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long to wait after the store failed.
const PAUSE: Duration = Duration::from_secs(1);

impl Projection {
    /// Projects until the writer is gone and everything is done.
    pub(crate) fn run(self) {
        give_way();
        loop {
            match self.project_all() {
                Ok(()) => return,
                Err(fault) => {
                    tracing::error!(%fault, "The records are not written at the moment.");
                    self.shared.set_projection_problem(Some(fault.to_string()));
                    metrics::counter!("ringback_projection_faults_total").increment(1);
                    if self.shared.is_closing() {
                        return;
                    }
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    fn project_all(&self) -> Result<(), StoreFault> {
        let mut open = Projecting {
            writer: self.store.records_writer()?,
            reader: self.store.journal_reader()?,
            watermarks: BTreeMap::new(),
            shared: Arc::clone(&self.shared),
            flushed: Instant::now(),
            saved: Instant::now(),
        };
        for tenant in self.shared.tenant_ids() {
            let watermark = open.writer.watermark(tenant)?;
            open.watermarks.insert(tenant, watermark);
            self.shared.set_watermark(tenant, watermark);
            let mut records = self.store.records_reader()?;
            self.shared
                .books
                .load(tenant, watermark, &mut *records, &mut *open.reader)?;
            open.catch_up(tenant)?;
        }
        open.flush()?;
        self.shared.set_projection_problem(None);
        loop {
            open.save_if_due(self.books_every)?;
            open.flush_if_due(self.flush_every)?;
            match self.records.recv_timeout(LOOK_EVERY) {
                Ok(first) => {
                    self.shared.gather(GATHER);
                    let more = self.records.try_iter().take(CHANGES_MAX);
                    let records: Vec<_> = std::iter::once(first).chain(more).collect();
                    open.take(&records)?;
                }
                Err(RecvTimeoutError::Timeout) => open.catch_up_all()?,
                Err(RecvTimeoutError::Disconnected) => {
                    open.catch_up_all()?;
                    open.save()?;
                    return open.flush();
                }
            }
        }
    }
}

/// The records may lag, answers may not: on a busy machine this thread comes after the others.
fn give_way() {
    let lower = || {
        // On Linux this is about the calling thread only.
        let nice = rustix::process::getpriority_process(None)?;
        rustix::process::setpriority_process(None, nice + NICE)
    };
    if let Err(error) = lower() {
        tracing::debug!(%error, "The projection keeps its priority.");
    }
}

/// How much nicer than the others.
const NICE: i32 = 10;

struct Projecting {
    writer: Box<dyn RecordsWriter>,
    reader: Box<dyn JournalReader>,
    watermarks: BTreeMap<TenantId, Sequence>,
    shared: Arc<Shared>,
    flushed: Instant,
    saved: Instant,
}

impl Projecting {
    fn save_if_due(&mut self, every: Duration) -> Result<(), StoreFault> {
        if self.saved.elapsed() < every {
            return Ok(());
        }
        self.save()
    }

    /// Puts the books of statistics away.
    fn save(&mut self) -> Result<(), StoreFault> {
        self.saved = Instant::now();
        for (tenant, watermark) in &self.watermarks {
            self.shared
                .books
                .save(*tenant, *watermark, &mut *self.writer)?;
        }
        Ok(())
    }

    fn flush_if_due(&mut self, every: Duration) -> Result<(), StoreFault> {
        if self.flushed.elapsed() < every {
            return Ok(());
        }
        self.flush()
    }

    /// Makes what is projected survive a power cut, and says so to whoever prunes.
    fn flush(&mut self) -> Result<(), StoreFault> {
        self.flushed = Instant::now();
        self.writer.flush()?;
        for (tenant, watermark) in &self.watermarks {
            let saved = self.shared.books.saved(*tenant);
            self.shared.set_flushed(*tenant, saved.min(*watermark));
        }
        Ok(())
    }

    /// Projects records as they come from the writer; what is missing in between is read.
    fn take(&mut self, records: &[Arc<Record>]) -> Result<(), StoreFault> {
        let mut by_tenant: BTreeMap<TenantId, Vec<&Record>> = BTreeMap::new();
        for record in records {
            // What was read from the journal meanwhile is there already.
            if record.sequence > self.watermark(record.tenant) {
                by_tenant.entry(record.tenant).or_default().push(record);
            }
        }
        for (tenant, records) in by_tenant {
            let watermark = self.watermark(tenant);
            let follows = records
                .first()
                .is_some_and(|it| it.sequence == watermark.next())
                && records
                    .windows(2)
                    .all(|pair| pair[1].sequence == pair[0].sequence.next());
            if follows {
                self.project(tenant, records.iter().copied())?;
            } else {
                self.catch_up(tenant)?;
            }
        }
        Ok(())
    }

    fn watermark(&self, tenant: TenantId) -> Sequence {
        self.watermarks.get(&tenant).copied().unwrap_or_default()
    }

    fn catch_up_all(&mut self) -> Result<(), StoreFault> {
        let tenants: Vec<TenantId> = self.watermarks.keys().copied().collect();
        for tenant in tenants {
            // Without news nothing is read: the hub knows how far the journal is.
            let published = self.shared.hub.published(tenant).unwrap_or_default();
            if published > self.watermark(tenant) {
                self.catch_up(tenant)?;
            }
        }
        Ok(())
    }

    fn catch_up(&mut self, tenant: TenantId) -> Result<(), StoreFault> {
        loop {
            let rows = self
                .reader
                .read(tenant, self.watermark(tenant), READ_BYTES)?;
            if rows.is_empty() {
                return Ok(());
            }
            let records = rows
                .iter()
                .map(codec::decode_record)
                .collect::<Result<Vec<Record>, _>>()?;
            self.project(tenant, records.iter())?;
        }
    }

    fn project<'a>(
        &mut self,
        tenant: TenantId,
        records: impl Iterator<Item = &'a Record>,
    ) -> Result<(), StoreFault> {
        let mut changes = Vec::new();
        let mut reached = self.watermark(tenant);
        for record in records {
            for (cursor, entry, event) in record.events() {
                changes_of(cursor, entry, event, &mut changes)?;
            }
            // Before it is written: should that fail, books and records are read in again.
            self.shared.books.fold(tenant, record);
            reached = record.sequence;
            if changes.len() >= CHANGES_MAX {
                self.commit(tenant, &changes, reached)?;
                changes.clear();
            }
        }
        if reached > self.watermark(tenant) {
            self.commit(tenant, &changes, reached)?;
        }
        Ok(())
    }

    fn commit(
        &mut self,
        tenant: TenantId,
        changes: &[Change<'_>],
        reached: Sequence,
    ) -> Result<(), StoreFault> {
        pass(FailPoint::BeforeProjection);
        self.writer.project(tenant, changes, reached)?;
        pass(FailPoint::AfterProjection);
        self.watermarks.insert(tenant, reached);
        self.shared.set_projection_problem(None);
        self.shared.set_watermark(tenant, reached);
        Ok(())
    }
}

/// What one event changes in the records.
///
/// # Errors
/// The event could not be encoded, which is a mistake of ours.
pub fn changes_of<'a>(
    cursor: Cursor,
    entry: &'a Entry,
    event: &'a Event,
    changes: &mut Vec<Change<'a>>,
) -> Result<(), StoreFault> {
    match event {
        Event::Interaction(event) => of_interaction(event, entry, changes),
        Event::Route(event) => of_route(event, changes),
        Event::Offer(event) => of_offer(event, changes),
        Event::Config(event) => changes.push(of_config(event, entry)?),
        // Facts have tables of their own and no line of history.
        Event::Record(record::Event::Segment(segment)) => {
            changes.push(Change::Segment(segment));
            return Ok(());
        }
        Event::Record(record::Event::Interval(interval)) => {
            changes.push(Change::Interval(interval));
            return Ok(());
        }
        // What subscribers are told stands in the history of the interaction already.
        Event::Workbin(_) => return Ok(()),
        Event::Agent(_)
        | Event::Contact(_)
        | Event::Effect(_)
        | Event::Login(_)
        | Event::Node(_)
        | Event::View(_) => {}
    }
    let subject = event.subject();
    changes.push(Change::History(HistoryLine {
        cursor,
        now: entry.now,
        actor: &entry.actor,
        interaction: subject
            .map(|of| of.interaction)
            .or_else(|| of_effect(event)),
        queue: subject.map(|of| of.queue),
        agent: event.agent(),
        event,
    }));
    Ok(())
}

fn of_effect(event: &Event) -> Option<ringback_model::InteractionId> {
    match event {
        Event::Effect(ringback_model::effect::Event::Issued(order)) => {
            let Order { effect, .. } = &**order;
            let ringback_model::Effect::Notice { interaction, .. } = effect;
            Some(*interaction)
        }
        _ => None,
    }
}

fn of_interaction<'a>(event: &'a interaction::Event, entry: &Entry, changes: &mut Vec<Change<'a>>) {
    changes.push(match event {
        interaction::Event::Submitted(it) => Change::Submitted(it),
        interaction::Event::Moved { of, to } => Change::Requeued {
            interaction: of.interaction,
            queue: *to,
        },
        interaction::Event::Stopped { of, ending, .. } => Change::Stopped {
            interaction: of.interaction,
            at: entry.now,
            ending,
        },
        interaction::Event::Placed { of, to, queue, .. } => Change::Placed {
            interaction: of.interaction,
            place: match to {
                interaction::Rest::Queue(_) => "queue",
                interaction::Rest::Workbin { .. } => "workbin",
            },
            queue: (*queue != of.queue).then_some(*queue),
        },
        interaction::Event::Pulled { of, agent, .. } => moved(of, Some("handling"), Some(*agent)),
        interaction::Event::Joined {
            of,
            agent,
            role: Role::Owner,
            ..
        } => moved(of, None, Some(*agent)),
        interaction::Event::Changed { of, change, .. } => Change::Changed {
            interaction: of.interaction,
            change,
        },
        interaction::Event::Joined { of, .. }
        | interaction::Event::Left { of, .. }
        | interaction::Event::Held { of, .. }
        | interaction::Event::Resumed { of, .. }
        | interaction::Event::Locked { of, .. }
        | interaction::Event::Unlocked { of, .. }
        | interaction::Event::Handed { of, .. }
        | interaction::Event::WrapBegun { of, .. }
        | interaction::Event::WrapChanged { of, .. } => moved(of, None, None),
    });
}

fn moved(
    of: &interaction::Subject,
    place: Option<&'static str>,
    owner: Option<ringback_model::AgentId>,
) -> Change<'static> {
    Change::Moved {
        interaction: of.interaction,
        place,
        owner,
    }
}

fn of_route(event: &route::Event, changes: &mut Vec<Change<'_>>) {
    let (of, place) = match event {
        // About no interaction: it is kept as an event, and changes no row.
        route::Event::Thresholds { .. } => return,
        route::Event::Requested { of, .. } => (of, Some("routing")),
        route::Event::Cancelled {
            of, rests: true, ..
        } => (of, Some("queue")),
        route::Event::Widened { of, .. }
        | route::Event::Changed { of, .. }
        | route::Event::Cooled { of, .. }
        | route::Event::Cancelled { of, .. } => (of, None),
    };
    changes.push(Change::Moved {
        interaction: of.interaction,
        place,
        owner: None,
    });
}

fn of_offer(event: &offer::Event, changes: &mut Vec<Change<'_>>) {
    let (of, place, owner) = match event {
        // One agent asks another: it is handled all the while.
        offer::Event::Made { of, offer } if offer.wish.is_some() => (of, "handling", None),
        offer::Event::Made { of, .. } => (of, "offer", None),
        offer::Event::Accepted {
            of, agent, advises, ..
        } => (of, "handling", (!advises).then_some(*agent)),
        offer::Event::NotTaken { of, back_to, .. } => {
            let place = match back_to {
                BackTo::Queue => "queue",
                BackTo::Routing => "routing",
                BackTo::Workbin { .. } => "workbin",
                BackTo::Handling => "handling",
            };
            (of, place, None)
        }
    };
    changes.push(Change::Moved {
        interaction: of.interaction,
        place: Some(place),
        owner,
    });
}

fn of_config(event: &config::Event, entry: &Entry) -> Result<Change<'static>, StoreFault> {
    let (kind, name, version, body) = match event {
        config::Event::QueuePut(it) => {
            ("queue", it.name.to_string(), it.version, codec::encode(it)?)
        }
        config::Event::VirtualQueuePut(it) => (
            "virtual_queue",
            it.name.to_string(),
            it.version,
            codec::encode(it)?,
        ),
        config::Event::AgentPut(it) => {
            ("agent", it.name.to_string(), it.version, codec::encode(it)?)
        }
        config::Event::KeyPut(it) => ("key", it.name.to_string(), it.version, codec::encode(it)?),
        config::Event::SettingsPut { version, settings } => (
            "settings",
            "settings".to_owned(),
            *version,
            codec::encode(settings)?,
        ),
        config::Event::Put(it) => (
            it.body.kind().name(),
            it.name.to_string(),
            it.version,
            codec::encode(it)?,
        ),
        config::Event::Deleted {
            kind,
            name,
            version,
            ..
        } => (kind.name(), name.to_string(), *version, Vec::new()),
    };
    let (now, actor) = (entry.now, entry.actor.clone());
    Ok(Change::Config(Box::new(ConfigVersion {
        kind,
        name,
        version,
        now,
        actor,
        body,
    })))
}
