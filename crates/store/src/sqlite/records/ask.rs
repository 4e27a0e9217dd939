//! Questions to the records. Every statement carries the asker's scope as a filter.

use crate::convert::{self, EndingColumns, actor, int, named, strange, uint, unpack};
use crate::sqlite::fault::fault;
use ringback_model::config::Scope;
use ringback_model::interaction::Interaction;
use ringback_model::record::{AgentInterval, Segment};
use ringback_model::statistic::{Subject, Tally};
use ringback_model::{
    AgentId, EngineTime, InteractionId, Now, QueueId, RouteRequestId, VirtualQueueId, WallTime,
};
use ringback_ports::envelope::{Cursor, Sequence, TenantId};
use ringback_ports::records::{
    HistoryRow, InteractionRow, PAGE_MAX, RecordsPage, RecordsQuery, Related,
};
use ringback_ports::store::StoreFault;
use rusqlite::{Connection, Row, ToSql, named_params};

pub(super) fn ask(
    db: &Connection,
    tenant: TenantId,
    query: &RecordsQuery,
) -> Result<RecordsPage, StoreFault> {
    let ask = Ask { db, tenant };
    match query {
        RecordsQuery::Interaction { .. } | RecordsQuery::Interactions { .. } => {
            ask.interactions(query).map(RecordsPage::Interactions)
        }
        RecordsQuery::History {
            interaction,
            scope,
            after,
            limit,
        } => ask
            .history(*interaction, scope, *after, *limit)
            .map(RecordsPage::History),
        RecordsQuery::Segments { interaction, scope } => {
            ask.segments(*interaction, scope).map(RecordsPage::Segments)
        }
        RecordsQuery::WaitTotals => ask.wait_totals().map(RecordsPage::WaitTotals),
        RecordsQuery::Tallies { subject, from, to } => {
            ask.tallies(*subject, *from, *to).map(RecordsPage::Tallies)
        }
        RecordsQuery::Book => ask.book().map(RecordsPage::Book),
        RecordsQuery::Intervals { agent, limit } => {
            ask.intervals(*agent, *limit).map(RecordsPage::Intervals)
        }
        RecordsQuery::ConfigHistory { kind, name, limit } => ask
            .config_history(kind, name, *limit)
            .map(RecordsPage::ConfigHistory),
    }
}

/// The queues of a scope as a JSON list, which SQLite reads as a table; nothing means all.
fn queues(scope: &Scope) -> Option<String> {
    let ids = scope.queues()?.iter().map(|queue| int(queue.0));
    let ids: Vec<i64> = ids.collect();
    Some(serde_json::Value::from(ids).to_string())
}

fn page(limit: usize) -> i64 {
    int(limit.min(PAGE_MAX) as u64)
}

/// How many ids are together in the indexes by contact and by owner, as a power of two; also
/// in their definition and in the questions that use them.
const STRETCH_BITS: u32 = 12;

/// A question about interactions, with the condition on an index that narrows it most put
/// first; the others only filter what that finds.
macro_rules! interactions {
    ($narrow:literal) => {
        concat!(
            "SELECT coalesce((SELECT body FROM edited WHERE edited.tenant = interaction.tenant
                         AND edited.id = interaction.id),
                     (SELECT substr(bodies, body_from + 1, body_bytes) FROM trail
                      WHERE trail.id = interaction.trail)),
                    place, owner, version, stopped_engine, stopped_wall, ending,
                    ending_agent, ending_reason, ending_disposition, queue
             FROM interaction WHERE tenant = :tenant AND ",
            $narrow,
            " AND (:scope IS NULL OR queue IN (SELECT value FROM json_each(:scope)))
              AND (:open IS NULL OR :open = (stopped_engine IS NULL))
              AND (:queue IS NULL OR queue = :queue)
              AND (:contact IS NULL OR contact = :contact)
              AND (:owner IS NULL OR owner = :owner)
              AND (:parent IS NULL OR parent = :parent)
              AND (:thread IS NULL OR thread = :thread)
              AND id < :before
              ORDER BY id DESC LIMIT :limit"
        )
    };
}

struct Ask<'a> {
    db: &'a Connection,
    tenant: TenantId,
}

impl Ask<'_> {
    /// Runs a statement and decodes each row.
    fn rows<T>(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[(&str, &dyn ToSql)],
        decode: impl Fn(&Row<'_>) -> Result<T, RowFault>,
    ) -> Result<Vec<T>, StoreFault> {
        let failed = fault(doing);
        let mut statement = self.db.prepare_cached(sql).map_err(&failed)?;
        let mut found = statement.query(values).map_err(&failed)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(&failed)? {
            rows.push(decode(row).map_err(|fault| match fault {
                RowFault::Sqlite(error) => failed(error),
                RowFault::Store(fault) => fault,
            })?);
        }
        Ok(rows)
    }

    fn interactions(&self, query: &RecordsQuery) -> Result<Vec<InteractionRow>, StoreFault> {
        let filter = InteractionFilter::of(query);
        if filter.id.is_some() {
            self.interactions_where(interactions!("id = :id AND :stretch IS NULL"), &filter)
        } else if filter.thread.is_some() {
            self.thread(filter)
        } else if filter.parent.is_some() {
            let sql = interactions!(":id IS NULL AND id >> 12 = :stretch AND parent = :parent");
            self.by_stretches(sql, filter)
        } else if filter.contact.is_some() {
            let sql = interactions!(":id IS NULL AND id >> 12 = :stretch AND contact = :contact");
            self.by_stretches(sql, filter)
        } else if filter.owner.is_some() {
            let sql = interactions!(":id IS NULL AND id >> 12 = :stretch AND owner = :owner");
            self.by_stretches(sql, filter)
        } else if filter.open == Some(true) {
            let sql = interactions!(":id IS NULL AND :stretch IS NULL AND stopped_engine IS NULL");
            self.interactions_where(sql, &filter)
        } else if filter.queue.is_some() {
            let sql = interactions!(":id IS NULL AND :stretch IS NULL AND queue = :queue");
            self.interactions_where(sql, &filter)
        } else {
            self.interactions_where(interactions!(":id IS NULL AND :stretch IS NULL"), &filter)
        }
    }

    /// What continues a thread, then the interaction that began it, which is older than all of
    /// them.
    fn thread(&self, filter: InteractionFilter) -> Result<Vec<InteractionRow>, StoreFault> {
        let first = InteractionFilter {
            id: filter.thread,
            thread: None,
            ..filter.clone()
        };
        let limit = filter.limit;
        let sql = interactions!(":id IS NULL AND id >> 12 = :stretch AND thread = :thread");
        let mut rows = self.by_stretches(sql, filter)?;
        if int(rows.len() as u64) < limit {
            let sql = interactions!("id = :id AND :stretch IS NULL");
            rows.extend(self.interactions_where(sql, &first)?);
        }
        Ok(rows)
    }

    /// Looks through one stretch of ids after the other, the newest first, until the page is
    /// full.
    fn by_stretches(
        &self,
        sql: &str,
        mut filter: InteractionFilter,
    ) -> Result<Vec<InteractionRow>, StoreFault> {
        let doing = "reading interactions";
        // All stretches as they are at one moment; there is nothing to commit at the end.
        let _moment = self.db.unchecked_transaction().map_err(fault(doing))?;
        let newest: i64 = self
            .db
            .prepare_cached("SELECT coalesce(max(id), 0) FROM interaction WHERE tenant = ?1")
            .and_then(|mut statement| statement.query_row([self.tenant.0], |row| row.get(0)))
            .map_err(fault(doing))?;
        filter.before = filter.before.min(newest.saturating_add(1));
        let mut rows = Vec::new();
        while filter.limit > 0 && filter.before > filter.least {
            let stretch = (filter.before - 1) >> STRETCH_BITS;
            filter.stretch = Some(stretch);
            let found = self.interactions_where(sql, &filter)?;
            filter.limit -= int(found.len() as u64);
            filter.before = stretch << STRETCH_BITS;
            rows.extend(found);
        }
        Ok(rows)
    }

    fn interactions_where(
        &self,
        sql: &str,
        filter: &InteractionFilter,
    ) -> Result<Vec<InteractionRow>, StoreFault> {
        self.rows(
            "reading interactions",
            sql,
            named_params! {
                ":tenant": self.tenant.0,
                ":id": filter.id,
                ":stretch": filter.stretch,
                ":scope": filter.scope,
                ":open": filter.open,
                ":queue": filter.queue,
                ":contact": filter.contact,
                ":owner": filter.owner,
                ":parent": filter.parent,
                ":thread": filter.thread,
                ":before": filter.before,
                ":limit": filter.limit,
            },
            interaction_row,
        )
    }

    fn history(
        &self,
        interaction: InteractionId,
        scope: &Scope,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<HistoryRow>, StoreFault> {
        self.rows(
            "reading history",
            "SELECT sequence, place, engine, wall, actor, interaction, queue, agent, body
             FROM history WHERE tenant = :tenant AND interaction = :interaction
               AND (:scope IS NULL OR queue IN (SELECT value FROM json_each(:scope)))
               AND upto >= :sequence AND (sequence, place) > (:sequence, :place)
             ORDER BY sequence, place LIMIT :limit",
            named_params! {
                ":tenant": self.tenant.0,
                ":scope": queues(scope),
                ":interaction": int(interaction.0),
                ":sequence": after.map_or(-1, |after| int(after.sequence.0)),
                ":place": after.map_or(-1, |after| i64::from(after.index)),
                ":limit": page(limit),
            },
            history_row,
        )
    }

    fn segments(
        &self,
        interaction: InteractionId,
        scope: &Scope,
    ) -> Result<Vec<Segment>, StoreFault> {
        self.rows(
            "reading segments",
            "SELECT interaction, medium, who, agent, kind, queue, virtual_queue, request,
                    from_engine, from_wall, to_engine, to_wall, ending
             FROM segment WHERE tenant = :tenant AND interaction = :interaction
               AND (:scope IS NULL OR queue IN (SELECT value FROM json_each(:scope)))
             ORDER BY number",
            named_params! {
                ":tenant": self.tenant.0,
                ":interaction": int(interaction.0),
                ":scope": queues(scope),
            },
            segment,
        )
    }

    fn wait_totals(&self) -> Result<Vec<(VirtualQueueId, String, u64)>, StoreFault> {
        self.rows(
            "reading the totals of waits",
            "SELECT virtual_queue, ending, waits FROM wait_total WHERE tenant = :tenant
             ORDER BY virtual_queue, ending",
            named_params! {":tenant": self.tenant.0},
            |row| {
                let queue = VirtualQueueId(uint(row.get(0)?));
                Ok((queue, row.get(1)?, uint(row.get(2)?)))
            },
        )
    }

    fn tallies(
        &self,
        subject: Subject,
        from: WallTime,
        to: WallTime,
    ) -> Result<Vec<Tally>, StoreFault> {
        self.rows(
            "reading tallies",
            "SELECT quarter, medium, filter, counts FROM tally
             WHERE tenant = :tenant AND subject = :subject AND number = :number
                 AND quarter >= :from AND quarter < :to
             ORDER BY quarter, medium, filter",
            named_params! {
                ":tenant": self.tenant.0,
                ":subject": subject.kind().name(),
                ":number": int(subject.number()),
                ":from": from.0,
                ":to": to.0,
            },
            |row| {
                let text = |at| row.get::<_, String>(at);
                Ok(Tally {
                    quarter: WallTime(row.get(0)?),
                    key: convert::key(subject, &text(1)?, row.get(2)?)?,
                    counts: convert::counts(&text(3)?)?,
                })
            },
        )
    }

    fn book(&self) -> Result<Option<(Sequence, Vec<u8>)>, StoreFault> {
        let found = self.rows(
            "reading the book of statistics",
            "SELECT sequence, body FROM book WHERE tenant = :tenant",
            named_params! {":tenant": self.tenant.0},
            |row| Ok((Sequence(uint(row.get(0)?)), row.get(1)?)),
        )?;
        Ok(found.into_iter().next())
    }

    fn intervals(&self, agent: AgentId, limit: usize) -> Result<Vec<AgentInterval>, StoreFault> {
        self.rows(
            "reading agent intervals",
            "SELECT agent, medium, state, why, reason, from_engine, from_wall, to_engine, to_wall
             FROM agent_interval WHERE tenant = :tenant AND agent = :agent
             ORDER BY number DESC LIMIT :limit",
            named_params! {
                ":tenant": self.tenant.0,
                ":agent": int(agent.0),
                ":limit": page(limit),
            },
            interval,
        )
    }

    fn config_history(
        &self,
        kind: &str,
        name: &str,
        limit: usize,
    ) -> Result<Vec<ConfigRow>, StoreFault> {
        self.rows(
            "reading versions of configuration",
            "SELECT version, engine, wall, actor, body FROM config_version
             WHERE tenant = :tenant AND kind = :kind AND name = :name
             ORDER BY version DESC LIMIT :limit",
            named_params! {
                ":tenant": self.tenant.0,
                ":kind": kind,
                ":name": name,
                ":limit": page(limit),
            },
            |row| {
                let who = actor(&row.get::<_, String>(3)?)?;
                Ok((uint(row.get(0)?), now(row, 1)?, who, row.get(4)?))
            },
        )
    }
}

type ConfigRow = (u64, Now, ringback_ports::envelope::ActorRef, Vec<u8>);

/// What both questions about interactions filter by, as columns.
#[derive(Clone, Default)]
struct InteractionFilter {
    id: Option<i64>,
    /// Of ids; see [`Ask::by_stretches`].
    stretch: Option<i64>,
    scope: Option<String>,
    open: Option<bool>,
    queue: Option<i64>,
    contact: Option<i64>,
    owner: Option<i64>,
    parent: Option<i64>,
    thread: Option<i64>,
    /// Nothing is found at or below it, so nobody looks there.
    least: i64,
    before: i64,
    limit: i64,
}

impl InteractionFilter {
    fn of(query: &RecordsQuery) -> Self {
        match query {
            RecordsQuery::Interaction { interaction, scope } => Self {
                id: Some(int(interaction.0)),
                scope: queues(scope),
                before: i64::MAX,
                limit: 1,
                ..Self::default()
            },
            RecordsQuery::Interactions {
                scope,
                open,
                queue,
                contact,
                owner,
                related,
                before,
                limit,
            } => Self {
                id: None,
                stretch: None,
                scope: queues(scope),
                open: *open,
                queue: queue.map(|id| int(id.0)),
                contact: contact.map(|id| int(id.0)),
                owner: owner.map(|id| int(id.0)),
                parent: related.and_then(parent_of),
                thread: related.and_then(thread_of),
                // What came out of another one came after it.
                least: related.map_or(0, |of| parent_of(of).or(thread_of(of)).unwrap_or(0)),
                before: before.map_or(i64::MAX, |id| int(id.0)),
                limit: page(*limit),
            },
            _ => Self::default(),
        }
    }
}

fn parent_of(related: Related) -> Option<i64> {
    match related {
        Related::ChildrenOf(id) => Some(int(id.0)),
        Related::Thread(_) => None,
    }
}

fn thread_of(related: Related) -> Option<i64> {
    match related {
        Related::ChildrenOf(_) => None,
        Related::Thread(id) => Some(int(id.0)),
    }
}

/// Why a row could not be read.
enum RowFault {
    Sqlite(rusqlite::Error),
    Store(StoreFault),
}

impl From<rusqlite::Error> for RowFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreFault> for RowFault {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

/// Two columns, beginning at `first`: engine time and wall time.
fn now(row: &Row<'_>, first: usize) -> Result<Now, RowFault> {
    Ok(Now {
        engine: EngineTime(uint(row.get(first)?)),
        wall: WallTime(row.get(first + 1)?),
    })
}

fn id<T>(row: &Row<'_>, at: usize, make: fn(u64) -> T) -> Result<Option<T>, RowFault> {
    let found: Option<i64> = row.get(at)?;
    Ok(found.map(|number| make(uint(number))))
}

fn interaction_row(row: &Row<'_>) -> Result<InteractionRow, RowFault> {
    let ending = EndingColumns {
        ending: row.get(6)?,
        agent: row.get(7)?,
        reason: row.get(8)?,
        disposition: row.get(9)?,
    };
    let stopped: Option<i64> = row.get(4)?;
    let mut submitted: Interaction = unpack(
        "interactions",
        row.get_ref(0)?.as_blob().unwrap_or_default(),
    )?;
    submitted.queue = QueueId(uint(row.get(10)?));
    Ok(InteractionRow {
        submitted,
        place: row.get(1)?,
        owner: id(row, 2, AgentId)?,
        version: uint(row.get(3)?),
        stopped: match stopped {
            Some(_) => Some(now(row, 4)?),
            None => None,
        },
        ending: ending.ending()?,
    })
}

fn history_row(row: &Row<'_>) -> Result<HistoryRow, RowFault> {
    Ok(HistoryRow {
        cursor: Cursor {
            sequence: Sequence(uint(row.get(0)?)),
            index: row.get(1)?,
        },
        now: now(row, 2)?,
        actor: actor(&row.get::<_, String>(4)?)?,
        interaction: id(row, 5, InteractionId)?,
        queue: id(row, 6, QueueId)?,
        agent: id(row, 7, AgentId)?,
        event: unpack("history", row.get_ref(8)?.as_blob().unwrap_or_default())?,
    })
}

fn segment(row: &Row<'_>) -> Result<Segment, RowFault> {
    let text = |at| row.get::<_, String>(at);
    Ok(Segment {
        interaction: InteractionId(uint(row.get(0)?)),
        medium: named("segments", &text(1)?)?,
        who: convert::who(&text(2)?, row.get(3)?)?,
        kind: named("segments", &text(4)?)?,
        queue: QueueId(uint(row.get(5)?)),
        virtual_queue: id(row, 6, VirtualQueueId)?,
        request: id(row, 7, RouteRequestId)?,
        from: now(row, 8)?,
        to: now(row, 10)?,
        end: named("segments", &text(12)?)?,
    })
}

fn interval(row: &Row<'_>) -> Result<AgentInterval, RowFault> {
    let text = |at| row.get::<_, Option<String>>(at);
    let medium = match text(1)? {
        Some(name) => Some(named("intervals", &name)?),
        None => None,
    };
    let state = text(2)?.ok_or_else(|| strange("intervals", "nothing"))?;
    Ok(AgentInterval {
        agent: AgentId(uint(row.get(0)?)),
        medium,
        state: convert::state(&state, text(3)?.as_deref(), text(4)?.as_deref())?,
        from: now(row, 5)?,
        to: now(row, 7)?,
    })
}
