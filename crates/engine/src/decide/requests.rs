//! Making, widening and cancelling route requests.

use super::{interactions, segments, targets};
use crate::guard;
use crate::state::State;
use ringback_model::config::Kind;
use ringback_model::interaction::{Interaction, Subject};
use ringback_model::place::Place;
use ringback_model::record::SegmentEnd;
use ringback_model::route::{
    Ask, Cancelled, Change, ChangeCause, Event as It, Input, Last, LastAgent, More, Refused as Why,
    RouteRequest, Selection,
};
use ringback_model::target::{Expression, Target};
use ringback_model::{
    AgentId, Deadline, EngineTime, Event, Millis, Name, Now, OrderKey, Rare, Refused,
    RouteRequestId,
};

/// How many requests one interaction may have at once.
pub(super) const REQUESTS_MAX: usize = 8;

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    match input {
        Input::Request { interaction, ask } => {
            let it = interactions::open(state, *interaction)?;
            Ok(vec![make(state, now, it, ask)?])
        }
        Input::Change { request, change } => Ok(change_of(state, now, *request, change)?),
        Input::Cancel { request } => Ok(cancel(state, now, *request)?),
    }
}

/// A new request of an interaction, which may be about to be submitted.
pub(super) fn make(state: &State, now: Now, it: &Interaction, ask: &Ask) -> Result<Event, Refused> {
    make_after(state, now, it, ask, 0)
}

/// A new request that is not offered to the agent who asks for it.
pub(super) fn make_without(
    state: &State,
    now: Now,
    it: &Interaction,
    ask: &Ask,
    giver: Option<AgentId>,
) -> Result<Event, Refused> {
    let mut made = make(state, now, it, ask)?;
    if let (Event::Route(It::Requested { request, .. }), Some(giver)) = (&mut made, giver) {
        request.more.change(|more| more.exclude.insert(giver));
    }
    Ok(made)
}

/// A new request, when as many others as `made` were decided in the same step for the same
/// virtual queue.
pub(super) fn make_after(
    state: &State,
    now: Now,
    it: &Interaction,
    ask: &Ask,
    made: u32,
) -> Result<Event, Refused> {
    routable(it)?;
    let queue = state
        .virtual_queue_named(&ask.virtual_queue)
        .ok_or_else(|| Why::UnknownVirtualQueue(ask.virtual_queue.clone()))?;
    if state.in_line(queue.id).saturating_add(made) >= queue.body.waiting_max {
        let limit = queue.body.waiting_max;
        return Err(Why::VirtualQueueFull {
            virtual_queue: queue.name.clone(),
            limit,
        }
        .into());
    }
    credit_fits(state, ask.credit)?;
    names_what_is_there(state, &ask.target)?;
    if let Some(documented) = &ask.targets {
        targets::usable(state, documented, it.medium)?;
    }
    let mut more = More::default();
    if let Some(selection) = ask.selection.get() {
        choose(state, now, it, selection, &mut more)?;
    }
    let id = RouteRequestId(state.counters().request + 1 + u64::from(made));
    let tier = ask.tier.unwrap_or(it.tier);
    let mut request = RouteRequest {
        id,
        interaction: it.id,
        medium: it.medium,
        virtual_queue: queue.id,
        target: ask.target.clone(),
        step: 0,
        widens_at: Deadline::NONE,
        key: OrderKey::new(tier, now.engine, ask.credit, id.0),
        since: now,
        owner: None,
        due_at: Rare::none(),
        cooling: Rare::none(),
        ends_at: (now.engine + state.routing_max(it.medium)).into(),
        more: Rare::of(more),
    };
    if let Some(documented) = &ask.targets {
        targets::follow(&mut request, documented);
    }
    request.widens_at = turns_at(&request).into();
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

fn credit_fits(state: &State, credit: Millis) -> Result<(), Why> {
    let (_, settings) = state.settings();
    if credit > settings.credit_max {
        return Err(Why::CreditTooLarge {
            credit,
            limit: settings.credit_max,
        });
    }
    Ok(())
}

/// Agents and groups that a target names exist. What is deleted later is wanted by nobody.
fn names_what_is_there(state: &State, target: &Target) -> Result<(), Why> {
    let expressions = target.steps().iter().map(|step| &step.expression);
    let mut missing = expressions.filter_map(|expression| missing_in(state, expression));
    missing
        .next()
        .map_or(Ok(()), |what| Err(Why::UnknownTarget { what }))
}

/// The first agent or group that an expression names and that is not there.
pub(super) fn missing_in(state: &State, expression: &Expression) -> Option<String> {
    let mut missing = None;
    expression.each_belonging(&mut |condition, name| {
        let kind = match condition {
            Expression::Agent(_) => Kind::Agent,
            _ => Kind::Group,
        };
        if missing.is_none() && !state.exists(kind, name) {
            missing = Some(format!("{kind} {name}"));
        }
    });
    missing
}

fn agent_named(state: &State, name: &Name) -> Result<AgentId, Why> {
    let found = state.agent_named(name).map(|it| it.id);
    found.ok_or_else(|| Why::UnknownTarget {
        what: format!("agent {name}"),
    })
}

/// Notes who is to be chosen, in place of what was noted before. Who handled the interaction is
/// known by now: as long as it waits nobody does.
fn choose(
    state: &State,
    now: Now,
    it: &Interaction,
    asked: &Selection,
    more: &mut More,
) -> Result<(), Why> {
    let excluded = asked.exclude.len();
    if excluded > Selection::EXCLUDE_MAX {
        return Err(Why::OutOfRange {
            what: "exclude".to_owned(),
            found: format!("{excluded} agents"),
            limit: format!("{} agents", Selection::EXCLUDE_MAX),
        });
    }
    let exclude = asked.exclude.iter();
    let exclude = exclude.map(|name| agent_named(state, name));
    more.exclude = exclude.collect::<Result<_, _>>()?;
    let known = it.more.get();
    let author = known.and_then(|known| known.author);
    more.exclude.extend(author.filter(|_| asked.not_author));
    let reviewer = known.and_then(|known| known.reviewer);
    more.exclude.extend(reviewer.filter(|_| asked.not_reviewer));
    more.select = asked.select;
    more.last = match &asked.last_agent {
        Some(last) => last_agent(state, now, last)?,
        None => None,
    };
    Ok(())
}

/// The agent to be waited for, if there is any sense in it.
fn last_agent(state: &State, now: Now, asked: &LastAgent) -> Result<Option<Last>, Why> {
    if asked.wait > Selection::WAIT_MAX {
        return Err(Why::OutOfRange {
            what: "the wait for the last agent".to_owned(),
            found: asked.wait.to_string(),
            limit: Selection::WAIT_MAX.to_string(),
        });
    }
    let agent = agent_named(state, &asked.agent)?;
    let logged_in = state.at_work(agent).is_some_and(|it| it.desk.is_some());
    let waits = logged_in && asked.wait > Millis::ZERO;
    Ok(waits.then(|| Last {
        agent,
        name: asked.agent.clone(),
        until: now.engine + asked.wait,
    }))
}

/// When a request wants somebody else next: its last agent's time is over, or its next step comes.
pub(super) fn turns_at(request: &RouteRequest) -> Option<EngineTime> {
    let next = usize::from(request.step) + 1;
    let step = match request.documented() {
        Some(documented) => documented.ends,
        None => step_at(&request.target, next, request.target_since()),
    };
    let last = request.more.get().and_then(|more| more.last.as_ref());
    [step, last.map(|last| last.until)]
        .into_iter()
        .flatten()
        .min()
}

/// A request as it is when some time has passed: the step in force, and whether it waits for its
/// last agent still.
pub(super) fn turned(mut request: RouteRequest, now: Now) -> RouteRequest {
    if request.documented().is_none() {
        let since = request.target_since();
        let steps = request.target.steps().iter();
        let come = steps.take_while(|step| since + step.after <= now.engine);
        request.step = u8::try_from(come.count().saturating_sub(1)).unwrap_or(u8::MAX);
    }
    request.more.change(|more| {
        more.last.take_if(|last| last.until <= now.engine);
    });
    request.widens_at = turns_at(&request).into();
    request
}

/// A request as it is when it waits for its last agent no longer.
fn without_last(mut request: RouteRequest, now: Now) -> RouteRequest {
    request.more.change(|more| more.last = None);
    turned(request, now)
}

/// The first request that waits for an agent who is not there any more wants its target now, with
/// the place it had all the time.
pub(crate) fn falls_back(state: &State, now: Now, agent: AgentId) -> Vec<Event> {
    let waiting = state.waits_for.get(&agent).and_then(|ids| ids.first());
    let request = waiting.and_then(|id| state.request(*id));
    let it = request.and_then(|request| state.interaction(request.interaction));
    let (Some(request), Some(it)) = (request, it) else {
        return Vec::new();
    };
    vec![Event::Route(It::Changed {
        of: subject(it),
        request: Box::new(without_last(request.clone(), now)),
        cause: ChangeCause::LastAgentGone,
    })]
}

/// Changes a request in place: its key keeps its sequence and the start of its wait.
fn change_of(
    state: &State,
    now: Now,
    id: RouteRequestId,
    change: &Change,
) -> Result<Vec<Event>, Why> {
    let before = state.request(id).ok_or(Why::Unknown(id))?;
    let it = state
        .interaction(before.interaction)
        .ok_or(Why::Unknown(id))?;
    let mut request = before.clone();
    if let Some(tier) = change.tier {
        request.key.tier = tier;
    }
    if let Some(credit) = change.credit {
        credit_fits(state, credit)?;
        let OrderKey { tier, sequence, .. } = request.key;
        request.key = OrderKey::new(tier, request.since.engine, credit, sequence);
    }
    let mut more = request.more.get().cloned().unwrap_or_default();
    if let Some(target) = &change.target {
        names_what_is_there(state, target)?;
        request.target = target.clone();
        request.step = 0;
        more.target_since = Some(now.engine);
        more.documented = None;
    }
    if let Some(selection) = &change.selection {
        choose(state, now, it, selection, &mut more)?;
    }
    request.more = Rare::of(more);
    if let Some(documented) = &change.targets {
        targets::usable(state, documented, it.medium)?;
        targets::follow(&mut request, documented);
    }
    let request = turned(request, now);
    if request == *before {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Route(It::Changed {
        of: subject(it),
        request: Box::new(request),
        cause: ChangeCause::Asked,
    })])
}

/// When step `index` of a target comes into force for a request that waits since `since`.
fn step_at(target: &Target, index: usize, since: EngineTime) -> Option<EngineTime> {
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
    let rests = left_without && it.requests[..] == [request];
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
