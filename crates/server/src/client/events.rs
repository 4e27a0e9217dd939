//! The stream of server-sent events.

use super::rest::{Client, ClientFault, refused};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use reqwest::Method;
use serde_json::Value;
use std::collections::VecDeque;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    /// Its place in the stream; a stream opened after it goes on behind it.
    pub(crate) cursor: Option<String>,
    /// Its name.
    pub(crate) name: String,
    /// What it carries.
    pub(crate) data: Value,
}

/// An open stream.
pub(crate) struct EventStream {
    client: Client,
    bytes: BoxStream<'static, reqwest::Result<axum::body::Bytes>>,
    parser: Parser,
    ready: VecDeque<Event>,
}

impl EventStream {
    /// Opens the stream behind `after`, or from now on.
    pub(crate) async fn open(client: &Client, after: Option<&str>) -> Result<Self, ClientFault> {
        let path = match after {
            Some(cursor) => format!("/v1/events?after={cursor}"),
            None => "/v1/events".to_owned(),
        };
        let request = client
            .request(Method::GET, &path)
            .header("Accept", "text/event-stream");
        let response = request.send().await.map_err(|e| client.unreachable(&e))?;
        let status = response.status();
        if !status.is_success() {
            let bytes = response.bytes().await.unwrap_or_default();
            return Err(refused(status, &bytes));
        }
        Ok(Self {
            client: client.clone(),
            bytes: response.bytes_stream().boxed(),
            parser: Parser::default(),
            ready: VecDeque::new(),
        })
    }

    /// The next event; `None` when the server ended the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, ClientFault> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            match self.bytes.next().await {
                Some(Ok(bytes)) => self.parser.feed(&bytes, &mut self.ready),
                Some(Err(error)) => return Err(self.client.unreachable(&error)),
                None => return Ok(None),
            }
        }
    }
}

/// Cuts bytes into events, as the HTML standard defines it (fields id, event and data).
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    id: Option<String>,
    name: String,
    data: String,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8], events: &mut VecDeque<Event>) {
        for &byte in bytes {
            match byte {
                b'\n' => self.end_of_line(events),
                b'\r' => {}
                _ => self.line.push(byte),
            }
        }
    }

    fn end_of_line(&mut self, events: &mut VecDeque<Event>) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            self.end_of_event(events);
            return;
        }
        let line = String::from_utf8_lossy(&line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            // A comment, which keeps the connection awake, or a field we do not use.
            _ => {}
        }
    }

    fn end_of_event(&mut self, events: &mut VecDeque<Event>) {
        let data = std::mem::take(&mut self.data);
        let name = std::mem::take(&mut self.name);
        if !data.is_empty() {
            events.push_back(Event {
                cursor: self.id.clone(),
                name,
                data: serde_json::from_str(&data).unwrap_or(Value::String(data)),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_are_cut_wherever_the_bytes_are_split() {
        let text = b"id: 8.1\r\nevent: offer.made\r\ndata: {\"offer\":\"o1\"}\r\n\r\n: awake\n\nid: 9\ndata: 1\n\n";
        let expected = [
            Event {
                cursor: Some("8.1".to_owned()),
                name: "offer.made".to_owned(),
                data: json!({"offer": "o1"}),
            },
            Event {
                cursor: Some("9".to_owned()),
                name: String::new(),
                data: json!(1),
            },
        ];
        for size in [1, 3, text.len()] {
            let mut parser = Parser::default();
            let mut events = VecDeque::new();
            for part in text.chunks(size) {
                parser.feed(part, &mut events);
            }
            assert_eq!(events, expected, "parts of {size}");
        }
    }
}
