//! `/v1/overview`, `/v1/outbox`, `/v1/totals`: the numbers a supervisor watches.

use super::{Freshness, List, limit, read};
use crate::door::Caller;
use crate::dto::numbers::{EffectView, OverviewView, PutAsideView, TotalsPage, TotalsView};
use crate::dto::text;
use crate::extract::ApiQuery;
use crate::problem::Problem;
use crate::state::{House, Shared};
use axum::extract::State;
use axum::response::Response;
use ringback_model::VirtualQueueId;
use ringback_ports::query::{Query, View, VirtualQueueView};
use ringback_ports::records::{RecordsPage, RecordsQuery};
use serde::Deserialize;
use utoipa::IntoParams;

/// How many interactions are where, who is ready, what is under way.
#[utoipa::path(
    get, path = "/v1/overview", operation_id = "overview", tag = "numbers",
    responses((status = 200, description = "The numbers.", body = OverviewView))
)]
pub(crate) async fn overview(
    State(house): State<Shared>,
    caller: Caller,
) -> Result<Response, Problem> {
    let (sequence, view) = overview_view(&house, &caller).await?;
    Ok(read(sequence, view))
}

/// The numbers and the record they were read after.
pub(crate) async fn overview_view(
    house: &House,
    caller: &Caller,
) -> Result<(u64, OverviewView), Problem> {
    match house.query(caller, Query::Overview, "overview").await? {
        (sequence, View::Overview(overview)) => Ok((sequence.0, OverviewView::from(&*overview))),
        _ => Err(Problem::crossed()),
    }
}

/// How many effects.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Most {
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// What was asked of the outside world and is not finished; what was given up comes first.
#[utoipa::path(
    get, path = "/v1/outbox", operation_id = "outbox", tag = "numbers",
    params(Most),
    responses((status = 200, description = "Some of it.", body = List<EffectView>))
)]
pub(crate) async fn outbox(
    State(house): State<Shared>,
    caller: Caller,
    ApiQuery(most): ApiQuery<Most>,
) -> Result<Response, Problem> {
    let query = Query::Outbox(limit(most.limit)?);
    let (sequence, View::Outbox(orders)) = house.query(&caller, query, "outbox").await? else {
        return Err(Problem::crossed());
    };
    let items = orders.iter().map(EffectView::from).collect();
    Ok(read(sequence.0, List { items }))
}

/// Inputs that were put aside, because applying them made the engine fail; the newest first. The
/// same input is answered with its number and not tried again until the server is started anew.
#[utoipa::path(
    get, path = "/v1/quarantine", operation_id = "listQuarantined", tag = "numbers",
    params(Most),
    responses((status = 200, description = "Some of them.", body = List<PutAsideView>))
)]
pub(crate) async fn quarantine(
    State(house): State<Shared>,
    caller: Caller,
    ApiQuery(most): ApiQuery<Most>,
) -> Result<Response, Problem> {
    let query = Query::Quarantined(limit(most.limit)?);
    let asked = house.query(&caller, query, "quarantine").await?;
    let (sequence, View::Quarantined(found)) = asked else {
        return Err(Problem::crossed());
    };
    let items = found.iter().map(PutAsideView::from).collect();
    Ok(read(sequence.0, List { items }))
}

/// The balance of waits per virtual queue: entered = left + waiting + offered.
#[utoipa::path(
    get, path = "/v1/totals", operation_id = "totals", tag = "numbers",
    params(Freshness),
    responses((status = 200, description = "The balance.", body = TotalsPage))
)]
pub(crate) async fn totals(
    State(house): State<Shared>,
    caller: Caller,
    ApiQuery(freshness): ApiQuery<Freshness>,
) -> Result<Response, Problem> {
    // The records know no actor; the gate in the hall speaks for numbers of the whole tenant.
    overview_view(&house, &caller).await?;
    let asked = house.query(&caller, Query::VirtualQueues, "virtual queues");
    let (sequence, View::VirtualQueues(queues)) = asked.await? else {
        return Err(Problem::crossed());
    };
    let found = house
        .records(
            &caller,
            freshness.at_least,
            RecordsQuery::WaitTotals,
            "totals",
        )
        .await?;
    let RecordsPage::WaitTotals(ended) = found.value else {
        return Err(Problem::crossed());
    };
    let items = queues.iter().map(|queue| balance(queue, &ended)).collect();
    let page = TotalsPage {
        items,
        sequence: sequence.0,
        records_sequence: found.sequence.0,
    };
    Ok(read(sequence.0, page))
}

fn balance(live: &VirtualQueueView, ended: &[(VirtualQueueId, String, u64)]) -> TotalsView {
    let id = live.virtual_queue.id;
    let ended = ended.iter().filter(|(of, ..)| *of == id);
    TotalsView {
        virtual_queue: text(&live.virtual_queue.name),
        entered: live.entered,
        left: live.left,
        waiting: live.waiting,
        offered: live.offered,
        ended: ended.map(|(_, how, count)| (how.clone(), *count)).collect(),
    }
}
