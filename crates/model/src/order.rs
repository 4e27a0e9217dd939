//! The order in which route requests are served.

use crate::time::{EngineTime, Millis};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// How urgent a request is. Tiers are strict: nobody of a lower tier is served while someone
/// of a higher one waits for the same agent. 0 is ordinary, larger is more urgent.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Tier(pub i16);

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of a request in line; the smallest key is served first.
///
/// Because every request ages at the same rate, the difference of two keys never changes, and
/// a key stored in a tree stays right without being touched. Within a tier the order is by
/// (start - credit, sequence); live and virtual callers share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderKey {
    /// Strict precedence.
    pub tier: Tier,
    /// Engine time from which the wait counts, minus the credit granted, in milliseconds.
    /// Negative when the credit is larger than the engine is old.
    pub from: i64,
    /// Breaks ties; unique among the requests of a tenant.
    pub sequence: u64,
}

impl OrderKey {
    /// A key for a wait that began at `start` with `credit` already waited.
    #[must_use]
    pub fn new(tier: Tier, start: EngineTime, credit: Millis, sequence: u64) -> Self {
        let start = i64::try_from(start.0).unwrap_or(i64::MAX);
        let credit = i64::try_from(credit.0).unwrap_or(i64::MAX);
        Self {
            tier,
            from: start.saturating_sub(credit),
            sequence,
        }
    }
}

impl Ord for OrderKey {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .tier
            .cmp(&self.tier)
            .then(self.from.cmp(&other.from))
            .then(self.sequence.cmp(&other.sequence))
    }
}

impl PartialOrd for OrderKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(tier: i16, start: u64, credit: u64, sequence: u64) -> OrderKey {
        OrderKey::new(Tier(tier), EngineTime(start), Millis(credit), sequence)
    }

    #[test]
    fn a_higher_tier_goes_before_any_wait() {
        assert!(key(1, 1_000_000, 0, 9) < key(0, 0, 0, 1));
    }

    #[test]
    fn credit_counts_as_waited_and_ties_go_to_the_earlier_request() {
        assert!(key(0, 100, 90, 2) < key(0, 20, 0, 1));
        assert!(key(0, 20, 0, 1) < key(0, 20, 0, 2));
    }
}
