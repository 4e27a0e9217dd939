//! The one place where journal records and snapshot parts become bytes: MessagePack with
//! names, so that a later version can add fields and an operator can read what is there.
//!
//! Personal values are sealed long before they get here.

use ringback_engine::image::Part;
use ringback_model::WallTime;
use ringback_model::{Input, Now};
use ringback_ports::store::{JournalRow, StoreFault};
use ringback_ports::{Entry, Record};
use serde::{Deserialize, Serialize};

/// Version of the record's outer shape; a reader refuses a newer one.
const RECORD_FORMAT: u32 = 1;

#[derive(Serialize)]
struct BodyRef<'a> {
    format: u32,
    engine: u32,
    entries: &'a [Entry],
    digest: u64,
}

#[derive(Deserialize)]
struct Body {
    format: u32,
    engine: u32,
    entries: Vec<Entry>,
    digest: u64,
}

/// Encodes a record for the store.
///
/// # Errors
/// A value could not be encoded, which is a mistake of ours.
pub fn encode_record(record: &Record, at: WallTime) -> Result<JournalRow, StoreFault> {
    let body = BodyRef {
        format: RECORD_FORMAT,
        engine: record.engine,
        entries: &record.entries,
        digest: record.digest,
    };
    let body = encode(&body)?;
    let Record {
        tenant,
        sequence,
        epoch,
        ..
    } = *record;
    Ok(JournalRow {
        tenant,
        sequence,
        epoch,
        at,
        body,
    })
}

/// Decodes what the store kept.
///
/// # Errors
/// The bytes are damaged or were written by a newer version.
pub fn decode_record(row: &JournalRow) -> Result<Record, StoreFault> {
    let damaged = |problem: &dyn std::fmt::Display| StoreFault::Damaged {
        what: format!("record {} of {}", row.sequence, row.tenant),
        problem: problem.to_string(),
    };
    let body: Body = rmp_serde::from_slice(&row.body).map_err(|error| damaged(&error))?;
    if body.format > RECORD_FORMAT {
        let (found, known) = (body.format, RECORD_FORMAT);
        return Err(StoreFault::TooNew {
            what: "a journal record",
            found,
            known,
        });
    }
    Ok(Record {
        tenant: row.tenant,
        sequence: row.sequence,
        epoch: row.epoch,
        engine: body.engine,
        entries: body.entries,
        digest: body.digest,
    })
}

/// What a snapshot begins with: what the hall must know besides the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotMeta {
    /// The time the heart was told last.
    pub now: Now,
}

/// Encodes the beginning of a snapshot.
///
/// # Errors
/// A mistake of ours.
pub fn encode_meta(meta: &SnapshotMeta) -> Result<Vec<u8>, StoreFault> {
    encode(meta)
}

/// Decodes the beginning of a snapshot.
///
/// # Errors
/// The bytes are damaged.
pub fn decode_meta(bytes: &[u8]) -> Result<SnapshotMeta, StoreFault> {
    decode(bytes, "the beginning of a snapshot")
}

/// Encodes a part of a snapshot.
///
/// # Errors
/// A mistake of ours.
pub fn encode_part(part: &Part) -> Result<Vec<u8>, StoreFault> {
    encode(part)
}

/// Decodes a part of a snapshot.
///
/// # Errors
/// The bytes are damaged.
pub fn decode_part(bytes: &[u8]) -> Result<Part, StoreFault> {
    decode(bytes, "a part of a snapshot")
}

/// Encodes an input that is put aside.
///
/// # Errors
/// A mistake of ours.
pub fn encode_input(input: &Input) -> Result<Vec<u8>, StoreFault> {
    encode(input)
}

/// Encodes a value for the records.
///
/// # Errors
/// A mistake of ours.
pub fn encode(value: &impl Serialize) -> Result<Vec<u8>, StoreFault> {
    rmp_serde::to_vec_named(value).map_err(|error| StoreFault::failed("encode", error))
}

fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8], what: &str) -> Result<T, StoreFault> {
    rmp_serde::from_slice(bytes).map_err(|error| StoreFault::Damaged {
        what: what.to_owned(),
        problem: error.to_string(),
    })
}
