//! What follows from an event: who is offered what.
//!
//! Called after the event, and all events decided with it, were applied. Looks at the state as
//! it is then, so a second look at the same occasion finds nothing left to do.

use crate::decide::{agents, requests, targets};
use crate::matching::{Counted, Matching};
use crate::state::State;
use ringback_model::config::Kind;
use ringback_model::interaction::Subject;
use ringback_model::offer::{Decision, Details, Occasion, Offer};
use ringback_model::place::{BackTo, Place};
use ringback_model::target::Gate;
use ringback_model::{
    AgentId, Event, InteractionId, Medium, Now, OfferId, Rare, RouteRequestId, agent, config,
    interaction, node, offer, route,
};

/// The events that follow from one event; nothing, mostly.
#[must_use]
pub fn react(state: &State, now: Now, event: &Event) -> Vec<Event> {
    if let Some(woken) = wakes(state, now, event) {
        return vec![woken];
    }
    match event {
        Event::Route(route::Event::Requested { request, .. }) => {
            place_request(state, now, request.id)
        }
        Event::Route(route::Event::Widened { request, .. }) => offer_request(state, now, *request),
        Event::Route(route::Event::Changed { request, .. }) => {
            place_request(state, now, request.id)
        }
        Event::Route(route::Event::Thresholds { turned, .. }) => opened(state, now, turned),
        // A pause holds for all requests of the interaction, and goes with the request that had it.
        Event::Route(route::Event::Cooled { of, .. } | route::Event::Cancelled { of, .. }) => {
            offer_again(state, now, of.interaction)
        }
        Event::Offer(offer::Event::NotTaken { of, agent, .. }) => {
            if let Some(paused) = state.paused_now(*agent, None) {
                return vec![paused];
            }
            // First the one that came back, then whoever is free again: at the next look.
            let events = offer_again(state, now, of.interaction);
            if events.is_empty() {
                offer_agent(state, now, *agent)
            } else {
                events
            }
        }
        // Whoever was given one may have room for another, when what it interrupts rests.
        Event::Offer(offer::Event::Made { offer, .. }) => {
            offer_beside(state, now, offer.agent, offer.medium)
        }
        // So may whoever took something himself.
        Event::Interaction(interaction::Event::Pulled { of, agent, .. }) => {
            let it = state.interaction(of.interaction);
            it.map(|it| offer_beside(state, now, *agent, it.medium))
                .unwrap_or_default()
        }
        Event::Interaction(interaction::Event::Submitted(it)) => it
            .owner()
            .map(|owner| offer_beside(state, now, owner, it.medium))
            .unwrap_or_default(),
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
        // Nobody waits for him any longer; the next one at the next look.
        Event::Agent(agent::Event::LoggedOut { agent }) => requests::falls_back(state, now, *agent),
        Event::Config(config::Event::AgentPut(agent)) => offer_agent(state, now, agent.id),
        // Whoever belongs to a group now may be wanted by what waits.
        Event::Config(config::Event::Put(object)) if object.body.kind() == Kind::Group => {
            offer_one_of(state, now, state.members(object.id).iter().copied())
        }
        Event::Config(config::Event::Put(object)) if object.body.kind() == Kind::CapacityRule => {
            offer_one_of(state, now, state.agents_with_rule(&object.name).into_iter())
        }
        _ => Vec::new(),
    }
}

/// A view is to look: something came to rest in its queue or changed there, there is room again,
/// or what views there are and what the clock shows is not as it was.
fn wakes(state: &State, now: Now, event: &Event) -> Option<Event> {
    if state.pullers.is_empty() {
        return None;
    }
    let woken = match event {
        Event::Config(config::Event::Put(object)) if object.body.kind() == Kind::View => {
            state.to_wake_of_all(now.engine)
        }
        Event::Config(config::Event::Deleted { .. })
        | Event::Node(node::Event::ClockJumped { .. }) => state.to_wake_of_all(now.engine),
        event => {
            let of = event.subject().map(|of| of.interaction);
            let it = of.and_then(|id| state.interaction(id));
            let rests = it.filter(|it| it.place == Place::Queue);
            rests.and_then(|it| state.to_wake(it.queue, now.engine))
        }
    };
    let woken = woken.or_else(|| state.to_wake_for_room(now.engine));
    woken.map(Event::View)
}

/// A request looks for its place: the first step of its documented targets comes into force, then
/// it looks for an agent, and if none is free for a queue to move to.
fn place_request(state: &State, now: Now, id: RouteRequestId) -> Vec<Event> {
    let Some(request) = state.request(id) else {
        return Vec::new();
    };
    let documented = request.documented();
    if documented.is_some_and(|documented| documented.turn.is_none())
        && let Some(it) = state.interaction(request.interaction)
    {
        return vec![targets::turn(state, now, it, request)];
    }
    let events = offer_request(state, now, id);
    if events.is_empty() && documented.is_some() {
        return move_request(state, now, id);
    }
    events
}

/// A request that stands in line moves to a queue among its targets.
fn move_request(state: &State, now: Now, id: RouteRequestId) -> Vec<Event> {
    let request = state.request(id);
    let it = request.and_then(|request| state.interaction(request.interaction));
    match (request, it) {
        (Some(request), Some(it)) if it.place == Place::Routing => {
            targets::moves(state, now, it, request)
        }
        _ => Vec::new(),
    }
}

/// Thresholds hold now: agents who are wanted behind them look for a request, and requests that
/// waited for a queue move there, one at a time, because each changes what is measured.
fn opened(state: &State, now: Now, turned: &[(Gate, bool)]) -> Vec<Event> {
    let open = turned.iter().map(|(gate, _)| gate);
    let open = open.filter(|gate| state.gates.is_open(gate));
    open.map(|gate| match gate.of.agents() {
        Some(of) => {
            let mut free = Vec::new();
            let counted = Counted::Free(gate.medium);
            state
                .matcher
                .each(&of, counted, &mut |agent| free.push(agent));
            free.sort_unstable();
            offer_one_of(state, now, free.into_iter())
        }
        None => {
            let users = state.gates.users(gate);
            users
                .map(|id| move_request(state, now, id))
                .find(|events| !events.is_empty())
                .unwrap_or_default()
        }
    })
    .find(|events| !events.is_empty())
    .unwrap_or_default()
}

/// The requests of an interaction stand in line again: each looks for an agent, until one has.
fn offer_again(state: &State, now: Now, id: InteractionId) -> Vec<Event> {
    let requests = state
        .interaction(id)
        .map(|it| it.requests.clone())
        .unwrap_or_default();
    let found = requests.into_iter().map(|id| place_request(state, now, id));
    found
        .into_iter()
        .find(|events| !events.is_empty())
        .unwrap_or_default()
}

/// A request looks for an agent. When several came at once (timers that fire together, several
/// requests of one interaction), the agent may be for one that stands before it: that one goes
/// first, and this one has its turn at the next look.
fn offer_request(state: &State, now: Now, id: RouteRequestId) -> Vec<Event> {
    let Some(found) = state.agent_for(now, id) else {
        return Vec::new();
    };
    // Each step goes to a smaller key, so this ends.
    match state.request_for(found.agent) {
        Some(first) if first != id => offer_request(state, now, first),
        _ => {
            let came = Came {
                occasion: Occasion::RequestCame,
                candidates: found
                    .candidates
                    .saturating_sub(state.held_back_but_free(id)),
            };
            offer(state, now, id, found.agent, came)
        }
    }
}

/// An agent who has one more of a medium looks for a request, after what that one interrupts
/// rests.
fn offer_beside(state: &State, now: Now, agent: AgentId, added: Medium) -> Vec<Event> {
    match state.paused_now(agent, Some(added)) {
        Some(paused) => vec![paused],
        None => offer_agent(state, now, agent),
    }
}

/// An agent looks for a request, after what rested without need goes on and unless he wanted to
/// be done with something first, which is over.
fn offer_agent(state: &State, now: Now, agent: AgentId) -> Vec<Event> {
    if let Some(paused) = state.paused_now(agent, None) {
        return vec![paused];
    }
    let done = agents::done_with(state, now, agent);
    if !done.is_empty() {
        return done;
    }
    let Some(id) = state.request_for(agent) else {
        return Vec::new();
    };
    let came = Came {
        occasion: Occasion::AgentCame,
        candidates: 1,
    };
    offer(state, now, id, agent, came)
}

/// The first of these agents who finds a request gets it.
fn offer_one_of(state: &State, now: Now, agents: impl Iterator<Item = AgentId>) -> Vec<Event> {
    agents
        .map(|agent| offer_agent(state, now, agent))
        .find(|events| !events.is_empty())
        .unwrap_or_default()
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
    let held_back = ahead.total - ahead.not_for_agent;
    let excluded = match held_back {
        0 => 0,
        _ => state.ahead_excluded(id, agent),
    };
    let skipped = match came.occasion {
        Occasion::RequestCame => state.skipped(id),
        Occasion::AgentCame | Occasion::Asked => Vec::new(),
    };
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
            rule: State::rule(request),
            candidates: came.candidates,
            idle: now.engine.since(idle_since),
            waited: now.engine.since(request.since.engine),
            step: request.step,
            ahead: ahead.total,
            ahead_not_for_agent: ahead.not_for_agent,
            ahead_cooling: held_back - excluded,
            more: Rare::of(Details {
                skipped,
                ahead_excluded: excluded,
            }),
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
