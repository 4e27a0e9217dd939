//! Making, widening and cancelling route requests.

use super::{interactions, segments};
use crate::guard;
use crate::state::State;
use ringback_model::interaction::{Interaction, Subject};
use ringback_model::place::Place;
use ringback_model::record::SegmentEnd;
use ringback_model::route::{Ask, Cancelled, Event as It, Input, Refused as Why, RouteRequest};
use ringback_model::{Deadline, EngineTime, Event, Now, OrderKey, Refused, RouteRequestId};

/// How many requests one interaction may have at once.
pub(super) const REQUESTS_MAX: usize = 8;

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    match input {
        Input::Request { interaction, ask } => {
            let it = interactions::open(state, *interaction)?;
            Ok(vec![make(state, now, it, ask)?])
        }
        Input::Cancel { request } => Ok(cancel(state, now, *request)?),
    }
}

/// A new request of an interaction, which may be about to be submitted.
pub(super) fn make(state: &State, now: Now, it: &Interaction, ask: &Ask) -> Result<Event, Refused> {
    routable(it)?;
    let queue = state
        .virtual_queue_named(&ask.virtual_queue)
        .ok_or_else(|| Why::UnknownVirtualQueue(ask.virtual_queue.clone()))?;
    if state.in_line(queue.id) >= queue.body.waiting_max {
        let limit = queue.body.waiting_max;
        return Err(Why::VirtualQueueFull {
            virtual_queue: queue.name.clone(),
            limit,
        }
        .into());
    }
    let (_, settings) = state.settings();
    if ask.credit > settings.credit_max {
        return Err(Why::CreditTooLarge {
            credit: ask.credit,
            limit: settings.credit_max,
        }
        .into());
    }
    let id = RouteRequestId(state.counters().request + 1);
    let tier = ask.tier.unwrap_or(it.tier);
    let request = RouteRequest {
        id,
        interaction: it.id,
        medium: it.medium,
        virtual_queue: queue.id,
        target: ask.target.clone(),
        step: 0,
        widens_at: step_at(&ask.target, 1, now.engine),
        key: OrderKey::new(tier, now.engine, ask.credit, id.0),
        since: now,
        owner: None,
        due_at: None,
        cooling: Vec::new(),
        ends_at: Deadline(Some(now.engine + settings.timeouts.routing)),
    };
    Ok(Event::Route(It::Requested {
        of: subject(it),
        request: Box::new(request),
    }))
}

/// One more request can be made of it.
pub(crate) fn routable(it: &Interaction) -> Result<(), Refused> {
    guard::unlocked(it)?;
    if !matches!(it.place, Place::Queue | Place::Routing) {
        let place = it.place.name().to_owned();
        return Err(Why::NotRoutable {
            interaction: it.id,
            place,
        }
        .into());
    }
    if it.requests.len() >= REQUESTS_MAX {
        return Err(Why::TooMany {
            interaction: it.id,
            limit: REQUESTS_MAX,
        }
        .into());
    }
    Ok(())
}

/// When step `index` of a target comes into force for a request that waits since `since`.
pub(super) fn step_at(
    target: &ringback_model::target::Target,
    index: usize,
    since: EngineTime,
) -> Option<EngineTime> {
    target.steps().get(index).map(|step| since + step.after)
}

pub(super) const fn subject(it: &Interaction) -> Subject {
    Subject {
        interaction: it.id,
        queue: it.queue,
    }
}

fn cancel(state: &State, now: Now, id: RouteRequestId) -> Result<Vec<Event>, Why> {
    let request = state.request(id).ok_or(Why::Unknown(id))?;
    let it = state
        .interaction(request.interaction)
        .ok_or(Why::Unknown(id))?;
    if matches!(it.place, Place::Offer { .. }) {
        return Err(Why::Offered { request: id });
    }
    let wait = segments::wait(it, request, now, SegmentEnd::TakenBack);
    Ok(vec![wait, cancelled(it, id, Cancelled::Asked)])
}

/// A request ends without a match. An interaction that is left without one rests in its queue.
pub(super) fn cancelled(it: &Interaction, request: RouteRequestId, cause: Cancelled) -> Event {
    let left_without = matches!(cause, Cancelled::Asked | Cancelled::TimedOut);
    let rests = left_without && it.requests == [request];
    ended(it, request, cause, rests)
}

/// A request ends without a match; `rests` with the last one.
pub(super) fn ended(
    it: &Interaction,
    request: RouteRequestId,
    cause: Cancelled,
    rests: bool,
) -> Event {
    Event::Route(It::Cancelled {
        of: subject(it),
        request,
        cause,
        rests,
    })
}
