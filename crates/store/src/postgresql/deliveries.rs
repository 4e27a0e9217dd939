//! Deliveries in PostgreSQL, beside the records.

use super::column;
use super::link::{Link, LinkFault, Live};
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
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

pub(super) struct PostgresDeliveries {
    link: Link,
}

impl PostgresDeliveries {
    pub(super) const fn new(link: Link) -> Self {
        Self { link }
    }

    fn write<T>(&mut self, work: impl FnOnce(&Live) -> Result<T, Fault>) -> Result<T, StoreFault> {
        self.link.transaction(work).map_err(|fault| match fault {
            Fault::Link(fault) => fault.of(DOING),
            Fault::Store(fault) => fault,
        })
    }

    fn read(
        &mut self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreFault> {
        let rows = self.link.with(|live| live.query(sql, values));
        rows.map_err(|fault: LinkFault| fault.of(DOING))
    }
}

enum Fault {
    Link(LinkFault),
    Store(StoreFault),
}

impl From<LinkFault> for Fault {
    fn from(fault: LinkFault) -> Self {
        Self::Link(fault)
    }
}

fn deliveries(rows: &[Row]) -> Result<Vec<Delivery>, StoreFault> {
    let columns = rows.iter().map(|row| DeliveryColumns {
        number: row.get(0),
        hook: row.get(1),
        id: row.get(2),
        event: row.get(3),
        made: row.get(4),
        body: row.get(5),
        state: row.get(6),
        due: row.get(7),
        tries: row.get(8),
        log: row.get(9),
    });
    columns.map(DeliveryColumns::delivery).collect()
}

fn make_hook(live: &Live, tenant: TenantId, hook: ObjectId) -> Result<(), LinkFault> {
    live.execute(
        "INSERT INTO ringback_records.webhook (tenant, hook) VALUES ($1, $2)
         ON CONFLICT DO NOTHING",
        &[&column(tenant), &int(hook.0)],
    )
    .map(drop)
}

fn count_waiting(
    live: &Live,
    tenant: TenantId,
    hook: ObjectId,
    more: i64,
) -> Result<(), LinkFault> {
    live.execute(
        "UPDATE ringback_records.webhook SET waiting = greatest(waiting + $3, 0)
         WHERE tenant = $1 AND hook = $2",
        &[&column(tenant), &int(hook.0), &more],
    )
    .map(drop)
}

/// Takes in what one webhook is to be told.
fn take_in_of(
    live: &Live,
    tenant: TenantId,
    hook: ObjectId,
    wanted: &[&NewDelivery],
    waiting_max: u64,
) -> Result<(), LinkFault> {
    make_hook(live, tenant, hook)?;
    let rows = live.query(
        "SELECT waiting FROM ringback_records.webhook WHERE tenant = $1 AND hook = $2 FOR UPDATE",
        &[&column(tenant), &int(hook.0)],
    )?;
    let waiting = rows.first().map_or(0, |row| uint(row.get(0)));
    let room = waiting_max.saturating_sub(waiting);
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    let mut taken = 0;
    for it in wanted.iter().take(room) {
        taken += live.execute(
            "INSERT INTO ringback_records.delivery
                (tenant, hook, id, event, made, body, state, due, tries, log)
             VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $5, 0, '[]') ON CONFLICT DO NOTHING",
            &[
                &column(tenant),
                &int(hook.0),
                &it.id,
                &it.event,
                &it.made.0,
                &it.body,
            ],
        )?;
    }
    count_waiting(live, tenant, hook, int(taken))?;
    let dropped = wanted.len().saturating_sub(room);
    if dropped > 0 {
        live.execute(
            "UPDATE ringback_records.webhook SET dropped = dropped + $3
             WHERE tenant = $1 AND hook = $2",
            &[&column(tenant), &int(hook.0), &int(dropped as u64)],
        )?;
    }
    Ok(())
}

impl Deliveries for PostgresDeliveries {
    fn cursor(&mut self, tenant: TenantId) -> Result<Option<Cursor>, StoreFault> {
        let rows = self.read(
            "SELECT sequence, place FROM ringback_records.delivery_cursor WHERE tenant = $1",
            &[&column(tenant)],
        )?;
        Ok(rows.first().map(|row| Cursor {
            sequence: Sequence(uint(row.get(0))),
            index: u32::try_from(row.get::<_, i64>(1)).unwrap_or(u32::MAX),
        }))
    }

    fn take_in(
        &mut self,
        tenant: TenantId,
        deliveries: &[NewDelivery],
        upto: Option<Cursor>,
        waiting_max: u64,
    ) -> Result<(), StoreFault> {
        self.write(|live| {
            for (hook, wanted) in by_hook(deliveries) {
                take_in_of(live, tenant, hook, &wanted, waiting_max)?;
            }
            if let Some(cursor) = upto {
                let (sequence, place) = cursor_columns(cursor);
                live.execute(
                    "INSERT INTO ringback_records.delivery_cursor VALUES ($1, $2, $3)
                     ON CONFLICT (tenant)
                     DO UPDATE SET sequence = excluded.sequence, place = excluded.place",
                    &[&column(tenant), &sequence, &place],
                )?;
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
        let rows = self.read(
            "SELECT number, hook, id, event, made, body, state, due, tries, log
             FROM ringback_records.delivery WHERE tenant = $1 AND hook = $2 AND due <= $3
             AND state = 'waiting' ORDER BY due, number LIMIT $4",
            &[&column(tenant), &int(hook.0), &now.0, &int(limit as u64)],
        )?;
        deliveries(&rows)
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
        self.write(|live| {
            let of: [&(dyn ToSql + Sync); 3] = [&column(tenant), &int(hook.0), &id];
            let rows = live.query(
                "SELECT log, state FROM ringback_records.delivery
                 WHERE tenant = $1 AND hook = $2 AND id = $3 FOR UPDATE",
                &of,
            )?;
            let Some(row) = rows.first() else {
                return Ok(());
            };
            let log = with_attempt(row.get(0), attempt).map_err(Fault::Store)?;
            live.execute(
                "UPDATE ringback_records.delivery SET state = $4, due = coalesce($5, due),
                 tries = tries + 1, log = $6 WHERE tenant = $1 AND hook = $2 AND id = $3",
                &[
                    &column(tenant),
                    &int(hook.0),
                    &id,
                    &state.name(),
                    &due.map(|due| due.0),
                    &log,
                ],
            )?;
            let waiting = DeliveryState::Waiting.name();
            let before: &str = row.get(1);
            let change = i64::from(state.name() == waiting) - i64::from(before == waiting);
            count_waiting(live, tenant, hook, change)?;
            let sql = match next {
                Next::Delivered => {
                    "UPDATE ringback_records.webhook SET succeeded = $3
                     WHERE tenant = $1 AND hook = $2"
                }
                _ => {
                    "UPDATE ringback_records.webhook SET failed = $3
                     WHERE tenant = $1 AND hook = $2"
                }
            };
            live.execute(sql, &[&column(tenant), &int(hook.0), &attempt.at.0])?;
            Ok(())
        })
    }

    fn standing(&mut self, tenant: TenantId) -> Result<Vec<Standing>, StoreFault> {
        let rows = self.read(
            "SELECT hook, waiting, dropped, disabled, reason, succeeded, failed
             FROM ringback_records.webhook WHERE tenant = $1 ORDER BY hook",
            &[&column(tenant)],
        )?;
        let columns = rows.iter().map(|row| StandingColumns {
            hook: row.get(0),
            waiting: row.get(1),
            dropped: row.get(2),
            disabled: row.get(3),
            reason: row.get(4),
            succeeded: row.get(5),
            failed: row.get(6),
        });
        Ok(columns.map(Standing::from).collect())
    }

    fn disable(
        &mut self,
        tenant: TenantId,
        hook: ObjectId,
        why: Option<(WallTime, &str)>,
    ) -> Result<(), StoreFault> {
        self.write(|live| {
            make_hook(live, tenant, hook)?;
            let at = why.map(|(at, _)| at.0);
            let reason = why.map(|(_, reason)| reason);
            live.execute(
                "UPDATE ringback_records.webhook SET disabled = $3, reason = $4
                 WHERE tenant = $1 AND hook = $2",
                &[&column(tenant), &int(hook.0), &at, &reason],
            )?;
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
        let rows = self.read(
            "SELECT number, hook, id, event, made, body, state, due, tries, log
             FROM ringback_records.delivery WHERE tenant = $1 AND hook = $2
             AND ($3::text IS NULL OR id = $3) AND ($4::text IS NULL OR state = $4)
             AND ($5::bigint IS NULL OR made >= $5) AND ($6::bigint IS NULL OR made < $6)
             AND ($7::bigint IS NULL OR number < $7) ORDER BY number DESC LIMIT $8",
            &[
                &column(tenant),
                &int(which.hook.0),
                &which.id,
                &which.state.map(DeliveryState::name),
                &which.from.map(|at| at.0),
                &which.to.map(|at| at.0),
                &before.map(int),
                &int(limit as u64),
            ],
        )?;
        deliveries(&rows)
    }

    fn again(&mut self, tenant: TenantId, which: &Which, now: WallTime) -> Result<u64, StoreFault> {
        let (column, hook) = (column(tenant), int(which.hook.0));
        let state = which.state.map(DeliveryState::name);
        let (from, to) = (which.from.map(|at| at.0), which.to.map(|at| at.0));
        let values: [&(dyn ToSql + Sync); 7] =
            [&column, &hook, &which.id, &state, &from, &to, &now.0];
        self.write(|live| {
            // Those that wait first: afterwards all of them do.
            let waited = live.execute(
                "UPDATE ringback_records.delivery SET state = 'waiting', due = $7, tries = 0
                 WHERE tenant = $1 AND hook = $2
                 AND ($3::text IS NULL OR id = $3) AND ($4::text IS NULL OR state = $4)
                 AND ($5::bigint IS NULL OR made >= $5) AND ($6::bigint IS NULL OR made < $6)
                 AND state = 'waiting'",
                &values,
            )?;
            let more = live.execute(
                "UPDATE ringback_records.delivery SET state = 'waiting', due = $7, tries = 0
                 WHERE tenant = $1 AND hook = $2
                 AND ($3::text IS NULL OR id = $3) AND ($4::text IS NULL OR state = $4)
                 AND ($5::bigint IS NULL OR made >= $5) AND ($6::bigint IS NULL OR made < $6)
                 AND state <> 'waiting'",
                &values,
            )?;
            count_waiting(live, tenant, which.hook, int(more))?;
            Ok(waited + more)
        })
    }

    fn forget(
        &mut self,
        tenant: TenantId,
        before: WallTime,
        kept: &[ObjectId],
    ) -> Result<u64, StoreFault> {
        let known = self.standing(tenant)?;
        self.write(|live| {
            let mut gone = live.execute(
                "DELETE FROM ringback_records.delivery
                 WHERE tenant = $1 AND made < $2 AND state <> 'waiting'",
                &[&column(tenant), &before.0],
            )?;
            for it in known.iter().filter(|it| !kept.contains(&it.hook)) {
                let of: [&(dyn ToSql + Sync); 2] = [&column(tenant), &int(it.hook.0)];
                gone += live.execute(
                    "DELETE FROM ringback_records.delivery WHERE tenant = $1 AND hook = $2",
                    &of,
                )?;
                live.execute(
                    "DELETE FROM ringback_records.webhook WHERE tenant = $1 AND hook = $2",
                    &of,
                )?;
            }
            Ok(gone)
        })
    }
}
