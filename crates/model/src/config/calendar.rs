//! Calendars: opening hours as a feed that calendar programs subscribe to.

use crate::name::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A feed in iCalendar format. Whoever knows its secret address reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calendar {
    /// How people call it; empty: like its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The hours it shows, with their holidays and special days.
    pub hours: BTreeSet<Name>,
    /// SHA-256 of the secret part of its address, in hexadecimal; empty: nobody reads it yet. Who
    /// sets the other fields leaves it out: the heart then keeps the one it has.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token_hash: String,
}
