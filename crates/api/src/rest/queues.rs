//! `/v1/queues` and `/v1/virtual-queues`.

use super::config::{Expect, name, put_answer};
use super::{List, ask, limit, read, tagged};
use crate::door::Caller;
use crate::dto::config::{QueuePut, QueueView, VirtualQueuePut, VirtualQueueView};
use crate::dto::route::LineView;
use crate::dto::written::Written;
use crate::extract::{ApiJson, ApiPath, ApiQuery};
use crate::problem::{About, Problem};
use crate::state::Shared;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ringback_model::{Input, config};
use ringback_ports::query::{Query, View};
use serde::Deserialize;
use utoipa::IntoParams;

/// All interaction queues.
#[utoipa::path(
    get, path = "/v1/queues", operation_id = "listQueues", tag = "queues",
    responses((status = 200, description = "All in scope.", body = List<QueueView>))
)]
pub(crate) async fn list(State(house): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let asked = house.query(&caller, Query::Queues, "queues").await?;
    let (sequence, View::Queues(queues)) = asked else {
        return Err(Problem::crossed());
    };
    let items = queues.iter().map(|one| QueueView::new(one, sequence.0));
    let items = items.collect();
    Ok(read(sequence.0, List { items }))
}

/// One interaction queue.
#[utoipa::path(
    get, path = "/v1/queues/{name}", operation_id = "getQueue", tag = "queues",
    params(("name" = String, Path, example = "support")),
    responses((status = 200, description = "The queue.", body = QueueView,
        headers(("ETag" = String, description = "Its version."))))
)]
pub(crate) async fn get(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(wanted): ApiPath<String>,
) -> Result<Response, Problem> {
    let what = format!("queue {wanted}");
    let wanted = wanted.parse().map_err(|_| Problem::nothing(&what))?;
    let asked = house
        .query(&caller, Query::QueueNamed(wanted), what)
        .await?;
    let (sequence, View::Queue(queue)) = asked else {
        return Err(Problem::crossed());
    };
    let view = QueueView::new(&queue, sequence.0);
    Ok(tagged(sequence.0, view.version(), view))
}

/// Make or change an interaction queue.
#[utoipa::path(
    put, path = "/v1/queues/{name}", operation_id = "putQueue", tag = "queues",
    params(("name" = String, Path, example = "support"), Expect),
    request_body = QueuePut,
    responses(
        (status = 200, description = "Changed.", body = Written),
        (status = 201, description = "Made.", body = Written)
    )
)]
pub(crate) async fn put(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<QueuePut>,
) -> Result<Response, Problem> {
    let input = config::Input::PutQueue {
        name: name(&target)?,
        body: body.clone().into_model(),
        expected: Expect::of(&headers)?,
    };
    let answer = ask(&house, &caller, &headers, "queue.put", &target)
        .send_input(&body, Input::Config(input), About::Named)
        .await?;
    Ok(put_answer(&answer))
}

/// All virtual queues.
#[utoipa::path(
    get, path = "/v1/virtual-queues", operation_id = "listVirtualQueues", tag = "queues",
    responses((status = 200, description = "All of them.", body = List<VirtualQueueView>))
)]
pub(crate) async fn list_virtual(
    State(house): State<Shared>,
    caller: Caller,
) -> Result<Response, Problem> {
    let asked = house.query(&caller, Query::VirtualQueues, "virtual queues");
    let (sequence, View::VirtualQueues(queues)) = asked.await? else {
        return Err(Problem::crossed());
    };
    let items = queues.iter();
    let items = items.map(|one| VirtualQueueView::new(one, sequence.0));
    let items = items.collect();
    Ok(read(sequence.0, List { items }))
}

/// One virtual queue.
#[utoipa::path(
    get, path = "/v1/virtual-queues/{name}", operation_id = "getVirtualQueue", tag = "queues",
    params(("name" = String, Path, example = "english")),
    responses((status = 200, description = "The virtual queue.", body = VirtualQueueView,
        headers(("ETag" = String, description = "Its version."))))
)]
pub(crate) async fn get_virtual(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(wanted): ApiPath<String>,
) -> Result<Response, Problem> {
    let (sequence, queue) = virtual_queue(&house, &caller, &wanted).await?;
    let view = VirtualQueueView::new(&queue, sequence);
    Ok(tagged(sequence, view.version(), view))
}

async fn virtual_queue(
    house: &Shared,
    caller: &Caller,
    wanted: &str,
) -> Result<(u64, ringback_ports::query::VirtualQueueView), Problem> {
    let what = format!("virtual queue {wanted}");
    let wanted = wanted.parse().map_err(|_| Problem::nothing(&what))?;
    let asked = house.query(caller, Query::VirtualQueueNamed(wanted), what);
    match asked.await? {
        (sequence, View::VirtualQueue(queue)) => Ok((sequence.0, *queue)),
        _ => Err(Problem::crossed()),
    }
}

/// Make or change a virtual queue.
#[utoipa::path(
    put, path = "/v1/virtual-queues/{name}", operation_id = "putVirtualQueue", tag = "queues",
    params(("name" = String, Path, example = "english"), Expect),
    request_body = VirtualQueuePut,
    responses(
        (status = 200, description = "Changed.", body = Written),
        (status = 201, description = "Made.", body = Written)
    )
)]
pub(crate) async fn put_virtual(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<VirtualQueuePut>,
) -> Result<Response, Problem> {
    let input = config::Input::PutVirtualQueue {
        name: name(&target)?,
        body: body.clone().into_model(),
        expected: Expect::of(&headers)?,
    };
    let answer = ask(&house, &caller, &headers, "virtual_queue.put", &target)
        .send_input(&body, Input::Config(input), About::Named)
        .await?;
    Ok(put_answer(&answer))
}

/// How much of a line.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// The first requests in line, the next to be served first.
#[utoipa::path(
    get, path = "/v1/virtual-queues/{name}/line", operation_id = "virtualQueueLine",
    tag = "queues",
    params(("name" = String, Path, example = "english"), Head),
    responses((status = 200, description = "The head of the line.", body = LineView))
)]
pub(crate) async fn line(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(wanted): ApiPath<String>,
    ApiQuery(head): ApiQuery<Head>,
) -> Result<Response, Problem> {
    let limit = limit(head.limit)?;
    let (_, queue) = virtual_queue(&house, &caller, &wanted).await?;
    let queue = queue.virtual_queue;
    let query = Query::Line {
        virtual_queue: queue.id,
        limit,
    };
    let (sequence, View::Line(line)) = house.query(&caller, query, "line").await? else {
        return Err(Problem::crossed());
    };
    let known = house
        .names
        .with(caller.tenant, |known| known.knows_virtual_queue(queue.id))
        .await?;
    let view = LineView::new(&known, &queue.name, &line, sequence.0);
    Ok(read(sequence.0, view))
}
