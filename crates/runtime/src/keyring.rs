//! Which API key and which session opens what: a copy of what the tenants' states say, for the
//! door.

use ringback_engine::State;
use ringback_model::config::{ApiKey, Body, Event as Config, Kind};
use ringback_model::login::{Directory, Event as Login, Person, Policy, Session};
use ringback_model::right::Action;
use ringback_model::{AgentId, Event, LoginId, Name, ObjectId, QueueId, WallTime};
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
    named: HashMap<TenantId, Named>,
    policies: HashMap<TenantId, Policy>,
    /// Hashes by session.
    sessions: HashMap<(TenantId, LoginId), Arc<Session>>,
}

/// What people may be bound to, by name.
#[derive(Debug, Default)]
struct Named {
    queues: HashMap<Name, QueueId>,
    groups: HashMap<Name, ObjectId>,
    agents: HashMap<Name, AgentId>,
}

impl Directory for Named {
    fn queue(&self, name: &Name) -> Option<QueueId> {
        self.queues.get(name).copied()
    }

    fn group(&self, name: &Name) -> Option<ObjectId> {
        self.groups.get(name).copied()
    }

    fn agent(&self, name: &Name) -> Option<AgentId> {
        self.agents.get(name).copied()
    }
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
        rings.named.insert(tenant, Named::of(state));
        for person in state.people() {
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
                Event::Config(event) => self.write().configure(tenant, event),
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

impl Named {
    fn of(state: &State) -> Self {
        let agents = state.agent_ids().into_iter();
        let agents = agents.filter_map(|id| Some((state.agent(id)?.name.clone(), id)));
        let groups = state.objects(Kind::Group);
        Self {
            queues: state.queues().map(|it| (it.name.clone(), it.id)).collect(),
            groups: groups.map(|it| (it.name.clone(), it.id)).collect(),
            agents: agents.collect(),
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

    fn configure(&mut self, tenant: TenantId, event: &Config) {
        let named = self.named.entry(tenant).or_default();
        match event {
            Config::KeyPut(key) => self.put_key(tenant, key),
            Config::QueuePut(it) => drop(named.queues.insert(it.name.clone(), it.id)),
            Config::AgentPut(it) => drop(named.agents.insert(it.name.clone(), it.id)),
            Config::Put(it) => match &it.body {
                Body::Group(_) => drop(named.groups.insert(it.name.clone(), it.id)),
                Body::Person(body) => {
                    let person = Person::resolve(&it.name, it.version, body, named);
                    self.put_person(tenant, person);
                }
                _ => {}
            },
            Config::Deleted { kind, name, .. } => match kind {
                Kind::Queue => drop(named.queues.remove(name)),
                Kind::Agent => drop(named.agents.remove(name)),
                Kind::Group => drop(named.groups.remove(name)),
                Kind::Person => drop(self.people.remove(&(tenant, name.clone()))),
                _ => {}
            },
            Config::VirtualQueuePut(_) | Config::SettingsPut { .. } => {}
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
    fn put_person(&mut self, tenant: TenantId, person: Person) {
        let person = Arc::new(person);
        let slot = (tenant, person.name.clone());
        self.people.insert(slot, person.clone());
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
