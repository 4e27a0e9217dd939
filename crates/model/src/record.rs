//! Segments and agent intervals: the facts from which every report is made.

use crate::agent::NotReady;
use crate::id::{AgentId, InteractionId, QueueId, RouteRequestId, VirtualQueueId};
use crate::medium::Medium;
use crate::place::Who;
use crate::time::Now;
use serde::{Deserialize, Serialize};

/// One stretch of one party in one interaction, written when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Segment {
    /// In which interaction.
    pub interaction: InteractionId,
    /// Of which medium.
    pub medium: Medium,
    /// Whose stretch.
    pub who: Who,
    /// Of what.
    pub kind: SegmentKind,
    /// The interaction queue at its end.
    pub queue: QueueId,
    /// The virtual queue, for waits and what follows from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_queue: Option<VirtualQueueId>,
    /// The route request, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RouteRequestId>,
    /// When it began.
    pub from: Now,
    /// When it ended.
    pub to: Now,
    /// How it ended.
    pub end: SegmentEnd,
}

/// What a stretch was spent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// A route request waited, offers included; begins and ends exactly once per request.
    Wait,
    /// An agent was invited.
    Ring,
    /// An agent handled.
    Talk,
    /// An agent held.
    Hold,
    /// An agent worked after the contact.
    Wrap,
    /// An agent took part who did not own it: a consultant or one of a conference.
    Consult,
}

impl SegmentKind {
    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Ring => "ring",
            Self::Talk => "talk",
            Self::Hold => "hold",
            Self::Wrap => "wrap",
            Self::Consult => "consult",
        }
    }
}

/// How a stretch ended. The first eight, `taken_out` and `timed_out` end waits; per virtual queue
/// and interval, entered = the sum of these + the change in waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentEnd {
    /// An agent took it.
    Answered,
    /// The customer went away.
    Abandoned,
    /// The customer went away before the short-abandon threshold.
    ShortAbandoned,
    /// It went on to another queue.
    Overflowed,
    /// It became a callback.
    TurnedIntoCallback,
    /// It was ended from outside.
    Stopped,
    /// The request was taken back.
    TakenBack,
    /// Another request of the same interaction was matched first.
    MatchedElsewhere,
    /// An agent took the offer.
    Accepted,
    /// An agent said no to the offer.
    Rejected,
    /// The offer lapsed.
    Lapsed,
    /// The offer was withdrawn.
    Withdrawn,
    /// The owner completed.
    Completed,
    /// It was handed to someone else.
    Transferred,
    /// It was put somewhere to rest.
    Placed,
    /// A supervisor took it out.
    TakenOut,
    /// Time was up.
    TimedOut,
    /// The agent took part no more.
    Left,
    /// It was put on hold.
    Held,
    /// It went on.
    Resumed,
}

impl SegmentEnd {
    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned => "abandoned",
            Self::ShortAbandoned => "short_abandoned",
            Self::Overflowed => "overflowed",
            Self::TurnedIntoCallback => "turned_into_callback",
            Self::Stopped => "stopped",
            Self::TakenBack => "taken_back",
            Self::MatchedElsewhere => "matched_elsewhere",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
            Self::Completed => "completed",
            Self::Transferred => "transferred",
            Self::Placed => "placed",
            Self::TakenOut => "taken_out",
            Self::TimedOut => "timed_out",
            Self::Left => "left",
            Self::Held => "held",
            Self::Resumed => "resumed",
        }
    }
}

/// One stretch of an agent being in one state, written when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AgentInterval {
    /// Who.
    pub agent: AgentId,
    /// For which medium; `None` for being logged in as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// In which state.
    pub state: AgentState,
    /// When it began.
    pub from: Now,
    /// When it ended.
    pub to: Now,
}

/// The state of an agent in an interval.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// Logged in.
    LoggedIn,
    /// Ready for the medium.
    Ready,
    /// Not ready for the medium.
    NotReady {
        /// Why.
        why: NotReady,
    },
}

/// A fact written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A segment ended.
    Segment(Box<Segment>),
    /// An agent interval ended.
    Interval(Box<AgentInterval>),
}
