//! Where a chart can go: a picture that is larger than the truth, because conditions are not known.

use std::collections::{BTreeSet, VecDeque};

use ringback_scxml::{Chart, StateIx, StateKind, TransitionIx};

/// States that are entered when `target` is: itself, what it begins with, those around it, and the
/// other regions of parallel ones around it.
pub(super) fn entered(chart: &Chart, target: StateIx) -> BTreeSet<StateIx> {
    let mut all = BTreeSet::new();
    descend(chart, target, &mut all);
    let around: Vec<StateIx> = chart.ancestors(target).collect();
    for ancestor in around {
        all.insert(ancestor);
        if chart.at(ancestor).kind == StateKind::Parallel {
            for region in &chart.at(ancestor).children {
                if *region != target && !chart.is_descendant(target, *region) {
                    descend(chart, *region, &mut all);
                }
            }
        }
    }
    all
}

/// `state` and what it begins with.
fn descend(chart: &Chart, state: StateIx, into: &mut BTreeSet<StateIx>) {
    if !into.insert(state) {
        return;
    }
    let found = chart.at(state);
    let begins: Vec<StateIx> = match found.kind {
        StateKind::Parallel => found.children.clone(),
        StateKind::Compound | StateKind::Root => targets_of_initial(chart, state),
        StateKind::ShallowHistory | StateKind::DeepHistory => found
            .transitions
            .clone()
            .flat_map(|t| chart.transition(TransitionIx(t)).targets.clone())
            .collect(),
        StateKind::Atomic | StateKind::Final => Vec::new(),
    };
    for next in begins {
        into.extend(
            chart
                .ancestors(next)
                .filter(|a| chart.is_descendant(*a, state)),
        );
        descend(chart, next, into);
    }
}

fn targets_of_initial(chart: &Chart, state: StateIx) -> Vec<StateIx> {
    match chart.at(state).initial {
        Some(initial) => chart.transition(initial).targets.clone(),
        None => chart
            .at(state)
            .children
            .first()
            .copied()
            .into_iter()
            .collect(),
    }
}

/// States that are entered when the session starts.
pub(super) fn start(chart: &Chart) -> BTreeSet<StateIx> {
    let mut all = BTreeSet::new();
    descend(chart, StateIx(0), &mut all);
    all
}

/// Everything that is entered, sooner or later, from `begin`, by transitions that `may` be taken.
/// A transition needs its source to have been entered.
pub(super) fn reachable(
    chart: &Chart,
    begin: BTreeSet<StateIx>,
    may: impl Fn(TransitionIx) -> bool,
) -> BTreeSet<StateIx> {
    let mut seen = begin.clone();
    let mut next: VecDeque<StateIx> = begin.into_iter().collect();
    while let Some(state) = next.pop_front() {
        for transition in transitions(chart, state).filter(|t| may(*t)) {
            for target in &chart.transition(transition).targets {
                for state in entered(chart, *target) {
                    if seen.insert(state) {
                        next.push_back(state);
                    }
                }
            }
        }
    }
    seen
}

/// The transitions of one state, histories excepted.
pub(super) fn transitions(chart: &Chart, state: StateIx) -> impl Iterator<Item = TransitionIx> {
    let found = chart.at(state);
    let range = if found.kind.is_history() {
        0..0
    } else {
        found.transitions.clone()
    };
    range.map(TransitionIx)
}

/// The transitions of a state and of all around it.
pub(super) fn transitions_up(chart: &Chart, state: StateIx) -> Vec<TransitionIx> {
    std::iter::once(state)
        .chain(chart.ancestors(state))
        .flat_map(|state| transitions(chart, state))
        .collect()
}

/// The text of a condition.
pub(super) fn condition(chart: &Chart, transition: TransitionIx) -> Option<&str> {
    let condition = chart.transition(transition).condition?;
    Some(chart.expression(condition).text.trim())
}

/// Whether nothing stands in the way of a transition once its event is there.
pub(super) fn is_unconditional(chart: &Chart, transition: TransitionIx) -> bool {
    matches!(condition(chart, transition), None | Some("true"))
}

/// How a state is called in findings.
pub(super) fn name(chart: &Chart, state: StateIx) -> String {
    let found = chart.at(state);
    match found.kind {
        StateKind::Root => "the document".to_owned(),
        StateKind::Final => format!("the final state `{}`", found.id),
        _ => format!("the state `{}`", found.id),
    }
}

/// The events of a transition as they are written.
pub(super) fn events(chart: &Chart, transition: TransitionIx) -> String {
    let events = &chart.transition(transition).events;
    let texts: Vec<&str> = events.iter().map(|event| event.text()).collect();
    texts.join(" ")
}
