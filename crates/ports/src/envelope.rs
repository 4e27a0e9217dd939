//! What travels with an input and with its answer.

use ringback_model::config::{Role, Scope};
use ringback_model::right::Action;
use ringback_model::{AgentId, Input, Name, Outcome, Refused};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// A tenant, by number. Everything belongs to one. Shown as `t1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(pub u32);

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}

/// The number of a record in a tenant's journal; the first is 1, and 0 stands before it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which holder of a tenant's lease wrote; grows with every taking. A write with an older
/// epoch is refused by the store in the same transaction.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// A point in the stream of a tenant's events: everything up to and including event `index` of
/// record `sequence` has been seen. Shown as `812.3`; events are counted over the whole record,
/// from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// The record.
    pub sequence: Sequence,
    /// The event in it.
    pub index: u32,
}

impl Cursor {
    /// The point after the whole record `sequence`.
    #[must_use]
    pub const fn end_of(sequence: Sequence) -> Self {
        Self {
            sequence,
            index: u32::MAX,
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.index == u32::MAX {
            write!(f, "{}", self.sequence)
        } else {
            write!(f, "{}.{}", self.sequence, self.index)
        }
    }
}

/// A text that is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a cursor: use one that an earlier answer or event carried, like 812 or 812.3"
)]
pub struct NotACursor(pub String);

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let wrong = || NotACursor(text.chars().take(40).collect());
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            if digits {
                part.parse::<u64>().map_err(|_| wrong())
            } else {
                Err(wrong())
            }
        };
        match text.split_once('.') {
            None => Ok(Self::end_of(Sequence(number(text)?))),
            Some((sequence, index)) => Ok(Self {
                sequence: Sequence(number(sequence)?),
                index: u32::try_from(number(index)?).map_err(|_| wrong())?,
            }),
        }
    }
}

/// Names one asking of one input, so that a repetition gets the first answer: a 128-bit hash of
/// who asked and the key he chose. The key itself, which may hold anything, is not kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputId(pub u128);

impl fmt::Debug for InputId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InputId({:032x})", self.0)
    }
}

/// An input id together with a hash of what was asked: the same id with another content is an
/// error of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Idempotent {
    /// Which asking.
    pub id: InputId,
    /// Hash of the content.
    pub fingerprint: u64,
}

/// Who acts, with role and scope: every command and query carries one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// For the journal.
    pub name: ActorRef,
    /// What he may do.
    pub right: Right,
}

/// What an actor may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// The house itself: timers, rooms, first start.
    House,
    /// The holder of an API key, or a person who has logged in.
    Key {
        /// His role.
        role: Role,
        /// How far it reaches.
        scope: Scope,
        /// The agent he is, for role agent.
        agent: Option<AgentId>,
        /// All he may do of what his role may; `None`: everything.
        only: Option<Arc<BTreeSet<Action>>>,
    },
}

/// Who acted, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorRef {
    /// The holder of the API key of this name.
    Key(Name),
    /// The person of this name, who has logged in.
    Person(Name),
    /// A room of the house.
    Room(Name),
    /// The node.
    Node,
}

impl Actor {
    /// The node itself.
    #[must_use]
    pub const fn node() -> Self {
        Self {
            name: ActorRef::Node,
            right: Right::House,
        }
    }
}

/// One asking of the heart.
#[derive(Debug)]
pub struct Command {
    /// Of which tenant.
    pub tenant: TenantId,
    /// By whom.
    pub actor: Arc<Actor>,
    /// Set when a repetition shall get the first answer.
    pub idempotent: Option<Idempotent>,
    /// What.
    pub input: Input,
}

/// What the one who asked is told once it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The record it stands in. A read with `at_least` this sees it.
    pub sequence: Sequence,
    /// What came of it.
    pub outcome: Outcome,
    /// It had been asked before; this is the first answer again.
    pub repeated: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandFault {
    /// The heart turned it down; nothing changed.
    #[error("{0}")]
    Refused(Refused),
    /// The actor has no right to it; nothing changed.
    #[error("{0}")]
    Denied(Denied),
    /// The input id was used for something else.
    #[error("this Idempotency-Key was used for another request: use a new key for each request")]
    KeyReused,
    /// The house takes no more of this at the moment; nothing changed.
    #[error("{0}")]
    Unavailable(Unavailable),
    /// Nobody can say whether it was taken. Ask again with the same input id.
    #[error("the outcome is unknown ({0}): repeat the request with the same Idempotency-Key")]
    Unknown(String),
    /// The input made the engine fail and has been put aside.
    #[error(
        "this request made the engine fail and was put aside; an operator finds it with `ringback doctor`"
    )]
    Quarantined(u64),
}

/// Why an actor may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The role does not allow it.
    #[error("role {role} may not do this: {action}")]
    Role {
        /// His role.
        role: &'static str,
        /// What he tried.
        action: &'static str,
    },
    /// The key or session is not for this, whatever the role allows.
    #[error("this key or session may not do this: {action}; GET /v1/me tells what it is good for")]
    Action {
        /// What he tried.
        action: &'static str,
    },
    /// It lies outside the actor's scope. Where existence itself would tell too much, the door
    /// answers as if it did not exist.
    #[error("this lies outside the scope of your key; GET /v1/me tells which queues it reaches")]
    Scope,
}

/// Why the house takes nothing at the moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// No such tenant is served here.
    #[error("tenant {0} is not served here")]
    Tenant(TenantId),
    /// It is being read in.
    #[error("the tenant is being loaded; try again in a moment")]
    Loading,
    /// Too much at once.
    #[error("{limit} commands are waiting already; try again in a moment")]
    Overloaded {
        /// The length of the waiting line.
        limit: usize,
    },
    /// The disk is nearly full: new interactions are refused, everything else goes on.
    #[error(
        "the disk holds only {free_mib} MiB more: new interactions are refused until there is room; reading and finishing work goes on"
    )]
    NoRoom {
        /// What is left.
        free_mib: u64,
    },
    /// The house is closing.
    #[error("the server is shutting down; try again in a moment")]
    Closing,
}

/// Where an answer goes.
#[derive(Debug)]
pub enum Reply {
    /// Nobody waits for it.
    Nobody,
    /// One asker waits.
    One(oneshot::Sender<Result<Answer, CommandFault>>),
    /// A connection waits for many; `tag` tells which.
    Tagged {
        /// Which asking.
        tag: u64,
        /// The connection's line. Bounded by the connection's limit of commands under way.
        to: mpsc::UnboundedSender<(u64, Result<Answer, CommandFault>)>,
    },
}

impl Reply {
    /// Hands the answer over. Nobody listening any more is not an error.
    pub fn send(self, result: Result<Answer, CommandFault>) {
        match self {
            Self::Nobody => {}
            Self::One(to) => drop(to.send(result)),
            Self::Tagged { tag, to } => drop(to.send((tag, result))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_what_it_shows() {
        for text in ["0", "812", "812.3"] {
            assert_eq!(text.parse::<Cursor>().expect(text).to_string(), text);
        }
        for text in ["", ".", "1.", ".1", "-1", "1.2.3", "1.4294967296"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
