//! Who is calling: API keys, and people by their sessions.

use crate::idempotency;
use crate::limits::KeyLimits;
use crate::login::cookie;
use crate::problem::Problem;
use crate::state::{House, Shared};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ringback_model::config::{Role, Scope};
use ringback_model::right::Action;
use ringback_model::{AgentId, LoginId, Name};
use ringback_ports::TenantId;
use ringback_ports::envelope::{Actor, ActorRef, Right};
use std::fmt::Write;
use std::sync::Arc;

/// The holder of an API key, or a person with his session.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) tenant: TenantId,
    pub(crate) actor: Arc<Actor>,
    pub(crate) limits: Arc<KeyLimits>,
    /// SHA-256 of the secret, in hexadecimal: what he is known by.
    pub(crate) hash: Arc<str>,
    /// The session, for a person.
    pub(crate) session: Option<LoginId>,
    /// How many digits of a number he sees; `None`: all.
    pub(crate) digits_shown: Option<u8>,
}

/// The subprotocol of the WebSocket.
pub(crate) const SUBPROTOCOL: &str = "ringback.v1";

impl Caller {
    /// The holder of this secret. Wrong secrets of every kind get the same answer.
    pub(crate) fn of_secret(house: &House, secret: &str) -> Result<Self, Problem> {
        let hash = hash(secret);
        let found = house.hall.authenticate(&hash);
        let found = found.ok_or_else(|| Problem::nobody("auth.unknown"))?;
        Ok(Self {
            tenant: found.tenant,
            actor: found.actor,
            limits: house.limits.of_key(&hash),
            hash: hash.into(),
            session: found.session,
            digits_shown: found.digits_shown,
        })
    }

    /// The holder of an API key. The token of a session is none: it is good in a cookie alone.
    fn of_key(house: &House, secret: &str) -> Result<Self, Problem> {
        if secret.starts_with(cookie::PREFIX) {
            return Err(Problem::nobody("auth.unknown"));
        }
        Self::of_secret(house, secret)
    }

    /// The person with the session of a token in a cookie. He is noted as seen.
    fn of_token(house: &House, token: &str) -> Result<Self, Problem> {
        if !token.starts_with(cookie::PREFIX) {
            return Err(Problem::nobody("auth.unknown"));
        }
        let caller = Self::of_secret(house, token)?;
        caller.seen(house);
        Ok(caller)
    }

    /// Notes a person as seen.
    pub(crate) fn seen(&self, house: &House) {
        if let Some(session) = self.session {
            house.seen(self.tenant, session);
        }
    }

    /// Whoever asks with these headers: by the key in `Authorization` or by the session cookie.
    fn of_request(house: &Shared, method: &Method, headers: &HeaderMap) -> Result<Self, Problem> {
        match cookie::token(headers) {
            Some(token) if !headers.contains_key(header::AUTHORIZATION) => {
                let caller = Self::of_token(house, token)?;
                cookie::check(house, method, headers, token)?;
                Ok(caller)
            }
            _ => Self::of_header(house, headers),
        }
    }

    /// The holder of the secret in the `Authorization` header.
    pub(crate) fn of_header(house: &House, headers: &HeaderMap) -> Result<Self, Problem> {
        let value = headers
            .get(header::AUTHORIZATION)
            .ok_or_else(|| Problem::nobody("auth.missing"))?;
        let secret = value.to_str().ok().and_then(bearer);
        Self::of_key(house, secret.unwrap_or_default())
    }

    /// The holder of the secret in the header or, because browsers cannot set headers on a
    /// WebSocket, in the list of subprotocols.
    pub(crate) fn of_socket(house: &House, headers: &HeaderMap) -> Result<Self, Problem> {
        if headers.contains_key(header::AUTHORIZATION) {
            return Self::of_header(house, headers);
        }
        let secret = headers
            .get_all(header::SEC_WEBSOCKET_PROTOCOL)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .find_map(|protocol| protocol.trim().strip_prefix("bearer."));
        match (secret, cookie::token(headers)) {
            (Some(secret), _) => Self::of_key(house, secret),
            // The caller checks that the page is one of ours.
            (None, Some(token)) if headers.contains_key(header::ORIGIN) => {
                Self::of_token(house, token)
            }
            _ => Err(Problem::nobody("auth.missing")),
        }
    }

    /// Whether the key still opens what it opened; follows a change of it.
    pub(crate) fn renew(&mut self, house: &House) -> bool {
        match house.hall.authenticate(&self.hash) {
            Some(found) if found.tenant == self.tenant => {
                self.actor = found.actor;
                self.digits_shown = found.digits_shown;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn role(&self) -> Role {
        match &self.actor.right {
            Right::Key { role, .. } => *role,
            Right::House => Role::Administrator,
        }
    }

    pub(crate) fn scope(&self) -> Scope {
        match &self.actor.right {
            Right::Key { scope, .. } => scope.clone(),
            Right::House => Scope::Everything,
        }
    }

    /// The agent the key belongs to.
    pub(crate) fn agent(&self) -> Option<AgentId> {
        match &self.actor.right {
            Right::Key { agent, .. } => *agent,
            Right::House => None,
        }
    }

    /// The agent the key belongs to; a problem when it belongs to none.
    pub(crate) fn own_agent(&self) -> Result<AgentId, Problem> {
        let none = || Problem::role(self.role().name(), "act as an agent: the key names none");
        self.agent().ok_or_else(none)
    }

    /// The person who has logged in; a problem for an API key.
    pub(crate) fn own_person(&self) -> Result<&Name, Problem> {
        match &self.actor.name {
            ActorRef::Person(name) => Ok(name),
            _ => Err(no_person()),
        }
    }

    /// The session; a problem for an API key.
    pub(crate) fn own_session(&self) -> Result<LoginId, Problem> {
        self.session.ok_or_else(no_person)
    }

    /// Refuses what the key or session is not for. Whatever goes to the loop is checked there;
    /// this is for what does not.
    pub(crate) fn allowed(&self, action: Action) -> Result<(), Problem> {
        match &self.actor.right {
            Right::Key {
                only: Some(only), ..
            } if !only.contains(&action) => Err(Problem::not_allowed(action.words())),
            _ => Ok(()),
        }
    }

    /// All that the key or session is good for, where that is less than the role allows.
    pub(crate) fn only(&self) -> Option<Vec<&'static str>> {
        match &self.actor.right {
            Right::Key {
                only: Some(only), ..
            } => Some(only.iter().map(|action| action.name()).collect()),
            _ => None,
        }
    }

    /// Whether the key or session is not good for all that the role may do.
    pub(crate) fn is_limited(&self) -> bool {
        matches!(&self.actor.right, Right::Key { only: Some(_), .. })
    }

    /// The name of the key or the person.
    pub(crate) fn key_name(&self) -> &str {
        match &self.actor.name {
            ActorRef::Key(name) | ActorRef::Person(name) | ActorRef::Room(name) => name.as_str(),
            ActorRef::Node => "node",
        }
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &Shared) -> Result<Self, Problem> {
        let caller = Self::of_request(house, &parts.method, &parts.headers)?;
        caller.limits.take()?;
        if parts.method != Method::GET {
            // A key that is none is a mistake also where it has no effect.
            idempotency::key_of(&parts.headers)?;
        }
        Ok(caller)
    }
}

fn no_person() -> Problem {
    let detail = "this is for people who have logged in, not for API keys";
    Problem::new("auth.no_person", detail)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// SHA-256 of a secret, in hexadecimal.
pub(crate) fn hash(secret: &str) -> String {
    let digest = digest(&SHA256, secret.as_bytes());
    digest
        .as_ref()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A new secret: `rb_` and 256 random bits.
pub(crate) fn new_secret() -> Result<String, Problem> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Problem::broken("the system gave no random bytes"))?;
    Ok(format!("rb_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hashed_as_a_whole() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash(""), empty);
        assert_eq!(hash("rb_x").len(), 64);
    }

    #[test]
    fn secrets_are_new_each_time() {
        let (one, other) = (new_secret().expect("random"), new_secret().expect("random"));
        assert_ne!(one, other);
        assert_eq!(one.len(), 46);
    }

    #[test]
    fn only_bearer_is_read() {
        assert_eq!(bearer("Bearer rb_x"), Some("rb_x"));
        assert_eq!(bearer("bearer rb_x"), Some("rb_x"));
        assert_eq!(bearer("Basic rb_x"), None);
    }
}
