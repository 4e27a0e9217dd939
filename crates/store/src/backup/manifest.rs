//! What a backup says about itself.

use crate::sqlite::folder::sync_folder;
use ringback_ports::store::StoreFault;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The contents of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the layout of a backup.
    pub format: u32,
    /// The version of ringback that made it.
    pub ringback: String,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: u64,
    /// Every file, in the order of copying.
    pub files: Vec<ManifestFile>,
    /// What the cut holds of each tenant; empty for keys.
    pub tenants: Vec<ManifestTenant>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Its path below the backup's folder.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// What the cut holds of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestTenant {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// The oldest record of its journal, 0 if there is none.
    pub oldest: u64,
    /// The newest.
    pub head: u64,
    /// The newest that is projected into the records.
    pub watermark: u64,
}

const FILE: &str = "manifest.json";
/// The newest layout this version knows.
const FORMAT: u32 = 1;

impl Manifest {
    pub(super) fn new(files: Vec<ManifestFile>, tenants: Vec<ManifestTenant>) -> Self {
        let at = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            format: FORMAT,
            ringback: env!("CARGO_PKG_VERSION").to_owned(),
            at: at.map_or(0, |at| u64::try_from(at.as_millis()).unwrap_or(u64::MAX)),
            files,
            tenants,
        }
    }

    /// The bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The manifest of the keys of the same backup.
    pub(super) fn of_keys(&self, files: Vec<ManifestFile>) -> Self {
        Self {
            files,
            tenants: Vec::new(),
            ..self.clone()
        }
    }

    /// Writes it whole or not at all; durable when it returns.
    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreFault> {
        let failed = |problem: io::Error| StoreFault::failed("writing a manifest", problem);
        let mut text = serde_json::to_string_pretty(self)
            .map_err(|problem| StoreFault::failed("writing a manifest", problem))?;
        text.push('\n');
        let part = folder.join("manifest.part");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)
            .map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::rename(&part, folder.join(FILE)).map_err(failed)?;
        sync_folder(folder)
    }

    /// Reads the manifest of a backup.
    pub(super) fn read(folder: &Path) -> Result<Self, StoreFault> {
        let path = folder.join(FILE);
        let bytes = fs::read(&path).map_err(|problem| StoreFault::Failed {
            doing: "reading a manifest",
            problem: format!(
                "{}: {problem}; a folder without one is not a finished backup",
                path.display()
            ),
        })?;
        let format = Self::format_of(&bytes);
        if format > FORMAT {
            return Err(StoreFault::TooNew {
                what: "the backup",
                found: format,
                known: FORMAT,
            });
        }
        serde_json::from_slice(&bytes).map_err(|problem| StoreFault::Damaged {
            what: path.display().to_string(),
            problem: problem.to_string(),
        })
    }

    /// The format alone: a newer one may hold what this version cannot read.
    fn format_of(bytes: &[u8]) -> u32 {
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        let format = value.get("format").and_then(serde_json::Value::as_u64);
        u32::try_from(format.unwrap_or(0)).unwrap_or(u32::MAX)
    }
}
