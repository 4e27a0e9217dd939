//! Where days begin, by the table of time zones that comes with the program.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use ringback_engine::statistics::Calendar;
use ringback_model::WallTime;

/// A calendar that knows all zones of the IANA table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Zones;

impl Calendar for Zones {
    fn next_day(&self, zone: &str, after: WallTime) -> WallTime {
        let zone = TimeZoneDatabase::bundled().get(zone);
        let zone = zone.unwrap_or(TimeZone::UTC);
        let begins = || {
            let at = Timestamp::from_millisecond(after.0).ok()?;
            let day = zone.to_datetime(at).date().checked_add(1.day()).ok()?;
            Some(day.to_zoned(zone.clone()).ok()?.timestamp())
        };
        // Beyond the end of the calendar no day begins any more.
        WallTime(begins().map_or(i64::MAX, |at| at.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_23_hours_where_the_clock_is_set_ahead() {
        let at = |text: &str| {
            let at: Timestamp = text.parse().expect("a time");
            WallTime(at.as_millisecond())
        };
        let next = |zone, after| Zones.next_day(zone, at(after));
        let berlin = "Europe/Berlin";
        assert_eq!(
            next(berlin, "2026-03-28T22:59:59Z"),
            at("2026-03-28T23:00:00Z")
        );
        assert_eq!(
            next(berlin, "2026-03-28T23:00:00Z"),
            at("2026-03-29T22:00:00Z")
        );
        assert_eq!(
            next(berlin, "2026-10-24T22:00:00Z"),
            at("2026-10-25T23:00:00Z")
        );
        assert_eq!(
            next("Asia/Kathmandu", "2026-01-01T00:00:00Z"),
            at("2026-01-01T18:15:00Z")
        );
        assert_eq!(
            next("Nowhere/At-all", "2026-01-01T00:00:00Z"),
            at("2026-01-02T00:00:00Z")
        );
    }
}
