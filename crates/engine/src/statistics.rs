//! Statistics: what happened, counted; a fold over events that stands beside the state.
//!
//! A [`Book`] is told every event in the order of the journal and keeps what is true at this
//! moment (as numbers, not as things), and what was counted over the stretches people ask for.
//! It never looks at the state, the state never looks at it, and it is in no digest: whoever
//! folds it does so behind the loop, as fast as he can.
//!
//! What has to be counted per event goes into one place, the cells of the minute at hand. When
//! the minute is over its cells are added to the days that grow, to what agents had since they
//! logged in and to what is to be written down per quarter of an hour, and are kept for an hour
//! for whoever asks for a sliding stretch. Memory is bounded by what is configured and by
//! [`CELLS_MAX`], not by what waits.
//!
//! Invariants: what is counted inside (waiting, open, offered, in hand) is what the state has
//! ([`Book::differs_from`] compares them); per virtual queue, medium and interaction queue, and
//! per stretch, the books balance ([`Counts::balance`]); a book read back from its image goes on
//! like one that never stopped.

mod agents;
mod bucket;
mod directory;
mod filters;
mod fold;
mod read;
pub mod routing;

pub use directory::Directory;
pub use read::{Asked, Target};

use agents::AgentNow;
use bucket::{Bucket, Closed, Day, SinceLogin};
use filters::Filters;
use fold::Fact;
use ringback_model::statistic::{Counts, Key, Subject, Tally};
use ringback_model::{AgentId, EngineTime, Medium, Millis, Now, OfferId, WallTime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Cells of past minutes that are kept for sliding stretches. When there are more, the oldest
/// minutes go and a long sliding stretch covers less than it says.
pub const CELLS_MAX: usize = 200_000;

/// Where days begin. Time zones are not the heart's, so it is told.
pub trait Calendar {
    /// When the first day begins after `after`, in a zone of the IANA table. A zone nobody knows
    /// is taken for UTC.
    fn next_day(&self, zone: &str, after: WallTime) -> WallTime;
}

/// A calendar that knows UTC only.
#[derive(Debug, Clone, Copy, Default)]
pub struct UtcOnly;

const DAY_MS: i64 = 86_400_000;

impl Calendar for UtcOnly {
    fn next_day(&self, _: &str, after: WallTime) -> WallTime {
        WallTime(after.0 - after.0.rem_euclid(DAY_MS) + DAY_MS)
    }
}

/// All that is counted of one tenant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Book {
    open: Bucket,
    past: VecDeque<Closed>,
    days: BTreeMap<String, Day>,
    logins: BTreeMap<AgentId, SinceLogin>,
    selections: BTreeMap<Subject, VecDeque<Fact>>,
    inside: BTreeMap<Key, u64>,
    offers: BTreeMap<OfferId, (AgentId, Medium)>,
    agents: BTreeMap<AgentId, AgentNow>,
    directory: Directory,
    filters: Filters,
    /// Counted and not written down yet; written down together with the image of the book, so
    /// it is not part of the image.
    #[serde(skip)]
    unsaved: BTreeMap<(WallTime, Key), Counts>,
}

impl Book {
    /// A book in which nothing was counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The names it knows things by.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What was counted since the last time, per quarter of an hour; closed minutes only.
    pub fn take_tallies(&mut self) -> Vec<Tally> {
        let taken = std::mem::take(&mut self.unsaved);
        let tally = |((quarter, key), counts)| Tally {
            quarter,
            key,
            counts,
        };
        taken.into_iter().map(tally).collect()
    }

    /// What was counted and is not written down, the minute at hand included, and the time that
    /// goes on up to now.
    #[must_use]
    pub fn not_written(&self, now: Now) -> Vec<Tally> {
        let mut cells = self.unsaved.clone();
        let quarter = Tally::quarter_of(self.open.from.wall);
        for (key, counts) in &self.open.cells {
            cells.entry((quarter, *key)).or_default().merge(counts);
        }
        self.time_going_on(now, &mut cells);
        let tally = |((quarter, key), counts)| Tally {
            quarter,
            key,
            counts,
        };
        cells.into_iter().map(tally).collect()
    }
}

/// Where the books do not balance, of queues and media, over each quarter of an hour.
#[must_use]
pub fn unbalanced(tallies: &[Tally]) -> Vec<String> {
    let mut found = Vec::new();
    for Tally {
        quarter,
        key,
        counts,
    } in tallies
    {
        if matches!(key.subject, Subject::Agent(_) | Subject::Group(_)) {
            continue;
        }
        let (entered, left) = counts.balance(matches!(key.subject, Subject::Queue(_)));
        if entered != left {
            let at = quarter.0;
            found.push(format!(
                "{key:?} at {at}: {entered} entered, {left} accounted for"
            ));
        }
    }
    found
}

/// How long a minute is.
const MINUTE: Millis = Millis::seconds(60);

/// A stretch that lies in one quarter of an hour.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: Now,
    to: EngineTime,
}

/// The stretches from a moment to now, cut where quarters of an hour begin. The wall clock is
/// taken to have gone on evenly up to now.
fn quarters(from: EngineTime, now: Now) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut at = from;
    while at < now.engine {
        let left = i64::try_from(now.engine.since(at).0).unwrap_or(i64::MAX);
        let wall = WallTime(now.wall.0.saturating_sub(left));
        let into = u64::try_from(wall - Tally::quarter_of(wall)).unwrap_or(0);
        let end = at + Millis(Tally::QUARTER.0 - into);
        let to = end.min(now.engine);
        stretches.push(Stretch {
            from: Now { engine: at, wall },
            to,
        });
        at = to;
    }
    stretches
}

#[cfg(test)]
mod tests;
