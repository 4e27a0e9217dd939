//! What the hall's threads know of one another.

use crate::hub::Hub;
use crate::keyring::Keyring;
use crate::room::{Room, RoomGauge};
use crate::statistics::Books;
use crossbeam_channel::{Receiver, Sender, bounded};
use ringback_engine::State;
use ringback_model::Now;
use ringback_model::effect::Order;
use ringback_ports::{Record, Sequence, TenantId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Known to all threads of the hall.
pub(crate) struct Shared {
    pub(crate) hub: Hub,
    pub(crate) keyring: Keyring,
    pub(crate) gauge: RoomGauge,
    pub(crate) books: Books,
    /// What the effect rooms hear.
    pub(crate) effects: mpsc::UnboundedSender<EffectNews>,
    tenants: Mutex<BTreeMap<TenantId, About>>,
    /// Holds a word when somebody waits for the projection.
    hurry: (Sender<()>, Receiver<()>),
    started: Instant,
    turned_ms: AtomicU64,
    closing: AtomicBool,
    /// Why the records are not written, while they are not.
    projection_problem: Mutex<Option<String>>,
}

/// What is known of one tenant outside the loop.
struct About {
    served: bool,
    lease_until: Option<Instant>,
    problem: Option<String>,
    watermark: watch::Sender<Sequence>,
    /// The watermark that would survive a power cut.
    flushed: Sequence,
    poison: BTreeMap<u64, u64>,
}

/// What effect rooms are told.
#[derive(Debug)]
pub(crate) enum EffectNews {
    /// The outbox of a tenant that was just opened.
    Opened(TenantId, Now, Vec<Order>),
    /// A durable record that says something about effects.
    Record(Arc<Record>),
    /// The house closes: nothing is carried out any more.
    Closing,
}

impl Shared {
    pub(crate) fn new(
        gauge: RoomGauge,
        effects: mpsc::UnboundedSender<EffectNews>,
        tenants: impl Iterator<Item = TenantId>,
    ) -> Self {
        let about = |tenant| {
            let about = About {
                served: false,
                lease_until: None,
                problem: None,
                watermark: watch::Sender::new(Sequence(0)),
                flushed: Sequence(0),
                poison: BTreeMap::new(),
            };
            (tenant, about)
        };
        Self {
            hub: Hub::default(),
            keyring: Keyring::default(),
            gauge,
            books: Books::default(),
            effects,
            tenants: Mutex::new(tenants.map(about).collect()),
            hurry: bounded(1),
            started: Instant::now(),
            turned_ms: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            projection_problem: Mutex::new(None),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantId, About>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<R>(&self, tenant: TenantId, change: impl FnOnce(&mut About) -> R) -> Option<R> {
        self.lock().get_mut(&tenant).map(change)
    }

    pub(crate) fn room(&self) -> Room {
        self.gauge.look()
    }

    // -- being served -----------------------------------------------------------------------

    pub(crate) fn serve(&self, tenant: TenantId, sequence: Sequence, state: &State) {
        self.keyring.reset(tenant, state);
        self.hub.reset(tenant, sequence);
        self.with(tenant, |about| {
            about.served = true;
            about.problem = None;
        });
    }

    pub(crate) fn unserve(&self, tenant: TenantId) {
        self.with(tenant, |about| about.served = false);
    }

    pub(crate) fn problem(&self, tenant: TenantId, problem: String) {
        self.with(tenant, |about| {
            about.served = false;
            about.problem = Some(problem);
        });
    }

    /// Tenants that are not served, and why.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.lock()
            .iter()
            .filter(|(_, about)| !about.served)
            .map(|(tenant, about)| match &about.problem {
                Some(problem) => format!("{tenant}: {problem}"),
                None => format!("{tenant} is being loaded"),
            })
            .collect()
    }

    pub(crate) fn tenant_ids(&self) -> Vec<TenantId> {
        self.lock().keys().copied().collect()
    }

    // -- leases -----------------------------------------------------------------------------

    pub(crate) fn lease_taken(&self, tenant: TenantId, asked: Instant, ttl: Duration) {
        self.with(tenant, |about| about.lease_until = Some(asked + ttl));
    }

    pub(crate) fn lease_holds(&self, tenant: TenantId) -> bool {
        let until = self.with(tenant, |about| about.lease_until).flatten();
        until.is_some_and(|until| Instant::now() < until)
    }

    // -- projection -------------------------------------------------------------------------

    pub(crate) fn set_watermark(&self, tenant: TenantId, watermark: Sequence) {
        self.with(tenant, |about| about.watermark.send_replace(watermark));
    }

    /// Says that the records are not written, and why; `None` when they are again.
    pub(crate) fn set_projection_problem(&self, problem: Option<String>) {
        *self
            .projection_problem
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = problem;
    }

    pub(crate) fn projection_problem(&self) -> Option<String> {
        self.projection_problem
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_flushed(&self, tenant: TenantId, watermark: Sequence) {
        self.with(tenant, |about| about.flushed = watermark);
    }

    /// How far the records would be after a power cut.
    pub(crate) fn flushed(&self, tenant: TenantId) -> Sequence {
        self.with(tenant, |about| about.flushed).unwrap_or_default()
    }

    pub(crate) fn watermark(&self, tenant: TenantId) -> Option<watch::Receiver<Sequence>> {
        self.with(tenant, |about| about.watermark.subscribe())
    }

    /// Tells the projection that somebody waits for it.
    pub(crate) fn hurry(&self) {
        // A second word adds nothing to the first.
        let _ = self.hurry.0.try_send(());
    }

    /// Waits so that records can gather, at most so long and not while somebody waits for them.
    pub(crate) fn gather(&self, at_most: Duration) {
        let _ = self.hurry.1.recv_timeout(at_most);
    }

    // -- inputs put aside -------------------------------------------------------------------

    pub(crate) fn poison(&self, tenant: TenantId, hash: u64, number: u64) {
        self.with(tenant, |about| about.poison.insert(hash, number));
    }

    pub(crate) fn poisons(&self, tenant: TenantId) -> BTreeMap<u64, u64> {
        self.with(tenant, |about| about.poison.clone())
            .unwrap_or_default()
    }

    // -- life -------------------------------------------------------------------------------

    pub(crate) fn turned(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.turned_ms.store(now, Ordering::Relaxed);
    }

    pub(crate) fn since_turn(&self) -> Duration {
        let turned = Duration::from_millis(self.turned_ms.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(turned)
    }

    pub(crate) fn set_closing(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    // -- effects ----------------------------------------------------------------------------

    pub(crate) fn outbox_opened<'a>(
        &self,
        tenant: TenantId,
        now: Now,
        outbox: impl Iterator<Item = &'a Order>,
    ) {
        let orders: Vec<Order> = outbox.cloned().collect();
        // Without rooms nobody listens.
        let _ = self.effects.send(EffectNews::Opened(tenant, now, orders));
    }
}
