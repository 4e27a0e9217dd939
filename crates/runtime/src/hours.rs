//! What opening hours mean at an instant. Pure: the instant is told, and the table of time zones
//! is the one that came with the program, so that equal questions have equal answers everywhere.

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use ringback_engine::statistics::Calendar;

use ringback_model::config::{Date, Hours, Span, Weekday};
use ringback_model::{Name, WallTime};
use ringback_ports::query::{CalendarEntry, CalendarTime};

/// Whether it is open, and for how long that stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is open.
    pub open: bool,
    /// When that changes; nothing, if it does not within the next 400 days.
    pub until: Option<WallTime>,
}

/// No time zone of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {0:?}: use a name of the IANA table such as Europe/Berlin")]
pub struct UnknownZone(pub String);

/// How far ahead a change is looked for, in days.
const AHEAD: i64 = 400;

/// Whether it is open at an instant.
///
/// # Errors
/// The time zone is not known.
pub fn standing(hours: &Hours, at: WallTime) -> Result<Standing, UnknownZone> {
    let zone = zone(&hours.zone)?;
    let now = Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    let today = zone.to_datetime(now).date();
    // A stretch of yesterday may end after midnight only where the clock is set back then.
    let mut stretches = Vec::new();
    for offset in -1..=AHEAD {
        let Ok(day) = today.checked_add(offset.days()) else {
            break;
        };
        stretches.extend(of_day(hours, &zone, day));
    }
    Ok(of_stretches(&stretches, now))
}

/// The most days a calendar shows at once.
pub const CALENDAR_DAYS: i64 = 200;

/// What a calendar shows of these hours between two instants: when they are open, and the special
/// days on which they are not. Nothing, if the time zone is not known.
#[must_use]
pub fn entries(name: &Name, hours: &Hours, from: WallTime, to: WallTime) -> Vec<CalendarEntry> {
    let (Ok(zone), Ok(begin), Ok(end)) = (
        zone(&hours.zone),
        Timestamp::from_millisecond(from.0),
        Timestamp::from_millisecond(to.0),
    ) else {
        return Vec::new();
    };
    let (first, last) = (zone.to_datetime(begin).date(), zone.to_datetime(end).date());
    let days = first.series(1.day()).take_while(|day| *day <= last);
    let most = usize::try_from(CALENDAR_DAYS).unwrap_or(0);
    let of_day = |day| entries_of_day(name, hours, &zone, day);
    days.take(most).flat_map(of_day).collect()
}

fn entries_of_day(
    name: &Name,
    hours: &Hours,
    zone: &TimeZone,
    day: civil::Date,
) -> Vec<CalendarEntry> {
    let wall = |at: Timestamp| WallTime(at.as_millisecond());
    let date = date(day);
    let special = hours.special.get(&date);
    let entry = |when| CalendarEntry {
        hours: name.clone(),
        title: hours.display_name.clone(),
        special: special.map(|it| it.display_name.clone()),
        when,
    };
    if special.is_some_and(|it| it.open.is_empty()) {
        return vec![entry(CalendarTime::Closed(date))];
    }
    let open = of_day(hours, zone, day).into_iter();
    let open = open.map(|(from, to)| {
        entry(CalendarTime::Open {
            from: wall(from),
            to: wall(to),
        })
    });
    open.collect()
}

/// The time zone of this name.
///
/// # Errors
/// There is none.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    let bundled = jiff::tz::TimeZoneDatabase::bundled();
    bundled.get(name).map_err(|_| UnknownZone(name.to_owned()))
}

/// Where days begin, by the table of time zones that comes with the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Zones;

impl Calendar for Zones {
    fn next_day(&self, name: &str, after: WallTime) -> WallTime {
        let zone = zone(name).unwrap_or(TimeZone::UTC);
        let begins = || {
            let at = Timestamp::from_millisecond(after.0).ok()?;
            let day = zone.to_datetime(at).date().checked_add(1.day()).ok()?;
            Some(day.to_zoned(zone.clone()).ok()?.timestamp())
        };
        // Beyond the end of the calendar no day begins any more.
        WallTime(begins().map_or(i64::MAX, |at| at.as_millisecond()))
    }
}

/// From when to when it is open on a day, in order.
fn of_day(hours: &Hours, zone: &TimeZone, day: civil::Date) -> Vec<(Timestamp, Timestamp)> {
    let spans: &[Span] = match hours.special.get(&date(day)) {
        Some(special) => &special.open,
        None => hours
            .weekly
            .get(&weekday(day.weekday()))
            .map_or(&[], Vec::as_slice),
    };
    spans
        .iter()
        .filter_map(|span| Some((instant(zone, day, span.from)?, instant(zone, day, span.to)?)))
        .filter(|(from, to)| from < to)
        .collect()
}

fn date(day: civil::Date) -> Date {
    Date {
        year: u16::try_from(day.year()).unwrap_or(0),
        month: u8::try_from(day.month()).unwrap_or(0),
        day: u8::try_from(day.day()).unwrap_or(0),
    }
}

const fn weekday(day: civil::Weekday) -> Weekday {
    match day {
        civil::Weekday::Monday => Weekday::Monday,
        civil::Weekday::Tuesday => Weekday::Tuesday,
        civil::Weekday::Wednesday => Weekday::Wednesday,
        civil::Weekday::Thursday => Weekday::Thursday,
        civil::Weekday::Friday => Weekday::Friday,
        civil::Weekday::Saturday => Weekday::Saturday,
        civil::Weekday::Sunday => Weekday::Sunday,
    }
}

/// The instant of a minute of a day. A minute that is left out when the clock is set ahead is the
/// one as much later; of one that comes twice it is the first.
fn instant(zone: &TimeZone, day: civil::Date, minute: u16) -> Option<Timestamp> {
    let time = day
        .at(0, 0, 0, 0)
        .checked_add(i64::from(minute).minutes())
        .ok()?;
    zone.to_ambiguous_timestamp(time).compatible().ok()
}

fn of_stretches(stretches: &[(Timestamp, Timestamp)], now: Timestamp) -> Standing {
    let wall = |at: Timestamp| WallTime(at.as_millisecond());
    let present = stretches
        .iter()
        .find(|(from, to)| *from <= now && now < *to);
    let Some(&(_, mut end)) = present else {
        let next = stretches.iter().find(|(from, _)| *from > now);
        return Standing {
            open: false,
            until: next.map(|(from, _)| wall(*from)),
        };
    };
    // Open until midnight and from midnight on is open all along.
    while let Some((_, to)) = stretches
        .iter()
        .find(|(from, to)| *from <= end && end < *to)
    {
        end = *to;
    }
    let last = stretches.last().map(|(_, to)| *to);
    Standing {
        open: true,
        until: (last != Some(end)).then(|| wall(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::config::SpecialDay;
    use std::collections::BTreeMap;

    #[test]
    fn a_calendar_shows_open_stretches_across_the_change_of_clocks_and_closed_days() {
        let hours = berlin(
            &[
                (Weekday::Sunday, &["08:00-09:00"]),
                (Weekday::Monday, &["08:00-09:00"]),
            ],
            &[("2027-03-29", &[])],
        );
        let name: Name = "usual".parse().expect("a name");
        let at = |text: &str| {
            let at: Timestamp = text.parse().expect("a time");
            WallTime(at.as_millisecond())
        };
        let (from, to) = (at("2027-03-21T00:00:00Z"), at("2027-03-29T12:00:00Z"));
        let whens: Vec<CalendarTime> = entries(&name, &hours, from, to)
            .into_iter()
            .map(|entry| entry.when)
            .collect();
        let open = |from: &str, to: &str| CalendarTime::Open {
            from: at(from),
            to: at(to),
        };
        let expected = [
            open("2027-03-21T07:00:00Z", "2027-03-21T08:00:00Z"),
            open("2027-03-22T07:00:00Z", "2027-03-22T08:00:00Z"),
            open("2027-03-28T06:00:00Z", "2027-03-28T07:00:00Z"),
            CalendarTime::Closed("2027-03-29".parse().expect("a date")),
        ];
        assert_eq!(whens, expected);
    }

    fn spans(list: &[&str]) -> Vec<Span> {
        list.iter().map(|text| text.parse().expect(text)).collect()
    }

    fn berlin(weekly: &[(Weekday, &[&str])], special: &[(&str, &[&str])]) -> Hours {
        let weekly = weekly.iter().map(|(day, open)| (*day, spans(open)));
        let special = special.iter().map(|(date, open)| {
            let day = SpecialDay {
                display_name: String::new(),
                open: spans(open),
            };
            (date.parse().expect("a date"), day)
        });
        Hours {
            display_name: String::new(),
            zone: "Europe/Berlin".to_owned(),
            weekly: weekly.collect::<BTreeMap<_, _>>(),
            special: special.collect(),
        }
    }

    fn wall(text: &str) -> WallTime {
        let at: Timestamp = text.parse().expect(text);
        WallTime(at.as_millisecond())
    }

    fn told(hours: &Hours, at: &str) -> (bool, Option<WallTime>) {
        let standing = standing(hours, wall(at)).expect("a zone");
        (standing.open, standing.until)
    }

    const OFFICE: &[&str] = &["08:00-12:00", "13:00-18:30"];

    #[test]
    fn a_day_opens_and_closes_in_the_time_of_its_place() {
        let hours = berlin(&[(Weekday::Friday, OFFICE)], &[]);
        // 20 November 2026 is a Friday; Berlin is an hour ahead of UTC.
        for (at, open, until) in [
            ("2026-11-20T06:59:59Z", false, "2026-11-20T07:00:00Z"),
            ("2026-11-20T07:00:00Z", true, "2026-11-20T11:00:00Z"),
            ("2026-11-20T11:00:00Z", false, "2026-11-20T12:00:00Z"),
            ("2026-11-20T17:30:00Z", false, "2026-11-27T07:00:00Z"),
        ] {
            assert_eq!(told(&hours, at), (open, Some(wall(until))), "{at}");
        }
    }

    #[test]
    fn a_special_day_takes_the_place_of_its_day_of_the_week() {
        let days = [(Weekday::Thursday, OFFICE), (Weekday::Friday, OFFICE)];
        let special: [(&str, &[&str]); 2] = [("2026-12-24", &["08:00-12:00"]), ("2026-12-25", &[])];
        let hours = berlin(&days, &special);
        let christmas_eve = told(&hours, "2026-12-24T12:30:00Z");
        assert_eq!(christmas_eve, (false, Some(wall("2026-12-31T07:00:00Z"))));
        assert!(told(&hours, "2026-12-24T09:00:00Z").0);
        assert!(!told(&hours, "2026-12-25T09:00:00Z").0);
    }

    #[test]
    fn hours_follow_the_clock_when_it_is_set() {
        let hours = berlin(&[(Weekday::Sunday, &["01:00-04:00"])], &[]);
        // 28 March 2027: 02:00 is followed by 03:00, so it is open for two hours only.
        let spring = told(&hours, "2027-03-28T00:00:00Z");
        assert_eq!(spring, (true, Some(wall("2027-03-28T02:00:00Z"))));
        // 31 October 2027: 02:00 to 03:00 comes twice, so it is open for four.
        let autumn = told(&hours, "2027-10-30T23:00:00Z");
        assert_eq!(autumn, (true, Some(wall("2027-10-31T03:00:00Z"))));
    }

    #[test]
    fn always_and_never_have_no_end() {
        let all: Vec<(Weekday, &[&str])> = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ]
        .map(|day| (day, &["00:00-24:00"][..]))
        .into();
        let now = "2026-11-20T07:00:00Z";
        assert_eq!(told(&berlin(&all, &[]), now), (true, None));
        assert_eq!(told(&berlin(&[], &[]), now), (false, None));
        let but_one = berlin(&all, &[("2026-11-22", &[])]);
        let until = wall("2026-11-21T23:00:00Z");
        assert_eq!(told(&but_one, now), (true, Some(until)));
    }

    #[test]
    fn a_zone_nobody_knows_is_told() {
        let hours = Hours {
            zone: "Europe/Atlantis".to_owned(),
            ..berlin(&[], &[])
        };
        let unknown = standing(&hours, WallTime(0)).expect_err("no zone");
        assert!(unknown.to_string().contains("Europe/Atlantis"), "{unknown}");
    }
}
