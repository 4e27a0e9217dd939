//! `GET /v1/events`: server-sent events.

use super::feed::{Fed, Feed};
use super::sight::Sight;
use crate::door::Caller;
use crate::extract::ApiQuery;
use crate::limits::Counted;
use crate::problem::Problem;
use crate::state::Shared;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ringback_model::right::Action;
use ringback_ports::Cursor;
use ringback_ports::hall::Push;
use serde::Deserialize;
use std::convert::Infallible;
use std::io::Write;
use tokio::time::{Interval, MissedTickBehavior, interval};
use utoipa::IntoParams;

/// From where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    /// Only what comes after this cursor; left out: from now on. The header `Last-Event-ID`
    /// goes before it.
    #[param(pattern = "^[0-9]+(\\.[0-9]+)?$", example = "0")]
    after: Option<String>,
}

/// Everything that happens and that the caller may see, as server-sent events: `id` is the
/// cursor, `event` the name, `data` an object with cursor, time, actor and data. An event
/// `resync` ends a stream that cannot go on: read the present state and start afresh.
#[utoipa::path(
    get, path = "/v1/events", operation_id = "events", tag = "streams",
    params(From, ("Last-Event-ID" = Option<String>, Header,
        description = "Cursor of the last event that was received.")),
    responses((status = 200, description = "Events without end.",
        content_type = "text/event-stream", body = String))
)]
pub(crate) async fn events(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    ApiQuery(from): ApiQuery<From>,
) -> Result<Response, Problem> {
    let last = headers.get("last-event-id");
    let after: Option<Cursor> = match (last, &from.after) {
        (Some(last), _) => {
            let text = last.to_str().unwrap_or_default();
            Some(cursor(text, "header:Last-Event-ID")?)
        }
        (None, Some(text)) => Some(cursor(text, "query:after")?),
        (None, None) => None,
    };
    caller.allowed(Action::SeeInteractions)?;
    let counted = house.limits.stream(&caller.limits)?;
    let (feed, from) = Feed::open(&house, caller.tenant, Sight::of(&caller), after)?;
    let source = Source::new(house, caller, feed, counted, from);
    let body = futures_util::stream::unfold(source, |mut source| async move {
        let chunk = source.next().await?;
        Some((Ok::<_, Infallible>(chunk), source))
    });
    let kind = HeaderValue::from_static("text/event-stream");
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(body)).into_response())
}

fn cursor(text: &str, at: &str) -> Result<Cursor, Problem> {
    text.parse()
        .map_err(|error: ringback_ports::envelope::NotACursor| {
            Problem::invalid(at, error.to_string())
        })
}

/// One open stream.
struct Source {
    house: Shared,
    caller: Caller,
    feed: Feed,
    /// Counts this stream as long as it lives.
    _counted: Counted,
    idle: Interval,
    closing: Option<tokio::sync::watch::Receiver<bool>>,
    /// Tells at once where the stream begins, so that a reconnect before the first event misses
    /// nothing.
    greeting: Option<Cursor>,
    over: bool,
}

impl Source {
    fn new(house: Shared, caller: Caller, feed: Feed, counted: Counted, from: Cursor) -> Self {
        let mut idle = interval(house.options.ping_every);
        idle.set_missed_tick_behavior(MissedTickBehavior::Delay);
        idle.reset();
        Self {
            closing: house.options.closing.clone(),
            house,
            caller,
            feed,
            _counted: counted,
            idle,
            greeting: Some(from),
            over: false,
        }
    }

    /// The next bytes; `None` when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(from) = self.greeting.take() {
            return Some(Bytes::from(format!("id: {from}\n: from here\n\n")));
        }
        while !self.over {
            tokio::select! {
                fed = self.feed.next() => {
                    let chunk = self.fed(fed).await;
                    if !chunk.is_empty() {
                        self.idle.reset();
                        return Some(Bytes::from(chunk));
                    }
                }
                _ = self.idle.tick() => return Some(self.still_there()),
                () = closed(&mut self.closing) => {
                    self.over = true;
                    return Some(Bytes::from(resync("the server is closing")));
                }
            }
        }
        None
    }

    /// A comment that keeps the connection open, unless the key was taken back.
    fn still_there(&mut self) -> Bytes {
        if self.caller.renew(&self.house) {
            self.feed.sight = Sight::of(&self.caller);
            Bytes::from_static(b":\n\n")
        } else {
            Bytes::from(self.key_gone())
        }
    }

    /// The end, because a key that was taken back opens nothing from that moment on.
    fn key_gone(&mut self) -> Vec<u8> {
        self.over = true;
        resync("the key was taken back")
    }

    async fn fed(&mut self, fed: Fed) -> Vec<u8> {
        if !self.caller.renew(&self.house) {
            return self.key_gone();
        }
        let mut chunk = Vec::new();
        let mut next = Some(fed);
        while let Some(fed) = next {
            let why = match fed {
                Fed::Record(push) => match self.write(&push, &mut chunk).await {
                    Ok(()) => None,
                    Err(problem) => Some(problem.code().to_owned()),
                },
                Fed::Lost(why) => Some(why),
            };
            if let Some(why) = why {
                self.over = true;
                chunk.extend(resync(&why));
                break;
            }
            // What is ready goes out together, up to a bound.
            next = (chunk.len() < 64 * 1024)
                .then(|| self.feed.at_hand())
                .flatten();
        }
        chunk
    }

    async fn write(&mut self, push: &Push, chunk: &mut Vec<u8>) -> Result<(), Problem> {
        let write = |view: crate::dto::event::EventView| {
            let _ = write!(
                chunk,
                "id: {}\nevent: {}\ndata: ",
                view.cursor.0, view.event
            );
            serde_json::to_writer(&mut *chunk, &view).expect("an event is plain data");
            chunk.extend(b"\n\n");
        };
        self.feed
            .shown(&self.house, &self.caller, push, write)
            .await
    }
}

fn resync(why: &str) -> Vec<u8> {
    let why = serde_json::json!({ "why": why });
    format!("event: resync\ndata: {why}\n\n").into_bytes()
}

/// Waits until the house closes.
pub(crate) async fn closed(closing: &mut Option<tokio::sync::watch::Receiver<bool>>) {
    match closing {
        Some(watch) => {
            // A sender that is gone can close nothing any more.
            if watch.wait_for(|closing| *closing).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
        None => std::future::pending().await,
    }
}
