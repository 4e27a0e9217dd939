//! Which API key and which session opens what: a copy of what the tenants' states say, for the
//! door.

use ringback_engine::State;
use ringback_model::config::{ApiKey, Event as Config};
use ringback_model::login::{Event as Login, Person, Policy, Session};
use ringback_model::right::Action;
use ringback_model::{Event, LoginId, Name, WallTime};
use ringback_ports::envelope::{Actor, ActorRef, Right};
use ringback_ports::hall::Authenticated;
use ringback_ports::{Record, TenantId};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

/// Keys and sessions by the hash of their secret.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    rings: RwLock<Rings>,
}

#[derive(Debug, Default)]
struct Rings {
    open: HashMap<String, Opens>,
    people: HashMap<(TenantId, Name), Arc<Person>>,
    policies: HashMap<TenantId, Policy>,
    /// Hashes by session.
    sessions: HashMap<(TenantId, LoginId), Arc<Session>>,
}

/// What a secret opens, and until when.
#[derive(Debug)]
struct Opens {
    what: Authenticated,
    expires: Option<WallTime>,
}

impl Keyring {
    /// What a secret opens at this time.
    pub(crate) fn find(&self, secret_hash: &str, now: WallTime) -> Option<Authenticated> {
        let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
        let opens = rings.open.get(secret_hash)?;
        let open = opens.expires.is_none_or(|expires| now < expires);
        open.then(|| Authenticated {
            digits_shown: rings.digits_shown(&opens.what),
            ..opens.what.clone()
        })
    }

    fn write(&self) -> RwLockWriteGuard<'_, Rings> {
        self.rings.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over all keys, people and sessions of a tenant that was just read in.
    pub(crate) fn reset(&self, tenant: TenantId, state: &State) {
        let mut rings = self.write();
        rings.open.retain(|_, opens| opens.what.tenant != tenant);
        rings.people.retain(|(of, _), _| *of != tenant);
        rings.sessions.retain(|(of, _), _| *of != tenant);
        let (_, policy) = state.logins().policy();
        rings.policies.insert(tenant, policy.clone());
        for key in state.keys() {
            rings.put_key(tenant, key);
        }
        for person in state.logins().people() {
            rings.put_person(tenant, person);
        }
        for session in state.logins().sessions() {
            rings.put_session(tenant, session);
        }
    }

    /// Takes over what a durable record says of keys, people and sessions.
    pub(crate) fn learn(&self, record: &Record) {
        let tenant = record.tenant;
        let entries = record.entries.iter();
        for event in entries.flat_map(|entry| &entry.events) {
            match event {
                Event::Config(Config::KeyPut(key)) => self.write().put_key(tenant, key),
                Event::Login(Login::PersonPut(person)) => self.write().put_person(tenant, person),
                Event::Login(Login::PolicyPut { policy, .. }) => {
                    self.write().policies.insert(tenant, (**policy).clone());
                }
                Event::Login(Login::SessionPut(session)) => {
                    self.write().put_session(tenant, session);
                }
                Event::Login(Login::SessionEnded { session, .. }) => {
                    self.write().end_session(tenant, *session);
                }
                _ => {}
            }
        }
    }
}

impl Rings {
    /// How many digits of a number somebody is to see.
    fn digits_shown(&self, what: &Authenticated) -> Option<u8> {
        let policy = self.policies.get(&what.tenant)?;
        match &what.actor.right {
            Right::Key { role, .. } if policy.masked_roles.contains(role) => {
                Some(policy.digits_shown)
            }
            _ => None,
        }
    }

    fn put_key(&mut self, tenant: TenantId, key: &ApiKey) {
        if key.revoked {
            self.open.remove(&key.hash);
            return;
        }
        let right = Right::Key {
            role: key.role,
            scope: key.scope.clone(),
            agent: key.agent,
            only: key
                .bounds
                .as_ref()
                .and_then(|bounds| bounds.only.clone())
                .map(Arc::new),
        };
        let actor = Actor {
            name: ActorRef::Key(key.name.clone()),
            right,
        };
        let opens = Authenticated {
            tenant,
            actor: Arc::new(actor),
            session: None,
            digits_shown: None,
        };
        let expires = key.bounds.as_ref().and_then(|bounds| bounds.expires);
        let opens = Opens {
            what: opens,
            expires,
        };
        self.open.insert(key.hash.clone(), opens);
    }

    /// What changes in a person changes at once what his sessions open.
    fn put_person(&mut self, tenant: TenantId, person: &Person) {
        let slot = (tenant, person.name.clone());
        self.people.insert(slot, Arc::new(person.clone()));
        let theirs = self.sessions.iter();
        let theirs: Vec<Arc<Session>> = theirs
            .filter(|((of, _), session)| *of == tenant && session.person == person.name)
            .map(|(_, session)| session.clone())
            .collect();
        for session in theirs {
            self.open_session(tenant, &session);
        }
    }

    fn put_session(&mut self, tenant: TenantId, session: &Session) {
        let kept = Arc::new(session.clone());
        self.sessions.insert((tenant, session.id), kept);
        self.open_session(tenant, session);
    }

    fn open_session(&mut self, tenant: TenantId, session: &Session) {
        let Some(person) = self.people.get(&(tenant, session.person.clone())) else {
            return;
        };
        // Whoever has to set up a second factor may do nothing else before.
        let only = session.limited.then(|| BTreeSet::from([Action::OwnLogin]));
        let right = Right::Key {
            role: person.body.role,
            scope: person.scope.clone(),
            agent: person.agent,
            only: only.map(Arc::new),
        };
        let actor = Actor {
            name: ActorRef::Person(person.name.clone()),
            right,
        };
        let opens = Authenticated {
            tenant,
            actor: Arc::new(actor),
            session: Some(session.id),
            digits_shown: None,
        };
        // The heart ends sessions by itself.
        let opens = Opens {
            what: opens,
            expires: None,
        };
        self.open.insert(session.hash.clone(), opens);
    }

    fn end_session(&mut self, tenant: TenantId, session: LoginId) {
        if let Some(gone) = self.sessions.remove(&(tenant, session)) {
            self.open.remove(&gone.hash);
        }
    }
}
