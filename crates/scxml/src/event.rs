//! Events (section 5.10.1 of the Recommendation) and their names (3.12.1).

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// What kind of event it is: the field `_event.type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Raised by the platform itself, such as an error.
    Platform,
    /// Raised by `<raise>` or `<send target="#_internal">`.
    Internal,
    /// From outside of the session.
    #[default]
    External,
}

impl EventKind {
    /// As `_event.type` says it.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Platform => "platform",
            EventKind::Internal => "internal",
            EventKind::External => "external",
        }
    }
}

/// An event, with the fields of section 5.10.1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its name, tokens separated by dots.
    pub name: String,
    /// Where it comes from, roughly.
    #[serde(default)]
    pub kind: EventKind,
    /// The id of the `<send>` that made it, if the document gave one; of the one that failed, in
    /// an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sendid: Option<String>,
    /// An address that an answer can be sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// With which kind of `<send>` an answer reaches the origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origintype: Option<String>,
    /// The id of the invocation it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invokeid: Option<String>,
    /// What it carries.
    #[serde(default, skip_serializing_if = "Value::is_undefined")]
    pub data: Value,
    /// The message as it came, where an I/O processor keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

impl Event {
    /// An external event with data.
    pub fn new(name: impl Into<String>, data: Value) -> Event {
        Event {
            name: name.into(),
            data,
            ..Event::default()
        }
    }

    /// An event of the platform, such as an error.
    pub fn platform(name: impl Into<String>, data: Value) -> Event {
        Event {
            kind: EventKind::Platform,
            ..Event::new(name, data)
        }
    }
}

/// One event descriptor of a transition, without a trailing `.` or `.*`; `*` is the empty one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor(Box<str>);

impl Descriptor {
    /// Reads one descriptor.
    pub fn new(text: &str) -> Descriptor {
        let text = text
            .strip_suffix(".*")
            .or_else(|| text.strip_suffix('.'))
            .unwrap_or(text);
        Descriptor(if text == "*" { "" } else { text }.into())
    }

    /// Whether it matches an event of this name: its tokens are a prefix of the name's tokens.
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_empty()
            || name
                .strip_prefix(&*self.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// As it would be written; `*` for the one that matches everything.
    pub fn text(&self) -> &str {
        if self.0.is_empty() { "*" } else { &self.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_match_whole_tokens() {
        for (descriptor, name, matches) in [
            ("error", "error", true),
            ("error", "error.send.failed", true),
            ("error.*", "error.send", true),
            ("error.", "error.send", true),
            ("error", "errors.my.custom", false),
            ("error", "errorhandler.mistake", false),
            ("foo", "foO", false),
            ("*", "anything.at.all", true),
            ("a.b", "a", false),
        ] {
            let found = Descriptor::new(descriptor).matches(name);
            assert_eq!(found, matches, "{descriptor} {name}");
        }
    }
}
