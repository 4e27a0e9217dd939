//! The handlers of REST, one file per subject.

pub(crate) mod agents;
pub(crate) mod audit;
pub(crate) mod bulk;
pub(crate) mod calendars;
pub(crate) mod config;
pub(crate) mod contacts;
pub(crate) mod health;
pub(crate) mod interactions;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod numbers;
pub(crate) mod objects;
pub(crate) mod offers;
pub(crate) mod oidc;
pub(crate) mod people;
pub(crate) mod queues;
pub(crate) mod statistics;
pub(crate) mod views;
pub(crate) mod webhooks;
pub(crate) mod work;

use crate::commands::{self, Ready};
use crate::door::Caller;
use crate::dto::written::Written;
use crate::idempotency;
use crate::problem::{About, Problem};
use crate::state::Shared;
use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ringback_model::Input;
use ringback_ports::envelope::Answer;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The record an answer stands in or was read after.
const SEQUENCE: HeaderName = HeaderName::from_static("ringback-sequence");
/// Set when the answer is the first one again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How many rows a page has when the caller does not say.
const PAGE: usize = 100;

/// A read that may ask for a freshness.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Freshness {
    /// The answer has to be at least as fresh as this record; waits up to two seconds for it.
    #[serde(default)]
    #[param(example = 1, minimum = 0)]
    pub(crate) at_least: Option<u64>,
}

/// A write: who asks what about what.
pub(crate) struct Ask<'a> {
    pub(crate) house: &'a Shared,
    pub(crate) caller: &'a Caller,
    pub(crate) headers: &'a HeaderMap,
    /// What is asked, for the idempotency key and the log.
    pub(crate) verb: &'static str,
    /// Of what.
    pub(crate) target: &'a str,
}

/// A write of this kind about this target.
pub(crate) const fn ask<'a>(
    house: &'a Shared,
    caller: &'a Caller,
    headers: &'a HeaderMap,
    verb: &'static str,
    target: &'a str,
) -> Ask<'a> {
    Ask {
        house,
        caller,
        headers,
        verb,
        target,
    }
}

impl Ask<'_> {
    /// Sends a command. `body` is what the caller wrote, for telling repetitions apart.
    pub(crate) async fn send<T: Serialize>(
        &self,
        body: &T,
        ready: Ready,
    ) -> Result<Answer, Problem> {
        self.send_input(body, ready.input, ready.about).await
    }

    /// Sends an input that is not one of the shared commands.
    pub(crate) async fn send_input<T: Serialize>(
        &self,
        body: &T,
        input: Input,
        about: About,
    ) -> Result<Answer, Problem> {
        let key = idempotency::key_of(self.headers)?;
        let idempotent = commands::idempotent(self.caller, key, self.verb, self.target, body);
        tracing::debug!(verb = self.verb, target = self.target, "Asking the heart.");
        self.house
            .command(self.caller, idempotent, input, about)
            .await
    }
}

/// The answer to a write.
pub(crate) fn written(status: StatusCode, answer: &Answer) -> Response {
    marked((status, Json(Written::from(answer))), answer)
}

/// The same, with what the writer should know.
pub(crate) fn noted(status: StatusCode, answer: &Answer, notices: Vec<String>) -> Response {
    let body = Written {
        notices,
        ..Written::from(answer)
    };
    marked((status, Json(body)), answer)
}

/// A response with the marks of a write.
pub(crate) fn marked(response: impl IntoResponse, answer: &Answer) -> Response {
    let mut response = response.into_response();
    let headers = response.headers_mut();
    headers.insert(SEQUENCE, HeaderValue::from(answer.sequence.0));
    if answer.repeated {
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The answer to a read.
pub(crate) fn read<T: Serialize>(sequence: u64, body: T) -> Response {
    let mut response = Json(body).into_response();
    let mark = HeaderValue::from(sequence);
    response.headers_mut().insert(SEQUENCE, mark);
    response
}

/// The answer to a read of something that has a version.
pub(crate) fn tagged<T: Serialize>(sequence: u64, version: u64, body: T) -> Response {
    let mut response = read(sequence, body);
    response.headers_mut().insert(header::ETAG, etag(version));
    response
}

/// A version as entity tag.
pub(crate) fn etag(version: u64) -> HeaderValue {
    let text = format!("\"{version}\"");
    HeaderValue::try_from(text).expect("digits in quotes are a header value")
}

/// A page size within its limits.
pub(crate) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    let max = ringback_ports::records::PAGE_MAX;
    match asked {
        None => Ok(PAGE),
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(_) => {
            let problem = format!("a page has 1 to {max} rows");
            Err(Problem::invalid("query:limit", problem).limit(max))
        }
    }
}

/// A list that comes as a whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// All of them.
    pub(crate) items: Vec<T>,
}

/// A parameter that is a value written as text.
pub(crate) fn parameter<T>(name: &str, text: &str) -> Result<T, Problem>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| Problem::invalid(format!("query:{name}"), error.to_string()))
}
