//! Progress of work that takes longer than people like to wait in silence.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long work may take before it is told about, and the pause between two tellings.
const QUIET: Duration = Duration::from_secs(2);
/// Work that was not heard of for so long is over; what comes under its name then is new.
const OVER: Duration = Duration::from_secs(10);

/// Remembers what is under way and tells about it now and then.
#[derive(Debug, Default)]
pub(super) struct Progress {
    works: Mutex<BTreeMap<String, Work>>,
}

/// When it was last told about, or began, and when it was last heard of.
#[derive(Debug)]
struct Work {
    told: Instant,
    heard: Instant,
}

impl Progress {
    /// Takes notice that `done` of `whole` steps of `what` are done.
    pub(super) fn notice(&self, what: &str, done: u64, whole: u64) {
        if self.is_due(what, Instant::now()) {
            tracing::info!(what, done, whole, "Still at work.");
        }
    }

    fn is_due(&self, what: &str, now: Instant) -> bool {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = Work {
            told: now,
            heard: now,
        };
        let work = works.entry(what.to_owned()).or_insert(begun);
        if now.duration_since(work.heard) >= OVER {
            work.told = now;
        }
        work.heard = now;
        let due = now.duration_since(work.told) >= QUIET;
        if due {
            work.told = now;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_work_is_told_about_and_not_too_often() {
        let progress = Progress::default();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let told: Vec<u64> = (0..=60)
            .map(|tenth| tenth * 100)
            .filter(|ms| progress.is_due("loading", at(*ms)))
            .collect();
        assert_eq!(told, [2_000, 4_000, 6_000]);
        assert!(!progress.is_due("something else", at(6_000)));
        // The same work once more, much later.
        assert!(!progress.is_due("loading", at(60_000)));
        assert!(!progress.is_due("loading", at(61_900)));
        assert!(progress.is_due("loading", at(62_000)));
    }
}
