//! What happens when time has passed.

use super::{agents, logins, offers, requests, segments, targets, views, wrapping};
use crate::state::State;
use crate::timers::Timer;
use ringback_model::offer::NotTaken;
use ringback_model::record::SegmentEnd;
use ringback_model::route::{Cancelled, ChangeCause, Event as Route, RouteRequest};
use ringback_model::{AgentId, Event, InteractionId, Now, OfferId, RouteRequestId, node};

/// Fires the earliest timers that are due. Timers of one input are independent of one another
/// but for those that change one agent's work: what they mean depends on what the others left,
/// so each waits for an input of its own. All others that are due happen together, so that what
/// follows is decided when all of them have happened.
pub(super) fn due(state: &State, now: Now, limit: u32) -> Vec<Event> {
    let mut events = Vec::new();
    let mut touched = Vec::new();
    for (_, timer) in state.timers.due(now.engine, limit as usize) {
        if stands_alone(timer) {
            // It moves interactions, which others may be about.
            if events.is_empty() {
                events.extend(fire(state, now, timer));
            }
            break;
        }
        if let Some(agent) = works_for(state, timer) {
            if touched.contains(&agent) {
                break;
            }
            touched.push(agent);
        }
        events.extend(fire(state, now, timer));
    }
    events
}

/// Whether a timer has to have an input of its own.
const fn stands_alone(timer: Timer) -> bool {
    matches!(
        timer,
        Timer::RequestEnds(_) | Timer::Returns(..) | Timer::Looks(_)
    )
}

/// The agent whose work a timer changes.
fn works_for(state: &State, timer: Timer) -> Option<AgentId> {
    match timer {
        Timer::OfferLapses(id) => state.offer(id).map(|offer| offer.agent),
        Timer::DeskSilent(agent) => Some(agent),
        // These look at nothing but the request or the session, which no other timer ends.
        Timer::Cooled(..)
        | Timer::Widens(_)
        | Timer::ForgetResults
        | Timer::SessionEnds(_)
        | Timer::Thresholds => None,
        Timer::RequestEnds(_) | Timer::Looks(_) => None,
        Timer::Returns(agent, _) => Some(agent),
        Timer::WrapOver(id) => state.interaction(id).and_then(|it| it.owner()),
    }
}

fn fire(state: &State, now: Now, timer: Timer) -> Vec<Event> {
    match timer {
        Timer::OfferLapses(offer) => lapse(state, now, offer),
        Timer::DeskSilent(agent) => agents::silent(state, now, agent),
        Timer::Cooled(request, agent) => cooled(state, request, agent),
        Timer::Widens(request) => widen(state, now, request),
        Timer::SessionEnds(session) => logins::over(state, now, session),
        Timer::Thresholds => vec![state.thresholds_in_time(now)],
        Timer::RequestEnds(request) => found_nobody(state, now, request),
        Timer::Returns(agent, it) => agents::returns(state, now, agent, it),
        Timer::WrapOver(id) => wrap_over(state, now, id),
        Timer::Looks(view) => views::look(state, now, view),
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

/// The time of a wrap-up is over, said or unsaid.
fn wrap_over(state: &State, now: Now, id: InteractionId) -> Vec<Event> {
    let it = state.interaction(id);
    match it.and_then(|it| Some((it, it.wrap()?))) {
        Some((it, wrap)) => wrapping::ended(state, now, it, wrap, SegmentEnd::TimedOut),
        None => Vec::new(),
    }
}

/// A request that found nobody in time ends; with the last one its interaction rests.
fn found_nobody(state: &State, now: Now, id: RouteRequestId) -> Vec<Event> {
    let request = state.request(id);
    let it = request.and_then(|request| state.interaction(request.interaction));
    match (request, it) {
        (Some(request), Some(it)) => vec![
            segments::wait(it, request, now, SegmentEnd::TimedOut),
            requests::cancelled(it, id, Cancelled::TimedOut),
        ],
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
    let turned = requests::turned(request.clone(), now);
    let of = requests::subject(it);
    let waited_for = |it: &RouteRequest| it.more.get().is_some_and(|more| more.last.is_some());
    if waited_for(request) && !waited_for(&turned) {
        return vec![Event::Route(Route::Changed {
            of,
            request: Box::new(turned),
            cause: ChangeCause::LastAgentGone,
        })];
    }
    if turned.documented().is_some() {
        return vec![targets::turn(state, now, it, &turned)];
    }
    vec![Event::Route(Route::Widened {
        of,
        request: id,
        step: turned.step,
        widens_at: turned.widens_at.get(),
    })]
}
