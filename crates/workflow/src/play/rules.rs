//! How requests are answered when nobody answers them by hand.

use ringback_scxml::{Event, Value};

use super::{Asked, Refused};
use crate::table::{self, COMMON_DONE, COMMON_ERROR, Field, Room};

/// How a request ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// In its `.done` event, with these members.
    Done(Vec<(String, Value)>),
    /// In its `error.` event, with this code and these members.
    Failed(String, Vec<(String, Value)>),
}

impl Outcome {
    /// The event that tells it.
    pub(super) fn event(&self, name: &str, request: &str) -> Event {
        let id = ("requestid".to_owned(), Value::text(request));
        match self {
            Outcome::Done(members) => {
                let mut data = vec![id];
                data.extend(members.iter().cloned());
                Event::new(format!("{name}.done"), Value::Map(data))
            }
            Outcome::Failed(code, members) => {
                let told = Value::text(format!("{name}: {code}"));
                let mut data = vec![
                    id,
                    ("error".to_owned(), Value::text(code.as_str())),
                    ("description".to_owned(), told),
                ];
                data.extend(members.iter().cloned());
                Event::platform(format!("error.{name}"), Value::Map(data))
            }
        }
    }

    /// Compares with the table: what the platform would never answer proves nothing.
    ///
    /// # Errors
    /// [`Refused`], with what the action has.
    pub fn check(&self, name: &str) -> Result<(), Refused> {
        let Some((_, action)) = table::dotted(name) else {
            return Err(Refused::NoSuchAction(name.to_owned()));
        };
        let (members, common) = match self {
            Outcome::Done(members) => (members, COMMON_DONE),
            Outcome::Failed(code, members) => {
                let codes: Vec<&Field> = action.errors.iter().collect();
                is_one_of(name, "code", code, &codes)?;
                (members, COMMON_ERROR)
            }
        };
        let known: Vec<&Field> = action.done.iter().chain(common).collect();
        members
            .iter()
            .try_for_each(|(member, _)| is_one_of(name, "member", member, &known))
    }
}

fn is_one_of(
    action: &str,
    what: &'static str,
    name: &str,
    known: &[&Field],
) -> Result<(), Refused> {
    if known.iter().any(|field| field.name == name) {
        return Ok(());
    }
    Err(Refused::NoSuchField {
        action: action.to_owned(),
        what,
        name: name.to_owned(),
        known: known.iter().map(|field| field.name.to_owned()).collect(),
    })
}

/// An answer on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// How the request ends.
    pub outcome: Outcome,
    /// After how many milliseconds.
    pub after: i64,
}

/// How requests of one action are answered.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The action.
    pub action: String,
    /// The answer.
    pub answer: Answer,
    /// Whether it is for one request only.
    pub once: bool,
    used: bool,
}

impl Rule {
    /// A rule for all requests of an action, or for one.
    pub fn new(action: impl Into<String>, answer: Answer, once: bool) -> Rule {
        Rule {
            action: action.into(),
            answer,
            once,
            used: false,
        }
    }
}

/// The answer to a request, if anybody has one: rules for one request first, in their order, then the
/// last rule for all. What has no room fails by itself, as it will on the server.
pub(super) fn answer(rules: &mut [Rule], asked: &Asked) -> Option<Answer> {
    let once = rules
        .iter_mut()
        .find(|rule| rule.action == asked.name && rule.once && !rule.used);
    if let Some(rule) = once {
        rule.used = true;
        return Some(rule.answer.clone());
    }
    let always = rules
        .iter()
        .rev()
        .find(|rule| rule.action == asked.name && !rule.once);
    if let Some(rule) = always {
        return Some(rule.answer.clone());
    }
    let (_, action) = table::dotted(&asked.name)?;
    matches!(action.room, Room::Missing(_)).then(|| Answer {
        outcome: Outcome::Failed("no_such_room".to_owned(), Vec::new()),
        after: 0,
    })
}
