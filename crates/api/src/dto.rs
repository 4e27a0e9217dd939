//! The shapes of the API: own types, one file per subject, each with its conversions.

pub(crate) mod agent;
pub(crate) mod audit;
pub(crate) mod bulk;
pub(crate) mod choice;
pub(crate) mod config;
pub(crate) mod event;
pub(crate) mod interaction;
pub(crate) mod login;
pub(crate) mod numbers;
pub(crate) mod offer;
pub(crate) mod past;
pub(crate) mod route;
pub(crate) mod statistics;
pub(crate) mod targets;
pub(crate) mod view;
pub(crate) mod webhook;
pub(crate) mod work;
pub(crate) mod written;

use ringback_model::Name;
use ringback_ports::envelope::ActorRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Some of many, and how to ask for the next.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// These.
    pub(crate) items: Vec<T>,
    /// Pass it on to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// An object without fields.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct Empty {}

/// Who caused something, as text: `key:crm`, `person:sam`, `room:notice`, `node`.
pub(crate) fn actor(actor: &ActorRef) -> String {
    match actor {
        ActorRef::Key(name) => format!("key:{name}"),
        ActorRef::Person(name) => format!("person:{name}"),
        ActorRef::Room(name) => format!("room:{name}"),
        ActorRef::Node => "node".to_owned(),
    }
}

/// A name as text.
pub(crate) fn text(name: &Name) -> String {
    name.as_str().to_owned()
}
