//! Documents and what they include, from disk.

use anyhow::{Context, Result, bail};
use ringback_scxml::{Resolver, Resource, Severity};
use ringback_workflow::{Outline, lint};
use std::path::{Path, PathBuf};

/// Finds files beside the file that names them.
pub(super) struct Disk;

impl Resolver for Disk {
    fn load(&self, reference: &str, base: &str) -> Result<Resource, String> {
        let reference = reference.strip_prefix("file:").unwrap_or(reference);
        if reference.contains("://") {
            return Err(format!(
                "`{reference}` is not a file, and nothing is fetched here"
            ));
        }
        let folder = Path::new(base).parent().unwrap_or(Path::new(""));
        let path = folder.join(reference);
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Resource {
            name: path.display().to_string(),
            bytes,
        })
    }
}

/// The bytes of a document.
pub(super) fn bytes(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Reads a document that has to be sound.
pub(super) fn outline(file: &Path) -> Result<Outline> {
    let name = file.display().to_string();
    match lint::read(&name, &bytes(file)?, &Disk) {
        Ok((outline, _)) => Ok(outline),
        Err(findings) => {
            let errors: Vec<String> = findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error)
                .map(ToString::to_string)
                .collect();
            bail!("{name} cannot run:\n{}", errors.join("\n"))
        }
    }
}

/// The file beside a document that has another ending.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    file.with_extension(ending)
}
