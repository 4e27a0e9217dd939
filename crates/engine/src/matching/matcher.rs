//! The indexed matcher.

use super::agents::{Agents, Idle, Slot};
use super::bits::Bits;
use super::lines::{InLine, Kind, LineId, Lines, Merged};
use super::qualified::{ExprId, Qualified};
use super::{AgentFound, Ahead, Counted, Matching, PlaceInLine, Presence, Waiting, WhoCould};
use ringback_model::target::{Expression, Gate, Qualification};
use ringback_model::{AgentId, EngineTime, Medium, Name, RouteRequestId, VirtualQueueId};

/// Where the matcher keeps a set of agents that is watched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched(ExprId);

/// Matching with an index; answers like [`Naive`](super::Naive), sooner.
///
/// It is rebuilt rather than stored. When rebuilding, put the agents first: a new expression
/// is answered for all agents at once, a new agent is held against every expression that
/// mentions its skills.
#[derive(Debug, Default)]
pub struct Matcher {
    agents: Agents,
    qualified: Qualified,
    lines: Lines,
}

impl Matcher {
    /// An estimate of the memory held, in bytes. Visits every node of every tree.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes_of_agents() + self.bytes_of_requests()
    }

    /// The part of [`Matcher::bytes`] that grows with the agents and the expressions.
    #[must_use]
    pub fn bytes_of_agents(&self) -> usize {
        self.agents.bytes() + self.qualified.bytes()
    }

    /// The part of [`Matcher::bytes`] that grows with the waiting requests.
    #[must_use]
    pub fn bytes_of_requests(&self) -> usize {
        self.lines.bytes()
    }

    /// Where a set of agents is kept that is watched; good until it is watched no more.
    #[must_use]
    pub(crate) fn watched(&self, of: &Expression) -> Option<Watched> {
        self.qualified.find(of).map(Watched)
    }

    /// Whether an agent belongs to a set that is watched.
    #[must_use]
    pub(crate) fn is_watched_in(&self, agent: AgentId, watched: Watched) -> bool {
        let slot = self.agents.slot(agent);
        slot.is_some_and(|slot| self.qualified.satisfies(slot, watched.0))
    }

    /// Finds the line of a request that is to be put there by [`Matcher::fill`]. The agents
    /// should be there by now.
    #[must_use]
    pub(crate) fn in_line(&mut self, request: Waiting, wanted: &Expression) -> InLine {
        let line = self.line_of(&request, wanted);
        InLine::new(line, &request)
    }

    /// Lets many requests wait at once, in a matcher in which nobody waits as yet: the same as
    /// one [`Matching::add`] after the other, sooner.
    pub(crate) fn fill(&mut self, requests: Vec<InLine>) {
        self.lines.fill(requests);
        self.drop_surplus();
    }

    /// Whether the agent was put in.
    pub(crate) fn knows(&self, agent: AgentId) -> bool {
        self.agents.slot(agent).is_some()
    }

    /// The agents who satisfy what a request wants, unless they are more than this. Looks at no
    /// agent, unlike [`Matching::first_agents`], but tells them in no particular order.
    pub(crate) fn if_few(&self, request: RouteRequestId, most: u32) -> Option<Vec<AgentId>> {
        let (_, line) = self.lines.of(request)?;
        let wanted = self.qualified.agents(line.kind.wanted);
        let mut agents = Vec::new();
        if wanted.count() <= most {
            wanted.each(|slot| agents.push(self.agents.id(slot)));
        }
        (!agents.is_empty()).then_some(agents)
    }

    /// The line for a request that wants this; opens it if need be.
    fn line_of(&mut self, request: &Waiting, wanted: &Expression) -> LineId {
        let kind = |wanted| Kind {
            queue: request.virtual_queue,
            medium: request.medium,
            wanted,
        };
        let known = self.qualified.find(wanted).map(kind);
        match known.and_then(|kind| self.lines.find(kind)) {
            Some(line) => line,
            None => {
                let named = |name: &Name| self.agents.named(name);
                self.lines.open(kind(self.qualified.acquire(wanted, named)))
            }
        }
    }

    /// Forgets empty lines, when there are too many, and what was wanted there.
    fn drop_surplus(&mut self) {
        while let Some(unwanted) = self.lines.drop_surplus() {
            self.qualified.release(unwanted);
        }
    }

    /// Walks the free agents, the longest idle first, for as many steps as there are
    /// candidates. Most of the time one of the first is a candidate; if not, says how far it
    /// came.
    fn walk_idle(
        &self,
        medium: Medium,
        wanted: &Bits,
        steps: u32,
        may: &mut dyn FnMut(AgentId) -> bool,
    ) -> Walked {
        let mut last = None;
        for idle in self.agents.free(medium).order().iter().take(steps as usize) {
            if wanted.has(idle.slot) && may(idle.agent) {
                return Walked::Found(idle);
            }
            last = Some(idle);
        }
        Walked::NotUpTo(last)
    }

    /// Looks at every candidate idle for less long than `after`.
    fn scan_idle(
        &self,
        medium: Medium,
        wanted: &Bits,
        after: Option<Idle>,
        may: &mut dyn FnMut(AgentId) -> bool,
    ) -> Option<Idle> {
        let mut best: Option<Idle> = None;
        self.agents.each_idle(medium, wanted, |idle| {
            let sooner = best.is_none_or(|best| idle < best);
            if sooner && after.is_none_or(|after| idle > after) {
                best = Some(idle);
            }
        });
        let best = best?;
        if may(best.agent) {
            return Some(best);
        }
        // Someone was refused, which is rare: now it pays to put them in order.
        let rest = self.agents.longest_idle(medium, wanted, Some(best));
        rest.into_iter().find(|idle| may(idle.agent))
    }

    fn media_of(&self, slot: Slot) -> impl Iterator<Item = Medium> + '_ {
        let free = move |medium: &Medium| self.agents.free(*medium).slots().has(slot);
        Medium::ALL.into_iter().filter(free)
    }
}

/// How a walk over the idle agents ended.
enum Walked {
    /// With the agent to take.
    Found(Idle),
    /// After this one (or before anybody).
    NotUpTo(Option<Idle>),
}

impl Matching for Matcher {
    fn put_agent(&mut self, agent: AgentId, who: &Qualification) {
        if let Some(slot) = self.agents.slot(agent) {
            if self.agents.who(slot) != who {
                let old = self.agents.set(slot, who.clone());
                self.qualified.set(slot, Some(&old), who);
            }
        } else {
            let slot = self.agents.enter(agent, who.clone());
            self.qualified.set(slot, None, who);
        }
    }

    fn remove_agent(&mut self, agent: AgentId) -> bool {
        let Some(slot) = self.agents.slot(agent) else {
            return false;
        };
        let who = self.agents.leave(agent, slot);
        self.qualified.leave(slot, &who);
        true
    }

    fn set_free(&mut self, agent: AgentId, medium: Medium, idle_since: Option<EngineTime>) {
        if let Some(slot) = self.agents.slot(agent) {
            self.agents.set_free(slot, medium, idle_since);
        }
    }

    fn set_presence(&mut self, agent: AgentId, presence: Presence) {
        if let Some(slot) = self.agents.slot(agent) {
            self.agents.set_presence(slot, presence);
        }
    }

    fn set_open(&mut self, gate: &Gate, open: bool) {
        self.qualified.set_open(gate, open);
    }

    fn watch(&mut self, of: &Expression) {
        let agents = &self.agents;
        self.qualified.acquire(of, |name| agents.named(name));
    }

    fn unwatch(&mut self, of: &Expression) {
        if let Some(id) = self.qualified.find(of) {
            self.qualified.release(id);
        }
    }

    fn count(&self, of: &Expression, counted: Counted) -> u32 {
        match self.qualified.find(of) {
            Some(id) => self
                .agents
                .counted(counted)
                .count_both(self.qualified.agents(id)),
            None => {
                let mut count = 0;
                self.each(of, counted, &mut |_| count += 1);
                count
            }
        }
    }

    fn each(&self, of: &Expression, counted: Counted, visit: &mut dyn FnMut(AgentId)) {
        let counted = self.agents.counted(counted);
        match self.qualified.find(of) {
            Some(id) => {
                let wanted = self.qualified.agents(id).words();
                counted.each_of_both(wanted, |slot| visit(self.agents.id(slot)));
            }
            // Nobody watches it: each is asked.
            None => counted.each(|slot| {
                if self.qualified.holds(of, self.agents.who(slot)) {
                    visit(self.agents.id(slot));
                }
            }),
        }
    }

    fn satisfies(&self, agent: AgentId, of: &Expression) -> bool {
        let Some(slot) = self.agents.slot(agent) else {
            return false;
        };
        match self.qualified.find(of) {
            Some(id) => self.qualified.satisfies(slot, id),
            None => self.qualified.holds(of, self.agents.who(slot)),
        }
    }

    fn add(&mut self, request: Waiting, wanted: &Expression) {
        self.lines.remove(request.id);
        let line = self.line_of(&request, wanted);
        self.lines.add(line, &request);
        self.drop_surplus();
    }

    fn remove(&mut self, request: RouteRequestId) -> bool {
        let removed = self.lines.remove(request);
        self.drop_surplus();
        removed
    }

    fn agent_for(
        &self,
        request: RouteRequestId,
        may: &mut dyn FnMut(AgentId) -> bool,
    ) -> Option<AgentFound> {
        let (_, line) = self.lines.of(request)?;
        let medium = line.kind.medium;
        let wanted = self.qualified.agents(line.kind.wanted);
        let free = self.agents.free(medium);
        let candidates = free.slots().count_both(wanted);
        if candidates == 0 {
            return None;
        }
        // Of F free agents C are candidates. A walk in idle order takes about F / C steps, a
        // look at each candidate C; the shorter of the two is never more than the root of F.
        let many = u64::from(candidates).pow(2) > u64::from(free.order().len());
        let steps = if many { candidates } else { 0 };
        let found = match self.walk_idle(medium, wanted, steps, may) {
            Walked::Found(idle) => idle,
            Walked::NotUpTo(last) => self.scan_idle(medium, wanted, last, may)?,
        };
        Some(AgentFound {
            agent: found.agent,
            idle_since: found.since,
            candidates,
        })
    }

    fn agent_ranked(
        &self,
        request: RouteRequestId,
        rank: &mut dyn FnMut(AgentId) -> Option<u64>,
    ) -> Option<AgentFound> {
        let (_, line) = self.lines.of(request)?;
        let wanted = self.qualified.agents(line.kind.wanted);
        let (mut candidates, mut best) = (0, None);
        self.agents.each_idle(line.kind.medium, wanted, |idle| {
            candidates += 1;
            if let Some(rank) = rank(idle.agent)
                && best.is_none_or(|best| (rank, idle) < best)
            {
                best = Some((rank, idle));
            }
        });
        let (_, idle) = best?;
        Some(AgentFound {
            agent: idle.agent,
            idle_since: idle.since,
            candidates,
        })
    }

    fn request_for(
        &self,
        agent: AgentId,
        may: &mut dyn FnMut(RouteRequestId) -> bool,
    ) -> Option<RouteRequestId> {
        let slot = self.agents.slot(agent)?;
        let row = || self.qualified.row(slot);
        let firsts = self
            .media_of(slot)
            .filter_map(|medium| self.lines.first(medium, row()));
        let first = firsts.min()?;
        if may(first.id) {
            return Some(first.id);
        }
        // The first was refused, which is rare: walk on through all lines together.
        let lines = self
            .media_of(slot)
            .flat_map(|medium| self.lines.of_medium(medium, row()));
        let rest = Merged::new(lines).skip(1).map(|entry| entry.id);
        rest.into_iter().find(|&id| may(id))
    }

    fn place(&self, request: RouteRequestId) -> Option<PlaceInLine> {
        let (entry, line) = self.lines.of(request)?;
        let queue = line.kind.queue;
        Some(PlaceInLine {
            ahead: self.lines.ahead(queue, &entry),
            waiting: self.lines.waiting(queue),
        })
    }

    fn ahead_of(&self, request: RouteRequestId, agent: AgentId) -> Ahead {
        let Some((entry, line)) = self.lines.of(request) else {
            return Ahead::default();
        };
        let queue = line.kind.queue;
        let total = self.lines.ahead(queue, &entry);
        let for_agent = self.agents.slot(agent).map_or(0, |slot| {
            let free = Medium::ALL.map(|medium| self.agents.free(medium).slots().has(slot));
            let takes = |medium: Medium, wanted| {
                free[medium.index()] && self.qualified.satisfies(slot, wanted)
            };
            self.lines.ahead_in(queue, &entry, takes)
        });
        Ahead {
            total,
            not_for_agent: total - for_agent,
        }
    }

    fn first_agents(&self, request: RouteRequestId, limit: usize) -> WhoCould {
        let Some((_, line)) = self.lines.of(request) else {
            return WhoCould::default();
        };
        let wanted = self.qualified.agents(line.kind.wanted);
        let qualified = wanted.count();
        // Not more than there are: whoever asks for all of them must not walk on to the end.
        let limit = limit.min(qualified as usize);
        let skilled = self.agents.by_id().filter(|&(_, slot)| wanted.has(slot));
        WhoCould {
            first: skilled.map(|(agent, _)| agent).take(limit).collect(),
            qualified,
            free: self
                .agents
                .free(line.kind.medium)
                .slots()
                .count_both(wanted),
        }
    }

    fn waiting(&self, queue: VirtualQueueId) -> u32 {
        self.lines.waiting(queue)
    }

    fn in_order(&self, queue: VirtualQueueId, limit: usize) -> Vec<RouteRequestId> {
        let entries = self.lines.in_order(queue).take(limit);
        entries.map(|entry| entry.id).collect()
    }

    fn len(&self) -> usize {
        self.lines.len()
    }
}

#[cfg(test)]
impl Matcher {
    /// All it knows, in words that do not depend on the order of the calls.
    pub(super) fn told(&self) -> Vec<String> {
        let agents = self.agents.by_id().map(|(agent, slot)| {
            let since = |medium: &Medium| self.agents.since(*medium, slot);
            let free: Vec<_> = Medium::ALL.iter().map(since).collect();
            format!("{agent} {:?} free {free:?}", self.agents.who(slot))
        });
        let mut lines: Vec<String> = agents.collect();
        for line in self.lines.occupied() {
            let Kind {
                queue,
                medium,
                wanted,
            } = line.kind;
            let skilled = self.qualified.agents(wanted);
            let skilled = self.agents.by_id().filter(|&(_, slot)| skilled.has(slot));
            let skilled: Vec<_> = skilled.map(|(agent, _)| agent).collect();
            let expression = self.qualified.expression(wanted);
            let order: Vec<_> = line.order.iter().collect();
            lines.push(format!(
                "{queue} {medium} {expression:?} {skilled:?} {order:?}"
            ));
        }
        lines.sort();
        lines
    }

    /// Panics where two parts of the index say different things.
    pub(super) fn check(&self) {
        self.lines.check();
        let agents = self.agents.by_id();
        let agents = agents.map(|(_, slot)| (slot, self.agents.who(slot).clone()));
        self.qualified.check(&agents.collect());
    }
}
