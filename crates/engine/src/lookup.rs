//! The one use of hashing: finding a value by its key.
//!
//! The order of a hash table is an accident, and an accident must never reach a decision, so
//! this wrapper has no way to walk over what it holds.

use rustc_hash::FxHashMap;
use std::borrow::Borrow;
use std::hash::Hash;

/// A table that answers "what belongs to this key?" and nothing else.
#[derive(Debug)]
pub(crate) struct Lookup<K, V>(FxHashMap<K, V>);

impl<K, V> Default for Lookup<K, V> {
    fn default() -> Self {
        Self(FxHashMap::default())
    }
}

impl<K: Eq + Hash, V> Lookup<K, V> {
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    /// Returns what the key had before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.remove(key)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Bytes on the heap, without what keys and values own elsewhere. The table keeps one
    /// control byte per bucket and leaves an eighth of the buckets empty.
    pub(crate) fn bytes(&self) -> usize {
        let buckets = self.0.capacity() * 8 / 7;
        buckets * (size_of::<(K, V)>() + 1)
    }
}
