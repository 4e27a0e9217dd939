//! The WebSocket as a client of the public API sees it: commands and events on one connection.

use super::client::{Broken, Client};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// One open connection.
pub(crate) struct Stream {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The first frame.
    pub(crate) hello: Value,
    commands: u64,
    /// Came while an answer was waited for.
    earlier: VecDeque<Frame>,
}

/// What comes.
#[derive(Debug, Clone)]
pub(crate) enum Frame {
    /// The answer to a command: the whole frame, with `ok` or `problem`.
    Answer {
        /// Which.
        re: u64,
        /// What came of it.
        result: Result<Value, Value>,
    },
    /// Something happened: the whole frame.
    Event(Value),
    /// The stream cannot go on.
    Resync(String),
}

/// Nothing may stay silent for longer: pings come every fifteen seconds.
const SILENCE: Duration = Duration::from_secs(60);

impl Stream {
    /// Connects; `query` is what stands behind the question mark.
    pub(crate) async fn open(client: &Client, query: &str) -> Result<Self, Broken> {
        let broken = |error: String| Broken(error);
        let base = client.base().replacen("http", "ws", 1);
        let mut request = format!("{base}/v1/stream?{query}")
            .into_client_request()
            .map_err(|error| broken(error.to_string()))?;
        let bearer = format!("Bearer {}", client.secret());
        let bearer = bearer.parse().expect("a header value");
        request.headers_mut().insert("authorization", bearer);
        let connected = tokio::time::timeout(SILENCE, tokio_tungstenite::connect_async(request));
        let (socket, _) = connected
            .await
            .map_err(|_| broken("no answer to the handshake".to_owned()))?
            .map_err(|error| broken(error.to_string()))?;
        let mut stream = Self {
            socket,
            hello: Value::Null,
            commands: 0,
            earlier: VecDeque::new(),
        };
        match stream.receive().await? {
            Frame::Event(hello) if hello["event"] == "hello" => stream.hello = hello,
            other => return Err(Broken(format!("not a hello: {other:?}"))),
        }
        Ok(stream)
    }

    /// Sends a command; its answer comes with the number returned.
    pub(crate) async fn command(
        &mut self,
        verb: &str,
        key: Option<&str>,
        mut fields: Value,
    ) -> Result<u64, Broken> {
        self.commands += 1;
        fields["id"] = self.commands.into();
        fields["do"] = verb.into();
        if let Some(key) = key {
            fields["key"] = key.into();
        }
        let message = Message::text(fields.to_string());
        let sent = self.socket.send(message).await;
        sent.map_err(|error| Broken(error.to_string()))?;
        Ok(self.commands)
    }

    /// Sends a command and waits for its answer; events that come meanwhile are kept.
    pub(crate) async fn call(
        &mut self,
        verb: &str,
        key: Option<&str>,
        fields: Value,
    ) -> Result<Result<Value, Value>, Broken> {
        let id = self.command(verb, key, fields).await?;
        loop {
            match self.receive().await? {
                Frame::Answer { re, result } if re == id => return Ok(result),
                Frame::Resync(why) => return Err(Broken(format!("resync: {why}"))),
                other => self.earlier.push_back(other),
            }
        }
    }

    /// The next thing that comes.
    pub(crate) async fn next(&mut self) -> Result<Frame, Broken> {
        match self.earlier.pop_front() {
            Some(frame) => Ok(frame),
            None => self.receive().await,
        }
    }

    async fn receive(&mut self) -> Result<Frame, Broken> {
        loop {
            let next = tokio::time::timeout(SILENCE, self.socket.next()).await;
            let message = match next {
                Err(_) => return Err(Broken(format!("silent for {SILENCE:?}"))),
                Ok(None) => return Err(Broken("closed".to_owned())),
                Ok(Some(Err(error))) => return Err(Broken(error.to_string())),
                Ok(Some(Ok(message))) => message,
            };
            match message {
                Message::Text(text) => return Ok(frame(text.as_str())),
                Message::Close(frame) => return Err(Broken(format!("closed: {frame:?}"))),
                // Pings are answered while we read.
                _ => {}
            }
        }
    }
}

fn frame(text: &str) -> Frame {
    let frame: Value = serde_json::from_str(text).expect("frames are JSON");
    match (frame["re"].as_u64(), frame["event"].as_str()) {
        (Some(re), _) => {
            let result = if frame["problem"].is_null() {
                Ok(frame)
            } else {
                Err(frame["problem"].clone())
            };
            Frame::Answer { re, result }
        }
        (None, Some("resync")) => Frame::Resync(frame["why"].to_string()),
        (None, Some(_)) => Frame::Event(frame),
        (None, None) => panic!("neither answer nor event: {frame}"),
    }
}
