//! Why a request waits: who could take it, and what stands in the way.

use crate::matching::Matching;
use crate::state::State;
use ringback_model::route::{Documented, Obstacle, RouteRequest, Why, WhyRequest, WhyThreshold};
use ringback_model::{AgentId, InteractionId, Now, RouteRequestId};
use std::collections::BTreeMap;

/// How many agents are looked at for one request; with more qualified agents the counts of
/// obstacles cover the first of them.
const LOOKED_AT_MAX: usize = 10_000;
/// How many agents are named.
const NAMED_MAX: usize = 20;
/// How many agents one page names at most.
const PAGE_MAX: usize = 100;

impl State {
    /// Why an open interaction waits; `None` if it is not open.
    #[must_use]
    pub fn why(&self, now: Now, id: InteractionId) -> Option<Why> {
        self.why_after(now, id, None, NAMED_MAX)
    }

    /// The same, naming at most `limit` agents (100 in any case) who come after this one.
    #[must_use]
    pub fn why_after(
        &self,
        now: Now,
        id: InteractionId,
        after: Option<AgentId>,
        limit: usize,
    ) -> Option<Why> {
        let limit = limit.min(PAGE_MAX);
        let it = self.interaction(id)?;
        let requests = it
            .requests
            .iter()
            .filter_map(|id| self.why_request(now, *id, after, limit))
            .collect();
        Some(Why {
            interaction: id,
            now,
            requests,
        })
    }

    fn why_request(
        &self,
        now: Now,
        id: RouteRequestId,
        after: Option<AgentId>,
        limit: usize,
    ) -> Option<WhyRequest> {
        let waiting = self.waiting(id)?;
        let expression = waiting.request.wanted().into_owned();
        let agents = self.agents.keys();
        let (could, qualified) = if waiting.line.is_some() {
            let who = self.matcher.first_agents(id, LOOKED_AT_MAX);
            (who.first, who.qualified)
        } else {
            // While it is offered it stands in no line; ask each agent.
            let skilled = |agent: &AgentId| self.is_wanted(*agent, &expression);
            let could: Vec<AgentId> = agents.iter().copied().filter(skilled).collect();
            let qualified = u32::try_from(could.len()).unwrap_or(u32::MAX);
            (could, qualified)
        };
        let mut obstacles: BTreeMap<Obstacle, u32> = BTreeMap::new();
        let mut first = Vec::new();
        let mut next = None;
        for agent in could.into_iter().take(LOOKED_AT_MAX) {
            let Some(obstacle) = self.obstacle(id, agent) else {
                continue;
            };
            *obstacles.entry(obstacle).or_default() += 1;
            if after.is_some_and(|after| agent <= after) {
                continue;
            }
            if first.len() < limit {
                first.push((agent, obstacle));
            } else {
                next = next.or(first.last().map(|(agent, _)| *agent));
            }
        }
        let unqualified = u32::try_from(agents.len()).unwrap_or(u32::MAX) - qualified;
        let wants = expression.to_string();
        let obstacles = obstacles.into_iter().collect();
        let thresholds = self.why_thresholds(now, &waiting.request);
        Some(WhyRequest {
            waiting,
            wants,
            qualified,
            unqualified,
            obstacles,
            first,
            next,
            thresholds,
        })
    }

    fn why_thresholds(&self, now: Now, request: &RouteRequest) -> Vec<WhyThreshold> {
        let items = request.documented().into_iter();
        let items = items.flat_map(Documented::in_force);
        let gates = items.filter_map(|item| item.gate(request.medium));
        gates
            .map(|gate| WhyThreshold {
                open: self.gates.is_open(&gate),
                measured: self.measure(now, gate.threshold.statistic, &gate.of, gate.medium),
                gate,
            })
            .collect()
    }

    /// The first thing that keeps a qualified agent from being offered a request.
    pub(crate) fn obstacle(&self, id: RouteRequestId, agent: AgentId) -> Option<Obstacle> {
        let request = self.request(id)?;
        let at_work = self.at_work(agent)?;
        let readiness = at_work.media.get(&request.medium);
        if at_work.desk.is_none() {
            Some(Obstacle::LoggedOut)
        } else if !at_work.desk.is_some_and(|desk| desk.answers()) {
            Some(Obstacle::DeskLost)
        } else if readiness.is_none() {
            Some(Obstacle::NotLoggedInForMedium)
        } else if readiness.is_some_and(|it| it.not_ready.is_some())
            || at_work.next(request.medium).is_some()
        {
            Some(Obstacle::NotReady)
        } else if !self.has_room(agent, request.medium) {
            Some(Obstacle::Busy)
        } else if self.is_cooling(id, agent) {
            Some(Obstacle::Cooling)
        } else if request.excludes(agent) {
            Some(Obstacle::Excluded)
        } else {
            None
        }
    }
}
