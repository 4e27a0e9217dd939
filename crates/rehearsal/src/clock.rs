//! A clock that goes only when it is told to.

use ringback_model::{EngineTime, Millis, Now, WallTime};

/// What the wall shows when engine time is 0: 2026-01-05T08:00:00Z, a Monday morning.
pub const OPENING: WallTime = WallTime(1_767_600_000_000);

/// A virtual clock: engine time, and a wall that may be off.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    engine: EngineTime,
    wall_off: i64,
}

impl Clock {
    /// The present.
    #[must_use]
    pub fn now(&self) -> Now {
        let engine = i64::try_from(self.engine.0).unwrap_or(i64::MAX);
        let wall = OPENING.0.saturating_add(engine);
        Now {
            engine: self.engine,
            wall: WallTime(wall.saturating_add(self.wall_off)),
        }
    }

    /// Goes on to `to`; stays where it is when that is past.
    pub fn go_to(&mut self, to: EngineTime) {
        self.engine = self.engine.max(to);
    }

    /// Goes on by `span`.
    pub fn go_on(&mut self, span: Millis) {
        self.engine = self.engine + span;
    }

    /// Sets the wall ahead by so many milliseconds, or back if negative. Engine time does not
    /// notice.
    pub fn set_wall(&mut self, by: i64) {
        self.wall_off = self.wall_off.saturating_add(by);
    }
}
