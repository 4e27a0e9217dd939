//! After the cut: what the real files hold when the last connection is closed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::CachedFile;
use super::random::Random;
use super::{Aftermath, Cut, PowerCutError};

/// One cut being brought to the files.
pub(super) struct Settlement {
    /// `None`: nothing unsynced survives.
    chance: Option<Chance>,
    aftermath: Aftermath,
}

struct Chance {
    random: Random,
    /// How many of 256 unsynced sectors survive.
    keep_of_256: u64,
}

impl Settlement {
    pub(super) fn of(cut: Cut) -> Self {
        let chance = match cut {
            Cut::Clean => None,
            Cut::Torn { seed } => {
                let mut random = Random::seeded(seed);
                // Few, half, or nearly all: different bugs show at either end.
                let keep_of_256 = [16, 128, 240][(random.next() % 3) as usize];
                Some(Chance {
                    random,
                    keep_of_256,
                })
            }
        };
        Settlement {
            chance,
            aftermath: Aftermath::default(),
        }
    }

    pub(super) fn aftermath(self) -> Aftermath {
        self.aftermath
    }

    /// Whether a creation or deletion reached the disk without its directory being synced.
    pub(super) fn name_change_survives(&mut self) -> bool {
        self.chance
            .as_mut()
            .is_some_and(|chance| chance.random.coin())
    }

    /// Undoes a creation (`durable` is none) or a deletion.
    pub(super) fn restore_name(
        &mut self,
        path: PathBuf,
        durable: Option<&[u8]>,
    ) -> Result<(), PowerCutError> {
        let outcome = match durable {
            Some(bytes) => {
                self.aftermath.files_returned += 1;
                remove_if_there(&path).and_then(|()| fs::write(&path, bytes))
            }
            None => {
                self.aftermath.files_vanished += 1;
                remove_if_there(&path)
            }
        };
        outcome.map_err(|source| PowerCutError::Settle { path, source })
    }

    pub(super) fn lose_file(&mut self, cached: &CachedFile) {
        self.aftermath.sectors_lost += cached.unsynced_sectors();
    }

    /// Lets chance choose among the unsynced sectors of a file.
    pub(super) fn tear_file(
        &mut self,
        path: PathBuf,
        cached: &CachedFile,
    ) -> Result<(), PowerCutError> {
        let survived = match &mut self.chance {
            Some(chance) => chance
                .tear(&path, cached)
                .map_err(|source| PowerCutError::Settle { path, source })?,
            None => 0,
        };
        self.aftermath.sectors_survived += survived;
        self.aftermath.sectors_lost += cached.unsynced_sectors() - survived;
        Ok(())
    }
}

impl Chance {
    fn tear(&mut self, path: &Path, cached: &CachedFile) -> io::Result<u64> {
        match fs::OpenOptions::new().read(true).write(true).open(path) {
            Ok(mut platter) => cached.tear(&mut platter, &mut self.random, self.keep_of_256),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// Deletes the shared WAL index of a database: it never survives a boot, and SQLite builds it anew.
pub(super) fn delete_wal_index(database: &Path) -> Result<(), PowerCutError> {
    let mut name = database.as_os_str().to_owned();
    name.push("-shm");
    let path = PathBuf::from(name);
    remove_if_there(&path).map_err(|source| PowerCutError::Settle { path, source })
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
