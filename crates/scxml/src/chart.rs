//! A compiled document: immutable, shared, its states in document order.

use std::ops::Range;

use crate::event::Descriptor;
use crate::position::Position;
use crate::states::StateIx;
use crate::value::Value;
use crate::vocabulary::AttributeKind;

/// The index of a transition in [`Chart::transitions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransitionIx(pub u32);

/// The index of an expression in [`Chart::expressions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExpressionIx(pub u32);

/// The made-up attribute by which a document of the older dialect is known.
pub(crate) const DIALECT: &str = "$dialect";

/// A compiled document.
#[derive(Debug)]
pub struct Chart {
    /// The name of the document, if it gives one.
    pub name: Option<String>,
    /// Which data model it wants: `null`, `ecmascript`, or a name that nobody here knows.
    pub datamodel: String,
    /// When the data of states get their values (5.3.3).
    pub binding: Binding,
    /// The files it was read from; the first is the document itself.
    pub files: Vec<String>,
    /// All states in document order; 0 is the `<scxml>` element.
    pub states: Vec<State>,
    /// All transitions; those of one state stand together.
    pub transitions: Vec<Transition>,
    /// All expressions and scripts.
    pub expressions: Vec<Expression>,
    /// All `<data>`, in document order.
    pub data: Vec<Data>,
    /// Scripts that are children of `<scxml>`, in document order.
    pub scripts: Vec<ExpressionIx>,
    /// Attributes of `<scxml>` that the Recommendation does not know, such as `_persist`.
    pub extra: Vec<(String, String)>,
    pub(crate) ops: Vec<Op>,
    pub(crate) sends: Vec<SendOp>,
    pub(crate) invokes: Vec<InvokeOp>,
    pub(crate) actions: Vec<ActionOp>,
}

impl Chart {
    /// The state of this id.
    pub fn state(&self, id: &str) -> Option<StateIx> {
        let found = self.states.iter().position(|state| state.id == id)?;
        Some(StateIx(found as u32))
    }

    /// What stands at an index.
    pub fn at(&self, state: StateIx) -> &State {
        &self.states[state.at()]
    }

    /// What stands at an index.
    pub fn transition(&self, transition: TransitionIx) -> &Transition {
        &self.transitions[transition.0 as usize]
    }

    /// What stands at an index.
    pub fn expression(&self, expression: ExpressionIx) -> &Expression {
        &self.expressions[expression.0 as usize]
    }

    /// Whether `state` is inside `ancestor` and not itself (3.13, `isDescendant`).
    pub fn is_descendant(&self, state: StateIx, ancestor: StateIx) -> bool {
        ancestor < state && state.0 < self.at(ancestor).end
    }

    /// The proper ancestors, from the parent up to the `<scxml>` element.
    pub fn ancestors(&self, state: StateIx) -> impl Iterator<Item = StateIx> + '_ {
        std::iter::successors(self.at(state).parent, |state| self.at(*state).parent)
    }

    /// Whether the document is of the older dialect and was mapped.
    pub fn is_old_dialect(&self) -> bool {
        self.extra.iter().any(|(name, _)| name == DIALECT)
    }

    /// `file:line:column` of a place in this chart.
    pub fn place(&self, at: Position) -> String {
        let file = self
            .files
            .get(usize::from(at.file))
            .map_or("", String::as_str);
        format!("{file}:{}:{}", at.line, at.column)
    }
}

/// When data get their values (5.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// All when the session starts.
    Early,
    /// Those of a state when it is entered for the first time.
    Late,
}

/// What a state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    /// The `<scxml>` element.
    Root,
    /// `<state>` without states inside.
    Atomic,
    /// `<state>` with states inside.
    Compound,
    /// `<parallel>`.
    Parallel,
    /// `<final>`.
    Final,
    /// `<history type="shallow">`.
    ShallowHistory,
    /// `<history type="deep">`.
    DeepHistory,
}

impl StateKind {
    /// Whether it is one of the two kinds of `<history>`.
    pub fn is_history(self) -> bool {
        matches!(self, StateKind::ShallowHistory | StateKind::DeepHistory)
    }
}

/// A state, or the `<scxml>` element.
#[derive(Debug)]
pub struct State {
    /// Its id; one that begins with `$` was made up, because the document gives none.
    pub id: String,
    /// What it is.
    pub kind: StateKind,
    /// What it is in; `None` for the `<scxml>` element.
    pub parent: Option<StateIx>,
    /// One past the last state inside of it: its descendants are the indexes between.
    pub end: u32,
    /// States directly inside, without `<history>`.
    pub children: Vec<StateIx>,
    /// `<history>` directly inside.
    pub histories: Vec<StateIx>,
    /// Its transitions, in document order; of a `<history>` its default transition.
    pub transitions: Range<u32>,
    /// The transition into its initial states; also if the document leaves it to the order.
    pub initial: Option<TransitionIx>,
    /// Where it stands.
    pub at: Position,
    pub(crate) entry: Vec<Block>,
    pub(crate) exit: Vec<Block>,
    pub(crate) data: Range<u32>,
    pub(crate) invokes: Range<u32>,
    pub(crate) done_data: Option<Payload>,
}

/// A transition.
#[derive(Debug)]
pub struct Transition {
    /// The state it belongs to.
    pub source: StateIx,
    /// What events it is for; empty if it waits for none.
    pub events: Vec<Descriptor>,
    /// Under which condition.
    pub condition: Option<ExpressionIx>,
    /// Where it goes, as written.
    pub targets: Vec<StateIx>,
    /// Whether `type="internal"`.
    pub internal: bool,
    /// Where it stands.
    pub at: Position,
    pub(crate) content: Block,
    /// The state that is not left (`getTransitionDomain`), where that does not depend on history.
    pub(crate) domain: Domain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    /// There is no target, nothing is left.
    Nothing,
    Fixed(StateIx),
    /// A target is a `<history>`.
    Depends,
}

/// What an expression is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpressionKind {
    /// Yields a truth value.
    Condition,
    /// Yields a value.
    Value,
    /// Names a place that a value can be put into.
    Location,
    /// A script.
    Script,
}

/// An expression or script with where it stands.
#[derive(Debug)]
pub struct Expression {
    /// What it is used as.
    pub kind: ExpressionKind,
    /// Its text.
    pub text: String,
    /// The element it belongs to.
    pub element: &'static str,
    /// Where it stands.
    pub at: Position,
}

/// A `<data>`.
#[derive(Debug)]
pub struct Data {
    /// Its name.
    pub id: String,
    /// Whether the `<datamodel>` is a child of `<scxml>`.
    pub top_level: bool,
    /// Where it stands.
    pub at: Position,
    pub(crate) source: DataSource,
}

#[derive(Debug)]
pub(crate) enum DataSource {
    None,
    Expression(ExpressionIx),
    Content(Content),
    /// `src` could not be loaded; the reason.
    Missing(String),
}

/// Text or markup in a document or in a file it names; what it means is the data model's to say.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Text.
    Text(String),
    /// One or more elements, written out with the namespaces they need.
    Markup(String),
}

/// A run of executable content: a block of 4.1, in which one error ends the rest.
pub(crate) type Block = Range<u32>;

/// One piece of executable content, flattened.
#[derive(Debug)]
pub(crate) struct Op {
    pub(crate) at: Position,
    pub(crate) kind: OpKind,
}

#[derive(Debug)]
pub(crate) enum OpKind {
    Raise(String),
    Log {
        label: Option<String>,
        expression: Option<ExpressionIx>,
    },
    Assign {
        location: ExpressionIx,
        value: AssignSource,
    },
    Script(ExpressionIx),
    /// Goes on at `to` unless the condition holds.
    Unless {
        condition: ExpressionIx,
        to: u32,
    },
    Jump(u32),
    /// Opens the array; goes on at `end`, past the matching [`OpKind::Next`], when it is empty.
    Foreach {
        array: ExpressionIx,
        item: ExpressionIx,
        index: Option<ExpressionIx>,
        end: u32,
    },
    /// Back to the first operation of the body if there is another item.
    Next {
        body: u32,
    },
    Send(u32),
    Cancel(Given),
    Action(u32),
}

#[derive(Debug)]
pub(crate) enum AssignSource {
    Expression(ExpressionIx),
    Content(Content),
}

/// An attribute that is given as a literal or as an expression.
#[derive(Debug)]
pub(crate) enum Given {
    Literal(String),
    Expression(ExpressionIx),
}

#[derive(Debug)]
pub(crate) struct SendOp {
    pub(crate) event: Option<Given>,
    pub(crate) target: Option<Given>,
    pub(crate) kind: Option<Given>,
    pub(crate) id: Option<Given>,
    pub(crate) id_location: Option<ExpressionIx>,
    pub(crate) delay: Option<Given>,
    pub(crate) payload: Payload,
    /// Attributes of other namespaces, such as hints.
    pub(crate) extra: Vec<(String, Given)>,
}

/// What `<send>`, `<invoke>` and `<donedata>` carry.
#[derive(Debug, Default)]
pub(crate) struct Payload {
    pub(crate) namelist: Vec<(String, ExpressionIx)>,
    pub(crate) params: Vec<(String, ExpressionIx)>,
    pub(crate) content: Option<ContentSource>,
}

#[derive(Debug)]
pub(crate) enum ContentSource {
    Expression(ExpressionIx),
    Literal(Content),
}

#[derive(Debug)]
pub(crate) struct InvokeOp {
    pub(crate) at: Position,
    pub(crate) kind: Option<Given>,
    pub(crate) source: Option<Given>,
    pub(crate) id: Option<String>,
    pub(crate) id_location: Option<ExpressionIx>,
    pub(crate) autoforward: bool,
    pub(crate) payload: Payload,
    pub(crate) finalize: Block,
}

/// A custom action (4.10) of a vocabulary.
#[derive(Debug)]
pub(crate) struct ActionOp {
    pub(crate) element: ActionElement,
    /// Where the engine writes the id it gives to the request.
    pub(crate) request_id: Option<ExpressionIx>,
}

#[derive(Debug)]
pub(crate) struct ActionElement {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, ActionValue)>,
    pub(crate) text: String,
    pub(crate) children: Vec<ActionElement>,
}

#[derive(Debug)]
pub(crate) enum ActionValue {
    Given(Value),
    Expression(ExpressionIx, AttributeKind),
}
