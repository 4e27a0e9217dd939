//! The state of one tenant's engine, and what may be read of it.

use crate::bins::Subscribers;
use crate::digest;
use crate::gates::Gates;
use crate::groups::Groups;
use crate::logins::Logins;
use crate::matching::{Matcher, Matching};
use crate::objects::Retired;
use crate::results::{Kept, Results};
use crate::staff::Staff;
use crate::timers::Timers;
use crate::tracked::Tracked;
use crate::views::{Pullers, RestingIn, UnderWay};
use ringback_model::agent::{AtWork, ClaimKind};
use ringback_model::capacity::Rule;
use ringback_model::config::{Agent, ApiKey, Kind, Object, Queue, Settings, Version, VirtualQueue};
use ringback_model::effect::Order;
use ringback_model::interaction::{Interaction, PlacedSequence};
use ringback_model::offer::Offer;
use ringback_model::place::{Bin, BinOwner, Place};
use ringback_model::route::{Cooling, PlaceInLine, RouteRequest, Waiting};
use ringback_model::view::Look;
use ringback_model::{
    AgentId, EffectId, EngineTime, InteractionId, Medium, Millis, Name, ObjectId, OfferId, Outcome,
    QueueId, RouteRequestId, VirtualQueueId,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

/// Everything the engine of one tenant knows. Changed by [`State::apply`] and
/// [`State::remember`] only.
///
/// The first group is the truth and goes into snapshots and the digest; the second group are
/// indexes that follow from it.
#[derive(Debug, Default)]
pub struct State {
    pub(crate) counters: Counters,
    pub(crate) queues: Tracked<QueueId, Queue>,
    pub(crate) virtual_queues: Tracked<VirtualQueueId, VirtualQueue>,
    pub(crate) lines: Tracked<VirtualQueueId, LineCounts>,
    pub(crate) agents: Tracked<AgentId, Agent>,
    pub(crate) objects: Tracked<ObjectId, Object>,
    pub(crate) retired: Retired,
    pub(crate) keys: BTreeMap<Name, ApiKey>,
    pub(crate) keys_digest: u64,
    pub(crate) settings: Settings,
    pub(crate) settings_version: Version,
    pub(crate) at_work: Tracked<AgentId, AtWork>,
    pub(crate) interactions: Tracked<InteractionId, Interaction>,
    pub(crate) requests: Tracked<RouteRequestId, RouteRequest>,
    pub(crate) offers: Tracked<OfferId, Offer>,
    pub(crate) ended_offers: BTreeMap<OfferId, EndedOffer>,
    pub(crate) outbox: Tracked<EffectId, Order>,
    pub(crate) results: Results,
    pub(crate) forget_at: Option<EngineTime>,
    pub(crate) logins: Logins,
    pub(crate) looks: Tracked<ObjectId, Look>,

    pub(crate) names: Names,
    pub(crate) gates: Gates,
    pub(crate) groups: Groups,
    pub(crate) rules: BTreeMap<Name, Rule>,
    pub(crate) offer_ttls: BTreeMap<Medium, Millis>,
    pub(crate) matcher: Matcher,
    pub(crate) timers: Timers,
    pub(crate) places: Places,
    /// How many agents are there.
    pub(crate) staff: Staff,
    pub(crate) open_in: BTreeMap<QueueId, u32>,
    pub(crate) bins: Bins,
    pub(crate) subscribers: Subscribers,
    /// The requests that wait for an agent before they want their target.
    pub(crate) waits_for: BTreeMap<AgentId, BTreeSet<RouteRequestId>>,
    pub(crate) resting: RestingIn,
    pub(crate) pullers: Pullers,
    pub(crate) under_way: UnderWay,
    /// Views that left something behind for want of room.
    pub(crate) lacking: BTreeSet<ObjectId>,
}

/// The last number given out of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Interactions ever submitted.
    pub interaction: u64,
    /// Route requests ever made.
    pub request: u64,
    /// Offers ever made.
    pub offer: u64,
    /// Desks ever logged in.
    pub desk: u64,
    /// Effects ever issued.
    pub effect: u64,
    /// Interaction queues ever made.
    pub queue: u64,
    /// Virtual queues ever made.
    pub virtual_queue: u64,
    /// Agents ever made.
    pub agent: u64,
    /// Objects of all other kinds ever made.
    #[serde(default)]
    pub object: u64,
    /// Interactions ever placed somewhere, beside being submitted.
    #[serde(default)]
    pub placing: u64,
}

impl Hash for Counters {
    /// What came later counts only where it is set, so that the digest of an older state stays
    /// what it was.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let first = [
            self.interaction,
            self.request,
            self.offer,
            self.desk,
            self.effect,
            self.queue,
            self.virtual_queue,
            self.agent,
        ];
        for counter in first {
            counter.hash(state);
        }
        if self.object > 0 {
            self.object.hash(state);
        }
        if self.placing > 0 {
            self.placing.hash(state);
        }
    }
}

/// What rests in each workbin, first come first.
pub(crate) type Bins = BTreeMap<Bin, BTreeSet<(PlacedSequence, InteractionId)>>;

/// The books of one virtual queue: `entered - left` requests are in it, waiting or offered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LineCounts {
    /// Requests ever made.
    pub entered: u64,
    /// Requests that ended or moved on, all ways together.
    pub left: u64,
    /// Times a target was drawn by its weight.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub drawn: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What became of an offer, kept for a while so that a late answer is told why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedOffer {
    /// Its agent took it.
    Accepted,
    /// Its agent said no.
    Rejected,
    /// Nobody answered in time.
    Lapsed,
    /// The agent's desk went.
    DeskGone,
    /// The interaction was over.
    InteractionStopped,
    /// The one who had asked took it back.
    Withdrawn,
    /// A supervisor took the interaction out.
    TakenOut,
}

/// How many ended offers are remembered.
pub(crate) const ENDED_OFFERS_MAX: usize = 1_024;

/// Ids by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) queues: BTreeMap<Name, QueueId>,
    pub(crate) virtual_queues: BTreeMap<Name, VirtualQueueId>,
    pub(crate) agents: BTreeMap<Name, AgentId>,
    pub(crate) objects: BTreeMap<Kind, BTreeMap<Name, ObjectId>>,
}

/// How many open interactions are in each kind of place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Places {
    /// At rest in a queue.
    pub resting: u64,
    /// Routed.
    pub routing: u64,
    /// Offered.
    pub offered: u64,
    /// Handled.
    pub handling: u64,
    /// Anywhere else.
    pub elsewhere: u64,
}

impl Places {
    pub(crate) const fn count(&mut self, place: &Place) -> &mut u64 {
        match place {
            Place::Queue => &mut self.resting,
            Place::Routing => &mut self.routing,
            Place::Offer { .. } => &mut self.offered,
            Place::Handling => &mut self.handling,
            _ => &mut self.elsewhere,
        }
    }
}

impl State {
    /// The state before the first input.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Digest of the truth: equal states have equal digests in every process.
    #[must_use]
    pub fn digest(&self) -> u64 {
        // What came later counts only where there is some of it, so that a state written before
        // has the digest it had.
        let later = if self.objects.len() == 0 && self.retired.is_empty() {
            0
        } else {
            digest::of(&(self.objects.digest(), self.retired.digest()))
        };
        let looks = if self.looks.len() == 0 {
            0
        } else {
            digest::of(&("looks", self.looks.digest()))
        };
        let first = digest::of(&(
            (
                self.counters,
                self.queues.digest(),
                self.virtual_queues.digest(),
                self.lines.digest(),
                self.agents.digest(),
                self.keys_digest,
                &self.settings,
                self.settings_version,
            ),
            (
                self.at_work.digest(),
                self.interactions.digest(),
                self.requests.digest(),
                self.offers.digest(),
                self.ended_offers.len(),
                self.ended_offers.last_key_value(),
                self.outbox.digest(),
                self.results.digest(),
                self.forget_at,
            ),
        ));
        let behind = if self.gates.open.is_empty() && self.gates.look_at.is_none() {
            0
        } else {
            digest::of(&(&self.gates.open, self.gates.look_at))
        };
        // Added, so that a state without log-in, thresholds and views has the digest it had before
        // there were any.
        first
            .wrapping_add(later)
            .wrapping_add(behind)
            .wrapping_add(looks)
            .wrapping_add(self.logins.digest())
    }

    /// The next time something is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<EngineTime> {
        self.timers.next()
    }

    /// The first answer to an input id, if it is kept: fingerprint, outcome, record.
    #[must_use]
    pub fn answered(&self, input_id: u128) -> Option<(u64, Outcome, u64)> {
        self.results
            .get(input_id)
            .map(|kept| (kept.fingerprint, kept.outcome, kept.sequence))
    }

    /// Keeps a first answer. Called once per journalled entry that carries an input id, after
    /// its events were applied, by whoever decides and by whoever recovers.
    pub fn remember(&mut self, kept: Kept) {
        self.results.keep(kept);
        if self.forget_at.is_none() {
            self.arm_forgetting();
        }
    }

    /// An open interaction.
    #[must_use]
    pub fn interaction(&self, id: InteractionId) -> Option<&Interaction> {
        self.interactions.get(id)
    }

    /// Whether this id was given out and its interaction is over.
    #[must_use]
    pub fn is_stopped(&self, id: InteractionId) -> bool {
        (1..=self.counters.interaction).contains(&id.0) && !self.interactions.contains(id)
    }

    /// A route request that is neither matched nor cancelled.
    #[must_use]
    pub fn request(&self, id: RouteRequestId) -> Option<&RouteRequest> {
        self.requests.get(id)
    }

    /// An open offer.
    #[must_use]
    pub fn offer(&self, id: OfferId) -> Option<&Offer> {
        self.offers.get(id)
    }

    /// All open offers, in order of their ids.
    pub fn open_offers(&self) -> impl Iterator<Item = &Offer> {
        self.offers.in_order().map(|(_, offer)| offer)
    }

    /// A request with its place in line.
    #[must_use]
    pub fn waiting(&self, id: RouteRequestId) -> Option<Waiting> {
        let request = self.requests.get(id)?.clone();
        let line = self.matcher.place(id).map(|place| PlaceInLine {
            ahead: place.ahead,
            waiting: place.waiting,
        });
        Some(Waiting { request, line })
    }

    /// The first requests of a virtual queue, in order.
    #[must_use]
    pub fn line(&self, virtual_queue: VirtualQueueId, limit: usize) -> Vec<Waiting> {
        let ids = self.matcher.in_order(virtual_queue, limit);
        ids.into_iter().filter_map(|id| self.waiting(id)).collect()
    }

    /// How many requests are in line in a virtual queue.
    #[must_use]
    pub fn in_line(&self, virtual_queue: VirtualQueueId) -> u32 {
        self.matcher.waiting(virtual_queue)
    }

    /// The books of a virtual queue.
    #[must_use]
    pub fn line_counts(&self, virtual_queue: VirtualQueueId) -> LineCounts {
        self.lines.get(virtual_queue).copied().unwrap_or_default()
    }

    /// An interaction queue.
    #[must_use]
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.get(id)
    }

    /// An interaction queue by name.
    #[must_use]
    pub fn queue_named(&self, name: &Name) -> Option<&Queue> {
        self.queues.get(*self.names.queues.get(name)?)
    }

    /// All interaction queues, in order of their ids.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queues.in_order().map(|(_, queue)| queue)
    }

    /// Open interactions of a queue.
    #[must_use]
    pub fn open_in(&self, queue: QueueId) -> u32 {
        self.open_in.get(&queue).copied().unwrap_or(0)
    }

    /// A virtual queue.
    #[must_use]
    pub fn virtual_queue(&self, id: VirtualQueueId) -> Option<&VirtualQueue> {
        self.virtual_queues.get(id)
    }

    /// A virtual queue by name.
    #[must_use]
    pub fn virtual_queue_named(&self, name: &Name) -> Option<&VirtualQueue> {
        self.virtual_queues
            .get(*self.names.virtual_queues.get(name)?)
    }

    /// All virtual queues, in order of their ids.
    pub fn virtual_queues(&self) -> impl Iterator<Item = &VirtualQueue> {
        self.virtual_queues.in_order().map(|(_, queue)| queue)
    }

    /// An agent's master data.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.get(id)
    }

    /// An agent's master data by name.
    #[must_use]
    pub fn agent_named(&self, name: &Name) -> Option<&Agent> {
        self.agents.get(*self.names.agents.get(name)?)
    }

    /// Ids of all agents, in order.
    #[must_use]
    pub fn agent_ids(&self) -> Vec<AgentId> {
        self.agents.keys()
    }

    /// How many agents are logged in, and ready for each medium.
    #[must_use]
    pub const fn staff(&self) -> Staff {
        self.staff
    }

    /// An agent at work.
    #[must_use]
    pub fn at_work(&self, id: AgentId) -> Option<&AtWork> {
        self.at_work.get(id)
    }

    /// The offers open to an agent, in order.
    #[must_use]
    pub fn offers_to(&self, id: AgentId) -> Vec<&Offer> {
        let Some(at_work) = self.at_work.get(id) else {
            return Vec::new();
        };
        let offered = at_work.claims.iter();
        let offered = offered.filter(|claim| claim.kind == ClaimKind::Offered);
        let mut offers: Vec<&Offer> = offered
            .filter_map(|claim| self.interactions.get(claim.interaction))
            .flat_map(|it| self.offers_of(it))
            .filter(|offer| offer.agent == id)
            .collect();
        offers.sort_unstable_by_key(|offer| offer.id);
        offers
    }

    /// People, what they prove themselves with, and their sessions.
    #[must_use]
    pub const fn logins(&self) -> &Logins {
        &self.logins
    }

    /// The open offers of an interaction: the one by which it is routed, or those by which its
    /// owner asks others.
    pub fn offers_of<'a>(&'a self, it: &'a Interaction) -> impl Iterator<Item = &'a Offer> {
        let routed = match it.place {
            Place::Offer { offer, .. } => Some(offer),
            _ => None,
        };
        let asked = it.more.get().map(|more| more.invitations.as_slice());
        let asked = asked.unwrap_or_default().iter().copied();
        routed
            .into_iter()
            .chain(asked)
            .filter_map(|id| self.offers.get(id))
    }

    /// What rests in a workbin, first come first.
    pub fn workbin(&self, owner: BinOwner, name: &Name) -> impl Iterator<Item = InteractionId> {
        let workbin = name.clone();
        let resting = self.bins.get(&Bin { owner, workbin });
        resting.into_iter().flatten().map(|(_, id)| *id)
    }

    /// The workbins of an owner that hold something, and how much.
    pub fn workbins(&self, owner: BinOwner) -> impl Iterator<Item = (&Name, usize)> {
        let all = self.bins.iter();
        all.filter(move |(bin, _)| bin.owner == owner)
            .map(|(bin, resting)| (&bin.workbin, resting.len()))
    }

    /// All API keys, in order of their names.
    pub fn keys(&self) -> impl Iterator<Item = &ApiKey> {
        self.keys.values()
    }

    /// What holds for the tenant, and its version.
    #[must_use]
    pub const fn settings(&self) -> (Version, &Settings) {
        (self.settings_version, &self.settings)
    }

    /// Effects that are not finished, in order.
    pub fn outbox(&self) -> impl Iterator<Item = &Order> {
        self.outbox.in_order().map(|(_, order)| order)
    }

    /// How many effects are not finished.
    #[must_use]
    pub fn outbox_len(&self) -> usize {
        self.outbox.len()
    }

    /// One effect that is not finished.
    #[must_use]
    pub fn effect(&self, id: EffectId) -> Option<&Order> {
        self.outbox.get(id)
    }

    /// The last numbers given out.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Open interactions.
    #[must_use]
    pub fn open(&self) -> usize {
        self.interactions.len()
    }

    /// Ids of all open interactions, in order. Costs a sort.
    #[must_use]
    pub fn open_ids(&self) -> Vec<InteractionId> {
        self.interactions.keys()
    }

    /// Open interactions by kind of place.
    #[must_use]
    pub const fn places(&self) -> Places {
        self.places
    }

    /// How many timers are armed.
    #[must_use]
    pub fn timers_armed(&self) -> usize {
        self.timers.len()
    }

    /// How many first answers are kept.
    #[must_use]
    pub fn results_kept(&self) -> usize {
        self.results.len()
    }

    /// Whether a request is not offered to an agent for now. A pause ends when its timer fires,
    /// not by the clock, so that whatever is decided has a reason that stands in the state.
    #[must_use]
    pub fn is_cooling(&self, request: RouteRequestId, agent: AgentId) -> bool {
        self.cooling(request).any(|pair| pair.agent == agent)
    }

    fn cooling(&self, request: RouteRequestId) -> impl Iterator<Item = &Cooling> {
        let interaction = self
            .requests
            .get(request)
            .map(|request| request.interaction);
        let it = interaction.and_then(|id| self.interactions.get(id));
        it.into_iter()
            .flat_map(|it| &it.requests)
            .filter_map(|id| self.requests.get(*id))
            .flat_map(|request| request.cooling.as_slice())
    }

    /// The agents who did not take the interaction of a request a moment ago, through whichever
    /// of its requests they were offered it.
    #[must_use]
    pub fn cooling_agents(&self, request: RouteRequestId) -> Vec<AgentId> {
        let mut agents: Vec<AgentId> = self.cooling(request).map(|pair| pair.agent).collect();
        agents.sort_unstable();
        agents.dedup();
        agents
    }

    /// How many more of a medium the agent's capacity allows, whether ready or not.
    #[must_use]
    pub fn room(&self, agent: AgentId, medium: Medium) -> u8 {
        if let Some((rule, claims, paused)) = self.ruled(agent) {
            let room = rule.room_beside(&claims, paused, medium);
            return u8::try_from(room).unwrap_or(u8::MAX);
        }
        let allowed = self
            .agents
            .get(agent)
            .map_or(0, |it| it.body.capacity.of(medium));
        let taken = self.at_work.get(agent).map_or(0, |at_work| {
            at_work
                .claims
                .iter()
                .filter(|claim| claim.medium == medium)
                .count()
        });
        u8::try_from(usize::from(allowed).saturating_sub(taken)).unwrap_or(u8::MAX)
    }
}
