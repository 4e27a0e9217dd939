//! What is committed together, and what is released when it is durable.

use ringback_ports::envelope::{Answer, CommandFault, Unavailable};
use ringback_ports::hall::Abilities;
use ringback_ports::query::{QueryFault, View};
use ringback_ports::{Entry, Epoch, Record, Reply, Sequence, TenantId};
use std::collections::BTreeMap;
use tokio::sync::oneshot;

/// Decided and not yet durable.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// At most one record per tenant.
    pub(crate) records: BTreeMap<TenantId, Record>,
    /// What agents can do when all of it has happened; made when it is handed over.
    pub(crate) abilities: BTreeMap<TenantId, Abilities>,
    /// What waits for it, in order.
    pub(crate) releases: Vec<Release>,
    /// Entries of all records together.
    pub(crate) entries: usize,
}

/// Something that may leave the house when the batch is durable.
#[derive(Debug)]
pub(crate) enum Release {
    /// The answer to a command.
    Answer {
        tenant: TenantId,
        reply: Reply,
        result: Result<Answer, CommandFault>,
    },
    /// The answer to a question.
    View {
        tenant: TenantId,
        reply: oneshot::Sender<Result<(Sequence, View), QueryFault>>,
        result: Result<(Sequence, View), QueryFault>,
    },
}

impl Release {
    pub(crate) const fn tenant(&self) -> TenantId {
        match self {
            Self::Answer { tenant, .. } | Self::View { tenant, .. } => *tenant,
        }
    }

    /// Lets it go.
    pub(crate) fn release(self) {
        match self {
            Self::Answer { reply, result, .. } => reply.send(result),
            Self::View { reply, result, .. } => drop(reply.send(result)),
        }
    }

    /// What it was decided upon did not become durable: nobody hears of it.
    pub(crate) fn fail(self, fate: &Fate) {
        match self {
            Self::Answer { reply, .. } => reply.send(Err(fate.for_command())),
            Self::View { reply, .. } => {
                drop(reply.send(Err(QueryFault::Unavailable(fate.unavailable()))));
            }
        }
    }
}

/// What became of a batch that was not committed.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// Nothing of it was written; the tenant is being read in again.
    NotWritten,
    /// There was no room; nothing of it was written.
    NoRoom { free_mib: u64 },
    /// Nobody knows.
    Unknown(String),
}

impl Fate {
    fn for_command(&self) -> CommandFault {
        match self {
            Self::Unknown(why) => CommandFault::Unknown(why.clone()),
            Self::NotWritten | Self::NoRoom { .. } => CommandFault::Unavailable(self.unavailable()),
        }
    }

    const fn unavailable(&self) -> Unavailable {
        match self {
            Self::NoRoom { free_mib } => Unavailable::NoRoom {
                free_mib: *free_mib,
            },
            Self::NotWritten | Self::Unknown(_) => Unavailable::Loading,
        }
    }
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.releases.is_empty()
    }

    /// Adds an entry to the tenant's record.
    pub(crate) fn add(&mut self, tenant: TenantId, sequence: Sequence, epoch: Epoch, entry: Entry) {
        self.entries += 1;
        let record = self.records.entry(tenant).or_insert_with(|| Record {
            tenant,
            sequence,
            epoch,
            engine: ringback_engine::VERSION,
            entries: Vec::new(),
            digest: 0,
        });
        record.entries.push(entry);
    }

    /// Takes everything of one tenant out and tells those who wait.
    pub(crate) fn drop_tenant(&mut self, tenant: TenantId, fate: &Fate) {
        if let Some(record) = self.records.remove(&tenant) {
            self.entries -= record.entries.len();
        }
        let (theirs, others) = self
            .releases
            .drain(..)
            .partition(|release| release.tenant() == tenant);
        self.releases = others;
        let theirs: Vec<Release> = theirs;
        theirs.into_iter().for_each(|release| release.fail(fate));
    }
}
