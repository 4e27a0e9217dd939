//! Reading a tenant's engine in: the newest snapshot, then every record after it.
//!
//! Used at start, after a lost lease or an unknown commit, by the follower and by
//! `replay --check`: one path, exercised all the time.

#[cfg(test)]
mod tests;

use crate::codec;
use crossbeam_channel::{Receiver, Sender, bounded};
use ringback_engine::image::{Part, Ready, Restore};
use ringback_engine::{Kept, State};
use ringback_model::target::Target;
use ringback_model::{Name, Now};
use ringback_ports::store::{JournalReader, SnapshotHead, StoreFault};
use ringback_ports::{Record, Sequence, TenantId};
use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::num::NonZero;
use std::thread;

/// A state and where in the journal it stands.
#[derive(Debug)]
pub struct Recovered {
    /// The state.
    pub state: State,
    /// The last record in it, 0 before the first.
    pub sequence: Sequence,
    /// The time the heart was told last, if it ever was.
    pub last: Option<Now>,
}

/// How many bytes of journal are read at a time.
const READ_BYTES: usize = 4 * 1024 * 1024;

/// Hears what of a tenant is read, how far that is, and how far it goes: bytes of the snapshot,
/// then records of the journal by their number.
pub type Heard<'a> = &'a mut dyn FnMut(Source, u64, u64);

/// Where a state is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A snapshot.
    Snapshot,
    /// The journal after it.
    Journal,
}

impl Source {
    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Journal => "journal",
        }
    }
}

/// Reads a tenant in, up to the end of its journal.
///
/// # Errors
/// The store failed, or what it holds does not fit together.
pub fn recover(
    reader: &mut dyn JournalReader,
    tenant: TenantId,
    progress: Heard<'_>,
) -> Result<Recovered, StoreFault> {
    let mut recovered = from_snapshot(reader, tenant, progress)?;
    let head = reader.head(tenant)?;
    while recovered.sequence < head {
        let rows = reader.read(tenant, recovered.sequence, READ_BYTES)?;
        if rows.is_empty() {
            return Err(gap(tenant, recovered.sequence, head));
        }
        for row in &rows {
            let record = codec::decode_record(row)?;
            recovered.apply(&record)?;
        }
        progress(Source::Journal, recovered.sequence.0, head.0);
    }
    Ok(recovered)
}

fn gap(tenant: TenantId, reached: Sequence, head: Sequence) -> StoreFault {
    StoreFault::Damaged {
        what: format!("the journal of {tenant}"),
        problem: format!("nothing follows record {reached}, but there is a record {head}"),
    }
}

/// The newest snapshot that is whole, or the empty state.
///
/// # Errors
/// The store failed or the snapshot does not hold what it says.
pub fn from_snapshot(
    reader: &mut dyn JournalReader,
    tenant: TenantId,
    progress: Heard<'_>,
) -> Result<Recovered, StoreFault> {
    let heads = reader.snapshots(tenant)?;
    from_newest_of(reader, tenant, heads, progress)
}

/// As [`from_snapshot`], but only from these; the newest stands first.
pub(crate) fn from_newest_of(
    reader: &mut dyn JournalReader,
    tenant: TenantId,
    heads: Vec<SnapshotHead>,
    progress: Heard<'_>,
) -> Result<Recovered, StoreFault> {
    for head in heads {
        if head.format > ringback_engine::image::FORMAT {
            let known = ringback_engine::image::FORMAT;
            return Err(StoreFault::TooNew {
                what: "a snapshot",
                found: head.format,
                known,
            });
        }
        let Some((state, last)) = read_parts(reader, &head, progress)? else {
            continue;
        };
        // An older one was digested in another way. That it is whole was seen while it was read.
        let same_way = head.format == ringback_engine::image::FORMAT;
        if same_way && state.digest() != head.digest {
            return Err(StoreFault::Damaged {
                what: format!("the snapshot of {tenant} at record {}", head.sequence),
                problem: "the state in it has another digest".to_owned(),
            });
        }
        return Ok(Recovered {
            state,
            sequence: head.sequence,
            last,
        });
    }
    Ok(Recovered {
        state: State::new(),
        sequence: Sequence(0),
        last: None,
    })
}

/// Parts that may wait between two steps of reading in.
const PARTS_AHEAD: usize = 2;
/// The most threads that decode: one thread puts together what they give.
const DECODERS_MAX: usize = 4;

/// A part on its way, and which of the parts it is: decoders overtake each other.
type Numbered<T> = (usize, T);

/// Reads the parts of a snapshot, decodes them and builds the state, on threads of their own:
/// with a million open interactions somebody waits for it. `None` if the snapshot turns out not
/// to be what was written; it is read only once, so that shows on the way.
fn read_parts(
    reader: &mut dyn JournalReader,
    head: &SnapshotHead,
    progress: Heard<'_>,
) -> Result<Option<(State, Option<Now>)>, StoreFault> {
    let mut meta = None;
    let (mut done, total) = (0, reader.snapshot_bytes(head)?);
    let (read, state) = thread::scope(|scope| {
        let (to_decode, encoded) = bounded::<Numbered<Vec<u8>>>(PARTS_AHEAD);
        let (to_restore, decoded) = bounded(PARTS_AHEAD);
        let decoders = thread::available_parallelism().map_or(1, NonZero::get);
        for _ in 0..decoders.min(DECODERS_MAX) {
            let (encoded, to_restore) = (encoded.clone(), to_restore.clone());
            scope.spawn(move || decode_parts(&encoded, &to_restore));
        }
        drop((encoded, to_restore));
        let restoring = scope.spawn(move || restore_parts(&decoded));
        let mut number = 0;
        let read = reader.read_snapshot(head, &mut |bytes| {
            done += bytes.len() as u64;
            progress(Source::Snapshot, done.min(total), total);
            if meta.is_none() {
                meta = Some(bytes);
                return Ok(());
            }
            // Nobody takes it any more when an earlier part could not be decoded.
            let gone = |_| StoreFault::failed("reading a snapshot", "it was given up");
            to_decode.send((number, bytes)).map_err(gone)?;
            number += 1;
            Ok(())
        });
        drop(to_decode);
        match restoring.join() {
            Ok(state) => (read, state),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    if let Err(StoreFault::Damaged { what, problem }) = read {
        tracing::warn!(
            what,
            problem,
            "A snapshot is damaged; an older one is used."
        );
        return Ok(None);
    }
    let state = state?;
    read?;
    let meta = meta.map(|bytes| codec::decode_meta(&bytes)).transpose()?;
    Ok(Some((state, meta.map(|meta| meta.now))))
}

/// Decodes parts and does with them all that can be done apart from each other.
fn decode_parts(
    encoded: &Receiver<Numbered<Vec<u8>>>,
    to_restore: &Sender<Numbered<Result<Ready, StoreFault>>>,
) {
    let mut shared = SharedTexts::default();
    for (number, bytes) in encoded {
        let part = codec::decode_part(&bytes).map(|part| shared.share(part).ready());
        let failed = part.is_err();
        if to_restore.send((number, part)).is_err() || failed {
            return;
        }
    }
}

/// Puts the state together from its parts, in their order.
fn restore_parts(
    decoded: &Receiver<Numbered<Result<Ready, StoreFault>>>,
) -> Result<State, StoreFault> {
    let mut restore = Restore::default();
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (number, part) in decoded {
        early.insert(number, part?);
        while let Some(part) = early.remove(&next) {
            restore.add(part);
            next += 1;
        }
    }
    Ok(restore.finish())
}

/// Names and targets that many records have in common, kept once.
#[derive(Default)]
struct SharedTexts {
    names: HashSet<Name>,
    targets: HashSet<Target>,
}

impl SharedTexts {
    fn share(&mut self, mut part: Part) -> Part {
        match &mut part {
            Part::Interactions(list) => {
                for interaction in list {
                    share(&mut self.names, &mut interaction.kind);
                    if let Some(subkind) = &mut interaction.subkind {
                        share(&mut self.names, subkind);
                    }
                }
            }
            Part::Requests(list) => {
                for request in list {
                    share(&mut self.targets, &mut request.target);
                }
            }
            _ => {}
        }
        part
    }
}

/// Replaces a value by an equal one that is known already.
fn share<T: Clone + Eq + Hash>(known: &mut HashSet<T>, value: &mut T) {
    match known.get(value) {
        Some(same) => *value = same.clone(),
        None => {
            known.insert(value.clone());
        }
    }
}

impl Recovered {
    /// Applies the next record and compares the digest.
    ///
    /// # Errors
    /// The record does not follow on, or leads to another state than it did when it was written.
    pub fn apply(&mut self, record: &Record) -> Result<(), StoreFault> {
        let damaged = |problem: String| StoreFault::Damaged {
            what: format!("record {} of {}", record.sequence, record.tenant),
            problem,
        };
        if record.sequence != self.sequence.next() {
            return Err(damaged(format!(
                "it does not follow record {}",
                self.sequence
            )));
        }
        for entry in &record.entries {
            for event in &entry.events {
                self.state.apply(event);
            }
            if let Some(asked) = entry.idempotent {
                self.state.remember(Kept {
                    id: asked.id.0,
                    fingerprint: asked.fingerprint,
                    outcome: entry.outcome,
                    sequence: record.sequence.0,
                    at: entry.now.engine,
                });
            }
            self.last = Some(entry.now);
        }
        self.sequence = record.sequence;
        // Another version may digest in another way; its own records were checked by itself.
        let same_rules = record.engine == ringback_engine::VERSION;
        if same_rules && self.state.digest() != record.digest {
            return Err(damaged(
                "applying it leads to another state than it did".to_owned(),
            ));
        }
        Ok(())
    }
}
