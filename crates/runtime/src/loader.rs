//! Takes leases and reads tenants in, off the loop's thread.

use crate::limits::RuntimeConfig;
use crate::recovery::{self, Recovered};
use crate::shared::Shared;
use crate::turn::{Loaded, Signal, Signals};
use crossbeam_channel::Receiver;
use ringback_ports::TenantId;
use ringback_ports::store::{Lease, Store, StoreFault};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The leases this process holds.
pub(crate) type Leases = Arc<Mutex<BTreeMap<TenantId, Lease>>>;

pub(crate) struct Loader {
    pub(crate) config: RuntimeConfig,
    pub(crate) shared: Arc<Shared>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) leases: Leases,
    pub(crate) wanted: Receiver<TenantId>,
    pub(crate) signals: Signals,
}

/// How long to wait before a lease that somebody else holds is asked for again.
const RETRY: Duration = Duration::from_millis(500);

impl Loader {
    /// Loads until the loop is gone.
    pub(crate) fn run(self) {
        while let Ok(tenant) = self.wanted.recv() {
            let loaded = self.load(tenant).map_err(|fault| fault.to_string());
            let signal = Signal::Loaded {
                tenant,
                loaded: Box::new(loaded),
            };
            if !self.signals.send(signal) {
                return;
            }
        }
    }

    fn load(&self, tenant: TenantId) -> Result<Loaded, StoreFault> {
        let lease = self.take_lease(tenant)?;
        let recovered = self.recover(tenant)?;
        Ok(Loaded {
            recovered,
            epoch: lease.epoch,
        })
    }

    /// Waits until the lease is free.
    fn take_lease(&self, tenant: TenantId) -> Result<Lease, StoreFault> {
        loop {
            let asked = Instant::now();
            match self
                .store
                .take_lease(tenant, &self.config.holder, self.config.lease)
            {
                Ok(lease) => {
                    self.shared.lease_taken(tenant, asked, lease.ttl);
                    let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
                    leases.insert(tenant, lease.clone());
                    return Ok(lease);
                }
                Err(StoreFault::Held { holder, .. }) if !self.shared.is_closing() => {
                    tracing::warn!(%tenant, holder, "Waiting for the lease.");
                    thread::sleep(RETRY);
                }
                // Work was accepted, so it waits for room instead of being given up.
                Err(fault) if self.lacks_room() && !self.shared.is_closing() => {
                    tracing::error!(%tenant, %fault, "Waiting for room to take the lease.");
                    thread::sleep(RETRY);
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    fn lacks_room(&self) -> bool {
        self.shared.room().refuses_intake().is_some()
    }

    fn recover(&self, tenant: TenantId) -> Result<Recovered, StoreFault> {
        let started = Instant::now();
        let mut reader = self.store.journal_reader()?;
        let recovered = recovery::recover(&mut *reader, tenant, &mut |source, done, of| {
            let what = format!("reading in {tenant}, {}", source.name());
            (self.config.progress)(&what, done, of);
        })?;
        tracing::info!(
            %tenant,
            sequence = recovered.sequence.0,
            open = recovered.state.open(),
            took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "Tenant read in."
        );
        Ok(recovered)
    }
}
