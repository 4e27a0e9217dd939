//! Maps that know the digest of what they hold.
//!
//! The digest of a map is the sum of the digests of its entries, so it is kept up to date by
//! subtracting the old and adding the new entry, at a cost that does not depend on the size of
//! the map. Entries can only be changed through [`Tracked::update`], so none can be forgotten.
//!
//! Ids are given out in order, so records lie side by side in pages of 32 neighbouring ids: a
//! page knows by one bit per id which records it holds, and has room for little more than
//! those. A waiting crowd costs 3 bytes a head beside its records in this way, where a hash
//! table with a box for each costs 42 to 60. Pages are found by hashing; the table of pages is
//! walked in one place only, and sorted there.

use crate::digest;
use rustc_hash::FxHashMap;
use std::fmt;
use std::hash::Hash;

/// A key of a [`Tracked`] map: an id, which is a number.
pub(crate) trait Number: Copy + Ord + Hash + fmt::Display {
    /// The number.
    fn number(self) -> u64;

    /// The id with this number.
    fn from_number(number: u64) -> Self;
}

macro_rules! numbers {
    ($($id:ident),*) => {
        $(impl Number for ringback_model::$id {
            fn number(self) -> u64 {
                self.0
            }

            fn from_number(number: u64) -> Self {
                Self(number)
            }
        })*
    };
}

numbers!(
    AgentId,
    EffectId,
    InteractionId,
    ObjectId,
    OfferId,
    QueueId,
    RouteRequestId,
    VirtualQueueId
);

/// A map from ids to records, with digest.
#[derive(Debug, Clone)]
pub(crate) struct Tracked<K, V> {
    pages: FxHashMap<u64, Page<V>>,
    len: usize,
    digest: u64,
    key: std::marker::PhantomData<K>,
}

impl<K: Number, V: Hash> Default for Tracked<K, V> {
    fn default() -> Self {
        Self {
            pages: FxHashMap::default(),
            len: 0,
            digest: 0,
            key: std::marker::PhantomData,
        }
    }
}

/// The digest of one entry; that of a map is the sum of them.
pub(crate) fn digest_of_entry<K: Number, V: Hash>(key: K, value: &V) -> u64 {
    digest::of(&(key, value))
}

impl<K: Number, V: Hash> Tracked<K, V> {
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        let (page, slot) = whereabouts(key);
        self.pages.get(&page)?.get(slot)
    }

    pub(crate) fn contains(&self, key: K) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts a record under a new key. A key that is already there is replaced.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        let digest = digest_of_entry(key, &value);
        self.insert_digested(key, value, digest);
    }

    /// Puts a record under a new key whose digest the caller has worked out elsewhere.
    pub(crate) fn insert_digested(&mut self, key: K, value: V, digest: u64) {
        let (page, slot) = whereabouts(key);
        self.digest = self.digest.wrapping_add(digest);
        match self.pages.entry(page).or_default().insert(slot, value) {
            Some(old) => self.digest = self.digest.wrapping_sub(digest_of_entry(key, &old)),
            None => self.len += 1,
        }
    }

    /// Makes room for records that are about to be put in, exactly as much as they need.
    pub(crate) fn make_room(&mut self, keys: impl Iterator<Item = K>) {
        let mut pages = keys.map(|key| whereabouts(key).0).peekable();
        while let Some(page) = pages.next() {
            let mut coming = 1;
            while pages.next_if_eq(&page).is_some() {
                coming += 1;
            }
            self.pages
                .entry(page)
                .or_default()
                .records
                .reserve_exact(coming);
        }
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let (number, slot) = whereabouts(key);
        let page = self.pages.get_mut(&number)?;
        let old = page.remove(slot)?;
        if page.held == 0 {
            self.pages.remove(&number);
        }
        self.len -= 1;
        self.digest = self.digest.wrapping_sub(digest_of_entry(key, &old));
        Some(old)
    }

    /// Changes a record in place. Nothing happens if it is not there: events are applied, not
    /// judged.
    pub(crate) fn update<R>(&mut self, key: K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let (page, slot) = whereabouts(key);
        let value = self.pages.get_mut(&page)?.get_mut(slot)?;
        let before = digest_of_entry(key, value);
        let result = change(value);
        let after = digest_of_entry(key, value);
        self.digest = self.digest.wrapping_sub(before).wrapping_add(after);
        Some(result)
    }

    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }

    /// All keys in order. Walks over everything: for snapshots and lists, not for decisions.
    pub(crate) fn keys(&self) -> Vec<K> {
        self.in_order().map(|(key, _)| key).collect()
    }

    /// The records from a key on, in order, and the key after them if there may be more: at most
    /// `records`, and only as far as a fixed number of pages. `last` is the last key ever given out.
    pub(crate) fn stretch(&self, from: K, last: K, records: usize) -> (Vec<(K, &V)>, Option<K>) {
        let mut found = Vec::new();
        let (first_page, _) = whereabouts(from);
        let (last_page, _) = whereabouts(last);
        let end = first_page.saturating_add(PAGES_AT_ONCE);
        for number in first_page..=last_page {
            let first = number * u64::from(SLOTS);
            if found.len() >= records || number >= end {
                return (found, Some(K::from_number(first.max(from.number()))));
            }
            let Some(page) = self.pages.get(&number) else {
                continue;
            };
            let slots = (0..SLOTS).filter(|slot| page.held & bit(*slot) != 0);
            let keys = slots.map(|slot| K::from_number(first + u64::from(slot)));
            found.extend(keys.zip(&page.records).filter(|(key, _)| *key >= from));
        }
        (found, None)
    }

    /// All records in order of their keys; sorts the pages.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (K, &V)> {
        let mut pages: Vec<(u64, &Page<V>)> = self.pages.iter().map(|(n, it)| (*n, it)).collect();
        pages.sort_unstable_by_key(|(number, _)| *number);
        pages.into_iter().flat_map(|(number, page)| {
            let slots = (0..SLOTS).filter(|slot| page.held & bit(*slot) != 0);
            let first = number * u64::from(SLOTS);
            slots
                .map(move |slot| K::from_number(first + u64::from(slot)))
                .zip(&page.records)
        })
    }
}

/// So many pages are looked for at once, whether there or not.
const PAGES_AT_ONCE: u64 = 4_096;
/// Ids of one page.
const SLOTS: u32 = u32::BITS;
/// Records that a page has room for beyond those it holds, at most, after one was removed.
const SPARE_MAX: usize = 3;

/// The records of 32 neighbouring ids.
#[derive(Debug, Clone)]
struct Page<V> {
    /// A bit for each id that has a record.
    held: u32,
    /// The records there are, in order of their ids.
    records: Vec<V>,
}

impl<V> Default for Page<V> {
    fn default() -> Self {
        Self {
            held: 0,
            records: Vec::new(),
        }
    }
}

impl<V> Page<V> {
    fn get(&self, slot: u32) -> Option<&V> {
        self.records.get(self.index(slot)?)
    }

    fn get_mut(&mut self, slot: u32) -> Option<&mut V> {
        let index = self.index(slot)?;
        self.records.get_mut(index)
    }

    /// Returns what was there.
    fn insert(&mut self, slot: u32, record: V) -> Option<V> {
        if let Some(index) = self.index(slot) {
            return Some(std::mem::replace(&mut self.records[index], record));
        }
        self.records.insert(self.before(slot), record);
        self.held |= bit(slot);
        None
    }

    fn remove(&mut self, slot: u32) -> Option<V> {
        let index = self.index(slot)?;
        self.held &= !bit(slot);
        let record = self.records.remove(index);
        if self.records.capacity() > self.records.len() + SPARE_MAX {
            self.records.shrink_to_fit();
        }
        Some(record)
    }

    /// Where the record of an id is, if there is one.
    fn index(&self, slot: u32) -> Option<usize> {
        (self.held & bit(slot) != 0).then(|| self.before(slot))
    }

    /// How many records the page has before this id.
    const fn before(&self, slot: u32) -> usize {
        (self.held & (bit(slot) - 1)).count_ones() as usize
    }
}

const fn bit(slot: u32) -> u32 {
    1 << slot
}

/// The page of an id and its place in it.
fn whereabouts(key: impl Number) -> (u64, u32) {
    let number = key.number();
    let slots = u64::from(SLOTS);
    (number / slots, (number % slots) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ringback_model::InteractionId;
    use std::collections::BTreeMap;

    fn digest_of_all(map: &BTreeMap<u64, u32>) -> u64 {
        let digests = map
            .iter()
            .map(|(id, value)| digest_of_entry(InteractionId(*id), value));
        digests.fold(0, u64::wrapping_add)
    }

    proptest! {
        #[test]
        fn it_is_a_map_in_order_with_the_digest_of_its_entries(
            steps in prop::collection::vec((0_u64..300, 0_u32..4), 0..600),
        ) {
            let mut tracked: Tracked<InteractionId, u32> = Tracked::default();
            let mut map = BTreeMap::new();
            for (number, what) in steps {
                let id = InteractionId(number);
                match what {
                    0 => prop_assert_eq!(tracked.remove(id), map.remove(&number)),
                    1 => {
                        let told = tracked.update(id, |value| *value += 1);
                        prop_assert_eq!(told.is_some(), map.contains_key(&number));
                        map.entry(number).and_modify(|value| *value += 1);
                    }
                    value => {
                        tracked.insert(id, value);
                        map.insert(number, value);
                    }
                }
                prop_assert_eq!(tracked.get(id), map.get(&number));
                prop_assert_eq!(tracked.len(), map.len());
                prop_assert_eq!(tracked.digest(), digest_of_all(&map));
            }
            let all: Vec<_> = tracked.in_order().map(|(id, value)| (id.0, *value)).collect();
            prop_assert_eq!(all, map.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_empty_takes_no_room() {
        let mut tracked: Tracked<InteractionId, u32> = Tracked::default();
        for number in 1..=1_000 {
            tracked.insert(InteractionId(number), 7);
        }
        for number in 1..=1_000 {
            assert_eq!(tracked.remove(InteractionId(number)), Some(7));
        }
        assert!(tracked.pages.is_empty());
        assert_eq!((tracked.len(), tracked.digest()), (0, 0));
    }
}
