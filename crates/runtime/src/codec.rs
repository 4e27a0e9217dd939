//! The one place where journal records and snapshot parts become bytes: MessagePack with
//! names, so that a later version can add fields and an operator can read what is there.
//!
//! A record that is not small is packed with LZ4, because names repeat: a third of the bytes are
//! left to be copied, checksummed, written, and moved out of the write-ahead log again.
//!
//! ```text
//! small record   MessagePack, a map                      (all records up to version 0.1)
//! others         0xC1, 1, length as u32 in little endian, LZ4 block of the same MessagePack
//! ```
//!
//! The byte 0xC1 begins no MessagePack value.
//!
//! Personal values are sealed long before they get here.

use crate::chain::Link;
use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};
use ringback_engine::image::Part;
use ringback_model::WallTime;
use ringback_model::{Input, Now};
use ringback_ports::store::{JournalRow, StoreFault};
use ringback_ports::{Entry, Record};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};
use std::borrow::Cow;

/// Version of the record's outer shape; a reader refuses a newer one.
const RECORD_FORMAT: u32 = 1;

#[derive(Serialize)]
struct BodyRef<'a> {
    format: u32,
    engine: u32,
    entries: &'a [Entry],
    digest: u64,
    /// The hash of the record before; records from before there was a chain hold none.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a Bytes>,
}

#[derive(Deserialize)]
struct Body {
    format: u32,
    engine: u32,
    entries: Vec<Entry>,
    digest: u64,
}

/// The first byte of a packed record.
const PACKED: u8 = 0xC1;
/// How a packed record is packed; a reader refuses a newer way.
const PACKING: u8 = 1;
/// What stands before the LZ4 block.
const PACKED_HEAD: usize = 6;
/// Smaller records are left as they are: packed or not, they fill a page of the store.
const PACK_FROM: usize = 2 * 1024;
/// No record comes near this: a length beyond it is damage, not a reason to take the memory.
const PLAIN_MAX: usize = 1 << 30;
/// A workplace larger than this is given back after use.
const KEPT_MAX: usize = 4 * 1024 * 1024;

/// Encodes records for the store, in a workplace of its own that is used again.
pub struct Encoder {
    plain: Vec<u8>,
    packed: Vec<u8>,
    table: CompressTable,
}

impl Default for Encoder {
    fn default() -> Self {
        Self {
            plain: Vec::new(),
            packed: Vec::new(),
            table: CompressTable::large(),
        }
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encoder(..)")
    }
}

impl Encoder {
    /// Encodes a record, with the hash of the one before.
    ///
    /// # Errors
    /// A value could not be encoded, which is a mistake of ours.
    pub fn encode(
        &mut self,
        record: &Record,
        at: WallTime,
        before: Option<Link>,
    ) -> Result<JournalRow, StoreFault> {
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
            body: self.body(record, before.as_ref())?,
        })
    }

    fn body(&mut self, record: &Record, before: Option<&Link>) -> Result<Vec<u8>, StoreFault> {
        let body = BodyRef {
            format: RECORD_FORMAT,
            engine: record.engine,
            entries: &record.entries,
            digest: record.digest,
            before: before.map(|link| Bytes::new(link)),
        };
        self.plain.clear();
        rmp_serde::encode::write_named(&mut self.plain, &body)
            .map_err(|error| StoreFault::failed("encode", error))?;
        let body = if self.plain.len() < PACK_FROM {
            self.plain.clone()
        } else {
            self.pack()?
        };
        if self.plain.capacity() > KEPT_MAX {
            self.plain = Vec::new();
            self.packed = Vec::new();
        }
        Ok(body)
    }

    /// Packs what stands in `plain`.
    fn pack(&mut self) -> Result<Vec<u8>, StoreFault> {
        let failed = |problem: &dyn std::fmt::Display| StoreFault::failed("encode", problem);
        let length = u32::try_from(self.plain.len()).map_err(|error| failed(&error))?;
        let room = get_maximum_output_size(self.plain.len());
        if self.packed.len() < room {
            self.packed.resize(room, 0);
        }
        let size = compress_into_with_table(&self.plain, &mut self.packed, &mut self.table)
            .map_err(|error| failed(&error))?;
        let mut body = Vec::with_capacity(PACKED_HEAD + size);
        body.extend_from_slice(&[PACKED, PACKING]);
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(&self.packed[..size]);
        Ok(body)
    }
}

/// Encodes one record for the store; for many see [`Encoder`].
///
/// # Errors
/// A value could not be encoded, which is a mistake of ours.
pub fn encode_record(
    record: &Record,
    at: WallTime,
    before: Option<Link>,
) -> Result<JournalRow, StoreFault> {
    Encoder::default().encode(record, at, before)
}

/// Decodes what the store kept, in any form there ever was.
///
/// # Errors
/// The bytes are damaged or were written by a newer version.
pub fn decode_record(row: &JournalRow) -> Result<Record, StoreFault> {
    let damaged = |problem: &dyn std::fmt::Display| StoreFault::Damaged {
        what: format!("record {} of {}", row.sequence, row.tenant),
        problem: problem.to_string(),
    };
    let plain = unpack(&row.body, &damaged)?;
    let body: Body = rmp_serde::from_slice(&plain).map_err(|error| damaged(&error))?;
    if body.format > RECORD_FORMAT {
        return Err(too_new(body.format, RECORD_FORMAT));
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

/// The MessagePack of a record.
fn unpack<'a>(
    body: &'a [u8],
    damaged: &dyn Fn(&dyn std::fmt::Display) -> StoreFault,
) -> Result<Cow<'a, [u8]>, StoreFault> {
    let [PACKED, packing, rest @ ..] = body else {
        return Ok(Cow::Borrowed(body));
    };
    if *packing > PACKING {
        return Err(too_new(u32::from(*packing), u32::from(PACKING)));
    }
    let (length, block) = rest
        .split_first_chunk()
        .ok_or_else(|| damaged(&"it ends before its length"))?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > PLAIN_MAX {
        return Err(damaged(&format_args!("{length} bytes are too many")));
    }
    let plain = lz4_flex::block::decompress(block, length).map_err(|error| damaged(&error))?;
    if plain.len() == length {
        Ok(Cow::Owned(plain))
    } else {
        Err(damaged(&"it is shorter than it says"))
    }
}

const fn too_new(found: u32, known: u32) -> StoreFault {
    StoreFault::TooNew {
        what: "a journal record",
        found,
        known,
    }
}

/// The hash of the record before that a row holds, if it holds one.
///
/// # Errors
/// The bytes are damaged.
pub fn link_of(row: &JournalRow) -> Result<Option<Link>, StoreFault> {
    #[derive(Deserialize)]
    struct Linked {
        #[serde(default)]
        before: Option<ByteBuf>,
    }
    let damaged = |problem: &dyn std::fmt::Display| StoreFault::Damaged {
        what: format!("record {} of {}", row.sequence, row.tenant),
        problem: problem.to_string(),
    };
    let plain = unpack(&row.body, &damaged)?;
    let linked: Linked = rmp_serde::from_slice(&plain).map_err(|error| damaged(&error))?;
    let Some(bytes) = linked.before else {
        return Ok(None);
    };
    let link = Link::try_from(bytes.as_slice());
    link.map(Some)
        .map_err(|_| damaged(&"the hash of the record before is none"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::{Outcome, node};
    use ringback_ports::{ActorRef, Epoch, Sequence, TenantId};

    fn record(entries: usize) -> Record {
        let entry = Entry {
            others: Vec::new(),
            now: Now::default(),
            idempotent: None,
            actor: ActorRef::Node,
            input: Input::Node(node::Input::Due { limit: 7 }),
            events: Vec::new(),
            outcome: Outcome::Done,
        };
        Record {
            tenant: TenantId(1),
            sequence: Sequence(5),
            epoch: Epoch(2),
            engine: 1,
            entries: vec![entry; entries],
            digest: 99,
        }
    }

    /// As every version up to 0.1 wrote it.
    fn plain(record: &Record) -> Vec<u8> {
        encode(&BodyRef {
            format: RECORD_FORMAT,
            engine: record.engine,
            entries: &record.entries,
            digest: record.digest,
            before: None,
        })
        .expect("plain data")
    }

    #[test]
    fn small_records_stay_as_they_were_and_large_ones_are_packed() {
        let mut encoder = Encoder::default();
        for (entries, packed) in [
            (0, false),
            (1, false),
            (100, true),
            (5_000, true),
            (2, false),
        ] {
            let record = record(entries);
            let row = encoder.encode(&record, WallTime(3), None).expect("encoded");
            assert_eq!(row.body.first() == Some(&PACKED), packed, "{entries}");
            assert_eq!(row.body == plain(&record), !packed, "{entries}");
            assert_eq!(decode_record(&row).expect("decoded"), record);
        }
    }

    #[test]
    fn large_records_of_earlier_versions_still_open() {
        let record = record(1_000);
        let mut row = encode_record(&record, WallTime(3), None).expect("encoded");
        row.body = plain(&record);
        assert_eq!(decode_record(&row).expect("decoded"), record);
    }

    #[test]
    fn damage_and_newer_packings_are_told_apart() {
        let whole = encode_record(&record(1_000), WallTime(3), None).expect("encoded");
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut row = whole.clone();
            change(&mut row.body);
            decode_record(&row).expect_err("it is not what it was")
        };
        let damaged = |fault: &StoreFault| matches!(fault, StoreFault::Damaged { .. });
        for cut in [1, 2, 5, PACKED_HEAD, whole.body.len() - 1] {
            let fault = with(&|body| body.truncate(cut));
            assert!(damaged(&fault), "cut at {cut}: {fault}");
        }
        for (index, byte) in [(2, 0), (5, 0xff)] {
            let fault = with(&|body| body[index] = byte);
            assert!(damaged(&fault), "{byte} at {index}: {fault}");
        }
        let newer = with(&|body| body[1] = PACKING + 1);
        assert!(matches!(newer, StoreFault::TooNew { .. }), "{newer}");
    }
}
