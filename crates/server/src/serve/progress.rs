//! Progress of work that takes longer than people like to wait in silence.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long work may take before it is told about, and the pause between two tellings.
const QUIET: Duration = Duration::from_secs(2);

/// Remembers what is under way and tells about it now and then.
#[derive(Debug, Default)]
pub(super) struct Progress {
    works: Mutex<BTreeMap<String, Instant>>,
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
        let told = works.entry(what.to_owned()).or_insert(now);
        let due = now.duration_since(*told) >= QUIET;
        if due {
            *told = now;
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
    }
}
