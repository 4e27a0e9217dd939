//! What a tenant's administrators set up. Journal-first: an event carries the whole new
//! version; tables are its projection; undo is a new version.

mod attribute;
mod calendar;
mod capacity_rule;
mod group;
mod hours;
mod list;
mod medium;
mod object;
mod person;
mod screen_pop;
mod skill;
mod statistic;
mod view;
mod webhook;
mod workbin;

pub use attribute::{Attribute, AttributeType, Choice, DeskUse};
pub use calendar::Calendar;
pub use capacity_rule::CapacityRule;
pub use group::Group;
pub use hours::{Date, Hours, NotADate, NotASpan, Span, SpecialDay, Weekday};
pub use list::{Code, List, ListPurpose};
pub use medium::{MediumDefaults, WrapUp};
pub use object::{Body, Finding, Kind, Object, UnknownKind};
pub use person::Person;
pub use screen_pop::{Field as PopField, ScreenPop, Template, TemplateError};
pub use skill::Skill;
pub use statistic::Statistic;
pub use view::{HandOver, View, ViewRoute};
pub use webhook::{EventPattern, NotAPattern, Webhook, WebhookSecret};
pub use workbin::{Workbin, WorkbinOwner};

use crate::id::{AgentId, ObjectId, QueueId, VirtualQueueId};
use crate::medium::Medium;
use crate::name::Name;
use crate::right::Action;
use crate::target::{Expression, Skills, TextSkills};
use crate::time::{Millis, WallTime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

/// The version of one configuration object; 1 is the first.
pub type Version = u64;

/// An interaction queue: a stage where interactions rest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Queue {
    /// Its id.
    pub id: QueueId,
    /// Its name, unique.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// What was set.
    pub body: QueueBody,
}

/// What can be set of an interaction queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueBody {
    /// How many open interactions may belong to it.
    pub open_max: u32,
    /// What comes after the contact, by medium; media not named: as their defaults say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wrap_up: BTreeMap<Medium, AfterContact>,
    /// What agents say came of a contact; not given: any word, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispositions: Option<Dispositions>,
}

impl Hash for QueueBody {
    /// What came later counts only where it is set, so that the digest of an older state stays
    /// what it was.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.open_max.hash(state);
        if !self.wrap_up.is_empty() || self.dispositions.is_some() {
            self.wrap_up.hash(state);
            self.dispositions.hash(state);
        }
    }
}

/// What comes after a contact, and for how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterContact {
    /// What comes.
    pub wrap_up: WrapUp,
    /// How long it lasts; exactly for `timed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up_for: Option<Millis>,
}

/// From which codes agents say what came of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispositions {
    /// The list of codes, by name.
    pub list: Name,
    /// Whether they have to say so before they are done.
    #[serde(default)]
    pub mandatory: bool,
}

impl Default for QueueBody {
    fn default() -> Self {
        Self {
            open_max: 2_000_000,
            wrap_up: BTreeMap::new(),
            dispositions: None,
        }
    }
}

/// A virtual queue, where route requests compete for agents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VirtualQueue {
    /// Its id.
    pub id: VirtualQueueId,
    /// Its name, unique.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// What was set.
    pub body: VirtualQueueBody,
}

/// What can be set of a virtual queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VirtualQueueBody {
    /// How many requests may wait in it.
    pub waiting_max: u32,
    /// A customer who leaves before this counts as a short abandon.
    pub short_abandon: Millis,
    /// Who is wanted by requests that come here because this queue was their target; anybody when
    /// not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serves: Option<Expression>,
    /// The group of queues it belongs to, which a target of type `GQ` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Name>,
}

impl Default for VirtualQueueBody {
    fn default() -> Self {
        Self {
            waiting_max: 2_000_000,
            short_abandon: Millis::seconds(5),
            serves: None,
            group: None,
        }
    }
}

/// A person who serves interactions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Its name, unique.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// What was set.
    pub body: AgentBody,
}

/// What can be set of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentBody {
    /// What the agent can do, and how well.
    #[serde(default)]
    pub skills: Skills,
    /// How much the agent does at once.
    #[serde(default)]
    pub capacity: Capacity,
    /// Skills that have a text instead of a level: `Region` is `north`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: TextSkills,
    /// The capacity rule that holds for the agent, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_rule: Option<Name>,
}

impl Hash for AgentBody {
    /// What came later counts only where it is set, so that the digest of an older state stays
    /// what it was.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.skills.hash(state);
        self.capacity.hash(state);
        if !self.texts.is_empty() || self.capacity_rule.is_some() {
            self.texts.hash(state);
            self.capacity_rule.hash(state);
        }
    }
}

/// How many interactions of each medium an agent takes at once; a medium that is not named is
/// not taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Capacity(pub BTreeMap<Medium, u8>);

impl Capacity {
    /// The most of one medium.
    pub const MAX: u8 = 100;

    /// How many of this medium.
    #[must_use]
    pub fn of(&self, medium: Medium) -> u8 {
        self.0.get(&medium).copied().unwrap_or(0)
    }
}

impl Default for Capacity {
    /// One call, and three of each other medium.
    fn default() -> Self {
        let allowed = |medium| if medium == Medium::Voice { 1 } else { 3 };
        Self(
            Medium::ALL
                .into_iter()
                .map(|medium| (medium, allowed(medium)))
                .collect(),
        )
    }
}

/// What holds for the whole tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How long an offer stands.
    pub offer_ttl: Millis,
    /// How long an agent is not offered again what he did not take.
    pub cool_down: Millis,
    /// After how many offers missed in a row an agent is set not ready, per medium; media not
    /// named: 3.
    pub misses_max: BTreeMap<Medium, u8>,
    /// How long a desk may not answer before it counts as silent.
    pub desk_grace: Millis,
    /// How many interactions may be open.
    pub open_max: u32,
    /// How long the result of an input is kept for whoever repeats it.
    pub results_kept: Millis,
    /// The most credit a route request may be given.
    pub credit_max: Millis,
    /// User data keys that are about the matter, not the person: kept open for routing. All
    /// others are sealed.
    pub open_keys: BTreeSet<String>,
    /// Whether the operator's notice address is told when an interaction stops.
    #[serde(default)]
    pub notices: bool,
    /// Whether agents and groups may name declared skills only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub skills_declared: bool,
    /// How long things may take, medium by medium.
    #[serde(default, skip_serializing_if = "Timeouts::are_usual")]
    pub timeouts: Timeouts,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Hash for Settings {
    /// What came later counts only where it is set, so that the digest of an older state stays
    /// what it was.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.offer_ttl.hash(state);
        self.cool_down.hash(state);
        self.misses_max.hash(state);
        self.desk_grace.hash(state);
        self.open_max.hash(state);
        self.results_kept.hash(state);
        self.credit_max.hash(state);
        self.open_keys.hash(state);
        self.notices.hash(state);
        self.timeouts.hash(state);
        if self.skills_declared {
            self.skills_declared.hash(state);
        }
    }
}

/// How long things may take. The usual values add nothing to a digest and are not written, so
/// that settings made before these existed stay what they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// How long an offer of a medium stands; media not named: `offer_ttl`.
    #[serde(default)]
    pub offer: BTreeMap<Medium, Millis>,
    /// How long an agent whose desk is silent keeps what he handles. Live contact stays.
    pub handling: Millis,
    /// The same for a medium.
    #[serde(default)]
    pub handling_of: BTreeMap<Medium, Millis>,
    /// How long a route request looks for an agent.
    pub routing: Millis,
}

/// The open user data key by which one interaction has a handling time-out of its own, in
/// seconds.
pub const HANDLING_TIMEOUT_KEY: &str = "handling_timeout";

impl Timeouts {
    /// Whether nothing was set.
    #[must_use]
    pub fn are_usual(&self) -> bool {
        *self == Self::default()
    }

    /// How long a silent desk keeps what it handles of a medium.
    #[must_use]
    pub fn handling(&self, medium: Medium) -> Millis {
        self.handling_of
            .get(&medium)
            .copied()
            .unwrap_or(self.handling)
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            offer: BTreeMap::new(),
            handling: Millis::seconds(180 * 60),
            handling_of: BTreeMap::new(),
            routing: Millis::seconds(720 * 60),
        }
    }
}

impl Hash for Timeouts {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if !self.are_usual() {
            (&self.offer, self.handling, &self.handling_of, self.routing).hash(state);
        }
    }
}

impl Settings {
    /// How long an offer of a medium stands.
    #[must_use]
    pub fn offer_ttl(&self, medium: Medium) -> Millis {
        let own = self.timeouts.offer.get(&medium).copied();
        own.unwrap_or(self.offer_ttl)
    }

    /// After how many missed offers in a row an agent is set not ready.
    #[must_use]
    pub fn misses_max(&self, medium: Medium) -> u8 {
        self.misses_max.get(&medium).copied().unwrap_or(3)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            offer_ttl: Millis::seconds(30),
            cool_down: Millis::seconds(30),
            misses_max: BTreeMap::from([(Medium::Voice, 1)]),
            desk_grace: Millis::seconds(30),
            open_max: 5_000_000,
            results_kept: Millis::seconds(24 * 3_600),
            credit_max: Millis::seconds(24 * 3_600),
            open_keys: BTreeSet::new(),
            notices: false,
            skills_declared: false,
            timeouts: Timeouts::default(),
        }
    }
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything within the tenant.
    Administrator,
    /// Sees and steers the queues and agents in its scope.
    Supervisor,
    /// Works: sees what concerns the agent the key belongs to.
    Agent,
    /// A system that submits and withdraws interactions within its scope.
    Integrator,
    /// Sees everything in its scope, changes nothing.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Administrator,
        Self::Supervisor,
        Self::Agent,
        Self::Integrator,
        Self::Auditor,
    ];

    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
            Self::Integrator => "integrator",
            Self::Auditor => "auditor",
        }
    }
}

/// Which part of the tenant a key reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All queues.
    Everything,
    /// Interactions of these interaction queues only.
    Queues(BTreeSet<QueueId>),
    /// Interactions of these interaction queues and agents of these groups only.
    Parts {
        /// The interaction queues.
        queues: BTreeSet<QueueId>,
        /// The groups.
        groups: BTreeSet<ObjectId>,
    },
}

impl Scope {
    /// How far something reaches that is limited to these queues and groups, or to neither.
    #[must_use]
    pub fn of(queues: Option<BTreeSet<QueueId>>, groups: Option<BTreeSet<ObjectId>>) -> Self {
        match (queues, groups) {
            (None, None) => Self::Everything,
            (Some(queues), None) => Self::Queues(queues),
            (queues, Some(groups)) => Self::Parts {
                queues: queues.unwrap_or_default(),
                groups,
            },
        }
    }

    /// The interaction queues it is limited to; `None`: it is not limited.
    #[must_use]
    pub const fn queues(&self) -> Option<&BTreeSet<QueueId>> {
        match self {
            Self::Everything => None,
            Self::Queues(queues) | Self::Parts { queues, .. } => Some(queues),
        }
    }

    /// The groups whose agents it is limited to; `None`: it is not limited.
    #[must_use]
    pub const fn groups(&self) -> Option<&BTreeSet<ObjectId>> {
        /// A scope of queues reaches no agents.
        const NOBODY: &BTreeSet<ObjectId> = &BTreeSet::new();
        match self {
            Self::Everything => None,
            Self::Queues(_) => Some(NOBODY),
            Self::Parts { groups, .. } => Some(groups),
        }
    }

    /// Whether it reaches a queue.
    #[must_use]
    pub fn reaches(&self, queue: QueueId) -> bool {
        self.queues().is_none_or(|queues| queues.contains(&queue))
    }
}

/// A key to the API. The secret itself is shown once and never kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its name, unique.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// SHA-256 of the secret, in hexadecimal. The secret holds 256 random bits, so no slower
    /// hash is needed.
    pub hash: String,
    /// What it may do.
    pub role: Role,
    /// How far it reaches.
    pub scope: Scope,
    /// Whose it is; set exactly for role agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// Taken back: opens nothing any more.
    #[serde(default)]
    pub revoked: bool,
    /// What it is less than its role, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Box<KeyBounds>>,
}

/// What an API key is less than its role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyBounds {
    /// From then on it opens nothing. By the wall clock, as it is a date people agree upon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<WallTime>,
    /// All that may be done with it; none given: whatever the role may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<BTreeSet<Action>>,
}

// Keys without bounds are hashed as they were before there were any: the digest of their states
// stands in journals.
impl Hash for ApiKey {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.name.hash(hasher);
        self.version.hash(hasher);
        self.hash.hash(hasher);
        self.role.hash(hasher);
        self.scope.hash(hasher);
        self.agent.hash(hasher);
        self.revoked.hash(hasher);
        if let Some(bounds) = &self.bounds {
            bounds.hash(hasher);
        }
    }
}

/// Which version a change was made against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Whatever is there.
    Any,
    /// Nothing there yet.
    Absent,
    /// Exactly this version.
    Version(Version),
}

/// What can be asked of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Make or change an interaction queue.
    PutQueue {
        /// Which.
        name: Name,
        /// The whole new body.
        body: QueueBody,
        /// Against which version.
        expected: Expected,
    },
    /// Make or change a virtual queue.
    PutVirtualQueue {
        /// Which.
        name: Name,
        /// The whole new body.
        body: VirtualQueueBody,
        /// Against which version.
        expected: Expected,
    },
    /// Make or change an agent.
    PutAgent {
        /// Which.
        name: Name,
        /// The whole new body.
        body: AgentBody,
        /// Against which version.
        expected: Expected,
    },
    /// Make a key.
    MakeKey {
        /// Its name; must be new.
        name: Name,
        /// SHA-256 of its secret, in hexadecimal.
        hash: String,
        /// What it may do.
        role: Role,
        /// The interaction queues it reaches, by name. Neither these nor groups given:
        /// everything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queues: Option<BTreeSet<Name>>,
        /// The groups whose agents it reaches, by name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        groups: Option<BTreeSet<Name>>,
        /// Whose it is, by name; exactly for role agent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<Name>,
        /// What it is less than its role, if it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bounds: Option<Box<KeyBounds>>,
    },
    /// Take a key back.
    RevokeKey {
        /// Which.
        name: Name,
    },
    /// Change what holds for the whole tenant.
    PutSettings {
        /// The whole new settings.
        settings: Box<Settings>,
        /// Against which version.
        expected: Expected,
    },
    /// Make or change an object of any other kind.
    Put {
        /// Which.
        name: Name,
        /// The whole new body; it tells the kind.
        body: Box<Body>,
        /// Against which version.
        expected: Expected,
    },
    /// Delete an object. Refused while something needs it.
    Delete {
        /// Of which kind.
        kind: Kind,
        /// Which.
        name: Name,
        /// Against which version.
        expected: Expected,
        /// Of an interaction queue: where its interactions go.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        move_to: Option<Name>,
    },
}

/// What happened to the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An interaction queue as it is now.
    QueuePut(Box<Queue>),
    /// A virtual queue as it is now.
    VirtualQueuePut(Box<VirtualQueue>),
    /// An agent as it is now.
    AgentPut(Box<Agent>),
    /// A key as it is now.
    KeyPut(Box<ApiKey>),
    /// The settings as they are now.
    SettingsPut {
        /// Their version.
        version: Version,
        /// What was set.
        settings: Box<Settings>,
    },
    /// An object of any other kind as it is now.
    Put(Box<Object>),
    /// An object is gone. Its name is free; its history stays.
    Deleted {
        /// Of which kind.
        kind: Kind,
        /// The number of its id.
        id: u64,
        /// Its name.
        name: Name,
        /// The version by which it is gone.
        version: Version,
    },
}

/// Why a change of the configuration was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Someone else was faster.
    #[error("{what} is at version {found}, not as expected: read it again and repeat the change")]
    VersionMismatch {
        /// Which object.
        what: String,
        /// Its version; 0 when it does not exist.
        found: Version,
    },
    /// It exists already.
    #[error("{what} exists already")]
    Exists {
        /// Which object.
        what: String,
    },
    /// Nothing of that name.
    #[error("there is no {what}")]
    Unknown {
        /// What was looked for.
        what: String,
    },
    /// A value is out of its range.
    #[error("{key} is {found}: {allowed}")]
    OutOfRange {
        /// Which key.
        key: String,
        /// What was given.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// Too many objects of a kind.
    #[error("there are already {limit} {what}, the limit")]
    TooMany {
        /// Of what.
        what: String,
        /// The limit.
        limit: usize,
    },
    /// Role and agent of a key do not fit together.
    #[error("a key names an agent exactly when its role is agent")]
    KeyAgent,
    /// Without this key nobody could make another.
    #[error(
        "key {key} is the last administrator's key that reaches everything: make another one first, then take this one back"
    )]
    LastAdministrator {
        /// The key that was to be taken back.
        key: Name,
    },
    /// What was to be set does not fit what is there; everything that is wrong, at once.
    #[error("{}", findings(.0))]
    Findings(Vec<Finding>),
    /// Something else needs it.
    #[error("{what} is used by {}: change that first", .by.join(", "))]
    InUse {
        /// Which object.
        what: String,
        /// By what; the first ones, and how many more.
        by: Vec<String>,
    },
    /// Interactions are in it.
    #[error(
        "{what} still holds {open} open interactions: let them end, or for a queue say with `move_to` where they go (at most {limit} at once)"
    )]
    NotEmpty {
        /// Which object.
        what: String,
        /// How many.
        open: u32,
        /// How many can be moved at once.
        limit: u32,
    },
    /// The agent has work in hand.
    #[error("agent {agent} still has {claims} interactions in hand: finish or move them first")]
    HasWork {
        /// Who.
        agent: Name,
        /// How many.
        claims: usize,
    },
}

/// `/members: there is no agent zoe; /expression: ...`
fn findings(list: &[Finding]) -> String {
    let one = |it: &Finding| format!("{}: {}", it.path, it.problem);
    list.iter().map(one).collect::<Vec<_>>().join("; ")
}
