//! `/v1/offers`: what agents say to invitations.

use super::{ask, written};
use crate::commands;
use crate::door::Caller;
use crate::dto::Empty;
use crate::dto::offer::Reject;
use crate::dto::written::Written;
use crate::extract::{ApiJson, ApiPath};
use crate::problem::Problem;
use crate::state::Shared;
use crate::text::Text;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ringback_model::OfferId;

/// Take an offer; from then on the agent owns the interaction.
#[utoipa::path(
    post, path = "/v1/offers/{offer}/accept", operation_id = "acceptOffer", tag = "offers",
    params(("offer" = String, Path, example = "o1", pattern = "^o[1-9][0-9]{0,18}$")),
    request_body = Empty,
    responses((status = 200, description = "The agent owns it.", body = Written))
)]
pub(crate) async fn accept(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): ApiPath<Text<OfferId>>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Empty>,
) -> Result<Response, Problem> {
    let ready = commands::accept(&caller, id)?;
    let answer = ask(&house, &caller, &headers, "offer.accept", &id.to_string())
        .send(&body, ready)
        .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// Take back what another agent was asked; only the owner of the interaction can.
#[utoipa::path(
    post, path = "/v1/offers/{offer}/withdraw", operation_id = "withdrawOffer", tag = "offers",
    params(("offer" = String, Path, example = "o1", pattern = "^o[1-9][0-9]{0,18}$")),
    request_body = Empty,
    responses((status = 200, description = "He is asked no more.", body = Written))
)]
pub(crate) async fn withdraw(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): ApiPath<Text<OfferId>>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Empty>,
) -> Result<Response, Problem> {
    let ready = commands::withdraw(&caller, id)?;
    let answer = ask(&house, &caller, &headers, "offer.withdraw", &id.to_string())
        .send(&body, ready)
        .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// Say no to an offer.
#[utoipa::path(
    post, path = "/v1/offers/{offer}/reject", operation_id = "rejectOffer", tag = "offers",
    params(("offer" = String, Path, example = "o1", pattern = "^o[1-9][0-9]{0,18}$")),
    request_body = Reject,
    responses((status = 200, description = "The request has its old place again.", body = Written))
)]
pub(crate) async fn reject(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): ApiPath<Text<OfferId>>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Reject>,
) -> Result<Response, Problem> {
    let ready = commands::reject(&caller, id, body.clone())?;
    let answer = ask(&house, &caller, &headers, "offer.reject", &id.to_string())
        .send(&body, ready)
        .await?;
    Ok(written(StatusCode::OK, &answer))
}
