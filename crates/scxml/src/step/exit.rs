//! Leaving states (appendix D: `exitStates`, `computeExitSet`, `exitInterpreter`).

use super::{Run, Step};
use crate::chart::{StateKind, TransitionIx};
use crate::effect::{Effect, Route, Send};
use crate::event::Event;
use crate::session::Status;
use crate::states::{StateIx, StateSet};
use crate::value::Value;

impl Run<'_> {
    pub(super) fn exit_states(&mut self, enabled: &[TransitionIx]) -> Step {
        let leaving = self.compute_exit_set(enabled);
        for state in leaving.iter() {
            self.to_invoke.remove(state);
        }
        for state in leaving.iter().rev() {
            self.remember(state);
        }
        for state in leaving.iter().rev() {
            self.exit(state)?;
        }
        Ok(())
    }

    fn compute_exit_set(&self, enabled: &[TransitionIx]) -> StateSet {
        let mut leaving = StateSet::default();
        for domain in enabled
            .iter()
            .filter_map(|transition| self.domain(*transition))
        {
            let end = self.chart.at(domain).end;
            for state in self.session.configuration.iter_between(domain.0 + 1, end) {
                leaving.insert(state);
            }
        }
        leaving
    }

    /// 3.10: histories hold what was active: children, or for a deep one, what has no states inside.
    fn remember(&mut self, state: StateIx) {
        let chart = self.chart;
        let this = chart.at(state);
        for history in &this.histories {
            let deep = chart.at(*history).kind == StateKind::DeepHistory;
            let held = self
                .session
                .configuration
                .iter_between(state.0 + 1, this.end)
                .filter(|inside| {
                    let inside = chart.at(*inside);
                    if deep {
                        inside.children.is_empty()
                    } else {
                        inside.parent == Some(state)
                    }
                })
                .collect();
            self.session.history.insert(*history, held);
        }
    }

    fn exit(&mut self, state: StateIx) -> Step {
        let chart = self.chart;
        for block in &chart.at(state).exit {
            self.block(block.clone())?;
        }
        self.cancel_invocations(state)?;
        self.session.configuration.remove(state);
        self.trace.left(chart, state);
        Ok(())
    }

    fn cancel_invocations(&mut self, state: StateIx) -> Step {
        if self.session.invocations.is_empty() {
            return Ok(());
        }
        let (gone, kept) = std::mem::take(&mut self.session.invocations)
            .into_iter()
            .partition(|invocation: &crate::session::Invocation| invocation.state == state);
        self.session.invocations = kept;
        for invocation in gone {
            self.effect(Effect::CancelInvoke { id: invocation.id })?;
        }
        Ok(())
    }

    pub(super) fn exit_interpreter(&mut self) -> Step {
        let chart = self.chart;
        let active: Vec<StateIx> = self.session.configuration.iter().collect();
        let mut done = None;
        for state in active.into_iter().rev() {
            let is_end = chart.at(state).kind == StateKind::Final
                && chart.at(state).parent == Some(StateIx::ROOT);
            self.exit(state)?;
            if is_end && !self.cancelling {
                done = Some((state, self.done_data(state)?));
            }
        }
        self.session.delayed.clear();
        self.session.internal.clear();
        self.to_invoke.clear();
        self.session.status = if self.cancelling {
            Status::Cancelled
        } else {
            Status::Done
        };
        match done {
            // The final state stays to be seen: it says how the session ended.
            Some((state, data)) => {
                self.session.configuration.insert(state);
                self.return_done_event(data)
            }
            None => Ok(()),
        }
    }

    /// `returnDoneEvent`: to whoever invoked the session, and to the platform.
    fn return_done_event(&mut self, data: Value) -> Step {
        if let Some(parent) = self.session.parent.clone() {
            let event = Event {
                invokeid: Some(parent.invokeid.clone()),
                ..Event::new(format!("done.invoke.{}", parent.invokeid), data.clone())
            };
            self.effect(Effect::Send(Box::new(Send {
                route: Route::Parent,
                event,
                sendid: String::new(),
                params: Vec::new(),
                content: false,
                hints: Vec::new(),
            })))?;
        }
        self.effect(Effect::Done { data })
    }
}
