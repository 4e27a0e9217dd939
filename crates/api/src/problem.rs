//! RFC 9457 problems: the one shape of everything that went wrong.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ringback_model::{InteractionId, OfferId, RouteRequestId};
use ringback_model::{Refused, config, interaction, offer, route};
use ringback_ports::envelope::{CommandFault, Denied, Unavailable};
use ringback_ports::query::QueryFault;
use ringback_ports::vault::VaultFault;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    code: &'static str,
    detail: String,
    errors: Vec<ProblemAt>,
    limit: Option<u64>,
}

/// What went wrong, in the shape of RFC 9457 (`application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "https://ringback.dev/problems/interaction.unknown",
    "title": "Interaction: unknown",
    "status": 404,
    "detail": "there is no interaction i42",
    "code": "interaction.unknown"
}))]
pub(crate) struct ProblemBody<'a> {
    /// An address that stands for the code.
    #[serde(rename = "type")]
    #[schema(format = "uri")]
    kind: String,
    /// The code in words; the same whenever the code is the same.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened this time and what to do next.
    detail: &'a str,
    /// A fixed word for programs; never changes its meaning.
    code: &'static str,
    /// Where exactly, when several places may be wrong.
    #[serde(skip_serializing_if = "is_empty")]
    #[schema(required = false)]
    errors: &'a [ProblemAt],
    /// The limit that was reached, when one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    /// Seconds after which trying again makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
}

const fn is_empty(errors: &&[ProblemAt]) -> bool {
    errors.is_empty()
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let body = ProblemBody {
            kind: format!("https://ringback.dev/problems/{}", self.code),
            title: title_of(self.code),
            status: self.status(),
            detail: &self.detail,
            code: self.code,
            errors: &self.errors,
            limit: self.limit,
            retry_after: self.retry_after(),
        };
        body.serialize(serializer)
    }
}

/// One place that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ProblemAt {
    /// A JSON pointer into the body, or `query:name`, `path:name`, `header:name`.
    #[schema(example = "/user_data/x")]
    at: String,
    /// What is wrong there.
    problem: String,
}

/// What a command was about, so that something out of scope is answered exactly like something
/// that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Interaction(InteractionId),
    Offer(OfferId),
    Request(RouteRequestId),
    /// Something named by the asker himself: being told that it is out of scope tells nothing.
    Named,
}

/// The code of what somebody may not do.
pub(crate) const fn code_of(denied: &Denied) -> &'static str {
    match denied {
        Denied::Role { .. } => "denied.role",
        Denied::Action { .. } => "denied.action",
        Denied::Scope => "denied.scope",
    }
}

impl Problem {
    /// A problem of this code.
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            limit: None,
        }
    }

    /// Something is wrong at one place of the request.
    pub(crate) fn at(mut self, at: impl Into<String>, problem: impl Into<String>) -> Self {
        self.errors.push(ProblemAt {
            at: at.into(),
            problem: problem.into(),
        });
        self
    }

    /// A limit was reached.
    pub(crate) fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit as u64);
        self
    }

    /// The caller is nobody.
    pub(crate) fn nobody(code: &'static str) -> Self {
        let detail = "send the secret of an API key as `Authorization: Bearer rb_...`";
        Self::new(code, detail)
    }

    /// A read found nothing, or nothing the caller may see.
    pub(crate) fn nothing(what: impl std::fmt::Display) -> Self {
        Self::new("query.unknown", format!("there is no {what}"))
    }

    /// A value of the request means nothing.
    pub(crate) fn invalid(at: impl Into<String>, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self::new("request.invalid", problem.clone()).at(at, problem)
    }

    /// The role does not allow it.
    pub(crate) fn role(role: &'static str, action: &'static str) -> Self {
        Self::new("denied.role", Denied::Role { role, action }.to_string())
    }

    /// Something broke that should not; the cause is logged, not told.
    pub(crate) fn broken(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "The API failed to answer.");
        let detail = "the server failed to answer; its operator finds the cause in the log";
        Self::new("internal.failed", detail)
    }

    /// The hall answered another question than was asked.
    pub(crate) fn crossed() -> Self {
        Self::broken("the hall answered another question")
    }

    /// Why a command has no answer.
    pub(crate) fn of_command(fault: CommandFault, about: About) -> Self {
        match fault {
            CommandFault::Refused(refused) => Self::of_refused(&refused),
            CommandFault::Denied(Denied::Scope) => Self::out_of_scope(about),
            CommandFault::Denied(denied) => Self::denied(&denied),
            CommandFault::KeyReused => Self::new("request.key_reused", fault.to_string()),
            CommandFault::Unavailable(why) => Self::of_unavailable(&why),
            CommandFault::Unknown(_) => Self::new("outcome.unknown", fault.to_string()),
            CommandFault::Quarantined(_) => Self::new("input.quarantined", fault.to_string()),
        }
    }

    /// The key or session is not for this.
    pub(crate) fn not_allowed(action: &'static str) -> Self {
        Self::denied(&Denied::Action { action })
    }

    fn denied(denied: &Denied) -> Self {
        Self::new(code_of(denied), denied.to_string())
    }

    /// Why the heart turned something down; of several findings each with its place.
    fn of_refused(refused: &Refused) -> Self {
        let problem = Self::new(refused.code(), refused.to_string());
        match refused {
            Refused::Config(config::Refused::Findings(list)) => {
                list.iter().fold(problem, |problem, it| {
                    problem.at(it.path.as_str(), it.problem.as_str())
                })
            }
            _ => problem,
        }
    }

    fn out_of_scope(about: About) -> Self {
        let refused: Refused = match about {
            About::Interaction(id) => interaction::Refused::Unknown(id).into(),
            About::Offer(id) => offer::Refused::Unknown(id).into(),
            About::Request(id) => route::Refused::Unknown(id).into(),
            About::Named => return Self::new("denied.scope", Denied::Scope.to_string()),
        };
        Self::new(refused.code(), refused.to_string())
    }

    /// Why a question has no answer. `what` names what was asked for, for people.
    pub(crate) fn of_query(fault: QueryFault, what: impl std::fmt::Display) -> Self {
        match fault {
            QueryFault::Unknown(_) | QueryFault::Denied(Denied::Scope) => Self::nothing(what),
            QueryFault::Stopped(_) => Self::new("interaction.stopped", fault.to_string()),
            QueryFault::Denied(denied) => Self::denied(&denied),
            QueryFault::Unavailable(why) => Self::of_unavailable(&why),
            QueryFault::Behind { .. } => Self::new("records.behind", fault.to_string()),
            QueryFault::Invalid(why) => Self::invalid("query:", why),
            QueryFault::Failed(cause) => Self::broken(cause),
        }
    }

    fn of_unavailable(why: &Unavailable) -> Self {
        let code = match why {
            Unavailable::Tenant(_) | Unavailable::Loading => "unavailable.loading",
            Unavailable::Overloaded { .. } => "unavailable.overloaded",
            Unavailable::NoRoom { .. } => "unavailable.no_room",
            Unavailable::Closing => "unavailable.closing",
        };
        let problem = Self::new(code, why.to_string());
        match why {
            Unavailable::Overloaded { limit } => problem.limit(*limit),
            _ => problem,
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        status_of(self.code).as_u16()
    }

    /// Seconds after which trying again makes sense.
    fn retry_after(&self) -> Option<u32> {
        match self.code {
            "login.throttled" => Some(60),
            _ => matches!(self.status(), 429 | 503).then_some(1),
        }
    }

    /// Everything that is wrong, in one sentence.
    pub(crate) fn sentence(&self) -> String {
        let places = self.errors.iter();
        let places: Vec<String> = places
            .map(|it| format!("{}: {}", it.at, it.problem))
            .collect();
        if places.is_empty() {
            return self.detail.clone();
        }
        places.join("; ")
    }

    /// The fixed word for programs.
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }
}

impl From<VaultFault> for Problem {
    fn from(fault: VaultFault) -> Self {
        Self::broken(fault)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = status_of(self.code);
        let body = serde_json::to_vec(&self).expect("a problem is plain data");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UPGRADE_REQUIRED {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The status of every code. What is not named is a conflict with the present state.
fn status_of(code: &str) -> StatusCode {
    match code {
        "request.malformed" | "version.required" => StatusCode::BAD_REQUEST,
        "auth.missing" | "auth.unknown" | "login.failed" | "login.code_needed" => {
            StatusCode::UNAUTHORIZED
        }
        "denied.role"
        | "denied.scope"
        | "denied.origin"
        | "denied.action"
        | "denied.csrf"
        | "auth.no_person"
        | "offer.not_yours"
        | "interaction.not_party"
        | "interaction.workbin_of_another"
        | "interaction.not_owner" => StatusCode::FORBIDDEN,
        "request.unknown_method" => StatusCode::METHOD_NOT_ALLOWED,
        "request.too_slow" => StatusCode::REQUEST_TIMEOUT,
        "interaction.stopped" | "login.link_over" => StatusCode::GONE,
        "interaction.locked" => StatusCode::LOCKED,
        "config.version_mismatch" | "interaction.version_mismatch" => {
            StatusCode::PRECONDITION_FAILED
        }
        "request.too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "request.unsupported_media_type" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "request.headers_too_large" => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "request.not_a_websocket" => StatusCode::UPGRADE_REQUIRED,
        "interaction.queue_full"
        | "interaction.too_many_open"
        | "route.virtual_queue_full"
        | "rate.limited"
        | "login.throttled" => StatusCode::TOO_MANY_REQUESTS,
        "request.invalid"
        | "request.unknown_field"
        | "request.key_reused"
        | "interaction.unknown_queue"
        | "interaction.unknown_exit"
        | "interaction.begun_with_route"
        | "interaction.disposition"
        | "interaction.reason"
        | "agent.reason"
        | "interaction.not_extended"
        | "route.unknown_virtual_queue"
        | "route.credit_too_large"
        | "route.unknown_target"
        | "route.out_of_range"
        | "config.out_of_range"
        | "config.findings"
        | "config.key_agent" => StatusCode::UNPROCESSABLE_ENTITY,
        "internal.failed" | "input.quarantined" => StatusCode::INTERNAL_SERVER_ERROR,
        "outcome.unknown" => StatusCode::GATEWAY_TIMEOUT,
        "records.behind" => StatusCode::SERVICE_UNAVAILABLE,
        code if code.starts_with("unavailable.") => StatusCode::SERVICE_UNAVAILABLE,
        code if code.ends_with(".unknown") || code == "request.unknown_path" => {
            StatusCode::NOT_FOUND
        }
        "login.no_provider" => StatusCode::NOT_FOUND,
        _ => StatusCode::CONFLICT,
    }
}

/// `agent.not_logged_in` becomes `Agent: not logged in`.
fn title_of(code: &str) -> String {
    let (subject, what) = code.split_once('.').unwrap_or((code, ""));
    let mut letters = subject.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let rest = letters.as_str();
    let first = first.map(String::from).unwrap_or_default();
    format!("{first}{rest}: {}", what.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::AgentId;

    fn refused(refused: impl Into<Refused>) -> u16 {
        Problem::of_command(CommandFault::Refused(refused.into()), About::Named).status()
    }

    #[test]
    fn refusals_have_the_status_of_their_kind() {
        let id = InteractionId(4);
        assert_eq!(refused(interaction::Refused::Unknown(id)), 404);
        assert_eq!(refused(interaction::Refused::Stopped(id)), 410);
        assert_eq!(refused(interaction::Refused::TooManyOpen { limit: 5 }), 429);
        assert_eq!(
            refused(route::Refused::Offered {
                request: RouteRequestId(1)
            }),
            409
        );
        assert_eq!(refused(config::Refused::KeyAgent), 422);
        let mismatch = config::Refused::VersionMismatch {
            what: "queue a".to_owned(),
            found: 2,
        };
        assert_eq!(refused(mismatch), 412);
        let not_yours = offer::Refused::NotYours {
            offer: OfferId(1),
            to: AgentId(1),
            agent: AgentId(2),
        };
        assert_eq!(refused(not_yours), 403);
    }

    #[test]
    fn out_of_scope_looks_like_nothing_there() {
        let about = About::Interaction(InteractionId(9));
        let hidden = Problem::of_command(CommandFault::Denied(Denied::Scope), about);
        let refused: Refused = interaction::Refused::Unknown(InteractionId(9)).into();
        let absent = Problem::of_command(CommandFault::Refused(refused), about);
        assert_eq!(hidden, absent);
    }

    #[test]
    fn a_title_is_the_code_in_words() {
        assert_eq!(title_of("agent.not_logged_in"), "Agent: not logged in");
    }
}
