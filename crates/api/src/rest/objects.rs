//! `/v1/config/{kind}`: configuration objects of all kinds, their versions, what differs between
//! two of them, and undoing.

use super::config::{Body, Expect, Kind, name, one_home, put_answer, version_rows};
use super::{List, ask, marked, read, tagged};
use crate::door::Caller;
use crate::dto::config::SettingsPut;
use crate::dto::config::objects::{DiffView, ObjectPut, ObjectView, Undo, differences};
use crate::dto::written::Written;
use crate::extract::{ApiJson, ApiPath, ApiQuery, from_value};
use crate::problem::{About, Problem};
use crate::state::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ringback_model::config::{self, Expected};
use ringback_model::{Input, Name};
use ringback_ports::query::{Query, View};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

/// The kind of object in the path.
fn kind(text: &str) -> Result<config::Kind, Problem> {
    text.parse().map_err(|error: config::UnknownKind| {
        Problem::new("query.unknown", error.to_string()).at("path:kind", error.to_string())
    })
}

/// All objects of a kind, in order of their names.
#[utoipa::path(
    get, path = "/v1/config/{kind}", operation_id = "listConfig", tag = "config",
    params(("kind" = String, Path, example = "group", description = "the kind of object")),
    responses((status = 200, description = "All of them.", body = List<ObjectView>))
)]
pub(crate) async fn list(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(wanted): ApiPath<String>,
) -> Result<Response, Problem> {
    let kind = kind(&wanted)?;
    let asked = house.query(&caller, Query::Objects(kind), kind.plural());
    let (sequence, View::Objects(found)) = asked.await? else {
        return Err(Problem::crossed());
    };
    let items = found.into_iter();
    let items = items.map(|one| ObjectView::new(one, sequence.0)).collect();
    Ok(read(sequence.0, List { items }))
}

/// One object.
#[utoipa::path(
    get, path = "/v1/config/{kind}/{name}", operation_id = "getConfig", tag = "config",
    params(
        ("kind" = String, Path, example = "group", description = "the kind of object"),
        ("name" = String, Path, example = "sales")
    ),
    responses((status = 200, description = "The object.", body = ObjectView,
        headers(("ETag" = String, description = "Its version."))))
)]
pub(crate) async fn get(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((wanted, name)): ApiPath<(String, String)>,
) -> Result<Response, Problem> {
    let kind = kind(&wanted)?;
    let what = format!("{kind} {name}");
    let name: Name = name.parse().map_err(|_| Problem::nothing(&what))?;
    let asked = house.query(&caller, Query::ObjectNamed(kind, name), &what);
    let (sequence, View::Object(found)) = asked.await? else {
        return Err(Problem::crossed());
    };
    let view = ObjectView::new(*found, sequence.0);
    Ok(tagged(sequence.0, view.version(), view))
}

/// Make or change an object. Everything that is wrong with it is told at once.
#[utoipa::path(
    put, path = "/v1/config/{kind}/{name}", operation_id = "putConfig", tag = "config",
    params(
        ("kind" = String, Path, example = "group", description = "the kind of object"),
        ("name" = String, Path, example = "sales"),
        Expect
    ),
    request_body = ObjectPut,
    responses(
        (status = 200, description = "Changed.", body = Written),
        (status = 201, description = "Made.", body = Written)
    )
)]
pub(crate) async fn put(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((wanted, target)): ApiPath<(String, String)>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Value>,
) -> Result<Response, Problem> {
    let kind = kind(&wanted)?;
    let input = ObjectPut::read(kind, body.clone())?;
    input.check(&house.options.webhook_url)?;
    let input = input.into_input(name(&target)?, Expect::of(&headers)?);
    let target = format!("{}/{target}", kind.name());
    let answer = ask(&house, &caller, &headers, "config.put", &target)
        .send_input(&body, Input::Config(input), About::Named)
        .await?;
    Ok(put_answer(&answer))
}

/// Where the interactions of a queue go that is deleted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gone {
    /// Of an interaction queue: the queue its interactions go to.
    #[param(min_length = 1, max_length = 64)]
    move_to: Option<String>,
}

/// Delete an object. Refused while something needs it or is in it.
#[utoipa::path(
    delete, path = "/v1/config/{kind}/{name}", operation_id = "deleteConfig", tag = "config",
    params(
        ("kind" = String, Path, example = "group", description = "the kind of object"),
        ("name" = String, Path, example = "sales"),
        Gone, Expect
    ),
    responses((status = 200, description = "Gone; its versions stay.", body = Written))
)]
pub(crate) async fn delete(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((wanted, target)): ApiPath<(String, String)>,
    ApiQuery(gone): ApiQuery<Gone>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kind = kind(&wanted)?;
    let move_to = gone.move_to.as_deref();
    let input = config::Input::Delete {
        kind,
        name: name(&target)?,
        expected: Expect::of(&headers)?,
        move_to: move_to
            .map(|text| super::parameter("move_to", text))
            .transpose()?,
    };
    let target = format!("{}/{target}", kind.name());
    let answer = ask(&house, &caller, &headers, "config.delete", &target)
        .send_input(&gone.move_to, Input::Config(input), About::Named)
        .await?;
    Ok(marked(
        (StatusCode::OK, Json(Written::from(&answer))),
        &answer,
    ))
}

/// Between which versions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Between {
    /// The older version; left out: the one before `to`.
    #[param(minimum = 0)]
    from: Option<u64>,
    /// The newer version; left out: the newest. 0 stands for nothing there, as in `from`.
    #[param(minimum = 0)]
    to: Option<u64>,
    /// The answer has to be at least as fresh as this record.
    #[param(minimum = 0)]
    at_least: Option<u64>,
}

/// What differs between two versions of an object.
#[utoipa::path(
    get, path = "/v1/config/{kind}/{name}/diff", operation_id = "diffConfig", tag = "config",
    params(
        ("kind" = String, Path, example = "queue", description = "the kind of object, or `settings`"),
        ("name" = String, Path, example = "support"),
        Between
    ),
    responses((status = 200, description = "What differs.", body = DiffView))
)]
pub(crate) async fn diff(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((wanted, name)): ApiPath<(String, String)>,
    ApiQuery(between): ApiQuery<Between>,
) -> Result<Response, Problem> {
    let what = format!("configuration {wanted} {name}");
    let kind = Kind::of(&wanted).ok_or_else(|| Problem::nothing(&what))?;
    let found = version_rows(&house, &caller, kind, &name, between.at_least, &what).await?;
    let newest = found.rows.first().map_or(0, |row| row.0);
    let to = between.to.unwrap_or(newest);
    let from = between.from.unwrap_or(to.saturating_sub(1));
    let known = house.names.fresh(caller.tenant).await?;
    let body = |version: u64, at: &str| {
        if version == 0 {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        let row = found.rows.iter().find(|row| row.0 == version);
        let row = row.ok_or_else(|| {
            let problem = format!("there is no version {version} of {what} among the last 1000");
            Problem::new("query.unknown", problem.clone()).at(at, problem)
        })?;
        match kind.decode(&known, &row.3)? {
            Some(body) => plain(&body),
            None => Ok(Value::Object(serde_json::Map::new())),
        }
    };
    let (older, newer) = (body(from, "query:from")?, body(to, "query:to")?);
    let view = DiffView {
        from,
        to,
        changes: differences(&older, &newer),
    };
    Ok(read(found.sequence, view))
}

/// A body without the word for its kind.
fn plain(body: &Body) -> Result<Value, Problem> {
    match serde_json::to_value(body).map_err(Problem::broken)? {
        Value::Object(tagged) => {
            let body = tagged.into_iter().next().map(|(_, body)| body);
            Ok(body.unwrap_or_default())
        }
        other => Ok(other),
    }
}

/// Set an object again to what it was in an earlier version. This is a new version: nothing is
/// taken out of the history. What is gone is made again.
#[utoipa::path(
    post, path = "/v1/config/{kind}/{name}/undo", operation_id = "undoConfig", tag = "config",
    params(
        ("kind" = String, Path, example = "queue", description = "the kind of object, or `settings`"),
        ("name" = String, Path, example = "support"),
        Expect
    ),
    request_body = Undo,
    responses((status = 200, description = "Undone.", body = Written))
)]
pub(crate) async fn undo(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((wanted, target)): ApiPath<(String, String)>,
    headers: HeaderMap,
    ApiJson(undo): ApiJson<Undo>,
) -> Result<Response, Problem> {
    let what = format!("configuration {wanted} {target}");
    let kind = Kind::of(&wanted).ok_or_else(|| Problem::nothing(&what))?;
    let present = house.names.present(caller.tenant).await?.0;
    let found = version_rows(&house, &caller, kind, &target, Some(present), &what).await?;
    let newest = found.rows.first().ok_or_else(|| Problem::nothing(&what))?;
    let gone = newest.3.is_empty();
    let to = undo.to.unwrap_or(newest.0.saturating_sub(1));
    let row = found.rows.iter().find(|row| row.0 == to);
    let body = row.filter(|row| !row.3.is_empty()).ok_or_else(|| {
        let problem = format!("there is no version {to} of {what} to go back to");
        Problem::invalid("/to", problem)
    })?;
    let expected = match Expect::of(&headers)? {
        // Against what was just read: somebody who is faster is not undone unseen.
        Expected::Any if gone => Expected::Absent,
        Expected::Any => Expected::Version(newest.0),
        asked => asked,
    };
    let known = house.names.fresh(caller.tenant).await?;
    let input = match (kind, kind.decode(&known, &body.3)?) {
        (_, Some(Body::Settings(settings))) => {
            // What is locked is not undone.
            let mut body = serde_json::to_value(settings).map_err(Problem::broken)?;
            house.options.locked.fill(&mut body)?;
            let settings: SettingsPut = from_value(body)?;
            one_home(&house, &caller, &settings).await?;
            config::Input::PutSettings {
                settings: Box::new(settings.into_model()),
                expected,
            }
        }
        (Kind::Object(kind), Some(body)) => {
            let body = ObjectPut::read(kind, plain(&body)?)?;
            body.into_input(name(&target)?, expected)
        }
        _ => {
            let problem = "a key is never undone: make another one";
            return Err(Problem::invalid("path:kind", problem));
        }
    };
    let target = format!("{wanted}/{target}");
    let answer = ask(&house, &caller, &headers, "config.undo", &target)
        .send_input(&undo, Input::Config(input), About::Named)
        .await;
    // Also after an unknown outcome: it may have been changed.
    house.names.settings_changed(caller.tenant);
    Ok(put_answer(&answer?))
}
