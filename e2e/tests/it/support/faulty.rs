//! A store that fails when told to, around the real one.

use ringback_model::{Name, WallTime};
use ringback_ports::outward::Deliveries;
use ringback_ports::store::{
    AppendFault, JournalReader, JournalRow, JournalWriter, Lease, RecordsReader, RecordsWriter,
    SnapshotHead, Store, StoreFault, Tenant,
};
use ringback_ports::{Sequence, TenantId};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the next append does instead of succeeding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The lease is gone; nothing is written.
    Fenced(TenantId),
    /// The rows are written, but nobody hears of it.
    UnknownButWritten,
    /// The rows are not written, and nobody knows.
    UnknownAndLost,
    /// No room.
    Full,
    /// The flush fails.
    Flush,
}

/// Troubles to come, shared between the story and the store.
pub(crate) type Troubles = Arc<Mutex<Vec<Trouble>>>;

pub(crate) struct Faulty<S> {
    pub(crate) store: S,
    pub(crate) troubles: Troubles,
}

impl<S: Store> Store for Faulty<S> {
    fn engine(&self) -> &'static str {
        self.store.engine()
    }

    fn tenants(&self) -> Result<Vec<Tenant>, StoreFault> {
        self.store.tenants()
    }

    fn tenant(&self, name: &Name) -> Result<Tenant, StoreFault> {
        self.store.tenant(name)
    }

    fn take_lease(
        &self,
        tenant: TenantId,
        holder: &str,
        ttl: Duration,
    ) -> Result<Lease, StoreFault> {
        self.store.take_lease(tenant, holder, ttl)
    }

    fn renew_lease(&self, lease: &Lease, holder: &str) -> Result<Lease, StoreFault> {
        self.store.renew_lease(lease, holder)
    }

    fn release_lease(&self, lease: &Lease, holder: &str) -> Result<(), StoreFault> {
        self.store.release_lease(lease, holder)
    }

    fn journal_writer(&self) -> Result<Box<dyn JournalWriter>, StoreFault> {
        let writer = self.store.journal_writer()?;
        Ok(Box::new(FaultyWriter {
            writer,
            troubles: Arc::clone(&self.troubles),
        }))
    }

    fn journal_reader(&self) -> Result<Box<dyn JournalReader>, StoreFault> {
        self.store.journal_reader()
    }

    fn records_writer(&self) -> Result<Box<dyn RecordsWriter>, StoreFault> {
        self.store.records_writer()
    }

    fn records_reader(&self) -> Result<Box<dyn RecordsReader>, StoreFault> {
        self.store.records_reader()
    }

    fn deliveries(&self) -> Result<Box<dyn Deliveries>, StoreFault> {
        self.store.deliveries()
    }

    fn room_left(&self) -> Result<Option<u64>, StoreFault> {
        self.store.room_left()
    }

    fn drop_ballast(&self) -> Result<u64, StoreFault> {
        self.store.drop_ballast()
    }

    fn restore_ballast(&self) -> Result<(), StoreFault> {
        self.store.restore_ballast()
    }
}

struct FaultyWriter {
    writer: Box<dyn JournalWriter>,
    troubles: Troubles,
}

impl JournalWriter for FaultyWriter {
    fn append(&mut self, rows: &[JournalRow]) -> Result<(), AppendFault> {
        let trouble = {
            let mut troubles = self.troubles.lock().expect("not poisoned");
            if troubles.is_empty() {
                None
            } else {
                Some(troubles.remove(0))
            }
        };
        let lost = || "the connection was lost".to_owned();
        match trouble {
            None => self.writer.append(rows),
            Some(Trouble::Fenced(tenant)) => Err(AppendFault::Fenced { tenant }),
            Some(Trouble::UnknownButWritten) => {
                self.writer.append(rows)?;
                Err(AppendFault::Unknown(lost()))
            }
            Some(Trouble::UnknownAndLost) => Err(AppendFault::Unknown(lost())),
            Some(Trouble::Full) => Err(AppendFault::Full("no space left".to_owned())),
            Some(Trouble::Flush) => Err(AppendFault::Flush("input/output error".to_owned())),
        }
    }

    fn quarantine(
        &mut self,
        tenant: TenantId,
        at: WallTime,
        input: &[u8],
        problem: &str,
    ) -> Result<u64, StoreFault> {
        self.writer.quarantine(tenant, at, input, problem)
    }

    fn write_snapshot(
        &mut self,
        head: &SnapshotHead,
        parts: &mut dyn Iterator<Item = Vec<u8>>,
    ) -> Result<(), StoreFault> {
        self.writer.write_snapshot(head, parts)
    }

    fn prune(&mut self, tenant: TenantId, upto: Sequence) -> Result<u64, StoreFault> {
        self.writer.prune(tenant, upto)
    }
}
