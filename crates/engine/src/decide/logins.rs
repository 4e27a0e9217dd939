//! People, what they prove themselves with, and their sessions.
//!
//! Whether a password or code is right is found out at the door; here it is decided whether what
//! was found out still holds, so that nothing is used twice and nothing outlives a change.

use super::configuration::{next_version, out_of_range, scope, within};
use crate::logins::ends;
use crate::state::State;
use ringback_model::config::{Expected, Refused as Config, Role, Version};
use ringback_model::login::{
    Changed, Credentials, Ended, Event as It, How, Input, Person, PersonBody, Policy,
    Refused as Why, Session, SetOnce, Totp,
};
use ringback_model::{AgentId, Event, LoginId, Millis, Name, Now, Personal, Refused};
use std::collections::{BTreeMap, BTreeSet};

/// How many people a tenant may have.
const PEOPLE_MAX: usize = 100_000;
/// How many sessions a person may have at once; a further one ends the oldest.
const SESSIONS_MAX: usize = 20;
/// A session is not noted as seen again before so long.
const SEEN_EVERY: Millis = Millis::seconds(30);
/// The longest display name and e-mail address, in characters.
const TEXT_MAX: usize = 254;
/// How many providers a person may be known at.
const SUBJECTS_MAX: usize = 16;

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    let events = match input {
        Input::PutPerson {
            name,
            body,
            expected,
        } => put_person(state, name, body, *expected)?,
        Input::PutPolicy { policy, expected } => vec![put_policy(state, policy, *expected)?],
        Input::MakeLink { person, hash } => make_link(state, now, person, hash)?,
        Input::SetPassword {
            person,
            phc,
            against,
            link,
            keep,
        } => {
            let allowed = credentials_at(state, person, *against)?;
            set_password(state, now, allowed, phc, link.as_deref(), *keep)?
        }
        Input::LogIn { .. } => log_in(state, now, input)?,
        Input::Seen { session } => seen(state, now, *session)?,
        Input::End { session } => vec![ended(of(state, *session)?, Ended::Asked)],
        Input::EndAll { person } => {
            known(state, person)?;
            end_all(state, person, None, Ended::Asked)
        }
        Input::EnrolTotp { person, key } => enrol(state, person, key)?,
        Input::ConfirmTotp {
            person,
            step,
            against,
            recovery,
        } => confirm(state, person, *step, *against, recovery)?,
        Input::RemoveTotp { person } => remove_totp(state, person)?,
    };
    Ok(events.into_iter().map(Event::Login).collect())
}

fn known<'a>(state: &'a State, name: &Name) -> Result<&'a Person, Config> {
    let unknown = || Config::Unknown {
        what: format!("person {name}"),
    };
    state.logins().person(name).ok_or_else(unknown)
}

fn of(state: &State, id: LoginId) -> Result<&Session, Why> {
    state.logins().session(id).ok_or(Why::Unknown(id))
}

fn ended(session: &Session, why: Ended) -> It {
    It::SessionEnded {
        session: session.id,
        person: session.person.clone(),
        why,
    }
}

fn end_all(state: &State, person: &Name, but: Option<LoginId>, why: Ended) -> Vec<It> {
    let sessions = state.logins().sessions_of(person);
    let others = sessions.filter(|session| Some(session.id) != but);
    others.map(|session| ended(session, why)).collect()
}

// -- people and policy ----------------------------------------------------------------------

fn put_person(
    state: &State,
    name: &Name,
    body: &PersonBody,
    expected: Expected,
) -> Result<Vec<It>, Config> {
    let found = state.logins().person(name);
    if found.is_none() && state.logins().people().len() >= PEOPLE_MAX {
        return Err(Config::TooMany {
            what: "people".to_owned(),
            limit: PEOPLE_MAX,
        });
    }
    check_texts(state, name, body)?;
    if (body.role == Role::Agent) != body.agent.is_some() {
        return Err(Config::KeyAgent);
    }
    let person = Person {
        name: name.clone(),
        version: next_version(
            &format!("person {name}"),
            found.map(|it| it.version),
            expected,
        )?,
        body: body.clone(),
        scope: scope(state, body.queues.as_ref())?,
        agent: body.agent.as_ref().map(|it| agent(state, it)).transpose()?,
    };
    let mut events = vec![It::PersonPut(Box::new(person))];
    if body.disabled {
        events.extend(end_all(state, name, None, Ended::Disabled));
    }
    Ok(events)
}

fn agent(state: &State, name: &Name) -> Result<AgentId, Config> {
    let found = state.agent_named(name).map(|it| it.id);
    found.ok_or_else(|| Config::Unknown {
        what: format!("agent {name}"),
    })
}

fn check_texts(state: &State, name: &Name, body: &PersonBody) -> Result<(), Config> {
    let fits = |text: &str| text.chars().count() <= TEXT_MAX && !text.chars().any(char::is_control);
    if !fits(&body.display) {
        let allowed = format!("at most {TEXT_MAX} characters, none of them a control character");
        return Err(out_of_range(
            "display",
            "a text that does not fit",
            &allowed,
        ));
    }
    let Some(email) = &body.email else {
        return Ok(());
    };
    let one_at = email
        .split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
    if !fits(email) || !one_at || email.chars().any(char::is_whitespace) {
        let allowed = format!("an address like anna@example.com, at most {TEXT_MAX} characters");
        return Err(out_of_range("email", email, &allowed));
    }
    match state.logins().with_email(email) {
        Some(other) if other.name != *name => Err(Config::Exists {
            what: format!("a person with the e-mail address {email}"),
        }),
        _ => Ok(()),
    }
}

fn put_policy(state: &State, policy: &Policy, expected: Expected) -> Result<It, Config> {
    let (minute, day) = (Millis::seconds(60), Millis::seconds(24 * 3_600));
    within("idle", policy.idle, minute, day)?;
    within("absolute", policy.absolute, minute, Millis(day.0 * 30))?;
    within("link_kept", policy.link_kept, minute, Millis(day.0 * 30))?;
    if !(8..=64).contains(&policy.password_min) {
        let allowed = "from 8 to 64 characters";
        return Err(out_of_range("password_min", policy.password_min, allowed));
    }
    let (found, _) = state.logins().policy();
    Ok(It::PolicyPut {
        version: next_version("the log-in policy", Some(found), expected)?,
        policy: Box::new(policy.clone()),
    })
}

// -- credentials ----------------------------------------------------------------------------

/// Someone's credentials; of version 0 when he has none yet.
fn credentials(state: &State, person: &Name) -> Credentials {
    let found = state.logins().credentials(person).cloned();
    found.unwrap_or_else(|| Credentials {
        person: person.clone(),
        version: 0,
        password: None,
        link: None,
        totp: None,
        subjects: BTreeMap::new(),
    })
}

/// The credentials, if they are still those that something was found out against.
fn credentials_at(state: &State, person: &Name, against: Version) -> Result<Credentials, Refused> {
    let who = known(state, person)?;
    let found = credentials(state, person);
    if who.body.disabled || found.version != against {
        return Err(Why::Stale(person.clone()).into());
    }
    Ok(found)
}

fn put(what: Changed, mut credentials: Credentials) -> It {
    credentials.version += 1;
    used(what, credentials)
}

/// What a log-in uses up leaves the version as it is.
fn used(what: Changed, credentials: Credentials) -> It {
    It::CredentialsPut {
        what,
        credentials: Box::new(credentials),
    }
}

fn make_link(state: &State, now: Now, person: &Name, hash: &str) -> Result<Vec<It>, Config> {
    known(state, person)?;
    let (_, policy) = state.logins().policy();
    let link = SetOnce {
        hash: hash.to_owned(),
        until: now.engine + policy.link_kept,
    };
    let changed = Credentials {
        link: Some(link),
        ..credentials(state, person)
    };
    Ok(vec![put(Changed::LinkMade, changed)])
}

fn set_password(
    state: &State,
    now: Now,
    found: Credentials,
    phc: &str,
    link: Option<&str>,
    keep: Option<LoginId>,
) -> Result<Vec<It>, Refused> {
    if let Some(hash) = link {
        let good = found
            .link
            .as_ref()
            .is_some_and(|link| link.hash == hash && link.until > now.engine);
        if !good {
            return Err(Why::LinkOver.into());
        }
    }
    let person = found.person.clone();
    let changed = Credentials {
        password: Some(phc.to_owned()),
        link: None,
        ..found
    };
    let mut events = vec![put(Changed::PasswordSet, changed)];
    events.extend(end_all(state, &person, keep, Ended::Credentials));
    Ok(events)
}

fn enrol(state: &State, person: &Name, key: &Personal<Vec<u8>>) -> Result<Vec<It>, Refused> {
    known(state, person)?;
    let found = credentials(state, person);
    if found.totp.as_ref().is_some_and(|totp| totp.confirmed) {
        return Err(Why::Enrolled(person.clone()).into());
    }
    let totp = Totp {
        key: key.clone(),
        confirmed: false,
        last_step: 0,
        recovery: BTreeSet::new(),
    };
    let changed = Credentials {
        totp: Some(totp),
        ..found
    };
    Ok(vec![put(Changed::TotpEnrolled, changed)])
}

fn confirm(
    state: &State,
    person: &Name,
    step: u64,
    against: Version,
    recovery: &BTreeSet<String>,
) -> Result<Vec<It>, Refused> {
    let found = credentials_at(state, person, against)?;
    let key = match &found.totp {
        None => return Err(Why::NotEnrolled(person.clone()).into()),
        Some(totp) if totp.confirmed => return Err(Why::Enrolled(person.clone()).into()),
        Some(totp) => totp.key.clone(),
    };
    let totp = Totp {
        key,
        confirmed: true,
        last_step: step,
        recovery: recovery.clone(),
    };
    let changed = Credentials {
        totp: Some(totp),
        ..found
    };
    let mut events = vec![put(Changed::TotpConfirmed, changed)];
    // Whoever could only set it up may do everything from now on.
    let limited = state.logins().sessions_of(person).filter(|it| it.limited);
    events.extend(limited.map(|session| {
        It::SessionPut(Box::new(Session {
            limited: false,
            ..session.clone()
        }))
    }));
    Ok(events)
}

fn remove_totp(state: &State, person: &Name) -> Result<Vec<It>, Refused> {
    known(state, person)?;
    let found = credentials(state, person);
    if found.totp.is_none() {
        return Ok(Vec::new());
    }
    let changed = Credentials {
        totp: None,
        ..found
    };
    let mut events = vec![put(Changed::TotpRemoved, changed)];
    events.extend(end_all(state, person, None, Ended::Credentials));
    Ok(events)
}

// -- sessions -------------------------------------------------------------------------------

fn log_in(state: &State, now: Now, input: &Input) -> Result<Vec<It>, Refused> {
    let Input::LogIn {
        person,
        how,
        against,
        hash,
        from,
        with,
    } = input
    else {
        return Ok(Vec::new());
    };
    let found = credentials_at(state, person, *against)?;
    let confirmed = found.totp.as_ref().is_some_and(|totp| totp.confirmed);
    let mut events: Vec<It> = use_up(found, how)?.into_iter().collect();
    let logins = state.logins();
    let (_, policy) = logins.policy();
    let role = known(state, person)?.body.role;
    let demanded = policy.totp_roles.contains(&role);
    let sessions = logins.sessions_of(person).count();
    let too_many = (sessions + 1).saturating_sub(SESSIONS_MAX);
    let oldest = logins.sessions_of(person).take(too_many);
    events.extend(oldest.map(|session| ended(session, Ended::TooMany)));
    events.push(It::SessionPut(Box::new(Session {
        id: logins.next(),
        person: person.clone(),
        hash: hash.clone(),
        how: how.clone(),
        since: now,
        seen: now.engine,
        idle_until: now.engine + policy.idle,
        until: now.engine + policy.absolute,
        limited: demanded && !confirmed && *how == How::Password,
        from: from.clone(),
        with: with.clone(),
    })));
    Ok(events)
}

/// What a log-in leaves of the credentials, if it changes them.
fn use_up(mut found: Credentials, how: &How) -> Result<Option<It>, Refused> {
    let stale = Why::Stale(found.person.clone());
    match (how, found.totp.as_mut().filter(|totp| totp.confirmed)) {
        (How::Password, None) => Ok(None),
        (How::Totp { step }, Some(totp)) => {
            if *step <= totp.last_step {
                return Err(Why::CodeUsed.into());
            }
            totp.last_step = *step;
            Ok(Some(used(Changed::CodeUsed, found)))
        }
        (How::Recovery { hash }, Some(totp)) => {
            if !totp.recovery.remove(hash) {
                return Err(Why::CodeUsed.into());
            }
            Ok(Some(used(Changed::CodeUsed, found)))
        }
        (How::Provider { issuer, subject }, _) => match found.subjects.get(issuer) {
            Some(linked) if linked == subject => Ok(None),
            None if found.subjects.len() < SUBJECTS_MAX => {
                found.subjects.insert(issuer.clone(), subject.clone());
                Ok(Some(used(Changed::SubjectLinked, found)))
            }
            _ => Err(stale.into()),
        },
        (How::Password, Some(_)) | (How::Totp { .. } | How::Recovery { .. }, None) => {
            Err(stale.into())
        }
    }
}

fn seen(state: &State, now: Now, id: LoginId) -> Result<Vec<It>, Why> {
    let session = of(state, id)?;
    if now.engine.since(session.seen) < SEEN_EVERY {
        return Ok(Vec::new());
    }
    let (_, policy) = state.logins().policy();
    Ok(vec![It::Seen {
        session: id,
        at: now.engine,
        idle_until: now.engine + policy.idle,
    }])
}

/// What happens when the end of a session has come.
pub(super) fn over(state: &State, now: Now, id: LoginId) -> Vec<Event> {
    let session = state.logins().session(id);
    let over = session.filter(|session| ends(session) <= now.engine);
    over.map(|session| {
        let too_old = session.until <= now.engine;
        let why = if too_old { Ended::TooOld } else { Ended::Idle };
        Event::Login(ended(session, why))
    })
    .into_iter()
    .collect()
}
