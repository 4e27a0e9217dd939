//! What both engines do alike with deliveries.

use crate::convert::{int, strange, uint};
use ringback_model::{ObjectId, WallTime};
use ringback_ports::envelope::Cursor;
use ringback_ports::outward::{
    ATTEMPTS_KEPT, Attempt, Delivery, DeliveryState, NewDelivery, Next, Standing,
};
use ringback_ports::store::StoreFault;

pub(crate) const DOING: &str = "keeping deliveries";

/// A row of the table `delivery`, as both engines give it.
pub(crate) struct DeliveryColumns {
    pub(crate) number: i64,
    pub(crate) hook: i64,
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) made: i64,
    pub(crate) body: Vec<u8>,
    pub(crate) state: String,
    pub(crate) due: i64,
    pub(crate) tries: i64,
    pub(crate) log: String,
}

impl DeliveryColumns {
    pub(crate) fn delivery(self) -> Result<Delivery, StoreFault> {
        let state = DeliveryState::named(&self.state);
        Ok(Delivery {
            number: uint(self.number),
            hook: ObjectId(uint(self.hook)),
            id: self.id,
            event: self.event,
            made: WallTime(self.made),
            body: self.body,
            state: state.ok_or_else(|| strange("deliveries", &self.state))?,
            due: WallTime(self.due),
            tries: u32::try_from(self.tries).unwrap_or(u32::MAX),
            log: read_log(&self.log)?,
        })
    }
}

/// A row of the table `webhook`.
pub(crate) struct StandingColumns {
    pub(crate) hook: i64,
    pub(crate) waiting: i64,
    pub(crate) dropped: i64,
    pub(crate) disabled: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) succeeded: Option<i64>,
    pub(crate) failed: Option<i64>,
}

impl From<StandingColumns> for Standing {
    fn from(row: StandingColumns) -> Self {
        let reason = row.reason.unwrap_or_default();
        Self {
            hook: ObjectId(uint(row.hook)),
            waiting: uint(row.waiting),
            dropped: uint(row.dropped),
            disabled: row.disabled.map(|at| (WallTime(at), reason)),
            succeeded: row.succeeded.map(WallTime),
            failed: row.failed.map(WallTime),
        }
    }
}

/// Where a cursor stands, as two columns.
pub(crate) fn cursor_columns(cursor: Cursor) -> (i64, i64) {
    (int(cursor.sequence.0), i64::from(cursor.index))
}

/// The attempts with one more, as a column.
pub(crate) fn with_attempt(log: &str, attempt: &Attempt) -> Result<String, StoreFault> {
    let mut log = read_log(log)?;
    log.push(attempt.clone());
    let too_many = log.len().saturating_sub(ATTEMPTS_KEPT);
    log.drain(..too_many);
    serde_json::to_string(&log).map_err(|problem| StoreFault::failed(DOING, problem))
}

fn read_log(log: &str) -> Result<Vec<Attempt>, StoreFault> {
    serde_json::from_str(log).map_err(|_| strange("deliveries", log))
}

/// The state after an attempt, and when the next one is due.
pub(crate) const fn after(next: Next) -> (DeliveryState, Option<WallTime>) {
    match next {
        Next::Delivered => (DeliveryState::Delivered, None),
        Next::Again(due) => (DeliveryState::Waiting, Some(due)),
        Next::GivenUp => (DeliveryState::GivenUp, None),
    }
}

/// Deliveries of one webhook after the other.
pub(crate) fn by_hook(deliveries: &[NewDelivery]) -> Vec<(ObjectId, Vec<&NewDelivery>)> {
    let mut found: Vec<(ObjectId, Vec<&NewDelivery>)> = Vec::new();
    for delivery in deliveries {
        match found.iter_mut().find(|(hook, _)| *hook == delivery.hook) {
            Some((_, list)) => list.push(delivery),
            None => found.push((delivery.hook, vec![delivery])),
        }
    }
    found
}
