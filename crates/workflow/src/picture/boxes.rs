//! What is drawn: a box for each state without states inside, a frame for each with, a dot where something
//! begins, a mark for what holds anywhere in a frame, and an arrow for each pair that transitions join.

use ringback_scxml::{StateIx, StateKind, TransitionIx};

use crate::outline::{Outline, What, When};
use crate::table::Settles;

/// Everything in a picture, without places.
pub(super) struct Drawing {
    /// Frames come before what is in them.
    pub(super) nodes: Vec<Node>,
    pub(super) arrows: Vec<Arrow>,
}

/// Something with a place.
pub(super) struct Node {
    pub(super) id: String,
    pub(super) look: Look,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    /// The frame around it.
    pub(super) frame: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A state that waits.
    Plain,
    /// A state that gives the interaction a place.
    Settles,
    Final,
    History,
    Frame,
    Parallel,
    /// Where a document or frame begins.
    Dot,
    /// Where transitions of a whole frame begin.
    Anywhere,
}

impl Look {
    pub(super) fn is_frame(self) -> bool {
        matches!(self, Look::Frame | Look::Parallel)
    }
}

pub(super) struct Arrow {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) lines: Vec<String>,
}

const LONGEST_LINE: usize = 34;

pub(super) fn drawing(outline: &Outline) -> Drawing {
    let mut drawing = Drawing {
        nodes: Vec::new(),
        arrows: Vec::new(),
    };
    let chart = &outline.chart;
    for (index, state) in chart.states.iter().enumerate() {
        let this = StateIx(index as u32);
        if state.kind == StateKind::Root {
            drawing.dot(outline, this);
            continue;
        }
        drawing.state(outline, this);
        if has_frame(outline, this) {
            drawing.dot(outline, this);
            if state
                .transitions
                .clone()
                .any(|t| !is_quiet(outline, TransitionIx(t)))
            {
                drawing.nodes.push(Node {
                    id: anywhere(this),
                    look: Look::Anywhere,
                    title: format!("anywhere in {}", shown(&state.id)),
                    lines: Vec::new(),
                    frame: Some(name(this)),
                });
            }
        }
    }
    for (index, state) in chart.states.iter().enumerate() {
        let this = StateIx(index as u32);
        for transition in state.transitions.clone().map(TransitionIx) {
            if !is_quiet(outline, transition) {
                drawing.transition(outline, this, transition);
            }
        }
    }
    drawing.without_idle_dots();
    drawing
}

impl Drawing {
    /// A frame that nobody enters as a whole needs no sign of where it begins.
    fn without_idle_dots(&mut self) {
        loop {
            let idle = self.nodes.iter().position(|node| {
                node.look == Look::Dot
                    && node.frame.is_some()
                    && self.arrows.iter().all(|arrow| arrow.to != node.id)
            });
            let Some(idle) = idle else {
                return;
            };
            let gone = self.nodes.remove(idle);
            self.arrows.retain(|arrow| arrow.from != gone.id);
        }
    }

    fn state(&mut self, outline: &Outline, state: StateIx) {
        let this = outline.chart.at(state);
        let look = match this.kind {
            StateKind::Parallel => Look::Parallel,
            StateKind::Compound | StateKind::Root => Look::Frame,
            StateKind::Final => Look::Final,
            StateKind::ShallowHistory | StateKind::DeepHistory => Look::History,
            StateKind::Atomic if settles(outline, state) => Look::Settles,
            StateKind::Atomic => Look::Plain,
        };
        let title = match this.kind {
            StateKind::ShallowHistory => "H".to_owned(),
            StateKind::DeepHistory => "H*".to_owned(),
            _ => shown(&this.id),
        };
        let lines = if look.is_frame() {
            Vec::new()
        } else {
            lines(outline, state)
        };
        self.nodes.push(Node {
            id: name(state),
            look,
            title,
            lines,
            frame: frame_of(outline, state),
        });
    }

    /// Where a frame, or the document, begins.
    fn dot(&mut self, outline: &Outline, state: StateIx) {
        let this = outline.chart.at(state);
        let frame = (this.kind != StateKind::Root).then(|| name(state));
        self.nodes.push(Node {
            id: dot(state),
            look: Look::Dot,
            title: String::new(),
            lines: Vec::new(),
            frame,
        });
        let begins = match (this.kind, this.initial) {
            (StateKind::Parallel, _) => this.children.clone(),
            (_, Some(initial)) => outline.chart.transition(initial).targets.clone(),
            (_, None) => this.children.first().copied().into_iter().collect(),
        };
        for child in begins {
            self.arrows.push(Arrow {
                from: dot(state),
                to: entry(outline, child),
                lines: Vec::new(),
            });
        }
    }

    fn transition(&mut self, outline: &Outline, state: StateIx, transition: TransitionIx) {
        let from = if has_frame(outline, state) {
            anywhere(state)
        } else {
            name(state)
        };
        let lines = label(outline, transition);
        for target in &outline.chart.transition(transition).targets {
            let to = entry(outline, *target);
            let known = self
                .arrows
                .iter_mut()
                .find(|arrow| arrow.from == from && arrow.to == to);
            match known {
                Some(arrow) => arrow.lines.extend(lines.iter().cloned()),
                None => self.arrows.push(Arrow {
                    from: from.clone(),
                    to,
                    lines: lines.clone(),
                }),
            }
        }
    }
}

/// Transitions without a target are told in the box.
fn is_quiet(outline: &Outline, transition: TransitionIx) -> bool {
    outline.chart.transition(transition).targets.is_empty()
}

fn has_frame(outline: &Outline, state: StateIx) -> bool {
    matches!(
        outline.chart.at(state).kind,
        StateKind::Compound | StateKind::Parallel
    )
}

fn frame_of(outline: &Outline, state: StateIx) -> Option<String> {
    let parent = outline.chart.at(state).parent?;
    (parent != StateIx(0)).then(|| name(parent))
}

/// Where an arrow to a state ends.
fn entry(outline: &Outline, state: StateIx) -> String {
    if has_frame(outline, state) {
        dot(state)
    } else {
        name(state)
    }
}

fn name(state: StateIx) -> String {
    format!("s{}", state.0)
}

fn dot(state: StateIx) -> String {
    format!("d{}", state.0)
}

fn anywhere(state: StateIx) -> String {
    format!("a{}", state.0)
}

/// Ids that were made up are not told.
fn shown(id: &str) -> String {
    if id.starts_with('$') {
        String::new()
    } else {
        id.to_owned()
    }
}

fn settles(outline: &Outline, state: StateIx) -> bool {
    outline.actions().any(|(doing, _, action)| {
        doing.when == When::Entry(state) && action.settles != Settles::Never
    })
}

/// What happens in a state: the actions on its entry, what is invoked, and what it does without leaving.
fn lines(outline: &Outline, state: StateIx) -> Vec<String> {
    let mut all: Vec<String> = outline
        .at(When::Entry(state))
        .filter_map(|doing| told(&doing.what))
        .collect();
    if outline.invokes.contains(&state) {
        all.push("invokes".to_owned());
    }
    let range = outline.chart.at(state).transitions.clone();
    for transition in range.map(TransitionIx).filter(|t| is_quiet(outline, *t)) {
        let what: Vec<String> = outline
            .at(When::Transition(transition))
            .filter_map(|doing| told(&doing.what))
            .collect();
        let events = label(outline, transition).join(" ");
        let anything = outline.at(When::Transition(transition)).next().is_some();
        all.push(match (what.is_empty(), anything) {
            (true, false) => clipped(&format!("ignores {events}")),
            (true, true) => clipped(&format!("on {events}")),
            (false, _) => clipped(&format!("on {events}: {}", what.join(", "))),
        });
    }
    all.dedup();
    all
}

fn told(what: &What) -> Option<String> {
    match what {
        What::Action { module, action, .. } => Some(format!("{}:{}", module.name, action.name)),
        What::Send {
            event,
            delayed: true,
            ..
        } => Some(clipped(&format!(
            "later: {}",
            event.as_deref().unwrap_or("an event")
        ))),
        What::Send { event, .. } => Some(clipped(&format!(
            "send {}",
            event.as_deref().unwrap_or("an event")
        ))),
        What::Raise(event) => Some(clipped(&format!("raise {event}"))),
        What::Other(_) => None,
    }
}

fn label(outline: &Outline, transition: TransitionIx) -> Vec<String> {
    let this = outline.chart.transition(transition);
    let mut lines: Vec<String> = this
        .events
        .iter()
        .map(|event| clipped(event.text()))
        .collect();
    if let Some(condition) = this.condition {
        let text = outline.chart.expression(condition).text.trim();
        let words: Vec<&str> = text.split_whitespace().collect();
        lines.push(clipped(&format!("[{}]", words.join(" "))));
    }
    lines
}

fn clipped(text: &str) -> String {
    if text.chars().count() <= LONGEST_LINE {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST_LINE - 1).collect();
    format!("{}…", kept.trim_end())
}
