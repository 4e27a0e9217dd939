//! The books of statistics: folded behind the loop, put away with the records, asked by rooms.
//!
//! The projection folds each record into the book of its tenant after it is written, so numbers
//! are as fresh as the records and stand at the same sequence. Once in a while the book is put
//! away together with what was counted since the last time, in one transaction. After a restart
//! it is read back and the records of the journal that follow it are folded again: pruning waits
//! for the book as it does for the records. Nothing is asked of the state, but for one case: the
//! first start of this version on a journal whose beginning is gone takes the present from a
//! snapshot, and counting begins there.

mod report;

pub(crate) use report::{borders, report_of};

use crate::access;
use crate::codec;
use crate::hours::Zones;
use crate::recovery;
use ringback_engine::statistics::Book;
use ringback_model::statistic::Tally;
use ringback_model::{Millis, Now, WallTime};
use ringback_ports::envelope::Actor;
use ringback_ports::query::QueryFault;
use ringback_ports::records::{Change, RecordsPage, RecordsQuery};
use ringback_ports::statistics::{Definitions, Reading, Readings, Wanted};
use ringback_ports::store::{JournalReader, RecordsReader, RecordsWriter, StoreFault};
use ringback_ports::{Record, Sequence, TenantId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The format of a book that is put away. One of another format is not read: the book is folded
/// anew as far as the journal reaches back.
const FORMAT: u32 = 1;
/// Bytes of journal read at a time when catching up.
const READ_BYTES: usize = 2 * 1024 * 1024;

/// The books of all tenants.
#[derive(Default)]
pub(crate) struct Books {
    books: Mutex<BTreeMap<TenantId, Arc<Mutex<Counted>>>>,
}

/// A book and how far it is.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) book: Book,
    /// The last record folded into it.
    pub(crate) upto: Sequence,
    /// The time the heart was told last.
    pub(crate) last: Now,
    /// The last record folded into it when it was put away.
    saved: Sequence,
}

#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    format: u32,
    last: Now,
    book: Cow<'a, Book>,
}

impl Books {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantId, Arc<Mutex<Counted>>>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The book of a tenant, once it is read in.
    pub(crate) fn of(&self, tenant: TenantId) -> Option<Arc<Mutex<Counted>>> {
        self.lock().get(&tenant).cloned()
    }

    /// Folds a record, unless it was folded before.
    pub(crate) fn fold(&self, tenant: TenantId, record: &Record) {
        if let Some(counted) = self.of(tenant) {
            locked(&counted).fold(record);
        }
    }

    /// Reads a book in and folds what the journal has up to the watermark of the records.
    pub(crate) fn load(
        &self,
        tenant: TenantId,
        watermark: Sequence,
        records: &mut dyn RecordsReader,
        journal: &mut dyn JournalReader,
    ) -> Result<(), StoreFault> {
        let mut counted = match read_back(tenant, records)? {
            Some(counted) => counted,
            None => begin(tenant, journal)?,
        };
        while counted.upto < watermark {
            let rows = journal.read(tenant, counted.upto, READ_BYTES)?;
            let Some(first) = rows.first() else { break };
            if first.sequence != counted.upto.next() {
                // The records between are gone: what is true now is taken from a snapshot.
                tracing::warn!(%tenant, "The journal does not reach back to the book of statistics; counting begins anew.");
                counted = present(tenant, journal)?;
                continue;
            }
            for row in &rows {
                let record = codec::decode_record(row)?;
                if record.sequence <= watermark {
                    counted.fold(&record);
                }
            }
        }
        self.lock().insert(tenant, Arc::new(Mutex::new(counted)));
        Ok(())
    }

    /// Puts the book of a tenant away, with what was counted since the last time.
    pub(crate) fn save(
        &self,
        tenant: TenantId,
        watermark: Sequence,
        writer: &mut dyn RecordsWriter,
    ) -> Result<(), StoreFault> {
        let Some(counted) = self.of(tenant) else {
            return Ok(());
        };
        // Locked to the end: whoever reports adds what is written to what is not.
        let mut counted = locked(&counted);
        if counted.saved == counted.upto {
            return Ok(());
        }
        let tallies = counted.book.take_tallies();
        let kept = Kept {
            format: FORMAT,
            last: counted.last,
            book: Cow::Borrowed(&counted.book),
        };
        let (body, upto) = (codec::encode(&kept)?, counted.upto);
        let mut changes: Vec<Change<'_>> = tallies.iter().map(Change::Tally).collect();
        changes.push(Change::Book { upto, body: &body });
        writer.project(tenant, &changes, watermark)?;
        counted.saved = upto;
        Ok(())
    }

    /// Up to which record the book is put away.
    pub(crate) fn saved(&self, tenant: TenantId) -> Sequence {
        self.of(tenant)
            .map_or(Sequence(u64::MAX), |counted| locked(&counted).saved)
    }

    pub(crate) fn readings(
        &self,
        tenant: TenantId,
        actor: &Actor,
        wanted: &[Wanted],
        wall: WallTime,
    ) -> Result<(Sequence, Readings), QueryFault> {
        let counted = self.of(tenant).ok_or_else(loading)?;
        let counted = locked(&counted);
        let now = counted.now(wall);
        let reading = |it: &Wanted| {
            let target = counted.book.target(it.kind, &it.object);
            let target = target.ok_or_else(|| unknown(it.kind.name(), &it.object));
            let target = access::may_count(actor, counted.book.directory(), it.kind, target)?;
            let asked = counted.book.asked(&it.statistic, it.kind);
            let asked = asked
                .ok_or_else(|| unknown(&format!("statistic of a {}", it.kind), &it.statistic))?;
            Ok(Reading {
                measure: asked.statistic.measure,
                amount: counted.book.value(&asked, target, now),
            })
        };
        let readings = Readings {
            at: now.engine,
            wall: now.wall,
            readings: wanted
                .iter()
                .map(reading)
                .collect::<Result<_, QueryFault>>()?,
        };
        Ok((counted.upto, readings))
    }

    pub(crate) fn definitions(&self, tenant: TenantId) -> Result<Definitions, QueryFault> {
        let counted = self.of(tenant).ok_or_else(loading)?;
        let counted = locked(&counted);
        let all = counted.book.directory().statistics();
        Ok(all.map(|(name, it)| (name.clone(), it.clone())).collect())
    }
}

impl Counted {
    fn fold(&mut self, record: &Record) {
        if record.sequence <= self.upto {
            return;
        }
        for entry in &record.entries {
            for event in &entry.events {
                self.book.apply(&Zones, event, entry.now);
            }
            self.last = entry.now;
        }
        self.upto = record.sequence;
    }

    /// The present: between two inputs time goes on as the wall clock does.
    fn now(&self, wall: WallTime) -> Now {
        let gone = u64::try_from(wall - self.last.wall).unwrap_or(0);
        Now {
            engine: self.last.engine + Millis(gone),
            wall: self.last.wall.max(wall),
        }
    }

    /// What is not written down yet.
    pub(crate) fn fresh(&self, wall: WallTime) -> Vec<Tally> {
        self.book.not_written(self.now(wall))
    }
}

pub(crate) fn locked(counted: &Mutex<Counted>) -> MutexGuard<'_, Counted> {
    counted.lock().unwrap_or_else(PoisonError::into_inner)
}

fn loading() -> QueryFault {
    QueryFault::Unavailable(ringback_ports::envelope::Unavailable::Loading)
}

pub(crate) fn unknown(what: &str, name: &str) -> QueryFault {
    QueryFault::Unknown(format!("{what} {name}"))
}

fn read_back(
    tenant: TenantId,
    records: &mut dyn RecordsReader,
) -> Result<Option<Counted>, StoreFault> {
    let RecordsPage::Book(Some((upto, body))) = records.ask(tenant, &RecordsQuery::Book)? else {
        return Ok(None);
    };
    let kept: Result<Kept<'static>, _> = rmp_serde::from_slice(&body);
    match kept {
        Ok(kept) if kept.format == FORMAT => Ok(Some(Counted {
            book: kept.book.into_owned(),
            upto,
            last: kept.last,
            saved: upto,
        })),
        _ => {
            tracing::warn!(%tenant, "The book of statistics is of another version and is folded anew.");
            Ok(None)
        }
    }
}

/// A book where there is none yet: from the first record, or from a snapshot if that is gone.
fn begin(tenant: TenantId, journal: &mut dyn JournalReader) -> Result<Counted, StoreFault> {
    if journal.oldest(tenant)? <= Sequence(1) {
        return Ok(Counted::default());
    }
    present(tenant, journal)
}

fn present(tenant: TenantId, journal: &mut dyn JournalReader) -> Result<Counted, StoreFault> {
    let recovered = recovery::from_snapshot(journal, tenant, &mut |_, _, _| {})?;
    let last = recovered.last.unwrap_or_default();
    Ok(Counted {
        book: Book::beginning_with(&recovered.state, last),
        upto: recovered.sequence,
        last,
        saved: Sequence(0),
    })
}
