//! `/v1/webhooks`: how webhooks stand, their signing secrets, what they were told and telling it
//! again. What is set of them is a configuration object: `/v1/config/webhook/{name}`.

use super::{List, ask, limit, marked, parameter, read};
use crate::door::Caller;
use crate::dto::text;
use crate::dto::webhook::{
    DeliveriesPage, DeliveryDetail, DeliveryView, MakeSecret, Pinged, Redeliver, Redelivered,
    SecretMade, StateWord, WebhookView, standing_of,
};
use crate::extract::{ApiJson, ApiPath, ApiQuery};
use crate::problem::{About, Problem};
use crate::state::{House, Shared};
use crate::text::Time;
use crate::webhooks::{Envelope, Head, WAITING_MAX};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use ringback_model::config::{self, Body, Expected, Kind, Object, Webhook, WebhookSecret};
use ringback_model::{Input, Name, Outcome, WallTime};
use ringback_ports::outward::{Deliveries, DeliveryState, Ledger, NewDelivery, Standing, Which};
use ringback_ports::query::{Configured, Query, View};
use ringback_ports::store::StoreFault;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

/// How all webhooks stand.
#[utoipa::path(
    get, path = "/v1/webhooks", operation_id = "listWebhooks", tag = "webhooks",
    responses((status = 200, description = "All of them.", body = List<WebhookView>))
)]
pub(crate) async fn list(State(house): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let asked = Query::Objects(Kind::Webhook);
    let asked = house.query(&caller, asked, "webhooks").await?;
    let (sequence, View::Objects(found)) = asked else {
        return Err(Problem::crossed());
    };
    let standing = standing(&house, &caller).await?;
    let items = found.into_iter().filter_map(|it| {
        let (object, hook) = hook_of(it)?;
        let standing = standing_of(&standing, object.id);
        Some(WebhookView::new(&object, &hook, &standing, now()))
    });
    let items = items.collect();
    Ok(read(sequence.0, List { items }))
}

/// How a webhook stands: whether it is told what happens, and if not, why.
#[utoipa::path(
    get, path = "/v1/webhooks/{name}", operation_id = "getWebhook", tag = "webhooks",
    params(("name" = String, Path, example = "crm")),
    responses((status = 200, description = "The webhook.", body = WebhookView))
)]
pub(crate) async fn get(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
) -> Result<Response, Problem> {
    let (sequence, object, hook) = to_see(&house, &caller, &name).await?;
    let standing = standing(&house, &caller).await?;
    let standing = standing_of(&standing, object.id);
    Ok(read(
        sequence,
        WebhookView::new(&object, &hook, &standing, now()),
    ))
}

/// Make a new signing secret; it is in the answer, once. The one before goes on signing as well for
/// as long as is asked, so that the receiver can change over.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/secret", operation_id = "makeWebhookSecret", tag = "webhooks",
    params(("name" = String, Path, example = "crm")),
    request_body = MakeSecret,
    responses((status = 201, description = "Made.", body = SecretMade))
)]
pub(crate) async fn secret(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<MakeSecret>,
) -> Result<Response, Problem> {
    let overlap = body.overlap_s()?;
    let (_, object, mut hook) = to_change(&house, &caller, &target).await?;
    let secret = format!("whsec_{}", STANDARD.encode(random::<32>()?));
    let vault = house.hall.vault();
    let sealed = vault.seal(caller.tenant, None, secret.as_bytes())?;
    let until = WallTime(now().0.saturating_add(overlap.saturating_mul(1_000)));
    let before = hook.secrets.first().map(|it| it.sealed.clone());
    hook.secrets = vec![WebhookSecret {
        sealed,
        until: None,
    }];
    if let Some(sealed) = before.filter(|_| overlap > 0) {
        let until = Some(until);
        hook.secrets.push(WebhookSecret { sealed, until });
    }
    let kept = hook.secrets.len() > 1;
    let input = config::Input::Put {
        name: object.name.clone(),
        body: Box::new(Body::Webhook(hook)),
        expected: Expected::Version(object.version),
    };
    let answer = ask(&house, &caller, &headers, "webhook.secret", &target)
        .send_input(&body, Input::Config(input), About::Named)
        .await?;
    let version = match answer.outcome {
        Outcome::Put { version } => Some(version),
        _ => None,
    };
    let made = SecretMade {
        // A repetition made no secret; the first one is known to nobody here.
        secret: (!answer.repeated).then_some(secret),
        previous_until: kept.then_some(Time::wall(until)),
        version,
        sequence: answer.sequence.0,
    };
    Ok(marked((StatusCode::CREATED, Json(made)), &answer))
}

/// Tell a webhook an event `webhook.ping`, to try it out.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/ping", operation_id = "pingWebhook", tag = "webhooks",
    params(("name" = String, Path, example = "crm")),
    responses((status = 202, description = "It will be told.", body = Pinged))
)]
pub(crate) async fn ping(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
) -> Result<Response, Problem> {
    let (_, object, hook) = to_change(&house, &caller, &name).await?;
    if hook.secrets.is_empty() {
        let problem = "it has no signing secret yet: POST /v1/webhooks/{name}/secret makes one";
        return Err(Problem::new("webhook.no_secret", problem));
    }
    let tenants = house.hall.tenants();
    let tenant = tenants.iter().find(|it| it.id == caller.tenant);
    let chance = URL_SAFE_NO_PAD.encode(random::<12>()?);
    let id = format!("{}-{}-ping-{chance}", caller.tenant, object.id);
    let made = now();
    let head = Head {
        id: id.clone(),
        tenant: tenant.map_or("", |it| it.name.as_str()),
        event: PING,
        subject: None,
        time: Time::wall(made),
        cursor: None,
    };
    let delivery = NewDelivery {
        hook: object.id,
        id: id.clone(),
        event: PING.to_owned(),
        made,
        body: Envelope::new(head, json!({"webhook": text(&object.name)})).to_bytes(),
    };
    let tenant = caller.tenant;
    kept(&house, move |it| {
        it.take_in(tenant, &[delivery], None, WAITING_MAX)
    })
    .await?;
    ledger(&house)?.ring();
    Ok((StatusCode::ACCEPTED, Json(Pinged { delivery: id })).into_response())
}

/// The event that tries a webhook out.
const PING: &str = "webhook.ping";

/// Tell a webhook again what happens, after the server stopped that by itself. What waits is tried
/// at once.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/enable", operation_id = "enableWebhook", tag = "webhooks",
    params(("name" = String, Path, example = "crm")),
    responses((status = 200, description = "How it stands.", body = WebhookView))
)]
pub(crate) async fn enable(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
) -> Result<Response, Problem> {
    let (sequence, object, hook) = to_change(&house, &caller, &name).await?;
    let (tenant, id, at) = (caller.tenant, object.id, now());
    kept(&house, move |it| {
        it.disable(tenant, id, None)?;
        let waiting = Which {
            state: Some(DeliveryState::Waiting),
            ..Which::of(id)
        };
        it.again(tenant, &waiting, at)
    })
    .await?;
    ledger(&house)?.ring();
    let standing = standing(&house, &caller).await?;
    let standing = standing_of(&standing, object.id);
    Ok(read(
        sequence,
        WebhookView::new(&object, &hook, &standing, now()),
    ))
}

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Only those in this state.
    state: Option<StateWord>,
    /// Only of what happened at or after this.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only of what happened before this.
    #[param(format = DateTime)]
    to: Option<String>,
    /// Only those before this number: `next` of the page before.
    #[param(minimum = 0)]
    before: Option<u64>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

fn instant(name: &str, text: Option<&String>) -> Result<Option<WallTime>, Problem> {
    let read = |text: &String| parameter::<Timestamp>(name, text);
    let read = text.map(read).transpose()?;
    Ok(read.map(wall))
}

/// What a webhook was told and is to be told, the newest first.
#[utoipa::path(
    get, path = "/v1/webhooks/{name}/deliveries", operation_id = "listDeliveries",
    tag = "webhooks",
    params(("name" = String, Path, example = "crm"), Wanted),
    responses((status = 200, description = "Some of it.", body = DeliveriesPage))
)]
pub(crate) async fn deliveries(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    ApiQuery(wanted): ApiQuery<Wanted>,
) -> Result<Response, Problem> {
    let most = limit(wanted.limit)?;
    if wanted.before.is_some_and(|it| i64::try_from(it).is_err()) {
        let problem = format!("at most {}", i64::MAX);
        return Err(Problem::invalid("query:before", problem));
    }
    let (from, to) = (
        instant("from", wanted.from.as_ref())?,
        instant("to", wanted.to.as_ref())?,
    );
    let (sequence, object, _) = to_see(&house, &caller, &name).await?;
    let which = Which {
        state: wanted.state.map(Into::into),
        from,
        to,
        ..Which::of(object.id)
    };
    let tenant = caller.tenant;
    let found = kept(&house, move |it| {
        it.list(tenant, &which, wanted.before, most)
    })
    .await?;
    let last = found.last().map(|it| it.number);
    let page = DeliveriesPage {
        next: last.filter(|_| found.len() == most),
        items: found.iter().map(DeliveryView::from).collect(),
    };
    Ok(read(sequence, page))
}

/// One delivery with what is sent and its last attempts.
#[utoipa::path(
    get, path = "/v1/webhooks/{name}/deliveries/{delivery}", operation_id = "getDelivery",
    tag = "webhooks",
    params(
        ("name" = String, Path, example = "crm"),
        ("delivery" = String, Path, example = "t1-x5-812.3")
    ),
    responses((status = 200, description = "The delivery.", body = DeliveryDetail))
)]
pub(crate) async fn delivery(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((name, id)): ApiPath<(String, String)>,
) -> Result<Response, Problem> {
    let (sequence, object, _) = to_see(&house, &caller, &name).await?;
    let what = format!("delivery {id}");
    let which = Which {
        id: Some(id),
        ..Which::of(object.id)
    };
    let tenant = caller.tenant;
    let found = kept(&house, move |it| it.list(tenant, &which, None, 1)).await?;
    let found = found.first().ok_or_else(|| Problem::nothing(what))?;
    Ok(read(sequence, DeliveryDetail::of(found)?))
}

/// Tell a webhook one thing again, under the same id.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/deliveries/{delivery}/redeliver",
    operation_id = "redeliver", tag = "webhooks",
    params(
        ("name" = String, Path, example = "crm"),
        ("delivery" = String, Path, example = "t1-x5-812.3")
    ),
    responses((status = 202, description = "It will be told.", body = Redelivered))
)]
pub(crate) async fn redeliver(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((name, id)): ApiPath<(String, String)>,
) -> Result<Response, Problem> {
    let (_, object, _) = to_change(&house, &caller, &name).await?;
    let what = format!("delivery {id}");
    let which = Which {
        id: Some(id),
        ..Which::of(object.id)
    };
    let again = again(&house, &caller, which).await?;
    if again == 0 {
        return Err(Problem::nothing(what));
    }
    Ok((StatusCode::ACCEPTED, Json(Redelivered { again })).into_response())
}

/// Tell a webhook everything of a stretch of time again, each under its old id. Reaches back as far
/// as deliveries are kept.
#[utoipa::path(
    post, path = "/v1/webhooks/{name}/redeliver", operation_id = "redeliverAll", tag = "webhooks",
    params(("name" = String, Path, example = "crm")),
    request_body = Redeliver,
    responses((status = 202, description = "They will be told.", body = Redelivered))
)]
pub(crate) async fn redeliver_all(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
    ApiJson(body): ApiJson<Redeliver>,
) -> Result<Response, Problem> {
    let (_, object, _) = to_change(&house, &caller, &name).await?;
    let which = Which {
        state: Some(body.state.into()),
        from: Some(wall(body.from.0)),
        to: body.to.map(|to| wall(to.0)),
        ..Which::of(object.id)
    };
    let again = again(&house, &caller, which).await?;
    Ok((StatusCode::ACCEPTED, Json(Redelivered { again })).into_response())
}

async fn again(house: &Shared, caller: &Caller, which: Which) -> Result<u64, Problem> {
    let (tenant, at) = (caller.tenant, now());
    let again = kept(house, move |it| it.again(tenant, &which, at)).await?;
    ledger(house)?.ring();
    Ok(again)
}

/// A webhook, for whoever may see it.
async fn to_see(
    house: &House,
    caller: &Caller,
    name: &str,
) -> Result<(u64, Object, Webhook), Problem> {
    one(house, caller, name, |name| {
        Query::ObjectNamed(Kind::Webhook, name)
    })
    .await
}

/// A webhook, for whoever may change it.
async fn to_change(
    house: &House,
    caller: &Caller,
    name: &str,
) -> Result<(u64, Object, Webhook), Problem> {
    one(house, caller, name, |name| {
        Query::ObjectToChange(Kind::Webhook, name)
    })
    .await
}

async fn one(
    house: &House,
    caller: &Caller,
    name: &str,
    query: impl FnOnce(Name) -> Query,
) -> Result<(u64, Object, Webhook), Problem> {
    let what = format!("webhook {name}");
    // A name that can be none is asked for all the same, so that the gate speaks first.
    let read = name.parse::<Name>();
    let Ok(name) = read else {
        house
            .query(caller, Query::Objects(Kind::Webhook), &what)
            .await?;
        return Err(Problem::nothing(what));
    };
    let (sequence, view) = house.query(caller, query(name), &what).await?;
    let View::Object(found) = view else {
        return Err(Problem::crossed());
    };
    let (object, hook) = hook_of(*found).ok_or_else(Problem::crossed)?;
    Ok((sequence.0, object, hook))
}

fn hook_of(found: Configured) -> Option<(Object, Webhook)> {
    let Configured::Object { object, .. } = found else {
        return None;
    };
    let hook = match &object.body {
        Body::Webhook(hook) => hook.clone(),
        _ => return None,
    };
    Some((object, hook))
}

fn ledger(house: &House) -> Result<&Ledger, Problem> {
    let none = || Problem::new("unavailable.webhooks", "this node keeps no deliveries");
    house.options.ledger.as_ref().ok_or_else(none)
}

/// Asks the ledger.
async fn kept<T: Send + 'static>(
    house: &House,
    question: impl FnOnce(&mut dyn Deliveries) -> Result<T, StoreFault> + Send + 'static,
) -> Result<T, Problem> {
    ledger(house)?.ask(question).await.map_err(Problem::broken)
}

async fn standing(house: &House, caller: &Caller) -> Result<Vec<Standing>, Problem> {
    let tenant = caller.tenant;
    kept(house, move |it| it.standing(tenant)).await
}

fn wall(at: Timestamp) -> WallTime {
    WallTime(at.as_millisecond())
}

fn now() -> WallTime {
    wall(Timestamp::now())
}

fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Problem::broken("the system gave no random bytes"))?;
    Ok(bytes)
}
