//! People who log in, what they prove themselves with, and their sessions.
//!
//! Secrets never stand here: a password as the PHC string of argon2id, tokens, links and recovery
//! codes as SHA-256 of random bits, the key of time-based codes sealed.

use crate::config::{self, Expected, Role, Scope, Version};
use crate::id::{AgentId, LoginId, ObjectId, QueueId};
use crate::name::Name;
use crate::personal::Personal;
use crate::time::{EngineTime, Millis, Now};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Someone who may log in: what the configuration says of him, with the names he is bound to
/// resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name he logs in with, unique.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// What was set.
    pub body: config::Person,
    /// How far he reaches.
    pub scope: Scope,
    /// The agent he is; set exactly for role agent.
    pub agent: Option<AgentId>,
}

/// Where the names are looked up that a person is bound to.
pub trait Directory {
    /// A queue.
    fn queue(&self, name: &Name) -> Option<QueueId>;
    /// A group.
    fn group(&self, name: &Name) -> Option<ObjectId>;
    /// An agent.
    fn agent(&self, name: &Name) -> Option<AgentId>;
}

impl Person {
    /// Resolves a person. A name that is not there opens nothing; the heart lets none be deleted
    /// that a person is bound to.
    #[must_use]
    pub fn resolve(
        name: &Name,
        version: Version,
        body: &config::Person,
        directory: &impl Directory,
    ) -> Self {
        let queues = body.queues.as_ref().map(|names| {
            let found = names.iter().filter_map(|name| directory.queue(name));
            found.collect()
        });
        let groups = body.groups.as_ref().map(|names| {
            let found = names.iter().filter_map(|name| directory.group(name));
            found.collect()
        });
        Self {
            name: name.clone(),
            version,
            body: body.clone(),
            scope: Scope::of(queues, groups),
            agent: body.agent.as_ref().and_then(|name| directory.agent(name)),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What a person proves himself with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Credentials {
    /// Whose.
    pub person: Name,
    /// Grows with every change of password, link or second factor; a log-in names the one it
    /// was proved against. What a log-in uses up does not change it.
    pub version: Version,
    /// The password, as PHC string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// A link by which the password can be set once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<SetOnce>,
    /// The second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<Totp>,
    /// Who he is at providers: subject by issuer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects: BTreeMap<String, String>,
}

/// A link by which a password can be set once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SetOnce {
    /// SHA-256 of its random part, in hexadecimal.
    pub hash: String,
    /// When it is over.
    pub until: EngineTime,
}

/// Time-based one-time codes (RFC 6238) as second factor.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Totp {
    /// The key, sealed.
    pub key: Personal<Vec<u8>>,
    /// Whether he has shown that he can make codes; before that it is not asked for.
    pub confirmed: bool,
    /// The step of the last code used; no code of it or of an earlier one is taken again.
    pub last_step: u64,
    /// SHA-256 of the recovery codes left, in hexadecimal.
    pub recovery: BTreeSet<String>,
}

/// A stretch of a person being logged in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: LoginId,
    /// Whose.
    pub person: Name,
    /// SHA-256 of the token in the cookie, in hexadecimal.
    pub hash: String,
    /// How he proved himself.
    pub how: How,
    /// When it began.
    pub since: Now,
    /// When he was last seen, coarsely.
    pub seen: EngineTime,
    /// When it ends if he is not seen any more.
    pub idle_until: EngineTime,
    /// When it ends in any case.
    pub until: EngineTime,
    /// Only good for setting up the second factor his role demands.
    #[serde(default, skip_serializing_if = "is_false")]
    pub limited: bool,
    /// The address he came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What his browser calls itself, cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
}

/// How a person proved himself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By his password.
    Password,
    /// By password and a time-based code.
    Totp {
        /// The step of the code.
        step: u64,
    },
    /// By password and a recovery code, which is used up.
    Recovery {
        /// SHA-256 of the code, in hexadecimal.
        hash: String,
    },
    /// By a provider (OpenID Connect).
    Provider {
        /// Which.
        issuer: String,
        /// Who he is there.
        subject: String,
    },
}

impl How {
    /// The fixed serialised name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp { .. } => "totp",
            Self::Recovery { .. } => "recovery",
            Self::Provider { .. } => "provider",
        }
    }
}

/// What holds for all log-ins of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Policy {
    /// A session ends when the person was not seen for so long.
    pub idle: Millis,
    /// A session ends after so long in any case.
    pub absolute: Millis,
    /// How long a link for setting a password once is good.
    pub link_kept: Millis,
    /// The fewest characters of a new password.
    pub password_min: u16,
    /// Roles that have to use a second factor.
    pub totp_roles: BTreeSet<Role>,
    /// Roles that see only the last digits of telephone numbers.
    pub masked_roles: BTreeSet<Role>,
    /// How many digits they see.
    pub digits_shown: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            idle: Millis::seconds(3_600),
            absolute: Millis::seconds(12 * 3_600),
            link_kept: Millis::seconds(24 * 3_600),
            password_min: 12,
            totp_roles: BTreeSet::new(),
            masked_roles: BTreeSet::new(),
            digits_shown: 3,
        }
    }
}

/// What can be asked about log-ins and sessions. People themselves are configuration objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Change what holds for all log-ins.
    PutPolicy {
        /// The whole new policy.
        policy: Box<Policy>,
        /// Against which version.
        expected: Expected,
    },
    /// Let a person set his password once, by a link.
    MakeLink {
        /// Whom.
        person: Name,
        /// SHA-256 of its random part, in hexadecimal.
        hash: String,
    },
    /// Set a password. All sessions but the one named end.
    SetPassword {
        /// Whose.
        person: Name,
        /// The new one, as PHC string.
        phc: String,
        /// The credentials it was allowed against.
        against: Version,
        /// The link it is set by, if it is; used up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// The session that stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<LoginId>,
    },
    /// A person has proved himself.
    LogIn {
        /// Who.
        person: Name,
        /// How.
        how: How,
        /// The credentials he proved himself against.
        against: Version,
        /// SHA-256 of the token of his session, in hexadecimal.
        hash: String,
        /// The address he came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// What his browser calls itself, cut.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        with: Option<String>,
    },
    /// A person was seen.
    Seen {
        /// In which session.
        session: LoginId,
    },
    /// A session shall end.
    End {
        /// Which.
        session: LoginId,
    },
    /// All sessions of a person shall end.
    EndAll {
        /// Whose.
        person: Name,
    },
    /// A person gets a key for time-based codes; it is not asked for before he confirmed it.
    EnrolTotp {
        /// Who.
        person: Name,
        /// The key, sealed.
        key: Personal<Vec<u8>>,
    },
    /// A person has shown that he can make codes.
    ConfirmTotp {
        /// Who.
        person: Name,
        /// The step of the code he showed.
        step: u64,
        /// The credentials the code was checked against.
        against: Version,
        /// SHA-256 of his recovery codes, in hexadecimal.
        recovery: BTreeSet<String>,
    },
    /// An administrator takes his second factor from a person, who lost it.
    RemoveTotp {
        /// Who.
        person: Name,
    },
}

/// What happened to people and their sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The policy as it is now.
    PolicyPut {
        /// Its version.
        version: Version,
        /// What was set.
        policy: Box<Policy>,
    },
    /// Someone's credentials as they are now.
    CredentialsPut {
        /// What was done to them.
        what: Changed,
        /// The whole new version.
        credentials: Box<Credentials>,
    },
    /// A session began, or is limited no longer.
    SessionPut(Box<Session>),
    /// A person was seen.
    Seen {
        /// In which session.
        session: LoginId,
        /// When.
        at: EngineTime,
        /// When it ends if he is not seen any more.
        idle_until: EngineTime,
    },
    /// A session ended.
    SessionEnded {
        /// Which.
        session: LoginId,
        /// Whose.
        person: Name,
        /// Why.
        why: Ended,
    },
}

/// What was done to someone's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// A link for setting the password once was made.
    LinkMade,
    /// The password was set.
    PasswordSet,
    /// A key for codes was given out.
    TotpEnrolled,
    /// The second factor is in force.
    TotpConfirmed,
    /// There is no second factor any more.
    TotpRemoved,
    /// A code was used up.
    CodeUsed,
    /// He is known at a provider from now on.
    SubjectLinked,
    /// The person was deleted: nothing is left to prove himself with.
    Removed,
}

impl Changed {
    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkMade => "link_made",
            Self::PasswordSet => "password_set",
            Self::TotpEnrolled => "totp_enrolled",
            Self::TotpConfirmed => "totp_confirmed",
            Self::TotpRemoved => "totp_removed",
            Self::CodeUsed => "code_used",
            Self::SubjectLinked => "subject_linked",
            Self::Removed => "removed",
        }
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Somebody asked for it.
    Asked,
    /// The person was not seen for too long.
    Idle,
    /// It lasted as long as a session may.
    TooOld,
    /// The credentials changed.
    Credentials,
    /// The person was disabled.
    Disabled,
    /// A newer one took its place: a person may have only so many.
    TooMany,
    /// The person was deleted.
    Deleted,
}

impl Ended {
    /// The fixed serialised name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Idle => "idle",
            Self::TooOld => "too_old",
            Self::Credentials => "credentials",
            Self::Disabled => "disabled",
            Self::TooMany => "too_many",
            Self::Deleted => "deleted",
        }
    }
}

/// Why something about people or their sessions was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// What the log-in was proved against is not in force any more.
    #[error("{0} may not log in with this any more: log in again")]
    Stale(Name),
    /// The code was used before.
    #[error("this code was used before: wait for the next one")]
    CodeUsed,
    /// The link is over, or was used.
    #[error("this link is over or was used: ask an administrator for a new one")]
    LinkOver,
    /// No such session.
    #[error("there is no session {0}")]
    Unknown(LoginId),
    /// There is nothing to confirm.
    #[error("{0} has no key for codes to confirm: enrol first")]
    NotEnrolled(Name),
    /// A second factor is in force already.
    #[error("{0} has a second factor already: remove it first")]
    Enrolled(Name),
}
