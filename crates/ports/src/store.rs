//! What the hall asks of a store. One contract, held by every engine that implements it
//! (`e2e` runs the same suite on all).
//!
//! Three kinds of truth are kept apart: the *journal* (what happened, the truth), the *records*
//! (its projection, for reading) and the *keys* (see [`crate::vault`]).

use crate::envelope::{Epoch, Sequence, TenantId};
use crate::outward::Deliveries;
use crate::records::{Change, RecordsPage, RecordsQuery};
use ringback_model::{Name, WallTime};
use std::time::Duration;

/// A tenant the store knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its number.
    pub id: TenantId,
    /// Its name, unique.
    pub name: Name,
}

/// A record as the store sees it: encoded by the hall's codec, opaque here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Whose.
    pub tenant: TenantId,
    /// Which; exactly one more than the last of this tenant.
    pub sequence: Sequence,
    /// Under which lease.
    pub epoch: Epoch,
    /// When, for people and for journal periods.
    pub at: WallTime,
    /// The encoded record.
    pub body: Vec<u8>,
}

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotHead {
    /// Whose.
    pub tenant: TenantId,
    /// The last record in it.
    pub sequence: Sequence,
    /// Digest of the state it holds.
    pub digest: u64,
    /// Version of its format.
    pub format: u32,
    /// When it was taken.
    pub at: WallTime,
}

/// The keeper of a lease and its epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Of which tenant.
    pub tenant: TenantId,
    /// The epoch to write with.
    pub epoch: Epoch,
    /// For how long from the moment it was asked for, by the store's own clock.
    pub ttl: Duration,
}

/// Why a store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// It could not.
    #[error("{doing}: {problem}")]
    Failed {
        /// What it was about.
        doing: &'static str,
        /// What went wrong.
        problem: String,
    },
    /// What is there was written by a newer version.
    #[error("{what} has format {found}, this version knows up to {known}: use a newer ringback")]
    TooNew {
        /// What.
        what: &'static str,
        /// Its format.
        found: u32,
        /// The newest known.
        known: u32,
    },
    /// What is there is not what was written.
    #[error("{what} is damaged: {problem}; restore from a backup")]
    Damaged {
        /// What.
        what: String,
        /// How it shows.
        problem: String,
    },
    /// Someone else holds the lease.
    #[error("{tenant} is held by {holder}")]
    Held {
        /// Whose lease.
        tenant: TenantId,
        /// By whom.
        holder: String,
    },
}

impl StoreFault {
    /// A failure while `doing` something.
    pub fn failed(doing: &'static str, problem: impl std::fmt::Display) -> Self {
        Self::Failed {
            doing,
            problem: problem.to_string(),
        }
    }
}

/// Why records were not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendFault {
    /// The lease was lost: nothing was written, and this holder must not write again.
    #[error("the lease of {tenant} was lost to a newer epoch")]
    Fenced {
        /// Whose lease.
        tenant: TenantId,
    },
    /// Nobody can say whether it was written: drop what was decided and read again.
    #[error("the commit may or may not have happened: {0}")]
    Unknown(String),
    /// No room: nothing was written.
    #[error("there is no room: {0}")]
    Full(String),
    /// A flush failed: what the disk holds is unknown, the process must end.
    #[error("flushing failed, the process must end: {0}")]
    Flush(String),
}

/// An engine that keeps journal, snapshots and records.
pub trait Store: Send + Sync {
    /// What it is, for people: `sqlite` or `postgresql`.
    fn engine(&self) -> &'static str;

    /// All tenants, in order of their numbers.
    ///
    /// # Errors
    /// The store failed.
    fn tenants(&self) -> Result<Vec<Tenant>, StoreFault>;

    /// The tenant of this name, made if it is not there; durable when it returns.
    ///
    /// # Errors
    /// The store failed.
    fn tenant(&self, name: &Name) -> Result<Tenant, StoreFault>;

    /// Takes the lease of a tenant for `holder`, with an epoch larger than any before. A lease
    /// that is in force is only given to the holder it already has.
    ///
    /// # Errors
    /// [`StoreFault::Held`] while another holder's lease is in force.
    fn take_lease(
        &self,
        tenant: TenantId,
        holder: &str,
        ttl: Duration,
    ) -> Result<Lease, StoreFault>;

    /// Prolongs a lease from now on.
    ///
    /// # Errors
    /// [`StoreFault::Held`] when a newer epoch exists.
    fn renew_lease(&self, lease: &Lease, holder: &str) -> Result<Lease, StoreFault>;

    /// Gives a lease back, so that the next holder need not wait for its end.
    ///
    /// # Errors
    /// The store failed.
    fn release_lease(&self, lease: &Lease, holder: &str) -> Result<(), StoreFault>;

    /// The one writer of the journal of this process.
    ///
    /// # Errors
    /// The store failed.
    fn journal_writer(&self) -> Result<Box<dyn JournalWriter>, StoreFault>;

    /// A reader of journal and snapshots; as many as wanted.
    ///
    /// # Errors
    /// The store failed.
    fn journal_reader(&self) -> Result<Box<dyn JournalReader>, StoreFault>;

    /// The one writer of the records.
    ///
    /// # Errors
    /// The store failed.
    fn records_writer(&self) -> Result<Box<dyn RecordsWriter>, StoreFault>;

    /// A reader of the records; as many as wanted.
    ///
    /// # Errors
    /// The store failed.
    fn records_reader(&self) -> Result<Box<dyn RecordsReader>, StoreFault>;

    /// What webhooks are told and were told; one of it for each process.
    ///
    /// # Errors
    /// The store failed.
    fn deliveries(&self) -> Result<Box<dyn Deliveries>, StoreFault>;

    /// Bytes left for this store's data; `None` where it cannot tell (a database server).
    ///
    /// # Errors
    /// The store failed.
    fn room_left(&self) -> Result<Option<u64>, StoreFault>;

    /// Frees the ballast so that work can be finished on a full disk. Returns how many bytes
    /// were freed; 0 when it had been freed before or there is none.
    ///
    /// # Errors
    /// The store failed.
    fn drop_ballast(&self) -> Result<u64, StoreFault>;

    /// Puts the ballast back when there is room again.
    ///
    /// # Errors
    /// The store failed.
    fn restore_ballast(&self) -> Result<(), StoreFault>;
}

/// Writes the journal.
pub trait JournalWriter: Send {
    /// Appends all rows in one transaction and flushes. Every row's epoch is checked in that
    /// transaction, and its sequence must follow on.
    ///
    /// # Errors
    /// Nothing was written, or nobody knows; see [`AppendFault`].
    fn append(&mut self, rows: &[JournalRow]) -> Result<(), AppendFault>;

    /// Puts an input aside that made the engine fail; durable when it returns. Gives its number.
    ///
    /// # Errors
    /// The store failed.
    fn quarantine(
        &mut self,
        tenant: TenantId,
        at: WallTime,
        input: &[u8],
        problem: &str,
    ) -> Result<u64, StoreFault>;

    /// Stores a snapshot from its parts; it counts only when this returned. Older snapshots
    /// but the last one before it may go.
    ///
    /// # Errors
    /// The store failed; an incomplete snapshot is never read.
    fn write_snapshot(
        &mut self,
        head: &SnapshotHead,
        parts: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), StoreFault>;

    /// Removes records up to and including `upto`. The caller made sure that they are in a
    /// snapshot, past every watermark and outside the replay window. Returns how many went.
    ///
    /// # Errors
    /// The store failed.
    fn prune(&mut self, tenant: TenantId, upto: Sequence) -> Result<u64, StoreFault>;
}

/// Reads the journal.
pub trait JournalReader: Send {
    /// The last record, 0 if there is none.
    ///
    /// # Errors
    /// The store failed.
    fn head(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault>;

    /// The first record that is still there, 0 if there is none.
    ///
    /// # Errors
    /// The store failed.
    fn oldest(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault>;

    /// Records after `after`, in order, until about `bytes` are together (at least one, if
    /// there is one).
    ///
    /// # Errors
    /// The store failed.
    fn read(
        &mut self,
        tenant: TenantId,
        after: Sequence,
        bytes: usize,
    ) -> Result<Vec<JournalRow>, StoreFault>;

    /// The last record written at or before `at`, 0 if there is none.
    ///
    /// # Errors
    /// The store failed.
    fn at_or_before(&mut self, tenant: TenantId, at: WallTime) -> Result<Sequence, StoreFault>;

    /// The newest whole snapshot.
    ///
    /// # Errors
    /// The store failed.
    fn snapshot(&mut self, tenant: TenantId) -> Result<Option<SnapshotHead>, StoreFault>;

    /// The snapshots there are, the newest first, by what they say of themselves: whether one
    /// is whole shows when it is read.
    ///
    /// # Errors
    /// The store failed.
    fn snapshots(&mut self, tenant: TenantId) -> Result<Vec<SnapshotHead>, StoreFault>;

    /// About how many bytes the parts of a snapshot have together, for whoever tells how far
    /// reading it is.
    ///
    /// # Errors
    /// The store failed.
    fn snapshot_bytes(&mut self, head: &SnapshotHead) -> Result<u64, StoreFault>;

    /// Reads the parts of a snapshot in order. Every part is checked before it is handed out;
    /// that none is missing at the end shows at the end.
    ///
    /// # Errors
    /// The store failed, or the snapshot is damaged ([`StoreFault::Damaged`]).
    fn read_snapshot(
        &mut self,
        head: &SnapshotHead,
        part: &mut dyn FnMut(Vec<u8>) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault>;

    /// Inputs put aside: number, when, problem; the newest first, at most `limit`.
    ///
    /// # Errors
    /// The store failed.
    fn quarantined(
        &mut self,
        tenant: TenantId,
        limit: usize,
    ) -> Result<Vec<(u64, WallTime, String)>, StoreFault>;
}

/// Writes the records.
pub trait RecordsWriter: Send {
    /// The last record of the journal that is projected, 0 if none.
    ///
    /// # Errors
    /// The store failed.
    fn watermark(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault>;

    /// Applies changes and moves the watermark in one transaction. The watermark never goes
    /// back; changes at or below it are refused as a fault of the caller.
    ///
    /// # Errors
    /// The store failed; nothing was applied.
    fn project(
        &mut self,
        tenant: TenantId,
        changes: &[Change<'_>],
        watermark: Sequence,
    ) -> Result<(), StoreFault>;

    /// Makes everything projected so far survive a power cut; pruning waits for it.
    ///
    /// # Errors
    /// The store failed.
    fn flush(&mut self) -> Result<(), StoreFault>;
}

/// Reads the records.
pub trait RecordsReader: Send {
    /// The last record of the journal that is projected, 0 if none.
    ///
    /// # Errors
    /// The store failed.
    fn watermark(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault>;

    /// Answers one question.
    ///
    /// # Errors
    /// The store failed.
    fn ask(&mut self, tenant: TenantId, query: &RecordsQuery) -> Result<RecordsPage, StoreFault>;
}
