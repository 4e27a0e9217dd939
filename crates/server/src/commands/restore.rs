//! `ringback restore`: checks a backup, and makes data folders of it.

use super::backup::contents;
use super::data::{DataArgs, progress};
use super::replay;
use crate::stores;
use anyhow::{Context, Result, bail};
use ringback_store::{RestorePlan, restore, verify};
use std::path::{Path, PathBuf};

/// Check a backup and make new data folders of it.
///
/// A backup is always read through and checked first. Nothing that exists is overwritten.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder of the backup with the data.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The folder of the backup with the keys.
    #[arg(long, value_name = "DIR")]
    keys_from: PathBuf,
    /// A new data folder. May be left out with --verify.
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    into: Option<PathBuf>,
    /// A new folder for the keys; not given: `keys` in the data folder.
    #[arg(long, value_name = "DIR", requires = "into")]
    keys_into: Option<PathBuf>,
    /// The ledger of erasures (`erasures.jsonl` of the keys folder) as it was last: who was erased
    /// after the backup is erased again.
    #[arg(long, value_name = "FILE", requires = "into")]
    erasures: Option<PathBuf>,
    /// Without --into: only check. With it: also decide the restored journal again, which takes
    /// longer.
    #[arg(long)]
    verify: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let Some(into) = &args.into else {
        let manifest = verify(
            &args.from,
            Some(&args.keys_from),
            &mut progress("checking".to_owned()),
        )
        .context("this is not a good backup")?;
        println!("a good backup, {}", contents(&manifest));
        return Ok(());
    };
    let plan = RestorePlan {
        from: args.from.clone(),
        keys_from: args.keys_from.clone(),
        ledger: args.erasures.clone(),
        into: into.clone(),
        keys_into: args.keys_into.clone().unwrap_or_else(|| into.join("keys")),
    };
    let manifest =
        restore(&plan, &mut progress("restoring".to_owned())).context("nothing was restored")?;
    println!("restored {}", contents(&manifest));
    if args.erasures.is_none() {
        println!(
            "who was erased since that backup is there again: with the last erasures.jsonl, \
             --erasures erases them anew"
        );
    }
    if args.verify {
        replay_all(into)?;
    }
    println!("start it with: ringback serve --data {}", into.display());
    Ok(())
}

fn replay_all(into: &Path) -> Result<()> {
    let data = DataArgs {
        config: None,
        data: Some(into.to_owned()),
    };
    let store = stores::open_existing(&data.read()?)?;
    for tenant in store.tenants()? {
        if !replay::check(&*store, &tenant)? {
            bail!("the restored journal of {} decides otherwise", tenant.name);
        }
    }
    Ok(())
}
