//! `ringback config`: what can be configured.

use crate::config;
use anyhow::Result;

/// Show what can be configured.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print a configuration file with every key, its meaning and its default.
    Example,
    /// Print the reference page of all keys.
    Reference,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match args.what {
        What::Example => print!("{}", config::example()),
        What::Reference => print!("{}", config::reference()),
    }
    Ok(())
}
