//! What webhooks are told: deliveries, their attempts, and how each webhook stands. They are kept
//! beside the records; neither the journal nor the state knows of them.

use crate::envelope::{Cursor, TenantId};
use crate::store::StoreFault;
use ringback_model::{Millis, ObjectId, WallTime};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Something a webhook is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// Which webhook.
    pub hook: ObjectId,
    /// The id the receiver knows it by; the same in every attempt and after every crash.
    pub id: String,
    /// The name of the event.
    pub event: String,
    /// When it was taken in.
    pub made: WallTime,
    /// What is sent.
    pub body: Vec<u8>,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// It is to be tried, for the first time or again.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It was tried often enough.
    GivenUp,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::GivenUp];

    /// The fixed name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A delivery as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its place in the order of taking in, over all webhooks.
    pub number: u64,
    /// Which webhook.
    pub hook: ObjectId,
    /// The id the receiver knows it by.
    pub id: String,
    /// The name of the event.
    pub event: String,
    /// When it was taken in.
    pub made: WallTime,
    /// What is sent.
    pub body: Vec<u8>,
    /// How far it is.
    pub state: DeliveryState,
    /// While it waits: not before this.
    pub due: WallTime,
    /// Attempts since it was taken in or asked for again.
    pub tries: u32,
    /// The last attempts, the oldest first; at most [`ATTEMPTS_KEPT`].
    pub log: Vec<Attempt>,
}

/// How many attempts of a delivery are remembered.
pub const ATTEMPTS_KEPT: usize = 20;

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: WallTime,
    /// How long it took.
    pub took: Millis,
    /// What the receiver answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there is no answer, or none that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The begin of what the receiver answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

/// What comes after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the receiver has it.
    Delivered,
    /// Another one, not before this.
    Again(WallTime),
    /// Nothing: it was tried often enough.
    GivenUp,
}

/// How a webhook stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub hook: ObjectId,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Events it was not told because too many were waiting.
    pub dropped: u64,
    /// Since when and why it is told nothing, if the house itself decided so.
    pub disabled: Option<(WallTime, String)>,
    /// When it last took something.
    pub succeeded: Option<WallTime>,
    /// When it last did not.
    pub failed: Option<WallTime>,
}

impl Standing {
    /// How a webhook stands that was never told anything.
    #[must_use]
    pub const fn new(hook: ObjectId) -> Self {
        Self {
            hook,
            waiting: 0,
            dropped: 0,
            disabled: None,
            succeeded: None,
            failed: None,
        }
    }
}

/// Which deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    /// Of which webhook.
    pub hook: ObjectId,
    /// Only this one.
    pub id: Option<String>,
    /// Only those in this state.
    pub state: Option<DeliveryState>,
    /// Only those taken in at or after this.
    pub from: Option<WallTime>,
    /// Only those taken in before this.
    pub to: Option<WallTime>,
}

impl Which {
    /// All of a webhook.
    #[must_use]
    pub const fn of(hook: ObjectId) -> Self {
        Self {
            hook,
            id: None,
            state: None,
            from: None,
            to: None,
        }
    }
}

/// Keeps deliveries. A delivery that was taken in is there after a crash; the newest attempts may
/// be forgotten by a power cut, and are then made again.
pub trait Deliveries: Send {
    /// How far the events of a tenant have been taken in; nothing before the first time.
    ///
    /// # Errors
    /// The store failed.
    fn cursor(&mut self, tenant: TenantId) -> Result<Option<Cursor>, StoreFault>;

    /// Takes deliveries in and notes how far that is, in one transaction. One that is there
    /// already is left as it is. A webhook for which `waiting_max` wait is told no more; what is
    /// left out is counted.
    ///
    /// # Errors
    /// The store failed; nothing was taken in.
    fn take_in(
        &mut self,
        tenant: TenantId,
        deliveries: &[NewDelivery],
        upto: Option<Cursor>,
        waiting_max: u64,
    ) -> Result<(), StoreFault>;

    /// Deliveries of a webhook that are due, the longest due first.
    ///
    /// # Errors
    /// The store failed.
    fn due(
        &mut self,
        tenant: TenantId,
        hook: ObjectId,
        now: WallTime,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreFault>;

    /// Notes an attempt and what comes after it.
    ///
    /// # Errors
    /// The store failed.
    fn attempted(
        &mut self,
        tenant: TenantId,
        hook: ObjectId,
        id: &str,
        attempt: &Attempt,
        next: Next,
    ) -> Result<(), StoreFault>;

    /// How all webhooks stand that were ever told something.
    ///
    /// # Errors
    /// The store failed.
    fn standing(&mut self, tenant: TenantId) -> Result<Vec<Standing>, StoreFault>;

    /// Tells a webhook nothing any more, for this reason; `None`: tells it again.
    ///
    /// # Errors
    /// The store failed.
    fn disable(
        &mut self,
        tenant: TenantId,
        hook: ObjectId,
        why: Option<(WallTime, &str)>,
    ) -> Result<(), StoreFault>;

    /// Deliveries, the newest first, only those before number `before`.
    ///
    /// # Errors
    /// The store failed.
    fn list(
        &mut self,
        tenant: TenantId,
        which: &Which,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreFault>;

    /// Lets deliveries wait again, due at once and with all attempts before them. Gives how many.
    ///
    /// # Errors
    /// The store failed.
    fn again(&mut self, tenant: TenantId, which: &Which, now: WallTime) -> Result<u64, StoreFault>;

    /// Forgets deliveries that were taken in before this and do not wait, and everything of
    /// webhooks that are not among `kept`. Gives how many deliveries went.
    ///
    /// # Errors
    /// The store failed.
    fn forget(
        &mut self,
        tenant: TenantId,
        before: WallTime,
        kept: &[ObjectId],
    ) -> Result<u64, StoreFault>;
}

/// The deliveries of this process, shared by those who take them in, those who carry them out and
/// those who show them.
#[derive(Clone)]
pub struct Ledger {
    deliveries: Arc<Mutex<Box<dyn Deliveries>>>,
    bell: Arc<Notify>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

impl Ledger {
    /// Shares deliveries.
    #[must_use]
    pub fn new(deliveries: Box<dyn Deliveries>) -> Self {
        Self {
            deliveries: Arc::new(Mutex::new(deliveries)),
            bell: Arc::default(),
        }
    }

    /// Asks on a thread that may block.
    ///
    /// # Errors
    /// The store failed.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Deliveries) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, StoreFault> {
        let deliveries = Arc::clone(&self.deliveries);
        let asked = tokio::task::spawn_blocking(move || {
            // The database rolls back what a panic interrupted.
            let mut held = deliveries.lock().unwrap_or_else(PoisonError::into_inner);
            question(&mut **held)
        });
        asked
            .await
            .unwrap_or_else(|problem| Err(StoreFault::failed("asking for deliveries", problem)))
    }

    /// Tells whoever carries deliveries out that there may be something to do.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits until there may be something to do.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }
}
