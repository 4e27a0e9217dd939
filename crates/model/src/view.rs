//! Views at work: when each looks into its queue next, and what it found.

use crate::id::{InteractionId, ObjectId};
use crate::interaction::PlacedSequence;
use crate::time::EngineTime;
use serde::{Deserialize, Serialize};

/// An interaction and its place in the order in which what rests in a queue was placed there.
pub type Resting = (PlacedSequence, InteractionId);

/// When a view looks next. One that found nothing it could hand over sleeps until something
/// changes, so that a view without work costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Look {
    /// Not sooner than this, whatever changes.
    pub not_before: EngineTime,
    /// When it looks by itself; `None` while it sleeps until something changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<EngineTime>,
    /// For what it left behind what would have fitted.
    #[serde(default, skip_serializing_if = "Lacks::nothing")]
    pub lacks: Lacks,
    /// Where it begins; `None` for the one that was placed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Resting>,
}

/// What was missing for handing over more. When there is room again the view looks again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lacks {
    /// Room in its virtual queue.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub line: bool,
    /// Room in a segment, while so many in all segments were under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u32>,
}

impl Lacks {
    /// Whether nothing was missing.
    #[must_use]
    pub fn nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What happened to a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It looked into its queue. What it handed over has events of its own.
    Looked {
        /// Which view.
        view: ObjectId,
        /// When it looks next.
        look: Look,
    },
    /// It will look: it is new or changed, or something changed in its queue.
    Woken {
        /// Which view.
        view: ObjectId,
        /// When it looks.
        next: EngineTime,
    },
}
