//! Keys in PostgreSQL, in a schema of their own.
//!
//! Rough where SQLite is strict: a destroyed key is gone for every reader at once, but dead
//! rows and the server's own log hold its bytes until the server reuses them. Nothing is
//! remembered in memory, because any node may erase.

use super::link::{Link, LinkFault, Live};
use super::{KEYS, PostgresOptions, check_server, column, prepare};
use crate::convert::{int, uint};
use crate::vault::{
    Backend, KEY_BYTES, Keeper, KeyBytes, Kind, Lookup, Place, erasure_of, fault, key_of, vault,
};
use ringback_model::{ContactId, Sealed};
use ringback_ports::envelope::{Idempotent, InputId, Sequence, TenantId};
use ringback_ports::store::StoreFault;
use ringback_ports::vault::{Erasure, Untold, Vault, VaultFault};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

vault! {
    /// The keeper of keys of a cluster.
    PostgresVault, PostgresKeys
}

impl PostgresVault {
    /// Connects, checks the server, and brings the schema up to date.
    ///
    /// # Errors
    /// The server is not reached, too old, does not flush, or holds a newer format.
    pub fn connect(options: &PostgresOptions) -> Result<Self, StoreFault> {
        let mut link = Link::new(options.config()?, options.deadline);
        link.with(check_server)?;
        prepare(&mut link, &KEYS)?;
        Ok(Self(Keeper::over(PostgresKeys {
            link: Mutex::new(link),
        })))
    }
}

pub(crate) struct PostgresKeys {
    link: Mutex<Link>,
}

/// What goes wrong inside a transaction about keys.
enum KeyFault {
    Link(LinkFault),
    Vault(VaultFault),
}

impl From<LinkFault> for KeyFault {
    fn from(fault: LinkFault) -> Self {
        Self::Link(fault)
    }
}

impl KeyFault {
    fn of(self, doing: &'static str) -> VaultFault {
        match self {
            Self::Link(problem) => fault(doing, problem),
            Self::Vault(fault) => fault,
        }
    }
}

impl PostgresKeys {
    fn link(&self) -> MutexGuard<'_, Link> {
        // A link drops its connection at every fault, so nothing half done stays in it.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for PostgresKeys {
    const ALONE: bool = false;

    fn add_page(&self, tenant: TenantId, kind: Kind, keys: &[u8]) -> Result<u64, VaultFault> {
        self.link()
            .transaction(|live| add_page(live, tenant, kind, keys))
            .map_err(|problem: LinkFault| fault("making a page of keys", problem))
    }

    fn keys(
        &self,
        tenant: TenantId,
        kind: Kind,
        page: u64,
        first: usize,
        count: usize,
    ) -> Result<Option<KeyBytes>, VaultFault> {
        let rows = self.link().with(|live| {
            live.query(
                "SELECT substring(keys FROM $4::integer FOR $5::integer)
                 FROM ringback_keys.key_page WHERE tenant = $1 AND kind = $2 AND page = $3",
                &[
                    &column(tenant),
                    &kind.name(),
                    &int(page),
                    &from(first),
                    &span(count),
                ],
            )
        });
        let rows = rows.map_err(|problem: LinkFault| fault("reading keys", problem))?;
        Ok(rows.first().map(|row| Zeroizing::new(row.get(0))))
    }

    fn secret(&self, tenant: TenantId, fresh: &[u8; 32]) -> Result<[u8; 32], VaultFault> {
        let doing = "reading a tenant's secret";
        let rows = self.link().with(|live| {
            live.execute(
                "INSERT INTO ringback_keys.tenant (tenant, secret) VALUES ($1, $2)
                 ON CONFLICT DO NOTHING",
                &[&column(tenant), &&fresh[..]],
            )?;
            live.query(
                "SELECT secret FROM ringback_keys.tenant WHERE tenant = $1",
                &[&column(tenant)],
            )
        });
        let rows = rows.map_err(|problem: LinkFault| fault(doing, problem))?;
        let secret: Option<&[u8]> = rows.first().map(|row| row.get(0));
        let secret = secret.and_then(|bytes| bytes.try_into().ok());
        secret.ok_or_else(|| fault(doing, "it does not have 32 bytes"))
    }

    fn find_contact(
        &self,
        tenant: TenantId,
        lookup: &Lookup,
    ) -> Result<Option<ContactId>, VaultFault> {
        self.link()
            .with(|live| find_contact(live, tenant, lookup))
            .map_err(|problem: LinkFault| fault("looking for a contact", problem))
    }

    fn make_contact(
        &self,
        tenant: TenantId,
        lookup: &Lookup,
        page: &dyn Fn() -> Result<KeyBytes, VaultFault>,
    ) -> Result<ContactId, VaultFault> {
        self.link()
            .transaction(|live| make_contact(live, tenant, lookup, page))
            .map_err(|problem: KeyFault| problem.of("making a contact"))
    }

    fn erase(&self, erasure: Erasure, asked: Idempotent) -> Result<bool, VaultFault> {
        self.link()
            .transaction(|live| erase(live, erasure, asked))
            .map_err(|problem: LinkFault| fault("erasing", problem))
    }

    fn untold(&self, tenant: TenantId) -> Result<Vec<Untold>, VaultFault> {
        let rows = self.link().with(|live| {
            live.query(
                "SELECT kind, key, asked, fingerprint FROM ringback_keys.erasure
                 WHERE tenant = $1 AND told IS NULL ORDER BY number",
                &[&column(tenant)],
            )
        });
        let rows = rows.map_err(|problem: LinkFault| fault("looking for erasures", problem))?;
        let untold = rows.iter().filter_map(|row| {
            let kind = Kind::of_name(row.get(0))?;
            Some(Untold {
                erasure: erasure_of(tenant, kind, uint(row.get(1))),
                asked: asked(row.get(2), row.get(3)),
            })
        });
        Ok(untold.collect())
    }

    fn told(&self, erasures: &[(Erasure, Sequence)]) -> Result<(), VaultFault> {
        let doing = "noting what the journal has heard";
        let noted = self.link().transaction(|live| {
            for (erasure, record) in erasures {
                let (kind, number) = key_of(*erasure);
                live.execute(
                    "UPDATE ringback_keys.erasure
                     SET told = $4, asked = NULL, fingerprint = NULL
                     WHERE tenant = $1 AND kind = $2 AND key = $3",
                    &[
                        &column(erasure.tenant()),
                        &kind.name(),
                        &int(number),
                        &int(record.0),
                    ],
                )?;
            }
            Ok(())
        });
        noted.map_err(|problem: LinkFault| fault(doing, problem))
    }
}

/// Where a slot begins, as SQL counts.
fn from(index: usize) -> i32 {
    i32::try_from(index * KEY_BYTES + 1).unwrap_or(i32::MAX)
}

fn span(count: usize) -> i32 {
    i32::try_from(count * KEY_BYTES).unwrap_or(i32::MAX)
}

fn add_page(live: &Live, tenant: TenantId, kind: Kind, keys: &[u8]) -> Result<u64, LinkFault> {
    let rows = live.query(
        "INSERT INTO ringback_keys.page_count AS known VALUES ($1, $2, 1)
         ON CONFLICT (tenant, kind) DO UPDATE SET pages = known.pages + 1
         RETURNING pages - 1",
        &[&column(tenant), &kind.name()],
    )?;
    let page: i64 = rows.first().map_or(0, |row| row.get(0));
    live.execute(
        "INSERT INTO ringback_keys.key_page (tenant, kind, page, keys) VALUES ($1, $2, $3, $4)",
        &[&column(tenant), &kind.name(), &page, &keys],
    )?;
    Ok(uint(page))
}

fn find_contact(
    live: &Live,
    tenant: TenantId,
    lookup: &Lookup,
) -> Result<Option<ContactId>, LinkFault> {
    let rows = live.query(
        "SELECT contact FROM ringback_keys.contact WHERE tenant = $1 AND lookup = $2",
        &[&column(tenant), &&lookup[..]],
    )?;
    Ok(rows.first().map(|row| ContactId(uint(row.get(0)))))
}

fn make_contact(
    live: &Live,
    tenant: TenantId,
    lookup: &Lookup,
    page: &dyn Fn() -> Result<KeyBytes, VaultFault>,
) -> Result<ContactId, KeyFault> {
    // Others who make contacts of this tenant wait here; then the one may be there already.
    live.query(
        "SELECT 1 FROM ringback_keys.tenant WHERE tenant = $1 FOR UPDATE",
        &[&column(tenant)],
    )?;
    if let Some(known) = find_contact(live, tenant, lookup)? {
        return Ok(known);
    }
    let rows = live.query(
        "UPDATE ringback_keys.tenant SET contacts = contacts + 1 WHERE tenant = $1
         RETURNING contacts",
        &[&column(tenant)],
    )?;
    let number: i64 = rows.first().map_or(0, |row| row.get(0));
    let contact = ContactId(uint(number));
    if Place::of(contact.0).is_some_and(|place| place.index == 0) {
        let keys = page().map_err(KeyFault::Vault)?;
        add_page(live, tenant, Kind::Contact, &keys)?;
    }
    live.execute(
        "INSERT INTO ringback_keys.contact (tenant, lookup, contact) VALUES ($1, $2, $3)",
        &[&column(tenant), &&lookup[..], &number],
    )?;
    Ok(contact)
}

fn asked(id: Option<&[u8]>, fingerprint: Option<&[u8]>) -> Option<Idempotent> {
    Some(Idempotent {
        id: InputId(u128::from_be_bytes(id?.try_into().ok()?)),
        fingerprint: u64::from_be_bytes(fingerprint?.try_into().ok()?),
    })
}

fn erase(live: &Live, erasure: Erasure, asked: Idempotent) -> Result<bool, LinkFault> {
    let tenant = column(erasure.tenant());
    let (kind, number) = key_of(erasure);
    let Some(place) = Place::of(number) else {
        return Ok(false);
    };
    let destroyed = live.execute(
        "UPDATE ringback_keys.key_page
         SET keys = overlay(keys PLACING $6 FROM $4::integer FOR $5::integer)
         WHERE tenant = $1 AND kind = $2 AND page = $3
           AND substring(keys FROM $4::integer FOR $5::integer) <> $6",
        &[
            &tenant,
            &kind.name(),
            &int(place.page),
            &from(place.index),
            &span(1),
            &vec![0_u8; KEY_BYTES],
        ],
    )?;
    if destroyed == 0 {
        return Ok(false);
    }
    if kind == Kind::Contact {
        live.execute(
            "DELETE FROM ringback_keys.contact WHERE tenant = $1 AND contact = $2",
            &[&tenant, &int(number)],
        )?;
    }
    live.execute(
        "INSERT INTO ringback_keys.erasure (tenant, kind, key, asked, fingerprint)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        &[
            &tenant,
            &kind.name(),
            &int(number),
            &&asked.id.0.to_be_bytes()[..],
            &&asked.fingerprint.to_be_bytes()[..],
        ],
    )?;
    Ok(true)
}
