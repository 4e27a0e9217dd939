//! Keys in a file of their own, `keys.db`, with the ledger of erasures beside it.
//!
//! After an erasure no byte of the key is left in any file: `secure_delete` overwrites it in
//! the database, and the write-ahead log, which still holds the page as it was, is emptied
//! before the erasure is reported. (What a disk keeps of overwritten blocks is its own affair.)

use super::ledger::{Ledger, erasure_of, key_of};
use super::pages::Place;
use super::{Backend, KEY_BYTES, KeyBytes, Kind, Lookup, SLOTS, fault, locked};
use crate::convert::{int, uint};
use crate::sqlite::connection::{Checkpoint, Schema, Synchronous};
use crate::sqlite::fault::Health;
use crate::sqlite::folder::{Folder, sync_folder};
use ringback_model::ContactId;
use ringback_ports::envelope::{Idempotent, InputId, Sequence, TenantId};
use ringback_ports::vault::{Erasure, Untold, VaultFault};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Mutex;
use zeroize::Zeroizing;

pub(crate) const KEYS: Schema = Schema {
    what: "the keys (keys.db)",
    application_id: 0x5242_4b59, // "RBKY"
    migrations: &[include_str!("keys-1.sql"), include_str!("keys-2.sql")],
};
pub(crate) const KEYS_FILE: &str = "keys.db";
pub(crate) const LEDGER_FILE: &str = "erasures.jsonl";

/// Zeros before the keys of a page; more than what SQLite keeps outside of overflow pages.
const PADDING: usize = 4_096;

/// Keys on this machine.
pub(crate) struct SqliteKeys {
    inner: Mutex<Inner>,
    health: Health,
    /// Dropped last, so that the lock outlives the database.
    _folder: Folder,
}

struct Inner {
    db: Connection,
    ledger: Ledger,
    checkpoint: Checkpoint,
    /// The bytes of the database, to look for what must not be there. Open for as long as the
    /// database is, because closing any handle of a file lets go of all its POSIX locks.
    bytes: File,
}

impl SqliteKeys {
    pub(crate) fn open(path: &Path, vfs: Option<&str>) -> Result<Self, VaultFault> {
        let doing = "opening the keys";
        let folder = Folder::take(path, 0).map_err(|problem| fault(doing, problem))?;
        let database = path.join(KEYS_FILE);
        let bytes = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&database)
            .map_err(|problem| fault(doing, problem))?;
        let db = KEYS
            .open(&database, vfs, Synchronous::Full)
            .map_err(|problem| fault(doing, problem))?;
        let (ledger, erasures) = Ledger::open(&path.join(LEDGER_FILE))?;
        sync_folder(path).map_err(|problem| fault(doing, problem))?;
        let keys = Self {
            inner: Mutex::new(Inner {
                db,
                ledger,
                checkpoint: Checkpoint::default(),
                bytes,
            }),
            health: Health::default(),
            _folder: folder,
        };
        keys.complete(&erasures)?;
        Ok(keys)
    }

    /// Destroys what the ledger says and is still there, and empties the log: a power cut may
    /// have come between the steps of an erasure.
    pub(crate) fn complete(&self, erasures: &[Erasure]) -> Result<(), VaultFault> {
        let mut inner = locked(&self.inner);
        for erasure in erasures {
            // What is written down here was destroyed in the same transaction.
            if !inner.is_done(*erasure).map_err(self.failed("erasing"))? {
                inner.destroy(*erasure).map_err(self.failed("erasing"))?;
            }
        }
        inner.empty_log().map_err(self.failed("erasing"))?;
        Ok(())
    }

    /// Writes erasures into the ledger that it does not have yet.
    pub(crate) fn adopt(&self, erasures: &[Erasure], known: &[Erasure]) -> Result<(), VaultFault> {
        let mut inner = locked(&self.inner);
        for erasure in erasures.iter().filter(|erasure| !known.contains(erasure)) {
            inner.ledger.add(*erasure)?;
        }
        drop(inner);
        self.complete(erasures)
    }

    /// Forgets that the journal has heard of erasures, as far as it did so after a record: the
    /// journal of a backup ends before the keys are copied.
    pub(crate) fn untell_after(&self, tenant: TenantId, head: Sequence) -> Result<(), VaultFault> {
        let inner = locked(&self.inner);
        let untold = inner.db.execute(
            "UPDATE erasure SET told = NULL WHERE tenant = ?1 AND told > ?2",
            params![tenant.0, int(head.0)],
        );
        let doing = "comparing the erasures with the journal";
        untold.map(drop).map_err(self.failed(doing))
    }

    fn failed(&self, doing: &'static str) -> impl Fn(rusqlite::Error) -> VaultFault + use<> {
        let health = self.health.clone();
        move |error| {
            health.note(&error);
            fault(doing, error)
        }
    }

    fn check(&self, doing: &'static str) -> Result<(), VaultFault> {
        self.health
            .check(doing)
            .map_err(|problem| fault(doing, problem))
    }
}

impl Backend for SqliteKeys {
    const ALONE: bool = true;

    fn add_page(&self, tenant: TenantId, kind: Kind, keys: &[u8]) -> Result<u64, VaultFault> {
        let doing = "making a page of keys";
        self.check(doing)?;
        let mut inner = locked(&self.inner);
        inner
            .add_page(tenant, kind, keys)
            .map_err(self.failed(doing))
    }

    fn keys(
        &self,
        tenant: TenantId,
        kind: Kind,
        page: u64,
        first: usize,
        count: usize,
    ) -> Result<Option<KeyBytes>, VaultFault> {
        let inner = locked(&self.inner);
        inner
            .keys(tenant, kind, page, first, count)
            .map_err(self.failed("reading keys"))
    }

    fn secret(&self, tenant: TenantId, fresh: &[u8; 32]) -> Result<[u8; 32], VaultFault> {
        let doing = "reading a tenant's secret";
        self.check(doing)?;
        let inner = locked(&self.inner);
        inner.secret(tenant, fresh).map_err(self.failed(doing))
    }

    fn find_contact(
        &self,
        tenant: TenantId,
        lookup: &Lookup,
    ) -> Result<Option<ContactId>, VaultFault> {
        let inner = locked(&self.inner);
        find_contact(&inner.db, tenant, lookup).map_err(self.failed("looking for a contact"))
    }

    fn make_contact(
        &self,
        tenant: TenantId,
        lookup: &Lookup,
        page: &dyn Fn() -> Result<KeyBytes, VaultFault>,
    ) -> Result<ContactId, VaultFault> {
        let doing = "making a contact";
        self.check(doing)?;
        let mut inner = locked(&self.inner);
        let failed = self.failed(doing);
        let transaction = inner.begin().map_err(&failed)?;
        // Someone may have made it since it was looked for.
        if let Some(known) = find_contact(&transaction, tenant, lookup).map_err(&failed)? {
            return Ok(known);
        }
        let contact = next_contact(&transaction, tenant).map_err(&failed)?;
        let place = Place::of(contact.0).ok_or_else(|| fault(doing, "contacts begin at 1"))?;
        if place.index == 0 {
            insert_page(&transaction, tenant, Kind::Contact, &page()?).map_err(&failed)?;
        }
        transaction
            .execute(
                "INSERT INTO contact (tenant, lookup, contact) VALUES (?1, ?2, ?3)",
                params![tenant.0, lookup, int(contact.0)],
            )
            .and_then(|_| transaction.commit())
            .map_err(&failed)?;
        inner.tidy().map_err(&failed)?;
        Ok(contact)
    }

    fn erase(&self, erasure: Erasure, asked: Idempotent) -> Result<bool, VaultFault> {
        let doing = "erasing";
        self.check(doing)?;
        let mut inner = locked(&self.inner);
        let there = inner.is_there(erasure).map_err(self.failed(doing))?;
        let lookup = inner.lookup_of(erasure).map_err(self.failed(doing))?;
        if there {
            // First the word, then the deed: what is in the ledger is completed at the next
            // start, should the power go in between.
            inner.ask(erasure, asked).map_err(self.failed(doing))?;
            inner.ledger.add(erasure)?;
            inner.destroy(erasure).map_err(self.failed(doing))?;
        }
        // Also when there was nothing: an earlier erasure may not have come this far.
        inner.empty_log().map_err(self.failed(doing))?;
        if let Some(lookup) = lookup {
            inner.leave_no_trace(&lookup, self.failed(doing))?;
        }
        Ok(there)
    }

    fn untold(&self, tenant: TenantId) -> Result<Vec<Untold>, VaultFault> {
        let inner = locked(&self.inner);
        inner
            .untold(tenant)
            .map_err(self.failed("looking for erasures"))
    }

    fn told(&self, erasures: &[(Erasure, Sequence)]) -> Result<(), VaultFault> {
        let doing = "noting what the journal has heard";
        self.check(doing)?;
        let mut inner = locked(&self.inner);
        inner.told(erasures).map_err(self.failed(doing))
    }
}

impl Inner {
    fn begin(&mut self) -> rusqlite::Result<Transaction<'_>> {
        let immediate = TransactionBehavior::Immediate;
        self.db.transaction_with_behavior(immediate)
    }

    fn add_page(&mut self, tenant: TenantId, kind: Kind, keys: &[u8]) -> rusqlite::Result<u64> {
        let transaction = self.begin()?;
        let page = insert_page(&transaction, tenant, kind, keys)?;
        transaction.commit()?;
        self.checkpoint.count(&self.db, keys.len())?;
        Ok(page)
    }

    fn tidy(&mut self) -> rusqlite::Result<()> {
        self.checkpoint.count(&self.db, 0)
    }

    fn keys(
        &self,
        tenant: TenantId,
        kind: Kind,
        page: u64,
        first: usize,
        count: usize,
    ) -> rusqlite::Result<Option<KeyBytes>> {
        let Some(row) = row_of(&self.db, tenant, kind, page)? else {
            return Ok(None);
        };
        let blob = self.db.blob_open("main", "key_page", "keys", row, true)?;
        let mut keys = Zeroizing::new(vec![0; count * KEY_BYTES]);
        blob.read_at_exact(&mut keys, PADDING + first * KEY_BYTES)?;
        Ok(Some(keys))
    }

    fn secret(&self, tenant: TenantId, fresh: &[u8; 32]) -> rusqlite::Result<[u8; 32]> {
        self.db.execute(
            "INSERT INTO tenant (tenant, secret) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![tenant.0, fresh],
        )?;
        self.db.query_row(
            "SELECT secret FROM tenant WHERE tenant = ?1",
            [tenant.0],
            |row| row.get(0),
        )
    }

    fn is_there(&self, erasure: Erasure) -> rusqlite::Result<bool> {
        let (kind, number) = key_of(erasure);
        let Some(place) = Place::of(number) else {
            return Ok(false);
        };
        let keys = self.keys(erasure.tenant(), kind, place.page, place.index, 1)?;
        Ok(keys.is_some_and(|key| key.iter().any(|byte| *byte != 0)))
    }

    fn lookup_of(&self, erasure: Erasure) -> rusqlite::Result<Option<Lookup>> {
        let Erasure::Contact { tenant, contact } = erasure else {
            return Ok(None);
        };
        self.db
            .query_row(
                "SELECT lookup FROM contact WHERE tenant = ?1 AND contact = ?2",
                params![tenant.0, int(contact.0)],
                |row| row.get(0),
            )
            .optional()
    }

    fn is_done(&self, erasure: Erasure) -> rusqlite::Result<bool> {
        let (kind, number) = key_of(erasure);
        self.db
            .prepare_cached("SELECT 1 FROM erasure WHERE tenant = ?1 AND kind = ?2 AND key = ?3")?
            .exists(params![erasure.tenant().0, kind.name(), int(number)])
    }

    /// Keeps who asked for an erasure. Without an erasure it means nothing.
    fn ask(&self, erasure: Erasure, asked: Idempotent) -> rusqlite::Result<()> {
        let (kind, number) = key_of(erasure);
        let written = self.db.execute(
            "INSERT INTO asked (tenant, kind, key, id, fingerprint) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET id = excluded.id, fingerprint = excluded.fingerprint",
            params![
                erasure.tenant().0,
                kind.name(),
                int(number),
                asked.id.0.to_be_bytes(),
                asked.fingerprint.to_be_bytes(),
            ],
        );
        written.map(drop)
    }

    fn untold(&self, tenant: TenantId) -> rusqlite::Result<Vec<Untold>> {
        let mut statement = self.db.prepare_cached(
            "SELECT kind, key, id, fingerprint FROM erasure
             LEFT JOIN asked USING (tenant, kind, key)
             WHERE tenant = ?1 AND told IS NULL ORDER BY number",
        )?;
        let rows = statement.query_map([tenant.0], |row| {
            let (kind, number): (String, i64) = (row.get(0)?, row.get(1)?);
            let asked = match (row.get(2)?, row.get(3)?) {
                (Some(id), Some(fingerprint)) => Some(Idempotent {
                    id: InputId(u128::from_be_bytes(id)),
                    fingerprint: u64::from_be_bytes(fingerprint),
                }),
                _ => None,
            };
            Ok(Kind::of_name(&kind).map(|kind| Untold {
                erasure: erasure_of(tenant, kind, uint(number)),
                asked,
            }))
        })?;
        rows.filter_map(Result::transpose).collect()
    }

    fn told(&mut self, erasures: &[(Erasure, Sequence)]) -> rusqlite::Result<()> {
        let transaction = self.begin()?;
        for (erasure, record) in erasures {
            let (kind, number) = key_of(*erasure);
            let (tenant, kind, number) = (erasure.tenant().0, kind.name(), int(number));
            transaction.execute(
                "UPDATE erasure SET told = ?4 WHERE tenant = ?1 AND kind = ?2 AND key = ?3",
                params![tenant, kind, number, int(record.0)],
            )?;
            transaction.execute(
                "DELETE FROM asked WHERE tenant = ?1 AND kind = ?2 AND key = ?3",
                params![tenant, kind, number],
            )?;
        }
        transaction.commit()
    }

    /// Overwrites a key and forgets what its contact was known by, in one transaction.
    fn destroy(&mut self, erasure: Erasure) -> rusqlite::Result<()> {
        let (tenant, (kind, number)) = (erasure.tenant(), key_of(erasure));
        let transaction = self.begin()?;
        if let Some(place) = Place::of(number)
            && let Some(row) = row_of(&transaction, tenant, kind, place.page)?
        {
            let mut blob = transaction.blob_open("main", "key_page", "keys", row, false)?;
            blob.write_all_at(&[0; KEY_BYTES], PADDING + place.index * KEY_BYTES)?;
            blob.close()?;
        }
        if kind == Kind::Contact {
            transaction.execute(
                "DELETE FROM contact WHERE tenant = ?1 AND contact = ?2",
                params![tenant.0, int(number)],
            )?;
        }
        transaction.execute(
            "INSERT INTO erasure (tenant, kind, key) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![tenant.0, kind.name(), int(number)],
        )?;
        transaction.commit()
    }

    /// Moves the log into the database and cuts it to nothing.
    fn empty_log(&self) -> rusqlite::Result<()> {
        let busy: bool = self
            .db
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy {
            // Only a backup reads here besides us, and it has had half a minute to finish.
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                Some("a backup still reads the old keys: erase again when it is done".to_owned()),
            ));
        }
        Ok(())
    }

    /// Rows of a tree are copied when its pages are rebalanced, and `secure_delete` overwrites
    /// only the last copy. Where one is found, the whole file is written anew.
    fn leave_no_trace(
        &self,
        lookup: &Lookup,
        failed: impl Fn(rusqlite::Error) -> VaultFault,
    ) -> Result<(), VaultFault> {
        let doing = "looking for traces of what was erased";
        let found = || contains(&self.bytes, lookup).map_err(|problem| fault(doing, problem));
        if !found()? {
            return Ok(());
        }
        self.db
            .execute_batch("VACUUM")
            .and_then(|()| self.empty_log())
            .map_err(failed)?;
        if found()? {
            return Err(fault(doing, "a copy of it stays in keys.db"));
        }
        Ok(())
    }
}

fn insert_page(
    db: &Connection,
    tenant: TenantId,
    kind: Kind,
    keys: &[u8],
) -> rusqlite::Result<u64> {
    let mut padded = Zeroizing::new(vec![0; PADDING + SLOTS * KEY_BYTES]);
    padded[PADDING..].copy_from_slice(keys);
    let page: i64 = db
        .prepare_cached(
            "INSERT INTO key_page (tenant, kind, page, keys)
             SELECT ?1, ?2, coalesce(max(page) + 1, 0), ?3 FROM key_page
             WHERE tenant = ?1 AND kind = ?2
             RETURNING page",
        )?
        .query_row(params![tenant.0, kind.name(), padded.as_slice()], |row| {
            row.get(0)
        })?;
    Ok(uint(page))
}

fn row_of(
    db: &Connection,
    tenant: TenantId,
    kind: Kind,
    page: u64,
) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT id FROM key_page WHERE tenant = ?1 AND kind = ?2 AND page = ?3")?
        .query_row(params![tenant.0, kind.name(), int(page)], |row| row.get(0))
        .optional()
}

fn find_contact(
    db: &Connection,
    tenant: TenantId,
    lookup: &Lookup,
) -> rusqlite::Result<Option<ContactId>> {
    let found: Option<i64> = db
        .prepare_cached("SELECT contact FROM contact WHERE tenant = ?1 AND lookup = ?2")?
        .query_row(params![tenant.0, lookup], |row| row.get(0))
        .optional()?;
    Ok(found.map(|number| ContactId(uint(number))))
}

fn next_contact(db: &Connection, tenant: TenantId) -> rusqlite::Result<ContactId> {
    db.query_row(
        "UPDATE tenant SET contacts = contacts + 1 WHERE tenant = ?1 RETURNING contacts",
        [tenant.0],
        |row| Ok(ContactId(uint(row.get(0)?))),
    )
}

/// Whether a file holds these bytes anywhere.
fn contains(file: &File, wanted: &[u8]) -> io::Result<bool> {
    let mut buffer = vec![0; 1 << 20];
    let mut at = 0;
    loop {
        let read = file.read_at(&mut buffer, at)?;
        if buffer[..read]
            .windows(wanted.len())
            .any(|part| part == wanted)
        {
            return Ok(true);
        }
        if read < wanted.len() {
            return Ok(false);
        }
        // The next stretch begins so early that nothing is missed on the border.
        at += (read - (wanted.len() - 1)) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::Keeper;
    use ringback_model::KeyId;
    use std::sync::Arc;

    const TENANT: TenantId = TenantId(1);
    const ASKED: Idempotent = Idempotent {
        id: InputId(7),
        fingerprint: 8,
    };

    const fn key(key: KeyId) -> Erasure {
        let tenant = TENANT;
        Erasure::Key { tenant, key }
    }

    fn erase(vault: &Keeper<SqliteKeys>, erasure: Erasure) -> Result<bool, VaultFault> {
        vault.erase(erasure, ASKED)
    }

    fn open(home: &Path) -> Arc<Keeper<SqliteKeys>> {
        Keeper::over(SqliteKeys::open(home, None).expect("opened"))
    }

    /// Whether any file of the folder holds these bytes.
    fn anywhere(home: &Path, wanted: &[u8]) -> bool {
        std::fs::read_dir(home).expect("a folder").any(|entry| {
            let file = File::open(entry.expect("an entry").path()).expect("a file");
            contains(&file, wanted).expect("read")
        })
    }

    #[test]
    fn what_is_sealed_opens_until_its_key_goes() {
        let home = tempfile::tempdir().expect("a folder");
        let vault = open(home.path());
        let one = vault.seal(TENANT, None, b"one").expect("sealed");
        let two = vault.seal(TENANT, None, b"two").expect("sealed");
        assert_ne!(one.key, two.key);
        assert!(erase(&vault, key(one.key)).expect("erased"));
        assert!(!erase(&vault, key(one.key)).expect("harmless"));
        assert_eq!(vault.open(TENANT, &one).expect("no fault"), None);
        let plain = vault.open(TENANT, &two).expect("no fault");
        assert_eq!(plain.as_deref(), Some(&b"two"[..]));
        drop(vault);
        let vault = open(home.path());
        assert_eq!(vault.open(TENANT, &one).expect("no fault"), None);
        assert!(vault.open(TENANT, &two).expect("no fault").is_some());
        let three = vault.seal(TENANT, None, b"three").expect("sealed");
        assert!(three.key.0 > SLOTS as u64, "no slot is given out twice");
        assert!(!erase(&vault, key(KeyId(u64::MAX))).expect("none such"));
    }

    #[test]
    fn an_erasure_is_told_of_until_the_journal_has_it_also_after_a_restore() {
        let home = tempfile::tempdir().expect("a folder");
        let vault = open(home.path());
        let sealed = [(), (), ()].map(|()| vault.seal(TENANT, None, b"x").expect("sealed"));
        let erasures = sealed.map(|sealed| key(sealed.key));
        for erasure in &erasures[..2] {
            assert!(erase(&vault, *erasure).expect("erased"));
        }
        let untold = |vault: &Keeper<SqliteKeys>| vault.untold(TENANT).expect("read");
        let of = |at: usize, asked| Untold {
            erasure: erasures[at],
            asked,
        };
        drop(vault);
        let vault = open(home.path());
        assert_eq!(untold(&vault), [of(0, Some(ASKED)), of(1, Some(ASKED))]);
        vault.told(&[(erasures[0], Sequence(40))]).expect("noted");
        assert_eq!(untold(&vault), [of(1, Some(ASKED))]);
        vault.told(&[(erasures[1], Sequence(41))]).expect("noted");
        assert_eq!(untold(&vault), []);
        assert_eq!(vault.untold(TenantId(2)).expect("read"), []);
        drop(vault);
        // The journal of a backup ended at record 40, and a later ledger knows of one more.
        let keys = SqliteKeys::open(home.path(), None).expect("opened");
        keys.untell_after(TENANT, Sequence(40)).expect("noted");
        keys.adopt(&erasures, &erasures[..2]).expect("adopted");
        drop(keys);
        assert_eq!(untold(&open(home.path())), [of(1, None), of(2, None)]);
    }

    #[test]
    fn a_value_belongs_to_its_tenant_key_and_contact() {
        let home = tempfile::tempdir().expect("a folder");
        let vault = open(home.path());
        let contact = vault.contact(TENANT, "anna@example.com").expect("made");
        let sealed = vault.seal(TENANT, Some(contact), b"text").expect("sealed");
        let other = vault.seal(TENANT, None, b"other").expect("sealed");
        let forged = |change: &dyn Fn(&mut ringback_model::Sealed)| {
            let mut changed = sealed.clone();
            change(&mut changed);
            let opened = vault.open(TENANT, &changed);
            assert!(matches!(opened, Err(VaultFault::Forged(_))), "{opened:?}");
        };
        forged(&|sealed| sealed.contact = None);
        forged(&|sealed| sealed.key = other.key);
        forged(&|sealed| sealed.bytes[0] ^= 1);
        forged(&|sealed| sealed.bytes[12] ^= 1);
        forged(&|sealed| sealed.bytes = Box::default());
        let stranger = vault.open(TenantId(2), &sealed).expect("no fault");
        assert_eq!(stranger, None, "another tenant has no such key");
    }

    #[test]
    fn an_erased_contact_leaves_no_byte_and_can_come_again() {
        let home = tempfile::tempdir().expect("a folder");
        let vault = open(home.path());
        let known: Vec<_> = (0..300)
            .map(|n| {
                vault
                    .contact(TENANT, &format!("c{n}@example.com"))
                    .expect("made")
            })
            .collect();
        assert_eq!(
            vault.contact(TENANT, "c7@example.com").expect("known"),
            known[7]
        );
        let sealed = vault.seal(TENANT, Some(known[7]), b"text").expect("sealed");
        let lookup = vault.lookup(TENANT, "c7@example.com").expect("a secret");
        let key = vault
            .key(TENANT, Kind::Contact, known[7].0)
            .expect("read")
            .expect("there");
        assert!(anywhere(home.path(), &lookup) && anywhere(home.path(), key.as_ref()));

        assert!(
            erase(
                &vault,
                Erasure::Contact {
                    tenant: TENANT,
                    contact: known[7]
                }
            )
            .expect("erased")
        );
        assert!(!anywhere(home.path(), &lookup) && !anywhere(home.path(), key.as_ref()));
        assert!(!anywhere(home.path(), b"c7@example.com"));
        assert_eq!(vault.open(TENANT, &sealed).expect("no fault"), None);
        assert!(vault.seal(TENANT, Some(known[7]), b"text").is_err());
        assert_eq!(
            vault.find_contact(TENANT, "c7@example.com").expect("read"),
            None
        );
        let again = vault.contact(TENANT, "c7@example.com").expect("made");
        assert!(!known.contains(&again), "a new person with a new key");
    }

    #[test]
    fn pages_are_made_ahead_and_used_to_the_last_slot() {
        let home = tempfile::tempdir().expect("a folder");
        let vault = open(home.path());
        let slots = SLOTS as u64;
        let seal = || vault.seal(TENANT, None, b"x").expect("sealed").key.0;
        assert_eq!(
            (1..=2 * slots + 1).filter(|n| seal() == *n).count() as u64,
            2 * slots + 1
        );
        let pages = locked(&vault.giving)[&TENANT].current.number;
        assert_eq!(pages, 2);
    }

    #[test]
    fn an_erasure_cut_short_is_completed_at_the_next_start() {
        let home = tempfile::tempdir().expect("a folder");
        let vault = open(home.path());
        let sealed = vault.seal(TENANT, None, b"x").expect("sealed");
        drop(vault);
        let (mut ledger, _) = Ledger::open(&home.path().join(LEDGER_FILE)).expect("there");
        let key = sealed.key;
        ledger
            .add(Erasure::Key {
                tenant: TENANT,
                key,
            })
            .expect("written");
        let vault = open(home.path());
        assert_eq!(vault.open(TENANT, &sealed).expect("no fault"), None);
    }

    #[test]
    fn nothing_of_it_is_ever_printed() {
        let home = tempfile::tempdir().expect("a folder");
        let vault = crate::SqliteVault::open(home.path(), None).expect("opened");
        assert_eq!(format!("{vault:?}"), "SqliteVault(..)");
    }
}
