//! `ringback replay`: goes through the journal again, without a server.

use crate::config::{Config, Layers};
use crate::stores;
use anyhow::{Context, Result};
use ringback_ports::store::{Store, Tenant};
use ringback_runtime::replay;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Go through the journal again: do the same inputs still decide the same events?
///
/// The server must be stopped. Ends with 1 when something differs.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file of the server.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder, instead of the configured one.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    what: What,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Decide every input again and compare the events.
    #[arg(long)]
    check: bool,
    /// Print a hash of all bytes of the state at the end, the same in every process.
    #[arg(long)]
    hash: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut flags = Vec::new();
    if let Some(data) = &args.data {
        flags.push(("storage.folder", data.display().to_string(), "--data"));
    }
    let (config, _) = Config::read(Layers::of_process(args.config.clone(), flags))?;
    let store = stores::open_existing(&config)?;
    let mut same = true;
    for tenant in store.tenants()? {
        if args.what.hash {
            let (sequence, hash) = replay::hash(&*store, tenant.id)
                .with_context(|| format!("cannot replay tenant {}", tenant.name))?;
            println!("{} {sequence} {hash:016x}", tenant.name);
        } else {
            same &= check(&*store, &tenant)?;
        }
    }
    Ok(if same {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// How long work may take in silence.
const QUIET: Duration = Duration::from_secs(2);

fn check(store: &dyn Store, tenant: &Tenant) -> Result<bool> {
    let mut told = Instant::now();
    let mut progress = |done: u64, whole: u64| {
        if told.elapsed() >= QUIET {
            told = Instant::now();
            eprintln!("replaying {}: record {done} of {whole}", tenant.name);
        }
    };
    let report = replay::check(store, tenant.id, &mut progress)
        .with_context(|| format!("cannot replay tenant {}", tenant.name))?;
    println!(
        "{}: records {} to {}: {} inputs decided again, {} of other versions only applied, {}",
        tenant.name,
        report.from.next(),
        report.to,
        report.decided,
        report.other_version,
        match report.differences.len() {
            0 => "no difference".to_owned(),
            n => format!("{n} differences"),
        }
    );
    for difference in &report.differences {
        println!("  - {difference}");
    }
    Ok(report.differences.is_empty())
}
