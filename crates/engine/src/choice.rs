//! Which agent a request gets, of those who could take it.

use crate::digest;
use crate::matching::{AgentFound, Matching};
use crate::state::State;
use ringback_model::offer::Rule;
use ringback_model::route::{Obstacle, RouteRequest, Select};
use ringback_model::{AgentId, Now, RouteRequestId};
use std::collections::BTreeMap;

/// Of how many agents who could not take a request an offer tells the reasons. An offer must
/// not cost a walk over all agents, so with more of them it tells none; asking why does.
const SKIPPED_MAX: u32 = 8;

impl State {
    /// The agent a request gets now.
    pub(crate) fn agent_for(&self, now: Now, id: RouteRequestId) -> Option<AgentFound> {
        let request = self.request(id)?;
        let may = |agent| !self.is_held_back(id, agent);
        match request.select() {
            Select::LongestIdle => self.matcher.agent_for(id, &mut |agent| may(agent)),
            Select::Percentage => self.agent_by_share(id, request),
            select => self.matcher.agent_ranked(id, &mut |agent| {
                may(agent).then(|| self.rank(now, request, select, agent))
            }),
        }
    }

    /// The request an agent gets now.
    pub(crate) fn request_for(&self, agent: AgentId) -> Option<RouteRequestId> {
        let may = &mut |id| !self.is_held_back(id, agent);
        self.matcher.request_for(agent, may)
    }

    /// Whether a request is not for an agent who could take it: the two are cooling, or it
    /// excludes him.
    pub(crate) fn is_held_back(&self, id: RouteRequestId, agent: AgentId) -> bool {
        self.is_cooling(id, agent) || self.request(id).is_some_and(|it| it.excludes(agent))
    }

    /// How many agents could take a request, were they not held back from it: the matcher counts
    /// them as candidates, because it knows nothing of that.
    pub(crate) fn held_back_but_free(&self, id: RouteRequestId) -> u32 {
        let Some(request) = self.request(id) else {
            return 0;
        };
        let mut agents = self.cooling_agents(id);
        if let Some(more) = request.more.get() {
            agents.extend(&more.exclude);
            agents.sort_unstable();
            agents.dedup();
        }
        let wanted = request.wanted();
        let held_back = agents.into_iter().filter(|agent| {
            let obstacle = self.obstacle(id, *agent);
            matches!(obstacle, Some(Obstacle::Cooling | Obstacle::Excluded))
                && self.is_wanted(*agent, &wanted)
        });
        u32::try_from(held_back.count()).unwrap_or(u32::MAX)
    }

    /// By which rule a request chooses.
    pub(crate) fn rule(request: &RouteRequest) -> Rule {
        match request.more.get() {
            Some(more) if more.last.is_some() => Rule::LastAgent,
            _ => request.select().into(),
        }
    }

    /// The smaller, the better. Among equals the one who has been idle longest goes first.
    fn rank(&self, now: Now, request: &RouteRequest, select: Select, agent: AgentId) -> u64 {
        match select {
            Select::LongestIdle | Select::Percentage => 0,
            Select::FewestBusy => {
                let claims = self.at_work(agent).map(|it| it.claims.len());
                claims.unwrap_or(0) as u64
            }
            Select::LeastOccupied => self.occupancy(now, agent),
            Select::BestFit => {
                let wanted = request.wanted();
                let body = self.agent(agent).map(|it| &it.body);
                body.map_or(0, |body| u64::from(wanted.surplus(&body.skills)))
            }
            // Another lot for each offer, and the same one on every replay.
            Select::Random => digest::of(&(request.id, self.counters.offer, agent)),
        }
    }

    /// The share of the time since log-in in which an agent handled something, in tenths of a
    /// per mille.
    #[must_use]
    pub fn occupancy(&self, now: Now, agent: AgentId) -> u64 {
        let Some(at_work) = self.at_work(agent) else {
            return 0;
        };
        let occupied = at_work.occupied.get().copied().unwrap_or_default();
        let since = at_work.desk.map_or(now.engine, |desk| desk.since.engine);
        let logged_in = now.engine.since(since).0.max(1);
        occupied.until(now.engine).0.saturating_mul(10_000) / logged_in
    }

    /// What held back the agents who are wanted by a request and cannot take it, if they are few.
    pub(crate) fn skipped(&self, id: RouteRequestId) -> Vec<(Obstacle, u32)> {
        let wanted = self.matcher.if_few(id, SKIPPED_MAX + 1);
        let wanted = wanted.unwrap_or_default().into_iter();
        let mut skipped: BTreeMap<Obstacle, u32> = BTreeMap::new();
        for obstacle in wanted.filter_map(|agent| self.obstacle(id, agent)) {
            *skipped.entry(obstacle).or_default() += 1;
        }
        skipped.into_iter().collect()
    }

    /// How many requests that stand before this one, and that the agent could take, exclude him.
    pub(crate) fn ahead_excluded(&self, id: RouteRequestId, agent: AgentId) -> u32 {
        let Some(request) = self.request(id) else {
            return 0;
        };
        let mut count = 0;
        self.matcher.request_for(agent, &mut |other| {
            let Some(it) = self.request(other).filter(|_| other != id) else {
                return true;
            };
            let before = it.virtual_queue == request.virtual_queue && it.key < request.key;
            if before && it.excludes(agent) && !self.is_cooling(other, agent) {
                count += 1;
            }
            false
        });
        count
    }
}
