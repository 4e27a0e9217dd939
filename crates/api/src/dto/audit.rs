//! Who did what.

use super::{actor, text};
use crate::text::{Text, Time};
use ringback_model::node::Refusal;
use ringback_model::{Event, Input, login, node};
use ringback_ports::{Cursor, Entry};
use serde::Serialize;
use utoipa::ToSchema;

/// Something that somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Where it stands; pass it as `after` to go on from here.
    #[schema(value_type = String, example = "812.3")]
    cursor: Text<Cursor>,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// Who did it: a key, a person, a room, or the node.
    #[schema(example = "person:sam")]
    actor: String,
    /// What was asked.
    #[schema(example = "config.make_key")]
    did: &'static str,
    /// What came of it.
    #[schema(example = json!(["config.key_put"]))]
    events: Vec<&'static str>,
    /// The configuration objects, people and sessions it changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["key crm"]))]
    of: Vec<String>,
    /// The interaction it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "i42")]
    interaction: Option<String>,
    /// The address a person logged in from.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// What was denied and which log-ins failed since that was told last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    refusals: Vec<RefusalView>,
    /// How many more there were: so many kinds at once are told one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    beyond: Option<u64>,
}

/// Something that was denied, or a log-in that failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusalView {
    /// A key, a person who exists, or `unknown`.
    #[schema(example = "person:sam")]
    who: String,
    /// What was asked for.
    #[schema(example = "login.log_in")]
    did: String,
    /// The code of the answer.
    #[schema(example = "login.failed")]
    code: String,
    /// The address a log-in came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// How often.
    times: u32,
}

impl From<&Refusal> for RefusalView {
    fn from(it: &Refusal) -> Self {
        Self {
            who: it.who.clone(),
            did: it.did.clone(),
            code: it.code.clone(),
            from: it.from.clone(),
            times: it.times,
        }
    }
}

impl AuditEntry {
    pub(crate) fn new(cursor: Cursor, entry: &Entry) -> Self {
        let interaction = entry.events.iter().find_map(Event::subject);
        let from = match &entry.input {
            Input::Login(login::Input::LogIn { from, .. }) => from.clone(),
            _ => None,
        };
        let (refusals, beyond) = match &entry.input {
            Input::Node(node::Input::Refusals { list, beyond }) => {
                let beyond = (*beyond > 0).then_some(*beyond);
                (list.iter().map(RefusalView::from).collect(), beyond)
            }
            _ => (Vec::new(), None),
        };
        Self {
            refusals,
            beyond,
            cursor: Text(cursor),
            at: Time::of(entry.now),
            actor: actor(&entry.actor),
            did: entry.input.name(),
            events: entry.events.iter().map(Event::name).collect(),
            of: entry.events.iter().filter_map(object).collect(),
            interaction: interaction.map(|of| of.interaction.to_string()),
            from,
        }
    }
}

/// The object an event changed, by kind and name.
fn object(event: &Event) -> Option<String> {
    use ringback_model::config::Event as Config;
    use ringback_model::login::Event as Login;
    Some(match event {
        Event::Config(Config::QueuePut(it)) => format!("queue {}", text(&it.name)),
        Event::Config(Config::VirtualQueuePut(it)) => {
            format!("virtual_queue {}", text(&it.name))
        }
        Event::Config(Config::AgentPut(it)) => format!("agent {}", text(&it.name)),
        Event::Config(Config::KeyPut(it)) => format!("key {}", text(&it.name)),
        Event::Config(Config::SettingsPut { .. }) => "settings".to_owned(),
        Event::Config(Config::Put(it)) => format!("{} {}", it.body.kind().name(), text(&it.name)),
        Event::Config(Config::Deleted { kind, name, .. }) => {
            format!("{} {}", kind.name(), text(name))
        }
        Event::Login(Login::CredentialsPut { credentials, .. }) => {
            format!("person {}", text(&credentials.person))
        }
        Event::Login(Login::PolicyPut { .. }) => "login policy".to_owned(),
        Event::Login(Login::SessionPut(it)) => format!("session {}", it.id),
        Event::Login(Login::SessionEnded { session, .. }) => format!("session {session}"),
        _ => return None,
    })
}
