//! `ringback demo-people` (hidden): the people of the demo, a process of their own.

use crate::demo::{self, Asked, Keys};
use crate::process;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::ExitCode;

/// Customers and agents of the demo, over the public API of a server.
///
/// Ends with 1 when the server does not know something it had accepted.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The server.
    #[arg(long)]
    url: String,
    /// The file with the keys of the company.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// Where chance comes from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many times faster than life they are.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Stop after so many minutes.
    #[arg(long)]
    minutes: Option<f64>,
}

/// Reads how many times faster than life the people are.
pub(crate) fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=1_000.0).contains(&speed) => Ok(speed),
        _ => Err("give a number from 0.1 to 1000".to_owned()),
    }
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    process::end_with_parent().context("cannot tie this process to the demo")?;
    let keys = Keys::read(&args.keys)?
        .with_context(|| format!("{} is not there: run `ringback demo`", args.keys.display()))?;
    let asked = Asked::new(args.seed, args.speed)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let all_there = runtime.block_on(demo::run_people(&args.url, &keys, asked, args.minutes))?;
    Ok(if all_there {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
