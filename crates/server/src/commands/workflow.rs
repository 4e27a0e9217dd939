//! `ringback workflow`: read, check, draw, compare, run and test workflows without a server.

mod actions;
mod diff;
mod files;
mod graph;
mod lint;
mod play;
mod test;

use anyhow::Result;
use std::process::ExitCode;

/// Check, draw, compare, run and test workflows (SCXML documents) without a server. The server does
/// not run workflows yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Lint(lint::Args),
    Graph(graph::Args),
    Diff(diff::Args),
    Run(play::Args),
    Test(test::Args),
    Actions(actions::Args),
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    match &args.command {
        Command::Lint(args) => lint::run(args),
        Command::Graph(args) => graph::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Run(args) => play::run(args),
        Command::Test(args) => test::run(args),
        Command::Actions(args) => actions::run(args),
    }
}
