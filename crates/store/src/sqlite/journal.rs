//! Journal in SQLite: writing and reading.

use super::connection::{Checkpoint, Synchronous};
use super::fault::{Health, LOST, fault};
use super::schema::JOURNAL;
use super::snapshots::Snapshots;
use crate::convert::{int, uint};
use ringback_model::WallTime;
use ringback_ports::envelope::{Epoch, Sequence, TenantId};
use ringback_ports::store::{
    AppendFault, JournalReader, JournalRow, JournalWriter, SnapshotHead, StoreFault,
};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::Path;
use std::sync::Arc;

/// The bits of a position that hold the sequence; a tenant that appends a thousand records a
/// second fills them in 34 years.
const SEQUENCE_BITS: u32 = 40;

/// Where a record stands in the table.
fn position(tenant: TenantId, sequence: Sequence) -> i64 {
    let last = (1_u64 << SEQUENCE_BITS) - 1;
    (i64::from(tenant.0) << SEQUENCE_BITS) | int(sequence.0.min(last))
}

fn sequence_of(position: i64) -> Sequence {
    Sequence(uint(position) & ((1 << SEQUENCE_BITS) - 1))
}

/// The positions just before the first and at the last record a tenant may have.
fn bounds(tenant: TenantId) -> (i64, i64) {
    let last = Sequence(u64::MAX);
    (position(tenant, Sequence(0)), position(tenant, last))
}

pub(super) struct SqliteJournalWriter {
    db: Connection,
    health: Health,
    checkpoint: Checkpoint,
    snapshots: Arc<Snapshots>,
}

impl SqliteJournalWriter {
    pub(super) fn open(
        path: &Path,
        vfs: Option<&str>,
        health: Health,
        snapshots: Arc<Snapshots>,
    ) -> Result<Self, StoreFault> {
        Ok(Self {
            db: JOURNAL.open(path, vfs, Synchronous::Full)?,
            health,
            checkpoint: Checkpoint::default(),
            snapshots,
        })
    }

    /// Inserts all rows in one transaction and commits.
    fn commit(&mut self, rows: &[JournalRow]) -> Result<(), AppendFault> {
        let health = &self.health;
        let failed = |error: rusqlite::Error| health.append_fault(&error);
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        insert(&transaction, rows, failed)?;
        transaction.commit().map_err(failed)
    }

    /// Checkpoints when it is time. The append is durable already, whatever comes of it: a
    /// failure shows at the next append.
    fn tidy(&mut self, bytes: usize) {
        if let Err(error) = self.checkpoint.count(&self.db, bytes) {
            self.health.note(&error);
            tracing::warn!(%error, "The journal could not be checkpointed.");
        }
    }
}

fn insert(
    transaction: &Transaction<'_>,
    rows: &[JournalRow],
    failed: impl Fn(rusqlite::Error) -> AppendFault,
) -> Result<(), AppendFault> {
    let mut statement = transaction
        .prepare_cached("INSERT INTO journal (position, epoch, at, body) VALUES (?1, ?2, ?3, ?4)")
        .map_err(&failed)?;
    // Rows of one tenant mostly stand together: what was read for one serves the next.
    let mut seen: Option<(TenantId, Standing)> = None;
    for row in rows {
        let standing = match seen {
            Some((tenant, standing)) if tenant == row.tenant => standing,
            _ => standing(transaction, row.tenant)
                .map_err(&failed)?
                .ok_or(AppendFault::Fenced { tenant: row.tenant })?,
        };
        standing.admit(row)?;
        let at = position(row.tenant, row.sequence);
        statement
            .execute(params![at, int(row.epoch.0), row.at.0, row.body])
            .map_err(&failed)?;
        let head = row.sequence;
        seen = Some((row.tenant, Standing { head, ..standing }));
    }
    Ok(())
}

/// How it stands with a tenant inside a transaction.
#[derive(Clone, Copy)]
struct Standing {
    epoch: Epoch,
    head: Sequence,
}

impl Standing {
    /// Whether this row may come next.
    fn admit(self, row: &JournalRow) -> Result<(), AppendFault> {
        if row.epoch != self.epoch {
            return Err(AppendFault::Fenced { tenant: row.tenant });
        }
        if row.sequence != self.head.next()
            || sequence_of(position(row.tenant, row.sequence)) != row.sequence
        {
            return Err(AppendFault::Unknown(format!(
                "nothing was written: after record {} of {} comes {}, not {}",
                self.head,
                row.tenant,
                self.head.next(),
                row.sequence
            )));
        }
        Ok(())
    }
}

fn standing(db: &Connection, tenant: TenantId) -> rusqlite::Result<Option<Standing>> {
    let (first, last) = bounds(tenant);
    db.prepare_cached(
        "SELECT epoch, pruned, (SELECT position FROM journal
                                WHERE position > ?2 AND position <= ?3
                                ORDER BY position DESC LIMIT 1)
         FROM tenant WHERE id = ?1",
    )?
    .query_row(params![tenant.0, first, last], |row| {
        let pruned = Sequence(uint(row.get(1)?));
        let head: Option<i64> = row.get(2)?;
        Ok(Standing {
            epoch: Epoch(uint(row.get(0)?)),
            head: head.map_or(pruned, sequence_of),
        })
    })
    .optional()
}

impl JournalWriter for SqliteJournalWriter {
    fn append(&mut self, rows: &[JournalRow]) -> Result<(), AppendFault> {
        if self.health.is_lost() {
            return Err(AppendFault::Flush(LOST.to_owned()));
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.commit(rows)?;
        self.tidy(rows.iter().map(|row| row.body.len()).sum());
        Ok(())
    }

    fn quarantine(
        &mut self,
        tenant: TenantId,
        at: WallTime,
        input: &[u8],
        problem: &str,
    ) -> Result<u64, StoreFault> {
        let doing = "putting an input aside";
        self.health.check(doing)?;
        self.db
            .execute(
                "INSERT INTO quarantine (tenant, at, problem, input) VALUES (?1, ?2, ?3, ?4)",
                params![tenant.0, at.0, problem, input],
            )
            .map_err(self.health.fault(doing))?;
        Ok(uint(self.db.last_insert_rowid()))
    }

    fn write_snapshot(
        &mut self,
        head: &SnapshotHead,
        parts: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), StoreFault> {
        self.snapshots.write(head, parts)
    }

    fn prune(&mut self, tenant: TenantId, upto: Sequence) -> Result<u64, StoreFault> {
        let doing = "pruning the journal";
        self.health.check(doing)?;
        let standing = standing(&self.db, tenant)
            .map_err(fault(doing))?
            .ok_or_else(|| StoreFault::failed(doing, format!("there is no tenant {tenant}")))?;
        let upto = upto.min(standing.head);
        let mut gone = 0;
        loop {
            let part = self
                .prune_part(tenant, upto)
                .map_err(self.health.fault(doing))?;
            if part == 0 {
                return Ok(gone);
            }
            gone += part as u64;
            self.tidy(part * 4096);
        }
    }
}

impl SqliteJournalWriter {
    /// How many records go in one transaction: others wait no longer than for these.
    const PRUNED_AT_ONCE: i64 = 500;

    fn prune_part(&mut self, tenant: TenantId, upto: Sequence) -> rusqlite::Result<usize> {
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (first, _) = bounds(tenant);
        let last: Option<i64> = transaction.query_row(
            "SELECT max(position) FROM (SELECT position FROM journal
             WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3)",
            params![first, position(tenant, upto), Self::PRUNED_AT_ONCE],
            |row| row.get(0),
        )?;
        let Some(last) = last else { return Ok(0) };
        let gone = transaction.execute(
            "DELETE FROM journal WHERE position > ?1 AND position <= ?2",
            params![first, last],
        )?;
        transaction.execute(
            "UPDATE tenant SET pruned = ?2 WHERE id = ?1",
            params![tenant.0, int(sequence_of(last).0)],
        )?;
        transaction.commit()?;
        Ok(gone)
    }
}

pub(super) struct SqliteJournalReader {
    db: Connection,
    snapshots: Arc<Snapshots>,
}

impl SqliteJournalReader {
    pub(super) fn open(
        path: &Path,
        vfs: Option<&str>,
        snapshots: Arc<Snapshots>,
    ) -> Result<Self, StoreFault> {
        let db = JOURNAL.open_to_read(path, vfs)?;
        Ok(Self { db, snapshots })
    }

    fn last(&self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        let standing =
            standing(&self.db, tenant).map_err(fault("reading the head of the journal"))?;
        Ok(standing.map_or(Sequence(0), |standing| standing.head))
    }

    fn first(&self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        let (first, last) = bounds(tenant);
        let position: Option<i64> = self
            .db
            .prepare_cached(
                "SELECT min(position) FROM journal WHERE position > ?1 AND position <= ?2",
            )
            .and_then(|mut statement| statement.query_row([first, last], |row| row.get(0)))
            .map_err(fault("reading the start of the journal"))?;
        Ok(position.map_or(Sequence(0), sequence_of))
    }

    fn time_of(&self, tenant: TenantId, sequence: Sequence) -> Result<i64, StoreFault> {
        self.db
            .prepare_cached("SELECT at FROM journal WHERE position = ?1")
            .and_then(|mut statement| {
                statement.query_row([position(tenant, sequence)], |row| row.get(0))
            })
            .map_err(fault("searching the journal by time"))
    }
}

impl JournalReader for SqliteJournalReader {
    fn head(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        self.last(tenant)
    }

    fn oldest(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        self.first(tenant)
    }

    fn read(
        &mut self,
        tenant: TenantId,
        after: Sequence,
        bytes: usize,
    ) -> Result<Vec<JournalRow>, StoreFault> {
        let failed = fault("reading the journal");
        let mut statement = self
            .db
            .prepare_cached(
                "SELECT position, epoch, at, body FROM journal
                 WHERE position > ?1 AND position <= ?2 ORDER BY position",
            )
            .map_err(&failed)?;
        let (_, last) = bounds(tenant);
        let mut found = statement
            .query([position(tenant, after), last])
            .map_err(&failed)?;
        let mut rows = Vec::new();
        let mut read = 0;
        while read < bytes || rows.is_empty() {
            let Some(row) = found.next().map_err(&failed)? else {
                break;
            };
            let row = journal_row(tenant, row).map_err(&failed)?;
            read += row.body.len();
            rows.push(row);
        }
        Ok(rows)
    }

    fn at_or_before(&mut self, tenant: TenantId, at: WallTime) -> Result<Sequence, StoreFault> {
        // One read transaction, so that nothing is pruned away under the search.
        let transaction = self.db.unchecked_transaction();
        let _transaction = transaction.map_err(fault("searching the journal by time"))?;
        let (oldest, head) = (self.first(tenant)?, self.last(tenant)?);
        crate::search::at_or_before(oldest, head, at, |sequence| {
            self.time_of(tenant, sequence).map(WallTime)
        })
    }

    fn snapshot(&mut self, tenant: TenantId) -> Result<Option<SnapshotHead>, StoreFault> {
        self.snapshots.newest(tenant)
    }

    fn snapshots(&mut self, tenant: TenantId) -> Result<Vec<SnapshotHead>, StoreFault> {
        self.snapshots.heads(tenant)
    }

    fn snapshot_bytes(&mut self, head: &SnapshotHead) -> Result<u64, StoreFault> {
        self.snapshots.bytes(head)
    }

    fn read_snapshot(
        &mut self,
        head: &SnapshotHead,
        part: &mut dyn FnMut(Vec<u8>) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        self.snapshots.read(head, part)
    }

    fn quarantined(
        &mut self,
        tenant: TenantId,
        limit: usize,
    ) -> Result<Vec<(u64, WallTime, String)>, StoreFault> {
        let failed = fault("reading the inputs put aside");
        let mut statement = self
            .db
            .prepare_cached(
                "SELECT number, at, problem FROM quarantine WHERE tenant = ?1
                 ORDER BY number DESC LIMIT ?2",
            )
            .map_err(&failed)?;
        let rows = statement
            .query_map(params![tenant.0, int(limit as u64)], |row| {
                Ok((uint(row.get(0)?), WallTime(row.get(1)?), row.get(2)?))
            })
            .map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }
}

fn journal_row(tenant: TenantId, row: &rusqlite::Row<'_>) -> rusqlite::Result<JournalRow> {
    Ok(JournalRow {
        tenant,
        sequence: sequence_of(row.get(0)?),
        epoch: Epoch(uint(row.get(1)?)),
        at: WallTime(row.get(2)?),
        body: row.get(3)?,
    })
}
