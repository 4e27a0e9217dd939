//! The keeper of keys, over a small store of pages of random keys.
//!
//! A key is a slot of a page; pages are made durable before their first slot is given out, the
//! next one by a thread of its own while the present one is half used, so that sealing does not
//! wait for a disk. A slot is given out once, by one process, and serves one value. A destroyed
//! key is a slot of zeros.
//!
//! The key a value is sealed with comes from HKDF-SHA256 (RFC 5869) of the slot and, for a
//! known contact, the contact's key as salt: it takes both to make it. AES-256-GCM with a
//! random nonce; tenant, key and contact are bound to the value.

mod cipher;
mod ledger;
mod pages;
mod sqlite;

pub(crate) use ledger::{erasure_of, key_of, read as read_ledger};
pub(crate) use sqlite::{KEYS, KEYS_FILE, LEDGER_FILE, SqliteKeys};

use cipher::{Cipher, Key};
pub(crate) use pages::Place;
use pages::{Cache, Page};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use ringback_model::{ContactId, KeyId, Sealed};
use ringback_ports::envelope::{Idempotent, Sequence, TenantId};
use ringback_ports::failpoint::{self, FailPoint};
use ringback_ports::vault::{Erasure, Untold, Vault, VaultFault};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use zeroize::Zeroizing;

/// Slots of one page.
pub(crate) const SLOTS: usize = 4_096;
/// Bytes of one key.
pub(crate) const KEY_BYTES: usize = 32;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// One interaction's values.
    Interaction,
    /// Mixed into all of one contact.
    Contact,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Interaction => "interaction",
            Self::Contact => "contact",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let kinds = [Self::Interaction, Self::Contact];
        kinds.into_iter().find(|kind| kind.name() == name)
    }
}

/// Stands for the text a contact is known by: HMAC-SHA256 under a secret of the tenant.
pub(crate) type Lookup = [u8; 32];

/// Bytes of random keys.
pub(crate) type KeyBytes = Zeroizing<Vec<u8>>;

/// A durable store of pages of keys.
pub(crate) trait Backend: Send + Sync + 'static {
    /// Whether this process is the only one that erases, so that keys may be remembered.
    const ALONE: bool;

    /// Stores a page of keys under the next number of its kind; durable when it returns.
    ///
    /// # Errors
    /// The store failed.
    fn add_page(&self, tenant: TenantId, kind: Kind, keys: &[u8]) -> Result<u64, VaultFault>;

    /// `count` keys of a page from slot `first` on; `None` if there is no such page.
    ///
    /// # Errors
    /// The store failed.
    fn keys(
        &self,
        tenant: TenantId,
        kind: Kind,
        page: u64,
        first: usize,
        count: usize,
    ) -> Result<Option<KeyBytes>, VaultFault>;

    /// The secret under which a tenant's texts are looked up; `fresh` if it has none yet.
    ///
    /// # Errors
    /// The store failed.
    fn secret(&self, tenant: TenantId, fresh: &[u8; 32]) -> Result<[u8; 32], VaultFault>;

    /// The contact that stands under a lookup.
    ///
    /// # Errors
    /// The store failed.
    fn find_contact(
        &self,
        tenant: TenantId,
        lookup: &Lookup,
    ) -> Result<Option<ContactId>, VaultFault>;

    /// Likewise, or a new one. `page` makes keys when those of all pages are given out.
    ///
    /// # Errors
    /// The store failed.
    fn make_contact(
        &self,
        tenant: TenantId,
        lookup: &Lookup,
        page: &dyn Fn() -> Result<KeyBytes, VaultFault>,
    ) -> Result<ContactId, VaultFault>;

    /// Writes the ledger and destroys; durable when it returns. `false` if there was nothing.
    ///
    /// # Errors
    /// The store failed.
    fn erase(&self, erasure: Erasure, asked: Idempotent) -> Result<bool, VaultFault>;

    /// See [`Vault::untold`].
    ///
    /// # Errors
    /// The store failed.
    fn untold(&self, tenant: TenantId) -> Result<Vec<Untold>, VaultFault>;

    /// See [`Vault::told`].
    ///
    /// # Errors
    /// The store failed.
    fn told(&self, erasures: &[(Erasure, Sequence)]) -> Result<(), VaultFault>;
}

/// Seals, opens and erases with keys from a [`Backend`]. Keys do not leave it.
pub(crate) struct Keeper<B> {
    backend: B,
    random: SystemRandom,
    /// Pages this process gives slots out of, per tenant.
    giving: Mutex<HashMap<TenantId, Giving>>,
    cache: Mutex<Cache>,
    /// Lookup keys per tenant.
    secrets: Mutex<HashMap<TenantId, hmac::Key>>,
}

/// Gives a keeper over one backend its public name.
macro_rules! vault {
    ($(#[$doc:meta])* $name:ident, $backend:ty) => {
        $(#[$doc])*
        pub struct $name(std::sync::Arc<Keeper<$backend>>);

        impl Drop for $name {
            fn drop(&mut self) {
                // Whoever opens the keys next must find them free.
                self.0.wait_for_spares();
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl Vault for $name {
            fn seal(
                &self,
                tenant: TenantId,
                contact: Option<ContactId>,
                plain: &[u8],
            ) -> Result<Sealed, VaultFault> {
                self.0.seal(tenant, contact, plain)
            }

            fn seal_beside(
                &self,
                tenant: TenantId,
                beside: &Sealed,
                plain: &[u8],
            ) -> Result<Option<Sealed>, VaultFault> {
                self.0.seal_beside(tenant, beside, plain)
            }

            fn open(
                &self,
                tenant: TenantId,
                sealed: &Sealed,
            ) -> Result<Option<Vec<u8>>, VaultFault> {
                self.0.open(tenant, sealed)
            }

            fn contact(&self, tenant: TenantId, known_as: &str) -> Result<ContactId, VaultFault> {
                self.0.contact(tenant, known_as)
            }

            fn find_contact(
                &self,
                tenant: TenantId,
                known_as: &str,
            ) -> Result<Option<ContactId>, VaultFault> {
                self.0.find_contact(tenant, known_as)
            }

            fn erase(&self, erasure: Erasure, asked: Idempotent) -> Result<bool, VaultFault> {
                self.0.erase(erasure, asked)
            }

            fn untold(&self, tenant: TenantId) -> Result<Vec<Untold>, VaultFault> {
                self.0.untold(tenant)
            }

            fn told(&self, erasures: &[(Erasure, Sequence)]) -> Result<(), VaultFault> {
                self.0.told(erasures)
            }
        }
    };
}

pub(crate) use vault;

vault! {
    /// The keeper of keys of one machine: `keys.db` and the ledger of erasures in one folder.
    SqliteVault, SqliteKeys
}

impl SqliteVault {
    /// Opens the folder of keys and makes it if it is missing. Erasures that a power cut
    /// interrupted are completed. `vfs` names another SQLite VFS, for tests.
    ///
    /// # Errors
    /// Another process holds the folder (and which), what is in it is newer or not ours, or
    /// the disk failed.
    pub fn open(folder: &Path, vfs: Option<&str>) -> Result<Self, VaultFault> {
        SqliteKeys::open(folder, vfs).map(|keys| Self(Keeper::over(keys)))
    }
}

/// The pages a tenant's slots come from at the moment.
struct Giving {
    current: Fresh,
    /// Used up next.
    spare: Option<Fresh>,
    /// Makes the spare.
    making: Option<JoinHandle<()>>,
}

impl Giving {
    const fn of(current: Fresh) -> Self {
        Self {
            current,
            spare: None,
            making: None,
        }
    }
}

/// A page of which this process alone gives out slots, in order.
struct Fresh {
    number: u64,
    page: Arc<Page>,
    nonces: Vec<u8>,
    next: usize,
}

/// A slot, given out.
struct Slot {
    id: KeyId,
    key: Key,
    nonce: [u8; cipher::NONCE_BYTES],
}

impl Fresh {
    /// The next slot; `None` at the end of the page.
    fn take(&mut self) -> Option<Slot> {
        while self.next < SLOTS {
            let index = self.next;
            self.next += 1;
            // A slot may have been destroyed before anyone used it.
            if let Some(key) = self.page.key(index) {
                return Some(self.slot(index, key));
            }
        }
        None
    }

    fn slot(&self, index: usize, key: Key) -> Slot {
        let mut nonce = [0; cipher::NONCE_BYTES];
        let from = index * cipher::NONCE_BYTES;
        nonce.copy_from_slice(&self.nonces[from..from + cipher::NONCE_BYTES]);
        let page = self.number;
        Slot {
            id: KeyId(Place { page, index }.number()),
            key,
            nonce,
        }
    }

    /// Whether the page after this one should be made. If making fails it is tried again some
    /// slots later.
    fn wants_spare(&self) -> bool {
        let half = SLOTS / 2;
        self.next >= half && (self.next - half).is_multiple_of(256)
    }
}

/// Waits for a thread that makes a page. A panic was reported where it happened, and cost that page.
fn wait_for(thread: JoinHandle<()>) {
    drop(thread.join());
}

impl<B: Backend> Keeper<B> {
    pub(crate) fn over(backend: B) -> Arc<Self> {
        Arc::new(Self {
            backend,
            random: SystemRandom::new(),
            giving: Mutex::default(),
            cache: Mutex::new(Cache::default()),
            secrets: Mutex::default(),
        })
    }

    fn slot(self: &Arc<Self>, tenant: TenantId) -> Result<Slot, VaultFault> {
        loop {
            let mut all = locked(&self.giving);
            let Some(giving) = all.get_mut(&tenant) else {
                let current = self.fresh(tenant)?;
                all.insert(tenant, Giving::of(current));
                continue;
            };
            if let Some(slot) = giving.current.take() {
                if giving.current.wants_spare() && giving.spare.is_none() {
                    self.begin_spare(tenant, giving);
                }
                return Ok(slot);
            }
            if let Some(spare) = giving.spare.take() {
                giving.current = spare;
            } else if let Some(thread) = giving.making.take() {
                drop(all);
                wait_for(thread);
            } else {
                giving.current = self.fresh(tenant)?;
            }
        }
    }

    /// Has a spare page made by a thread of its own, because whoever seals serves many and must
    /// not wait for the disk. If there is no thread to be had, it is tried again some slots later.
    fn begin_spare(self: &Arc<Self>, tenant: TenantId, giving: &mut Giving) {
        if giving.making.as_ref().is_some_and(|it| !it.is_finished()) {
            return;
        }
        let keeper = Arc::clone(self);
        let thread = thread::Builder::new().name("keys".to_owned());
        giving.making = match thread.spawn(move || keeper.make_spare(tenant)) {
            Ok(thread) => Some(thread),
            Err(problem) => {
                tracing::warn!(%problem, "There is no thread to make a page of keys ahead.");
                None
            }
        };
    }

    /// Waits for pages that are being made.
    pub(crate) fn wait_for_spares(&self) {
        let making = |giving: &mut Giving| giving.making.take();
        let threads: Vec<_> = locked(&self.giving)
            .values_mut()
            .filter_map(making)
            .collect();
        threads.into_iter().for_each(wait_for);
    }

    fn make_spare(&self, tenant: TenantId) {
        let made = self.fresh(tenant);
        let mut all = locked(&self.giving);
        let Some(giving) = all.get_mut(&tenant) else {
            return;
        };
        match made {
            Ok(fresh) => giving.spare = Some(fresh),
            // The present page is not used up yet: whoever meets its end will hear of it.
            Err(problem) => tracing::warn!(%problem, "No page of keys could be made ahead."),
        }
    }

    fn fresh(&self, tenant: TenantId) -> Result<Fresh, VaultFault> {
        let keys = self.random_keys()?;
        let mut nonces = vec![0; SLOTS * cipher::NONCE_BYTES];
        self.fill(&mut nonces)?;
        failpoint::pass(FailPoint::KeyPage);
        let kind = Kind::Interaction;
        let number = self.backend.add_page(tenant, kind, &keys)?;
        let page = Arc::new(Page::new(keys));
        if B::ALONE {
            locked(&self.cache).put((tenant, kind, number), Arc::clone(&page));
        }
        Ok(Fresh {
            number,
            page,
            nonces,
            next: 0,
        })
    }

    fn random_keys(&self) -> Result<KeyBytes, VaultFault> {
        let mut keys = Zeroizing::new(vec![0; SLOTS * KEY_BYTES]);
        self.fill(&mut keys)?;
        Ok(keys)
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), VaultFault> {
        self.random
            .fill(bytes)
            .map_err(|_| fault("drawing random bytes", "the system has none"))
    }

    /// A key; `None` when it was destroyed or never made here.
    fn key(&self, tenant: TenantId, kind: Kind, number: u64) -> Result<Option<Key>, VaultFault> {
        let Some(place) = Place::of(number) else {
            return Ok(None);
        };
        if !B::ALONE {
            let keys = self
                .backend
                .keys(tenant, kind, place.page, place.index, 1)?;
            return Ok(keys.and_then(|keys| Page::new(keys).key(0)));
        }
        let at = (tenant, kind, place.page);
        let known = locked(&self.cache).get(at);
        if let Some(page) = known {
            return Ok(page.key(place.index));
        }
        // Read and remembered in one step, so that no erasure comes between.
        let mut cache = locked(&self.cache);
        let Some(keys) = self.backend.keys(tenant, kind, place.page, 0, SLOTS)? else {
            return Ok(None);
        };
        let page = Arc::new(Page::new(keys));
        cache.put(at, Arc::clone(&page));
        Ok(page.key(place.index))
    }

    /// The cipher for a value; `None` when a key it needs is gone.
    fn cipher(
        &self,
        tenant: TenantId,
        id: KeyId,
        slot: &Key,
        contact: Option<ContactId>,
    ) -> Result<Option<Cipher>, VaultFault> {
        let mixed = match contact {
            None => None,
            Some(contact) => match self.key(tenant, Kind::Contact, contact.0)? {
                None => return Ok(None),
                key => key,
            },
        };
        Cipher::new(slot, mixed.as_ref(), (tenant, id, contact)).map(Some)
    }

    fn lookup(&self, tenant: TenantId, known_as: &str) -> Result<Lookup, VaultFault> {
        let mut secrets = locked(&self.secrets);
        let key = match secrets.get(&tenant) {
            Some(key) => key.clone(),
            None => {
                let mut fresh = Zeroizing::new([0; 32]);
                self.fill(fresh.as_mut())?;
                let secret = Zeroizing::new(self.backend.secret(tenant, &fresh)?);
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref());
                secrets.insert(tenant, key.clone());
                key
            }
        };
        let mut lookup = [0; 32];
        lookup.copy_from_slice(hmac::sign(&key, known_as.as_bytes()).as_ref());
        Ok(lookup)
    }

    pub(crate) fn erase(&self, erasure: Erasure, asked: Idempotent) -> Result<bool, VaultFault> {
        // Held throughout, so that no reader brings the key back from an earlier reading.
        let mut cache = locked(&self.cache);
        let done = self.backend.erase(erasure, asked)?;
        let (kind, number) = key_of(erasure);
        if let Some(place) = Place::of(number) {
            cache.wipe((erasure.tenant(), kind, place.page), place.index);
            // The two locks are never held together in this order.
            drop(cache);
            self.wipe_fresh(erasure.tenant(), kind, place);
        }
        failpoint::pass(FailPoint::KeyErased);
        Ok(done)
    }

    /// A page that slots are given out of need not be in the cache any more.
    fn wipe_fresh(&self, tenant: TenantId, kind: Kind, place: Place) {
        if kind != Kind::Interaction {
            return;
        }
        if let Some(giving) = locked(&self.giving).get(&tenant) {
            for fresh in std::iter::once(&giving.current).chain(&giving.spare) {
                if fresh.number == place.page {
                    fresh.page.wipe(place.index);
                }
            }
        }
    }
}

impl<B: Backend> Keeper<B> {
    pub(crate) fn seal(
        self: &Arc<Self>,
        tenant: TenantId,
        contact: Option<ContactId>,
        plain: &[u8],
    ) -> Result<Sealed, VaultFault> {
        let slot = self.slot(tenant)?;
        let Some(cipher) = self.cipher(tenant, slot.id, &slot.key, contact)? else {
            let problem = "the contact was erased or is not known: look it up again";
            return Err(fault("sealing a value", problem));
        };
        Ok(Sealed {
            key: slot.id,
            contact,
            bytes: cipher.seal(slot.nonce, plain)?.into_boxed_slice(),
        })
    }

    /// A value more of a slot that was given out gets a random nonce of its own.
    pub(crate) fn seal_beside(
        &self,
        tenant: TenantId,
        beside: &Sealed,
        plain: &[u8],
    ) -> Result<Option<Sealed>, VaultFault> {
        let Some(slot) = self.key(tenant, Kind::Interaction, beside.key.0)? else {
            return Ok(None);
        };
        let Some(cipher) = self.cipher(tenant, beside.key, &slot, beside.contact)? else {
            return Ok(None);
        };
        let mut nonce = [0; cipher::NONCE_BYTES];
        self.fill(&mut nonce)?;
        Ok(Some(Sealed {
            key: beside.key,
            contact: beside.contact,
            bytes: cipher.seal(nonce, plain)?.into_boxed_slice(),
        }))
    }

    pub(crate) fn open(
        &self,
        tenant: TenantId,
        sealed: &Sealed,
    ) -> Result<Option<Vec<u8>>, VaultFault> {
        let Some(slot) = self.key(tenant, Kind::Interaction, sealed.key.0)? else {
            return Ok(None);
        };
        match self.cipher(tenant, sealed.key, &slot, sealed.contact)? {
            None => Ok(None),
            Some(cipher) => match cipher.open(&sealed.bytes) {
                None => Err(VaultFault::Forged(sealed.key)),
                plain => Ok(plain),
            },
        }
    }

    pub(crate) fn contact(
        &self,
        tenant: TenantId,
        known_as: &str,
    ) -> Result<ContactId, VaultFault> {
        let lookup = self.lookup(tenant, known_as)?;
        if let Some(known) = self.backend.find_contact(tenant, &lookup)? {
            return Ok(known);
        }
        let page = || self.random_keys();
        self.backend.make_contact(tenant, &lookup, &page)
    }

    pub(crate) fn find_contact(
        &self,
        tenant: TenantId,
        known_as: &str,
    ) -> Result<Option<ContactId>, VaultFault> {
        let lookup = self.lookup(tenant, known_as)?;
        self.backend.find_contact(tenant, &lookup)
    }

    pub(crate) fn untold(&self, tenant: TenantId) -> Result<Vec<Untold>, VaultFault> {
        self.backend.untold(tenant)
    }

    pub(crate) fn told(&self, erasures: &[(Erasure, Sequence)]) -> Result<(), VaultFault> {
        failpoint::pass(FailPoint::ErasureTold);
        self.backend.told(erasures)
    }
}

/// What is behind these locks changes in single steps, so a panic leaves nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn fault(doing: &'static str, problem: impl std::fmt::Display) -> VaultFault {
    VaultFault::Store {
        doing,
        problem: problem.to_string(),
    }
}
