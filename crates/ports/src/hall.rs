//! What the rooms call: the hall, seen from a room.

use crate::envelope::{Actor, Command, Cursor, Reply, Sequence, TenantId};
use crate::journal::Record;
use crate::query::{Query, QueryFault, View};
use crate::records::{Fresh, RecordsPage, RecordsQuery};
use crate::statistics::{Definitions, Readings, ReportLine, ReportWanted, Wanted};
use crate::store::Tenant;
use crate::vault::Vault;
use futures_util::future::BoxFuture;
use ringback_model::interaction::Capabilities;
use ringback_model::{AgentId, DeskSessionId, InteractionId, LoginId};
use std::sync::Arc;
use tokio::sync::mpsc;

/// The hall as the rooms see it. Everything it answers, pushes or hands out is durable.
pub trait Hall: Send + Sync {
    /// The tenants served here.
    fn tenants(&self) -> Vec<Tenant>;

    /// The actor whose API key or session token hashes to this (SHA-256 in hexadecimal), over
    /// all tenants.
    fn authenticate(&self, secret_hash: &str) -> Option<Authenticated>;

    /// Asks the heart. The reply comes when the answer is durable; a refusal comes as soon as
    /// what it was decided upon is durable. Never blocks.
    fn send(&self, command: Command, reply: Reply);

    /// Asks about the present, within the actor's rights. The sequence is the record the
    /// answer was read after; it is durable when the answer comes.
    fn query(
        &self,
        tenant: TenantId,
        actor: Arc<Actor>,
        query: Query,
    ) -> BoxFuture<'_, Result<(Sequence, View), QueryFault>>;

    /// Asks the records, after they have reached `at_least` (bounded wait).
    fn records(
        &self,
        tenant: TenantId,
        at_least: Option<Sequence>,
        query: RecordsQuery,
    ) -> BoxFuture<'_, Result<Fresh<RecordsPage>, QueryFault>>;

    /// Numbers as they are, within the actor's rights; those of one answer were read together.
    /// They are behind the loop: the sequence tells how far.
    fn statistics(
        &self,
        tenant: TenantId,
        actor: Arc<Actor>,
        wanted: Vec<Wanted>,
    ) -> BoxFuture<'_, Result<(Sequence, Readings), QueryFault>>;

    /// What was counted, interval by interval; intervals in which nothing was counted too.
    fn report(
        &self,
        tenant: TenantId,
        actor: Arc<Actor>,
        at_least: Option<Sequence>,
        wanted: ReportWanted,
    ) -> BoxFuture<'_, Result<Fresh<Vec<ReportLine>>, QueryFault>>;

    /// The statistics that are configured.
    fn statistic_definitions(&self, tenant: TenantId) -> Result<Definitions, QueryFault>;

    /// Everything that happens from now on, as far as the interest goes.
    fn subscribe(&self, tenant: TenantId, interest: Interest) -> Result<Subscription, QueryFault>;

    /// Records after a cursor, oldest first, some at a time; empty when there are no more. Used
    /// to catch up before or after subscribing. [`ResumeFault::Gone`] when the journal no
    /// longer reaches back so far.
    fn resume(
        &self,
        tenant: TenantId,
        after: Cursor,
    ) -> BoxFuture<'_, Result<Vec<Arc<Record>>, ResumeFault>>;

    /// Tells that the desk of an agent answers (`true`) or stopped answering.
    fn desk(&self, tenant: TenantId, agent: AgentId, session: DeskSessionId, answers: bool);

    /// The keeper of keys.
    fn vault(&self) -> Arc<dyn Vault>;

    /// How the house is.
    fn health(&self) -> Health;
}

/// What a secret opens.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// Of which tenant.
    pub tenant: TenantId,
    /// Who acts with it.
    pub actor: Arc<Actor>,
    /// The session it is the token of; `None` for an API key.
    pub session: Option<LoginId>,
    /// How many digits of a telephone number he is to see; `None`: all.
    pub digits_shown: Option<u8>,
}

/// Which events a subscriber wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interest {
    /// All of the tenant. The subscriber filters by scope.
    Everything,
    /// Those that concern one agent.
    Agent(AgentId),
}

/// A stream of what happens. It ends when the subscriber was too slow or the house closes; the
/// subscriber then starts afresh.
#[derive(Debug)]
pub struct Subscription {
    /// The first record that may come is the one after this.
    pub from: Sequence,
    /// What happens.
    pub pushes: mpsc::Receiver<Push>,
}

/// One durable record, and which of its events are of interest.
#[derive(Debug, Clone)]
pub struct Push {
    /// The record.
    pub record: Arc<Record>,
    /// Positions of the events in the whole record; `None` for all of them.
    pub picks: Option<Arc<[u32]>>,
    /// What the agents concerned can do after it; `None` where that is of no interest.
    pub abilities: Option<Arc<Abilities>>,
}

/// What agents can do with the interactions that a record is about, once it has happened. It is
/// found beside the record, because nobody who is pushed a thousand events a second could ask for
/// each; it is of the moment and not journalled.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Abilities(Vec<(InteractionId, AgentId, Capabilities)>);

impl Abilities {
    /// Finds them for every agent who hears of an event of this record.
    #[must_use]
    pub fn of(record: &Record, find: impl Fn(InteractionId, AgentId) -> Capabilities) -> Self {
        let mut concerned = Vec::new();
        for entry in &record.entries {
            for (event, index) in entry.events.iter().zip(0..) {
                let Some(interaction) = event.tells_of() else {
                    continue;
                };
                let agents = event.agent().into_iter();
                let agents = agents.chain(entry.others_of(index).iter().copied());
                concerned.extend(agents.map(|agent| (interaction, agent)));
            }
        }
        concerned.sort_unstable();
        concerned.dedup();
        let found = concerned.into_iter();
        Self(found.map(|(id, who)| (id, who, find(id, who))).collect())
    }

    /// What an agent can do with an interaction: nothing if the record did not concern both.
    #[must_use]
    pub fn get(&self, interaction: InteractionId, agent: AgentId) -> Capabilities {
        let place = self
            .0
            .binary_search_by_key(&(interaction, agent), |(id, who, _)| (*id, *who));
        let found = place.ok().and_then(|place| self.0.get(place));
        found.map_or_else(Capabilities::default, |(.., can)| *can)
    }
}

/// Why a stream cannot go on where it stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResumeFault {
    /// The journal was pruned past it.
    #[error(
        "events after {after} are gone, the oldest kept is {oldest}: read the present state and subscribe from there"
    )]
    Gone {
        /// What was asked for.
        after: Cursor,
        /// The oldest record kept.
        oldest: Sequence,
    },
    /// It lies in the future.
    #[error("there is no event {after} yet, the last is {head}")]
    Ahead {
        /// What was asked for.
        after: Cursor,
        /// The last record.
        head: Sequence,
    },
    /// The house answers nothing at the moment.
    #[error("{0}")]
    Unavailable(String),
}

/// How the house is, for `/health` and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The loop turned within the last seconds.
    pub live: bool,
    /// All tenants are loaded.
    pub started: bool,
    /// What stands in the way of serving; empty when ready.
    pub problems: Vec<String>,
    /// The house is closing.
    pub closing: bool,
}
