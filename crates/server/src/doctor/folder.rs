//! The data folder and the file system it lies on.

use super::Finding;
use crate::file_system::{self, Trust};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The kind of file system.
pub(crate) fn file_system(folder: &Path) -> Finding {
    const WHAT: &str = "file system";
    let (name, trust) = match file_system::kind(folder) {
        Ok(found) => found,
        Err(error) => {
            return Finding::fail(WHAT, format!("cannot be told: {error}"), "check the folder");
        }
    };
    match trust {
        Trust::Local => Finding::ok(WHAT, format!("{name}, local")),
        Trust::Memory => Finding::warn(
            WHAT,
            format!("{name}: everything is gone when the machine stops"),
            "put storage.folder on a disk, unless this is a trial",
        ),
        Trust::Network => Finding::fail(
            WHAT,
            format!("{name}: locks and flushes over a network are often not what they say"),
            "put storage.folder on a local disk, or use engine postgresql",
        ),
        Trust::Unclear => Finding::warn(
            WHAT,
            format!("{name}: nobody can tell from here what is below it"),
            "make sure that it is a local disk and survives a restart of the container",
        ),
    }
}

/// Whether the folder is there and closed to others.
pub(crate) fn folder(folder: &Path) -> Finding {
    const WHAT: &str = "data folder";
    let shown = folder.display();
    let metadata = match std::fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Finding::ok(WHAT, format!("{shown} is not there yet; serve makes it"));
        }
        Err(error) => {
            return Finding::fail(WHAT, format!("{shown}: {error}"), "check its permissions");
        }
    };
    if !metadata.is_dir() {
        let next = "move the file away, or name another folder in storage.folder";
        return Finding::fail(WHAT, format!("{shown} is not a folder"), next);
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Finding::ok(WHAT, format!("{shown}, open to its owner only"))
    } else {
        let next = format!("chmod 700 {shown}");
        Finding::warn(
            WHAT,
            format!("{shown} is open to other users (mode {mode:o})"),
            next,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_folder_open_to_others_is_told_with_the_command_that_closes_it() {
        let dir = tempfile::tempdir().unwrap();
        let set = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(dir.path(), permissions).unwrap();
        };
        set(0o755);
        let finding = folder(dir.path());
        assert_eq!(finding.verdict, Verdict::Warn);
        assert!(finding.next.unwrap().starts_with("chmod 700 "));
        set(0o700);
        assert_eq!(folder(dir.path()).verdict, Verdict::Ok);
        assert_eq!(folder(&dir.path().join("no")).verdict, Verdict::Ok);
    }
}
