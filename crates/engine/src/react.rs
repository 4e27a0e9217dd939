//! What follows from an event: who is offered what.
//!
//! Called after the event, and all events decided with it, were applied. Looks at the state as
//! it is then, so a second look at the same occasion finds nothing left to do.

use crate::matching::{AgentFound, Matching};
use crate::state::State;
use ringback_model::interaction::Subject;
use ringback_model::offer::{Decision, Occasion, Offer, Rule};
use ringback_model::place::{BackTo, Place};
use ringback_model::route::Obstacle;
use ringback_model::{
    AgentId, Event, InteractionId, Now, OfferId, RouteRequestId, agent, config, interaction, offer,
    route,
};

/// The events that follow from one event; nothing, mostly.
#[must_use]
pub fn react(state: &State, now: Now, event: &Event) -> Vec<Event> {
    match event {
        Event::Route(route::Event::Requested { request, .. }) => {
            offer_request(state, now, request.id)
        }
        Event::Route(route::Event::Widened { request, .. }) => offer_request(state, now, *request),
        // A pause holds for all requests of the interaction, and goes with the request that had it.
        Event::Route(route::Event::Cooled { of, .. } | route::Event::Cancelled { of, .. }) => {
            offer_again(state, now, of.interaction)
        }
        Event::Offer(offer::Event::NotTaken { of, agent, .. }) => {
            // First the one that came back, then whoever is free again: at the next look.
            let events = offer_again(state, now, of.interaction);
            if events.is_empty() {
                offer_agent(state, now, *agent)
            } else {
                events
            }
        }
        // Whoever was given one may have room for another.
        Event::Offer(offer::Event::Made { offer, .. }) => offer_agent(state, now, offer.agent),
        Event::Interaction(
            interaction::Event::Stopped {
                owner: Some(agent), ..
            }
            | interaction::Event::Left { agent, .. },
        )
        | Event::Agent(
            agent::Event::LoggedIn { agent, .. }
            | agent::Event::Ready { agent, .. }
            | agent::Event::DeskBack { agent },
        ) => offer_agent(state, now, *agent),
        Event::Config(config::Event::AgentPut(agent)) => offer_agent(state, now, agent.id),
        _ => Vec::new(),
    }
}

/// The requests of an interaction stand in line again: each looks for an agent, until one has.
fn offer_again(state: &State, now: Now, id: InteractionId) -> Vec<Event> {
    let requests = state
        .interaction(id)
        .map(|it| it.requests.clone())
        .unwrap_or_default();
    let found = requests.into_iter().map(|id| offer_request(state, now, id));
    found
        .into_iter()
        .find(|events| !events.is_empty())
        .unwrap_or_default()
}

/// A request looks for an agent. When several came at once (timers that fire together, several
/// requests of one interaction), the agent may be for one that stands before it: that one goes
/// first, and this one has its turn at the next look.
fn offer_request(state: &State, now: Now, id: RouteRequestId) -> Vec<Event> {
    let Some(found) = agent_for(state, id) else {
        return Vec::new();
    };
    // Each step goes to a smaller key, so this ends.
    match request_for(state, found.agent) {
        Some(first) if first != id => offer_request(state, now, first),
        _ => {
            let came = Came {
                occasion: Occasion::RequestCame,
                candidates: found.candidates.saturating_sub(cooling_but_free(state, id)),
            };
            offer(state, now, id, found.agent, came)
        }
    }
}

fn agent_for(state: &State, id: RouteRequestId) -> Option<AgentFound> {
    state
        .matcher
        .agent_for(id, &mut |agent| !state.is_cooling(id, agent))
}

fn request_for(state: &State, agent: AgentId) -> Option<RouteRequestId> {
    state
        .matcher
        .request_for(agent, &mut |id| !state.is_cooling(id, agent))
}

/// How many agents could take a request, were the two not cooling: the matcher counts them
/// as candidates, because it knows of no pauses.
fn cooling_but_free(state: &State, id: RouteRequestId) -> u32 {
    let Some(request) = state.request(id) else {
        return 0;
    };
    let wanted = request.target.expression(request.step);
    let cooling = state.cooling_agents(id).into_iter();
    let held_back = cooling.filter(|agent| {
        let skilled = state
            .agent(*agent)
            .is_some_and(|it| wanted.holds(&it.body.skills));
        skilled && state.obstacle(id, *agent) == Some(Obstacle::Cooling)
    });
    u32::try_from(held_back.count()).unwrap_or(u32::MAX)
}

/// An agent looks for a request.
fn offer_agent(state: &State, now: Now, agent: AgentId) -> Vec<Event> {
    let Some(id) = request_for(state, agent) else {
        return Vec::new();
    };
    let came = Came {
        occasion: Occasion::AgentCame,
        candidates: 1,
    };
    offer(state, now, id, agent, came)
}

struct Came {
    occasion: Occasion,
    candidates: u32,
}

fn offer(state: &State, now: Now, id: RouteRequestId, agent: AgentId, came: Came) -> Vec<Event> {
    let Some(request) = state.request(id) else {
        return Vec::new();
    };
    let Some(it) = state.interaction(request.interaction) else {
        return Vec::new();
    };
    debug_assert_eq!(
        it.place,
        Place::Routing,
        "only what is routed stands in line"
    );
    let ahead = state.matcher.ahead_of(id, agent);
    let idle_since = state
        .at_work(agent)
        .map_or(now.engine, |at_work| at_work.idle_since);
    let offer = Offer {
        id: OfferId(state.counters().offer + 1),
        interaction: it.id,
        request: Some(id),
        agent,
        medium: it.medium,
        made: now,
        until: now.engine + state.offer_ttl(it.medium),
        back_to: BackTo::Routing,
        decision: Decision {
            occasion: came.occasion,
            rule: Rule::LongestIdle,
            candidates: came.candidates,
            idle: now.engine.since(idle_since),
            waited: now.engine.since(request.since.engine),
            step: request.step,
            ahead: ahead.total,
            ahead_not_for_agent: ahead.not_for_agent,
            ahead_cooling: ahead.total - ahead.not_for_agent,
        },
        wish: None,
    };
    let of = Subject {
        interaction: it.id,
        queue: it.queue,
    };
    vec![Event::Offer(offer::Event::Made {
        of,
        offer: Box::new(offer),
    })]
}
