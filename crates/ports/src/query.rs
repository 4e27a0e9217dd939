//! Questions about the present, answered by the loop from its state.

use crate::envelope::Sequence;
use ringback_model::agent::AtWork;
use ringback_model::condition::{Condition, Order as Sorting, Ranked};
use ringback_model::config::{
    Agent, ApiKey, Date, Kind, Object, Queue, Settings, Version, View as Pulls, VirtualQueue,
};
use ringback_model::effect::Order;
use ringback_model::interaction::{Capabilities, Interaction};
use ringback_model::login::{Credentials, Person, Policy, Session};
use ringback_model::offer::Offer;
pub use ringback_model::route::{Obstacle, PlaceInLine, Waiting, Why, WhyRequest, WhyThreshold};
use ringback_model::view::Look;
use ringback_model::{
    AgentId, EngineTime, InteractionId, Medium, Name, Now, VirtualQueueId, WallTime,
};
use std::sync::Arc;

/// A question about the present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// One open interaction with its requests and offer.
    Interaction(InteractionId),
    /// Some open interactions, those among them that the asker sees.
    Interactions(Vec<InteractionId>),
    /// Open interactions that fit a condition: one stretch of all there are.
    Search(Arc<Search>, InteractionId),
    /// Why an interaction waits: who could take it and what stands in the way.
    Why {
        /// Which interaction.
        interaction: InteractionId,
        /// Name agents who come after this one.
        after: Option<AgentId>,
        /// How many are named.
        limit: usize,
    },
    /// An agent with desk, readiness, offers and work.
    Agent(AgentId),
    /// An agent by name.
    AgentNamed(Name),
    /// The workbins of an agent or a group that hold something.
    Workbins(Keeper),
    /// What rests in a workbin, first come first.
    Workbin {
        /// Whose.
        owner: Keeper,
        /// Which.
        name: Name,
        /// Only after so many.
        skip: usize,
        /// At most so many.
        limit: usize,
    },
    /// All agents after this one, at most `limit`.
    Agents {
        /// Only those after this one.
        after: Option<AgentId>,
        /// At most so many.
        limit: usize,
    },
    /// An interaction queue by name.
    QueueNamed(Name),
    /// All interaction queues.
    Queues,
    /// A virtual queue by name.
    VirtualQueueNamed(Name),
    /// All virtual queues.
    VirtualQueues,
    /// The first requests in line.
    Line {
        /// Of which virtual queue.
        virtual_queue: VirtualQueueId,
        /// At most so many.
        limit: usize,
    },
    /// All API keys.
    Keys,
    /// Everybody who may log in.
    People,
    /// Someone who may log in.
    Person(Name),
    /// Sessions: of one person, or all.
    Sessions(Option<Name>),
    /// What holds for all log-ins.
    LoginPolicy,
    /// What a log-in is checked against; for the house alone.
    Login(Claim),
    /// All configuration objects of a kind.
    Objects(Kind),
    /// A configuration object by kind and name.
    ObjectNamed(Kind, Name),
    /// A view of an interaction queue by name: what it is, and how it is doing.
    ViewNamed(Name),
    /// A configuration object by kind and name, for whoever may change it.
    ObjectToChange(Kind, Name),
    /// The calendar whose secret address hashes to this (SHA-256 in hexadecimal), from then to
    /// then.
    Calendar {
        /// The hash.
        token_hash: String,
        /// From when.
        from: WallTime,
        /// Until when.
        to: WallTime,
    },
    /// What holds for the tenant.
    Settings,
    /// The numbers a supervisor watches.
    Overview,
    /// Effects that are not finished, parked ones first, at most so many.
    Outbox(usize),
    /// Inputs that were put aside, the newest first, at most so many.
    Quarantined(usize),
}

/// Whose workbins are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    /// An agent's own.
    Agent(AgentId),
    /// Those of a group, by name.
    Group(Name),
}

/// Which interactions are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What they have to fit; its parameters are bound.
    pub condition: Condition,
    /// What they are to be ordered by.
    pub order: Sorting,
    /// Only what is at rest in this interaction queue.
    pub resting_in: Option<Name>,
}

/// The answer to a [`Query`].
#[derive(Debug, Clone, PartialEq)]
pub enum View {
    /// To [`Query::Interaction`].
    Interaction(Box<InteractionView>),
    /// To [`Query::Interactions`], in the order asked for.
    Interactions(Vec<InteractionView>),
    /// To [`Query::Search`]: what fits, with what it is ordered by, and where to go on.
    Found(Vec<(InteractionId, Ranked)>, Option<InteractionId>),
    /// To [`Query::Why`].
    Why(Box<Why>),
    /// To the questions for one agent.
    Agent(Box<AgentView>),
    /// To [`Query::Workbins`]: names and how much each holds.
    Workbins(Vec<(Name, usize)>),
    /// To [`Query::Workbin`]: some of what rests in it, and how much there is.
    Workbin(Vec<InteractionView>, usize),
    /// To [`Query::Agents`].
    Agents(Vec<AgentView>),
    /// To [`Query::QueueNamed`].
    Queue(Box<QueueView>),
    /// To [`Query::Queues`].
    Queues(Vec<QueueView>),
    /// To [`Query::VirtualQueueNamed`].
    VirtualQueue(Box<VirtualQueueView>),
    /// To [`Query::VirtualQueues`].
    VirtualQueues(Vec<VirtualQueueView>),
    /// To [`Query::Line`].
    Line(Vec<Waiting>),
    /// To [`Query::Keys`].
    Keys(Vec<ApiKey>),
    /// To [`Query::People`].
    People(Vec<PersonView>),
    /// To [`Query::Person`].
    Person(Box<PersonView>),
    /// To [`Query::Sessions`].
    Sessions(Vec<Session>),
    /// To [`Query::LoginPolicy`].
    LoginPolicy(Version, Box<Policy>),
    /// To [`Query::Login`]: nobody, or whom it is to be checked against.
    Login(Option<Box<LoginView>>, Box<Policy>),
    /// To [`Query::Objects`], in order of their names.
    Objects(Vec<Configured>),
    /// To [`Query::ObjectNamed`] and [`Query::ObjectToChange`].
    Object(Box<Configured>),
    /// To [`Query::ViewNamed`].
    Pulling(Box<PullView>),
    /// To [`Query::Calendar`].
    Calendar(Box<CalendarView>),
    /// To [`Query::Settings`].
    Settings(Version, Box<Settings>),
    /// To [`Query::Overview`].
    Overview(Box<Overview>),
    /// To [`Query::Outbox`].
    Outbox(Vec<Order>),
    /// To [`Query::Quarantined`].
    Quarantined(Vec<QuarantinedView>),
}

/// An input that was put aside, because applying it made the engine fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedView {
    /// Its number; whoever sends the same input again is told it.
    pub number: u64,
    /// When.
    pub at: WallTime,
    /// How the engine failed.
    pub problem: String,
}

/// Who somebody says he is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The one of this name or e-mail address.
    KnownAs(String),
    /// The one known to a provider as this subject or, if nobody is, the one of this e-mail
    /// address, which the provider has verified.
    Subject {
        /// The provider.
        issuer: String,
        /// Who he is there.
        subject: String,
        /// His address.
        email: Option<String>,
    },
    /// The one for whom this link was made (SHA-256 in hexadecimal).
    Link(String),
}

/// What a log-in is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginView {
    /// Who.
    pub person: Person,
    /// With what; `None` when he has nothing yet, which is version 0.
    pub credentials: Option<Credentials>,
}

/// Someone who may log in, and what he proves himself with, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonView {
    /// Who.
    pub person: Person,
    /// Whether he has a password.
    pub password: bool,
    /// Whether a second factor is in force.
    pub totp: bool,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
    /// The providers he is known at.
    pub providers: Vec<String>,
    /// His sessions.
    pub sessions: usize,
}

/// An open interaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionView {
    /// The record.
    pub interaction: Interaction,
    /// Its route requests with their place in line.
    pub requests: Vec<Waiting>,
    /// The offer by which it is routed.
    pub offer: Option<Offer>,
    /// Open offers by which its owner asks others.
    pub invitations: Vec<Offer>,
    /// What the asker can do with it, rights included.
    pub capabilities: Capabilities,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentView {
    /// The master data.
    pub agent: Agent,
    /// The agent at work.
    pub at_work: AtWork,
    /// The offers open to him.
    pub offers: Vec<Offer>,
}

/// A configuration object of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Configured {
    /// A person who serves interactions.
    Agent(Agent),
    /// An interaction queue.
    Queue(Queue),
    /// A virtual queue.
    VirtualQueue(VirtualQueue),
    /// Any other kind.
    Object {
        /// The object.
        object: Object,
        /// Of a group: who belongs to it at the moment.
        members: Vec<Name>,
    },
}

/// A view of an interaction queue, and how it is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullView {
    /// What it is called.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// What was set.
    pub body: Pulls,
    /// At what time the rest was true.
    pub now: Now,
    /// When it looks next; `None` if it is only for looking at.
    pub look: Option<Look>,
    /// How much rests in its queue, whether it fits or not.
    pub resting: usize,
    /// How much is under way by it, segment by segment.
    pub under_way: Vec<(Option<String>, u32)>,
}

/// Opening hours as a calendar shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarView {
    /// The calendar.
    pub calendar: Object,
    /// When its hours are open, and days on which they are not open as usual.
    pub entries: Vec<CalendarEntry>,
}

/// One entry of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarEntry {
    /// Of which hours.
    pub hours: Name,
    /// How people call these hours; empty: like the name.
    pub title: String,
    /// What the day is, if it is not like its day of the week.
    pub special: Option<String>,
    /// When.
    pub when: CalendarTime,
}

/// When an entry of a calendar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarTime {
    /// Open from then to then.
    Open {
        /// From when.
        from: WallTime,
        /// Until when.
        to: WallTime,
    },
    /// Closed all day.
    Closed(Date),
}

/// An interaction queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueView {
    /// The master data.
    pub queue: Queue,
    /// Open interactions that belong to it.
    pub open: u32,
}

/// A virtual queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualQueueView {
    /// The master data.
    pub virtual_queue: VirtualQueue,
    /// Requests in line.
    pub waiting: u32,
    /// Since when the first in line waits.
    pub oldest: Option<EngineTime>,
    /// Requests whose interaction is being offered.
    pub offered: u32,
    /// Requests ever made; one side of the balance.
    pub entered: u64,
    /// Requests that ended, all ways together.
    pub left: u64,
}

/// The numbers a supervisor watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// At what time they were true.
    pub now: Now,
    /// The record they were read after.
    pub sequence: Sequence,
    /// Open interactions.
    pub open: u64,
    /// Of these, at rest in a queue.
    pub resting: u64,
    /// Of these, routed.
    pub routing: u64,
    /// Of these, offered.
    pub offered: u64,
    /// Of these, handled.
    pub handling: u64,
    /// Ever submitted.
    pub submitted: u64,
    /// Agents logged in.
    pub logged_in: u32,
    /// Agents ready per medium.
    pub ready: Vec<(Medium, u32)>,
    /// Effects that wait, are started, are parked.
    pub effects: (u32, u32, u32),
    /// Timers that are armed.
    pub timers: u64,
}

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryFault {
    /// There is nothing of that name or id.
    #[error("there is no {0}")]
    Unknown(String),
    /// It is over; the records know it.
    #[error("interaction {0} has been stopped; ask the history for it")]
    Stopped(InteractionId),
    /// The actor has no right to it.
    #[error("{0}")]
    Denied(crate::envelope::Denied),
    /// The house answers nothing at the moment.
    #[error("{0}")]
    Unavailable(crate::envelope::Unavailable),
    /// The records did not reach the wanted record in time.
    #[error("the records have reached {reached}, not yet {wanted}: ask again in a moment")]
    Behind {
        /// How far they are.
        reached: Sequence,
        /// How far they should be.
        wanted: Sequence,
    },
    /// Something was asked that has no answer.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error("{0}")]
    Failed(String),
}
