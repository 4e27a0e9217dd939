//! Making, changing and deleting configuration objects of any kind.

mod check;
mod delete;
mod references;

use super::configuration::{next_version_of, room_for_more};
use crate::state::State;
use ringback_model::config::{
    AgentBody, Body, Event as It, Expected, Finding, Kind, Object, QueueBody, Refused as Why,
};
use ringback_model::{Name, ObjectId};

pub(super) use delete::delete;

/// How many findings are told at once.
const FINDINGS_MAX: usize = 100;

pub(super) fn put(state: &State, name: &Name, body: &Body, expected: Expected) -> Result<It, Why> {
    let kind = body.kind();
    let found = state.object_named(kind, name);
    // The versions of what is gone are kept, so they count as well.
    let count = state.objects(kind).count() + state.retired.count(kind);
    room_for_more(kind.plural(), found.is_some(), count)?;
    let version = next_version_of(state, kind, name, expected)?;
    fits(check::object(state, name, body))?;
    let body = keep_secrets(found.map(|it| &it.body), body);
    Ok(It::Put(Box::new(Object {
        id: found.map_or(ObjectId(state.counters().object + 1), |it| it.id),
        name: name.clone(),
        version,
        body,
    })))
}

/// Whether what a queue is to have fits what is there.
pub(super) fn check_queue(state: &State, body: &QueueBody) -> Result<(), Why> {
    fits(check::queue(state, body))
}

/// What is set, with the secrets that there are already: they are shown once and never again, so
/// whoever sets something else, or goes back to an earlier version, cannot give them.
fn keep_secrets(found: Option<&Body>, body: &Body) -> Body {
    let mut body = body.clone();
    match (found, &mut body) {
        (Some(Body::Webhook(old)), Body::Webhook(new)) if new.secrets.is_empty() => {
            new.secrets.clone_from(&old.secrets);
        }
        (Some(Body::Calendar(old)), Body::Calendar(new)) if new.token_hash.is_empty() => {
            new.token_hash.clone_from(&old.token_hash);
        }
        _ => {}
    }
    body
}

/// Whether what an agent is to have fits what is declared.
pub(super) fn check_agent(state: &State, body: &AgentBody) -> Result<(), Why> {
    fits(check::agent(state, body))
}

/// Whether all skills in use are declared, before that becomes the rule.
pub(super) fn check_declared(state: &State) -> Result<(), Why> {
    let user = |user: &references::User<'_>| {
        let skills = user.references().into_iter();
        let skills = skills.filter(|it| it.kind == Kind::Skill && !state.exists(it.kind, &it.name));
        let finding = |it: references::Reference| Finding {
            path: "/skills_declared".to_owned(),
            problem: format!("{user} names the skill {}, which is not declared", it.name),
        };
        skills.map(finding).collect::<Vec<_>>()
    };
    fits(references::users(state).flat_map(|it| user(&it)).collect())
}

fn fits(mut findings: Vec<Finding>) -> Result<(), Why> {
    if findings.is_empty() {
        return Ok(());
    }
    findings.truncate(FINDINGS_MAX);
    Err(Why::Findings(findings))
}
