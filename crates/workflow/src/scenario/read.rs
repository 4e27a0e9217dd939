//! From text to scenarios; every mistake with its line.

use ringback_scxml::Value;

use super::words;
use crate::duration;
use crate::play::{Answer, Outcome, Rule};
use crate::table;

/// A story with its lines.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it shows.
    pub title: String,
    /// Where it begins, from 1.
    pub line: usize,
    /// Its lines; those before the first `scenario` are the beginning of each.
    pub lines: Vec<Line>,
}

/// A line of a scenario.
#[derive(Clone, Debug)]
pub struct Line {
    /// From 1.
    pub number: usize,
    /// As it is written.
    pub text: String,
    /// What it means.
    pub thing: Thing,
}

/// What a line means.
#[derive(Clone, Debug)]
pub enum Thing {
    /// A value for a top-level `<data>`.
    Data(String, Value),
    /// The interaction that the session is started for: its id and what is known of it.
    Interaction(String, Vec<(String, Value)>),
    /// How requests are answered.
    Rule(Rule),
    /// Something happens.
    When(When),
    /// Something is so.
    Then(Then),
}

/// Something happens.
#[derive(Clone, Debug)]
pub enum When {
    /// The session begins.
    Starts,
    /// An event comes.
    Event(String, Vec<(String, Value)>),
    /// The oldest request of an action is answered.
    Answered(String, Outcome),
    /// Time passes, milliseconds.
    Passes(i64),
}

/// Something is so.
#[derive(Clone, Debug)]
pub enum Then {
    /// These states are active.
    In(Vec<String>),
    /// These states are not active.
    NotIn(Vec<String>),
    /// An action was asked for, with at least these members.
    Asks(String, Vec<(String, Value)>),
    /// An action was not asked for, apart from what lines before have claimed.
    AsksNo(String),
    /// Nothing was asked for that no line has claimed.
    NothingElse,
    /// Something was logged.
    Logs(String),
    /// An error of the document was told to it.
    Fails(String),
    /// The session has reached its end.
    Over,
    /// The session waits.
    GoesOn,
}

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {problem}")]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// Reads a file of scenarios.
///
/// # Errors
/// All lines that are not understood.
pub fn read(text: &str) -> Result<Vec<Scenario>, Vec<Mistake>> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut common: Vec<Line> = Vec::new();
    let mut mistakes = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix("scenario ") {
            scenarios.push(Scenario {
                title: title.trim().to_owned(),
                line: number,
                lines: common.clone(),
            });
            continue;
        }
        match thing(line) {
            Ok(thing) => {
                let into = match scenarios.last_mut() {
                    Some(scenario) => &mut scenario.lines,
                    None => &mut common,
                };
                into.push(Line {
                    number,
                    text: line.to_owned(),
                    thing,
                });
            }
            Err(problem) => mistakes.push(Mistake {
                line: number,
                problem,
            }),
        }
    }
    if scenarios.is_empty() && mistakes.is_empty() {
        mistakes.push(Mistake {
            line: 1,
            problem: "there is no scenario; begin one with `scenario` and its title".to_owned(),
        });
    }
    if mistakes.is_empty() {
        Ok(scenarios)
    } else {
        Err(mistakes)
    }
}

/// Reads one line.
pub(super) fn thing(line: &str) -> Result<Thing, String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    match word {
        "given" => given(rest),
        "when" => when(rest).map(Thing::When),
        "then" => then(rest).map(Thing::Then),
        _ => Err(format!(
            "`{line}` is not understood; a line begins with scenario, given, when, then or #"
        )),
    }
}

fn given(text: &str) -> Result<Thing, String> {
    if let Some(data) = text.strip_prefix("data ") {
        let (name, value) = data
            .split_once('=')
            .ok_or("expected `given data NAME = VALUE`")?;
        return Ok(Thing::Data(name.trim().to_owned(), words::value(value)?));
    }
    if let Some(rest) = text.strip_prefix("interaction ") {
        let (id, members) = with(rest)?;
        return Ok(Thing::Interaction(id.trim().to_owned(), members));
    }
    let (text, once) = match text.strip_suffix(" once") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (text, after) = match text.rsplit_once(" after ") {
        Some((before, delay)) => match duration::milliseconds(delay) {
            Some(delay) => (before, delay),
            None => return Err(format!("`{delay}` is not a time such as 500ms, 30s, 5m")),
        },
        None => (text, 0),
    };
    let (action, outcome) = answer(text)?.ok_or_else(|| {
        format!(
            "`given {text}` is not understood; expected `given data NAME = VALUE`, `given interaction ID with ..`, \
             `given ACTION is done with ..` or `given ACTION fails with CODE`, then `after 5s` and `once` if you like"
        )
    })?;
    Ok(Thing::Rule(Rule::new(
        action,
        Answer { outcome, after },
        once,
    )))
}

fn when(text: &str) -> Result<When, String> {
    if text == "it starts" {
        return Ok(When::Starts);
    }
    if let Some(rest) = text.strip_prefix("event ") {
        let (name, members) = with(rest)?;
        let name = name.trim().trim_end_matches(" comes").to_owned();
        return Ok(When::Event(name, members));
    }
    let time = text.strip_suffix(" pass").or(text.strip_suffix(" passes"));
    if let Some(time) = time {
        return duration::milliseconds(time)
            .map(When::Passes)
            .ok_or_else(|| format!("`{time}` is not a time such as 500ms, 30s, 5m"));
    }
    match answer(text)? {
        Some((action, outcome)) => Ok(When::Answered(action, outcome)),
        None => Err(format!(
            "`when {text}` is not understood; expected `when it starts`, `when event NAME with ..`, `when 30s pass`, \
             `when ACTION is done with ..` or `when ACTION fails with CODE`"
        )),
    }
}

/// `ACTION is done [with ..]`, `ACTION fails with CODE[, ..]`.
fn answer(text: &str) -> Result<Option<(String, Outcome)>, String> {
    if let Some((name, rest)) = text.split_once(" is done") {
        let name = action(name)?;
        let (_, members) = with(rest)?;
        let outcome = Outcome::Done(members);
        outcome
            .check(&name)
            .map_err(|refused| refused.to_string())?;
        return Ok(Some((name, outcome)));
    }
    if let Some((name, rest)) = text.split_once(" fails with ") {
        let name = action(name)?;
        let (code, members) = rest.split_once(',').unwrap_or((rest, ""));
        let code = code.trim().trim_matches('"').to_owned();
        let outcome = Outcome::Failed(code, words::members(members)?);
        outcome
            .check(&name)
            .map_err(|refused| refused.to_string())?;
        return Ok(Some((name, outcome)));
    }
    Ok(None)
}

fn then(text: &str) -> Result<Then, String> {
    match text {
        "it is over" => return Ok(Then::Over),
        "it goes on" => return Ok(Then::GoesOn),
        "nothing else is asked" => return Ok(Then::NothingElse),
        _ => {}
    }
    if let Some(states) = text.strip_prefix("it is not in ") {
        return Ok(Then::NotIn(list(states)));
    }
    if let Some(states) = text.strip_prefix("it is in ") {
        return Ok(Then::In(list(states)));
    }
    if let Some(told) = text.strip_prefix("it logs ") {
        return Ok(Then::Logs(told.trim().trim_matches('"').to_owned()));
    }
    if let Some(event) = text.strip_prefix("it hears the error ") {
        return Ok(Then::Fails(event.trim().to_owned()));
    }
    if let Some(name) = text.strip_prefix("it asks no ") {
        return Ok(Then::AsksNo(action(name)?));
    }
    if let Some(rest) = text.strip_prefix("it asks ") {
        let (name, members) = with(rest)?;
        return Ok(Then::Asks(action(name)?, members));
    }
    Err(format!(
        "`then {text}` is not understood; expected `then it is in STATE`, `then it is not in STATE`, `then it asks ACTION with ..`, \
         `then it asks no ACTION`, `then nothing else is asked`, `then it logs TEXT`, `then it hears the error EVENT`, \
         `then it is over` or `then it goes on`"
    ))
}

/// What stands before `with`, and the members behind it.
fn with(text: &str) -> Result<(&str, words::Members), String> {
    let text = text.trim();
    if let Some(members) = text.strip_prefix("with ") {
        return Ok(("", words::members(members)?));
    }
    match text.split_once(" with ") {
        Some((before, members)) => Ok((before, words::members(members)?)),
        None => Ok((text, Vec::new())),
    }
}

fn action(name: &str) -> Result<String, String> {
    let name = name.trim().replace(':', ".");
    if table::dotted(&name).is_some() {
        Ok(name)
    } else {
        Err(format!(
            "there is no action `{name}`; the reference of actions lists them"
        ))
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(|state| state.trim().to_owned())
        .filter(|state| !state.is_empty())
        .collect()
}
