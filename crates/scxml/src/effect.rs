//! What a step asks of the outside world.
//!
//! Effects are in the order in which the document asked for them, and are to be carried out in it.

use serde::{Deserialize, Serialize};

use crate::chart::Content;
use crate::event::Event;
use crate::position::Position;
use crate::value::Value;

/// Something asked of the outside world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Deliver an event.
    Send(Box<Send>),
    /// Start something that is invoked (6.4).
    Invoke(Box<Invoke>),
    /// End what was invoked. What it has sent and nobody has seen yet is to be dropped, unless it
    /// had ended by itself.
    CancelInvoke {
        /// The id of the invocation.
        id: String,
    },
    /// Hand a copy of an external event to what was invoked (6.4.1, `autoforward`).
    Forward {
        /// The id of the invocation.
        id: String,
        /// The event, unchanged.
        event: Event,
    },
    /// Carry out a custom action.
    Action(Box<Action>),
    /// Tell the log (4.7).
    Log {
        /// What it is about.
        label: Option<String>,
        /// What is told.
        value: Value,
        /// Where the `<log>` stands.
        at: Position,
    },
    /// The session reached a final state and is over.
    Done {
        /// The data of the final state.
        data: Value,
    },
}

/// An event on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Send {
    /// To whom.
    pub route: Route,
    /// What is delivered. Its origin is this session, so that it can be answered.
    pub event: Event,
    /// The id of the `<send>`, given or made up: errors about it carry it.
    pub sendid: String,
    /// Name and value of each parameter as written, also names that come twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<(String, Value)>,
    /// Whether the data come from `<content>`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub content: bool,
    /// Attributes of other namespaces, and `hints`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<(String, Value)>,
}

/// To whom an event goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Into this session's own external queue.
    Own,
    /// To the session that invoked this one.
    Parent,
    /// To what this session invoked.
    Invoked(String),
    /// To another session, by its id.
    Session(String),
    /// To something else.
    Other {
        /// The kind of event processor, as the document says it.
        kind: String,
        /// The address, as the document says it.
        target: String,
    },
}

/// Something to invoke.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invoke {
    /// The id of the invocation, unique in this session.
    pub id: String,
    /// The kind of service, as the document says it; empty for SCXML.
    pub kind: String,
    /// What is to run.
    pub source: Source,
    /// Its data, by name.
    pub params: Vec<(String, Value)>,
    /// The file that relative references start from.
    pub base: String,
}

/// What is invoked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nothing is said.
    None,
    /// What this address names.
    Address(String),
    /// A document in the document.
    Inline(Value),
}

/// A custom action, its expressions evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Unique in this session; events about the action carry it.
    pub request_id: String,
    /// The action itself.
    pub element: ActionElement,
    /// Where it stands.
    pub at: Position,
}

/// A custom action, or an element inside of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActionElement {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<(String, Value)>,
    /// The text inside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The elements inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ActionElement>,
}

impl ActionElement {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        let found = self.attributes.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }
}

impl Content {
    /// What it says to a data model that has no idea of JSON or XML.
    pub(crate) fn as_value(&self) -> Value {
        match self {
            Content::Text(text) => Value::text(text.as_str()),
            Content::Markup(text) => Value::Xml(text.clone()),
        }
    }
}
