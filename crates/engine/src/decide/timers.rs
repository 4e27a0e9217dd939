//! What happens when time has passed.

use super::{agents, offers, requests};
use crate::state::State;
use crate::timers::Timer;
use ringback_model::offer::NotTaken;
use ringback_model::route::Event as Route;
use ringback_model::{AgentId, Event, Now, OfferId, RouteRequestId, node};

/// Fires the earliest timers that are due. Timers of one input are independent of one another
/// but for two that concern the same agent or interaction; those wait for the next input, so
/// that each is decided against what the other left.
pub(super) fn due(state: &State, now: Now, limit: u32) -> Vec<Event> {
    let mut events = Vec::new();
    let mut touched = Touched::default();
    for (_, timer) in state.timers.due(now.engine, limit as usize) {
        if !touched.first_of(state, timer) {
            break;
        }
        events.extend(fire(state, now, timer));
    }
    events
}

/// Agents and interactions that a timer of this input has already changed.
#[derive(Default)]
struct Touched {
    agents: Vec<AgentId>,
    interactions: Vec<ringback_model::InteractionId>,
}

impl Touched {
    /// Whether nothing this timer is about was touched before; marks it.
    fn first_of(&mut self, state: &State, timer: Timer) -> bool {
        let of_request = |id| state.request(id).map(|request| request.interaction);
        let (agents, interactions) = match timer {
            Timer::OfferLapses(id) => match state.offer(id) {
                Some(offer) => (vec![offer.agent], vec![offer.interaction]),
                None => (vec![], vec![]),
            },
            Timer::DeskSilent(agent) => {
                let offered = state.offers_to(agent);
                (
                    vec![agent],
                    offered.into_iter().map(|offer| offer.interaction).collect(),
                )
            }
            Timer::Cooled(id, agent) => (vec![agent], of_request(id).into_iter().collect()),
            Timer::Widens(id) => (vec![], of_request(id).into_iter().collect()),
            Timer::ForgetResults => (vec![], vec![]),
        };
        let fresh = agents.iter().all(|agent| !self.agents.contains(agent))
            && interactions
                .iter()
                .all(|it| !self.interactions.contains(it));
        self.agents.extend(agents);
        self.interactions.extend(interactions);
        fresh
    }
}

fn fire(state: &State, now: Now, timer: Timer) -> Vec<Event> {
    match timer {
        Timer::OfferLapses(offer) => lapse(state, now, offer),
        Timer::DeskSilent(agent) => agents::silent(state, now, agent),
        Timer::Cooled(request, agent) => cooled(state, request, agent),
        Timer::Widens(request) => widen(state, now, request),
        Timer::ForgetResults => {
            let (_, settings) = state.settings();
            let kept = settings.results_kept;
            let before = ringback_model::EngineTime(now.engine.0.saturating_sub(kept.0));
            vec![Event::Node(node::Event::ResultsForgotten { before })]
        }
    }
}

fn lapse(state: &State, now: Now, id: OfferId) -> Vec<Event> {
    let offer = state.offer(id);
    let it = offer.and_then(|offer| state.interaction(offer.interaction));
    match (offer, it) {
        (Some(offer), Some(it)) => offers::not_taken(state, now, it, offer, NotTaken::Lapsed),
        _ => Vec::new(),
    }
}

fn cooled(state: &State, request: RouteRequestId, agent: AgentId) -> Vec<Event> {
    let it = state
        .request(request)
        .and_then(|it| state.interaction(it.interaction));
    let of = it.map(requests::subject);
    of.map(|of| Event::Route(Route::Cooled { of, request, agent }))
        .into_iter()
        .collect()
}

/// Brings the last step into force whose time has come; steps in between are passed over.
fn widen(state: &State, now: Now, id: RouteRequestId) -> Vec<Event> {
    let Some(request) = state.request(id) else {
        return Vec::new();
    };
    let Some(it) = state.interaction(request.interaction) else {
        return Vec::new();
    };
    let since = request.since.engine;
    let come = |step: &ringback_model::target::Step| since + step.after <= now.engine;
    let reached = request
        .target
        .steps()
        .iter()
        .take_while(|step| come(step))
        .count();
    let step = u8::try_from(reached.saturating_sub(1)).unwrap_or(u8::MAX);
    let widens_at = requests::step_at(&request.target, reached, since);
    let of = requests::subject(it);
    vec![Event::Route(Route::Widened {
        of,
        request: id,
        step,
        widens_at,
    })]
}
