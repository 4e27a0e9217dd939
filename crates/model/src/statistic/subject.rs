//! Of whom or what something is counted.

use crate::id::{AgentId, ObjectId, QueueId, VirtualQueueId};
use crate::medium::Medium;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The kinds of subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// An interaction queue.
    Queue,
    /// A virtual queue.
    VirtualQueue,
    /// An agent.
    Agent,
    /// A group of agents.
    Group,
    /// A medium, over the whole tenant.
    Medium,
}

impl SubjectKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Queue,
        Self::VirtualQueue,
        Self::Agent,
        Self::Group,
        Self::Medium,
    ];

    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::VirtualQueue => "virtual_queue",
            Self::Agent => "agent",
            Self::Group => "group",
            Self::Medium => "medium",
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no kind of subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is nothing statistics are kept of: use queue, virtual_queue, agent, group or medium"
)]
pub struct UnknownSubjectKind(pub String);

impl FromStr for SubjectKind {
    type Err = UnknownSubjectKind;

    fn from_str(text: &str) -> Result<Self, UnknownSubjectKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| UnknownSubjectKind(text.chars().take(40).collect()))
    }
}

/// Of whom something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An interaction queue.
    Queue(QueueId),
    /// A virtual queue.
    VirtualQueue(VirtualQueueId),
    /// An agent.
    Agent(AgentId),
    /// A group.
    Group(ObjectId),
    /// The whole tenant; a medium is this, with the medium in the key.
    Everything,
}

impl Subject {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(self) -> SubjectKind {
        match self {
            Self::Queue(_) => SubjectKind::Queue,
            Self::VirtualQueue(_) => SubjectKind::VirtualQueue,
            Self::Agent(_) => SubjectKind::Agent,
            Self::Group(_) => SubjectKind::Group,
            Self::Everything => SubjectKind::Medium,
        }
    }

    /// Its number among its kind; 0 for the whole tenant.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Queue(id) => id.0,
            Self::VirtualQueue(id) => id.0,
            Self::Agent(id) => id.0,
            Self::Group(id) => id.0,
            Self::Everything => 0,
        }
    }

    /// What [`kind`](Self::kind) and [`number`](Self::number) say.
    #[must_use]
    pub const fn of(kind: SubjectKind, number: u64) -> Self {
        match kind {
            SubjectKind::Queue => Self::Queue(QueueId(number)),
            SubjectKind::VirtualQueue => Self::VirtualQueue(VirtualQueueId(number)),
            SubjectKind::Agent => Self::Agent(AgentId(number)),
            SubjectKind::Group => Self::Group(ObjectId(number)),
            SubjectKind::Medium => Self::Everything,
        }
    }
}

/// Where something is counted: of whom, of which medium, and for which filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Of whom.
    pub subject: Subject,
    /// Of which medium; `None` where the medium plays no part: interaction queues, and an
    /// agent's being logged in and busy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// The configured statistic whose filter holds; `None`: everything, unfiltered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<ObjectId>,
}

impl Key {
    /// The unfiltered key.
    #[must_use]
    pub const fn of(subject: Subject, medium: Option<Medium>) -> Self {
        Self {
            subject,
            medium,
            filter: None,
        }
    }
}
