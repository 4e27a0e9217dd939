//! Which transitions are taken (3.13 and appendix D: `selectTransitions`,
//! `removeConflictingTransitions`, `getTransitionDomain`, `findLCCA`).

use crate::chart::{Chart, StateKind, Transition};
use crate::session::Session;
use crate::states::{StateIx, StateSet};

/// `getTransitionDomain` for targets that hold no history.
pub(crate) fn domain_of(chart: &Chart, transition: &Transition, targets: &[StateIx]) -> StateIx {
    let source = transition.source;
    let inside = transition.internal
        && chart.at(source).kind == StateKind::Compound
        && targets
            .iter()
            .all(|target| chart.is_descendant(*target, source));
    if inside {
        return source;
    }
    least_common_compound_ancestor(chart, source, targets)
}

/// `findLCCA` of the source and the targets.
fn least_common_compound_ancestor(chart: &Chart, source: StateIx, others: &[StateIx]) -> StateIx {
    chart
        .ancestors(source)
        .filter(|ancestor| {
            matches!(
                chart.at(*ancestor).kind,
                StateKind::Compound | StateKind::Root
            )
        })
        .find(|ancestor| {
            others
                .iter()
                .all(|state| chart.is_descendant(*state, *ancestor))
        })
        .unwrap_or(StateIx::ROOT)
}

/// `getEffectiveTargetStates`: histories replaced by what they hold, or by their default.
pub(crate) fn effective_targets(
    chart: &Chart,
    session: &Session,
    transition: &Transition,
) -> Vec<StateIx> {
    let mut found = StateSet::default();
    add_effective(chart, session, &transition.targets, &mut found, 0);
    found.iter().collect()
}

/// Histories whose defaults name each other would go round for ever; no chain is longer than the
/// number of states.
fn add_effective(
    chart: &Chart,
    session: &Session,
    targets: &[StateIx],
    found: &mut StateSet,
    hops: usize,
) {
    for target in targets {
        let state = chart.at(*target);
        if !state.kind.is_history() {
            found.insert(*target);
        } else if let Some(held) = session.history.get(target) {
            for state in held.iter() {
                found.insert(state);
            }
        } else if let Some(default) = state.transitions.clone().next()
            && hops < chart.states.len()
        {
            let default = &chart.transitions[default as usize];
            add_effective(chart, session, &default.targets, found, hops + 1);
        }
    }
}
