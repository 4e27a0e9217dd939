//! Two kinds of time that must never be mixed.
//!
//! *Engine time* measures durations: it never goes back and continues across restart and
//! takeover. *Wall time* is what a clock on the wall shows and may jump; appointments run on
//! it. The heart is told both in each [`Now`] and reads neither.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// A stretch of time in milliseconds.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// Nothing at all.
    pub const ZERO: Self = Self(0);

    /// So many whole seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds * 1_000)
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_multiple_of(1_000) {
            write!(f, "{}s", self.0 / 1_000)
        } else {
            write!(f, "{}ms", self.0)
        }
    }
}

/// Milliseconds since the tenant's engine was first started; never goes back.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EngineTime(pub u64);

impl EngineTime {
    /// How long ago `earlier` was; zero if it lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Millis> for EngineTime {
    type Output = Self;

    fn add(self, span: Millis) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl fmt::Display for EngineTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Millis(self.0).fmt(f)
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z, by the wall clock of the node that decided.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct WallTime(pub i64);

impl Sub for WallTime {
    type Output = i64;

    /// Milliseconds from `other` to `self`; negative when the clock was set back.
    fn sub(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

/// The present, as told to the heart with each input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Now {
    /// For durations.
    pub engine: EngineTime,
    /// For appointments and for people.
    pub wall: WallTime,
}

/// A time at which something happens, or none, in one word. None adds nothing to a digest, so that
/// records written before the field existed digest as they did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<EngineTime>", into = "Option<EngineTime>")]
pub struct Deadline(EngineTime);

impl Deadline {
    /// None. What happens at the end of time never happens.
    pub const NONE: Self = Self(EngineTime(u64::MAX));

    /// The time, if there is one.
    #[must_use]
    pub fn get(self) -> Option<EngineTime> {
        (self != Self::NONE).then_some(self.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.0.0 == Self::NONE.0.0
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self::NONE
    }
}

impl From<Option<EngineTime>> for Deadline {
    fn from(at: Option<EngineTime>) -> Self {
        at.map_or(Self::NONE, Self)
    }
}

impl From<EngineTime> for Deadline {
    fn from(at: EngineTime) -> Self {
        Self(at)
    }
}

impl From<Deadline> for Option<EngineTime> {
    fn from(at: Deadline) -> Self {
        at.get()
    }
}

impl std::hash::Hash for Deadline {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        if let Some(at) = self.get() {
            at.hash(state);
        }
    }
}
