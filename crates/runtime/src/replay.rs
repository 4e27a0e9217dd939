//! Going through a journal again, offline: does it lead to the same states, and do the same
//! inputs decide the same events?

use crate::codec;
use crate::recovery::{self, Heard, Recovered, Source};
use ringback_engine::{Kept, State};
use ringback_ports::store::{JournalReader, SnapshotHead, Store, StoreFault};
use ringback_ports::{Record, Sequence, TenantId};
use std::hash::{DefaultHasher, Hasher};

/// What a replay found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The record the replay began after.
    pub from: Sequence,
    /// The last record replayed.
    pub to: Sequence,
    /// Records gone through.
    pub records: u64,
    /// Inputs decided again.
    pub decided: u64,
    /// Inputs of another version of the rules: applied, not decided again.
    pub other_version: u64,
    /// What differed: record, entry, what. Empty when all is well; at most 100 are told.
    pub differences: Vec<String>,
}

const DIFFERENCES_MAX: usize = 100;
const READ_BYTES: usize = 4 * 1024 * 1024;

/// Decides every input again that the journal holds after its oldest usable point (the empty
/// state if the journal is whole, else the newest snapshot), and compares events and digests.
///
/// # Errors
/// The store failed or what it holds does not fit together.
pub fn check(
    store: &dyn Store,
    tenant: TenantId,
    progress: Heard<'_>,
) -> Result<Report, StoreFault> {
    let mut reader = store.journal_reader()?;
    let mut at = start(&mut *reader, tenant, progress)?;
    let mut report = Report {
        from: at.sequence,
        to: at.sequence,
        ..Report::default()
    };
    let head = reader.head(tenant)?;
    while at.sequence < head {
        let rows = reader.read(tenant, at.sequence, READ_BYTES)?;
        if rows.is_empty() {
            return Err(StoreFault::Damaged {
                what: format!("the journal of {tenant}"),
                problem: format!("nothing follows record {}", at.sequence),
            });
        }
        for row in &rows {
            let record = codec::decode_record(row)?;
            check_record(&mut at, &record, &mut report)?;
            report.records += 1;
            report.to = record.sequence;
        }
        progress(Source::Journal, at.sequence.0, head.0);
    }
    Ok(report)
}

/// From the first record if it is still there: the longest replay there is. If another version
/// began the journal, this one took over from a snapshot, which held less than this version
/// keeps: then the states are the same from that snapshot on only.
fn start(
    reader: &mut dyn JournalReader,
    tenant: TenantId,
    progress: Heard<'_>,
) -> Result<Recovered, StoreFault> {
    let mut heads = reader.snapshots(tenant)?;
    if reader.oldest(tenant)? <= Sequence(1) {
        let taken_over = |head: &SnapshotHead| head.format < ringback_engine::image::FORMAT;
        if begun_by_this_version(reader, tenant)? || !heads.iter().any(taken_over) {
            return Ok(Recovered {
                state: State::new(),
                sequence: Sequence(0),
                last: None,
            });
        }
        heads.retain(taken_over);
    }
    recovery::from_newest_of(reader, tenant, heads, progress)
}

/// Whether the first record is of this version; so it is if there is none yet.
fn begun_by_this_version(
    reader: &mut dyn JournalReader,
    tenant: TenantId,
) -> Result<bool, StoreFault> {
    let rows = reader.read(tenant, Sequence(0), 1)?;
    let Some(first) = rows.first() else {
        return Ok(true);
    };
    Ok(codec::decode_record(first)?.engine == ringback_engine::VERSION)
}

fn check_record(
    at: &mut Recovered,
    record: &Record,
    report: &mut Report,
) -> Result<(), StoreFault> {
    if record.engine != ringback_engine::VERSION {
        report.other_version += record.entries.len() as u64;
        return at.apply(record);
    }
    for (index, entry) in record.entries.iter().enumerate() {
        let again = ringback_engine::handle(&mut at.state, entry.now, &entry.input);
        report.decided += 1;
        let differs = match again {
            Ok(events) if events == entry.events => None,
            Ok(_) => Some("other events"),
            Err(_) => Some("a refusal"),
        };
        if let Some(what) = differs {
            let problem = format!("record {} entry {index}: {what}", record.sequence);
            return Err(StoreFault::Damaged {
                what: format!("the replay of {}", record.tenant),
                problem,
            });
        }
        if let Some(asked) = entry.idempotent {
            at.state.remember(Kept {
                id: asked.id.0,
                fingerprint: asked.fingerprint,
                outcome: entry.outcome,
                sequence: record.sequence.0,
                at: entry.now.engine,
            });
        }
        at.last = Some(entry.now);
    }
    at.sequence = record.sequence;
    if at.state.digest() != record.digest && report.differences.len() < DIFFERENCES_MAX {
        report
            .differences
            .push(format!("record {}: another digest", record.sequence));
    }
    Ok(())
}

/// The sequence reached and a hash over all bytes of the state at the end of the journal: the
/// same in every process.
///
/// # Errors
/// The store failed or what it holds does not fit together.
pub fn hash(
    store: &dyn Store,
    tenant: TenantId,
    progress: Heard<'_>,
) -> Result<(Sequence, u64), StoreFault> {
    let mut reader = store.journal_reader()?;
    let recovered = recovery::recover(&mut *reader, tenant, progress)?;
    let mut hasher = DefaultHasher::new();
    for part in recovered.state.parts() {
        hasher.write(&codec::encode_part(&part)?);
    }
    Ok((recovered.sequence, hasher.finish()))
}
