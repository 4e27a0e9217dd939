//! Sets of states: one bit for each, in document order.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The index of a state in its chart, in document order. 0 is the `<scxml>` element itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StateIx(pub u32);

impl StateIx {
    /// The `<scxml>` element.
    pub const ROOT: StateIx = StateIx(0);

    pub(crate) fn at(self) -> usize {
        self.0 as usize
    }
}

/// A set of states. Up to 64 states need no memory of their own.
#[derive(Clone, Debug, Default)]
pub struct StateSet {
    first: u64,
    rest: Vec<u64>,
}

impl StateSet {
    /// Adds a state; whether it was new.
    pub fn insert(&mut self, state: StateIx) -> bool {
        let (word, bit) = place(state);
        if word == 0 {
            let new = self.first & bit == 0;
            self.first |= bit;
            return new;
        }
        if self.rest.len() < word {
            self.rest.resize(word, 0);
        }
        let new = self.rest[word - 1] & bit == 0;
        self.rest[word - 1] |= bit;
        new
    }

    /// Takes a state out.
    pub fn remove(&mut self, state: StateIx) {
        let (word, bit) = place(state);
        if word == 0 {
            self.first &= !bit;
        } else if let Some(word) = self.rest.get_mut(word - 1) {
            *word &= !bit;
        }
    }

    /// Whether a state is in it.
    pub fn contains(&self, state: StateIx) -> bool {
        let (word, bit) = place(state);
        let word = match word {
            0 => self.first,
            word => self.rest.get(word - 1).copied().unwrap_or(0),
        };
        word & bit != 0
    }

    /// Whether no state is in it.
    pub fn is_empty(&self) -> bool {
        self.first == 0 && self.rest.iter().all(|word| *word == 0)
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.first = 0;
        self.rest.clear();
    }

    /// The states in document order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = StateIx> + '_ {
        (0..=self.rest.len()).flat_map(move |word| Bits {
            word: self.word(word),
            base: word as u32 * 64,
        })
    }

    /// Whether any state from `from` up to, not including, `to` is in it.
    pub fn any_between(&self, from: u32, to: u32) -> bool {
        self.iter_between(from, to).next().is_some()
    }

    /// The states from `from` up to, not including, `to`, in document order.
    pub fn iter_between(
        &self,
        from: u32,
        to: u32,
    ) -> impl DoubleEndedIterator<Item = StateIx> + '_ {
        let last = (to.saturating_sub(1) / 64) as usize;
        let first = (from / 64) as usize;
        (first..=last.min(self.rest.len())).flat_map(move |word| {
            let base = word as u32 * 64;
            let low = from.saturating_sub(base);
            let high = to.saturating_sub(base).min(64);
            let mut bits = self.word(word);
            bits &= u64::MAX.checked_shl(low).unwrap_or(0);
            if high < 64 {
                bits &= (1_u64 << high) - 1;
            }
            Bits { word: bits, base }
        })
    }

    fn word(&self, word: usize) -> u64 {
        match word {
            0 => self.first,
            word => self.rest[word - 1],
        }
    }
}

fn place(state: StateIx) -> (usize, u64) {
    ((state.0 / 64) as usize, 1 << (state.0 % 64))
}

struct Bits {
    word: u64,
    base: u32,
}

impl Iterator for Bits {
    type Item = StateIx;

    fn next(&mut self) -> Option<StateIx> {
        if self.word == 0 {
            return None;
        }
        let bit = self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(StateIx(self.base + bit))
    }
}

impl DoubleEndedIterator for Bits {
    fn next_back(&mut self) -> Option<StateIx> {
        if self.word == 0 {
            return None;
        }
        let bit = 63 - self.word.leading_zeros();
        self.word &= !(1 << bit);
        Some(StateIx(self.base + bit))
    }
}

impl PartialEq for StateSet {
    fn eq(&self, other: &StateSet) -> bool {
        let words = self.rest.len().max(other.rest.len());
        self.first == other.first
            && (0..words).all(|word| {
                self.rest.get(word).copied().unwrap_or(0)
                    == other.rest.get(word).copied().unwrap_or(0)
            })
    }
}

impl Eq for StateSet {}

impl FromIterator<StateIx> for StateSet {
    fn from_iter<I: IntoIterator<Item = StateIx>>(states: I) -> StateSet {
        let mut set = StateSet::default();
        for state in states {
            set.insert(state);
        }
        set
    }
}

impl Serialize for StateSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let used = self
            .rest
            .iter()
            .rposition(|word| *word != 0)
            .map_or(0, |last| last + 1);
        serializer.collect_seq(std::iter::once(&self.first).chain(&self.rest[..used]))
    }
}

impl<'de> Deserialize<'de> for StateSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<StateSet, D::Error> {
        let mut words = Vec::<u64>::deserialize(deserializer)?.into_iter();
        Ok(StateSet {
            first: words.next().unwrap_or(0),
            rest: words.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_walks_in_document_order_across_words() {
        let set: StateSet = [130, 3, 64, 63].map(StateIx).into_iter().collect();
        assert_eq!(
            set.iter().map(|s| s.0).collect::<Vec<_>>(),
            [3, 63, 64, 130]
        );
        assert_eq!(
            set.iter().rev().map(|s| s.0).collect::<Vec<_>>(),
            [130, 64, 63, 3]
        );
        assert_eq!(
            set.iter_between(4, 130).map(|s| s.0).collect::<Vec<_>>(),
            [63, 64]
        );
        assert!(!set.any_between(65, 130));
        assert!(set.any_between(65, 131));
    }

    #[test]
    fn sets_that_grew_differently_are_equal() {
        let mut grown: StateSet = [1, 200].map(StateIx).into_iter().collect();
        grown.remove(StateIx(200));
        let small: StateSet = [StateIx(1)].into_iter().collect();
        assert_eq!(grown, small);
    }
}
