//! Log-in for people: what is checked at the door before the heart is told of it.

pub(crate) mod codes;
pub(crate) mod cookie;
pub(crate) mod deny;
pub(crate) mod oidc;
pub(crate) mod passwords;
pub(crate) mod throttle;
pub(crate) mod visit;

use crate::door;
use crate::options::ApiOptions;
use crate::problem::{About, Problem};
use crate::state::House;
use oidc::Oidc;
use passwords::Passwords;
use ringback_model::login::{Input as Login, Policy};
use ringback_model::{Input, LoginId, Name};
use ringback_ports::envelope::{Actor, ActorRef, Answer, Right};
use ringback_ports::query::{Claim, LoginView, Query, View};
use ringback_ports::{Command, Reply, TenantId};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use throttle::Throttle;

/// A session is not noted as seen more often than this.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// What log-ins share.
pub(crate) struct Logins {
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    /// Log-in by a provider, where one is configured.
    pub(crate) oidc: Option<Oidc>,
    /// When sessions were last noted as seen. Only sessions that exist get in.
    seen: Mutex<FxHashMap<(TenantId, LoginId), Instant>>,
}

impl Logins {
    pub(crate) fn new(options: &ApiOptions) -> Self {
        Self {
            passwords: Passwords::new(&options.login),
            throttle: Throttle::new(&options.login),
            oidc: options.login.provider.clone().map(Oidc::new),
            seen: Mutex::default(),
        }
    }

    /// Whether a session is to be noted as seen now.
    fn is_due(&self, session: (TenantId, LoginId)) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(last) = seen.get(&session)
            && now.duration_since(*last) < SEEN_EVERY
        {
            return false;
        }
        if seen.len() >= SEEN_MAX {
            seen.retain(|_, last| now.duration_since(*last) < SEEN_EVERY);
        }
        seen.insert(session, now);
        true
    }
}

/// So many sessions are remembered before old ones are swept out.
const SEEN_MAX: usize = 10_000;

impl House {
    /// Notes that a person was seen. Nobody waits for it.
    pub(crate) fn seen(&self, tenant: TenantId, session: LoginId) {
        if !self.logins.is_due((tenant, session)) {
            return;
        }
        let command = Command {
            tenant,
            actor: Arc::new(Actor::node()),
            idempotent: None,
            input: Input::Login(Login::Seen { session }),
        };
        self.hall.send(command, Reply::Nobody);
    }

    /// Asks the heart for what follows from a secret that a person has shown at the door.
    pub(crate) async fn proven(
        &self,
        tenant: TenantId,
        person: &Name,
        input: Login,
    ) -> Result<Answer, Problem> {
        let actor = Actor {
            name: ActorRef::Person(person.clone()),
            right: Right::House,
        };
        let command = Command {
            tenant,
            actor: Arc::new(actor),
            idempotent: None,
            input: Input::Login(input),
        };
        self.send(command, About::Named).await
    }

    /// Who somebody says he is, and what to check it against.
    pub(crate) async fn claimed(
        &self,
        tenant: TenantId,
        claim: Claim,
    ) -> Result<(Option<LoginView>, Policy), Problem> {
        let actor = Arc::new(Actor::node());
        let asked = self.hall.query(tenant, actor, Query::Login(claim)).await;
        match asked.map_err(|fault| Problem::of_query(fault, "such person"))? {
            (_, View::Login(found, policy)) => Ok((found.map(|found| *found), *policy)),
            _ => Err(Problem::crossed()),
        }
    }

    /// The tenant of this name; without a name, the only one.
    pub(crate) fn tenant_named(&self, name: Option<&str>) -> Result<TenantId, Problem> {
        let tenants = self.hall.tenants();
        match name {
            None if tenants.len() == 1 => Ok(tenants[0].id),
            None => {
                let problem = "this server has several tenants: name yours";
                Err(Problem::invalid("/tenant", problem))
            }
            Some(name) => {
                let found = tenants.iter().find(|one| one.name.as_str() == name);
                // Which tenants there are is told to nobody.
                found.map(|one| one.id).ok_or_else(failed)
            }
        }
    }
}

/// The one answer to everything that is wrong with a log-in.
pub(crate) fn failed() -> Problem {
    let detail = "name, password or code is wrong, or the person may not log in";
    Problem::new("login.failed", detail)
}

/// A fresh secret with its prefix, and its hash.
pub(crate) fn secret(prefix: &str) -> Result<(String, String), Problem> {
    let fresh = door::new_secret()?;
    let random = fresh.strip_prefix("rb_").unwrap_or(&fresh);
    let secret = format!("{prefix}{random}");
    let hash = door::hash(&secret);
    Ok((secret, hash))
}
