//! Logging in and out, readiness, desks that fall silent.

use super::{handling, offers, reasons, segments, workbins, wrapping};
use crate::state::State;
use ringback_model::agent::{
    AtWork, ClaimKind, Desk, Event as It, Input, Manner, NotReady, Refused as Why,
};
use ringback_model::interaction::WhyLeft;
use ringback_model::offer::NotTaken;
use ringback_model::record::SegmentEnd;
use ringback_model::{
    AgentId, DeskSessionId, EngineTime, Event, InteractionId, Medium, Name, Now, Refused,
};

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    match input {
        Input::Subscribe {
            agent,
            group,
            workbin,
        } => workbins::subscribe(state, *agent, group.as_ref(), workbin),
        Input::Unsubscribe {
            agent,
            group,
            workbin,
        } => workbins::unsubscribe(state, *agent, group.as_ref(), workbin),
        input => Ok(at_desk(state, now, input)?),
    }
}

/// What is asked about an agent and his desk.
pub(super) fn at_desk(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Why> {
    match input {
        Input::LogIn { agent, media } => log_in(state, now, *agent, media),
        Input::LogOut { agent } => log_out(state, now, *agent),
        Input::Ready { agent, media } => ready(state, now, *agent, media),
        Input::NotReady {
            agent,
            media,
            reason,
            manner,
        } => not_ready(state, now, *agent, media, reason, *manner),
        Input::DeskLost { agent, session } => desk_lost(state, now, *agent, *session),
        Input::DeskBack { agent, session } => desk_back(state, *agent, *session),
        // These are decided by `workbins`.
        Input::Subscribe { .. } | Input::Unsubscribe { .. } => Ok(Vec::new()),
    }
}

fn log_in(state: &State, now: Now, agent: AgentId, media: &[Medium]) -> Result<Vec<Event>, Why> {
    if state.agent(agent).is_none() {
        return Err(Why::Unknown(agent));
    }
    let takes = |medium: Medium| state.most(agent, medium) > 0;
    if let Some(medium) = media.iter().find(|medium| !takes(**medium)) {
        return Err(Why::NoCapacity {
            agent,
            medium: *medium,
        });
    }
    let asked = |medium: &Medium| {
        if media.is_empty() {
            takes(*medium)
        } else {
            media.contains(medium)
        }
    };
    let media = Medium::ALL.into_iter().filter(asked).collect();
    let session = DeskSessionId(state.counters().desk + 1);
    let logged_in = Event::Agent(It::LoggedIn {
        agent,
        session,
        media,
        at: now,
    });
    // A desk that is replaced ends its stretch of being logged in.
    let replaced = state.at_work(agent).and_then(|at_work| at_work.desk);
    let stretch = replaced.map(|desk| segments::logged_in(agent, desk.since, now));
    Ok(stretch.into_iter().chain([logged_in]).collect())
}

fn log_out(state: &State, now: Now, agent: AgentId) -> Result<Vec<Event>, Why> {
    let (at_work, desk) = logged_in(state, agent)?;
    let claims = at_work
        .claims
        .iter()
        .filter(|claim| claim.kind != ClaimKind::Offered)
        .count();
    if claims > 0 {
        return Err(Why::HasWork { agent, claims });
    }
    let mut events = withdraw_offers(state, now, agent);
    let why = WhyLeft::LoggedOut;
    events.extend(handling::stops_listening(state, now, agent, why));
    for medium in at_work.media.keys() {
        events.extend(segments::readiness(state, agent, *medium, now));
    }
    events.push(segments::logged_in(agent, desk.since, now));
    events.push(Event::Agent(It::LoggedOut { agent }));
    Ok(events)
}

/// The agent at work and the desk, if logged in.
fn logged_in(state: &State, agent: AgentId) -> Result<(&AtWork, Desk), Why> {
    let at_work = state.at_work(agent).ok_or(Why::Unknown(agent))?;
    let desk = at_work.desk.ok_or(Why::NotLoggedIn(agent))?;
    Ok((at_work, desk))
}

fn ready(state: &State, now: Now, agent: AgentId, media: &[Medium]) -> Result<Vec<Event>, Why> {
    let (at_work, desk) = logged_in(state, agent)?;
    let mut events = Vec::new();
    // Who speaks is there.
    if desk.silent || desk.grace_until.is_some() {
        events.push(Event::Agent(It::DeskBack { agent }));
    }
    for medium in chosen(at_work, agent, media)? {
        let is_ready = at_work
            .media
            .get(&medium)
            .is_some_and(|it| it.not_ready.is_none());
        // Who was about to be not ready says that he is not.
        if !is_ready || at_work.next(medium).is_some() {
            events.extend(segments::readiness(state, agent, medium, now));
            events.push(Event::Agent(It::Ready {
                agent,
                medium,
                at: now,
            }));
        }
    }
    Ok(events)
}

fn not_ready(
    state: &State,
    now: Now,
    agent: AgentId,
    media: &[Medium],
    reason: &Name,
    manner: Manner,
) -> Result<Vec<Event>, Why> {
    let (at_work, _) = logged_in(state, agent)?;
    reasons::pauses(state, agent, reason)?;
    let reason = || reason.clone();
    let why = match manner {
        Manner::Now | Manner::AfterThis => NotReady::Chosen { reason: reason() },
        Manner::DoNotDisturb => NotReady::DoNotDisturb { reason: reason() },
    };
    let mut events = Vec::new();
    for medium in chosen(at_work, agent, media)? {
        let is = at_work.media.get(&medium).map(|it| &it.not_ready);
        let works = is == Some(&None) && at_work.has(medium);
        if manner == Manner::AfterThis && works {
            let reason = reason();
            if at_work.next(medium) != Some(&reason) {
                events.push(Event::Agent(It::NotReadyNext {
                    agent,
                    medium,
                    reason,
                }));
            }
        } else if is != Some(&Some(why.clone())) {
            events.extend(segments::readiness(state, agent, medium, now));
            events.push(set_not_ready(agent, medium, &why, now));
        }
    }
    Ok(events)
}

/// What an agent wanted to be done with before he is not ready is over.
pub(crate) fn done_with(state: &State, now: Now, agent: AgentId) -> Vec<Event> {
    let Some(at_work) = state.at_work(agent) else {
        return Vec::new();
    };
    let next = at_work.more.get().into_iter().flat_map(|more| &more.next);
    let mut events = Vec::new();
    for (medium, reason) in next.filter(|(medium, _)| !at_work.has(**medium)) {
        let why = NotReady::Chosen {
            reason: reason.clone(),
        };
        events.extend(segments::readiness(state, agent, *medium, now));
        events.push(set_not_ready(agent, *medium, &why, now));
    }
    events
}

/// The media meant: those named, or all the agent is logged in for.
fn chosen(at_work: &AtWork, agent: AgentId, media: &[Medium]) -> Result<Vec<Medium>, Why> {
    if media.is_empty() {
        return Ok(at_work.media.keys().copied().collect());
    }
    match media
        .iter()
        .find(|medium| !at_work.media.contains_key(medium))
    {
        Some(medium) => Err(Why::NotLoggedInFor {
            agent,
            medium: *medium,
        }),
        // Each once, even if named twice.
        None => Ok(at_work
            .media
            .keys()
            .copied()
            .filter(|medium| media.contains(medium))
            .collect()),
    }
}

fn set_not_ready(agent: AgentId, medium: Medium, why: &NotReady, at: Now) -> Event {
    Event::Agent(It::NotReady {
        agent,
        medium,
        why: why.clone(),
        at,
    })
}

fn desk_lost(
    state: &State,
    now: Now,
    agent: AgentId,
    session: DeskSessionId,
) -> Result<Vec<Event>, Why> {
    let desk = current(state, agent, session)?;
    if desk.silent || desk.grace_until.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![lost(state, now, agent)])
}

fn desk_back(state: &State, agent: AgentId, session: DeskSessionId) -> Result<Vec<Event>, Why> {
    let desk = current(state, agent, session)?;
    if !desk.silent && desk.grace_until.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Agent(It::DeskBack { agent })])
}

/// The desk that speaks, if it is the one in force.
fn current(state: &State, agent: AgentId, session: DeskSessionId) -> Result<Desk, Why> {
    let (_, desk) = logged_in(state, agent)?;
    if desk.session == session {
        Ok(desk)
    } else {
        Err(Why::OldDesk { agent, session })
    }
}

fn lost(state: &State, now: Now, agent: AgentId) -> Event {
    let (_, settings) = state.settings();
    Event::Agent(It::DeskLost {
        agent,
        grace_until: now.engine + settings.desk_grace,
    })
}

/// After the engine was opened no desk has answered yet: each gets the grace to come back.
pub(super) fn all_desks_lost(state: &State, now: Now) -> Vec<Event> {
    let waits_for = |agent: &AgentId| {
        let desk = state.at_work(*agent).and_then(|at_work| at_work.desk);
        desk.is_some_and(|desk| !desk.silent && desk.grace_until.is_none())
    };
    state
        .agent_ids()
        .into_iter()
        .filter(waits_for)
        .map(|agent| lost(state, now, agent))
        .collect()
}

/// The grace of a desk is over: its offers go back, it takes nothing more and listens to nothing
/// more; what it handles stays with it until its time is up.
pub(super) fn silent(state: &State, now: Now, agent: AgentId) -> Vec<Event> {
    let Some(at_work) = state.at_work(agent) else {
        return Vec::new();
    };
    let mut events = withdraw_offers(state, now, agent);
    for (medium, readiness) in &at_work.media {
        if readiness.not_ready.is_none() {
            events.extend(segments::readiness(state, agent, *medium, now));
            events.push(set_not_ready(agent, *medium, &NotReady::Silent, now));
        }
    }
    let why = WhyLeft::TimedOut;
    events.extend(handling::stops_listening(state, now, agent, why));
    events.extend(handling::stops_advising(state, now, agent));
    let returns = to_return(state, now, agent);
    events.push(Event::Agent(It::DeskSilent { agent, returns }));
    events
}

/// When what an agent with a silent desk handles goes back, where that is not settled yet.
fn to_return(state: &State, now: Now, agent: AgentId) -> Vec<(InteractionId, EngineTime)> {
    let Some(at_work) = state.at_work(agent) else {
        return Vec::new();
    };
    let settled = at_work.more.get().map(|more| &more.returns);
    let in_hand = at_work.claims.iter().map(|claim| claim.interaction);
    let open = in_hand.filter(|id| settled.is_none_or(|settled| !settled.contains_key(id)));
    let mut returns: Vec<_> = open
        .filter_map(|id| state.interaction(id))
        .filter(|it| it.owner() == Some(agent))
        .map(|it| (it.id, now.engine + handling::handling_timeout(state, it)))
        .collect();
    returns.sort_unstable();
    returns
}

/// Desks that fell silent before there were time-outs: from now on there are.
pub(super) fn unsettled(state: &State, now: Now) -> Vec<Event> {
    let silent = |agent: &AgentId| {
        let desk = state.at_work(*agent).and_then(|at_work| at_work.desk);
        desk.is_some_and(|desk| desk.silent)
    };
    let agents = state.agent_ids().into_iter().filter(silent);
    let returns = agents.map(|agent| (agent, to_return(state, now, agent)));
    returns
        .filter(|(_, returns)| !returns.is_empty())
        .map(|(agent, returns)| Event::Agent(It::DeskSilent { agent, returns }))
        .collect()
}

/// An interaction is too long in the hands of an agent with a silent desk: it goes back. Live
/// contact stays, and is looked at again after the same time.
pub(super) fn returns(state: &State, now: Now, agent: AgentId, id: InteractionId) -> Vec<Event> {
    let Some(it) = state.interaction(id) else {
        return Vec::new();
    };
    if let Some(wrap) = it.wrap() {
        return wrapping::ended(state, now, it, wrap, SegmentEnd::TimedOut);
    }
    if it.is_live() {
        let again = now.engine + handling::handling_timeout(state, it);
        let returns = vec![(id, again)];
        return vec![Event::Agent(It::DeskSilent { agent, returns })];
    }
    handling::goes_back(state, now, it, agent)
}

fn withdraw_offers(state: &State, now: Now, agent: AgentId) -> Vec<Event> {
    let mut events = Vec::new();
    for offer in state.offers_to(agent) {
        if let Some(it) = state.interaction(offer.interaction) {
            events.extend(offers::not_taken(state, now, it, offer, NotTaken::DeskGone));
        }
    }
    events
}
