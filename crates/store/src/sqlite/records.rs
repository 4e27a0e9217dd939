//! Records in SQLite: the projection is written here, questions are answered in [`ask`].

mod ask;
#[cfg(test)]
mod first;
mod fold;
mod trail;

use super::connection::{Checkpoint, Synchronous};
use super::fault::{Health, fault};
use super::schema::RECORDS;
use crate::convert::{
    actor_text, counts_together, int, key_columns, pack, state_columns, uint, unpack,
};
use crate::project::{check_order, twice, unknown};
use fold::{Standing, Waits, by_interaction};
use ringback_model::interaction::{self as model, Interaction};
use ringback_model::record::{AgentInterval, SegmentKind};
use ringback_model::statistic::Tally;
use ringback_model::{InteractionId, Medium, Name, Now};
use ringback_ports::envelope::{Sequence, TenantId};
use ringback_ports::records::{Change, ConfigVersion, RecordsPage, RecordsQuery};
use ringback_ports::store::{RecordsReader, RecordsWriter, StoreFault};
use rusqlite::{
    CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params,
};
use std::path::Path;
use trail::{Range, Trail};

/// Memory for pages.
const CACHE_KIB: i64 = 32 * 1024;
/// How long the write-ahead log grows before it is moved into the database. Longer than the
/// journal's: the last pages of every index are rewritten by each transaction, and moved once.
const LOG_BYTES: usize = 64 * 1024 * 1024;
/// What one change adds to the log, about.
const CHANGE_BYTES: usize = 512;

const INSERT_TRAIL: &str = "INSERT INTO trail (id, tenant, interaction, queue, upto, lines,
        segments, bodies)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const INSERT_INTERACTION: &str = "INSERT INTO interaction (tenant, id, medium, kind, subkind,
        tier, queue, contact, parent, thread, place, owner, version, submitted_engine,
        submitted_wall, stopped_engine, stopped_wall, ending, ending_agent, ending_reason,
        ending_disposition, trail, body_from, body_bytes)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
        ?20, ?21, ?22, ?23, ?24)";

const PROJECTING: &str = "projecting into the records";

/// The last record that is projected, 0 if none.
fn watermark(db: &Connection, tenant: TenantId) -> rusqlite::Result<Sequence> {
    let found: Option<i64> = db
        .prepare_cached("SELECT sequence FROM watermark WHERE tenant = ?1")?
        .query_row([tenant.0], |row| row.get(0))
        .optional()?;
    Ok(Sequence(found.map_or(0, uint)))
}

pub(super) struct SqliteRecordsWriter {
    db: Connection,
    health: Health,
    checkpoint: Checkpoint,
    trail: Trail,
}

impl SqliteRecordsWriter {
    pub(super) fn open(path: &Path, vfs: Option<&str>, health: Health) -> Result<Self, StoreFault> {
        // What a power cut takes from here is projected again from the journal.
        let db = RECORDS.open(path, vfs, Synchronous::Normal)?;
        db.set_prepared_statement_cache_capacity(32);
        // The pages that one transaction writes, so that none is written twice for lack of room.
        db.pragma_update(None, "cache_size", -CACHE_KIB)
            .map_err(fault("setting up a database"))?;
        Ok(Self {
            db,
            health,
            checkpoint: Checkpoint::every(LOG_BYTES),
            trail: Trail::default(),
        })
    }

    fn apply(
        &mut self,
        tenant: TenantId,
        changes: &[Change<'_>],
        to: Sequence,
    ) -> Result<(), StoreFault> {
        let failed = self.health.fault(PROJECTING);
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&failed)?;
        let from = watermark(&transaction, tenant).map_err(&failed)?;
        check_order(tenant, changes, from, to)?;
        Write::begin(&transaction, tenant, to, &mut self.trail, &failed)?.all(changes)?;
        transaction
            .prepare_cached(
                "INSERT INTO watermark VALUES (?1, ?2)
                 ON CONFLICT (tenant) DO UPDATE SET sequence = excluded.sequence",
            )
            .and_then(|mut statement| statement.execute(params![tenant.0, int(to.0)]))
            .map_err(&failed)?;
        transaction.commit().map_err(&failed)
    }
}

impl RecordsWriter for SqliteRecordsWriter {
    fn watermark(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        watermark(&self.db, tenant).map_err(fault("reading the watermark"))
    }

    fn project(
        &mut self,
        tenant: TenantId,
        changes: &[Change<'_>],
        watermark: Sequence,
    ) -> Result<(), StoreFault> {
        self.health.check(PROJECTING)?;
        self.apply(tenant, changes, watermark)?;
        // The changes are committed, whatever comes of this: a failure shows at the next ones.
        if let Err(error) = self
            .checkpoint
            .count(&self.db, changes.len() * CHANGE_BYTES)
        {
            self.health.note(&error);
            tracing::warn!(%error, "The records could not be checkpointed.");
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreFault> {
        let doing = "flushing the records";
        self.health.check(doing)?;
        // A commit under FULL flushes the whole log, and with it every commit before.
        self.db
            .pragma_update(None, "synchronous", Synchronous::Full as i64)
            .and_then(|()| self.db.execute("UPDATE flushed SET times = times + 1", []))
            .and_then(|_| {
                let normal = Synchronous::Normal as i64;
                self.db.pragma_update(None, "synchronous", normal)
            })
            .map_err(self.health.fault(doing))
    }
}

/// Writes changes of one tenant inside a transaction.
struct Write<'a, F> {
    db: &'a Transaction<'a>,
    tenant: TenantId,
    upto: Sequence,
    failed: &'a F,
    waits: Waits,
    /// What is told of the interaction at hand, and the number its row will have.
    trail: &'a mut Trail,
    number: i64,
    insert_trail: CachedStatement<'a>,
    insert_interaction: CachedStatement<'a>,
}

impl<'a, F: Fn(rusqlite::Error) -> StoreFault> Write<'a, F> {
    fn begin(
        db: &'a Transaction<'a>,
        tenant: TenantId,
        upto: Sequence,
        trail: &'a mut Trail,
        failed: &'a F,
    ) -> Result<Self, StoreFault> {
        let prepare = |sql| db.prepare_cached(sql).map_err(failed);
        let last: i64 = prepare("SELECT coalesce(max(id), 0) FROM trail")?
            .query_row([], |row| row.get(0))
            .map_err(failed)?;
        trail.clear();
        Ok(Self {
            db,
            tenant,
            upto,
            failed,
            waits: Waits::new(),
            trail,
            number: last + 1,
            insert_trail: prepare(INSERT_TRAIL)?,
            insert_interaction: prepare(INSERT_INTERACTION)?,
        })
    }

    fn run(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, StoreFault> {
        self.db
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map_err(self.failed)
    }

    fn all(mut self, changes: &[Change<'_>]) -> Result<(), StoreFault> {
        let order = by_interaction(changes);
        for of_one in order.chunk_by(|one, next| one.0 == next.0) {
            let told = of_one.iter().filter_map(|(_, at)| changes.get(*at));
            self.interaction(of_one.first().and_then(|(id, _)| *id), told)?;
        }
        self.waits()
    }

    /// Writes all that is told of one interaction, or of none.
    fn interaction<'c>(
        &mut self,
        id: Option<InteractionId>,
        told: impl Iterator<Item = &'c Change<'c>>,
    ) -> Result<(), StoreFault> {
        let mut standing = Standing::default();
        let mut kept = None;
        for change in told {
            match change {
                Change::Submitted(it) => {
                    if !standing.is_untouched() {
                        return Err(twice(self.tenant, it.id));
                    }
                    standing.submitted = Some(it);
                    self.end_trail_unless(id, |trail| trail.takes(Some(it.queue)))?;
                    kept = Some((self.number, self.trail.submitted(it)?));
                }
                Change::Moved { place, owner, .. } => standing.moved(*place, *owner),
                Change::Requeued { queue, .. } => standing.requeued(*queue),
                Change::Placed { place, queue, .. } => standing.placed(place, *queue),
                Change::Changed { change, .. } => standing.changed(change),
                Change::Stopped { at, ending, .. } => standing.stopped(*at, ending),
                Change::Segment(segment) => {
                    if let (SegmentKind::Wait, Some(queue)) = (segment.kind, segment.virtual_queue)
                    {
                        *self.waits.entry((queue, segment.end.name())).or_default() += 1;
                    }
                    self.trail.segment(segment)?;
                }
                Change::History(line) => {
                    self.end_trail_unless(id, |trail| trail.takes(line.queue))?;
                    let here = kept.filter(|(number, _)| *number == self.number);
                    let submitted = standing.submitted.zip(here.map(|(_, range)| range));
                    self.trail.line(line, submitted)?;
                }
                Change::Interval(interval) => self.interval(interval)?,
                Change::Config(version) => self.config(version)?,
                Change::Tally(tally) => self.tally(tally)?,
                Change::Book { upto, body } => self.book(*upto, body)?,
            }
        }
        self.end_trail_unless(id, Trail::is_empty)?;
        match (id, standing.submitted, kept) {
            (_, Some(it), Some((number, range))) => self.submitted(it, &standing, number, range),
            (Some(id), ..) if standing.changes > 0 => self.changed(id, &standing),
            _ => Ok(()),
        }
    }

    /// Writes the row at hand and begins the next, unless it may go on.
    fn end_trail_unless(
        &mut self,
        interaction: Option<InteractionId>,
        goes_on: impl FnOnce(&Trail) -> bool,
    ) -> Result<(), StoreFault> {
        if goes_on(self.trail) {
            return Ok(());
        }
        let queue = self.trail.queue();
        let [lines, segments, bodies] = self.trail.columns();
        self.insert_trail
            .execute(params![
                self.number,
                self.tenant.0,
                interaction.map(|id| int(id.0)),
                queue,
                int(self.upto.0),
                lines,
                segments,
                bodies,
            ])
            .map_err(self.failed)?;
        self.trail.clear();
        self.number += 1;
        Ok(())
    }

    fn waits(&self) -> Result<(), StoreFault> {
        for ((queue, ending), waits) in &self.waits {
            self.run(
                "INSERT INTO wait_total VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (tenant, virtual_queue, ending)
                 DO UPDATE SET waits = waits + excluded.waits",
                params![self.tenant.0, int(queue.0), ending, int(*waits)],
            )?;
        }
        Ok(())
    }

    fn submitted(
        &mut self,
        interaction: &Interaction,
        standing: &Standing<'_>,
        trail: i64,
        body: Range,
    ) -> Result<(), StoreFault> {
        let ending = standing.ending();
        let stopped = standing.stopped.map(|(at, _)| at);
        let mut edited = None;
        for edit in &standing.edits {
            edit.write_into(edited.get_or_insert_with(|| interaction.clone()));
        }
        if let Some(edited) = &edited {
            self.keep_edited(edited)?;
        }
        let interaction = edited.as_ref().unwrap_or(interaction);
        self.insert_interaction
            .execute(params![
                self.tenant.0,
                int(interaction.id.0),
                interaction.medium.name(),
                interaction.kind.as_str(),
                interaction.subkind.as_ref().map(Name::as_str),
                interaction.tier.0,
                int(standing.queue.unwrap_or(interaction.queue).0),
                interaction.contact.map(|id| int(id.0)),
                interaction.parent.map(|id| int(id.0)),
                interaction.thread.map(|id| int(id.0)),
                standing.place.unwrap_or(interaction.place.name()),
                standing.owner.or(interaction.owner()).map(|id| int(id.0)),
                int(interaction.version + standing.changes),
                int(interaction.submitted.engine.0),
                interaction.submitted.wall.0,
                stopped.map(|at| int(at.engine.0)),
                stopped.map(|at| at.wall.0),
                ending.ending,
                ending.agent,
                ending.reason,
                ending.disposition,
                trail,
                int(body.from as u64),
                int(body.bytes as u64),
            ])
            .map_err(self.failed)?;
        Ok(())
    }

    fn changed(
        &self,
        interaction: InteractionId,
        standing: &Standing<'_>,
    ) -> Result<(), StoreFault> {
        // Apart from the others, because it stands in an index and hardly ever happens.
        if let Some(queue) = standing.queue {
            self.run(
                "UPDATE interaction SET queue = ?3 WHERE tenant = ?1 AND id = ?2",
                params![self.tenant.0, int(interaction.0), int(queue.0)],
            )?;
        }
        if !standing.edits.is_empty() {
            self.edited(interaction, &standing.edits)?;
        }
        let changed = match standing.stopped {
            None => self.moved(interaction, standing)?,
            Some((at, _)) => self.stopped(interaction, at, standing)?,
        };
        self.known(interaction, changed)
    }

    /// Writes what is known of an interaction anew.
    fn edited(&self, id: InteractionId, edits: &[&model::Change]) -> Result<(), StoreFault> {
        let body: Option<Vec<u8>> = self
            .db
            .prepare_cached(
                "SELECT coalesce((SELECT body FROM edited WHERE tenant = ?1 AND id = ?2),
                     (SELECT substr(bodies, body_from + 1, body_bytes) FROM trail
                      WHERE trail.id = interaction.trail))
                 FROM interaction WHERE tenant = ?1 AND id = ?2",
            )
            .and_then(|mut statement| {
                let row = statement.query_row(params![self.tenant.0, int(id.0)], |row| row.get(0));
                row.optional()
            })
            .map_err(self.failed)?;
        let body = body.ok_or_else(|| unknown(self.tenant, id))?;
        let mut it: Interaction = unpack("interactions", &body)?;
        for edit in edits {
            edit.write_into(&mut it);
        }
        self.keep_edited(&it)?;
        self.run(
            "UPDATE interaction SET kind = ?3, subkind = ?4, tier = ?5
             WHERE tenant = ?1 AND id = ?2",
            params![
                self.tenant.0,
                int(id.0),
                it.kind.as_str(),
                it.subkind.as_ref().map(Name::as_str),
                it.tier.0,
            ],
        )?;
        Ok(())
    }

    fn keep_edited(&self, it: &Interaction) -> Result<(), StoreFault> {
        self.run(
            "INSERT OR REPLACE INTO edited VALUES (?1, ?2, ?3)",
            params![self.tenant.0, int(it.id.0), pack("interactions", it)?],
        )?;
        Ok(())
    }

    fn moved(
        &self,
        interaction: InteractionId,
        standing: &Standing<'_>,
    ) -> Result<usize, StoreFault> {
        self.run(
            "UPDATE interaction SET place = coalesce(?3, place),
                 owner = CASE WHEN ?6 THEN ?4 ELSE coalesce(?4, owner) END,
                 version = version + ?5
             WHERE tenant = ?1 AND id = ?2",
            params![
                self.tenant.0,
                int(interaction.0),
                standing.place,
                standing.owner.map(|id| int(id.0)),
                int(standing.changes),
                standing.placed,
            ],
        )
    }

    fn stopped(
        &self,
        interaction: InteractionId,
        at: Now,
        standing: &Standing<'_>,
    ) -> Result<usize, StoreFault> {
        let ending = standing.ending();
        self.run(
            "UPDATE interaction SET place = 'stopped',
                 owner = CASE WHEN ?11 THEN ?9 ELSE coalesce(?9, owner) END,
                 version = version + ?10, stopped_engine = ?3, stopped_wall = ?4, ending = ?5,
                 ending_agent = ?6, ending_reason = ?7, ending_disposition = ?8
             WHERE tenant = ?1 AND id = ?2",
            params![
                self.tenant.0,
                int(interaction.0),
                int(at.engine.0),
                at.wall.0,
                ending.ending,
                ending.agent,
                ending.reason,
                ending.disposition,
                standing.owner.map(|id| int(id.0)),
                int(standing.changes),
                standing.placed,
            ],
        )
    }

    fn known(&self, interaction: InteractionId, changed: usize) -> Result<(), StoreFault> {
        if changed == 1 {
            return Ok(());
        }
        Err(unknown(self.tenant, interaction))
    }

    fn interval(&self, interval: &AgentInterval) -> Result<(), StoreFault> {
        let (state, why, reason) = state_columns(&interval.state);
        self.run(
            "INSERT INTO agent_interval (tenant, agent, medium, state, why, reason,
                 from_engine, from_wall, to_engine, to_wall)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                self.tenant.0,
                int(interval.agent.0),
                interval.medium.map(Medium::name),
                state,
                why,
                reason,
                int(interval.from.engine.0),
                interval.from.wall.0,
                int(interval.to.engine.0),
                interval.to.wall.0,
            ],
        )?;
        Ok(())
    }

    fn tally(&self, tally: &Tally) -> Result<(), StoreFault> {
        let (subject, number, medium, filter) = key_columns(&tally.key);
        let there: Option<String> = self
            .db
            .prepare_cached(
                "SELECT counts FROM tally WHERE tenant = ?1 AND subject = ?2 AND number = ?3
                     AND quarter = ?4 AND medium = ?5 AND filter = ?6",
            )
            .and_then(|mut statement| {
                let key = params![
                    self.tenant.0,
                    subject,
                    number,
                    tally.quarter.0,
                    medium,
                    filter
                ];
                statement.query_row(key, |row| row.get(0)).optional()
            })
            .map_err(self.failed)?;
        let counts = counts_together(there.as_deref(), &tally.counts)?;
        self.run(
            "INSERT OR REPLACE INTO tally (tenant, subject, number, quarter, medium, filter, counts)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                self.tenant.0,
                subject,
                number,
                tally.quarter.0,
                medium,
                filter,
                counts
            ],
        )?;
        Ok(())
    }

    fn book(&self, upto: Sequence, body: &[u8]) -> Result<(), StoreFault> {
        self.run(
            "INSERT OR REPLACE INTO book VALUES (?1, ?2, ?3)",
            params![self.tenant.0, int(upto.0), body],
        )?;
        Ok(())
    }

    fn config(&self, version: &ConfigVersion) -> Result<(), StoreFault> {
        self.run(
            "INSERT INTO config_version (tenant, kind, name, version, engine, wall, actor, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                self.tenant.0,
                version.kind,
                version.name,
                int(version.version),
                int(version.now.engine.0),
                version.now.wall.0,
                actor_text(&version.actor),
                version.body,
            ],
        )?;
        Ok(())
    }
}

pub(super) struct SqliteRecordsReader {
    db: Connection,
}

impl SqliteRecordsReader {
    pub(super) fn open(path: &Path, vfs: Option<&str>) -> Result<Self, StoreFault> {
        let db = RECORDS.open_to_read(path, vfs)?;
        Ok(Self { db })
    }
}

impl RecordsReader for SqliteRecordsReader {
    fn watermark(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        watermark(&self.db, tenant).map_err(fault("reading the watermark"))
    }

    fn ask(&mut self, tenant: TenantId, query: &RecordsQuery) -> Result<RecordsPage, StoreFault> {
        ask::ask(&self.db, tenant, query)
    }
}
