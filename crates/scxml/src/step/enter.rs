//! Entering states (appendix D: `enterStates`, `computeEntrySet`, `addDescendantStatesToEnter`,
//! `addAncestorStatesToEnter`, `isInFinalState`).

use super::{Run, Step};
use crate::chart::{Binding, Block, Chart, StateKind, TransitionIx};
use crate::event::EventKind;
use crate::select;
use crate::session::Session;
use crate::states::{StateIx, StateSet};
use crate::value::Value;

/// What is about to be entered.
#[derive(Default)]
struct Entry {
    states: StateSet,
    /// `statesForDefaultEntry`.
    by_default: StateSet,
    /// `defaultHistoryContent`: by the parent of the history.
    history_content: Vec<(StateIx, Block)>,
}

impl Run<'_> {
    pub(super) fn enter_states(&mut self, enabled: &[TransitionIx]) -> Step {
        let entry = self.compute_entry_set(enabled);
        for state in entry.states.iter() {
            self.enter(state, &entry)?;
        }
        Ok(())
    }

    fn enter(&mut self, state: StateIx, entry: &Entry) -> Step {
        let chart = self.chart;
        self.session.configuration.insert(state);
        self.trace.entered(chart, state);
        let this = chart.at(state);
        if !this.invokes.is_empty() {
            self.to_invoke.insert(state);
        }
        self.bind_late(state)?;
        for block in &this.entry {
            self.block(block.clone())?;
        }
        if entry.by_default.contains(state)
            && let Some(initial) = this.initial
        {
            self.block(chart.transition(initial).content.clone())?;
        }
        if let Some((_, block)) = entry
            .history_content
            .iter()
            .find(|(parent, _)| *parent == state)
        {
            self.block(block.clone())?;
        }
        if this.kind == StateKind::Final {
            self.final_state(state)?;
        }
        Ok(())
    }

    /// 5.3.3: with late binding the data of a state get their values when it is first entered.
    fn bind_late(&mut self, state: StateIx) -> Step {
        let chart = self.chart;
        let data = chart.at(state).data.clone();
        if chart.binding != Binding::Late || data.is_empty() || !self.session.bound.insert(state) {
            return Ok(());
        }
        for index in data {
            self.initialise(&chart.data[index as usize], None)?;
        }
        Ok(())
    }

    /// 3.7: tells that the parent, and perhaps a parallel grandparent, is done.
    fn final_state(&mut self, state: StateIx) -> Step {
        let chart = self.chart;
        let parent = chart.at(state).parent.unwrap_or(StateIx::ROOT);
        if parent == StateIx::ROOT {
            self.running = false;
            return Ok(());
        }
        let data = self.done_data(state)?;
        let name = format!("done.state.{}", chart.at(parent).id);
        self.raise_internal(&name, data, EventKind::Platform)?;
        // 3.4: a parallel state whose children are all done is done itself, and may be the last child
        // of another one. Appendix D looks one level up only.
        for ancestor in chart.ancestors(parent) {
            let all_done = chart.at(ancestor).kind == StateKind::Parallel
                && is_in_final_state(chart, self.session, ancestor);
            if !all_done {
                break;
            }
            let name = format!("done.state.{}", chart.at(ancestor).id);
            self.raise_internal(&name, Value::Undefined, EventKind::Platform)?;
        }
        Ok(())
    }

    fn compute_entry_set(&self, enabled: &[TransitionIx]) -> Entry {
        let mut entry = Entry::default();
        for index in enabled {
            let transition = self.chart.transition(*index);
            for target in &transition.targets {
                self.add_descendants(*target, &mut entry, 0);
            }
            let ancestor = if transition.source == StateIx::ROOT {
                Some(StateIx::ROOT)
            } else {
                self.domain(*index)
            };
            if let Some(ancestor) = ancestor {
                for state in select::effective_targets(self.chart, self.session, transition) {
                    self.add_ancestors(state, ancestor, &mut entry, 0);
                }
            }
        }
        entry
    }

    /// `hops` guards against histories whose defaults name each other.
    fn add_descendants(&self, state: StateIx, entry: &mut Entry, hops: usize) {
        let chart = self.chart;
        if hops > 2 * chart.states.len() {
            return;
        }
        let this = chart.at(state);
        match this.kind {
            StateKind::ShallowHistory | StateKind::DeepHistory => {
                self.add_history(state, entry, hops)
            }
            StateKind::Compound => {
                entry.states.insert(state);
                entry.by_default.insert(state);
                if let Some(initial) = this.initial {
                    let targets = &chart.transition(initial).targets;
                    for target in targets {
                        self.add_descendants(*target, entry, hops + 1);
                    }
                    for target in targets {
                        self.add_ancestors(*target, state, entry, hops + 1);
                    }
                }
            }
            StateKind::Parallel => {
                entry.states.insert(state);
                self.add_children(state, entry, hops);
            }
            StateKind::Atomic | StateKind::Final | StateKind::Root => {
                entry.states.insert(state);
            }
        }
    }

    fn add_history(&self, history: StateIx, entry: &mut Entry, hops: usize) {
        let chart = self.chart;
        let this = chart.at(history);
        let parent = this.parent.unwrap_or(StateIx::ROOT);
        let held: Vec<StateIx> = match self.session.history.get(&history) {
            Some(held) => held.iter().collect(),
            None => {
                let Some(default) = this.transitions.clone().next() else {
                    return;
                };
                let default = chart.transition(TransitionIx(default));
                if !entry
                    .history_content
                    .iter()
                    .any(|(known, _)| *known == parent)
                {
                    entry
                        .history_content
                        .push((parent, default.content.clone()));
                }
                default.targets.clone()
            }
        };
        for state in &held {
            self.add_descendants(*state, entry, hops + 1);
        }
        for state in &held {
            self.add_ancestors(*state, parent, entry, hops + 1);
        }
    }

    fn add_ancestors(&self, state: StateIx, below: StateIx, entry: &mut Entry, hops: usize) {
        let chart = self.chart;
        for ancestor in chart
            .ancestors(state)
            .take_while(|ancestor| *ancestor != below)
        {
            if ancestor == StateIx::ROOT {
                break;
            }
            entry.states.insert(ancestor);
            if chart.at(ancestor).kind == StateKind::Parallel {
                self.add_children(ancestor, entry, hops);
            }
        }
    }

    /// The children of a parallel state of which nothing is entered yet.
    fn add_children(&self, parallel: StateIx, entry: &mut Entry, hops: usize) {
        let chart = self.chart;
        for child in &chart.at(parallel).children {
            let begun = entry.states.any_between(child.0 + 1, chart.at(*child).end);
            if !begun {
                self.add_descendants(*child, entry, hops + 1);
            }
        }
    }
}

/// Whether a state has come to its end.
pub(super) fn is_in_final_state(chart: &Chart, session: &Session, state: StateIx) -> bool {
    let this = chart.at(state);
    match this.kind {
        StateKind::Compound => this.children.iter().any(|child| {
            chart.at(*child).kind == StateKind::Final && session.configuration.contains(*child)
        }),
        StateKind::Parallel => this
            .children
            .iter()
            .all(|child| is_in_final_state(chart, session, *child)),
        _ => false,
    }
}
