//! Interactions as the API shows and takes them.

use super::offer::OfferView;
use super::route::{RequestView, RouteAsk};
use super::text;
use super::work::{Exits, Moment, RestView, show_exits};
use crate::names::Known;
use crate::personal::{Opened, UserDataIn};
use crate::problem::Problem;
use crate::text::{Text, Time};
use ringback_model::interaction::{Doer, Ending, Interaction, More, StopCause, Submission, Wrap};
use ringback_model::place::{BinOwner, Party, Place, Who};
use ringback_model::record::{Segment, SegmentKind};
use ringback_model::value::{Map, UserData};
use ringback_model::{
    AgentId, ContactId, InteractionId, KeyId, Medium, Name, RouteRequestId, Tier,
};
use ringback_ports::query::InteractionView as Live;
use ringback_ports::records::InteractionRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A new interaction.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "queue": "support",
    "medium": "voice",
    "contact": "+49 30 1234567",
    "user_data": {"matter": "loan", "name": "Anna"},
    "route": {"virtual_queue": "english", "target": "English>=2"}
}))]
pub(crate) struct Submit {
    /// The interaction queue it goes to, by name.
    #[schema(value_type = String, example = "support", min_length = 1, max_length = 64)]
    pub(crate) queue: Text<Name>,
    /// How the customer made contact.
    #[schema(value_type = MediumWord)]
    pub(crate) medium: Text<Medium>,
    /// What it is about, broadly.
    #[serde(default = "inbound")]
    #[schema(value_type = String, default = "inbound", min_length = 1, max_length = 64)]
    pub(crate) kind: Text<Name>,
    /// What it is about, more closely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) subkind: Option<Text<Name>>,
    /// How urgent: 0 is ordinary, larger is more urgent.
    #[serde(default)]
    #[schema(minimum = -32768, maximum = 32767, default = 0)]
    pub(crate) priority: i16,
    /// The text by which the person is known: a customer number, an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) contact: Option<String>,
    /// The interaction it came out of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^i[1-9][0-9]{0,18}$")]
    pub(crate) parent: Option<Text<InteractionId>>,
    /// Whatever belongs to it: at most 8 levels, 256 values, 4096 bytes. Values whose keys are
    /// not declared open in the settings are sealed.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) user_data: UserDataIn,
    /// A route request to make in the same step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<RouteAsk>,
    /// What another system knows it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) external_id: Option<String>,
    /// Its subject line; sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 512)]
    pub(crate) subject: Option<String>,
    /// A note about it; sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2000)]
    pub(crate) comment: Option<String>,
    /// The ways by which work on it ends inwards: names, and the interaction queue each leads to,
    /// or `__STOP__`. At most 32.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub(crate) in_queues: Exits,
    /// The ways by which it leaves towards the customer, likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub(crate) out_queues: Exits,
    /// The customer is on the line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) online: bool,
    /// When the customer's message reached the company, if before now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) received_at: Option<Text<Moment>>,
    /// Which system brought it, when not the key's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) submitted_by: Option<Text<Name>>,
}

/// The media.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes Medium in the OpenAPI document")]
pub(crate) enum MediumWord {
    Voice,
    Chat,
    Email,
    Sms,
    Mms,
    Social,
    Workitem,
}

fn inbound() -> Text<Name> {
    Text("inbound".parse().expect("a constant name"))
}

impl Submit {
    /// The submission, with contact and user data as the door made them.
    pub(crate) fn into_model(
        self,
        contact: Option<ContactId>,
        data: UserData,
    ) -> Result<Submission, Problem> {
        Ok(Submission {
            queue: self.queue.0,
            medium: self.medium.0,
            kind: self.kind.0,
            subkind: self.subkind.map(|name| name.0),
            tier: Tier(self.priority),
            contact,
            parent: self.parent.map(|id| id.0),
            user_data: data,
            route: self.route.map(RouteAsk::into_model).transpose()?,
            said: ringback_model::Rare::none(),
        })
    }

    /// What the writer of documented targets should know.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.route.as_ref().map_or_else(Vec::new, RouteAsk::notices)
    }
}

/// The owner is done with it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "solved", "disposition": "sold"}))]
pub(crate) struct Complete {
    /// Why it is over, in one word.
    #[schema(value_type = String, example = "solved", min_length = 1, max_length = 64)]
    pub(crate) reason: Text<Name>,
    /// What came of it, in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub(crate) disposition: Option<Text<Name>>,
}

/// End it without an owner's completion.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"cause": "cancelled", "reason": "duplicate"}))]
pub(crate) struct Stop {
    /// In what way.
    cause: Cause,
    /// Why, in one word; exactly when it is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    reason: Option<Text<Name>>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Cause {
    /// The customer went away.
    Abandoned,
    /// Somebody with the right to do so ended it.
    Cancelled,
}

impl Stop {
    /// The cause; what is wrong when it does not fit its reason.
    pub(crate) fn into_model(self) -> Result<StopCause, &'static str> {
        match (self.cause, self.reason) {
            (Cause::Abandoned, None) => Ok(StopCause::Abandoned),
            (Cause::Cancelled, Some(Text(reason))) => Ok(StopCause::Cancelled { reason }),
            (Cause::Abandoned, Some(_)) => Err("leave it out: an abandon has no reason"),
            (Cause::Cancelled, None) => Err("say why it is cancelled"),
        }
    }
}

/// An interaction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InteractionView {
    #[schema(value_type = String, example = "i42")]
    id: Text<InteractionId>,
    #[schema(value_type = MediumWord)]
    medium: Text<Medium>,
    #[schema(example = "inbound")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subkind: Option<String>,
    priority: i16,
    /// The interaction queue it belongs to.
    #[schema(example = "support")]
    queue: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "c6")]
    contact: Option<Text<ContactId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    parent: Option<Text<InteractionId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    thread: Option<Text<InteractionId>>,
    /// What the integrator attached; without what was erased.
    #[schema(value_type = Object)]
    user_data: Map,
    /// There were personal values, and their key was destroyed.
    user_data_erased: bool,
    #[schema(value_type = String, format = DateTime)]
    submitted_at: Time,
    /// Not over yet.
    open: bool,
    /// Where it is: `queue`, `routing`, `offer`, `handling`, `stopped`, ...
    #[schema(example = "routing")]
    place: String,
    /// The agent who owns it; its last owner once it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    owner: Option<Text<AgentId>>,
    /// The workbin it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "drafts")]
    workbin: Option<String>,
    /// The agent whose workbin that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    workbin_of: Option<Text<AgentId>>,
    /// The group whose workbin that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "back_office")]
    workbin_group: Option<String>,
    /// What another system knows it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// Its subject line; absent also once it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// A note about it; absent also once it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// Ways inwards: names, and the interaction queue each leads to or `__STOP__`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    in_queues: BTreeMap<String, String>,
    /// Ways outwards, likewise.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    out_queues: BTreeMap<String, String>,
    /// The customer is on the line.
    online: bool,
    /// When the customer's message reached the company, if it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Time>,
    /// Which system brought it, if it was said; the key is in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_by: Option<String>,
    /// When it came to its interaction queue.
    #[schema(value_type = String, format = DateTime)]
    moved_to_queue_at: Time,
    /// When it was placed where it rests, or last rested.
    #[schema(value_type = String, format = DateTime)]
    placed_in_queue_at: Time,
    /// In which order: compare the two numbers one after the other. First come, first served goes
    /// by it and never by a clock.
    #[schema(example = "42.0")]
    placed_in_queue_sequence: String,
    /// The agent who created it or was the first to handle it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    author: Option<Text<AgentId>>,
    /// The agent who looks it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a8")]
    reviewer: Option<Text<AgentId>>,
    /// Where it rested before its owner pulled it; `__BACK__` leads there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pulled_from: Option<RestView>,
    /// Since when it is on hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    held_since: Option<Time>,
    /// Set while only one may change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<LockView>,
    /// How often views handed it over since a person last took, placed or changed it. What came
    /// back five times is left at rest until somebody does.
    pulls: u8,
    /// The view by which it is under way: it was handed over and has not come back to rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "loans")]
    under_way_by: Option<String>,
    /// Set while its owner wraps it up after the contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrap_up: Option<WrapUpView>,
    /// What the caller can do with it now; empty in lists and once it is over.
    #[schema(example = json!(["accept", "reject"]))]
    capabilities: Vec<&'static str>,
    /// Open offers by which its owner asks other agents.
    invitations: Vec<OfferView>,
    /// Who takes part; empty in lists and once it is over.
    parties: Vec<PartyView>,
    /// Its route requests with their place in line; empty in lists and once it is over.
    requests: Vec<RequestView>,
    /// The offer that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<OfferView>,
    /// Grows with every change; the entity tag.
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    stopped_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<EndingView>,
    /// The record it was read after.
    sequence: u64,
}

/// The work after a contact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WrapUpView {
    #[schema(value_type = String, format = DateTime)]
    since: Time,
    /// When it ends by itself; absent: when its owner finishes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
    /// What came of the contact, as far as its owner said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    disposition: Option<String>,
}

impl From<&Wrap> for WrapUpView {
    fn from(wrap: &Wrap) -> Self {
        Self {
            since: Time::of(wrap.since),
            until: wrap.until.map(|at| Time::at(wrap.since, at)),
            disposition: wrap.disposition.as_ref().map(text),
        }
    }
}

/// Only one may change an interaction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LockView {
    /// `agent`, `supervisor` or `system`.
    #[schema(example = "agent")]
    by: &'static str,
    /// Which agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    agent: Option<Text<AgentId>>,
    #[schema(value_type = String, format = DateTime)]
    since: Time,
}

/// On whose behalf something was done, as a word, and which agent.
pub(crate) const fn doer(by: Doer) -> (&'static str, Option<Text<AgentId>>) {
    match by {
        Doer::Agent(agent) => ("agent", Some(Text(agent))),
        Doer::Supervisor => ("supervisor", None),
        Doer::System => ("system", None),
    }
}

/// Someone who takes part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartyView {
    /// `customer`, `agent` or `bot`.
    #[schema(example = "agent")]
    who: &'static str,
    /// Which agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    agent: Option<Text<AgentId>>,
    /// `owner`, `consultant`, `conference`, `monitor`, `coach`, `customer` or `bot`.
    #[schema(example = "owner")]
    role: &'static str,
    #[schema(value_type = String, format = DateTime)]
    since: Time,
}

impl From<&Party> for PartyView {
    fn from(party: &Party) -> Self {
        let (who, agent) = who(party.who);
        Self {
            who,
            agent,
            role: party.role.name(),
            since: Time::of(party.since),
        }
    }
}

fn who(who: Who) -> (&'static str, Option<Text<AgentId>>) {
    match who {
        Who::Customer => ("customer", None),
        Who::Agent(agent) => ("agent", Some(Text(agent))),
        Who::Bot => ("bot", None),
    }
}

/// How an interaction ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EndingView {
    /// `completed`, `abandoned` or `cancelled`.
    #[schema(example = "completed")]
    how: &'static str,
    /// The owner who completed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    agent: Option<Text<AgentId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "solved")]
    reason: Option<String>,
    /// What came of it, as far as its owner said so: also of a contact the customer left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sold")]
    disposition: Option<String>,
}

impl From<&Ending> for EndingView {
    fn from(ending: &Ending) -> Self {
        match ending {
            Ending::Completed {
                agent,
                reason,
                disposition,
            } => Self {
                how: "completed",
                agent: Some(Text(*agent)),
                reason: Some(text(reason)),
                disposition: disposition.as_ref().map(text),
            },
            Ending::Abandoned => Self {
                how: "abandoned",
                agent: None,
                reason: None,
                disposition: None,
            },
            Ending::AbandonedWith { disposition } => Self {
                how: "abandoned",
                agent: None,
                reason: None,
                disposition: Some(text(disposition)),
            },
            Ending::Cancelled { reason } => Self {
                how: "cancelled",
                agent: None,
                reason: Some(text(reason)),
                disposition: None,
            },
        }
    }
}

impl InteractionView {
    /// An open interaction, from the present state.
    pub(crate) fn live(known: &Known, live: &Live, opened: Opened, sequence: u64) -> Self {
        let interaction = &live.interaction;
        let parties = interaction.parties.iter().map(PartyView::from);
        let requests = live.requests.iter();
        Self {
            parties: parties.collect(),
            requests: requests.map(|one| RequestView::new(known, one)).collect(),
            offer: live.offer.as_ref().map(OfferView::from),
            invitations: live.invitations.iter().map(OfferView::from).collect(),
            capabilities: live.capabilities.names(),
            ..Self::plain(known, interaction, opened, sequence)
        }
    }

    /// An interaction from the records.
    pub(crate) fn row(known: &Known, row: &InteractionRow, opened: Opened, sequence: u64) -> Self {
        Self {
            open: row.stopped.is_none(),
            place: row.place.clone(),
            owner: row.owner.map(Text),
            version: row.version,
            stopped_at: row.stopped.map(Time::of),
            ending: row.ending.as_ref().map(EndingView::from),
            ..Self::plain(known, &row.submitted, opened, sequence)
        }
    }

    fn plain(known: &Known, it: &Interaction, opened: Opened, sequence: u64) -> Self {
        let none = More::default();
        let more = it.more.get().unwrap_or(&none);
        let placed = it.placed();
        let (workbin, workbin_of) = match &it.place {
            Place::Workbin { workbin, owner } => (Some(text(workbin)), *owner),
            _ => (None, None),
        };
        Self {
            workbin,
            workbin_of: workbin_of.and_then(|owner| match owner {
                BinOwner::Agent(agent) => Some(Text(agent)),
                BinOwner::Group(_) => None,
            }),
            workbin_group: workbin_of.and_then(|owner| match owner {
                BinOwner::Agent(_) => None,
                BinOwner::Group(group) => Some(known.object(group)),
            }),
            external_id: more.said.external_id.clone(),
            subject: opened.subject,
            comment: opened.comment,
            in_queues: show_exits(&more.said.in_queues),
            out_queues: show_exits(&more.said.out_queues),
            online: more.said.online,
            received_at: more.said.received.map(Time::wall),
            submitted_by: more.said.submitted_by.as_ref().map(text),
            moved_to_queue_at: Time::of(more.moved.unwrap_or(it.submitted)),
            placed_in_queue_at: Time::of(placed.at),
            placed_in_queue_sequence: placed.sequence.to_string(),
            author: more.author.map(Text),
            reviewer: more.reviewer.map(Text),
            pulled_from: more
                .pulled_from
                .as_ref()
                .map(|rest| RestView::new(known, rest)),
            held_since: more.held.map(Time::of),
            lock: more.lock.map(|lock| {
                let (by, agent) = doer(lock.by);
                let since = Time::of(lock.since);
                LockView { by, agent, since }
            }),
            pulls: it.handed().map_or(0, |handed| handed.pulls),
            under_way_by: it.under_way().map(|(view, _)| known.object(view)),
            wrap_up: more.wrap.as_ref().map(WrapUpView::from),
            capabilities: Vec::new(),
            invitations: Vec::new(),
            id: Text(it.id),
            medium: Text(it.medium),
            kind: text(&it.kind),
            subkind: it.subkind.as_ref().map(text),
            priority: it.tier.0,
            queue: known.queue(it.queue),
            contact: it.contact.map(Text),
            parent: it.parent.map(Text),
            thread: it.thread.map(Text),
            user_data: opened.map,
            user_data_erased: opened.erased,
            submitted_at: Time::of(it.submitted),
            open: true,
            place: it.place.name().to_owned(),
            owner: it.owner().map(Text),
            parties: Vec::new(),
            requests: Vec::new(),
            offer: None,
            version: it.version,
            stopped_at: None,
            ending: None,
            sequence,
        }
    }

    /// The entity tag.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// The record it was read after.
    pub(crate) const fn sequence(&self) -> u64 {
        self.sequence
    }
}

/// The key the personal values of an interaction are sealed with, if it has any.
pub(crate) fn key_of(it: &Interaction) -> Option<KeyId> {
    crate::work::slot(it).map(|sealed| sealed.key)
}

/// One stretch of one party.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentView {
    #[schema(value_type = String, example = "i42")]
    interaction: Text<InteractionId>,
    #[schema(value_type = MediumWord)]
    medium: Text<Medium>,
    /// `customer`, `agent` or `bot`.
    #[schema(example = "agent")]
    who: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "a7")]
    agent: Option<Text<AgentId>>,
    /// `wait`, `ring`, `talk`, `hold`, `consult` or `wrap`.
    #[schema(example = "talk")]
    kind: &'static str,
    #[schema(example = "support")]
    queue: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "english")]
    virtual_queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "r9")]
    request: Option<Text<RouteRequestId>>,
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    #[schema(value_type = String, format = DateTime)]
    to: Time,
    /// How long it was, by the clock that never goes back.
    duration_ms: u64,
    /// How it ended.
    #[schema(example = "completed")]
    end: &'static str,
}

impl SegmentView {
    pub(crate) fn new(known: &Known, segment: &Segment) -> Self {
        let (who, agent) = who(segment.who);
        let kind: SegmentKind = segment.kind;
        Self {
            interaction: Text(segment.interaction),
            medium: Text(segment.medium),
            who,
            agent,
            kind: kind.name(),
            queue: known.queue(segment.queue),
            virtual_queue: segment.virtual_queue.map(|id| known.virtual_queue(id)),
            request: segment.request.map(Text),
            from: Time::of(segment.from),
            to: Time::of(segment.to),
            duration_ms: segment.to.engine.since(segment.from.engine).0,
            end: segment.end.name(),
        }
    }
}
