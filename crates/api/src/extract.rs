//! Extractors whose every rejection is a problem that names the place.

use crate::problem::Problem;
use crate::state::Shared;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use serde::de::DeserializeOwned;

/// A JSON body: of the right type, not too large, without unknown fields. An empty body counts
/// as `{}`, except where it would set everything to its default.
pub(crate) struct ApiJson<T>(pub(crate) T);

/// The parameters in the path.
pub(crate) struct ApiPath<T>(pub(crate) T);

/// The parameters after the `?`; unknown ones are refused.
pub(crate) struct ApiQuery<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Shared> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, house: &Shared) -> Result<Self, Problem> {
        let options = &house.options;
        let (parts, body) = request.into_parts();
        let bytes = tokio::time::timeout(options.body_wait, read(body, options.body_bytes_max))
            .await
            .map_err(|_| {
                let seconds = options.body_wait.as_secs();
                let detail = format!("the body did not arrive within {seconds} s");
                Problem::new("request.too_slow", detail)
            })??;
        if bytes.is_empty() && parts.method == Method::PUT {
            let detail = "the body is missing; send `{}` to set everything to its default";
            return Err(Problem::new("request.malformed", detail));
        }
        if bytes.is_empty() {
            return from_json(b"{}").map(Self);
        }
        if !is_json(&parts.headers) {
            let detail = "send the body as `Content-Type: application/json`";
            return Err(Problem::new("request.unsupported_media_type", detail));
        }
        from_json(&bytes).map(Self)
    }
}

async fn read(body: Body, limit: usize) -> Result<axum::body::Bytes, Problem> {
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        let too_long = std::error::Error::source(&error)
            .is_some_and(|source| source.to_string().contains("length limit"));
        if too_long {
            let detail = format!("the body is longer than {limit} bytes");
            Problem::new("request.too_large", detail).limit(limit)
        } else {
            Problem::new("request.malformed", "the body broke off")
        }
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads JSON. The place of a mistake is looked for only when there is one.
pub(crate) fn from_json<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| json_problem(&error.path().clone(), error.inner()))?;
    reader.end().map_err(|error| syntax_problem(&error))?;
    Ok(value)
}

/// Reads a value that came as JSON.
pub(crate) fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| json_problem(&error.path().clone(), error.inner()))
}

/// A problem for a mistake in JSON at this path.
pub(crate) fn json_problem(path: &serde_path_to_error::Path, error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        return syntax_problem(error);
    }
    let text = error.to_string();
    let pointer = pointer(path);
    match unknown_field(&text) {
        Some(field) => {
            let parent = pointer.strip_suffix(&format!("/{}", escaped(field)));
            let at = format!("{}/{}", parent.unwrap_or(&pointer), escaped(field));
            Problem::new("request.unknown_field", text.clone()).at(at, text)
        }
        None => Problem::invalid(pointer, text),
    }
}

fn syntax_problem(error: &serde_json::Error) -> Problem {
    let detail = format!("this is not JSON: {error}");
    Problem::new("request.malformed", detail)
}

/// The field that a message of serde complains about.
fn unknown_field(message: &str) -> Option<&str> {
    let rest = &message[message.find("unknown field `")? + "unknown field `".len()..];
    rest.split('`').next()
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escaped(key)),
            Segment::Enum { variant } => format!("/{}", escaped(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for ApiPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &Shared) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, house).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Invalid URL: ").unwrap_or(&text);
                Err(Problem::new("request.malformed", text).at("path:", text))
            }
        }
    }
}

impl<T: DeserializeOwned> FromRequestParts<Shared> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        Query::<T>::try_from_uri(&parts.uri)
            .map(|Query(value)| Self(value))
            .map_err(|rejection| query_problem(&rejection.body_text()))
    }
}

fn query_problem(text: &str) -> Problem {
    let text = text
        .strip_prefix("Failed to deserialize query string: ")
        .unwrap_or(text);
    match unknown_field(text) {
        Some(field) => {
            let at = format!("query:{field}");
            Problem::new("request.unknown_field", text).at(at, text)
        }
        None => {
            let name = text.split(':').next().unwrap_or_default();
            Problem::invalid(format!("query:{name}"), text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its reading matters")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its reading matters")]
        number: u8,
    }

    fn wrong(text: &str) -> serde_json::Value {
        let problem = from_json::<Outer>(text.as_bytes()).expect_err(text);
        serde_json::to_value(&problem).expect("plain data")
    }

    #[test]
    fn an_unknown_field_is_named_with_its_place() {
        let problem = wrong(r#"{"inner": [{"number": 1, "a/b": 2}]}"#);
        assert_eq!(problem["code"], "request.unknown_field");
        assert_eq!(problem["errors"][0]["at"], "/inner/0/a~1b");
        let problem = wrong(r#"{"inner": [], "other": 2}"#);
        assert_eq!(problem["errors"][0]["at"], "/other");
    }

    #[test]
    fn a_wrong_value_is_named_with_its_place() {
        let problem = wrong(r#"{"inner": [{"number": 300}]}"#);
        assert_eq!(problem["code"], "request.invalid");
        assert_eq!(problem["status"], 422);
        assert_eq!(problem["errors"][0]["at"], "/inner/0/number");
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        assert_eq!(wrong("{")["code"], "request.malformed");
        assert_eq!(wrong(r#"{"inner": []} x"#)["code"], "request.malformed");
    }
}
