//! Pages of keys in memory.

use super::cipher::Key;
use super::{KEY_BYTES, KeyBytes, Kind, SLOTS};
use ringback_ports::envelope::TenantId;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use zeroize::{Zeroize, Zeroizing};

/// Where a key stands. Key numbers begin at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) page: u64,
    pub(crate) index: usize,
}

impl Place {
    /// The place of a key number; 0 has none.
    pub(crate) fn of(number: u64) -> Option<Self> {
        let from_zero = number.checked_sub(1)?;
        let slots = SLOTS as u64;
        Some(Self {
            page: from_zero / slots,
            index: usize::try_from(from_zero % slots).ok()?,
        })
    }

    pub(crate) const fn number(self) -> u64 {
        self.page * SLOTS as u64 + self.index as u64 + 1
    }
}

/// Keys of one page, overwritten when they go.
pub(super) struct Page {
    keys: RwLock<KeyBytes>,
}

impl Page {
    pub(super) fn new(keys: KeyBytes) -> Self {
        Self {
            keys: RwLock::new(keys),
        }
    }

    /// A key; `None` if it was destroyed.
    pub(super) fn key(&self, index: usize) -> Option<Key> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let slot = keys.get(index * KEY_BYTES..(index + 1) * KEY_BYTES)?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        key.copy_from_slice(slot);
        key.iter().any(|byte| *byte != 0).then_some(key)
    }

    pub(super) fn wipe(&self, index: usize) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = keys.get_mut(index * KEY_BYTES..(index + 1) * KEY_BYTES) {
            slot.zeroize();
        }
    }
}

type At = (TenantId, Kind, u64);

/// Pages used lately, at most [`Cache::PAGES_MAX`].
#[derive(Default)]
pub(super) struct Cache {
    pages: HashMap<At, (Arc<Page>, u64)>,
    /// Counts the uses, to know the oldest.
    uses: u64,
}

impl Cache {
    /// 32 MiB of keys: a million interactions.
    const PAGES_MAX: usize = 256;

    pub(super) fn get(&mut self, at: At) -> Option<Arc<Page>> {
        self.uses += 1;
        let (page, used) = self.pages.get_mut(&at)?;
        *used = self.uses;
        Some(Arc::clone(page))
    }

    pub(super) fn put(&mut self, at: At, page: Arc<Page>) {
        if self.pages.len() >= Self::PAGES_MAX {
            self.drop_oldest();
        }
        self.uses += 1;
        self.pages.insert(at, (page, self.uses));
    }

    pub(super) fn wipe(&mut self, at: At, index: usize) {
        if let Some((page, _)) = self.pages.get(&at) {
            page.wipe(index);
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = self.pages.iter().min_by_key(|(_, (_, used))| *used);
        if let Some(at) = oldest.map(|(at, _)| *at) {
            self.pages.remove(&at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_places_are_one_to_one() {
        for number in [1, 2, SLOTS as u64, SLOTS as u64 + 1, 1_000_000_007] {
            assert_eq!(Place::of(number).expect("a place").number(), number);
        }
        assert_eq!(Place::of(0), None);
    }

    #[test]
    fn a_wiped_key_is_no_key_and_its_neighbours_stay() {
        let page = Page::new(Zeroizing::new(vec![7; 3 * KEY_BYTES]));
        page.wipe(1);
        assert!(page.key(0).is_some() && page.key(1).is_none() && page.key(2).is_some());
        assert!(page.key(3).is_none(), "beyond the page");
    }

    #[test]
    fn the_cache_is_bounded_and_drops_the_oldest() {
        let mut cache = Cache::default();
        let at = |page| (TenantId(1), Kind::Interaction, page);
        let page = || Arc::new(Page::new(Zeroizing::new(vec![1; KEY_BYTES])));
        for number in 0..Cache::PAGES_MAX as u64 {
            cache.put(at(number), page());
        }
        assert!(cache.get(at(0)).is_some());
        cache.put(at(9_999), page());
        assert_eq!(cache.pages.len(), Cache::PAGES_MAX);
        assert!(cache.get(at(0)).is_some(), "used lately");
        assert!(cache.get(at(1)).is_none(), "the oldest");
    }
}
