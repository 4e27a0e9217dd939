//! A running document as a value: small, serialisable, bound to no thread and no script engine.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::chart::Chart;
use crate::effect::Send;
use crate::event::Event;
use crate::limits::Limit;
use crate::states::{StateIx, StateSet};

/// A running document.
///
/// It belongs to one chart: indexes in it mean nothing in another. Between two steps its internal
/// queue is empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Its id, `_sessionid`: given by the caller, unique among sessions that talk to each other.
    pub id: String,
    /// How far it is.
    pub status: Status,
    /// The active states (3.11), without the `<scxml>` element.
    pub configuration: StateSet,
    /// What a data model keeps for it; means something to that data model only.
    #[serde(default, with = "serde_bytes", skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<u8>,
    /// Who invoked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// What it invoked and has not cancelled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invocations: Vec<Invocation>,
    /// Sends that wait for their time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delayed: Vec<Delayed>,
    /// What histories hold (3.10).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) history: BTreeMap<StateIx, StateSet>,
    /// With late binding: states whose data have their values.
    #[serde(default, skip_serializing_if = "StateSet::is_empty")]
    pub(crate) bound: StateSet,
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) internal: VecDeque<Event>,
    /// Ids given out so far.
    #[serde(default)]
    pub(crate) given: u64,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not started.
    New,
    /// Waits for events.
    Running,
    /// Reached a final state.
    Done,
    /// Was cancelled.
    Cancelled,
    /// Ran into a limit.
    Broken(Limit),
}

/// Who invoked a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The id of the invocation there.
    pub invokeid: String,
}

/// Something that was invoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Its id.
    pub id: String,
    /// The state that it lives in.
    pub state: StateIx,
    /// Whether it told that it is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    pub(crate) op: u32,
}

/// A send that waits for its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delayed {
    /// Unique in the session: the key of [`crate::Input::Timer`].
    pub key: u64,
    /// When it is due, on the clock that [`crate::Machine::step`] is told.
    pub due: i64,
    /// What is sent then.
    pub send: Send,
}

impl Session {
    /// A session that has not started.
    pub fn new(id: impl Into<String>) -> Session {
        Session {
            id: id.into(),
            status: Status::New,
            configuration: StateSet::default(),
            data: Vec::new(),
            parent: None,
            invocations: Vec::new(),
            delayed: Vec::new(),
            history: BTreeMap::new(),
            bound: StateSet::default(),
            internal: VecDeque::new(),
            given: 0,
        }
    }

    /// A session that another one invoked.
    pub fn invoked(id: impl Into<String>, invokeid: impl Into<String>) -> Session {
        Session {
            parent: Some(Parent {
                invokeid: invokeid.into(),
            }),
            ..Session::new(id)
        }
    }

    /// Whether it takes events.
    pub fn is_running(&self) -> bool {
        self.status == Status::Running
    }

    /// The next delayed send: its key and when it is due.
    pub fn next_due(&self) -> Option<(u64, i64)> {
        self.delayed
            .iter()
            .map(|delayed| (delayed.due, delayed.key))
            .min()
            .map(|(due, key)| (key, due))
    }

    /// The ids of all active states, in document order.
    pub fn active<'c>(&self, chart: &'c Chart) -> Vec<&'c str> {
        self.configuration
            .iter()
            .map(|state| chart.at(state).id.as_str())
            .collect()
    }

    /// The ids of the active states that have no states inside, in document order.
    pub fn active_atomic<'c>(&self, chart: &'c Chart) -> Vec<&'c str> {
        self.configuration
            .iter()
            .filter(|state| chart.at(*state).children.is_empty())
            .map(|state| chart.at(state).id.as_str())
            .collect()
    }
}
