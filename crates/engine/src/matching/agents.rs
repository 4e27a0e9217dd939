//! The agents: which slot stands for whom, and who is free for what since when.

use super::bits::Bits;
use super::tree::Tree;
use super::{Counted, Presence};
use ringback_model::target::Qualification;
use ringback_model::{AgentId, EngineTime, Medium, Name};
use std::collections::BTreeMap;

/// The number that stands for an agent in sets. Given out in order, used again when vacant.
pub(super) type Slot = u32;

/// Everybody.
#[derive(Debug, Default)]
pub(super) struct Agents {
    ids: BTreeMap<AgentId, Slot>,
    /// Those who have a name.
    named: BTreeMap<Name, Slot>,
    slots: Vec<Agent>,
    vacant: Vec<Slot>,
    free: [Free; Medium::ALL.len()],
    present: Present,
}

/// Who is where, for thresholds.
#[derive(Debug, Default)]
struct Present {
    logged_in: Bits,
    busy: Bits,
    ready_for_some: Bits,
    ready: [Bits; Medium::ALL.len()],
}

impl Present {
    fn set(&mut self, slot: Slot, presence: Presence) {
        self.logged_in.put(slot, presence.logged_in);
        self.busy.put(slot, presence.busy);
        let mut some = false;
        for medium in Medium::ALL {
            let ready = presence.ready.contains(medium);
            self.ready[medium.index()].put(slot, ready);
            some |= ready;
        }
        self.ready_for_some.put(slot, some);
    }

    fn bytes(&self) -> usize {
        let media = self.ready.iter().map(Bits::bytes).sum::<usize>();
        self.logged_in.bytes() + self.busy.bytes() + self.ready_for_some.bytes() + media
    }
}

#[derive(Debug)]
struct Agent {
    id: AgentId,
    who: Qualification,
}

/// Someone idle; the one who has been idle longest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Idle {
    pub(super) since: EngineTime,
    pub(super) agent: AgentId,
    pub(super) slot: Slot,
}

/// Who is free for one medium.
#[derive(Debug, Default)]
pub(super) struct Free {
    slots: Bits,
    /// Per slot; means something only for members of `slots`.
    since: Vec<EngineTime>,
    order: Tree<Idle>,
}

impl Agents {
    pub(super) fn slot(&self, agent: AgentId) -> Option<Slot> {
        self.ids.get(&agent).copied()
    }

    /// A slot for a new agent.
    pub(super) fn enter(&mut self, id: AgentId, who: Qualification) -> Slot {
        let name = who.agent.clone();
        let agent = Agent { id, who };
        let slot = if let Some(slot) = self.vacant.pop() {
            self.slots[slot as usize] = agent;
            slot
        } else {
            self.slots.push(agent);
            // Fits: the memory for four thousand million agents is not there.
            (self.slots.len() - 1) as Slot
        };
        self.ids.insert(id, slot);
        self.named.extend(name.map(|name| (name, slot)));
        slot
    }

    /// Empties the slot; returns what the agent was.
    pub(super) fn leave(&mut self, agent: AgentId, slot: Slot) -> Qualification {
        for medium in Medium::ALL {
            self.set_free(slot, medium, None);
        }
        self.present.set(slot, Presence::default());
        self.ids.remove(&agent);
        self.vacant.push(slot);
        let who = std::mem::take(&mut self.slots[slot as usize].who);
        self.unname(slot, &who);
        who
    }

    /// Returns what the agent was before.
    pub(super) fn set(&mut self, slot: Slot, who: Qualification) -> Qualification {
        let name = who.agent.clone();
        let old = std::mem::replace(&mut self.slots[slot as usize].who, who);
        self.unname(slot, &old);
        self.named.extend(name.map(|name| (name, slot)));
        old
    }

    fn unname(&mut self, slot: Slot, who: &Qualification) {
        if let Some(name) = &who.agent
            && self.named.get(name) == Some(&slot)
        {
            self.named.remove(name);
        }
    }

    /// Who it is.
    pub(super) fn id(&self, slot: Slot) -> AgentId {
        self.slots[slot as usize].id
    }

    /// What the agent is.
    pub(super) fn who(&self, slot: Slot) -> &Qualification {
        &self.slots[slot as usize].who
    }

    /// The agent of this name.
    pub(super) fn named(&self, name: &Name) -> Option<Slot> {
        self.named.get(name).copied()
    }

    pub(super) fn set_free(&mut self, slot: Slot, medium: Medium, since: Option<EngineTime>) {
        let agent = self.slots[slot as usize].id;
        self.free[medium.index()].set(agent, slot, since);
    }

    pub(super) fn set_presence(&mut self, slot: Slot, presence: Presence) {
        self.present.set(slot, presence);
    }

    /// The agents who are counted.
    pub(super) fn counted(&self, counted: Counted) -> &Bits {
        match counted {
            Counted::LoggedIn => &self.present.logged_in,
            Counted::Busy => &self.present.busy,
            Counted::ReadyForSome => &self.present.ready_for_some,
            Counted::Ready(medium) => &self.present.ready[medium.index()],
            Counted::Free(medium) => &self.free(medium).slots,
        }
    }

    pub(super) fn free(&self, medium: Medium) -> &Free {
        &self.free[medium.index()]
    }

    #[cfg(test)]
    pub(super) fn since(&self, medium: Medium, slot: Slot) -> Option<EngineTime> {
        let free = self.free(medium);
        let since = free.slots.has(slot).then(|| free.since[slot as usize]);
        let in_order = free.order.iter().find(|idle| idle.slot == slot);
        assert_eq!(
            in_order.map(|idle| (idle.since, idle.agent)),
            since.map(|s| (s, self.slots[slot as usize].id))
        );
        since
    }

    /// All agents and their slots, by id.
    pub(super) fn by_id(&self) -> impl Iterator<Item = (AgentId, Slot)> + '_ {
        self.ids.iter().map(|(&agent, &slot)| (agent, slot))
    }

    /// Those of `wanted` who are free for the medium and idle for less long than `after`
    /// (or all), the longest idle first.
    pub(super) fn longest_idle(
        &self,
        medium: Medium,
        wanted: &Bits,
        after: Option<Idle>,
    ) -> Vec<Idle> {
        let mut idle = Vec::new();
        self.each_idle(medium, wanted, |one| {
            if after.is_none_or(|after| one > after) {
                idle.push(one);
            }
        });
        idle.sort_unstable();
        idle
    }

    /// Calls `visit` with each of `wanted` who is free for the medium.
    pub(super) fn each_idle(&self, medium: Medium, wanted: &Bits, mut visit: impl FnMut(Idle)) {
        let free = self.free(medium);
        free.slots.each_of_both(wanted.words(), |slot| {
            visit(Idle {
                since: free.since[slot as usize],
                agent: self.slots[slot as usize].id,
                slot,
            });
        });
    }

    /// An estimate, in bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let skill = size_of::<(Name, ringback_model::target::Level)>();
        let text = size_of::<(Name, ringback_model::target::Text)>();
        let of = |who: &Qualification| {
            who.skills.len() * skill + who.texts.len() * text + size_of_val(&who.groups)
        };
        let skills: usize = self.slots.iter().map(|one| of(&one.who)).sum();
        self.named.len() * size_of::<(Name, Slot)>() * 3 / 2
            + self.ids.len() * size_of::<(AgentId, Slot)>() * 3 / 2
            + self.slots.capacity() * size_of::<Agent>()
            + skills * 3 / 2
            + self.free.iter().map(Free::bytes).sum::<usize>()
            + self.present.bytes()
    }
}

impl Free {
    fn set(&mut self, agent: AgentId, slot: Slot, since: Option<EngineTime>) {
        let index = slot as usize;
        if self.slots.has(slot) {
            let since = self.since[index];
            self.order.remove(&Idle { since, agent, slot });
        }
        self.slots.put(slot, since.is_some());
        let Some(since) = since else { return };
        if index >= self.since.len() {
            self.since.resize(index + 1, EngineTime::default());
        }
        self.since[index] = since;
        self.order.insert(Idle { since, agent, slot });
    }

    /// Who is free.
    pub(super) fn slots(&self) -> &Bits {
        &self.slots
    }

    /// Who is free, the longest idle first.
    pub(super) fn order(&self) -> &Tree<Idle> {
        &self.order
    }

    fn bytes(&self) -> usize {
        self.slots.bytes() + self.since.capacity() * size_of::<EngineTime>() + self.order.bytes()
    }
}
