//! Whether timers fire in time, and when states of agents began.

use ringback_engine::State;
use ringback_model::offer::NotTaken;
use ringback_model::place::Role;
use ringback_model::{
    AgentId, EngineTime, Event, InteractionId, Medium, Now, agent, interaction, offer, route,
};

/// What happens because of a deadline happens not before it, and only while the deadline
/// stands: each fires once.
pub(super) fn not_early(state: &State, now: Now, event: &Event, broken: &mut Vec<String>) {
    let Some(deadline) = deadline_of(state, event) else {
        return;
    };
    match deadline {
        None => broken.push(format!("{} without a deadline", event.name())),
        Some(due) if due > now.engine => {
            broken.push(format!("{} at {now:?}, due at {due}", event.name()));
        }
        Some(_) => {}
    }
}

/// The deadline an event follows from, if it is of a kind that does; `Some(None)` when there is
/// no such deadline.
fn deadline_of(state: &State, event: &Event) -> Option<Option<EngineTime>> {
    match event {
        Event::Offer(offer::Event::NotTaken {
            offer,
            how: NotTaken::Lapsed,
            ..
        }) => Some(state.offer(*offer).map(|it| it.until)),
        Event::Route(route::Event::Cooled { request, agent, .. }) => {
            let request = state.request(*request);
            let pair =
                request.and_then(|it| it.cooling.as_slice().iter().find(|it| it.agent == *agent));
            Some(pair.map(|it| it.until))
        }
        Event::Route(route::Event::Widened { request, .. }) => {
            Some(state.request(*request).and_then(|it| it.widens_at.get()))
        }
        Event::Route(route::Event::Cancelled {
            request,
            cause: route::Cancelled::TimedOut,
            ..
        }) => Some(state.request(*request).and_then(|it| it.ends_at.get())),
        Event::Interaction(interaction::Event::Left {
            of,
            agent,
            role: Role::Owner,
            why: interaction::WhyLeft::TimedOut,
            ..
        }) => Some(returns_at(state, *agent, of.interaction)),
        // A desk that is silent already has live contact looked at again.
        Event::Agent(agent::Event::DeskSilent { agent, returns }) if is_silent(state, *agent) => {
            Some(
                returns
                    .first()
                    .and_then(|(id, _)| returns_at(state, *agent, *id)),
            )
        }
        Event::Agent(agent::Event::DeskSilent { agent, .. }) => Some(
            state
                .at_work(*agent)
                .and_then(|at_work| at_work.desk?.grace_until),
        ),
        _ => None,
    }
}

fn is_silent(state: &State, agent: AgentId) -> bool {
    let desk = state.at_work(agent).and_then(|at_work| at_work.desk);
    desk.is_some_and(|desk| desk.silent)
}

fn returns_at(state: &State, agent: AgentId, id: InteractionId) -> Option<EngineTime> {
    let more = state.at_work(agent)?.more.get()?;
    more.returns.get(&id).copied()
}

/// An offer whose time is over is not accepted.
pub(super) fn not_late(state: &State, now: Now, event: &Event, broken: &mut Vec<String>) {
    if let Event::Offer(offer::Event::Accepted { offer, agent, .. }) = event {
        let open = state.offer(*offer).filter(|it| it.agent == *agent);
        if open.is_none_or(|it| it.until <= now.engine) {
            broken.push(format!("{offer} was accepted, but it was not open"));
        }
    }
}

/// When the agent's present state of readiness for a medium, or the log-in, began.
pub(super) fn began(state: &State, agent: AgentId, medium: Option<Medium>) -> Option<Now> {
    let at_work = state.at_work(agent)?;
    match medium {
        Some(medium) => at_work.media.get(&medium).map(|it| it.since),
        None => at_work.desk.map(|desk| desk.since),
    }
}

/// The states of agents that end with this event.
pub(super) fn ends_state_of(state: &State, event: &Event) -> Vec<(AgentId, Option<Medium>)> {
    let Event::Agent(event) = event else {
        return Vec::new();
    };
    match event {
        agent::Event::Ready { agent, medium, .. }
        | agent::Event::NotReady { agent, medium, .. } => {
            let state_of = (*agent, Some(*medium));
            let had = began(state, *agent, Some(*medium)).is_some();
            had.then_some(state_of).into_iter().collect()
        }
        agent::Event::LoggedIn { agent, .. } => {
            let had = began(state, *agent, None).is_some();
            had.then_some((*agent, None)).into_iter().collect()
        }
        agent::Event::LoggedOut { agent } => {
            let media = state.at_work(*agent).map(|it| it.media.keys().copied());
            let media = media.into_iter().flatten().map(Some);
            media.chain([None]).map(|medium| (*agent, medium)).collect()
        }
        _ => Vec::new(),
    }
}
