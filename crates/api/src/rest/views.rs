//! `/v1/views`: how views of interaction queues are doing. They are made and changed under
//! `/v1/config/view`.

use super::read;
use crate::door::Caller;
use crate::dto::view::PullingView;
use crate::extract::ApiPath;
use crate::problem::Problem;
use crate::state::Shared;
use axum::extract::State;
use axum::response::Response;
use ringback_model::Name;
use ringback_ports::Sequence;
use ringback_ports::query::{PullView, Query, View};

/// How a view is doing: when it looks next, what rests in its queue, what is under way by it.
#[utoipa::path(
    get, path = "/v1/views/{name}", operation_id = "getView", tag = "queues",
    params(("name" = String, Path, example = "loans")),
    responses((status = 200, description = "The view.", body = PullingView))
)]
pub(crate) async fn get(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(wanted): ApiPath<String>,
) -> Result<Response, Problem> {
    let what = format!("view {wanted}");
    let wanted = wanted.parse().map_err(|_| Problem::nothing(&what))?;
    let (sequence, view) = pulling(&house, &caller, &wanted).await?;
    Ok(read(
        sequence.0,
        PullingView::new(&view, sequence.0, caller.digits_shown),
    ))
}

/// A view by name, if the caller reaches its queue.
pub(super) async fn pulling(
    house: &Shared,
    caller: &Caller,
    name: &Name,
) -> Result<(Sequence, Box<PullView>), Problem> {
    let query = Query::ViewNamed(name.clone());
    let asked = house.query(caller, query, format!("view {name}")).await?;
    match asked {
        (sequence, View::Pulling(view)) => Ok((sequence, view)),
        _ => Err(Problem::crossed()),
    }
}
