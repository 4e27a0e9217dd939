//! The heart: what happens to interactions, route requests, offers and agents, as a
//! deterministic state machine.
//!
//! Nothing here reads a clock, opens a socket or spawns a task. The caller feeds inputs
//! together with the present time into [`handle`]; what comes back are events (or a refusal
//! that changed nothing). One input goes through three pure steps:
//!
//! 1. [`decide`] looks at the state and says what happens, or refuses.
//! 2. [`State::apply`] writes one event into the state. It cannot fail, chooses nothing and
//!    computes no time: events carry outcomes.
//! 3. [`react`] looks at the state after the decided events and says what follows from one of
//!    them, above all who is offered what. It is asked about each event until it finds nothing
//!    more; its events are applied and reacted to in turn.
//!
//! Before each reaction the thresholds are measured that the events may have turned; those that
//! did turn by an event of their own.
//!
//! Recovery needs only the second step.
//!
//! Invariants, held by [`State::check`] in every test:
//! an interaction is in exactly one place; a handled one has exactly one owner; every request
//! and offer belongs to an open interaction; claims and offers match; nobody who is free for a
//! waiting request is left without an offer unless the two are cooling.

#![warn(missing_docs)]

pub mod apply;
mod audience;
mod bins;
pub mod capabilities;
mod capacity;
mod check;
mod choice;
pub mod decide;
mod digest;
mod facts;
mod gates;
mod groups;
mod guard;
pub mod image;
pub mod logins;
mod lookup;
pub mod matching;
mod measure;
mod objects;
pub mod react;
mod results;
pub mod search;
mod shares;
pub mod staff;
pub mod state;
pub mod statistics;
mod timers;
mod tracked;
mod views;
mod why;

pub use capabilities::capabilities;
pub use decide::decide;
pub use react::react;
pub use results::Kept;
pub use state::State;

use bins::Touched;
use ringback_model::audience::Others;
use ringback_model::{Event, Input, Now, Outcome, Refused};
use ringback_model::{agent, config, interaction, login, route};

/// Version of the rules: the same version decides the same events for the same inputs. It
/// stands in every journal record; `replay --check` decides again only what was decided by the
/// same version.
pub const VERSION: u32 = 6;

/// Takes one input in: decides, applies and follows up. The state has changed exactly by the
/// returned events; a refusal changed nothing.
///
/// # Errors
/// The reason, if the input was turned down.
pub fn handle(state: &mut State, now: Now, input: &Input) -> Result<Vec<Event>, Refused> {
    let decided = decide(state, now, input)?;
    Ok(follow(state, now, decided))
}

/// Applies decided events and everything that follows from them; returns them all in order.
#[must_use]
pub fn follow(state: &mut State, now: Now, decided: Vec<Event>) -> Vec<Event> {
    follow_and_tell(state, now, decided).0
}

/// As [`follow`], and says who hears of which event beside the agent it names.
#[must_use]
pub fn follow_and_tell(
    state: &mut State,
    now: Now,
    decided: Vec<Event>,
) -> (Vec<Event>, Vec<Others>) {
    let mut events = decided;
    let mut others = Vec::new();
    let mut bins = Touched::default();
    audience::find(state, &events, 0, &mut others);
    bins.look(state, &events);
    for event in &events {
        state.apply(event);
    }
    let (mut next, mut measured) = (0, 0);
    loop {
        measure(state, now, &mut events, &mut measured);
        let Some(event) = events.get(next) else {
            bins.tell(state, &mut events, &mut others);
            return (events, others);
        };
        let follow = react(state, now, event);
        if follow.is_empty() {
            next += 1;
        }
        audience::find(state, &follow, events.len(), &mut others);
        bins.look(state, &follow);
        for event in follow {
            state.apply(&event);
            events.push(event);
        }
    }
}

/// Looks at the thresholds that the applied events may have turned, before anything follows from
/// them: nobody is offered anything behind one that holds no more.
fn measure(state: &mut State, now: Now, events: &mut Vec<Event>, measured: &mut usize) {
    while let Some(event) = events.get(*measured) {
        *measured += 1;
        if let Some(turned) = state.thresholds_after(now, event) {
            state.apply(&turned);
            events.push(turned);
        }
    }
}

/// What the one who asked is told: a function of what happened.
#[must_use]
pub fn outcome(events: &[Event]) -> Outcome {
    let mut submitted = None;
    for event in events {
        match event {
            Event::Interaction(interaction::Event::Submitted(it)) => submitted = Some(it.id),
            Event::Route(route::Event::Requested { request, .. }) => {
                return match submitted {
                    Some(interaction) => Outcome::Submitted {
                        interaction,
                        request: Some(request.id),
                    },
                    None => Outcome::Requested {
                        request: request.id,
                    },
                };
            }
            Event::Agent(agent::Event::LoggedIn { session, .. }) => {
                return Outcome::LoggedIn { session: *session };
            }
            Event::Login(login::Event::SessionPut(it)) => {
                return Outcome::PersonLoggedIn {
                    session: it.id,
                    limited: it.limited,
                };
            }
            Event::Login(login::Event::PolicyPut { version, .. }) => {
                return Outcome::Put { version: *version };
            }
            Event::Config(event) => {
                return Outcome::Put {
                    version: version(event),
                };
            }
            _ => {}
        }
    }
    match submitted {
        Some(interaction) => Outcome::Submitted {
            interaction,
            request: None,
        },
        None => Outcome::Done,
    }
}

fn version(event: &config::Event) -> config::Version {
    match event {
        config::Event::QueuePut(it) => it.version,
        config::Event::VirtualQueuePut(it) => it.version,
        config::Event::AgentPut(it) => it.version,
        config::Event::KeyPut(it) => it.version,
        config::Event::SettingsPut { version, .. } | config::Event::Deleted { version, .. } => {
            *version
        }
        config::Event::Put(it) => it.version,
    }
}
