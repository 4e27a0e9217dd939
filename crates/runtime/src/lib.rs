//! The hall: THE loop with its journal, and everything that turns with it.
//!
//! ```text
//!            messages            batches             records
//!   rooms  ------------> loop  -----------> writer -----------> projection (records)
//!     ^                   ^  \                |  \------------> subscribers (hub)
//!     |                   |   \ signals       |   \-----------> effect rooms
//!     +--- durable answers+----+<-------------+
//!                         loader (leases, recovery)   keeper (leases, room)   follower (snapshots)
//! ```
//!
//! Each box is one thread. The loop owns the states; nobody else changes them.

#![warn(missing_docs)]

pub mod access;
mod batch;
mod bell;
pub mod chain;
pub mod clock;
pub mod codec;
mod effects;
mod hall;
pub mod hours;
mod hub;
mod keeper;
mod keyring;
mod limits;
mod loader;
pub mod projection;
pub mod recovery;
pub mod replay;
mod room;
mod shared;
mod statistics;
mod tenant;
mod turn;
mod views;
mod writer;

pub use limits::{Progress, RuntimeConfig};

use crate::batch::Batch;
use crate::bell::Bell;
use crate::effects::Dispatcher;
use crate::hall::{House, Pool};
use crate::keeper::{Follower, Keeper, LAST_SNAPSHOT};
use crate::loader::{Leases, Loader};
use crate::projection::Projection;
use crate::room::RoomGauge;
use crate::shared::{EffectNews, Shared};
use crate::tenant::Phase;
use crate::turn::{Loop, Messages, Signal, Signals};
use crate::writer::Writer;
use crossbeam_channel::{Sender, bounded, unbounded};
use ringback_ports::Hall;
use ringback_ports::effect_room::EffectRoom;
use ringback_ports::store::{Store, StoreFault, Tenant};
use ringback_ports::vault::Vault;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};

/// Why the hall did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
    /// A tenant could not be read in.
    #[error("not all tenants could be read in: {}", .0.join("; "))]
    Tenants(Vec<String>),
}

/// A running hall. Dropping it without [`Runtime::stop`] leaves what is under way to recovery.
pub struct Runtime {
    hall: Arc<House>,
    shared: Arc<Shared>,
    store: Arc<dyn Store>,
    config: RuntimeConfig,
    leases: Leases,
    signals: Signals,
    snapshots: Option<Sender<Sender<()>>>,
    keeper_alive: Option<Sender<()>>,
    /// The loop, the writer and the loader, in the order they end.
    core: Vec<JoinHandle<()>>,
    /// The projection, the keeper and the follower.
    others: Vec<JoinHandle<()>>,
}

impl Runtime {
    /// Starts the hall and waits until all tenants are read in. To be called within a tokio
    /// runtime, where effect rooms work.
    ///
    /// # Errors
    /// The store failed, or a tenant could not be read in.
    pub fn start(
        config: RuntimeConfig,
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        rooms: Vec<Arc<dyn EffectRoom>>,
    ) -> Result<Self, StartFault> {
        let tenants = open_tenants(&config, &*store)?;
        let ids = || tenants.iter().map(|tenant| tenant.id);
        let bell = Arc::new(Bell::new(config.commands_max));
        let (to_loop, messages) = bounded(config.commands_max);
        let to_loop = Messages::new(to_loop, Arc::clone(&bell));
        let (signals, heard) = unbounded();
        let signals = Signals::new(signals, Arc::clone(&bell));
        let (to_writer, work) = unbounded();
        let (to_loader, wanted) = unbounded();
        let (to_projection, records) = bounded(PROJECTION_LINE);
        let (to_rooms, news) = mpsc::unbounded_channel();
        let gauge = RoomGauge::new(config.room_low, config.room_critical);
        let shared = Arc::new(Shared::new(gauge, to_rooms, ids()));
        let leases = Leases::default();
        for tenant in ids() {
            let _ = to_loader.send(tenant);
        }
        let loader = Loader {
            config: config.clone(),
            shared: Arc::clone(&shared),
            store: Arc::clone(&store),
            leases: Arc::clone(&leases),
            wanted,
            signals: signals.clone(),
        };
        let writer = Writer {
            config: config.clone(),
            shared: Arc::clone(&shared),
            store: Arc::clone(&store),
            journal: store.journal_writer()?,
            encoder: codec::Encoder::default(),
            ends: chain::Ends::default(),
            work,
            signals: signals.clone(),
            loader: to_loader.clone(),
            projection: to_projection,
        };
        let the_loop = Loop {
            config: config.clone(),
            shared: Arc::clone(&shared),
            messages,
            signals: heard,
            bell,
            writer: to_writer,
            loader: to_loader,
            tenants: ids()
                .map(|tenant| (tenant, Phase::Loading))
                .collect::<BTreeMap<_, _>>(),
            batch: Batch::default(),
            asked: Vec::new(),
            writing: false,
            closing: false,
            looked: Instant::now(),
        };
        let core = vec![
            spawn("loop", move || the_loop.run())?,
            spawn("writer", move || writer.run())?,
            spawn("loader", move || loader.run())?,
        ];
        let hall = Arc::new(House {
            config: config.clone(),
            tenants,
            shared: Arc::clone(&shared),
            messages: to_loop,
            store: Arc::clone(&store),
            vault,
            records: Arc::new(Pool::default()),
            journals: Arc::new(Pool::default()),
        });
        let permits = Arc::new(Semaphore::new(config.effects_max));
        let as_seen: Arc<dyn Hall> = Arc::clone(&hall) as Arc<dyn Hall>;
        let dispatcher = Dispatcher {
            hall: Arc::downgrade(&as_seen),
            rooms,
            news,
            permits,
        };
        tokio::spawn(dispatcher.run());
        let mut runtime = Self {
            hall,
            shared,
            store,
            config,
            leases,
            signals,
            snapshots: None,
            keeper_alive: None,
            core,
            others: Vec::new(),
        };
        runtime.start_others(records)?;
        runtime.wait_until_served()?;
        Ok(runtime)
    }

    fn start_others(
        &mut self,
        records: crossbeam_channel::Receiver<Arc<ringback_ports::Record>>,
    ) -> Result<(), StartFault> {
        let (alive, closed) = bounded(0);
        let (snapshots, asked) = unbounded();
        let keeper = Keeper {
            config: self.config.clone(),
            shared: Arc::clone(&self.shared),
            store: Arc::clone(&self.store),
            leases: Arc::clone(&self.leases),
            signals: self.signals.clone(),
            closed,
        };
        let follower = Follower {
            config: self.config.clone(),
            shared: Arc::clone(&self.shared),
            journal: self.store.journal_writer()?,
            reader: self.store.journal_reader()?,
            asked,
        };
        let projection = Projection {
            shared: Arc::clone(&self.shared),
            store: Arc::clone(&self.store),
            records,
            flush_every: self.config.snapshot_every.min(FLUSH_EVERY),
            books_every: self.config.snapshot_every.min(BOOKS_EVERY),
        };
        self.others = vec![
            spawn("projection", move || projection.run())?,
            spawn("keeper", move || keeper.run())?,
            spawn("follower", move || follower.run())?,
        ];
        self.keeper_alive = Some(alive);
        self.snapshots = Some(snapshots);
        Ok(())
    }

    fn wait_until_served(&self) -> Result<(), StartFault> {
        loop {
            let problems = self.shared.problems();
            if problems.is_empty() {
                return Ok(());
            }
            let given_up = |problem: &String| !problem.ends_with("is being loaded");
            if problems.iter().any(given_up) {
                return Err(StartFault::Tenants(problems));
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The hall, for the rooms.
    #[must_use]
    pub fn hall(&self) -> Arc<dyn Hall> {
        Arc::clone(&self.hall) as Arc<dyn Hall>
    }

    /// Takes snapshots of all tenants now and waits for them, as far as records came since.
    pub fn snapshot(&self) {
        self.ask_for_snapshot(None);
    }

    fn ask_for_snapshot(&self, at_most: Option<Duration>) {
        let Some(snapshots) = &self.snapshots else {
            return;
        };
        let (done, wait) = bounded(0);
        if snapshots.send(done).is_ok() {
            // Answered by being dropped.
            let _ = match at_most {
                Some(at_most) => wait.recv_timeout(at_most).is_ok(),
                None => wait.recv().is_ok(),
            };
        }
    }

    /// Closes the house: refuses new work, writes and releases what is decided, takes a last
    /// snapshot, projects what is left, gives the leases back.
    pub fn stop(self) {
        self.end(true);
    }

    /// Closes the house without a last snapshot, so that the next start reads the journal.
    pub fn stop_at_once(self) {
        self.end(false);
    }

    fn end(mut self, last_snapshot: bool) {
        self.signals.send(Signal::Close);
        for thread in self.core.drain(..) {
            if thread.join().is_err() {
                tracing::error!("A thread of the hall ended by a panic.");
            }
        }
        if last_snapshot {
            self.ask_for_snapshot(Some(LAST_SNAPSHOT));
        }
        self.snapshots = None;
        self.keeper_alive = None;
        self.shared.hub.close();
        let _ = self.shared.effects.send(EffectNews::Closing);
        for thread in self.others.drain(..) {
            if thread.join().is_err() {
                tracing::error!("A thread of the hall ended by a panic.");
            }
        }
        self.give_leases_back();
    }

    fn give_leases_back(&self) {
        let leases = self
            .leases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for lease in leases.values() {
            if let Err(fault) = self.store.release_lease(lease, &self.config.holder) {
                tracing::warn!(tenant = %lease.tenant, %fault, "A lease was not given back.");
            }
        }
    }
}

/// What is projected is made to survive a power cut at least this often.
const FLUSH_EVERY: Duration = Duration::from_secs(10);
/// The books of statistics are put away at least this often.
const BOOKS_EVERY: Duration = Duration::from_secs(60);
/// Records that may wait for the projection in memory.
const PROJECTION_LINE: usize = 512;

fn open_tenants(config: &RuntimeConfig, store: &dyn Store) -> Result<Vec<Tenant>, StoreFault> {
    config
        .tenants
        .iter()
        .map(|name| store.tenant(name))
        .collect()
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}
