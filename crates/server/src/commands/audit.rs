//! `ringback audit`: whether the journal is as it was written.

use super::data::DataArgs;
use crate::stores;
use anyhow::{Context, Result, bail};
use ringback_ports::Sequence;
use ringback_ports::store::{Store, Tenant};
use ringback_runtime::chain::{self, Walk};
use std::process::ExitCode;

/// Look after the record of who did what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Walk along the chain of hashes through the journal: was any record changed, removed or
    /// slipped in since it was written?
    ///
    /// The server must be stopped. Ends with 1 when the chain is broken. Note what it prints as
    /// the end of the chain elsewhere, and give it back later with --expect: that catches whoever
    /// wrote the whole chain anew.
    Verify(Verify),
}

#[derive(Debug, clap::Args)]
struct Verify {
    #[command(flatten)]
    data: DataArgs,
    /// What an earlier run printed as the end: TENANT:SEQUENCE:HASH.
    #[arg(long, value_name = "END")]
    expect: Vec<String>,
}

/// An end that was noted earlier.
struct Noted {
    tenant: String,
    sequence: Sequence,
    hash: String,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let What::Verify(args) = &args.what;
    let noted: Vec<Noted> = args
        .expect
        .iter()
        .map(|text| read(text))
        .collect::<Result<_>>()?;
    let store = stores::open_existing(&args.data.read()?)?;
    let tenants = store.tenants()?;
    for one in &noted {
        if !tenants
            .iter()
            .any(|tenant| tenant.name.as_str() == one.tenant)
        {
            bail!("there is no tenant {} here", one.tenant);
        }
    }
    let mut whole = true;
    for tenant in &tenants {
        let of = noted
            .iter()
            .filter(|one| one.tenant == tenant.name.as_str());
        let mut of = of.peekable();
        if of.peek().is_none() {
            whole &= verify(&*store, tenant, None)?;
        }
        for one in of {
            whole &= verify(&*store, tenant, Some(one))?;
        }
    }
    Ok(if whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn read(text: &str) -> Result<Noted> {
    let wrong = || format!("{text:?} is no end: give TENANT:SEQUENCE:HASH as an earlier run told");
    let mut parts = text.rsplitn(3, ':');
    let (hash, sequence, tenant) = (parts.next(), parts.next(), parts.next());
    let (Some(hash), Some(sequence), Some(tenant)) = (hash, sequence, tenant) else {
        bail!(wrong());
    };
    Ok(Noted {
        tenant: tenant.to_owned(),
        sequence: Sequence(sequence.parse().with_context(wrong)?),
        hash: hash.to_owned(),
    })
}

/// Walks along one tenant's chain and tells what came of it. `true` when it is whole.
fn verify(store: &dyn Store, tenant: &Tenant, noted: Option<&Noted>) -> Result<bool> {
    let walk = chain::walk(store, tenant.id, noted.map(|noted| noted.sequence))
        .with_context(|| format!("cannot walk along the journal of tenant {}", tenant.name))?;
    println!("{}: {}", tenant.name, told(&walk));
    for broken in &walk.breaks {
        println!("  - {broken}");
    }
    if let Some(end) = &walk.end {
        println!("  end {}:{}:{}", tenant.name, walk.to, chain::text(end));
    }
    let fits = noted.is_none_or(|noted| fits(&walk, noted));
    Ok(walk.breaks.is_empty() && fits)
}

fn told(walk: &Walk) -> String {
    let broken = match walk.breaks.len() {
        0 => "the chain is whole".to_owned(),
        n => format!("the chain is broken in {n} places"),
    };
    format!(
        "records {} to {}: {} linked, {} from before the chain, {broken}",
        walk.from, walk.to, walk.linked, walk.unlinked
    )
}

fn fits(walk: &Walk, noted: &Noted) -> bool {
    let Noted { sequence, hash, .. } = noted;
    match &walk.found {
        Some(found) if chain::text(found) == *hash => true,
        Some(_) => {
            println!("  - record {sequence} is another one than was noted");
            false
        }
        None if walk.to < *sequence => {
            println!(
                "  - record {sequence} was noted, but the last is {}",
                walk.to
            );
            false
        }
        None => {
            println!("  - record {sequence} is pruned: note a newer end");
            false
        }
    }
}
