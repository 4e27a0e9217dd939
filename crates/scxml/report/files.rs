//! Files beside a document.

use std::path::{Path, PathBuf};

use ringback_scxml::{Resolver, Resource};

/// Finds files relative to the one that names them.
pub(crate) struct Disk;

impl Resolver for Disk {
    fn load(&self, reference: &str, base: &str) -> Result<Resource, String> {
        let reference = reference.strip_prefix("file:").unwrap_or(reference);
        let folder = Path::new(base)
            .parent()
            .map_or_else(PathBuf::new, Path::to_path_buf);
        let path = folder.join(reference.trim_start_matches("//"));
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Resource {
            name: path.display().to_string(),
            bytes,
        })
    }
}
