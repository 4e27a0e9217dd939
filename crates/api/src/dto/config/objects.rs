//! Configuration objects of the kinds that have one mechanism in common: their bodies as the API
//! shows and takes them.

use super::{AgentPut, Body, QueuePut, RoleWord, VirtualQueuePut};
use crate::dto::choice::SelectionIn;
use crate::dto::route::TargetIn;
use crate::dto::text;
use crate::extract::from_value;
use crate::options::UrlCheck;
use crate::problem::Problem;
use crate::text::Text;
use ringback_model::config::{self as model, Date, EventPattern, Expected, Kind, Span};
use ringback_model::statistic::{Measure, Profile, SubjectKind};
use ringback_model::target::{self, Expression, Level};
use ringback_model::{Medium, Millis, Name, Rare, Tier};
use ringback_ports::query::Configured;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A text that is left out where it is empty.
type Title = String;

/// A group: agents taken together, by name or by what they can do.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"members": ["anna"], "expression": "English>=2"}))]
pub(crate) struct GroupPut {
    /// How people call it; left out: like its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// Agents who belong to it whatever they can do, by name.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = BTreeSet<String>)]
    members: BTreeSet<Text<Name>>,
    /// Everybody for whom this skill expression holds belongs to it as well; left out: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "English>=2 & (Loans>=1 | Cards>3)")]
    expression: Option<Text<Expression>>,
}

/// A skill: what levels or texts agents may have of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"display_name": "English", "level_max": 10}))]
pub(crate) struct SkillPut {
    /// How people call it; left out: like its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// What it means.
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    /// The highest level an agent may have of it; left out: 65535.
    #[serde(skip_serializing_if = "Option::is_none")]
    level_max: Option<Level>,
    /// The texts it may have; left out: it has levels.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = BTreeSet<String>)]
    texts: BTreeSet<Text<target::Text>>,
}

/// A workbin: where agents or groups keep work, one for each of them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"owner": "agent", "items_max": 100}))]
pub(crate) struct WorkbinPut {
    /// How people call it; left out: like its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// Whose it is: each agent has his own, or each group.
    owner: WorkbinOwnerWord,
    /// How many interactions each owner may keep in it.
    #[schema(minimum = 1, maximum = 1_000_000, default = 1_000)]
    items_max: u32,
}

impl Default for WorkbinPut {
    fn default() -> Self {
        Self::from(model::Workbin::default())
    }
}

/// A statistic: a number that is watched, under a name of its own.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"measure": "service_factor", "subject": "virtual_queue", "profile": {"sliding": {"minutes": 15}}, "service_level_ms": 30_000}))]
pub(crate) struct StatisticPut {
    /// How people call it; left out: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// What is measured; `GET /v1/statistics` lists the measures.
    #[schema(value_type = String, example = "service_factor")]
    measure: Measure,
    /// Of what: queue, virtual_queue, agent, group or medium.
    #[schema(value_type = String, example = "virtual_queue")]
    subject: SubjectKind,
    /// Over which stretch of time; left out: since the day began.
    #[serde(default, skip_serializing_if = "ProfilePut::is_growing")]
    profile: ProfilePut,
    /// Only of this medium.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "chat")]
    medium: Option<Medium>,
    /// Only of interactions for which this condition held when they were submitted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "user.Language = 'en'")]
    filter: String,
    /// A wait answered within this was answered in time: 5, 10, 15, 20, 30, 45, 60, 90, 120, 180,
    /// 300 or 600 seconds.
    #[serde(default = "usual_level", skip_serializing_if = "is_usual_level")]
    #[schema(minimum = 5_000, maximum = 600_000, default = 20_000)]
    service_level_ms: u64,
    /// A customer who left within this counts as a short abandon, one of the same; left out: as
    /// the virtual queue says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 5_000, maximum = 600_000)]
    short_abandon_ms: Option<u64>,
    /// The time zone in which days begin; left out: UTC.
    #[serde(
        default = "model::Statistic::usual_zone",
        skip_serializing_if = "is_utc"
    )]
    #[schema(example = "Europe/Berlin", default = "UTC")]
    zone: String,
}

/// Over which stretch of time a statistic is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ProfilePut {
    /// Since the day began.
    #[default]
    Growing,
    /// The last minutes.
    Sliding {
        /// How many.
        #[schema(minimum = 1, maximum = 60)]
        minutes: u8,
    },
    /// The last waits that ended, or the last interactions of an agent.
    Selection {
        /// How many.
        #[schema(minimum = 1, maximum = 100)]
        last: u8,
    },
    /// Since the agent logged in.
    SinceLogin,
}

impl ProfilePut {
    fn is_growing(&self) -> bool {
        *self == Self::Growing
    }

    const fn into_model(self) -> Profile {
        match self {
            Self::Growing => Profile::Growing,
            Self::Sliding { minutes } => Profile::Sliding { minutes },
            Self::Selection { last } => Profile::Selection { last },
            Self::SinceLogin => Profile::SinceLogin,
        }
    }

    const fn of(profile: Profile) -> Self {
        match profile {
            Profile::Growing => Self::Growing,
            Profile::Sliding { minutes } => Self::Sliding { minutes },
            Profile::Selection { last } => Self::Selection { last },
            Profile::SinceLogin => Self::SinceLogin,
        }
    }
}

const fn usual_level() -> u64 {
    model::Statistic::usual_level().0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
const fn is_usual_level(level: &u64) -> bool {
    *level == usual_level()
}

fn is_utc(zone: &String) -> bool {
    *zone == model::Statistic::usual_zone()
}

impl StatisticPut {
    fn zone(&self) -> &String {
        &self.zone
    }
}

/// A webhook: a system of others that is told what happens. Its signing secret is made by
/// `POST /v1/webhooks/{name}/secret` and never shown again; until then it is told nothing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://crm.example.com/events", "events": ["interaction.*"]}))]
pub(crate) struct WebhookPut {
    /// Where it is told, by POST. https, unless the operator allows http as well.
    #[schema(format = "uri", max_length = 2_000)]
    pub(crate) url: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    /// Which events: `*`, all of one subject like `interaction.*`, or one like `offer.made`; left
    /// out: all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = BTreeSet<String>, example = json!(["interaction.*", "offer.made"]))]
    events: BTreeSet<Text<EventPattern>>,
    /// Only events about interactions of these queues; left out: of all, and events about none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = BTreeSet<String>)]
    queues: BTreeSet<Text<Name>>,
    /// Only events about agents who belong to these groups when it is told, and about interactions
    /// they have to do with; left out: whoever it is about.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = BTreeSet<String>)]
    groups: BTreeSet<Text<Name>>,
    /// Only events about interactions for which this holds; left out: all. It sees what is open of
    /// an interaction, as it is when the event is told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "Priority > 0")]
    condition: String,
    /// Whether it is told nothing at the moment. What happens meanwhile is not made up for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
}

/// A page of another system that the desk opens when an interaction is offered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://crm.example.com/find?customer={user.customer}"}))]
pub(crate) struct ScreenPopPut {
    /// How people call it; left out: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// Its address, with fields in braces behind the host: `interaction`, `medium`, `kind`,
    /// `queue`, `contact`, `agent`, `offer` and `user.KEY`. Values are percent-encoded; one that is
    /// not there becomes nothing.
    #[schema(max_length = 2_000)]
    url: String,
    /// Only for interactions of these queues; left out: of all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = BTreeSet<String>)]
    queues: BTreeSet<Text<Name>>,
    /// Only for these media; left out: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = BTreeSet<String>, example = json!(["voice"]))]
    media: BTreeSet<Text<Medium>>,
}

/// Opening hours as a feed that calendar programs subscribe to. Its address is made by
/// `POST /v1/calendars/{name}/address` and never shown again.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"display_name": "When we are there", "hours": []}))]
pub(crate) struct CalendarPut {
    /// How people call it; left out: like its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// The hours it shows, with their holidays and special days.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = BTreeSet<String>)]
    hours: BTreeSet<Text<Name>>,
}

/// A view: what is pulled from an interaction queue, and in what order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"queue": "support", "condition": "Priority > 0", "pull_max": 10}))]
pub(crate) struct ViewPut {
    /// From which interaction queue.
    #[schema(value_type = String, example = "support")]
    queue: Text<Name>,
    /// How people call it; left out: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// Which interactions; left out: all of the queue.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    condition: String,
    /// In what order; left out: the oldest first.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    order: String,
    /// What the condition leaves open, with the value it has when nobody says another one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    parameters: BTreeMap<Text<Name>, String>,
    /// The user data key by whose values the view is divided into segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segment_by: Option<String>,
    /// How many interactions of one segment may be under way at once; with `segment_by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    segment_max: Option<u32>,
    /// How many are pulled at one look.
    #[serde(default = "model::View::pull_default")]
    #[schema(minimum = 1, maximum = 10_000, default = 100)]
    pull_max: u32,
    /// How long it is between two looks.
    #[serde(default = "check_default")]
    #[schema(minimum = 1_000, maximum = 86_400_000, default = 30_000)]
    check_every_ms: u64,
    /// Of views that hold the same interaction, the one with the higher priority pulls it.
    #[serde(default)]
    priority: i16,
    /// The route request made of each interaction it pulls. Left out: it pulls nothing and is
    /// only for looking at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    route: Option<ViewRoute>,
}

/// What becomes of an interaction a view pulls: a wish for an agent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"virtual_queue": "english", "target": "English>=2 & Loans>=1"}))]
pub(crate) struct ViewRoute {
    /// The virtual queue to compete in, by name.
    #[schema(value_type = String, example = "english", min_length = 1, max_length = 64)]
    virtual_queue: Text<Name>,
    /// Whom to want: one skill expression, or steps that widen with time. An empty expression
    /// wants anybody.
    #[schema(value_type = crate::dto::route::TargetSchema)]
    target: TargetIn,
    /// How urgent; as the interaction when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -32768, maximum = 32767, example = 0)]
    priority: Option<i16>,
    /// Who is chosen, beside what the target says. Left out: who has been idle longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    selection: Option<SelectionIn>,
}

impl From<model::ViewRoute> for ViewRoute {
    fn from(it: model::ViewRoute) -> Self {
        Self {
            virtual_queue: Text(it.virtual_queue),
            target: TargetIn(it.target),
            priority: it.tier.map(|tier| tier.0),
            selection: it.selection.get().cloned().map(SelectionIn::from),
        }
    }
}

impl From<ViewRoute> for model::ViewRoute {
    fn from(it: ViewRoute) -> Self {
        let selection = it.selection.map(SelectionIn::into_model);
        Self {
            virtual_queue: it.virtual_queue.0,
            target: it.target.0,
            tier: it.priority.map(Tier),
            selection: selection.map_or_else(Rare::none, Rare::of),
        }
    }
}

const fn check_default() -> u64 {
    model::View::check_default().0
}

/// A capacity rule: how much of which media goes together.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "chat 2 and email 3"}))]
pub(crate) struct CapacityRulePut {
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    /// The rule.
    text: String,
}

/// A business attribute: a piece of typed case data.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"type": "enum", "choices": [{"value": "loan"}], "desk": "edited"}))]
pub(crate) struct AttributePut {
    /// How people call it; left out: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// What it means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    /// What its values are.
    #[serde(rename = "type")]
    kind: AttributeTypeWord,
    /// The user data key that holds it; left out: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    key: String,
    /// The values it may have, in the order they are shown; exactly for type `enum`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<ChoicePut>,
    /// The value it has when nobody says another one, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    /// What the desk does with it.
    #[serde(default)]
    desk: DeskUseWord,
}

/// One value of an attribute of type `enum`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChoicePut {
    /// The value as it stands in the user data.
    value: String,
    /// How people call it; left out: like the value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    display_name: Title,
}

/// Opening hours, in the time of one place.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "zone": "Europe/Berlin",
    "weekly": {"monday": ["08:00-12:00", "13:00-18:30"]},
    "special": {"2026-12-25": {"display_name": "Christmas"}}
}))]
pub(crate) struct HoursPut {
    /// How people call them; left out: like the name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// The time zone, by its name in the IANA table.
    zone: String,
    /// When it is open on which day of the week, `monday` to `sunday`; other days are closed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    weekly: BTreeMap<WeekdayWord, Vec<Text<Span>>>,
    /// Days that are not like their day of the week: holidays and special days, by date.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, SpecialDayPut>)]
    special: BTreeMap<Text<Date>, SpecialDayPut>,
}

/// A day that is not like its day of the week.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SpecialDayPut {
    /// What it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// When it is open; left out: it is closed all day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    open: Vec<Text<Span>>,
}

/// Defaults of a medium; the name of the object is the medium.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"offer_ttl_ms": 20_000, "wrap_up": "timed", "wrap_up_for_ms": 30_000}))]
pub(crate) struct MediumPut {
    /// How long an offer stands; left out: as the settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer_ttl_ms: Option<u64>,
    /// Another word for `offer_ttl_ms`, which it is answered as; at most one of the two is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(deprecated)]
    delivering_max_ms: Option<u64>,
    /// How long a silent desk may handle it before it is taken back; never for live media.
    #[serde(skip_serializing_if = "Option::is_none")]
    handling_max_ms: Option<u64>,
    /// How long a route request looks for an agent; left out: as the settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_max_ms: Option<u64>,
    /// After how many offers missed in a row an agent is set not ready; left out: as the settings
    /// say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    misses_max: Option<u8>,
    /// How long an agent is not offered again what he did not take; left out: as the settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    cool_down_ms: Option<u64>,
    /// What comes after the contact, where the queue says nothing else.
    wrap_up: WrapUpWord,
    /// How long work after the contact lasts; exactly for `timed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrap_up_for_ms: Option<u64>,
}

/// A list of codes people choose from: dispositions or reasons.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "purpose": "disposition",
    "codes": [{"code": "sale", "display_name": "Sale"}, {"code": "sale/repeat"}]
}))]
pub(crate) struct ListPut {
    /// How people call it; left out: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// What is chosen from it.
    purpose: ListPurposeWord,
    /// The codes, in the order they are shown.
    codes: Vec<CodePut>,
}

/// One code of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodePut {
    /// Names separated by `/`: `sale/repeat` stands below `sale`.
    code: String,
    /// How people call it; left out: like the last name of the code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    display_name: Title,
}

/// A person who logs in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"display_name": "Paula", "role": "supervisor", "groups": ["sales"]}))]
pub(crate) struct PersonPut {
    /// How people call him; left out: like the name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    display_name: Title,
    /// Where mail reaches him; nobody else may have the same. He may log in with it, and a
    /// provider is matched by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// What he may do.
    role: RoleWord,
    /// The interaction queues he reaches; neither these nor groups: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<String>>)]
    queues: Option<BTreeSet<Text<Name>>>,
    /// The groups whose agents he reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<String>>)]
    groups: Option<BTreeSet<Text<Name>>>,
    /// The agent he is, by name; exactly for role agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    agent: Option<Text<Name>>,
    /// May not log in; all his sessions end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
}

/// Words of the API that stand for an enum of the model.
macro_rules! words {
    ($( $(#[$about:meta])+ $word:ident = $model:ident {
        $($(#[$doc:meta])+ $variant:ident,)+
    } $(default $default:ident)?; )*) => { $(
        $(#[$about])+
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $word { $($(#[$doc])+ $variant,)+ }

        impl From<model::$model> for $word {
            fn from(word: model::$model) -> Self {
                match word { $(model::$model::$variant => Self::$variant,)+ }
            }
        }

        impl From<$word> for model::$model {
            fn from(word: $word) -> Self {
                match word { $($word::$variant => Self::$variant,)+ }
            }
        }

        $(impl Default for $word {
            fn default() -> Self {
                Self::$default
            }
        })?
    )* };
}

words! {
    /// Whose a workbin is.
    WorkbinOwnerWord = WorkbinOwner {
        /// Each agent has his own.
        Agent,
        /// Each group has its own.
        Group,
    };
    /// What the values of an attribute are.
    AttributeTypeWord = AttributeType {
        /// Any text.
        String,
        /// A whole number.
        Int,
        /// A number.
        Float,
        /// `true` or `false`.
        Bool,
        /// A day such as `2026-12-25`.
        Date,
        /// One of the choices.
        Enum,
    };
    /// What the desk does with an attribute.
    DeskUseWord = DeskUse {
        /// Nothing.
        Hidden,
        /// It shows it.
        Shown,
        /// It shows it and lets the agent change it.
        Edited,
    } default Hidden;
    /// A day of the week.
    WeekdayWord = Weekday {
        /// Monday.
        Monday,
        /// Tuesday.
        Tuesday,
        /// Wednesday.
        Wednesday,
        /// Thursday.
        Thursday,
        /// Friday.
        Friday,
        /// Saturday.
        Saturday,
        /// Sunday.
        Sunday,
    };
    /// What comes after a contact.
    WrapUpWord = WrapUp {
        /// Nothing.
        None,
        /// Work that the agent ends.
        Manual,
        /// Work that ends by itself.
        Timed,
    } default None;
    /// What is chosen from a list.
    ListPurposeWord = ListPurpose {
        /// What came of a contact.
        Disposition,
        /// Why an agent is not ready; with such a list no other reason is taken.
        NotReady,
        /// Why an offer was rejected.
        Reject,
        /// Why an interaction ends, completed or stopped; with such a list no other reason is taken.
        Stop,
        /// Why an interaction was placed in a queue or workbin.
        PlaceInQueue,
    };
}

fn texts(names: BTreeSet<Name>) -> BTreeSet<Text<Name>> {
    names.into_iter().map(Text).collect()
}

fn names(texts: BTreeSet<Text<Name>>) -> BTreeSet<Name> {
    texts.into_iter().map(|text| text.0).collect()
}

impl From<model::Group> for GroupPut {
    fn from(it: model::Group) -> Self {
        Self {
            display_name: it.display_name,
            members: texts(it.members),
            expression: it.expression.map(Text),
        }
    }
}

impl From<GroupPut> for model::Group {
    fn from(it: GroupPut) -> Self {
        Self {
            display_name: it.display_name,
            members: names(it.members),
            expression: it.expression.map(|text| text.0),
        }
    }
}

impl From<model::Skill> for SkillPut {
    fn from(it: model::Skill) -> Self {
        Self {
            display_name: it.display_name,
            description: it.description,
            level_max: it.level_max,
            texts: it.texts.into_iter().map(Text).collect(),
        }
    }
}

impl From<SkillPut> for model::Skill {
    fn from(it: SkillPut) -> Self {
        Self {
            display_name: it.display_name,
            description: it.description,
            level_max: it.level_max,
            texts: it.texts.into_iter().map(|text| text.0).collect(),
        }
    }
}

impl From<model::Webhook> for WebhookPut {
    /// Without the secrets: nobody sees them again.
    fn from(it: model::Webhook) -> Self {
        Self {
            url: it.url,
            description: it.description,
            events: it.events.into_iter().map(Text).collect(),
            queues: texts(it.queues),
            groups: texts(it.groups.get().cloned().unwrap_or_default()),
            condition: it.condition,
            disabled: it.disabled,
        }
    }
}

impl From<WebhookPut> for model::Webhook {
    /// Without secrets: the heart keeps those there are.
    fn from(it: WebhookPut) -> Self {
        Self {
            url: it.url,
            description: it.description,
            events: it.events.into_iter().map(|text| text.0).collect(),
            queues: names(it.queues),
            groups: Rare::of(names(it.groups)),
            condition: it.condition,
            disabled: it.disabled,
            secrets: Vec::new(),
        }
    }
}

impl From<model::ScreenPop> for ScreenPopPut {
    fn from(it: model::ScreenPop) -> Self {
        Self {
            display_name: it.display_name,
            url: it.url,
            queues: texts(it.queues),
            media: it.media.into_iter().map(Text).collect(),
        }
    }
}

impl From<ScreenPopPut> for model::ScreenPop {
    fn from(it: ScreenPopPut) -> Self {
        Self {
            display_name: it.display_name,
            url: it.url,
            queues: names(it.queues),
            media: it.media.into_iter().map(|text| text.0).collect(),
        }
    }
}

impl From<model::Calendar> for CalendarPut {
    /// Without the hash of its address: that is of use to nobody.
    fn from(it: model::Calendar) -> Self {
        Self {
            display_name: it.display_name,
            hours: texts(it.hours),
        }
    }
}

impl From<CalendarPut> for model::Calendar {
    /// Without the hash of its address: the heart keeps the one there is.
    fn from(it: CalendarPut) -> Self {
        Self {
            display_name: it.display_name,
            hours: names(it.hours),
            token_hash: String::new(),
        }
    }
}

impl From<model::Workbin> for WorkbinPut {
    fn from(it: model::Workbin) -> Self {
        Self {
            display_name: it.display_name,
            owner: it.owner.into(),
            items_max: it.items_max,
        }
    }
}

impl From<WorkbinPut> for model::Workbin {
    fn from(it: WorkbinPut) -> Self {
        Self {
            display_name: it.display_name,
            owner: it.owner.into(),
            items_max: it.items_max,
        }
    }
}

impl From<model::Statistic> for StatisticPut {
    fn from(it: model::Statistic) -> Self {
        Self {
            display_name: it.display_name,
            measure: it.measure,
            subject: it.subject,
            profile: ProfilePut::of(it.profile),
            medium: it.medium,
            filter: it.filter,
            service_level_ms: it.service_level.0,
            short_abandon_ms: it.short_abandon.map(|it| it.0),
            zone: it.zone,
        }
    }
}

impl From<StatisticPut> for model::Statistic {
    fn from(it: StatisticPut) -> Self {
        Self {
            display_name: it.display_name,
            measure: it.measure,
            subject: it.subject,
            profile: it.profile.into_model(),
            medium: it.medium,
            filter: it.filter,
            service_level: Millis(it.service_level_ms),
            short_abandon: it.short_abandon_ms.map(Millis),
            zone: it.zone,
        }
    }
}

impl From<model::View> for ViewPut {
    fn from(it: model::View) -> Self {
        let parameters = it.parameters.into_iter();
        Self {
            queue: Text(it.queue),
            display_name: it.display_name,
            condition: it.condition,
            order: it.order,
            parameters: parameters
                .map(|(name, value)| (Text(name), value))
                .collect(),
            segment_by: it.segment_by,
            segment_max: it.segment_max,
            pull_max: it.pull_max,
            check_every_ms: it.check_every.0,
            priority: it.priority,
            route: it.hand_over.map(|it| {
                let model::HandOver::Route(route) = *it;
                route.into()
            }),
        }
    }
}

impl From<ViewPut> for model::View {
    fn from(it: ViewPut) -> Self {
        let parameters = it.parameters.into_iter();
        Self {
            queue: it.queue.0,
            display_name: it.display_name,
            condition: it.condition,
            order: it.order,
            parameters: parameters.map(|(name, value)| (name.0, value)).collect(),
            segment_by: it.segment_by,
            segment_max: it.segment_max,
            pull_max: it.pull_max,
            check_every: Millis(it.check_every_ms),
            priority: it.priority,
            hand_over: it
                .route
                .map(|route| Box::new(model::HandOver::Route(route.into()))),
        }
    }
}

impl From<model::CapacityRule> for CapacityRulePut {
    fn from(it: model::CapacityRule) -> Self {
        Self {
            description: it.description,
            text: it.text,
        }
    }
}

impl From<CapacityRulePut> for model::CapacityRule {
    fn from(it: CapacityRulePut) -> Self {
        Self {
            description: it.description,
            text: it.text,
        }
    }
}

impl From<model::Attribute> for AttributePut {
    fn from(it: model::Attribute) -> Self {
        let choices = it.choices.into_iter().map(|choice| ChoicePut {
            value: choice.value,
            display_name: choice.display_name,
        });
        Self {
            display_name: it.display_name,
            description: it.description,
            kind: it.kind.into(),
            key: it.key,
            choices: choices.collect(),
            default: it.default,
            desk: it.desk.into(),
        }
    }
}

impl From<AttributePut> for model::Attribute {
    fn from(it: AttributePut) -> Self {
        let choices = it.choices.into_iter().map(|choice| model::Choice {
            value: choice.value,
            display_name: choice.display_name,
        });
        Self {
            display_name: it.display_name,
            description: it.description,
            kind: it.kind.into(),
            key: it.key,
            choices: choices.collect(),
            default: it.default,
            desk: it.desk.into(),
        }
    }
}

fn spans(list: Vec<Span>) -> Vec<Text<Span>> {
    list.into_iter().map(Text).collect()
}

fn plain_spans(list: Vec<Text<Span>>) -> Vec<Span> {
    list.into_iter().map(|span| span.0).collect()
}

impl From<model::Hours> for HoursPut {
    fn from(it: model::Hours) -> Self {
        let weekly = it.weekly.into_iter();
        let special = it.special.into_iter().map(|(date, day)| {
            let open = spans(day.open);
            let display_name = day.display_name;
            (Text(date), SpecialDayPut { display_name, open })
        });
        Self {
            display_name: it.display_name,
            zone: it.zone,
            weekly: weekly
                .map(|(day, open)| (day.into(), spans(open)))
                .collect(),
            special: special.collect(),
        }
    }
}

impl From<HoursPut> for model::Hours {
    fn from(it: HoursPut) -> Self {
        let weekly = it.weekly.into_iter();
        let special = it.special.into_iter().map(|(date, day)| {
            let open = plain_spans(day.open);
            let display_name = day.display_name;
            (date.0, model::SpecialDay { display_name, open })
        });
        Self {
            display_name: it.display_name,
            zone: it.zone,
            weekly: weekly
                .map(|(day, open)| (day.into(), plain_spans(open)))
                .collect(),
            special: special.collect(),
        }
    }
}

impl From<model::MediumDefaults> for MediumPut {
    fn from(it: model::MediumDefaults) -> Self {
        let ms = |span: Option<Millis>| span.map(|span| span.0);
        Self {
            // Both were never set at once.
            offer_ttl_ms: ms(it.offer_ttl.or(it.delivering_max)),
            delivering_max_ms: None,
            handling_max_ms: ms(it.handling_max),
            routing_max_ms: ms(it.routing_max),
            misses_max: it.misses_max,
            cool_down_ms: ms(it.cool_down),
            wrap_up: it.wrap_up.into(),
            wrap_up_for_ms: ms(it.wrap_up_for),
        }
    }
}

impl From<MediumPut> for model::MediumDefaults {
    fn from(it: MediumPut) -> Self {
        Self {
            offer_ttl: it.offer_ttl_ms.or(it.delivering_max_ms).map(Millis),
            // Kept only where it contradicts, to be refused with its place.
            delivering_max: it.offer_ttl_ms.and(it.delivering_max_ms).map(Millis),
            handling_max: it.handling_max_ms.map(Millis),
            routing_max: it.routing_max_ms.map(Millis),
            misses_max: it.misses_max,
            cool_down: it.cool_down_ms.map(Millis),
            wrap_up: it.wrap_up.into(),
            wrap_up_for: it.wrap_up_for_ms.map(Millis),
        }
    }
}

impl From<model::List> for ListPut {
    fn from(it: model::List) -> Self {
        let codes = it.codes.into_iter().map(|code| CodePut {
            code: code.code,
            display_name: code.display_name,
        });
        Self {
            display_name: it.display_name,
            purpose: it.purpose.into(),
            codes: codes.collect(),
        }
    }
}

impl From<ListPut> for model::List {
    fn from(it: ListPut) -> Self {
        let codes = it.codes.into_iter().map(|code| model::Code {
            code: code.code,
            display_name: code.display_name,
        });
        Self {
            display_name: it.display_name,
            purpose: it.purpose.into(),
            codes: codes.collect(),
        }
    }
}

impl From<model::Person> for PersonPut {
    fn from(it: model::Person) -> Self {
        Self {
            display_name: it.display_name,
            email: it.email,
            role: it.role.into(),
            queues: it.queues.map(texts),
            groups: it.groups.map(texts),
            agent: it.agent.map(Text),
            disabled: it.disabled,
        }
    }
}

impl From<PersonPut> for model::Person {
    fn from(it: PersonPut) -> Self {
        Self {
            display_name: it.display_name,
            email: it.email,
            role: it.role.into(),
            queues: it.queues.map(names),
            groups: it.groups.map(names),
            agent: it.agent.map(|text| text.0),
            disabled: it.disabled,
        }
    }
}

/// What can be set of a configuration object; which of these is told by the kind in the path.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ObjectPut {
    Agent(AgentPut),
    Attribute(AttributePut),
    Calendar(CalendarPut),
    CapacityRule(CapacityRulePut),
    Group(GroupPut),
    Hours(HoursPut),
    List(ListPut),
    Medium(MediumPut),
    Person(PersonPut),
    Queue(QueuePut),
    ScreenPop(ScreenPopPut),
    Skill(SkillPut),
    Statistic(StatisticPut),
    View(ViewPut),
    VirtualQueue(VirtualQueuePut),
    Webhook(WebhookPut),
    Workbin(WorkbinPut),
}

impl ObjectPut {
    /// What only the door can tell: that a time zone is known, that an address may be reached.
    pub(crate) fn check(&self, webhook_url: &UrlCheck) -> Result<(), Problem> {
        let zone = match self {
            Self::Webhook(hook) => {
                let checked = webhook_url.check(&hook.url);
                return checked.map_err(|problem| Problem::invalid("/url", problem));
            }
            Self::Hours(it) => &it.zone,
            Self::Statistic(it) => it.zone(),
            _ => return Ok(()),
        };
        if jiff::tz::TimeZoneDatabase::bundled().get(zone).is_ok() {
            return Ok(());
        }
        let problem = format!("there is no time zone {zone:?}: use one such as Europe/Berlin");
        Err(Problem::invalid("/zone", problem))
    }

    /// What somebody wrote, as a body of this kind.
    pub(crate) fn read(kind: Kind, value: Value) -> Result<Self, Problem> {
        Ok(match kind {
            Kind::Agent => Self::Agent(from_value(value)?),
            Kind::Attribute => Self::Attribute(from_value(value)?),
            Kind::Calendar => Self::Calendar(from_value(value)?),
            Kind::CapacityRule => Self::CapacityRule(from_value(value)?),
            Kind::Group => Self::Group(from_value(value)?),
            Kind::Hours => Self::Hours(from_value(value)?),
            Kind::List => Self::List(from_value(value)?),
            Kind::Medium => Self::Medium(from_value(value)?),
            Kind::Person => Self::Person(from_value(value)?),
            Kind::Queue => Self::Queue(from_value(value)?),
            Kind::ScreenPop => Self::ScreenPop(from_value(value)?),
            Kind::Skill => Self::Skill(from_value(value)?),
            Kind::Statistic => Self::Statistic(from_value(value)?),
            Kind::View => Self::View(from_value(value)?),
            Kind::VirtualQueue => Self::VirtualQueue(from_value(value)?),
            Kind::Webhook => Self::Webhook(from_value(value)?),
            Kind::Workbin => Self::Workbin(from_value(value)?),
        })
    }

    /// The body of an object of the model.
    pub(crate) fn of(body: model::Body) -> Self {
        match body {
            model::Body::Attribute(it) => Self::Attribute(it.into()),
            model::Body::Calendar(it) => Self::Calendar(it.into()),
            model::Body::CapacityRule(it) => Self::CapacityRule(it.into()),
            model::Body::Group(it) => Self::Group(it.into()),
            model::Body::Hours(it) => Self::Hours(it.into()),
            model::Body::List(it) => Self::List(it.into()),
            model::Body::Medium(it) => Self::Medium(it.into()),
            model::Body::Person(it) => Self::Person(it.into()),
            model::Body::ScreenPop(it) => Self::ScreenPop(it.into()),
            model::Body::Skill(it) => Self::Skill(it.into()),
            model::Body::Statistic(it) => Self::Statistic(it.into()),
            model::Body::View(it) => Self::View(it.into()),
            model::Body::Webhook(it) => Self::Webhook(it.into()),
            model::Body::Workbin(it) => Self::Workbin(it.into()),
        }
    }

    /// The body the heart is asked to set; nothing, if it is asked for something else.
    pub(crate) fn of_input(input: model::Input) -> Option<Self> {
        Some(match input {
            model::Input::PutAgent { body, .. } => Self::Agent(AgentPut::of(&body)),
            model::Input::PutQueue { body, .. } => Self::Queue(QueuePut::of(&body)),
            model::Input::PutVirtualQueue { body, .. } => {
                Self::VirtualQueue(VirtualQueuePut::of(&body))
            }
            model::Input::Put { body, .. } => Self::of(*body),
            _ => return None,
        })
    }

    /// What the heart is asked for.
    pub(crate) fn into_input(self, name: Name, expected: Expected) -> model::Input {
        let body = match self {
            Self::Agent(it) => {
                let body = it.into_model();
                return model::Input::PutAgent {
                    name,
                    body,
                    expected,
                };
            }
            Self::Queue(it) => {
                let body = it.into_model();
                return model::Input::PutQueue {
                    name,
                    body,
                    expected,
                };
            }
            Self::VirtualQueue(it) => {
                let body = it.into_model();
                return model::Input::PutVirtualQueue {
                    name,
                    body,
                    expected,
                };
            }
            Self::Attribute(it) => model::Body::Attribute(it.into()),
            Self::Calendar(it) => model::Body::Calendar(it.into()),
            Self::CapacityRule(it) => model::Body::CapacityRule(it.into()),
            Self::Group(it) => model::Body::Group(it.into()),
            Self::Hours(it) => model::Body::Hours(it.into()),
            Self::List(it) => model::Body::List(it.into()),
            Self::Medium(it) => model::Body::Medium(it.into()),
            Self::Person(it) => model::Body::Person(it.into()),
            Self::ScreenPop(it) => model::Body::ScreenPop(it.into()),
            Self::Skill(it) => model::Body::Skill(it.into()),
            Self::Statistic(it) => model::Body::Statistic(it.into()),
            Self::View(it) => model::Body::View(it.into()),
            Self::Webhook(it) => model::Body::Webhook(it.into()),
            Self::Workbin(it) => model::Body::Workbin(it.into()),
        };
        let body = Box::new(body);
        model::Input::Put {
            name,
            body,
            expected,
        }
    }
}

impl From<ObjectPut> for Body {
    fn from(it: ObjectPut) -> Self {
        match it {
            ObjectPut::Agent(it) => Self::Agent(it),
            ObjectPut::Attribute(it) => Self::Attribute(it),
            ObjectPut::Calendar(it) => Self::Calendar(it),
            ObjectPut::CapacityRule(it) => Self::CapacityRule(it),
            ObjectPut::Group(it) => Self::Group(it),
            ObjectPut::Hours(it) => Self::Hours(it),
            ObjectPut::List(it) => Self::List(it),
            ObjectPut::Medium(it) => Self::Medium(it),
            ObjectPut::Person(it) => Self::Person(it),
            ObjectPut::Queue(it) => Self::Queue(it),
            ObjectPut::ScreenPop(it) => Self::ScreenPop(it),
            ObjectPut::Skill(it) => Self::Skill(it),
            ObjectPut::Statistic(it) => Self::Statistic(it),
            ObjectPut::View(it) => Self::View(it),
            ObjectPut::VirtualQueue(it) => Self::VirtualQueue(it),
            ObjectPut::Webhook(it) => Self::Webhook(it),
            ObjectPut::Workbin(it) => Self::Workbin(it),
        }
    }
}

/// A configuration object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ObjectView {
    #[schema(example = "group")]
    kind: &'static str,
    #[schema(example = "sales")]
    name: String,
    /// The entity tag.
    version: u64,
    body: ObjectPut,
    /// Of a group: who belongs to it at the moment, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<String>>,
    /// The record it was read after.
    sequence: u64,
}

impl ObjectView {
    pub(crate) fn new(it: Configured, sequence: u64) -> Self {
        let (kind, name, version, body, members) = match it {
            Configured::Agent(it) => {
                let body = ObjectPut::Agent(AgentPut::of(&it.body));
                (Kind::Agent, it.name, it.version, body, None)
            }
            Configured::Queue(it) => {
                let body = ObjectPut::Queue(QueuePut::of(&it.body));
                (Kind::Queue, it.name, it.version, body, None)
            }
            Configured::VirtualQueue(it) => {
                let body = ObjectPut::VirtualQueue(VirtualQueuePut::of(&it.body));
                (Kind::VirtualQueue, it.name, it.version, body, None)
            }
            Configured::Object { object, members } => {
                let kind = object.body.kind();
                let members = (kind == Kind::Group).then_some(members);
                let body = ObjectPut::of(object.body);
                (kind, object.name, object.version, body, members)
            }
        };
        Self {
            kind: kind.name(),
            name: text(&name),
            version,
            body,
            members: members.map(|names| names.iter().map(text).collect()),
            sequence,
        }
    }

    pub(crate) const fn version(&self) -> u64 {
        self.version
    }
}

/// What to undo.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"to": 3}))]
pub(crate) struct Undo {
    /// The version whose body is to hold again; left out: the one before the present.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub(crate) to: Option<u64>,
}

/// What differs between two versions of a configuration object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiffView {
    /// The older one; 0 stands for nothing there.
    pub(crate) from: u64,
    /// The newer one.
    pub(crate) to: u64,
    /// Each place that differs.
    pub(crate) changes: Vec<DiffLine>,
}

/// One place that differs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct DiffLine {
    /// A JSON pointer into the body.
    #[schema(example = "/skills/English")]
    pub(crate) path: String,
    /// What stood there; absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    pub(crate) from: Option<Value>,
    /// What stands there; absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    pub(crate) to: Option<Value>,
}

/// What differs between two bodies, place by place. Lists differ as a whole.
pub(crate) fn differences(from: &Value, to: &Value) -> Vec<DiffLine> {
    let mut found = Vec::new();
    compare("", Some(from), Some(to), &mut found);
    found
}

fn compare(path: &str, from: Option<&Value>, to: Option<&Value>, found: &mut Vec<DiffLine>) {
    if from == to {
        return;
    }
    if let (Some(Value::Object(from)), Some(Value::Object(to))) = (from, to) {
        let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for key in keys {
            let escaped = key.replace('~', "~0").replace('/', "~1");
            let path = format!("{path}/{escaped}");
            compare(&path, from.get(key), to.get(key), found);
        }
        return;
    }
    found.push(DiffLine {
        path: path.to_owned(),
        from: from.cloned(),
        to: to.cloned(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn two_bodies_differ_place_by_place() {
        let line = |path: &str, from: Option<Value>, to: Option<Value>| DiffLine {
            path: path.to_owned(),
            from,
            to,
        };
        let from = json!({"skills": {"English": 3, "French": 1}, "capacity": {"chat": 3}});
        let to = json!({"skills": {"English": 4, "a/b": 1}, "capacity": {"chat": 3}});
        let expected = vec![
            line("/skills/English", Some(json!(3)), Some(json!(4))),
            line("/skills/French", Some(json!(1)), None),
            line("/skills/a~1b", None, Some(json!(1))),
        ];
        assert_eq!(differences(&from, &to), expected);
        assert_eq!(differences(&to, &to), []);
    }

    #[test]
    fn every_body_reads_back_as_it_is_shown() {
        let bodies = [
            (
                Kind::Group,
                json!({"members": ["anna"], "expression": "English>=2"}),
            ),
            (Kind::Skill, json!({"description": "x", "texts": ["north"]})),
            (Kind::Workbin, json!({"owner": "group", "items_max": 7})),
            (Kind::CapacityRule, json!({"text": "chat 2 and email 3"})),
            (
                Kind::Attribute,
                json!({"type": "bool", "desk": "shown", "default": "true"}),
            ),
            (
                Kind::Hours,
                json!({
                    "zone": "Europe/Berlin",
                    "weekly": {"monday": ["08:00-12:00"]},
                    "special": {"2026-12-25": {"display_name": "Christmas"}},
                }),
            ),
            (
                Kind::Medium,
                json!({"offer_ttl_ms": 5, "wrap_up": "manual"}),
            ),
            (
                Kind::List,
                json!({"purpose": "stop", "codes": [{"code": "sold"}]}),
            ),
            (Kind::Person, json!({"role": "agent", "agent": "anna"})),
            (
                Kind::Statistic,
                json!({
                    "measure": "service_factor",
                    "subject": "virtual_queue",
                    "profile": {"sliding": {"minutes": 15}},
                    "filter": "user.Language = 'en'",
                    "service_level_ms": 30_000,
                    "zone": "Europe/Berlin",
                }),
            ),
            (
                Kind::Webhook,
                json!({"url": "https://a.example/", "events": ["offer.*"], "disabled": true}),
            ),
            (
                Kind::ScreenPop,
                json!({"url": "https://a.example/{queue}", "media": ["voice"]}),
            ),
            (Kind::Calendar, json!({"hours": ["usual"]})),
        ];
        for (kind, body) in bodies {
            let read = ObjectPut::read(kind, body.clone()).expect("a body");
            let name = "x".parse().expect("a name");
            let model::Input::Put { body: model, .. } = read.into_input(name, Expected::Any) else {
                panic!("{kind} is put like any other");
            };
            assert_eq!(model.kind(), kind);
            let shown = serde_json::to_value(ObjectPut::of(*model)).expect("plain data");
            assert_eq!(shown, body);
        }
    }

    #[test]
    fn a_field_nobody_knows_is_refused() {
        let read = ObjectPut::read(Kind::Group, json!({"membres": []}));
        assert_eq!(
            read.expect_err("a typing mistake").code(),
            "request.unknown_field"
        );
    }
}
