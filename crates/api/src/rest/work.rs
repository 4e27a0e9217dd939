//! `/v1/interactions/{interaction}/...`: what agents, supervisors and systems do with one.

use super::{ask, limit, read, written};
use crate::commands;
use crate::door::Caller;
use crate::dto::interaction::{InteractionView, Submit};
use crate::dto::work::{
    ChangeAsk, InviteAsk, MonitorAsk, PlaceAsk, PullAsk, TransferAsk, WorkbinView, WrapUpAsk,
};
use crate::dto::written::Written;
use crate::dto::{Empty, Page};
use crate::extract::{ApiJson, ApiPath, ApiQuery};
use crate::names::Known;
use crate::personal;
use crate::problem::Problem;
use crate::state::Shared;
use crate::text::Text;
use crate::work::Act;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use ringback_model::config::Kind;
use ringback_model::{InteractionId, Name, Outcome};
use ringback_ports::query::{Keeper, Query, View};
use serde::Deserialize;
use utoipa::IntoParams;

macro_rules! acts {
    ($(
        $(#[$doc:meta])*
        $name:ident($body:ty => $act:path), $path:literal, $operation:literal, $verb:literal,
        $says:literal;
    )*) => {$(
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, operation_id = $operation, tag = "interactions",
            params(("interaction" = String, Path, example = "i1", pattern = "^i[1-9][0-9]{0,18}$")),
            request_body = $body,
            responses((status = 200, description = $says, body = Written))
        )]
        pub(crate) async fn $name(
            State(house): State<Shared>,
            caller: Caller,
            ApiPath(Text(id)): ApiPath<Text<InteractionId>>,
            headers: HeaderMap,
            ApiJson(body): ApiJson<$body>,
        ) -> Result<Response, Problem> {
            let act = $act(body);
            let asked = act.clone();
            let ready = act.ready(&house, &caller, id).await?;
            let answer = ask(&house, &caller, &headers, $verb, &id.to_string())
                .send(&asked, ready)
                .await?;
            Ok(written(StatusCode::OK, &answer))
        }
    )*};
}

acts! {
    /// Put it into a queue or a workbin, back where it was, or out by a named way.
    place(PlaceAsk => Act::from), "/v1/interactions/{interaction}/place", "placeInteraction",
        "interaction.place", "It rests there, or is over.";
    /// Take it from the queue or workbin where it rests; an agent's own.
    pull(PullAsk => Act::from), "/v1/interactions/{interaction}/pull", "pullInteraction",
        "interaction.pull", "The agent owns it.";
    /// Change its properties and user data.
    change(ChangeAsk => Act::from), "/v1/interactions/{interaction}/change", "changeInteraction",
        "interaction.change", "It is changed.";
    /// Hand it to another agent, to a group or to a queue; only its owner can.
    transfer(TransferAsk => Act::from), "/v1/interactions/{interaction}/transfer",
        "transferInteraction", "interaction.transfer",
        "The agent is asked, or it waits for the group, or rests in the queue.";
    /// Ask another agent to advise or to join; only its owner can.
    invite(InviteAsk => Act::from), "/v1/interactions/{interaction}/invite", "inviteAgent",
        "interaction.invite", "The agent is asked.";
    /// Let an agent listen, and perhaps speak to its owner.
    monitor(MonitorAsk => Act::from), "/v1/interactions/{interaction}/monitor",
        "monitorInteraction", "interaction.monitor", "The agent listens.";
    /// Take part no more. When its owner leaves, the one of a conference who has been there longest
    /// owns it, or it rests where it was.
    leave(Empty => Act::Leave), "/v1/interactions/{interaction}/leave", "leaveInteraction",
        "interaction.leave", "The agent takes part no more.";
    /// Let the customer wait; only its owner can.
    hold(Empty => Act::Hold), "/v1/interactions/{interaction}/hold", "holdInteraction",
        "interaction.hold", "It is on hold.";
    /// Go on after a hold; only its owner can.
    resume(Empty => Act::Resume), "/v1/interactions/{interaction}/resume", "resumeInteraction",
        "interaction.resume", "It goes on.";
    /// Keep others from changing it: its owner, or a supervisor while it rests.
    lock(Empty => Act::Lock), "/v1/interactions/{interaction}/lock", "lockInteraction",
        "interaction.lock", "It is locked.";
    /// Let others change it again. A supervisor ends anybody's lock; that is recorded.
    unlock(Empty => Act::Unlock), "/v1/interactions/{interaction}/unlock", "unlockInteraction",
        "interaction.unlock", "It is not locked any more.";
    /// Finish or extend the wrap-up after a contact, or say what came of it; only its owner can.
    wrap_up(WrapUpAsk => Act::WrapUp), "/v1/interactions/{interaction}/wrap-up",
        "wrapUpInteraction", "interaction.wrap_up", "It is so.";
}

/// Begin work of one's own: an outbound or internal interaction that is the agent's at once.
#[utoipa::path(
    post, path = "/v1/interactions/begin", operation_id = "beginInteraction",
    tag = "interactions", request_body = Submit,
    responses((status = 201, description = "The agent owns it.", body = Written,
        headers(("Location" = String, description = "Where it can be read."))))
)]
pub(crate) async fn begin(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Submit>,
) -> Result<Response, Problem> {
    let asked = body.clone();
    let ready = commands::begin(&house, &caller, body).await?;
    let answer = ask(&house, &caller, &headers, "interaction.begin", "")
        .send(&asked, ready)
        .await?;
    let mut response = written(StatusCode::CREATED, &answer);
    if let Outcome::Submitted { interaction, .. } = answer.outcome {
        let location = HeaderValue::try_from(format!("/v1/interactions/{interaction}"));
        let location = location.expect("an id is a header value");
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// The workbins of an agent that hold something.
#[utoipa::path(
    get, path = "/v1/agents/{name}/workbins", operation_id = "listWorkbins", tag = "agents",
    params(("name" = String, Path, example = "me")),
    responses((status = 200, description = "All of them.", body = super::List<WorkbinView>))
)]
pub(crate) async fn workbins(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
) -> Result<Response, Problem> {
    let agent = house.agent(&caller, &name).await?;
    list_of(&house, &caller, Keeper::Agent(agent), "agent").await
}

/// The workbins of a group that hold something the caller sees.
#[utoipa::path(
    get, path = "/v1/groups/{group}/workbins", operation_id = "listGroupWorkbins",
    tag = "agents",
    params(("group" = String, Path, example = "back_office")),
    responses((status = 200, description = "All of them.", body = super::List<WorkbinView>))
)]
pub(crate) async fn group_workbins(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(Text(group)): ApiPath<Text<Name>>,
) -> Result<Response, Problem> {
    let what = format!("group {group}");
    list_of(&house, &caller, Keeper::Group(group), &what).await
}

async fn list_of(
    house: &Shared,
    caller: &Caller,
    owner: Keeper,
    what: &str,
) -> Result<Response, Problem> {
    let query = Query::Workbins(owner);
    let (sequence, View::Workbins(bins)) = house.query(caller, query, what).await? else {
        return Err(Problem::crossed());
    };
    let bins = bins.into_iter().map(|(name, count)| WorkbinView {
        name: name.to_string(),
        count,
    });
    let items = bins.collect();
    Ok(read(sequence.0, super::List { items }))
}

/// Which part of a workbin.
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

/// What rests in a workbin, first come first.
#[utoipa::path(
    get, path = "/v1/agents/{name}/workbins/{workbin}", operation_id = "getWorkbin",
    tag = "agents",
    params(
        ("name" = String, Path, example = "me"),
        ("workbin" = String, Path, example = "drafts"),
        Part
    ),
    responses((status = 200, description = "Some of it.", body = Page<InteractionView>))
)]
pub(crate) async fn workbin(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((name, Text(workbin))): ApiPath<(String, Text<Name>)>,
    ApiQuery(part): ApiQuery<Part>,
) -> Result<Response, Problem> {
    let agent = house.agent(&caller, &name).await?;
    contents(
        &house,
        &caller,
        (Keeper::Agent(agent), workbin),
        "agent",
        part,
    )
    .await
}

/// What rests in a workbin of a group, first come first.
#[utoipa::path(
    get, path = "/v1/groups/{group}/workbins/{workbin}", operation_id = "getGroupWorkbin",
    tag = "agents",
    params(
        ("group" = String, Path, example = "back_office"),
        ("workbin" = String, Path, example = "mail"),
        Part
    ),
    responses((status = 200, description = "Some of it.", body = Page<InteractionView>))
)]
pub(crate) async fn group_workbin(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((Text(group), Text(workbin))): ApiPath<(Text<Name>, Text<Name>)>,
    ApiQuery(part): ApiQuery<Part>,
) -> Result<Response, Problem> {
    let what = format!("group {group}");
    contents(
        &house,
        &caller,
        (Keeper::Group(group), workbin),
        &what,
        part,
    )
    .await
}

async fn contents(
    house: &Shared,
    caller: &Caller,
    (owner, workbin): (Keeper, Name),
    what: &str,
    part: Part,
) -> Result<Response, Problem> {
    let limit = limit(part.limit)?;
    let skip = part.after.unwrap_or(0);
    let query = Query::Workbin {
        owner: owner.clone(),
        name: workbin.clone(),
        skip,
        limit,
    };
    let (sequence, View::Workbin(views, all)) = house.query(caller, query, what).await? else {
        return Err(Problem::crossed());
    };
    if all == 0 {
        // One that holds nothing is there if it is configured.
        let what = format!("workbin {workbin}");
        let configured = Query::ObjectNamed(Kind::Workbin, workbin);
        house.query(caller, configured, what).await?;
    }
    let enough = |known: &Known| {
        let mut shown = views.iter().map(|live| &live.interaction);
        shown.all(|it| known.knows_all_of(it))
    };
    let known = house.names.with(caller.tenant, enough).await?;
    let shown = skip + views.len();
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
    let items = items.collect::<Result<Vec<_>, Problem>>()?;
    let next = (shown < all && !items.is_empty()).then(|| shown.to_string());
    Ok(read(sequence.0, Page { items, next }))
}
