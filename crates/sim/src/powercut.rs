//! A power cut without luck: an SQLite VFS that keeps every write in memory until it is synced, and drops the rest
//! when the power goes.
//!
//! ```
//! use ringback_sim::powercut::PowerCut;
//!
//! let folder = tempfile::tempdir()?;
//! let power = PowerCut::install("doc-example")?;
//! let db = power.connect(folder.path().join("journal.db"))?;
//! db.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; CREATE TABLE t (n); INSERT INTO t VALUES (1)")?;
//! power.cut();
//! assert!(db.execute("INSERT INTO t VALUES (2)", []).is_err());
//! drop(db);
//! let aftermath = power.power_on()?;
//! assert!(aftermath.sectors_lost > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is modelled
//! - *Contents*: writes and truncations reach the disk at `xSync` only. [`Cut::Clean`] drops all others;
//!   [`Cut::Torn`] lets a seeded choice of unsynced 512-byte sectors through, each in its latest or the one before
//!   its latest version.
//! - *Names*: a file created or deleted is durable when its directory is synced. SQLite's unix VFS does that at the
//!   first sync of a new journal or WAL, and after a deletion only if asked (`synchronous=EXTRA`); so a rollback
//!   journal deleted under `FULL` comes back at a clean cut, and its transaction is rolled back. Stricter than ext4,
//!   allowed by POSIX, and documented by SQLite.
//! - *A failed sync* marks its pages clean without writing them: the next sync succeeds and they are still lost.
//! - *Disk full* counts growth: overwriting needs no space, truncating and deleting give it back.
//!
//! Faults belong to one `PowerCut`: give two files one each, under two names, to break them apart.
//!
//! Not modelled: a disk that lies about flushes, bit rot, other processes (the cache belongs to this process), files
//! written without SQLite. Locks and the WAL index (`-shm`) are the real ones; the index is deleted at the cut, since
//! it never survives a boot. Temporary files pass through. Memory mapping is off.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

mod disk;
mod file;
mod random;
mod settle;
mod vfs;

use disk::Disk;

/// What becomes of unsynced sectors and names when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// All are lost.
    Clean,
    /// A choice made from the seed survives, as on a real disk.
    Torn { seed: u64 },
}

/// What was done through the VFS since it was installed: evidence that a test exercised what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub writes: u64,
    pub bytes_written: u64,
    pub truncations: u64,
    pub creations: u64,
    pub deletions: u64,
    /// Syncs asked for, failed ones included.
    pub syncs: u64,
    pub failed_syncs: u64,
    /// Times a directory became durable.
    pub directory_syncs: u64,
    /// Writes refused because the disk was full.
    pub refused_full: u64,
    /// Operations refused because the power was off.
    pub refused_dark: u64,
    pub cuts: u64,
    /// Writes, truncations, syncs and deletions begun: the steps that [`PowerCut::schedule_cut`] counts.
    pub operations: u64,
}

/// What one power cut took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aftermath {
    /// Sectors of 512 bytes written, not synced, and gone.
    pub sectors_lost: u64,
    /// Sectors not synced that reached the disk all the same ([`Cut::Torn`]).
    pub sectors_survived: u64,
    /// Files created that vanished, because their directory was not synced.
    pub files_vanished: u64,
    /// Files deleted that came back, for the same reason.
    pub files_returned: u64,
}

/// Why the rig could not do as asked: always the test's own doing or the machine's, never SQLite's.
#[derive(Debug, thiserror::Error)]
pub enum PowerCutError {
    #[error("the VFS name {name:?} is taken: give every PowerCut of the process its own name")]
    NameTaken { name: String },
    #[error("the VFS name {name:?} contains a NUL byte: use plain words")]
    NameHasNul { name: String },
    #[error(
        "SQLite has no default VFS of version 2 or later to build on: use the bundled SQLite on a unix system"
    )]
    NoBaseVfs,
    #[error("SQLite refused to register the VFS {name:?} (code {code})")]
    Refused { name: String, code: i32 },
    #[error(
        "{files} files are still open through the VFS: drop every connection before switching the power on"
    )]
    StillOpen { files: usize },
    #[error("the power is on: call cut() first, or check that the scheduled cut was reached")]
    NotCut,
    #[error("could not bring {} into its state after the cut: check the folder's rights and space", path.display())]
    Settle { path: PathBuf, source: io::Error },
}

/// A power supply with a switch, and every SQLite file that hangs on it. See the [module](self).
///
/// Dropping it unregisters the VFS; connections that are open keep working. The registration itself (some hundred
/// bytes) is never freed, because a connection may outlive this value.
pub struct PowerCut {
    name: String,
    disk: Arc<Disk>,
    registration: vfs::Registration,
}

impl PowerCut {
    /// Registers a VFS called `name` over SQLite's default one, power on, no faults.
    pub fn install(name: &str) -> Result<PowerCut, PowerCutError> {
        let disk = Arc::new(Disk::default());
        let registration = vfs::register(name, Arc::clone(&disk))?;
        Ok(PowerCut {
            name: name.to_owned(),
            disk,
            registration,
        })
    }

    /// The name to give to [`Connection::open_with_flags_and_vfs`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens a database, creating it if missing, through this VFS.
    pub fn connect(&self, path: impl AsRef<Path>) -> rusqlite::Result<Connection> {
        Connection::open_with_flags_and_vfs(path, OpenFlags::default(), self.name())
    }

    /// Cuts the power now: every operation fails from here on, and nothing unsynced survives. The files are in their
    /// final state once the last connection is closed.
    pub fn cut(&self) {
        self.disk.cut(Cut::Clean);
    }

    /// Like [`cut`](Self::cut), but a choice of unsynced sectors and names survives.
    pub fn cut_torn(&self, seed: u64) {
        self.disk.cut(Cut::Torn { seed });
    }

    /// Cuts the power just before the operation after `operations` more ones (see [`Tally::operations`]): the way to
    /// walk a cut through every step of a commit.
    pub fn schedule_cut(&self, operations: u64, cut: Cut) {
        self.disk.schedule_cut(operations, cut);
    }

    /// Whether the power is off.
    pub fn is_dark(&self) -> bool {
        self.disk.is_dark()
    }

    /// Switches the power on again, after all connections were closed, and tells what the cut took. Faults stay set.
    pub fn power_on(&self) -> Result<Aftermath, PowerCutError> {
        self.disk.power_on()
    }

    /// Lets `syncs` more syncs succeed; all later ones fail, until [`clear_faults`](Self::clear_faults).
    pub fn fail_sync_after(&self, syncs: u64) {
        self.disk
            .set_faults(|faults| faults.syncs_left = Some(syncs));
    }

    /// Lets the files grow by `bytes` more in total; then writes that need more fail with `SQLITE_FULL`. Call it
    /// again to give or take space.
    pub fn disk_full_after(&self, bytes: u64) {
        self.disk
            .set_faults(|faults| faults.bytes_free = Some(bytes));
    }

    /// Makes every sync wait first. A cut during the wait comes before the sync.
    pub fn slow_sync(&self, delay: Duration) {
        self.disk.set_faults(|faults| faults.sync_delay = delay);
    }

    /// Whether a sync also syncs the real file. Off at first: the model needs no real flush, and tests run faster.
    pub fn sync_for_real(&self, really: bool) {
        self.disk.set_faults(|faults| faults.sync_for_real = really);
    }

    /// Makes every sync succeed without effect, as on a machine with flushing switched off: the positive control of
    /// whoever claims to lose nothing. Off at first.
    pub fn syncs_do_nothing(&self, really: bool) {
        self.disk
            .set_faults(|faults| faults.syncs_do_nothing = really);
    }

    /// Ends failing syncs, full disk and slow syncs. Pages that a failed sync dropped stay dropped.
    pub fn clear_faults(&self) {
        self.disk.set_faults(|faults| {
            faults.syncs_left = None;
            faults.bytes_free = None;
            faults.sync_delay = Duration::ZERO;
        });
    }

    /// What was done so far.
    pub fn tally(&self) -> Tally {
        self.disk.tally()
    }

    /// Sectors that a cut now would lose.
    pub fn unsynced_sectors(&self) -> u64 {
        self.disk.unsynced_sectors()
    }
}

impl Drop for PowerCut {
    fn drop(&mut self) {
        self.registration.unregister();
    }
}
