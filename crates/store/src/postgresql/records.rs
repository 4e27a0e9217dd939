//! Records in PostgreSQL: projection and questions.

use super::column;
use super::link::{Link, LinkFault, Live};
use crate::convert::{
    self, EndingColumns, actor, actor_text, int, named, pack, state_columns, uint, unpack,
    who_columns,
};
use crate::project::{check_order, unknown};
use ringback_model::config::Scope;
use ringback_model::interaction::Interaction;
use ringback_model::record::{AgentInterval, Segment, SegmentKind};
use ringback_model::statistic::{Subject, Tally};
use ringback_model::{
    AgentId, EngineTime, InteractionId, Medium, Name, Now, QueueId, RouteRequestId, VirtualQueueId,
    WallTime,
};
use ringback_ports::envelope::{Cursor, Sequence, TenantId};
use ringback_ports::records::{
    Change, ConfigVersion, HistoryLine, HistoryRow, InteractionRow, PAGE_MAX, RecordsPage,
    RecordsQuery, Related,
};
use ringback_ports::store::{RecordsReader, RecordsWriter, StoreFault};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// Writes or reads; the server keeps them apart.
pub(super) struct PostgresRecords {
    link: Link,
}

impl PostgresRecords {
    pub(super) const fn new(link: Link) -> Self {
        Self { link }
    }

    fn read_watermark(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        let sql = "SELECT sequence FROM ringback_records.watermark WHERE tenant = $1";
        let rows = self.link.with(|live| live.query(sql, &[&column(tenant)]));
        let rows = rows.map_err(|fault: LinkFault| fault.of("reading the watermark"))?;
        Ok(Sequence(rows.first().map_or(0, |row| uint(row.get(0)))))
    }
}

impl RecordsWriter for PostgresRecords {
    fn watermark(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        self.read_watermark(tenant)
    }

    fn project(
        &mut self,
        tenant: TenantId,
        changes: &[Change<'_>],
        watermark: Sequence,
    ) -> Result<(), StoreFault> {
        self.link.transaction(|live| {
            let from = lock_watermark(live, tenant)?;
            check_order(tenant, changes, from, watermark)?;
            let write = Write { live, tenant };
            for change in changes {
                write.change(change)?;
            }
            live.execute(
                "UPDATE ringback_records.watermark SET sequence = $2 WHERE tenant = $1",
                &[&column(tenant), &int(watermark.0)],
            )?;
            Ok(())
        })
    }

    fn flush(&mut self) -> Result<(), StoreFault> {
        // Every commit here waits for the disk.
        Ok(())
    }
}

/// The watermark, locked until the commit, so that two projectors cannot write the same twice.
fn lock_watermark(live: &Live, tenant: TenantId) -> Result<Sequence, LinkFault> {
    live.execute(
        "INSERT INTO ringback_records.watermark VALUES ($1, 0) ON CONFLICT DO NOTHING",
        &[&column(tenant)],
    )?;
    let rows = live.query(
        "SELECT sequence FROM ringback_records.watermark WHERE tenant = $1 FOR UPDATE",
        &[&column(tenant)],
    )?;
    Ok(Sequence(rows.first().map_or(0, |row| uint(row.get(0)))))
}

/// Writes changes of one tenant inside a transaction.
struct Write<'a> {
    live: &'a Live,
    tenant: TenantId,
}

impl Write<'_> {
    fn run(&self, sql: &'static str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, StoreFault> {
        self.live
            .execute(sql, values)
            .map_err(|fault| fault.of("projecting into the records"))
    }

    fn change(&self, change: &Change<'_>) -> Result<(), StoreFault> {
        match change {
            Change::Submitted(interaction) => self.submitted(interaction),
            Change::Moved {
                interaction,
                place,
                owner,
            } => {
                let changed = self.run(
                    "UPDATE ringback_records.interaction
                     SET place = coalesce($3, place), owner = coalesce($4, owner),
                         version = version + 1
                     WHERE tenant = $1 AND id = $2",
                    &[
                        &column(self.tenant),
                        &int(interaction.0),
                        place,
                        &owner.map(|id| int(id.0)),
                    ],
                )?;
                self.known(*interaction, changed)
            }
            Change::Requeued { interaction, queue } => {
                let changed = self.run(
                    "UPDATE ringback_records.interaction
                     SET queue = $3, version = version + 1
                     WHERE tenant = $1 AND id = $2",
                    &[&column(self.tenant), &int(interaction.0), &int(queue.0)],
                )?;
                self.known(*interaction, changed)
            }
            Change::Placed {
                interaction,
                place,
                queue,
            } => {
                let changed = self.run(
                    "UPDATE ringback_records.interaction
                     SET place = $3, owner = NULL, queue = coalesce($4, queue),
                         version = version + 1
                     WHERE tenant = $1 AND id = $2",
                    &[
                        &column(self.tenant),
                        &int(interaction.0),
                        place,
                        &queue.map(|queue| int(queue.0)),
                    ],
                )?;
                self.known(*interaction, changed)
            }
            Change::Changed {
                interaction,
                change,
            } => {
                self.edited(*interaction, |it| change.write_into(it))?;
                let changed = self.run(
                    "UPDATE ringback_records.interaction SET version = version + 1
                     WHERE tenant = $1 AND id = $2",
                    &[&column(self.tenant), &int(interaction.0)],
                )?;
                self.known(*interaction, changed)
            }
            Change::Stopped {
                interaction,
                at,
                ending,
            } => self.stopped(*interaction, *at, &EndingColumns::from(*ending)),
            Change::Segment(segment) => self.segment(segment),
            Change::Interval(interval) => self.interval(interval),
            Change::History(line) => self.history(line),
            Change::Config(version) => self.config(version),
            Change::Tally(tally) => self.tally(tally),
            Change::Book { upto, body } => self.book(*upto, body),
        }
    }

    fn known(&self, interaction: InteractionId, changed: u64) -> Result<(), StoreFault> {
        if changed == 1 {
            return Ok(());
        }
        Err(unknown(self.tenant, interaction))
    }

    /// Writes what is known of an interaction anew.
    fn edited(
        &self,
        id: InteractionId,
        edit: impl FnOnce(&mut Interaction),
    ) -> Result<(), StoreFault> {
        let rows = self
            .live
            .query(
                "SELECT body FROM ringback_records.interaction WHERE tenant = $1 AND id = $2",
                &[&column(self.tenant), &int(id.0)],
            )
            .map_err(|fault| fault.of("projecting into the records"))?;
        let row = rows.first().ok_or_else(|| unknown(self.tenant, id))?;
        let body: Vec<u8> = row.get(0);
        let mut it: Interaction = unpack("interactions", &body)?;
        edit(&mut it);
        self.run(
            "UPDATE ringback_records.interaction
             SET body = $3, kind = $4, subkind = $5, tier = $6
             WHERE tenant = $1 AND id = $2",
            &[
                &column(self.tenant),
                &int(id.0),
                &pack("interactions", &it)?,
                &it.kind.as_str(),
                &it.subkind.as_ref().map(Name::as_str),
                &i64::from(it.tier.0),
            ],
        )?;
        Ok(())
    }

    fn submitted(&self, interaction: &Interaction) -> Result<(), StoreFault> {
        self.run(
            "INSERT INTO ringback_records.interaction (tenant, id, medium, kind, subkind, tier,
                 queue, contact, parent, thread, place, owner, version, submitted_engine,
                 submitted_wall, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            &[
                &column(self.tenant),
                &int(interaction.id.0),
                &interaction.medium.name(),
                &interaction.kind.as_str(),
                &interaction.subkind.as_ref().map(Name::as_str),
                &i64::from(interaction.tier.0),
                &int(interaction.queue.0),
                &interaction.contact.map(|id| int(id.0)),
                &interaction.parent.map(|id| int(id.0)),
                &interaction.thread.map(|id| int(id.0)),
                &interaction.place.name(),
                &interaction.owner().map(|id| int(id.0)),
                &int(interaction.version),
                &int(interaction.submitted.engine.0),
                &interaction.submitted.wall.0,
                &pack("interactions", interaction)?,
            ],
        )?;
        Ok(())
    }

    fn stopped(
        &self,
        interaction: InteractionId,
        at: Now,
        ending: &EndingColumns,
    ) -> Result<(), StoreFault> {
        let changed = self.run(
            "UPDATE ringback_records.interaction
             SET place = 'stopped', version = version + 1, stopped_engine = $3,
                 stopped_wall = $4, ending = $5, ending_agent = $6, ending_reason = $7,
                 ending_disposition = $8
             WHERE tenant = $1 AND id = $2",
            &[
                &column(self.tenant),
                &int(interaction.0),
                &int(at.engine.0),
                &at.wall.0,
                &ending.ending,
                &ending.agent,
                &ending.reason,
                &ending.disposition,
            ],
        )?;
        self.known(interaction, changed)
    }

    fn segment(&self, segment: &Segment) -> Result<(), StoreFault> {
        let (who, agent) = who_columns(segment.who);
        self.run(
            "INSERT INTO ringback_records.segment (tenant, interaction, medium, who, agent, kind,
                 queue, virtual_queue, request, from_engine, from_wall, to_engine, to_wall, ending)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            &[
                &column(self.tenant),
                &int(segment.interaction.0),
                &segment.medium.name(),
                &who,
                &agent,
                &segment.kind.name(),
                &int(segment.queue.0),
                &segment.virtual_queue.map(|id| int(id.0)),
                &segment.request.map(|id| int(id.0)),
                &int(segment.from.engine.0),
                &segment.from.wall.0,
                &int(segment.to.engine.0),
                &segment.to.wall.0,
                &segment.end.name(),
            ],
        )?;
        if let (SegmentKind::Wait, Some(queue)) = (segment.kind, segment.virtual_queue) {
            self.run(
                "INSERT INTO ringback_records.wait_total AS total VALUES ($1, $2, $3, 1)
                 ON CONFLICT (tenant, virtual_queue, ending)
                 DO UPDATE SET waits = total.waits + 1",
                &[&column(self.tenant), &int(queue.0), &segment.end.name()],
            )?;
        }
        Ok(())
    }

    fn interval(&self, interval: &AgentInterval) -> Result<(), StoreFault> {
        let (state, why, reason) = state_columns(&interval.state);
        self.run(
            "INSERT INTO ringback_records.agent_interval (tenant, agent, medium, state, why,
                 reason, from_engine, from_wall, to_engine, to_wall)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                &column(self.tenant),
                &int(interval.agent.0),
                &interval.medium.map(Medium::name),
                &state,
                &why,
                &reason,
                &int(interval.from.engine.0),
                &interval.from.wall.0,
                &int(interval.to.engine.0),
                &interval.to.wall.0,
            ],
        )?;
        Ok(())
    }

    fn history(&self, line: &HistoryLine<'_>) -> Result<(), StoreFault> {
        self.run(
            "INSERT INTO ringback_records.history (tenant, sequence, place, engine, wall, actor,
                 name, interaction, queue, agent, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            &[
                &column(self.tenant),
                &int(line.cursor.sequence.0),
                &i64::from(line.cursor.index),
                &int(line.now.engine.0),
                &line.now.wall.0,
                &actor_text(line.actor),
                &line.event.name(),
                &line.interaction.map(|id| int(id.0)),
                &line.queue.map(|id| int(id.0)),
                &line.agent.map(|id| int(id.0)),
                &pack("history", line.event)?,
            ],
        )?;
        Ok(())
    }

    fn tally(&self, tally: &Tally) -> Result<(), StoreFault> {
        let (subject, number, medium, filter) = convert::key_columns(&tally.key);
        let (tenant, quarter) = (column(self.tenant), tally.quarter.0);
        let key: [&(dyn ToSql + Sync); 6] =
            [&tenant, &subject, &number, &quarter, &medium, &filter];
        let there = self
            .live
            .query(
                "SELECT counts FROM ringback_records.tally WHERE tenant = $1 AND subject = $2
                     AND number = $3 AND quarter = $4 AND medium = $5 AND filter = $6",
                &key,
            )
            .map_err(|fault| fault.of("projecting into the records"))?;
        let there: Option<String> = there.first().map(|row| row.get(0));
        let counts = convert::counts_together(there.as_deref(), &tally.counts)?;
        self.run(
            "INSERT INTO ringback_records.tally VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (tenant, subject, number, quarter, medium, filter)
             DO UPDATE SET counts = excluded.counts",
            &[
                &tenant, &subject, &number, &quarter, &medium, &filter, &counts,
            ],
        )?;
        Ok(())
    }

    fn book(&self, upto: Sequence, body: &[u8]) -> Result<(), StoreFault> {
        self.run(
            "INSERT INTO ringback_records.book VALUES ($1, $2, $3)
             ON CONFLICT (tenant) DO UPDATE SET sequence = excluded.sequence,
                 body = excluded.body",
            &[&column(self.tenant), &int(upto.0), &body],
        )?;
        Ok(())
    }

    fn config(&self, version: &ConfigVersion) -> Result<(), StoreFault> {
        self.run(
            "INSERT INTO ringback_records.config_version (tenant, kind, name, version, engine,
                 wall, actor, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &column(self.tenant),
                &version.kind,
                &version.name,
                &int(version.version),
                &int(version.now.engine.0),
                &version.now.wall.0,
                &actor_text(&version.actor),
                &version.body,
            ],
        )?;
        Ok(())
    }
}

impl RecordsReader for PostgresRecords {
    fn watermark(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        self.read_watermark(tenant)
    }

    fn ask(&mut self, tenant: TenantId, query: &RecordsQuery) -> Result<RecordsPage, StoreFault> {
        self.link.with(|live| Ask { live, tenant }.ask(query))
    }
}

/// The queues of a scope; nothing means all.
fn queues(scope: &Scope) -> Option<Vec<i64>> {
    let queues = scope.queues()?.iter();
    Some(queues.map(|queue| int(queue.0)).collect())
}

fn page(limit: usize) -> i64 {
    int(limit.min(PAGE_MAX) as u64)
}

struct Ask<'a> {
    live: &'a Live,
    tenant: TenantId,
}

impl Ask<'_> {
    fn ask(&self, query: &RecordsQuery) -> Result<RecordsPage, StoreFault> {
        match query {
            RecordsQuery::Interaction { interaction, scope } => {
                self.interaction(*interaction, scope)
            }
            RecordsQuery::Interactions {
                scope,
                open,
                queue,
                contact,
                owner,
                related,
                before,
                limit,
            } => self.interactions(&[
                &column(self.tenant),
                &queues(scope),
                open,
                &queue.map(|id| int(id.0)),
                &contact.map(|id| int(id.0)),
                &owner.map(|id| int(id.0)),
                &before.map_or(i64::MAX, |id| int(id.0)),
                &page(*limit),
                &related.and_then(|of| match of {
                    Related::ChildrenOf(id) => Some(int(id.0)),
                    Related::Thread(_) => None,
                }),
                &related.and_then(|of| match of {
                    Related::ChildrenOf(_) => None,
                    Related::Thread(id) => Some(int(id.0)),
                }),
            ]),
            RecordsQuery::History {
                interaction,
                scope,
                after,
                limit,
            } => self.history(&[
                &column(self.tenant),
                &queues(scope),
                &int(interaction.0),
                &after.map_or(-1, |after| int(after.sequence.0)),
                &after.map_or(-1, |after| i64::from(after.index)),
                &page(*limit),
            ]),
            RecordsQuery::Segments { interaction, scope } => self.segments(*interaction, scope),
            RecordsQuery::WaitTotals => self.wait_totals(),
            RecordsQuery::Tallies { subject, from, to } => self.tallies(*subject, *from, *to),
            RecordsQuery::Book => self.book(),
            RecordsQuery::Intervals { agent, limit } => self.intervals(*agent, *limit),
            RecordsQuery::ConfigHistory { kind, name, limit } => {
                self.config_history(kind, name, *limit)
            }
        }
    }

    fn rows<T>(
        &self,
        doing: &'static str,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
        decode: impl Fn(&Row) -> Result<T, StoreFault>,
    ) -> Result<Vec<T>, StoreFault> {
        let rows = self.live.query(sql, values);
        let rows = rows.map_err(|fault| fault.of(doing))?;
        rows.iter().map(decode).collect()
    }

    fn interaction(
        &self,
        interaction: InteractionId,
        scope: &Scope,
    ) -> Result<RecordsPage, StoreFault> {
        self.rows(
            "reading an interaction",
            "SELECT body, place, owner, version, stopped_engine, stopped_wall, ending,
                    ending_agent, ending_reason, ending_disposition, queue
             FROM ringback_records.interaction
             WHERE tenant = $1 AND id = $2 AND ($3::bigint[] IS NULL OR queue = ANY ($3))",
            &[&column(self.tenant), &int(interaction.0), &queues(scope)],
            interaction_row,
        )
        .map(RecordsPage::Interactions)
    }

    fn interactions(&self, values: &[&(dyn ToSql + Sync)]) -> Result<RecordsPage, StoreFault> {
        self.rows(
            "reading interactions",
            "SELECT body, place, owner, version, stopped_engine, stopped_wall, ending,
                    ending_agent, ending_reason, ending_disposition, queue
             FROM ringback_records.interaction
             WHERE tenant = $1 AND ($2::bigint[] IS NULL OR queue = ANY ($2))
               AND ($3::boolean IS NULL OR $3 = (stopped_engine IS NULL))
               AND ($4::bigint IS NULL OR queue = $4)
               AND ($5::bigint IS NULL OR contact = $5)
               AND ($6::bigint IS NULL OR owner = $6)
               AND ($9::bigint IS NULL OR parent = $9)
               AND ($10::bigint IS NULL OR thread = $10 OR id = $10)
               AND id < $7
             ORDER BY id DESC LIMIT $8",
            values,
            interaction_row,
        )
        .map(RecordsPage::Interactions)
    }

    fn history(&self, values: &[&(dyn ToSql + Sync)]) -> Result<RecordsPage, StoreFault> {
        self.rows(
            "reading history",
            "SELECT sequence, place, engine, wall, actor, interaction, queue, agent, body
             FROM ringback_records.history
             WHERE tenant = $1 AND ($2::bigint[] IS NULL OR queue = ANY ($2))
               AND interaction = $3 AND (sequence, place) > ($4, $5)
             ORDER BY sequence, place LIMIT $6",
            values,
            history_row,
        )
        .map(RecordsPage::History)
    }

    fn segments(
        &self,
        interaction: InteractionId,
        scope: &Scope,
    ) -> Result<RecordsPage, StoreFault> {
        self.rows(
            "reading segments",
            "SELECT interaction, medium, who, agent, kind, queue, virtual_queue, request,
                    from_engine, from_wall, to_engine, to_wall, ending
             FROM ringback_records.segment
             WHERE tenant = $1 AND interaction = $2
               AND ($3::bigint[] IS NULL OR queue = ANY ($3))
             ORDER BY number",
            &[&column(self.tenant), &int(interaction.0), &queues(scope)],
            segment,
        )
        .map(RecordsPage::Segments)
    }

    fn wait_totals(&self) -> Result<RecordsPage, StoreFault> {
        self.rows(
            "reading the totals of waits",
            "SELECT virtual_queue, ending, waits FROM ringback_records.wait_total
             WHERE tenant = $1 ORDER BY virtual_queue, ending COLLATE \"C\"",
            &[&column(self.tenant)],
            |row| {
                let queue = VirtualQueueId(uint(row.get(0)));
                Ok((queue, row.get(1), uint(row.get(2))))
            },
        )
        .map(RecordsPage::WaitTotals)
    }

    fn tallies(
        &self,
        subject: Subject,
        from: WallTime,
        to: WallTime,
    ) -> Result<RecordsPage, StoreFault> {
        let tally = |row: &Row| {
            Ok(Tally {
                quarter: WallTime(row.get(0)),
                key: convert::key(subject, row.get(1), row.get(2))?,
                counts: convert::counts(row.get(3))?,
            })
        };
        self.rows(
            "reading tallies",
            "SELECT quarter, medium, filter, counts FROM ringback_records.tally
             WHERE tenant = $1 AND subject = $2 AND number = $3
                 AND quarter >= $4 AND quarter < $5
             ORDER BY quarter, medium, filter",
            &[
                &column(self.tenant),
                &subject.kind().name(),
                &int(subject.number()),
                &from.0,
                &to.0,
            ],
            tally,
        )
        .map(RecordsPage::Tallies)
    }

    fn book(&self) -> Result<RecordsPage, StoreFault> {
        let found = self.rows(
            "reading the book of statistics",
            "SELECT sequence, body FROM ringback_records.book WHERE tenant = $1",
            &[&column(self.tenant)],
            |row| Ok((Sequence(uint(row.get(0))), row.get(1))),
        )?;
        Ok(RecordsPage::Book(found.into_iter().next()))
    }

    fn intervals(&self, agent: AgentId, limit: usize) -> Result<RecordsPage, StoreFault> {
        self.rows(
            "reading agent intervals",
            "SELECT agent, medium, state, why, reason, from_engine, from_wall, to_engine, to_wall
             FROM ringback_records.agent_interval
             WHERE tenant = $1 AND agent = $2 ORDER BY number DESC LIMIT $3",
            &[&column(self.tenant), &int(agent.0), &page(limit)],
            interval,
        )
        .map(RecordsPage::Intervals)
    }

    fn config_history(
        &self,
        kind: &str,
        name: &str,
        limit: usize,
    ) -> Result<RecordsPage, StoreFault> {
        self.rows(
            "reading versions of configuration",
            "SELECT version, engine, wall, actor, body FROM ringback_records.config_version
             WHERE tenant = $1 AND kind = $2 AND name = $3 ORDER BY version DESC LIMIT $4",
            &[&column(self.tenant), &kind, &name, &page(limit)],
            |row| {
                Ok((
                    uint(row.get(0)),
                    now(row, 1),
                    actor(row.get(3))?,
                    row.get(4),
                ))
            },
        )
        .map(RecordsPage::ConfigHistory)
    }
}

/// Two columns, beginning at `first`: engine time and wall time.
fn now(row: &Row, first: usize) -> Now {
    Now {
        engine: EngineTime(uint(row.get(first))),
        wall: WallTime(row.get(first + 1)),
    }
}

fn id<T>(row: &Row, at: usize, make: fn(u64) -> T) -> Option<T> {
    let found: Option<i64> = row.get(at);
    found.map(|number| make(uint(number)))
}

fn interaction_row(row: &Row) -> Result<InteractionRow, StoreFault> {
    let ending = EndingColumns {
        ending: row.get(6),
        agent: row.get(7),
        reason: row.get(8),
        disposition: row.get(9),
    };
    let stopped: Option<i64> = row.get(4);
    let mut submitted: Interaction = unpack("interactions", row.get(0))?;
    submitted.queue = QueueId(uint(row.get(10)));
    Ok(InteractionRow {
        submitted,
        place: row.get(1),
        owner: id(row, 2, AgentId),
        version: uint(row.get(3)),
        stopped: stopped.map(|_| now(row, 4)),
        ending: ending.ending()?,
    })
}

fn history_row(row: &Row) -> Result<HistoryRow, StoreFault> {
    let index: i64 = row.get(1);
    Ok(HistoryRow {
        cursor: Cursor {
            sequence: Sequence(uint(row.get(0))),
            index: u32::try_from(index)
                .map_err(|_| convert::strange("history", &index.to_string()))?,
        },
        now: now(row, 2),
        actor: actor(row.get(4))?,
        interaction: id(row, 5, InteractionId),
        queue: id(row, 6, QueueId),
        agent: id(row, 7, AgentId),
        event: unpack("history", row.get(8))?,
    })
}

fn segment(row: &Row) -> Result<Segment, StoreFault> {
    Ok(Segment {
        interaction: InteractionId(uint(row.get(0))),
        medium: named("segments", row.get(1))?,
        who: convert::who(row.get(2), row.get(3))?,
        kind: named("segments", row.get(4))?,
        queue: QueueId(uint(row.get(5))),
        virtual_queue: id(row, 6, VirtualQueueId),
        request: id(row, 7, RouteRequestId),
        from: now(row, 8),
        to: now(row, 10),
        end: named("segments", row.get(12))?,
    })
}

fn interval(row: &Row) -> Result<AgentInterval, StoreFault> {
    let medium = match row.get::<_, Option<&str>>(1) {
        Some(name) => Some(named("intervals", name)?),
        None => None,
    };
    Ok(AgentInterval {
        agent: AgentId(uint(row.get(0))),
        medium,
        state: convert::state(row.get(2), row.get(3), row.get(4))?,
        from: now(row, 5),
        to: now(row, 7),
    })
}
