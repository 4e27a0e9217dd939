//! What people prove themselves with, and their sessions, as part of the state. The people
//! themselves are configuration objects.

use crate::digest;
use crate::state::State;
use ringback_model::config::{Body, Kind, Object, Version};
use ringback_model::login::{Credentials, Directory, Event, Person, Policy, Session};
use ringback_model::{AgentId, EngineTime, LoginId, Name, ObjectId, QueueId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything about log-in that a tenant's engine knows.
#[derive(Debug, Clone, Default)]
pub struct Logins {
    credentials: BTreeMap<Name, Credentials>,
    sessions: BTreeMap<LoginId, Session>,
    last: u64,
    policy: Policy,
    policy_version: Version,
    /// Who has which e-mail address, in small letters, and the other way round: an index.
    emails: BTreeMap<String, Name>,
    addresses: BTreeMap<Name, String>,
    /// Sum of the digests of all entries.
    digest: u64,
}

/// Log-in as a part of a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// What they prove themselves with.
    pub credentials: Vec<Credentials>,
    /// Their sessions.
    pub sessions: Vec<Session>,
    /// The number of the last session.
    pub last: u64,
    /// The policy.
    pub policy: Policy,
    /// Its version.
    pub policy_version: Version,
}

impl State {
    /// Someone who may log in.
    #[must_use]
    pub fn person(&self, name: &Name) -> Option<Person> {
        self.resolve(self.object_named(Kind::Person, name)?)
    }

    /// Everybody who may log in, in order of their names.
    pub fn people(&self) -> impl Iterator<Item = Person> {
        let people = self.objects(Kind::Person);
        people.filter_map(|it| self.resolve(it))
    }

    /// Whoever has this name or e-mail address.
    #[must_use]
    pub fn person_known_as(&self, text: &str) -> Option<Person> {
        let named = text.parse::<Name>().ok();
        let found = named.and_then(|name| self.person(&name));
        found.or_else(|| self.person_with_email(text))
    }

    /// Whoever has this e-mail address.
    #[must_use]
    pub fn person_with_email(&self, email: &str) -> Option<Person> {
        self.person(self.logins.emails.get(&email.to_lowercase())?)
    }

    /// Whoever is known to a provider as this subject. Costs a walk.
    #[must_use]
    pub fn person_of_subject(&self, issuer: &str, subject: &str) -> Option<Person> {
        let is = |it: &&Credentials| it.subjects.get(issuer).is_some_and(|at| at == subject);
        let found = self.logins.credentials.values().find(is)?;
        self.person(&found.person)
    }

    /// Whoever may set his password by this link. Costs a walk.
    #[must_use]
    pub fn person_of_link(&self, hash: &str) -> Option<Person> {
        let is = |it: &&Credentials| it.link.as_ref().is_some_and(|link| link.hash == hash);
        let found = self.logins.credentials.values().find(is)?;
        self.person(&found.person)
    }

    fn resolve(&self, object: &Object) -> Option<Person> {
        let Body::Person(body) = &object.body else {
            return None;
        };
        Some(Person::resolve(&object.name, object.version, body, self))
    }
}

impl Directory for State {
    fn queue(&self, name: &Name) -> Option<QueueId> {
        self.queue_named(name).map(|it| it.id)
    }

    fn group(&self, name: &Name) -> Option<ObjectId> {
        self.object_named(Kind::Group, name).map(|it| it.id)
    }

    fn agent(&self, name: &Name) -> Option<AgentId> {
        self.agent_named(name).map(|it| it.id)
    }
}

impl Logins {
    /// Who has an e-mail address; small and capital letters are the same.
    pub(crate) fn holder(&self, email: &str) -> Option<&Name> {
        self.emails.get(&email.to_lowercase())
    }

    /// Whoever had another address has this one now.
    pub(crate) fn address(&mut self, name: &Name, email: Option<&str>) {
        if let Some(old) = self.addresses.remove(name) {
            self.emails.remove(&old);
        }
        if let Some(email) = email {
            let email = email.to_lowercase();
            self.addresses.insert(name.clone(), email.clone());
            self.emails.insert(email, name.clone());
        }
    }

    /// What a person proves himself with.
    #[must_use]
    pub fn credentials(&self, person: &Name) -> Option<&Credentials> {
        self.credentials.get(person)
    }

    /// A session that has not ended.
    #[must_use]
    pub fn session(&self, id: LoginId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    /// All sessions that have not ended, in order.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// The sessions of a person, in order.
    pub fn sessions_of<'a>(&'a self, person: &'a Name) -> impl Iterator<Item = &'a Session> {
        self.sessions
            .values()
            .filter(move |it| it.person == *person)
    }

    /// What holds for all log-ins, and its version; 0 as long as nobody set it.
    #[must_use]
    pub const fn policy(&self) -> (Version, &Policy) {
        (self.policy_version, &self.policy)
    }

    /// The id of the next session.
    pub(crate) const fn next(&self) -> LoginId {
        LoginId(self.last + 1)
    }

    /// 0 for a tenant where nobody ever logged in, so that states from before there was log-in
    /// keep their digest.
    pub(crate) fn digest(&self) -> u64 {
        let policy = match self.policy_version {
            0 => 0,
            version => digest::of(&("policy", version, &self.policy)),
        };
        let last = match self.last {
            0 => 0,
            last => digest::of(&("last", last)),
        };
        self.digest.wrapping_add(policy).wrapping_add(last)
    }

    /// Writes an event; returns the session whose end has to be watched anew, with its end
    /// before and after.
    pub(crate) fn apply(&mut self, event: &Event) -> Option<Watch> {
        match event {
            Event::PolicyPut { version, policy } => {
                self.policy_version = *version;
                self.policy = (**policy).clone();
                None
            }
            Event::CredentialsPut { credentials, .. } => {
                self.put_credentials((**credentials).clone());
                None
            }
            Event::SessionPut(session) => Some(self.put_session((**session).clone())),
            Event::Seen {
                session,
                at,
                idle_until,
            } => {
                let mut seen = self.sessions.get(session)?.clone();
                seen.seen = *at;
                seen.idle_until = *idle_until;
                Some(self.put_session(seen))
            }
            Event::SessionEnded { session, .. } => {
                let gone = self.sessions.remove(session)?;
                self.digest = self.digest.wrapping_sub(digest::of(&gone));
                Some(Watch {
                    session: *session,
                    before: Some(ends(&gone)),
                    after: None,
                })
            }
        }
    }

    fn put_credentials(&mut self, credentials: Credentials) {
        let added = digest::of(&credentials);
        let old = self
            .credentials
            .insert(credentials.person.clone(), credentials);
        let removed = old.map_or(0, |old| digest::of(&old));
        self.digest = self.digest.wrapping_add(added).wrapping_sub(removed);
    }

    fn put_session(&mut self, session: Session) -> Watch {
        let id = session.id;
        let (added, after) = (digest::of(&session), ends(&session));
        self.last = self.last.max(id.0);
        let old = self.sessions.insert(id, session);
        let removed = old.as_ref().map_or(0, digest::of);
        self.digest = self.digest.wrapping_add(added).wrapping_sub(removed);
        Watch {
            session: id,
            before: old.as_ref().map(ends),
            after: Some(after),
        }
    }

    /// For a snapshot; nothing if nobody ever touched it.
    pub(crate) fn image(&self) -> Option<Image> {
        (self.digest() != 0).then(|| Image {
            credentials: self.credentials.values().cloned().collect(),
            sessions: self.sessions.values().cloned().collect(),
            last: self.last,
            policy: self.policy.clone(),
            policy_version: self.policy_version,
        })
    }

    /// Out of a snapshot; returns the ends to be watched.
    pub(crate) fn restore(&mut self, image: Image) -> Vec<Watch> {
        self.policy = image.policy;
        self.policy_version = image.policy_version;
        for credentials in image.credentials {
            self.put_credentials(credentials);
        }
        let sessions = image.sessions.into_iter();
        let watches = sessions.map(|session| self.put_session(session)).collect();
        self.last = image.last;
        watches
    }
}

/// The end of a session that is watched.
pub(crate) struct Watch {
    pub(crate) session: LoginId,
    pub(crate) before: Option<EngineTime>,
    pub(crate) after: Option<EngineTime>,
}

/// When a session ends if nothing happens.
pub(crate) fn ends(session: &Session) -> EngineTime {
    session.idle_until.min(session.until)
}
