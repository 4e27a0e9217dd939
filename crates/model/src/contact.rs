//! Contacts, as far as the heart knows them: an id, and that one was erased.

use crate::id::{ContactId, KeyId};
use serde::{Deserialize, Serialize};

/// What can be told about contacts. The keeper of keys has already destroyed what is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The personal values sealed with these keys cannot be opened any more.
    Erased {
        /// The contact whose key was destroyed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<ContactId>,
        /// The keys of single interactions that were destroyed.
        #[serde(default)]
        keys: Vec<KeyId>,
    },
}

/// What happened to contacts; the journal's half of the ledger of erasures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// See [`Input::Erased`].
    Erased {
        /// The contact whose key was destroyed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<ContactId>,
        /// The keys of single interactions that were destroyed.
        #[serde(default)]
        keys: Vec<KeyId>,
    },
}

/// Why an erasure was turned down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Nothing was destroyed.
    #[error("nobody is known by this text: it was never used, or was erased before")]
    Unknown,
}
