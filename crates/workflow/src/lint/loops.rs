//! Circles that wait for nothing.

use std::collections::{BTreeMap, BTreeSet};

use ringback_scxml::{Chart, StateIx, TransitionIx};

use super::Findings;
use super::flow;
use crate::outline::{Outline, What, When};

pub(super) fn without_wait(found: &mut Findings<'_>) {
    let chart = found.chart.clone();
    let at_once: Vec<TransitionIx> = found
        .outline
        .proper_transitions()
        .filter(|t| goes_on_at_once(&chart, found.outline, *t))
        .collect();
    let mut follows: BTreeMap<TransitionIx, BTreeSet<TransitionIx>> = BTreeMap::new();
    for one in &at_once {
        let entered = after(&chart, *one);
        let next = at_once
            .iter()
            .filter(|other| entered.contains(&chart.transition(**other).source));
        follows.insert(*one, next.copied().collect());
    }
    let mut told: BTreeSet<TransitionIx> = BTreeSet::new();
    for one in &at_once {
        if told.contains(one) {
            continue;
        }
        let circle: Vec<TransitionIx> = at_once
            .iter()
            .filter(|other| leads(&follows, *one, **other) && leads(&follows, **other, *one))
            .copied()
            .collect();
        if circle.is_empty() {
            continue;
        }
        told.extend(&circle);
        let ids: Vec<&str> = circle
            .iter()
            .map(|t| chart.at(chart.transition(*t).source).id.as_str())
            .collect();
        let may_end = circle.iter().any(|t| !flow::is_unconditional(&chart, *t));
        let how = if may_end {
            "only a condition ends it"
        } else {
            "nothing ends it"
        };
        found.add(
            chart.transition(*one).at,
            format!(
                "a circle through {} waits for nothing; {how}",
                ids.join(", ")
            ),
        );
    }
}

/// The states that are active when a transition was taken and may be new there.
fn after(chart: &Chart, transition: TransitionIx) -> BTreeSet<StateIx> {
    let this = chart.transition(transition);
    if this.targets.is_empty() {
        return BTreeSet::from([this.source]);
    }
    let targets = this.targets.iter();
    targets
        .flat_map(|target| flow::entered(chart, *target))
        .collect()
}

/// Whether a transition waits for no event, or only for one that its own state raises when entered, or
/// for one that it raises itself.
fn goes_on_at_once(chart: &Chart, outline: &Outline, transition: TransitionIx) -> bool {
    let this = chart.transition(transition);
    if flow::condition(chart, transition) == Some("false") {
        return false;
    }
    if this.events.is_empty() {
        return true;
    }
    let entry = outline.at(When::Entry(this.source));
    let itself = outline.at(When::Transition(transition));
    entry.chain(itself).any(|doing| {
        let raised = match &doing.what {
            What::Raise(event) => Some(event),
            What::Send {
                event,
                delayed: false,
                own: true,
            } => event.as_ref(),
            _ => None,
        };
        raised.is_some_and(|event| this.events.iter().any(|waited| waited.matches(event)))
    })
}

fn leads(
    follows: &BTreeMap<TransitionIx, BTreeSet<TransitionIx>>,
    from: TransitionIx,
    to: TransitionIx,
) -> bool {
    let mut seen: BTreeSet<TransitionIx> = BTreeSet::new();
    let mut next = vec![from];
    while let Some(one) = next.pop() {
        for follower in follows.get(&one).into_iter().flatten() {
            if *follower == to {
                return true;
            }
            if seen.insert(*follower) {
                next.push(*follower);
            }
        }
    }
    false
}
