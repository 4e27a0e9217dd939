//! What lies under a folder: the kind of file system and the room on it.

use std::io;
use std::path::{Path, PathBuf};

/// How far a kind of file system can be trusted with the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A local disk.
    Local,
    /// Gone with the power.
    Memory,
    /// On another machine: locks and flushes are often not what they say.
    Network,
    /// Nobody can tell from here.
    Unclear,
}

/// The magic numbers of statfs(2) that matter here.
const KINDS: &[(u32, &str, Trust)] = &[
    (0xef53, "ext", Trust::Local),
    (0x5846_5342, "xfs", Trust::Local),
    (0x9123_683e, "btrfs", Trust::Local),
    (0x2fc1_2fc1, "zfs", Trust::Local),
    (0xf2f5_2010, "f2fs", Trust::Local),
    (0xca45_1a4e, "bcachefs", Trust::Local),
    (0x0102_1994, "tmpfs", Trust::Memory),
    (0x8584_58f6, "ramfs", Trust::Memory),
    (0x6969, "nfs", Trust::Network),
    (0x517b, "smb", Trust::Network),
    (0xff53_4d42, "cifs", Trust::Network),
    (0xfe53_4d42, "smb2", Trust::Network),
    (0x00c3_6400, "ceph", Trust::Network),
    (0x0102_1997, "9p", Trust::Network),
    (0x0bd0_0bd0, "lustre", Trust::Network),
    (0x4750_4653, "gpfs", Trust::Network),
    (0x794c_7630, "overlay", Trust::Unclear),
    (0x6573_5546, "fuse", Trust::Unclear),
];

/// The kind of file system `folder` lies on: its name, and how far to trust it.
pub(crate) fn kind(folder: &Path) -> io::Result<(String, Trust)> {
    let magic = rustix::fs::statfs(existing(folder))?.f_type as u32;
    Ok(KINDS
        .iter()
        .find(|(known, _, _)| *known == magic)
        .map_or_else(
            || (format!("unknown ({magic:#x})"), Trust::Unclear),
            |(_, name, trust)| ((*name).to_owned(), *trust),
        ))
}

/// Bytes an ordinary user may still write below `folder`.
pub(crate) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(existing(folder))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// The nearest folder above, or itself, that is there.
pub(crate) fn existing(folder: &Path) -> PathBuf {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    whole
        .ancestors()
        .find(|path| path.is_dir())
        .unwrap_or(Path::new("/"))
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_lies_where_its_parent_lies() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        assert_eq!(existing(&below), folder.path());
        assert_eq!(kind(&below).unwrap(), kind(folder.path()).unwrap());
        assert!(free_bytes(&below).is_ok());
    }
}
