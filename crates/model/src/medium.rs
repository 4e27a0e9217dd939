//! The kinds of contact.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a customer and the company meet. What a medium can do (length limits, rich text, ...)
/// is told by the room that carries it; the heart knows only whether it is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// A telephone call.
    Voice,
    /// A chat in a browser or app.
    Chat,
    /// An e-mail.
    Email,
    /// A text message.
    Sms,
    /// A message with pictures or sound.
    Mms,
    /// A message over a social network.
    Social,
    /// A piece of work without a customer on the line.
    Workitem,
}

impl Medium {
    /// All of them, in their fixed order.
    pub const ALL: [Self; 7] = [
        Self::Voice,
        Self::Chat,
        Self::Email,
        Self::Sms,
        Self::Mms,
        Self::Social,
        Self::Workitem,
    ];

    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Mms => "mms",
            Self::Social => "social",
            Self::Workitem => "workitem",
        }
    }

    /// Its place in [`Medium::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether a person waits at the other end at this moment. Live media are never torn away
    /// from an agent whose desk went silent.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Voice | Self::Chat)
    }
}

impl fmt::Display for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no medium.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no medium: use voice, chat, email, sms, mms, social or workitem")]
pub struct UnknownMedium(pub String);

impl FromStr for Medium {
    type Err = UnknownMedium;

    fn from_str(text: &str) -> Result<Self, UnknownMedium> {
        Self::ALL
            .into_iter()
            .find(|medium| medium.name() == text)
            .ok_or_else(|| UnknownMedium(text.chars().take(40).collect()))
    }
}
