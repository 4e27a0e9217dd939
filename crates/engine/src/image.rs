//! The state as parts that can be written and read: what a snapshot holds.
//!
//! Only the truth is in it; indexes are built anew. Parts come in a fixed order and with their
//! entries in order, so equal states give equal parts, byte for byte.

use crate::apply::waiting;
use crate::logins::{self, Watch};
use crate::matching::{InLine, Matching};
use crate::results::Kept;
use crate::state::{Counters, EndedOffer, LineCounts, State};
use crate::timers::Timer;
use crate::tracked::{Number, digest_of_entry};
use ringback_model::agent::AtWork;
use ringback_model::config::{Agent, ApiKey, Kind, Object, Queue, Settings, Version, VirtualQueue};
use ringback_model::effect::Order;
use ringback_model::interaction::Interaction;
use ringback_model::offer::Offer;
use ringback_model::place::Place;
use ringback_model::route::RouteRequest;
use ringback_model::target::Gate;
use ringback_model::view::Look;
use ringback_model::{AgentId, EngineTime, InteractionId, Name, ObjectId, OfferId, VirtualQueueId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::hash::Hash;

/// Version of the parts and of the digest over them; a reader refuses a newer one. It grows with
/// every field that joins a record of the state, because an older snapshot was digested without it.
pub const FORMAT: u32 = 5;

/// One part of a state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Numbers, settings and everything that is small.
    Head(Box<Head>),
    /// Agents at work.
    AtWork(Vec<(AgentId, AtWork)>),
    /// Open interactions.
    Interactions(Vec<Interaction>),
    /// Requests that are neither matched nor cancelled.
    Requests(Vec<RouteRequest>),
    /// Open offers.
    Offers(Vec<Offer>),
    /// Effects that are not finished.
    Outbox(Vec<Order>),
    /// First answers.
    Results(Vec<Kept>),
    /// What people prove themselves with and their sessions; only where there are any.
    Logins(Box<logins::Image>),
}

/// The small things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The last numbers given out.
    pub counters: Counters,
    /// Interaction queues.
    pub queues: Vec<Queue>,
    /// Virtual queues.
    pub virtual_queues: Vec<VirtualQueue>,
    /// Their books.
    pub lines: Vec<(VirtualQueueId, LineCounts)>,
    /// Agents.
    pub agents: Vec<Agent>,
    /// API keys.
    pub keys: Vec<ApiKey>,
    /// What holds for the tenant.
    pub settings: Settings,
    /// The version of it.
    pub settings_version: Version,
    /// What became of the last offers.
    pub ended_offers: Vec<(OfferId, EndedOffer)>,
    /// When the next results are forgotten.
    pub forget_at: Option<EngineTime>,
    /// Configuration objects of all other kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Object>,
    /// The last versions of what is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<(Kind, Name, Version)>,
    /// Thresholds that hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Gate>,
    /// When those that change with time alone are looked at next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_at: Option<EngineTime>,
    /// When each view that pulls looks next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<(ObjectId, Look)>,
}

/// How many records one part holds.
const CHUNK: usize = 4_096;

impl State {
    /// Watches for the end of a session.
    pub(crate) fn watch(&mut self, watch: &Watch) {
        let timer = Timer::SessionEnds(watch.session);
        if let Some(at) = watch.before {
            self.timers.disarm(at, timer);
        }
        if let Some(at) = watch.after {
            self.timers.arm(at, timer);
        }
    }

    /// The parts of the state, in the order they are to be read.
    pub fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        let requests = self.requests.keys();
        let interactions = self.interactions.keys();
        let offers: Vec<_> = self
            .offers
            .in_order()
            .map(|(_, offer)| offer.clone())
            .collect();
        let outbox: Vec<_> = self.outbox().cloned().collect();
        let at_work: Vec<_> = self
            .at_work
            .in_order()
            .map(|(id, at_work)| (id, at_work.clone()))
            .collect();
        let results: Vec<_> = self.results.in_order().copied().collect();
        std::iter::once(Part::Head(Box::new(self.head())))
            .chain(chunks(at_work).map(Part::AtWork))
            .chain(chunks(interactions).map(|ids| {
                let open = ids.into_iter().filter_map(|id| self.interaction(id));
                Part::Interactions(open.cloned().collect())
            }))
            .chain(chunks(requests).map(|ids| {
                let made = ids.into_iter().filter_map(|id| self.request(id));
                Part::Requests(made.cloned().collect())
            }))
            .chain(chunks(offers).map(Part::Offers))
            .chain(chunks(outbox).map(Part::Outbox))
            .chain(chunks(results).map(Part::Results))
            .chain(self.logins.image().map(Box::new).map(Part::Logins))
    }

    fn head(&self) -> Head {
        Head {
            counters: self.counters,
            queues: self.queues().cloned().collect(),
            virtual_queues: self.virtual_queues().cloned().collect(),
            lines: self
                .lines
                .in_order()
                .map(|(id, counts)| (id, *counts))
                .collect(),
            agents: self
                .agents
                .in_order()
                .map(|(_, agent)| agent.clone())
                .collect(),
            keys: self.keys().cloned().collect(),
            settings: self.settings.clone(),
            settings_version: self.settings_version,
            ended_offers: self
                .ended_offers
                .iter()
                .map(|(id, how)| (*id, *how))
                .collect(),
            forget_at: self.forget_at,
            objects: self.objects.in_order().map(|(_, it)| it.clone()).collect(),
            retired: self.retired.in_order().collect(),
            open: self.gates.open.iter().cloned().collect(),
            look_at: self.gates.look_at,
            looks: self.looks.in_order().map(|(id, it)| (id, *it)).collect(),
        }
    }
}

impl Part {
    /// Works out what can be known of the part without the state. This is most of the work of
    /// reading in, and can be done for several parts at once.
    #[must_use]
    pub fn ready(self) -> Ready {
        let digests = match &self {
            Self::Interactions(list) => digests(list, |it| it.id),
            Self::Requests(list) => digests(list, |request| request.id),
            _ => Vec::new(),
        };
        Ready {
            part: self,
            digests,
        }
    }
}

/// A part that only has to be put in its place.
#[derive(Debug)]
pub struct Ready {
    part: Part,
    /// Of the entries of the two large kinds of part, in their order.
    digests: Vec<u64>,
}

/// Builds a state from its parts, added in their order.
#[derive(Debug, Default)]
pub struct Restore {
    state: State,
    /// Interactions whose requests are not in line: they are offered.
    not_in_line: BTreeSet<InteractionId>,
    /// Who is in line, put there together at the end.
    in_line: Vec<InLine>,
    /// The timers of requests, armed together at the end.
    timers: Vec<(EngineTime, Timer)>,
}

impl Restore {
    /// Adds a part.
    pub fn add(&mut self, part: Ready) {
        let Ready { part, digests } = part;
        let state = &mut self.state;
        match part {
            Part::Head(head) => state.restore_head(*head),
            Part::AtWork(list) => {
                for (id, at_work) in list {
                    state.staff.comes(&at_work);
                    state.at_work.insert(id, at_work);
                }
            }
            Part::Interactions(list) => {
                state.interactions.make_room(list.iter().map(|it| it.id));
                for (it, digest) in list.into_iter().zip(digests) {
                    self.interaction(it, digest);
                }
            }
            Part::Requests(list) => {
                state.requests.make_room(list.iter().map(|it| it.id));
                for (request, digest) in list.into_iter().zip(digests) {
                    self.request(request, digest);
                }
            }
            Part::Offers(list) => {
                for offer in list {
                    state.timers.arm(offer.until, Timer::OfferLapses(offer.id));
                    state.offers.insert(offer.id, offer);
                }
            }
            Part::Outbox(list) => {
                for order in list {
                    state.outbox.insert(order.id, order);
                }
            }
            Part::Results(list) => {
                for kept in list {
                    state.results.keep(kept);
                }
            }
            Part::Logins(image) => {
                for watch in state.logins.restore(*image) {
                    state.watch(&watch);
                }
            }
        }
    }

    fn interaction(&mut self, it: Interaction, digest: u64) {
        let state = &mut self.state;
        *state.places.count(&it.place) += 1;
        *state.open_in.entry(it.queue).or_default() += 1;
        if it.place != Place::Routing && !it.requests.is_empty() {
            self.not_in_line.insert(it.id);
        }
        let id = it.id;
        state.enter_rest(&it);
        state.interactions.insert_digested(id, it, digest);
        state.enter_bin(id);
        state.arm_wrap(id);
    }

    fn request(&mut self, request: RouteRequest, digest: u64) {
        let state = &mut self.state;
        let id = request.id;
        if let Some(at) = request.widens_at.get() {
            self.timers.push((at, Timer::Widens(id)));
        }
        for pair in request.cooling.as_slice() {
            state.timers.arm(pair.until, Timer::Cooled(id, pair.agent));
        }
        state.gates_used(&request);
        if !self.not_in_line.contains(&request.interaction) {
            let wanted = request.wanted();
            self.in_line
                .push(state.matcher.in_line(waiting(&request), &wanted));
            if let Some(at) = request.ends_at.get() {
                self.timers.push((at, Timer::RequestEnds(id)));
            }
        }
        state.requests.insert_digested(id, request, digest);
        state.waits_for_last(id);
    }

    /// The state, when all parts are in: builds what needs them all together.
    #[must_use]
    pub fn finish(self) -> State {
        let mut state = self.state;
        state.matcher.fill(self.in_line);
        state.timers.fill(self.timers);
        for agent in state.at_work.keys() {
            let grace = state
                .at_work(agent)
                .and_then(|at_work| at_work.desk?.grace_until);
            if let Some(at) = grace {
                state.timers.arm(at, Timer::DeskSilent(agent));
            }
            state.arm_returns(agent);
            state.note_subscriptions(agent);
            state.refresh_all_free(agent);
        }
        if let Some(at) = state.forget_at {
            state.timers.arm(at, Timer::ForgetResults);
        }
        state
    }
}

impl State {
    fn restore_head(&mut self, head: Head) {
        self.counters = head.counters;
        for queue in head.queues {
            self.names.queues.insert(queue.name.clone(), queue.id);
            self.queues.insert(queue.id, queue);
        }
        for queue in head.virtual_queues {
            self.names
                .virtual_queues
                .insert(queue.name.clone(), queue.id);
            self.virtual_queues.insert(queue.id, queue);
        }
        for (id, counts) in head.lines {
            self.lines.insert(id, counts);
        }
        for agent in head.agents {
            self.names.agents.insert(agent.name.clone(), agent.id);
            self.agents.insert(agent.id, agent);
        }
        for key in head.keys {
            self.keys_digest = self.keys_digest.wrapping_add(crate::digest::of(&key));
            self.keys.insert(key.name.clone(), key);
        }
        for (kind, name, version) in head.retired {
            self.retired.insert(kind, name, version);
        }
        for object in head.objects {
            self.object_put(&object);
        }
        for (view, look) in head.looks {
            self.set_look(view, look);
        }
        for agent in self.agents.keys() {
            self.requalify(agent);
        }
        for gate in head.open {
            self.matcher.set_open(&gate, true);
            self.gates.open.insert(gate);
        }
        self.look_at(head.look_at);
        self.settings = head.settings;
        self.settings_version = head.settings_version;
        self.ended_offers = head.ended_offers.into_iter().collect();
        self.forget_at = head.forget_at;
    }
}

fn chunks<T>(list: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut rest = list.into_iter();
    std::iter::from_fn(move || {
        let chunk: Vec<T> = rest.by_ref().take(CHUNK).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

fn digests<K: Number, V: Hash>(list: &[V], key: fn(&V) -> K) -> Vec<u64> {
    list.iter().map(|it| digest_of_entry(key(it), it)).collect()
}
