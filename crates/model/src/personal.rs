//! Values about a person, sealed before they reach the heart.
//!
//! A personal value is sealed at the door (the room that received it) with the key of its
//! interaction, and stays sealed in State, journal, snapshots, stored results and records.
//! Only the door opens it again, for someone who may read it. Destroying the key erases the
//! value everywhere at once, backups of the data included; what cannot be opened any more is
//! shown as erased. Nothing in the heart can branch on personal text, because it never sees any.

use crate::id::{ContactId, KeyId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// Sealed bytes and the key they were sealed with.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sealed {
    /// The slot of the interaction's key.
    pub key: KeyId,
    /// The contact whose key was mixed in, if the person was known. Destroying either key
    /// erases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// Nonce, ciphertext and tag (AES-256-GCM).
    #[serde(with = "serde_bytes")]
    pub bytes: Box<[u8]>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({}, {} bytes)", self.key, self.bytes.len())
    }
}

/// A sealed `T`. The type says what comes out when it is opened.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T> {
    sealed: Sealed,
    #[serde(skip)]
    value: PhantomData<fn() -> T>,
}

impl<T> Personal<T> {
    /// Marks sealed bytes as holding a `T`. The caller sealed an encoded `T` into them.
    #[must_use]
    pub const fn new(sealed: Sealed) -> Self {
        Self {
            sealed,
            value: PhantomData,
        }
    }

    /// The sealed bytes, for whoever holds the keys.
    #[must_use]
    pub const fn sealed(&self) -> &Sealed {
        &self.sealed
    }
}

impl<T> Clone for Personal<T> {
    fn clone(&self) -> Self {
        Self::new(self.sealed.clone())
    }
}

impl<T> PartialEq for Personal<T> {
    fn eq(&self, other: &Self) -> bool {
        self.sealed == other.sealed
    }
}

impl<T> Eq for Personal<T> {}

impl<T> std::hash::Hash for Personal<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.sealed.hash(state);
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.sealed, f)
    }
}
