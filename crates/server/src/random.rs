//! Chance from a seed, for the people of the demo: the same seed, the same decisions.

use std::time::Duration;

/// A source of chance (SplitMix64). Not for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// A stream of its own for each `of`, all from one seed.
    pub(crate) fn new(seed: u64, of: &str) -> Self {
        // FNV-1a, so that names give far-apart streams.
        let hash = of.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(seed ^ hash)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least 0, below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        // 53 bits are what a double holds exactly.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that has this probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of several.
    pub(crate) fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let at = (self.unit() * choices.len() as f64) as usize;
        &choices[at.min(choices.len() - 1)]
    }

    /// A time between events that come independently, `mean` on average (exponential).
    pub(crate) fn gap(&mut self, mean: Duration) -> Duration {
        mean.mul_f64(-(1.0 - self.unit()).ln())
    }

    /// A time evenly between two.
    pub(crate) fn between(&mut self, from: Duration, to: Duration) -> Duration {
        from + (to.saturating_sub(from)).mul_f64(self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_decisions_and_another_name_others() {
        let take = |of| {
            let mut chance = Chance::new(7, of);
            (0..8).map(|_| chance.next()).collect::<Vec<_>>()
        };
        assert_eq!(take("anna"), take("anna"));
        assert_ne!(take("anna"), take("ben"));
    }

    #[test]
    fn gaps_are_as_long_as_asked_on_average() {
        let mut chance = Chance::new(1, "gaps");
        let total: f64 = (0..20_000)
            .map(|_| chance.gap(Duration::from_secs(2)).as_secs_f64())
            .sum();
        assert!((1.9..2.1).contains(&(total / 20_000.0)), "{total}");
    }
}
