//! The chain of the journal: each record holds the SHA-256 of the one before it, over all its
//! columns: tenant, sequence, epoch, time and body.
//!
//! Whoever changes, removes or slips in a record breaks it at the next one. What the journal alone
//! cannot show: that the last record was changed or the last ones were removed (no record after
//! them holds their hash), that the first ones were removed (so they are when they are pruned), and
//! that everything up to the end was written anew. Against all but the second, note sequence and
//! hash of its end elsewhere from time to time (`ringback audit verify` tells them), and have them
//! looked for later. Records written before there was a chain are not part of it.

use crate::codec;
use ring::digest::{Context, SHA256};
use ringback_ports::store::{JournalReader, JournalRow, Store, StoreFault};
use ringback_ports::{Sequence, TenantId};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The hash of a record.
pub type Link = [u8; 32];

/// The hash of a row as it stands in the journal.
#[must_use]
pub fn link(row: &JournalRow) -> Link {
    let mut hash = Context::new(&SHA256);
    // All of one length, so that no two rows are written alike.
    for number in [row.tenant.0.into(), row.sequence.0, row.epoch.0] {
        hash.update(&u64::to_be_bytes(number));
    }
    hash.update(&row.at.0.to_be_bytes());
    hash.update(&row.body);
    let mut link = [0; 32];
    link.copy_from_slice(hash.finish().as_ref());
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
        if self.end.is_some() && row.sequence != self.to.next() {
            let before = self.to;
            self.note(format!("record {} follows record {before}", row.sequence));
        }
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

    /// Whether the walk finds that something was done; `noted` is the end that was noted before.
    fn finds(rows: &[JournalRow], noted: Link) -> (bool, bool) {
        if rows.iter().any(|row| codec::link_of(row).is_err()) {
            return (true, true);
        }
        let walk = walked(rows);
        let alone = !walk.breaks.is_empty();
        (alone, alone || walk.end != Some(noted))
    }

    type Tamper = fn(&mut JournalRow);

    const COLUMNS: [(&str, Tamper); 5] = [
        ("tenant", |row| row.tenant = TenantId(2)),
        ("sequence", |row| {
            row.sequence = Sequence(row.sequence.0 + 1)
        }),
        ("epoch", |row| row.epoch = Epoch(row.epoch.0 + 1)),
        ("at", |row| row.at = WallTime(row.at.0 + 1)),
        ("body", |row| {
            let last = row.body.len() - 1;
            row.body[last] ^= 1;
        }),
    ];

    #[test]
    fn whatever_is_done_to_a_record_breaks_it() {
        let noted = walked(&chain()).end.expect("an end");
        let last = chain().len() - 1;
        // From the last record before the chain on, whose hash the first one of it holds.
        for at in 1..=last {
            for (column, tamper) in COLUMNS {
                let mut rows = chain();
                tamper(&mut rows[at]);
                let (alone, with_noted) = finds(&rows, noted);
                let what = format!("{column} of the record at {at}");
                // The limit: nothing after the last record holds its hash.
                assert!(alone || at == last, "{what}");
                assert!(with_noted, "{what}");
            }
        }
        for at in 2..=last {
            let mut rows = chain();
            rows.remove(at);
            let (alone, with_noted) = finds(&rows, noted);
            assert!(alone || at == last, "removed at {at}");
            assert!(with_noted, "removed at {at}");
        }
        let mut unchained = chain();
        unchained[4] = row(5, None);
        assert!(finds(&unchained, noted).0);
        let mut slipped_in = chain();
        slipped_in.insert(3, chain()[3].clone());
        assert!(finds(&slipped_in, noted).0);
    }
}
