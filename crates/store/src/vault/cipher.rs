//! One value's cipher.

use super::{KEY_BYTES, fault};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ringback_model::{ContactId, KeyId};
use ringback_ports::envelope::TenantId;
use ringback_ports::vault::VaultFault;
use zeroize::Zeroizing;

pub(super) const NONCE_BYTES: usize = NONCE_LEN;
const TAG_BYTES: usize = 16;

/// A slot's or a contact's key.
pub(super) type Key = Zeroizing<[u8; KEY_BYTES]>;

/// Stands in the salt's place when no contact is known.
const NO_CONTACT: &[u8] = b"ringback: no contact";

/// Seals and opens what belongs to one tenant, key and contact.
pub(super) struct Cipher {
    key: LessSafeKey,
    bound: Bound,
}

/// What a value is bound to, as bytes.
type Bound = [u8; 30];

impl Cipher {
    pub(super) fn new(
        slot: &Key,
        contact: Option<&Key>,
        belongs: (TenantId, KeyId, Option<ContactId>),
    ) -> Result<Self, VaultFault> {
        let bound = bind(belongs);
        let salt = contact.map_or(NO_CONTACT, |key| key.as_ref());
        let derived = Salt::new(HKDF_SHA256, salt).extract(slot.as_ref());
        let derived = derived
            .expand(&[&bound], &AES_256_GCM)
            .map_err(|_| fault("deriving a key", "the cipher wants too long a key"))
            .map(UnboundKey::from)?;
        Ok(Self {
            key: LessSafeKey::new(derived),
            bound,
        })
    }

    /// Nonce, ciphertext and tag.
    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE_BYTES],
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultFault> {
        let mut bytes = Vec::with_capacity(NONCE_BYTES + plain.len() + TAG_BYTES);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(self.bound), &mut bytes[NONCE_BYTES..])
            .map_err(|_| fault("sealing a value", "it is too long for the cipher"))?;
        bytes.extend_from_slice(tag.as_ref());
        Ok(bytes)
    }

    /// The plain value; `None` if it was not sealed by this cipher.
    pub(super) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = rest.to_vec();
        let plain = self
            .key
            .open_in_place(nonce, Aad::from(self.bound), &mut bytes)
            .ok()?
            .len();
        bytes.truncate(plain);
        Some(bytes)
    }
}

fn bind((tenant, key, contact): (TenantId, KeyId, Option<ContactId>)) -> Bound {
    let mut bound = [0; 30];
    bound[..8].copy_from_slice(b"ringback");
    bound[8] = 1;
    bound[9..13].copy_from_slice(&tenant.0.to_be_bytes());
    bound[13..21].copy_from_slice(&key.0.to_be_bytes());
    if let Some(contact) = contact {
        bound[21] = 1;
        bound[22..].copy_from_slice(&contact.0.to_be_bytes());
    }
    bound
}
