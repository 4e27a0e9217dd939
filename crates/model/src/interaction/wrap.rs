//! Wrap-up: the owner's work after the contact.

use super::Ending;
use crate::name::Name;
use crate::time::{EngineTime, Millis, Now};
use serde::{Deserialize, Serialize};

/// The contact is over, and its owner works on it until he is done or time is up. It stays in
/// place handling and keeps its claim; then it is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wrap {
    /// Since when.
    pub since: Now,
    /// When it ends by itself; none: when its owner is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<EngineTime>,
    /// How the contact ended.
    pub ending: Ending,
    /// What came of it, as far as its owner said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Name>,
}

impl Wrap {
    /// How the interaction ends when the wrap-up is over.
    #[must_use]
    pub fn over(&self) -> Ending {
        match &self.ending {
            Ending::Completed { agent, reason, .. } => Ending::Completed {
                agent: *agent,
                reason: reason.clone(),
                disposition: self.disposition.clone(),
            },
            Ending::Abandoned | Ending::AbandonedWith { .. } => match &self.disposition {
                Some(disposition) => Ending::AbandonedWith {
                    disposition: disposition.clone(),
                },
                None => Ending::Abandoned,
            },
            other @ Ending::Cancelled { .. } => other.clone(),
        }
    }
}

/// What an owner does about his wrap-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrapAct {
    /// He is done.
    Finish {
        /// What came of the contact, if he did not say so before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<Name>,
    },
    /// He needs more time.
    Extend {
        /// How much.
        by: Millis,
    },
    /// He says what came of the contact, or something else than before.
    Dispose {
        /// What came of it.
        disposition: Name,
    },
}

/// The most a wrap-up is extended at once.
pub const EXTENSION_MAX: Millis = Millis::seconds(3_600);
