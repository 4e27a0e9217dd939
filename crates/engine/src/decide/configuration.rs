//! Changing the configuration: references and versions are checked here, the event carries the
//! whole new version.

use super::{logins, objects};
use crate::state::State;
use ringback_model::config::{
    Agent, AgentBody, ApiKey, Capacity, Event as It, Expected, Finding, Input, Kind, Queue,
    QueueBody, Refused as Why, Role, Scope, Settings, Timeouts, Version, VirtualQueue,
    VirtualQueueBody,
};
use ringback_model::{AgentId, Event, Millis, Name, Now, QueueId, VirtualQueueId};
use std::collections::BTreeSet;

/// How many objects of one kind a tenant may have.
const OBJECTS_MAX: usize = 100_000;
/// How many skills an agent may have.
pub(super) const SKILLS_MAX: usize = 256;
/// How many open keys the settings may name.
const OPEN_KEYS_MAX: usize = 256;

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Why> {
    let event = match input {
        Input::PutQueue {
            name,
            body,
            expected,
        } => put_queue(state, name, body, *expected)?,
        Input::PutVirtualQueue {
            name,
            body,
            expected,
        } => put_virtual_queue(state, name, body, *expected)?,
        Input::PutAgent {
            name,
            body,
            expected,
        } => put_agent(state, name, body, *expected)?,
        Input::MakeKey {
            name,
            hash,
            role,
            queues,
            groups,
            agent,
            bounds,
        } => {
            let scope = scope(state, queues.as_ref(), groups.as_ref())?;
            let mut made = make_key(state, name, hash, *role, scope, agent.as_ref())?;
            made.bounds.clone_from(bounds);
            It::KeyPut(Box::new(made))
        }
        Input::RevokeKey { name } => match revoke_key(state, name)? {
            Some(event) => event,
            None => return Ok(Vec::new()),
        },
        Input::PutSettings { settings, expected } => put_settings(state, settings, *expected)?,
        Input::Put {
            name,
            body,
            expected,
        } => {
            let put = objects::put(state, name, body, *expected)?;
            let after = logins::after_put(state, name, body);
            return Ok(std::iter::once(Event::Config(put)).chain(after).collect());
        }
        Input::Delete {
            kind,
            name,
            expected,
            move_to,
        } => return objects::delete(state, now, *kind, name, *expected, move_to.as_ref()),
    };
    Ok(vec![Event::Config(event)])
}

/// The version a named object gets. One that is made again goes on where it was deleted.
pub(super) fn next_version_of(
    state: &State,
    kind: Kind,
    name: &Name,
    expected: Expected,
) -> Result<Version, Why> {
    let found = state.version_of(kind, name);
    let next = next_version(&format!("{kind} {name}"), found, expected)?;
    Ok(next + state.retired.get(kind, name).unwrap_or(0))
}

/// The version a changed object gets, if the change was made against the version that is there.
pub(super) fn next_version(
    what: &str,
    found: Option<Version>,
    expected: Expected,
) -> Result<Version, Why> {
    let found = found.unwrap_or(0);
    let fits = match expected {
        Expected::Any => true,
        Expected::Absent => found == 0,
        Expected::Version(version) => found == version,
    };
    if fits {
        Ok(found + 1)
    } else {
        Err(Why::VersionMismatch {
            what: what.to_owned(),
            found,
        })
    }
}

pub(super) fn room_for_more(what: &str, known: bool, count: usize) -> Result<(), Why> {
    if known || count < OBJECTS_MAX {
        return Ok(());
    }
    Err(Why::TooMany {
        what: what.to_owned(),
        limit: OBJECTS_MAX,
    })
}

fn put_queue(state: &State, name: &Name, body: &QueueBody, expected: Expected) -> Result<It, Why> {
    let found = state.queue_named(name);
    room_for_more("queues", found.is_some(), state.names.queues.len())?;
    objects::check_queue(state, body)?;
    Ok(It::QueuePut(Box::new(Queue {
        id: found.map_or(QueueId(state.counters().queue + 1), |it| it.id),
        name: name.clone(),
        version: next_version_of(state, Kind::Queue, name, expected)?,
        body: body.clone(),
    })))
}

fn put_virtual_queue(
    state: &State,
    name: &Name,
    body: &VirtualQueueBody,
    expected: Expected,
) -> Result<It, Why> {
    let found = state.virtual_queue_named(name);
    room_for_more(
        "virtual queues",
        found.is_some(),
        state.names.virtual_queues.len(),
    )?;
    within("short_abandon", body.short_abandon, Millis::ZERO, HOUR)?;
    let serves = body.serves.as_ref();
    if let Some(what) = serves.and_then(|serves| super::requests::missing_in(state, serves)) {
        let path = "/serves".to_owned();
        let problem = format!("there is no {what}");
        return Err(Why::Findings(vec![Finding { path, problem }]));
    }
    Ok(It::VirtualQueuePut(Box::new(VirtualQueue {
        id: found.map_or(VirtualQueueId(state.counters().virtual_queue + 1), |it| {
            it.id
        }),
        name: name.clone(),
        version: next_version_of(state, Kind::VirtualQueue, name, expected)?,
        body: body.clone(),
    })))
}

fn put_agent(state: &State, name: &Name, body: &AgentBody, expected: Expected) -> Result<It, Why> {
    let found = state.agent_named(name);
    room_for_more("agents", found.is_some(), state.names.agents.len())?;
    if body.skills.len() > SKILLS_MAX {
        let allowed = format!("at most {SKILLS_MAX} skills");
        return Err(out_of_range("skills", body.skills.len(), &allowed));
    }
    if let Some((medium, most)) = body
        .capacity
        .0
        .iter()
        .find(|(_, most)| **most > Capacity::MAX)
    {
        let allowed = format!("at most {} at once", Capacity::MAX);
        return Err(out_of_range(
            &format!("capacity of {medium}"),
            most,
            &allowed,
        ));
    }
    let version = next_version_of(state, Kind::Agent, name, expected)?;
    objects::check_agent(state, body)?;
    Ok(It::AgentPut(Box::new(Agent {
        id: found.map_or(AgentId(state.counters().agent + 1), |it| it.id),
        name: name.clone(),
        version,
        body: body.clone(),
    })))
}

fn make_key(
    state: &State,
    name: &Name,
    hash: &str,
    role: Role,
    scope: Scope,
    agent: Option<&Name>,
) -> Result<ApiKey, Why> {
    if state.keys.contains_key(name) {
        return Err(Why::Exists {
            what: format!("key {name}"),
        });
    }
    room_for_more("keys", false, state.keys.len())?;
    if (role == Role::Agent) != agent.is_some() {
        return Err(Why::KeyAgent);
    }
    let agent = agent.map(|name| {
        let found = state.agent_named(name).map(|it| it.id);
        found.ok_or_else(|| Why::Unknown {
            what: format!("agent {name}"),
        })
    });
    Ok(ApiKey {
        name: name.clone(),
        version: 1,
        hash: hash.to_owned(),
        role,
        scope,
        agent: agent.transpose()?,
        revoked: false,
        bounds: None,
    })
}

/// How far a key reaches that names these.
fn scope(
    state: &State,
    queues: Option<&BTreeSet<Name>>,
    groups: Option<&BTreeSet<Name>>,
) -> Result<Scope, Why> {
    let unknown = |kind: Kind, name: &Name| Why::Unknown {
        what: format!("{kind} {name}"),
    };
    let queue = |name: &Name| {
        let found = state.queue_named(name).map(|it| it.id);
        found.ok_or_else(|| unknown(Kind::Queue, name))
    };
    let group = |name: &Name| {
        let found = state.object_named(Kind::Group, name).map(|it| it.id);
        found.ok_or_else(|| unknown(Kind::Group, name))
    };
    let queues = queues.map(|names| names.iter().map(queue).collect::<Result<_, _>>());
    let groups = groups.map(|names| names.iter().map(group).collect::<Result<_, _>>());
    Ok(Scope::of(queues.transpose()?, groups.transpose()?))
}

fn revoke_key(state: &State, name: &Name) -> Result<Option<It>, Why> {
    let unknown = || Why::Unknown {
        what: format!("key {name}"),
    };
    let found = state.keys.get(name).ok_or_else(unknown)?;
    if found.revoked {
        return Ok(None);
    }
    let others = state.keys.values().filter(|key| key.name != *name);
    if makes_keys(found) && !others.into_iter().any(makes_keys) {
        return Err(Why::LastAdministrator { key: name.clone() });
    }
    Ok(Some(It::KeyPut(Box::new(ApiKey {
        version: found.version + 1,
        revoked: true,
        ..found.clone()
    }))))
}

/// Whether the holder can make keys, and so let anybody else in again. An administrator within a
/// scope cannot.
fn makes_keys(key: &ApiKey) -> bool {
    !key.revoked
        && key.role == Role::Administrator
        && key.scope == Scope::Everything
        && key.bounds.is_none()
}

const HOUR: Millis = Millis::seconds(3_600);

/// An offer stands from a second to a day, everything else for at most 30 days.
fn timeouts(it: &Timeouts) -> Result<(), Why> {
    let (second, day) = (Millis::seconds(1), Millis(HOUR.0 * 24));
    let month = Millis(day.0 * 30);
    for (medium, span) in &it.offer {
        within(&format!("offer_ttl of {medium}"), *span, second, day)?;
    }
    within("handling_ttl", it.handling, second, month)?;
    for (medium, span) in &it.handling_of {
        within(&format!("handling_ttl of {medium}"), *span, second, month)?;
    }
    within("routing_ttl", it.routing, second, month)
}

fn put_settings(state: &State, settings: &Settings, expected: Expected) -> Result<It, Why> {
    let second = Millis::seconds(1);
    within("offer_ttl", settings.offer_ttl, second, HOUR)?;
    within("cool_down", settings.cool_down, Millis::ZERO, HOUR)?;
    timeouts(&settings.timeouts)?;
    within("desk_grace", settings.desk_grace, second, HOUR)?;
    within(
        "results_kept",
        settings.results_kept,
        Millis::seconds(60),
        Millis(HOUR.0 * 24 * 7),
    )?;
    within(
        "credit_max",
        settings.credit_max,
        Millis::ZERO,
        Millis(HOUR.0 * 24 * 30),
    )?;
    if let Some((medium, _)) = settings.misses_max.iter().find(|(_, most)| **most == 0) {
        return Err(out_of_range(
            &format!("misses_max of {medium}"),
            0,
            "from 1 to 255",
        ));
    }
    if settings.open_keys.len() > OPEN_KEYS_MAX {
        let allowed = format!("at most {OPEN_KEYS_MAX} keys");
        return Err(out_of_range(
            "open_keys",
            settings.open_keys.len(),
            &allowed,
        ));
    }
    let (found, before) = state.settings();
    if settings.skills_declared && !before.skills_declared {
        objects::check_declared(state)?;
    }
    let version = next_version("the settings", Some(found), expected)?;
    Ok(It::SettingsPut {
        version,
        settings: Box::new(settings.clone()),
    })
}

pub(super) fn within(key: &str, found: Millis, least: Millis, most: Millis) -> Result<(), Why> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(out_of_range(key, found, &format!("from {least} to {most}")))
}

pub(super) fn out_of_range(key: &str, found: impl std::fmt::Display, allowed: &str) -> Why {
    Why::OutOfRange {
        key: key.to_owned(),
        found: found.to_string(),
        allowed: format!("allowed is {allowed}"),
    }
}
