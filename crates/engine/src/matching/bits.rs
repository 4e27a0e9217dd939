//! Sets of small numbers, as bits. They grow when a larger number comes in; what was never
//! set is not a member, so two sets of different length compare and combine as they should.

const WORD: usize = u64::BITS as usize;
/// Sets grow by this many words (one cache line), not by doubling: there is one set per agent
/// and per expression, and half-empty ones would be the largest part of the memory.
const GROWTH: usize = 8;

/// A set of numbers from 0 up.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub(super) fn has(&self, number: u32) -> bool {
        let (word, bit) = split(number);
        self.words
            .get(word)
            .is_some_and(|word| word >> bit & 1 == 1)
    }

    pub(super) fn put(&mut self, number: u32, member: bool) {
        let (word, bit) = split(number);
        if word >= self.words.len() {
            if !member {
                return;
            }
            let wanted = (word + 1).next_multiple_of(GROWTH);
            self.words.reserve_exact(wanted - self.words.len());
            self.words.resize(wanted, 0);
        }
        let word = &mut self.words[word];
        *word = *word & !(1 << bit) | u64::from(member) << bit;
    }

    /// Takes out what `other` lacks.
    pub(super) fn keep(&mut self, other: &Self) {
        self.words.truncate(other.words.len());
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Takes out what `other` has.
    pub(super) fn drop_all(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    /// Takes in what `other` has.
    pub(super) fn join(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    pub(super) fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// How many are in both.
    pub(super) fn count_both(&self, other: &Self) -> u32 {
        let pairs = self.words.iter().zip(&other.words);
        pairs.map(|(a, b)| (a & b).count_ones()).sum()
    }

    /// Calls `visit` with each member, the smallest first.
    pub(super) fn each(&self, mut visit: impl FnMut(u32)) {
        for (index, &word) in self.words.iter().enumerate() {
            each_of_word(index, word, &mut visit);
        }
    }

    /// The set as words of bits.
    pub(super) fn words(&self) -> impl Iterator<Item = u64> {
        self.words.iter().copied()
    }

    /// Calls `visit` with each number that is in both, the smallest first.
    pub(super) fn each_of_both(
        &self,
        other: impl Iterator<Item = u64>,
        mut visit: impl FnMut(u32),
    ) {
        for (index, (a, b)) in self.words.iter().zip(other).enumerate() {
            each_of_word(index, a & b, &mut visit);
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

fn split(number: u32) -> (usize, usize) {
    let number = number as usize;
    (number / WORD, number % WORD)
}

/// Members are `u32`, so every word index times 64 fits into one.
fn each_of_word(index: usize, mut word: u64, visit: &mut impl FnMut(u32)) {
    while word != 0 {
        visit((index * WORD) as u32 + word.trailing_zeros());
        word &= word - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn bits(members: &BTreeSet<u32>) -> Bits {
        let mut bits = Bits::default();
        for &member in members {
            bits.put(member, true);
        }
        bits
    }

    fn members(bits: &Bits) -> BTreeSet<u32> {
        let mut members = BTreeSet::new();
        bits.each(|member| assert!(members.insert(member)));
        members
    }

    proptest! {
        #[test]
        fn bits_are_a_set(
            a in proptest::collection::btree_set(0_u32..1_500, 0..40),
            b in proptest::collection::btree_set(0_u32..700, 0..40),
        ) {
            for (a, b) in [(&a, &b), (&b, &a)] {
                prop_assert_eq!(&members(&bits(a)), a);
                prop_assert_eq!(bits(a).count() as usize, a.len());
                let both: BTreeSet<u32> = a & b;
                prop_assert_eq!(bits(a).count_both(&bits(b)) as usize, both.len());
                let mut seen = BTreeSet::new();
                bits(a).each_of_both(bits(b).words(), |member| { seen.insert(member); });
                prop_assert_eq!(&seen, &both);
                let mut kept = bits(a);
                kept.keep(&bits(b));
                prop_assert_eq!(members(&kept), both);
                let mut without = bits(a);
                without.drop_all(&bits(b));
                prop_assert_eq!(members(&without), a - b);
                let mut joined = bits(a);
                joined.join(&bits(b));
                prop_assert_eq!(members(&joined), a | b);
            }
        }

        #[test]
        fn a_number_is_a_member_exactly_after_it_was_put_in(
            steps in proptest::collection::vec((0_u32..300, any::<bool>()), 0..200),
        ) {
            let mut set = BTreeSet::new();
            let mut bits = Bits::default();
            for (number, member) in steps {
                bits.put(number, member);
                if member { set.insert(number); } else { set.remove(&number); }
                prop_assert_eq!(bits.has(number), member);
            }
            prop_assert_eq!(members(&bits), set);
        }
    }
}
