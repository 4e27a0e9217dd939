//! Whether a backup is what was written, and whole.

use super::copy::describe;
use super::manifest::{Manifest, ManifestFile, ManifestTenant};
use crate::convert::uint;
use crate::sqlite::fault::fault;
use crate::sqlite::schema::{JOURNAL, RECORDS};
use crate::sqlite::snapshots::Snapshots;
use crate::sqlite::{JOURNAL_FILE, RECORDS_FILE, SNAPSHOTS_FOLDER};
use crate::vault::{KEYS, KEYS_FILE};
use ringback_ports::envelope::{Sequence, TenantId};
use ringback_ports::store::{SnapshotHead, StoreFault};
use rusqlite::{Connection, OpenFlags, params};
use std::path::{Component, Path};

/// Reads a backup through and checks it: the digests of all files, the integrity of the
/// databases, that each tenant's journal has no gap, that nothing is projected beyond it, and
/// that its snapshots are whole. Writes nothing. With `keys`, checks those as well.
///
/// # Errors
/// The first thing that is not as it should be, and where.
pub fn verify(from: &Path, keys: Option<&Path>) -> Result<Manifest, StoreFault> {
    let manifest = Manifest::read(from)?;
    check_files(from, &manifest)?;
    let journal = open_still(&from.join(JOURNAL_FILE))?;
    JOURNAL.recognise(&journal)?;
    let records = open_still(&from.join(RECORDS_FILE))?;
    RECORDS.recognise(&records)?;
    check_integrity(JOURNAL_FILE, &journal)?;
    check_integrity(RECORDS_FILE, &records)?;
    let tenants = tenants(&journal, &records)?;
    if tenants != manifest.tenants {
        return Err(damaged(
            from,
            "its manifest tells other heads than its journal".to_owned(),
        ));
    }
    for tenant in &tenants {
        check_tenant(from, &journal, tenant)?;
    }
    if let Some(keys) = keys {
        verify_keys(keys)?;
    }
    Ok(manifest)
}

/// Likewise for the keys of a backup.
fn verify_keys(from: &Path) -> Result<(), StoreFault> {
    check_files(from, &Manifest::read(from)?)?;
    let keys = open_still(&from.join(KEYS_FILE))?;
    KEYS.recognise(&keys)?;
    check_integrity(KEYS_FILE, &keys)
}

fn damaged(path: &Path, problem: String) -> StoreFault {
    StoreFault::Damaged {
        what: format!("the backup {}", path.display()),
        problem,
    }
}

fn check_files(folder: &Path, manifest: &Manifest) -> Result<(), StoreFault> {
    for expected in &manifest.files {
        if !stays_below(&expected.path) {
            let problem = format!("its manifest names a file elsewhere: {:?}", expected.path);
            return Err(damaged(folder, problem));
        }
        check_file(folder, expected)?;
    }
    Ok(())
}

/// A manifest is not to be trusted with the files of others.
fn stays_below(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn check_file(folder: &Path, expected: &ManifestFile) -> Result<(), StoreFault> {
    let path = folder.join(&expected.path);
    if !path.is_file() {
        return Err(damaged(folder, format!("{} is missing", expected.path)));
    }
    let found = describe(expected.path.clone(), &path)?;
    if found == *expected {
        return Ok(());
    }
    let problem = format!("{} is not what was written", expected.path);
    Err(damaged(folder, problem))
}

/// Opens a database that nobody writes to, without making any file beside it.
fn open_still(path: &Path) -> Result<Connection, StoreFault> {
    let failed = fault("opening a database of a backup");
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => uri.push_str(&format!("%{byte:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let db = Connection::open_with_flags(uri, flags).map_err(&failed)?;
    db.pragma_update(None, "trusted_schema", false)
        .map_err(&failed)?;
    Ok(db)
}

fn check_integrity(name: &str, db: &Connection) -> Result<(), StoreFault> {
    let verdict: String = db
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(fault("checking the integrity of a database"))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(StoreFault::Damaged {
        what: name.to_owned(),
        problem: verdict,
    })
}

/// What a pair of files holds of each tenant.
pub(super) fn tenants(
    journal: &Connection,
    records: &Connection,
) -> Result<Vec<ManifestTenant>, StoreFault> {
    let failed = fault("reading the heads of the journal");
    let mut statement = journal
        .prepare("SELECT id, name, pruned FROM tenant ORDER BY id")
        .map_err(&failed)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(&failed)?;
    rows.map(|row| {
        let (id, name, pruned) = row.map_err(&failed)?;
        let (oldest, head, _) = extent(journal, id).map_err(&failed)?;
        Ok(ManifestTenant {
            id,
            name,
            oldest,
            head: if head == 0 { uint(pruned) } else { head },
            watermark: watermark(records, id).map_err(&failed)?,
        })
    })
    .collect()
}

/// The first and the last record of a tenant, and how many there are.
fn extent(journal: &Connection, tenant: u32) -> rusqlite::Result<(u64, u64, u64)> {
    let first = i64::from(tenant) << 40;
    journal.query_row(
        "SELECT coalesce(min(sequence), 0), coalesce(max(sequence), 0), count(*) FROM journal
         WHERE position > ?1 AND position < ?2",
        params![first, i64::from(tenant + 1) << 40],
        |row| Ok((uint(row.get(0)?), uint(row.get(1)?), uint(row.get(2)?))),
    )
}

fn watermark(records: &Connection, tenant: u32) -> rusqlite::Result<u64> {
    let mut statement =
        records.prepare_cached("SELECT sequence FROM watermark WHERE tenant = ?1")?;
    let mut rows = statement.query([tenant])?;
    match rows.next()? {
        Some(row) => row.get(0).map(uint),
        None => Ok(0),
    }
}

fn check_tenant(
    folder: &Path,
    journal: &Connection,
    tenant: &ManifestTenant,
) -> Result<(), StoreFault> {
    let name = &tenant.name;
    let (oldest, head, count) =
        extent(journal, tenant.id).map_err(fault("counting the journal"))?;
    if count > 0 && head - oldest + 1 != count {
        let problem =
            format!("the journal of {name} has gaps: {count} records in {oldest}..={head}");
        return Err(damaged(folder, problem));
    }
    if tenant.watermark > tenant.head {
        let problem = format!(
            "{name} is projected up to {}, but its journal ends at {}",
            tenant.watermark, tenant.head
        );
        return Err(damaged(folder, problem));
    }
    let snapshot = check_snapshots(folder, tenant)?;
    // What the journal does not hold any more must be in a snapshot.
    let begins = snapshot.map_or(0, |head| head.sequence.0);
    if count > 0 && oldest > begins + 1 || count == 0 && tenant.head > begins {
        let problem =
            format!("the journal of {name} begins at {oldest}, no snapshot reaches there");
        return Err(damaged(folder, problem));
    }
    Ok(())
}

/// Every snapshot of the backup is whole and not of the future. Gives the newest.
fn check_snapshots(
    folder: &Path,
    tenant: &ManifestTenant,
) -> Result<Option<SnapshotHead>, StoreFault> {
    let id = TenantId(tenant.id);
    let snapshots = Snapshots::at(folder.join(SNAPSHOTS_FOLDER));
    for (sequence, path) in snapshots.list(id)? {
        if sequence > Sequence(tenant.head) {
            let problem = format!("{} lies beyond the journal", path.display());
            return Err(damaged(folder, problem));
        }
        snapshots.check_whole(&path)?;
    }
    snapshots.newest(id)
}
