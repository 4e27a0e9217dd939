//! What changed between two versions of a document, for people: states, transitions, actions.

use std::collections::BTreeMap;

use serde::Serialize;

use ringback_scxml::{Chart, StateIx, StateKind, TransitionIx};

use crate::outline::{Outline, When};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What happened to it.
    pub change: Change,
    /// In which state; empty for the document itself.
    pub state: String,
    /// What it is about, in words.
    pub what: String,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is different.
    Changed,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = match self.change {
            Change::Added => '+',
            Change::Removed => '-',
            Change::Changed => '~',
        };
        write!(f, "{sign} {}", self.what)
    }
}

/// All differences, state by state in the order of the new document, then what is gone with whole states.
pub fn difference(old: &Outline, new: &Outline) -> Vec<Difference> {
    let mut all = Vec::new();
    document(&old.chart, &new.chart, &mut all);
    let before = states(old);
    for state in new.proper_states() {
        let id = &new.chart.at(state).id;
        match before.get(id.as_str()) {
            Some(earlier) => compare(old, *earlier, new, state, &mut all),
            None => {
                push(
                    &mut all,
                    Change::Added,
                    id,
                    format!("state {}", shown(&new.chart, state)),
                );
                inside(new, state, Change::Added, &mut all);
            }
        }
    }
    for state in old.proper_states() {
        let id = &old.chart.at(state).id;
        if new.chart.state(id).is_none() {
            push(
                &mut all,
                Change::Removed,
                id,
                format!("state {}", shown(&old.chart, state)),
            );
        }
    }
    all
}

fn document(old: &Chart, new: &Chart, all: &mut Vec<Difference>) {
    let names = |chart: &Chart| chart.name.clone().unwrap_or_else(|| "none".to_owned());
    let initial = |chart: &Chart| {
        let initial = chart.at(StateIx(0)).initial;
        initial.map_or_else(String::new, |t| targets(chart, t))
    };
    for (what, before, after) in [
        ("name", names(old), names(new)),
        ("initial state", initial(old), initial(new)),
        ("data model", old.datamodel.clone(), new.datamodel.clone()),
        ("data", data(old), data(new)),
        ("scripts", scripts(old), scripts(new)),
    ] {
        if before != after {
            let text = if what == "scripts" {
                "scripts of the document".to_owned()
            } else {
                format!("{what} of the document: {before} -> {after}")
            };
            push(all, Change::Changed, "", text);
        }
    }
}

fn data(chart: &Chart) -> String {
    let ids: Vec<&str> = chart.data.iter().map(|data| data.id.as_str()).collect();
    ids.join(", ")
}

fn scripts(chart: &Chart) -> String {
    let texts: Vec<&str> = chart
        .scripts
        .iter()
        .map(|script| chart.expression(*script).text.trim())
        .collect();
    texts.join("\n")
}

/// States by their ids; those whose ids were made up are compared by the place they were made up for.
fn states(outline: &Outline) -> BTreeMap<&str, StateIx> {
    let states = outline.proper_states();
    states
        .map(|state| (outline.chart.at(state).id.as_str(), state))
        .collect()
}

fn compare(
    old: &Outline,
    earlier: StateIx,
    new: &Outline,
    later: StateIx,
    all: &mut Vec<Difference>,
) {
    let id = &new.chart.at(later).id;
    for (what, before, after) in [
        ("kind", kind(&old.chart, earlier), kind(&new.chart, later)),
        (
            "place",
            parent(&old.chart, earlier),
            parent(&new.chart, later),
        ),
    ] {
        if before != after {
            push(
                all,
                Change::Changed,
                id,
                format!("{what} of state {id}: {before} -> {after}"),
            );
        }
    }
    for (moment, before, after) in [
        ("on entry", When::Entry(earlier), When::Entry(later)),
        ("on exit", When::Exit(earlier), When::Exit(later)),
    ] {
        let before: Vec<&str> = old.written_at(before).collect();
        let after: Vec<&str> = new.written_at(after).collect();
        lists(all, id, &format!("{moment} of {id}"), &before, &after);
    }
    transitions(old, earlier, new, later, all);
}

fn transitions(
    old: &Outline,
    earlier: StateIx,
    new: &Outline,
    later: StateIx,
    all: &mut Vec<Difference>,
) {
    let id = &new.chart.at(later).id;
    let mut before = described(old, earlier);
    for (name, after) in described(new, later) {
        let found = before.iter().position(|(known, _)| *known == name);
        match found.map(|at| before.remove(at)) {
            None => push(
                all,
                Change::Added,
                id,
                format!("transition of {id}: {name}{after}"),
            ),
            Some((_, text)) if text != after => push(
                all,
                Change::Changed,
                id,
                format!("transition of {id}: {name}{text} -> {name}{after}"),
            ),
            Some(_) => {}
        }
    }
    for (name, text) in before {
        push(
            all,
            Change::Removed,
            id,
            format!("transition of {id}: {name}{text}"),
        );
    }
}

/// The transitions of a state: what they wait for, and where they go and what they do.
fn described(outline: &Outline, state: StateIx) -> Vec<(String, String)> {
    let chart = &outline.chart;
    let range = chart.at(state).transitions.clone();
    range
        .map(TransitionIx)
        .map(|t| {
            let does: Vec<&str> = outline.written_at(When::Transition(t)).collect();
            let does = if does.is_empty() {
                String::new()
            } else {
                format!(", does {}", does.join(" "))
            };
            (waits(chart, t), format!(" to {}{does}", targets(chart, t)))
        })
        .collect()
}

fn waits(chart: &Chart, transition: TransitionIx) -> String {
    let this = chart.transition(transition);
    let events: Vec<&str> = this.events.iter().map(|event| event.text()).collect();
    let events = if events.is_empty() {
        "at once".to_owned()
    } else {
        events.join(" ")
    };
    match this.condition {
        Some(condition) => format!("{events} [{}]", chart.expression(condition).text.trim()),
        None => events,
    }
}

fn targets(chart: &Chart, transition: TransitionIx) -> String {
    let targets = &chart.transition(transition).targets;
    let ids: Vec<&str> = targets
        .iter()
        .map(|state| chart.at(*state).id.as_str())
        .collect();
    if ids.is_empty() {
        "nowhere".to_owned()
    } else {
        ids.join(" ")
    }
}

fn inside(outline: &Outline, state: StateIx, change: Change, all: &mut Vec<Difference>) {
    let id = &outline.chart.at(state).id;
    for (moment, when) in [
        ("on entry", When::Entry(state)),
        ("on exit", When::Exit(state)),
    ] {
        for doing in outline.written_at(when) {
            push(all, change, id, format!("{moment} of {id}: {doing}"));
        }
    }
    for (name, text) in described(outline, state) {
        push(all, change, id, format!("transition of {id}: {name}{text}"));
    }
}

/// What is only in one of two lists; the order of what is in both does not count as a difference
/// unless nothing else is one.
fn lists(all: &mut Vec<Difference>, state: &str, place: &str, before: &[&str], after: &[&str]) {
    let mut left: Vec<&str> = before.to_vec();
    let mut added = Vec::new();
    for one in after {
        match left.iter().position(|known| known == one) {
            Some(at) => {
                left.remove(at);
            }
            None => added.push(one),
        }
    }
    if left.is_empty() && added.is_empty() && before != after {
        push(all, Change::Changed, state, format!("{place}: the order"));
    }
    for gone in left {
        push(all, Change::Removed, state, format!("{place}: {gone}"));
    }
    for new in added {
        push(all, Change::Added, state, format!("{place}: {new}"));
    }
}

fn kind(chart: &Chart, state: StateIx) -> String {
    match chart.at(state).kind {
        StateKind::Atomic => "state",
        StateKind::Compound => "state with states inside",
        StateKind::Parallel => "parallel",
        StateKind::Final => "final",
        StateKind::Root => "document",
        StateKind::ShallowHistory | StateKind::DeepHistory => "history",
    }
    .to_owned()
}

fn parent(chart: &Chart, state: StateIx) -> String {
    match chart.at(state).parent {
        Some(parent) if parent != StateIx(0) => format!("in {}", chart.at(parent).id),
        _ => "at the top".to_owned(),
    }
}

fn shown(chart: &Chart, state: StateIx) -> String {
    format!(
        "{} ({}, {})",
        chart.at(state).id,
        kind(chart, state),
        parent(chart, state)
    )
}

fn push(all: &mut Vec<Difference>, change: Change, state: &str, what: String) {
    all.push(Difference {
        change,
        state: state.to_owned(),
        what,
    });
}
