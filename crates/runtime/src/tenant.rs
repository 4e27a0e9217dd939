//! One tenant as the loop sees it.

use crate::clock::EngineClock;
use ringback_engine::State;
use ringback_model::Now;
use ringback_ports::{Epoch, Sequence};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How far a tenant is from being served.
pub(crate) enum Phase {
    /// Being read in.
    Loading,
    /// Served.
    Open(Box<Open>),
    /// Given up until a person looks at it; what happened stands in the health report.
    Faulted,
}

/// A tenant that is served.
pub(crate) struct Open {
    pub(crate) state: State,
    pub(crate) clock: EngineClock,
    /// The last record handed to the writer or durable.
    pub(crate) sequence: Sequence,
    pub(crate) epoch: Epoch,
    /// Set while timers are fired that were overdue when the engine was opened.
    pub(crate) overdue: Option<Overdue>,
    /// Inputs that made the engine fail, by hash, and their numbers in the quarantine.
    pub(crate) poison: BTreeMap<u64, u64>,
}

/// Bounds the timers fired after an outage.
#[derive(Debug)]
pub(crate) struct Overdue {
    /// Timers due before this were overdue at opening.
    pub(crate) before: ringback_model::EngineTime,
    per_second: u32,
    fired: u32,
    window: Instant,
}

impl Overdue {
    pub(crate) fn new(before: ringback_model::EngineTime, per_second: u32) -> Self {
        Self {
            before,
            per_second: per_second.max(1),
            fired: 0,
            window: Instant::now(),
        }
    }

    /// How many more may be fired now, at most `wanted`.
    pub(crate) fn allow(&mut self, wanted: u32) -> u32 {
        if self.window.elapsed() >= SLICE {
            self.window = Instant::now();
            self.fired = 0;
        }
        let per_slice = (self.per_second / SLICES_PER_SECOND).max(1);
        wanted.min(per_slice.saturating_sub(self.fired))
    }

    pub(crate) const fn fired(&mut self, count: u32) {
        self.fired = self.fired.saturating_add(count);
    }

    /// When the next may be fired.
    pub(crate) fn wait(&self) -> Duration {
        SLICE.saturating_sub(self.window.elapsed())
    }
}

const SLICES_PER_SECOND: u32 = 20;
const SLICE: Duration = Duration::from_millis(1_000 / SLICES_PER_SECOND as u64);

impl Open {
    /// How long until a timer is to be fired; `None` without timers.
    pub(crate) fn next_timer(&mut self) -> Option<Duration> {
        let deadline = self.state.next_deadline()?;
        let until = self.clock.until(deadline);
        if let Some(overdue) = &mut self.overdue
            && until.is_zero()
            && overdue.allow(1) == 0
        {
            return Some(overdue.wait());
        }
        Some(until)
    }

    /// How many timers may be fired at `now`, at most `limit`; 0 if none is due.
    pub(crate) fn timers_due(&mut self, now: Now, limit: u32) -> u32 {
        let Some(deadline) = self.state.next_deadline() else {
            self.overdue = None;
            return 0;
        };
        match &mut self.overdue {
            Some(overdue) if deadline > overdue.before => self.overdue = None,
            Some(overdue) => return overdue.allow(limit),
            None => {}
        }
        if deadline <= now.engine { limit } else { 0 }
    }
}
