//! `ringback restore`.

use anyhow::{Result, bail};

/// Not in this version yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Result<()> {
    bail!("`ringback restore` is not in this version yet")
}
