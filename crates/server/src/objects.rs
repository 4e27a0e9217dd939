//! A tenant's configuration objects as readable files: exported, compared, applied.

mod apply;
mod document;
mod files;
mod plan;

pub(crate) use apply::{apply, fetch};
pub(crate) use document::reference;
pub(crate) use files::{read, write};
pub(crate) use plan::{Plan, Step};

use serde_json::Value;
use std::collections::BTreeMap;

/// The kinds in an order in which each only names what came before it.
pub(crate) const KINDS: [&str; 17] = [
    "capacity_rule",
    "skill",
    "attribute",
    "list",
    "hours",
    "calendar",
    "medium",
    "workbin",
    "queue",
    "virtual_queue",
    "screen_pop",
    "agent",
    "group",
    "webhook",
    "statistic",
    "view",
    "person",
];

/// The settings, of which there is one without a name.
pub(crate) const SETTINGS: &str = "settings";

/// An object and the version it has, where it comes from a server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    /// The whole body, with what was left out filled in.
    pub(crate) body: Value,
    /// 0 in a file.
    pub(crate) version: u64,
    /// Of settings on a server: what is set there by file or environment and cannot be changed.
    pub(crate) locked: Vec<String>,
}

/// Objects by kind and name; the settings are called like their kind.
pub(crate) type Objects = BTreeMap<String, BTreeMap<String, Object>>;
