//! Where documents end, and what has become of the interaction then.

use std::collections::BTreeSet;

use ringback_scxml::{Chart, StateIx, StateKind, TransitionIx};

use super::Findings;
use super::flow;
use crate::outline::{Outline, When};
use crate::table::{Module, Settles};

pub(super) fn dead_ends(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    for state in reached(found) {
        let leaves = flow::transitions_up(&chart, state)
            .iter()
            .any(|t| !chart.transition(*t).targets.is_empty());
        let region = chart
            .ancestors(state)
            .any(|around| chart.at(around).kind == StateKind::Parallel);
        if chart.at(state).kind == StateKind::Atomic && !leaves && !region {
            found.add(
                chart.at(state).at,
                format!("{} is never left", flow::name(&chart, state)),
            );
        }
    }
}

pub(super) fn endless(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    let good: BTreeSet<StateIx> = found
        .outline
        .proper_states()
        .filter(|state| ends(&chart, *state) || settles_on_entry(found.outline, *state))
        .collect();
    for state in reached(found) {
        let this = chart.at(state);
        if this.kind != StateKind::Atomic {
            continue;
        }
        let begin: BTreeSet<StateIx> = std::iter::once(state)
            .chain(chart.ancestors(state))
            .collect();
        let later = flow::reachable(&chart, begin, |_| true);
        let ends_well = later.iter().any(|state| {
            good.contains(state)
                || flow::transitions(&chart, *state).any(|t| settles(found.outline, t))
        });
        let leaves = flow::transitions_up(&chart, state)
            .iter()
            .any(|t| !chart.transition(*t).targets.is_empty());
        // What is never left is told by `state.dead-end`.
        if !ends_well && leaves {
            found.add(
                this.at,
                format!("from {} nothing leads to an end", flow::name(&chart, state)),
            );
        }
    }
}

pub(super) fn unsettled(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    let about_interactions = found
        .outline
        .actions()
        .any(|(_, module, _)| owns_interactions(module));
    if !about_interactions {
        return;
    }
    let outline = found.outline;
    // Walks on only while the interaction has no place yet.
    let mut seen = BTreeSet::new();
    let mut next: Vec<StateIx> = Vec::new();
    enter(&chart, outline, flow::start(&chart), &mut seen, &mut next);
    while let Some(state) = next.pop() {
        for transition in flow::transitions(&chart, state) {
            if settles(outline, transition) || takes_away(&chart, transition) {
                continue;
            }
            for target in &chart.transition(transition).targets {
                let entered = flow::entered(&chart, *target);
                enter(&chart, outline, entered, &mut seen, &mut next);
            }
        }
    }
    for state in seen {
        if ends(&chart, state) {
            found.add(
                chart.at(state).at,
                format!(
                    "{} can be reached while the interaction has no place",
                    flow::name(&chart, state)
                ),
            );
        }
    }
}

/// Adds states that are entered together, unless one of them gives the interaction a place.
fn enter(
    chart: &Chart,
    outline: &Outline,
    entered: BTreeSet<StateIx>,
    seen: &mut BTreeSet<StateIx>,
    next: &mut Vec<StateIx>,
) {
    let new = entered
        .iter()
        .filter(|state| !chart.at(**state).kind.is_history());
    if new.clone().any(|state| settles_on_entry(outline, *state)) {
        return;
    }
    for state in new {
        if seen.insert(*state) {
            next.push(*state);
        }
    }
}

fn owns_interactions(module: &Module) -> bool {
    matches!(module.name, "queue" | "interaction")
}

/// Whether a state ends the document.
fn ends(chart: &Chart, state: StateIx) -> bool {
    chart.at(state).kind == StateKind::Final && chart.at(state).parent == Some(StateIx(0))
}

fn settles_on_entry(outline: &Outline, state: StateIx) -> bool {
    gives_a_place(outline, When::Entry(state)) || gives_a_place(outline, When::Exit(state))
}

/// Whether the interaction has a place once a transition was taken: by what it does, or because it
/// waits for the event of an agent found.
fn settles(outline: &Outline, transition: TransitionIx) -> bool {
    gives_a_place(outline, When::Transition(transition))
        || waits_for(&outline.chart, transition, |name| {
            crate::table::all().any(|(module, action)| {
                action.settles == Settles::WhenDone && name == action.done_event(module)
            })
        })
}

/// Whether a transition is for the interaction having gone already.
fn takes_away(chart: &Chart, transition: TransitionIx) -> bool {
    waits_for(chart, transition, |name| {
        matches!(
            name,
            "interaction.deleted" | "interaction.notcontrolled" | "interaction.handled"
        )
    })
}

fn waits_for(chart: &Chart, transition: TransitionIx, is: impl Fn(&str) -> bool) -> bool {
    let events = &chart.transition(transition).events;
    !events.is_empty() && events.iter().all(|event| is(event.text()))
}

fn gives_a_place(outline: &Outline, when: When) -> bool {
    outline
        .actions()
        .any(|(doing, _, action)| doing.when == when && action.settles == Settles::AtOnce)
}

/// The states that something leads to.
fn reached(found: &Findings<'_>) -> BTreeSet<StateIx> {
    flow::reachable(found.chart, flow::start(found.chart), |_| true)
}
