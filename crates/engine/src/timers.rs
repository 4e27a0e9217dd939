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
///
/// Every request that waits has one or two, a million of them at a time, so those are kept in two
/// words each, apart from all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Timers {
    /// Those of requests alone.
    requests: BTreeSet<(EngineTime, Packed)>,
    others: BTreeSet<(EngineTime, Timer)>,
}

/// A timer of a request alone: its id, and in the highest bit whether the request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Packed(u64);

impl Packed {
    const ENDS: u64 = 1 << 63;

    const fn of(timer: Timer) -> Option<Self> {
        match timer {
            Timer::Widens(id) => Some(Self(id.0)),
            Timer::RequestEnds(id) => Some(Self(id.0 | Self::ENDS)),
            _ => None,
        }
    }

    const fn timer(self) -> Timer {
        let id = RouteRequestId(self.0 & !Self::ENDS);
        if self.0 & Self::ENDS == 0 {
            Timer::Widens(id)
        } else {
            Timer::RequestEnds(id)
        }
    }
}

impl Timers {
    pub(crate) fn arm(&mut self, at: EngineTime, timer: Timer) {
        match Packed::of(timer) {
            Some(packed) => self.requests.insert((at, packed)),
            None => self.others.insert((at, timer)),
        };
    }

    /// Arms many at once, which takes less room than one after the other.
    pub(crate) fn fill(&mut self, timers: Vec<(EngineTime, Timer)>) {
        let packed = |(at, timer): &(EngineTime, Timer)| Some((*at, Packed::of(*timer)?));
        // Collected, a set is built from below, its nodes full.
        let mut requests = timers.iter().filter_map(packed).collect();
        self.requests.append(&mut requests);
        let others = timers.into_iter().filter(|it| packed(it).is_none());
        self.others.extend(others);
    }

    pub(crate) fn disarm(&mut self, at: EngineTime, timer: Timer) {
        match Packed::of(timer) {
            Some(packed) => self.requests.remove(&(at, packed)),
            None => self.others.remove(&(at, timer)),
        };
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<EngineTime> {
        self.in_order().next().map(|(at, _)| at)
    }

    /// The earliest timers that are due, at most `limit`.
    pub(crate) fn due(&self, now: EngineTime, limit: usize) -> Vec<(EngineTime, Timer)> {
        self.in_order()
            .take_while(|(at, _)| *at <= now)
            .take(limit)
            .collect()
    }

    fn in_order(&self) -> impl Iterator<Item = (EngineTime, Timer)> {
        let requests = self.requests.iter().map(|(at, it)| (*at, it.timer()));
        let mut requests = requests.peekable();
        let mut others = self.others.iter().copied().peekable();
        std::iter::from_fn(move || match (requests.peek(), others.peek()) {
            (Some(one), Some(other)) if other < one => others.next(),
            (Some(_), _) => requests.next(),
            (None, _) => others.next(),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.requests.len() + self.others.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn timers() -> impl Strategy<Value = Timer> {
        let id = 1..4_u64;
        (0..10_u8, id.clone(), id).prop_map(|(kind, id, other)| match kind {
            0 => Timer::OfferLapses(OfferId(id)),
            1 => Timer::DeskSilent(AgentId(id)),
            2 => Timer::Cooled(RouteRequestId(id), AgentId(other)),
            3 => Timer::Widens(RouteRequestId(id)),
            4 => Timer::ForgetResults,
            5 => Timer::SessionEnds(LoginId(id)),
            6 => Timer::RequestEnds(RouteRequestId(id)),
            7 => Timer::Returns(AgentId(id), InteractionId(other)),
            8 => Timer::Thresholds,
            _ => Timer::WrapOver(InteractionId(id)),
        })
    }

    proptest! {
        /// Kept apart or together, filled or armed one by one: the order is that of one set.
        #[test]
        fn they_are_due_in_one_order(
            filled in prop::collection::vec((0..5_u64, timers()), 0..20),
            changes in prop::collection::vec((any::<bool>(), 0..5_u64, timers()), 0..40),
        ) {
            let filled = filled.into_iter().map(|(at, timer)| (EngineTime(at), timer));
            let filled: Vec<_> = filled.collect();
            let mut plain: BTreeSet<_> = filled.iter().copied().collect();
            let mut timers = Timers::default();
            timers.fill(filled);
            for (arm, at, timer) in changes {
                let at = EngineTime(at);
                if arm {
                    timers.arm(at, timer);
                    plain.insert((at, timer));
                } else {
                    timers.disarm(at, timer);
                    plain.remove(&(at, timer));
                }
            }
            let all: Vec<_> = plain.iter().copied().collect();
            prop_assert_eq!(timers.due(EngineTime(9), usize::MAX), all);
            prop_assert_eq!(timers.next(), plain.first().map(|(at, _)| *at));
            prop_assert_eq!(timers.len(), plain.len());
        }
    }
}
