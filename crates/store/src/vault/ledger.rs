//! The ledger of erasures: one line of JSON for each, ids only. It outlives every backup: a
//! restore applies it again, so that no old copy of the keys brings an erased person back.

use super::{Kind, fault};
use ringback_model::{ContactId, KeyId};
use ringback_ports::envelope::TenantId;
use ringback_ports::vault::{Erasure, VaultFault};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A line, under names that stay.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    tenant: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contact: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<u64>,
}

/// Kind and number of the key.
pub(crate) const fn key_of(erasure: Erasure) -> (Kind, u64) {
    match erasure {
        Erasure::Contact { contact, .. } => (Kind::Contact, contact.0),
        Erasure::Key { key, .. } => (Kind::Interaction, key.0),
    }
}

/// The erasure of a key.
pub(crate) const fn erasure_of(tenant: TenantId, kind: Kind, number: u64) -> Erasure {
    match kind {
        Kind::Contact => Erasure::Contact {
            tenant,
            contact: ContactId(number),
        },
        Kind::Interaction => Erasure::Key {
            tenant,
            key: KeyId(number),
        },
    }
}

impl Line {
    fn of(erasure: Erasure) -> Self {
        let (kind, number) = key_of(erasure);
        Self {
            tenant: erasure.tenant().0,
            contact: (kind == Kind::Contact).then_some(number),
            key: (kind == Kind::Interaction).then_some(number),
        }
    }

    fn erasure(&self) -> Option<Erasure> {
        let (kind, number) = match (self.contact, self.key) {
            (Some(contact), None) => (Kind::Contact, contact),
            (None, Some(key)) => (Kind::Interaction, key),
            _ => return None,
        };
        Some(erasure_of(TenantId(self.tenant), kind, number))
    }
}

/// The ledger, open for writing.
pub(super) struct Ledger {
    file: File,
    /// The length up to which it holds whole lines.
    whole: u64,
}

impl Ledger {
    /// Opens it, makes it if it is missing, and cuts off a line that was never finished.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Erasure>), VaultFault> {
        let doing = "opening the ledger of erasures";
        let failed = |problem: io::Error| fault(doing, format!("{}: {problem}", path.display()));
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        let (erasures, whole) = parse(path)?;
        file.set_len(whole)
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        Ok((Self { file, whole }, erasures))
    }

    /// Writes an erasure down; durable when it returns.
    pub(super) fn add(&mut self, erasure: Erasure) -> Result<(), VaultFault> {
        let doing = "writing the ledger of erasures";
        let mut line =
            serde_json::to_vec(&Line::of(erasure)).map_err(|problem| fault(doing, problem))?;
        line.push(b'\n');
        let written = self
            .file
            .set_len(self.whole)
            .and_then(|()| self.file.write_all(&line))
            .and_then(|()| self.file.sync_all());
        written.map_err(|problem| fault(doing, problem))?;
        self.whole += line.len() as u64;
        Ok(())
    }
}

/// All erasures of a ledger.
pub(crate) fn read(path: &Path) -> Result<Vec<Erasure>, VaultFault> {
    parse(path).map(|(erasures, _)| erasures)
}

/// The erasures, and the length of the lines they stand in. A last line without its end was
/// never acknowledged to anyone.
fn parse(path: &Path) -> Result<(Vec<Erasure>, u64), VaultFault> {
    let doing = "reading the ledger of erasures";
    let bytes = std::fs::read(path)
        .map_err(|problem| fault(doing, format!("{}: {problem}", path.display())))?;
    let whole = bytes
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    let lines = bytes[..whole].split(|b| *b == b'\n');
    let mut erasures = Vec::new();
    for (line, number) in lines.zip(1_u32..) {
        if line.is_empty() {
            continue;
        }
        let line: Option<Line> = serde_json::from_slice(line).ok();
        let erasure = line.as_ref().and_then(Line::erasure);
        erasures.push(erasure.ok_or_else(|| {
            let problem = format!(
                "line {number} of {} makes no sense: put a whole copy of it there",
                path.display()
            );
            fault(doing, problem)
        })?);
    }
    Ok((erasures, whole as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erasures() -> [Erasure; 2] {
        let tenant = TenantId(3);
        [
            Erasure::Contact {
                tenant,
                contact: ContactId(6),
            },
            Erasure::Key {
                tenant,
                key: KeyId(11),
            },
        ]
    }

    #[test]
    fn a_ledger_reads_back_and_a_torn_last_line_is_cut_off() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("erasures.jsonl");
        let (mut ledger, none) = Ledger::open(&path).expect("made");
        assert!(none.is_empty());
        for erasure in erasures() {
            ledger.add(erasure).expect("written");
        }
        let text = std::fs::read_to_string(&path).expect("there");
        assert_eq!(
            text,
            "{\"tenant\":3,\"contact\":6}\n{\"tenant\":3,\"key\":11}\n"
        );
        std::fs::write(&path, format!("{text}{{\"tenant\":3,\"cont")).expect("written");
        let (mut ledger, found) = Ledger::open(&path).expect("opened");
        assert_eq!(found, erasures());
        ledger.add(erasures()[0]).expect("written");
        assert_eq!(read(&path).expect("whole").len(), 3);
    }

    #[test]
    fn a_line_that_makes_no_sense_is_not_passed_over() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("erasures.jsonl");
        for bad in [
            "{}\n",
            "x\n{\"tenant\":3,\"key\":1}\n",
            "{\"tenant\":1,\"key\":1,\"contact\":1}\n",
        ] {
            std::fs::write(&path, bad).expect("written");
            assert!(read(&path).expect_err(bad).to_string().contains("line 1"));
        }
    }
}
