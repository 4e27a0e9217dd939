//! Where an interaction is: exactly one place at any moment.

use crate::id::{AgentId, ObjectId, OfferId};
use crate::name::Name;
use crate::time::WallTime;
use serde::{Deserialize, Serialize};

/// The place of an interaction. Closed: a new place is an architectural change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Rests in its interaction queue.
    Queue,
    /// A workflow session has it.
    Workflow {
        /// Which session.
        session: u64,
    },
    /// At least one of its route requests waits in a virtual queue.
    Routing,
    /// Offered to an agent.
    Offer {
        /// Which offer.
        offer: OfferId,
        /// Where it goes when nobody takes it.
        back_to: BackTo,
    },
    /// Lies in the workbin of an agent or a group.
    Workbin {
        /// Which workbin.
        workbin: Name,
        /// Whose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<BinOwner>,
    },
    /// An agent works on it; the parties say who owns it.
    Handling,
    /// Waits for an appointment.
    Scheduled {
        /// When it is due.
        due: WallTime,
    },
    /// Handed to a system outside.
    External {
        /// Which system.
        service: Name,
    },
    /// On its way out to the customer.
    Outbound,
    /// Over, for good.
    Stopped,
}

impl Place {
    /// The fixed serialised name of the kind of place.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Workflow { .. } => "workflow",
            Self::Routing => "routing",
            Self::Offer { .. } => "offer",
            Self::Workbin { .. } => "workbin",
            Self::Handling => "handling",
            Self::Scheduled { .. } => "scheduled",
            Self::External { .. } => "external",
            Self::Outbound => "outbound",
            Self::Stopped => "stopped",
        }
    }
}

/// Where an interaction returns from an offer nobody took.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackTo {
    /// Its interaction queue.
    Queue,
    /// Its route requests wait again, at their old keys.
    Routing,
    /// The workbin it was offered from.
    Workbin {
        /// Which workbin.
        workbin: Name,
    },
    /// It never left its owner's hands.
    Handling,
}

/// Whose a workbin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinOwner {
    /// An agent's own.
    Agent(AgentId),
    /// A group's: every member takes from it.
    Group(ObjectId),
}

impl std::fmt::Display for BinOwner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Agent(agent) => write!(f, "{agent}"),
            Self::Group(group) => write!(f, "group {group}"),
        }
    }
}

/// One workbin of one owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bin {
    /// Whose.
    pub owner: BinOwner,
    /// What it is called.
    pub workbin: Name,
}

/// Someone who takes part in an interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The person the interaction is with.
    Customer,
    /// A person who serves.
    Agent(AgentId),
    /// A program that takes part.
    Bot,
}

/// What someone does in an interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers for it. Exactly one agent owns an interaction that is handled.
    Owner,
    /// Was asked by the owner.
    Consultant,
    /// Takes part on equal terms.
    Conference,
    /// Listens.
    Monitor,
    /// Listens and speaks to the owner only.
    Coach,
    /// Is served.
    Customer,
    /// Acts by itself.
    Bot,
}

impl Role {
    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Consultant => "consultant",
            Self::Conference => "conference",
            Self::Monitor => "monitor",
            Self::Coach => "coach",
            Self::Customer => "customer",
            Self::Bot => "bot",
        }
    }
}

/// One taking part of someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Party {
    /// Who.
    pub who: Who,
    /// As what.
    pub role: Role,
    /// Since when.
    pub since: crate::time::Now,
}
