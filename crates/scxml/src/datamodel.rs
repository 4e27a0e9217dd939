//! What a data model is to the interpreter (section 5, appendix B).

use crate::chart::{Chart, Content, ExpressionIx};
use crate::event::Event;
use crate::limits::Limit;
use crate::states::StateSet;
use crate::value::Value;

/// Why an expression had no value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The expression or what it did was wrong: becomes the event `error.execution`.
    #[error("{0}")]
    Execution(String),
    /// The session is over.
    #[error("{0}")]
    Limit(Limit),
}

impl Failure {
    pub(crate) fn new(reason: impl Into<String>) -> Failure {
        Failure::Execution(reason.into())
    }
}

/// What an expression may see beside its data.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The chart that the expression belongs to.
    pub chart: &'a Chart,
    /// The active states, for `In()` (5.9.2).
    pub active: &'a StateSet,
}

/// The system variables that stay what they are while a session runs (5.10).
#[derive(Clone, Copy, Debug)]
pub struct System<'a> {
    /// `_sessionid`.
    pub session: &'a str,
    /// `_name`.
    pub name: Option<&'a str>,
    /// `_ioprocessors`: the names of the event processors with the addresses that reach this session.
    pub io_processors: &'a [(String, String)],
}

/// Where the value of an assignment comes from.
#[derive(Clone, Copy, Debug)]
pub enum Assigned<'a> {
    /// An expression.
    Expression(ExpressionIx),
    /// What stands in the document.
    Content(&'a Content),
    /// A value from outside.
    Value(&'a Value),
}

/// Holds the data of one session while it makes a step.
///
/// Every evaluation ends: with a value, with [`Failure::Execution`], or, when it took too much, with
/// [`Failure::Limit`].
pub trait DataModel {
    /// Sets the system variables of a session that starts; before anything else.
    fn open(&mut self, system: System<'_>) -> Result<(), Failure>;

    /// Makes a variable without a value, if there is none of that name.
    fn declare(&mut self, id: &str) -> Result<(), Failure>;

    /// Gives the variable of a `<data>` its value.
    fn initialise(&mut self, view: View<'_>, id: &str, value: Assigned<'_>) -> Result<(), Failure>;

    /// Binds `_event`.
    fn set_event(&mut self, event: &Event) -> Result<(), Failure>;

    /// Whether a condition holds.
    fn condition(&mut self, view: View<'_>, expression: ExpressionIx) -> Result<bool, Failure>;

    /// A copy of the value of an expression. What cannot be copied, such as a function, fails.
    fn value(&mut self, view: View<'_>, expression: ExpressionIx) -> Result<Value, Failure>;

    /// The value of an expression as far as it can be shown; for logs.
    fn shown(&mut self, view: View<'_>, expression: ExpressionIx) -> Result<Value, Failure> {
        self.value(view, expression)
    }

    /// Puts a value into a location that exists (5.4).
    fn assign(
        &mut self,
        view: View<'_>,
        location: ExpressionIx,
        value: Assigned<'_>,
    ) -> Result<(), Failure>;

    /// Runs a script (5.8).
    fn script(&mut self, view: View<'_>, script: ExpressionIx) -> Result<(), Failure>;

    /// Opens a `<foreach>` over a shallow copy of the collection (4.6); how many items it has.
    fn iterate(
        &mut self,
        view: View<'_>,
        array: ExpressionIx,
        item: ExpressionIx,
        index: Option<ExpressionIx>,
    ) -> Result<usize, Failure>;

    /// Binds item and index of the innermost open `<foreach>`.
    fn bind_item(&mut self, view: View<'_>, position: usize) -> Result<(), Failure>;

    /// Closes the innermost open `<foreach>`.
    fn close_iteration(&mut self);

    /// What content of a document or message means as a value (B.2.8).
    fn interpret(&mut self, content: &Content) -> Value {
        content.as_value()
    }
}
