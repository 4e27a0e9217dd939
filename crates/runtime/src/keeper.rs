//! Looks after what time does to the house: leases, room, snapshots, pruning.

use crate::codec::{self, SnapshotMeta};
use crate::limits::RuntimeConfig;
use crate::loader::Leases;
use crate::recovery;
use crate::room::Room;
use crate::shared::Shared;
use crate::turn::{Signal, Signals};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ringback_model::WallTime;
use ringback_ports::failpoint::{FailPoint, pass};
use ringback_ports::store::{JournalReader, JournalWriter, SnapshotHead, Store, StoreFault};
use ringback_ports::{Sequence, TenantId};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// Renews leases and looks at the room.
pub(crate) struct Keeper {
    pub(crate) config: RuntimeConfig,
    pub(crate) shared: Arc<Shared>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) leases: Leases,
    pub(crate) signals: Signals,
    /// Closed when the house closes.
    pub(crate) closed: Receiver<()>,
}

impl Keeper {
    /// Keeps until closed.
    pub(crate) fn run(self) {
        let mut renewed = Instant::now();
        let mut ballast = true;
        loop {
            self.look_at_room(&mut ballast);
            if renewed.elapsed() >= self.config.lease / 3 {
                renewed = Instant::now();
                self.renew();
            }
            let wait = self.config.room_every.min(self.config.lease / 3);
            match self.closed.recv_timeout(wait) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn renew(&self) {
        let held = self
            .leases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for (tenant, lease) in held {
            let asked = Instant::now();
            match self.store.renew_lease(&lease, &self.config.holder) {
                Ok(lease) => self.shared.lease_taken(tenant, asked, lease.ttl),
                Err(StoreFault::Held { holder, .. }) => {
                    tracing::error!(%tenant, holder, "The lease was lost.");
                    metrics::counter!("ringback_lease_lost_total").increment(1);
                    let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
                    leases.remove(&tenant);
                    // At the end of the house there is no loop any more.
                    self.signals.send(Signal::LeaseLost { tenant });
                }
                // Until it ends, the lease holds; the next look tries again.
                Err(fault) => tracing::error!(%tenant, %fault, "The lease was not renewed."),
            }
        }
    }

    fn look_at_room(&self, ballast: &mut bool) {
        let left = match self.store.room_left() {
            Ok(Some(left)) => left,
            Ok(None) => return,
            Err(fault) => {
                tracing::error!(%fault, "The room left could not be told.");
                return;
            }
        };
        let before = self.shared.room();
        self.shared.gauge.set(left);
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("ringback_store_free_bytes").set(left as f64);
        match self.shared.room() {
            Room::Critical(left) if *ballast => {
                *ballast = false;
                let freed = self.store.drop_ballast().unwrap_or(0);
                tracing::error!(left, freed, "Room is critical; the ballast was dropped.");
            }
            Room::Low(left) if before == Room::Enough => {
                tracing::error!(left, "Room is low; new interactions are refused.");
            }
            Room::Enough if !*ballast => match self.store.restore_ballast() {
                Ok(()) => *ballast = true,
                Err(fault) => tracing::warn!(%fault, "The ballast was not put back yet."),
            },
            _ => {}
        }
    }
}

/// Applies the journal beside the loop, takes snapshots of what comes out, and prunes.
pub(crate) struct Follower {
    pub(crate) config: RuntimeConfig,
    pub(crate) shared: Arc<Shared>,
    pub(crate) journal: Box<dyn JournalWriter>,
    pub(crate) reader: Box<dyn JournalReader>,
    /// A request to take snapshots now, answered by dropping the sender; closed at the end.
    pub(crate) asked: Receiver<Sender<()>>,
}

impl Follower {
    /// Follows until closed.
    pub(crate) fn run(mut self) {
        loop {
            let (least, done) = match self.asked.recv_timeout(self.config.snapshot_every) {
                Ok(done) => (1, Some(done)),
                Err(RecvTimeoutError::Timeout) => (self.config.snapshot_records, None),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            for tenant in self.shared.tenant_ids() {
                if let Err(fault) = self.follow(tenant, least) {
                    tracing::error!(%tenant, %fault, "The follower stopped; the journal is kept.");
                    metrics::counter!("ringback_follower_faults_total").increment(1);
                }
            }
            drop(done);
        }
    }

    /// Takes a snapshot if at least `least` records came since the last one, then prunes.
    fn follow(&mut self, tenant: TenantId, least: u64) -> Result<(), StoreFault> {
        let Some(published) = self.shared.hub.published(tenant) else {
            return Ok(());
        };
        let newest = self.reader.snapshot(tenant)?;
        let before = newest.as_ref().map_or(Sequence(0), |head| head.sequence);
        if published.0.saturating_sub(before.0) < least.max(1) {
            return Ok(());
        }
        let started = Instant::now();
        // How long the next one becomes is not known before; the newest is a good guess.
        let guess = match &newest {
            Some(head) => self.reader.snapshot_bytes(head)?,
            None => 0,
        };
        let recovered = recovery::recover(&mut *self.reader, tenant, &mut |source, done, of| {
            let what = format!("taking a snapshot of {tenant}, from the {}", source.name());
            (self.config.progress)(&what, done, of);
        })?;
        let Some(now) = recovered.last else {
            return Ok(());
        };
        let head = SnapshotHead {
            tenant,
            sequence: recovered.sequence,
            digest: recovered.state.digest(),
            format: ringback_engine::image::FORMAT,
            at: self.config.clock.wall(),
        };
        let mut fault = None;
        let meta = codec::encode_meta(&SnapshotMeta { now });
        let parts = recovered
            .state
            .parts()
            .map(|part| codec::encode_part(&part));
        let what = format!("writing a snapshot of {tenant}");
        let mut bytes = 0;
        let mut parts = std::iter::once(meta)
            .chain(parts)
            .enumerate()
            .map_while(|(n, part)| {
                if n == 2 {
                    pass(FailPoint::SnapshotPart);
                }
                let part = part.map_err(|problem| fault = Some(problem)).ok()?;
                bytes += part.len() as u64;
                (self.config.progress)(&what, bytes, guess.max(bytes));
                Some(part)
            });
        self.journal.write_snapshot(&head, &mut parts)?;
        drop(parts);
        if let Some(fault) = fault {
            return Err(fault);
        }
        pass(FailPoint::SnapshotWritten);
        metrics::histogram!("ringback_snapshot_seconds").record(started.elapsed().as_secs_f64());
        self.prune(tenant, before)
    }

    /// Lets records go that are in the snapshot before the newest, projected for good, and
    /// outside the replay window.
    fn prune(&mut self, tenant: TenantId, in_older: Sequence) -> Result<(), StoreFault> {
        let kept = i64::try_from(self.config.journal_kept.as_millis()).unwrap_or(i64::MAX);
        let horizon = WallTime(self.config.clock.wall().0.saturating_sub(kept));
        let outside = self.reader.at_or_before(tenant, horizon)?;
        // What a power cut could take back is projected again from the journal.
        let projected = self.shared.flushed(tenant);
        let upto = in_older.min(outside).min(projected);
        if upto < self.reader.oldest(tenant)? {
            return Ok(());
        }
        pass(FailPoint::BeforePrune);
        let gone = self.journal.prune(tenant, upto)?;
        pass(FailPoint::AfterPrune);
        tracing::info!(%tenant, gone, upto = upto.0, "Journal pruned.");
        Ok(())
    }
}

/// How long a closing house waits for a last snapshot.
pub(crate) const LAST_SNAPSHOT: Duration = Duration::from_secs(20);
