//! `GET /v1/statistics/events`: numbers that are told when they change, or every so often.
//!
//! A stream begins with all its numbers as they are (the snapshot) and then tells those that are
//! due. What is told is state, not history: whoever lost the connection opens a new stream, whose
//! snapshot is at least as fresh as the record in `Last-Event-ID`, and has missed nothing that
//! still holds.

use super::sse::closed;
use crate::door::Caller;
use crate::dto::statistics::{ReadingView, ReadingsView};
use crate::extract::ApiQuery;
use crate::limits::Counted;
use crate::problem::Problem;
use crate::rest::statistics::{readings, text_of, wanted};
use crate::state::Shared;
use crate::text::Time;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ringback_model::Millis;
use ringback_model::statistic::{Insensitivity, Mode, Notifier};
use ringback_ports::Sequence;
use ringback_ports::statistics::{Readings, Wanted};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use utoipa::IntoParams;

/// The most numbers of one stream.
const WATCH_MAX: usize = 200;
/// The shortest time between two looks, and the usual one.
const PERIOD_MIN: u64 = 1_000;
/// The longest.
const PERIOD_MAX: u64 = 3_600_000;

/// What is watched, and when it is told.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Watch {
    /// The numbers, separated by commas: statistic, kind of subject and subject of each.
    #[param(example = "current_in_queue/virtual_queue/english")]
    watch: String,
    /// `changes`: a number is told when it changed; `time`: every number, every period.
    #[serde(default)]
    #[param(example = "changes", default = "changes")]
    mode: Option<String>,
    /// How long it is between two looks, in milliseconds.
    #[serde(default)]
    #[param(minimum = 1_000, maximum = 3_600_000, default = 1_000, example = 1_000)]
    period_ms: Option<u64>,
    /// A change by less than this is not told: in the unit of the number (`2`), or in percent of
    /// what was told last (`5%`).
    #[serde(default)]
    #[param(example = "2")]
    insensitivity: Option<String>,
}

/// Numbers as server-sent events: `id` is the record they were read after, `data` the time and
/// the numbers that are due. The first event has all of them.
#[utoipa::path(
    get, path = "/v1/statistics/events", operation_id = "statisticEvents", tag = "streams",
    params(Watch, ("Last-Event-ID" = Option<u64>, Header, example = 0,
        description = "The last `id` that was received: what comes is at least as fresh.")),
    responses((status = 200, description = "Numbers without end.",
        content_type = "text/event-stream", body = String))
)]
pub(crate) async fn events(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<Watch>,
) -> Result<Response, Problem> {
    let watched = watched(&query.watch)?;
    let (mode, period) = mode(&query)?;
    let after = match headers.get("last-event-id") {
        None => None,
        Some(text) => Some(last_id(text)?),
    };
    if let Some(after) = after {
        house.exists(&caller, after).await?;
    }
    // Rights and names are looked at before the stream begins, so that a mistake has a status.
    readings(&house, &caller, watched.clone()).await?;
    let counted = house.limits.stream(&caller.limits)?;
    let source = Source::new(house, caller, counted, watched, mode, period, after);
    let body = futures_util::stream::unfold(source, |mut source| async move {
        let chunk = source.next().await?;
        Some((Ok::<_, Infallible>(chunk), source))
    });
    let kind = HeaderValue::from_static("text/event-stream");
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(body)).into_response())
}

fn last_id(text: &HeaderValue) -> Result<Sequence, Problem> {
    let number = text.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Sequence).ok_or_else(|| {
        let problem = "is no record: send back the last `id` as it came";
        Problem::invalid("header:Last-Event-ID", problem)
    })
}

fn watched(text: &str) -> Result<Vec<Wanted>, Problem> {
    let invalid = |problem: String| Problem::invalid("query:watch", problem);
    let mut all = Vec::new();
    for one in text.split(',') {
        let mut parts = one.splitn(3, '/');
        let (Some(statistic), Some(kind), Some(object)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(invalid(format!(
                "{one:?} is not statistic/kind/subject, such as current_in_queue/queue/inbox"
            )));
        };
        all.push(wanted(statistic, kind, object)?);
    }
    if all.len() > WATCH_MAX {
        let problem = format!(
            "{} numbers are watched: at most {WATCH_MAX} per stream",
            all.len()
        );
        return Err(invalid(problem).limit(WATCH_MAX));
    }
    Ok(all)
}

fn mode(query: &Watch) -> Result<(Mode, Duration), Problem> {
    let ms = query.period_ms.unwrap_or(PERIOD_MIN);
    if !(PERIOD_MIN..=PERIOD_MAX).contains(&ms) {
        let problem = format!("is {ms}: allowed is from {PERIOD_MIN} to {PERIOD_MAX}");
        return Err(Problem::invalid("query:period_ms", problem));
    }
    let insensitivity = insensitivity(query.insensitivity.as_deref())?;
    let mode = match query.mode.as_deref() {
        None | Some("changes") => Mode::Changes(insensitivity),
        // Each look is told; the looks are a period apart.
        Some("time") => Mode::Every(Millis::ZERO),
        Some(other) => {
            let problem = format!("{other:?} is no way to tell: use changes or time");
            return Err(Problem::invalid("query:mode", problem));
        }
    };
    Ok((mode, Duration::from_millis(ms)))
}

fn insensitivity(text: Option<&str>) -> Result<Insensitivity, Problem> {
    let Some(text) = text else {
        return Ok(Insensitivity::None);
    };
    let (number, percent) = match text.strip_suffix('%') {
        Some(number) => (number, true),
        None => (text, false),
    };
    let number: Option<f64> = number.trim().parse().ok();
    match number.filter(|number| number.is_finite() && *number >= 0.0) {
        Some(number) if percent => Ok(Insensitivity::Percent(number)),
        Some(number) => Ok(Insensitivity::Absolute(number)),
        None => {
            let problem = format!("{text:?} is no number such as 2 and no share such as 5%");
            Err(Problem::invalid("query:insensitivity", problem))
        }
    }
}

/// One open stream.
struct Source {
    house: Shared,
    caller: Caller,
    /// Counts this stream as long as it lives.
    _counted: Counted,
    watched: Vec<(Wanted, Notifier)>,
    /// Nothing older than this is told.
    after: Sequence,
    looks: Interval,
    said: Instant,
    closing: Option<tokio::sync::watch::Receiver<bool>>,
    over: bool,
}

impl Source {
    fn new(
        house: Shared,
        caller: Caller,
        counted: Counted,
        watched: Vec<Wanted>,
        mode: Mode,
        period: Duration,
        after: Option<Sequence>,
    ) -> Self {
        let mut looks = interval(period);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let notified = |wanted| (wanted, Notifier::new(mode));
        Self {
            closing: house.options.closing.clone(),
            house,
            caller,
            _counted: counted,
            watched: watched.into_iter().map(notified).collect(),
            after: after.unwrap_or_default(),
            looks,
            said: Instant::now(),
            over: false,
        }
    }

    /// The next bytes; `None` when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.over {
            tokio::select! {
                _ = self.looks.tick() => {
                    if let Some(chunk) = self.look().await {
                        self.said = Instant::now();
                        return Some(Bytes::from(chunk));
                    }
                }
                () = closed(&mut self.closing) => {
                    self.over = true;
                    return Some(Bytes::from(resync("the server is closing")));
                }
            }
        }
        None
    }

    async fn look(&mut self) -> Option<String> {
        if !self.caller.renew(&self.house) {
            self.over = true;
            return Some(resync("the key was taken back"));
        }
        let wanted = self.watched.iter().map(|(wanted, _)| wanted.clone());
        match readings(&self.house, &self.caller, wanted.collect()).await {
            Ok((sequence, _)) if sequence < self.after => self.still_there(),
            Ok((sequence, readings)) => self.told(sequence, &readings),
            // Something watched is gone, or out of reach from now on.
            Err(problem) => {
                self.over = true;
                Some(resync(problem.code()))
            }
        }
    }

    fn told(&mut self, sequence: Sequence, now: &Readings) -> Option<String> {
        let looked = self.watched.iter_mut().zip(&now.readings);
        let due = looked.filter_map(|((wanted, notifier), reading)| {
            notifier
                .look(now.at, reading.amount)
                .then(|| ReadingView::new(text_of(wanted), reading))
        });
        let items: Vec<ReadingView> = due.collect();
        if items.is_empty() {
            return self.still_there();
        }
        let at = Time::wall(now.wall);
        let data = serde_json::to_string(&ReadingsView { at, items }).expect("plain data");
        Some(format!(
            "id: {sequence}\nevent: statistics\ndata: {data}\n\n"
        ))
    }

    /// A comment once in a while, so that the connection is not taken for dead.
    fn still_there(&self) -> Option<String> {
        (self.said.elapsed() >= self.house.options.ping_every).then(|| ":\n\n".to_owned())
    }
}

fn resync(why: &str) -> String {
    let why = serde_json::json!({ "why": why });
    format!("event: resync\ndata: {why}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insensitivity_is_a_number_or_a_share() {
        let read = |text| insensitivity(Some(text));
        assert_eq!(read("2").expect("a number"), Insensitivity::Absolute(2.0));
        assert_eq!(read("5%").expect("a share"), Insensitivity::Percent(5.0));
        for text in ["", "-1", "x%", "NaN", "inf"] {
            assert_eq!(read(text).expect_err(text).code(), "request.invalid");
        }
        assert_eq!(insensitivity(None).expect("none"), Insensitivity::None);
    }

    #[test]
    fn what_is_watched_has_three_parts_and_a_limit() {
        let one = "current_in_queue/queue/inbox";
        let found = watched(one).expect("one");
        assert_eq!(found.iter().map(text_of).collect::<Vec<_>>(), [one]);
        assert!(watched("current_in_queue/queue").is_err());
        assert!(watched("x/galaxy/inbox").is_err());
        let many = vec![one; WATCH_MAX + 1].join(",");
        assert!(watched(&many).is_err());
    }
}
