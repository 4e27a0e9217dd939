//! Business attributes: typed case data.

use serde::{Deserialize, Serialize};

/// A piece of case data: what a value of a user data key has to look like, and what the desk does
/// with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// How people call it; empty: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// The user data key that holds it; empty: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// The values it may have, in the order they are shown; exactly for type `enum`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// The value it has when nobody says another one, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What the desk does with it.
    #[serde(default)]
    pub desk: DeskUse,
}

/// What the values of an attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeType {
    /// Any text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// Yes or no.
    Bool,
    /// A day of the calendar.
    Date,
    /// One of some values.
    Enum,
}

/// One value of an attribute of type `enum`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value as it stands in the user data.
    pub value: String,
    /// How people call it; empty: like the value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
}

/// What the desk does with an attribute.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DeskUse {
    /// Nothing.
    #[default]
    Hidden,
    /// It shows it.
    Shown,
    /// It shows it and lets the agent change it.
    Edited,
}
