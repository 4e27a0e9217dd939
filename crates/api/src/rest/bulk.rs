//! `/v1/snapshots` and `/v1/bulk`: looking through open interactions, and acting on many at once.

use super::views::pulling;
use super::{limit, read};
use crate::commands::{self, Ready};
use crate::door::Caller;
use crate::dto::bulk::{
    AssignAsk, BulkAct, BulkAsk, BulkItem, BulkView, SnapshotAsk, SnapshotPage, SnapshotView,
};
use crate::dto::interaction::InteractionView;
use crate::dto::work::PlaceAsk;
use crate::dto::written::Written;
use crate::extract::{ApiJson, ApiPath, ApiQuery};
use crate::idempotency;
use crate::names::Known;
use crate::personal;
use crate::problem::{About, Problem};
use crate::snapshots::{HELD_MAX, KEPT};
use crate::state::Shared;
use crate::text::{Text, Time};
use crate::work::Act;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use ringback_model::condition::Ranked;
use ringback_model::place::Place;
use ringback_model::route::{self, Ask};
use ringback_model::target::{Expression, Target};
use ringback_model::{InteractionId, Millis, Rare, WallTime};
use ringback_ports::envelope::Answer;
use ringback_ports::query::{Query, Search, View};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Instant;
use utoipa::IntoParams;

/// The most interactions one bulk request acts on.
const BULK_MAX: usize = 1_000;
/// How many of them are under way at once.
const UNDER_WAY: usize = 64;

/// Find the open interactions that fit a condition, and keep which they are for a while.
#[utoipa::path(
    post, path = "/v1/snapshots", operation_id = "takeSnapshot", tag = "interactions",
    request_body = SnapshotAsk,
    responses((status = 201, description = "Taken.", body = SnapshotView,
        headers(("Location" = String, description = "Where it can be read."))))
)]
pub(crate) async fn take(
    State(house): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<SnapshotAsk>,
) -> Result<Response, Problem> {
    let search = match &body.view {
        Some(Text(name)) => {
            let view = pulling(&house, &caller, name).await?.1.body;
            body.of_view(&view)?
        }
        None => body.into_search()?,
    };
    let search = Arc::new(search);
    let held = found(&house, &caller, &search).await?;
    let now = jiff::Timestamp::now().as_millisecond();
    let by = &caller.actor.name;
    let kept = house
        .snapshots
        .keep(caller.tenant, by, held, WallTime(now), Instant::now());
    let view = SnapshotView {
        id: format!("s{}", kept.id),
        total: kept.held.len(),
        taken_at: Time::wall(kept.taken),
        kept_ms: u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX),
    };
    let location = HeaderValue::try_from(format!("/v1/snapshots/{}", view.id));
    let location = location.expect("an id is a header value");
    let mut response = (StatusCode::CREATED, Json(view)).into_response();
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Everything that fits, in order; asked for stretch by stretch, so that the house goes on.
async fn found(
    house: &Shared,
    caller: &Caller,
    search: &Arc<Search>,
) -> Result<Vec<InteractionId>, Problem> {
    let mut all: Vec<(InteractionId, Ranked)> = Vec::new();
    let mut from = Some(InteractionId(1));
    while let Some(next) = from {
        let query = Query::Search(Arc::clone(search), next);
        let (_, View::Found(some, on)) = house.query(caller, query, "interactions").await? else {
            return Err(Problem::crossed());
        };
        all.extend(some);
        if all.len() > HELD_MAX {
            let problem = format!("more than {HELD_MAX} interactions fit: ask for fewer");
            return Err(Problem::invalid("/condition", problem).limit(HELD_MAX));
        }
        from = on;
    }
    all.sort_by(|(a, one), (b, other)| {
        let order = search.order.compare_ranked(one, other);
        order.then_with(|| a.cmp(b))
    });
    Ok(all.into_iter().map(|(id, _)| id).collect())
}

/// Which part of a snapshot.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// Only after so many: `next` of the page before.
    #[param(minimum = 0)]
    after: Option<usize>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// Some of a snapshot's interactions, as they are now.
#[utoipa::path(
    get, path = "/v1/snapshots/{snapshot}", operation_id = "getSnapshot", tag = "interactions",
    params(
        ("snapshot" = String, Path, example = "s1", pattern = "^s[1-9][0-9]{0,18}$"),
        Part
    ),
    responses((status = 200, description = "Some of them.", body = SnapshotPage))
)]
pub(crate) async fn page(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
    ApiQuery(part): ApiQuery<Part>,
) -> Result<Response, Problem> {
    let limit = limit(part.limit)?;
    let number = number(&id)?;
    let by = &caller.actor.name;
    let snapshot = house
        .snapshots
        .get(caller.tenant, by, number, Instant::now())
        .ok_or_else(|| no_snapshot(&id))?;
    let after = part.after.unwrap_or(0).min(snapshot.held.len());
    let end = after.saturating_add(limit).min(snapshot.held.len());
    let wanted = snapshot.held[after..end].to_vec();
    let query = Query::Interactions(wanted);
    let (sequence, View::Interactions(views)) = house.query(&caller, query, "interactions").await?
    else {
        return Err(Problem::crossed());
    };
    let enough = |known: &Known| {
        let mut shown = views.iter().map(|live| &live.interaction);
        shown.all(|it| known.knows_all_of(it))
    };
    let known = house.names.with(caller.tenant, enough).await?;
    let items = views.iter().map(|live| {
        let vault = house.hall.vault();
        let opened = personal::open_all(
            &*vault,
            caller.tenant,
            &live.interaction,
            caller.digits_shown,
        )?;
        Ok(InteractionView::live(&known, live, opened, sequence.0))
    });
    let items: Vec<_> = items.collect::<Result<_, Problem>>()?;
    let page = SnapshotPage {
        gone: end - after - items.len(),
        items,
        next: (end < snapshot.held.len()).then(|| end.to_string()),
    };
    Ok(read(sequence.0, page))
}

/// Let a snapshot go before its time.
#[utoipa::path(
    delete, path = "/v1/snapshots/{snapshot}", operation_id = "releaseSnapshot",
    tag = "interactions",
    params(("snapshot" = String, Path, example = "s1", pattern = "^s[1-9][0-9]{0,18}$")),
    responses((status = 204, description = "It is gone."))
)]
pub(crate) async fn release(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(id): ApiPath<String>,
) -> Result<StatusCode, Problem> {
    let by = &caller.actor.name;
    if house.snapshots.release(caller.tenant, by, number(&id)?) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(no_snapshot(&id))
}

/// The number in `s42`; whatever else is asked for does not exist.
fn number(id: &str) -> Result<u64, Problem> {
    let digits = id
        .strip_prefix('s')
        .filter(|it| !it.starts_with(['0', '+']));
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| no_snapshot(id))
}

fn no_snapshot(id: &str) -> Problem {
    Problem::nothing(format!(
        "snapshot {id} of yours, or none any more: take it again"
    ))
}

/// Do the same with many interactions. Each is done or refused by itself; the answer tells which.
/// With an `Idempotency-Key` a repetition does nothing twice.
#[utoipa::path(
    post, path = "/v1/bulk", operation_id = "actOnMany", tag = "interactions",
    request_body = BulkAsk,
    responses((status = 200, description = "What became of each.", body = BulkView))
)]
pub(crate) async fn act(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    ApiJson(body): ApiJson<BulkAsk>,
) -> Result<Response, Problem> {
    let count = body.interactions.len();
    if !(1..=BULK_MAX).contains(&count) {
        let problem = format!("1 to {BULK_MAX} interactions at once");
        return Err(Problem::invalid("/interactions", problem).limit(BULK_MAX));
    }
    body.act.check()?;
    // The request itself was counted at the door.
    caller.limits.take_many(count - 1)?;
    let key = idempotency::key_of(&headers)?;
    let asked = Asked {
        house: &house,
        caller: &caller,
        key,
        act: &body.act,
    };
    let ids: Vec<_> = body.interactions.iter().map(|id| id.0).collect();
    let each = stream::iter(ids).map(|id| asked.on(id));
    let items: Vec<BulkItem> = each.buffered(UNDER_WAY).collect().await;
    let done = items.iter().filter(|item| item.written.is_some()).count();
    let sequence = items.iter().filter_map(|item| item.written.as_ref());
    let sequence = sequence.map(|it| it.sequence).max().unwrap_or(0);
    let view = BulkView {
        refused: items.len() - done,
        done,
        items,
    };
    Ok(read(sequence, view))
}

/// One act, asked of many.
struct Asked<'a> {
    house: &'a Shared,
    caller: &'a Caller,
    key: Option<&'a str>,
    act: &'a BulkAct,
}

impl Asked<'_> {
    async fn on(&self, id: InteractionId) -> BulkItem {
        let (status, written, problem) = match self.done(id).await {
            Ok(answer) => (200, Some(Written::from(&answer)), None),
            Err(problem) => (problem.status(), None, Some(problem)),
        };
        BulkItem {
            interaction: Text(id),
            status,
            written,
            problem,
        }
    }

    async fn done(&self, id: InteractionId) -> Result<Answer, Problem> {
        let ready = match self.act.clone() {
            BulkAct::Place(body) => Act::from(*body).ready(self.house, self.caller, id).await?,
            BulkAct::Change(body) => Act::from(*body).ready(self.house, self.caller, id).await?,
            BulkAct::Stop(body) => commands::stop(id, body)?,
            BulkAct::Route(body) => commands::route(id, *body)?,
            BulkAct::Assign(body) => return self.assign(id, body).await,
        };
        self.send(id, "bulk", ready).await
    }

    /// Two steps: whoever has it leaves it, unless it rests already; then the agent is asked.
    async fn assign(&self, id: InteractionId, body: AssignAsk) -> Result<Answer, Problem> {
        let what = format!("interaction {id}");
        let query = Query::Interaction(id);
        let View::Interaction(live) = self.house.query(self.caller, query, what).await?.1 else {
            return Err(Problem::crossed());
        };
        if live.interaction.place != Place::Queue {
            let queue = live.interaction.queue;
            let knows = |known: &Known| known.knows_queue(queue);
            let known = self.house.names.with(self.caller.tenant, knows).await?;
            let back = PlaceAsk {
                queue: Some(known.queue(queue)),
                force: true,
                ..PlaceAsk::default()
            };
            let ready = Act::from(back).ready(self.house, self.caller, id).await?;
            self.send(id, "bulk.take", ready).await?;
        }
        let ask = Box::new(Ask {
            virtual_queue: body.virtual_queue.0,
            target: Target::fixed(Expression::Agent(body.agent.0)),
            tier: None,
            credit: Millis::ZERO,
            selection: Rare::none(),
            targets: None,
        });
        let input = route::Input::Request {
            interaction: id,
            ask,
        };
        let ready = Ready::new(input, About::Interaction(id));
        self.send(id, "bulk.assign", ready).await
    }

    async fn send(
        &self,
        id: InteractionId,
        verb: &'static str,
        ready: Ready,
    ) -> Result<Answer, Problem> {
        // Each interaction and each step is an asking of its own.
        let key = self.key.map(|key| format!("{key} {verb} {id}"));
        let target = id.to_string();
        let idempotent = commands::idempotent(self.caller, key.as_deref(), verb, &target, self.act);
        self.house
            .command(self.caller, idempotent, ready.input, ready.about)
            .await
    }
}
