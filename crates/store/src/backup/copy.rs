//! Copying files of a backup, with a digest of each.

use super::manifest::ManifestFile;
use crate::sqlite::fault::fault;
use crate::sqlite::folder::{make_folder, sync_folder};
use ring::digest::{Context, SHA256};
use ringback_ports::failpoint::{self, FailPoint};
use ringback_ports::store::StoreFault;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Where a file of a backup comes from.
pub(super) enum Source {
    /// A database, as its open read transaction sees it.
    Database(Connection),
    /// A file that does not change any more, or only at its end.
    File(File),
}

/// Pages of a database copied in one step.
const PAGES: i32 = 256;
const PAGE_BYTES: u64 = 4_096;

impl Source {
    fn bytes(&self) -> Result<u64, StoreFault> {
        match self {
            Self::Database(db) => db
                .query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))
                .map(|pages| crate::convert::uint(pages) * PAGE_BYTES)
                .map_err(fault("measuring a database")),
            Self::File(file) => file
                .metadata()
                .map(|metadata| metadata.len())
                .map_err(failed),
        }
    }
}

fn failed(problem: io::Error) -> StoreFault {
    StoreFault::failed("copying a file", problem)
}

/// The bytes of all sources together.
pub(super) fn total<'a>(
    sources: impl Iterator<Item = &'a (String, Source)>,
) -> Result<u64, StoreFault> {
    sources.map(|(_, source)| source.bytes()).sum()
}

/// Copies all into a folder; durable when it returns.
pub(super) fn all(
    sources: Vec<(String, Source)>,
    folder: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<ManifestFile>, StoreFault> {
    let mut files = Vec::new();
    for (name, source) in sources {
        let path = folder.join(&name);
        match source {
            Source::Database(db) => copy_database(&db, &path, progress)?,
            Source::File(file) => copy_file(file, &path, progress)?,
        }
        files.push(describe(name, &path, &mut |_| ())?);
        failpoint::pass(FailPoint::BackupFile);
    }
    sync_folder(folder)?;
    Ok(files)
}

/// Copies page by page what the source's read transaction sees.
fn copy_database(
    from: &Connection,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StoreFault> {
    let failed_db = fault("copying a database");
    new_file(path)?;
    let mut to = Connection::open(path).map_err(&failed_db)?;
    let backup = Backup::new(from, &mut to).map_err(&failed_db)?;
    loop {
        match backup.step(PAGES).map_err(&failed_db)? {
            StepResult::Done => break,
            _ => progress(u64::from(PAGES.unsigned_abs()) * PAGE_BYTES),
        }
    }
    drop(backup);
    // The copy says of itself that it has a write-ahead log; nothing of it may stay there.
    to.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .map_err(&failed_db)?;
    to.close().map_err(|(_, error)| failed_db(error))?;
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(failed)
}

/// Copies a file as it is; durable when it returns.
pub(super) fn copy_file(
    mut from: File,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StoreFault> {
    let mut to = new_file(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = from.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        to.write_all(&buffer[..read]).map_err(failed)?;
        progress(read as u64);
    }
    to.sync_all().map_err(failed)
}

fn new_file(path: &Path) -> Result<File, StoreFault> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)
}

/// Length and digest of a file. `progress` is told bytes as they are read.
pub(super) fn describe(
    name: String,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<ManifestFile, StoreFault> {
    let mut file = File::open(path).map_err(failed)?;
    let mut hash = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
        progress(read as u64);
    }
    let digest = hash.finish();
    Ok(ManifestFile {
        path: name,
        bytes,
        sha256: digest.as_ref().iter().map(|b| format!("{b:02x}")).collect(),
    })
}

/// Makes a folder that must not hold anything yet.
pub(super) fn new_folder(path: &Path) -> Result<(), StoreFault> {
    make_folder(path)?;
    let empty = fs::read_dir(path).map_err(failed)?.next().is_none();
    if empty {
        return Ok(());
    }
    Err(StoreFault::Failed {
        doing: "making a new folder",
        problem: format!("{} holds something already: name a new one", path.display()),
    })
}
