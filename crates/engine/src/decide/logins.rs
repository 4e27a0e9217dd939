//! People, what they prove themselves with, and their sessions.
//!
//! Whether a password or code is right is found out at the door; here it is decided whether what
//! was found out still holds, so that nothing is used twice and nothing outlives a change.

use super::configuration::{next_version, out_of_range, within};
use crate::logins::ends;
use crate::state::State;
use ringback_model::config::{Body, Expected, Kind, Person, Refused as Config, Version};
use ringback_model::login::{
    Changed, Credentials, Ended, Event as It, How, Input, Policy, Refused as Why, Session, SetOnce,
    Totp,
};
use ringback_model::{Event, LoginId, Millis, Name, Now, Personal, Refused};
use std::collections::{BTreeMap, BTreeSet};

/// How many sessions a person may have at once; a further one ends the oldest.
const SESSIONS_MAX: usize = 20;
/// A session is not noted as seen again before so long.
const SEEN_EVERY: Millis = Millis::seconds(30);
/// The most digits of a masked number that are shown.
const DIGITS_SHOWN_MAX: u8 = 6;
/// How many providers a person may be known at.
const SUBJECTS_MAX: usize = 16;

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    let events = match input {
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
    match state.object_named(Kind::Person, name).map(|it| &it.body) {
        Some(Body::Person(person)) => Ok(person),
        _ => Err(Config::Unknown {
            what: format!("person {name}"),
        }),
    }
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

/// What follows for his sessions when a person is changed.
pub(super) fn after_put(state: &State, name: &Name, body: &Body) -> Vec<Event> {
    match body {
        Body::Person(person) if person.disabled => {
            let ended = end_all(state, name, None, Ended::Disabled).into_iter();
            ended.map(Event::Login).collect()
        }
        _ => Vec::new(),
    }
}

/// What goes with a person who is deleted. The versions of his credentials go on, so that nothing
/// that was proved before opens anything for whoever gets his name.
pub(super) fn before_delete(state: &State, name: &Name) -> Vec<Event> {
    let mut events = end_all(state, name, None, Ended::Deleted);
    if let Some(found) = state.logins().credentials(name) {
        let nothing = Credentials {
            version: found.version,
            ..without_any(name)
        };
        events.push(put(Changed::Removed, nothing));
    }
    events.into_iter().map(Event::Login).collect()
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
    if policy.digits_shown > DIGITS_SHOWN_MAX {
        let allowed = format!("at most {DIGITS_SHOWN_MAX} digits");
        return Err(out_of_range("digits_shown", policy.digits_shown, &allowed));
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
    found.unwrap_or_else(|| without_any(person))
}

fn without_any(person: &Name) -> Credentials {
    Credentials {
        person: person.clone(),
        version: 0,
        password: None,
        link: None,
        totp: None,
        subjects: BTreeMap::new(),
    }
}

/// The credentials, if they are still those that something was found out against.
fn credentials_at(state: &State, person: &Name, against: Version) -> Result<Credentials, Refused> {
    let who = known(state, person)?;
    let found = credentials(state, person);
    if who.disabled || found.version != against {
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
    let role = known(state, person)?.role;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle;
    use ringback_model::config::Role;
    use ringback_model::{EngineTime, Input as Any, KeyId, Sealed, WallTime, config, node};

    fn at(seconds: u64) -> Now {
        Now {
            engine: EngineTime(seconds * 1_000),
            wall: WallTime(0),
        }
    }

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    fn person(disabled: bool) -> Any {
        Any::Config(config::Input::Put {
            name: name("sam"),
            body: Box::new(Body::Person(Person {
                display_name: "Sam".to_owned(),
                email: Some("Sam@example.com".to_owned()),
                role: Role::Supervisor,
                queues: None,
                groups: None,
                agent: None,
                disabled,
            })),
            expected: Expected::Any,
        })
    }

    fn configured(state: &mut State, seconds: u64, input: &Any) {
        handle(state, at(seconds), input).expect("it is taken");
        state.check(at(seconds)).expect("the invariants hold");
    }

    fn log_in(how: How, hash: &str, against: Version) -> Input {
        Input::LogIn {
            person: name("sam"),
            how,
            against,
            hash: hash.to_owned(),
            from: None,
            with: None,
        }
    }

    fn password(against: Version, keep: Option<LoginId>) -> Input {
        Input::SetPassword {
            person: name("sam"),
            phc: "phc".to_owned(),
            against,
            link: None,
            keep,
        }
    }

    /// Sam with a password, at version 1 of his credentials.
    fn world() -> State {
        let mut state = State::new();
        configured(&mut state, 0, &person(false));
        done(&mut state, 0, password(0, None));
        state
    }

    fn ask(state: &mut State, seconds: u64, input: Input) -> Result<Vec<Event>, Refused> {
        let done = handle(state, at(seconds), &Any::Login(input));
        state.check(at(seconds)).expect("the invariants hold");
        done
    }

    fn done(state: &mut State, seconds: u64, input: Input) -> Vec<Event> {
        ask(state, seconds, input).expect("it is taken")
    }

    fn refused(state: &mut State, seconds: u64, input: Input) -> &'static str {
        ask(state, seconds, input)
            .expect_err("it is refused")
            .code()
    }

    fn due(state: &mut State, seconds: u64) -> Vec<Ended> {
        let input = Any::Node(node::Input::Due { limit: 100 });
        let events = handle(state, at(seconds), &input).expect("time passes");
        state.check(at(seconds)).expect("the invariants hold");
        let why = |event| match event {
            Event::Login(It::SessionEnded { why, .. }) => Some(why),
            _ => None,
        };
        events.into_iter().filter_map(why).collect()
    }

    fn sessions(state: &State) -> Vec<u64> {
        state.logins().sessions().map(|it| it.id.0).collect()
    }

    fn confirm(state: &mut State) {
        let sealed = Sealed {
            key: KeyId(1),
            contact: None,
            bytes: Box::from([1]),
        };
        let key = Personal::new(sealed);
        let sam = name("sam");
        done(state, 1, Input::EnrolTotp { person: sam, key });
        let confirm = Input::ConfirmTotp {
            person: name("sam"),
            step: 10,
            against: 2,
            recovery: BTreeSet::from(["r".to_owned()]),
        };
        done(state, 1, confirm);
    }

    #[test]
    fn a_state_without_people_has_the_digest_it_always_had() {
        let state = State::new();
        assert_eq!(state.logins().digest(), 0);
        assert!(state.logins().image().is_none());
    }

    #[test]
    fn a_session_ends_when_nobody_is_seen_and_when_it_is_too_old() {
        let mut state = world();
        done(&mut state, 0, log_in(How::Password, "a", 1));
        assert_eq!(due(&mut state, 3_599), []);
        let session = LoginId(1);
        done(&mut state, 3_599, Input::Seen { session });
        assert!(done(&mut state, 3_600, Input::Seen { session }).is_empty());
        assert_eq!(due(&mut state, 7_198), []);
        assert_eq!(due(&mut state, 7_199), [Ended::Idle]);
        assert_eq!(
            refused(&mut state, 7_200, Input::End { session }),
            "login.unknown"
        );

        done(&mut state, 10_000, log_in(How::Password, "b", 1));
        let session = LoginId(2);
        for seconds in (10_000..53_200).step_by(1_800) {
            assert_eq!(due(&mut state, seconds), []);
            done(&mut state, seconds, Input::Seen { session });
        }
        assert_eq!(due(&mut state, 53_200), [Ended::TooOld]);
    }

    #[test]
    fn a_changed_password_ends_all_sessions_but_one_and_what_was_proved_before() {
        let mut state = world();
        for hash in ["a", "b", "c"] {
            done(&mut state, 1, log_in(How::Password, hash, 1));
        }
        done(&mut state, 2, password(1, Some(LoginId(2))));
        assert_eq!(sessions(&state), [2]);
        assert_eq!(
            refused(&mut state, 3, log_in(How::Password, "d", 1)),
            "login.stale"
        );
        assert_eq!(refused(&mut state, 3, password(1, None)), "login.stale");
    }

    #[test]
    fn whoever_is_disabled_is_out() {
        let mut state = world();
        done(&mut state, 1, log_in(How::Password, "a", 1));
        configured(&mut state, 2, &person(true));
        assert_eq!(sessions(&state), []);
        assert_eq!(
            refused(&mut state, 3, log_in(How::Password, "b", 1)),
            "login.stale"
        );
    }

    #[test]
    fn no_code_is_good_twice() {
        let mut state = world();
        confirm(&mut state);
        let totp = |step| log_in(How::Totp { step }, "a", 3);
        for used in [9, 10] {
            assert_eq!(refused(&mut state, 2, totp(used)), "login.code_used");
        }
        done(&mut state, 2, totp(11));
        assert_eq!(refused(&mut state, 2, totp(11)), "login.code_used");
        let recovery = || {
            let hash = "r".to_owned();
            log_in(How::Recovery { hash }, "b", 3)
        };
        done(&mut state, 3, recovery());
        assert_eq!(refused(&mut state, 3, recovery()), "login.code_used");
        let without = log_in(How::Password, "c", 3);
        assert_eq!(refused(&mut state, 3, without), "login.stale");
    }

    #[test]
    fn a_demanded_second_factor_limits_the_session_until_it_is_there() {
        let mut state = world();
        let policy = Policy {
            totp_roles: BTreeSet::from([Role::Supervisor]),
            ..Policy::default()
        };
        let put = Input::PutPolicy {
            policy: Box::new(policy),
            expected: Expected::Absent,
        };
        done(&mut state, 0, put);
        done(&mut state, 0, log_in(How::Password, "a", 1));
        let limited = |state: &State| state.logins().session(LoginId(1)).map(|it| it.limited);
        assert_eq!(limited(&state), Some(true));
        confirm(&mut state);
        assert_eq!(limited(&state), Some(false));
        done(
            &mut state,
            2,
            Input::RemoveTotp {
                person: name("sam"),
            },
        );
        assert_eq!(sessions(&state), []);
    }

    #[test]
    fn a_link_is_good_once_and_for_a_while() {
        let mut state = world();
        let make = |hash: &str| Input::MakeLink {
            person: name("sam"),
            hash: hash.to_owned(),
        };
        let set = |hash: &str, against| Input::SetPassword {
            person: name("sam"),
            phc: "new".to_owned(),
            against,
            link: Some(hash.to_owned()),
            keep: None,
        };
        done(&mut state, 0, make("l"));
        assert_eq!(refused(&mut state, 1, set("k", 2)), "login.link_over");
        done(&mut state, 1, set("l", 2));
        assert_eq!(refused(&mut state, 1, set("l", 3)), "login.link_over");
        done(&mut state, 2, make("m"));
        assert_eq!(refused(&mut state, 86_402, set("m", 4)), "login.link_over");
    }

    #[test]
    fn a_provider_knows_one_person_by_one_subject() {
        let mut state = world();
        let by = |subject: &str| How::Provider {
            issuer: "https://id".to_owned(),
            subject: subject.to_owned(),
        };
        done(&mut state, 0, log_in(by("1"), "a", 1));
        done(&mut state, 0, log_in(by("1"), "b", 1));
        assert_eq!(
            refused(&mut state, 0, log_in(by("2"), "c", 1)),
            "login.stale"
        );
        let found = state.person_of_subject("https://id", "1");
        assert_eq!(found.map(|it| it.name), Some(name("sam")));
        assert!(state.person_known_as("sam@EXAMPLE.com").is_some());
    }

    #[test]
    fn an_address_belongs_to_one_person() {
        let mut state = world();
        let Any::Config(config::Input::Put { body, .. }) = person(false) else {
            unreachable!("a person is put");
        };
        let put = |name: Name| {
            Any::Config(config::Input::Put {
                name,
                body: body.clone(),
                expected: Expected::Any,
            })
        };
        let refused = handle(&mut state, at(0), &put(name("other"))).expect_err("taken already");
        let Refused::Config(Config::Findings(found)) = refused else {
            panic!("not findings: {refused}");
        };
        assert_eq!(found[0].path, "/email");
        configured(&mut state, 1, &put(name("sam")));
    }

    #[test]
    fn nothing_is_left_of_a_person_who_is_deleted() {
        let mut state = world();
        done(&mut state, 1, log_in(How::Password, "a", 1));
        let delete = Any::Config(config::Input::Delete {
            kind: Kind::Person,
            name: name("sam"),
            expected: Expected::Any,
            move_to: None,
        });
        configured(&mut state, 2, &delete);
        assert_eq!(sessions(&state), []);
        assert!(state.person_with_email("sam@example.com").is_none());
        configured(&mut state, 3, &person(false));
        let found = state.logins().credentials(&name("sam"));
        assert_eq!(found.map(|it| (it.version, &it.password)), Some((2, &None)));
        let before = log_in(How::Password, "b", 1);
        assert_eq!(refused(&mut state, 4, before), "login.stale");
    }

    #[test]
    fn a_person_has_so_many_sessions() {
        let mut state = world();
        for number in 0..=SESSIONS_MAX {
            done(&mut state, 1, log_in(How::Password, &number.to_string(), 1));
        }
        assert_eq!(sessions(&state).len(), SESSIONS_MAX);
        assert_eq!(sessions(&state)[0], 2, "the oldest has gone");
    }
}
