//! Views: what is pulled from a queue, and in what order.

use crate::name::Name;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is pulled from an interaction queue, by agents or for routing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// From which interaction queue.
    pub queue: Name,
    /// How people call it; empty: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// Which interactions; empty: all of the queue.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// In what order; empty: the oldest first.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub order: String,
    /// What the condition may leave open, with the value it has when nobody says another one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<Name, String>,
    /// The user data key by whose values the view is divided into segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_by: Option<String>,
    /// How many interactions of one segment may be under way at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_max: Option<u32>,
    /// How many are pulled at one look.
    #[serde(default = "View::pull_default")]
    pub pull_max: u32,
    /// How long it is between two looks.
    #[serde(default = "View::check_default")]
    pub check_every: Millis,
    /// Of views that hold the same interaction, the one with the higher priority pulls it; of
    /// equals the one that comes first by name.
    #[serde(default)]
    pub priority: i16,
}

impl View {
    /// How many are pulled at one look unless said otherwise.
    #[must_use]
    pub const fn pull_default() -> u32 {
        100
    }

    /// How long it is between two looks unless said otherwise.
    #[must_use]
    pub const fn check_default() -> Millis {
        Millis::seconds(30)
    }
}
