//! Counters of the WebSocket, looked up once.

use crate::commands::Verb;
use crate::problem::Problem;
use metrics::{Counter, Gauge};

/// What came of a command, for the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    Taken,
    /// Turned down: the caller can do something about it.
    Refused,
    /// Not answered: the server could not.
    Failed,
}

impl Came {
    const ALL: [Self; 3] = [Self::Taken, Self::Refused, Self::Failed];

    const fn name(self) -> &'static str {
        match self {
            Self::Taken => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// What a problem stands for.
    pub(crate) fn of(problem: &Problem) -> Self {
        if problem.status() < 500 {
            Self::Refused
        } else {
            Self::Failed
        }
    }
}

/// The counters.
pub(crate) struct Meter {
    pub(crate) connections: Gauge,
    commands: Vec<[Counter; 3]>,
}

impl Meter {
    pub(crate) fn new() -> Self {
        let counters = |verb: Verb| {
            Came::ALL.map(|came| {
                metrics::counter!(
                    "ringback_ws_commands_total",
                    "do" => verb.name(),
                    "result" => came.name()
                )
            })
        };
        Self {
            connections: metrics::gauge!("ringback_ws_connections"),
            commands: Verb::ALL.into_iter().map(counters).collect(),
        }
    }

    /// Counts a command.
    pub(crate) fn count(&self, verb: Verb, came: Came) {
        self.commands[verb as usize][came as usize].increment(1);
    }
}
