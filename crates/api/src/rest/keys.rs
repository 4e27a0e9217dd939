//! `/v1/keys` and `/v1/me`: API keys and whose one is used.

use super::{List, ask, marked, read, written};
use crate::door::{self, Caller};
use crate::dto::config::{KeyMade, KeyMake, KeyView, Me, ScopeView};
use crate::dto::text;
use crate::dto::written::Written;
use crate::extract::{ApiJson, ApiPath};
use crate::problem::{About, Problem};
use crate::state::Shared;
use crate::text::Text;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ringback_model::{Input, Name, Outcome, config};
use ringback_ports::query::{Query, View};
use std::collections::BTreeSet;

/// All API keys, without their secrets.
#[utoipa::path(
    get, path = "/v1/keys", operation_id = "listKeys", tag = "config",
    responses((status = 200, description = "All of them.", body = List<KeyView>))
)]
pub(crate) async fn list(State(house): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let (sequence, View::Keys(keys)) = house.query(&caller, Query::Keys, "keys").await? else {
        return Err(Problem::crossed());
    };
    let known = house.names.fresh(caller.tenant).await?;
    let items = keys.iter().map(|key| KeyView::new(&known, key)).collect();
    Ok(read(sequence.0, List { items }))
}

/// Make an API key. Its secret is in the answer, once.
#[utoipa::path(
    post, path = "/v1/keys", operation_id = "makeKey", tag = "config",
    request_body = KeyMake,
    responses((status = 201, description = "Made.", body = KeyMade))
)]
pub(crate) async fn make(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    ApiJson(body): ApiJson<KeyMake>,
) -> Result<Response, Problem> {
    let secret = door::new_secret()?;
    let bounds = body.bounds();
    let asked = body.clone();
    let plain = |names: BTreeSet<Text<Name>>| names.into_iter().map(|name| name.0).collect();
    let input = config::Input::MakeKey {
        name: asked.name.0,
        hash: door::hash(&secret),
        role: asked.role.into(),
        queues: asked.queues.map(plain),
        groups: asked.groups.map(plain),
        agent: asked.agent.map(|name| name.0),
        bounds,
    };
    let answer = ask(&house, &caller, &headers, "key.make", "")
        .send_input(&body, Input::Config(input), About::Named)
        .await?;
    let version = match answer.outcome {
        Outcome::Put { version } => Some(version),
        _ => None,
    };
    let made = KeyMade {
        name: text(&body.name.0),
        role: body.role,
        // A repetition made no key with this secret; the first one is known to nobody here.
        secret: (!answer.repeated).then_some(secret),
        version,
        sequence: answer.sequence.0,
    };
    Ok(marked((StatusCode::CREATED, Json(made)), &answer))
}

/// Take an API key back; it opens nothing any more.
#[utoipa::path(
    delete, path = "/v1/keys/{name}", operation_id = "revokeKey", tag = "config",
    params(("name" = String, Path, example = "crm")),
    responses((status = 200, description = "Taken back.", body = Written))
)]
pub(crate) async fn revoke(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let name = super::config::name(&target)?;
    let input = config::Input::RevokeKey { name };
    let answer = ask(&house, &caller, &headers, "key.revoke", &target)
        .send_input(&(), Input::Config(input), About::Named)
        .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// Whose key this is and what it may do.
#[utoipa::path(
    get, path = "/v1/me", operation_id = "me", tag = "config",
    responses((status = 200, description = "The caller.", body = Me))
)]
pub(crate) async fn me(State(house): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let tenants = house.hall.tenants();
    let tenant = tenants.iter().find(|one| one.id == caller.tenant);
    let tenant = tenant.map_or_else(|| caller.tenant.to_string(), |one| text(&one.name));
    let known = house.names.fresh(caller.tenant).await?;
    let sequence = house.names.present(caller.tenant).await?;
    let person = caller.own_person().ok().map(text);
    let me = Me {
        tenant,
        key: person.is_none().then(|| caller.key_name().to_owned()),
        person,
        role: caller.role().into(),
        scope: ScopeView::new(&known, &caller.scope()),
        only: caller.only(),
        agent: caller.agent().map(Text),
    };
    Ok(read(sequence.0, me))
}
