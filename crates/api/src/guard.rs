//! What every request passes: header limits, request id, span, time taken, headers of
//! protection, and the exact list of origins.

use crate::problem::Problem;
use crate::state::Shared;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tracing::Instrument;

/// The header that names a request in answers and logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("ringback-request");

/// The outermost layer.
pub(crate) async fn guard(State(house): State<Shared>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let span = tracing::info_span!("http_request", request = id, %method, route);
    let mut response = admit(&house, request, next).instrument(span.clone()).await;
    protect(&house, origin.as_ref(), response.headers_mut());
    response
        .headers_mut()
        .insert(REQUEST_ID, HeaderValue::from(id));
    let status = response.status();
    span.in_scope(|| tracing::debug!(status = status.as_u16(), "Answered."));
    measure(route, &method, status, started);
    response
}

async fn admit(house: &Shared, request: Request, next: Next) -> Response {
    if let Err(problem) = header_limits(house, request.headers()) {
        return problem.into_response();
    }
    if is_preflight(&request) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let Ok(_under_way) = house.requests.try_acquire() else {
        let limit = house.options.requests_max;
        let detail = format!("{limit} requests are under way already; try again in a moment");
        return Problem::new("unavailable.overloaded", detail)
            .limit(limit)
            .into_response();
    };
    next.run(request).await
}

fn header_limits(house: &Shared, headers: &HeaderMap) -> Result<(), Problem> {
    let (lines_max, bytes_max) = (
        house.options.header_lines_max,
        house.options.header_bytes_max,
    );
    if headers.len() > lines_max {
        let detail = format!("a request may carry {lines_max} header lines");
        return Err(Problem::new("request.headers_too_large", detail).limit(lines_max));
    }
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes > bytes_max {
        let detail = format!("the header lines of a request may hold {bytes_max} bytes together");
        return Err(Problem::new("request.headers_too_large", detail).limit(bytes_max));
    }
    Ok(())
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Whether a browser page of this origin may use the API.
pub(crate) fn origin_allowed(house: &Shared, origin: &HeaderValue) -> bool {
    let listed = &house.options.origins;
    listed.iter().any(|one| one.as_bytes() == origin.as_bytes())
}

fn protect(house: &Shared, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if house.options.origins.is_empty() {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin.filter(|origin| origin_allowed(house, origin)) else {
        return;
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    let allowed = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PUT, DELETE",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID",
        ),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "ETag, Location, Retry-After, Ringback-Sequence, Ringback-Request, Idempotency-Replayed",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    for (name, value) in allowed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn measure(route: String, method: &Method, status: StatusCode, started: Instant) {
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let status = status.as_u16().to_string();
    metrics::histogram!(
        "ringback_http_request_seconds",
        "route" => route,
        "method" => method,
        "status" => status
    )
    .record(started.elapsed());
}

/// Grows by one with each request of this process.
fn request_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The answer when a handler panicked. The message is logged by the panic hook, not told.
pub(crate) fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem::broken("a handler panicked").into_response()
}

/// The answer to a path that is none.
pub(crate) async fn unknown_path() -> Problem {
    let detail = "there is nothing at this path; GET /v1/openapi.json lists all of them";
    Problem::new("request.unknown_path", detail)
}

/// The answer to a method that a path does not have.
pub(crate) async fn unknown_method(method: Method) -> Problem {
    let detail = format!("this path does not take {method}; the header Allow names what it takes");
    Problem::new("request.unknown_method", detail)
}
