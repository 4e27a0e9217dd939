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

/// The last millisecond the calendar knows, 9999-12-30T22:00:00.999Z; later times are shown as it,
/// times before 1970 by the calendar itself.
const PLAIN_UNTIL: i64 = 253_402_207_200_999;
const DAY_MS: i64 = 86_400_000;

impl Time {
    /// The text of a time between 1970 and 9999. Every event carries several, so it is written
    /// digit by digit.
    fn plain(ms: i64) -> [u8; 24] {
        let (days, of_day) = (ms / DAY_MS, ms % DAY_MS);
        let (year, month, day) = civil(days);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], of_day / 3_600_000);
        digits(&mut text[14..16], of_day / 60_000 % 60);
        digits(&mut text[17..19], of_day / 1_000 % 60);
        digits(&mut text[20..23], of_day % 1_000);
        text
    }
}

/// Year, month and day of the Gregorian calendar, from days since 1970-01-01. The year is
/// thought to begin in March, so that the leap day is its last.
const fn civil(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    let since = days + 719_468;
    let (era, of_era) = (since / ERA, since % ERA);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (era * 400 + year + (month <= 2) as i64, month, day)
}

/// Writes a number with leading zeros.
fn digits(text: &mut [u8], mut number: i64) {
    for place in text.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.0;
        if (0..=PLAIN_UNTIL).contains(&ms) {
            let text = Self::plain(ms);
            return f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?);
        }
        let nearest = if ms < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        let time = Timestamp::from_millisecond(ms).unwrap_or(nearest);
        write!(f, "{time:.3}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if (0..=PLAIN_UNTIL).contains(&self.0.0) {
            let text = Self::plain(self.0.0);
            let text = str::from_utf8(&text).map_err(serde::ser::Error::custom)?;
            return serializer.serialize_str(text);
        }
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
    fn every_time_is_shown_as_the_calendar_says() {
        let mut times = vec![
            0,
            1,
            999,
            DAY_MS - 1,
            DAY_MS,
            PLAIN_UNTIL,
            PLAIN_UNTIL + 1,
            -1,
        ];
        // Every day of 1970 to 2110, the turns of centuries after it, and odd moments in between.
        times.extend((0..51_500).map(|day| day * DAY_MS));
        times.extend((0..83).map(|century| (century * 36_524 + 47_540) * DAY_MS - 1));
        times.extend((0..20_000_i64).map(|n| n * n * 633_505));
        for ms in times {
            let nearest = if ms < 0 {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            };
            let calendar = Timestamp::from_millisecond(ms).unwrap_or(nearest);
            let time = Time(WallTime(ms));
            assert_eq!(time.to_string(), format!("{calendar:.3}"), "{ms}");
            let json = serde_json::to_string(&time).expect("plain data");
            assert_eq!(json, format!("\"{calendar:.3}\""), "{ms}");
        }
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
