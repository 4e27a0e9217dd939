//! Values of the house as column values, and back. The same for every engine.

use ringback_model::agent::NotReady;
use ringback_model::interaction::Ending;
use ringback_model::place::Who;
use ringback_model::record::AgentState;
use ringback_model::statistic::{Counter, Counts, Key, Sparse, Subject};
use ringback_model::{AgentId, Medium, Name, ObjectId};
use ringback_ports::envelope::ActorRef;
use ringback_ports::store::StoreFault;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as NameFault, StrDeserializer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A number as a column holds it. Columns are signed; the house counts from 1 and never comes
/// near the middle of `u64`, so a larger number (somebody asked for it) becomes one that is
/// never found.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as it was before [`int`].
pub(crate) fn uint(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(0)
}

/// A column holds what nobody wrote into it.
pub(crate) fn strange(what: &'static str, found: &str) -> StoreFault {
    StoreFault::Damaged {
        what: format!("a column of {what}"),
        problem: format!("it holds {:?}", found.chars().take(80).collect::<String>()),
    }
}

/// Encodes in MessagePack with names.
pub(crate) fn pack<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, StoreFault> {
    rmp_serde::to_vec_named(value).map_err(|problem| StoreFault::failed(what, problem))
}

/// Likewise, behind what is there.
pub(crate) fn pack_into<T: Serialize>(
    what: &'static str,
    value: &T,
    bytes: &mut Vec<u8>,
) -> Result<(), StoreFault> {
    rmp_serde::encode::write_named(bytes, value)
        .map_err(|problem| StoreFault::failed(what, problem))
}

/// Decodes what [`pack`] encoded.
pub(crate) fn unpack<T: DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, StoreFault> {
    rmp_serde::from_slice(bytes).map_err(|problem| StoreFault::Damaged {
        what: format!("a column of {what}"),
        problem: problem.to_string(),
    })
}

/// A value of an enum without contents, from its fixed serialised name.
pub(crate) fn named<'de, T: Deserialize<'de>>(
    what: &'static str,
    text: &'de str,
) -> Result<T, StoreFault> {
    T::deserialize(StrDeserializer::<NameFault>::new(text)).map_err(|_| strange(what, text))
}

/// A name from a column.
pub(crate) fn name(what: &'static str, text: &str) -> Result<Name, StoreFault> {
    text.parse().map_err(|_| strange(what, text))
}

/// Who acted, as people read it: `key:anna`, `room:api`, `node`.
pub(crate) fn actor_text(actor: &ActorRef) -> String {
    let mut text = String::new();
    write_actor(actor, &mut text);
    text
}

/// Likewise, behind what is there.
pub(crate) fn write_actor(actor: &ActorRef, text: &mut String) {
    let (kind, name) = match actor {
        ActorRef::Key(name) => ("key:", name.as_str()),
        ActorRef::Person(name) => ("person:", name.as_str()),
        ActorRef::Room(name) => ("room:", name.as_str()),
        ActorRef::Node => ("node", ""),
    };
    text.push_str(kind);
    text.push_str(name);
}

/// What [`actor_text`] wrote.
pub(crate) fn actor(text: &str) -> Result<ActorRef, StoreFault> {
    match text.split_once(':') {
        Some(("key", rest)) => Ok(ActorRef::Key(name("actors", rest)?)),
        Some(("person", rest)) => Ok(ActorRef::Person(name("actors", rest)?)),
        Some(("room", rest)) => Ok(ActorRef::Room(name("actors", rest)?)),
        None if text == "node" => Ok(ActorRef::Node),
        _ => Err(strange("actors", text)),
    }
}

/// A party in two columns: the kind, and the agent.
pub(crate) fn who_columns(who: Who) -> (&'static str, Option<i64>) {
    match who {
        Who::Customer => ("customer", None),
        Who::Agent(agent) => ("agent", Some(int(agent.0))),
        Who::Bot => ("bot", None),
    }
}

/// What [`who_columns`] wrote.
pub(crate) fn who(kind: &str, agent: Option<i64>) -> Result<Who, StoreFault> {
    match (kind, agent) {
        ("customer", None) => Ok(Who::Customer),
        ("agent", Some(agent)) => Ok(Who::Agent(AgentId(uint(agent)))),
        ("bot", None) => Ok(Who::Bot),
        _ => Err(strange("segments", kind)),
    }
}

/// An agent state in three columns: the state, why not ready, and the chosen reason.
pub(crate) fn state_columns(
    state: &AgentState,
) -> (&'static str, Option<&'static str>, Option<&str>) {
    match state {
        AgentState::LoggedIn => ("logged_in", None, None),
        AgentState::Ready => ("ready", None, None),
        AgentState::NotReady { why } => {
            let (why, reason) = match why {
                NotReady::LoggedIn => ("logged_in", None),
                NotReady::Chosen { reason } => ("chosen", Some(reason.as_str())),
                NotReady::DoNotDisturb { reason } => ("do_not_disturb", Some(reason.as_str())),
                NotReady::Missed => ("missed", None),
                NotReady::Silent => ("silent", None),
            };
            ("not_ready", Some(why), reason)
        }
    }
}

/// What [`state_columns`] wrote.
pub(crate) fn state(
    state: &str,
    why: Option<&str>,
    reason: Option<&str>,
) -> Result<AgentState, StoreFault> {
    let why = match (state, why, reason) {
        ("logged_in", None, None) => return Ok(AgentState::LoggedIn),
        ("ready", None, None) => return Ok(AgentState::Ready),
        ("not_ready", Some("logged_in"), None) => NotReady::LoggedIn,
        ("not_ready", Some("chosen"), Some(reason)) => NotReady::Chosen {
            reason: name("intervals", reason)?,
        },
        ("not_ready", Some("do_not_disturb"), Some(reason)) => NotReady::DoNotDisturb {
            reason: name("intervals", reason)?,
        },
        ("not_ready", Some("missed"), None) => NotReady::Missed,
        ("not_ready", Some("silent"), None) => NotReady::Silent,
        _ => return Err(strange("intervals", state)),
    };
    Ok(AgentState::NotReady { why })
}

/// Counters as JSON: `{"answered":3}`. Those that are zero are left out.
pub(crate) fn counts_text(counts: &Counts) -> Result<String, StoreFault> {
    let all: BTreeMap<Counter, u64> = Sparse::from(counts).entries().iter().copied().collect();
    serde_json::to_string(&all).map_err(|problem| StoreFault::failed("tallies", problem))
}

/// What [`counts_text`] wrote.
pub(crate) fn counts(text: &str) -> Result<Counts, StoreFault> {
    let all: BTreeMap<Counter, u64> =
        serde_json::from_str(text).map_err(|_| strange("tallies", text))?;
    Ok(Counts::from(&all.into_iter().collect::<Sparse>()))
}

/// What is there and what comes to it.
pub(crate) fn counts_together(there: Option<&str>, more: &Counts) -> Result<String, StoreFault> {
    let mut all = there.map(counts).transpose()?.unwrap_or_default();
    all.merge(more);
    counts_text(&all)
}

/// The columns of a key: subject, number, medium (empty: none) and filter (0: none).
pub(crate) fn key_columns(key: &Key) -> (&'static str, i64, &'static str, i64) {
    (
        key.subject.kind().name(),
        int(key.subject.number()),
        key.medium.map_or("", Medium::name),
        key.filter.map_or(0, |id| int(id.0)),
    )
}

/// What [`key_columns`] wrote, of a known subject.
pub(crate) fn key(subject: Subject, medium: &str, filter: i64) -> Result<Key, StoreFault> {
    let medium = match medium {
        "" => None,
        name => Some(named("tallies", name)?),
    };
    Ok(Key {
        subject,
        medium,
        filter: (filter > 0).then(|| ObjectId(uint(filter))),
    })
}

/// How an interaction ended, in columns.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct EndingColumns {
    pub(crate) ending: Option<String>,
    pub(crate) agent: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) disposition: Option<String>,
}

impl From<&Ending> for EndingColumns {
    fn from(ending: &Ending) -> Self {
        let mut columns = Self::default();
        let name = match ending {
            Ending::Completed {
                agent,
                reason,
                disposition,
            } => {
                columns.agent = Some(int(agent.0));
                columns.reason = Some(reason.to_string());
                columns.disposition = disposition.as_ref().map(Name::to_string);
                "completed"
            }
            Ending::Abandoned => "abandoned",
            Ending::AbandonedWith { disposition } => {
                columns.disposition = Some(disposition.to_string());
                "abandoned"
            }
            Ending::Cancelled { reason } => {
                columns.reason = Some(reason.to_string());
                "cancelled"
            }
        };
        columns.ending = Some(name.to_owned());
        columns
    }
}

impl EndingColumns {
    /// The ending, if there is one.
    pub(crate) fn ending(&self) -> Result<Option<Ending>, StoreFault> {
        let reason = || {
            let text = self.reason.as_deref().unwrap_or_default();
            name("interactions", text)
        };
        let disposition = || {
            let text = self.disposition.as_deref();
            text.map(|text| name("interactions", text)).transpose()
        };
        match (self.ending.as_deref(), self.agent) {
            (None, _) => Ok(None),
            (Some("abandoned"), _) => Ok(Some(match disposition()? {
                Some(disposition) => Ending::AbandonedWith { disposition },
                None => Ending::Abandoned,
            })),
            (Some("cancelled"), _) => Ok(Some(Ending::Cancelled { reason: reason()? })),
            (Some("completed"), Some(agent)) => Ok(Some(Ending::Completed {
                agent: AgentId(uint(agent)),
                reason: reason()?,
                disposition: disposition()?,
            })),
            (Some(text), _) => Err(strange("interactions", text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::record::{SegmentEnd, SegmentKind};

    #[test]
    fn what_went_into_columns_comes_out_of_them() {
        let chosen = NotReady::Chosen {
            reason: "lunch".parse().expect("a name"),
        };
        for value in [
            AgentState::LoggedIn,
            AgentState::Ready,
            AgentState::NotReady { why: chosen },
            AgentState::NotReady {
                why: NotReady::DoNotDisturb {
                    reason: "training".parse().expect("a name"),
                },
            },
            AgentState::NotReady {
                why: NotReady::Silent,
            },
        ] {
            let (kind, why, reason) = state_columns(&value);
            assert_eq!(state(kind, why, reason).expect("known"), value);
        }
        for value in [Who::Customer, Who::Agent(AgentId(7)), Who::Bot] {
            let (kind, agent) = who_columns(value);
            assert_eq!(who(kind, agent).expect("known"), value);
        }
        for value in [
            ActorRef::Node,
            ActorRef::Key("anna".parse().expect("a name")),
            ActorRef::Person("berta".parse().expect("a name")),
            ActorRef::Room("api".parse().expect("a name")),
        ] {
            assert_eq!(actor(&actor_text(&value)).expect("known"), value);
        }
        for value in [SegmentEnd::ShortAbandoned, SegmentEnd::MatchedElsewhere] {
            assert_eq!(
                named::<SegmentEnd>("x", value.name()).expect("known"),
                value
            );
        }
    }

    #[test]
    fn what_nobody_wrote_is_called_damage() {
        assert!(matches!(
            named::<SegmentKind>("segments", "nap"),
            Err(StoreFault::Damaged { .. })
        ));
        assert!(actor("ghost").is_err());
        assert!(who("agent", None).is_err());
    }
}
