//! `cargo xtask scxml-report`: the conformance folders of SCXML, run and counted.
//!
//! The runner is a binary of the crate `scxml`, so that this program stays small to build.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{repo, skips};

/// The variable that names the folder of conformance data.
const VARIABLE: &str = "RINGBACK_CONFORMANCE_DIR";
/// The folders that run when none is named.
const FOLDERS: [&str; 2] = ["scxml", "scion"];

/// Runs the chore; `false` when a test failed.
pub(crate) fn command(arguments: &[&str]) -> Result<bool> {
    if let Some(option) = arguments.iter().find(|argument| argument.starts_with('-')) {
        bail!("`scxml-report` takes folders, and `{option}` is an option");
    }
    let root = repo::root()?;
    let folders: Vec<PathBuf> = if arguments.is_empty() {
        let present = FOLDERS.map(|name| conformance(&root).join(name));
        present
            .into_iter()
            .filter(|folder| is_there(folder))
            .collect()
    } else {
        arguments.iter().map(PathBuf::from).collect()
    };
    if folders.is_empty() {
        return Ok(!skips::in_ci());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .args(["--package", "ringback-scxml", "--bin", "scxml-report", "--"])
        .args(&folders)
        .status()
        .context("cargo cannot be started")?;
    Ok(status.success())
}

fn conformance(root: &Path) -> PathBuf {
    std::env::var_os(VARIABLE).map_or_else(
        || root.join("../shared/conformance"),
        |folder| root.join(folder),
    )
}

fn is_there(folder: &Path) -> bool {
    let there = folder.is_dir();
    if !there {
        let why = format!(
            "{} is not there; {VARIABLE} names another folder",
            folder.display()
        );
        // A log that cannot be written must not hide what is said here.
        if let Err(error) = skips::skip("SCXML conformance", &why) {
            eprintln!("{error:#}");
        }
    }
    there
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_refused() {
        let error = command(&["--fast"]).expect_err("an option");
        assert!(error.to_string().contains("--fast"));
    }
}
