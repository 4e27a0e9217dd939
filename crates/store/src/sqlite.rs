//! Journal, records and snapshots in one folder of this machine, on SQLite.
//!
//! ```text
//! LOCK            who works here; held for as long as the store is open
//! journal.db      the truth; a commit is on the disk when it returns
//! records.db      its projection; after a power cut the newest part is projected again
//! snapshots/      states to begin recovery from
//! ballast         room kept for bad times
//! ```

pub(crate) mod connection;
mod deliveries;
pub(crate) mod fault;
pub(crate) mod folder;
mod journal;
mod records;
pub(crate) mod schema;
pub(crate) mod snapshots;

use crate::convert::{int, uint};
use connection::Synchronous;
use deliveries::SqliteDeliveries;
use fault::{Health, fault};
use folder::Folder;
use journal::{SqliteJournalReader, SqliteJournalWriter};
use records::{SqliteRecordsReader, SqliteRecordsWriter};
use ringback_model::Name;
use ringback_ports::envelope::{Epoch, TenantId};
use ringback_ports::outward::Deliveries;
use ringback_ports::store::{
    JournalReader, JournalWriter, Lease, RecordsReader, RecordsWriter, Store, StoreFault, Tenant,
};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use schema::{JOURNAL, RECORDS};
use snapshots::Snapshots;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Where and how to open a [`SqliteStore`].
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The data folder; made if it is missing.
    pub folder: PathBuf,
    /// The SQLite VFS to use instead of the default one; for tests.
    pub vfs: Option<String>,
    /// Bytes set aside for finishing work on a full disk; 0 for none.
    pub ballast_bytes: u64,
}

impl SqliteOptions {
    /// 64 MiB.
    pub const BALLAST_BYTES: u64 = 64 * 1024 * 1024;

    /// A folder with the usual settings.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            vfs: None,
            ballast_bytes: Self::BALLAST_BYTES,
        }
    }
}

/// The store of one machine. The folder's lock makes this process the only writer; readers and
/// backups of other processes do not disturb it.
pub struct SqliteStore {
    vfs: Option<String>,
    /// For tenants and leases. Dropped before the folder, so that the lock outlives it.
    registry: Mutex<Registry>,
    snapshots: Arc<Snapshots>,
    journal_health: Health,
    records_health: Health,
    folder: Folder,
}

struct Registry {
    db: Connection,
    /// Leases in force. Whoever held one before this process is gone, or it would hold the
    /// lock, so nothing of this needs a clock that outlives the process.
    leases: HashMap<TenantId, (String, Instant)>,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("folder", &self.folder.path())
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Takes the folder, makes or brings up to date what is in it, and checks all settings.
    ///
    /// # Errors
    /// Another process holds the folder (and which), it lies on a network file system, what is
    /// in it is newer or not ours, or the disk failed.
    pub fn open(options: SqliteOptions) -> Result<Self, StoreFault> {
        let folder = Folder::take(&options.folder, options.ballast_bytes)?;
        let vfs = options.vfs;
        let registry = JOURNAL.open(
            &folder.path().join(JOURNAL_FILE),
            vfs.as_deref(),
            Synchronous::Full,
        )?;
        RECORDS.open(
            &folder.path().join(RECORDS_FILE),
            vfs.as_deref(),
            Synchronous::Full,
        )?;
        let snapshots = Snapshots::open(folder.path().join(SNAPSHOTS_FOLDER))?;
        folder::sync_folder(folder.path())?;
        if let Err(problem) = folder.restore_ballast() {
            // A full disk is when the house must be able to start.
            tracing::warn!(%problem, "There is no room for the ballast.");
        }
        Ok(Self {
            vfs,
            registry: Mutex::new(Registry {
                db: registry,
                leases: HashMap::new(),
            }),
            snapshots: Arc::new(snapshots),
            journal_health: Health::default(),
            records_health: Health::default(),
            folder,
        })
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        // The database rolls back what a panic interrupted, and the map changes in one step.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

pub(crate) const JOURNAL_FILE: &str = "journal.db";
pub(crate) const RECORDS_FILE: &str = "records.db";
pub(crate) const SNAPSHOTS_FOLDER: &str = "snapshots";

impl Store for SqliteStore {
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    fn tenants(&self) -> Result<Vec<Tenant>, StoreFault> {
        tenants(&self.registry().db)
    }

    fn tenant(&self, name: &Name) -> Result<Tenant, StoreFault> {
        let doing = "looking for a tenant";
        self.journal_health.check(doing)?;
        let registry = self.registry();
        let found = |db: &Connection| {
            db.query_row(
                "SELECT id FROM tenant WHERE name = ?1",
                [name.as_str()],
                |row| row.get(0),
            )
            .optional()
        };
        let id = match found(&registry.db).map_err(fault(doing))? {
            Some(id) => id,
            None => {
                let sql = "INSERT INTO tenant (name) VALUES (?1)";
                let made = registry.db.execute(sql, [name.as_str()]);
                made.map_err(self.journal_health.fault("making a tenant"))?;
                let id = registry.db.last_insert_rowid();
                u32::try_from(id).map_err(|problem| StoreFault::failed(doing, problem))?
            }
        };
        Ok(Tenant {
            id: TenantId(id),
            name: name.clone(),
        })
    }

    fn take_lease(
        &self,
        tenant: TenantId,
        holder: &str,
        ttl: Duration,
    ) -> Result<Lease, StoreFault> {
        let doing = "taking a lease";
        self.journal_health.check(doing)?;
        let mut registry = self.registry();
        let now = Instant::now();
        registry.check_free(tenant, holder, now)?;
        let epoch = next_epoch(&mut registry.db, tenant, holder)
            .map_err(self.journal_health.fault(doing))?;
        let Some(epoch) = epoch else {
            return Err(no_tenant(doing, tenant));
        };
        registry
            .leases
            .insert(tenant, (holder.to_owned(), now + ttl));
        Ok(Lease {
            tenant,
            epoch: Epoch(uint(epoch)),
            ttl,
        })
    }

    fn renew_lease(&self, lease: &Lease, holder: &str) -> Result<Lease, StoreFault> {
        let mut registry = self.registry();
        let now = Instant::now();
        registry.check_epoch(lease)?;
        registry
            .leases
            .insert(lease.tenant, (holder.to_owned(), now + lease.ttl));
        Ok(lease.clone())
    }

    fn release_lease(&self, lease: &Lease, _: &str) -> Result<(), StoreFault> {
        let mut registry = self.registry();
        match registry.check_epoch(lease) {
            Ok(()) => {
                registry.leases.remove(&lease.tenant);
                Ok(())
            }
            // It was lost before: there is nothing to give back.
            Err(StoreFault::Held { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn journal_writer(&self) -> Result<Box<dyn JournalWriter>, StoreFault> {
        Ok(Box::new(SqliteJournalWriter::open(
            &self.file(JOURNAL_FILE),
            self.vfs.as_deref(),
            self.journal_health.clone(),
            Arc::clone(&self.snapshots),
        )?))
    }

    fn journal_reader(&self) -> Result<Box<dyn JournalReader>, StoreFault> {
        Ok(Box::new(SqliteJournalReader::open(
            &self.file(JOURNAL_FILE),
            self.vfs.as_deref(),
            Arc::clone(&self.snapshots),
        )?))
    }

    fn records_writer(&self) -> Result<Box<dyn RecordsWriter>, StoreFault> {
        Ok(Box::new(SqliteRecordsWriter::open(
            &self.file(RECORDS_FILE),
            self.vfs.as_deref(),
            self.records_health.clone(),
        )?))
    }

    fn records_reader(&self) -> Result<Box<dyn RecordsReader>, StoreFault> {
        Ok(Box::new(SqliteRecordsReader::open(
            &self.file(RECORDS_FILE),
            self.vfs.as_deref(),
        )?))
    }

    fn deliveries(&self) -> Result<Box<dyn Deliveries>, StoreFault> {
        Ok(Box::new(SqliteDeliveries::open(
            &self.file(RECORDS_FILE),
            self.vfs.as_deref(),
            self.records_health.clone(),
        )?))
    }

    fn room_left(&self) -> Result<Option<u64>, StoreFault> {
        self.folder.room_left().map(Some)
    }

    fn drop_ballast(&self) -> Result<u64, StoreFault> {
        self.folder.drop_ballast()
    }

    fn restore_ballast(&self) -> Result<(), StoreFault> {
        self.folder.restore_ballast()
    }
}

/// The epoch after the present one; durable when it returns. In a transaction of its own, because a
/// statement that gives rows back commits after the last of them, where nobody hears of a failure.
fn next_epoch(
    db: &mut Connection,
    tenant: TenantId,
    holder: &str,
) -> rusqlite::Result<Option<i64>> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let epoch = transaction
        .query_row(
            "UPDATE tenant SET epoch = epoch + 1, holder = ?2 WHERE id = ?1 RETURNING epoch",
            params![tenant.0, holder],
            |row| row.get(0),
        )
        .optional()?;
    transaction.commit()?;
    Ok(epoch)
}

fn tenants(db: &Connection) -> Result<Vec<Tenant>, StoreFault> {
    let failed = fault("reading the tenants");
    let mut statement = db
        .prepare("SELECT id, name FROM tenant ORDER BY id")
        .map_err(&failed)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
        .map_err(&failed)?;
    rows.map(|row| {
        let (id, name) = row.map_err(&failed)?;
        Ok(Tenant {
            id: TenantId(id),
            name: crate::convert::name("tenants", &name)?,
        })
    })
    .collect()
}

fn no_tenant(doing: &'static str, tenant: TenantId) -> StoreFault {
    StoreFault::failed(doing, format!("there is no tenant {tenant}"))
}

impl Registry {
    /// Refuses while someone else's lease is in force.
    fn check_free(&self, tenant: TenantId, holder: &str, now: Instant) -> Result<(), StoreFault> {
        match self.leases.get(&tenant) {
            Some((other, until)) if other != holder && *until > now => Err(StoreFault::Held {
                tenant,
                holder: other.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses when a newer epoch exists.
    fn check_epoch(&self, lease: &Lease) -> Result<(), StoreFault> {
        let (epoch, holder): (i64, Option<String>) = self
            .db
            .query_row(
                "SELECT epoch, holder FROM tenant WHERE id = ?1",
                [lease.tenant.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(fault("looking at a lease"))?
            .ok_or_else(|| no_tenant("looking at a lease", lease.tenant))?;
        if epoch == int(lease.epoch.0) {
            return Ok(());
        }
        Err(StoreFault::Held {
            tenant: lease.tenant,
            holder: holder.unwrap_or_else(|| "nobody".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::WallTime;
    use ringback_ports::envelope::Sequence;
    use ringback_ports::store::JournalRow;

    fn open(home: &Path) -> SqliteStore {
        SqliteStore::open(SqliteOptions {
            ballast_bytes: 0,
            ..SqliteOptions::new(home)
        })
        .expect("the folder is free")
    }

    #[test]
    fn a_restart_takes_the_lease_at_once_under_another_name() {
        let home = tempfile::tempdir().expect("a folder");
        let hour = Duration::from_secs(3600);
        let store = open(home.path());
        let name = "default".parse().expect("a name");
        let tenant = store.tenant(&name).expect("made").id;
        let first = store.take_lease(tenant, "one", hour).expect("free");
        let row = JournalRow {
            tenant,
            sequence: Sequence(1),
            epoch: first.epoch,
            at: WallTime(5),
            body: vec![1; 70_000],
        };
        let mut writer = store.journal_writer().expect("opened");
        writer.append(std::slice::from_ref(&row)).expect("appended");
        drop((writer, store));

        let store = open(home.path());
        let second = store
            .take_lease(tenant, "two", hour)
            .expect("the lock proves it");
        assert!(second.epoch > first.epoch);
        let mut reader = store.journal_reader().expect("opened");
        assert_eq!(reader.read(tenant, Sequence(0), 1).expect("read"), [row]);
    }

    #[test]
    fn a_newer_file_and_a_foreign_file_are_refused() {
        let home = tempfile::tempdir().expect("a folder");
        drop(open(home.path()));
        let path = home.path().join(RECORDS_FILE);
        let set = |pragma, value: i32| {
            let db = Connection::open(&path).expect("a database");
            db.pragma_update(None, pragma, value).expect("set");
        };
        let refused = || SqliteStore::open(SqliteOptions::new(home.path())).expect_err("refused");
        set("user_version", 99);
        assert!(matches!(refused(), StoreFault::TooNew { found: 99, .. }));
        set("user_version", 1);
        set("application_id", 7);
        assert!(refused().to_string().contains("something else"));
    }
}
