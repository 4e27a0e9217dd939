//! Customers, agents and a system that withdraws: load over the public API, which survives the
//! server and writes down what it is told.

mod desk;
mod people;

use super::centre::Centre;
use super::ledger::Ledger;
use super::random::Random;
use super::server::PATIENCE;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock, RwLockReadGuard};
use tokio::task::JoinSet;

/// How much is going on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Customers that submit at the same time.
    pub(crate) submitters: usize,
    /// A submitter's pause between two submissions: milliseconds from, to.
    pub(crate) pause: (u64, u64),
    /// Of a hundred offers, how many agents accept; a third of the others is rejected, the rest
    /// lapses.
    pub(crate) accepts: u64,
    /// How long an agent handles: milliseconds from, to.
    pub(crate) handling: (u64, u64),
    /// Every so many submissions carries a person: a contact and a value to be sealed.
    pub(crate) personal: u64,
    /// Interactions are withdrawn.
    pub(crate) stopper: bool,
}

impl Pace {
    /// All of everything, on two slow cores.
    pub(crate) const BUSY: Self = Self {
        submitters: 4,
        pause: (5, 30),
        accepts: 75,
        handling: (5, 80),
        personal: 4,
        stopper: true,
    };
}

/// People at work.
pub(crate) struct Crowd {
    common: Arc<Common>,
    tasks: JoinSet<()>,
}

/// What they share.
struct Common {
    centre: Centre,
    pace: Pace,
    ledger: Mutex<Ledger>,
    /// Read by whoever speaks to the server, written by whoever wants silence.
    gate: Arc<RwLock<()>>,
    over: AtomicBool,
}

/// Nobody speaks while this lives.
pub(crate) struct Silence {
    _gate: OwnedRwLockWriteGuard<()>,
}

impl Crowd {
    /// Lets them in. The last agent works over REST alone, the others over the WebSocket.
    pub(crate) fn enter(centre: &Centre, pace: Pace, seed: u64) -> Self {
        let common = Arc::new(Common {
            centre: centre.clone(),
            pace,
            ledger: Mutex::default(),
            gate: Arc::default(),
            over: AtomicBool::new(false),
        });
        let mut random = Random::seeded(seed);
        let mut tasks = JoinSet::new();
        for number in 0..pace.submitters {
            let mark = format!("{}-{seed:x}-{number}", centre.tenant);
            tasks.spawn(people::submit(common.clone(), mark, random.branch()));
        }
        let (over_rest, over_socket) = centre.agents.split_last().expect("agents");
        for agent in over_socket {
            tasks.spawn(desk::work(common.clone(), agent.clone(), random.branch()));
        }
        let over_rest = over_rest.clone();
        tasks.spawn(people::work_over_rest(
            common.clone(),
            over_rest,
            random.branch(),
        ));
        if pace.stopper {
            tasks.spawn(people::stop(common.clone(), random.branch()));
        }
        Self { common, tasks }
    }

    /// Waits until nobody speaks any more, and keeps it so.
    pub(crate) async fn silence(&self) -> Silence {
        let gate = self.common.gate.clone();
        let closed = tokio::time::timeout(PATIENCE, gate.write_owned()).await;
        Silence {
            _gate: closed.expect("everybody falls silent"),
        }
    }

    /// What they were told so far.
    pub(crate) fn ledger(&self) -> Ledger {
        self.common.ledger().clone()
    }

    /// Writes something down that somebody else asked or was told.
    pub(crate) fn note(&self, what: impl FnOnce(&mut Ledger)) {
        what(&mut self.common.ledger());
    }

    /// Waits until the ledger shows what is wanted.
    pub(crate) async fn until(&self, shows: impl Fn(&Ledger) -> bool) {
        let reached = async {
            while !shows(&self.common.ledger()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, reached).await.is_err() {
            panic!("never reached; told so far: {:?}", self.ledger().told());
        }
    }

    /// Sends everybody home.
    pub(crate) async fn leave(mut self) -> Ledger {
        self.common.over.store(true, Ordering::Relaxed);
        let gone = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(2), gone)
            .await
            .is_err()
        {
            // Those who listen to a silent server.
            self.tasks.shutdown().await;
        }
        self.common.ledger().clone()
    }
}

impl Common {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leave to speak; `None` when it is over.
    async fn speak(&self) -> Option<RwLockReadGuard<'_, ()>> {
        let leave = self.gate.read().await;
        (!self.is_over()).then_some(leave)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// A pause before asking a server again that did not answer.
async fn breathe() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
