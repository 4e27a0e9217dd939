//! What askers were told, for those who ask again with the same input id.

use crate::digest;
use crate::lookup::Lookup;
use ringback_model::{EngineTime, Millis, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Kept {
    /// Who asked with which key: the input id.
    pub id: u128,
    /// Hash of what was asked.
    pub fingerprint: u64,
    /// What was answered.
    pub outcome: Outcome,
    /// The record it stands in.
    pub sequence: u64,
    /// When, to know when it may go.
    pub at: EngineTime,
}

/// The first answers of the last while, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Results {
    by_id: Lookup<u128, Kept>,
    by_time: VecDeque<(EngineTime, u128)>,
    digest: u64,
}

/// Results are forgotten in swoops: the oldest may stay this much longer than promised.
pub(crate) const SWOOP: Millis = Millis::seconds(60);

impl Results {
    pub(crate) fn get(&self, id: u128) -> Option<&Kept> {
        self.by_id.get(&id)
    }

    /// Keeps a first answer. A second one for the same id is not kept.
    pub(crate) fn keep(&mut self, kept: Kept) {
        if self.by_id.get(&kept.id).is_some() {
            return;
        }
        self.digest = self.digest.wrapping_add(digest::of(&kept));
        self.by_time.push_back((kept.at, kept.id));
        self.by_id.insert(kept.id, kept);
    }

    pub(crate) fn forget(&mut self, before: EngineTime) {
        while let Some((at, id)) = self.by_time.front().copied() {
            if at > before {
                return;
            }
            self.by_time.pop_front();
            if let Some(kept) = self.by_id.remove(&id) {
                self.digest = self.digest.wrapping_sub(digest::of(&kept));
            }
        }
    }

    pub(crate) fn oldest(&self) -> Option<EngineTime> {
        self.by_time.front().map(|(at, _)| *at)
    }

    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }

    /// All of them, oldest first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Kept> {
        self.by_time.iter().filter_map(|(_, id)| self.by_id.get(id))
    }

    pub(crate) fn len(&self) -> usize {
        self.by_time.len()
    }
}
