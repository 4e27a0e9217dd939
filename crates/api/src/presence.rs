//! Which desks answer: an agent's connections are counted, and the hall is told when the last
//! one is gone.
//!
//! An agent whose connections are open is present. One who works over REST alone is watched
//! from his first heartbeat on, and counts as lost when three in a row are missing.

use ringback_model::{AgentId, DeskSessionId};
use ringback_ports::{Hall, TenantId};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

type Key = (TenantId, AgentId);

/// The desks of all tenants.
pub(crate) struct Presence {
    hall: Arc<dyn Hall>,
    patience: Duration,
    desks: Mutex<FxHashMap<Key, Desk>>,
}

#[derive(Default)]
struct Desk {
    /// The stretch of being logged in, when it is known here.
    session: Option<DeskSessionId>,
    /// Open connections.
    connections: usize,
    /// The last heartbeat over REST; `None` when nobody watches them.
    heartbeat: Option<Instant>,
}

/// One open connection of an agent; gone when dropped.
pub(crate) struct Present {
    presence: Arc<Presence>,
    key: Key,
}

impl Presence {
    pub(crate) fn new(hall: Arc<dyn Hall>, heartbeat_every: Duration) -> Self {
        Self {
            hall,
            patience: heartbeat_every * 3,
            desks: Mutex::default(),
        }
    }

    /// A connection of an agent was opened.
    pub(crate) fn enter(self: &Arc<Self>, tenant: TenantId, agent: AgentId) -> Present {
        let key = (tenant, agent);
        let session = self.with(key, |desk| {
            desk.connections += 1;
            desk.session
        });
        if let Some(session) = session {
            self.hall.desk(tenant, agent, session, true);
        }
        let presence = self.clone();
        Present { presence, key }
    }

    /// An agent logged in, or was found logged in: from now on this is his desk.
    pub(crate) fn logged_in(&self, tenant: TenantId, agent: AgentId, session: DeskSessionId) {
        let connected = self.with((tenant, agent), |desk| {
            desk.session = Some(session);
            desk.connections > 0
        });
        if connected {
            self.hall.desk(tenant, agent, session, true);
        }
    }

    /// An agent logged out.
    pub(crate) fn logged_out(&self, tenant: TenantId, agent: AgentId) {
        self.with((tenant, agent), |desk| {
            desk.session = None;
            desk.heartbeat = None;
        });
    }

    /// An agent's desk said over REST that it is there.
    pub(crate) fn heartbeat(
        self: &Arc<Self>,
        tenant: TenantId,
        agent: AgentId,
        session: DeskSessionId,
    ) {
        let key = (tenant, agent);
        let watched = self.with(key, |desk| {
            desk.session = Some(session);
            desk.heartbeat.replace(Instant::now()).is_some()
        });
        self.hall.desk(tenant, agent, session, true);
        if !watched {
            tokio::spawn(self.clone().watch(key));
        }
    }

    /// Waits until heartbeats stop, then tells.
    async fn watch(self: Arc<Self>, key: Key) {
        loop {
            let due = self.with(key, |desk| desk.heartbeat.map(|at| at + self.patience));
            let Some(due) = due else { return };
            tokio::time::sleep_until(due).await;
            if self.give_up(key) {
                return;
            }
        }
    }

    /// Ends the watch when no heartbeat came in time.
    fn give_up(&self, key: Key) -> bool {
        let now = Instant::now();
        let lost = self.with(key, |desk| {
            let late = desk.heartbeat.is_none_or(|at| at + self.patience <= now);
            late.then(|| {
                desk.heartbeat = None;
                desk.session.filter(|_| desk.connections == 0)
            })
        });
        if let Some(Some(session)) = lost {
            self.hall.desk(key.0, key.1, session, false);
        }
        lost.is_some()
    }

    fn leave(&self, key: Key) {
        let lost = self.with(key, |desk| {
            desk.connections -= 1;
            let alone = desk.connections == 0 && desk.heartbeat.is_none();
            desk.session.filter(|_| alone)
        });
        if let Some(session) = lost {
            self.hall.desk(key.0, key.1, session, false);
        }
    }

    fn with<T>(&self, key: Key, change: impl FnOnce(&mut Desk) -> T) -> T {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        change(desks.entry(key).or_default())
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        self.presence.leave(self.key);
    }
}
