//! Chance for property tests: small, repeatable, told by a seed.

/// A stream of numbers that looks like chance (SplitMix64).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of these.
    pub(crate) fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// True once in `times` draws.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// A text of these pieces, in an order no grammar has in mind.
pub(crate) fn jumble(draw: &mut Draw, pieces: &[&str]) -> String {
    let length = 1 + draw.below(9);
    (0..length).map(|_| *draw.of(pieces)).collect()
}

/// Holds that a reader refuses a text with a place in it, or reads what is written back.
pub(crate) fn assert_read_or_refused<T, E>(text: &str, place: impl Fn(&E) -> usize)
where
    T: std::str::FromStr<Err = E> + PartialEq + std::fmt::Display + std::fmt::Debug,
    E: PartialEq + std::fmt::Debug,
{
    match text.parse::<T>() {
        Ok(read) => assert_eq!(
            read.to_string().parse::<T>().as_ref(),
            Ok(&read),
            "{text:?}"
        ),
        Err(error) => {
            let place = place(&error);
            assert!((1..=text.len() + 1).contains(&place), "{text:?}: {error:?}");
            assert!(text.is_char_boundary(place - 1), "{text:?}: {error:?}");
        }
    }
}
