//! `/v1/login/oidc`: log-in by a provider.

use super::login::{LOG_IN, begin, turned_away};
use crate::extract::ApiQuery;
use crate::login::oidc::{AWAY_MAX, Oidc, local_path, unproven};
use crate::login::visit::Visit;
use crate::login::{self, cookie};
use crate::problem::Problem;
use crate::state::{House, Shared};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ringback_model::login::How;
use ringback_ports::TenantId;
use ringback_ports::query::Claim;
use serde::Deserialize;
use utoipa::IntoParams;

/// The cookie that ties a browser to the question it was sent away with.
const COOKIE: &str = "ringback-oidc";

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Depart {
    /// The path of ours to return to; left out: `/`.
    #[param(example = "/")]
    return_to: Option<String>,
}

/// What the provider sends a browser back with. Providers add to it as they like.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Return {
    /// The code for the token.
    code: Option<String>,
    /// The question it answers.
    state: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

fn configured(house: &House) -> Result<&Oidc, Problem> {
    house.logins.oidc.as_ref().ok_or_else(|| {
        let detail = "this server has no provider for log-in; its operator can configure one";
        Problem::new("login.no_provider", detail)
    })
}

/// Go to the provider to log in there.
#[utoipa::path(
    get, path = "/v1/login/oidc", operation_id = "logInByProvider", tag = "login", security(()),
    params(Depart),
    responses((status = 303, description = "To the provider.",
        headers(("Location" = String, description = "Where to.")),
    ))
)]
pub(crate) async fn depart(
    State(house): State<Shared>,
    visit: Visit,
    ApiQuery(asked): ApiQuery<Depart>,
) -> Result<Response, Problem> {
    let oidc = configured(&house)?;
    let return_to = asked.return_to.as_deref().unwrap_or("/");
    let return_to = local_path(return_to).ok_or_else(|| {
        let problem = "return to a path of this server, like /desk";
        Problem::invalid("query:return_to", problem)
    })?;
    let departure = oidc.depart(return_to.to_owned()).await?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    let url = HeaderValue::try_from(departure.url).map_err(Problem::broken)?;
    headers.insert(header::LOCATION, url);
    let kept = AWAY_MAX.as_secs();
    headers.insert(header::SET_COOKIE, tie(&visit, &departure.state, kept));
    Ok(response)
}

/// Lax: the browser comes back from another site.
fn tie(visit: &Visit, state: &str, seconds: u64) -> HeaderValue {
    let secure = if cookie::is_secure(&visit.headers) {
        "; Secure"
    } else {
        ""
    };
    let text = format!(
        "{COOKIE}={state}; Path=/v1/login/oidc; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
    );
    HeaderValue::try_from(text).expect("letters, digits and marks are a header value")
}

/// Come back from the provider. The answer sets the session cookie and leads on; `GET /v1/login`
/// tells the rest.
#[utoipa::path(
    get, path = "/v1/login/oidc/callback", operation_id = "returnFromProvider", tag = "login",
    security(()),
    params(Return),
    responses((status = 200, description = "Logged in; a page that leads on.",
        content_type = "text/html", body = String,
        headers(("Set-Cookie" = String, description = "The session."))))
)]
pub(crate) async fn callback(
    State(house): State<Shared>,
    visit: Visit,
    ApiQuery(back): ApiQuery<Return>,
) -> Result<Response, Problem> {
    let oidc = configured(&house)?;
    let tenant = oidc.tenant(&house)?;
    let begun = come_back(&house, oidc, tenant, &visit, back).await;
    begun.inspect_err(|problem| {
        turned_away(&house, tenant, None, LOG_IN, problem, &visit);
    })
}

async fn come_back(
    house: &House,
    oidc: &Oidc,
    tenant: TenantId,
    visit: &Visit,
    back: Return,
) -> Result<Response, Problem> {
    let state = back.state.unwrap_or_default();
    let tied = cookie::named(&visit.headers, COOKIE);
    if state.is_empty() || tied != Some(state.as_str()) {
        return Err(unproven("this browser was not sent away with this state"));
    }
    let away = oidc.returned(&state);
    let away = away.ok_or_else(|| unproven("nobody is away with this state"))?;
    let code = back.code.ok_or_else(|| {
        unproven(format!(
            "the provider said {:?}",
            back.error.unwrap_or_default()
        ))
    })?;
    let claims = oidc.identify(&away, &code).await?;
    let (issuer, subject) = (oidc.options.issuer.clone(), claims.sub.clone());
    let claim = Claim::Subject {
        issuer: issuer.clone(),
        subject: subject.clone(),
        email: claims.verified_email(),
    };
    let (found, _) = house.claimed(tenant, claim).await?;
    let found = found.filter(|found| !found.person.body.disabled);
    let found = found.ok_or_else(login::failed)?;
    let how = How::Provider { issuer, subject };
    let begun = begin(house, tenant, &found, how, visit).await?;
    Ok(lead_on(&begun, &away.return_to))
}

/// A browser that comes from another site sends no strict cookie along a redirect; a page of ours
/// that leads on does.
fn lead_on(begun: &Response, return_to: &str) -> Response {
    let page = format!(
        "<!doctype html><title>Ringback</title>\
         <meta http-equiv=\"refresh\" content=\"0;url={return_to}\">\
         <a href=\"{return_to}\">Go on</a>\n"
    );
    let mut response = page.into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    if let Some(session) = begun.headers().get(header::SET_COOKIE) {
        headers.insert(header::SET_COOKIE, session.clone());
    }
    response
}
