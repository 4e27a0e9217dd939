//! Points in time as a condition writes them: RFC 3339, with its zone.

use crate::time::WallTime;
use std::fmt;

const DAY_MS: i64 = 86_400_000;

/// Reads `2026-01-31T12:00:00.5+01:00`. Seconds and their fraction may be left out, a space
/// may stand for the `T`, and a date alone is its first moment in UTC. `None` for anything else,
/// days no calendar has among it.
pub(super) fn read(text: &str) -> Option<WallTime> {
    let (date, rest) = text.split_at_checked(10)?;
    let day = read_date(date)?;
    if rest.is_empty() {
        return Some(WallTime(day * DAY_MS));
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (time, offset) = split_zone(rest)?;
    Some(WallTime(day * DAY_MS + read_time(time)? - offset))
}

fn read_date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year = number(parts.next()?, 4)?;
    let month = number(parts.next()?, 2)?;
    let day = number(parts.next()?, 2)?;
    let exists = parts.next().is_none()
        && (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day);
    exists.then(|| days_since_1970(year, month, day))
}

/// Milliseconds of the day.
fn read_time(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let (second, fraction) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (number(seconds, 2)?, 0),
            Some((second, fraction)) => (number(second, 2)?, read_fraction(fraction)?),
        },
    };
    let exists = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    exists.then_some(((hour * 60 + minute) * 60 + second) * 1_000 + fraction)
}

/// One to three digits after the point, as milliseconds.
fn read_fraction(text: &str) -> Option<i64> {
    match text.len() {
        1 => Some(number(text, 1)? * 100),
        2 => Some(number(text, 2)? * 10),
        3 => number(text, 3),
        _ => None,
    }
}

/// The time, and how far its zone is ahead of UTC in milliseconds.
fn split_zone(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let at = text.rfind(['+', '-'])?;
    let (time, zone) = text.split_at(at);
    let (sign, zone) = zone.split_at(1);
    let (hours, minutes) = zone.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    let ahead = (hours * 60 + minutes) * 60_000;
    let exists = hours < 24 && minutes < 60;
    exists.then_some((time, if sign == "-" { -ahead } else { ahead }))
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Years are counted from March, so that the day a leap year adds is the last one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era_day = (153 * month + 2) / 5 + day - 1;
    let years = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // From 1 March of year 0 to 1970-01-01.
    years + era_day - 719_468
}

/// Writes a time so that [`read`] reads it back, in UTC.
pub(super) fn write(f: &mut fmt::Formatter<'_>, time: WallTime) -> fmt::Result {
    let (year, month, day) = date_of(time.0.div_euclid(DAY_MS));
    let ms = time.0.rem_euclid(DAY_MS);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    write!(
        f,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    )?;
    if ms % 1_000 != 0 {
        write!(f, ".{:03}", ms % 1_000)?;
    }
    f.write_str("Z")
}

/// Year, month and day of a day counted from 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    // A year that is not too late: from there it goes forward only.
    let mut year = 1970 + days.div_euclid(if days < 0 { 365 } else { 366 });
    while days_since_1970(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_since_1970(year, month + 1, 1) <= days {
        month += 1;
    }
    (year, month, days - days_since_1970(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Written(WallTime);

    impl fmt::Display for Written {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write(f, self.0)
        }
    }

    #[test]
    fn times_are_read_with_their_zone() {
        for (text, ms) in [
            ("1970-01-01", 0),
            ("1970-01-01T00:00Z", 0),
            ("1970-01-01T00:00:01Z", 1_000),
            ("1970-01-01 00:00:00.5Z", 500),
            ("1970-01-01T00:00:00.007z", 7),
            ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T19:30-04:30", 0),
            ("2000-02-29T00:00Z", 951_782_400_000),
            ("2026-01-31T12:00:00Z", 1_769_860_800_000),
            ("0000-03-01", -62_162_035_200_000),
        ] {
            assert_eq!(read(text), Some(WallTime(ms)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-29",
            "1900-02-29",
            "2026-1-01",
            "2026-01-31T12:00",
            "2026-01-31T24:00Z",
            "2026-01-31T12Z",
            "2026-01-31T12:00:00.1234Z",
            "2026-01-31T12:00:00+1:00",
            "2026-01-31Tx12:00Z",
            "2026-01-3€T12:00Z",
            "+026-01-31",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_reads_back() {
        let (first, end) = (days_since_1970(0, 1, 1), days_since_1970(10_000, 1, 1));
        for day in (first..end).step_by(7) {
            let time = WallTime(day * DAY_MS + day.rem_euclid(DAY_MS));
            let text = Written(time).to_string();
            assert_eq!(read(&text), Some(time), "{text}");
        }
    }
}
