//! The keeper of keys: seals and opens personal values, and destroys keys.
//!
//! Keys live apart from journal and records and are backed up apart. Every interaction has a
//! key slot of its own; slots are made durable in pages before the first of them is used, so
//! that sealing costs no commit. A known contact has a key as well, mixed into the interaction's:
//! destroying the contact's key erases all of a person's interactions at once, destroying a
//! slot erases one.

use crate::envelope::TenantId;
use ringback_model::{ContactId, KeyId, Sealed};

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

    /// Destroys a contact's key and the text it was known by, writes the ledger of erasures;
    /// durable when it returns. Erasing twice is harmless. `false` when there was no such key.
    ///
    /// # Errors
    /// The store of keys failed.
    fn erase_contact(&self, tenant: TenantId, contact: ContactId) -> Result<bool, VaultFault>;

    /// Destroys the key slot of one interaction, likewise.
    ///
    /// # Errors
    /// The store of keys failed.
    fn erase_key(&self, tenant: TenantId, key: KeyId) -> Result<bool, VaultFault>;
}
