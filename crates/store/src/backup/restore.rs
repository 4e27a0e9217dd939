//! Making a data folder from a backup.

use super::copy::{copy_file, new_folder};
use super::manifest::Manifest;
use super::verify::{PASSES, verify};
use crate::sqlite::SNAPSHOTS_FOLDER;
use crate::sqlite::folder::{make_folder, sync_folder};
use crate::vault::{LEDGER_FILE, SqliteKeys, read_ledger};
use ringback_ports::envelope::{Sequence, TenantId};
use ringback_ports::store::StoreFault;
use ringback_ports::vault::{Erasure, VaultFault};
use std::fs::File;
use std::path::{Path, PathBuf};

/// What to restore, and where to.
#[derive(Debug, Clone)]
pub struct RestorePlan {
    /// The data of a backup.
    pub from: PathBuf,
    /// The keys of a backup; not older than the data, or the newest values stay sealed.
    pub keys_from: PathBuf,
    /// The ledger of erasures as it was last, if it outlived the disk: what was erased since
    /// the backup is erased again. Without it only the erasures before the backup hold.
    pub ledger: Option<PathBuf>,
    /// A new data folder.
    pub into: PathBuf,
    /// A new folder for the keys.
    pub keys_into: PathBuf,
}

/// Verifies a backup, copies it into new folders, and erases again what was erased.
///
/// `progress` is told bytes done and bytes in all; every file is read three times.
///
/// # Errors
/// The backup is not whole, a folder is not new, or the disk failed.
pub fn restore(
    plan: &RestorePlan,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Manifest, StoreFault> {
    let keys = Manifest::read(&plan.keys_from)?;
    let bytes = Manifest::read(&plan.from)?.bytes() + keys.bytes();
    let total = (PASSES + 1) * bytes;
    let manifest = verify(&plan.from, Some(&plan.keys_from), &mut |done, _| {
        progress(done, total);
    })?;
    let erased = match &plan.ledger {
        Some(ledger) => read_ledger(ledger).map_err(vault)?,
        None => Vec::new(),
    };
    new_folder(&plan.into)?;
    make_folder(&plan.into.join(SNAPSHOTS_FOLDER))?;
    // The folder of the keys may lie within; it is checked after that one.
    new_folder(&plan.keys_into)?;
    let mut done = PASSES * bytes;
    let mut step = |bytes| {
        done += bytes;
        progress(done.min(total), total);
    };
    copy(&manifest, &plan.from, &plan.into, &mut step)?;
    copy(&keys, &plan.keys_from, &plan.keys_into, &mut step)?;
    sync_folder(&plan.into.join(SNAPSHOTS_FOLDER))?;
    let known = read_ledger(&plan.keys_into.join(LEDGER_FILE)).map_err(vault)?;
    erase_again(&plan.keys_into, &manifest, &erased, &known).map_err(vault)?;
    Ok(manifest)
}

/// Destroys again what the ledgers name. What the journal of the backup does not tell of is told
/// to it at the next start.
fn erase_again(
    keys: &Path,
    manifest: &Manifest,
    erased: &[Erasure],
    known: &[Erasure],
) -> Result<(), VaultFault> {
    let keys = SqliteKeys::open(keys, None)?;
    for tenant in &manifest.tenants {
        keys.untell_after(TenantId(tenant.id), Sequence(tenant.head))?;
    }
    keys.adopt(erased, known)
}

fn copy(
    manifest: &Manifest,
    from: &Path,
    into: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StoreFault> {
    for file in &manifest.files {
        let source = File::open(from.join(&file.path))
            .map_err(|problem| StoreFault::failed("opening a file of a backup", problem))?;
        copy_file(source, &into.join(&file.path), progress)?;
    }
    sync_folder(into)
}

fn vault(problem: VaultFault) -> StoreFault {
    StoreFault::failed("erasing again what was erased", problem)
}
