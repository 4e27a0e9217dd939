//! Snapshots as files, `snapshots/t1-<sequence>.snap`.
//!
//! A file is the magic line, a header in JSON, the parts, and a trailer. Header and parts each
//! stand behind their length and checksum; the trailer counts the parts and holds a SHA-256
//! over header, lengths and checksums. Numbers are little-endian. A file gets its name only
//! after it was flushed whole, so a half-written one is never found; a damaged one is skipped.

use super::folder::{make_folder, sync_folder};
use ring::digest::{Context, SHA256};
use ringback_model::WallTime;
use ringback_ports::envelope::{Sequence, TenantId};
use ringback_ports::failpoint::{self, FailPoint};
use ringback_ports::store::{SnapshotHead, StoreFault};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const MAGIC: &[u8; 8] = b"RBSNAP1\n";
/// Stands where the length of a part would, before the trailer.
const END: u32 = u32::MAX;
/// The longest part; a longer length is damage, not a reason to allocate.
const PART_MAX: u32 = 256 * 1024 * 1024;
/// How many snapshots of a tenant are kept: the newest, and one to fall back to.
const KEPT: usize = 2;

/// The snapshots of one data folder.
#[derive(Debug)]
pub(crate) struct Snapshots {
    folder: PathBuf,
    /// Files that were read through and found whole.
    whole: Mutex<HashSet<Identity>>,
}

/// What changes when a file does: inode, length, time of change.
type Identity = (u64, u64, i64);

/// The header, under names that stay.
#[derive(Serialize, Deserialize)]
struct Header {
    tenant: u32,
    sequence: u64,
    digest: u64,
    format: u32,
    at: i64,
}

impl Snapshots {
    /// Opens the folder, makes it if it is missing, and sweeps what was never finished.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, StoreFault> {
        make_folder(&folder)?;
        let snapshots = Self {
            folder,
            whole: Mutex::default(),
        };
        for path in snapshots.files()? {
            if path
                .extension()
                .is_some_and(|extension| extension == "part")
            {
                fs::remove_file(&path).map_err(|problem| failed(&path, &problem))?;
            }
        }
        Ok(snapshots)
    }

    /// A folder that is there, to look at only.
    pub(crate) fn at(folder: PathBuf) -> Self {
        let whole = Mutex::default();
        Self { folder, whole }
    }

    /// Writes a snapshot, and removes those that are too many.
    pub(crate) fn write(
        &self,
        head: &SnapshotHead,
        parts: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), StoreFault> {
        let path = self.path(head.tenant, head.sequence);
        let part = path.with_extension("part");
        let written = write_file(&part, head, parts).and_then(|()| fs::rename(&part, &path));
        if let Err(problem) = written {
            // It would be swept at the next start anyway; a full disk wants its room back now.
            let _ = fs::remove_file(&part);
            return Err(failed(&path, &problem));
        }
        sync_folder(&self.folder)?;
        failpoint::pass(FailPoint::SnapshotWritten);
        self.remove_older(head.tenant)
    }

    /// The newest snapshot that is whole. A file is read through once to know.
    pub(crate) fn newest(&self, tenant: TenantId) -> Result<Option<SnapshotHead>, StoreFault> {
        for (_, path) in self.list(tenant)? {
            if let Some(head) = unless_damaged(&path, self.check(&path))? {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    /// The heads of all snapshots, the newest first. Nothing behind the head is read.
    pub(crate) fn heads(&self, tenant: TenantId) -> Result<Vec<SnapshotHead>, StoreFault> {
        let files = self.list(tenant)?.into_iter();
        files
            .filter_map(|(_, path)| unless_damaged(&path, read_head(&path)).transpose())
            .collect()
    }

    /// How long the file of a snapshot is.
    pub(crate) fn bytes(&self, head: &SnapshotHead) -> Result<u64, StoreFault> {
        let path = self.path(head.tenant, head.sequence);
        let metadata = fs::metadata(&path).map_err(|problem| failed(&path, &problem))?;
        Ok(metadata.len())
    }

    /// Reads a snapshot, checking as it goes. One that was read to its end is known to be whole.
    pub(crate) fn read(
        &self,
        head: &SnapshotHead,
        part: &mut dyn FnMut(Vec<u8>) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        let path = self.path(head.tenant, head.sequence);
        let identity = identity(&path).map_err(|problem| failed(&path, &problem))?;
        let mut refused = None;
        let found = read_file(&path, &mut |bytes| match part(bytes) {
            Ok(()) => true,
            Err(fault) => {
                refused = Some(fault);
                false
            }
        });
        match (refused, found) {
            (Some(fault), _) => Err(fault),
            (None, Ok(found)) if found == *head => {
                self.whole().insert(identity);
                Ok(())
            }
            (None, Ok(_)) => Err(damaged(&path, "its header changed".to_owned())),
            (None, Err(Unreadable::Damaged(problem))) => Err(damaged(&path, problem)),
            (None, Err(Unreadable::Io(problem))) => Err(failed(&path, &problem)),
        }
    }

    /// All snapshots of a tenant by their names, the newest first.
    pub(crate) fn list(&self, tenant: TenantId) -> Result<Vec<(Sequence, PathBuf)>, StoreFault> {
        let mut found: Vec<_> = self
            .list_all()?
            .into_iter()
            .filter(|(of, _, _)| *of == tenant)
            .map(|(_, sequence, path)| (sequence, path))
            .collect();
        found.sort_by_key(|(sequence, _)| std::cmp::Reverse(*sequence));
        Ok(found)
    }

    /// All snapshots of all tenants by their names.
    pub(crate) fn list_all(&self) -> Result<Vec<(TenantId, Sequence, PathBuf)>, StoreFault> {
        let files = self.files()?.into_iter();
        let named = files.filter_map(|path| {
            let (tenant, sequence) = parse_name(path.file_name()?.to_str()?)?;
            Some((tenant, sequence, path))
        });
        Ok(named.collect())
    }

    /// Reads a snapshot through.
    pub(crate) fn check_whole(&self, path: &Path) -> Result<(), StoreFault> {
        match self.check(path) {
            Ok(_) => Ok(()),
            Err(Unreadable::Damaged(problem)) => Err(damaged(path, problem)),
            Err(Unreadable::Io(problem)) => Err(failed(path, &problem)),
        }
    }

    fn check(&self, path: &Path) -> Result<SnapshotHead, Unreadable> {
        let identity = identity(path)?;
        if self.whole().contains(&identity) {
            return read_head(path);
        }
        let head = read_file(path, &mut |_| true)?;
        self.whole().insert(identity);
        Ok(head)
    }

    fn whole(&self) -> std::sync::MutexGuard<'_, HashSet<Identity>> {
        // A set of facts: no half-made change can be seen in it.
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove_older(&self, tenant: TenantId) -> Result<(), StoreFault> {
        for (_, path) in self.list(tenant)?.into_iter().skip(KEPT) {
            fs::remove_file(&path).map_err(|problem| failed(&path, &problem))?;
        }
        Ok(())
    }

    fn files(&self) -> Result<Vec<PathBuf>, StoreFault> {
        fs::read_dir(&self.folder)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .map_err(|problem: io::Error| failed(&self.folder, &problem))
    }

    fn path(&self, tenant: TenantId, sequence: Sequence) -> PathBuf {
        self.folder.join(format!("{tenant}-{sequence}.snap"))
    }
}

fn parse_name(name: &str) -> Option<(TenantId, Sequence)> {
    let (tenant, sequence) = name
        .strip_prefix('t')?
        .strip_suffix(".snap")?
        .split_once('-')?;
    Some((
        TenantId(tenant.parse().ok()?),
        Sequence(sequence.parse().ok()?),
    ))
}

fn identity(path: &Path) -> io::Result<Identity> {
    let metadata = fs::metadata(path)?;
    let changed = metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec();
    Ok((metadata.ino(), metadata.len(), changed))
}

/// What was found; nothing, if the file is damaged or gone.
fn unless_damaged(
    path: &Path,
    found: Result<SnapshotHead, Unreadable>,
) -> Result<Option<SnapshotHead>, StoreFault> {
    match found {
        Ok(head) => Ok(Some(head)),
        Err(Unreadable::Damaged(problem)) => {
            let file = path.display().to_string();
            tracing::warn!(
                file,
                problem,
                "A snapshot is damaged; an older one is used."
            );
            Ok(None)
        }
        // Removed while we looked: a newer one was written.
        Err(Unreadable::Io(problem)) if problem.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(Unreadable::Io(problem)) => Err(failed(path, &problem)),
    }
}

fn failed(path: &Path, problem: &io::Error) -> StoreFault {
    let problem = format!("{}: {problem}", path.display());
    StoreFault::failed("working with a snapshot", problem)
}

fn damaged(path: &Path, problem: String) -> StoreFault {
    StoreFault::Damaged {
        what: format!("the snapshot {}", path.display()),
        problem,
    }
}

fn write_file(
    path: &Path,
    head: &SnapshotHead,
    parts: &mut dyn Iterator<Item = Vec<u8>>,
) -> io::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    let mut out = Writer {
        out: BufWriter::with_capacity(1 << 20, file),
        hash: Context::new(&SHA256),
    };
    out.out.write_all(MAGIC)?;
    out.block(&serde_json::to_vec(&Header::from(head))?)?;
    let mut count = 0_u64;
    for part in parts {
        out.block(&part)?;
        count += 1;
        failpoint::pass(FailPoint::SnapshotPart);
    }
    out.finish(count)
}

struct Writer {
    out: BufWriter<File>,
    hash: Context,
}

impl Writer {
    fn block(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).unwrap_or(END);
        if length > PART_MAX {
            let text = format!(
                "a part of {} bytes: at most {PART_MAX} are allowed",
                bytes.len()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let lead = lead(length, crc32fast::hash(bytes));
        self.hash.update(&lead);
        self.out.write_all(&lead)?;
        self.out.write_all(bytes)
    }

    fn finish(mut self, count: u64) -> io::Result<()> {
        self.hash.update(&count.to_le_bytes());
        self.out.write_all(&END.to_le_bytes())?;
        self.out.write_all(&count.to_le_bytes())?;
        self.out.write_all(self.hash.finish().as_ref())?;
        let file = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    }
}

fn lead(length: u32, checksum: u32) -> [u8; 8] {
    let mut lead = [0; 8];
    lead[..4].copy_from_slice(&length.to_le_bytes());
    lead[4..].copy_from_slice(&checksum.to_le_bytes());
    lead
}

/// Why a file was not read to its end.
enum Unreadable {
    Damaged(String),
    Io(io::Error),
}

impl From<io::Error> for Unreadable {
    fn from(problem: io::Error) -> Self {
        if problem.kind() == io::ErrorKind::UnexpectedEof {
            Self::Damaged("it ends too early".to_owned())
        } else {
            Self::Io(problem)
        }
    }
}

/// Reads through a file until the end or until `part` wants no more.
fn read_file(
    path: &Path,
    part: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Result<SnapshotHead, Unreadable> {
    let mut reader = Reader::open(path)?;
    let head = reader.head()?;
    let mut count = 0_u64;
    while let Some(bytes) = reader.block()? {
        count += 1;
        if !part(bytes) {
            return Ok(head);
        }
    }
    reader.finish(count)?;
    Ok(head)
}

fn read_head(path: &Path) -> Result<SnapshotHead, Unreadable> {
    Reader::open(path)?.head()
}

struct Reader {
    input: BufReader<File>,
    hash: Context,
}

impl Reader {
    fn open(path: &Path) -> Result<Self, Unreadable> {
        let mut input = BufReader::with_capacity(1 << 20, File::open(path)?);
        let mut magic = [0; MAGIC.len()];
        input.read_exact(&mut magic)?;
        if magic != *MAGIC {
            return Err(Unreadable::Damaged(
                "it does not begin as a snapshot".to_owned(),
            ));
        }
        let hash = Context::new(&SHA256);
        Ok(Self { input, hash })
    }

    fn head(&mut self) -> Result<SnapshotHead, Unreadable> {
        let wrong = |text: &str| Unreadable::Damaged(text.to_owned());
        let bytes = self.block()?.ok_or_else(|| wrong("it has no header"))?;
        let header: Header =
            serde_json::from_slice(&bytes).map_err(|_| wrong("its header makes no sense"))?;
        Ok(header.into())
    }

    /// The next block; `None` at the trailer.
    fn block(&mut self) -> Result<Option<Vec<u8>>, Unreadable> {
        let length = u32::from_le_bytes(self.array()?);
        if length == END {
            return Ok(None);
        }
        if length > PART_MAX {
            return Err(Unreadable::Damaged(format!("a part claims {length} bytes")));
        }
        let checksum = u32::from_le_bytes(self.array()?);
        let mut bytes = vec![0; length as usize];
        self.input.read_exact(&mut bytes)?;
        if crc32fast::hash(&bytes) != checksum {
            return Err(Unreadable::Damaged(
                "a part does not match its checksum".to_owned(),
            ));
        }
        self.hash.update(&lead(length, checksum));
        Ok(Some(bytes))
    }

    fn finish(mut self, count: u64) -> Result<(), Unreadable> {
        let claimed = u64::from_le_bytes(self.array()?);
        self.hash.update(&claimed.to_le_bytes());
        let hash: [u8; 32] = self.array()?;
        if claimed != count || self.hash.finish().as_ref() != hash {
            return Err(Unreadable::Damaged(
                "its parts do not match its trailer".to_owned(),
            ));
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl From<&SnapshotHead> for Header {
    fn from(head: &SnapshotHead) -> Self {
        Self {
            tenant: head.tenant.0,
            sequence: head.sequence.0,
            digest: head.digest,
            format: head.format,
            at: head.at.0,
        }
    }
}

impl From<Header> for SnapshotHead {
    fn from(header: Header) -> Self {
        Self {
            tenant: TenantId(header.tenant),
            sequence: Sequence(header.sequence),
            digest: header.digest,
            format: header.format,
            at: WallTime(header.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(sequence: u64) -> SnapshotHead {
        SnapshotHead {
            tenant: TenantId(1),
            sequence: Sequence(sequence),
            digest: u64::MAX - sequence,
            format: 1,
            at: WallTime(-5),
        }
    }

    fn parts() -> Vec<Vec<u8>> {
        vec![vec![], vec![1; 10], vec![2; 100_000]]
    }

    fn read(snapshots: &Snapshots, head: &SnapshotHead) -> Result<Vec<Vec<u8>>, StoreFault> {
        let mut found = Vec::new();
        snapshots.read(head, &mut |part| {
            found.push(part);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn two_are_kept_and_read_back_as_written() {
        let home = tempfile::tempdir().expect("a folder");
        let snapshots = Snapshots::open(home.path().join("snapshots")).expect("made");
        assert_eq!(snapshots.newest(TenantId(1)).expect("read"), None);
        for sequence in [9, 10, 100] {
            let mut parts = parts().into_iter();
            snapshots
                .write(&head(sequence), &mut parts)
                .expect("written");
        }
        let newest = snapshots.newest(TenantId(1)).expect("read").expect("there");
        assert_eq!(newest, head(100));
        assert_eq!(read(&snapshots, &newest).expect("whole"), parts());
        assert!(read(&snapshots, &head(10)).is_ok());
        assert!(read(&snapshots, &head(9)).is_err(), "the third goes");
        assert_eq!(snapshots.newest(TenantId(2)).expect("read"), None);
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_found() {
        let home = tempfile::tempdir().expect("a folder");
        let snapshots = Snapshots::open(home.path().to_owned()).expect("made");
        let small = || vec![vec![7_u8; 20], vec![8; 3]].into_iter();
        snapshots.write(&head(1), &mut small()).expect("written");
        snapshots.write(&head(2), &mut small()).expect("written");
        let path = snapshots.path(TenantId(1), Sequence(2));
        let good = fs::read(&path).expect("there");
        let bad = (0..good.len())
            .map(|at| {
                let mut bytes = good.clone();
                bytes[at] ^= 0x10;
                bytes
            })
            .chain((0..good.len()).map(|length| good[..length].to_vec()));
        for bytes in bad {
            fs::write(&path, &bytes).expect("written");
            let fresh = Snapshots::at(home.path().to_owned());
            let newest = fresh.newest(TenantId(1)).expect("read").expect("there");
            assert_eq!(newest, head(1), "a damaged one was taken");
            let heads = fresh.heads(TenantId(1)).expect("read");
            assert_eq!(heads.last(), Some(&head(1)));
            let problem = read(&fresh, &head(2)).expect_err("damaged");
            assert!(matches!(problem, StoreFault::Damaged { .. }), "{problem}");
        }
    }

    #[test]
    fn what_was_never_finished_is_swept() {
        let home = tempfile::tempdir().expect("a folder");
        let part = home.path().join("t1-7.part");
        fs::write(&part, b"half").expect("written");
        let snapshots = Snapshots::open(home.path().to_owned()).expect("opened");
        assert!(!part.exists());
        assert_eq!(snapshots.newest(TenantId(1)).expect("read"), None);
    }

    #[test]
    fn a_reader_may_stop_it() {
        let home = tempfile::tempdir().expect("a folder");
        let snapshots = Snapshots::open(home.path().to_owned()).expect("made");
        snapshots
            .write(&head(1), &mut parts().into_iter())
            .expect("written");
        let stop = || StoreFault::failed("trying", "enough");
        let fault = snapshots.read(&head(1), &mut |_| Err(stop()));
        assert!(fault.expect_err("stopped").to_string().contains("enough"));
    }
}
