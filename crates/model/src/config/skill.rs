//! Skills that are declared: what levels or texts they may have.

use crate::target::{Level, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something agents can do, and how it is measured: by levels, or by one of some texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Skill {
    /// How people call it; empty: like its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// What it means.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The highest level an agent may have of it. Not given: 65535.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level_max: Option<Level>,
    /// The texts it may have; none given: it has levels.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub texts: BTreeSet<Text>,
}
