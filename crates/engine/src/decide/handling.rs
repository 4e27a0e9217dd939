//! What agents and supervisors do with interactions: place, pull, change, invite, join, leave,
//! hold, lock.

use super::interactions::{ending, new_interaction, open, stop};
use super::{offers, requests, segments, workbins, wrapping};
use crate::guard;
use crate::state::State;
use ringback_model::interaction::{
    Change, Destination, Doer, Ending, Event as It, ExitTo, Input, Interaction, Lock,
    PlacedSequence, Refused as Why, Rest, Submission, WhyLeft, WhyPlaced, Wish,
};
use ringback_model::offer::{Decision, Event as OfferEvent, NotTaken, Occasion, Offer, Rule};
use ringback_model::place::{BackTo, Bin, BinOwner, Party, Place, Role, Who};
use ringback_model::record::SegmentEnd;
use ringback_model::route::{Ask, Cancelled};
use ringback_model::{AgentId, Event, Millis, Name, Now, OfferId, QueueId, Rare, Refused, agent};

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    match input {
        Input::Begin { agent, new } => begin(state, now, *agent, new),
        Input::Place {
            interaction,
            by,
            to,
            change,
            expected,
            reason,
            force,
            route,
        } => {
            let it = open(state, *interaction)?;
            is_at(it, *expected)?;
            let why = WhyPlaced::Asked {
                reason: reason.clone(),
            };
            let placing = Placing {
                by: *by,
                force: *force,
                why,
                route: route.as_deref(),
            };
            place(state, now, it, to, change.as_deref(), &placing)
        }
        Input::Pull {
            interaction,
            agent,
            review,
        } => {
            let it = open(state, *interaction)?;
            guard::pull(state, it, *agent)?;
            guard::able(state, *agent, it.medium)?;
            Ok(pull(it, now, *agent, *review).into_iter().collect())
        }
        Input::Change {
            interaction,
            by,
            change,
            expected,
        } => {
            let it = open(state, *interaction)?;
            guard::change(state, it, *by)?;
            is_at(it, *expected)?;
            fits(state, change)?;
            Ok(changed(it, *by, change).into_iter().collect())
        }
        Input::Invite {
            interaction,
            agent,
            to,
            wish,
        } => {
            let it = open(state, *interaction)?;
            invite(state, now, it, *agent, *to, *wish)
        }
        Input::Join {
            interaction,
            agent,
            coach,
        } => {
            let it = open(state, *interaction)?;
            guard::join(it)?;
            guard::at_desk(state, *agent)?;
            not_there_yet(state, it, *agent)?;
            let role = if *coach { Role::Coach } else { Role::Monitor };
            Ok(vec![joined(it, *agent, role, now)])
        }
        Input::Leave { interaction, agent } => {
            let it = open(state, *interaction)?;
            leave(state, now, it, *agent)
        }
        Input::Hold { interaction, agent } => {
            let it = open(state, *interaction)?;
            guard::hold(it, *agent)?;
            let (of, agent, at) = (requests::subject(it), *agent, now);
            let talk = segments::owned(it, now, SegmentEnd::Held);
            let held = happened(It::Held { of, agent, at });
            Ok(talk.into_iter().chain([held]).collect())
        }
        Input::Resume { interaction, agent } => {
            let it = open(state, *interaction)?;
            guard::resume(it, *agent)?;
            let (of, agent, at) = (requests::subject(it), *agent, now);
            let hold = segments::owned(it, now, SegmentEnd::Resumed);
            let resumed = happened(It::Resumed { of, agent, at });
            Ok(hold.into_iter().chain([resumed]).collect())
        }
        Input::Lock { interaction, by } => {
            let it = open(state, *interaction)?;
            guard::lock(it, *by)?;
            let (of, by, at) = (requests::subject(it), *by, now);
            Ok(vec![happened(It::Locked { of, by, at })])
        }
        Input::Unlock { interaction, by } => {
            let it = open(state, *interaction)?;
            let held_by = guard::unlock(it, *by)?;
            let (of, by) = (requests::subject(it), *by);
            Ok(vec![happened(It::Unlocked { of, held_by, by })])
        }
        Input::Wrap {
            interaction,
            agent,
            act,
        } => {
            let it = open(state, *interaction)?;
            Ok(wrapping::act(state, now, it, *agent, act)?)
        }
        // These are decided by `interactions`.
        Input::Submit(_) | Input::Complete { .. } | Input::Stop { .. } => Ok(Vec::new()),
    }
}

fn happened(event: It) -> Event {
    Event::Interaction(event)
}

fn is_at(it: &Interaction, expected: Option<u64>) -> Result<(), Why> {
    match expected {
        Some(expected) if expected != it.version => Err(Why::VersionMismatch {
            interaction: it.id,
            found: it.version,
            expected,
        }),
        _ => Ok(()),
    }
}

// -- beginning ----------------------------------------------------------------------------------

fn begin(state: &State, now: Now, agent: AgentId, new: &Submission) -> Result<Vec<Event>, Refused> {
    if new.route.is_some() {
        return Err(Why::BegunWithRoute.into());
    }
    guard::able(state, agent, new.medium)?;
    let mut it = new_interaction(state, now, new)?;
    it.place = Place::Handling;
    it.parties.push(Party {
        who: Who::Agent(agent),
        role: Role::Owner,
        since: now,
    });
    it.more.change(|more| more.author = Some(agent));
    Ok(vec![happened(It::Submitted(Box::new(it)))])
}

// -- placing and pulling ------------------------------------------------------------------------

/// How something is placed.
struct Placing<'a> {
    by: Doer,
    force: bool,
    why: WhyPlaced,
    /// What is asked of the routing as soon as it is there.
    route: Option<&'a Ask>,
}

/// Where something goes.
enum Goes {
    Rests(Rest, QueueId, Option<PlacedSequence>),
    Ends,
}

fn place(
    state: &State,
    now: Now,
    it: &Interaction,
    to: &Destination,
    change: Option<&Change>,
    how: &Placing<'_>,
) -> Result<Vec<Event>, Refused> {
    guard::place(state, it, how.by, how.force)?;
    let goes = destination(state, it, to, how.by)?;
    if let Some(change) = change {
        fits(state, change)?;
    }
    let mut events: Vec<Event> = change
        .and_then(|change| changed(it, how.by, change))
        .into_iter()
        .collect();
    let (rest, queue, sequence) = match goes {
        Goes::Rests(rest, queue, sequence) => (rest, queue, sequence),
        Goes::Ends => {
            let ending = by_exit(it, to, how.by);
            events.extend(match ending {
                Ending::Completed { .. } => wrapping::complete(state, now, it, ending)?,
                _ => stop(state, now, it, ending),
            });
            return Ok(events);
        }
    };
    let out = match how.by {
        Doer::Agent(_) => (WhyLeft::Placed, NotTaken::Withdrawn, SegmentEnd::Placed),
        Doer::Supervisor | Doer::System => {
            (WhyLeft::TakenOut, NotTaken::TakenOut, SegmentEnd::TakenOut)
        }
    };
    let handed_on = hand_on(state, now, it, (&rest, queue), how)?;
    events.extend(out_of_work(state, now, it, out));
    events.push(happened(It::Placed {
        of: requests::subject(it),
        to: rest,
        queue,
        by: how.by,
        why: how.why.clone(),
        at: now,
        sequence,
    }));
    events.extend(handed_on);
    Ok(events)
}

/// The route request of what is placed somewhere and asked of the routing in the same step: of the
/// interaction as it is there, out of the hands it was in.
fn hand_on(
    state: &State,
    now: Now,
    it: &Interaction,
    (rest, queue): (&Rest, QueueId),
    how: &Placing<'_>,
) -> Result<Option<Event>, Refused> {
    let Some(ask) = how.route else {
        return Ok(None);
    };
    let mut there = it.clone();
    there.place = match rest {
        Rest::Queue(_) => Place::Queue,
        Rest::Workbin { owner, workbin } => Place::Workbin {
            workbin: workbin.clone(),
            owner: Some(*owner),
        },
    };
    there.queue = queue;
    there.requests.clear();
    // The lock of its owner goes with him.
    let goes = |lock: &mut Lock| lock.by == how.by || matches!(lock.by, Doer::Agent(_));
    there.more.change(|more| more.lock.take_if(goes));
    let giver = match how.by {
        Doer::Agent(agent) => Some(agent),
        Doer::Supervisor | Doer::System => None,
    };
    requests::make_without(state, now, &there, ask, giver).map(Some)
}

/// How an interaction ends that leaves by a way out to the end.
fn by_exit(it: &Interaction, to: &Destination, by: Doer) -> Ending {
    let reason = match to {
        Destination::Exit(name) => name.clone(),
        _ => it.kind.clone(),
    };
    match by {
        Doer::Agent(agent) => Ending::Completed {
            agent,
            reason,
            disposition: None,
        },
        Doer::Supervisor | Doer::System => ending(&reason),
    }
}

fn destination(
    state: &State,
    it: &Interaction,
    to: &Destination,
    by: Doer,
) -> Result<Goes, Refused> {
    match to {
        Destination::Queue(name) => into_queue(state, it, name),
        Destination::Workbin { owner, workbin } => {
            takes_from(state, it, *owner, by)?;
            enter_bin(state, it, *owner, workbin)
        }
        Destination::GroupWorkbin { group, workbin } => {
            let owner = workbins::owner(state, group, workbin)?;
            takes_from(state, it, owner, by)?;
            enter_bin(state, it, owner, workbin)
        }
        Destination::Own => {
            let rest = Rest::Queue(it.queue);
            Ok(Goes::Rests(rest, it.queue, Some(next_placing(state))))
        }
        Destination::Author { workbin } => {
            let author = it.more.get().and_then(|more| more.author);
            let author = author.ok_or(Why::NoAuthor(it.id))?;
            enter_bin(state, it, BinOwner::Agent(author), workbin)
        }
        Destination::Back if it.place == Place::Handling => {
            let (rest, queue) = back(state, it);
            Ok(Goes::Rests(rest, queue, None))
        }
        Destination::Back => Err(guard::wrong_place(it, "handling").into()),
        Destination::Exit(name) => {
            let exits = it.said().into_iter();
            let mut exits = exits.flat_map(|said| said.out_queues.iter().chain(&said.in_queues));
            match exits.find(|exit| exit.name == *name).map(|exit| &exit.to) {
                Some(ExitTo::Queue(queue)) => into_queue(state, it, queue),
                Some(ExitTo::Stop) => Ok(Goes::Ends),
                None => Err(Why::UnknownExit {
                    interaction: it.id,
                    exit: name.clone(),
                }
                .into()),
            }
        }
    }
}

/// An agent lays something only where he could take it from again.
fn takes_from(state: &State, it: &Interaction, owner: BinOwner, by: Doer) -> Result<(), Why> {
    match by {
        Doer::Agent(agent) if !state.keeps(agent, owner) => Err(Why::WorkbinOfAnother {
            interaction: it.id,
            owner,
            agent,
        }),
        _ => Ok(()),
    }
}

fn into_queue(state: &State, it: &Interaction, name: &Name) -> Result<Goes, Refused> {
    let queue = state
        .queue_named(name)
        .ok_or_else(|| Why::UnknownQueue(name.clone()))?;
    if queue.id != it.queue && state.open_in(queue.id) >= queue.body.open_max {
        return Err(Why::QueueFull {
            queue: name.clone(),
            limit: queue.body.open_max,
        }
        .into());
    }
    let rest = Rest::Queue(queue.id);
    Ok(Goes::Rests(rest, queue.id, Some(next_placing(state))))
}

fn enter_bin(
    state: &State,
    it: &Interaction,
    owner: BinOwner,
    workbin: &Name,
) -> Result<Goes, Refused> {
    if let BinOwner::Agent(agent) = owner
        && state.agent(agent).is_none()
    {
        return Err(agent::Refused::Unknown(agent).into());
    }
    if it.is_live() {
        return Err(Why::Live(it.id).into());
    }
    let workbin = workbin.clone();
    workbins::takes_one_more(
        state,
        it,
        &Bin {
            owner,
            workbin: workbin.clone(),
        },
    )?;
    let rest = Rest::Workbin { owner, workbin };
    Ok(Goes::Rests(rest, it.queue, Some(next_placing(state))))
}

fn next_placing(state: &State) -> PlacedSequence {
    let counters = state.counters();
    PlacedSequence {
        submitted: counters.interaction,
        placing: counters.placing + 1,
    }
}

/// Where an interaction rested before it was handled.
fn back(state: &State, it: &Interaction) -> (Rest, QueueId) {
    let from = it.more.get().and_then(|more| more.pulled_from.clone());
    // The customer may have come on the line since: that does not lie in a workbin. The group whose
    // workbin it was may be gone.
    let from = from.filter(|rest| match rest {
        Rest::Queue(_) => true,
        Rest::Workbin { owner, .. } => !it.is_live() && is_there(state, *owner),
    });
    (from.unwrap_or(Rest::Queue(it.queue)), it.queue)
}

fn is_there(state: &State, owner: BinOwner) -> bool {
    match owner {
        BinOwner::Agent(agent) => state.agent(agent).is_some(),
        BinOwner::Group(group) => state.object(group).is_some(),
    }
}

/// What is put back where it was, because nobody works on it any more.
fn put_back(state: &State, it: &Interaction, by: Doer, why: WhyPlaced, at: Now) -> Event {
    let (to, queue) = back(state, it);
    happened(It::Placed {
        of: requests::subject(it),
        to,
        queue,
        by,
        why,
        at,
        sequence: None,
    })
}

fn pull(it: &Interaction, at: Now, agent: AgentId, review: bool) -> Option<Event> {
    let from = match &it.place {
        Place::Workbin { workbin, owner } => Rest::Workbin {
            owner: (*owner)?,
            workbin: workbin.clone(),
        },
        _ => Rest::Queue(it.queue),
    };
    Some(happened(It::Pulled {
        of: requests::subject(it),
        from,
        agent,
        review,
        at,
        medium: Some(it.medium),
    }))
}

/// Ends whatever is under way: the routing, an offer, the handling.
fn out_of_work(
    state: &State,
    now: Now,
    it: &Interaction,
    (why, offers_end, end): (WhyLeft, NotTaken, SegmentEnd),
) -> Vec<Event> {
    let mut events = Vec::new();
    for offer in state.offers_of(it) {
        events.extend(offers::not_taken(state, now, it, offer, offers_end.clone()));
    }
    for (index, request) in it.requests.iter().enumerate() {
        let last = index + 1 == it.requests.len();
        if let Some(request) = state.request(*request) {
            events.push(segments::wait(it, request, now, end));
        }
        events.push(requests::ended(it, *request, Cancelled::TakenOut, last));
    }
    events.extend(all_leave(it, now, why, end));
    events
}

/// All agents take part no more: first those the owner had asked.
pub(super) fn all_leave(it: &Interaction, now: Now, why: WhyLeft, end: SegmentEnd) -> Vec<Event> {
    let mut events = others_leave(it, now, why, |_| true);
    if let Some(owner) = it.owner() {
        events.extend(segments::owned(it, now, end));
        events.push(left(it, owner, Role::Owner, why, now));
    }
    events
}

/// Agents in these roles take part no more because the owner does not.
pub(super) fn others_leave(
    it: &Interaction,
    now: Now,
    why: WhyLeft,
    these: impl Fn(Role) -> bool,
) -> Vec<Event> {
    let why = if why == WhyLeft::Stopped {
        why
    } else {
        WhyLeft::OwnerLeft
    };
    let mut events = Vec::new();
    for party in &it.parties {
        if let (Who::Agent(agent), role) = (party.who, party.role)
            && role != Role::Owner
            && these(role)
        {
            events.extend(segments::took_part(it, party, now, SegmentEnd::Left));
            events.push(left(it, agent, role, why, now));
        }
    }
    events
}

fn left(it: &Interaction, agent: AgentId, role: Role, why: WhyLeft, at: Now) -> Event {
    happened(It::Left {
        of: requests::subject(it),
        agent,
        role,
        why,
        at,
    })
}

fn joined(it: &Interaction, agent: AgentId, role: Role, at: Now) -> Event {
    happened(It::Joined {
        of: requests::subject(it),
        agent,
        role,
        at,
        medium: Some(it.medium),
    })
}

// -- changing -----------------------------------------------------------------------------------

fn fits(state: &State, change: &Change) -> Result<(), Refused> {
    let exits = [&change.in_queues, &change.out_queues].into_iter();
    known_exits(state, exits.flatten().flatten())?;
    if let Some(reviewer) = change.reviewer.as_ref().and_then(|edit| edit.value())
        && state.agent(reviewer).is_none()
    {
        return Err(agent::Refused::Unknown(reviewer).into());
    }
    Ok(())
}

/// The queues that ways out lead to exist.
pub(super) fn known_exits<'a>(
    state: &State,
    exits: impl Iterator<Item = &'a ringback_model::interaction::Exit>,
) -> Result<(), Why> {
    for exit in exits {
        if let ExitTo::Queue(name) = &exit.to
            && state.queue_named(name).is_none()
        {
            return Err(Why::UnknownQueue(name.clone()));
        }
    }
    Ok(())
}

fn changed(it: &Interaction, by: Doer, change: &Change) -> Option<Event> {
    (*change != Change::default()).then(|| {
        happened(It::Changed {
            of: requests::subject(it),
            change: Box::new(change.clone()),
            by,
        })
    })
}

// -- taking part --------------------------------------------------------------------------------

fn not_there_yet(state: &State, it: &Interaction, agent: AgentId) -> Result<(), Why> {
    let invited = state.offers_of(it).any(|offer| offer.agent == agent);
    if invited || it.party(agent).is_some() {
        let interaction = it.id;
        return Err(Why::PartyAlready { interaction, agent });
    }
    Ok(())
}

fn invite(
    state: &State,
    now: Now,
    it: &Interaction,
    agent: AgentId,
    to: AgentId,
    wish: Wish,
) -> Result<Vec<Event>, Refused> {
    guard::own(it, agent)?;
    // Who takes part already and is asked to take over, has said yes before.
    let takes_part = it.party(to).map(|party| party.role);
    if wish == Wish::Transfer
        && let Some(Role::Consultant | Role::Conference) = takes_part
    {
        guard::at_desk(state, to)?;
        return Ok(pass_to(state, now, it, to, WhyLeft::Transferred));
    }
    guard::invite(it, agent)?;
    not_there_yet(state, it, to)?;
    guard::able(state, to, it.medium)?;
    guard::undisturbed(state, to, it.medium)?;
    let idle_since = state.at_work(to).map_or(now.engine, |it| it.idle_since);
    let offer = Offer {
        id: OfferId(state.counters().offer + 1),
        interaction: it.id,
        request: None,
        agent: to,
        medium: it.medium,
        made: now,
        until: now.engine + state.offer_ttl(it.medium),
        back_to: BackTo::Handling,
        decision: Decision {
            occasion: Occasion::Asked,
            rule: Rule::Named,
            candidates: 1,
            idle: now.engine.since(idle_since),
            waited: Millis::ZERO,
            step: 0,
            ahead: 0,
            ahead_not_for_agent: 0,
            ahead_cooling: 0,
            more: Rare::none(),
        },
        wish: Some(wish),
    };
    let made = OfferEvent::Made {
        of: requests::subject(it),
        offer: Box::new(offer),
    };
    Ok(vec![Event::Offer(made)])
}

/// The owner goes and one who takes part owns it from now on. Those the old owner had asked for
/// advice, and those he was still asking, go with him.
fn pass_to(state: &State, now: Now, it: &Interaction, to: AgentId, why: WhyLeft) -> Vec<Event> {
    let mut events = owner_goes(state, now, it, why, Some(to), None);
    if let Some(party) = it.party(to) {
        events.extend(segments::took_part(it, party, now, SegmentEnd::Transferred));
    }
    events.push(joined(it, to, Role::Owner, now));
    events
}

/// The owner goes, because another takes over: an offer that was just accepted is left alone.
pub(super) fn owner_goes(
    state: &State,
    now: Now,
    it: &Interaction,
    why: WhyLeft,
    heir: Option<AgentId>,
    accepted: Option<OfferId>,
) -> Vec<Event> {
    let mut events = Vec::new();
    for offer in state.offers_of(it).filter(|it| Some(it.id) != accepted) {
        events.extend(offers::not_taken(
            state,
            now,
            it,
            offer,
            NotTaken::Withdrawn,
        ));
    }
    for party in &it.parties {
        if let (Who::Agent(agent), Role::Consultant) = (party.who, party.role)
            && Some(agent) != heir
        {
            events.extend(segments::took_part(it, party, now, SegmentEnd::Left));
            events.push(left(it, agent, Role::Consultant, WhyLeft::OwnerLeft, now));
        }
    }
    if let Some(owner) = it.owner() {
        let end = match why {
            WhyLeft::Transferred => SegmentEnd::Transferred,
            _ => SegmentEnd::Left,
        };
        events.extend(segments::owned(it, now, end));
        events.push(left(it, owner, Role::Owner, why, now));
    }
    events
}

fn leave(state: &State, now: Now, it: &Interaction, agent: AgentId) -> Result<Vec<Event>, Refused> {
    let role = guard::leave(it, agent)?;
    if role != Role::Owner {
        let party = it.party(agent);
        let segment = party.and_then(|it_| segments::took_part(it, it_, now, SegmentEnd::Left));
        let left = left(it, agent, role, WhyLeft::Chosen, now);
        return Ok(segment.into_iter().chain([left]).collect());
    }
    // Of a conference the one who has been there longest takes over.
    let there = |party: &&Party| match party.who {
        Who::Agent(agent) => guard::at_desk(state, agent).is_ok(),
        _ => false,
    };
    let peers = it.parties.iter().filter(|it| it.role == Role::Conference);
    let peers = peers.filter(there);
    let first = peers.min_by_key(|party| (party.since.engine, party.who));
    if let Some(Who::Agent(heir)) = first.map(|party| party.who) {
        return Ok(pass_to(state, now, it, heir, WhyLeft::Chosen));
    }
    let out = (WhyLeft::Chosen, NotTaken::Withdrawn, SegmentEnd::Left);
    let mut events = out_of_work(state, now, it, out);
    events.push(put_back(
        state,
        it,
        Doer::Agent(agent),
        WhyPlaced::OwnerLeft,
        now,
    ));
    Ok(events)
}

/// The desk of its owner was silent for too long: it goes back to where it was.
pub(super) fn goes_back(state: &State, now: Now, it: &Interaction, owner: AgentId) -> Vec<Event> {
    let out = (WhyLeft::TimedOut, NotTaken::Withdrawn, SegmentEnd::TimedOut);
    let mut events = out_of_work(state, now, it, out);
    let by = Doer::Agent(owner);
    events.push(put_back(state, it, by, WhyPlaced::HandlingTimedOut, now));
    events
}

/// What an agent with a silent desk took part in goes on without him, unless the customer is on
/// the line.
pub(super) fn stops_advising(state: &State, now: Now, agent: AgentId) -> Vec<Event> {
    let claims = state.at_work(agent).into_iter().flat_map(|it| &it.claims);
    let mut events = Vec::new();
    for it in claims.filter_map(|claim| state.interaction(claim.interaction)) {
        if let Some(party) = it.party(agent)
            && party.role != Role::Owner
            && !it.is_live()
        {
            events.extend(segments::took_part(it, party, now, SegmentEnd::TimedOut));
            events.push(left(it, agent, party.role, WhyLeft::TimedOut, now));
        }
    }
    events
}

/// The agent listens to nothing more.
pub(super) fn stops_listening(state: &State, now: Now, agent: AgentId, why: WhyLeft) -> Vec<Event> {
    let more = state.at_work(agent).and_then(|it| it.more.get());
    let listens = more.into_iter().flat_map(|more| &more.listens);
    listens
        .filter_map(|id| {
            let it = state.interaction(*id)?;
            Some(left(it, agent, it.party(agent)?.role, why, now))
        })
        .collect()
}

/// How long this interaction stays with a silent desk: what it says itself, what its medium has,
/// what the tenant has.
pub(super) fn handling_timeout(state: &State, it: &Interaction) -> Millis {
    use ringback_model::config::HANDLING_TIMEOUT_KEY;
    use ringback_model::value::Value;
    let own = match it.user_data.open.get(HANDLING_TIMEOUT_KEY) {
        Some(Value::Int(seconds)) => u64::try_from(*seconds).ok().filter(|it| *it > 0),
        _ => None,
    };
    own.map_or_else(
        || state.handling_max(it.medium),
        |seconds| Millis(seconds.saturating_mul(1_000)),
    )
}

/// Nothing of what few interactions have.
pub(super) fn nothing_more(new: &Submission) -> Rare<ringback_model::interaction::More> {
    let said = new.said.get().cloned().unwrap_or_default();
    Rare::of(ringback_model::interaction::More {
        said,
        ..Default::default()
    })
}
