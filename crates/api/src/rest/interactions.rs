//! `/v1/interactions`: from submitting to the history.

use super::{Freshness, ask, limit, marked, noted, parameter, read, tagged, written};
use crate::commands;
use crate::door::Caller;
use crate::dto::Page;
use crate::dto::choice::RouteChange;
use crate::dto::event::EventView;
use crate::dto::interaction::{Complete, InteractionView, SegmentView, Stop, Submit};
use crate::dto::past::Past;
use crate::dto::route::{RouteAsk, WhyView};
use crate::dto::written::Written;
use crate::extract::{ApiJson, ApiPath, ApiQuery};
use crate::names::Known;
use crate::personal;
use crate::problem::Problem;
use crate::state::{House, Shared};
use crate::text::{Text, Time};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ringback_model::config::{Role, Scope};
use ringback_model::{ContactId, InteractionId, Name, Outcome, RouteRequestId};
use ringback_ports::query::{Query, View};
use ringback_ports::records::{InteractionRow, PAGE_MAX, RecordsPage, RecordsQuery, Related};
use ringback_ports::{Cursor, Sequence};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

type Id = ApiPath<Text<InteractionId>>;

/// Submit an interaction, if wanted with a route request in the same step.
#[utoipa::path(
    post, path = "/v1/interactions", operation_id = "submitInteraction", tag = "interactions",
    request_body = Submit,
    responses((status = 201, description = "Taken in, durable.", body = Written,
        headers(("Location" = String, description = "Where it can be read."))))
)]
pub(crate) async fn submit(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Submit>,
) -> Result<Response, Problem> {
    let asked = body.clone();
    let ready = commands::submit(&house, &caller, body).await?;
    let answer = ask(&house, &caller, &headers, "interaction.submit", "")
        .send(&asked, ready)
        .await?;
    let mut response = noted(StatusCode::CREATED, &answer, asked.notices());
    if let Outcome::Submitted { interaction, .. } = answer.outcome {
        let location = HeaderValue::try_from(format!("/v1/interactions/{interaction}"));
        let location = location.expect("an id is a header value");
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Which interactions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only open ones, or only those that are over.
    open: Option<bool>,
    /// Only of this interaction queue, by name.
    #[param(example = "support")]
    queue: Option<String>,
    /// Only with this contact: its id (`c6`) or the text it is known by.
    #[param(min_length = 1, max_length = 200)]
    contact: Option<String>,
    /// Only owned by this agent, now or last: its name, or `me`.
    owner: Option<String>,
    /// Only those that came out of this one: its children.
    #[param(pattern = "^i[1-9][0-9]{0,18}$")]
    parent: Option<String>,
    /// Only those of the thread that this one began, itself among them. Not with `parent`.
    #[param(pattern = "^i[1-9][0-9]{0,18}$")]
    thread: Option<String>,
    /// Only those before this one: `next` of the page before.
    #[param(pattern = "^i[1-9][0-9]{0,18}$")]
    before: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// The answer has to be at least as fresh as this record.
    #[param(minimum = 0)]
    at_least: Option<u64>,
}

/// Interactions from the records, newest first.
#[utoipa::path(
    get, path = "/v1/interactions", operation_id = "listInteractions", tag = "interactions",
    params(Wanted),
    responses((status = 200, description = "Some of them.", body = Page<InteractionView>))
)]
pub(crate) async fn list(
    State(house): State<Shared>,
    caller: Caller,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<Response, Problem> {
    let limit = limit(wanted.limit)?;
    let query = match records_query(&house, &caller, &wanted, limit).await? {
        Some(query) => query,
        None => return Ok(read(0, empty_page::<InteractionView>())),
    };
    let found = house
        .records(&caller, wanted.at_least, query, "interactions")
        .await?;
    let RecordsPage::Interactions(rows) = found.value else {
        return Err(Problem::crossed());
    };
    let known = known_for(&house, &caller, rows.iter().map(|row| row.submitted.queue)).await?;
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.submitted.id.to_string()));
    let items = rows
        .iter()
        .map(|row| shown(&house, &caller, &known, row, found.sequence.0))
        .collect::<Result<_, _>>()?;
    let next = next.flatten();
    Ok(read(found.sequence.0, Page { items, next }))
}

/// The question for the records; `None` when nothing can match.
async fn records_query(
    house: &Shared,
    caller: &Caller,
    wanted: &Wanted,
    limit: usize,
) -> Result<Option<RecordsQuery>, Problem> {
    let queue = match &wanted.queue {
        None => None,
        Some(name) => {
            let name: Name = parameter("queue", name)?;
            let known = house.names.fresh(caller.tenant).await?;
            let Some(id) = known.queue_id(&name) else {
                return Ok(None);
            };
            Some(id)
        }
    };
    let contact = match &wanted.contact {
        None => None,
        Some(text) => match find_contact(house, caller, text).await? {
            None => return Ok(None),
            some => some,
        },
    };
    let mut owner = match &wanted.owner {
        None => None,
        Some(name) => Some(house.agent(caller, name).await?),
    };
    if caller.role() == Role::Agent {
        let own = caller.own_agent()?;
        if owner.is_some_and(|asked| asked != own) {
            return Ok(None);
        }
        owner = Some(own);
    }
    let before = match &wanted.before {
        None => None,
        Some(text) => Some(parameter("before", text)?),
    };
    Ok(Some(RecordsQuery::Interactions {
        scope: caller.scope(),
        open: wanted.open,
        queue,
        contact,
        owner,
        related: related(wanted)?,
        before,
        limit,
    }))
}

fn related(wanted: &Wanted) -> Result<Option<Related>, Problem> {
    match (&wanted.parent, &wanted.thread) {
        (None, None) => Ok(None),
        (Some(parent), None) => Ok(Some(Related::ChildrenOf(parameter("parent", parent)?))),
        (None, Some(thread)) => Ok(Some(Related::Thread(parameter("thread", thread)?))),
        (Some(_), Some(_)) => {
            let problem = "give one of `parent` and `thread`: a child is of its parent's thread";
            Err(Problem::invalid("query:thread", problem))
        }
    }
}

async fn find_contact(
    house: &Shared,
    caller: &Caller,
    text: &str,
) -> Result<Option<ContactId>, Problem> {
    if let Ok(id) = text.parse() {
        return Ok(Some(id));
    }
    commands::check_contact(text, "query:contact")?;
    let (vault, tenant, text) = (house.hall.vault(), caller.tenant, text.to_owned());
    let found = tokio::task::spawn_blocking(move || vault.find_contact(tenant, &text)).await;
    Ok(found.map_err(Problem::broken)??)
}

/// One interaction: as it is now while it is open, from the records once it is over.
#[utoipa::path(
    get, path = "/v1/interactions/{interaction}", operation_id = "getInteraction",
    tag = "interactions",
    params(("interaction" = String, Path, example = "i1", pattern = "^i[1-9][0-9]{0,18}$"), Freshness),
    responses((status = 200, description = "The interaction.", body = InteractionView,
        headers(("ETag" = String, description = "Its version."))))
)]
pub(crate) async fn get(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): Id,
    ApiQuery(freshness): ApiQuery<Freshness>,
) -> Result<Response, Problem> {
    if let Some(wanted) = freshness.at_least {
        house.exists(&caller, Sequence(wanted)).await?;
    }
    let view = view(&house, &caller, id, freshness.at_least).await?;
    Ok(tagged(view.sequence(), view.version(), view))
}

/// An interaction, open or over.
pub(crate) async fn view(
    house: &House,
    caller: &Caller,
    id: InteractionId,
    at_least: Option<u64>,
) -> Result<InteractionView, Problem> {
    let what = format!("interaction {id}");
    match house.query(caller, Query::Interaction(id), &what).await {
        Ok((sequence, View::Interaction(live))) => {
            let requests = live.requests.iter();
            let lines = requests.map(|one| one.request.virtual_queue);
            let lines: Vec<_> = lines.collect();
            let known = house
                .names
                .with(caller.tenant, |known| {
                    known.knows_all_of(&live.interaction)
                        && lines.iter().all(|id| known.knows_virtual_queue(*id))
                })
                .await?;
            let it = &live.interaction;
            let opened =
                personal::open_all(&*house.hall.vault(), caller.tenant, it, caller.digits_shown)?;
            Ok(InteractionView::live(&known, &live, opened, sequence.0))
        }
        Ok(_) => Err(Problem::crossed()),
        Err(problem) if may_be_over(caller, &problem) => {
            let (row, sequence) = stopped_row(house, caller, id, at_least).await?;
            let queue = row.submitted.queue;
            let known = known_for(house, caller, [queue].into_iter()).await?;
            shown(house, caller, &known, &row, sequence)
        }
        Err(problem) => Err(problem),
    }
}

/// An interaction that is over, from the records. The hall has just said that it is over; when
/// the records do not know it yet, they are waited for.
async fn stopped_row(
    house: &House,
    caller: &Caller,
    id: InteractionId,
    at_least: Option<u64>,
) -> Result<(InteractionRow, u64), Problem> {
    let found = row(house, caller, id, at_least).await;
    if matches!(&found, Ok((row, _)) if row.stopped.is_some()) {
        return found;
    }
    let present = house.names.present(caller.tenant).await?;
    let (row, sequence) = row(house, caller, id, Some(present.0)).await?;
    if row.stopped.is_none() {
        return Err(Problem::nothing(format!("interaction {id}")));
    }
    Ok((row, sequence))
}

/// Whether the records may know an interaction that the hall does not show. The hall forgets what
/// is over and cannot tell whose it was, so to keys of limited reach it answers as if it were out
/// of scope; scope and last owner in the records decide then, and only over what is over.
fn may_be_over(caller: &Caller, problem: &Problem) -> bool {
    let limited = caller.role() == Role::Agent || caller.scope() != Scope::Everything;
    match problem.code() {
        "interaction.stopped" => true,
        "query.unknown" => limited,
        _ => false,
    }
}

/// An interaction from the records, as far as the caller may see it.
pub(crate) async fn row(
    house: &House,
    caller: &Caller,
    id: InteractionId,
    at_least: Option<u64>,
) -> Result<(InteractionRow, u64), Problem> {
    let what = format!("interaction {id}");
    let query = RecordsQuery::Interaction {
        interaction: id,
        scope: caller.scope(),
    };
    let found = house.records(caller, at_least, query, &what).await?;
    let RecordsPage::Interactions(rows) = found.value else {
        return Err(Problem::crossed());
    };
    let mine = |row: &InteractionRow| caller.role() != Role::Agent || row.owner == caller.agent();
    let row = rows.into_iter().find(|row| mine(row));
    let row = row.ok_or_else(|| Problem::nothing(what))?;
    Ok((row, found.sequence.0))
}

fn shown(
    house: &House,
    caller: &Caller,
    known: &Known,
    row: &InteractionRow,
    sequence: u64,
) -> Result<InteractionView, Problem> {
    let opened = personal::open_all(
        &*house.hall.vault(),
        caller.tenant,
        &row.submitted,
        caller.digits_shown,
    )?;
    Ok(InteractionView::row(known, row, opened, sequence))
}

/// Refuses whoever may not see an interaction. The gate in the hall speaks for open ones, scope
/// and last owner for those that are over.
async fn may_see(house: &House, caller: &Caller, id: InteractionId) -> Result<(), Problem> {
    let what = format!("interaction {id}");
    match house.query(caller, Query::Interaction(id), what).await {
        Ok(_) => Ok(()),
        Err(problem) if may_be_over(caller, &problem) => {
            stopped_row(house, caller, id, None).await.map(drop)
        }
        Err(problem) => Err(problem),
    }
}

/// How many agents are named when nothing is said about it.
const WHY_PAGE: usize = 20;
/// At most so many are named at once.
const WHY_PAGE_MAX: usize = 100;

/// Which of the qualified agents are named.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhyPage {
    /// Those after this one: `next` of the answer before.
    #[param(value_type = Option<String>, example = "a27", pattern = "^a[1-9][0-9]{0,18}$")]
    after: Option<Text<ringback_model::AgentId>>,
    /// At most so many, and 100 in any case.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<usize>,
}

/// Why an interaction waits: who could take it, and what holds each of them back. Once it is over:
/// whom its route requests were offered to, why, and what came of it.
#[utoipa::path(
    get, path = "/v1/interactions/{interaction}/why", operation_id = "whyInteraction",
    tag = "interactions",
    params(
        ("interaction" = String, Path, example = "i1", pattern = "^i[1-9][0-9]{0,18}$"),
        WhyPage,
    ),
    responses((status = 200, description = "Why.", body = WhyView))
)]
pub(crate) async fn why(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): Id,
    ApiQuery(page): ApiQuery<WhyPage>,
) -> Result<Response, Problem> {
    let what = format!("interaction {id}");
    let limit = page.limit.unwrap_or(WHY_PAGE);
    if !(1..=WHY_PAGE_MAX).contains(&limit) {
        let problem = format!("a page has 1 to {WHY_PAGE_MAX} agents");
        return Err(Problem::invalid("query:limit", problem).limit(WHY_PAGE_MAX));
    }
    let asked = Query::Why {
        interaction: id,
        after: page.after.map(|agent| agent.0),
        limit,
    };
    let (sequence, why) = match house.query(&caller, asked, what).await {
        Ok((sequence, View::Why(why))) => (sequence, why),
        Ok(_) => return Err(Problem::crossed()),
        Err(problem) if may_be_over(&caller, &problem) => {
            return past(&house, &caller, id).await;
        }
        Err(problem) => return Err(problem),
    };
    let lines = why.requests.iter().map(|one| &one.waiting.request);
    let lines: Vec<_> = lines.map(|request| request.virtual_queue).collect();
    let known = house
        .names
        .with(caller.tenant, |known| {
            lines.iter().all(|id| known.knows_virtual_queue(*id))
        })
        .await?;
    Ok(read(sequence.0, WhyView::new(&known, &why, sequence.0)))
}

/// How many lines of a history are read at most to tell why it went as it did.
const PAST_LINES_MAX: usize = 10_000;

/// Why an interaction that is over went as it did, from its history.
async fn past(house: &House, caller: &Caller, id: InteractionId) -> Result<Response, Problem> {
    // The heart has forgotten it already; the records may still have to come so far.
    let present = house.names.present(caller.tenant).await?;
    let (row, sequence) = stopped_row(house, caller, id, Some(present.0)).await?;
    let known = house.names.fresh(caller.tenant).await?;
    let mut past = Past::default();
    let (mut after, mut read_so_far) = (None, 0);
    while read_so_far < PAST_LINES_MAX {
        let query = RecordsQuery::History {
            interaction: id,
            scope: caller.scope(),
            after,
            limit: PAGE_MAX,
        };
        let found = house
            .records(caller, Some(sequence), query, "history")
            .await?;
        let RecordsPage::History(rows) = found.value else {
            return Err(Problem::crossed());
        };
        rows.iter().for_each(|row| past.read(&known, row));
        read_so_far += rows.len();
        after = rows.last().map(|row| row.cursor);
        if rows.len() < PAGE_MAX {
            break;
        }
    }
    let at = row.stopped.unwrap_or(row.submitted.submitted);
    let view = WhyView::of_past(id, Time::of(at), past, sequence);
    Ok(read(sequence, view))
}

/// Which lines of a history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lines {
    /// Only what came after this: `next` of the page before.
    #[param(pattern = "^[0-9]+(\\.[0-9]+)?$", example = "0")]
    after: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// The answer has to be at least as fresh as this record.
    #[param(minimum = 0)]
    at_least: Option<u64>,
}

/// Everything that happened to an interaction, oldest first.
#[utoipa::path(
    get, path = "/v1/interactions/{interaction}/history", operation_id = "interactionHistory",
    tag = "interactions",
    params(("interaction" = String, Path, example = "i1", pattern = "^i[1-9][0-9]{0,18}$"), Lines),
    responses((status = 200, description = "Some lines.", body = Page<EventView>))
)]
pub(crate) async fn history(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): Id,
    ApiQuery(lines): ApiQuery<Lines>,
) -> Result<Response, Problem> {
    may_see(&house, &caller, id).await?;
    let limit = limit(lines.limit)?;
    let after: Option<Cursor> = match &lines.after {
        None => None,
        Some(text) => Some(parameter("after", text)?),
    };
    let query = RecordsQuery::History {
        interaction: id,
        scope: caller.scope(),
        after,
        limit,
    };
    let found = house
        .records(&caller, lines.at_least, query, "history")
        .await?;
    let RecordsPage::History(rows) = found.value else {
        return Err(Problem::crossed());
    };
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.cursor.to_string()));
    let known = house.names.fresh(caller.tenant).await?;
    let items = rows
        .iter()
        .map(|row| {
            let view = EventView::new(&known, row.cursor, row.now, &row.actor, &row.event);
            view.masked(caller.digits_shown)
        })
        .collect();
    let next = next.flatten();
    Ok(read(found.sequence.0, Page { items, next }))
}

/// The segments of an interaction, oldest first: who did what for how long.
#[utoipa::path(
    get, path = "/v1/interactions/{interaction}/segments", operation_id = "interactionSegments",
    tag = "interactions",
    params(("interaction" = String, Path, example = "i1", pattern = "^i[1-9][0-9]{0,18}$"), Freshness),
    responses((status = 200, description = "All that ended.", body = super::List<SegmentView>))
)]
pub(crate) async fn segments(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): Id,
    ApiQuery(freshness): ApiQuery<Freshness>,
) -> Result<Response, Problem> {
    may_see(&house, &caller, id).await?;
    let query = RecordsQuery::Segments {
        interaction: id,
        scope: caller.scope(),
    };
    let found = house
        .records(&caller, freshness.at_least, query, "segments")
        .await?;
    let RecordsPage::Segments(segments) = found.value else {
        return Err(Problem::crossed());
    };
    let known = house.names.fresh(caller.tenant).await?;
    let items = segments.iter().map(|one| SegmentView::new(&known, one));
    let items = items.collect();
    Ok(read(found.sequence.0, super::List { items }))
}

/// Ask for an agent.
#[utoipa::path(
    post, path = "/v1/interactions/{interaction}/route", operation_id = "routeInteraction",
    tag = "interactions",
    params(("interaction" = String, Path, example = "i1", pattern = "^i[1-9][0-9]{0,18}$")),
    request_body = RouteAsk,
    responses((status = 201, description = "The request waits.", body = Written))
)]
pub(crate) async fn route(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): Id,
    headers: HeaderMap,
    ApiJson(body): ApiJson<RouteAsk>,
) -> Result<Response, Problem> {
    let ready = commands::route(id, body.clone())?;
    let answer = ask(
        &house,
        &caller,
        &headers,
        "interaction.route",
        &id.to_string(),
    )
    .send(&body, ready)
    .await?;
    Ok(noted(StatusCode::CREATED, &answer, body.notices()))
}

/// Complete an interaction; only its owner can.
#[utoipa::path(
    post, path = "/v1/interactions/{interaction}/complete", operation_id = "completeInteraction",
    tag = "interactions",
    params(("interaction" = String, Path, example = "i1", pattern = "^i[1-9][0-9]{0,18}$")),
    request_body = Complete,
    responses((status = 200, description = "It is over.", body = Written))
)]
pub(crate) async fn complete(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): Id,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Complete>,
) -> Result<Response, Problem> {
    let ready = commands::complete(&caller, id, body.clone())?;
    let answer = ask(
        &house,
        &caller,
        &headers,
        "interaction.complete",
        &id.to_string(),
    )
    .send(&body, ready)
    .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// End an interaction without its owner's completion.
#[utoipa::path(
    post, path = "/v1/interactions/{interaction}/stop", operation_id = "stopInteraction",
    tag = "interactions",
    params(("interaction" = String, Path, example = "i1", pattern = "^i[1-9][0-9]{0,18}$")),
    request_body = Stop,
    responses((status = 200, description = "It is over.", body = Written))
)]
pub(crate) async fn stop(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): Id,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Stop>,
) -> Result<Response, Problem> {
    let ready = commands::stop(id, body.clone())?;
    let answer = ask(
        &house,
        &caller,
        &headers,
        "interaction.stop",
        &id.to_string(),
    )
    .send(&body, ready)
    .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// Change a waiting route request in place: priority, credit, target, who is chosen. It keeps its
/// age.
#[utoipa::path(
    patch, path = "/v1/route-requests/{request}", operation_id = "changeRouteRequest",
    tag = "interactions",
    params(("request" = String, Path, example = "r1", pattern = "^r[1-9][0-9]{0,18}$")),
    request_body = RouteChange,
    responses((status = 200, description = "It is so from now on.", body = Written))
)]
pub(crate) async fn change(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): ApiPath<Text<RouteRequestId>>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<RouteChange>,
) -> Result<Response, Problem> {
    let ready = commands::change(id, body.clone())?;
    let answer = ask(&house, &caller, &headers, "route.change", &id.to_string())
        .send(&body, ready)
        .await?;
    Ok(noted(StatusCode::OK, &answer, body.notices()))
}

/// Take a route request back.
#[utoipa::path(
    delete, path = "/v1/route-requests/{request}", operation_id = "cancelRouteRequest",
    tag = "interactions",
    params(("request" = String, Path, example = "r1", pattern = "^r[1-9][0-9]{0,18}$")),
    responses((status = 200, description = "It waits no more.", body = Written))
)]
pub(crate) async fn cancel(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(id)): ApiPath<Text<RouteRequestId>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let answer = ask(&house, &caller, &headers, "route.cancel", &id.to_string())
        .send(&(), commands::cancel(id))
        .await?;
    Ok(marked(
        Json(Written::from(&answer)).into_response(),
        &answer,
    ))
}

async fn known_for(
    house: &House,
    caller: &Caller,
    queues: impl Iterator<Item = ringback_model::QueueId>,
) -> Result<Arc<Known>, Problem> {
    let queues: Vec<_> = queues.collect();
    let all = |known: &Known| queues.iter().all(|id| known.knows_queue(*id));
    house.names.with(caller.tenant, all).await
}

fn empty_page<T>() -> Page<T> {
    Page {
        items: Vec::new(),
        next: None,
    }
}
