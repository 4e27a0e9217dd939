//! State Chart XML, as the W3C Recommendation of 1 September 2015 has it: a document is parsed,
//! validated and compiled to an immutable [`Chart`]; a [`Session`] is a small value that a pure
//! [`Machine::step`] moves from one input to the next, and what it wants of the world are
//! [`Effect`]s.
//!
//! Nothing here reads a clock, opens a file or a socket, or starts a thread. Files come from a
//! [`Resolver`], time is told, custom actions are described by a [`Vocabulary`], and data live in a
//! [`DataModel`]: the null data model ([`NullModel`]), and with the feature `ecmascript` the
//! ECMAScript data model (module `ecmascript`).
//!
//! ```
//! use ringback_scxml::{Event, Input, Machine, NullModel, Options, Platform, Session, Value, compile};
//!
//! let text = br#"<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="null">
//!   <state id="off"><transition event="toggle" target="on"/></state>
//!   <state id="on"><transition event="toggle" target="off"/></state>
//! </scxml>"#;
//! let chart = compile("light.scxml", text, &Options::default())?.chart;
//! let platform = Platform::default();
//! let machine = Machine::new(&chart, &platform);
//!
//! let mut session = Session::new("s1");
//! let mut data = NullModel;
//! machine.step(&mut session, 0, Input::Start(Vec::new()), &mut data)?;
//! machine.step(&mut session, 5, Input::Event(Event::new("toggle", Value::Undefined)), &mut data)?;
//! assert_eq!(session.active(&chart), ["on"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What the Recommendation leaves to the platform:
//!
//! - Without `datamodel` a document is an ECMAScript one (3.2.1).
//! - An expression that is not legal is an `error.execution` when it is evaluated, not a document
//!   that is refused (5.9, B.2).
//! - `_event.data` of an error holds `tagname`, `file`, `line`, `column` and `reason`.
//! - A file that `<data src>` names is loaded with the document; if it is missing the session gets
//!   `error.execution` when the value would be bound. A missing `<script src>` refuses the document.
//! - Documents that declare entities of their own are refused, whatever they are for.
#![warn(missing_docs)]

pub mod basic_http;
mod chart;
mod compile;
mod datamodel;
#[cfg(feature = "ecmascript")]
pub mod ecmascript;
mod effect;
mod event;
#[cfg(feature = "ecmascript")]
pub mod interpreter;
mod limits;
mod null;
mod platform;
mod position;
mod resolve;
mod select;
mod session;
mod states;
mod step;
mod time;
mod trace;
mod value;
mod vocabulary;
mod xml;

pub use chart::{
    Binding, Chart, Content, Data, Expression, ExpressionIx, ExpressionKind, State, StateKind,
    Transition, TransitionIx,
};
pub use compile::{Compiled, Options, Refused, compile};
pub use datamodel::{Assigned, DataModel, Failure, System, View};
pub use effect::{Action, ActionElement, Effect, Invoke, Route, Send, Source};
pub use event::{Descriptor, Event, EventKind};
pub use limits::{DocumentLimits, Limit, StepLimits};
pub use null::NullModel;
pub use platform::{
    BASIC_HTTP_PROCESSOR, Everyone, Platform, Reach, SCXML_PROCESSOR, SCXML_SERVICE,
};
pub use position::{Finding, Position, Severity};
pub use resolve::{Files, NoFiles, Resolver, Resource};
pub use session::{Delayed, Invocation, Parent, Session, Status};
pub use states::{StateIx, StateSet};
pub use step::{Broken, Input, Machine};
pub use trace::{NoTrace, Trace};
pub use value::Value;
pub use vocabulary::{ActionShape, AttributeKind, AttributeShape, NoActions, Vocabulary};
pub use xml::{SCXML, XINCLUDE};
