//! Lines about people who log in. What they prove themselves with was checked at the door: lines
//! say what was found out there.

use super::configure;
use super::words::{Fault, Words};
use ringback_engine::State;
use ringback_model::config::{Expected, Version};
use ringback_model::login::{How, Input as It};
use ringback_model::{Input, KeyId, LoginId, Name, Personal, Sealed};
use std::collections::BTreeSet;

/// Reads the rest of a line that begins with `first`.
pub(crate) fn read(state: &State, first: &str, words: &mut Words<'_>) -> Result<Input, Fault> {
    let input = match first {
        "person" => person(state, words)?,
        "session" => session(words)?,
        _ => policy(state, words)?,
    };
    Ok(Input::Login(input))
}

const ACTS: &str = "`logs in`, `sets a password`, `gets link`, `enrols`, `confirms step`, `loses \
    the second factor` or `goes everywhere`";

/// `person sam logs in ..`
fn person(state: &State, words: &mut Words<'_>) -> Result<It, Fault> {
    let person = words.name("the name of a person")?;
    match words.word(ACTS)? {
        "logs" => log_in(state, person, words),
        "sets" => password(state, person, words),
        "gets" => {
            words.must("link")?;
            let hash = words.word("a link such as k")?.to_owned();
            Ok(It::MakeLink { person, hash })
        }
        "enrols" => Ok(It::EnrolTotp {
            person,
            key: Personal::new(Sealed {
                key: KeyId(1),
                contact: None,
                bytes: Box::from([]),
            }),
        }),
        "confirms" => {
            words.must("step")?;
            Ok(It::ConfirmTotp {
                step: words.value("a step of codes such as 10")?,
                recovery: recovery(words)?,
                against: against(state, &person, words)?,
                person,
            })
        }
        "loses" => {
            words.must("the")?;
            words.must("second")?;
            words.must("factor")?;
            Ok(It::RemoveTotp { person })
        }
        "goes" => {
            words.must("everywhere")?;
            Ok(It::EndAll { person })
        }
        other => Err(Fault::new(format!("found `{other}`"), ACTS)),
    }
}

/// `in [by step 10|by recovery r|by https://id as 1] [proved against 1]`
fn log_in(state: &State, person: Name, words: &mut Words<'_>) -> Result<It, Fault> {
    words.must("in")?;
    let mut how = How::Password;
    if words.take("by") {
        how = match words.word("`step`, `recovery` or a provider")? {
            "step" => How::Totp {
                step: words.value("a step of codes such as 10")?,
            },
            "recovery" => How::Recovery {
                hash: words.word("a recovery code such as r")?.to_owned(),
            },
            issuer => {
                words.must("as")?;
                How::Provider {
                    issuer: issuer.to_owned(),
                    subject: words.word("who he is there")?.to_owned(),
                }
            }
        };
    }
    let against = against(state, &person, words)?;
    let hash = format!("{person}-{}", state.logins().sessions().count());
    Ok(It::LogIn {
        person,
        how,
        against,
        hash,
        from: None,
        with: None,
    })
}

/// `a password [by link k] [keeping l1] [proved against 1]`
fn password(state: &State, person: Name, words: &mut Words<'_>) -> Result<It, Fault> {
    words.must("a")?;
    words.must("password")?;
    let mut link = None;
    if words.take("by") {
        words.must("link")?;
        link = Some(words.word("a link such as k")?.to_owned());
    }
    let keep = words
        .take("keeping")
        .then(|| session_id(words))
        .transpose()?;
    Ok(It::SetPassword {
        against: against(state, &person, words)?,
        phc: "secret".to_owned(),
        link,
        keep,
        person,
    })
}

/// `with r and s`
fn recovery(words: &mut Words<'_>) -> Result<BTreeSet<String>, Fault> {
    if !words.take("with") {
        return Ok(BTreeSet::new());
    }
    let codes = words.until(&["proved"]);
    Ok(codes.split(" and ").map(ToOwned::to_owned).collect())
}

/// `proved against 1`: which version of what he proves himself with was looked at; the present
/// one if nothing is said.
fn against(state: &State, person: &Name, words: &mut Words<'_>) -> Result<Version, Fault> {
    if !words.take("proved") {
        let found = state.logins().credentials(person);
        return Ok(found.map_or(0, |found| found.version));
    }
    words.must("against")?;
    words.value("a version such as 2")
}

fn session_id(words: &mut Words<'_>) -> Result<LoginId, Fault> {
    words.value("a session such as l1")
}

/// `session l1 is seen`, `session l1 ends`
fn session(words: &mut Words<'_>) -> Result<It, Fault> {
    let session = session_id(words)?;
    if words.take("ends") {
        return Ok(It::End { session });
    }
    words.must("is")?;
    words.must("seen")?;
    Ok(It::Seen { session })
}

/// `log-ins [idle 1h] [at most 12h] [links 24h] [second factor for supervisor]`; what is not named
/// stays.
fn policy(state: &State, words: &mut Words<'_>) -> Result<It, Fault> {
    let mut policy = state.logins().policy().1.clone();
    while !words.is_over() {
        match words.word("`idle`, `at most`, `links` or `second factor for`")? {
            "idle" => policy.idle = words.span()?,
            "at" => {
                words.must("most")?;
                policy.absolute = words.span()?;
            }
            "links" => policy.link_kept = words.span()?,
            "second" => {
                words.must("factor")?;
                words.must("for")?;
                let role = configure::role(words)?;
                policy.totp_roles.insert(role);
            }
            other => {
                let expected = "`idle`, `at most`, `links` or `second factor for`";
                return Err(Fault::new(format!("found `{other}`"), expected));
            }
        }
    }
    Ok(It::PutPolicy {
        policy: Box::new(policy),
        expected: Expected::Any,
    })
}
