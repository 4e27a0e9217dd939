//! Webhooks: systems of others that are told what happens.

use crate::name::Name;
use crate::personal::Sealed;
use crate::rare::Rare;
use crate::time::WallTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A system that is told what happens, by HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where it is told.
    pub url: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Which events; none named: all of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub events: BTreeSet<EventPattern>,
    /// Only events about interactions of these interaction queues; none named: of all, and events
    /// about no interaction as well.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub queues: BTreeSet<Name>,
    /// Only events about agents of these groups, and about interactions they have to do with; none
    /// named: of all.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub groups: Rare<BTreeSet<Name>>,
    /// Only events about interactions for which this holds; empty: all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Whether it is told nothing at the moment.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// What its messages are signed with, the newest first. Who sets the other fields leaves them
    /// out: the heart then keeps those it has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<WebhookSecret>,
}

/// What messages are signed with, sealed by the keeper of keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WebhookSecret {
    /// The secret.
    pub sealed: Sealed,
    /// Until when it is used; `None`: until there is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<WallTime>,
}

impl Webhook {
    /// The most secrets in force at once.
    pub const SECRETS_MAX: usize = 2;

    /// Whether it wants events of this name.
    #[must_use]
    pub fn wants(&self, event: &str) -> bool {
        self.events.is_empty() || self.events.iter().any(|pattern| pattern.matches(event))
    }
}

/// Which events: `*`, `interaction.*` or `interaction.stopped`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventPattern(String);

/// A text that is no pattern of event names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no events: write *, all of one subject like interaction.*, or one like interaction.stopped"
)]
pub struct NotAPattern(pub String);

impl EventPattern {
    /// Whether an event of this name is meant.
    #[must_use]
    pub fn matches(&self, event: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(begin) => event.starts_with(begin),
            None => self.0 == event,
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventPattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        let word = |text: &str| {
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            !text.is_empty() && text.len() <= 40 && text.bytes().all(fits)
        };
        let good = text == "*"
            || text
                .split_once('.')
                .is_some_and(|(subject, event)| word(subject) && (event == "*" || word(event)));
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAPattern(text.chars().take(40).collect()))
        }
    }
}

impl TryFrom<String> for EventPattern {
    type Error = NotAPattern;

    fn try_from(text: String) -> Result<Self, NotAPattern> {
        text.parse()
    }
}

impl From<EventPattern> for String {
    fn from(pattern: EventPattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_written_where_they_are_asked_for_and_nowhere_else() {
        let old = r#"{"url":"https://example.com/"}"#;
        let hook: Webhook = serde_json::from_str(old).expect("as it was written before groups");
        assert!(hook.groups.is_none());
        assert_eq!(serde_json::to_string(&hook).expect("plain data"), old);
        let new = r#"{"url":"https://example.com/","groups":["sales"]}"#;
        let hook: Webhook = serde_json::from_str(new).expect("with groups");
        assert_eq!(hook.groups.get().map(BTreeSet::len), Some(1));
        assert_eq!(serde_json::to_string(&hook).expect("plain data"), new);
    }

    #[test]
    fn a_pattern_means_all_one_subject_or_one_event() {
        let cases = [
            ("*", "offer.made", true),
            ("offer.*", "offer.made", true),
            ("offer.*", "offering.made", false),
            ("offer.made", "offer.made", true),
            ("offer.made", "offer.made_again", false),
        ];
        for (pattern, event, expected) in cases {
            let read: EventPattern = pattern.parse().expect(pattern);
            assert_eq!(read.matches(event), expected, "{pattern} {event}");
        }
        for wrong in [
            "",
            "offer",
            "offer.",
            ".made",
            "offer.m*",
            "Offer.made",
            "a.b.c",
        ] {
            assert!(wrong.parse::<EventPattern>().is_err(), "{wrong}");
        }
    }
}
