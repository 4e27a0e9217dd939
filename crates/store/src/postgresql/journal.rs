//! Journal and snapshots in PostgreSQL.

use super::column;
use super::link::{Link, LinkFault, Live};
use crate::convert::{int, uint};
use ringback_model::WallTime;
use ringback_ports::envelope::{Epoch, Sequence, TenantId};
use ringback_ports::failpoint::{self, FailPoint};
use ringback_ports::store::{
    AppendFault, JournalReader, JournalRow, JournalWriter, SnapshotHead, StoreFault,
};
use tokio_postgres::Row;

pub(super) struct PostgresJournalWriter {
    link: Link,
}

impl PostgresJournalWriter {
    pub(super) const fn new(link: Link) -> Self {
        Self { link }
    }
}

impl JournalWriter for PostgresJournalWriter {
    fn append(&mut self, rows: &[JournalRow]) -> Result<(), AppendFault> {
        if rows.is_empty() {
            return Ok(());
        }
        self.link.transaction(|live| {
            check(live, rows)?;
            insert(live, rows)
        })
    }

    fn quarantine(
        &mut self,
        tenant: TenantId,
        at: WallTime,
        input: &[u8],
        problem: &str,
    ) -> Result<u64, StoreFault> {
        let doing = "putting an input aside";
        let rows = self.link.with(|live| {
            live.query(
                "INSERT INTO ringback_journal.quarantine (tenant, at, problem, input)
                 VALUES ($1, $2, $3, $4) RETURNING number",
                // A NUL is the one character this server cannot keep in a text.
                &[
                    &column(tenant),
                    &at.0,
                    &problem.replace('\0', "\u{fffd}"),
                    &input,
                ],
            )
        });
        let rows = rows.map_err(|fault: LinkFault| fault.of(doing))?;
        Ok(rows.first().map_or(0, |row| uint(row.get(0))))
    }

    fn write_snapshot(
        &mut self,
        head: &SnapshotHead,
        parts: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), StoreFault> {
        self.link
            .transaction(|live| write_snapshot(live, head, parts))
            .map_err(|fault: LinkFault| fault.of("writing a snapshot"))?;
        failpoint::pass(FailPoint::SnapshotWritten);
        let removed: Result<_, LinkFault> = self.link.with(|live| {
            live.execute(
                "DELETE FROM ringback_journal.snapshot WHERE tenant = $1 AND sequence NOT IN
                     (SELECT sequence FROM ringback_journal.snapshot WHERE tenant = $1
                      ORDER BY sequence DESC LIMIT 2)",
                &[&column(head.tenant)],
            )
        });
        removed
            .map(|_| ())
            .map_err(|fault| fault.of("removing old snapshots"))
    }

    fn prune(&mut self, tenant: TenantId, upto: Sequence) -> Result<u64, StoreFault> {
        let pruned: Result<_, LinkFault> = self.link.transaction(|live| {
            let rows = live.query(
                "WITH gone AS (DELETE FROM ringback_journal.journal
                               WHERE tenant = $1 AND sequence <= $2 RETURNING sequence)
                 SELECT count(*), max(sequence) FROM gone",
                &[&column(tenant), &int(upto.0)],
            )?;
            let Some(row) = rows.first() else {
                return Ok(0);
            };
            if let Some(last) = row.get::<_, Option<i64>>(1) {
                live.execute(
                    "UPDATE ringback_journal.tenant SET pruned = $2 WHERE id = $1",
                    &[&column(tenant), &last],
                )?;
            }
            Ok(uint(row.get(0)))
        });
        pruned.map_err(|fault| fault.of("pruning the journal"))
    }
}

/// Checks each tenant's epoch, and locks it until the commit so that no newer one comes in
/// between; then that its sequences follow on.
fn check(live: &Live, rows: &[JournalRow]) -> Result<(), AppendFault> {
    let mut heads: Vec<(TenantId, Epoch, Sequence)> = Vec::new();
    for row in rows {
        let tenant = row.tenant;
        let known = heads.iter().position(|(known, _, _)| *known == tenant);
        let at = match known {
            Some(at) => at,
            None => {
                let (epoch, head) = standing(live, tenant)?;
                heads.push((tenant, epoch, head));
                heads.len() - 1
            }
        };
        let (_, epoch, head) = &mut heads[at];
        if row.epoch != *epoch {
            return Err(AppendFault::Fenced { tenant });
        }
        if row.sequence != head.next() {
            return Err(AppendFault::Unknown(format!(
                "nothing was written: after record {head} of {tenant} comes {}, not {}",
                head.next(),
                row.sequence
            )));
        }
        *head = row.sequence;
    }
    Ok(())
}

fn standing(live: &Live, tenant: TenantId) -> Result<(Epoch, Sequence), AppendFault> {
    let rows = live.query(
        "SELECT epoch FROM ringback_journal.tenant WHERE id = $1 FOR SHARE",
        &[&column(tenant)],
    )?;
    let Some(row) = rows.first() else {
        return Err(AppendFault::Fenced { tenant });
    };
    // A statement of its own: it sees what was committed while the lock was waited for.
    Ok((Epoch(uint(row.get(0))), head(live, tenant)?))
}

fn head(live: &Live, tenant: TenantId) -> Result<Sequence, LinkFault> {
    let rows = live.query(
        "SELECT greatest(pruned, (SELECT max(sequence) FROM ringback_journal.journal
                                  WHERE tenant = $1))
         FROM ringback_journal.tenant WHERE id = $1",
        &[&column(tenant)],
    )?;
    Ok(Sequence(rows.first().map_or(0, |row| uint(row.get(0)))))
}

fn insert(live: &Live, rows: &[JournalRow]) -> Result<(), AppendFault> {
    let tenants: Vec<i64> = rows.iter().map(|row| column(row.tenant)).collect();
    let sequences: Vec<i64> = rows.iter().map(|row| int(row.sequence.0)).collect();
    let epochs: Vec<i64> = rows.iter().map(|row| int(row.epoch.0)).collect();
    let times: Vec<i64> = rows.iter().map(|row| row.at.0).collect();
    let bodies: Vec<&[u8]> = rows.iter().map(|row| &row.body[..]).collect();
    live.execute(
        "INSERT INTO ringback_journal.journal (tenant, sequence, epoch, at, body)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])",
        &[&tenants, &sequences, &epochs, &times, &bodies],
    )?;
    Ok(())
}

fn write_snapshot(
    live: &Live,
    head: &SnapshotHead,
    parts: &mut dyn Iterator<Item = Vec<u8>>,
) -> Result<(), LinkFault> {
    let key = (column(head.tenant), int(head.sequence.0));
    live.execute(
        "DELETE FROM ringback_journal.snapshot WHERE tenant = $1 AND sequence = $2",
        &[&key.0, &key.1],
    )?;
    let mut count = 0_i64;
    for part in parts {
        live.execute(
            "INSERT INTO ringback_journal.snapshot_part (tenant, sequence, number, checksum, body)
             VALUES ($1, $2, $3, $4, $5)",
            &[&key.0, &key.1, &count, &checksum(&part), &part],
        )?;
        count += 1;
        failpoint::pass(FailPoint::SnapshotPart);
    }
    live.execute(
        "INSERT INTO ringback_journal.snapshot (tenant, sequence, digest, format, at, parts)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            &key.0,
            &key.1,
            &head.digest.cast_signed(),
            &i64::from(head.format),
            &head.at.0,
            &count,
        ],
    )?;
    Ok(())
}

fn checksum(part: &[u8]) -> i64 {
    i64::from(crc32fast::hash(part))
}

pub(super) struct PostgresJournalReader {
    link: Link,
}

impl PostgresJournalReader {
    pub(super) const fn new(link: Link) -> Self {
        Self { link }
    }

    /// One number, 0 where there is none.
    fn number(
        &mut self,
        doing: &'static str,
        sql: &'static str,
        values: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Sequence, StoreFault> {
        let rows = self.link.with(|live| live.query(sql, values));
        let rows = rows.map_err(|fault: LinkFault| fault.of(doing))?;
        let found: Option<i64> = rows.first().and_then(|row| row.get(0));
        Ok(Sequence(found.map_or(0, uint)))
    }

    fn heads(&mut self, tenant: TenantId) -> Result<Vec<(SnapshotHead, i64)>, StoreFault> {
        let rows = self.link.with(|live| {
            live.query(
                "SELECT sequence, digest, format, at, parts FROM ringback_journal.snapshot
                 WHERE tenant = $1 ORDER BY sequence DESC",
                &[&column(tenant)],
            )
        });
        let rows = rows.map_err(|fault: LinkFault| fault.of("looking for snapshots"))?;
        rows.iter().map(|row| snapshot_head(tenant, row)).collect()
    }
}

fn snapshot_head(tenant: TenantId, row: &Row) -> Result<(SnapshotHead, i64), StoreFault> {
    let format: i64 = row.get(2);
    let head = SnapshotHead {
        tenant,
        sequence: Sequence(uint(row.get(0))),
        digest: row.get::<_, i64>(1).cast_unsigned(),
        format: u32::try_from(format)
            .map_err(|_| crate::convert::strange("snapshots", &format.to_string()))?,
        at: WallTime(row.get(3)),
    };
    Ok((head, row.get(4)))
}

fn damaged(head: &SnapshotHead, problem: &str) -> StoreFault {
    StoreFault::Damaged {
        what: format!("the snapshot {} of {}", head.sequence, head.tenant),
        problem: problem.to_owned(),
    }
}

impl JournalReader for PostgresJournalReader {
    fn head(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        self.link
            .with(|live| head(live, tenant))
            .map_err(|fault| fault.of("reading the head of the journal"))
    }

    fn oldest(&mut self, tenant: TenantId) -> Result<Sequence, StoreFault> {
        self.number(
            "reading the start of the journal",
            "SELECT min(sequence) FROM ringback_journal.journal WHERE tenant = $1",
            &[&column(tenant)],
        )
    }

    fn read(
        &mut self,
        tenant: TenantId,
        after: Sequence,
        bytes: usize,
    ) -> Result<Vec<JournalRow>, StoreFault> {
        let rows = self.link.with(|live| {
            live.query(
                "SELECT sequence, epoch, at, body FROM (
                     SELECT *, sum(octet_length(body)) OVER (ORDER BY sequence
                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                     FROM (SELECT sequence, epoch, at, body FROM ringback_journal.journal
                           WHERE tenant = $1 AND sequence > $2
                           ORDER BY sequence LIMIT 10000) AS next
                 ) AS measured
                 WHERE before IS NULL OR before < $3 ORDER BY sequence",
                &[&column(tenant), &int(after.0), &int(bytes as u64)],
            )
        });
        let rows = rows.map_err(|fault: LinkFault| fault.of("reading the journal"))?;
        let decode = |row: &Row| JournalRow {
            tenant,
            sequence: Sequence(uint(row.get(0))),
            epoch: Epoch(uint(row.get(1))),
            at: WallTime(row.get(2)),
            body: row.get(3),
        };
        Ok(rows.iter().map(decode).collect())
    }

    fn at_or_before(&mut self, tenant: TenantId, at: WallTime) -> Result<Sequence, StoreFault> {
        self.number(
            "searching the journal by time",
            "SELECT max(sequence) FROM ringback_journal.journal WHERE tenant = $1 AND at <= $2",
            &[&column(tenant), &at.0],
        )
    }

    fn snapshot(&mut self, tenant: TenantId) -> Result<Option<SnapshotHead>, StoreFault> {
        for (head, _) in self.heads(tenant)? {
            match self.read_snapshot(&head, &mut |_| Ok(())) {
                Ok(()) => return Ok(Some(head)),
                Err(StoreFault::Damaged { what, problem }) => {
                    tracing::warn!(
                        what,
                        problem,
                        "A snapshot is damaged; an older one is used."
                    );
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(None)
    }

    fn snapshots(&mut self, tenant: TenantId) -> Result<Vec<SnapshotHead>, StoreFault> {
        let heads = self.heads(tenant)?.into_iter();
        Ok(heads.map(|(head, _)| head).collect())
    }

    fn snapshot_bytes(&mut self, head: &SnapshotHead) -> Result<u64, StoreFault> {
        let rows = self.link.with(|live| {
            live.query(
                "SELECT coalesce(sum(length(body)), 0)::bigint FROM ringback_journal.snapshot_part
                 WHERE tenant = $1 AND sequence = $2",
                &[&column(head.tenant), &int(head.sequence.0)],
            )
        });
        let rows = rows.map_err(|fault: LinkFault| fault.of("measuring a snapshot"))?;
        Ok(rows.first().map_or(0, |row| uint(row.get(0))))
    }

    fn read_snapshot(
        &mut self,
        head: &SnapshotHead,
        part: &mut dyn FnMut(Vec<u8>) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        let known = self.heads(head.tenant)?;
        let Some((_, parts)) = known.iter().find(|(known, _)| known == head) else {
            return Err(damaged(head, "it is not there, or its head changed"));
        };
        for number in 0..*parts {
            let rows = self.link.with(|live| {
                live.query(
                    "SELECT checksum, body FROM ringback_journal.snapshot_part
                     WHERE tenant = $1 AND sequence = $2 AND number = $3",
                    &[&column(head.tenant), &int(head.sequence.0), &number],
                )
            });
            let rows = rows.map_err(|fault: LinkFault| fault.of("reading a snapshot"))?;
            let Some(row) = rows.first() else {
                return Err(damaged(head, "a part is missing"));
            };
            let body: Vec<u8> = row.get(1);
            if checksum(&body) != row.get::<_, i64>(0) {
                return Err(damaged(head, "a part does not match its checksum"));
            }
            part(body)?;
        }
        Ok(())
    }

    fn quarantined(
        &mut self,
        tenant: TenantId,
        limit: usize,
    ) -> Result<Vec<(u64, WallTime, String)>, StoreFault> {
        let rows = self.link.with(|live| {
            live.query(
                "SELECT number, at, problem FROM ringback_journal.quarantine WHERE tenant = $1
                 ORDER BY number DESC LIMIT $2",
                &[&column(tenant), &int(limit as u64)],
            )
        });
        let rows = rows.map_err(|fault: LinkFault| fault.of("reading the inputs put aside"))?;
        let decode = |row: &Row| (uint(row.get(0)), WallTime(row.get(1)), row.get(2));
        Ok(rows.iter().map(decode).collect())
    }
}
