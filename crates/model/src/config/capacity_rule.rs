//! Capacity rules: how much of which media goes together.

use serde::{Deserialize, Serialize};

/// How much an agent does at once, as a rule that agents may share.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapacityRule {
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The rule.
    pub text: String,
}
