//! Workbins at work: what comes into one, goes out of it and changes in it, told to the agents
//! who subscribed to it.

use crate::id::{InteractionId, QueueId};
use crate::place::Bin;
use serde::{Deserialize, Serialize};

/// How many workbins an agent may be subscribed to at once.
pub const SUBSCRIPTIONS_MAX: usize = 32;

/// What happened in a workbin that somebody is subscribed to. It follows from what happened to the
/// interaction, which has events of its own: nothing is counted or kept by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An interaction lies in it that did not before.
    Added(Box<Item>),
    /// An interaction lies in it no more: it was pulled, placed elsewhere, or is over.
    Taken(Box<Item>),
    /// An interaction that lies in it is not as it was.
    Changed(Box<Item>),
}

/// An interaction and the workbin it is, or was, in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The workbin.
    pub bin: Bin,
    /// Which interaction.
    pub interaction: InteractionId,
    /// The interaction queue it belongs to.
    pub queue: QueueId,
}

impl Event {
    /// What it is about.
    #[must_use]
    pub fn item(&self) -> &Item {
        match self {
            Self::Added(item) | Self::Taken(item) | Self::Changed(item) => item,
        }
    }
}
