//! `ringback workflow actions`.

use anyhow::Result;
use ringback_workflow::{reference, table};
use std::process::ExitCode;

/// List the actions that workflows may ask for.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Everything about them as JSON, for editors.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&reference::completion())?
        );
        return Ok(ExitCode::SUCCESS);
    }
    for (module, action) in table::all() {
        let name = format!("{}:{}", module.name, action.name);
        let missing = match action.room {
            table::Room::Here => String::new(),
            table::Room::Missing(room) => format!(" (needs {room}, which is not there yet)"),
        };
        println!("{name:28} {}{missing}", action.purpose);
    }
    Ok(ExitCode::SUCCESS)
}
