//! The words of the house as types: ids, time, interactions, requests, offers, agents,
//! configuration, and the four enums everything else speaks in: [`Input`], [`Event`],
//! [`Effect`] and [`Refused`].
//!
//! Nothing here decides anything. A subject (interaction, route, offer, agent, ...) has one
//! file that holds its records and its own `Input`, `Event` and `Refused`; the enums at the
//! top nest them. Serialised names are fixed: they stand in journals that later versions must
//! open, and `golden/` holds one document of each kind. A changed meaning gets a new name
//! (`submitted.2`), a new optional field gets a default; nothing is renamed.
//!
//! What people write as text (target texts, capacity rules, conditions) is read here too,
//! because its written form is as fixed as a serialised name; each grammar stands at the top of
//! its module.
//!
//! Personal values are sealed before they get here (see [`Personal`]), so no function of the
//! heart can read, compare or branch on them.

#![warn(missing_docs)]

pub mod agent;
pub mod audience;
pub mod capacity;
pub mod condition;
pub mod config;
pub mod contact;
pub mod effect;
pub mod id;
pub mod interaction;
pub mod login;
pub mod medium;
pub mod name;
pub mod node;
pub mod offer;
pub mod order;
pub mod personal;
pub mod place;
pub mod rare;
pub mod record;
pub mod right;
pub mod route;
pub mod statistic;
pub mod target;
pub mod time;
pub mod value;
pub mod view;
pub mod workbin;

mod contract;
#[cfg(test)]
mod draw;
mod scan;

pub use contract::{Effect, Event, Input, Outcome, Refused};
pub use id::{
    AgentId, ContactId, DeskSessionId, EffectId, InteractionId, KeyId, LoginId, ObjectId, OfferId,
    QueueId, RouteRequestId, VirtualQueueId,
};
pub use medium::Medium;
pub use name::{Name, NameError};
pub use order::{OrderKey, Tier};
pub use personal::{Personal, Sealed};
pub use rare::Rare;
pub use scan::Found;
pub use time::{Deadline, EngineTime, Millis, Now, WallTime};
