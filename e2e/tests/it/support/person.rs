//! A person with a browser: a cookie, and the header that proves that a request was meant.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Someone in front of a browser.
#[derive(Clone)]
pub(crate) struct Person {
    http: reqwest::Client,
    base: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
    pub(crate) session: String,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) cookie: Option<String>,
    pub(crate) body: Value,
}

impl Said {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Person {
    /// Nobody yet.
    pub(crate) fn new(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .expect("a client");
        Self {
            http,
            base: base.to_owned(),
            cookie: String::new(),
            csrf: String::new(),
            session: String::new(),
        }
    }

    /// A request with the cookie alone, as any page could make the browser send it.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if self.cookie.is_empty() {
            request
        } else {
            request.header("Cookie", format!("other=1; {}", self.cookie))
        }
    }

    /// A request as our page sends it.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Said {
        let mut request = self.bare(method, path);
        if !self.csrf.is_empty() {
            request = request.header("Ringback-Csrf", &self.csrf);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        said(request.send().await.expect("an answer")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Said {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Said {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Tries to log in.
    pub(crate) async fn try_log_in(&self, name: &str, password: &str, code: Option<&str>) -> Said {
        let mut body = json!({"name": name, "password": password});
        if let Some(code) = code {
            body["code"] = code.into();
        }
        self.post("/v1/login", body).await
    }

    /// Logs in, as a browser of its own.
    pub(crate) async fn log_in(base: &str, name: &str, password: &str, code: Option<&str>) -> Self {
        let mut person = Self::new(base);
        let said = person.try_log_in(name, password, code).await;
        assert_eq!(said.status, 200, "{}", said.body);
        person.remember(&said);
        person
    }

    /// Keeps what a log-in answered.
    pub(crate) fn remember(&mut self, said: &Said) {
        let cookie = said.cookie.as_deref().expect("a cookie is set");
        self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let text = |name: &str| said.body[name].as_str().unwrap_or_default().to_owned();
        (self.csrf, self.session) = (text("csrf"), text("session"));
    }

    /// The start of a WebSocket from a page of this origin.
    pub(crate) fn socket(&self, origin: &str) -> tokio_tungstenite::tungstenite::http::Request<()> {
        let url = self.base.replacen("http", "ws", 1);
        let mut request = format!("{url}/v1/stream?events=all")
            .into_client_request()
            .expect("a request");
        let headers = request.headers_mut();
        headers.insert("cookie", self.cookie.parse().expect("a header value"));
        headers.insert("origin", origin.parse().expect("a header value"));
        request
    }
}

/// Reads an answer.
pub(crate) async fn said(response: Response) -> Said {
    let status = response.status().as_u16();
    let cookie = response.headers().get("set-cookie");
    let cookie = cookie.map(|value| value.to_str().expect("text").to_owned());
    let bytes = response.bytes().await.expect("the whole answer");
    let body =
        serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
    Said {
        status,
        cookie,
        body,
    }
}

/// The code of a step, as an authenticator makes it (RFC 6238).
pub(crate) fn code(secret: &str, step: u64) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &base32(secret));
    let tag = ring::hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[19] & 15);
    let word: [u8; 4] = bytes[offset..offset + 4].try_into().expect("four bytes");
    format!(
        "{:06}",
        (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000
    )
}

/// The step of now.
pub(crate) fn step() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    since.expect("after 1970").as_secs() / 30
}

fn base32(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u64, 0, Vec::new());
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            _ => letter - b'2' + 26,
        };
        bits = (bits << 5) | u64::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 255).expect("a byte"));
        }
    }
    bytes
}
