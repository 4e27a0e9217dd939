//! Configuration objects as the API shows and takes them.

pub(crate) mod objects;

use super::text;
use crate::names::Known;
use crate::text::{Text, Time};
use ringback_model::config::{
    AfterContact, AgentBody, ApiKey, Capacity, Dispositions, KeyBounds, Queue, QueueBody, Role,
    Scope, Settings, Timeouts, VirtualQueue, VirtualQueueBody,
};
use ringback_model::right::Action;
use ringback_model::{AgentId, Medium, Millis, Name, WallTime, target};
use ringback_ports::query::{QueueView as LiveQueue, VirtualQueueView as LiveVirtualQueue};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What can be set of an interaction queue; what is left out gets its default.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"open_max": 100_000}))]
pub(crate) struct QueuePut {
    /// How many open interactions may belong to it.
    #[schema(minimum = 1, default = 2_000_000)]
    open_max: u32,
    /// What comes after a contact, by medium; media not named: as the defaults of the medium say.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, AfterContactPut>)]
    wrap_up: BTreeMap<Text<Medium>, AfterContactPut>,
    /// From which codes agents say what came of a contact; left out: any word, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    dispositions: Option<DispositionsPut>,
}

/// What comes after a contact, and for how long.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"wrap_up": "timed", "wrap_up_for_ms": 30_000}))]
pub(crate) struct AfterContactPut {
    /// What comes.
    wrap_up: objects::WrapUpWord,
    /// How long it lasts; exactly for `timed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrap_up_for_ms: Option<u64>,
}

/// From which codes agents say what came of a contact.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"list": "results", "mandatory": true}))]
pub(crate) struct DispositionsPut {
    /// The list of codes, by name.
    #[schema(value_type = String, example = "results", min_length = 1, max_length = 64)]
    list: Text<Name>,
    /// Whether they have to say so before they are done.
    #[serde(default)]
    mandatory: bool,
}

impl Default for QueuePut {
    fn default() -> Self {
        Self::of(&QueueBody::default())
    }
}

impl QueuePut {
    fn of(body: &QueueBody) -> Self {
        let after = |after: &AfterContact| AfterContactPut {
            wrap_up: after.wrap_up.into(),
            wrap_up_for_ms: after.wrap_up_for.map(|span| span.0),
        };
        let wrap_up = body.wrap_up.iter();
        Self {
            open_max: body.open_max,
            wrap_up: wrap_up
                .map(|(medium, it)| (Text(*medium), after(it)))
                .collect(),
            dispositions: body.dispositions.as_ref().map(|it| DispositionsPut {
                list: Text(it.list.clone()),
                mandatory: it.mandatory,
            }),
        }
    }

    pub(crate) fn into_model(self) -> QueueBody {
        let after = |after: AfterContactPut| AfterContact {
            wrap_up: after.wrap_up.into(),
            wrap_up_for: after.wrap_up_for_ms.map(Millis),
        };
        let wrap_up = self.wrap_up.into_iter();
        QueueBody {
            open_max: self.open_max,
            wrap_up: wrap_up.map(|(medium, it)| (medium.0, after(it))).collect(),
            dispositions: self.dispositions.map(|it| Dispositions {
                list: it.list.0,
                mandatory: it.mandatory,
            }),
        }
    }
}

/// What can be set of a virtual queue; what is left out gets its default.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"waiting_max": 100_000, "short_abandon_ms": 5_000}))]
pub(crate) struct VirtualQueuePut {
    /// How many requests may wait in it.
    #[schema(minimum = 1, default = 2_000_000)]
    waiting_max: u32,
    /// A customer who leaves before this counts as a short abandon.
    #[schema(default = 5_000)]
    short_abandon_ms: u64,
    /// Who is wanted by requests that come here because this queue was their target: a skill
    /// expression. Left out: anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "English>=1")]
    serves: Option<Text<target::Expression>>,
    /// The group of queues it belongs to, which targets of type `GQ` name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "overflow", min_length = 1, max_length = 64)]
    group: Option<Text<Name>>,
}

impl Default for VirtualQueuePut {
    fn default() -> Self {
        Self::of(&VirtualQueueBody::default())
    }
}

impl VirtualQueuePut {
    fn of(body: &VirtualQueueBody) -> Self {
        Self {
            waiting_max: body.waiting_max,
            short_abandon_ms: body.short_abandon.0,
            serves: body.serves.clone().map(Text),
            group: body.group.clone().map(Text),
        }
    }

    pub(crate) fn into_model(self) -> VirtualQueueBody {
        VirtualQueueBody {
            waiting_max: self.waiting_max,
            short_abandon: Millis(self.short_abandon_ms),
            serves: self.serves.map(|it| it.0),
            group: self.group.map(|it| it.0),
        }
    }
}

/// What can be set of an agent; what is left out gets its default.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"skills": {"English": 3}, "capacity": {"voice": 1, "chat": 3}}))]
pub(crate) struct AgentPut {
    /// What the agent can do, and how well: 0 to 65535.
    #[schema(value_type = BTreeMap<String, u16>)]
    skills: BTreeMap<Text<Name>, u16>,
    /// How much the agent does at once, per medium; a medium that is not named is not taken.
    /// Left out: one call, and three of each other medium.
    #[schema(value_type = Option<BTreeMap<String, u8>>)]
    capacity: Option<BTreeMap<Text<Medium>, u8>>,
    /// Skills that have a text instead of a level, of up to 64 characters; the empty text is the
    /// same as not having the skill.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    texts: BTreeMap<Text<Name>, Text<target::Text>>,
    /// The capacity rule that holds for the agent, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    capacity_rule: Option<Text<Name>>,
}

impl AgentPut {
    fn of(body: &AgentBody) -> Self {
        let skills = body.skills.iter();
        let capacity = body.capacity.0.iter();
        let texts = body.texts.iter();
        Self {
            skills: skills.map(|(name, n)| (Text(name.clone()), *n)).collect(),
            capacity: Some(capacity.map(|(medium, n)| (Text(*medium), *n)).collect()),
            texts: texts
                .map(|(name, text)| (Text(name.clone()), Text(text.clone())))
                .collect(),
            capacity_rule: body.capacity_rule.clone().map(Text),
        }
    }

    pub(crate) fn into_model(self) -> AgentBody {
        let skills = self.skills.into_iter();
        let texts = self.texts.into_iter();
        let capacity = self.capacity.map(|list| {
            let list = list.into_iter();
            Capacity(list.map(|(medium, n)| (medium.0, n)).collect())
        });
        AgentBody {
            skills: skills.map(|(name, level)| (name.0, level)).collect(),
            capacity: capacity.unwrap_or_default(),
            texts: texts.map(|(name, text)| (name.0, text.0)).collect(),
            capacity_rule: self.capacity_rule.map(|name| name.0),
        }
    }
}

/// What holds for the whole tenant; what is left out gets its default.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"offer_ttl_ms": 30_000, "open_keys": ["matter"]}))]
pub(crate) struct SettingsPut {
    /// How long an offer stands, where its medium says nothing else.
    #[schema(default = 30_000)]
    offer_ttl_ms: u64,
    /// How long an agent is not offered again what he did not take.
    #[schema(default = 30_000)]
    cool_down_ms: u64,
    /// After how many offers missed in a row an agent is set not ready, per medium; others: 3.
    #[schema(value_type = BTreeMap<String, u8>)]
    misses_max: BTreeMap<Text<Medium>, u8>,
    /// How long a desk may not answer before it counts as silent.
    #[schema(default = 30_000)]
    desk_grace_ms: u64,
    /// How many interactions may be open.
    #[schema(default = 5_000_000)]
    open_max: u32,
    /// How long the answer to a command is kept for whoever repeats it.
    #[schema(default = 86_400_000)]
    results_kept_ms: u64,
    /// The most credit a route request may be given.
    #[schema(default = 86_400_000)]
    credit_max_ms: u64,
    /// User data keys that are about the matter, not the person. All others are sealed.
    open_keys: BTreeSet<String>,
    /// Whether the operator's notice address is told when an interaction stops.
    #[schema(default = false)]
    notices: bool,
    /// Whether agents and groups may name declared skills only.
    #[schema(default = false)]
    skills_declared: bool,
    /// What was set here before offers of a medium had their home in its object (`offer_ttl_ms` of
    /// `/v1/config/medium/{name}`): it holds where that says nothing. It can be left out, and nothing
    /// can be added.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, u64>, deprecated)]
    offer_ttl_of_ms: BTreeMap<Text<Medium>, u64>,
    /// How long an agent whose desk is silent keeps what he handles, from the moment of silence;
    /// live contact stays. The open user data key `handling_timeout` (seconds) comes before it.
    #[schema(default = 10_800_000)]
    handling_ttl_ms: u64,
    /// The same for a medium.
    #[schema(value_type = BTreeMap<String, u64>)]
    handling_ttl_of_ms: BTreeMap<Text<Medium>, u64>,
    /// How long a route request looks for an agent before it ends.
    #[schema(default = 43_200_000)]
    routing_ttl_ms: u64,
}

fn spans(of: &BTreeMap<Medium, Millis>) -> BTreeMap<Text<Medium>, u64> {
    of.iter()
        .map(|(medium, span)| (Text(*medium), span.0))
        .collect()
}

fn spans_of(of: BTreeMap<Text<Medium>, u64>) -> BTreeMap<Medium, Millis> {
    of.into_iter()
        .map(|(medium, span)| (medium.0, Millis(span)))
        .collect()
}

impl Default for SettingsPut {
    fn default() -> Self {
        Self::of(&Settings::default())
    }
}

impl SettingsPut {
    /// Whether it says how long offers of some medium stand.
    pub(crate) fn says_offers_of_media(&self) -> bool {
        !self.offer_ttl_of_ms.is_empty()
    }

    /// Of which media it says so otherwise than the settings before did.
    pub(crate) fn new_offers_of_media(&self, before: &Settings) -> Vec<Medium> {
        let said = self.offer_ttl_of_ms.iter();
        let new = said
            .filter(|(medium, ttl)| before.timeouts.offer.get(&medium.0) != Some(&Millis(**ttl)));
        new.map(|(medium, _)| medium.0).collect()
    }

    pub(crate) fn of(settings: &Settings) -> Self {
        let misses = settings.misses_max.iter();
        Self {
            offer_ttl_ms: settings.offer_ttl.0,
            cool_down_ms: settings.cool_down.0,
            misses_max: misses.map(|(medium, n)| (Text(*medium), *n)).collect(),
            desk_grace_ms: settings.desk_grace.0,
            open_max: settings.open_max,
            results_kept_ms: settings.results_kept.0,
            credit_max_ms: settings.credit_max.0,
            open_keys: settings.open_keys.clone(),
            notices: settings.notices,
            skills_declared: settings.skills_declared,
            offer_ttl_of_ms: spans(&settings.timeouts.offer),
            handling_ttl_ms: settings.timeouts.handling.0,
            handling_ttl_of_ms: spans(&settings.timeouts.handling_of),
            routing_ttl_ms: settings.timeouts.routing.0,
        }
    }

    pub(crate) fn into_model(self) -> Settings {
        let misses = self.misses_max.into_iter();
        Settings {
            offer_ttl: Millis(self.offer_ttl_ms),
            cool_down: Millis(self.cool_down_ms),
            misses_max: misses.map(|(medium, n)| (medium.0, n)).collect(),
            desk_grace: Millis(self.desk_grace_ms),
            open_max: self.open_max,
            results_kept: Millis(self.results_kept_ms),
            credit_max: Millis(self.credit_max_ms),
            open_keys: self.open_keys,
            notices: self.notices,
            skills_declared: self.skills_declared,
            timeouts: Timeouts {
                offer: spans_of(self.offer_ttl_of_ms),
                handling: Millis(self.handling_ttl_ms),
                handling_of: spans_of(self.handling_ttl_of_ms),
                routing: Millis(self.routing_ttl_ms),
            },
        }
    }
}

/// The roles.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleWord {
    /// Everything within the tenant.
    Administrator,
    /// Sees and steers the queues and agents in its scope.
    Supervisor,
    /// Works: sees what concerns the agent the key belongs to.
    Agent,
    /// Submits and withdraws interactions within its scope.
    Integrator,
    /// Sees everything in its scope, changes nothing.
    Auditor,
}

impl From<Role> for RoleWord {
    fn from(role: Role) -> Self {
        match role {
            Role::Administrator => Self::Administrator,
            Role::Supervisor => Self::Supervisor,
            Role::Agent => Self::Agent,
            Role::Integrator => Self::Integrator,
            Role::Auditor => Self::Auditor,
        }
    }
}

impl From<RoleWord> for Role {
    fn from(role: RoleWord) -> Self {
        match role {
            RoleWord::Administrator => Self::Administrator,
            RoleWord::Supervisor => Self::Supervisor,
            RoleWord::Agent => Self::Agent,
            RoleWord::Integrator => Self::Integrator,
            RoleWord::Auditor => Self::Auditor,
        }
    }
}

/// A new API key.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "crm", "role": "integrator", "queues": ["support"]}))]
pub(crate) struct KeyMake {
    /// Its name; must be new.
    #[schema(value_type = String, example = "crm", min_length = 1, max_length = 64)]
    pub(crate) name: Text<Name>,
    /// What it may do.
    pub(crate) role: RoleWord,
    /// The interaction queues it reaches. Neither these nor groups: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) queues: Option<BTreeSet<Text<Name>>>,
    /// The groups whose agents it reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) groups: Option<BTreeSet<Text<Name>>>,
    /// Whose it is, by name; exactly for role agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) agent: Option<Text<Name>>,
    /// All that may be done with it, by name; left out: whatever the role may do. For example
    /// `submit`, `stop`, `route`, `see_interactions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) only: Option<BTreeSet<Text<Action>>>,
    /// From then on it opens nothing; left out: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) expires: Option<Text<jiff::Timestamp>>,
}

impl KeyMake {
    /// What the key is less than its role.
    pub(crate) fn bounds(&self) -> Option<Box<KeyBounds>> {
        let bounds = KeyBounds {
            expires: self.expires.map(|at| WallTime(at.0.as_millisecond())),
            only: self
                .only
                .as_ref()
                .map(|only| only.iter().map(|it| it.0).collect()),
        };
        (bounds != KeyBounds::default()).then(|| Box::new(bounds))
    }
}

/// A key that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyMade {
    #[schema(example = "crm")]
    pub(crate) name: String,
    pub(crate) role: RoleWord,
    /// The secret, shown this once and never again; absent when the request was a repetition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "rb_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    pub(crate) secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u64>,
    /// The record it stands in.
    pub(crate) sequence: u64,
}

/// How far a key reaches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScopeView {
    /// All queues and all agents.
    everything: bool,
    /// These interaction queues, by name.
    queues: Vec<String>,
    /// The agents of these groups, by name.
    groups: Vec<String>,
}

impl ScopeView {
    pub(crate) fn new(known: &Known, scope: &Scope) -> Self {
        let queues = scope.queues().into_iter().flatten();
        let groups = scope.groups().into_iter().flatten();
        Self {
            everything: *scope == Scope::Everything,
            queues: queues.map(|id| known.queue(*id)).collect(),
            groups: groups.map(|id| known.object(*id)).collect(),
        }
    }
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    #[schema(example = "crm")]
    name: String,
    version: u64,
    role: RoleWord,
    scope: ScopeView,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    agent: Option<Text<AgentId>>,
    /// Taken back: opens nothing any more.
    revoked: bool,
    /// All that may be done with it, where that is less than the role allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    only: Option<Vec<&'static str>>,
    /// From then on it opens nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Time>,
}

impl KeyView {
    pub(crate) fn new(known: &Known, key: &ApiKey) -> Self {
        let bounds = key.bounds.as_deref();
        let only = bounds.and_then(|it| it.only.as_ref());
        Self {
            name: text(&key.name),
            version: key.version,
            role: key.role.into(),
            scope: ScopeView::new(known, &key.scope),
            agent: key.agent.map(Text),
            revoked: key.revoked,
            only: only.map(|only| only.iter().map(|action| action.name()).collect()),
            expires: bounds.and_then(|it| it.expires).map(Time::wall),
        }
    }
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// The name of the tenant.
    #[schema(example = "default")]
    pub(crate) tenant: String,
    /// The name of the key, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "crm")]
    pub(crate) key: Option<String>,
    /// The name of the person, if one has logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<String>,
    pub(crate) role: RoleWord,
    pub(crate) scope: ScopeView,
    /// All that the key or session is good for, where that is less than the role allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) only: Option<Vec<&'static str>>,
    /// The agent the key or the person belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    pub(crate) agent: Option<Text<AgentId>>,
}

/// An interaction queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueView {
    #[schema(example = "support")]
    name: String,
    /// The entity tag.
    version: u64,
    open_max: u32,
    /// Open interactions that belong to it.
    open: u32,
    /// The record it was read after.
    sequence: u64,
}

impl QueueView {
    pub(crate) fn new(live: &LiveQueue, sequence: u64) -> Self {
        Self {
            name: text(&live.queue.name),
            version: live.queue.version,
            open_max: live.queue.body.open_max,
            open: live.open,
            sequence,
        }
    }

    pub(crate) const fn version(&self) -> u64 {
        self.version
    }
}

/// A virtual queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VirtualQueueView {
    #[schema(example = "english")]
    name: String,
    /// The entity tag.
    version: u64,
    waiting_max: u32,
    short_abandon_ms: u64,
    /// Requests in line.
    waiting: u32,
    /// Age of the engine, in milliseconds, at which the first in line began to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_engine_ms: Option<u64>,
    /// Requests whose interaction is being offered.
    offered: u32,
    /// Requests ever made.
    entered: u64,
    /// Requests that ended, all ways together.
    left: u64,
    /// The record it was read after.
    sequence: u64,
}

impl VirtualQueueView {
    pub(crate) fn new(live: &LiveVirtualQueue, sequence: u64) -> Self {
        let body = &live.virtual_queue.body;
        Self {
            name: text(&live.virtual_queue.name),
            version: live.virtual_queue.version,
            waiting_max: body.waiting_max,
            short_abandon_ms: body.short_abandon.0,
            waiting: live.waiting,
            oldest_engine_ms: live.oldest.map(|at| at.0),
            offered: live.offered,
            entered: live.entered,
            left: live.left,
            sequence,
        }
    }

    pub(crate) const fn version(&self) -> u64 {
        self.version
    }
}

/// The settings and their version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsView {
    /// The entity tag.
    pub(crate) version: u64,
    pub(crate) settings: SettingsPut,
    /// Keys that cannot be changed here, because they are set by file or environment, and where.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, example = json!({"offer_ttl_ms": "RINGBACK_SETTINGS__OFFER_TTL_MS"}))]
    pub(crate) locked: BTreeMap<String, String>,
    /// The record it was read after.
    pub(crate) sequence: u64,
}

/// One version of a configuration object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionView {
    pub(crate) version: u64,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Time,
    /// Who made it.
    #[schema(example = "key:admin")]
    pub(crate) actor: String,
    /// The whole object as it was set; absent: by this version it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Body>,
}

/// What was set of a configuration object, by kind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    Queue(QueuePut),
    ScreenPop(objects::ScreenPopPut),
    VirtualQueue(VirtualQueuePut),
    Webhook(objects::WebhookPut),
    Agent(AgentPut),
    Key(KeyView),
    Settings(SettingsPut),
    Attribute(objects::AttributePut),
    Calendar(objects::CalendarPut),
    CapacityRule(objects::CapacityRulePut),
    Group(objects::GroupPut),
    Hours(objects::HoursPut),
    List(objects::ListPut),
    Medium(objects::MediumPut),
    Person(objects::PersonPut),
    Skill(objects::SkillPut),
    Statistic(objects::StatisticPut),
    View(objects::ViewPut),
    Workbin(objects::WorkbinPut),
}

impl From<&Queue> for Body {
    fn from(queue: &Queue) -> Self {
        Self::Queue(QueuePut::of(&queue.body))
    }
}

impl From<&VirtualQueue> for Body {
    fn from(virtual_queue: &VirtualQueue) -> Self {
        Self::VirtualQueue(VirtualQueuePut::of(&virtual_queue.body))
    }
}

impl From<&ringback_model::config::Agent> for Body {
    fn from(agent: &ringback_model::config::Agent) -> Self {
        Self::Agent(AgentPut::of(&agent.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_gets_the_models_default() {
        let settings: SettingsPut = serde_json::from_str("{}").expect("all have defaults");
        assert_eq!(settings.into_model(), Settings::default());
        let agent: AgentPut = serde_json::from_str("{}").expect("all have defaults");
        assert_eq!(agent.into_model(), AgentBody::default());
        let queue: QueuePut = serde_json::from_str("{}").expect("all have defaults");
        assert_eq!(queue.into_model(), QueueBody::default());
    }

    #[test]
    fn settings_read_back_what_they_show() {
        let settings = Settings {
            notices: true,
            open_keys: BTreeSet::from(["matter".to_owned()]),
            cool_down: Millis(1),
            ..Settings::default()
        };
        let shown = serde_json::to_string(&SettingsPut::of(&settings)).expect("plain data");
        let read: SettingsPut = serde_json::from_str(&shown).expect("its own text");
        assert_eq!(read.into_model(), settings);
    }
}
