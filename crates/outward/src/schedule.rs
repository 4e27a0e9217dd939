//! When a delivery is tried again.

use std::time::Duration;

/// When a delivery is tried again, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pauses: Vec<Duration>,
    /// Where the chance comes from that keeps many deliveries from coming back at once.
    seed: u64,
}

/// The pauses after the first, second, ... attempt, in seconds: eight attempts over 18 hours.
pub const PAUSES_S: [u64; 7] = [5, 60, 300, 1_800, 7_200, 18_000, 36_000];

/// A pause is longer by up to one part in so many.
const JITTER: u64 = 5;

impl Schedule {
    /// These pauses; `seed` is told, so that a test sees the same ones twice.
    #[must_use]
    pub const fn new(pauses: Vec<Duration>, seed: u64) -> Self {
        Self { pauses, seed }
    }

    /// The pause after attempt number `tries` of a delivery; nothing: there is no other attempt.
    #[must_use]
    pub fn pause(&self, id: &str, tries: u32) -> Option<Duration> {
        let at = usize::try_from(tries).ok()?.checked_sub(1)?;
        let pause = self.pauses.get(at)?;
        let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        let more = mixed(self.seed, id, tries) % (millis / JITTER + 1);
        Some(Duration::from_millis(millis.saturating_add(more)))
    }

    /// How many attempts there are.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.pauses.len() + 1
    }
}

/// A number that looks like chance (FNV-1a, then the finisher of `SplitMix64`).
fn mixed(seed: u64, id: &str, tries: u32) -> u64 {
    let begin = 0xcbf2_9ce4_8422_2325 ^ seed ^ u64::from(tries);
    let hash = id.bytes().fold(begin, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_are_spread_and_end() {
        let pauses: Vec<Duration> = PAUSES_S.map(Duration::from_secs).to_vec();
        let schedule = Schedule::new(pauses.clone(), 7);
        assert_eq!(schedule.attempts(), 8);
        for (tries, pause) in (1..).zip(&pauses) {
            let spread: Vec<Duration> = (0..50)
                .map(|id| schedule.pause(&format!("d{id}"), tries).expect("a pause"))
                .collect();
            assert!(
                spread
                    .iter()
                    .all(|it| (*pause..=*pause * 6 / 5).contains(it))
            );
            assert!(spread.windows(2).any(|two| two.first() != two.last()));
        }
        assert_eq!(schedule.pause("d1", 8), None);
        assert_eq!(schedule.pause("d1", 0), None);
        assert_eq!(schedule.pause("d1", 3), schedule.clone().pause("d1", 3));
        assert_ne!(
            Schedule::new(pauses, 8).pause("d1", 7),
            schedule.pause("d1", 7)
        );
    }
}
