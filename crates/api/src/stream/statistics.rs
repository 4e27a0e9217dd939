//! `GET /v1/statistics/events`: numbers that are told when they change, or every so often.
//!
//! A stream begins with all its numbers as they are (the snapshot) and then tells those that are
//! due. What is told is state, not history: whoever lost the connection opens a new stream, whose
//! snapshot is at least as fresh as the record in `Last-Event-ID`, and has missed nothing that
//! still holds.

use super::sse::closed;
use super::watching::{Manner, Told, WATCH_MAX, Watching, watched};
use crate::door::Caller;
use crate::extract::ApiQuery;
use crate::limits::Counted;
use crate::problem::Problem;
use crate::state::Shared;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ringback_ports::Sequence;
use serde::Deserialize;
use std::convert::Infallible;
use tokio::time::Instant;
use utoipa::IntoParams;

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
    let watched = watched(query.watch.split(','), "query:watch", WATCH_MAX)?;
    let manner = Manner {
        mode: query.mode.as_deref(),
        period_ms: query.period_ms,
        insensitivity: query.insensitivity.as_deref(),
        at: "query:",
    };
    let manner = manner.read()?;
    let after = match headers.get("last-event-id") {
        None => None,
        Some(text) => Some(last_id(text)?),
    };
    let limits = caller.limits.clone();
    let watching = Watching::begin(house.clone(), caller, watched, manner, after).await?;
    let counted = house.limits.stream(&limits)?;
    let source = Source::new(house, counted, watching);
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

/// One open stream.
struct Source {
    house: Shared,
    /// Counts this stream as long as it lives.
    _counted: Counted,
    watching: Watching,
    said: Instant,
    closing: Option<tokio::sync::watch::Receiver<bool>>,
    over: bool,
}

impl Source {
    fn new(house: Shared, counted: Counted, watching: Watching) -> Self {
        Self {
            closing: house.options.closing.clone(),
            house,
            _counted: counted,
            watching,
            said: Instant::now(),
            over: false,
        }
    }

    /// The next bytes; `None` when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.over {
            let looked = tokio::select! {
                looked = self.watching.look() => looked,
                () = closed(&mut self.closing) => Err("the server is closing"),
            };
            let chunk = match looked {
                Ok(Some(told)) => Some(shown(&told)),
                Ok(None) => self.still_there(),
                Err(why) => {
                    self.over = true;
                    Some(resync(why))
                }
            };
            if let Some(chunk) = chunk {
                self.said = Instant::now();
                return Some(Bytes::from(chunk));
            }
        }
        None
    }

    /// A comment once in a while, so that the connection is not taken for dead.
    fn still_there(&self) -> Option<String> {
        (self.said.elapsed() >= self.house.options.ping_every).then(|| ":\n\n".to_owned())
    }
}

fn shown(told: &Told) -> String {
    let data = serde_json::to_string(&told.view).expect("plain data");
    format!("id: {}\nevent: statistics\ndata: {data}\n\n", told.sequence)
}

fn resync(why: &str) -> String {
    let why = serde_json::json!({ "why": why });
    format!("event: resync\ndata: {why}\n\n")
}
