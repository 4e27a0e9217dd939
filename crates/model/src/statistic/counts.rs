//! Counters: sums of facts that can be added up over any stretch of time.

use super::Key;
use crate::time::{Millis, WallTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How two values of a counter come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Together {
    /// They are added.
    Sum,
    /// The larger one holds.
    Max,
}

macro_rules! counters {
    ($($(#[$doc:meta])* $variant:ident $together:ident $name:literal,)*) => {
        /// Something that is counted. Times are in milliseconds.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[repr(u8)]
        pub enum Counter {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Counter {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The fixed serialised name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How two values of it come together.
            #[must_use]
            pub const fn together(self) -> Together {
                match self { $(Self::$variant => Together::$together,)* }
            }
        }
    };
}

counters! {
    /// Route requests made; interactions that came to a queue.
    Entered Sum "entered",
    /// Waits that ended with an agent.
    Answered Sum "answered",
    /// Waits that ended with the customer gone, not short.
    Abandoned Sum "abandoned",
    /// Waits that ended with the customer gone before the queue's short-abandon threshold.
    ShortAbandoned Sum "short_abandoned",
    /// Waits that went on elsewhere; interactions that went on to another queue.
    Overflowed Sum "overflowed",
    /// Waits that became a callback.
    TurnedIntoCallback Sum "turned_into_callback",
    /// Waits and interactions that somebody ended.
    Stopped Sum "stopped",
    /// Time waited of all that were answered.
    WaitAnswered Sum "wait_answered_ms",
    /// Time waited of all whose customer left, short or not.
    WaitAbandoned Sum "wait_abandoned_ms",
    /// The longest wait that ended.
    LongestWait Max "longest_wait_ms",
    /// Answered within 5 s.
    Answered5 Sum "answered_to_5s",
    /// Answered after that and within 10 s; and so on.
    Answered10 Sum "answered_to_10s",
    /// To 15 s.
    Answered15 Sum "answered_to_15s",
    /// To 20 s.
    Answered20 Sum "answered_to_20s",
    /// To 30 s.
    Answered30 Sum "answered_to_30s",
    /// To 45 s.
    Answered45 Sum "answered_to_45s",
    /// To 60 s.
    Answered60 Sum "answered_to_60s",
    /// To 90 s.
    Answered90 Sum "answered_to_90s",
    /// To 120 s.
    Answered120 Sum "answered_to_120s",
    /// To 180 s.
    Answered180 Sum "answered_to_180s",
    /// To 300 s.
    Answered300 Sum "answered_to_300s",
    /// To 600 s.
    Answered600 Sum "answered_to_600s",
    /// The customer left within 5 s, short or not; and so on.
    Gone5 Sum "gone_to_5s",
    /// To 10 s.
    Gone10 Sum "gone_to_10s",
    /// To 15 s.
    Gone15 Sum "gone_to_15s",
    /// To 20 s.
    Gone20 Sum "gone_to_20s",
    /// To 30 s.
    Gone30 Sum "gone_to_30s",
    /// To 45 s.
    Gone45 Sum "gone_to_45s",
    /// To 60 s.
    Gone60 Sum "gone_to_60s",
    /// To 90 s.
    Gone90 Sum "gone_to_90s",
    /// To 120 s.
    Gone120 Sum "gone_to_120s",
    /// To 180 s.
    Gone180 Sum "gone_to_180s",
    /// To 300 s.
    Gone300 Sum "gone_to_300s",
    /// To 600 s.
    Gone600 Sum "gone_to_600s",
    /// Offers that ended, in whatever way.
    Offered Sum "offered",
    /// Offers taken.
    Accepted Sum "accepted",
    /// Offers turned down.
    Rejected Sum "rejected",
    /// Offers nobody answered in time.
    Lapsed Sum "lapsed",
    /// Offers taken back.
    Withdrawn Sum "withdrawn",
    /// How long offers stood.
    RingTime Sum "ring_ms",
    /// Stretches of owning an interaction that ended, in whatever way.
    Handled Sum "handled",
    /// Interactions completed by their owner.
    Completed Sum "completed",
    /// Interactions handed to another agent.
    Transferred Sum "transferred",
    /// Stretches of taking part without owning that ended.
    Consulted Sum "consulted",
    /// Time talking or working as the owner.
    TalkTime Sum "talk_ms",
    /// Time the customer was on hold.
    HoldTime Sum "hold_ms",
    /// Time working after the contact.
    WrapTime Sum "wrap_ms",
    /// Time taking part without owning.
    ConsultTime Sum "consult_ms",
    /// Time logged in.
    LoggedInTime Sum "logged_in_ms",
    /// Time ready for the medium.
    ReadyTime Sum "ready_ms",
    /// Time logged in for the medium and not ready.
    NotReadyTime Sum "not_ready_ms",
    /// Time with at least one interaction in hand.
    BusyTime Sum "busy_ms",
    /// By how many those inside became more, each time they did.
    InsideGrown Sum "inside_grown",
    /// By how many those inside became fewer, each time they did.
    InsideShrunk Sum "inside_shrunk",
}

/// The thresholds, in seconds, at which a service level and short abandons can be asked for: by
/// these the waits are sorted while they are counted, so that the past can be asked too.
pub const EDGES_SECONDS: [u64; 12] = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600];

impl Counter {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    const fn index(self) -> usize {
        self as usize
    }

    /// The counter of answered waits between the edge before this one and this one.
    fn answered_to(edge: usize) -> Self {
        Self::ALL[Self::Answered5.index() + edge]
    }

    /// The same for those whose customer left.
    fn gone_to(edge: usize) -> Self {
        Self::ALL[Self::Gone5.index() + edge]
    }
}

/// The first edge that a wait does not pass, if there is one.
fn edge_of(wait: Millis) -> Option<usize> {
    EDGES_SECONDS
        .iter()
        .position(|edge| wait <= Millis::seconds(*edge))
}

/// The edge a threshold stands on.
#[must_use]
pub(super) fn edge_at(threshold: Millis) -> Option<usize> {
    EDGES_SECONDS
        .iter()
        .position(|edge| threshold == Millis::seconds(*edge))
}

/// All counters of one key over one stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts([u64; Counter::COUNT]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Counter::COUNT])
    }
}

impl Counts {
    /// One of them.
    #[must_use]
    pub const fn get(&self, counter: Counter) -> u64 {
        self.0[counter.index()]
    }

    /// Adds one more value in the way of the counter.
    pub fn add(&mut self, counter: Counter, value: u64) {
        let slot = &mut self.0[counter.index()];
        *slot = match counter.together() {
            Together::Sum => slot.saturating_add(value),
            Together::Max => (*slot).max(value),
        };
    }

    /// Adds all counters of a later stretch.
    pub fn merge(&mut self, later: &Self) {
        for counter in Counter::ALL {
            let value = later.get(*counter);
            if value > 0 {
                self.add(*counter, value);
            }
        }
    }

    /// Takes away what a part of the same stretch had. What is no sum stays.
    pub fn without(&mut self, part: &Self) {
        for counter in Counter::ALL {
            if counter.together() == Together::Sum {
                let slot = &mut self.0[counter.index()];
                *slot = slot.saturating_sub(part.get(*counter));
            }
        }
    }

    /// An answered wait.
    pub fn answered(&mut self, wait: Millis) {
        self.add(Counter::Answered, 1);
        self.add(Counter::WaitAnswered, wait.0);
        if let Some(edge) = edge_of(wait) {
            self.add(Counter::answered_to(edge), 1);
        }
    }

    /// A wait whose customer left.
    pub fn gone(&mut self, wait: Millis, short: bool) {
        let counter = if short {
            Counter::ShortAbandoned
        } else {
            Counter::Abandoned
        };
        self.add(counter, 1);
        self.add(Counter::WaitAbandoned, wait.0);
        if let Some(edge) = edge_of(wait) {
            self.add(Counter::gone_to(edge), 1);
        }
    }

    /// Answered within a threshold that is an edge.
    #[must_use]
    pub fn answered_within(&self, edge: usize) -> u64 {
        let edges = 0..=edge;
        edges.map(|edge| self.get(Counter::answered_to(edge))).sum()
    }

    /// Left within a threshold that is an edge.
    #[must_use]
    pub fn gone_within(&self, edge: usize) -> u64 {
        let edges = 0..=edge;
        edges.map(|edge| self.get(Counter::gone_to(edge))).sum()
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|value| *value == 0)
    }

    /// All ways a wait ends.
    pub const WAYS: [Counter; 6] = [
        Counter::Answered,
        Counter::Abandoned,
        Counter::ShortAbandoned,
        Counter::Overflowed,
        Counter::TurnedIntoCallback,
        Counter::Stopped,
    ];

    /// How many more there are inside after the stretch than before it.
    #[must_use]
    pub fn inside_change(&self) -> i64 {
        let level = |counter| i64::try_from(self.get(counter)).unwrap_or(i64::MAX);
        level(Counter::InsideGrown) - level(Counter::InsideShrunk)
    }

    /// Both sides of the books: what entered, and what left in all ways plus the change inside.
    /// They are equal for virtual queues, media and interaction queues over every stretch.
    #[must_use]
    pub fn balance(&self, interactions: bool) -> (i64, i64) {
        let value = |counter| i64::try_from(self.get(counter)).unwrap_or(i64::MAX);
        let ways = Self::WAYS.iter().map(|way| value(*way)).sum::<i64>();
        // Interactions are answered by agents and leave their queue when they are completed.
        let ways = if interactions {
            ways - value(Counter::Answered) + value(Counter::Completed)
        } else {
            ways
        };
        (value(Counter::Entered), ways + self.inside_change())
    }
}

/// Counters as they are kept: only those that are not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sparse(Box<[(Counter, u64)]>);

impl From<&Counts> for Sparse {
    fn from(counts: &Counts) -> Self {
        let all = Counter::ALL.iter().map(|it| (*it, counts.get(*it)));
        Self(all.filter(|(_, value)| *value > 0).collect())
    }
}

impl From<&Sparse> for Counts {
    fn from(sparse: &Sparse) -> Self {
        let mut counts = Self::default();
        sparse.add_to(&mut counts);
        counts
    }
}

impl Sparse {
    /// Adds them to an earlier stretch.
    pub fn add_to(&self, counts: &mut Counts) {
        for (counter, value) in &self.0 {
            counts.add(*counter, *value);
        }
    }

    /// Those that are not zero.
    #[must_use]
    pub fn entries(&self) -> &[(Counter, u64)] {
        &self.0
    }
}

impl FromIterator<(Counter, u64)> for Sparse {
    fn from_iter<I: IntoIterator<Item = (Counter, u64)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Sparse::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Sparse::deserialize(deserializer).map(|sparse| Self::from(&sparse))
    }
}

/// What was counted of one key within a quarter of an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// When the quarter began.
    pub quarter: WallTime,
    /// Of whom.
    pub key: Key,
    /// What.
    pub counts: Counts,
}

impl Tally {
    /// How long a quarter is.
    pub const QUARTER: Millis = Millis::seconds(15 * 60);

    /// The quarter a moment lies in.
    #[must_use]
    pub const fn quarter_of(at: WallTime) -> WallTime {
        let length = Self::QUARTER.0 as i64;
        WallTime(at.0 - at.0.rem_euclid(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_have_names_of_their_own_and_edges_stand_in_order() {
        let mut names: Vec<&str> = Counter::ALL.iter().map(|it| it.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Counter::COUNT);
        for (edge, seconds) in EDGES_SECONDS.iter().enumerate() {
            let name = format!("answered_to_{seconds}s");
            assert_eq!(Counter::answered_to(edge).name(), name);
            let name = format!("gone_to_{seconds}s");
            assert_eq!(Counter::gone_to(edge).name(), name);
        }
    }

    #[test]
    fn a_wait_counts_within_its_threshold_to_the_millisecond() {
        let mut counts = Counts::default();
        counts.answered(Millis::seconds(20));
        counts.answered(Millis(20_001));
        counts.gone(Millis(4_999), true);
        let edge = edge_at(Millis::seconds(20)).expect("an edge");
        assert_eq!(counts.answered_within(edge), 1);
        assert_eq!(counts.gone_within(0), 1);
        assert_eq!(counts.get(Counter::Answered), 2);
        assert_eq!(counts.get(Counter::ShortAbandoned), 1);
        assert_eq!(edge_at(Millis::seconds(21)), None);
    }

    #[test]
    fn stretches_that_follow_each_other_come_together() {
        let stretch = |grown, entered, longest| {
            let mut counts = Counts::default();
            counts.add(Counter::Entered, entered);
            counts.add(Counter::LongestWait, longest);
            counts.add(Counter::InsideGrown, grown);
            counts
        };
        let mut all = stretch(3, 3, 7);
        all.merge(&stretch(2, 2, 4));
        assert_eq!(all.get(Counter::Entered), 5);
        assert_eq!(all.get(Counter::LongestWait), 7);
        assert_eq!(all.inside_change(), 5);
        assert_eq!(all.balance(false), (5, 5));
        let text = serde_json::to_string(&all).expect("JSON");
        assert_eq!(serde_json::from_str::<Counts>(&text).expect("read"), all);
    }

    #[test]
    fn a_quarter_begins_at_a_quarter_also_before_1970() {
        assert_eq!(Tally::quarter_of(WallTime(900_001)), WallTime(900_000));
        assert_eq!(Tally::quarter_of(WallTime(-1)), WallTime(-900_000));
    }
}
