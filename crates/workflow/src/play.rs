//! A document on a virtual clock: what happens is told by lines of text or by a program, what it asks
//! for is answered by rules, and everything that comes of it is written down.

mod rules;
mod story;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use ringback_scxml::ecmascript::Settings;
use ringback_scxml::interpreter::{Interpreter, Outside};
use ringback_scxml::{
    Action, ActionElement, Broken, Chart, Event, Options, Platform, Position, StateIx, Status,
    TransitionIx, Value,
};

pub use rules::{Answer, Outcome, Rule};
pub use story::{Happening, Told};

use crate::table;

/// The time of day at which every play begins: a Monday, 2026-01-05 08:00 UTC.
pub const MORNING: i64 = 1_767_600_000_000;

/// A running document.
pub struct Player<'a> {
    interpreter: Interpreter<'a>,
    chart: Arc<Chart>,
    session: String,
    house: House,
    watch: story::Watch,
}

/// What the document asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The name of the action, such as `queue.submit`.
    pub name: String,
    /// Its request.
    pub request: String,
    /// Attributes, and elements inside as lists, by their names.
    pub members: Value,
    /// Who asked.
    session: String,
    /// Whether an answer came or is on its way.
    pub answered: bool,
    /// Whether somebody has looked at it.
    pub seen: bool,
}

/// Why something could not be told to the document.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The action is not in the table.
    #[error("there is no action `{0}`; the reference of actions lists them")]
    NoSuchAction(String),
    /// Nothing of that kind waits for an answer.
    #[error("no `{name}` waits for an answer; {}", waiting(.open))]
    NotAsked {
        /// What was to be answered.
        name: String,
        /// What waits for an answer.
        open: Vec<String>,
    },
    /// The event of the action has no such member, or its error no such code.
    #[error("{action} has no {what} `{name}`; it has: {}", .known.join(", "))]
    NoSuchField {
        /// The action.
        action: String,
        /// `member` or `code`.
        what: &'static str,
        /// What was said.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
}

fn waiting(open: &[String]) -> String {
    if open.is_empty() {
        "nothing does".to_owned()
    } else {
        format!("these do: {}", open.join(", "))
    }
}

/// What is around the session.
struct House {
    now: i64,
    main: String,
    story: Rc<RefCell<Vec<Told>>>,
    asked: Vec<Asked>,
    rules: Vec<Rule>,
    /// Answers on their way: when, to whom, what.
    coming: Vec<(i64, String, Event)>,
    broken: Option<Broken>,
}

impl<'a> Player<'a> {
    /// A session that begins with the first thing that is told to it. `data` are values for its
    /// top-level data.
    pub fn new(chart: &Arc<Chart>, options: Options<'a>, data: Vec<(String, Value)>) -> Player<'a> {
        let platform = Platform::default();
        let mut interpreter = Interpreter::new(platform, options, Settings::default(), MORNING);
        let session = interpreter.start_chart(Arc::clone(chart), data);
        let story = Rc::new(RefCell::new(Vec::new()));
        Player {
            interpreter,
            chart: Arc::clone(chart),
            house: House {
                now: 0,
                main: session.clone(),
                story: Rc::clone(&story),
                asked: Vec::new(),
                rules: Vec::new(),
                coming: Vec::new(),
                broken: None,
            },
            watch: story::Watch::new(Arc::clone(chart), story),
            session,
        }
    }

    /// From now on, what the rule is about is answered by it.
    pub fn rule(&mut self, rule: Rule) {
        self.house.rules.push(rule);
    }

    /// Lets everything happen that is due now.
    pub fn settle(&mut self) {
        self.pass(0);
    }

    /// Tells the session an event.
    pub fn event(&mut self, name: &str, data: Value) {
        self.interpreter.send(&self.session, Event::new(name, data));
        self.settle();
    }

    /// Answers the oldest request of an action that waits for an answer.
    ///
    /// # Errors
    /// [`Refused`] when there is none.
    pub fn answer(&mut self, name: &str, outcome: &Outcome) -> Result<(), Refused> {
        let found = self
            .house
            .asked
            .iter_mut()
            .find(|asked| asked.name == name && !asked.answered);
        let Some(asked) = found else {
            return Err(Refused::NotAsked {
                name: name.to_owned(),
                open: self.open(),
            });
        };
        asked.answered = true;
        let event = outcome.event(name, &asked.request);
        let session = asked.session.clone();
        self.interpreter.send(&session, event);
        self.settle();
        Ok(())
    }

    /// Lets time pass; what falls due meanwhile happens at its own time.
    pub fn pass(&mut self, milliseconds: i64) {
        let until = self.house.now.saturating_add(milliseconds.max(0));
        loop {
            let now = self.house.now;
            self.hand_in(now);
            self.watch.now(now);
            self.interpreter
                .run_traced(now, &mut self.house, &mut self.watch);
            if self.house.coming.iter().any(|(due, ..)| *due <= now) {
                continue;
            }
            match self.next_due().filter(|due| *due <= until) {
                Some(due) => self.house.now = due.max(now),
                None => break,
            }
        }
        self.house.now = until;
        self.watch.now(until);
        self.interpreter
            .run_traced(until, &mut self.house, &mut self.watch);
    }

    /// Answers that are due, in the order in which they were promised.
    fn hand_in(&mut self, now: i64) {
        let (due, later) = std::mem::take(&mut self.house.coming)
            .into_iter()
            .partition(|(due, ..)| *due <= now);
        self.house.coming = later;
        let due: Vec<(i64, String, Event)> = due;
        for (_, session, event) in due {
            self.interpreter.send(&session, event);
        }
    }

    /// When something happens by itself.
    pub fn next_due(&self) -> Option<i64> {
        let timers = self.interpreter.sessions().filter_map(|id| {
            let (_, session) = self.interpreter.session(id)?;
            session.next_due().map(|(_, due)| due)
        });
        let answers = self.house.coming.iter().map(|(due, ..)| *due);
        timers.chain(answers).min()
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> i64 {
        self.house.now
    }

    /// The ids of the active states.
    pub fn active(&self) -> Vec<String> {
        let found = self.interpreter.session(&self.session);
        found.map_or_else(Vec::new, |(chart, session)| {
            session
                .active(chart)
                .into_iter()
                .map(str::to_owned)
                .collect()
        })
    }

    /// How far the session is.
    pub fn status(&self) -> Status {
        let found = self.interpreter.session(&self.session);
        found.map_or(Status::Cancelled, |(_, session)| session.status)
    }

    /// The limit that a session ran into.
    pub fn broken(&self) -> Option<&Broken> {
        self.house.broken.as_ref()
    }

    /// What was asked for so far.
    pub fn asked(&mut self) -> &mut Vec<Asked> {
        &mut self.house.asked
    }

    /// The names of actions that wait for an answer.
    pub fn open(&self) -> Vec<String> {
        let asked = self.house.asked.iter();
        asked
            .filter(|asked| !asked.answered)
            .map(|asked| asked.name.clone())
            .collect()
    }

    /// What has happened since this was asked last.
    pub fn story(&mut self) -> Vec<Told> {
        std::mem::take(&mut *self.house.story.borrow_mut())
    }

    /// States of the document that were entered so far.
    pub fn entered(&self) -> &BTreeSet<StateIx> {
        &self.watch.entered
    }

    /// Transitions of the document that were taken so far.
    pub fn taken(&self) -> &BTreeSet<TransitionIx> {
        &self.watch.taken
    }

    /// The document.
    pub fn chart(&self) -> &Arc<Chart> {
        &self.chart
    }
}

impl House {
    fn tell(&self, what: Happening) {
        self.story.borrow_mut().push(Told { at: self.now, what });
    }
}

impl Outside for House {
    fn action(&mut self, session: &str, action: &Action) -> Vec<Event> {
        let element = &action.element;
        let found = table::action(&element.namespace, &element.name);
        let name = found.map_or_else(
            || element.name.clone(),
            |(module, action)| format!("{}.{}", module.name, action.name),
        );
        let members = members(element);
        self.tell(Happening::Asked {
            name: name.clone(),
            request: action.request_id.clone(),
            members: members.clone(),
        });
        let mut asked = Asked {
            name,
            request: action.request_id.clone(),
            members,
            session: session.to_owned(),
            answered: false,
            seen: false,
        };
        let answer = rules::answer(&mut self.rules, &asked);
        if let Some(answer) = answer {
            asked.answered = true;
            let event = answer.outcome.event(&asked.name, &asked.request);
            let due = self.now.saturating_add(answer.after);
            self.coming.push((due, session.to_owned(), event));
        }
        self.asked.push(asked);
        Vec::new()
    }

    fn log(&mut self, _: &str, label: Option<&str>, value: &Value, _: Position) {
        self.tell(Happening::Logged {
            label: label.map(str::to_owned),
            value: value.clone(),
        });
    }

    fn broken(&mut self, session: &str, broken: &Broken) {
        self.tell(Happening::Broke(broken.to_string()));
        if session == self.main {
            self.broken = Some(broken.clone());
        }
    }
}

/// An action as one value: its attributes, and the elements inside as lists.
fn members(element: &ActionElement) -> Value {
    let mut all = element.attributes.clone();
    for child in &element.children {
        let inside = members(child);
        match all.iter_mut().find(|(name, _)| *name == child.name) {
            Some((_, Value::List(list))) => list.push(inside),
            _ => all.push((child.name.clone(), Value::List(vec![inside]))),
        }
    }
    if !element.text.is_empty() {
        all.push(("text".to_owned(), Value::text(element.text.as_str())));
    }
    Value::Map(all)
}
