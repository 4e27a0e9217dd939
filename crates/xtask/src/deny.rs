//! `cargo xtask deny`: what the dependencies may be, as `deny.toml` says.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{repo, skips};

/// The version that `scripts/setup` installs and `deny.toml` is written for.
const VERSION: &str = "0.20.2";

/// Runs the chore; `false` when a dependency breaks a rule.
pub(crate) fn command(arguments: &[&str]) -> Result<bool> {
    if let Some(unknown) = arguments.first() {
        bail!("`deny` takes no argument, and `{unknown}` is one");
    }
    let root = repo::root()?;
    let Some(tool) = find_tool(&root) else {
        let why = format!("cargo-deny {VERSION} is not installed; `scripts/setup test` builds it");
        if skips::in_ci() {
            bail!("{why}");
        }
        skips::skip("licences, bans and sources of dependencies", &why)?;
        return Ok(true);
    };
    let held = check(&tool, &root, &["licenses", "bans", "sources"])?;
    let safe = advisories(&tool, &root)?;
    Ok(held && safe)
}

/// The tool of the wanted version: the one `scripts/setup` built, or one on the search path.
fn find_tool(root: &Path) -> Option<PathBuf> {
    let built = repo::cache(root).join(format!("cargo-deny-{VERSION}/bin/cargo-deny"));
    [built, PathBuf::from("cargo-deny")]
        .into_iter()
        .find(|tool| answers_version(tool))
}

fn answers_version(tool: &Path) -> bool {
    let output = Command::new(tool)
        .arg("--version")
        .stderr(Stdio::null())
        .output();
    output.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).trim() == format!("cargo-deny {VERSION}")
    })
}

fn check(tool: &Path, root: &Path, kinds: &[&str]) -> Result<bool> {
    println!("checking {}", kinds.join(", "));
    let status = Command::new(tool)
        .args(["--workspace", "--locked", "check", "--hide-inclusion-graph"])
        .args(kinds)
        .current_dir(root)
        .status()
        .context("cargo-deny could not be started")?;
    Ok(status.success())
}

/// Known vulnerabilities, where their database can be had; a machine without network has none.
fn advisories(tool: &Path, root: &Path) -> Result<bool> {
    println!("fetching the database of advisories, for half a minute at most");
    let fetched = Command::new("timeout")
        .arg("30")
        .arg(tool)
        .args(["--workspace", "--locked", "fetch", "db"])
        .current_dir(root)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("`timeout` could not be started")?;
    if fetched.success() {
        return check(tool, root, &["advisories"]);
    }
    skips::skip(
        "advisories",
        "the database of known vulnerabilities cannot be reached from here",
    )?;
    Ok(true)
}
