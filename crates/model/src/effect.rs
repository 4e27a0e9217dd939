//! What the house asks of the outside world, and what is known of it.
//!
//! ```text
//! Issued -> Started (claimed by a room, durable before the wire) -> Finished
//!               |
//!               +- the house stopped: Uncertain -> by kind: Issued again | Parked
//! ```

use crate::id::{EffectId, InteractionId};
use crate::interaction::Ending;
use crate::time::EngineTime;
use serde::{Deserialize, Serialize};

/// Something asked of the outside world.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Tell the operator's system that an interaction is over. The receiver may see it twice
    /// with the same effect id.
    Notice {
        /// Which interaction.
        interaction: InteractionId,
        /// How it ended.
        ending: Ending,
    },
}

/// How an effect that was started and never reported is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenUncertain {
    /// Carrying it out twice is harmless: do it again.
    Repeat,
    /// The attempt counts as spent; a person sees it.
    Park,
}

impl Effect {
    /// The fixed serialised name of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Notice { .. } => "notice",
        }
    }

    /// How it is resolved when nobody knows whether it happened.
    #[must_use]
    pub const fn when_uncertain(&self) -> WhenUncertain {
        match self {
            Self::Notice { .. } => WhenUncertain::Repeat,
        }
    }
}

/// An effect in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    /// Its id; the same for every attempt.
    pub id: EffectId,
    /// What is asked.
    pub effect: Effect,
    /// Not to be put on the wire after this.
    pub not_after: EngineTime,
    /// How often it has been started.
    pub attempts: u8,
    /// How far it is.
    pub phase: Phase,
}

/// How far an effect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waits for a room to claim it, from this time on.
    Issued {
        /// The earliest time of the next attempt.
        from: EngineTime,
    },
    /// A room claimed it.
    Started,
    /// Given up; a person sees it.
    Parked,
}

/// What a room says of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// It happened.
    Done,
    /// It did not happen; worth trying again.
    Failed {
        /// What went wrong, for the operator. No customer data.
        problem: String,
    },
    /// It did not happen and never will.
    Impossible {
        /// What is wrong, for the operator. No customer data.
        problem: String,
    },
}

/// What rooms tell about effects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A room claims an effect before it touches the wire.
    Start {
        /// Which.
        effect: EffectId,
    },
    /// A room reports.
    Report {
        /// Which.
        effect: EffectId,
        /// What became of it.
        report: Report,
    },
}

/// What happened to an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was put into the outbox.
    Issued(Box<Order>),
    /// A room claimed it.
    Started {
        /// Which.
        effect: EffectId,
    },
    /// It happened; it leaves the outbox.
    Finished {
        /// Which.
        effect: EffectId,
    },
    /// It will be tried again.
    Retried {
        /// Which.
        effect: EffectId,
        /// Not before this.
        from: EngineTime,
        /// What went wrong; `uncertain` when the house stopped in the middle.
        problem: String,
    },
    /// It was given up; a person sees it.
    Parked {
        /// Which.
        effect: EffectId,
        /// Why.
        problem: String,
    },
}

/// Why a room was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Not in the outbox.
    #[error("effect {0} is not in the outbox")]
    Unknown(EffectId),
    /// Not in the phase the room thinks.
    #[error("effect {effect} is {phase}")]
    Phase {
        /// Which.
        effect: EffectId,
        /// Its phase.
        phase: String,
    },
    /// Too late for the wire.
    #[error("effect {0} must not be carried out any more")]
    TooLate(EffectId),
}
