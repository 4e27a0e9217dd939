//! REST as a client of the public API sees it.

use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Once;
use std::time::Duration;

/// The API with one key.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    secret: String,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `Idempotency-Replayed`.
    pub(crate) replayed: bool,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) const fn is_ok(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Worth asking again with the same key: not taken, or nobody knows.
    pub(crate) const fn is_worth_repeating(&self) -> bool {
        matches!(self.status, 429 | 503 | 504)
    }
}

/// The connection broke: whether anything was done is unknown.
#[derive(Debug)]
pub(crate) struct Broken(pub(crate) String);

impl Client {
    pub(crate) fn new(base: &str, secret: &str) -> Self {
        static TLS: Once = Once::new();
        TLS.call_once(|| {
            // Never used on the loopback, but the client does not start without.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(40))
            .build()
            .expect("a client");
        Self {
            http,
            base: base.to_owned(),
            secret: secret.to_owned(),
        }
    }

    /// The same server with another key.
    pub(crate) fn with_key(&self, secret: &str) -> Self {
        Self {
            secret: secret.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, Broken> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !self.secret.is_empty() {
            request = request.bearer_auth(&self.secret);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(broken)?;
        let status = response.status().as_u16();
        let replayed = response.headers().contains_key("idempotency-replayed");
        let bytes = response.bytes().await.map_err(broken)?;
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        Ok(Answer {
            status,
            replayed,
            body,
        })
    }

    pub(crate) async fn try_get(&self, path: &str) -> Result<Answer, Broken> {
        self.send(Method::GET, path, None, None).await
    }

    pub(crate) async fn try_post(
        &self,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Result<Answer, Broken> {
        self.send(Method::POST, path, key, Some(body)).await
    }

    pub(crate) async fn try_put(&self, path: &str, body: &Value) -> Result<Answer, Broken> {
        self.send(Method::PUT, path, None, Some(body)).await
    }

    pub(crate) async fn try_delete(&self, path: &str) -> Result<Answer, Broken> {
        self.send(Method::DELETE, path, None, None).await
    }

    /// A read that must succeed.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.try_get(path).await.expect(path);
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        answer.body
    }

    /// A write that must succeed.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.try_post(path, None, &body).await.expect(path);
        assert!(answer.is_ok(), "POST {path}: {}", answer.body);
        answer.body
    }

    /// Likewise.
    pub(crate) async fn put(&self, path: &str, body: Value) -> Value {
        let answer = self.send(Method::PUT, path, None, Some(&body)).await;
        let answer = answer.expect(path);
        assert!(answer.is_ok(), "PUT {path}: {}", answer.body);
        answer.body
    }

    /// Likewise.
    pub(crate) async fn delete(&self, path: &str) -> Value {
        let answer = self.send(Method::DELETE, path, None, None).await;
        let answer = answer.expect(path);
        assert!(answer.is_ok(), "DELETE {path}: {}", answer.body);
        answer.body
    }

    /// Everything that happened before the last record, from the stream of events.
    pub(crate) async fn events_since_the_beginning(&self) -> Vec<Value> {
        let head = super::picture::sequence(&self.get("/v1/overview").await);
        let url = format!("{}/v1/events?after=0", self.base);
        let asked = self.http.get(url).bearer_auth(&self.secret).send().await;
        let mut response = asked.expect("a stream");
        assert_eq!(response.status().as_u16(), 200);
        let mut bytes = Vec::new();
        let mut events = Vec::new();
        loop {
            let chunk = response.chunk().await.expect("the stream goes on");
            bytes.extend_from_slice(&chunk.expect("the stream goes on"));
            while let Some(end) = bytes.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = bytes.drain(..end + 2).collect();
                let block = String::from_utf8(block).expect("text");
                let data = block.lines().find_map(|line| line.strip_prefix("data: "));
                let Some(data) = data else { continue };
                let event: Value = serde_json::from_str(data).expect("JSON");
                let cursor = event["cursor"].as_str();
                let cursor = cursor.unwrap_or_else(|| panic!("no event: {block}"));
                let record = super::picture::cursor_of(cursor).0;
                if record >= head {
                    return events;
                }
                events.push(event);
            }
        }
    }

    /// Waits until a read shows what is wanted.
    pub(crate) async fn until(&self, path: &str, shows: impl Fn(&Value) -> bool) -> Value {
        let until = tokio::time::Instant::now() + super::server::PATIENCE;
        loop {
            let body = self.get(path).await;
            if shows(&body) {
                return body;
            }
            assert!(
                tokio::time::Instant::now() < until,
                "GET {path} never showed what was waited for; now {body}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// All items of a list, page by page.
    pub(crate) async fn pages(&self, path: &str, turn: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = match &next {
                None => self.get(path).await,
                Some(next) => self.get(&format!("{path}&{turn}={next}")).await,
            };
            let new = page["items"].as_array().expect("a page has items");
            items.extend(new.iter().cloned());
            match page["next"].as_str() {
                Some(text) => next = Some(text.to_owned()),
                None => return items,
            }
        }
    }
}

fn broken(error: reqwest::Error) -> Broken {
    Broken(error.to_string())
}
