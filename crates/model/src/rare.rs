//! Fields that few records have: one pointer where nothing is set.

use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};

/// What few records of a kind have. Takes one pointer as long as nothing of it is set, is left
/// out of what is written, and adds nothing to a digest, so that records written before the
/// fields existed read and digest as they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rare<T>(Option<Box<T>>);

impl<T> Rare<T> {
    /// Nothing of it is set.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// What is set, if anything is.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.0.as_deref()
    }

    /// Whether nothing of it is set.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl<T: Default + PartialEq> Rare<T> {
    /// Keeps a value, unless nothing of it is set.
    #[must_use]
    pub fn of(value: T) -> Self {
        Self((value != T::default()).then(|| Box::new(value)))
    }

    /// Changes what is set; room is taken and given back as needed.
    pub fn change<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.0.take().unwrap_or_default();
        let result = change(&mut value);
        self.0 = (*value != T::default()).then_some(value);
        result
    }
}

impl<T> Rare<Vec<T>> {
    /// What is listed.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        self.get().map_or(&[], Vec::as_slice)
    }
}

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Self::none()
    }
}

impl<T: Hash> Hash for Rare<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(value) = &self.0 {
            value.hash(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::DefaultHasher;

    #[test]
    fn nothing_set_takes_a_pointer_and_digests_as_nothing() {
        let mut rare = Rare::of(vec![1_u8]);
        rare.change(Vec::clear);
        assert!(rare.is_none());
        assert_eq!(size_of::<Rare<[u8; 100]>>(), size_of::<usize>());
        let hash = |value: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            value(&mut hasher);
            hasher.finish()
        };
        assert_eq!(
            hash(&|to| (7_u8, rare.clone()).hash(to)),
            hash(&|to| 7_u8.hash(to))
        );
    }
}
