//! What happened, in the order in which it did.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use ringback_scxml::{Chart, Event, Position, StateIx, StateKind, Trace, TransitionIx, Value};

use crate::duration;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Told {
    /// Milliseconds since the beginning.
    pub at: i64,
    /// What happened.
    pub what: Happening,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Happening {
    /// An event was heard.
    Heard(String, Value),
    /// A transition was taken; from where, and its line.
    Took(String, u32),
    /// A state was entered.
    Entered(String),
    /// A state was left.
    Left(String),
    /// An action was asked for.
    Asked {
        /// Its name.
        name: String,
        /// Its request.
        request: String,
        /// What it was asked with.
        members: Value,
    },
    /// Something was logged.
    Logged {
        /// What about.
        label: Option<String>,
        /// What.
        value: Value,
    },
    /// Something went wrong in the document.
    Failed {
        /// Where.
        place: String,
        /// The event that told it.
        event: String,
        /// Why.
        reason: String,
    },
    /// The session ran into a limit.
    Broke(String),
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>8}  ", duration::shown(self.at))?;
        match &self.what {
            Happening::Heard(name, data) if data.is_undefined() => write!(f, "hears {name}"),
            Happening::Heard(name, data) => write!(f, "hears {name} {}", data.to_json()),
            Happening::Took(from, line) => write!(f, "  goes on from {from} (line {line})"),
            Happening::Entered(state) => write!(f, "  enters {state}"),
            Happening::Left(state) => write!(f, "  leaves {state}"),
            Happening::Asked {
                name,
                request,
                members,
            } => write!(f, "asks {name} [{request}] {}", members.to_json()),
            Happening::Logged { label, value } => {
                let label = label.as_ref().map(|label| format!("{label}: "));
                write!(f, "logs {}{}", label.unwrap_or_default(), value.to_text())
            }
            Happening::Failed {
                place,
                event,
                reason,
            } => write!(f, "goes wrong at {place}: {event}: {reason}"),
            Happening::Broke(why) => write!(f, "breaks: {why}"),
        }
    }
}

/// Writes the story of one document, and which of its states and transitions were seen.
pub(super) struct Watch {
    chart: Arc<Chart>,
    story: Rc<RefCell<Vec<Told>>>,
    now: i64,
    pub(super) entered: BTreeSet<StateIx>,
    pub(super) taken: BTreeSet<TransitionIx>,
}

impl Watch {
    pub(super) fn new(chart: Arc<Chart>, story: Rc<RefCell<Vec<Told>>>) -> Watch {
        Watch {
            chart,
            story,
            now: 0,
            entered: BTreeSet::new(),
            taken: BTreeSet::new(),
        }
    }

    pub(super) fn now(&mut self, now: i64) {
        self.now = now;
    }

    fn tell(&self, what: Happening) {
        self.story.borrow_mut().push(Told { at: self.now, what });
    }

    /// Sessions that the document invokes are not its own story.
    fn is_ours(&self, chart: &Chart) -> bool {
        std::ptr::eq(chart, &*self.chart)
    }
}

impl Trace for Watch {
    fn event(&mut self, chart: &Chart, event: &Event) {
        if self.is_ours(chart) {
            self.tell(Happening::Heard(event.name.clone(), event.data.clone()));
        }
    }

    fn transition(&mut self, chart: &Chart, transition: TransitionIx) {
        if !self.is_ours(chart) {
            return;
        }
        let this = chart.transition(transition);
        let source = chart.at(this.source);
        self.taken.insert(transition);
        if source.kind != StateKind::Root && source.initial != Some(transition) {
            self.tell(Happening::Took(source.id.clone(), this.at.line));
        }
    }

    fn entered(&mut self, chart: &Chart, state: StateIx) {
        if self.is_ours(chart) {
            self.entered.insert(state);
            self.tell(Happening::Entered(chart.at(state).id.clone()));
        }
    }

    fn left(&mut self, chart: &Chart, state: StateIx) {
        if self.is_ours(chart) {
            self.tell(Happening::Left(chart.at(state).id.clone()));
        }
    }

    fn failed(&mut self, chart: &Chart, at: Position, event: &str, reason: &str) {
        self.tell(Happening::Failed {
            place: chart.place(at),
            event: event.to_owned(),
            reason: reason.to_owned(),
        });
    }
}
