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
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Reads a backup through and checks it: the digests of all files, the integrity of the
/// databases, that each tenant's journal has no gap, that nothing is projected beyond it, and
/// that its snapshots are whole. Writes nothing. With `keys`, checks those as well.
///
/// `progress` is told bytes done and bytes in all; every file counts twice, because it is read once
/// as it is and once for what it holds.
///
/// # Errors
/// The first thing that is not as it should be, and where.
pub fn verify(
    from: &Path,
    keys: Option<&Path>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Manifest, StoreFault> {
    let manifest = Manifest::read(from)?;
    let of_keys = keys.map(Manifest::read).transpose()?;
    let passes = |manifest: &Manifest| PASSES * manifest.bytes();
    let mut seen = Seen {
        done: 0,
        total: passes(&manifest) + of_keys.as_ref().map_or(0, passes),
        progress,
    };
    check_files(from, &manifest, &mut seen)?;
    let mut journal = open_still(&from.join(JOURNAL_FILE))?;
    JOURNAL.recognise(&journal)?;
    let mut records = open_still(&from.join(RECORDS_FILE))?;
    RECORDS.recognise(&records)?;
    check_integrity(JOURNAL_FILE, &mut journal, &mut seen)?;
    check_integrity(RECORDS_FILE, &mut records, &mut seen)?;
    let tenants = tenants(&journal, &records)?;
    if tenants != manifest.tenants {
        return Err(damaged(
            from,
            "its manifest tells other heads than its journal".to_owned(),
        ));
    }
    for tenant in &tenants {
        check_tenant(from, &journal, tenant, &mut seen)?;
    }
    if let (Some(keys), Some(of_keys)) = (keys, &of_keys) {
        verify_keys(keys, of_keys, &mut seen)?;
    }
    Ok(manifest)
}

/// How often each file of a backup is read.
pub(super) const PASSES: u64 = 2;

/// What was looked at so far.
struct Seen<'a> {
    done: u64,
    total: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

impl Seen<'_> {
    fn more(&mut self, bytes: u64) {
        self.done += bytes;
        (self.progress)(self.done.min(self.total), self.total);
    }
}

/// Likewise for the keys of a backup.
fn verify_keys(from: &Path, manifest: &Manifest, seen: &mut Seen<'_>) -> Result<(), StoreFault> {
    check_files(from, manifest, seen)?;
    let mut keys = open_still(&from.join(KEYS_FILE))?;
    KEYS.recognise(&keys)?;
    check_integrity(KEYS_FILE, &mut keys, seen)
}

fn damaged(path: &Path, problem: String) -> StoreFault {
    StoreFault::Damaged {
        what: format!("the backup {}", path.display()),
        problem,
    }
}

fn check_files(folder: &Path, manifest: &Manifest, seen: &mut Seen<'_>) -> Result<(), StoreFault> {
    for expected in &manifest.files {
        if !stays_below(&expected.path) {
            let problem = format!("its manifest names a file elsewhere: {:?}", expected.path);
            return Err(damaged(folder, problem));
        }
        check_file(folder, expected, seen)?;
    }
    Ok(())
}

/// A manifest is not to be trusted with the files of others.
fn stays_below(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn check_file(
    folder: &Path,
    expected: &ManifestFile,
    seen: &mut Seen<'_>,
) -> Result<(), StoreFault> {
    let path = folder.join(&expected.path);
    if !path.is_file() {
        return Err(damaged(folder, format!("{} is missing", expected.path)));
    }
    let found = describe(expected.path.clone(), &path, &mut |bytes| seen.more(bytes))?;
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

/// How often it is told that a database is still being checked.
const STILL_AT_IT: Duration = Duration::from_millis(500);

/// SQLite does not say how far it is, so meanwhile the same numbers are told: somebody is there.
fn check_integrity(name: &str, db: &mut Connection, seen: &mut Seen<'_>) -> Result<(), StoreFault> {
    let bytes = length(db)?;
    let verdict = thread::scope(|scope| {
        let (done, checked) = mpsc::channel();
        scope.spawn(move || {
            let verdict = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
            // Whoever waits is there until it hears.
            let _ = done.send(verdict);
        });
        loop {
            match checked.recv_timeout(STILL_AT_IT) {
                Ok(verdict) => return Some(verdict),
                Err(mpsc::RecvTimeoutError::Timeout) => seen.more(0),
                // It panicked, which the end of the scope passes on.
                Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            }
        }
    });
    seen.more(bytes);
    let verdict: String = verdict
        .unwrap_or(Err(rusqlite::Error::InvalidQuery))
        .map_err(fault("checking the integrity of a database"))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(StoreFault::Damaged {
        what: name.to_owned(),
        problem: verdict,
    })
}

fn length(db: &Connection) -> Result<u64, StoreFault> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    db.query_row(sql, [], |row| row.get(0).map(uint))
        .map_err(fault("measuring a database"))
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
    seen: &mut Seen<'_>,
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
    let snapshot = check_snapshots(folder, tenant, seen)?;
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
    seen: &mut Seen<'_>,
) -> Result<Option<SnapshotHead>, StoreFault> {
    let id = TenantId(tenant.id);
    let snapshots = Snapshots::at(folder.join(SNAPSHOTS_FOLDER));
    for (sequence, path) in snapshots.list(id)? {
        if sequence > Sequence(tenant.head) {
            let problem = format!("{} lies beyond the journal", path.display());
            return Err(damaged(folder, problem));
        }
        snapshots.check_whole(&path)?;
        seen.more(path.metadata().map_or(0, |file| file.len()));
    }
    snapshots.newest(id)
}
