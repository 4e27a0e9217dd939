//! What the node tells the engine about itself and about time.

use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// What the node tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The engine of this tenant was started on a node; nothing else happened to it in between.
    Opened {
        /// For how long it had not been running, as far as known.
        outage: Millis,
        /// How far the wall clock stands from where it was expected, in milliseconds; 0 when
        /// it looks right.
        clock_off: i64,
    },
    /// Timers are due. Those with the earliest deadline fire first, at most `limit` of them.
    Due {
        /// How many at most.
        limit: u32,
    },
    /// The wall clock jumped against the steady clock.
    ClockJumped {
        /// By how much, in milliseconds; negative is back.
        by: i64,
    },
    /// What was denied, and which log-ins failed, since it was told last.
    Refusals {
        /// What, each with how often.
        list: Vec<Refusal>,
        /// How many more there were than are told one by one.
        beyond: u64,
    },
}

/// Something that was asked for and denied, or a log-in that failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refusal {
    /// Who asked: a key, a person who exists, or `unknown`. What somebody typed who is not known
    /// may be a password and never stands here.
    pub who: String,
    /// What was asked for.
    pub did: String,
    /// The code of the answer.
    pub code: String,
    /// The address a log-in came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// How often.
    pub times: u32,
}

/// What happened to the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// See [`Input::Opened`].
    Opened {
        /// For how long the engine had not been running.
        outage: Millis,
        /// How far the wall clock was off.
        clock_off: i64,
    },
    /// See [`Input::ClockJumped`].
    ClockJumped {
        /// By how much.
        by: i64,
    },
    /// See [`Input::Refusals`]; for the record of who did what, it changes nothing.
    Refusals {
        /// What, each with how often.
        list: Vec<Refusal>,
        /// How many more there were.
        beyond: u64,
    },
    /// Results of inputs older than this are forgotten.
    ResultsForgotten {
        /// Results kept until here or earlier go.
        before: crate::time::EngineTime,
    },
}
