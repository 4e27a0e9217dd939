//! Asking the room, in tests.

use crate::fake::Fake;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use ringback_api::ApiOptions;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tower::ServiceExt;

/// A room without a listener.
pub(crate) struct Room {
    router: Router,
    pub(crate) hall: Arc<Fake>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// A header as text; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("text"))
    }

    /// Holds the answer against a problem's rules, and gives its code and status.
    pub(crate) fn problem(&self) -> (u16, &str) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = &self.body;
        let code = body["code"].as_str().expect("a code");
        assert_eq!(
            body["type"],
            format!("https://ringback.dev/problems/{code}")
        );
        assert_eq!(body["status"], self.status.as_u16());
        for text in ["title", "detail"] {
            assert!(!body[text].as_str().expect(text).is_empty());
        }
        (self.status.as_u16(), code)
    }
}

/// A request that is being written.
pub(crate) struct Asking<'a> {
    room: &'a Room,
    request: axum::http::request::Builder,
    body: Body,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self::with(ApiOptions::default())
    }

    pub(crate) fn with(options: ApiOptions) -> Self {
        let hall = Fake::new();
        let router = ringback_api::router(hall.clone(), options);
        Self { router, hall }
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Asking<'_> {
        Asking {
            room: self,
            request: Request::builder().method(method).uri(path),
            body: Body::empty(),
        }
    }

    pub(crate) fn get(&self, secret: &str, path: &str) -> Asking<'_> {
        self.ask("GET", path).key(secret)
    }

    pub(crate) fn post(&self, secret: &str, path: &str, body: Value) -> Asking<'_> {
        self.ask("POST", path).key(secret).json(body)
    }

    pub(crate) fn put(&self, secret: &str, path: &str, body: Value) -> Asking<'_> {
        self.ask("PUT", path).key(secret).json(body)
    }
}

impl Asking<'_> {
    pub(crate) fn key(self, secret: &str) -> Self {
        self.with("Authorization", &format!("Bearer {secret}"))
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn json(self, body: Value) -> Self {
        let text = body.to_string();
        self.with("Content-Type", "application/json").raw(text)
    }

    pub(crate) fn raw(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// The answer without reading its body.
    pub(crate) async fn open(self) -> axum::response::Response {
        let request = self.request.body(self.body).expect("a request");
        let router = self.room.router.clone();
        router.oneshot(request).await.expect("handlers never fail")
    }

    pub(crate) async fn answer(self) -> Answer {
        let response = self.open().await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).expect("JSON")
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

/// A room that listens on a free port of the loopback until it is dropped.
pub(crate) struct Listening {
    pub(crate) hall: Arc<Fake>,
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listening {
    pub(crate) async fn new() -> Self {
        Self::with(Fake::new(), ApiOptions::default()).await
    }

    pub(crate) async fn with(hall: Arc<Fake>, options: ApiOptions) -> Self {
        let router = ringback_api::router(hall.clone(), options);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self {
            hall,
            address,
            task,
        }
    }

    /// A WebSocket with the key in the header, after its hello.
    pub(crate) async fn socket(&self, secret: &str, query: &str) -> (Socket, Value) {
        let mut socket = self.try_socket(secret, query).await.expect("a WebSocket");
        let hello = socket.frame().await;
        assert_eq!(hello["event"], "hello");
        (socket, hello)
    }

    pub(crate) async fn try_socket(&self, secret: &str, query: &str) -> Result<Socket, Error> {
        let mut request = self.request(query);
        let value = format!("Bearer {secret}");
        let value = value.parse().expect("a header value");
        request.headers_mut().insert(header::AUTHORIZATION, value);
        Self::connect(request).await
    }

    pub(crate) fn request(&self, query: &str) -> Request<()> {
        let url = format!("ws://{}/v1/stream{query}", self.address);
        url.into_client_request().expect("an address")
    }

    pub(crate) async fn connect(request: Request<()>) -> Result<Socket, Error> {
        let (stream, _) = connect_async(request).await?;
        Ok(Socket(stream))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The client's end of a WebSocket.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        let message = Message::text(text);
        self.0.send(message).await.expect("the room reads");
    }

    /// Several frames in one write.
    pub(crate) async fn send_all(&mut self, frames: impl IntoIterator<Item = Value>) {
        for frame in frames {
            let message = Message::text(frame.to_string());
            self.0.feed(message).await.expect("the room reads");
        }
        self.0.flush().await.expect("the room reads");
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Value {
        match self.message().await {
            Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("expected a frame, got {other:?}"),
        }
    }

    /// The next message that is no ping.
    pub(crate) async fn message(&mut self) -> Message {
        loop {
            let message = self.0.next().await.expect("open").expect("readable");
            if !message.is_ping() && !message.is_pong() {
                return message;
            }
        }
    }

    /// The code with which the room closes.
    pub(crate) async fn close_code(&mut self) -> u16 {
        match self.message().await {
            Message::Close(Some(frame)) => frame.code.into(),
            other => panic!("expected a close, got {other:?}"),
        }
    }

    /// Goes away without a word.
    pub(crate) fn drop_it(self) {
        drop(self);
    }
}

/// Waits until something holds; fails after ten seconds, which only a broken room needs.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("this never came true: {what}");
}
