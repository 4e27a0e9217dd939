//! REST calls.

use crate::config::Secret;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// A caller of one server with one key.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    base: String,
    key: Option<Secret>,
    http: reqwest::Client,
}

/// What the server answered to a request it took.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The body; null when there is none.
    pub(crate) body: Value,
    /// The record of the journal it was read after or stands in; 0 when the server named none.
    pub(crate) sequence: u64,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ClientFault {
    /// The server could not be reached, or went away.
    #[error("no answer from {base}: {problem}")]
    Unreachable {
        /// Which server.
        base: String,
        /// What went wrong.
        problem: String,
    },
    /// The server said no.
    #[error("{status} {code}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code of the problem.
        code: String,
        /// What it says.
        detail: String,
    },
    /// The server said something nobody understands.
    #[error("{base} answered with something that is not of this API: {problem}")]
    Garbled {
        /// Which server.
        base: String,
        /// What was wrong.
        problem: String,
    },
}

impl ClientFault {
    /// Whether asking again later may help: the server is away, overloaded or closing, or
    /// nobody knows the outcome.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => matches!(status, 429 | 503 | 504),
            Self::Garbled { .. } => false,
        }
    }
}

const REQUEST_MAX: Duration = Duration::from_secs(15);
const CONNECT_MAX: Duration = Duration::from_secs(3);

impl Client {
    /// A client of the server at `base`, like `http://127.0.0.1:8080`.
    pub(crate) fn new(base: &str, key: Option<Secret>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_MAX)
            .no_proxy()
            .build()?;
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            key,
            http,
        })
    }

    /// Where the server is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The key, if there is one.
    pub(crate) fn key(&self) -> Option<&Secret> {
        self.key.as_ref()
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, ClientFault> {
        self.send(self.request(Method::GET, path).timeout(REQUEST_MAX))
            .await
    }

    /// Makes or changes a configuration object, whatever its version is.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Answer, ClientFault> {
        self.send(
            self.request(Method::PUT, path)
                .timeout(REQUEST_MAX)
                .json(body),
        )
        .await
    }

    /// Makes or changes a configuration object, if it has this version; 0: if it is not there.
    pub(crate) async fn put_expecting(
        &self,
        path: &str,
        body: &Value,
        version: u64,
    ) -> Result<Answer, ClientFault> {
        let request = self.request(Method::PUT, path).timeout(REQUEST_MAX);
        self.send(expecting(request, version).json(body)).await
    }

    /// Deletes a configuration object, if it has this version.
    pub(crate) async fn delete_expecting(
        &self,
        path: &str,
        version: u64,
    ) -> Result<Answer, ClientFault> {
        let request = self.request(Method::DELETE, path).timeout(REQUEST_MAX);
        self.send(expecting(request, version)).await
    }

    /// Asks for something once: with the same `idempotency_key` the server does it at most once,
    /// however often it is asked.
    pub(crate) async fn post(
        &self,
        path: &str,
        idempotency_key: &str,
        body: &Value,
    ) -> Result<Answer, ClientFault> {
        let request = self
            .request(Method::POST, path)
            .timeout(REQUEST_MAX)
            .header("Idempotency-Key", idempotency_key)
            .json(body);
        self.send(request).await
    }

    /// Starts a request without a time limit, for streams.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.bearer_auth(key.reveal()),
            None => request,
        }
    }

    pub(super) fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> ClientFault {
        // The outermost message only repeats the address; the innermost says why.
        let mut inner = error;
        while let Some(source) = inner.source() {
            inner = source;
        }
        ClientFault::Unreachable {
            base: self.base.clone(),
            problem: inner.to_string(),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, ClientFault> {
        let response = request.send().await.map_err(|e| self.unreachable(&e))?;
        let status = response.status();
        let sequence = response
            .headers()
            .get("ringback-sequence")
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .unwrap_or(0);
        let bytes = response.bytes().await.map_err(|e| self.unreachable(&e))?;
        if !status.is_success() {
            return Err(refused(status, &bytes));
        }
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|error| ClientFault::Garbled {
                base: self.base.clone(),
                problem: error.to_string(),
            })?
        };
        Ok(Answer { body, sequence })
    }
}

/// A request about this version; 0: about something that is not there.
fn expecting(request: RequestBuilder, version: u64) -> RequestBuilder {
    match version {
        0 => request.header("If-None-Match", "*"),
        version => request.header("If-Match", format!("\"{version}\"")),
    }
}

/// Reads a problem document (RFC 9457); anything else is shown as it is, shortened.
pub(super) fn refused(status: StatusCode, bytes: &[u8]) -> ClientFault {
    let problem: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let text = |name: &str| problem[name].as_str().map(str::to_owned);
    let raw = || {
        String::from_utf8_lossy(bytes)
            .chars()
            .take(200)
            .collect::<String>()
    };
    ClientFault::Refused {
        status: status.as_u16(),
        code: text("code").unwrap_or_else(|| "unknown".to_owned()),
        detail: text("detail").or_else(|| text("title")).unwrap_or_else(raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_is_read() {
        let body = br#"{"code":"interaction.queue_full","detail":"full","status":429}"#;
        let fault = refused(StatusCode::TOO_MANY_REQUESTS, body);
        assert!(fault.is_passing());
        assert_eq!(fault.to_string(), "429 interaction.queue_full: full");
    }

    #[test]
    fn a_refusal_in_another_form_is_shown_as_it_is() {
        let fault = refused(StatusCode::BAD_GATEWAY, b"<html>proxy</html>");
        assert_eq!(fault.to_string(), "502 unknown: <html>proxy</html>");
        assert!(!fault.is_passing());
    }
}
