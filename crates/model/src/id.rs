//! Ids are types, and look different when printed.
//!
//! An id is a number the engine of one tenant gives out in order, starting at 1. Two tenants
//! both have an `i1`; an id never leaves its tenant without the tenant beside it. Order is
//! meaning: a smaller interaction id was submitted earlier.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}: write the letter {prefix:?} and a number, for example {prefix}42")]
pub struct NotAnId {
    /// What was found, cut to 40 characters.
    pub text: String,
    /// The kind that was wanted, for people.
    pub what: &'static str,
    /// The letter this kind starts with.
    pub prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show(f, $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse(text, $prefix).map(Self).ok_or_else(|| NotAnId {
                    text: text.chars().take(40).collect(),
                    what: $what,
                    prefix: $prefix,
                })
            }
        }
    };
}

/// Writes an id in one piece: ids are by far what is written most.
fn show(f: &mut fmt::Formatter<'_>, prefix: &str, mut number: u64) -> fmt::Result {
    const DIGITS_MAX: usize = 20;
    let mut text = [0; 1 + DIGITS_MAX];
    let mut from = text.len();
    loop {
        from -= 1;
        text[from] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    for byte in prefix.bytes().rev() {
        from -= 1;
        text[from] = byte;
    }
    f.write_str(str::from_utf8(&text[from..]).map_err(|_| fmt::Error)?)
}

/// The number after the prefix; no sign, no leading zero, not zero itself.
fn parse(text: &str, prefix: &str) -> Option<u64> {
    let digits = text.strip_prefix(prefix)?;
    if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

id!(
    /// One piece of customer contact, whatever its channel. Shown as `i42`.
    InteractionId, "i", "an interaction id"
);
id!(
    /// A person who serves interactions. Shown as `a7`.
    AgentId, "a", "an agent id"
);
id!(
    /// An interaction queue: a stage where interactions rest. Shown as `q3`.
    QueueId, "q", "a queue id"
);
id!(
    /// A virtual queue, where route requests compete for agents. Shown as `v2`.
    VirtualQueueId, "v", "a virtual queue id"
);
id!(
    /// One wish of an interaction for an agent. Shown as `r9`.
    RouteRequestId, "r", "a route request id"
);
id!(
    /// One invitation of one agent to one interaction. Shown as `o5`.
    OfferId, "o", "an offer id"
);
id!(
    /// One stretch of an agent being logged in. Shown as `d4`.
    DeskSessionId, "d", "a desk session id"
);
id!(
    /// One stretch of a person being logged in. Shown as `l3`.
    LoginId, "l", "a session id"
);
id!(
    /// Something asked of the outside world. Shown as `e8`.
    EffectId, "e", "an effect id"
);
id!(
    /// A customer with several addresses and a history. Shown as `c6`. Given out by the
    /// keeper of keys, not by the engine, because a contact is known before its first input.
    ContactId, "c", "a contact id"
);
id!(
    /// A configuration object that has no letter of its own: a group, a skill, a view, ... Shown
    /// as `x6`.
    ObjectId, "x", "an object id"
);
id!(
    /// The slot of the key one interaction's personal values are sealed with. Shown as `k11`.
    KeyId, "k", "a key id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_shows() {
        assert_eq!(InteractionId(42).to_string(), "i42");
        assert_eq!(InteractionId(0).to_string(), "i0");
        assert_eq!(AgentId(u64::MAX).to_string(), format!("a{}", u64::MAX));
        assert_eq!("i42".parse(), Ok(InteractionId(42)));
    }

    #[test]
    fn what_is_not_an_id_is_refused_with_an_example() {
        for text in [
            "",
            "i",
            "42",
            "a42",
            "i042",
            "i-1",
            "i+1",
            "i1 ",
            "i99999999999999999999",
        ] {
            let error = text.parse::<InteractionId>().expect_err(text);
            assert!(error.to_string().contains("for example i42"), "{error}");
        }
    }
}
