//! Views: what is pulled from a queue, and in what order.

use crate::condition::{BindError, Condition, Kind, Parameters};
use crate::name::Name;
use crate::order::Tier;
use crate::rare::Rare;
use crate::route::{Ask, Selection};
use crate::target::Target;
use crate::time::Millis;
use crate::value::{Finite, Value};
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
    /// To what it hands over what it pulls. A view without it pulls nothing and is only for
    /// looking at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<Box<HandOver>>,
}

/// To what a view hands over what it pulls.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOver {
    /// To routing.
    Route(ViewRoute),
}

/// The route request made of what a view pulls.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewRoute {
    /// Where to compete, by name.
    pub virtual_queue: Name,
    /// Whom to want.
    pub target: Target,
    /// How urgent, if not as the interaction itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// Who is chosen, beside what the target says.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub selection: Rare<Selection>,
}

impl ViewRoute {
    /// What to ask for each interaction.
    #[must_use]
    pub fn ask(&self) -> Ask {
        Ask {
            virtual_queue: self.virtual_queue.clone(),
            target: self.target.clone(),
            tier: self.tier,
            credit: Millis::ZERO,
            selection: self.selection.clone(),
            targets: None,
        }
    }
}

impl View {
    /// How many are pulled at one look unless said otherwise.
    #[must_use]
    pub const fn pull_default() -> u32 {
        100
    }

    /// The route by which it hands over, if it does.
    #[must_use]
    pub fn route(&self) -> Option<&ViewRoute> {
        self.hand_over
            .as_deref()
            .map(|HandOver::Route(route)| route)
    }

    /// A condition of this view with values in place of what it leaves open: those given, and
    /// for the rest the view's own.
    ///
    /// # Errors
    /// A value is missing, unknown or of the wrong kind.
    pub fn bound(&self, condition: &Condition, given: &Parameters) -> Result<Condition, BindError> {
        let kinds = condition.parameters();
        let own = self.parameters.iter();
        let own = own.map(|(name, text)| (name.clone(), value(text, kinds.get(name).copied())));
        let mut values: Parameters = own.collect();
        let given = given.iter();
        values.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        condition.bind(&values)
    }

    /// How long it is between two looks unless said otherwise.
    #[must_use]
    pub const fn check_default() -> Millis {
        Millis::seconds(30)
    }
}

/// The value a text stands for, by what it is compared with. What cannot be read as that stays a
/// text, which then does not fit.
fn value(text: &str, kind: Option<Option<Kind>>) -> Value {
    let read = match kind.flatten() {
        Some(Kind::Bool) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Some(Kind::Number) => {
            let fraction = || text.parse().ok().and_then(Finite::new).map(Value::Number);
            text.parse().map(Value::Int).ok().or_else(fraction)
        }
        Some(Kind::Text | Kind::Time) | None => None,
    };
    read.unwrap_or_else(|| Value::Text(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(parameters: &str) -> View {
        let json = format!(r#"{{"queue": "inbox", "parameters": {parameters}}}"#);
        serde_json::from_str(&json).expect("a view")
    }

    fn bound(view: &View, condition: &str, given: &str) -> Result<String, String> {
        let condition: Condition = condition.parse().expect("a condition");
        let given = serde_json::from_str(given).expect("parameters");
        let bound = view.bound(&condition, &given);
        bound.map(|it| it.to_string()).map_err(|it| it.to_string())
    }

    #[test]
    fn texts_stand_for_what_they_are_compared_with() {
        let view = view(r#"{"least": "3", "held": "true", "language": "en"}"#);
        let condition = "tier >= :least AND is_held = :held AND user.language = :language";
        let expected = "tier >= 3 AND is_held = TRUE AND user.language = 'en'";
        assert_eq!(bound(&view, condition, "{}").as_deref(), Ok(expected));
        let expected = "tier >= 7 AND is_held = TRUE AND user.language = 'en'";
        let given = r#"{"least": 7}"#;
        assert_eq!(bound(&view, condition, given).as_deref(), Ok(expected));
    }

    #[test]
    fn a_text_that_does_not_fit_is_named() {
        let view = view(r#"{"least": "many"}"#);
        let error = bound(&view, "tier >= :least", "{}").expect_err("no number");
        assert!(error.contains("least"), "{error}");
    }
}
