//! All files of one power supply: their caches, their names, the switch and the faults. No SQLite, no `unsafe`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::mem::take;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::file::{CachedFile, Platter};
use super::settle::{self, Settlement};
use super::{Aftermath, Cut, PowerCutError, Tally};

/// An SQLite result code of the VFS below.
pub(super) type Code = std::ffi::c_int;

/// The file of the VFS below: the platter as long as connections are open.
pub(super) trait OpenPlatter: Platter<Error = Code> {
    fn len(&mut self) -> Result<u64, Code>;
    fn sync(&mut self) -> Result<(), Code>;
}

/// Why an operation did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Dark,
    SyncFailed,
    DiskFull,
    Below(Code),
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Refusal::Below(code)
    }
}

/// A file, whatever its name is by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileId(u64);

#[derive(Default)]
pub(super) struct Faults {
    pub(super) syncs_left: Option<u64>,
    pub(super) bytes_free: Option<u64>,
    pub(super) sync_delay: Duration,
    pub(super) sync_for_real: bool,
    pub(super) syncs_do_nothing: bool,
}

struct Inode {
    cached: CachedFile,
    handles: usize,
}

/// One power supply.
#[derive(Default)]
pub(super) struct Disk {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// `Some` while the power is off.
    dark: Option<Cut>,
    scheduled: Option<(u64, Cut)>,
    /// The outcome of the cut, once the last file was closed.
    settled: Option<Result<Aftermath, PowerCutError>>,
    faults: Faults,
    tally: Tally,
    /// Files with open handles or unsynced changes.
    inodes: BTreeMap<FileId, Inode>,
    names: BTreeMap<PathBuf, FileId>,
    /// Names changed since their directory was synced, with what the disk has there: a file's bytes, or no file.
    shadows: BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// Databases opened, whose WAL index goes at a cut.
    databases: BTreeSet<PathBuf>,
    handles: usize,
    last_id: u64,
}

impl Disk {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in a test thread must not hide the failure behind a poisoned lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn cut(&self, cut: Cut) {
        self.lock().cut(cut);
    }

    pub(super) fn schedule_cut(&self, operations: u64, cut: Cut) {
        self.lock().scheduled = Some((operations, cut));
    }

    pub(super) fn is_dark(&self) -> bool {
        self.lock().dark.is_some()
    }

    pub(super) fn power_on(&self) -> Result<Aftermath, PowerCutError> {
        let mut state = self.lock();
        if state.dark.is_none() {
            return Err(PowerCutError::NotCut);
        }
        let outcome = state.settled.take().ok_or(PowerCutError::StillOpen {
            files: state.handles,
        })?;
        state.dark = None;
        outcome
    }

    pub(super) fn set_faults(&self, set: impl FnOnce(&mut Faults)) {
        set(&mut self.lock().faults);
    }

    pub(super) fn tally(&self) -> Tally {
        self.lock().tally
    }

    pub(super) fn unsynced_sectors(&self) -> u64 {
        self.lock()
            .inodes
            .values()
            .map(|inode| inode.cached.unsynced_sectors())
            .sum()
    }

    /// Opens `path` by `open_below`, which creates it where it is missing.
    pub(super) fn open<P: OpenPlatter>(
        &self,
        path: &Path,
        is_database: bool,
        open_below: impl FnOnce() -> Result<P, Code>,
    ) -> Result<(FileId, P), Refusal> {
        let mut state = self.lock();
        state.refuse_in_the_dark()?;
        let existed = fs::symlink_metadata(path).is_ok();
        let mut platter = open_below()?;
        if !existed {
            state.created(path);
        }
        let id = match state.names.get(path) {
            Some(id) => *id,
            None => state.add_inode(path, CachedFile::clean(platter.len()?)),
        };
        if is_database {
            state.databases.insert(path.to_owned());
        }
        state.inode(id).handles += 1;
        state.handles += 1;
        Ok((id, platter))
    }

    /// Gives a handle back, its file below being closed. The last one after a cut settles the disk.
    pub(super) fn close(&self, id: FileId) {
        let mut state = self.lock();
        state.handles -= 1;
        let inode = state.inode(id);
        inode.handles -= 1;
        let clean = inode.cached.is_clean();
        if inode.handles == 0 {
            state.forget_unless_needed(id, clean);
        }
        state.settle_if_dark();
    }

    /// Whether a file with unsynced content is there: SQLite takes an empty journal for none, so the length that
    /// counts is the cache's. `None`: not known here, ask below.
    pub(super) fn exists(&self, path: &Path) -> Result<Option<bool>, Refusal> {
        let mut state = self.lock();
        state.refuse_in_the_dark()?;
        let id = state.names.get(path).copied();
        Ok(id
            .filter(|_| fs::symlink_metadata(path).is_ok())
            .map(|id| state.inode(id).cached.size() > 0))
    }

    pub(super) fn size(&self, id: FileId) -> Result<u64, Refusal> {
        let mut state = self.lock();
        state.refuse_in_the_dark()?;
        Ok(state.inode(id).cached.size())
    }

    /// Fills `buffer`; false if the file is shorter.
    pub(super) fn read(
        &self,
        id: FileId,
        platter: &mut impl OpenPlatter,
        buffer: &mut [u8],
        offset: u64,
    ) -> Result<bool, Refusal> {
        let mut state = self.lock();
        state.refuse_in_the_dark()?;
        Ok(state.inode(id).cached.read(platter, buffer, offset)?)
    }

    pub(super) fn write(
        &self,
        id: FileId,
        platter: &mut impl OpenPlatter,
        bytes: &[u8],
        offset: u64,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.start_operation()?;
        state.tally.writes += 1;
        let growth = (offset + bytes.len() as u64).saturating_sub(state.inode(id).cached.size());
        state.take_space(growth)?;
        state.inode(id).cached.write(platter, bytes, offset)?;
        state.tally.bytes_written += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn truncate(&self, id: FileId, size: u64) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.start_operation()?;
        state.tally.truncations += 1;
        let before = state.inode(id).cached.size();
        state.take_space(size.saturating_sub(before))?;
        state.give_space(before.saturating_sub(size));
        state.inode(id).cached.truncate(size);
        Ok(())
    }

    /// Makes a file durable, and the names in `directory` with it.
    pub(super) fn sync(
        &self,
        id: FileId,
        platter: &mut impl OpenPlatter,
        directory: Option<&Path>,
    ) -> Result<(), Refusal> {
        let delay = self.lock().faults.sync_delay;
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        let mut state = self.lock();
        state.start_operation()?;
        if let Err(refusal) = state.take_sync() {
            state.inode(id).cached.abandon();
            return Err(refusal);
        }
        if state.faults.syncs_do_nothing {
            return Ok(());
        }
        state.inode(id).cached.flush(platter)?;
        if state.faults.sync_for_real {
            platter.sync()?;
        }
        if let Some(directory) = directory {
            state.sync_directory(directory);
        }
        Ok(())
    }

    /// Deletes a name by `delete_below`, durably if `sync_directory`.
    pub(super) fn delete(
        &self,
        path: &Path,
        sync_directory: bool,
        delete_below: impl FnOnce() -> Result<(), Code>,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        state.start_operation()?;
        // Opening the file here cannot drop SQLite's locks on it: SQLite deletes journals and WALs, and locks neither.
        let durable = fs::read(path).ok();
        delete_below()?;
        state.tally.deletions += 1;
        state.deleted(path, durable);
        if sync_directory {
            state.take_sync()?;
            state.sync_directory(path.parent().unwrap_or(Path::new("/")));
        }
        Ok(())
    }
}

impl State {
    fn cut(&mut self, cut: Cut) {
        if self.dark.is_none() {
            self.tally.cuts += 1;
            self.scheduled = None;
            self.settled = None;
            self.dark = Some(cut);
            self.settle_if_dark();
        }
    }

    fn refuse_in_the_dark(&mut self) -> Result<(), Refusal> {
        if self.dark.is_some() {
            self.tally.refused_dark += 1;
            return Err(Refusal::Dark);
        }
        Ok(())
    }

    /// To be called first by everything that changes the disk: the moment at which a scheduled cut comes.
    fn start_operation(&mut self) -> Result<(), Refusal> {
        match &mut self.scheduled {
            Some((0, cut)) => {
                let cut = *cut;
                self.cut(cut);
            }
            Some((left, _)) => *left -= 1,
            None => {}
        }
        self.refuse_in_the_dark()?;
        self.tally.operations += 1;
        Ok(())
    }

    fn take_sync(&mut self) -> Result<(), Refusal> {
        self.tally.syncs += 1;
        match &mut self.faults.syncs_left {
            Some(0) => {
                self.tally.failed_syncs += 1;
                Err(Refusal::SyncFailed)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn take_space(&mut self, bytes: u64) -> Result<(), Refusal> {
        if let Some(free) = &mut self.faults.bytes_free {
            match free.checked_sub(bytes) {
                Some(left) => *free = left,
                None => {
                    self.tally.refused_full += 1;
                    return Err(Refusal::DiskFull);
                }
            }
        }
        Ok(())
    }

    fn give_space(&mut self, bytes: u64) {
        if let Some(free) = &mut self.faults.bytes_free {
            *free += bytes;
        }
    }

    fn inode(&mut self, id: FileId) -> &mut Inode {
        self.inodes
            .get_mut(&id)
            .expect("a file stays known while a handle to it is open")
    }

    fn add_inode(&mut self, path: &Path, cached: CachedFile) -> FileId {
        self.last_id += 1;
        let id = FileId(self.last_id);
        self.inodes.insert(id, Inode { cached, handles: 0 });
        self.names.insert(path.to_owned(), id);
        id
    }

    fn created(&mut self, path: &Path) {
        self.tally.creations += 1;
        self.names.remove(path);
        self.shadows.entry(path.to_owned()).or_insert(None);
    }

    fn deleted(&mut self, path: &Path, durable: Option<Vec<u8>>) {
        if let Some(id) = self.names.remove(path) {
            let (size, handles) = (self.inode(id).cached.size(), self.inode(id).handles);
            self.give_space(size);
            if handles == 0 {
                self.inodes.remove(&id);
            }
        } else {
            self.give_space(durable.as_ref().map_or(0, |bytes| bytes.len() as u64));
        }
        self.shadows.entry(path.to_owned()).or_insert(durable);
    }

    fn forget_unless_needed(&mut self, id: FileId, clean: bool) {
        let named = self.names.values().any(|named| *named == id);
        if clean || !named {
            self.inodes.remove(&id);
            self.names.retain(|_, named| *named != id);
        }
    }

    fn sync_directory(&mut self, directory: &Path) {
        self.tally.directory_syncs += 1;
        self.shadows
            .retain(|path, _| path.parent() != Some(directory));
    }

    fn settle_if_dark(&mut self) {
        if let Some(cut) = self.dark
            && self.handles == 0
            && self.settled.is_none()
        {
            self.settled = Some(self.settle(cut));
        }
    }

    /// Puts the real files into the state the disk had when the power went. No handle is open.
    fn settle(&mut self, cut: Cut) -> Result<Aftermath, PowerCutError> {
        let mut settlement = Settlement::of(cut);
        let mut names = take(&mut self.names);
        let inodes = take(&mut self.inodes);
        for (path, durable) in take(&mut self.shadows) {
            if settlement.name_change_survives() {
                continue;
            }
            // The file under the new name is lost whole; what bears the name now must not get its sectors.
            if let Some(inode) = names.remove(&path).and_then(|id| inodes.get(&id)) {
                settlement.lose_file(&inode.cached);
            }
            settlement.restore_name(path, durable.as_deref())?;
        }
        for (path, id) in names {
            if let Some(inode) = inodes.get(&id) {
                settlement.tear_file(path, &inode.cached)?;
            }
        }
        for database in take(&mut self.databases) {
            settle::delete_wal_index(&database)?;
        }
        Ok(settlement.aftermath())
    }
}
