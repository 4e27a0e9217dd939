//! Runs scenarios and counts what they have seen.

use std::collections::BTreeSet;
use std::sync::Arc;

use ringback_scxml::{DocumentLimits, Options, Resolver, StateIx, Status, TransitionIx, Value};

use super::read::{Line, Scenario, Then, Thing, When};
use super::words::fits;
use crate::outline::Outline;
use crate::play::{Happening, Player, Told};
use crate::vocabulary::Actions;

/// What came of all scenarios of a document.
#[derive(Debug)]
pub struct Ran {
    /// One after the other.
    pub outcomes: Vec<Outcome>,
    /// What all of them together have seen.
    pub coverage: Coverage,
}

impl Ran {
    /// Whether every scenario holds.
    pub fn holds(&self) -> bool {
        self.outcomes
            .iter()
            .all(|outcome| outcome.failure.is_none())
    }
}

/// What came of one scenario.
#[derive(Debug)]
pub struct Outcome {
    /// What it shows.
    pub title: String,
    /// Why it does not hold.
    pub failure: Option<Failure>,
}

/// Why a scenario does not hold.
#[derive(Debug)]
pub struct Failure {
    /// The line, from 1.
    pub line: usize,
    /// As it is written.
    pub text: String,
    /// What is the matter.
    pub why: String,
    /// What had happened until then.
    pub story: Vec<Told>,
}

/// Which states were entered and which transitions taken.
#[derive(Debug, Default)]
pub struct Coverage {
    /// How many states there are.
    pub states: usize,
    /// Those that no scenario entered.
    pub missed_states: Vec<StateIx>,
    /// How many transitions there are.
    pub transitions: usize,
    /// Those that no scenario took.
    pub missed_transitions: Vec<TransitionIx>,
}

/// Runs all scenarios of a document, each from the beginning.
pub fn run(outline: &Outline, scenarios: &[Scenario], resolver: &dyn Resolver) -> Ran {
    let mut entered: BTreeSet<StateIx> = BTreeSet::new();
    let mut taken: BTreeSet<TransitionIx> = BTreeSet::new();
    let outcomes = scenarios
        .iter()
        .map(|scenario| {
            let actions = Actions::default();
            let options = Options {
                resolver,
                vocabulary: &actions,
                limits: DocumentLimits::default(),
            };
            let mut run = Run::new(outline, options, scenario);
            let failure = run.all(scenario).err();
            if let Some(player) = &run.player {
                entered.extend(player.entered());
                taken.extend(player.taken());
            }
            Outcome {
                title: scenario.title.clone(),
                failure,
            }
        })
        .collect();
    let states: Vec<StateIx> = outline.proper_states().collect();
    let transitions: Vec<TransitionIx> = outline.proper_transitions().collect();
    Ran {
        outcomes,
        coverage: Coverage {
            states: states.len(),
            missed_states: states
                .into_iter()
                .filter(|s| !entered.contains(s))
                .collect(),
            transitions: transitions.len(),
            missed_transitions: transitions
                .into_iter()
                .filter(|t| !taken.contains(t))
                .collect(),
        },
    }
}

/// One scenario under way.
struct Run<'a> {
    /// There as soon as the session has begun.
    player: Option<Player<'a>>,
    outline: &'a Outline,
    options: Option<Options<'a>>,
    data: Vec<(String, Value)>,
    interaction: Option<Value>,
    story: Vec<Told>,
    /// Errors of the document that a line has spoken of.
    claimed: usize,
}

impl<'a> Run<'a> {
    fn new(outline: &'a Outline, options: Options<'a>, scenario: &Scenario) -> Run<'a> {
        let data = scenario.lines.iter().filter_map(|line| match &line.thing {
            Thing::Data(name, value) => Some((name.clone(), value.clone())),
            _ => None,
        });
        let interaction = scenario
            .lines
            .iter()
            .rev()
            .find_map(|line| match &line.thing {
                Thing::Interaction(id, members) => {
                    let mut all = vec![("interactionid".to_owned(), Value::text(id.as_str()))];
                    all.extend(members.iter().cloned());
                    Some(Value::Map(all))
                }
                _ => None,
            });
        Run {
            player: None,
            outline,
            options: Some(options),
            data: data.collect(),
            interaction,
            story: Vec::new(),
            claimed: 0,
        }
    }

    fn all(&mut self, scenario: &Scenario) -> Result<(), Failure> {
        for line in &scenario.lines {
            let done = self.line(line);
            self.read_on();
            done.map_err(|why| self.failure(line, why))?;
        }
        let unspoken = self.errors().nth(self.claimed);
        match (unspoken, scenario.lines.last()) {
            (Some(error), Some(line)) => Err(self.failure(
                line,
                format!("the document went wrong, and no line speaks of it: {error}"),
            )),
            _ => Ok(()),
        }
    }

    fn line(&mut self, line: &Line) -> Result<(), String> {
        match &line.thing {
            Thing::Data(..) | Thing::Interaction(..) => Ok(()),
            Thing::Rule(rule) => {
                self.player(false)?.rule(rule.clone());
                Ok(())
            }
            Thing::When(when) => self.when(when),
            Thing::Then(then) => {
                self.player(true)?;
                self.read_on();
                self.then(then)
            }
        }
    }

    /// The session; `begin` says whether it has to have begun.
    fn player(&mut self, begin: bool) -> Result<&mut Player<'a>, String> {
        if self.player.is_none() {
            let options = self
                .options
                .take()
                .ok_or("the session cannot begin twice")?;
            let chart = Arc::clone(&self.outline.chart);
            let data = std::mem::take(&mut self.data);
            self.player = Some(Player::new(&chart, options, data));
        }
        let player = self.player.as_mut().ok_or("there is no session")?;
        if begin && player.status() == Status::New {
            player.settle();
            if let Some(interaction) = self.interaction.take() {
                player.event("interaction.present", interaction);
            }
        }
        Ok(player)
    }

    fn when(&mut self, when: &When) -> Result<(), String> {
        let player = self.player(true)?;
        if !matches!(when, When::Starts) && player.status() != Status::Running {
            return Err("the session is over already".to_owned());
        }
        match when {
            When::Starts => {}
            When::Event(name, members) if members.is_empty() => {
                player.event(name, Value::Undefined);
            }
            When::Event(name, members) => player.event(name, Value::Map(members.clone())),
            When::Answered(name, outcome) => player
                .answer(name, outcome)
                .map_err(|refused| refused.to_string())?,
            When::Passes(time) => player.pass(*time),
        }
        match player.broken() {
            Some(broken) => Err(broken.to_string()),
            None => Ok(()),
        }
    }

    fn then(&mut self, then: &Then) -> Result<(), String> {
        let claimed = self.claimed;
        let Some(player) = self.player.as_mut() else {
            return Err("there is no session".to_owned());
        };
        match then {
            Then::In(states) => {
                known(self.outline, states)?;
                let active = player.active();
                match states.iter().find(|state| !active.contains(state)) {
                    Some(state) => Err(format!(
                        "it is not in {state}, but in {}",
                        active.join(", ")
                    )),
                    None => Ok(()),
                }
            }
            Then::NotIn(states) => {
                known(self.outline, states)?;
                let active = player.active();
                match states.iter().find(|state| active.contains(state)) {
                    Some(state) => Err(format!("it is in {state}")),
                    None => Ok(()),
                }
            }
            Then::Asks(name, members) => asks(player, name, members),
            Then::AsksNo(name) => {
                let asked = player.asked().iter().find(|a| a.name == *name && !a.seen);
                asked.map_or(Ok(()), |asked| {
                    Err(format!("it asked {name} with {}", asked.members.to_json()))
                })
            }
            Then::NothingElse => {
                let asked = player.asked().iter().find(|asked| !asked.seen);
                asked.map_or(Ok(()), |asked| {
                    Err(format!(
                        "it asked {} with {}",
                        asked.name,
                        asked.members.to_json()
                    ))
                })
            }
            Then::Over => match player.status() {
                Status::Done => Ok(()),
                _ => Err(format!("it is still in {}", player.active().join(", "))),
            },
            Then::GoesOn => match player.status() {
                Status::Running => Ok(()),
                _ => Err("it is over".to_owned()),
            },
            Then::Logs(text) => {
                let logged = self.story.iter().any(|told| match &told.what {
                    Happening::Logged { label, value } => {
                        value.to_text() == *text || label.as_deref() == Some(text)
                    }
                    _ => false,
                });
                logged
                    .then_some(())
                    .ok_or_else(|| format!("it has not logged `{text}`"))
            }
            Then::Fails(event) => {
                let next = self.errors().nth(claimed);
                if next.is_some_and(|error| error.starts_with(event.as_str())) {
                    self.claimed += 1;
                    Ok(())
                } else {
                    Err(format!("it has not heard the error `{event}`"))
                }
            }
        }
    }

    /// Errors of the document itself, in order.
    fn errors(&self) -> impl Iterator<Item = String> + '_ {
        self.story.iter().filter_map(|told| match &told.what {
            Happening::Failed {
                event,
                reason,
                place,
            } => Some(format!("{event}: {reason}, at {place}")),
            _ => None,
        })
    }

    fn read_on(&mut self) {
        if let Some(player) = &mut self.player {
            self.story.append(&mut player.story());
        }
    }

    fn failure(&self, line: &Line, why: String) -> Failure {
        Failure {
            line: line.number,
            text: line.text.clone(),
            why,
            story: self.story.clone(),
        }
    }
}

fn known(outline: &Outline, states: &[String]) -> Result<(), String> {
    match states
        .iter()
        .find(|state| outline.chart.state(state).is_none())
    {
        Some(state) => Err(format!("the document has no state `{state}`")),
        None => Ok(()),
    }
}

/// Claims the first request of that name that nobody has claimed and that fits.
fn asks(player: &mut Player<'_>, name: &str, members: &[(String, Value)]) -> Result<(), String> {
    let wanted = Value::Map(members.to_vec());
    let asked = player.asked();
    let mut open = asked.iter_mut().filter(|a| a.name == *name && !a.seen);
    if let Some(found) = open.find(|asked| fits(&wanted, &asked.members)) {
        found.seen = true;
        return Ok(());
    }
    let others: Vec<String> = asked
        .iter()
        .filter(|asked| asked.name == name && !asked.seen)
        .map(|asked| asked.members.to_json())
        .collect();
    if others.is_empty() {
        return Err(format!("it has not asked {name}"));
    }
    Err(format!("it asked {name} with {}", others.join("; with ")))
}
