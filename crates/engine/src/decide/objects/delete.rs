//! Deleting: refused while something needs it or something is in it.

use super::super::{agents, logins};
use super::{Finding, fits, references};
use crate::state::State;
use ringback_model::agent::{ClaimKind, Input as AtWork};
use ringback_model::config::{Event as It, Expected, Kind, Refused as Why, Version};
use ringback_model::interaction::{Event as Moving, Subject};
use ringback_model::place::Place;
use ringback_model::{Event, Name, Now, QueueId};

/// How many interactions are moved at once: all of it is one record of the journal.
const MOVED_MAX: u32 = 10_000;
/// How many of those who need something are named.
const NAMED_MAX: usize = 10;

pub(in crate::decide) fn delete(
    state: &State,
    now: Now,
    kind: Kind,
    name: &Name,
    expected: Expected,
    move_to: Option<&Name>,
) -> Result<Vec<Event>, Why> {
    let version = version(state, kind, name, expected)?;
    if let Some(target) = move_to {
        fits(wrong_target(state, kind, name, target))?;
    }
    needed_by_nobody(state, kind, name)?;
    let mut events = empty(state, now, kind, name, move_to)?;
    let id = id_of(state, kind, name);
    events.push(Event::Config(It::Deleted {
        kind,
        id,
        name: name.clone(),
        version: version + 1,
    }));
    Ok(events)
}

fn version(state: &State, kind: Kind, name: &Name, expected: Expected) -> Result<Version, Why> {
    let what = format!("{kind} {name}");
    let Some(found) = state.version_of(kind, name) else {
        return Err(Why::Unknown { what });
    };
    match expected {
        Expected::Version(version) if version != found => Err(Why::VersionMismatch { what, found }),
        Expected::Absent => Err(Why::VersionMismatch { what, found }),
        _ => Ok(found),
    }
}

fn id_of(state: &State, kind: Kind, name: &Name) -> u64 {
    let id = match kind {
        Kind::Agent => state.agent_named(name).map(|it| it.id.0),
        Kind::Queue => state.queue_named(name).map(|it| it.id.0),
        Kind::VirtualQueue => state.virtual_queue_named(name).map(|it| it.id.0),
        _ => state.object_named(kind, name).map(|it| it.id.0),
    };
    id.unwrap_or_default()
}

/// What is wrong with where interactions shall go.
fn wrong_target(state: &State, kind: Kind, name: &Name, target: &Name) -> Vec<Finding> {
    let problem = match state.queue_named(target) {
        _ if kind != Kind::Queue => Some(format!("only a queue's interactions move, no {kind}'s")),
        _ if name == target => Some("name another queue than the one that is deleted".to_owned()),
        None => Some(format!("there is no queue {target}")),
        Some(to) => {
            let more = state.queue_named(name).map_or(0, |it| state.open_in(it.id));
            let room = to.body.open_max.saturating_sub(state.open_in(to.id));
            let room_for = || format!("queue {target} has room for {room} more, not for {more}");
            (more > room).then(room_for)
        }
    };
    let path = "/move_to".to_owned();
    let finding = |problem| Finding { path, problem };
    problem.map(finding).into_iter().collect()
}

fn needed_by_nobody(state: &State, kind: Kind, name: &Name) -> Result<(), Why> {
    let mut by = references::needed_by(state, kind, name);
    if by.is_empty() {
        return Ok(());
    }
    if by.len() > NAMED_MAX {
        let more = by.len() - NAMED_MAX;
        by.truncate(NAMED_MAX);
        by.push(format!("{more} more"));
    }
    let what = format!("{kind} {name}");
    Err(Why::InUse { what, by })
}

/// What has to happen before it can go.
fn empty(
    state: &State,
    now: Now,
    kind: Kind,
    name: &Name,
    move_to: Option<&Name>,
) -> Result<Vec<Event>, Why> {
    match kind {
        Kind::Agent => log_out(state, now, name),
        Kind::Queue => move_all(state, name, move_to),
        Kind::VirtualQueue => {
            let inside = state.virtual_queue_named(name).map_or(0, |it| {
                let counts = state.line_counts(it.id);
                counts.entered - counts.left
            });
            none_inside(kind, name, u32::try_from(inside).unwrap_or(u32::MAX))
        }
        Kind::Person => Ok(logins::before_delete(state, name)),
        Kind::Workbin => none_inside(kind, name, in_workbin(state, name)),
        Kind::Group => {
            let owner = state.group_bins(name);
            let inside = owner.map_or(0, |owner| state.in_workbins(owner));
            none_inside(kind, name, u32::try_from(inside).unwrap_or(u32::MAX))
        }
        _ => Ok(Vec::new()),
    }
}

fn none_inside(kind: Kind, name: &Name, open: u32) -> Result<Vec<Event>, Why> {
    if open == 0 {
        return Ok(Vec::new());
    }
    Err(Why::NotEmpty {
        what: format!("{kind} {name}"),
        open,
        limit: MOVED_MAX,
    })
}

/// Costs a walk over all open interactions, but only while something is in a workbin at all.
fn in_workbin(state: &State, name: &Name) -> u32 {
    if state.places().elsewhere == 0 {
        return 0;
    }
    let inside = state.interactions.in_order();
    let inside = inside
        .filter(|(_, it)| matches!(&it.place, Place::Workbin { workbin, .. } if workbin == name));
    u32::try_from(inside.count()).unwrap_or(u32::MAX)
}

/// An agent who is logged in without work is logged out first.
fn log_out(state: &State, now: Now, name: &Name) -> Result<Vec<Event>, Why> {
    let Some((agent, at_work)) = state
        .agent_named(name)
        .and_then(|it| Some((it.id, state.at_work(it.id)?)))
    else {
        return Ok(Vec::new());
    };
    let claims = at_work.claims.iter();
    let claims = claims.filter(|claim| claim.kind != ClaimKind::Offered);
    let claims = claims.count();
    let has_work = || Why::HasWork {
        agent: name.clone(),
        claims,
    };
    if claims > 0 {
        return Err(has_work());
    }
    if at_work.desk.is_none() {
        return Ok(Vec::new());
    }
    agents::at_desk(state, now, &AtWork::LogOut { agent }).map_err(|_| has_work())
}

/// Costs a walk over all open interactions, unless the queue is empty.
fn move_all(state: &State, name: &Name, move_to: Option<&Name>) -> Result<Vec<Event>, Why> {
    let Some(from) = state.queue_named(name).map(|it| it.id) else {
        return Ok(Vec::new());
    };
    let open = state.open_in(from);
    let to = move_to.and_then(|name| state.queue_named(name));
    match to {
        Some(to) if open <= MOVED_MAX => Ok(moved(state, from, to.id)),
        _ => none_inside(Kind::Queue, name, open),
    }
}

fn moved(state: &State, from: QueueId, to: QueueId) -> Vec<Event> {
    let open = state.interactions.in_order();
    let open = open.filter(|(_, it)| it.queue == from);
    open.map(|(interaction, _)| {
        let queue = from;
        let of = Subject { interaction, queue };
        Event::Interaction(Moving::Moved { of, to })
    })
    .collect()
}
