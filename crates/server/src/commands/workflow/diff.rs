//! `ringback workflow diff`.

use super::files::outline;
use anyhow::Result;
use ringback_workflow::difference;
use std::path::PathBuf;
use std::process::ExitCode;

/// Say what changed between two versions of a workflow: states, transitions and what is done in them.
/// Ends with an error code if anything did.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The older document.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The newer document.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Print the differences as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let all = difference::difference(&outline(&args.old)?, &outline(&args.new)?);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else if all.is_empty() {
        println!("the two do the same");
    } else {
        all.iter().for_each(|difference| println!("{difference}"));
    }
    Ok(if all.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
