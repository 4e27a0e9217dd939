//! Views at work: when each looks into its queue next, and what it found.

use crate::id::{InteractionId, ObjectId};
use crate::interaction::PlacedSequence;
use crate::time::EngineTime;
use serde::{Deserialize, Serialize};

/// An interaction and its place in the order in which what rests in a queue was placed there.
pub type Resting = (PlacedSequence, InteractionId);

/// When a view looks next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Look {
    /// When it looks, or may look at the earliest while it sleeps.
    pub next: EngineTime,
    /// Nothing rests in its queue: it looks when something comes to rest there.
    pub sleeps: bool,
    /// Where it begins; `None` for the one that was placed first.
    pub from: Option<Resting>,
}

/// What happened to a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It looked into its queue. What it handed over has events of its own.
    Looked {
        /// Which view.
        view: ObjectId,
        /// When it looks next, or may at the earliest if it sleeps.
        next: EngineTime,
        /// Nothing is left at rest: it sleeps until something comes.
        #[serde(default)]
        sleeps: bool,
        /// Where it begins next time, if not with the one placed first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Resting>,
    },
    /// It will look: it is new or changed, or something came to rest in its queue.
    Woken {
        /// Which view.
        view: ObjectId,
        /// When it looks.
        next: EngineTime,
    },
}
