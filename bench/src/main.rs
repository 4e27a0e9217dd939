//! Reproducible benchmarks of Ringback with its peers side by side.
//!
//! Start with `bench/README.md`: it says what is measured, from where to where, and how far a
//! figure may be trusted. The yard, never shipped.

mod cycle;
mod environment;
mod figures;
mod floor;
mod guard;
mod report;
mod runner;

use std::path::{Path, PathBuf};
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
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 128])]
    outstanding: Vec<usize>,
    /// Measured seconds per cell [default: 2, with --long 10]
    #[arg(long)]
    seconds: Option<f64>,
    /// Rounds; in each, every driver runs once per outstanding [default: 5, with --long 7]
    #[arg(long)]
    rounds: Option<usize>,
    /// Only these peers
    #[arg(long, value_delimiter = ',', value_enum)]
    only: Vec<DriverKind>,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let keeper = Keeper::new().context("watch for Ctrl-C")?;
    match cli.command {
        Command::Floor(common) => measure_floor(&common, &keeper),
        Command::Peers(args) => measure_cycle("peers", &args, &DriverKind::PEERS, &keeper),
        Command::Ringback(args) => measure_cycle("ringback", &args, &DriverKind::ALL, &keeper),
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
        .filter(|kind| args.only.is_empty() || args.only.contains(kind))
        .collect::<Vec<_>>();
    let line_up = cycle::line_up(&wanted, folder.path(), keeper);
    report::print_line_up(&line_up);
    anyhow::ensure!(
        !line_up.drivers.is_empty(),
        "nothing to measure: every driver is missing, see above"
    );
    let plan = Plan {
        outstanding: args.outstanding.clone(),
        seconds: args.seconds.unwrap_or(if common.long { 10.0 } else { 2.0 }),
        rounds: args.rounds.unwrap_or(if common.long { 7 } else { 5 }),
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
