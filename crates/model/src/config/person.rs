//! Persons: whoever logs in.

use super::Role;
use crate::name::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Somebody who logs in, what he may do and how far that reaches. The data of a person are not
/// sealed: they name staff, not customers, and stand in the journal as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// How people call him; empty: like the name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// Where mail reaches him.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What he may do.
    pub role: Role,
    /// The interaction queues he reaches. Neither these nor groups given: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queues: Option<BTreeSet<Name>>,
    /// The groups whose agents he reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<BTreeSet<Name>>,
    /// The agent he is; exactly for role agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Name>,
    /// May not log in; all his sessions end.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
