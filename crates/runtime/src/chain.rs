//! The chain of the journal: each record holds the SHA-256 of the one before it.
//!
//! Whoever changes, removes or slips in a record breaks it at the next one. Whoever can write
//! anew everything up to the end can not be caught by the journal alone: note sequence and hash of
//! its end elsewhere from time to time (`ringback audit verify` tells them), and have them looked
//! for later. Records written before there was a chain are not part of it.

use crate::codec;
use ring::digest::{SHA256, digest};
use ringback_ports::store::{JournalReader, JournalRow, Store, StoreFault};
use ringback_ports::{Sequence, TenantId};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The hash of a record.
pub type Link = [u8; 32];

/// The hash of a row as it stands in the journal.
#[must_use]
pub fn link(row: &JournalRow) -> Link {
    let mut link = [0; 32];
    link.copy_from_slice(digest(&SHA256, &row.body).as_ref());
    link
}

/// A hash as people write it down.
#[must_use]
pub fn text(link: &Link) -> String {
    link.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The ends of the chains of all tenants, for whoever writes.
#[derive(Debug, Default)]
pub(crate) struct Ends(BTreeMap<TenantId, (Sequence, Link)>);

impl Ends {
    /// The hash of the record before `sequence`; `None` for the first one, and when the one
    /// before was pruned.
    pub(crate) fn before(
        &self,
        store: &dyn Store,
        tenant: TenantId,
        sequence: Sequence,
    ) -> Result<Option<Link>, StoreFault> {
        let wanted = Sequence(sequence.0.saturating_sub(1));
        match self.0.get(&tenant) {
            Some((at, link)) if *at == wanted => Ok(Some(*link)),
            _ => from_journal(&mut *store.journal_reader()?, tenant, wanted),
        }
    }

    /// These rows are durable.
    pub(crate) fn written(&mut self, rows: &[JournalRow]) {
        for row in rows {
            self.0.insert(row.tenant, (row.sequence, link(row)));
        }
    }
}

fn from_journal(
    reader: &mut dyn JournalReader,
    tenant: TenantId,
    wanted: Sequence,
) -> Result<Option<Link>, StoreFault> {
    if wanted == Sequence(0) {
        return Ok(None);
    }
    let rows = reader.read(tenant, Sequence(wanted.0 - 1), 1)?;
    let found = rows.first().filter(|row| row.sequence == wanted);
    Ok(found.map(link))
}

/// What a walk along the chain found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// The first record that is still there.
    pub from: Sequence,
    /// The last one.
    pub to: Sequence,
    /// Records that hold no hash of the one before: from before there was a chain, or first.
    pub unlinked: u64,
    /// Records whose hash fits the one before.
    pub linked: u64,
    /// Where the chain is broken, in words. Empty when it is whole; at most 100 are told.
    pub breaks: Vec<String>,
    /// The hash of the last record.
    pub end: Option<Link>,
    /// The hash of the record that was looked for, if it is still there.
    pub found: Option<Link>,
}

const BREAKS_MAX: usize = 100;
const READ_BYTES: usize = 4 * 1024 * 1024;

/// Walks along the chain of a tenant. `looked_for` is a record whose hash is to be told.
///
/// # Errors
/// The store failed, or a record cannot be read.
pub fn walk(
    store: &dyn Store,
    tenant: TenantId,
    looked_for: Option<Sequence>,
) -> Result<Walk, StoreFault> {
    let mut reader = store.journal_reader()?;
    let head = reader.head(tenant)?;
    let mut walk = Walk {
        from: reader.oldest(tenant)?,
        ..Walk::default()
    };
    let mut at = Sequence(walk.from.0.saturating_sub(1));
    let mut chained = false;
    while at < head {
        let rows = reader.read(tenant, at, READ_BYTES)?;
        if rows.is_empty() {
            walk.note(format!(
                "nothing follows record {at}, yet the last is {head}"
            ));
            break;
        }
        for row in &rows {
            if row.sequence != at.next() {
                walk.note(format!("record {} follows record {at}", row.sequence));
            }
            walk.step(row, codec::link_of(row)?, &mut chained);
            if looked_for == Some(row.sequence) {
                walk.found = walk.end;
            }
            at = row.sequence;
        }
    }
    Ok(walk)
}

impl Walk {
    fn note(&mut self, broken: String) {
        if self.breaks.len() < BREAKS_MAX {
            self.breaks.push(broken);
        }
    }

    fn step(&mut self, row: &JournalRow, holds: Option<Link>, chained: &mut bool) {
        match (holds, self.end) {
            (Some(holds), Some(before)) if holds == before => self.linked += 1,
            (Some(_), Some(_)) => {
                let (before, at) = (self.to, row.sequence);
                self.note(format!(
                    "record {at} was written after another record {before} than there is now"
                ));
            }
            // The one before was pruned.
            (Some(_), None) => self.linked += 1,
            (None, _) if *chained => {
                self.note(format!(
                    "record {} holds no hash of the one before",
                    row.sequence
                ));
            }
            (None, _) => self.unlinked += 1,
        }
        *chained |= holds.is_some();
        self.to = row.sequence;
        self.end = Some(link(row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::WallTime;
    use ringback_ports::{Epoch, Record};

    fn row(sequence: u64, before: Option<Link>) -> JournalRow {
        let record = Record {
            tenant: TenantId(1),
            sequence: Sequence(sequence),
            epoch: Epoch(1),
            engine: 1,
            entries: Vec::new(),
            digest: sequence,
        };
        codec::encode_record(&record, WallTime(0), before).expect("plain data")
    }

    fn chain() -> Vec<JournalRow> {
        let mut rows = vec![row(1, None), row(2, None)];
        for sequence in 3..=6 {
            let before = rows.last().map(link);
            rows.push(row(sequence, before));
        }
        rows
    }

    fn walked(rows: &[JournalRow]) -> Walk {
        let mut walk = Walk::default();
        let mut chained = false;
        for row in rows {
            let holds = codec::link_of(row).expect("a record");
            walk.step(row, holds, &mut chained);
        }
        walk
    }

    #[test]
    fn a_chain_is_whole_from_where_it_begins() {
        let walk = walked(&chain());
        assert_eq!((walk.unlinked, walk.linked), (2, 4));
        assert!(walk.breaks.is_empty(), "{:?}", walk.breaks);
        let rest = walked(&chain()[3..]);
        assert!(rest.breaks.is_empty(), "what was pruned breaks nothing");
    }

    #[test]
    fn whatever_is_done_to_a_record_breaks_it() {
        let changed = |at: usize| {
            let mut rows = chain();
            rows[at].body[5] ^= 1;
            rows
        };
        let mut removed = chain();
        removed.remove(3);
        let mut unchained = chain();
        unchained[4] = row(5, None);
        for (what, rows) in [("removed", removed), ("unchained", unchained)] {
            assert!(!walked(&rows).breaks.is_empty(), "{what}");
        }
        for at in 1..5 {
            let rows = changed(at);
            let readable = rows.iter().all(|row| codec::link_of(row).is_ok());
            assert!(!readable || !walked(&rows).breaks.is_empty(), "{at}");
        }
    }
}
