//! Whether an offer is the right one: worked out from the words, one pair after the other.

use ringback_engine::State;
use ringback_model::agent::{AtWork, NotReady};
use ringback_model::config::{Body, Group, Kind};
use ringback_model::offer::{Occasion, Offer};
use ringback_model::route::{RouteRequest, Select};
use ringback_model::target::{Expression, Qualification};
use ringback_model::{AgentId, Medium, Now};

/// The agent is at a desk that answers, ready, has room, is skilled and not cooling.
pub(super) fn fits(state: &State, offer: &Offer, now: Now, broken: &mut Vec<String>) {
    let Some(request) = offer.request.and_then(|id| state.request(id)) else {
        broken.push(format!("{} is for a request that is gone", offer.id));
        return;
    };
    if !may_take(state, offer.agent, request) {
        broken.push(format!(
            "{} is made to {}, who may not take {}",
            offer.id, offer.agent, request.id
        ));
    }
    if offer.until <= now.engine {
        broken.push(format!("{} lapses when it is made", offer.id));
    }
}

/// An agent who is asked by another sits at a desk that answers, has room and does not mind being
/// disturbed; ready or not.
pub(super) fn can_be_asked(state: &State, offer: &Offer, broken: &mut Vec<String>) {
    let can = state.at_work(offer.agent).is_some_and(|at_work| {
        let answers = |desk: ringback_model::agent::Desk| desk.answers();
        at_work.desk.is_some_and(answers)
            && at_work.media.contains_key(&offer.medium)
            && state.room(offer.agent, offer.medium) > 0
            && !wants_no_asking(at_work, offer.medium)
    });
    if !can {
        broken.push(format!(
            "{} is made to {}, who cannot",
            offer.id, offer.agent
        ));
    }
}

fn wants_no_asking(at_work: &AtWork, medium: Medium) -> bool {
    let readiness = at_work.media.get(&medium);
    let why = readiness.and_then(|it| it.not_ready.as_ref());
    matches!(why, Some(NotReady::DoNotDisturb { .. }))
}

/// Whether this agent may be offered this request now.
fn may_take(state: &State, agent: AgentId, request: &RouteRequest) -> bool {
    is_wanted(state, agent, &request.wanted())
        && is_free(state, agent, request.medium)
        && !is_cooling(state, request, agent)
        && !request.excludes(agent)
}

/// Worked out from the master data and the groups as they were set, not from the index.
fn is_wanted(state: &State, agent: AgentId, wanted: &Expression) -> bool {
    let Some(it) = state.agent(agent) else {
        return false;
    };
    let belongs = |group: &Group| {
        let holds = |it_asks: &Expression| it_asks.holds_with(&it.body.skills, &it.body.texts);
        group.members.contains(&it.name) || group.expression.as_ref().is_some_and(holds)
    };
    let groups = state
        .objects(Kind::Group)
        .filter(|object| match &object.body {
            Body::Group(group) => belongs(group),
            _ => false,
        });
    let who = Qualification {
        agent: Some(it.name.clone()),
        skills: it.body.skills.clone(),
        texts: it.body.texts.clone(),
        groups: groups.map(|object| object.name.clone()).collect(),
    };
    wanted.holds_while(&who, &|gate| state.is_open(gate))
}

fn is_free(state: &State, agent: AgentId, medium: Medium) -> bool {
    let Some(at_work) = state.at_work(agent) else {
        return false;
    };
    let readiness = at_work.media.get(&medium);
    let answers = |desk: ringback_model::agent::Desk| desk.grace_until.is_none() && !desk.silent;
    at_work.desk.is_some_and(answers)
        && readiness.is_some_and(|it| it.not_ready.is_none())
        && at_work.next(medium).is_none()
        && state.room(agent, medium) > 0
}

/// A pause lasts until its timer fires, and holds for all requests of the interaction.
fn is_cooling(state: &State, request: &RouteRequest, agent: AgentId) -> bool {
    let it = state.interaction(request.interaction);
    let siblings = it.map(|it| it.requests.as_slice()).unwrap_or_default();
    let pairs = siblings.iter().filter_map(|id| state.request(*id));
    pairs
        .flat_map(|request| request.cooling.as_slice())
        .any(|pair| pair.agent == agent)
}

/// Of those who may take it the longest idle; of those the agent may take the first in order.
pub(super) fn is_the_right_one(state: &State, offer: &Offer, broken: &mut Vec<String>) {
    let Some(request) = offer.request.and_then(|id| state.request(id)) else {
        return;
    };
    let free = free_for(state, request);
    let right = match offer.decision.occasion {
        Occasion::RequestCame => {
            let drawn = matches!(
                request.select(),
                Select::LeastOccupied | Select::Random | Select::Percentage
            );
            let right = match free.first() {
                Some(first) => first == &offer.agent || drawn && free.contains(&offer.agent),
                None => false,
            };
            right && offer.decision.candidates as usize == free.len()
        }
        Occasion::Asked => false,
        Occasion::AgentCame => first_for(state, offer.agent) == Some(request.key.sequence),
    };
    if !right {
        broken.push(format!(
            "{} brings {:?} and {} together, but {free:?} may take it, or another goes first",
            offer.id, offer.request, offer.agent
        ));
    }
}

/// All who may take it, the longest idle first.
fn free_for(state: &State, request: &RouteRequest) -> Vec<AgentId> {
    let mut free = state.agent_ids();
    free.retain(|agent| may_take(state, *agent, request));
    let idle = |agent: AgentId| state.at_work(agent).map(|it| it.idle_since);
    free.sort_by_key(|agent| (rank(state, request, *agent), idle(*agent), *agent));
    free
}

/// What goes before idleness by the request's own way to choose.
fn rank(state: &State, request: &RouteRequest, agent: AgentId) -> u64 {
    match request.select() {
        Select::FewestBusy => state.at_work(agent).map_or(0, |it| it.claims.len() as u64),
        Select::BestFit => {
            let skills = state.agent(agent).map(|it| it.body.skills.clone());
            u64::from(request.wanted().surplus(&skills.unwrap_or_default()))
        }
        // Who is drawn and who worked least is looked at elsewhere.
        Select::LongestIdle | Select::LeastOccupied | Select::Random | Select::Percentage => 0,
    }
}

/// The sequence of the first request this agent may take.
fn first_for(state: &State, agent: AgentId) -> Option<u64> {
    let lines = state.virtual_queues().map(|queue| queue.id);
    lines
        .flat_map(|id| state.line(id, usize::MAX))
        .map(|waiting| waiting.request)
        .filter(|request| may_take(state, agent, request))
        .map(|request| request.key)
        .min()
        .map(|key| key.sequence)
}

/// The decision record counts those before it, and for whom each of them was no match.
pub(super) fn overtakes_as_said(state: &State, offer: &Offer, broken: &mut Vec<String>) {
    let Some(request) = offer.request.and_then(|id| state.request(id)) else {
        return;
    };
    let line = state.line(request.virtual_queue, usize::MAX);
    let before: Vec<&RouteRequest> = line
        .iter()
        .map(|waiting| &waiting.request)
        .filter(|other| other.key < request.key)
        .collect();
    let cooling = before.iter().filter(|other| {
        is_wanted(state, offer.agent, &other.wanted()) && is_free(state, offer.agent, other.medium)
    });
    let cooling: Vec<_> = cooling.collect();
    let said = &offer.decision;
    let excluded = |other: &&&&RouteRequest| !is_cooling(state, other, offer.agent);
    let excluded = cooling.iter().filter(excluded).count();
    let counted = (before.len(), before.len() - cooling.len(), cooling.len());
    let told_excluded = said.more.get().map_or(0, |more| more.ahead_excluded);
    let told = (
        said.ahead,
        said.ahead_not_for_agent,
        said.ahead_cooling + told_excluded,
    );
    if excluded != told_excluded as usize {
        broken.push(format!(
            "{} overtakes {excluded} that exclude the agent, its record says {told_excluded}",
            offer.id
        ));
    }
    if counted != (told.0 as usize, told.1 as usize, told.2 as usize) {
        broken.push(format!(
            "{} overtakes {counted:?} (all, not for the agent, cooling), its record says {told:?}",
            offer.id
        ));
    }
    if let Some(other) = cooling
        .iter()
        .find(|other| !is_cooling(state, other, offer.agent) && !other.excludes(offer.agent))
    {
        broken.push(format!(
            "{} overtakes {} without a reason",
            offer.id, other.id
        ));
    }
}
