//! `ringback replay`: goes through the journal again, without a server.

use super::data::{DataArgs, progress};
use crate::stores;
use anyhow::{Context, Result};
use ringback_ports::store::{Store, Tenant};
use ringback_runtime::recovery::Source;
use ringback_runtime::replay;
use std::process::ExitCode;

/// Go through the journal again: do the same inputs still decide the same events?
///
/// The server must be stopped. Ends with 1 when something differs.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
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
    let store = stores::open_existing(&args.data.read()?)?;
    let mut same = true;
    for tenant in store.tenants()? {
        if args.what.hash {
            let (sequence, hash) = replay::hash(&*store, tenant.id, &mut heard(&tenant))
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

/// Tells how far reading a tenant is.
fn heard(tenant: &Tenant) -> impl FnMut(Source, u64, u64) {
    let of = |what: &str| progress(format!("{}, {what}", tenant.name));
    let mut snapshot = of("reading the snapshot");
    let mut journal = of("replaying the journal");
    move |source, done, whole| match source {
        Source::Snapshot => snapshot(done, whole),
        Source::Journal => journal(done, whole),
    }
}

/// An empty replay shows nothing, and must not look as if it did.
const NOTHING: &str = "no difference, for there is nothing to decide again: all records are in the \
                       snapshot, and the ones before it are pruned (see `journal.kept_h`)";

/// Decides one tenant's journal again and tells what came of it. `true` when nothing differs.
pub(super) fn check(store: &dyn Store, tenant: &Tenant) -> Result<bool> {
    let report = replay::check(store, tenant.id, &mut heard(tenant))
        .with_context(|| format!("cannot replay tenant {}", tenant.name))?;
    println!(
        "{}: records {} to {}: {} inputs decided again, {} of other versions only applied, {}",
        tenant.name,
        report.from.next(),
        report.to,
        report.decided,
        report.other_version,
        match report.differences.len() {
            0 if report.records == 0 => NOTHING.to_owned(),
            0 => "no difference".to_owned(),
            n => format!("{n} differences"),
        }
    );
    for difference in &report.differences {
        println!("  - {difference}");
    }
    Ok(report.differences.is_empty())
}
