//! `ringback backup`: a consistent copy while the server goes on.

use super::data::{DataArgs, progress};
use crate::config::Engine;
use crate::size;
use anyhow::{Context, Result, bail};
use ringback_store::{BackupPlan, Manifest, backup};
use std::path::PathBuf;

/// Copy the data, as it is at one moment, into new folders. The server may go on.
///
/// The keys of personal values go into a folder of their own: keep the two copies apart, because
/// who has both can read everything, and who has only one can read nothing personal.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// A new folder for the data.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// A new folder for the keys; keep it apart from the data.
    #[arg(long, value_name = "DIR")]
    keys_to: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let storage = args.data.read()?.storage;
    if storage.engine != Engine::Sqlite {
        bail!("data in PostgreSQL is backed up with its own tools, for example pgBackRest");
    }
    let plan = BackupPlan {
        data: storage.folder,
        keys: storage.keys_folder,
        vfs: None,
        to: args.to.clone(),
        keys_to: args.keys_to.clone(),
    };
    let manifest =
        backup(&plan, &mut progress("copying".to_owned())).context("the backup was not made")?;
    println!("backed up {}", contents(&manifest));
    println!("  data in {}", args.to.display());
    println!("  keys in {} (keep them apart)", args.keys_to.display());
    println!("`ringback restore --verify` with both folders checks it");
    Ok(())
}

/// What a backup holds, for people.
pub(super) fn contents(manifest: &Manifest) -> String {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let tenants: Vec<String> = manifest
        .tenants
        .iter()
        .map(|tenant| format!("{} up to record {}", tenant.name, tenant.head))
        .collect();
    format!("{}: {}", size::shown(bytes), tenants.join(", "))
}
