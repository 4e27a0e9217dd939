//! What people are going to do, and when.

use ringback_model::{AgentId, EffectId, EngineTime, InteractionId, OfferId};
use std::collections::BTreeMap;

/// Something somebody is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    CustomerComes,
    PatienceEnds(InteractionId),
    AgentAnswers(OfferId, AgentId),
    AgentFinishes(InteractionId, AgentId),
    AgentWrapsUp(InteractionId, AgentId),
    AgentGetsReady(AgentId),
    AgentTakesABreak(AgentId),
    AgentGoesHome(AgentId),
    DeskFails(AgentId),
    DeskIsBack(AgentId),
    RoomStarts(EffectId),
    RoomReports(EffectId),
    EngineStops,
}

/// All of it, the earliest first; of what is planned for one moment the earlier planned first.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    entries: BTreeMap<(EngineTime, u64), Happening>,
    planned: u64,
}

impl Agenda {
    pub(crate) fn put(&mut self, at: EngineTime, it: Happening) {
        self.planned += 1;
        self.entries.insert((at, self.planned), it);
    }

    pub(crate) fn next(&self) -> Option<EngineTime> {
        self.entries.keys().next().map(|(at, _)| *at)
    }

    /// Takes the next entry that is not after `now`.
    pub(crate) fn take(&mut self, now: EngineTime) -> Option<Happening> {
        if self.next()? > now {
            return None;
        }
        self.entries.pop_first().map(|(_, it)| it)
    }
}
