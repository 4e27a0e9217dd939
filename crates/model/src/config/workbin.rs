//! Workbins: where agents or groups keep work.

use serde::{Deserialize, Serialize};

/// Where work is kept. There is one of it for each agent, or for each group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workbin {
    /// How people call it; empty: like its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// Whose it is.
    pub owner: WorkbinOwner,
    /// How many interactions each owner may keep in it.
    pub items_max: u32,
}

impl Default for Workbin {
    fn default() -> Self {
        Self {
            display_name: String::new(),
            owner: WorkbinOwner::Agent,
            items_max: 1_000,
        }
    }
}

/// Whose a workbin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkbinOwner {
    /// Each agent has his own.
    Agent,
    /// Each group has its own.
    Group,
}
