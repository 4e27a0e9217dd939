//! Interactions: from submitting to stopping.

use crate::id::{AgentId, ContactId, InteractionId, QueueId, RouteRequestId};
use crate::medium::Medium;
use crate::name::Name;
use crate::order::Tier;
use crate::place::{Party, Place};
use crate::route;
use crate::time::Now;
use crate::value::UserData;
use serde::{Deserialize, Serialize};

/// One piece of customer contact in any medium.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// How the customer made contact.
    pub medium: Medium,
    /// What it is about, broadly, for example `inbound`.
    pub kind: Name,
    /// What it is about, more closely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subkind: Option<Name>,
    /// How urgent its requests are unless they say otherwise.
    pub tier: Tier,
    /// The interaction queue it belongs to.
    pub queue: QueueId,
    /// Who it is with, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// The interaction it came out of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<InteractionId>,
    /// The first interaction of the thread it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<InteractionId>,
    /// What the integrator attached.
    pub user_data: UserData,
    /// When it was accepted into the house.
    pub submitted: Now,
    /// Where it is.
    pub place: Place,
    /// Who takes part.
    pub parties: Vec<Party>,
    /// Its route requests that are neither matched nor cancelled, oldest first.
    pub requests: Vec<RouteRequestId>,
    /// Grows with every change; the entity tag of the API.
    pub version: u64,
}

impl Interaction {
    /// The agent who owns it, while it is handled.
    #[must_use]
    pub fn owner(&self) -> Option<AgentId> {
        self.parties
            .iter()
            .find_map(|party| match (party.who, party.role) {
                (crate::place::Who::Agent(agent), crate::place::Role::Owner) => Some(agent),
                _ => None,
            })
    }
}

/// What an event is about: an interaction and the queue it belonged to at that moment. The
/// queue travels with the event so that rights and reports need no look at the state. Every
/// event that has a subject raises the version of its interaction by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Which interaction.
    pub interaction: InteractionId,
    /// The interaction queue it belonged to.
    pub queue: QueueId,
}

/// What a new interaction is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The interaction queue it goes to, by name.
    pub queue: Name,
    /// How the customer made contact.
    pub medium: Medium,
    /// What it is about, broadly.
    pub kind: Name,
    /// What it is about, more closely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subkind: Option<Name>,
    /// How urgent.
    #[serde(default)]
    pub tier: Tier,
    /// With whom, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// The interaction it came out of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<InteractionId>,
    /// What the integrator attached.
    #[serde(default)]
    pub user_data: UserData,
    /// A route request to make in the same step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<route::Ask>,
}

/// What can be asked about an interaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Take a new interaction into the house.
    Submit(Box<Submission>),
    /// Its owner is done with it.
    Complete {
        /// Which interaction.
        interaction: InteractionId,
        /// Who says so; must be the owner.
        agent: AgentId,
        /// Why it is over.
        reason: Name,
        /// What came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<Name>,
    },
    /// End it without an owner's completion.
    Stop {
        /// Which interaction.
        interaction: InteractionId,
        /// In what way.
        cause: StopCause,
    },
}

/// Why an interaction is ended from outside.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// The customer went away.
    Abandoned,
    /// Somebody with the right to do so ended it.
    Cancelled {
        /// Why.
        reason: Name,
    },
}

/// How an interaction ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Its owner completed it.
    Completed {
        /// The owner.
        agent: AgentId,
        /// Why it is over.
        reason: Name,
        /// What came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<Name>,
    },
    /// The customer went away.
    Abandoned,
    /// It was ended from outside.
    Cancelled {
        /// Why.
        reason: Name,
    },
}

/// What happened to an interaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was accepted into the house; the record as it is now.
    Submitted(Box<Interaction>),
    /// It belongs to another interaction queue from now on; it stays where it is otherwise.
    Moved {
        /// Which interaction, and the queue it belonged to so far.
        of: Subject,
        /// The queue it belongs to now.
        to: QueueId,
    },
    /// It is over, for good; every claim on it is released and it leaves the state.
    Stopped {
        /// Which interaction.
        of: Subject,
        /// The agent who owned it, if it was handled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<AgentId>,
        /// How.
        ending: Ending,
        /// When.
        at: Now,
    },
}

/// Why something asked about an interaction was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Never given out.
    #[error("there is no interaction {0}")]
    Unknown(InteractionId),
    /// It was, but it is over.
    #[error("interaction {0} has been stopped; ask the history for it")]
    Stopped(InteractionId),
    /// Only an interaction that is handled can be completed.
    #[error(
        "interaction {interaction} is not being handled (it is in place {place:?}): accept an offer of it first"
    )]
    NotHandled {
        /// Which interaction.
        interaction: InteractionId,
        /// Where it is.
        place: String,
    },
    /// Someone else owns it.
    #[error("interaction {interaction} is owned by {owner}, not by {agent}")]
    NotOwner {
        /// Which interaction.
        interaction: InteractionId,
        /// Who owns it.
        owner: AgentId,
        /// Who asked.
        agent: AgentId,
    },
    /// The queue is full.
    #[error(
        "queue {queue} already holds {limit} interactions: try again later or raise its limit `open_max`"
    )]
    QueueFull {
        /// Which queue.
        queue: Name,
        /// Its limit.
        limit: u32,
    },
    /// The tenant holds too many open interactions.
    #[error("{limit} interactions are open, the limit of this tenant (`open_max` in the settings)")]
    TooManyOpen {
        /// The limit.
        limit: u32,
    },
    /// No such queue.
    #[error("there is no queue {0}: make it with PUT /v1/queues/{0}")]
    UnknownQueue(Name),
}
