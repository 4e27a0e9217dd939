//! Someone who watches every event and keeps books of his own.
//!
//! [`State::check`] looks at one state; what must be true *between* states is watched here:
//! each event against the state before it and the state after it.
//!
//! | watched | rule of the design |
//! |---|---|
//! | no event of an interaction that is over; versions grow by one | 5, 9 |
//! | an offer is within capacity, to someone ready, skilled and not cooling | 5 |
//! | an offer goes to the first in line and the longest idle; overtaking is counted right | 3 |
//! | a place in line grows only when someone with a smaller key came (back) | 3 |
//! | an interaction is accepted once; a late accept does not happen | 4 |
//! | claims are taken and released exactly once | 5 |
//! | timers fire once and not early | 7 |
//! | waits begin and end exactly once and the books of each virtual queue balance | 13 |
//! | intervals of agents follow one another without a gap | 13 |

mod offers;
mod time;

use ringback_engine::State;
use ringback_model::interaction::Subject;
use ringback_model::place::Role;
use ringback_model::record::{Segment, SegmentEnd, SegmentKind};
use ringback_model::{
    AgentId, Event, InteractionId, Medium, Now, OfferId, RouteRequestId, VirtualQueueId,
    interaction, offer, record, route,
};
use std::collections::{BTreeMap, BTreeSet};

/// The books of one who watches.
#[derive(Debug, Default)]
pub struct Auditor {
    /// Also watch what costs a walk over a virtual queue per event.
    full: bool,
    accepted: BTreeSet<InteractionId>,
    /// Offers by which one agent asks another.
    asked: BTreeSet<OfferId>,
    claims: BTreeSet<(AgentId, InteractionId)>,
    waits: BTreeMap<RouteRequestId, VirtualQueueId>,
    closed: BTreeMap<(AgentId, Option<Medium>), Now>,
    places: BTreeMap<RouteRequestId, u32>,
    version: Option<u64>,
    lines: BTreeMap<VirtualQueueId, Line>,
    counts: BTreeMap<&'static str, u64>,
}

/// The books of one virtual queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Requests that began to wait.
    pub entered: u64,
    /// Requests that stopped waiting, by how.
    pub ended: BTreeMap<SegmentEnd, u64>,
}

impl Line {
    /// Requests that stopped waiting.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.ended.values().sum()
    }
}

impl Auditor {
    pub(crate) fn new(full: bool) -> Self {
        Self {
            full,
            ..Self::default()
        }
    }

    /// The books of a virtual queue.
    #[must_use]
    pub fn line(&self, id: VirtualQueueId) -> Line {
        self.lines.get(&id).cloned().unwrap_or_default()
    }

    /// How many events of each name there were.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// How many events of this name there were.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// Looks at an event that is about to be applied.
    pub(crate) fn before(
        &mut self,
        state: &State,
        now: Now,
        event: &Event,
        broken: &mut Vec<String>,
    ) {
        *self.counts.entry(event.name()).or_default() += 1;
        if let Some(of) = event.subject() {
            subject(state, of, event, broken);
        }
        self.version = event.subject().map(|of| version_of(state, of));
        time::not_early(state, now, event, broken);
        time::not_late(state, now, event, broken);
        self.intervals(state, now, event, broken);
        match event {
            Event::Offer(offer::Event::Made { offer, .. }) if offer.wish.is_some() => {
                offers::can_be_asked(state, offer, broken);
            }
            Event::Offer(offer::Event::Made { offer, .. }) => {
                offers::fits(state, offer, now, broken);
                if self.full {
                    offers::is_the_right_one(state, offer, broken);
                    offers::overtakes_as_said(state, offer, broken);
                }
            }
            Event::Record(record::Event::Segment(segment)) => self.segment(segment, now, broken),
            _ => {}
        }
        if self.full {
            self.places = places(state);
        }
    }

    /// Looks at an event that was applied.
    pub(crate) fn after(&mut self, state: &State, event: &Event, broken: &mut Vec<String>) {
        if let (Some(of), Some(before)) = (event.subject(), self.version) {
            let over = state.interaction(of.interaction).is_none();
            if !over && version_of(state, of) != before + 1 {
                broken.push(format!(
                    "{} did not grow by one version with {}",
                    of.interaction,
                    event.name()
                ));
            }
        }
        match event {
            Event::Offer(event) => self.offer(event, broken),
            Event::Route(event) => self.route(event, broken),
            Event::Interaction(interaction::Event::Stopped { of, owner, .. }) => {
                if let Some(owner) = owner {
                    self.release(*owner, of.interaction, broken);
                }
                self.accepted.remove(&of.interaction);
            }
            Event::Interaction(event) => self.handling(event, broken),
            _ => {}
        }
        if let Some(agent) = event.agent() {
            self.same_claims(state, agent, broken);
        }
        if self.full {
            self.no_place_grows_without_a_reason(state, event, broken);
        }
    }

    /// Claims are taken by whoever owns or is asked, and by no one who listens; what rests may be
    /// accepted again.
    fn handling(&mut self, event: &interaction::Event, broken: &mut Vec<String>) {
        match event {
            interaction::Event::Submitted(it) => {
                if let Some(owner) = it.owner() {
                    self.claims.insert((owner, it.id));
                    self.accepted.insert(it.id);
                }
            }
            interaction::Event::Pulled { of, agent, .. } => {
                if !self.claims.insert((*agent, of.interaction)) {
                    broken.push(format!("{agent} claims {} twice", of.interaction));
                }
                if !self.accepted.insert(of.interaction) {
                    broken.push(format!("{} was pulled while handled", of.interaction));
                }
            }
            // One who takes over has a claim already.
            interaction::Event::Joined {
                of,
                agent,
                role: Role::Owner,
                ..
            } => {
                if !self.claims.contains(&(*agent, of.interaction)) {
                    broken.push(format!("{agent} owns {} without a claim", of.interaction));
                }
                self.accepted.insert(of.interaction);
            }
            interaction::Event::Left {
                of, agent, role, ..
            } => {
                if !matches!(role, Role::Monitor | Role::Coach) {
                    self.release(*agent, of.interaction, broken);
                }
                if *role == Role::Owner {
                    self.accepted.remove(&of.interaction);
                }
            }
            _ => {}
        }
    }

    fn offer(&mut self, event: &offer::Event, broken: &mut Vec<String>) {
        match event {
            offer::Event::Made { offer, .. } => {
                if offer.wish.is_some() {
                    self.asked.insert(offer.id);
                }
                if !self.claims.insert((offer.agent, offer.interaction)) {
                    broken.push(format!(
                        "{} claims {} twice",
                        offer.agent, offer.interaction
                    ));
                }
            }
            offer::Event::Accepted { of, offer, .. } if self.asked.remove(offer) => {
                self.accepted.insert(of.interaction);
            }
            offer::Event::Accepted { of, .. } => {
                if !self.accepted.insert(of.interaction) {
                    broken.push(format!("{} was accepted twice", of.interaction));
                }
            }
            offer::Event::NotTaken {
                of, agent, offer, ..
            } => {
                self.asked.remove(offer);
                self.release(*agent, of.interaction, broken);
            }
        }
    }

    fn release(&mut self, agent: AgentId, id: InteractionId, broken: &mut Vec<String>) {
        if !self.claims.remove(&(agent, id)) {
            broken.push(format!("{agent} gives {id} back without having it"));
        }
    }

    fn same_claims(&self, state: &State, agent: AgentId, broken: &mut Vec<String>) {
        let from = (agent, InteractionId(0));
        let to = (agent, InteractionId(u64::MAX));
        let mine: Vec<_> = self.claims.range(from..=to).map(|(_, id)| *id).collect();
        let mut held: Vec<_> = state
            .at_work(agent)
            .map(|at_work| at_work.claims.iter().map(|it| it.interaction).collect())
            .unwrap_or_default();
        held.sort_unstable();
        if mine != held {
            broken.push(format!(
                "{agent} should claim {mine:?}, but claims {held:?}"
            ));
        }
    }

    fn route(&mut self, event: &route::Event, broken: &mut Vec<String>) {
        match event {
            route::Event::Requested { request, .. } => {
                self.waits.insert(request.id, request.virtual_queue);
                self.lines.entry(request.virtual_queue).or_default().entered += 1;
            }
            route::Event::Cancelled { request, .. } => {
                if self.waits.contains_key(request) {
                    broken.push(format!("{request} was cancelled, but its wait never ended"));
                }
            }
            route::Event::Changed {
                request,
                cause: route::ChangeCause::Moved,
                ..
            } => {
                self.waits.insert(request.id, request.virtual_queue);
                self.lines.entry(request.virtual_queue).or_default().entered += 1;
            }
            route::Event::Widened { .. }
            | route::Event::Changed { .. }
            | route::Event::Thresholds { .. }
            | route::Event::Cooled { .. } => {}
        }
    }

    fn segment(&mut self, segment: &Segment, now: Now, broken: &mut Vec<String>) {
        if segment.to != now || segment.from.engine > now.engine {
            broken.push(format!("a segment of {} lies in time", segment.interaction));
        }
        if segment.kind != SegmentKind::Wait {
            return;
        }
        let waited = segment.request.and_then(|id| self.waits.remove(&id));
        match waited {
            Some(line) if segment.virtual_queue == Some(line) => {
                let line = self.lines.entry(line).or_default();
                *line.ended.entry(segment.end).or_default() += 1;
            }
            _ => broken.push(format!(
                "a wait of {} ended that was not waited",
                segment.interaction
            )),
        }
    }

    /// Entered = ended + inside, by the auditor's books and by the state's.
    pub(crate) fn books(&self, state: &State, broken: &mut Vec<String>) {
        for queue in state.virtual_queues() {
            let line = self.line(queue.id);
            let inside = self.waits.values().filter(|id| **id == queue.id).count() as u64;
            let counts = state.line_counts(queue.id);
            let balanced = line.entered == line.left() + inside;
            let same = (counts.entered, counts.left) == (line.entered, line.left());
            if !balanced || !same {
                broken.push(format!(
                    "the books of {} do not balance: {line:?}, {inside} inside, the state has {counts:?}",
                    queue.name
                ));
            }
        }
    }

    /// A place grows only when someone with a smaller key came, or came back from an offer.
    fn no_place_grows_without_a_reason(
        &self,
        state: &State,
        event: &Event,
        broken: &mut Vec<String>,
    ) {
        let came: Vec<RouteRequestId> = match event {
            Event::Route(
                route::Event::Requested { request, .. } | route::Event::Changed { request, .. },
            ) => vec![request.id],
            Event::Offer(offer::Event::NotTaken { of, .. }) => state
                .interaction(of.interaction)
                .map(|it| it.requests.to_vec())
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        for (id, ahead) in places(state) {
            let grown = self.places.get(&id).is_some_and(|was| *was < ahead);
            // Whoever is put back is told so by the change itself.
            let put_back = came.contains(&id);
            if grown && !put_back && !came.iter().any(|other| is_before(state, *other, id)) {
                broken.push(format!("the place of {id} grew to {ahead} for no reason"));
            }
        }
    }

    /// Intervals of agents follow one another: each begins where the state began, and no state
    /// ends without one.
    fn intervals(&mut self, state: &State, now: Now, event: &Event, broken: &mut Vec<String>) {
        if let Event::Record(record::Event::Interval(it)) = event {
            if time::began(state, it.agent, it.medium) != Some(it.from) || it.to != now {
                broken.push(format!(
                    "an interval of {} is not the state's: {it:?}",
                    it.agent
                ));
            }
            self.closed.insert((it.agent, it.medium), now);
        }
        for (agent, medium) in time::ends_state_of(state, event) {
            if self.closed.remove(&(agent, medium)) != Some(now) {
                let what = medium.map_or("the log-in", Medium::name);
                broken.push(format!("a state of {agent} ({what}) ended unwritten"));
            }
        }
    }
}

/// The interaction of an event is open, in the queue it says, and its version will grow by one.
fn subject(state: &State, of: Subject, event: &Event, broken: &mut Vec<String>) {
    let new = matches!(event, Event::Interaction(interaction::Event::Submitted(_)));
    match state.interaction(of.interaction) {
        Some(_) if new => broken.push(format!("{} was submitted twice", of.interaction)),
        Some(it) if it.queue != of.queue => {
            broken.push(format!("{} belongs to another queue", of.interaction));
        }
        None if !new => broken.push(format!(
            "{} happens to {}, which is over",
            event.name(),
            of.interaction
        )),
        _ => {}
    }
}

/// The version of an interaction; 0 before it exists.
fn version_of(state: &State, of: Subject) -> u64 {
    state.interaction(of.interaction).map_or(0, |it| it.version)
}

/// How many stand before each request that stands in line.
fn places(state: &State) -> BTreeMap<RouteRequestId, u32> {
    let lines = state.virtual_queues().map(|queue| queue.id);
    lines
        .flat_map(|id| state.line(id, usize::MAX))
        .filter_map(|waiting| Some((waiting.request.id, waiting.line?.ahead)))
        .collect()
}

/// Whether the two stand in one virtual queue and the first has the smaller key.
fn is_before(state: &State, first: RouteRequestId, second: RouteRequestId) -> bool {
    match (state.request(first), state.request(second)) {
        (Some(first), Some(second)) => {
            first.virtual_queue == second.virtual_queue && first.key < second.key
        }
        _ => false,
    }
}
