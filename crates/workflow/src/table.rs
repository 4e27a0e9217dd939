//! The table of actions: what a workflow may ask of the platform, as data.
//!
//! Everything that must agree about actions is made from it: how documents are read
//! ([`crate::Actions`]), what lint says, the reference page, and what an editor completes.
//! To add an action, add a row.

mod contact;
mod content;
mod dialog;
mod interaction;
mod message;
mod outside;
mod queue;
mod session;
mod shape;

pub use shape::{Action, Attribute, Child, Event, Field, Kind, Module, Room, Settles, Value};

/// All modules in the order of the reference.
pub const MODULES: &[&Module] = &[
    &session::SESSION,
    &queue::QUEUE,
    &interaction::INTERACTION,
    &outside::SERVICE,
    &outside::HOURS,
    &outside::LIST,
    &outside::STATISTIC,
    &contact::CONTACT,
    &content::CLASSIFICATION,
    &dialog::DIALOG,
    &message::MESSAGE,
    &message::VOICE,
    &message::CHAT,
];

/// Attributes that every action has.
pub const COMMON: &[Attribute] = &[
    Attribute::location(
        "requestid",
        "the id of the request is written here before the action is carried out; its events carry it",
    )
    .as_request_id(),
    Attribute::value("hints", Value::Any, "kept with the request and shown in traces"),
];

/// Fields of every `.done` event.
pub const COMMON_DONE: &[Field] = &[Field::new("requestid", "which request it answers")];

/// Fields of every `error.` event.
pub const COMMON_ERROR: &[Field] = &[
    Field::new("requestid", "which request it answers"),
    Field::new("error", "a stable code"),
    Field::new("description", "what happened, for people"),
];

/// What our namespaces begin with; the name of the module follows.
pub const NAMESPACE: &str = "urn:ringback:";

/// What the namespaces of the older orchestration server begin with, in both spellings.
pub const OLDER_NAMESPACES: &[&str] = &[
    "http://www.genesyslab.com/modules/",
    "www.genesyslab.com/modules/",
];

/// The module that a namespace names, and whether it is one of the older ones.
pub fn module(namespace: &str) -> Option<(&'static Module, bool)> {
    if let Some(name) = namespace.strip_prefix(NAMESPACE) {
        return MODULES.iter().find(|m| m.name == name).map(|m| (*m, false));
    }
    let name = OLDER_NAMESPACES
        .iter()
        .find_map(|prefix| namespace.strip_prefix(prefix))?;
    MODULES
        .iter()
        .find(|module| module.older.contains(&name))
        .map(|module| (*module, true))
}

/// The action of this name; `None` if the namespace has none of that name.
pub fn action(namespace: &str, name: &str) -> Option<(&'static Module, &'static Action)> {
    let (module, older) = module(namespace)?;
    let found = module
        .actions
        .iter()
        .find(|action| action.name == name || (older && action.older.contains(&name)))?;
    Some((module, found))
}

/// The action of a dotted name such as `queue.submit`.
pub fn dotted(name: &str) -> Option<(&'static Module, &'static Action)> {
    all().find(|(module, action)| {
        name.strip_prefix(module.name)
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|rest| rest == action.name)
    })
}

/// All actions in the order of the reference.
pub fn all() -> impl Iterator<Item = (&'static Module, &'static Action)> {
    MODULES
        .iter()
        .flat_map(|module| module.actions.iter().map(|action| (*module, action)))
}

/// The names of all events that the platform can bring, those of actions and those that come by themselves.
pub fn events() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (module, action) in all() {
        names.push(action.done_event(module));
        names.push(action.error_event(module));
        names.extend(action.further.iter().map(|event| event.name.to_owned()));
    }
    for module in MODULES {
        names.extend(module.events.iter().map(|event| event.name.to_owned()));
    }
    names
}
