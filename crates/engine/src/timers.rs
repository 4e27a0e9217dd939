//! What is due when. An index: every timer follows from a deadline that stands in a record.

use ringback_model::{
    AgentId, EngineTime, InteractionId, LoginId, ObjectId, OfferId, RouteRequestId,
};
use std::collections::BTreeSet;

/// What happens at a deadline. The order breaks ties between equal deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// An offer lapses.
    OfferLapses(OfferId),
    /// A desk that does not answer counts as silent.
    DeskSilent(AgentId),
    /// A pause between a request and an agent is over.
    Cooled(RouteRequestId, AgentId),
    /// The next step of a target comes into force.
    Widens(RouteRequestId),
    /// Kept results are old enough to go.
    ForgetResults,
    /// A person was not seen for too long, or his session is too old.
    SessionEnds(LoginId),
    /// A route request found nobody in time.
    RequestEnds(RouteRequestId),
    /// What an agent with a silent desk handles goes back.
    Returns(AgentId, InteractionId),
    /// Thresholds that change with time alone are looked at.
    Thresholds,
    /// The time of a wrap-up is over.
    WrapOver(InteractionId),
    /// A view looks into its queue.
    Looks(ObjectId),
}

/// All armed timers, the earliest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Timers(BTreeSet<(EngineTime, Timer)>);

impl Timers {
    pub(crate) fn arm(&mut self, at: EngineTime, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(crate) fn disarm(&mut self, at: EngineTime, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<EngineTime> {
        self.0.first().map(|(at, _)| *at)
    }

    /// The earliest timers that are due, at most `limit`.
    pub(crate) fn due(&self, now: EngineTime, limit: usize) -> Vec<(EngineTime, Timer)> {
        self.0
            .iter()
            .take_while(|(at, _)| *at <= now)
            .take(limit)
            .copied()
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
