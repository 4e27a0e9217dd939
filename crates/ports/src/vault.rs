//! The keeper of keys: seals and opens personal values, and destroys keys.
//!
//! Keys live apart from journal and records and are backed up apart. Every interaction has a
//! key slot of its own; slots are made durable in pages before the first of them is used, so
//! that sealing costs no commit. A known contact has a key as well, mixed into the interaction's:
//! destroying the contact's key erases all of a person's interactions at once, destroying a
//! slot erases one.

use crate::envelope::{Idempotent, Sequence, TenantId};
use ringback_model::{ContactId, KeyId, Sealed};

/// What is destroyed, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Erasure {
    /// A contact's key, and the text it was known by.
    Contact {
        /// Whose.
        tenant: TenantId,
        /// Which.
        contact: ContactId,
    },
    /// One interaction's key.
    Key {
        /// Whose.
        tenant: TenantId,
        /// Which.
        key: KeyId,
    },
}

impl Erasure {
    /// The tenant whose key it is.
    #[must_use]
    pub const fn tenant(self) -> TenantId {
        match self {
            Self::Contact { tenant, .. } | Self::Key { tenant, .. } => tenant,
        }
    }
}

/// An erasure of which the journal may not have heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untold {
    /// What was destroyed.
    pub erasure: Erasure,
    /// The asking that led to it; `None` when it came from a ledger of erasures.
    pub asked: Option<Idempotent>,
}

/// Why the keeper of keys did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultFault {
    /// The store of keys failed.
    #[error("the store of keys failed while {doing}: {problem}")]
    Store {
        /// What it was about.
        doing: &'static str,
        /// What went wrong.
        problem: String,
    },
    /// The bytes were not sealed with the key they name, or were changed since.
    #[error("a sealed value ({0}) was changed or belongs to another key")]
    Forged(KeyId),
}

/// Seals, opens and erases.
pub trait Vault: Send + Sync {
    /// Seals a value with a fresh key slot. The slot is durable when this returns.
    ///
    /// # Errors
    /// The store of keys failed.
    fn seal(
        &self,
        tenant: TenantId,
        contact: Option<ContactId>,
        plain: &[u8],
    ) -> Result<Sealed, VaultFault>;

    /// Seals another value of the same interaction, with the key slot of one that was sealed
    /// before, so that destroying that slot erases both. `None` when the slot or the contact's key
    /// was destroyed.
    ///
    /// # Errors
    /// The store of keys failed.
    fn seal_beside(
        &self,
        tenant: TenantId,
        beside: &Sealed,
        plain: &[u8],
    ) -> Result<Option<Sealed>, VaultFault>;

    /// Opens a sealed value; `None` when its key was destroyed.
    ///
    /// # Errors
    /// The store of keys failed, or the value was forged.
    fn open(&self, tenant: TenantId, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultFault>;

    /// The contact known by this text (a customer number, an address), made with a key of its
    /// own if it is not known; durable when it returns. The text is kept only here and goes
    /// with the key.
    ///
    /// # Errors
    /// The store of keys failed.
    fn contact(&self, tenant: TenantId, known_as: &str) -> Result<ContactId, VaultFault>;

    /// The contact known by this text, if there is one.
    ///
    /// # Errors
    /// The store of keys failed.
    fn find_contact(
        &self,
        tenant: TenantId,
        known_as: &str,
    ) -> Result<Option<ContactId>, VaultFault>;

    /// Destroys a key, and with a contact's key the text it was known by; writes the ledger of
    /// erasures; durable when it returns. Erasing twice is harmless. `false` when there was no
    /// such key. The erasure and who asked for it are kept until [`Vault::told`].
    ///
    /// # Errors
    /// The store of keys failed.
    fn erase(&self, erasure: Erasure, asked: Idempotent) -> Result<bool, VaultFault>;

    /// Erasures of a tenant of which the journal is not known to have heard, the oldest first.
    ///
    /// # Errors
    /// The store of keys failed.
    fn untold(&self, tenant: TenantId) -> Result<Vec<Untold>, VaultFault>;

    /// Notes that the journal has heard of these erasures, each in its record.
    ///
    /// # Errors
    /// The store of keys failed.
    fn told(&self, erasures: &[(Erasure, Sequence)]) -> Result<(), VaultFault>;
}
