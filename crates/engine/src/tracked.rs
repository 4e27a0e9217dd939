//! Maps that know the digest of what they hold.
//!
//! The digest of a map is the sum of the digests of its entries, so it is kept up to date by
//! subtracting the old and adding the new entry, at a cost that does not depend on the size of
//! the map. Entries can only be changed through [`Tracked::update`], so none can be forgotten.
//! The hash table inside is walked in one place only, and sorted there.

use crate::digest;
use rustc_hash::FxHashMap;
use std::fmt;
use std::hash::Hash;

/// A key of a [`Tracked`] map: an id, which is a number.
pub(crate) trait Number: Copy + Ord + Hash + fmt::Display {
    /// The number.
    fn number(self) -> u64;
}

macro_rules! numbers {
    ($($id:ident),*) => {
        $(impl Number for ringback_model::$id {
            fn number(self) -> u64 {
                self.0
            }
        })*
    };
}

numbers!(
    AgentId,
    EffectId,
    InteractionId,
    OfferId,
    QueueId,
    RouteRequestId,
    VirtualQueueId
);

/// A map from ids to records, with digest.
#[derive(Debug, Clone)]
pub(crate) struct Tracked<K, V> {
    entries: FxHashMap<u64, Box<(K, V)>>,
    digest: u64,
}

impl<K: Number, V: Hash> Default for Tracked<K, V> {
    fn default() -> Self {
        Self {
            entries: FxHashMap::default(),
            digest: 0,
        }
    }
}

impl<K: Number, V: Hash> Tracked<K, V> {
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.entries.get(&key.number()).map(|entry| &entry.1)
    }

    pub(crate) fn contains(&self, key: K) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Puts a record under a new key. A key that is already there is replaced.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.digest = self.digest.wrapping_add(digest::of(&(key, &value)));
        if let Some(old) = self.entries.insert(key.number(), Box::new((key, value))) {
            self.digest = self.digest.wrapping_sub(digest::of(&(old.0, &old.1)));
        }
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let old = self.entries.remove(&key.number())?;
        self.digest = self.digest.wrapping_sub(digest::of(&(old.0, &old.1)));
        Some(old.1)
    }

    /// Changes a record in place. Nothing happens if it is not there: events are applied, not
    /// judged.
    pub(crate) fn update<R>(&mut self, key: K, change: impl FnOnce(&mut V) -> R) -> Option<R> {
        let entry = self.entries.get_mut(&key.number())?;
        let before = digest::of(&(entry.0, &entry.1));
        let result = change(&mut entry.1);
        let after = digest::of(&(entry.0, &entry.1));
        self.digest = self.digest.wrapping_sub(before).wrapping_add(after);
        Some(result)
    }

    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }

    /// All keys in order. Costs a sort: for snapshots and lists, not for decisions.
    pub(crate) fn keys(&self) -> Vec<K> {
        let mut keys: Vec<K> = self.entries.values().map(|entry| entry.0).collect();
        keys.sort_unstable();
        keys
    }

    /// All records in order of their keys; costs a sort.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (K, &V)> {
        self.keys()
            .into_iter()
            .filter_map(|key| self.get(key).map(|value| (key, value)))
    }
}
