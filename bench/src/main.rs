//! Reproducible benchmarks of Ringback with its peers side by side.
//!
//! Start with `bench/README.md`: it says what is measured, from where to where, and how far a
//! figure may be trusted. The yard, never shipped.

mod centre;
mod cycle;
mod decision;
mod environment;
mod figures;
mod floor;
mod guard;
mod hall;
mod recovery;
mod report;
mod runner;
mod scxml;
mod server;
mod statistics;
mod threads;
mod workload;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::cycle::DriverKind;
use crate::environment::Environment;
use crate::guard::Keeper;
use crate::runner::Plan;

/// Benchmarks of Ringback, with peers side by side and the floor of the same run.
#[derive(Parser)]
#[command(name = "ringback-bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What the disk allows: fdatasync and a raw group-commit log
    Floor(Common),
    /// The durable cycle of the peers alone: PostgreSQL SKIP LOCKED, BullMQ + Redis
    Peers(CycleArgs),
    /// The durable cycle of Ringback in pairs with every peer
    Ringback(CycleArgs),
    /// The durable cycle inside one process, and what each thread of the hall costs
    Hall(CycleArgs),
    /// From exec of the server to the first correct offer, with many open interactions
    Recovery(RecoveryArgs),
    /// How long one routing decision takes, and what a waiting request costs in memory
    Decision(DecisionArgs),
    /// Events per second of the SCXML interpreter, with SCION beside it
    Scxml(ScxmlArgs),
    /// What counting costs: folding events into the book of statistics, asking it, putting it away
    Statistics(StatisticsArgs),
}

#[derive(Args)]
struct Common {
    /// Folder on the file system to measure; everything is made in a temporary folder below it
    #[arg(long, default_value = "/var/tmp")]
    folder: PathBuf,
    /// Where the JSON goes [default: target/bench/<command>.json]
    #[arg(long)]
    json: Option<PathBuf>,
    /// Long cells (10 s, 7 rounds) in place of short ones
    #[arg(long)]
    long: bool,
}

#[derive(Args)]
struct CycleArgs {
    #[command(flatten)]
    common: Common,
    /// Cycles under way at the same time
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 128], value_parser = outstanding)]
    outstanding: Vec<usize>,
    /// Measured seconds per cell [default: 2, with --long 10]
    #[arg(long, value_parser = seconds)]
    seconds: Option<f64>,
    /// Rounds; in each, every driver runs once per outstanding [default: 5, with --long 7]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Leave this peer out; may be repeated
    #[arg(long, value_enum)]
    without: Vec<DriverKind>,
}

#[derive(Args)]
struct DecisionArgs {
    /// Waiting requests, one world after the other
    #[arg(long, value_delimiter = ',', default_values_t = [100_000, 1_000_000])]
    waiting: Vec<u64>,
    /// One of the workloads of the protocol in the heart alone, in place of single questions to the
    /// matcher
    #[arg(long)]
    workload: Option<workload::Workload>,
    /// Cycles of a workload
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..))]
    cycles: u64,
    /// One request of ten waits behind one of 100 thresholds
    #[arg(long)]
    thresholds: bool,
}

#[derive(Args)]
struct StatisticsArgs {
    /// Agents at work, one centre after the other
    #[arg(long, value_delimiter = ',', default_values_t = [300, 5_000])]
    agents: Vec<u64>,
    /// Interactions that come
    #[arg(long, default_value_t = 200_000)]
    interactions: u64,
}

#[derive(Args)]
struct ScxmlArgs {
    /// Folder with toggle.scxml and callback.scxml [default: that of the conformance data]
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Measured seconds per cell
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    seconds: f64,
    /// Rounds; in each, everything runs once
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Sessions started per round
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    starts: u32,
}

#[derive(Args)]
struct RecoveryArgs {
    #[command(flatten)]
    common: Common,
    /// Open interactions
    #[arg(long, default_value_t = 1_000_000)]
    interactions: usize,
    /// How often the server is started
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
}

/// A connection each is the most that PostgreSQL is set up for.
const OUTSTANDING_MAX: usize = 1000;
/// A cell of an hour is surely a mistake.
const SECONDS_MAX: f64 = 3600.0;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let keeper = match Keeper::new() {
        Ok(keeper) => keeper,
        Err(error) => {
            eprintln!("error: cannot watch for Ctrl-C: {error}");
            return ExitCode::FAILURE;
        }
    };
    match run(&cli, &keeper) {
        Ok(()) => ExitCode::SUCCESS,
        // Whatever failed on the way out failed because we stopped it.
        Err(_) if keeper.check().is_err() => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli, keeper: &Keeper) -> anyhow::Result<()> {
    match &cli.command {
        Command::Floor(common) => measure_floor(common, keeper),
        Command::Peers(args) => measure_cycle("peers", args, &DriverKind::PEERS, keeper),
        Command::Ringback(args) => measure_cycle("ringback", args, &DriverKind::ALL, keeper),
        Command::Hall(args) => measure_hall(args, keeper),
        Command::Decision(args) => {
            if let Some(workload) = args.workload {
                return workload::run(workload, &args.waiting, args.cycles, args.thresholds);
            }
            decision::run(&args.waiting);
            Ok(())
        }
        Command::Recovery(args) => measure_recovery(args, keeper),
        Command::Scxml(args) => {
            let plan = scxml::Plan {
                seconds: args.seconds,
                rounds: usize::from(args.rounds),
                starts: args.starts,
            };
            scxml::run(args.folder.as_deref(), &plan)
        }
        Command::Statistics(args) => {
            statistics::run(&args.agents, args.interactions);
            Ok(())
        }
    }
}

fn measure_floor(common: &Common, keeper: &Keeper) -> anyhow::Result<()> {
    let folder = temporary_folder(&common.folder)?;
    let environment = Environment::read(folder.path())?;
    report::print_environment(&environment);
    let cell = Duration::from_secs(if common.long { 10 } else { 2 });
    let floor = floor::measure(folder.path(), cell, keeper)?;
    report::print_floor(&floor);
    let path = json_path(common, "floor");
    report::write_json(
        &path,
        &report::FloorReport {
            environment,
            load_after: environment::load_average()?,
            floor,
        },
    )
}

fn measure_hall(args: &CycleArgs, keeper: &Keeper) -> anyhow::Result<()> {
    let common = &args.common;
    let folder = temporary_folder(&common.folder)?;
    let environment = Environment::read(folder.path())?;
    report::print_environment(&environment);
    let seconds = args.seconds.unwrap_or(if common.long { 10.0 } else { 2.0 });
    let rounds = usize::from(args.rounds.unwrap_or(if common.long { 7 } else { 5 }));
    let cells = hall::measure(folder.path(), &args.outstanding, seconds, rounds, keeper)?;
    report::print_hall(&args.outstanding, &cells);
    report::write_json(
        &json_path(common, "hall"),
        &report::HallReport {
            environment,
            load_after: environment::load_average()?,
            cells,
        },
    )
}

fn measure_recovery(args: &RecoveryArgs, keeper: &Keeper) -> anyhow::Result<()> {
    let common = &args.common;
    let folder = temporary_folder(&common.folder)?;
    let environment = Environment::read(folder.path())?;
    report::print_environment(&environment);
    let recovery = recovery::measure(folder.path(), args.interactions, args.rounds, keeper)?;
    report::print_recovery(&recovery);
    report::write_json(
        &json_path(common, "recovery"),
        &report::RecoveryReport {
            environment,
            load_after: environment::load_average()?,
            recovery,
        },
    )
}

fn measure_cycle(
    command: &str,
    args: &CycleArgs,
    kinds: &[DriverKind],
    keeper: &Keeper,
) -> anyhow::Result<()> {
    let common = &args.common;
    let folder = temporary_folder(&common.folder)?;
    let environment = Environment::read(folder.path())?;
    report::print_environment(&environment);
    let wanted = kinds
        .iter()
        .copied()
        .filter(|kind| !args.without.contains(kind))
        .collect::<Vec<_>>();
    let line_up = cycle::line_up(&wanted, folder.path(), keeper);
    report::print_line_up(&line_up);
    // Peers may be missing; the one whom the run is about may not.
    let subject_is_missing = command == "ringback" && line_up.lacks(DriverKind::Ringback);
    anyhow::ensure!(
        !subject_is_missing && !line_up.drivers.is_empty(),
        "nothing to compare, see what is missing above"
    );
    let plan = Plan {
        outstanding: args.outstanding.clone(),
        seconds: args.seconds.unwrap_or(if common.long { 10.0 } else { 2.0 }),
        rounds: usize::from(args.rounds.unwrap_or(if common.long { 7 } else { 5 })),
    };
    let missing = line_up.missing;
    let mut drivers = line_up.drivers;
    let outcome = runner::run(&plan, &mut drivers, folder.path(), keeper)?;
    report::print_cycle(&outcome);
    report::write_json(
        &json_path(common, command),
        &report::CycleReport {
            environment,
            load_after: environment::load_average()?,
            missing,
            plan,
            outcome,
        },
    )
}

/// A folder that every user may pass through, because PostgreSQL runs as another one; removed
/// when dropped.
fn temporary_folder(parent: &Path) -> anyhow::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt as _;
    tempfile::Builder::new()
        .prefix("ringback-bench-")
        .permissions(std::fs::Permissions::from_mode(0o711))
        .tempdir_in(parent)
        .with_context(|| format!("make a temporary folder in {}", parent.display()))
}

fn json_path(common: &Common, command: &str) -> PathBuf {
    common
        .json
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("target/bench/{command}.json")))
}

fn outstanding(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (1..=OUTSTANDING_MAX).contains(&number) => Ok(number),
        _ => Err(format!("must be a number from 1 to {OUTSTANDING_MAX}")),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if seconds > 0.0 && seconds <= SECONDS_MAX => Ok(seconds),
        _ => Err(format!(
            "must be more than 0 and at most {SECONDS_MAX} seconds"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        for arguments in [
            ["--outstanding", "0"],
            ["--outstanding", "1,1001"],
            ["--seconds", "-1"],
            ["--seconds", "NaN"],
            ["--rounds", "0"],
        ] {
            let line = ["ringback-bench", "peers"].into_iter().chain(arguments);
            assert!(Cli::try_parse_from(line).is_err(), "{arguments:?}");
        }
        assert!(
            Cli::try_parse_from(["ringback-bench", "peers", "--outstanding", "1,1000"]).is_ok()
        );
    }
}
