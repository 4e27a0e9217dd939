//! The walk of the older routing server: look at everybody, one after the other.

use super::{AgentFound, Ahead, Counted, Matching, PlaceInLine, Presence, Waiting, WhoCould};
use ringback_model::target::{Expression, Gate, Qualification};
use ringback_model::{AgentId, EngineTime, Medium, OrderKey, RouteRequestId, VirtualQueueId};
use std::collections::{BTreeMap, BTreeSet};

/// Matching without an index: O(agents) or O(requests) per question. The oracle of the tests.
#[derive(Debug, Default)]
pub struct Naive {
    agents: BTreeMap<AgentId, Agent>,
    requests: BTreeMap<RouteRequestId, (Waiting, Expression)>,
    open: BTreeSet<Gate>,
}

#[derive(Debug, Default)]
struct Agent {
    who: Qualification,
    free: BTreeMap<Medium, EngineTime>,
    presence: Presence,
}

impl Agent {
    fn counts(&self, counted: Counted) -> bool {
        match counted {
            Counted::LoggedIn => self.presence.logged_in,
            Counted::Busy => self.presence.busy,
            Counted::ReadyForSome => self.presence.ready.iter().next().is_some(),
            Counted::Ready(medium) => self.presence.ready.contains(medium),
            Counted::Free(medium) => self.free.contains_key(&medium),
        }
    }
}

impl Naive {
    fn wants(&self, wanted: &Expression, agent: &Agent) -> bool {
        wanted.holds_while(&agent.who, &|gate| self.open.contains(gate))
    }

    fn takes(&self, agent: &Agent, (request, wanted): &(Waiting, Expression)) -> bool {
        agent.free.contains_key(&request.medium) && self.wants(wanted, agent)
    }

    fn in_line<'a>(
        &'a self,
        wanted: impl Fn(&(Waiting, Expression)) -> bool + 'a,
    ) -> Vec<(OrderKey, RouteRequestId)> {
        let chosen = self.requests.values().filter(|entry| wanted(entry));
        let mut line: Vec<_> = chosen.map(|(one, _)| (one.key, one.id)).collect();
        line.sort_unstable();
        line
    }

    fn ahead(&self, request: RouteRequestId) -> Vec<RouteRequestId> {
        let Some((me, _)) = self.requests.get(&request) else {
            return Vec::new();
        };
        let line = self.in_line(|(one, _)| one.virtual_queue == me.virtual_queue);
        let before = line.into_iter().map(|(_, id)| id);
        before.take_while(|&id| id != request).collect()
    }
}

impl Matching for Naive {
    fn put_agent(&mut self, agent: AgentId, who: &Qualification) {
        self.agents.entry(agent).or_default().who = who.clone();
    }

    fn remove_agent(&mut self, agent: AgentId) -> bool {
        self.agents.remove(&agent).is_some()
    }

    fn set_free(&mut self, agent: AgentId, medium: Medium, idle_since: Option<EngineTime>) {
        let Some(agent) = self.agents.get_mut(&agent) else {
            return;
        };
        match idle_since {
            Some(since) => agent.free.insert(medium, since),
            None => agent.free.remove(&medium),
        };
    }

    fn set_presence(&mut self, agent: AgentId, presence: Presence) {
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.presence = presence;
        }
    }

    fn set_open(&mut self, gate: &Gate, open: bool) {
        if open {
            self.open.insert(gate.clone());
        } else {
            self.open.remove(gate);
        }
    }

    fn watch(&mut self, _of: &Expression) {}

    fn unwatch(&mut self, _of: &Expression) {}

    fn count(&self, of: &Expression, counted: Counted) -> u32 {
        let mut count = 0;
        self.each(of, counted, &mut |_| count += 1);
        count
    }

    fn each(&self, of: &Expression, counted: Counted, visit: &mut dyn FnMut(AgentId)) {
        for (&id, agent) in &self.agents {
            if agent.counts(counted) && self.wants(of, agent) {
                visit(id);
            }
        }
    }

    fn satisfies(&self, agent: AgentId, of: &Expression) -> bool {
        let agent = self.agents.get(&agent);
        agent.is_some_and(|agent| self.wants(of, agent))
    }

    fn add(&mut self, request: Waiting, wanted: &Expression) {
        self.requests.insert(request.id, (request, wanted.clone()));
    }

    fn remove(&mut self, request: RouteRequestId) -> bool {
        self.requests.remove(&request).is_some()
    }

    fn agent_for(
        &self,
        request: RouteRequestId,
        may: &mut dyn FnMut(AgentId) -> bool,
    ) -> Option<AgentFound> {
        let entry = self.requests.get(&request)?;
        let takers = self
            .agents
            .iter()
            .filter(|(_, agent)| self.takes(agent, entry));
        let mut idle: Vec<_> = takers
            .map(|(&id, agent)| (agent.free[&entry.0.medium], id))
            .collect();
        idle.sort_unstable();
        let &(idle_since, agent) = idle.iter().find(|&&(_, agent)| may(agent))?;
        Some(AgentFound {
            agent,
            idle_since,
            candidates: count(idle.len()),
        })
    }

    fn agent_ranked(
        &self,
        request: RouteRequestId,
        rank: &mut dyn FnMut(AgentId) -> Option<u64>,
    ) -> Option<AgentFound> {
        let entry = self.requests.get(&request)?;
        let takers = self
            .agents
            .iter()
            .filter(|(_, agent)| self.takes(agent, entry));
        let idle: Vec<_> = takers
            .map(|(&id, agent)| (agent.free[&entry.0.medium], id))
            .collect();
        let ranked = idle.iter();
        let mut ranked: Vec<_> = ranked
            .filter_map(|&(since, id)| Some((rank(id)?, since, id)))
            .collect();
        ranked.sort_unstable();
        let &(_, idle_since, agent) = ranked.first()?;
        Some(AgentFound {
            agent,
            idle_since,
            candidates: count(idle.len()),
        })
    }

    fn request_for(
        &self,
        agent: AgentId,
        may: &mut dyn FnMut(RouteRequestId) -> bool,
    ) -> Option<RouteRequestId> {
        let agent = self.agents.get(&agent)?;
        let line = self.in_line(|entry| self.takes(agent, entry));
        line.into_iter().map(|(_, id)| id).find(|&id| may(id))
    }

    fn place(&self, request: RouteRequestId) -> Option<PlaceInLine> {
        let (me, _) = self.requests.get(&request)?;
        Some(PlaceInLine {
            ahead: count(self.ahead(request).len()),
            waiting: self.waiting(me.virtual_queue),
        })
    }

    fn ahead_of(&self, request: RouteRequestId, agent: AgentId) -> Ahead {
        let ahead = self.ahead(request);
        let takes = |id| {
            self.agents
                .get(&agent)
                .is_some_and(|agent| self.takes(agent, &self.requests[id]))
        };
        Ahead {
            total: count(ahead.len()),
            not_for_agent: count(ahead.iter().filter(|id| !takes(id)).count()),
        }
    }

    fn first_agents(&self, request: RouteRequestId, limit: usize) -> WhoCould {
        let Some(entry) = self.requests.get(&request) else {
            return WhoCould::default();
        };
        let skilled = || {
            self.agents
                .iter()
                .filter(|(_, agent)| self.wants(&entry.1, agent))
        };
        WhoCould {
            first: skilled().map(|(&id, _)| id).take(limit).collect(),
            qualified: count(skilled().count()),
            free: count(
                skilled()
                    .filter(|(_, agent)| self.takes(agent, entry))
                    .count(),
            ),
        }
    }

    fn waiting(&self, queue: VirtualQueueId) -> u32 {
        count(self.in_line(|(one, _)| one.virtual_queue == queue).len())
    }

    fn in_order(&self, queue: VirtualQueueId, limit: usize) -> Vec<RouteRequestId> {
        let line = self.in_line(|(one, _)| one.virtual_queue == queue);
        line.into_iter().map(|(_, id)| id).take(limit).collect()
    }

    fn len(&self) -> usize {
        self.requests.len()
    }
}

#[cfg(test)]
impl Naive {
    /// Tells another matcher all there is, agents first.
    pub(super) fn tell(&self, other: &mut dyn Matching) {
        self.tell_agents(other);
        for (request, wanted) in self.requests.values() {
            other.add(*request, wanted);
        }
    }

    /// The same, the requests all at once.
    pub(super) fn tell_at_once(&self, other: &mut super::Matcher) {
        self.tell_agents(other);
        let requests = self.requests.values();
        let in_line = requests.map(|(request, wanted)| other.in_line(*request, wanted));
        let in_line = in_line.collect();
        other.fill(in_line);
    }

    fn tell_agents(&self, other: &mut dyn Matching) {
        for (&id, agent) in &self.agents {
            other.put_agent(id, &agent.who);
            for (&medium, &since) in &agent.free {
                other.set_free(id, medium, Some(since));
            }
            other.set_presence(id, agent.presence);
        }
        for gate in &self.open {
            other.set_open(gate, true);
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
