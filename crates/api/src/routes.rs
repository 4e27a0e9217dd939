//! All routes, and the hand-written list they are compared with.

use crate::document::{self, Document};
use crate::rest::{
    agents, audit, bulk, calendars, config, contacts, health, interactions, keys, login, numbers,
    objects, offers, oidc, people, queues, statistics, views, webhooks, work,
};
use crate::state::{House, Shared};
use crate::stream::{socket, sse, statistics as statistic_stream};
use crate::webhooks::follow as webhooks_follow;
use crate::{ApiOptions, guard};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use ringback_ports::Hall;
use std::sync::{Arc, OnceLock};
use tokio::task::JoinHandle;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Every operation of the API: method, path, operation id. Written by hand and compared with the
/// document, so that no route appears or disappears unseen; the table of rights is checked
/// against it.
pub const INVENTORY: &[(&str, &str, &str)] = &[
    ("GET", "/health/live", "live"),
    ("GET", "/health/ready", "ready"),
    ("GET", "/health/startup", "startup"),
    ("GET", "/v1/agents", "listAgents"),
    ("GET", "/v1/agents/{name}", "getAgent"),
    ("PUT", "/v1/agents/{name}", "putAgent"),
    ("POST", "/v1/agents/{name}/heartbeat", "heartbeatAgent"),
    ("POST", "/v1/agents/{name}/login", "loginAgent"),
    ("POST", "/v1/agents/{name}/logout", "logoutAgent"),
    ("POST", "/v1/agents/{name}/not-ready", "notReadyAgent"),
    ("POST", "/v1/agents/{name}/ready", "readyAgent"),
    ("POST", "/v1/agents/{name}/subscribe", "subscribeAgent"),
    ("POST", "/v1/agents/{name}/unsubscribe", "unsubscribeAgent"),
    ("GET", "/v1/audit", "audit"),
    (
        "POST",
        "/v1/calendars/{name}/address",
        "makeCalendarAddress",
    ),
    ("POST", "/v1/bulk", "actOnMany"),
    ("GET", "/v1/config/{kind}", "listConfig"),
    ("GET", "/v1/config/{kind}/{name}", "getConfig"),
    ("PUT", "/v1/config/{kind}/{name}", "putConfig"),
    ("DELETE", "/v1/config/{kind}/{name}", "deleteConfig"),
    ("GET", "/v1/config/{kind}/{name}/diff", "diffConfig"),
    ("POST", "/v1/config/{kind}/{name}/undo", "undoConfig"),
    ("GET", "/v1/config/{kind}/{name}/versions", "configVersions"),
    ("POST", "/v1/contacts/erase", "eraseContact"),
    ("GET", "/v1/events", "events"),
    ("GET", "/v1/feeds/{feed}", "calendarFeed"),
    ("GET", "/v1/interactions", "listInteractions"),
    ("POST", "/v1/interactions", "submitInteraction"),
    ("GET", "/v1/interactions/{interaction}", "getInteraction"),
    (
        "POST",
        "/v1/interactions/{interaction}/complete",
        "completeInteraction",
    ),
    (
        "GET",
        "/v1/interactions/{interaction}/history",
        "interactionHistory",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/route",
        "routeInteraction",
    ),
    (
        "GET",
        "/v1/interactions/{interaction}/segments",
        "interactionSegments",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/stop",
        "stopInteraction",
    ),
    (
        "GET",
        "/v1/interactions/{interaction}/why",
        "whyInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/change",
        "changeInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/hold",
        "holdInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/invite",
        "inviteAgent",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/leave",
        "leaveInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/lock",
        "lockInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/monitor",
        "monitorInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/place",
        "placeInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/pull",
        "pullInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/resume",
        "resumeInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/transfer",
        "transferInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/unlock",
        "unlockInteraction",
    ),
    (
        "POST",
        "/v1/interactions/{interaction}/wrap-up",
        "wrapUpInteraction",
    ),
    ("POST", "/v1/interactions/begin", "beginInteraction"),
    ("POST", "/v1/offers/{offer}/withdraw", "withdrawOffer"),
    ("GET", "/v1/agents/{name}/workbins", "listWorkbins"),
    ("GET", "/v1/agents/{name}/workbins/{workbin}", "getWorkbin"),
    ("GET", "/v1/groups/{group}/workbins", "listGroupWorkbins"),
    (
        "GET",
        "/v1/groups/{group}/workbins/{workbin}",
        "getGroupWorkbin",
    ),
    ("GET", "/v1/keys", "listKeys"),
    ("POST", "/v1/keys", "makeKey"),
    ("DELETE", "/v1/keys/{name}", "revokeKey"),
    ("GET", "/v1/login", "loginNow"),
    ("POST", "/v1/login", "logIn"),
    ("POST", "/v1/login/link", "usePasswordLink"),
    ("GET", "/v1/login/oidc", "logInByProvider"),
    ("GET", "/v1/login/oidc/callback", "returnFromProvider"),
    ("POST", "/v1/login/password", "changePassword"),
    ("GET", "/v1/login/policy", "getLoginPolicy"),
    ("PUT", "/v1/login/policy", "putLoginPolicy"),
    ("POST", "/v1/login/totp", "enrolTotp"),
    ("POST", "/v1/login/totp/confirm", "confirmTotp"),
    ("POST", "/v1/logout", "logOut"),
    ("GET", "/v1/me", "me"),
    ("POST", "/v1/offers/{offer}/accept", "acceptOffer"),
    ("POST", "/v1/offers/{offer}/reject", "rejectOffer"),
    ("GET", "/v1/openapi.json", "openapi"),
    ("GET", "/v1/outbox", "outbox"),
    ("GET", "/v1/overview", "overview"),
    ("GET", "/v1/people", "listPeople"),
    ("GET", "/v1/people/{name}", "getPerson"),
    ("POST", "/v1/people/{name}/link", "makePasswordLink"),
    ("DELETE", "/v1/people/{name}/sessions", "endSessions"),
    ("DELETE", "/v1/people/{name}/totp", "removeTotp"),
    ("GET", "/v1/quarantine", "listQuarantined"),
    ("GET", "/v1/queues", "listQueues"),
    ("GET", "/v1/queues/{name}", "getQueue"),
    ("PUT", "/v1/queues/{name}", "putQueue"),
    (
        "DELETE",
        "/v1/route-requests/{request}",
        "cancelRouteRequest",
    ),
    (
        "PATCH",
        "/v1/route-requests/{request}",
        "changeRouteRequest",
    ),
    ("GET", "/v1/sessions", "listSessions"),
    ("DELETE", "/v1/sessions/{session}", "endSession"),
    ("POST", "/v1/snapshots", "takeSnapshot"),
    ("GET", "/v1/snapshots/{snapshot}", "getSnapshot"),
    ("DELETE", "/v1/snapshots/{snapshot}", "releaseSnapshot"),
    ("GET", "/v1/settings", "getSettings"),
    ("PUT", "/v1/settings", "putSettings"),
    ("GET", "/v1/reports/{kind}/{object}", "report"),
    ("GET", "/v1/statistics", "listStatistics"),
    ("GET", "/v1/statistics/events", "statisticEvents"),
    (
        "GET",
        "/v1/statistics/{statistic}/{kind}/{object}",
        "getStatistic",
    ),
    ("GET", "/v1/stream", "stream"),
    ("GET", "/v1/totals", "totals"),
    ("GET", "/v1/views/{name}", "getView"),
    ("GET", "/v1/virtual-queues", "listVirtualQueues"),
    ("GET", "/v1/virtual-queues/{name}", "getVirtualQueue"),
    ("PUT", "/v1/virtual-queues/{name}", "putVirtualQueue"),
    ("GET", "/v1/virtual-queues/{name}/line", "virtualQueueLine"),
    ("GET", "/v1/webhooks", "listWebhooks"),
    ("GET", "/v1/webhooks/{name}", "getWebhook"),
    ("GET", "/v1/webhooks/{name}/deliveries", "listDeliveries"),
    (
        "GET",
        "/v1/webhooks/{name}/deliveries/{delivery}",
        "getDelivery",
    ),
    (
        "POST",
        "/v1/webhooks/{name}/deliveries/{delivery}/redeliver",
        "redeliver",
    ),
    ("POST", "/v1/webhooks/{name}/enable", "enableWebhook"),
    ("POST", "/v1/webhooks/{name}/ping", "pingWebhook"),
    ("POST", "/v1/webhooks/{name}/redeliver", "redeliverAll"),
    ("POST", "/v1/webhooks/{name}/secret", "makeWebhookSecret"),
];

/// The API of a hall.
pub struct Api {
    house: Shared,
}

impl Api {
    /// Opens the room.
    pub fn new(hall: Arc<dyn Hall>, options: ApiOptions) -> Self {
        let house = Arc::new(House::new(hall, options));
        Self { house }
    }

    /// Its routes.
    pub fn router(&self) -> Router {
        routes_of(self.house.clone())
    }

    /// Follows what happens and writes down what webhooks are to be told, until the handles are
    /// aborted. Nothing, if there is no ledger.
    pub fn tell_webhooks(&self) -> Vec<JoinHandle<()>> {
        let Some(ledger) = &self.house.options.ledger else {
            return Vec::new();
        };
        let tenants = self.house.hall.tenants().into_iter();
        let follow = |tenant| webhooks_follow(self.house.clone(), tenant, ledger.clone());
        tenants.map(|tenant| tokio::spawn(follow(tenant))).collect()
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// The routes of the API of a hall.
pub fn router(hall: Arc<dyn Hall>, options: ApiOptions) -> Router {
    Api::new(hall, options).router()
}

fn routes_of(house: Shared) -> Router {
    let (router, _) = described().split_for_parts();
    router
        .fallback(guard::unknown_path)
        .method_not_allowed_fallback(guard::unknown_method)
        .layer(CatchPanicLayer::custom(guard::after_panic))
        .layer(middleware::from_fn_with_state(house.clone(), guard::guard))
        .with_state(house)
}

/// The OpenAPI document of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = described().into_openapi();
    document::complete(&mut document);
    document
}

fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::startup))
        .routes(routes!(interactions::submit, interactions::list))
        .routes(routes!(interactions::get))
        .routes(routes!(interactions::why))
        .routes(routes!(interactions::history))
        .routes(routes!(interactions::segments))
        .routes(routes!(interactions::route))
        .routes(routes!(interactions::complete))
        .routes(routes!(interactions::stop))
        .routes(routes!(interactions::cancel, interactions::change))
        .routes(routes!(bulk::take))
        .routes(routes!(bulk::page, bulk::release))
        .routes(routes!(bulk::act))
        .routes(routes!(work::begin))
        .routes(routes!(work::change))
        .routes(routes!(work::hold))
        .routes(routes!(work::invite))
        .routes(routes!(work::leave))
        .routes(routes!(work::lock))
        .routes(routes!(work::monitor))
        .routes(routes!(work::place))
        .routes(routes!(work::pull))
        .routes(routes!(work::resume))
        .routes(routes!(work::transfer))
        .routes(routes!(work::unlock))
        .routes(routes!(work::wrap_up))
        .routes(routes!(work::workbins))
        .routes(routes!(work::workbin))
        .routes(routes!(work::group_workbins))
        .routes(routes!(work::group_workbin))
        .routes(routes!(offers::withdraw))
        .routes(routes!(offers::accept))
        .routes(routes!(offers::reject))
        .routes(routes!(agents::list))
        .routes(routes!(agents::get, agents::put))
        .routes(routes!(agents::login))
        .routes(routes!(agents::logout))
        .routes(routes!(agents::ready))
        .routes(routes!(agents::not_ready))
        .routes(routes!(agents::subscribe))
        .routes(routes!(agents::unsubscribe))
        .routes(routes!(agents::heartbeat))
        .routes(routes!(queues::list))
        .routes(routes!(queues::get, queues::put))
        .routes(routes!(queues::list_virtual))
        .routes(routes!(queues::get_virtual, queues::put_virtual))
        .routes(routes!(queues::line))
        .routes(routes!(views::get))
        .routes(routes!(config::settings, config::put_settings))
        .routes(routes!(config::versions))
        .routes(routes!(objects::list))
        .routes(routes!(objects::get, objects::put, objects::delete))
        .routes(routes!(objects::diff))
        .routes(routes!(objects::undo))
        .routes(routes!(keys::list, keys::make))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::me))
        .routes(routes!(audit::audit))
        .routes(routes!(login::log_in, login::now))
        .routes(routes!(login::log_out))
        .routes(routes!(login::change_password))
        .routes(routes!(login::use_link))
        .routes(routes!(login::enrol))
        .routes(routes!(oidc::depart))
        .routes(routes!(oidc::callback))
        .routes(routes!(login::confirm))
        .routes(routes!(login::policy, login::put_policy))
        .routes(routes!(login::sessions))
        .routes(routes!(login::end))
        .routes(routes!(people::list))
        .routes(routes!(people::get))
        .routes(routes!(people::link))
        .routes(routes!(people::end_sessions))
        .routes(routes!(people::remove_totp))
        .routes(routes!(contacts::erase))
        .routes(routes!(numbers::overview))
        .routes(routes!(numbers::outbox))
        .routes(routes!(numbers::quarantine))
        .routes(routes!(numbers::totals))
        .routes(routes!(statistics::list))
        .routes(routes!(statistics::get))
        .routes(routes!(statistics::report))
        .routes(routes!(statistic_stream::events))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::get))
        .routes(routes!(webhooks::secret))
        .routes(routes!(webhooks::ping))
        .routes(routes!(webhooks::enable))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::delivery))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(webhooks::redeliver_all))
        .routes(routes!(calendars::address))
        .routes(routes!(calendars::feed))
        .routes(routes!(sse::events))
        .routes(routes!(socket::stream))
        .routes(routes!(document_json))
}

/// This document.
#[utoipa::path(
    get, path = "/v1/openapi.json", operation_id = "openapi", tag = "config", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object))
)]
async fn document_json(State(_): State<Shared>) -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| openapi().to_json().expect("the document is plain data"));
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], text.as_str()).into_response()
}
