//! How much room the store has left, and what follows from it.

use std::sync::atomic::{AtomicU64, Ordering};

/// The room left, shared between the one who looks and those who act.
#[derive(Debug)]
pub(crate) struct RoomGauge {
    left: AtomicU64,
    low: u64,
    critical: u64,
}

/// A look at the gauge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Work as usual.
    Enough,
    /// New interactions are refused; the number of bytes left.
    Low(u64),
    /// The ballast goes as well.
    Critical(u64),
}

impl Room {
    /// Bytes left, if new interactions are to be refused.
    pub(crate) const fn refuses_intake(self) -> Option<u64> {
        match self {
            Self::Enough => None,
            Self::Low(left) | Self::Critical(left) => Some(left),
        }
    }
}

impl RoomGauge {
    pub(crate) const fn new(low: u64, critical: u64) -> Self {
        Self {
            left: AtomicU64::new(u64::MAX),
            low,
            critical,
        }
    }

    pub(crate) fn set(&self, left: u64) {
        self.left.store(left, Ordering::Relaxed);
    }

    pub(crate) fn look(&self) -> Room {
        let left = self.left.load(Ordering::Relaxed);
        if left < self.critical {
            Room::Critical(left)
        } else if left < self.low {
            Room::Low(left)
        } else {
            Room::Enough
        }
    }
}
