//! What the server says: the present of everything that is open, and the records of all that
//! ever was, read over the public API.

use super::client::Client;
use futures_util::StreamExt;
use serde_json::Value;
use std::collections::BTreeMap;

/// One tenant as it shows itself. The parts of the present were read at different moments; each
/// carries the record it was read after, and histories reach beyond all of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Picture {
    /// All interactions, from the records.
    pub(crate) rows: BTreeMap<String, Value>,
    /// All that happened to each.
    pub(crate) histories: BTreeMap<String, Vec<Event>>,
    /// The open ones, as they are.
    pub(crate) live: Vec<Value>,
    /// The agents, as they are.
    pub(crate) agents: Vec<Value>,
    pub(crate) overview: Value,
    pub(crate) totals: Value,
}

/// One line of a history.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    /// The record and the place in it.
    pub(crate) cursor: (u64, u32),
    pub(crate) at: String,
    pub(crate) data: Value,
}

impl Event {
    /// From a line of the API.
    pub(crate) fn of(line: &Value) -> Self {
        let cursor = line["cursor"].as_str().expect("a cursor");
        Self {
            name: line["event"].as_str().expect("a name").to_owned(),
            cursor: cursor_of(cursor),
            at: line["at"].as_str().expect("a time").to_owned(),
            data: line["data"].clone(),
        }
    }

    /// When, for comparing.
    pub(crate) fn at_millis(&self) -> u64 {
        millis_of(&self.at)
    }
}

/// `812.3` is event 3 of record 812; `812` stands behind its last event.
pub(crate) fn cursor_of(text: &str) -> (u64, u32) {
    let parts = text.split_once('.');
    let (record, index) = parts.unwrap_or((text, "4294967295"));
    let record = record.parse().expect("a record");
    (record, index.parse().expect("an index"))
}

/// Reads pictures of one tenant. What is over is kept for the next picture.
#[derive(Default)]
pub(crate) struct Reader {
    over: BTreeMap<String, (Value, Vec<Event>)>,
}

/// Reads at the same time.
const AT_ONCE: usize = 8;

impl Reader {
    /// Reads everything, at least as fresh as record `reached`.
    pub(crate) async fn read(&mut self, administrator: &Client, reached: u64) -> Picture {
        let overview = administrator.get("/v1/overview").await;
        let totals = administrator
            .get(&format!("/v1/totals?at_least={reached}"))
            .await;
        let agents = administrator.pages("/v1/agents?limit=1000", "after").await;
        let head = sequence(&overview);
        let open = format!("/v1/interactions?open=true&limit=1000&at_least={head}");
        let open = administrator.pages(&open, "before").await;
        let live = live(administrator, &open).await;
        let last = live.iter().chain(&agents).chain([&totals]).map(sequence);
        let last = last.max().unwrap_or(0).max(head).max(reached);

        let rows = self.rows(administrator, last).await;
        let histories = self.histories(administrator, &rows, last).await;
        Picture {
            rows,
            histories,
            live,
            agents,
            overview,
            totals,
        }
    }

    /// All rows, newest first, down to where everything is known to be over.
    async fn rows(&self, administrator: &Client, last: u64) -> BTreeMap<String, Value> {
        let known = self
            .over
            .iter()
            .map(|(id, (row, _))| (id.clone(), row.clone()));
        let mut rows: BTreeMap<String, Value> = known.collect();
        let mut before = String::new();
        loop {
            let path = format!("/v1/interactions?limit=200&at_least={last}{before}");
            let page = administrator.get(&path).await;
            let items = page["items"].as_array().expect("a page has items");
            rows.extend(items.iter().map(|row| (id(row), row.clone())));
            let Some(next) = page["next"].as_str() else {
                return rows;
            };
            let below = (1..number(next)).map(|number| format!("i{number}"));
            if below.rev().all(|id| self.over.contains_key(&id)) {
                return rows;
            }
            before = format!("&before={next}");
        }
    }

    async fn histories(
        &mut self,
        administrator: &Client,
        rows: &BTreeMap<String, Value>,
        last: u64,
    ) -> BTreeMap<String, Vec<Event>> {
        let missing: Vec<&String> = rows
            .keys()
            .filter(|id| !self.over.contains_key(*id))
            .collect();
        let read = missing.into_iter().map(|id| async move {
            let path = format!("/v1/interactions/{id}/history?limit=1000&at_least={last}");
            let lines = administrator.pages(&path, "after").await;
            let events: Vec<Event> = lines.iter().map(Event::of).collect();
            (id.clone(), events)
        });
        let known = self.over.iter();
        let known = known.map(|(id, (_, events))| (id.clone(), events.clone()));
        let mut histories: BTreeMap<String, Vec<Event>> = known.collect();
        let mut read = futures_util::stream::iter(read).buffer_unordered(AT_ONCE);
        while let Some((id, events)) = read.next().await {
            let row = &rows[&id];
            if row["open"] == Value::Bool(false) {
                self.over.insert(id.clone(), (row.clone(), events.clone()));
            }
            histories.insert(id, events);
        }
        histories
    }
}

/// The number of an id like `i42`.
fn number(id: &str) -> u64 {
    let digits = id.trim_start_matches('i');
    digits.parse().expect("an id is a letter and a number")
}

/// The open ones as they are; one that ended meanwhile shows itself as ended.
async fn live(administrator: &Client, open: &[Value]) -> Vec<Value> {
    let read = open.iter().map(|row| async move {
        let path = format!("/v1/interactions/{}", id(row));
        administrator.get(&path).await
    });
    let read = futures_util::stream::iter(read).buffer_unordered(AT_ONCE);
    read.collect().await
}

pub(crate) fn sequence(view: &Value) -> u64 {
    let sequence = view["sequence"].as_u64();
    sequence.unwrap_or_else(|| panic!("a read tells its sequence: {view}"))
}

fn id(row: &Value) -> String {
    row["id"].as_str().expect("an id").to_owned()
}

/// Milliseconds of a time as the API writes it, on a scale of its own that is good for
/// differences within a month.
pub(crate) fn millis_of(time: &str) -> u64 {
    let number = |from: usize, to: usize| -> u64 {
        let digits = time.get(from..to).and_then(|digits| digits.parse().ok());
        digits.unwrap_or_else(|| panic!("not a time: {time}"))
    };
    let days = number(5, 7) * 31 + number(8, 10);
    let minutes = (days * 24 + number(11, 13)) * 60 + number(14, 16);
    (minutes * 60 + number(17, 19)) * 1_000 + number(20, 23)
}
