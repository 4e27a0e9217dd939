//! What SQLite's result codes mean for the house.

use ringback_ports::store::{AppendFault, StoreFault};
use rusqlite::{Error, ErrorCode, ffi};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Turns an error of SQLite into a fault that says what it was about.
pub(crate) fn fault(doing: &'static str) -> impl Fn(Error) -> StoreFault {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreFault::Damaged {
            what: format!("the database ({doing})"),
            problem: error.to_string(),
        },
        _ => StoreFault::failed(doing, error),
    }
}

/// Whether the disk can still be trusted. After a failed flush the operating system may have
/// thrown the pages away and call the next flush a success, so one failure is remembered for
/// the life of the process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health {
    lost: Arc<AtomicBool>,
}

impl Health {
    /// Remembers it if the error leaves the contents of the disk unknown.
    pub(crate) fn note(&self, error: &Error) {
        if leaves_disk_unknown(error) {
            self.lost.store(true, Ordering::SeqCst);
        }
    }

    /// Whether a write failed before in such a way.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Refuses to go on after such a failure.
    pub(crate) fn check(&self, doing: &'static str) -> Result<(), StoreFault> {
        if self.is_lost() {
            return Err(StoreFault::failed(doing, LOST));
        }
        Ok(())
    }

    /// Like [`fault`], and remembers.
    pub(crate) fn fault(&self, doing: &'static str) -> impl Fn(Error) -> StoreFault + use<> {
        let health = self.clone();
        move |error| {
            health.note(&error);
            fault(doing)(error)
        }
    }

    /// What an error of an append means. The transaction is rolled back.
    pub(crate) fn append_fault(&self, error: &Error) -> AppendFault {
        self.note(error);
        if is_full(error) {
            AppendFault::Full(error.to_string())
        } else if self.is_lost() {
            AppendFault::Flush(error.to_string())
        } else {
            AppendFault::Unknown(error.to_string())
        }
    }
}

pub(crate) const LOST: &str =
    "an earlier write failed, what the disk holds is unknown: end the process and start it again";

/// No room, and nothing of the transaction was kept.
pub(crate) fn is_full(error: &Error) -> bool {
    // The index of the WAL could not grow: the same lack of room, by another name.
    let index = extended(error) == Some(ffi::SQLITE_IOERR_SHMSIZE);
    index || error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

fn leaves_disk_unknown(error: &Error) -> bool {
    let code = error.sqlite_error_code();
    let broken = matches!(
        code,
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    );
    broken && !is_full(error)
}

fn extended(error: &Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i32) -> Error {
        Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn each_code_has_its_meaning() {
        let health = Health::default();
        let full = health.append_fault(&error(ffi::SQLITE_FULL));
        assert!(matches!(full, AppendFault::Full(_)));
        let index = health.append_fault(&error(ffi::SQLITE_IOERR_SHMSIZE));
        assert!(matches!(index, AppendFault::Full(_)));
        let busy = health.append_fault(&error(ffi::SQLITE_BUSY));
        assert!(matches!(busy, AppendFault::Unknown(_)));
        assert!(!health.is_lost());
        for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_WRITE] {
            let health = Health::default();
            let flush = health.append_fault(&error(code));
            assert!(matches!(flush, AppendFault::Flush(_)));
            assert!(health.is_lost());
        }
    }

    #[test]
    fn after_a_failed_flush_nothing_is_believed() {
        let health = Health::default();
        health.note(&error(ffi::SQLITE_IOERR_FSYNC));
        let later = health.append_fault(&error(ffi::SQLITE_BUSY));
        assert!(matches!(later, AppendFault::Flush(_)));
        assert!(health.check("flushing").is_err());
    }
}
