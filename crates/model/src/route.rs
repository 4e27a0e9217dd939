//! Route requests: an interaction competes for an agent in a virtual queue.

use crate::id::{AgentId, InteractionId, RouteRequestId, VirtualQueueId};
use crate::interaction::Subject;
use crate::medium::Medium;
use crate::name::Name;
use crate::order::{OrderKey, Tier};
use crate::rare::Rare;
use crate::target::{Escalation, Expression, Gate, Target, TargetItem};
use crate::time::{Deadline, EngineTime, Millis, Now, WallTime};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One wish of an interaction for an agent. It outlives the workflow session that made it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RouteRequest {
    /// Its id.
    pub id: RouteRequestId,
    /// Whose wish.
    pub interaction: InteractionId,
    /// The medium of the interaction.
    pub medium: Medium,
    /// Where it competes.
    pub virtual_queue: VirtualQueueId,
    /// Whom it wants, step by step.
    pub target: Target,
    /// The step in force.
    pub step: u8,
    /// When the next step comes into force.
    #[serde(default, skip_serializing_if = "Deadline::is_none")]
    pub widens_at: Deadline,
    /// Its place in line.
    pub key: OrderKey,
    /// When it began to wait.
    pub since: Now,
    /// The workflow session that hears of its fate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<u64>,
    /// Reserved for service objectives.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub due_at: Rare<WallTime>,
    /// Agents who did not take it. Until the time given, nothing of its interaction is offered to
    /// them again, through whichever request.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub cooling: Rare<Vec<Cooling>>,
    /// When it ends if nobody was found.
    #[serde(default, skip_serializing_if = "Deadline::is_none")]
    pub ends_at: Deadline,
    /// What few requests have.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub more: Rare<More>,
}

/// What few route requests have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct More {
    /// When its target came, if later than the request itself; the steps count from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_since: Option<EngineTime>,
    /// How an agent is chosen among several.
    #[serde(default, skip_serializing_if = "Select::is_usual")]
    pub select: Select,
    /// Agents who do not get it, until others are named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub exclude: BTreeSet<AgentId>,
    /// Whom it waits for before it wants its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Last>,
    /// The documented targets it follows; its target is what of them is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documented: Option<Documented>,
    /// When it came into the virtual queue it is in, if it was in another one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Now>,
}

/// Targets of the older routing server that depend on more than time, and how far a request is in
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Documented {
    /// The steps.
    pub targets: Arc<Escalation>,
    /// The step in force, from 0; none before the first was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u8>,
    /// When the turn of the next step comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<EngineTime>,
    /// Which steps were left out because their check did not hold: a bit each, the first step the
    /// lowest.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u16,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
const fn is_zero(bits: &u16) -> bool {
    *bits == 0
}

impl Documented {
    /// Targets of which no step was looked at yet.
    #[must_use]
    pub fn new(targets: Escalation) -> Self {
        Self {
            targets: Arc::new(targets),
            turn: None,
            ends: None,
            left_out: 0,
        }
    }

    /// Whether a step was not left out.
    #[must_use]
    pub const fn takes(&self, step: usize) -> bool {
        self.left_out & (1 << step) == 0
    }

    /// The targets in force.
    pub fn in_force(&self) -> impl Iterator<Item = &TargetItem> {
        let turn = self.turn.map(usize::from);
        let wanted = turn.map(|turn| self.targets.wanted(turn, |step| self.takes(step)));
        let wanted = wanted.unwrap_or_default().into_iter();
        wanted.flat_map(|targets| targets.items())
    }

    /// The agents wanted by the targets in force.
    #[must_use]
    pub fn agents(&self, over: Medium) -> Expression {
        match self.turn {
            Some(turn) => self
                .targets
                .agents(usize::from(turn), |step| self.takes(step), over),
            None => Expression::Any(Vec::new()),
        }
    }
}

/// The agent a request waits for first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Last {
    /// Who.
    pub agent: AgentId,
    /// What he is called.
    pub name: Name,
    /// Until when.
    pub until: EngineTime,
}

impl RouteRequest {
    /// Whom it wants at present: its last agent as long as it waits for him, then the step of its
    /// target that is in force.
    #[must_use]
    pub fn wanted(&self) -> Cow<'_, Expression> {
        match self.more.get().and_then(|more| more.last.as_ref()) {
            Some(last) => Cow::Owned(Expression::Agent(last.name.clone())),
            None => Cow::Borrowed(self.target.expression(self.step)),
        }
    }

    /// The documented targets it follows, if they depend on more than time.
    #[must_use]
    pub fn documented(&self) -> Option<&Documented> {
        self.more.get().and_then(|more| more.documented.as_ref())
    }

    /// From when the steps of its target count.
    #[must_use]
    pub fn target_since(&self) -> EngineTime {
        let later = self.more.get().and_then(|more| more.target_since);
        later.unwrap_or(self.since.engine)
    }

    /// How an agent is chosen for it among several.
    #[must_use]
    pub fn select(&self) -> Select {
        self.more
            .get()
            .map_or(Select::LongestIdle, |more| more.select)
    }

    /// Whether an agent is not to get it.
    #[must_use]
    pub fn excludes(&self, agent: AgentId) -> bool {
        self.more
            .get()
            .is_some_and(|more| more.exclude.contains(&agent))
    }
}

/// How an agent is chosen among several who could take a request. Among equals it is always who
/// has been idle longest, then the smaller id.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// Who has been idle longest.
    #[default]
    LongestIdle,
    /// Who has the fewest interactions in hand.
    FewestBusy,
    /// Who handled something for the smallest share of the time since log-in.
    LeastOccupied,
    /// Whose levels are nearest to those asked for: the smallest sum of what is better than asked.
    BestFit,
    /// Anybody: drawn anew for each offer, from the ids alone, so that a replay draws the same.
    Random,
    /// One of the targets by their weights, of those in which somebody is free; of his like who
    /// has been idle longest.
    Percentage,
}

impl Select {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::LongestIdle,
        Self::FewestBusy,
        Self::LeastOccupied,
        Self::BestFit,
        Self::Random,
        Self::Percentage,
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
        }
    }

    /// Whether it is the one that needs not be named.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Who is chosen, and who is not, beside what the target says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Selection {
    /// How one is chosen among several.
    #[serde(default, skip_serializing_if = "Select::is_usual")]
    pub select: Select,
    /// Agents who do not get it, by name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub exclude: BTreeSet<Name>,
    /// Whom to wait for first, whatever the target says. One who is not logged in is not waited
    /// for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent: Option<LastAgent>,
    /// The agent who handled the interaction first does not get it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_author: bool,
    /// The agent who last reviewed it does not get it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_reviewer: bool,
}

/// An agent to be waited for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LastAgent {
    /// Who, by name.
    pub agent: Name,
    /// How long.
    pub wait: Millis,
}

impl Selection {
    /// The most agents that can be left out.
    pub const EXCLUDE_MAX: usize = 64;
    /// The longest wait for one agent.
    pub const WAIT_MAX: Millis = Millis::seconds(86_400);
}

/// What of a waiting request is to be different; what is not given stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// How urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// Wait credited, in place of what was credited before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Millis>,
    /// Whom to want; its steps count from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Documented targets that depend on more than time, in place of a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Escalation>,
    /// Who is chosen, in place of all that was said about it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
}

/// A pause between one request and one agent who did not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cooling {
    /// The agent.
    pub agent: AgentId,
    /// When the pause is over.
    pub until: EngineTime,
}

/// What a route request is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ask {
    /// Where to compete, by name.
    pub virtual_queue: Name,
    /// Whom to want.
    pub target: Target,
    /// How urgent, if not as the interaction itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// Wait already credited.
    #[serde(default)]
    pub credit: Millis,
    /// Who is chosen, beside what the target says.
    #[serde(default, skip_serializing_if = "Rare::is_none")]
    pub selection: Rare<Selection>,
    /// Documented targets that depend on more than time, in place of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Box<Escalation>>,
}

/// What can be asked about route requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Make a request.
    Request {
        /// For which interaction.
        interaction: InteractionId,
        /// What for.
        ask: Box<Ask>,
    },
    /// Change a request in place: it keeps its age.
    Change {
        /// Which request.
        request: RouteRequestId,
        /// What is to be different.
        change: Box<Change>,
    },
    /// Take a request back.
    Cancel {
        /// Which request.
        request: RouteRequestId,
    },
}

/// Why a request ended without being matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancelled {
    /// It was taken back.
    Asked,
    /// Another request of the same interaction was matched first.
    MatchedElsewhere,
    /// The interaction is over.
    InteractionStopped,
    /// A supervisor took the interaction out.
    TakenOut,
    /// Nobody was found in time.
    TimedOut,
}

/// What made a request different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeCause {
    /// Somebody asked for it.
    Asked,
    /// It has waited for its last agent long enough.
    LastAgentGone,
    /// The next of its documented targets came into force.
    NextTargets,
    /// A queue was its target: it waits there now.
    Moved,
}

/// What happened to a route request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It waits from now on; the record as it is now. Its interaction is in place routing.
    Requested {
        /// Of which interaction.
        of: Subject,
        /// The request.
        request: Box<RouteRequest>,
    },
    /// Its next step came into force.
    Widened {
        /// Of which interaction.
        of: Subject,
        /// Which request.
        request: RouteRequestId,
        /// The step in force now.
        step: u8,
        /// When the next one comes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        widens_at: Option<EngineTime>,
    },
    /// It is different from now on, and keeps its age; the record as it is now, but for its pauses,
    /// which only their own events change.
    Changed {
        /// Of which interaction.
        of: Subject,
        /// The request.
        request: Box<RouteRequest>,
        /// What made it different.
        cause: ChangeCause,
    },
    /// Thresholds that requests wait behind hold now, or do not hold any more.
    Thresholds {
        /// Which of them, and whether it holds.
        turned: Vec<(Gate, bool)>,
        /// When those that change with time alone are looked at next.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        look_at: Option<EngineTime>,
    },
    /// The pause between it and an agent is over.
    Cooled {
        /// Of which interaction.
        of: Subject,
        /// Which request.
        request: RouteRequestId,
        /// Which agent.
        agent: AgentId,
    },
    /// It ended without a match.
    Cancelled {
        /// Of which interaction.
        of: Subject,
        /// Which request.
        request: RouteRequestId,
        /// Why.
        cause: Cancelled,
        /// It was the last one: its interaction rests in its queue from now on.
        rests: bool,
    },
}

/// Why something asked about a route request was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Not there (any more).
    #[error("there is no waiting route request {0}")]
    Unknown(RouteRequestId),
    /// The interaction is in a place from which it cannot be routed.
    #[error(
        "interaction {interaction} cannot be routed from place {place:?}: only from its queue or while it is routed already"
    )]
    NotRoutable {
        /// Which interaction.
        interaction: InteractionId,
        /// Where it is.
        place: String,
    },
    /// No such virtual queue.
    #[error("there is no virtual queue {0}: make it with PUT /v1/virtual-queues/{0}")]
    UnknownVirtualQueue(Name),
    /// Too many wait there.
    #[error(
        "virtual queue {virtual_queue} already holds {limit} waiting requests: try again later or raise its limit `waiting_max`"
    )]
    VirtualQueueFull {
        /// Which virtual queue.
        virtual_queue: Name,
        /// Its limit.
        limit: u32,
    },
    /// Too many requests of one interaction.
    #[error("interaction {interaction} already has {limit} route requests: cancel one first")]
    TooMany {
        /// Which interaction.
        interaction: InteractionId,
        /// The limit.
        limit: usize,
    },
    /// The offer of its interaction is open; the request cannot be cancelled alone.
    #[error(
        "route request {request} is being offered: wait for the answer or stop its interaction"
    )]
    Offered {
        /// Which request.
        request: RouteRequestId,
    },
    /// Too much wait credited.
    #[error("a credit of {credit} is more than the {limit} allowed")]
    CreditTooLarge {
        /// What was asked.
        credit: Millis,
        /// The limit.
        limit: Millis,
    },
    /// Something it names is not there.
    #[error("there is no {what}: name one that exists, or make it first")]
    UnknownTarget {
        /// What kind of thing, and its name.
        what: String,
    },
    /// A part of what was said about whom to choose passes a limit.
    #[error("{what} is {found}: at most {limit} is allowed")]
    OutOfRange {
        /// Which part.
        what: String,
        /// What was asked.
        found: String,
        /// The limit.
        limit: String,
    },
}

/// A route request and its place in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The request.
    pub request: RouteRequest,
    /// Its place in line; `None` while its interaction is offered.
    pub line: Option<PlaceInLine>,
}

/// A place in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceInLine {
    /// How many are before it.
    pub ahead: u32,
    /// How many wait in the virtual queue, it included.
    pub waiting: u32,
}

/// Why an interaction waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Which interaction.
    pub interaction: InteractionId,
    /// At what time this was true.
    pub now: Now,
    /// For each of its requests.
    pub requests: Vec<WhyRequest>,
}

/// Why one request waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyRequest {
    /// The request and its place in line.
    pub waiting: Waiting,
    /// The expression in force, as text.
    pub wants: String,
    /// Agents whose skills satisfy it.
    pub qualified: u32,
    /// Agents whose skills do not.
    pub unqualified: u32,
    /// Of the qualified, how many are held back by what: each counted once, by the first
    /// obstacle that holds.
    pub obstacles: Vec<(Obstacle, u32)>,
    /// The first qualified agents and what holds each back.
    pub first: Vec<(AgentId, Obstacle)>,
    /// After which agent to go on, if there are more.
    pub next: Option<AgentId>,
    /// The thresholds of the targets in force.
    pub thresholds: Vec<WhyThreshold>,
}

/// A threshold and what is measured now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyThreshold {
    /// Which.
    pub gate: Gate,
    /// Whether it counts as open.
    pub open: bool,
    /// What is measured now; none when that is not known.
    pub measured: Option<u32>,
}

/// What keeps a qualified agent from being offered a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Not logged in.
    LoggedOut,
    /// The desk does not answer at the moment.
    DeskLost,
    /// Not logged in for this medium.
    NotLoggedInForMedium,
    /// Not ready for this medium.
    NotReady,
    /// Capacity of this medium used up.
    Busy,
    /// Did not take this request a moment ago.
    Cooling,
    /// The request excludes the agent.
    Excluded,
}

impl Obstacle {
    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::DeskLost => "desk_lost",
            Self::NotLoggedInForMedium => "not_logged_in_for_medium",
            Self::NotReady => "not_ready",
            Self::Busy => "busy",
            Self::Cooling => "cooling",
            Self::Excluded => "excluded",
        }
    }
}
