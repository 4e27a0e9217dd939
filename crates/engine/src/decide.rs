//! What an input means: events, or a refusal. Looks at the state, changes nothing.
//!
//! One file per subject. What *follows* from the events (who is offered what) is not decided
//! here but in [`crate::react`], after they were applied.

pub(crate) mod agents;
mod configuration;
mod effects;
mod handling;
mod interactions;
mod logins;
mod objects;
mod offers;
mod reasons;
pub(crate) mod requests;
mod segments;
pub(crate) mod targets;
mod timers;
pub(crate) mod views;
mod workbins;
mod wrapping;

use crate::state::State;
use ringback_model::{Event, Input, Now, Refused, contact, node};

/// Decides one input against the state. Pure: equal arguments give equal results, in every
/// process.
///
/// # Errors
/// The reason, if the input is turned down.
pub fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    match input {
        Input::Agent(input) => agents::decide(state, now, input),
        Input::Config(input) => configuration::decide(state, now, input).map_err(Refused::from),
        Input::Contact(contact::Input::Erased { contact, keys }) => {
            if contact.is_none() && keys.is_empty() {
                return Err(contact::Refused::Unknown.into());
            }
            let event = contact::Event::Erased {
                contact: *contact,
                keys: keys.clone(),
            };
            Ok(vec![Event::Contact(event)])
        }
        Input::Effect(input) => effects::decide(state, now, input).map_err(Refused::from),
        Input::Interaction(input) => interactions::decide(state, now, input),
        Input::Login(input) => logins::decide(state, now, input),
        Input::Node(input) => Ok(node(state, now, input)),
        Input::Offer(input) => offers::decide(state, now, input),
        Input::Route(input) => requests::decide(state, now, input),
    }
}

fn node(state: &State, now: Now, input: &node::Input) -> Vec<Event> {
    match input {
        node::Input::Opened { outage, clock_off } => {
            let (outage, clock_off) = (*outage, *clock_off);
            let mut events = vec![Event::Node(node::Event::Opened { outage, clock_off })];
            events.extend(agents::all_desks_lost(state, now));
            events.extend(agents::unsettled(state, now));
            events.extend(effects::uncertain(state, now));
            events
        }
        node::Input::Due { limit } => timers::due(state, now, *limit),
        node::Input::ClockJumped { by } => vec![Event::Node(node::Event::ClockJumped { by: *by })],
        node::Input::Refusals { list, beyond } => vec![Event::Node(node::Event::Refusals {
            list: list.clone(),
            beyond: *beyond,
        })],
    }
}
