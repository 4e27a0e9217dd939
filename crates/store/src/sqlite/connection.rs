//! Opening a database file: settings fixed in code and read back, schema brought up to date.

use super::fault::fault;
use ringback_ports::store::StoreFault;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// The shape of one database file.
pub(crate) struct Schema {
    /// What the file is, for people.
    pub(crate) what: &'static str,
    /// Marks the file as ours; `file` and others show it.
    pub(crate) application_id: i32,
    /// Forward-only migrations; the version of a file is how many of them it has seen.
    pub(crate) migrations: &'static [&'static str],
}

/// When a commit is on the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Synchronous {
    /// At a checkpoint; an earlier power cut takes the newest commits with it.
    Normal = 1,
    /// When it returns.
    Full = 2,
}

/// For how long a connection waits for another writer. Others write seldom and briefly (a
/// lease, the cut of a backup); whoever waits longer than this has met a fault.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

impl Schema {
    fn version(&self) -> u32 {
        u32::try_from(self.migrations.len()).unwrap_or(u32::MAX)
    }

    /// Opens the file for writing, makes it if it is missing, and brings it up to date.
    pub(crate) fn open(
        &self,
        path: &Path,
        vfs: Option<&str>,
        synchronous: Synchronous,
    ) -> Result<Connection, StoreFault> {
        if vfs.is_none() {
            keep_private(path).map_err(|problem| StoreFault::Failed {
                doing: "opening a database",
                problem: format!("{}: {problem}", path.display()),
            })?;
        }
        let mut db = connect(path, vfs, true)?;
        self.recognise(&db)?;
        settle(&db, synchronous)?;
        self.migrate(&mut db)?;
        Ok(db)
    }

    /// Opens a file that is there and up to date, for reading.
    pub(crate) fn open_to_read(
        &self,
        path: &Path,
        vfs: Option<&str>,
    ) -> Result<Connection, StoreFault> {
        let db = connect(path, vfs, false)?;
        self.check_version(&db)?;
        settle(&db, Synchronous::Full)?;
        set(&db, "query_only", true, 1)?;
        Ok(db)
    }

    /// Refuses a file of something else or of a newer version; its version.
    pub(crate) fn recognise(&self, db: &Connection) -> Result<u32, StoreFault> {
        let id: i32 = number(db, "application_id")?;
        let version: u32 = number(db, "user_version")?;
        let tables: i64 = db
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(fault("opening a database"))?;
        // A file that was made and not finished is as good as none.
        let empty = id == 0 && version == 0 && tables == 0;
        if id != self.application_id && !empty {
            return Err(StoreFault::Failed {
                doing: "opening a database",
                problem: format!(
                    "the file where {} belongs holds something else (application_id {id:#x}): \
                     choose another folder",
                    self.what
                ),
            });
        }
        if version > self.version() {
            return Err(StoreFault::TooNew {
                what: self.what,
                found: version,
                known: self.version(),
            });
        }
        Ok(version)
    }

    /// Refuses a file that is not exactly of this version.
    fn check_version(&self, db: &Connection) -> Result<(), StoreFault> {
        let version = self.recognise(db)?;
        if version == self.version() {
            return Ok(());
        }
        Err(StoreFault::Failed {
            doing: "opening a database",
            problem: format!(
                "{} has format {version}, this version works with {}: start the server once, \
                 it brings the file up to date",
                self.what,
                self.version()
            ),
        })
    }

    fn migrate(&self, db: &mut Connection) -> Result<(), StoreFault> {
        let failed = fault("bringing a database up to date");
        let transaction = db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&failed)?;
        let version = self.recognise(&transaction)?;
        let seen = usize::try_from(version).unwrap_or(usize::MAX);
        for migration in self.migrations.iter().skip(seen) {
            transaction.execute_batch(migration).map_err(&failed)?;
        }
        if version < self.version() {
            let pragma = |name, value| transaction.pragma_update(None, name, value);
            pragma("application_id", i64::from(self.application_id)).map_err(&failed)?;
            pragma("user_version", i64::from(self.version())).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }
}

/// Makes the file for its owner alone, as SQLite then makes its log; one that was made wider before
/// is narrowed. A file that is there is not opened, because closing it would let go of the locks
/// that other connections of this process hold.
fn keep_private(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new();
    match file.write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => narrow(path),
        Err(error) => Err(error),
    }
}

fn narrow(path: &Path) -> io::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match fs::metadata(&name) {
            Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                fs::set_permissions(&name, Permissions::from_mode(0o600))?;
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn connect(path: &Path, vfs: Option<&str>, create: bool) -> Result<Connection, StoreFault> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let opened = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs),
        None => Connection::open_with_flags(path, flags),
    };
    let db = opened.map_err(fault("opening a database"))?;
    db.busy_timeout(BUSY_TIMEOUT)
        .map_err(fault("opening a database"))?;
    Ok(db)
}

/// Fixes the settings. Each is read back: a build of SQLite that ignores one is found at start.
fn settle(db: &Connection, synchronous: Synchronous) -> Result<(), StoreFault> {
    let mode: String = db
        .query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))
        .map_err(fault("switching to a write-ahead log"))?;
    if mode != "wal" {
        return Err(setting_fault("journal_mode", &mode));
    }
    set(db, "synchronous", synchronous as i64, synchronous as i64)?;
    set(db, "foreign_keys", true, 1)?;
    set(db, "trusted_schema", false, 0)?;
    set(db, "secure_delete", true, 1)?;
    set(db, "cell_size_check", true, 1)?;
    // Nothing of a transaction may reach a file that is not watched over.
    set(db, "temp_store", 2, 2)?;
    // The file keeps the size it once needed: overwriting it costs no allocation at a commit.
    set(db, "journal_size_limit", -1, -1)?;
    // Writers checkpoint themselves (see `checkpoint`), because SQLite's own hook hides faults.
    set(db, "wal_autocheckpoint", 0, 0)
}

fn set(
    db: &Connection,
    name: &'static str,
    value: impl rusqlite::ToSql,
    expected: i64,
) -> Result<(), StoreFault> {
    db.pragma_update(None, name, value)
        .map_err(fault("setting up a database"))?;
    let found: i64 = number(db, name)?;
    if found == expected {
        return Ok(());
    }
    Err(setting_fault(name, &found.to_string()))
}

fn setting_fault(name: &str, found: &str) -> StoreFault {
    StoreFault::Failed {
        doing: "setting up a database",
        problem: format!("SQLite did not take the setting {name}: it stays {found}"),
    }
}

fn number<T: rusqlite::types::FromSql>(db: &Connection, pragma: &str) -> Result<T, StoreFault> {
    db.pragma_query_value(None, pragma, |row| row.get(0))
        .map_err(fault("reading the settings of a database"))
}

/// Moves the write-ahead log into the database from time to time.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    bytes: usize,
    every: usize,
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self::every(Self::EVERY)
    }
}

impl Checkpoint {
    /// After how many bytes written, usually. The log grows to about this and is then
    /// overwritten.
    const EVERY: usize = 16 * 1024 * 1024;
    /// What a transaction writes besides its contents, about.
    const OVERHEAD: usize = 8 * 1024;

    /// Checkpoints after so many bytes written.
    pub(crate) const fn every(bytes: usize) -> Self {
        Self {
            bytes: 0,
            every: bytes,
        }
    }

    /// Counts a committed transaction of `bytes`, and checkpoints when it is time. Readers do
    /// not hinder it; what they still need stays in the log until the next time.
    pub(crate) fn count(&mut self, db: &Connection, bytes: usize) -> rusqlite::Result<()> {
        self.bytes += bytes + Self::OVERHEAD;
        if self.bytes < self.every {
            return Ok(());
        }
        self.bytes = 0;
        db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: Schema = Schema {
        what: "a test",
        application_id: 7,
        migrations: &["CREATE TABLE t (n INTEGER) STRICT"],
    };

    fn modes(folder: &Path) -> Vec<(String, u32)> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| {
            let entry = entry.expect("an entry");
            let mode = entry.metadata().expect("there").permissions().mode();
            let name = entry.file_name().into_string().expect("a name");
            (name, mode & 0o777)
        });
        entries.collect()
    }

    /// The flags stand together in one place, so one that can be asked for answers for all.
    #[test]
    fn sqlite_is_built_with_the_flags_of_this_repository() {
        let db = Connection::open_in_memory().expect("opened");
        let mut options = db.prepare("PRAGMA compile_options").expect("known");
        let options = options.query_map([], |row| row.get(0)).expect("listed");
        let options: Vec<String> = options.collect::<Result<_, _>>().expect("read");
        let ours = "DEFAULT_MEMSTATUS=0";
        let found = options.iter().any(|option| option == ours);
        assert!(
            found,
            "without LIBSQLITE3_FLAGS of .cargo/config.toml: {options:?}"
        );
    }

    #[test]
    fn a_database_is_its_owners_alone_also_one_that_was_not() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("t.db");
        for round in 0..2 {
            let db = SCHEMA.open(&path, None, Synchronous::Full).expect("opened");
            db.execute("INSERT INTO t VALUES (1)", []).expect("written");
            let modes = modes(home.path());
            assert_eq!(modes.len(), 3, "database, log and index: {modes:?}");
            assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
            drop(db);
            if round == 0 {
                fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("widened");
            }
        }
    }
}
