//! Thresholds as they are looked at while requests wait.

use crate::medium::Medium;
use crate::target::list::{TargetKind, Threshold};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A threshold of one target, looked at for requests of one medium. While it holds it is *open*,
/// and whoever the target means is wanted.
///
/// Requests that name the same threshold of the same target over the same medium share it, so
/// that it is measured once and not for each of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Gate {
    /// What has to hold.
    pub threshold: Threshold,
    /// Of whom.
    pub of: TargetKind,
    /// For requests of this medium.
    pub medium: Medium,
}

impl Gate {
    /// Whether it is about queues: what waits behind it moves to one.
    #[must_use]
    pub const fn is_of_queues(&self) -> bool {
        matches!(self.of, TargetKind::Queue(_) | TargetKind::QueueGroup(_))
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}{}", self.threshold, self.of)
    }
}
