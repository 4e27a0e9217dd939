//! What was counted, interval by interval, in a zone.

use crate::hours;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use ringback_model::statistic::{Counts, Key, Tally};
use ringback_model::{Medium, ObjectId, WallTime};
use ringback_ports::query::QueryFault;
use ringback_ports::statistics::{INTERVALS_MAX, Interval, ReportLine};

/// The intervals of a report: where each begins, and at the end where the last one ends. Hours
/// and days begin where the clocks of the zone say, so a day may have 23 or 25 hours.
pub(crate) fn borders(
    zone: &str,
    interval: Interval,
    from: WallTime,
    to: WallTime,
) -> Result<Vec<WallTime>, QueryFault> {
    let zone = hours::zone(zone).map_err(|why| QueryFault::Invalid(why.to_string()))?;
    let outside = || QueryFault::Invalid("the times lie outside the calendar".to_owned());
    if to <= from {
        let why = "`to` is not after `from`: name a stretch of time".to_owned();
        return Err(QueryFault::Invalid(why));
    }
    let mut at = begin(&zone, interval, instant(from).ok_or_else(outside)?).ok_or_else(outside)?;
    let end = instant(to).ok_or_else(outside)?;
    let mut borders = vec![wall(at)];
    while at < end {
        at = next(&zone, interval, at).ok_or_else(outside)?;
        borders.push(wall(at));
        if borders.len() > INTERVALS_MAX + 1 {
            return Err(QueryFault::Invalid(format!(
                "the report has more than {INTERVALS_MAX} intervals: ask for a shorter time or longer intervals"
            )));
        }
    }
    Ok(borders)
}

fn instant(at: WallTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.0).ok()
}

fn wall(at: Timestamp) -> WallTime {
    WallTime(at.as_millisecond())
}

/// Where the interval begins that an instant lies in.
fn begin(zone: &TimeZone, interval: Interval, at: Timestamp) -> Option<Timestamp> {
    match interval {
        Interval::Quarter => instant(Tally::quarter_of(wall(at))),
        Interval::Hour => {
            // Where clocks are set by half an hour, an hour is what the clock shows.
            let local = zone.to_datetime(at);
            let into = i64::from(local.minute()) * 60_000
                + i64::from(local.second()) * 1_000
                + i64::from(local.millisecond());
            at.checked_sub(into.milliseconds()).ok()
        }
        Interval::Day => {
            let day = zone.to_datetime(at).date();
            Some(day.to_zoned(zone.clone()).ok()?.timestamp())
        }
    }
}

fn next(zone: &TimeZone, interval: Interval, at: Timestamp) -> Option<Timestamp> {
    match interval {
        Interval::Quarter => at.checked_add(15.minutes()).ok(),
        Interval::Hour => at.checked_add(1.hour()).ok(),
        Interval::Day => {
            let day = zone.to_datetime(at).date().checked_add(1.day()).ok()?;
            let begins = day
                .to_datetime(Time::midnight())
                .to_zoned(zone.clone())
                .ok()?;
            Some(begins.timestamp())
        }
    }
}

/// Adds up what was counted, interval by interval: what is written down, and what is not yet.
pub(crate) fn report_of(
    borders: &[WallTime],
    tallies: &[Tally],
    medium: Option<Medium>,
    filter: Option<ObjectId>,
) -> Vec<ReportLine> {
    let spans = borders.iter().zip(borders.iter().skip(1));
    let mut lines: Vec<ReportLine> = spans
        .map(|(from, to)| ReportLine {
            from: *from,
            to: *to,
            counts: Counts::default(),
        })
        .collect();
    let counts_here =
        |key: &Key| key.filter == filter && (medium.is_none() || key.medium == medium);
    for tally in tallies.iter().filter(|tally| counts_here(&tally.key)) {
        let after = lines.partition_point(|line| line.to <= tally.quarter);
        if let Some(line) = lines
            .get_mut(after)
            .filter(|line| line.from <= tally.quarter)
        {
            line.counts.merge(&tally.counts);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::VirtualQueueId;
    use ringback_model::statistic::{Counter, Subject};

    fn at(text: &str) -> WallTime {
        wall(text.parse().expect("a time"))
    }

    fn cut(zone: &str, interval: Interval, from: &str, to: &str) -> Vec<WallTime> {
        borders(zone, interval, at(from), at(to)).expect("borders")
    }

    #[test]
    fn a_day_has_as_many_hours_as_the_clocks_of_its_zone_say() {
        let berlin = "Europe/Berlin";
        let days = cut(
            berlin,
            Interval::Day,
            "2026-03-28T12:00:00Z",
            "2026-03-30T00:00:00Z",
        );
        let expected = [
            at("2026-03-27T23:00:00Z"),
            at("2026-03-28T23:00:00Z"),
            at("2026-03-29T22:00:00Z"),
            at("2026-03-30T22:00:00Z"),
        ];
        assert_eq!(days, expected);
        let hours = cut(
            berlin,
            Interval::Hour,
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
        );
        assert_eq!(hours.len() - 1, 25);
        let hours = cut(
            berlin,
            Interval::Hour,
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
        );
        assert_eq!(hours.len() - 1, 23);
    }

    #[test]
    fn an_hour_begins_where_the_clock_of_the_zone_shows_it() {
        let hours = cut(
            "Asia/Kathmandu",
            Interval::Hour,
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:10:00Z",
        );
        assert_eq!(hours.first(), Some(&at("2025-12-31T23:15:00Z")));
    }

    #[test]
    fn what_has_no_sense_is_refused_with_what_would_have() {
        let refused = |zone, from, to| {
            let found = borders(zone, Interval::Quarter, at(from), at(to));
            found.expect_err("refused").to_string()
        };
        let (one, two) = ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z");
        assert!(refused("Moon/Crater", one, two).contains("Europe/Berlin"));
        assert!(refused("UTC", two, one).contains("after"));
        assert!(refused("UTC", one, two).contains("3000 intervals"));
    }

    #[test]
    fn quarters_come_to_hours_each_in_its_own() {
        let tally = |quarter: &str, medium| {
            let mut counts = Counts::default();
            counts.add(Counter::Entered, 1);
            Tally {
                quarter: at(quarter),
                key: Key::of(Subject::VirtualQueue(VirtualQueueId(1)), Some(medium)),
                counts,
            }
        };
        let tallies = [
            tally("2026-01-01T00:45:00Z", Medium::Chat),
            tally("2026-01-01T01:00:00Z", Medium::Chat),
            tally("2026-01-01T01:45:00Z", Medium::Voice),
            tally("2026-01-01T03:00:00Z", Medium::Chat),
        ];
        let borders = cut(
            "UTC",
            Interval::Hour,
            "2026-01-01T00:00:00Z",
            "2026-01-01T03:00:00Z",
        );
        let entered = |medium| {
            let lines = report_of(&borders, &tallies, medium, None).into_iter();
            lines
                .map(|line| line.counts.get(Counter::Entered))
                .collect::<Vec<_>>()
        };
        assert_eq!(entered(None), [1, 2, 0]);
        assert_eq!(entered(Some(Medium::Chat)), [1, 1, 0]);
    }
}
