//! Server-sent events.

use crate::fake::{ADMIN, SALES};
use crate::support::Room;
use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::Value;

/// Reads a stream event by event.
struct Reader {
    body: Body,
    text: String,
}

impl Reader {
    fn new(body: Body) -> Self {
        let text = String::new();
        Self { body, text }
    }

    /// The next event: its fields and its data. `None` at the end.
    async fn event(&mut self) -> Option<(String, String, Value)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().to_owned()
                };
                let (id, event, data) = (field("id: "), field("event: "), field("data: "));
                self.text = rest.to_owned();
                if !event.is_empty() {
                    let data = serde_json::from_str(&data).expect("JSON");
                    return Some((id, event, data));
                }
            }
            let frame = self.body.frame().await?.expect("readable");
            let bytes = frame.into_data().expect("data");
            self.text += std::str::from_utf8(&bytes).expect("text");
        }
    }
}

#[tokio::test]
async fn events_are_read_on_from_the_last_one() {
    let room = Room::new();
    for id in 1..=4 {
        room.hall.stops(id, 1, None);
    }
    room.hall.on_resume(|hall| {
        hall.stops(5, 1, None);
    });
    let asking = room.get(ADMIN, "/v1/events?after=0");
    let response = asking.with("Last-Event-ID", "2.0").open().await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut reader = Reader::new(response.into_body());
    for sequence in 3..=5 {
        let (id, event, data) = reader.event().await.expect("an event");
        assert_eq!(id, format!("{sequence}.0"));
        assert_eq!(event, "interaction.stopped");
        assert_eq!(data["data"]["interaction"], format!("i{sequence}"));
    }
    room.hall.stops(6, 1, None);
    assert_eq!(reader.event().await.expect("an event").0, "6.0");
}

#[tokio::test]
async fn from_now_on_tells_where_it_begins() {
    let room = Room::new();
    room.hall.stops(1, 1, None);
    let response = room.get(SALES, "/v1/events").open().await;
    let mut body = response.into_body();
    let first = body.frame().await.expect("open").expect("readable");
    let first = first.into_data().expect("data");
    assert_eq!(first, "id: 1\n: from here\n\n");
    let mut reader = Reader::new(body);
    room.hall.stops(2, 2, None);
    room.hall.stops(3, 1, None);
    let (id, ..) = reader.event().await.expect("an event");
    assert_eq!(id, "3.0", "the other queue is not in scope");
}

#[tokio::test]
async fn a_stream_that_cannot_go_on_says_so_and_ends() {
    let room = Room::new();
    for id in 1..=5 {
        room.hall.stops(id, 1, None);
    }
    room.hall.prune(5);
    let response = room.get(ADMIN, "/v1/events?after=1").open().await;
    let mut reader = Reader::new(response.into_body());
    let (_, event, data) = reader.event().await.expect("an event");
    assert_eq!(event, "resync");
    assert!(data["why"].as_str().expect("a reason").contains("gone"));
    assert!(reader.event().await.is_none());
}

#[tokio::test]
async fn what_is_no_cursor_is_refused() {
    let room = Room::new();
    let answer = room.get(ADMIN, "/v1/events?after=x").answer().await;
    assert_eq!(answer.problem(), (422, "request.invalid"));
    assert_eq!(answer.body["errors"][0]["at"], "query:after");
}

#[tokio::test(start_paused = true)]
async fn numbers_begin_with_a_snapshot_and_tell_what_changed_enough() {
    let room = Room::new();
    let watch = "watch=total_entered/queue/inbox,total_stopped/queue/inbox&insensitivity=2";
    let asking = room.get(ADMIN, &format!("/v1/statistics/events?{watch}"));
    let mut reader = Reader::new(asking.open().await.into_body());
    let (id, event, data) = reader.event().await.expect("the snapshot");
    assert_eq!((id.as_str(), event.as_str()), ("0", "statistics"));
    assert_eq!(data["items"].as_array().expect("items").len(), 2);
    assert_eq!(data["items"][0]["value"], 0);
    room.hall.stops(1, 1, None);
    room.hall.stops(2, 1, None);
    let (id, _, data) = reader.event().await.expect("a change by two");
    assert_eq!(id, "2");
    assert_eq!(data["items"][1]["statistic"], "total_stopped/queue/inbox");
    assert_eq!(data["items"][1]["value"], 2);
    let again = room.get(ADMIN, &format!("/v1/statistics/events?{watch}"));
    let again = again.with("Last-Event-ID", "2").open().await;
    let mut again = Reader::new(again.into_body());
    let (id, _, data) = again.event().await.expect("the snapshot");
    assert_eq!(id, "2");
    assert_eq!(data["items"][0]["value"], 2);
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused_before_the_stream_begins() {
    let room = Room::new();
    let one = "total_entered/queue/inbox";
    let many = vec![one; 201].join(",");
    for (query, status) in [
        ("watch=total_entered/queue".to_owned(), 422),
        ("watch=mood/queue/inbox".to_owned(), 404),
        (format!("watch={many}"), 422),
        (format!("watch={one}&mode=sometimes"), 422),
        (format!("watch={one}&period_ms=10"), 422),
        (format!("watch={one}&insensitivity=much"), 422),
    ] {
        let path = format!("/v1/statistics/events?{query}");
        let answer = room.get(ADMIN, &path).answer().await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
    }
}
