//! Where the hall gets the time from, and how engine time goes on across restarts.

use ringback_model::{EngineTime, Millis, Now, WallTime};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of time. The real one is [`SystemClock`]; tests step their own.
pub trait Clock: Send + Sync {
    /// Time that only goes forward, since any fixed point.
    fn steady(&self) -> Duration;

    /// What the wall clock shows.
    fn wall(&self) -> WallTime;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn steady(&self) -> Duration {
        self.started.elapsed()
    }

    fn wall(&self) -> WallTime {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        WallTime(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The engine time of one tenant: continues from the last time journalled, never goes back.
#[derive(Clone)]
pub(crate) struct EngineClock {
    clock: Arc<dyn Clock>,
    base: EngineTime,
    base_steady: Duration,
    base_wall: WallTime,
    last: EngineTime,
}

/// What was found when a tenant's engine was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reopened {
    /// For how long it had not been running, by the wall clock.
    pub(crate) outage: Millis,
    /// How far the wall clock stands back from the last time journalled; 0 if it does not.
    pub(crate) clock_off: i64,
}

/// The wall clock may differ from the steady clock by so much before it counts as a jump.
const JUMP_MS: i64 = 2_000;

impl EngineClock {
    /// Continues after `last`, the time the heart was told last, if there is one. The outage is
    /// part of engine time: what was due meanwhile is overdue now. A wall clock that stands
    /// before the last time it showed tells nothing about the outage, so none is counted.
    pub(crate) fn reopen(clock: Arc<dyn Clock>, last: Option<Now>) -> (Self, Reopened) {
        let wall = clock.wall();
        let off = last.map_or(0, |last| wall - last.wall);
        let outage = Millis(u64::try_from(off).unwrap_or(0));
        let base = last.map_or(EngineTime(0), |last| last.engine) + outage;
        let base_steady = clock.steady();
        let this = Self {
            clock,
            base,
            base_steady,
            base_wall: wall,
            last: base,
        };
        (
            this,
            Reopened {
                outage,
                clock_off: off.min(0),
            },
        )
    }

    /// The present.
    pub(crate) fn now(&mut self) -> Now {
        let elapsed = self.clock.steady().saturating_sub(self.base_steady);
        let engine = self.base + Millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        self.last = self.last.max(engine);
        Now {
            engine: self.last,
            wall: self.clock.wall(),
        }
    }

    /// How long until engine time reaches `at`.
    pub(crate) fn until(&mut self, at: EngineTime) -> Duration {
        Duration::from_millis(at.since(self.now().engine).0)
    }

    /// How far the wall clock jumped since the last look, if it did.
    pub(crate) fn jumped(&mut self) -> Option<i64> {
        let elapsed = self.clock.steady().saturating_sub(self.base_steady);
        let expected = self
            .base_wall
            .0
            .saturating_add(i64::try_from(elapsed.as_millis()).ok()?);
        let by = self.clock.wall().0.saturating_sub(expected);
        if by.abs() < JUMP_MS {
            return None;
        }
        self.base_wall.0 = self.base_wall.0.saturating_add(by);
        Some(by)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::Clock;
    use ringback_model::WallTime;
    use std::sync::Mutex;
    use std::time::Duration;

    /// A clock that goes only when told.
    #[derive(Debug, Default)]
    pub(crate) struct Stepped(Mutex<(Duration, i64)>);

    impl Stepped {
        pub(crate) fn step(&self, by: Duration) {
            let mut time = self.0.lock().expect("not poisoned");
            time.0 += by;
            time.1 += i64::try_from(by.as_millis()).expect("short");
        }

        pub(crate) fn jump_wall(&self, ms: i64) {
            self.0.lock().expect("not poisoned").1 += ms;
        }
    }

    impl Clock for Stepped {
        fn steady(&self) -> Duration {
            self.0.lock().expect("not poisoned").0
        }

        fn wall(&self) -> WallTime {
            WallTime(self.0.lock().expect("not poisoned").1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::Stepped;
    use super::*;

    #[test]
    fn engine_time_counts_the_outage_and_never_goes_back() {
        let clock = Arc::new(Stepped::default());
        clock.step(Duration::from_secs(100));
        let last = Now {
            engine: EngineTime(5_000),
            wall: WallTime(40_000),
        };
        let (mut engine, found) = EngineClock::reopen(clock.clone(), Some(last));
        assert_eq!(
            found,
            Reopened {
                outage: Millis(60_000),
                clock_off: 0
            }
        );
        assert_eq!(engine.now().engine, EngineTime(65_000));
        clock.jump_wall(-3_600_000);
        clock.step(Duration::from_secs(1));
        assert_eq!(engine.now().engine, EngineTime(66_000));
        assert_eq!(engine.jumped(), Some(-3_600_000));
        assert_eq!(engine.jumped(), None);
    }

    #[test]
    fn a_wall_clock_set_back_during_an_outage_adds_no_engine_time_and_is_told() {
        let clock = Arc::new(Stepped::default());
        let last = Now {
            engine: EngineTime(5_000),
            wall: WallTime(40_000),
        };
        let (mut engine, found) = EngineClock::reopen(clock, Some(last));
        assert_eq!(
            found,
            Reopened {
                outage: Millis(0),
                clock_off: -40_000
            }
        );
        assert_eq!(engine.now().engine, EngineTime(5_000));
    }
}
