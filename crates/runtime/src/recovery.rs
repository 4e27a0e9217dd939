//! Reading a tenant's engine in: the newest snapshot, then every record after it.
//!
//! Used at start, after a lost lease or an unknown commit, by the follower and by
//! `replay --check`: one path, exercised all the time.

use crate::codec;
use ringback_engine::{Kept, State};
use ringback_model::Now;
use ringback_ports::store::{JournalReader, StoreFault};
use ringback_ports::{Record, Sequence, TenantId};

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

/// Reads a tenant in, up to the end of its journal. `progress` hears the record reached and the
/// last one there is.
///
/// # Errors
/// The store failed, or what it holds does not fit together.
pub fn recover(
    reader: &mut dyn JournalReader,
    tenant: TenantId,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Recovered, StoreFault> {
    let mut recovered = from_snapshot(reader, tenant)?;
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
        progress(recovered.sequence.0, head.0);
    }
    Ok(recovered)
}

fn gap(tenant: TenantId, reached: Sequence, head: Sequence) -> StoreFault {
    StoreFault::Damaged {
        what: format!("the journal of {tenant}"),
        problem: format!("nothing follows record {reached}, but there is a record {head}"),
    }
}

/// The newest snapshot, or the empty state.
///
/// # Errors
/// The store failed or the snapshot does not hold what it says.
pub fn from_snapshot(
    reader: &mut dyn JournalReader,
    tenant: TenantId,
) -> Result<Recovered, StoreFault> {
    let mut state = State::new();
    let Some(head) = reader.snapshot(tenant)? else {
        return Ok(Recovered {
            state,
            sequence: Sequence(0),
            last: None,
        });
    };
    if head.format > ringback_engine::image::FORMAT {
        let known = ringback_engine::image::FORMAT;
        return Err(StoreFault::TooNew {
            what: "a snapshot",
            found: head.format,
            known,
        });
    }
    let mut last = None;
    reader.read_snapshot(&head, &mut |bytes| {
        if last.is_none() {
            last = Some(codec::decode_meta(&bytes)?.now);
        } else {
            state.restore(codec::decode_part(&bytes)?);
        }
        Ok(())
    })?;
    state.index();
    if state.digest() != head.digest {
        return Err(StoreFault::Damaged {
            what: format!("the snapshot of {tenant} at record {}", head.sequence),
            problem: "the state in it has another digest".to_owned(),
        });
    }
    Ok(Recovered {
        state,
        sequence: head.sequence,
        last,
    })
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
