//! Values that travel as text: ids, names, media, times.

use jiff::Timestamp;
use ringback_model::{EngineTime, Now, WallTime};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// Something that is written as text and read back from it: an id like `i42`, a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<T>(pub(crate) T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T> Deserialize<'de> for Text<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

struct TextVisitor<T>(PhantomData<fn() -> T>);

impl<T> Visitor<'_> for TextVisitor<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    type Value = Text<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text<T>, E> {
        text.parse().map(Text).map_err(E::custom)
    }
}

/// A time of the wall clock: RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(WallTime);

impl Time {
    /// The wall time of a moment.
    pub(crate) const fn of(now: Now) -> Self {
        Self(now.wall)
    }

    /// A wall time as it is.
    pub(crate) const fn wall(wall: WallTime) -> Self {
        Self(wall)
    }

    /// The wall time of an engine time, as seen from a moment at which both are known.
    pub(crate) fn at(anchor: Now, engine: EngineTime) -> Self {
        let later = i64::try_from(engine.0).unwrap_or(i64::MAX);
        let base = i64::try_from(anchor.engine.0).unwrap_or(i64::MAX);
        Self(WallTime(anchor.wall.0.saturating_add(later - base)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nearest = if self.0.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        let time = Timestamp::from_millisecond(self.0.0).unwrap_or(nearest);
        write!(f, "{time:.3}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_milliseconds() {
        let time = Time(WallTime(1_795_165_200_000));
        assert_eq!(time.to_string(), "2026-11-20T09:00:00.000Z");
        assert!(Time(WallTime(i64::MAX)).to_string().starts_with("9999"));
    }

    #[test]
    fn engine_times_are_shown_on_the_wall_clock_of_their_anchor() {
        let anchor = Now {
            engine: EngineTime(5_000),
            wall: WallTime(1_795_165_200_000),
        };
        let shown = Time::at(anchor, EngineTime(35_250)).to_string();
        assert_eq!(shown, "2026-11-20T09:00:30.250Z");
    }
}
