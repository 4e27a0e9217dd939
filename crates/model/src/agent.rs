//! Agents at work: desks, readiness, claims.

use crate::capacity::MediaSet;
use crate::id::{AgentId, DeskSessionId, InteractionId};
use crate::medium::Medium;
use crate::name::Name;
use crate::place::Bin;
use crate::rare::Rare;
use crate::time::{EngineTime, Millis, Now};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An agent as far as work goes; the master data are in [`crate::config::Agent`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AtWork {
    /// The desk, while logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<Desk>,
    /// Readiness per medium logged in for.
    #[serde(default)]
    pub media: BTreeMap<Medium, Readiness>,
    /// What the agent has in hand; the claims ledger.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Offers missed in a row, per medium.
    #[serde(default)]
    pub misses: BTreeMap<Medium, u8>,
    /// Since when the agent has not been given anything.
    pub idle_since: EngineTime,
    /// What few agents have.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub more: Rare<More>,
    /// The media whose work rests, because other work interrupted it. It keeps its claims.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub paused: Rare<MediaSet>,
    /// How long the agent has handled something since log-in.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub occupied: Rare<Occupied>,
}

/// What few agents at work have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct More {
    /// While the desk is silent: when each interaction in hand goes back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub returns: BTreeMap<InteractionId, EngineTime>,
    /// Interactions the agent listens to; they take no claim.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub listens: BTreeSet<InteractionId>,
    /// Media of which the agent takes nothing more and is not ready when what he has of them is
    /// over, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub next: BTreeMap<Medium, Name>,
    /// Workbins whose comings and goings the agent is told of.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub subscriptions: BTreeSet<Bin>,
}

/// Since log-in, the time in which the agent worked on at least one interaction, his own or
/// another's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Occupied {
    /// All stretches that are over, together.
    #[serde(default)]
    pub before: Millis,
    /// Since when something is handled again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<EngineTime>,
}

impl Occupied {
    /// All of it, up to now.
    #[must_use]
    pub fn until(&self, now: EngineTime) -> Millis {
        let going_on = self.since.map_or(Millis::ZERO, |since| now.since(since));
        Millis(self.before.0 + going_on.0)
    }
}

impl AtWork {
    /// Why the agent will not be ready for a medium when what he has of it is over.
    #[must_use]
    pub fn next(&self, medium: Medium) -> Option<&Name> {
        self.more.get()?.next.get(&medium)
    }

    /// Whether the agent has something of a medium in hand.
    #[must_use]
    pub fn has(&self, medium: Medium) -> bool {
        self.claims.iter().any(|claim| claim.medium == medium)
    }

    /// The media whose work rests.
    #[must_use]
    pub fn paused(&self) -> MediaSet {
        self.paused.get().copied().unwrap_or_default()
    }
}

/// An agent's desk, from log-in to log-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Desk {
    /// Which stretch of being logged in.
    pub session: DeskSessionId,
    /// Since when.
    pub since: Now,
    /// Set while the desk does not answer: when it counts as silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_until: Option<EngineTime>,
    /// The grace is over and the desk has not come back.
    #[serde(default)]
    pub silent: bool,
}

impl Desk {
    /// Whether the desk answers: only then is anything new offered to it.
    #[must_use]
    pub const fn answers(&self) -> bool {
        self.grace_until.is_none() && !self.silent
    }
}

/// Whether an agent takes work of a medium.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Readiness {
    /// `None` is ready; else why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_ready: Option<NotReady>,
    /// Since when.
    pub since: Now,
}

/// Why an agent takes no work.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotReady {
    /// Just logged in.
    LoggedIn,
    /// The agent or a supervisor said so.
    Chosen {
        /// Why.
        reason: Name,
    },
    /// The agent or a supervisor said so, and wants no colleagues' askings either.
    DoNotDisturb {
        /// Why.
        reason: Name,
    },
    /// Missed too many offers in a row.
    Missed,
    /// The desk fell silent.
    Silent,
}

/// In which way an agent is set not ready.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// At once. What he has in hand he goes on with, and colleagues may ask him.
    #[default]
    Now,
    /// When what he has in hand is over; until then he gets nothing more.
    AfterThis,
    /// At once, and colleagues cannot ask him.
    DoNotDisturb,
}

impl Manner {
    /// Whether it is the usual one.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::Now
    }
}

/// One unit of an agent's capacity, taken by one interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// By which interaction.
    pub interaction: InteractionId,
    /// Of which medium.
    pub medium: Medium,
    /// For what.
    pub kind: ClaimKind,
    /// Since when.
    pub since: Now,
}

/// What a claim is for. Parked and monitored work takes no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// Held for a call that is being placed.
    Reserved,
    /// Offered.
    Offered,
    /// Being handled.
    Handling,
    /// Asked by another agent.
    Consult,
    /// Work after the contact.
    WrapUp,
}

/// What can be asked about agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Log in for these media (none given: all the capacity allows). Logging in again replaces
    /// the desk and keeps readiness and work.
    LogIn {
        /// Who.
        agent: AgentId,
        /// For what.
        #[serde(default)]
        media: Vec<Medium>,
    },
    /// Log out. Refused while work is in hand.
    LogOut {
        /// Who.
        agent: AgentId,
    },
    /// Take work of these media (none given: all logged in for).
    Ready {
        /// Who.
        agent: AgentId,
        /// Of what.
        #[serde(default)]
        media: Vec<Medium>,
    },
    /// Take no work of these media (none given: all logged in for).
    NotReady {
        /// Who.
        agent: AgentId,
        /// Of what.
        #[serde(default)]
        media: Vec<Medium>,
        /// Why.
        reason: Name,
        /// In which way.
        #[serde(default, skip_serializing_if = "Manner::is_usual")]
        manner: Manner,
    },
    /// Be told what happens in a workbin, until log-out.
    Subscribe {
        /// Who.
        agent: AgentId,
        /// The group whose workbin it is; none: the agent's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Name>,
        /// Which workbin.
        workbin: Name,
    },
    /// Be told no more.
    Unsubscribe {
        /// Who.
        agent: AgentId,
        /// The group whose workbin it is; none: the agent's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Name>,
        /// Which workbin.
        workbin: Name,
    },
    /// The desk stopped answering; told by the room that watches it.
    DeskLost {
        /// Whose.
        agent: AgentId,
        /// Which desk; a newer desk is not touched.
        session: DeskSessionId,
    },
    /// The desk answers again.
    DeskBack {
        /// Whose.
        agent: AgentId,
        /// Which desk.
        session: DeskSessionId,
    },
}

/// What happened to an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Logged in; not ready for each medium that was not logged in before.
    LoggedIn {
        /// Who.
        agent: AgentId,
        /// The desk from now on.
        session: DeskSessionId,
        /// For what.
        media: Vec<Medium>,
        /// When.
        at: Now,
    },
    /// Logged out.
    LoggedOut {
        /// Who.
        agent: AgentId,
    },
    /// Takes work of a medium.
    Ready {
        /// Who.
        agent: AgentId,
        /// Of what.
        medium: Medium,
        /// Since when.
        at: Now,
    },
    /// Takes no work of a medium.
    NotReady {
        /// Who.
        agent: AgentId,
        /// Of what.
        medium: Medium,
        /// Why.
        why: NotReady,
        /// Since when.
        at: Now,
    },
    /// Takes nothing more of a medium, and is not ready when what he has of it is over.
    NotReadyNext {
        /// Who.
        agent: AgentId,
        /// Of what.
        medium: Medium,
        /// Why.
        reason: Name,
    },
    /// The desk does not answer; it counts as silent at `grace_until`.
    DeskLost {
        /// Whose.
        agent: AgentId,
        /// When the grace ends.
        grace_until: EngineTime,
    },
    /// The desk answers again.
    DeskBack {
        /// Whose.
        agent: AgentId,
    },
    /// The grace is over.
    DeskSilent {
        /// Whose.
        agent: AgentId,
        /// When what he handles goes back, unless the desk answers again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        returns: Vec<(InteractionId, EngineTime)>,
    },
    /// Work of these media rests from now on, because other work interrupts it, and work of all
    /// other media goes on.
    Paused {
        /// Whose.
        agent: AgentId,
        /// Of which media; none: everything goes on.
        media: MediaSet,
    },
    /// Is told what happens in a workbin from now on.
    Subscribed {
        /// Who.
        agent: AgentId,
        /// Of which.
        bin: Bin,
    },
    /// Is told no more.
    Unsubscribed {
        /// Who.
        agent: AgentId,
        /// Of which.
        bin: Bin,
    },
}

/// Why something asked about an agent was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// No such agent.
    #[error("there is no agent {0}")]
    Unknown(AgentId),
    /// Not logged in.
    #[error("agent {0} is not logged in: log in first")]
    NotLoggedIn(AgentId),
    /// Not for this medium.
    #[error("agent {agent} is not logged in for {medium}: log in for it first")]
    NotLoggedInFor {
        /// Who.
        agent: AgentId,
        /// For what.
        medium: Medium,
    },
    /// The capacity allows none of this medium.
    #[error("the capacity of agent {agent} allows no {medium}")]
    NoCapacity {
        /// Who.
        agent: AgentId,
        /// Of what.
        medium: Medium,
    },
    /// No room for one more.
    #[error("agent {agent} has no room for another {medium}: finish or place something first")]
    NoRoom {
        /// Who.
        agent: AgentId,
        /// Of what.
        medium: Medium,
    },
    /// The desk does not answer.
    #[error("the desk of agent {0} does not answer")]
    DeskAway(AgentId),
    /// Work in hand.
    #[error(
        "agent {agent} still has {claims} interactions in hand: finish them before logging out"
    )]
    HasWork {
        /// Who.
        agent: AgentId,
        /// How many.
        claims: usize,
    },
    /// The agent does not want to be asked.
    #[error("agent {agent} does not want to be disturbed ({reason}): ask somebody else")]
    DoNotDisturb {
        /// Who.
        agent: AgentId,
        /// Why not.
        reason: Name,
    },
    /// The reason is none of the codes.
    #[error("{reason} is no reason why agent {agent} takes no work: give one of {}", .codes.join(", "))]
    Reason {
        /// Who.
        agent: AgentId,
        /// What was said.
        reason: Name,
        /// The codes of all lists of such reasons.
        codes: Vec<String>,
    },
    /// The desk was replaced.
    #[error("desk {session} of agent {agent} has been replaced by a newer log-in")]
    OldDesk {
        /// Who.
        agent: AgentId,
        /// Which desk spoke.
        session: DeskSessionId,
    },
}
