//! Submitting, completing, stopping.

use super::{effects, handling, offers, reasons, requests, segments, wrapping};
use crate::guard;
use crate::state::State;
use ringback_model::interaction::{
    Ending, Event as It, Input, Interaction, Refused as Why, Requests, StopCause, Subject,
    Submission, WhyLeft,
};
use ringback_model::offer::NotTaken;
use ringback_model::place::{Party, Place, Role, Who};
use ringback_model::record::SegmentEnd;
use ringback_model::route::Cancelled;
use ringback_model::{Event, InteractionId, Name, Now, Refused};

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    match input {
        Input::Submit(submission) => submit(state, now, submission),
        Input::Complete {
            interaction,
            agent,
            reason,
            disposition,
        } => {
            let it = open(state, *interaction)?;
            guard::own(it, *agent)?;
            reasons::ends(state, it.id, reason)?;
            let ending = Ending::Completed {
                agent: *agent,
                reason: reason.clone(),
                disposition: disposition.clone(),
            };
            Ok(wrapping::complete(state, now, it, ending)?)
        }
        // Stopping what is stopped changes nothing and is no mistake: two may stop at once.
        Input::Stop { interaction, .. } if state.is_stopped(*interaction) => Ok(Vec::new()),
        Input::Stop { interaction, cause } => {
            let it = open(state, *interaction)?;
            match (cause, it.wrap()) {
                // The customer does not ask whether it is locked.
                (StopCause::Abandoned, None) => {
                    Ok(wrapping::contact_over(state, now, it, Ending::Abandoned))
                }
                // He was gone already.
                (StopCause::Abandoned, Some(_)) => Ok(Vec::new()),
                (StopCause::Cancelled { reason }, None) => {
                    guard::unlocked(it)?;
                    reasons::ends(state, it.id, reason)?;
                    Ok(stop(state, now, it, ending(reason)))
                }
                (StopCause::Cancelled { reason }, Some(wrap)) => {
                    reasons::ends(state, it.id, reason)?;
                    let end = SegmentEnd::Stopped;
                    Ok(wrapping::ended(state, now, it, wrap, end))
                }
            }
        }
        other => handling::decide(state, now, other),
    }
}

/// It is ended from outside.
pub(super) fn ending(reason: &Name) -> Ending {
    Ending::Cancelled {
        reason: reason.clone(),
    }
}

/// The interaction, if it is open.
pub(super) fn open(state: &State, id: InteractionId) -> Result<&Interaction, Why> {
    state.interaction(id).ok_or_else(|| {
        if state.is_stopped(id) {
            Why::Stopped(id)
        } else {
            Why::Unknown(id)
        }
    })
}

fn submit(state: &State, now: Now, new: &Submission) -> Result<Vec<Event>, Refused> {
    let it = new_interaction(state, now, new)?;
    let requested = match &new.route {
        Some(ask) => Some(requests::make(state, now, &it, ask)?),
        None => None,
    };
    let submitted = Event::Interaction(It::Submitted(Box::new(it)));
    Ok([Some(submitted), requested].into_iter().flatten().collect())
}

/// A new interaction at rest in its queue, if there is room for it.
pub(super) fn new_interaction(
    state: &State,
    now: Now,
    new: &Submission,
) -> Result<Interaction, Refused> {
    let queue = state
        .queue_named(&new.queue)
        .ok_or_else(|| Why::UnknownQueue(new.queue.clone()))?;
    let (_, settings) = state.settings();
    if state.open() >= settings.open_max as usize {
        return Err(Why::TooManyOpen {
            limit: settings.open_max,
        }
        .into());
    }
    if state.open_in(queue.id) >= queue.body.open_max {
        let limit = queue.body.open_max;
        return Err(Why::QueueFull {
            queue: queue.name.clone(),
            limit,
        }
        .into());
    }
    let parent = new
        .parent
        .filter(|id| id.0 > state.counters().interaction || id.0 == 0);
    if let Some(parent) = parent {
        return Err(Why::Unknown(parent).into());
    }
    if let Some(said) = new.said.get() {
        handling::known_exits(state, said.in_queues.iter().chain(&said.out_queues))?;
    }
    Ok(Interaction {
        id: InteractionId(state.counters().interaction + 1),
        medium: new.medium,
        kind: new.kind.clone(),
        subkind: new.subkind.clone(),
        tier: new.tier,
        queue: queue.id,
        contact: new.contact,
        parent: new.parent,
        thread: new.parent.map(|id| thread_of(state, id)),
        user_data: new.user_data.clone(),
        submitted: now,
        place: Place::Queue,
        parties: vec![Party {
            who: Who::Customer,
            role: Role::Customer,
            since: now,
        }],
        requests: Requests::new(),
        version: 1,
        more: handling::nothing_more(new),
    })
}

/// A child belongs to the thread of its parent, which starts one if it has none.
fn thread_of(state: &State, parent: InteractionId) -> InteractionId {
    state
        .interaction(parent)
        .and_then(|it| it.thread)
        .unwrap_or(parent)
}

/// Ends an interaction wherever it is: withdraws its offer, ends its waits and its handling.
pub(super) fn stop(state: &State, now: Now, it: &Interaction, ending: Ending) -> Vec<Event> {
    let mut events = Vec::new();
    for offer in state.offers_of(it) {
        events.extend(offers::not_taken(
            state,
            now,
            it,
            offer,
            NotTaken::InteractionStopped,
        ));
    }
    for request in it.requests.iter().filter_map(|id| state.request(*id)) {
        let end = wait_end(state, request, now, &ending);
        events.push(segments::wait(it, request, now, end));
        events.push(requests::cancelled(
            it,
            request.id,
            Cancelled::InteractionStopped,
        ));
    }
    events.extend(handling::others_leave(it, now, WhyLeft::Stopped, |_| true));
    let end = segment_end(&ending);
    events.extend(over(state, now, it, ending, end));
    events
}

/// How the handling ends with the contact.
pub(super) const fn segment_end(ending: &Ending) -> SegmentEnd {
    match ending {
        Ending::Completed { .. } => SegmentEnd::Completed,
        Ending::Abandoned | Ending::AbandonedWith { .. } | Ending::Cancelled { .. } => {
            SegmentEnd::Stopped
        }
    }
}

/// Nobody but its owner has to do with it any more: it is over.
pub(super) fn over(
    state: &State,
    now: Now,
    it: &Interaction,
    ending: Ending,
    end: SegmentEnd,
) -> Vec<Event> {
    let of = Subject {
        interaction: it.id,
        queue: it.queue,
    };
    let mut events = Vec::from_iter(segments::owned(it, now, end));
    let notice = effects::notice(state, now, it.id, &ending);
    events.push(Event::Interaction(It::Stopped {
        of,
        owner: it.owner(),
        ending,
        at: now,
    }));
    events.extend(notice);
    events
}

/// How a wait ends when its interaction is ended.
fn wait_end(
    state: &State,
    request: &ringback_model::route::RouteRequest,
    now: Now,
    ending: &Ending,
) -> SegmentEnd {
    if *ending != Ending::Abandoned {
        return SegmentEnd::Stopped;
    }
    let short = state
        .virtual_queue(request.virtual_queue)
        .is_some_and(|it| now.engine.since(request.since.engine) < it.body.short_abandon);
    if short {
        SegmentEnd::ShortAbandoned
    } else {
        SegmentEnd::Abandoned
    }
}
