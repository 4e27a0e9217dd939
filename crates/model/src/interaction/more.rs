//! What few interactions have: everything beyond who, what and where.

use crate::id::{AgentId, ObjectId, OfferId, QueueId};
use crate::name::Name;
use crate::personal::Personal;
use crate::place::BinOwner;
use crate::time::{Now, WallTime};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What an integrator may say of an interaction beside its user data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Particulars {
    /// What another system knows it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its subject line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Personal<String>>,
    /// What somebody noted about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Personal<String>>,
    /// The ways by which work on it can be ended inwards, for example `done`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_queues: Vec<Exit>,
    /// The ways by which it leaves towards the customer, for example `send`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out_queues: Vec<Exit>,
    /// The customer is on the line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub online: bool,
    /// When the customer's message reached the company, if before it was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<WallTime>,
    /// Which system brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Name>,
}

/// A named way out of handling.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Exit {
    /// What it is called.
    pub name: Name,
    /// Where it leads.
    pub to: ExitTo,
}

/// Where a way out leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitTo {
    /// To an interaction queue.
    Queue(Name),
    /// To the end of it; people write `__STOP__`.
    Stop,
}

/// What few interactions have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct More {
    /// What was said of it from outside.
    #[serde(default)]
    pub said: Particulars,
    /// The agent who created it or was the first to handle it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AgentId>,
    /// The agent who looks it over, or did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<AgentId>,
    /// Set while only one may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// Since when it is on hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Now>,
    /// Since when its owner talks again, after a hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Now>,
    /// When it came to its interaction queue, if it was not submitted to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Now>,
    /// When and in which order it was placed where it rests, if not by being submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
    /// Where it rested before its owner pulled it; where `__BACK__` leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulled_from: Option<Rest>,
    /// Open offers to take part in it or to take it over, while it is handled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invitations: Vec<OfferId>,
    /// The wrap-up, after the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap: Option<super::Wrap>,
    /// What views did with it since a person last had to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed: Option<Box<Handed>>,
}

/// That a view handed an interaction over.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Handed {
    /// Which view, the last time.
    pub view: ObjectId,
    /// The segment it counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// How often views handed it over since a person last took, placed or changed it.
    pub pulls: u8,
    /// It has not come back to rest since.
    pub under_way: bool,
}

impl Handed {
    /// So often views hand over what comes back unserved; then it is left at rest until a person
    /// takes, places or changes it.
    pub const PULLS_MAX: u8 = 5;
}

/// When and in which order an interaction was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Placed {
    /// When.
    pub at: Now,
    /// In which order.
    pub sequence: PlacedSequence,
}

/// The order in which interactions were placed where they rest: first come, first served goes
/// by it and never by a clock. Grows over a whole tenant. Being submitted is a placing too, the
/// zeroth after the interaction itself, so that it need not be written down.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct PlacedSequence {
    /// How many interactions had been submitted.
    pub submitted: u64,
    /// How many placings there had been, this one included; 0 for being submitted.
    pub placing: u64,
}

impl fmt::Display for PlacedSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.submitted, self.placing)
    }
}

/// Somewhere an interaction rests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// An interaction queue.
    Queue(QueueId),
    /// A workbin.
    Workbin {
        /// Whose.
        owner: BinOwner,
        /// Which.
        workbin: Name,
    },
}

/// Only one may change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lock {
    /// Who.
    pub by: Doer,
    /// Since when.
    pub since: Now,
}

/// On whose behalf something is done to an interaction. The journal also names the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doer {
    /// An agent who has to do with it.
    Agent(AgentId),
    /// Someone who supervises its queue.
    Supervisor,
    /// A system that brings work to its queue.
    System,
}

impl fmt::Display for Doer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(agent) => write!(f, "agent {agent}"),
            Self::Supervisor => f.write_str("a supervisor"),
            Self::System => f.write_str("a system"),
        }
    }
}
