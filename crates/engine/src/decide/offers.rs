//! Accepting, rejecting and ending offers.

use super::{handling, requests, segments};
use crate::guard;
use crate::state::{EndedOffer, State};
use ringback_model::agent::{Event as AgentEvent, NotReady};
use ringback_model::interaction::{Interaction, WhyLeft, Wish};
use ringback_model::offer::{Event as It, Input, NotTaken, Offer, Refused as Why};
use ringback_model::record::SegmentEnd;
use ringback_model::route::Cancelled;
use ringback_model::{AgentId, Event, Millis, Now, OfferId, Refused};

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    match input {
        Input::Accept { offer, agent } => {
            let (it, offer) = open_to(state, now, *offer, *agent)?;
            Ok(accept(state, now, it, offer))
        }
        Input::Reject {
            offer,
            agent,
            reason,
        } => {
            let (it, offer) = open_to(state, now, *offer, *agent)?;
            let how = NotTaken::Rejected {
                reason: reason.clone(),
            };
            Ok(not_taken(state, now, it, offer, how))
        }
        Input::Withdraw { offer, agent } => withdraw(state, now, *offer, *agent),
    }
}

/// Who asked another agent does not want it any more.
fn withdraw(state: &State, now: Now, id: OfferId, agent: AgentId) -> Result<Vec<Event>, Refused> {
    let offer = state.offer(id).ok_or_else(|| gone(state, id))?;
    let it = state
        .interaction(offer.interaction)
        .ok_or(Why::Unknown(id))?;
    if offer.wish.is_none() {
        return Err(Why::Routed(id).into());
    }
    guard::own(it, agent)?;
    Ok(not_taken(state, now, it, offer, NotTaken::Withdrawn))
}

/// The open offer and its interaction, if it was made to this agent and has not lapsed. An
/// offer whose time is over is over, even if its timer has not fired yet.
fn open_to(
    state: &State,
    now: Now,
    id: OfferId,
    agent: AgentId,
) -> Result<(&Interaction, &Offer), Why> {
    let offer = state.offer(id).ok_or_else(|| gone(state, id))?;
    if offer.agent != agent {
        return Err(Why::NotYours {
            offer: id,
            to: offer.agent,
            agent,
        });
    }
    if offer.until <= now.engine {
        return Err(Why::Over {
            offer: id,
            how: said(EndedOffer::Lapsed).to_owned(),
        });
    }
    let it = state
        .interaction(offer.interaction)
        .ok_or(Why::Unknown(id))?;
    Ok((it, offer))
}

fn gone(state: &State, id: OfferId) -> Why {
    match state.ended_offers.get(&id) {
        Some(how) => Why::Over {
            offer: id,
            how: said(*how).to_owned(),
        },
        None => Why::Unknown(id),
    }
}

const fn said(how: EndedOffer) -> &'static str {
    match how {
        EndedOffer::Accepted => "it was accepted",
        EndedOffer::Rejected => "it was rejected",
        EndedOffer::Lapsed => "nobody answered in time and the interaction went back",
        EndedOffer::DeskGone => "the desk was gone and the interaction went back",
        EndedOffer::InteractionStopped => "the interaction has been stopped",
        EndedOffer::Withdrawn => "the agent who asked took it back",
        EndedOffer::TakenOut => "a supervisor took the interaction out",
    }
}

fn accept(state: &State, now: Now, it: &Interaction, offer: &Offer) -> Vec<Event> {
    let mut events = vec![segments::ring(state, it, offer, now, SegmentEnd::Accepted)];
    if offer.wish == Some(Wish::Transfer) {
        let why = WhyLeft::Transferred;
        events.extend(handling::owner_goes(
            state,
            now,
            it,
            why,
            None,
            Some(offer.id),
        ));
    }
    for request in it.requests.iter().filter_map(|id| state.request(*id)) {
        let matched = Some(request.id) == offer.request;
        let end = if matched {
            SegmentEnd::Answered
        } else {
            SegmentEnd::MatchedElsewhere
        };
        events.push(segments::wait(it, request, now, end));
        if !matched {
            events.push(requests::cancelled(
                it,
                request.id,
                Cancelled::MatchedElsewhere,
            ));
        }
    }
    events.push(Event::Offer(It::Accepted {
        of: requests::subject(it),
        offer: offer.id,
        agent: offer.agent,
        at: now,
        advises: matches!(offer.wish, Some(Wish::Consult | Wish::Conference)),
    }));
    events
}

/// An offer ends without being taken: what happens to it, and to the agent who missed it.
pub(super) fn not_taken(
    state: &State,
    now: Now,
    it: &Interaction,
    offer: &Offer,
    how: NotTaken,
) -> Vec<Event> {
    let cool_down = state.cool_down(offer.medium);
    let missed_before = state
        .at_work(offer.agent)
        .and_then(|at_work| at_work.misses.get(&offer.medium).copied())
        .unwrap_or(0);
    // Nobody can answer at a desk that is lost: that is no miss of the agent.
    let missed = how == NotTaken::Lapsed && desk_answers(state, offer.agent);
    let misses = match how {
        NotTaken::Lapsed if missed => missed_before.saturating_add(1),
        _ => missed_before,
    };
    let cools = matches!(how, NotTaken::Lapsed | NotTaken::Rejected { .. })
        && offer.request.is_some()
        && cool_down > Millis::ZERO;
    let end = match how {
        NotTaken::Lapsed => SegmentEnd::Lapsed,
        NotTaken::Rejected { .. } => SegmentEnd::Rejected,
        NotTaken::DeskGone
        | NotTaken::InteractionStopped
        | NotTaken::Withdrawn
        | NotTaken::TakenOut => SegmentEnd::Withdrawn,
    };
    let too_many = missed && misses >= state.misses_max(offer.medium);
    let mut events = vec![
        segments::ring(state, it, offer, now, end),
        Event::Offer(It::NotTaken {
            of: requests::subject(it),
            offer: offer.id,
            agent: offer.agent,
            back_to: offer.back_to.clone(),
            how,
            cooling_until: cools.then(|| now.engine + cool_down),
            misses,
        }),
    ];
    if too_many {
        events.extend(missed_too_many(state, now, offer));
    }
    events
}

fn desk_answers(state: &State, agent: AgentId) -> bool {
    let desk = state.at_work(agent).and_then(|at_work| at_work.desk);
    desk.is_some_and(|desk| desk.answers())
}

/// After too many missed offers in a row an agent is set not ready for the medium.
fn missed_too_many(state: &State, now: Now, offer: &Offer) -> Vec<Event> {
    let ready = state
        .at_work(offer.agent)
        .and_then(|at_work| at_work.media.get(&offer.medium))
        .is_some_and(|readiness| readiness.not_ready.is_none());
    if !ready {
        return Vec::new();
    }
    let not_ready = Event::Agent(AgentEvent::NotReady {
        agent: offer.agent,
        medium: offer.medium,
        why: NotReady::Missed,
        at: now,
    });
    let interval = segments::readiness(state, offer.agent, offer.medium, now);
    interval.into_iter().chain([not_ready]).collect()
}
