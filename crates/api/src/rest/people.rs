//! `/v1/people`: how the people of the configuration log in.

use super::config::name;
use super::{List, ask, marked, read, tagged, written};
use crate::door::Caller;
use crate::dto::login::{LinkMade, PersonView};
use crate::dto::written::Written;
use crate::extract::ApiPath;
use crate::login;
use crate::problem::{About, Problem};
use crate::state::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ringback_model::login::Input as Login;
use ringback_model::{Input, Name};
use ringback_ports::query::{Claim, Query, View};

/// Everybody who may log in.
#[utoipa::path(
    get, path = "/v1/people", operation_id = "listPeople", tag = "login",
    responses((status = 200, description = "All of them.", body = List<PersonView>))
)]
pub(crate) async fn list(State(house): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let asked = house.query(&caller, Query::People, "people").await?;
    let (sequence, View::People(people)) = asked else {
        return Err(Problem::crossed());
    };
    let known = house.names.fresh(caller.tenant).await?;
    let items = people
        .iter()
        .map(|it| PersonView::new(&known, it))
        .collect();
    Ok(read(sequence.0, List { items }))
}

/// Someone who may log in. Everybody may ask for himself, as `me`.
#[utoipa::path(
    get, path = "/v1/people/{name}", operation_id = "getPerson", tag = "login",
    params(("name" = String, Path, example = "sam")),
    responses((status = 200, description = "The person.", body = PersonView,
        headers(("ETag" = String, description = "The version."))))
)]
pub(crate) async fn get(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<String>,
) -> Result<Response, Problem> {
    let what = format!("person {target}");
    let person = match target.as_str() {
        "me" => caller.own_person()?.clone(),
        other => other.parse::<Name>().map_err(|_| Problem::nothing(&what))?,
    };
    let asked = house.query(&caller, Query::Person(person), what).await?;
    let (sequence, View::Person(live)) = asked else {
        return Err(Problem::crossed());
    };
    let known = house.names.fresh(caller.tenant).await?;
    let view = PersonView::new(&known, &live);
    Ok(tagged(sequence.0, view.version(), view))
}

/// Make a link by which a person can set his password once, without knowing the old one. What
/// carries it to him is not our business; it takes the place of an earlier one.
#[utoipa::path(
    post, path = "/v1/people/{name}/link", operation_id = "makePasswordLink", tag = "login",
    params(("name" = String, Path, example = "sam")),
    responses((status = 201, description = "Made.", body = LinkMade))
)]
pub(crate) async fn link(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let person = name(&target)?;
    let (token, hash) = login::secret("rbl_")?;
    let input = Login::MakeLink {
        person: person.clone(),
        hash,
    };
    let answer = ask(&house, &caller, &headers, "person.link", &target)
        .send_input(&(), Input::Login(input), About::Named)
        .await?;
    let claim = Claim::KnownAs(person.to_string());
    let (_, policy) = house.claimed(caller.tenant, claim).await?;
    let made = LinkMade {
        person: person.to_string(),
        token: (!answer.repeated).then_some(token),
        good_for_ms: policy.link_kept.0,
        sequence: answer.sequence.0,
    };
    Ok(marked((StatusCode::CREATED, Json(made)), &answer))
}

/// End all sessions of a person.
#[utoipa::path(
    delete, path = "/v1/people/{name}/sessions", operation_id = "endSessions", tag = "login",
    params(("name" = String, Path, example = "sam")),
    responses((status = 200, description = "Ended.", body = Written))
)]
pub(crate) async fn end_sessions(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let person = match target.as_str() {
        "me" => caller.own_person()?.clone(),
        other => name(other)?,
    };
    let input = Login::EndAll { person };
    let answer = ask(&house, &caller, &headers, "person.end_sessions", &target)
        .send_input(&(), Input::Login(input), About::Named)
        .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// Take his second factor from a person who lost it. All his sessions end.
#[utoipa::path(
    delete, path = "/v1/people/{name}/totp", operation_id = "removeTotp", tag = "login",
    params(("name" = String, Path, example = "sam")),
    responses((status = 200, description = "Taken.", body = Written))
)]
pub(crate) async fn remove_totp(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let input = Login::RemoveTotp {
        person: name(&target)?,
    };
    let answer = ask(&house, &caller, &headers, "person.remove_totp", &target)
        .send_input(&(), Input::Login(input), About::Named)
        .await?;
    Ok(written(StatusCode::OK, &answer))
}
