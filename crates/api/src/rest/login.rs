//! `/v1/login`, `/v1/logout` and `/v1/sessions`: people come and go.

use super::config::{Expect, put_answer};
use super::{List, ask, read, tagged, written};
use crate::door::{Caller, hash};
use crate::dto::login::{
    LogInAsk, PasswordByLink, PasswordChange, PolicyPut, PolicyView, RecoveryCodes, SessionNow,
    SessionView, TotpConfirm, TotpEnrol, TotpKey,
};
use crate::dto::written::Written;
use crate::extract::{ApiJson, ApiPath, ApiQuery};
use crate::login::visit::Visit;
use crate::login::{self, codes, cookie, passwords};
use crate::problem::{About, Problem};
use crate::state::{House, Shared};
use crate::text::Text;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ringback_model::login::{Credentials, How, Input as Login, Totp};
use ringback_model::{Input, LoginId, Name, Outcome, Personal, WallTime};
use ringback_ports::TenantId;
use ringback_ports::query::{Claim, LoginView, Query, View};
use serde::Deserialize;
use utoipa::IntoParams;

/// Log in. The answer sets the session cookie; `csrf` goes with everything that changes something
/// (header `Ringback-Csrf`). Whoever has a second factor and sends no code is told so
/// (`login.code_needed`), but only if the password is right.
#[utoipa::path(
    post, path = "/v1/login", operation_id = "logIn", tag = "login", security(()),
    request_body = LogInAsk,
    responses((status = 200, description = "Logged in.", body = SessionNow,
        headers(("Set-Cookie" = String, description = "The session."))))
)]
pub(crate) async fn log_in(
    State(house): State<Shared>,
    visit: Visit,
    ApiJson(body): ApiJson<LogInAsk>,
) -> Result<Response, Problem> {
    cookie::check_origin(&house, &visit.headers)?;
    let tenant = house.tenant_named(body.tenant.as_deref())?;
    let name = body.name.clone();
    let claim = Claim::KnownAs(name.clone());
    let (found, _) = house.claimed(tenant, claim).await?;
    let person = found.as_ref().map(|found| found.person.name.clone());
    let begun = prove(&house, tenant, &visit, found, body).await;
    if let Err(problem) = &begun {
        turned_away(&house, tenant, person.as_ref(), LOG_IN, problem, &visit);
    }
    let begun = begun?;
    house.logins.throttle.proved(tenant, &name);
    Ok(begun)
}

/// How a log-in is called in the audit.
pub(crate) const LOG_IN: &str = "login.log_in";

async fn prove(
    house: &House,
    tenant: TenantId,
    visit: &Visit,
    found: Option<LoginView>,
    body: LogInAsk,
) -> Result<Response, Problem> {
    let throttle = &house.logins.throttle;
    throttle.take(tenant, &body.name, visit.address)?;
    let found = found.filter(|found| !found.person.body.disabled);
    let phc = found.as_ref().and_then(password_of).map(ToOwned::to_owned);
    let fits = house.logins.passwords.verify(phc, body.password).await?;
    let found = found.filter(|_| fits).ok_or_else(login::failed)?;
    let how = second_factor(house, tenant, &found, body.code.as_deref())?;
    begin(house, tenant, &found, how, visit).await
}

/// Notes for the audit that somebody did not prove himself. A code that is only still to be sent
/// is no failure.
pub(crate) fn turned_away(
    house: &House,
    tenant: TenantId,
    person: Option<&Name>,
    did: &'static str,
    problem: &Problem,
    visit: &Visit,
) {
    let code = problem.code();
    if code.starts_with("login.") && code != "login.code_needed" {
        let refusals = &house.refusals;
        refusals.failed(tenant, person, did, code, visit.address);
    }
}

fn password_of(found: &LoginView) -> Option<&str> {
    found.credentials.as_ref()?.password.as_deref()
}

fn confirmed(credentials: Option<&Credentials>) -> Option<&Totp> {
    credentials?.totp.as_ref().filter(|totp| totp.confirmed)
}

/// What a code proves beside the password.
fn second_factor(
    house: &House,
    tenant: TenantId,
    found: &LoginView,
    code: Option<&str>,
) -> Result<How, Problem> {
    let Some(totp) = confirmed(found.credentials.as_ref()) else {
        return Ok(How::Password);
    };
    let Some(code) = code else {
        let detail = "send a code of your authenticator, or a recovery code, as `code`";
        return Err(Problem::new("login.code_needed", detail));
    };
    let key = key_of(house, tenant, totp)?;
    if let Some(step) = codes::step_of(&key, code, wall()) {
        return Ok(How::Totp { step });
    }
    let hash = codes::recovery_hash(code);
    if totp.recovery.contains(&hash) {
        return Ok(How::Recovery { hash });
    }
    Err(login::failed())
}

fn key_of(house: &House, tenant: TenantId, totp: &Totp) -> Result<Vec<u8>, Problem> {
    let opened = house.hall.vault().open(tenant, totp.key.sealed())?;
    opened.ok_or_else(|| Problem::broken("the key of somebody's codes was destroyed"))
}

fn wall() -> WallTime {
    WallTime(jiff::Timestamp::now().as_millisecond())
}

/// Begins a session for somebody who has proved himself.
pub(crate) async fn begin(
    house: &House,
    tenant: TenantId,
    found: &LoginView,
    how: How,
    visit: &Visit,
) -> Result<Response, Problem> {
    let (token, hash) = login::secret(cookie::PREFIX)?;
    let person = &found.person.name;
    let input = Login::LogIn {
        person: person.clone(),
        how,
        against: version_of(found),
        hash,
        from: visit.from(),
        with: visit.with(),
    };
    let answer = house.proven(tenant, person, input).await?;
    let Outcome::PersonLoggedIn { session, limited } = answer.outcome else {
        return Err(Problem::crossed());
    };
    let now = SessionNow {
        session: Text(session),
        person: person.to_string(),
        csrf: cookie::csrf(&token),
        limited,
    };
    let mut response = Json(now).into_response();
    let set = cookie::set(&visit.headers, Some(&token));
    response.headers_mut().insert(header::SET_COOKIE, set);
    Ok(response)
}

/// The session that asks.
#[utoipa::path(
    get, path = "/v1/login", operation_id = "loginNow", tag = "login",
    responses((status = 200, description = "The session.", body = SessionNow))
)]
pub(crate) async fn now(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (session, person) = (caller.own_session()?, caller.own_person()?);
    let token = cookie::token(&headers).ok_or_else(Problem::crossed)?;
    let now = SessionNow {
        session: Text(session),
        person: person.to_string(),
        csrf: cookie::csrf(token),
        limited: caller.is_limited(),
    };
    let sequence = house.names.present(caller.tenant).await?;
    Ok(read(sequence.0, now))
}

/// Log out: the session ends and its cookie is taken away.
#[utoipa::path(
    post, path = "/v1/logout", operation_id = "logOut", tag = "login",
    responses((status = 200, description = "Logged out.", body = Written))
)]
pub(crate) async fn log_out(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let session = caller.own_session()?;
    let answer = ask(&house, &caller, &headers, "logout", &session.to_string())
        .send_input(&(), Input::Login(Login::End { session }), About::Named)
        .await?;
    let mut response = written(StatusCode::OK, &answer);
    let gone = cookie::set(&headers, None);
    response.headers_mut().insert(header::SET_COOKIE, gone);
    Ok(response)
}

/// The log-in of the person who asks, as it can be checked once more.
async fn again(
    house: &House,
    caller: &Caller,
    visit: &Visit,
    password: String,
) -> Result<LoginView, Problem> {
    let found = checked(house, caller, visit, password).await;
    if let Err(problem) = &found {
        let person = caller.own_person().ok();
        turned_away(house, caller.tenant, person, "login.proof", problem, visit);
    }
    found
}

async fn checked(
    house: &House,
    caller: &Caller,
    visit: &Visit,
    password: String,
) -> Result<LoginView, Problem> {
    let person = caller.own_person()?;
    let throttle = &house.logins.throttle;
    throttle.take(caller.tenant, person.as_str(), visit.address)?;
    let claim = Claim::KnownAs(person.to_string());
    let (found, _) = house.claimed(caller.tenant, claim).await?;
    let found = found.ok_or_else(login::failed)?;
    let phc = password_of(&found).map(ToOwned::to_owned);
    if !house.logins.passwords.verify(phc, password).await? {
        return Err(login::failed());
    }
    throttle.proved(caller.tenant, person.as_str());
    Ok(found)
}

/// Change one's own password. All other sessions of the person end.
#[utoipa::path(
    post, path = "/v1/login/password", operation_id = "changePassword", tag = "login",
    request_body = PasswordChange,
    responses((status = 200, description = "Changed.", body = Written))
)]
pub(crate) async fn change_password(
    State(house): State<Shared>,
    caller: Caller,
    visit: Visit,
    ApiJson(body): ApiJson<PasswordChange>,
) -> Result<Response, Problem> {
    let found = again(&house, &caller, &visit, body.old).await?;
    let person = found.person.name.clone();
    let phc = new_password(&house, caller.tenant, &found, body.new, "/new").await?;
    let input = Login::SetPassword {
        person: person.clone(),
        phc,
        against: version_of(&found),
        link: None,
        keep: caller.session,
    };
    let answer = house.proven(caller.tenant, &person, input).await?;
    Ok(written(StatusCode::OK, &answer))
}

/// The PHC string of a new password, if it may be used.
async fn new_password(
    house: &House,
    tenant: TenantId,
    found: &LoginView,
    password: String,
    at: &str,
) -> Result<String, Problem> {
    let claim = Claim::KnownAs(found.person.name.to_string());
    let (_, policy) = house.claimed(tenant, claim).await?;
    let name = found.person.name.as_str();
    passwords::check_new(&password, name, policy.password_min, at)?;
    house.logins.passwords.hash(password).await
}

/// The version of what somebody proves himself with.
fn version_of(found: &LoginView) -> u64 {
    found.credentials.as_ref().map_or(0, |it| it.version)
}

/// Set a password by a link that an administrator made. All sessions of the person end.
#[utoipa::path(
    post, path = "/v1/login/link", operation_id = "usePasswordLink", tag = "login", security(()),
    request_body = PasswordByLink,
    responses((status = 200, description = "Set; log in with it.", body = Written))
)]
pub(crate) async fn use_link(
    State(house): State<Shared>,
    visit: Visit,
    ApiJson(body): ApiJson<PasswordByLink>,
) -> Result<Response, Problem> {
    cookie::check_origin(&house, &visit.headers)?;
    let tenant = house.tenant_named(body.tenant.as_deref())?;
    let link = hash(&body.token);
    house.logins.throttle.take(tenant, &link, visit.address)?;
    let (found, _) = house.claimed(tenant, Claim::Link(link.clone())).await?;
    let found = found.ok_or_else(|| {
        let detail = "this link is over or was used: ask an administrator for a new one";
        let over = Problem::new("login.link_over", detail);
        turned_away(&house, tenant, None, "login.set_password", &over, &visit);
        over
    })?;
    let phc = new_password(&house, tenant, &found, body.password, "/password").await?;
    let input = Login::SetPassword {
        person: found.person.name.clone(),
        phc,
        against: version_of(&found),
        link: Some(link),
        keep: None,
    };
    let answer = house.proven(tenant, &found.person.name, input).await?;
    Ok(written(StatusCode::OK, &answer))
}

/// Get a key for time-based codes. It is not asked for before `confirm`.
#[utoipa::path(
    post, path = "/v1/login/totp", operation_id = "enrolTotp", tag = "login",
    request_body = TotpEnrol,
    responses((status = 200, description = "The key, shown this once.", body = TotpKey))
)]
pub(crate) async fn enrol(
    State(house): State<Shared>,
    caller: Caller,
    visit: Visit,
    ApiJson(body): ApiJson<TotpEnrol>,
) -> Result<Response, Problem> {
    let found = again(&house, &caller, &visit, body.password).await?;
    let (tenant, person) = (caller.tenant, &found.person.name);
    let key = codes::new_key()?;
    let (vault, plain) = (house.hall.vault(), key.clone());
    let sealed = tokio::task::spawn_blocking(move || vault.seal(tenant, None, &plain)).await;
    let input = Login::EnrolTotp {
        person: person.clone(),
        key: Personal::new(sealed.map_err(Problem::broken)??),
    };
    let answer = house.proven(tenant, person, input).await?;
    let tenants = house.hall.tenants();
    let name = tenants.iter().find(|one| one.id == tenant);
    let name = name.map_or("", |one| one.name.as_str());
    let shown = TotpKey {
        secret: codes::base32(&key),
        uri: codes::uri(&key, name, person.as_str()),
    };
    Ok(super::marked(Json(shown), &answer))
}

/// Show that codes can be made. From now on a code is asked for at every log-in.
#[utoipa::path(
    post, path = "/v1/login/totp/confirm", operation_id = "confirmTotp", tag = "login",
    request_body = TotpConfirm,
    responses((status = 200, description = "In force.", body = RecoveryCodes))
)]
pub(crate) async fn confirm(
    State(house): State<Shared>,
    caller: Caller,
    visit: Visit,
    ApiJson(body): ApiJson<TotpConfirm>,
) -> Result<Response, Problem> {
    let (tenant, person) = (caller.tenant, caller.own_person()?.clone());
    let throttle = &house.logins.throttle;
    throttle.take(tenant, person.as_str(), visit.address)?;
    let claim = Claim::KnownAs(person.to_string());
    let (found, _) = house.claimed(tenant, claim).await?;
    let found = found.ok_or_else(login::failed)?;
    let credentials = found.credentials.as_ref();
    let step = match credentials.and_then(|it| it.totp.as_ref()) {
        // The heart says what is missing.
        None => 0,
        Some(totp) => {
            let key = key_of(&house, tenant, totp)?;
            codes::step_of(&key, &body.code, wall()).ok_or_else(login::failed)?
        }
    };
    let (shown, recovery) = codes::new_recovery()?;
    let input = Login::ConfirmTotp {
        person: person.clone(),
        step,
        against: version_of(&found),
        recovery,
    };
    let answer = house.proven(tenant, &person, input).await?;
    throttle.proved(tenant, person.as_str());
    let codes = RecoveryCodes {
        recovery_codes: shown,
    };
    Ok(super::marked(Json(codes), &answer))
}

/// Whose sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    /// Of this person; `me` for oneself. Left out: of everybody.
    #[param(example = "me")]
    person: Option<String>,
}

/// Sessions that have not ended.
#[utoipa::path(
    get, path = "/v1/sessions", operation_id = "listSessions", tag = "login",
    params(Whose),
    responses((status = 200, description = "All of them.", body = List<SessionView>))
)]
pub(crate) async fn sessions(
    State(house): State<Shared>,
    caller: Caller,
    ApiQuery(whose): ApiQuery<Whose>,
) -> Result<Response, Problem> {
    let person: Option<Name> = match whose.person.as_deref() {
        None => None,
        Some("me") => Some(caller.own_person()?.clone()),
        Some(name) => Some(super::parameter("person", name)?),
    };
    let asked = house
        .query(&caller, Query::Sessions(person), "sessions")
        .await?;
    let (sequence, View::Sessions(sessions)) = asked else {
        return Err(Problem::crossed());
    };
    let shown = sessions
        .iter()
        .map(|it| SessionView::new(it, caller.session));
    let items = shown.collect();
    Ok(read(sequence.0, List { items }))
}

/// End a session: one's own, or any as administrator.
#[utoipa::path(
    delete, path = "/v1/sessions/{session}", operation_id = "endSession", tag = "login",
    params(("session" = String, Path, example = "l3")),
    responses((status = 200, description = "Ended.", body = Written))
)]
pub(crate) async fn end(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath(target): ApiPath<Text<LoginId>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let session = target.0;
    let answer = ask(
        &house,
        &caller,
        &headers,
        "session.end",
        &session.to_string(),
    )
    .send_input(&(), Input::Login(Login::End { session }), About::Named)
    .await?;
    Ok(written(StatusCode::OK, &answer))
}

/// What holds for all log-ins.
#[utoipa::path(
    get, path = "/v1/login/policy", operation_id = "getLoginPolicy", tag = "login",
    responses((status = 200, description = "The policy.", body = PolicyView,
        headers(("ETag" = String, description = "Its version."))))
)]
pub(crate) async fn policy(
    State(house): State<Shared>,
    caller: Caller,
) -> Result<Response, Problem> {
    let asked = house.query(&caller, Query::LoginPolicy, "policy").await?;
    let (sequence, View::LoginPolicy(version, policy)) = asked else {
        return Err(Problem::crossed());
    };
    let view = PolicyView {
        version,
        policy: PolicyPut::of(&policy),
        sequence: sequence.0,
    };
    Ok(tagged(sequence.0, version, view))
}

/// Change what holds for all log-ins. Sessions that exist keep the ends they have, until their
/// person is seen.
#[utoipa::path(
    put, path = "/v1/login/policy", operation_id = "putLoginPolicy", tag = "login",
    params(Expect),
    request_body = PolicyPut,
    responses(
        (status = 200, description = "Changed.", body = Written),
        (status = 201, description = "Set for the first time.", body = Written)
    )
)]
pub(crate) async fn put_policy(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    ApiJson(body): ApiJson<PolicyPut>,
) -> Result<Response, Problem> {
    let input = Login::PutPolicy {
        policy: Box::new(body.clone().into_model()),
        expected: Expect::of(&headers)?,
    };
    let answer = ask(&house, &caller, &headers, "login_policy.put", "")
        .send_input(&body, Input::Login(input), About::Named)
        .await?;
    Ok(put_answer(&answer))
}
