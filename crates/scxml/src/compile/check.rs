//! What can only be said when all states and transitions are known: the domains of transitions, and
//! whether their targets make a legal configuration (3.11).

use super::Builder;
use crate::chart::{Chart, Domain, StateKind, TransitionIx};
use crate::select;
use crate::states::StateIx;

pub(super) fn check(builder: &mut Builder<'_, '_>) {
    for index in 0..builder.chart.transitions.len() {
        let domain = domain(&builder.chart, TransitionIx(index as u32));
        builder.chart.transitions[index].domain = domain;
        legal_targets(builder, index);
    }
    for index in 0..builder.chart.states.len() {
        initial_inside(builder, index);
        history_inside(builder, index);
    }
    null_model(builder);
}

fn domain(chart: &Chart, transition: TransitionIx) -> Domain {
    let transition = chart.transition(transition);
    if transition.targets.is_empty() {
        return Domain::Nothing;
    }
    let depends = transition
        .targets
        .iter()
        .any(|target| chart.at(*target).kind.is_history());
    if depends {
        return Domain::Depends;
    }
    Domain::Fixed(select::domain_of(chart, transition, &transition.targets))
}

/// Two targets must lie in different children of a parallel state, or one inside of the other.
fn legal_targets(builder: &mut Builder<'_, '_>, index: usize) {
    let chart = &builder.chart;
    let transition = &chart.transitions[index];
    let conflict = transition.targets.iter().enumerate().find_map(|(at, one)| {
        transition.targets[at + 1..]
            .iter()
            .find(|other| !together(chart, *one, **other))
            .map(|other| (*one, *other))
    });
    if let Some((one, other)) = conflict {
        let message = format!(
            "`{}` and `{}` cannot be active together",
            chart.at(one).id,
            chart.at(other).id
        );
        let at = transition.at;
        builder.notes.error(
            "target.conflict",
            at,
            message,
            "name one state, or states in different children of one <parallel>",
        );
    }
}

fn together(chart: &Chart, one: StateIx, other: StateIx) -> bool {
    if one == other || chart.is_descendant(one, other) || chart.is_descendant(other, one) {
        return true;
    }
    let common = chart
        .ancestors(one)
        .find(|ancestor| chart.is_descendant(other, *ancestor));
    common.is_some_and(|common| chart.at(common).kind == StateKind::Parallel)
}

fn initial_inside(builder: &mut Builder<'_, '_>, index: usize) {
    let chart = &builder.chart;
    let state = &chart.states[index];
    let Some(initial) = state.initial else { return };
    let transition = chart.transition(initial);
    let outside = transition
        .targets
        .iter()
        .find(|target| !chart.is_descendant(**target, StateIx(index as u32)));
    if let Some(outside) = outside {
        let message = format!(
            "the initial state `{}` is not inside of `{}`",
            chart.at(*outside).id,
            state.id
        );
        let at = transition.at;
        builder
            .notes
            .error("initial.outside", at, message, "name a state inside");
    }
}

fn history_inside(builder: &mut Builder<'_, '_>, index: usize) {
    let chart = &builder.chart;
    let state = &chart.states[index];
    let (true, Some(parent)) = (state.kind.is_history(), state.parent) else {
        return;
    };
    let Some(transition) = state.transitions.clone().next() else {
        return;
    };
    let transition = chart.transition(TransitionIx(transition));
    let outside = transition
        .targets
        .iter()
        .find(|target| !chart.is_descendant(**target, parent));
    if let Some(outside) = outside {
        let message = format!(
            "the default of history `{}` goes to `{}`, outside of `{}`",
            state.id,
            chart.at(*outside).id,
            chart.at(parent).id
        );
        let at = transition.at;
        builder.notes.error(
            "history.outside",
            at,
            message,
            "name states that the history could hold (3.10.2)",
        );
    }
}

/// B.1: the null data model has neither data nor scripts.
fn null_model(builder: &mut Builder<'_, '_>) {
    if builder.chart.datamodel != "null" {
        return;
    }
    let data = builder.chart.data.first().map(|data| data.at);
    let script = builder
        .chart
        .scripts
        .first()
        .map(|script| builder.chart.expression(*script).at);
    for at in [data, script].into_iter().flatten() {
        builder.notes.error(
            "datamodel.null",
            at,
            "the null data model has neither data nor scripts",
            "choose datamodel=\"ecmascript\", or take it out (B.1)",
        );
    }
}
