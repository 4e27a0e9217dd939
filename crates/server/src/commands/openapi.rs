//! `ringback openapi`.

use anyhow::{Result, bail};

/// Not in this version yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Result<()> {
    bail!("`ringback openapi` is not in this version yet")
}
