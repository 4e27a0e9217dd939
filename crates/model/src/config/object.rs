//! Configuration objects in general: one mechanism for all kinds that have nothing of their own
//! to say about how they are made, changed and deleted.

use super::{
    Attribute, Calendar, CapacityRule, Group, Hours, List, MediumDefaults, Person, ScreenPop,
    Skill, Statistic, Version, View, Webhook, Workbin,
};
use crate::id::ObjectId;
use crate::name::Name;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The kinds of objects that have a name and a history and can be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person who serves interactions.
    Agent,
    /// A piece of typed case data.
    Attribute,
    /// How much of which media goes together.
    CapacityRule,
    /// Agents taken together.
    Group,
    /// Opening hours.
    Hours,
    /// Dispositions or reasons.
    List,
    /// Defaults of a medium.
    Medium,
    /// Somebody who logs in.
    Person,
    /// An interaction queue.
    Queue,
    /// Something agents can do.
    Skill,
    /// A number that is watched, under a name of its own.
    Statistic,
    /// What is pulled from a queue, and in what order.
    View,
    /// Where route requests compete.
    VirtualQueue,
    /// Where agents or groups keep work.
    Workbin,
    // Kinds that came later stand at the end: the digest of a state counts places.
    /// Opening hours as a feed for calendar programs.
    Calendar,
    /// A page of another system that the desk opens with an offer.
    ScreenPop,
    /// A system of others that is told what happens.
    Webhook,
}

impl Kind {
    /// All of them, in order of their names.
    pub const ALL: [Self; 17] = [
        Self::Agent,
        Self::Attribute,
        Self::Calendar,
        Self::CapacityRule,
        Self::Group,
        Self::Hours,
        Self::List,
        Self::Medium,
        Self::Person,
        Self::Queue,
        Self::ScreenPop,
        Self::Skill,
        Self::Statistic,
        Self::View,
        Self::VirtualQueue,
        Self::Webhook,
        Self::Workbin,
    ];

    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Attribute => "attribute",
            Self::Calendar => "calendar",
            Self::CapacityRule => "capacity_rule",
            Self::Group => "group",
            Self::Hours => "hours",
            Self::List => "list",
            Self::Medium => "medium",
            Self::Person => "person",
            Self::Queue => "queue",
            Self::ScreenPop => "screen_pop",
            Self::Skill => "skill",
            Self::Statistic => "statistic",
            Self::View => "view",
            Self::VirtualQueue => "virtual_queue",
            Self::Webhook => "webhook",
            Self::Workbin => "workbin",
        }
    }

    /// Its name for people: `virtual queue`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::CapacityRule => "capacity rule",
            Self::ScreenPop => "screen pop",
            Self::VirtualQueue => "virtual queue",
            other => other.name(),
        }
    }

    /// Several of it, for people.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Agent => "agents",
            Self::Attribute => "attributes",
            Self::Calendar => "calendars",
            Self::CapacityRule => "capacity rules",
            Self::Group => "groups",
            Self::Hours => "hours",
            Self::List => "lists",
            Self::Medium => "media",
            Self::Person => "persons",
            Self::Queue => "queues",
            Self::ScreenPop => "screen pops",
            Self::Skill => "skills",
            Self::Statistic => "statistics",
            Self::View => "views",
            Self::VirtualQueue => "virtual queues",
            Self::Webhook => "webhooks",
            Self::Workbin => "workbins",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// A text that names no kind of configuration object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no kind of configuration object: use agent, attribute, calendar, capacity_rule, group, hours, list, medium, person, queue, screen_pop, skill, statistic, view, virtual_queue, webhook or workbin"
)]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| UnknownKind(text.chars().take(40).collect()))
    }
}

/// What can be set of an object, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A piece of typed case data.
    Attribute(Attribute),
    /// How much of which media goes together.
    CapacityRule(CapacityRule),
    /// Agents taken together.
    Group(Group),
    /// Opening hours.
    Hours(Hours),
    /// Dispositions or reasons.
    List(List),
    /// Defaults of a medium; the name of the object is the medium.
    Medium(MediumDefaults),
    /// Somebody who logs in.
    Person(Person),
    /// Something agents can do.
    Skill(Skill),
    /// A number that is watched, under a name of its own.
    Statistic(Statistic),
    /// What is pulled from a queue, and in what order.
    View(View),
    /// Where agents or groups keep work.
    Workbin(Workbin),
    // Kinds that came later stand at the end: the digest of a state counts places.
    /// Opening hours as a feed for calendar programs.
    Calendar(Calendar),
    /// A page of another system that the desk opens with an offer.
    ScreenPop(ScreenPop),
    /// A system of others that is told what happens.
    Webhook(Webhook),
}

impl Body {
    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Attribute(_) => Kind::Attribute,
            Self::Calendar(_) => Kind::Calendar,
            Self::CapacityRule(_) => Kind::CapacityRule,
            Self::Group(_) => Kind::Group,
            Self::Hours(_) => Kind::Hours,
            Self::List(_) => Kind::List,
            Self::Medium(_) => Kind::Medium,
            Self::Person(_) => Kind::Person,
            Self::ScreenPop(_) => Kind::ScreenPop,
            Self::Skill(_) => Kind::Skill,
            Self::Statistic(_) => Kind::Statistic,
            Self::View(_) => Kind::View,
            Self::Webhook(_) => Kind::Webhook,
            Self::Workbin(_) => Kind::Workbin,
        }
    }
}

/// A configuration object as it is in one version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Object {
    /// Its id; an object that is deleted and made again has a new one.
    pub id: ObjectId,
    /// Its name, unique within its kind.
    pub name: Name,
    /// Its version. Goes on when an object is deleted and made again.
    pub version: Version,
    /// What was set.
    pub body: Body,
}

/// One thing that is wrong with what was to be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Where, as a JSON pointer into the body.
    pub path: String,
    /// What is wrong and what would be right.
    pub problem: String,
}
