//! People, what they prove themselves with, and their sessions.

use crate::files::Sample;
use crate::samples::{at, name};
use ringback_model::config::{Expected, KeyBounds, Role};
use ringback_model::login::{
    Changed, Credentials, Ended, Event as It, How, Input as Ask, Policy, Refused as Why, Session,
    SetOnce, Totp,
};
use ringback_model::node::Refusal;
use ringback_model::right::Action;
use ringback_model::{
    EngineTime, Event, Input, KeyId, LoginId, Millis, Personal, Refused, Sealed, WallTime,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a key is less than its role.
pub(crate) fn bounds() -> KeyBounds {
    KeyBounds {
        expires: Some(WallTime(1_700_000_000_000)),
        only: Some(BTreeSet::from([Action::Submit, Action::SeeInteractions])),
    }
}

pub(crate) fn turned_away() -> Vec<Refusal> {
    let denied = Refusal {
        who: "key:shop".to_owned(),
        did: "config.put".to_owned(),
        code: "denied.role".to_owned(),
        from: None,
        times: 2,
    };
    let failed = Refusal {
        who: "unknown".to_owned(),
        did: "login.log_in".to_owned(),
        code: "login.failed".to_owned(),
        from: Some("192.0.2.7".to_owned()),
        times: 1,
    };
    vec![denied, failed]
}

fn key() -> Personal<Vec<u8>> {
    Personal::new(Sealed {
        key: KeyId(11),
        contact: None,
        bytes: Box::from([1, 2, 3]),
    })
}

fn policy() -> Policy {
    Policy {
        idle: Millis::seconds(600),
        absolute: Millis::seconds(3_600),
        link_kept: Millis::seconds(7_200),
        password_min: 15,
        totp_roles: BTreeSet::from([Role::Administrator]),
        masked_roles: BTreeSet::from([Role::Agent]),
        digits_shown: 4,
    }
}

fn hows() -> [(&'static str, How); 4] {
    [
        ("", How::Password),
        ("totp", How::Totp { step: 9 }),
        (
            "recovery",
            How::Recovery {
                hash: "0c".to_owned(),
            },
        ),
        (
            "provider",
            How::Provider {
                issuer: "https://id.example.com".to_owned(),
                subject: "248289761001".to_owned(),
            },
        ),
    ]
}

pub(crate) fn inputs() -> Vec<Sample<Input>> {
    let person = || name("anna");
    let set = |link, keep| Ask::SetPassword {
        person: person(),
        phc: "$argon2id$".to_owned(),
        against: 3,
        link,
        keep,
    };
    let mut samples = vec![
        (
            "",
            Ask::PutPolicy {
                policy: Box::new(policy()),
                expected: Expected::Any,
            },
        ),
        (
            "",
            Ask::MakeLink {
                person: person(),
                hash: "0a".to_owned(),
            },
        ),
        ("", set(Some("0a".to_owned()), Some(LoginId(3)))),
        ("bare", set(None, None)),
        (
            "",
            Ask::Seen {
                session: LoginId(3),
            },
        ),
        (
            "",
            Ask::End {
                session: LoginId(3),
            },
        ),
        ("", Ask::EndAll { person: person() }),
        (
            "",
            Ask::EnrolTotp {
                person: person(),
                key: key(),
            },
        ),
        (
            "",
            Ask::ConfirmTotp {
                person: person(),
                step: 8,
                against: 4,
                recovery: BTreeSet::from(["0b".to_owned()]),
            },
        ),
        ("", Ask::RemoveTotp { person: person() }),
    ];
    samples.extend(hows().map(|(more, how)| {
        let whence = (more == "totp").then(|| "192.0.2.7".to_owned());
        let ask = Ask::LogIn {
            person: person(),
            how,
            against: 4,
            hash: "0d".to_owned(),
            from: whence.clone(),
            with: whence.map(|_| "Browser/1".to_owned()),
        };
        (more, ask)
    }));
    let samples = samples.into_iter();
    samples
        .map(|(more, ask)| (more, Input::Login(ask)))
        .collect()
}

pub(crate) fn events() -> Vec<Sample<Event>> {
    let credentials = Credentials {
        person: name("anna"),
        version: 4,
        password: Some("$argon2id$".to_owned()),
        link: Some(SetOnce {
            hash: "0a".to_owned(),
            until: EngineTime(90_000),
        }),
        totp: Some(Totp {
            key: key(),
            confirmed: true,
            last_step: 8,
            recovery: BTreeSet::from(["0b".to_owned()]),
        }),
        subjects: BTreeMap::from([("https://id.example.com".to_owned(), "2482".to_owned())]),
    };
    let bare_credentials = Credentials {
        password: None,
        link: None,
        totp: None,
        subjects: BTreeMap::new(),
        ..credentials.clone()
    };
    let changed = |what, credentials| It::CredentialsPut {
        what,
        credentials: Box::new(credentials),
    };
    let mut samples = vec![
        (
            "",
            It::PolicyPut {
                version: 5,
                policy: Box::new(policy()),
            },
        ),
        ("", changed(Changed::TotpConfirmed, credentials)),
        ("bare", changed(Changed::TotpRemoved, bare_credentials)),
        (
            "",
            It::Seen {
                session: LoginId(3),
                at: EngineTime(60_000),
                idle_until: EngineTime(660_000),
            },
        ),
        (
            "",
            It::SessionEnded {
                session: LoginId(3),
                person: name("anna"),
                why: Ended::TooOld,
            },
        ),
    ];
    samples.extend(hows().map(|(more, how)| {
        let whence = (more == "totp").then(|| "192.0.2.7".to_owned());
        let session = Session {
            id: LoginId(3),
            person: name("anna"),
            hash: "0d".to_owned(),
            how,
            since: at(10),
            seen: EngineTime(10_000),
            idle_until: EngineTime(610_000),
            until: EngineTime(3_610_000),
            limited: more.is_empty(),
            from: whence.clone(),
            with: whence.map(|_| "Browser/1".to_owned()),
        };
        (more, It::SessionPut(Box::new(session)))
    }));
    let samples = samples.into_iter();
    samples
        .map(|(more, event)| (more, Event::Login(event)))
        .collect()
}

pub(crate) fn refusals() -> Vec<Refused> {
    let person = || name("anna");
    let all = [
        Why::Stale(person()),
        Why::CodeUsed,
        Why::LinkOver,
        Why::Unknown(LoginId(3)),
        Why::NotEnrolled(person()),
        Why::Enrolled(person()),
    ];
    all.map(Refused::Login).into()
}
