//! `/v1/agents`: master data, desk and readiness. An agent's own key may say `me`.

use super::config::{Expect, put_answer};
use super::{ask, limit, parameter, read, tagged, written};
use crate::commands;
use crate::door::Caller;
use crate::dto::agent::{AgentView, Media, NotReadyAsk};
use crate::dto::config::AgentPut;
use crate::dto::work::SubscribeAsk;
use crate::dto::written::Written;
use crate::dto::{Empty, Page};
use crate::extract::{ApiJson, ApiPath, ApiQuery};
use crate::idempotency;
use crate::names::Known;
use crate::problem::{About, Problem};
use crate::screen_pops::{self, PopView};
use crate::state::{House, Shared};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ringback_model::offer::Offer;
use ringback_model::place::BinOwner;
use ringback_model::{AgentId, Input, Name, Outcome, config};
use ringback_ports::query::{AgentView as Live, Query, View};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Which agents.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only those after this one: `next` of the page before.
    #[param(pattern = "^a[1-9][0-9]{0,18}$")]
    after: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// Agents with desk, readiness, offers and work.
#[utoipa::path(
    get, path = "/v1/agents", operation_id = "listAgents", tag = "agents",
    params(Wanted),
    responses((status = 200, description = "Some of them.", body = Page<AgentView>))
)]
pub(crate) async fn list(
    State(house): State<Shared>,
    caller: Caller,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<Response, Problem> {
    let limit = limit(wanted.limit)?;
    let after = match &wanted.after {
        None => None,
        Some(text) => Some(parameter("after", text)?),
    };
    let query = Query::Agents { after, limit };
    let (sequence, View::Agents(agents)) = house.query(&caller, query, "agents").await? else {
        return Err(Problem::crossed());
    };
    let next = (agents.len() == limit).then(|| agents.last().map(|it| it.agent.id.to_string()));
    let known = known_for(&house, &caller, &agents).await?;
    let items = agents.iter();
    let items = items.map(|one| AgentView::new(&known, one, sequence.0));
    let (items, next) = (items.collect(), next.flatten());
    Ok(read(sequence.0, Page { items, next }))
}

/// One agent with desk, readiness, offers and work in hand.
#[utoipa::path(
    get, path = "/v1/agents/{name}", operation_id = "getAgent", tag = "agents",
    params(("name" = String, Path, example = "anna")),
    responses((status = 200, description = "The agent.", body = AgentView,
        headers(("ETag" = String, description = "The version of the master data."))))
)]
pub(crate) async fn get(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
) -> Result<Response, Problem> {
    let (sequence, view) = view(&house, &caller, &name).await?;
    Ok(tagged(sequence, view.version(), view))
}

/// An agent by name, or the caller's own.
pub(crate) async fn view(
    house: &House,
    caller: &Caller,
    name: &str,
) -> Result<(u64, AgentView), Problem> {
    let what = format!("agent {name}");
    let query = match name {
        "me" => Query::Agent(caller.own_agent()?),
        name => match name.parse::<Name>() {
            Ok(name) => Query::AgentNamed(name),
            Err(_) => return Err(Problem::nothing(what)),
        },
    };
    match house.query(caller, query, what).await? {
        (sequence, View::Agent(live)) => {
            let known = known_for(house, caller, std::slice::from_ref(&*live)).await?;
            let view = AgentView::new(&known, &live, sequence.0);
            // A desk that was away opens what it would have opened.
            let himself = caller.agent() == Some(live.agent.id);
            let view = match himself && !live.offers.is_empty() {
                true => view.with_pops(pops(house, caller, &live.offers).await),
                false => view,
            };
            Ok((sequence.0, view))
        }
        _ => Err(Problem::crossed()),
    }
}

/// What the desk opens with each of these offers.
async fn pops(house: &House, caller: &Caller, offers: &[Offer]) -> Vec<Vec<PopView>> {
    let mut all = Vec::new();
    for offer in offers {
        let pops = screen_pops::of_offer(house, caller, offer).await;
        all.push(pops.unwrap_or_else(|problem| {
            // The offer is what counts; a page can be opened by hand.
            tracing::warn!(problem = problem.sentence(), "No screen pops.");
            Vec::new()
        }));
    }
    all
}

/// The names of the groups in whose workbins these agents are interested.
async fn known_for(house: &House, caller: &Caller, agents: &[Live]) -> Result<Arc<Known>, Problem> {
    let all = agents.iter().filter_map(|it| it.at_work.more.get());
    let bins = all.flat_map(|more| &more.subscriptions);
    let groups = bins.filter_map(|bin| match bin.owner {
        BinOwner::Group(group) => Some(group),
        BinOwner::Agent(_) => None,
    });
    let groups: Vec<_> = groups.collect();
    let enough = |known: &Known| groups.iter().all(|group| known.knows_object(*group));
    house.names.with(caller.tenant, enough).await
}

/// Make or change an agent.
#[utoipa::path(
    put, path = "/v1/agents/{name}", operation_id = "putAgent", tag = "agents",
    params(("name" = String, Path, example = "anna"), Expect),
    request_body = AgentPut,
    responses(
        (status = 200, description = "Changed.", body = Written),
        (status = 201, description = "Made.", body = Written)
    )
)]
pub(crate) async fn put(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<AgentPut>,
) -> Result<Response, Problem> {
    let input = config::Input::PutAgent {
        name: super::config::name(&name)?,
        body: body.clone().into_model(),
        expected: Expect::of(&headers)?,
    };
    let answer = ask(&house, &caller, &headers, "agent.put", &name)
        .send_input(&body, Input::Config(input), About::Named)
        .await?;
    Ok(put_answer(&answer))
}

/// Log in, for some media or for all the capacity allows. Logging in again replaces the desk
/// and keeps readiness and work.
#[utoipa::path(
    post, path = "/v1/agents/{name}/login", operation_id = "loginAgent", tag = "agents",
    params(("name" = String, Path, example = "anna")),
    request_body = Media,
    responses((status = 200, description = "Logged in.", body = Written))
)]
pub(crate) async fn login(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Media>,
) -> Result<Response, Problem> {
    let agent = house.agent(&caller, &name).await?;
    let answer = ask(&house, &caller, &headers, "agent.login", &agent.to_string())
        .send(&body, commands::log_in(agent, &body))
        .await?;
    logged_in(&house, &caller, agent, answer.outcome);
    Ok(written(StatusCode::OK, &answer))
}

/// Remembers the desk of an agent who has just logged in.
pub(crate) fn logged_in(house: &House, caller: &Caller, agent: AgentId, outcome: Outcome) {
    if let Outcome::LoggedIn { session } = outcome {
        house.presence.logged_in(caller.tenant, agent, session);
    }
}

/// Log out. Refused while work is in hand.
#[utoipa::path(
    post, path = "/v1/agents/{name}/logout", operation_id = "logoutAgent", tag = "agents",
    params(("name" = String, Path, example = "anna")),
    request_body = Empty,
    responses((status = 200, description = "Logged out.", body = Written))
)]
pub(crate) async fn logout(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Empty>,
) -> Result<Response, Problem> {
    let agent = house.agent(&caller, &name).await?;
    let answer = ask(
        &house,
        &caller,
        &headers,
        "agent.logout",
        &agent.to_string(),
    )
    .send(&body, commands::log_out(agent))
    .await?;
    house.presence.logged_out(caller.tenant, agent);
    Ok(written(StatusCode::OK, &answer))
}

/// Take work, of some media or of all logged in for.
#[utoipa::path(
    post, path = "/v1/agents/{name}/ready", operation_id = "readyAgent", tag = "agents",
    params(("name" = String, Path, example = "anna")),
    request_body = Media,
    responses((status = 200, description = "Ready.", body = Written))
)]
pub(crate) async fn ready(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Media>,
) -> Result<Response, Problem> {
    let agent = house.agent(&caller, &name).await?;
    let answer = ask(&house, &caller, &headers, "agent.ready", &agent.to_string())
        .send(&body, commands::ready(agent, &body))
        .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// Take no work, of some media or of all logged in for.
#[utoipa::path(
    post, path = "/v1/agents/{name}/not-ready", operation_id = "notReadyAgent", tag = "agents",
    params(("name" = String, Path, example = "anna")),
    request_body = NotReadyAsk,
    responses((status = 200, description = "Not ready.", body = Written))
)]
pub(crate) async fn not_ready(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<NotReadyAsk>,
) -> Result<Response, Problem> {
    let agent = house.agent(&caller, &name).await?;
    let answer = ask(
        &house,
        &caller,
        &headers,
        "agent.not_ready",
        &agent.to_string(),
    )
    .send(&body, commands::not_ready(agent, body.clone()))
    .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// Be told what comes into a workbin, goes out of it and changes in it, until log-out: events
/// `workbin.added`, `workbin.taken` and `workbin.changed` on the agent's stream.
#[utoipa::path(
    post, path = "/v1/agents/{name}/subscribe", operation_id = "subscribeAgent", tag = "agents",
    params(("name" = String, Path, example = "me")),
    request_body = SubscribeAsk,
    responses((status = 200, description = "Subscribed.", body = Written))
)]
pub(crate) async fn subscribe(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<SubscribeAsk>,
) -> Result<Response, Problem> {
    let agent = house.agent(&caller, &name).await?;
    let (verb, target) = ("agent.subscribe", agent.to_string());
    let answer = ask(&house, &caller, &headers, verb, &target)
        .send(&body, commands::subscribe(agent, body.clone()))
        .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// Be told no more.
#[utoipa::path(
    post, path = "/v1/agents/{name}/unsubscribe", operation_id = "unsubscribeAgent",
    tag = "agents",
    params(("name" = String, Path, example = "me")),
    request_body = SubscribeAsk,
    responses((status = 200, description = "Subscribed no more.", body = Written))
)]
pub(crate) async fn unsubscribe(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<SubscribeAsk>,
) -> Result<Response, Problem> {
    let agent = house.agent(&caller, &name).await?;
    let (verb, target) = ("agent.unsubscribe", agent.to_string());
    let answer = ask(&house, &caller, &headers, verb, &target)
        .send(&body, commands::unsubscribe(agent, body.clone()))
        .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// A heartbeat was heard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Heard {
    /// After how many milliseconds the next one is expected. Three missing ones in a row make
    /// the desk count as lost.
    every_ms: u64,
}

/// Say that the desk is there. Only for desks that hold no WebSocket; the desk is watched from
/// the first heartbeat on.
#[utoipa::path(
    post, path = "/v1/agents/{name}/heartbeat", operation_id = "heartbeatAgent", tag = "agents",
    params(("name" = String, Path, example = "me")),
    request_body = Empty,
    responses((status = 200, description = "Heard.", body = Heard))
)]
pub(crate) async fn heartbeat(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(_): ApiJson<Empty>,
) -> Result<Response, Problem> {
    // Hearing twice is hearing once: nothing is kept under the key, but it has to be one.
    idempotency::key_of(&headers)?;
    caller.allowed(ringback_model::right::Action::Work)?;
    let agent = house.agent(&caller, &name).await?;
    if caller.agent() != Some(agent) {
        let action = "be the heartbeat of another agent's desk";
        return Err(Problem::role(caller.role().name(), action));
    }
    let query = Query::Agent(agent);
    let (sequence, View::Agent(live)) = house.query(&caller, query, "agent").await? else {
        return Err(Problem::crossed());
    };
    let Some(desk) = live.at_work.desk else {
        let why = ringback_model::agent::Refused::NotLoggedIn(agent);
        return Err(Problem::new("agent.not_logged_in", why.to_string()));
    };
    house.presence.heartbeat(caller.tenant, agent, desk.session);
    let every = house.options.ping_every.as_millis();
    let every_ms = u64::try_from(every).unwrap_or(u64::MAX);
    Ok(read(sequence.0, Heard { every_ms }))
}
