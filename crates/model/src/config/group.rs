//! Groups: agents taken together, by name or by what they can do.

use crate::name::Name;
use crate::target::Expression;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Agents taken together. An agent belongs to it who is named, or for whom the expression holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// How people call it; empty: like its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// Agents who belong to it whatever they can do.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub members: BTreeSet<Name>,
    /// Everybody for whom this holds belongs to it as well. Not given: nobody does.
    #[serde(with = "as_text", skip_serializing_if = "Option::is_none")]
    pub expression: Option<Expression>,
}

/// An expression as people write it; what is written reads back as the same expression.
mod as_text {
    use super::Expression;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::ref_option, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(
        expression: &Option<Expression>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match expression {
            None => serializer.serialize_none(),
            Some(expression) => serializer.collect_str(expression),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Expression>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let expression = text.map(|text| text.parse());
        expression.transpose().map_err(de::Error::custom)
    }
}
