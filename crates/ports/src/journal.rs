//! The shape of the journal: one record per batch and tenant.

use crate::envelope::{ActorRef, Cursor, Epoch, Idempotent, Sequence, TenantId};
use ringback_model::audience::Others;
use ringback_model::{AgentId, Event, Input, Now, Outcome};
use serde::{Deserialize, Serialize};

/// One batch of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub sequence: Sequence,
    /// Under which lease it was written.
    pub epoch: Epoch,
    /// By which version of the engine's rules it was decided.
    pub engine: u32,
    /// What was taken in, in order.
    pub entries: Vec<Entry>,
    /// Digest of the state after it; whoever applies the record must come to the same.
    pub digest: u64,
}

/// One input and what came of it. Refused inputs are not journalled: they changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The time the heart was told.
    pub now: Now,
    /// Set when a repetition gets the first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<Idempotent>,
    /// Who asked.
    pub actor: ActorRef,
    /// What was asked.
    pub input: Input,
    /// What happened; recovery applies these and nothing else.
    pub events: Vec<Event>,
    /// What the asker was told.
    pub outcome: Outcome,
    /// Who hears of which event beside the agent it names; in order of the events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Others>,
}

impl Entry {
    /// The agents who hear of one of its events beside the one it names.
    #[must_use]
    pub fn others_of(&self, event: usize) -> &[AgentId] {
        let at = self
            .others
            .binary_search_by(|it| (it.event as usize).cmp(&event));
        at.ok()
            .and_then(|at| self.others.get(at))
            .map_or(&[], |it| it.agents.as_slice())
    }

    /// Whether an agent hears of one of its events.
    #[must_use]
    pub fn is_for(&self, event: usize, agent: AgentId) -> bool {
        let named = self.events.get(event).and_then(Event::agent);
        named == Some(agent) || self.others_of(event).contains(&agent)
    }
}

impl Record {
    /// All events with their cursors and entries, in order.
    pub fn events(&self) -> impl Iterator<Item = (Cursor, &Entry, &Event)> {
        let sequence = self.sequence;
        self.entries
            .iter()
            .flat_map(|entry| entry.events.iter().map(move |event| (entry, event)))
            .zip(0_u32..)
            .map(move |((entry, event), index)| (Cursor { sequence, index }, entry, event))
    }
}
