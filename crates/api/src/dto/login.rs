//! People, log-in and sessions as the API shows and takes them.

use super::config::{RoleWord, ScopeView};
use super::text;
use crate::names::Known;
use crate::text::{Text, Time};
use ringback_model::login::{Policy, Session};
use ringback_model::{AgentId, LoginId, Millis, Now};
use ringback_ports::query::PersonView as Live;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Someone who may log in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonView {
    #[schema(example = "sam")]
    name: String,
    /// The entity tag.
    version: u64,
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    role: RoleWord,
    scope: ScopeView,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    agent: Option<Text<AgentId>>,
    disabled: bool,
    /// Whether he has a password.
    password: bool,
    /// Whether he has to show a code as well.
    totp: bool,
    /// How many recovery codes he has left.
    recovery_codes: usize,
    /// The providers (issuers) he is known at.
    providers: Vec<String>,
    /// How many sessions he has.
    sessions: usize,
}

impl PersonView {
    pub(crate) fn new(known: &Known, live: &Live) -> Self {
        let person = &live.person;
        Self {
            name: text(&person.name),
            version: person.version,
            display_name: person.body.display_name.clone(),
            email: person.body.email.clone(),
            role: person.body.role.into(),
            scope: ScopeView::new(known, &person.scope),
            agent: person.agent.map(Text),
            disabled: person.body.disabled,
            password: live.password,
            totp: live.totp,
            recovery_codes: live.recovery_codes,
            providers: live.providers.clone(),
            sessions: live.sessions,
        }
    }

    pub(crate) const fn version(&self) -> u64 {
        self.version
    }
}

/// A link by which a password can be set once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkMade {
    #[schema(example = "sam")]
    pub(crate) person: String,
    /// What to send to `POST /v1/login/link`; shown this once. Absent when the request was a
    /// repetition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// How long it is good, in milliseconds.
    pub(crate) good_for_ms: u64,
    /// The record it stands in.
    pub(crate) sequence: u64,
}

/// Who logs in.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "sam", "password": "eine gute Idee am Morgen"}))]
pub(crate) struct LogInAsk {
    /// The tenant; may be left out where there is only one.
    #[serde(default)]
    pub(crate) tenant: Option<String>,
    /// His name or e-mail address.
    #[schema(min_length = 1, max_length = 254)]
    pub(crate) name: String,
    #[schema(format = Password)]
    pub(crate) password: String,
    /// A time-based code or a recovery code, for whoever has a second factor.
    #[serde(default)]
    pub(crate) code: Option<String>,
}

/// A session began.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionNow {
    #[schema(value_type = String, example = "l3")]
    pub(crate) session: Text<LoginId>,
    #[schema(example = "sam")]
    pub(crate) person: String,
    /// To be sent as header `Ringback-Csrf` with everything that changes something.
    pub(crate) csrf: String,
    /// Only good for setting up a second factor, which the role demands.
    pub(crate) limited: bool,
}

/// A password in exchange for another.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The password in force.
    #[schema(format = Password)]
    pub(crate) old: String,
    /// The one to be.
    #[schema(format = Password)]
    pub(crate) new: String,
}

/// A password set by a link.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordByLink {
    /// The tenant; may be left out where there is only one.
    #[serde(default)]
    pub(crate) tenant: Option<String>,
    /// What the link carries.
    pub(crate) token: String,
    #[schema(format = Password)]
    pub(crate) password: String,
}

/// Proof that it is really him.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotpEnrol {
    /// The password in force.
    #[schema(format = Password)]
    pub(crate) password: String,
}

/// A key for codes; shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotpKey {
    /// For typing in, in base32.
    pub(crate) secret: String,
    /// For a picture.
    #[schema(example = "otpauth://totp/Ringback%20default:sam?secret=GEZDGNBVGY3TQOJQ")]
    pub(crate) uri: String,
}

/// A code, as proof that codes can be made.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "287082"}))]
pub(crate) struct TotpConfirm {
    pub(crate) code: String,
}

/// For the day the authenticator is lost; shown this once, each good once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    pub(crate) recovery_codes: Vec<String>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    #[schema(value_type = String, example = "l3")]
    id: Text<LoginId>,
    #[schema(example = "sam")]
    person: String,
    /// How he proved himself: `password`, `totp`, `recovery` or `provider`.
    how: &'static str,
    #[schema(value_type = String, format = DateTime)]
    since: Time,
    /// When he was last seen, to the minute or so.
    #[schema(value_type = String, format = DateTime)]
    seen: Time,
    /// When it ends if he is not seen any more.
    #[schema(value_type = String, format = DateTime)]
    idle_until: Time,
    /// When it ends in any case.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    /// Only good for setting up a second factor.
    limited: bool,
    /// The address he came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// What his browser calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<String>,
    /// It is the one that asks.
    this: bool,
}

impl SessionView {
    pub(crate) fn new(session: &Session, caller: Option<LoginId>) -> Self {
        let since: Now = session.since;
        Self {
            id: Text(session.id),
            person: text(&session.person),
            how: session.how.name(),
            since: Time::of(since),
            seen: Time::at(since, session.seen),
            idle_until: Time::at(since, session.idle_until),
            until: Time::at(since, session.until),
            limited: session.limited,
            from: session.from.clone(),
            with: session.with.clone(),
            this: Some(session.id) == caller,
        }
    }
}

/// What holds for all log-ins; what is left out gets its default.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"idle_ms": 3_600_000, "totp_roles": ["administrator"]}))]
pub(crate) struct PolicyPut {
    /// A session ends when the person was not seen for so long.
    #[schema(minimum = 60_000, maximum = 86_400_000, default = 3_600_000)]
    idle_ms: u64,
    /// A session ends after so long in any case.
    #[schema(minimum = 60_000, maximum = 2_592_000_000_u64, default = 43_200_000)]
    absolute_ms: u64,
    /// How long a link for setting a password once is good.
    #[schema(minimum = 60_000, maximum = 2_592_000_000_u64, default = 86_400_000)]
    link_kept_ms: u64,
    /// The fewest characters of a new password.
    #[schema(minimum = 8, maximum = 64, default = 12)]
    password_min: u16,
    /// Roles that have to use a second factor.
    totp_roles: Vec<RoleWord>,
    /// Roles that see only the last digits of telephone numbers, in user data and events.
    masked_roles: Vec<RoleWord>,
    /// How many digits they see.
    #[schema(minimum = 0, maximum = 6, default = 3)]
    digits_shown: u8,
}

impl Default for PolicyPut {
    fn default() -> Self {
        Self::of(&Policy::default())
    }
}

impl PolicyPut {
    pub(crate) fn of(policy: &Policy) -> Self {
        Self {
            idle_ms: policy.idle.0,
            absolute_ms: policy.absolute.0,
            link_kept_ms: policy.link_kept.0,
            password_min: policy.password_min,
            totp_roles: policy
                .totp_roles
                .iter()
                .map(|role| (*role).into())
                .collect(),
            masked_roles: policy
                .masked_roles
                .iter()
                .map(|role| (*role).into())
                .collect(),
            digits_shown: policy.digits_shown,
        }
    }

    pub(crate) fn into_model(self) -> Policy {
        Policy {
            idle: Millis(self.idle_ms),
            absolute: Millis(self.absolute_ms),
            link_kept: Millis(self.link_kept_ms),
            password_min: self.password_min,
            totp_roles: self.totp_roles.into_iter().map(Into::into).collect(),
            masked_roles: self.masked_roles.into_iter().map(Into::into).collect(),
            digits_shown: self.digits_shown,
        }
    }
}

/// The policy and its version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyView {
    /// The entity tag; 0 as long as nobody set it.
    pub(crate) version: u64,
    pub(crate) policy: PolicyPut,
    /// The record it was read after.
    pub(crate) sequence: u64,
}

/// What happened to a person, to what he proves himself with, or to a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoginChange {
    /// Whom it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<String>,
    /// Which session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "l3")]
    pub(crate) session: Option<Text<LoginId>>,
    /// What was done, or how he proved himself, or why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) what: Option<&'static str>,
    /// The version of what was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u64>,
}
