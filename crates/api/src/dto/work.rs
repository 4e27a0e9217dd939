//! What agents, supervisors and systems do with interactions, as the API takes it.

use crate::personal::UserDataIn;
use crate::problem::Problem;
use crate::text::Text;
use crate::work;
use jiff::Timestamp;
use ringback_model::interaction::{Exit, ExitTo, Rest};
use ringback_model::place::BinOwner;
use ringback_model::{AgentId, Name, WallTime};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// The name of a way out that ends an interaction.
const STOP: &str = "__STOP__";
/// The name of the queue by which an interaction returns to where it was.
pub(crate) const BACK: &str = "__BACK__";

/// A time a caller wrote: RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) WallTime);

impl FromStr for Moment {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        let time: Timestamp = text.parse()?;
        Ok(Self(WallTime(time.as_millisecond())))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::Time::wall(self.0).fmt(f)
    }
}

/// A field that is absent (stays), `null` (cleared) or set.
#[expect(
    clippy::option_option,
    reason = "absent, null and set are three things"
)]
fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Properties {
    /// What is wrong with them whatever interaction they are for.
    pub(crate) fn check(&self, at: &str) -> Result<(), Problem> {
        let told = |field: &Option<Option<String>>| field.clone().flatten();
        if let Some(id) = told(&self.external_id) {
            work::check_external_id(&id, &format!("{at}/external_id"))?;
        }
        if let Some(subject) = told(&self.subject) {
            work::check_subject(&subject, &format!("{at}/subject"))?;
        }
        if let Some(comment) = told(&self.comment) {
            work::check_comment(&comment, &format!("{at}/comment"))?;
        }
        for (ways, what) in [
            (&self.in_queues, "in_queues"),
            (&self.out_queues, "out_queues"),
        ] {
            if let Some(ways) = ways {
                work::check_exits(ways.clone(), &format!("{at}/{what}"))?;
            }
        }
        Ok(())
    }
}

/// Something with fields: serde would take a list of their values as well.
pub(crate) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Fields<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Fields<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(serde::de::value::MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Fields(std::marker::PhantomData))
}

/// Named ways out: where each leads, an interaction queue or `__STOP__`.
pub(crate) type Exits = BTreeMap<Text<Name>, String>;

/// The ways out of the model; where one is wrong.
pub(crate) fn exits(exits: Exits) -> Result<Vec<Exit>, String> {
    let read = |(Text(name), to): (Text<Name>, String)| {
        let to = if to == STOP {
            ExitTo::Stop
        } else {
            ExitTo::Queue(to.parse().map_err(|error| format!("{name}: {error}"))?)
        };
        Ok(Exit { name, to })
    };
    exits.into_iter().map(read).collect()
}

/// The ways out as the API shows them.
pub(crate) fn show_exits(exits: &[Exit]) -> BTreeMap<String, String> {
    let shown = exits.iter().map(|exit| {
        let to = match &exit.to {
            ExitTo::Queue(name) => name.to_string(),
            ExitTo::Stop => STOP.to_owned(),
        };
        (exit.name.to_string(), to)
    });
    shown.collect()
}

/// Properties of an interaction. What is left out stays; `null` clears what may be empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"subkind": "complaint", "comment": "called back twice"}))]
#[expect(
    clippy::option_option,
    reason = "absent, null and set are three things"
)]
pub(crate) struct Properties {
    /// What it is about, broadly.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) kind: Option<Text<Name>>,
    /// What it is about, more closely.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) subkind: Option<Option<Text<Name>>>,
    /// How urgent its next route requests are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -32768, maximum = 32767)]
    pub(crate) priority: Option<i16>,
    /// What another system knows it by.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub(crate) external_id: Option<Option<String>>,
    /// Its subject line; sealed.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 512)]
    pub(crate) subject: Option<Option<String>>,
    /// What somebody noted about it; sealed.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub(crate) comment: Option<Option<String>>,
    /// The ways inwards: names, and the queue each leads to or `__STOP__`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) in_queues: Option<Exits>,
    /// The ways outwards, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) out_queues: Option<Exits>,
    /// Whether the customer is on the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) online: Option<bool>,
    /// When the customer's message reached the company.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) received_at: Option<Option<Text<Moment>>>,
    /// The agent who is to look it over: name or id.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) reviewer: Option<Option<String>>,
}

/// Changes of user data.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"attach": {"matter": "loan"}, "delete": ["draft"]}))]
pub(crate) struct DataEdit {
    /// Values to add; a key that is there already is refused.
    #[schema(value_type = Object)]
    pub(crate) attach: UserDataIn,
    /// Values to change; a key that is not there is refused.
    #[schema(value_type = Object)]
    pub(crate) update: UserDataIn,
    /// Keys to remove; one that is not there is no mistake.
    pub(crate) delete: Vec<String>,
}

impl DataEdit {
    pub(crate) fn is_empty(&self) -> bool {
        self.attach.0.is_empty() && self.update.0.is_empty() && self.delete.is_empty()
    }
}

/// Change what is known of an interaction.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ChangeAsk {
    /// Its properties.
    #[serde(deserialize_with = "object")]
    pub(crate) properties: Properties,
    /// Its user data.
    #[serde(deserialize_with = "object")]
    pub(crate) user_data: DataEdit,
    /// Only if it is at this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u64>,
}

/// Put an interaction somewhere to rest: exactly one of `queue`, `workbin` and `exit`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"queue": "support", "reason": "wrong_desk"}))]
pub(crate) struct PlaceAsk {
    /// The interaction queue, by name; `__BACK__`: where it rested before, in its old order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) queue: Option<String>,
    /// The workbin.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) workbin: Option<Text<Name>>,
    /// Whose workbin: an agent's name or id, `author` for whoever created or first handled it;
    /// the caller's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    /// The group whose workbin it is; not with `owner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) group: Option<Text<Name>>,
    /// One of its named ways out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) exit: Option<Text<Name>>,
    /// Why, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) reason: Option<Text<Name>>,
    /// Properties that change on the way.
    #[serde(deserialize_with = "object")]
    pub(crate) properties: Properties,
    /// User data that change on the way.
    #[serde(deserialize_with = "object")]
    pub(crate) user_data: DataEdit,
    /// Only if it is at this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u64>,
    /// Also if an agent or the routing is at work on it; for supervisors.
    pub(crate) force: bool,
}

/// Take an interaction from where it rests.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PullAsk {
    /// To look it over: the caller becomes its reviewer.
    pub(crate) review: bool,
}

/// Hand an interaction over: to an agent, to a group, or to a queue.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"agent": "ben"}))]
pub(crate) struct TransferAsk {
    /// The agent, by name or id. He is asked; until he takes it the caller owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<String>,
    /// The group, by name: any of its members but the caller is asked, as soon as one is free.
    /// The caller is done with it at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) group: Option<Text<Name>>,
    /// The virtual queue in which it waits for the group; with `group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) virtual_queue: Option<Text<Name>>,
    /// The interaction queue, by name. With `group`: the one it belongs to from now on, if not
    /// the one it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) queue: Option<Text<Name>>,
    /// Why, in one word; with a queue or a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) reason: Option<Text<Name>>,
}

/// Ask another agent to take part.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"agent": "ben", "as": "consultant"}))]
pub(crate) struct InviteAsk {
    /// The agent, by name or id.
    #[schema(example = "ben")]
    pub(crate) agent: String,
    /// As what.
    #[serde(rename = "as")]
    pub(crate) role: InviteRole,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InviteRole {
    /// Advises the owner; the customer does not know.
    Consultant,
    /// Takes part on equal terms.
    Conference,
}

/// Do something about the wrap-up after a contact.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"act": "finish", "disposition": "sale"}))]
pub(crate) struct WrapUpAsk {
    /// What to do.
    pub(crate) act: WrapUpWord,
    /// What came of the contact; with `finish` and `dispose`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) disposition: Option<Text<Name>>,
    /// How much longer it lasts, at most an hour; with `extend`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3_600_000)]
    pub(crate) by_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WrapUpAct)]
pub(crate) enum WrapUpWord {
    /// It is done.
    Finish,
    /// It lasts longer.
    Extend,
    /// Say what came of the contact, or something else than before.
    Dispose,
}

/// Let an agent listen.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"agent": "cara"}))]
pub(crate) struct MonitorAsk {
    /// The agent who listens, by name or id.
    #[schema(example = "cara")]
    pub(crate) agent: String,
    /// And speaks to the owner only.
    #[serde(default)]
    pub(crate) coach: bool,
}

/// Somewhere an interaction rests.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RestView {
    /// The interaction queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "support")]
    queue: Option<String>,
    /// The workbin.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "drafts")]
    workbin: Option<String>,
    /// The agent whose workbin it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    agent: Option<Text<AgentId>>,
    /// The group whose workbin it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "back_office")]
    group: Option<String>,
}

impl RestView {
    pub(crate) fn new(known: &crate::names::Known, rest: &Rest) -> Self {
        match rest {
            Rest::Queue(queue) => Self {
                queue: Some(known.queue(*queue)),
                workbin: None,
                agent: None,
                group: None,
            },
            Rest::Workbin { owner, workbin } => Self::workbin(known, *owner, workbin),
        }
    }

    /// A workbin.
    pub(crate) fn workbin(known: &crate::names::Known, owner: BinOwner, workbin: &Name) -> Self {
        let (agent, group) = match owner {
            BinOwner::Agent(agent) => (Some(Text(agent)), None),
            BinOwner::Group(group) => (None, Some(known.object(group))),
        };
        Self {
            queue: None,
            workbin: Some(workbin.to_string()),
            agent,
            group,
        }
    }
}

/// A workbin to be told of: what comes into it, goes out of it and changes in it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"workbin": "mail", "group": "back_office"}))]
pub(crate) struct SubscribeAsk {
    /// The workbin.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    pub(crate) workbin: Text<Name>,
    /// The group whose workbin it is; the agent's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) group: Option<Text<Name>>,
}

/// A workbin that holds something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkbinView {
    /// Its name.
    #[schema(example = "drafts")]
    pub(crate) name: String,
    /// How many interactions lie in it.
    pub(crate) count: usize,
}
