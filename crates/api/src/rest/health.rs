//! `/health`: for whoever starts, watches and balances.

use crate::dto::numbers::HealthView;
use crate::state::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// The process is alive; not worth restarting.
#[utoipa::path(
    get, path = "/health/live", operation_id = "live", tag = "health", security(()),
    responses(
        (status = 200, description = "Alive.", body = HealthView),
        (status = 503, description = "Restart it.", body = HealthView)
    )
)]
pub(crate) async fn live(State(house): State<Shared>) -> Response {
    let health = house.hall.health();
    let why = "the loop has not turned for some seconds";
    answer(health.live, || vec![why.to_owned()])
}

/// Requests may come.
#[utoipa::path(
    get, path = "/health/ready", operation_id = "ready", tag = "health", security(()),
    responses(
        (status = 200, description = "Ready.", body = HealthView),
        (status = 503, description = "Send requests elsewhere.", body = HealthView)
    )
)]
pub(crate) async fn ready(State(house): State<Shared>) -> Response {
    let mut health = house.hall.health();
    health.closing |= house.is_leaving();
    let ready = health.live && health.started && !health.closing && health.problems.is_empty();
    answer(ready, || {
        let mut problems = health.problems;
        let states = [
            (!health.live, "the loop has not turned for some seconds"),
            (!health.started, "not all tenants are loaded"),
            (health.closing, "the server is shutting down"),
        ];
        let told = states.into_iter().filter(|(holds, _)| *holds);
        problems.extend(told.map(|(_, text)| text.to_owned()));
        problems
    })
}

/// All tenants are loaded.
#[utoipa::path(
    get, path = "/health/startup", operation_id = "startup", tag = "health", security(()),
    responses(
        (status = 200, description = "Started.", body = HealthView),
        (status = 503, description = "Still loading.", body = HealthView)
    )
)]
pub(crate) async fn startup(State(house): State<Shared>) -> Response {
    let started = house.hall.health().started;
    answer(started, || vec!["not all tenants are loaded".to_owned()])
}

fn answer(well: bool, problems: impl FnOnce() -> Vec<String>) -> Response {
    if well {
        let (status, problems) = ("ok", Vec::new());
        Json(HealthView { status, problems }).into_response()
    } else {
        let (status, problems) = ("not ok", problems());
        let body = Json(HealthView { status, problems });
        (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
    }
}
