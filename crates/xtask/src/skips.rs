//! What was left out, and why: the log of skips.
//!
//! Test runners hide what a passing test prints, so a test that finds its peer missing appends one
//! line `what: why` to the file that `RINGBACK_SKIP_LOG` names. The chore `test` reads it after each
//! stage, names every skip at the end, and in CI lets no test stage pass with one.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The variable that names the file.
pub(crate) const VARIABLE: &str = "RINGBACK_SKIP_LOG";

/// The file that one run's skips are gathered in.
pub(crate) struct SkipLog {
    path: PathBuf,
}

impl SkipLog {
    /// Starts an empty log at `path`.
    pub(crate) fn start(path: &Path) -> Result<SkipLog> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        fs::write(path, "").with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(SkipLog {
            path: path.to_owned(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the lines written since the last call.
    pub(crate) fn take(&self) -> Result<Vec<String>> {
        let text = fs::read_to_string(&self.path)
            .with_context(|| format!("{} cannot be read", self.path.display()))?;
        fs::write(&self.path, "")
            .with_context(|| format!("{} cannot be written", self.path.display()))?;
        Ok(text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect())
    }
}

/// Says aloud that something is left out, and notes it when a log is kept.
pub(crate) fn skip(what: &str, why: &str) -> Result<()> {
    println!("SKIPPED {what}: {why}");
    let Some(path) = std::env::var_os(VARIABLE) else {
        return Ok(());
    };
    let mut log = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .with_context(|| {
            format!(
                "the skip log {} cannot be opened",
                Path::new(&path).display()
            )
        })?;
    writeln!(log, "{what}: {why}").context("the skip log cannot be written")
}

/// Whether this runs in CI, where a missing peer is a failure.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_skip_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let log = SkipLog::start(&folder.path().join("a/skips.txt")).unwrap();
        fs::write(log.path(), "store::postgres: no server\n\n").unwrap();
        assert_eq!(log.take().unwrap(), ["store::postgres: no server"]);
        assert!(log.take().unwrap().is_empty());
    }
}
