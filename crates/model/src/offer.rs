//! Offers: an agent is invited to take an interaction, and the invitation lapses.

use crate::id::{AgentId, InteractionId, OfferId, RouteRequestId};
use crate::interaction::{Subject, Wish};
use crate::medium::Medium;
use crate::name::Name;
use crate::place::BackTo;
use crate::rare::Rare;
use crate::route::{Obstacle, Select};
use crate::time::{EngineTime, Millis, Now};
use serde::{Deserialize, Serialize};

/// An invitation of one agent to one interaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// What is offered.
    pub interaction: InteractionId,
    /// The request that was matched; none when another agent asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RouteRequestId>,
    /// Who is invited.
    pub agent: AgentId,
    /// The medium of the interaction.
    pub medium: Medium,
    /// When it was made.
    pub made: Now,
    /// When it lapses.
    pub until: EngineTime,
    /// Where the interaction goes if nobody takes it.
    pub back_to: BackTo,
    /// Why this agent and this interaction.
    pub decision: Decision,
    /// What another agent asks him for; none when a request was matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Wish>,
}

impl std::hash::Hash for Offer {
    /// Fields that are not set add nothing, so that offers made before they existed digest as
    /// they did.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.id, self.interaction).hash(state);
        if let Some(request) = self.request {
            request.hash(state);
        }
        (self.agent, self.medium, self.made, self.until).hash(state);
        (&self.back_to, &self.decision).hash(state);
        if let Some(wish) = self.wish {
            wish.hash(state);
        }
    }
}

/// Why this agent and this interaction: small enough to travel in the offer, so that the
/// answer survives pruning and upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// What made the two be looked at.
    pub occasion: Occasion,
    /// By which rule the agent was chosen.
    pub rule: Rule,
    /// Agents who could have taken it at this moment, the chosen one included; 1 when the agent
    /// looked for work and not the request for an agent.
    pub candidates: u32,
    /// How long the agent had been idle.
    pub idle: Millis,
    /// How long the request had waited.
    pub waited: Millis,
    /// The step of its target in force, from 0.
    pub step: u8,
    /// Requests of the same virtual queue with a smaller key that wait on: all that were
    /// overtaken.
    pub ahead: u32,
    /// Of these, requests this agent cannot take (skill, medium or capacity).
    pub ahead_not_for_agent: u32,
    /// Of these, requests this agent did not take a moment ago.
    pub ahead_cooling: u32,
    /// What few decisions have to tell.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub more: Rare<Details>,
}

/// What few decisions have to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Details {
    /// Agents who are wanted by the request and could not take it, counted by the first thing
    /// that held each of them back. Told where the request looked for an agent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<(Obstacle, u32)>,
    /// Of those overtaken, requests that exclude this agent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ahead_excluded: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What made a request and an agent be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// The request began to wait, came back, widened or had its pause ended.
    RequestCame,
    /// The agent became able to take one more.
    AgentCame,
    /// Another agent asked for him.
    Asked,
}

/// How one agent is chosen among several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Who has been idle longest; among equals the smaller id.
    LongestIdle,
    /// Who has the fewest interactions in hand.
    FewestBusy,
    /// Who handled something for the smallest share of the time since log-in.
    LeastOccupied,
    /// Whose levels are nearest to those asked for.
    BestFit,
    /// Drawn by lot.
    Random,
    /// By the weights of the targets.
    Percentage,
    /// The one the request waited for.
    LastAgent,
    /// The one who was named.
    Named,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::LongestIdle,
        Self::FewestBusy,
        Self::LeastOccupied,
        Self::BestFit,
        Self::Random,
        Self::Percentage,
        Self::LastAgent,
        Self::Named,
    ];

    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LongestIdle => "longest_idle",
            Self::FewestBusy => "fewest_busy",
            Self::LeastOccupied => "least_occupied",
            Self::BestFit => "best_fit",
            Self::Random => "random",
            Self::Percentage => "percentage",
            Self::LastAgent => "last_agent",
            Self::Named => "named",
        }
    }
}

impl From<Select> for Rule {
    fn from(select: Select) -> Self {
        match select {
            Select::LongestIdle => Self::LongestIdle,
            Select::FewestBusy => Self::FewestBusy,
            Select::LeastOccupied => Self::LeastOccupied,
            Select::BestFit => Self::BestFit,
            Select::Random => Self::Random,
            Select::Percentage => Self::Percentage,
        }
    }
}

/// What an agent can say to an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// I take it.
    Accept {
        /// Which offer.
        offer: OfferId,
        /// Who says so.
        agent: AgentId,
    },
    /// I do not take it.
    Reject {
        /// Which offer.
        offer: OfferId,
        /// Who says so.
        agent: AgentId,
        /// Why.
        reason: Name,
    },
    /// The one who asked does not want it any more.
    Withdraw {
        /// Which offer.
        offer: OfferId,
        /// The owner of the interaction.
        agent: AgentId,
    },
}

/// How an offer ended without being accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTaken {
    /// The agent said no.
    Rejected {
        /// Why.
        reason: Name,
    },
    /// The agent said nothing in time.
    Lapsed,
    /// The agent's desk fell silent or was logged out.
    DeskGone,
    /// The interaction is over.
    InteractionStopped,
    /// The one who asked took it back, or has the interaction no more.
    Withdrawn,
    /// A supervisor took the interaction out.
    TakenOut,
}

/// What happened to an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was made; the claim is taken; the interaction is in place offer.
    Made {
        /// Of which interaction.
        of: Subject,
        /// The offer.
        offer: Box<Offer>,
    },
    /// The agent took it: owns the interaction, which is handled from now on.
    Accepted {
        /// Of which interaction.
        of: Subject,
        /// Which offer.
        offer: OfferId,
        /// By whom.
        agent: AgentId,
        /// When, for the owner's party.
        at: Now,
        /// He takes part and does not own it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        advises: bool,
    },
    /// Nobody took it: the claim is released, and the request has its old place again unless
    /// the interaction is over.
    NotTaken {
        /// Of which interaction.
        of: Subject,
        /// Which offer.
        offer: OfferId,
        /// By whom.
        agent: AgentId,
        /// Where the interaction is again.
        back_to: BackTo,
        /// How.
        how: NotTaken,
        /// Until when this agent is not offered this request again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cooling_until: Option<EngineTime>,
        /// How many offers of this medium in a row the agent has missed, this one included.
        misses: u8,
    },
}

/// Why an answer to an offer was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Never made, or so long ago that it is forgotten.
    #[error("there is no open offer {0}")]
    Unknown(OfferId),
    /// Made to someone else.
    #[error("offer {offer} was made to {to}, not to {agent}")]
    NotYours {
        /// Which offer.
        offer: OfferId,
        /// To whom it was made.
        to: AgentId,
        /// Who answered.
        agent: AgentId,
    },
    /// It is over.
    #[error("offer {offer} is over: {how}")]
    Over {
        /// Which offer.
        offer: OfferId,
        /// What became of it.
        how: String,
    },
    /// It was made by the routing.
    #[error("offer {0} was made by the routing: only an offer of an agent can be withdrawn")]
    Routed(OfferId),
}
