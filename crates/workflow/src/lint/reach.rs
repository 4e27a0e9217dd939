//! What can never be entered or taken.

use ringback_scxml::{StateKind, TransitionIx};

use super::Findings;
use super::flow::{self, condition, is_unconditional};
use crate::outline::When;

pub(super) fn states(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    let reached = flow::reachable(&chart, flow::start(&chart), |t| {
        condition(&chart, t) != Some("false")
    });
    for state in found.outline.proper_states() {
        // Only the outermost: what is inside of it follows.
        let inside = chart
            .at(state)
            .parent
            .is_some_and(|p| !reached.contains(&p));
        if !reached.contains(&state) && !inside {
            found.add(
                chart.at(state).at,
                format!("nothing leads to {}", flow::name(&chart, state)),
            );
        }
    }
}

pub(super) fn shadowed(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    for state in found.outline.proper_states() {
        let mut before: Vec<TransitionIx> = Vec::new();
        for transition in flow::transitions(&chart, state) {
            let shadow = before
                .iter()
                .find(|earlier| covers(found, **earlier, transition));
            if let Some(shadow) = shadow {
                let line = chart.transition(*shadow).at.line;
                let events = flow::events(&chart, transition);
                let what = if events.is_empty() {
                    "this transition".to_owned()
                } else {
                    format!("this transition for `{events}`")
                };
                found.add(
                    chart.transition(transition).at,
                    format!("{what} stands behind the unconditional one in line {line}, which is always taken first"),
                );
            }
            before.push(transition);
        }
    }
}

/// Whether `earlier` is taken whenever `later` could be.
fn covers(found: &Findings<'_>, earlier: TransitionIx, later: TransitionIx) -> bool {
    if !is_unconditional(found.chart, earlier) {
        return false;
    }
    let earlier = &found.chart.transition(earlier).events;
    let later = &found.chart.transition(later).events;
    if later.is_empty() || earlier.is_empty() {
        return later.is_empty() && earlier.is_empty();
    }
    later.iter().all(|later| {
        let name = later.text();
        earlier
            .iter()
            .any(|e| e.text() == "*" || (name != "*" && e.matches(name)))
    })
}

pub(super) fn never(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    for transition in found.outline.proper_transitions() {
        let this = chart.transition(transition);
        if condition(&chart, transition) == Some("false") {
            found.add(this.at, "the condition of this transition is `false`");
            continue;
        }
        let state = chart.at(this.source);
        let at_once = flow::transitions(&chart, this.source).find(|t| {
            chart.transition(*t).events.is_empty()
                && is_unconditional(&chart, *t)
                && !chart.transition(*t).targets.is_empty()
        });
        if let Some(at_once) = at_once.filter(|_| !this.events.is_empty())
            && state.kind == StateKind::Atomic
        {
            let line = chart.transition(at_once).at.line;
            found.add(
                this.at,
                format!(
                    "{} is left at once by the transition in line {line}, so `{}` is never waited for",
                    flow::name(&chart, this.source),
                    flow::events(&chart, transition)
                ),
            );
        }
    }
}

pub(super) fn nowhere(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    for transition in found.outline.proper_transitions() {
        let this = chart.transition(transition);
        let idle = found
            .outline
            .at(When::Transition(transition))
            .next()
            .is_none();
        if this.targets.is_empty() && idle && !swallows(found, transition) {
            found.add(this.at, "this transition goes nowhere and does nothing");
        }
    }
}

/// Whether it keeps a state around its own from hearing the event: then it is there for a purpose.
fn swallows(found: &Findings<'_>, transition: TransitionIx) -> bool {
    let this = found.chart.transition(transition);
    found.chart.ancestors(this.source).any(|around| {
        flow::transitions(found.chart, around).any(|other| {
            let other = &found.chart.transition(other).events;
            this.events
                .iter()
                .any(|e| other.iter().any(|o| o.matches(e.text()) || o.text() == "*"))
        })
    })
}
