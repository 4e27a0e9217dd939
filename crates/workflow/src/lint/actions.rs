//! What is asked of the platform, and what is heard of it.

use std::collections::BTreeSet;

use ringback_scxml::{StateIx, StateKind, TransitionIx};

use super::Findings;
use super::flow;
use crate::outline::When;
use crate::table::{self, Room};

pub(super) fn unhandled(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    for (doing, module, action) in found.outline.actions() {
        let error = action.error_event(module);
        let here = active_after(found, doing.when);
        let handled = listening(found, here).iter().any(|t| {
            let events = &chart.transition(*t).events;
            events.iter().any(|event| event.matches(&error))
        });
        if !handled {
            found.add(doing.at, format!("nobody hears `{error}`"));
        }
    }
}

/// States that may be active when the answer to something done at a moment comes.
fn active_after(found: &Findings<'_>, when: When) -> BTreeSet<StateIx> {
    let chart = found.chart;
    let begin: BTreeSet<StateIx> = match when {
        When::Entry(state) => flow::entered(chart, state),
        When::Transition(transition) => match chart.transition(transition).targets.as_slice() {
            [] => flow::entered(chart, chart.transition(transition).source),
            targets => targets
                .iter()
                .flat_map(|t| flow::entered(chart, *t))
                .collect(),
        },
        When::Exit(state) => std::iter::once(state)
            .chain(chart.ancestors(state))
            .flat_map(|state| flow::transitions(chart, state))
            .flat_map(|t| chart.transition(t).targets.clone())
            .flat_map(|target| flow::entered(chart, target))
            .collect(),
    };
    // Transitions that wait for nothing are taken before any answer comes.
    flow::reachable(chart, begin, |t| chart.transition(t).events.is_empty())
}

/// The transitions of these states and of all regions beside them.
fn listening(found: &Findings<'_>, states: BTreeSet<StateIx>) -> Vec<TransitionIx> {
    let chart = found.chart;
    let mut all: BTreeSet<StateIx> = BTreeSet::new();
    for state in states {
        all.insert(state);
        for around in chart.ancestors(state) {
            all.insert(around);
            if chart.at(around).kind == StateKind::Parallel {
                all.extend((around.0..chart.at(around).end).map(StateIx));
            }
        }
    }
    all.into_iter()
        .flat_map(|state| flow::transitions(chart, state))
        .collect()
}

pub(super) fn rooms(found: &mut Findings<'_>) {
    let missing: Vec<_> = found
        .outline
        .actions()
        .filter_map(|(doing, module, action)| match action.room {
            Room::Here => None,
            Room::Missing(room) => Some((doing.at, module, action, room)),
        })
        .collect();
    for (at, module, action, room) in missing {
        found.add(
            at,
            format!(
                "{}:{} needs {room}, which is not there yet: it ends in `{}`",
                module.name,
                action.name,
                action.error_event(module)
            ),
        );
    }
}

pub(super) fn unknown_events(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    let known = table::events();
    for transition in found.outline.proper_transitions() {
        for event in &chart.transition(transition).events {
            let text = event.text();
            let plain = text.strip_prefix("error.").unwrap_or(text);
            let module = plain.split('.').next().unwrap_or_default();
            let ours = used(found, module);
            if ours && !known.iter().any(|known| event.matches(known)) {
                found.add(
                    chart.transition(transition).at,
                    format!("the module `{module}` has no event `{text}`"),
                );
            }
        }
    }
}

/// Whether the document has actions of a module: then its name is not a coincidence.
fn used(found: &Findings<'_>, module: &str) -> bool {
    let actions = found.outline.actions();
    let mut own = actions.map(|(_, module, _)| module.name);
    own.any(|name| name == module)
        || (module == "interaction" && found.outline.actions().next().is_some())
}
