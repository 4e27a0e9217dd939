//! Calendars: making their secret addresses, and what calendar programs read there.

use super::{ask, marked};
use crate::door::{self, Caller};
use crate::dto::Empty;
use crate::dto::webhook::AddressMade;
use crate::extract::{ApiJson, ApiPath};
use crate::problem::{About, Problem};
use crate::state::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use icalendar::{Calendar, Component, Event, Property};
use jiff::{Span, Timestamp, ToSpan};
use ringback_model::config::{self, Body, Expected, Kind};
use ringback_model::{Input, Name, Outcome, WallTime};
use ringback_ports::TenantId;
use ringback_ports::envelope::Actor;
use ringback_ports::query::{CalendarEntry, CalendarTime, CalendarView, Configured, Query, View};
use std::sync::Arc;

/// How far back and ahead a feed reaches, in days.
const BACK: i64 = 28;
const AHEAD: i64 = 150;
/// What a feed's address ends with.
const ENDING: &str = ".ics";

/// Make a new secret address for a calendar; it is in the answer, once. The one before opens
/// nothing any more.
#[utoipa::path(
    post, path = "/v1/calendars/{name}/address", operation_id = "makeCalendarAddress",
    tag = "config",
    params(("name" = String, Path, example = "opening")),
    responses((status = 201, description = "Made.", body = AddressMade))
)]
pub(crate) async fn address(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Empty>,
) -> Result<Response, Problem> {
    let what = format!("calendar {target}");
    let Ok(name) = target.parse::<Name>() else {
        // The gate speaks first.
        let all = Query::Objects(Kind::Calendar);
        house.query(&caller, all, &what).await?;
        return Err(Problem::nothing(what));
    };
    let asked = Query::ObjectToChange(Kind::Calendar, name.clone());
    let (_, View::Object(found)) = house.query(&caller, asked, &what).await? else {
        return Err(Problem::crossed());
    };
    let Configured::Object { object, .. } = *found else {
        return Err(Problem::crossed());
    };
    let Body::Calendar(mut calendar) = object.body else {
        return Err(Problem::crossed());
    };
    let secret = door::new_secret()?;
    calendar.token_hash = door::hash(&secret);
    let input = config::Input::Put {
        name,
        body: Box::new(Body::Calendar(calendar)),
        expected: Expected::Version(object.version),
    };
    let answer = ask(&house, &caller, &headers, "calendar.address", &target)
        .send_input(&body, Input::Config(input), About::Named)
        .await?;
    let version = match answer.outcome {
        Outcome::Put { version } => Some(version),
        _ => None,
    };
    let path = format!("/v1/feeds/{}.{secret}{ENDING}", caller.tenant);
    let made = AddressMade {
        // A repetition made no address; the first one is known to nobody here.
        path: (!answer.repeated).then_some(path),
        version,
        sequence: answer.sequence.0,
    };
    Ok(marked((StatusCode::CREATED, Json(made)), &answer))
}

/// A calendar in iCalendar format (RFC 5545): when it is open in the weeks around now, all times in
/// UTC, and special days that are closed. The address is the key: nothing else is asked for.
#[utoipa::path(
    get, path = "/v1/feeds/{feed}", operation_id = "calendarFeed", tag = "config", security(()),
    params(("feed" = String, Path, example = "t1.rb_secret.ics",
        description = "What `POST /v1/calendars/{name}/address` answered.")),
    responses((status = 200, description = "The calendar.", content_type = "text/calendar",
        body = String))
)]
pub(crate) async fn feed(
    State(house): State<Shared>,
    ApiPath(feed): ApiPath<String>,
) -> Result<Response, Problem> {
    // Every wrong address gets the same answer.
    let nothing = || Problem::nothing("feed at this address");
    let (tenant, secret) = parts(&feed).ok_or_else(nothing)?;
    let now = Timestamp::now();
    let at = |span: Span| {
        let at = now.checked_add(span).unwrap_or(now);
        WallTime(at.as_millisecond())
    };
    let query = Query::Calendar {
        token_hash: door::hash(secret),
        from: at((-BACK * 24).hours()),
        to: at((AHEAD * 24).hours()),
    };
    let node = Arc::new(Actor::node());
    let asked = house.hall.query(tenant, node, query).await;
    let Ok((_, View::Calendar(view))) = asked else {
        return Err(nothing());
    };
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, max-age=900"),
    ];
    Ok((headers, rendered(tenant, &view, now)).into_response())
}

/// Tenant and secret of a feed's address.
fn parts(feed: &str) -> Option<(TenantId, &str)> {
    let (tenant, secret) = feed.strip_suffix(ENDING)?.split_once('.')?;
    let tenant = tenant.strip_prefix('t')?.parse().ok()?;
    Some((TenantId(tenant), secret))
}

fn rendered(tenant: TenantId, view: &CalendarView, now: Timestamp) -> String {
    let title = match &view.calendar.body {
        Body::Calendar(it) if !it.display_name.is_empty() => it.display_name.clone(),
        _ => view.calendar.name.to_string(),
    };
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//Ringback//Opening hours//EN"));
    calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
    calendar.name(&title);
    for entry in &view.entries {
        calendar.push(event(tenant, view, entry, now));
    }
    calendar.to_string()
}

fn event(tenant: TenantId, view: &CalendarView, entry: &CalendarEntry, now: Timestamp) -> Event {
    let hours = match entry.title.as_str() {
        "" => entry.hours.as_str(),
        title => title,
    };
    let special = entry.special.as_deref().filter(|it| !it.is_empty());
    let mut event = Event::new();
    let begin = match entry.when {
        CalendarTime::Open { from, to } => {
            event.add_property("DTSTART", utc(from));
            event.add_property("DTEND", utc(to));
            event.summary(
                &special.map_or_else(|| hours.to_owned(), |special| format!("{hours}: {special}")),
            );
            utc(from)
        }
        CalendarTime::Closed(date) => {
            let day = format!("{:04}{:02}{:02}", date.year, date.month, date.day);
            let mut start = Property::new("DTSTART", &day);
            event.append_property(start.add_parameter("VALUE", "DATE").done());
            event.summary(&special.map_or_else(
                || format!("{hours}: closed"),
                |special| format!("{hours}: closed ({special})"),
            ));
            day
        }
    };
    let id = view.calendar.id;
    event.uid(&format!("{tenant}-{id}-{}-{begin}@ringback", entry.hours));
    event.add_property("DTSTAMP", utc(WallTime(now.as_millisecond())));
    // Opening hours keep nobody from being free.
    event.add_property("TRANSP", "TRANSPARENT");
    event.done()
}

/// RFC 5545, 3.3.5, form 2.
fn utc(at: WallTime) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::ObjectId;
    use ringback_model::config::Object;

    #[test]
    fn a_calendar_is_written_as_the_standard_says() {
        let name = |text: &str| text.parse::<Name>().expect("a name");
        let calendar = config::Calendar {
            display_name: "Open; honestly, \"always\"".to_owned(),
            ..config::Calendar::default()
        };
        let at = |text: &str| WallTime(text.parse::<Timestamp>().expect(text).as_millisecond());
        let entry = |special: Option<&str>, when| CalendarEntry {
            hours: name("usual"),
            title: "Support line with a title that is long enough to need folding".to_owned(),
            special: special.map(str::to_owned),
            when,
        };
        let view = CalendarView {
            calendar: Object {
                id: ObjectId(5),
                name: name("opening"),
                version: 1,
                body: Body::Calendar(calendar),
            },
            entries: vec![
                entry(
                    None,
                    CalendarTime::Open {
                        from: at("2026-11-20T07:00:00Z"),
                        to: at("2026-11-20T17:30:00Z"),
                    },
                ),
                entry(
                    Some("Christmas"),
                    CalendarTime::Closed("2026-12-25".parse().expect("a date")),
                ),
            ],
        };
        let now = "2026-11-20T12:00:00Z".parse().expect("a time");
        let text = rendered(TenantId(1), &view, now);
        assert!(text.lines().all(|line| line.len() <= 75), "{text}");
        assert_eq!(text.matches("\r\n").count(), text.matches('\n').count());
        let unfolded = text.replace("\r\n ", "");
        for line in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "DTSTART:20261120T070000Z",
            "DTEND:20261120T173000Z",
            "DTSTART;VALUE=DATE:20261225",
            "UID:t1-x5-usual-20261225@ringback",
            "DTSTAMP:20261120T120000Z",
            "TRANSP:TRANSPARENT",
            "END:VCALENDAR",
        ] {
            assert!(unfolded.lines().any(|it| it == line), "{line} in {text}");
        }
        assert!(
            unfolded.contains("NAME:Open\\; honestly\\, \"always\""),
            "{text}"
        );
        assert!(unfolded.contains(": closed (Christmas)"), "{text}");
    }

    #[test]
    fn an_address_names_tenant_and_secret() {
        assert_eq!(parts("t12.rb_x.ics"), Some((TenantId(12), "rb_x")));
        for wrong in [
            "",
            "t1.rb_x",
            "rb_x.ics",
            "x1.rb_x.ics",
            "t1.ics",
            "t-1.x.ics",
        ] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }
}
