//! The SQLite VFS in front of [`Disk`]: C functions that unpack their arguments, ask the disk, and give back a code.
//!
//! Each open file is a [`ShimFile`] in SQLite's memory that owns an [`OpenFile`], which owns the file of the base VFS
//! ([`BaseFile`]). Locks, the WAL index and file controls go to the base file; contents, lengths, names go to the disk.

#![expect(
    unsafe_code,
    reason = "SQLite's VFS interface is a table of C function pointers"
)]

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::mem::size_of;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::ffi;

use super::PowerCutError;
use super::disk::{Code, Disk, FileId, OpenPlatter, Refusal};
use super::file::Platter;

/// Finding a free name and registering it must be one step.
static REGISTERING: Mutex<()> = Mutex::new(());

/// Files whose content decides what survives; all others (temporary ones) go to the base VFS directly.
const MODELLED: c_int = ffi::SQLITE_OPEN_MAIN_DB | JOURNALS;
/// Files for which SQLite's unix VFS syncs the directory at their first sync, if it may have created them.
const JOURNALS: c_int =
    ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;

/// The unix VFS keeps 17 bits of a write's length, since SQLite never writes more than a page of 64 KiB at once.
const BASE_WRITE_BYTES_MAX: usize = 64 * 1024;

/// A registered VFS; its structures live as long as the process.
pub(super) struct Registration(*mut ffi::sqlite3_vfs);

// SAFETY: the pointer is only ever given to sqlite3_vfs_unregister, which takes SQLite's own lock.
unsafe impl Send for Registration {}
// SAFETY: as above; there is no access through a shared reference.
unsafe impl Sync for Registration {}

impl Registration {
    pub(super) fn unregister(&self) {
        // SAFETY: the structure was registered by `register` and is never freed.
        unsafe { ffi::sqlite3_vfs_unregister(self.0) };
    }
}

/// What `pAppData` of our VFS points to.
struct Shim {
    disk: Arc<Disk>,
    base: *mut ffi::sqlite3_vfs,
}

pub(super) fn register(name: &str, disk: Arc<Disk>) -> Result<Registration, PowerCutError> {
    let c_name = CString::new(name).map_err(|_| PowerCutError::NameHasNul {
        name: name.to_owned(),
    })?;
    let _one_at_a_time = REGISTERING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the arguments are a null pointer (the default VFS) or a C string that outlives the call.
    let (base, taken) = unsafe {
        (
            ffi::sqlite3_vfs_find(ptr::null()),
            ffi::sqlite3_vfs_find(c_name.as_ptr()),
        )
    };
    if !taken.is_null() {
        return Err(PowerCutError::NameTaken {
            name: name.to_owned(),
        });
    }
    // SAFETY: a VFS that sqlite3_vfs_find returned is valid as long as it is registered; the default one always is.
    let Some(base_table) = (unsafe { base.as_ref() }).filter(|table| table.iVersion >= 2) else {
        return Err(PowerCutError::NoBaseVfs);
    };
    let shim = Box::new(Shim { disk, base });
    // The methods that are not replaced here (path names, randomness, time, sleep, last error, system calls) are the
    // base's own. In SQLite's unix VFS none of them looks at pAppData.
    let vfs = Box::into_raw(Box::new(ffi::sqlite3_vfs {
        szOsFile: base_table.szOsFile.max(size_of::<ShimFile>() as c_int),
        pNext: ptr::null_mut(),
        zName: c_name.into_raw(),
        pAppData: Box::into_raw(shim).cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        ..*base_table
    }));
    // SAFETY: the table is complete and never freed.
    match unsafe { ffi::sqlite3_vfs_register(vfs, 0) } {
        ffi::SQLITE_OK => Ok(Registration(vfs)),
        code => Err(PowerCutError::Refused {
            name: name.to_owned(),
            code,
        }),
    }
}

/// The file of the base VFS, in memory of its own; closed when dropped.
struct BaseFile(Box<[u64]>);

impl BaseFile {
    /// # Safety
    /// The arguments are those of an `xOpen` call; `name` outlives the file, as SQLite promises to every VFS.
    unsafe fn open(
        base: *mut ffi::sqlite3_vfs,
        name: *const c_char,
        flags: c_int,
        out: *mut c_int,
    ) -> Result<Self, Code> {
        // SAFETY: `base` is the registered default VFS.
        let base_table = unsafe { &*base };
        let words = (base_table.szOsFile as usize).div_ceil(size_of::<u64>());
        let mut file = BaseFile(vec![0; words].into_boxed_slice());
        let open = base_table.xOpen.ok_or(ffi::SQLITE_CANTOPEN)?;
        // SAFETY: the memory has the size that the base VFS asks for, aligned for its structure.
        match unsafe { open(base, name, file.as_ptr(), flags, out) } {
            ffi::SQLITE_OK => Ok(file),
            code => Err(code),
        }
    }

    fn as_ptr(&mut self) -> *mut ffi::sqlite3_file {
        self.0.as_mut_ptr().cast()
    }

    /// The method table; `None` if the file was never opened.
    fn methods(&mut self) -> Option<&'static ffi::sqlite3_io_methods> {
        // SAFETY: the memory begins with a sqlite3_file; it is zeroed before opening, and method tables are static.
        unsafe { (*self.as_ptr()).pMethods.as_ref() }
    }
}

impl Drop for BaseFile {
    fn drop(&mut self) {
        if let Some(close) = self.methods().and_then(|methods| methods.xClose) {
            // SAFETY: the file is open, and nobody uses it after this.
            unsafe { close(self.as_ptr()) };
        }
    }
}

/// Calls a method of a base file, or gives the code `missing` where the base has none.
macro_rules! base_call {
    ($base:expr, $method:ident, $missing:expr $(, $argument:expr)*) => {{
        let base: &mut BaseFile = $base;
        match base.methods().and_then(|methods| methods.$method) {
            // SAFETY: the file is open; the arguments come from SQLite or from a slice of ours, unchanged.
            Some(method) => unsafe { method(base.as_ptr() $(, $argument)*) },
            None => $missing,
        }
    }};
}

fn ok_or(code: Code) -> Result<(), Code> {
    if code == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(code)
    }
}

impl Platter for BaseFile {
    type Error = Code;

    fn read(&mut self, buffer: &mut [u8], offset: u64) -> Result<(), Code> {
        let (into, bytes) = (buffer.as_mut_ptr().cast(), buffer.len() as c_int);
        ok_or(base_call!(
            self,
            xRead,
            ffi::SQLITE_IOERR_READ,
            into,
            bytes,
            offset as i64
        ))
    }

    fn write(&mut self, bytes: &[u8], offset: u64) -> Result<(), Code> {
        for (index, chunk) in bytes.chunks(BASE_WRITE_BYTES_MAX).enumerate() {
            let at = offset as i64 + (index * BASE_WRITE_BYTES_MAX) as i64;
            let (from, count) = (chunk.as_ptr().cast(), chunk.len() as c_int);
            ok_or(base_call!(
                self,
                xWrite,
                ffi::SQLITE_IOERR_WRITE,
                from,
                count,
                at
            ))?;
        }
        Ok(())
    }

    fn set_len(&mut self, bytes: u64) -> Result<(), Code> {
        ok_or(base_call!(
            self,
            xTruncate,
            ffi::SQLITE_IOERR_TRUNCATE,
            bytes as i64
        ))
    }
}

impl OpenPlatter for BaseFile {
    fn len(&mut self) -> Result<u64, Code> {
        let mut bytes: i64 = 0;
        ok_or(base_call!(
            self,
            xFileSize,
            ffi::SQLITE_IOERR_FSTAT,
            &raw mut bytes
        ))?;
        Ok(bytes as u64)
    }

    fn sync(&mut self) -> Result<(), Code> {
        ok_or(base_call!(
            self,
            xSync,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_SYNC_NORMAL
        ))
    }
}

/// What SQLite holds: its own header, then the pointer to what is ours.
#[repr(C)]
struct ShimFile {
    header: ffi::sqlite3_file,
    open: *mut OpenFile,
}

struct OpenFile {
    disk: Arc<Disk>,
    id: FileId,
    base: BaseFile,
    /// The directory that the first successful sync makes durable.
    unsynced_directory: Option<PathBuf>,
}

/// # Safety
/// `file` was opened by [`open`] and not closed. SQLite never uses one file from two threads at once.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut OpenFile {
    // SAFETY: by the promise above the memory is a ShimFile whose pointer `open` has set.
    unsafe { &mut *(*file.cast::<ShimFile>()).open }
}

/// # Safety
/// `vfs` was made by [`register`].
unsafe fn shim_of<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a Shim {
    // SAFETY: pAppData is set once, before the registration, and never freed.
    unsafe { &*(*vfs).pAppData.cast::<Shim>() }
}

/// # Safety
/// `name` is a C string that lives as long as the result is used.
unsafe fn path_of<'a>(name: *const c_char) -> &'a Path {
    // SAFETY: by the promise above.
    Path::new(OsStr::from_bytes(
        unsafe { CStr::from_ptr(name) }.to_bytes(),
    ))
}

/// The code for SQLite; `dark` is the one that this operation gives when the power is off.
fn code_of(outcome: Result<(), Refusal>, dark: Code) -> Code {
    match outcome {
        Ok(()) => ffi::SQLITE_OK,
        Err(Refusal::Dark) => dark,
        Err(Refusal::SyncFailed) => ffi::SQLITE_IOERR_FSYNC,
        Err(Refusal::DiskFull) => ffi::SQLITE_FULL,
        Err(Refusal::Below(code)) => code,
    }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls this with our VFS and memory of szOsFile bytes, enough for a ShimFile and for a base file.
    // A file whose pMethods stays null is not closed by SQLite.
    unsafe {
        (*file).pMethods = ptr::null();
        let shim = shim_of(vfs);
        if name.is_null() || flags & MODELLED == 0 {
            return (*shim.base).xOpen.map_or(ffi::SQLITE_CANTOPEN, |open| {
                open(shim.base, name, file, flags, out)
            });
        }
        let path = path_of(name);
        let is_database = flags & ffi::SQLITE_OPEN_MAIN_DB != 0;
        let opened = shim.disk.open(path, is_database, || {
            BaseFile::open(shim.base, name, flags, out)
        });
        let (id, base) = match opened {
            Ok(opened) => opened,
            Err(refusal) => return code_of(Err(refusal), ffi::SQLITE_CANTOPEN),
        };
        let may_be_new = flags & ffi::SQLITE_OPEN_CREATE != 0 && flags & JOURNALS != 0;
        let unsynced_directory = path.parent().filter(|_| may_be_new).map(Path::to_owned);
        let open = Box::new(OpenFile {
            disk: Arc::clone(&shim.disk),
            id,
            base,
            unsynced_directory,
        });
        file.cast::<ShimFile>().write(ShimFile {
            header: ffi::sqlite3_file {
                pMethods: &raw const METHODS,
            },
            open: Box::into_raw(open),
        });
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_directory: c_int,
) -> c_int {
    // SAFETY: SQLite gives our VFS and a C string; the base gets the name alone, the directory's sync is modelled.
    unsafe {
        let shim = shim_of(vfs);
        let below = || {
            ok_or(
                (*shim.base)
                    .xDelete
                    .map_or(ffi::SQLITE_IOERR_DELETE, |delete| {
                        delete(shim.base, name, 0)
                    }),
            )
        };
        code_of(
            shim.disk
                .delete(path_of(name), sync_directory & 1 != 0, below),
            ffi::SQLITE_IOERR_DELETE,
        )
    }
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    result: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives our VFS, a C string and a place for the answer.
    unsafe {
        let shim = shim_of(vfs);
        match shim.disk.exists(path_of(name)) {
            Err(refusal) => code_of(Err(refusal), ffi::SQLITE_IOERR_ACCESS),
            Ok(Some(exists)) if flags == ffi::SQLITE_ACCESS_EXISTS => {
                *result = c_int::from(exists);
                ffi::SQLITE_OK
            }
            Ok(_) => (*shim.base)
                .xAccess
                .map_or(ffi::SQLITE_IOERR_ACCESS, |access| {
                    access(shim.base, name, flags, result)
                }),
        }
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once; the box is the one that `open` leaked.
    let OpenFile { disk, id, base, .. } =
        *unsafe { Box::from_raw((*file.cast::<ShimFile>()).open) };
    // The base file first: the disk may settle, and must not open files beside locks that are still held.
    drop(base);
    disk.close(id);
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    bytes: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite gives an open file and a buffer of that many bytes.
    let (open, buffer) = unsafe {
        (
            opened(file),
            slice::from_raw_parts_mut(into.cast::<u8>(), bytes as usize),
        )
    };
    match open
        .disk
        .read(open.id, &mut open.base, buffer, offset as u64)
    {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(refusal) => code_of(Err(refusal), ffi::SQLITE_IOERR_READ),
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: SQLite gives an open file and a buffer of that many bytes.
    let (open, bytes) = unsafe {
        (
            opened(file),
            slice::from_raw_parts(from.cast::<u8>(), bytes as usize),
        )
    };
    code_of(
        open.disk
            .write(open.id, &mut open.base, bytes, offset as u64),
        ffi::SQLITE_IOERR_WRITE,
    )
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, bytes: i64) -> c_int {
    // SAFETY: SQLite gives an open file.
    let open = unsafe { opened(file) };
    code_of(
        open.disk.truncate(open.id, bytes as u64),
        ffi::SQLITE_IOERR_TRUNCATE,
    )
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite gives an open file.
    let open = unsafe { opened(file) };
    let outcome = open
        .disk
        .sync(open.id, &mut open.base, open.unsynced_directory.as_deref());
    if outcome.is_ok() {
        open.unsynced_directory = None;
    }
    code_of(outcome, ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, result: *mut i64) -> c_int {
    // SAFETY: SQLite gives an open file and a place for the answer.
    unsafe {
        let open = opened(file);
        let outcome = open.disk.size(open.id).map(|bytes| *result = bytes as i64);
        code_of(outcome, ffi::SQLITE_IOERR_FSTAT)
    }
}

unsafe extern "C" fn file_control(
    file: *mut ffi::sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    match operation {
        // These would write, lengthen or map the base file behind the model's back; SQLite does without them.
        ffi::SQLITE_FCNTL_SIZE_HINT
        | ffi::SQLITE_FCNTL_CHUNK_SIZE
        | ffi::SQLITE_FCNTL_MMAP_SIZE
        | ffi::SQLITE_FCNTL_BEGIN_ATOMIC_WRITE
        | ffi::SQLITE_FCNTL_COMMIT_ATOMIC_WRITE
        | ffi::SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE => ffi::SQLITE_NOTFOUND,
        // SAFETY: SQLite gives an open file.
        _ => base_call!(
            &mut unsafe { opened(file) }.base,
            xFileControl,
            ffi::SQLITE_NOTFOUND,
            operation,
            argument
        ),
    }
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite gives an open file.
    let below = base_call!(&mut unsafe { opened(file) }.base, xDeviceCharacteristics, 0);
    // The one promise the model keeps: a torn write leaves the bytes beside it alone.
    below & ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

/// Methods that are the base file's own: locks and the WAL index.
macro_rules! pass_through {
    ($($name:ident => $method:ident($($argument:ident: $kind:ty),*) or $missing:expr;)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $kind)*) -> c_int {
            // SAFETY: SQLite gives an open file.
            base_call!(&mut unsafe { opened(file) }.base, $method, $missing $(, $argument)*)
        }
    )*};
}

pass_through! {
    lock => xLock(level: c_int) or ffi::SQLITE_IOERR_LOCK;
    unlock => xUnlock(level: c_int) or ffi::SQLITE_IOERR_UNLOCK;
    check_reserved_lock => xCheckReservedLock(result: *mut c_int) or ffi::SQLITE_IOERR_CHECKRESERVEDLOCK;
    sector_size => xSectorSize() or 0;
    shm_map => xShmMap(page: c_int, bytes: c_int, extend: c_int, result: *mut *mut c_void) or ffi::SQLITE_IOERR_SHMMAP;
    shm_lock => xShmLock(offset: c_int, count: c_int, flags: c_int) or ffi::SQLITE_IOERR_SHMLOCK;
    shm_unmap => xShmUnmap(delete: c_int) or ffi::SQLITE_OK;
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: SQLite gives an open file.
    base_call!(&mut unsafe { opened(file) }.base, xShmBarrier, ());
}

/// Version 2: with shared memory, without memory mapping, which would show the platter and not the cache.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
