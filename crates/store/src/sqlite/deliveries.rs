//! Deliveries in SQLite, in the file of the records.

use super::connection::{Checkpoint, Synchronous};
use super::fault::Health;
use super::schema::RECORDS;
use crate::convert::{int, uint};
use crate::deliveries::{
    DOING, DeliveryColumns, StandingColumns, after, by_hook, cursor_columns, with_attempt,
};
use ringback_model::{ObjectId, WallTime};
use ringback_ports::envelope::{Cursor, Sequence, TenantId};
use ringback_ports::outward::{
    Attempt, Deliveries, Delivery, DeliveryState, NewDelivery, Next, Standing, Which,
};
use ringback_ports::store::StoreFault;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use std::path::Path;

/// What one row adds to the log beside its body, about.
const ROW_BYTES: usize = 512;

const COLUMNS: &str = "number, hook, id, event, made, body, state, due, tries, log";

pub(super) struct SqliteDeliveries {
    db: Connection,
    health: Health,
    checkpoint: Checkpoint,
}

impl SqliteDeliveries {
    pub(super) fn open(path: &Path, vfs: Option<&str>, health: Health) -> Result<Self, StoreFault> {
        // What a power cut takes is taken in again from the journal, or tried again.
        let db = RECORDS.open(path, vfs, Synchronous::Normal)?;
        Ok(Self {
            db,
            health,
            checkpoint: Checkpoint::default(),
        })
    }

    /// Does work in one transaction.
    fn write<T>(
        &mut self,
        bytes: usize,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, StoreFault> {
        self.health.check(DOING)?;
        let failed = self.health.fault(DOING);
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&failed)?;
        let done = work(&transaction).map_err(|fault| match fault {
            Fault::Sql(error) => failed(error),
            Fault::Store(fault) => fault,
        })?;
        transaction.commit().map_err(&failed)?;
        if let Err(error) = self.checkpoint.count(&self.db, bytes + ROW_BYTES) {
            self.health.note(&error);
            tracing::warn!(%error, "The deliveries could not be checkpointed.");
        }
        Ok(done)
    }

    fn read<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreFault> {
        let failed = self.health.fault(DOING);
        let mut statement = self.db.prepare_cached(sql).map_err(&failed)?;
        let rows = statement.query_map(values, row).map_err(&failed)?;
        rows.collect::<rusqlite::Result<Vec<T>>>().map_err(failed)
    }
}

enum Fault {
    Sql(rusqlite::Error),
    Store(StoreFault),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

fn columns(row: &Row<'_>) -> rusqlite::Result<DeliveryColumns> {
    Ok(DeliveryColumns {
        number: row.get(0)?,
        hook: row.get(1)?,
        id: row.get(2)?,
        event: row.get(3)?,
        made: row.get(4)?,
        body: row.get(5)?,
        state: row.get(6)?,
        due: row.get(7)?,
        tries: row.get(8)?,
        log: row.get(9)?,
    })
}

fn deliveries(rows: Vec<DeliveryColumns>) -> Result<Vec<Delivery>, StoreFault> {
    rows.into_iter().map(DeliveryColumns::delivery).collect()
}

fn make_hook(db: &Connection, tenant: TenantId, hook: ObjectId) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO webhook (tenant, hook) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![tenant.0, int(hook.0)])
        .map(drop)
}

fn count_waiting(
    db: &Connection,
    tenant: TenantId,
    hook: ObjectId,
    more: i64,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE webhook SET waiting = max(waiting + ?3, 0) WHERE tenant = ?1 AND hook = ?2",
    )?
    .execute(params![tenant.0, int(hook.0), more])
    .map(drop)
}

/// Takes in what one webhook is to be told.
fn take_in_of(
    db: &Connection,
    tenant: TenantId,
    hook: ObjectId,
    wanted: &[&NewDelivery],
    waiting_max: u64,
) -> rusqlite::Result<()> {
    make_hook(db, tenant, hook)?;
    let waiting: i64 = db
        .prepare_cached("SELECT waiting FROM webhook WHERE tenant = ?1 AND hook = ?2")?
        .query_row(params![tenant.0, int(hook.0)], |row| row.get(0))?;
    let room = waiting_max.saturating_sub(uint(waiting));
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    let mut insert = db.prepare_cached(
        "INSERT INTO delivery (tenant, hook, id, event, made, body, state, due, tries, log)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?5, 0, '[]') ON CONFLICT DO NOTHING",
    )?;
    let mut taken = 0_i64;
    for it in wanted.iter().take(room) {
        let made = it.made.0;
        let row = params![tenant.0, int(hook.0), it.id, it.event, made, it.body];
        taken += i64::from(insert.execute(row)? > 0);
    }
    count_waiting(db, tenant, hook, taken)?;
    let dropped = wanted.len().saturating_sub(room);
    if dropped > 0 {
        db.prepare_cached(
            "UPDATE webhook SET dropped = dropped + ?3 WHERE tenant = ?1 AND hook = ?2",
        )?
        .execute(params![tenant.0, int(hook.0), int(dropped as u64)])?;
    }
    Ok(())
}

impl Deliveries for SqliteDeliveries {
    fn cursor(&mut self, tenant: TenantId) -> Result<Option<Cursor>, StoreFault> {
        let sql = "SELECT sequence, place FROM delivery_cursor WHERE tenant = ?1";
        let found = self.db.query_row(sql, [tenant.0], |row| {
            let place: i64 = row.get(1)?;
            Ok(Cursor {
                sequence: Sequence(uint(row.get(0)?)),
                index: u32::try_from(place).unwrap_or(u32::MAX),
            })
        });
        found.optional().map_err(self.health.fault(DOING))
    }

    fn take_in(
        &mut self,
        tenant: TenantId,
        deliveries: &[NewDelivery],
        upto: Option<Cursor>,
        waiting_max: u64,
    ) -> Result<(), StoreFault> {
        let bytes = deliveries.iter().map(|it| it.body.len() + ROW_BYTES).sum();
        self.write(bytes, |db| {
            for (hook, wanted) in by_hook(deliveries) {
                take_in_of(db, tenant, hook, &wanted, waiting_max)?;
            }
            if let Some(cursor) = upto {
                let (sequence, place) = cursor_columns(cursor);
                db.prepare_cached(
                    "INSERT INTO delivery_cursor VALUES (?1, ?2, ?3) ON CONFLICT (tenant)
                     DO UPDATE SET sequence = excluded.sequence, place = excluded.place",
                )?
                .execute(params![tenant.0, sequence, place])?;
            }
            Ok(())
        })
    }

    fn due(
        &mut self,
        tenant: TenantId,
        hook: ObjectId,
        now: WallTime,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreFault> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery WHERE tenant = ?1 AND hook = ?2 AND due <= ?3
             AND state = 'waiting' ORDER BY due, number LIMIT ?4"
        );
        let values = params![tenant.0, int(hook.0), now.0, int(limit as u64)];
        deliveries(self.read(&sql, values, columns)?)
    }

    fn attempted(
        &mut self,
        tenant: TenantId,
        hook: ObjectId,
        id: &str,
        attempt: &Attempt,
        next: Next,
    ) -> Result<(), StoreFault> {
        let (state, due) = after(next);
        self.write(0, |db| {
            let found = db
                .prepare_cached(
                    "SELECT log, state FROM delivery WHERE tenant = ?1 AND hook = ?2 AND id = ?3",
                )?
                .query_row(params![tenant.0, int(hook.0), id], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
                })
                .optional()?;
            let Some((log, before)) = found else {
                return Ok(());
            };
            let log = with_attempt(&log, attempt).map_err(Fault::Store)?;
            db.prepare_cached(
                "UPDATE delivery SET state = ?4, due = coalesce(?5, due), tries = tries + 1,
                 log = ?6 WHERE tenant = ?1 AND hook = ?2 AND id = ?3",
            )?
            .execute(params![
                tenant.0,
                int(hook.0),
                id,
                state.name(),
                due.map(|due| due.0),
                log
            ])?;
            let waiting = DeliveryState::Waiting.name();
            let change = i64::from(state.name() == waiting) - i64::from(before == waiting);
            count_waiting(db, tenant, hook, change)?;
            let sql = match next {
                Next::Delivered => {
                    "UPDATE webhook SET succeeded = ?3 WHERE tenant = ?1 AND hook = ?2"
                }
                _ => "UPDATE webhook SET failed = ?3 WHERE tenant = ?1 AND hook = ?2",
            };
            db.prepare_cached(sql)?
                .execute(params![tenant.0, int(hook.0), attempt.at.0])?;
            Ok(())
        })
    }

    fn standing(&mut self, tenant: TenantId) -> Result<Vec<Standing>, StoreFault> {
        let sql = "SELECT hook, waiting, dropped, disabled, reason, succeeded, failed
             FROM webhook WHERE tenant = ?1 ORDER BY hook";
        self.read(sql, [tenant.0], |row| {
            let columns = StandingColumns {
                hook: row.get(0)?,
                waiting: row.get(1)?,
                dropped: row.get(2)?,
                disabled: row.get(3)?,
                reason: row.get(4)?,
                succeeded: row.get(5)?,
                failed: row.get(6)?,
            };
            Ok(columns.into())
        })
    }

    fn disable(
        &mut self,
        tenant: TenantId,
        hook: ObjectId,
        why: Option<(WallTime, &str)>,
    ) -> Result<(), StoreFault> {
        self.write(0, |db| {
            make_hook(db, tenant, hook)?;
            let at = why.map(|(at, _)| at.0);
            let reason = why.map(|(_, reason)| reason);
            db.prepare_cached(
                "UPDATE webhook SET disabled = ?3, reason = ?4 WHERE tenant = ?1 AND hook = ?2",
            )?
            .execute(params![tenant.0, int(hook.0), at, reason])?;
            Ok(())
        })
    }

    fn list(
        &mut self,
        tenant: TenantId,
        which: &Which,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreFault> {
        let sql = format!(
            "SELECT {COLUMNS} FROM delivery WHERE tenant = ?1 AND hook = ?2
             AND (?3 IS NULL OR id = ?3) AND (?4 IS NULL OR state = ?4)
             AND (?5 IS NULL OR made >= ?5) AND (?6 IS NULL OR made < ?6)
             AND (?7 IS NULL OR number < ?7) ORDER BY number DESC LIMIT ?8"
        );
        let values = params![
            tenant.0,
            int(which.hook.0),
            which.id,
            which.state.map(DeliveryState::name),
            which.from.map(|at| at.0),
            which.to.map(|at| at.0),
            before.map(int),
            int(limit as u64)
        ];
        deliveries(self.read(&sql, values, columns)?)
    }

    fn again(&mut self, tenant: TenantId, which: &Which, now: WallTime) -> Result<u64, StoreFault> {
        self.write(0, |db| {
            let set = |only: &str| {
                let sql = format!(
                    "UPDATE delivery SET state = 'waiting', due = ?7, tries = 0
                     WHERE tenant = ?1 AND hook = ?2
                     AND (?3 IS NULL OR id = ?3) AND (?4 IS NULL OR state = ?4)
                     AND (?5 IS NULL OR made >= ?5) AND (?6 IS NULL OR made < ?6) AND {only}"
                );
                db.prepare_cached(&sql)?.execute(params![
                    tenant.0,
                    int(which.hook.0),
                    which.id,
                    which.state.map(DeliveryState::name),
                    which.from.map(|at| at.0),
                    which.to.map(|at| at.0),
                    now.0
                ])
            };
            // Those that wait first: afterwards all of them do.
            let waited = set("state = 'waiting'")?;
            let more = set("state <> 'waiting'")?;
            count_waiting(db, tenant, which.hook, int(more as u64))?;
            Ok((waited + more) as u64)
        })
    }

    fn forget(
        &mut self,
        tenant: TenantId,
        before: WallTime,
        kept: &[ObjectId],
    ) -> Result<u64, StoreFault> {
        let known = self.standing(tenant)?;
        self.write(0, |db| {
            let mut gone = db.execute(
                "DELETE FROM delivery WHERE tenant = ?1 AND made < ?2 AND state <> 'waiting'",
                params![tenant.0, before.0],
            )?;
            for it in known.iter().filter(|it| !kept.contains(&it.hook)) {
                let of = params![tenant.0, int(it.hook.0)];
                gone += db.execute("DELETE FROM delivery WHERE tenant = ?1 AND hook = ?2", of)?;
                db.execute("DELETE FROM webhook WHERE tenant = ?1 AND hook = ?2", of)?;
            }
            Ok(gone as u64)
        })
    }
}
