//! Over which stretch of time something is counted.

use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The stretch a statistic is taken over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Profile {
    /// Since the day began, in the zone of the statistic.
    #[default]
    Growing,
    /// The last minutes. The minute in which the stretch begins counts whole.
    Sliding {
        /// How many, from 1 to [`SLIDING_MINUTES_MAX`].
        minutes: u8,
    },
    /// The last waits that ended, or the last interactions an agent had.
    Selection {
        /// How many, from 1 to [`SELECTION_MAX`].
        last: u8,
    },
    /// Since the agent logged in; what he had when he logged out stands until he logs in again.
    SinceLogin,
}

/// The longest sliding stretch, in minutes.
pub const SLIDING_MINUTES_MAX: u8 = 60;
/// The longest selection.
pub const SELECTION_MAX: u8 = 100;

impl Profile {
    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Growing => "growing",
            Self::Sliding { .. } => "sliding",
            Self::Selection { .. } => "selection",
            Self::SinceLogin => "since_login",
        }
    }

    /// How long a sliding stretch is.
    #[must_use]
    pub const fn span(self) -> Option<Millis> {
        match self {
            Self::Sliding { minutes } => Some(Millis::seconds(minutes as u64 * 60)),
            _ => None,
        }
    }
}
