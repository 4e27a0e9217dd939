//! An agent's desk: commands and events on one WebSocket.

use super::rest::{Client, ClientFault};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// An open line to the server.
#[derive(Debug)]
pub(crate) struct DeskLine {
    client: Client,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    commands: u64,
}

/// What comes over the line.
#[derive(Debug)]
pub(crate) enum DeskPush {
    /// The answer to the command of this number.
    Answer {
        /// Which.
        re: u64,
        /// What came of it.
        result: Result<Value, ClientFault>,
        /// The record it stands in; 0 when none was named.
        sequence: u64,
    },
    /// Something happened.
    Event {
        /// Its name.
        name: String,
        /// What it carries.
        data: Value,
    },
}

impl DeskLine {
    /// Opens the line with the client's key; events come from now on.
    pub(crate) async fn open(client: &Client) -> Result<Self, ClientFault> {
        let unreachable = |error: &tungstenite::Error| ClientFault::Unreachable {
            base: client.base().to_owned(),
            problem: error.to_string(),
        };
        let url = format!("{}/v1/stream", client.base().replacen("http", "ws", 1));
        let mut request = url.into_client_request().map_err(|e| unreachable(&e))?;
        if let Some(key) = client.key() {
            let value = format!("Bearer {}", key.reveal());
            let value = HeaderValue::from_str(&value).map_err(|error| ClientFault::Garbled {
                base: client.base().to_owned(),
                problem: error.to_string(),
            })?;
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Self {
                client: client.clone(),
                socket,
                commands: 0,
            }),
            Err(tungstenite::Error::Http(response)) => Err(super::rest::refused(
                response.status(),
                response.body().as_deref().unwrap_or_default(),
            )),
            Err(error) => Err(unreachable(&error)),
        }
    }

    /// Sends a command; its answer comes with the number returned. With `idempotency_key` it is
    /// done at most once, however often it is sent.
    pub(crate) async fn command(
        &mut self,
        what: &str,
        idempotency_key: Option<&str>,
        fields: &[(&str, &str)],
    ) -> Result<u64, ClientFault> {
        self.commands += 1;
        let mut frame: Map<String, Value> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
            .collect();
        frame.insert("id".to_owned(), Value::from(self.commands));
        frame.insert("do".to_owned(), Value::from(what));
        if let Some(key) = idempotency_key {
            frame.insert("key".to_owned(), Value::from(key));
        }
        let text = Value::Object(frame).to_string();
        match self.socket.send(Message::text(text)).await {
            Ok(()) => Ok(self.commands),
            Err(error) => Err(self.gone(error.to_string())),
        }
    }

    /// The next thing that comes. Fails when the line is gone.
    pub(crate) async fn next(&mut self) -> Result<DeskPush, ClientFault> {
        loop {
            let message = match self.socket.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => return Err(self.gone(error.to_string())),
                None => return Err(self.gone("the line was closed".to_owned())),
            };
            match message {
                Message::Text(text) => {
                    if let Some(push) = self.read(text.as_str())? {
                        return Ok(push);
                    }
                }
                Message::Close(frame) => {
                    let why = frame.map_or_else(String::new, |f| format!(": {}", f.reason));
                    return Err(self.gone(format!("the server closed the line{why}")));
                }
                // Pings are answered by the library while we read.
                _ => {}
            }
        }
    }

    /// Says good-bye; the server need not wait for a silence.
    pub(crate) async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }

    fn read(&self, text: &str) -> Result<Option<DeskPush>, ClientFault> {
        let frame: Value = serde_json::from_str(text).map_err(|error| ClientFault::Garbled {
            base: self.client.base().to_owned(),
            problem: error.to_string(),
        })?;
        match parse(&frame) {
            Some(DeskPush::Event { name, data }) if name == "resync" => {
                Err(self.gone(format!("the stream cannot go on: {data}")))
            }
            push => Ok(push),
        }
    }

    fn gone(&self, problem: String) -> ClientFault {
        ClientFault::Unreachable {
            base: self.client.base().to_owned(),
            problem,
        }
    }
}

/// Reads one frame; `None` for a frame that is not of interest.
fn parse(frame: &Value) -> Option<DeskPush> {
    if let Some(re) = frame["re"].as_u64() {
        let result = match frame.get("problem") {
            Some(problem) => Err(ClientFault::Refused {
                status: problem["status"]
                    .as_u64()
                    .and_then(|status| u16::try_from(status).ok())
                    .unwrap_or(0),
                code: problem["code"].as_str().unwrap_or("unknown").to_owned(),
                detail: problem["detail"].as_str().unwrap_or_default().to_owned(),
            }),
            None => Ok(frame["ok"].clone()),
        };
        return Some(DeskPush::Answer {
            re,
            result,
            sequence: frame["sequence"].as_u64().unwrap_or(0),
        });
    }
    let name = frame["event"].as_str()?.to_owned();
    let data = frame.get("data").unwrap_or(frame).clone();
    Some(DeskPush::Event { name, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_refusals_and_events_are_told_apart() {
        let ok = parse(&json!({"re": 7, "ok": {"a": 1}, "sequence": 812}));
        assert!(matches!(
            ok,
            Some(DeskPush::Answer { re: 7, result: Ok(body), sequence: 812 }) if body == json!({"a": 1})
        ));
        let no = parse(
            &json!({"re": 8, "problem": {"status": 409, "code": "offer.over", "detail": "late"}}),
        );
        let Some(DeskPush::Answer {
            result: Err(fault), ..
        }) = no
        else {
            panic!("{no:?}");
        };
        assert_eq!(fault.to_string(), "409 offer.over: late");
        let event =
            parse(&json!({"event": "offer.made", "cursor": "812.3", "data": {"offer": "o5"}}));
        assert!(matches!(
            event,
            Some(DeskPush::Event { name, data }) if name == "offer.made" && data["offer"] == "o5"
        ));
        assert!(parse(&json!({"unknown": 1})).is_none());
    }
}
