//! What an operator may watch while a session makes its steps.

use crate::chart::{Chart, ExpressionIx, TransitionIx};
use crate::datamodel::Failure;
use crate::event::Event;
use crate::position::Position;
use crate::states::StateIx;

/// Told what happens inside of a step, in the order in which it happens. Nothing is told twice and
/// nothing can be changed.
pub trait Trace {
    /// An event was taken from a queue.
    fn event(&mut self, chart: &Chart, event: &Event) {
        let _ = (chart, event);
    }

    /// A condition was evaluated.
    fn condition(
        &mut self,
        chart: &Chart,
        condition: ExpressionIx,
        result: &Result<bool, Failure>,
    ) {
        let _ = (chart, condition, result);
    }

    /// A transition is taken; the states that it leaves were left.
    fn transition(&mut self, chart: &Chart, transition: TransitionIx) {
        let _ = (chart, transition);
    }

    /// A state was entered.
    fn entered(&mut self, chart: &Chart, state: StateIx) {
        let _ = (chart, state);
    }

    /// A state was left.
    fn left(&mut self, chart: &Chart, state: StateIx) {
        let _ = (chart, state);
    }

    /// Something failed; the session gets an error event.
    fn failed(&mut self, chart: &Chart, at: Position, event: &str, reason: &str) {
        let _ = (chart, at, event, reason);
    }
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTrace;

impl Trace for NoTrace {}
