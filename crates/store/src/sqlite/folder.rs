//! The data folder: whose it is, on what it lies, and how much room is left.

use ringback_ports::store::StoreFault;
use rustix::fs::{FallocateFlags, FlockOperation};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A folder that this process alone writes to, for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    ballast_bytes: u64,
    /// Holds the lock; the operating system lets go of it when the process ends, however.
    _lock: File,
}

impl Folder {
    /// Makes the folder if it is missing, and takes it.
    pub(crate) fn take(path: &Path, ballast_bytes: u64) -> Result<Self, StoreFault> {
        make_folder(path)?;
        refuse_network(path)?;
        let folder = Self {
            path: path.to_owned(),
            ballast_bytes,
            _lock: lock(&path.join("LOCK"))?,
        };
        Ok(folder)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes left for an ordinary process on its file system.
    pub(crate) fn room_left(&self) -> Result<u64, StoreFault> {
        let stat = rustix::fs::statvfs(&self.path)
            .map_err(|problem| StoreFault::failed("asking for the room left", problem))?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }

    /// Removes the ballast; gives how many bytes that freed.
    pub(crate) fn drop_ballast(&self) -> Result<u64, StoreFault> {
        let path = self.ballast();
        let doing = "dropping the ballast";
        let bytes = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(problem) => return Err(StoreFault::failed(doing, problem)),
        };
        fs::remove_file(&path).map_err(|problem| StoreFault::failed(doing, problem))?;
        sync_folder(&self.path)?;
        Ok(bytes)
    }

    /// Puts the ballast there, whole or not at all.
    pub(crate) fn restore_ballast(&self) -> Result<(), StoreFault> {
        let path = self.ballast();
        let there = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        if there == self.ballast_bytes {
            return Ok(());
        }
        let written = write_ballast(&path, self.ballast_bytes);
        if written.is_err() {
            // Half a ballast would be taken for a whole one; what cannot be removed either is
            // tried again at the next restoring.
            let _ = fs::remove_file(&path);
        }
        written.map_err(|problem| StoreFault::failed("allocating the ballast", problem))?;
        sync_folder(&self.path)
    }
}

/// Makes a folder that only its owner may enter, parents included.
pub(crate) fn make_folder(path: &Path) -> Result<(), StoreFault> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|problem| {
            let problem = format!("{}: {problem}", path.display());
            StoreFault::failed("making a folder", problem)
        })
}

/// Makes names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreFault> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|problem| {
            let problem = format!("{}: {problem}", path.display());
            StoreFault::failed("flushing a folder", problem)
        })
}

fn lock(path: &Path) -> Result<File, StoreFault> {
    let failed = |problem: io::Error| StoreFault::failed("locking the data folder", problem);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return Err(taken(path, &mut file)),
        Err(problem) => return Err(failed(problem.into())),
    }
    file.set_len(0).map_err(failed)?;
    let holder = format!("process {} on {}\n", std::process::id(), host());
    file.write_all(holder.as_bytes()).map_err(failed)?;
    Ok(file)
}

fn taken(path: &Path, file: &mut File) -> StoreFault {
    let mut holder = String::new();
    let read = file
        .rewind()
        .and_then(|()| file.read_to_string(&mut holder));
    let holder = match (read, holder.trim()) {
        (Ok(_), text) if !text.is_empty() => text.to_owned(),
        _ => "another process".to_owned(),
    };
    StoreFault::Failed {
        doing: "locking the data folder",
        problem: format!(
            "{} is held by {holder}: stop it first, or choose another folder",
            path.display()
        ),
    }
}

fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// Types of file systems whose locks or flushes are not to be trusted, by their numbers in
/// statfs(2).
const NETWORK: [(i64, &str); 14] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x7375_7245, "Coda"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x564c, "NCP"),
];

fn refuse_network(path: &Path) -> Result<(), StoreFault> {
    let stat = rustix::fs::statfs(path)
        .map_err(|problem| StoreFault::failed("looking at the file system", problem))?;
    match network_name(stat.f_type) {
        None => Ok(()),
        Some(name) => Err(StoreFault::Failed {
            doing: "opening the data folder",
            problem: format!(
                "{} lies on a network file system ({name}), where locks and flushes cannot be \
                 relied on: put it on a local disk, or use PostgreSQL",
                path.display()
            ),
        }),
    }
}

fn network_name(kind: i64) -> Option<&'static str> {
    NETWORK
        .iter()
        .find(|(number, _)| *number == kind)
        .map(|(_, name)| *name)
}

/// Really allocates: a file with holes would free nothing when it goes.
fn write_ballast(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    if bytes == 0 {
        return Ok(());
    }
    match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => {}
        Err(rustix::io::Errno::OPNOTSUPP) => write_noise(&mut file, bytes)?,
        Err(problem) => return Err(problem.into()),
    }
    file.sync_all()
}

/// For file systems that cannot allocate ahead. Not zeros, which some of them do not store.
fn write_noise(file: &mut File, bytes: u64) -> io::Result<()> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut left = bytes;
    let mut block = vec![0_u8; 64 * 1024];
    while left > 0 {
        for chunk in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            chunk.copy_from_slice(&state.to_le_bytes());
        }
        let now = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
        file.write_all(&block[..now])?;
        left -= now as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_folder_has_one_holder_and_tells_who() {
        let home = tempfile::tempdir().expect("a folder");
        let first = Folder::take(home.path(), 0).expect("free");
        let second = Folder::take(home.path(), 0).expect_err("taken");
        let expected = format!("held by process {}", std::process::id());
        assert!(second.to_string().contains(&expected), "{second}");
        drop(first);
        Folder::take(home.path(), 0).expect("free again");
    }

    #[test]
    fn ballast_takes_real_blocks_and_gives_them_back() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = Folder::take(home.path(), 1 << 20).expect("free");
        folder.restore_ballast().expect("room");
        let blocks = fs::metadata(folder.ballast()).expect("there").blocks();
        assert!(blocks * 512 >= 1 << 20, "{blocks} blocks");
        assert_eq!(folder.drop_ballast().expect("there"), 1 << 20);
        assert_eq!(folder.drop_ballast().expect("gone"), 0);
        folder.restore_ballast().expect("room");
        assert_eq!(folder.drop_ballast().expect("there"), 1 << 20);
    }

    #[test]
    fn noise_has_the_wanted_length_and_no_holes() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("noise");
        let mut file = File::create(&path).expect("room");
        write_noise(&mut file, 100_001).expect("room");
        let bytes = fs::read(&path).expect("there");
        assert_eq!(bytes.len(), 100_001);
        assert!(bytes.chunks(64).all(|part| part.iter().any(|b| *b != 0)));
    }

    #[test]
    fn network_file_systems_are_known_by_number() {
        assert_eq!(network_name(0x6969), Some("NFS"));
        assert_eq!(network_name(0xef53), None, "ext4");
    }
}
