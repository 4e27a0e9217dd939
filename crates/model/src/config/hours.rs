//! Opening hours, as they are written down. What they mean at a given instant needs the table of
//! time zones, which is not the heart's: `runtime::hours` says it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// When something is open, in the time of one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// How people call them; empty: like the name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The time zone, by its name in the IANA table: `Europe/Berlin`.
    pub zone: String,
    /// When it is open on which day of the week; a day that is not named is closed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weekly: BTreeMap<Weekday, Vec<Span>>,
    /// Days that are not like their day of the week: holidays and special days.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub special: BTreeMap<Date, SpecialDay>,
}

/// A day that is not like its day of the week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpecialDay {
    /// What it is: `Christmas`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// When it is open; never: closed all day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Span>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// A stretch of one day, written `08:00-18:30`. The end is not in it and may be `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first minute of the day that is in it.
    pub from: u16,
    /// The first minute of the day after it.
    pub to: u16,
}

/// A day of the calendar, written `2026-12-25`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// From 1 to 9999.
    pub year: u16,
    /// From 1 to 12.
    pub month: u8,
    /// From 1 to the last of the month.
    pub day: u8,
}

/// A text that is no stretch of a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no stretch of a day: write its begin and its later end, like 08:00-18:30")]
pub struct NotASpan(pub String);

/// A text that is no day of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no day of the calendar: write year, month and day, like 2026-12-25")]
pub struct NotADate(pub String);

/// Minutes of a day.
const DAY: u16 = 24 * 60;

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let ends = text.split_once('-');
        let ends = ends.and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
        match ends {
            Some((from, to)) if from < to && to <= DAY => Ok(Self { from, to }),
            _ => Err(NotASpan(text.chars().take(40).collect())),
        }
    }
}

/// `08:30` as minutes of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
}

/// Exactly so many digits, as a number.
fn digits(text: &str, count: usize) -> Option<u16> {
    let fits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        write!(
            f,
            "{:02}:{:02}-{:02}:{:02}",
            from / 60,
            from % 60,
            to / 60,
            to % 60
        )
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let parts: Vec<&str> = text.split('-').collect();
        let read = |index: usize, count| digits(parts.get(index)?, count);
        let date = read(0, 4).zip(read(1, 2)).zip(read(2, 2));
        let known = date.filter(|((year, month), day)| {
            parts.len() == 3 && *year > 0 && (1..=days_of(*year, *month)).contains(day)
        });
        let byte = |number: u16| u8::try_from(number).unwrap_or(0);
        known
            .map(|((year, month), day)| Self {
                year,
                month: byte(month),
                day: byte(day),
            })
            .ok_or_else(|| NotADate(text.chars().take(40).collect()))
    }
}

/// How many days a month has; none, if there is no such month.
const fn days_of(year: u16, month: u16) -> u16 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {
        $(
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map_err(de::Error::custom)
                }
            }
        )*
    };
}

as_text!(Span, Date);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_back_what_it_shows() {
        for text in ["08:00-18:30", "00:00-24:00", "23:59-24:00"] {
            assert_eq!(text.parse::<Span>().expect(text).to_string(), text);
        }
        for text in [
            "",
            "8:00-9:00",
            "09:00-08:00",
            "08:00-08:00",
            "00:00-24:01",
            "08:60-09:00",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_date_is_one_of_the_calendar() {
        for text in ["2026-12-25", "2028-02-29", "2000-02-29"] {
            assert_eq!(text.parse::<Date>().expect(text).to_string(), text);
        }
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-1-1",
            "0000-01-01",
            "x",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
