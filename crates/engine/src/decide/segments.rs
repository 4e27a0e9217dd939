//! Facts for the reports: one event for every stretch that ends.

use crate::state::State;
use ringback_model::interaction::Interaction;
use ringback_model::offer::Offer;
use ringback_model::place::{Party, Role, Who};
use ringback_model::record::{
    AgentInterval, AgentState, Event as Fact, Segment, SegmentEnd, SegmentKind,
};
use ringback_model::route::RouteRequest;
use ringback_model::{AgentId, Event, Medium, Now};

/// A request stopped waiting.
pub(super) fn wait(it: &Interaction, request: &RouteRequest, to: Now, end: SegmentEnd) -> Event {
    segment(Segment {
        interaction: it.id,
        medium: it.medium,
        who: Who::Customer,
        kind: SegmentKind::Wait,
        queue: it.queue,
        virtual_queue: Some(request.virtual_queue),
        request: Some(request.id),
        from: came(request),
        to,
        end,
    })
}

/// When a request came into the virtual queue it is in.
fn came(request: &RouteRequest) -> Now {
    let moved = request.more.get().and_then(|more| more.moved);
    moved.unwrap_or(request.since)
}

/// An agent was not invited any more.
pub(super) fn ring(
    state: &State,
    it: &Interaction,
    offer: &Offer,
    to: Now,
    end: SegmentEnd,
) -> Event {
    segment(Segment {
        interaction: it.id,
        medium: it.medium,
        who: Who::Agent(offer.agent),
        kind: SegmentKind::Ring,
        queue: it.queue,
        virtual_queue: offer
            .request
            .and_then(|id| state.request(id))
            .map(|request| request.virtual_queue),
        request: offer.request,
        from: offer.made,
        to,
        end,
    })
}

/// The owner stopped talking, holding or wrapping up.
pub(super) fn owned(it: &Interaction, to: Now, end: SegmentEnd) -> Option<Event> {
    let owner = it.parties.iter().find(|party| party.role == Role::Owner)?;
    let more = it.more.get();
    let held = more.and_then(|more| more.held);
    let resumed = more.and_then(|more| more.resumed);
    let (kind, from) = match (it.wrap(), held) {
        (Some(wrap), _) => (SegmentKind::Wrap, wrap.since),
        (None, Some(since)) => (SegmentKind::Hold, since),
        (None, None) => (SegmentKind::Talk, resumed.unwrap_or(owner.since)),
    };
    Some(stretch(it, owner.who, kind, from, to, end))
}

/// Someone the owner had asked took part no more. Listening is no stretch of work.
pub(super) fn took_part(
    it: &Interaction,
    party: &Party,
    to: Now,
    end: SegmentEnd,
) -> Option<Event> {
    matches!(party.role, Role::Consultant | Role::Conference)
        .then(|| stretch(it, party.who, SegmentKind::Consult, party.since, to, end))
}

fn stretch(
    it: &Interaction,
    who: Who,
    kind: SegmentKind,
    from: Now,
    to: Now,
    end: SegmentEnd,
) -> Event {
    segment(Segment {
        interaction: it.id,
        medium: it.medium,
        who,
        kind,
        queue: it.queue,
        virtual_queue: None,
        request: None,
        from,
        to,
        end,
    })
}

fn segment(segment: Segment) -> Event {
    Event::Record(Fact::Segment(Box::new(segment)))
}

/// An agent left a state of readiness for a medium.
pub(super) fn readiness(state: &State, agent: AgentId, medium: Medium, to: Now) -> Option<Event> {
    let was = state.at_work(agent)?.media.get(&medium)?;
    let in_state = match &was.not_ready {
        None => AgentState::Ready,
        Some(why) => AgentState::NotReady { why: why.clone() },
    };
    Some(interval(agent, Some(medium), in_state, was.since, to))
}

/// An agent's stretch of being logged in ended.
pub(super) fn logged_in(agent: AgentId, from: Now, to: Now) -> Event {
    interval(agent, None, AgentState::LoggedIn, from, to)
}

fn interval(
    agent: AgentId,
    medium: Option<Medium>,
    state: AgentState,
    from: Now,
    to: Now,
) -> Event {
    let interval = AgentInterval {
        agent,
        medium,
        state,
        from,
        to,
    };
    Event::Record(Fact::Interval(Box::new(interval)))
}
