//! Writing one event into the state. No function here fails, chooses, computes a time, reads
//! the configuration to decide, or looks at personal text.
//!
//! An event that names something that is not there (an agent that was never made, say) leaves
//! the rest of its meaning undone: it was decided against the state it is applied to, so this
//! does not happen, and the digest would show it if it did.

mod handling;

use crate::digest;
use crate::matching::{self, Matching, Presence};
use crate::results::SWOOP;
use crate::state::{ENDED_OFFERS_MAX, EndedOffer, State};
use crate::timers::Timer;
use crate::views;
use ringback_model::agent::{AtWork, Claim, ClaimKind, Desk, NotReady, Occupied, Readiness};
use ringback_model::config::Kind;
use ringback_model::effect::Phase;
use ringback_model::interaction::{Interaction, Requests, Subject, Wish};
use ringback_model::offer::{NotTaken, Offer, Rule};
use ringback_model::place::{BackTo, Party, Place, Role, Who};
use ringback_model::route::{Cooling, RouteRequest, Select};
use ringback_model::view::Resting;
use ringback_model::{
    AgentId, DeskSessionId, EffectId, EngineTime, Event, InteractionId, Medium, Now, ObjectId,
    OfferId, QueueId, Rare, RouteRequestId, agent, config, effect, node, offer, route,
};

/// By which view something is under way, and in which segment it counts there.
type ByView = (ObjectId, Option<String>);

fn under_way(it: &Interaction) -> Option<ByView> {
    let (view, segment) = it.under_way()?;
    Some((view, segment.map(str::to_owned)))
}

impl State {
    /// Writes one event into the state.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Agent(event) => self.apply_agent(event),
            Event::Config(event) => self.apply_config(event),
            Event::Effect(event) => self.apply_effect(event),
            Event::Interaction(event) => self.apply_interaction(event),
            Event::Login(event) => {
                if let Some(watch) = self.logins.apply(event) {
                    self.watch(&watch);
                }
            }
            Event::Node(event) => self.apply_node(event),
            Event::Offer(event) => self.apply_offer(event),
            Event::Route(event) => self.apply_route(event),
            Event::View(event) => self.apply_view(event),
            // Facts for reports, what subscribers are told, and keys that live elsewhere: nothing of
            // them is kept here.
            Event::Record(_) | Event::Workbin(_) | Event::Contact(_) => {}
        }
    }

    // -- interactions -----------------------------------------------------------------------

    /// Moves an interaction to a place and raises its version.
    fn put(&mut self, of: Subject, place: Place) {
        self.change(of, |it| it.place = place);
    }

    /// Changes an interaction, raises its version and keeps the count of places, what rests in
    /// its queue and what is under way by views.
    fn change(&mut self, of: Subject, change: impl FnOnce(&mut Interaction)) {
        let places = &mut self.places;
        let moved = self.interactions.update(of.interaction, |it| {
            let before = (views::resting(it), under_way(it));
            let rested = views::rests(it);
            *places.count(&it.place) -= 1;
            change(it);
            *places.count(&it.place) += 1;
            it.version += 1;
            if !rested && views::rests(it) {
                views::settle(it);
            }
            (before, (views::resting(it), under_way(it)))
        });
        if let Some((before, after)) = moved {
            self.rested(before.0, after.0);
            self.counted(before.1, after.1);
        }
    }

    /// What rested somewhere rests somewhere else.
    fn rested(&mut self, before: Option<(QueueId, Resting)>, after: Option<(QueueId, Resting)>) {
        if before != after {
            before.into_iter().for_each(|at| self.rests_no_more(at));
            after.into_iter().for_each(|at| self.rests_now(at));
        }
    }

    /// What was under way by a view is so no more, or by another one.
    fn counted(&mut self, before: Option<ByView>, after: Option<ByView>) {
        if before != after {
            if let Some((view, segment)) = before {
                self.count_back(view, &segment);
            }
            if let Some((view, segment)) = after {
                self.count_under_way(view, segment);
            }
        }
    }

    // -- route requests ---------------------------------------------------------------------

    fn apply_route(&mut self, event: &route::Event) {
        match event {
            route::Event::Requested { of, request } => self.requested(*of, request),
            route::Event::Widened {
                of,
                request,
                step,
                widens_at,
            } => {
                self.widened(*of, *request, *step, *widens_at);
            }
            route::Event::Changed { of, request, .. } => self.changed(*of, request),
            route::Event::Thresholds { turned, look_at } => {
                for (gate, open) in turned {
                    self.turn_gate(gate, *open);
                }
                self.look_at(*look_at);
            }
            route::Event::Cooled { of, request, agent } => {
                self.change(*of, |_| {});
                let cooling = self.requests.update(*request, |it| {
                    it.cooling.change(|cooling| {
                        let index = cooling.iter().position(|pair| pair.agent == *agent)?;
                        Some(cooling.remove(index))
                    })
                });
                if let Some(Some(pair)) = cooling {
                    self.timers
                        .disarm(pair.until, Timer::Cooled(*request, *agent));
                }
            }
            route::Event::Cancelled {
                of, request, rests, ..
            } => {
                self.drop_request(*request);
                self.change(*of, |it| {
                    it.requests.retain(|id| id != request);
                    if *rests {
                        it.place = Place::Queue;
                    }
                });
            }
        }
    }

    fn requested(&mut self, of: Subject, request: &RouteRequest) {
        self.counters.request = self.counters.request.max(request.id.0);
        self.lines
            .update(request.virtual_queue, |counts| counts.entered += 1);
        if let Some(at) = request.widens_at.get() {
            self.timers.arm(at, Timer::Widens(request.id));
        }
        self.requests.insert(request.id, request.clone());
        self.gates_used(request);
        self.waits_for_last(request.id);
        self.change(of, |it| {
            it.requests.push(request.id);
            it.place = Place::Routing;
        });
        self.enter_line(request.id);
        self.arm_end(request.id);
    }

    /// A request ends when nobody is found in time, as long as it stands in line.
    fn arm_end(&mut self, id: RouteRequestId) {
        if let Some(at) = self.requests.get(id).and_then(|it| it.ends_at.get()) {
            self.timers.arm(at, Timer::RequestEnds(id));
        }
    }

    fn disarm_end(&mut self, id: RouteRequestId) {
        if let Some(at) = self.requests.get(id).and_then(|it| it.ends_at.get()) {
            self.timers.disarm(at, Timer::RequestEnds(id));
        }
    }

    fn widened(
        &mut self,
        of: Subject,
        id: RouteRequestId,
        step: u8,
        widens_at: Option<EngineTime>,
    ) {
        self.change(of, |_| {});
        let before = self.requests.update(id, |it| {
            let before = it.widens_at.get();
            it.step = step;
            it.widens_at = widens_at.into();
            before
        });
        if let Some(Some(at)) = before {
            self.timers.disarm(at, Timer::Widens(id));
        }
        if let Some(at) = widens_at {
            self.timers.arm(at, Timer::Widens(id));
        }
        // Only one that stands in line changes lines; one that is offered does so on return.
        if self.matcher.remove(id) {
            self.enter_line(id);
        }
    }

    fn changed(&mut self, of: Subject, now_is: &RouteRequest) {
        let id = now_is.id;
        self.change(of, |_| {});
        self.moved(now_is);
        self.gates_changed(now_is);
        self.waits_no_more(id);
        let before = self.requests.update(id, |it| {
            let before = it.widens_at.get();
            // A pause may have ended since the change was decided: pauses have their own events.
            let cooling = std::mem::take(&mut it.cooling);
            it.clone_from(now_is);
            it.cooling = cooling;
            before
        });
        self.waits_for_last(id);
        if let Some(Some(at)) = before {
            self.timers.disarm(at, Timer::Widens(id));
        }
        if let Some(at) = now_is.widens_at.get() {
            self.timers.arm(at, Timer::Widens(id));
        }
        // As with a new step: one that is offered stands in no line now.
        if self.matcher.remove(id) {
            self.enter_line(id);
        }
    }

    /// Books a request that goes to another virtual queue.
    fn moved(&mut self, now_is: &RouteRequest) {
        let Some(before) = self.requests.get(now_is.id) else {
            return;
        };
        let (from, drawn) = (before.virtual_queue, before.select() == Select::Percentage);
        if from == now_is.virtual_queue {
            return;
        }
        self.lines.update(from, |counts| {
            counts.left += 1;
            counts.drawn += u64::from(drawn);
        });
        self.lines
            .update(now_is.virtual_queue, |counts| counts.entered += 1);
    }

    /// A request names other thresholds, or stands behind them at another place. The new ones are
    /// noted first, so that those it keeps stay as they are.
    fn gates_changed(&mut self, now_is: &RouteRequest) {
        let Some(before) = self.requests.get(now_is.id) else {
            return;
        };
        let (was, is) = (before.documented(), now_is.documented());
        let same =
            was.map(|it| &it.targets) == is.map(|it| &it.targets) && before.key == now_is.key;
        if same {
            return;
        }
        let before = before.clone();
        self.gates_used(now_is);
        self.gates_left(&before, Some(now_is));
    }

    /// Notes whom a request waits for before it wants its target.
    pub(crate) fn waits_for_last(&mut self, id: RouteRequestId) {
        if let Some(agent) = self.last_of(id) {
            self.waits_for.entry(agent).or_default().insert(id);
        }
    }

    fn waits_no_more(&mut self, id: RouteRequestId) {
        let Some(agent) = self.last_of(id) else {
            return;
        };
        if let Some(waiting) = self.waits_for.get_mut(&agent) {
            waiting.remove(&id);
            if waiting.is_empty() {
                self.waits_for.remove(&agent);
            }
        }
    }

    fn last_of(&self, id: RouteRequestId) -> Option<AgentId> {
        let more = self.requests.get(id)?.more.get()?;
        more.last.as_ref().map(|last| last.agent)
    }

    /// Lets a request stand in line for the expression in force.
    pub(crate) fn enter_line(&mut self, id: RouteRequestId) {
        if let Some(request) = self.requests.get(id) {
            self.matcher.add(waiting(request), &request.wanted());
        }
    }

    /// Takes a request out of line, timers and books.
    fn drop_request(&mut self, id: RouteRequestId) {
        self.matcher.remove(id);
        self.disarm_end(id);
        self.waits_no_more(id);
        let Some(request) = self.requests.remove(id) else {
            return;
        };
        self.gates_left(&request, None);
        self.lines
            .update(request.virtual_queue, |counts| counts.left += 1);
        if let Some(at) = request.widens_at.get() {
            self.timers.disarm(at, Timer::Widens(id));
        }
        for pair in request.cooling.as_slice() {
            self.timers
                .disarm(pair.until, Timer::Cooled(id, pair.agent));
        }
    }

    // -- offers -----------------------------------------------------------------------------

    fn apply_offer(&mut self, event: &offer::Event) {
        match event {
            offer::Event::Made { of, offer } => self.offer_made(*of, offer),
            offer::Event::Accepted {
                of,
                offer,
                agent,
                at,
                ..
            } => {
                self.offer_accepted(*of, *offer, *agent, *at);
            }
            offer::Event::NotTaken {
                of,
                offer,
                back_to,
                how,
                cooling_until,
                misses,
                ..
            } => {
                self.offer_not_taken(*of, *offer, back_to, how, *cooling_until, *misses);
            }
        }
    }

    fn offer_made(&mut self, of: Subject, offer: &Offer) {
        self.counters.offer = self.counters.offer.max(offer.id.0);
        self.timers.arm(offer.until, Timer::OfferLapses(offer.id));
        self.offers.insert(offer.id, offer.clone());
        self.drawn(offer);
        if offer.wish.is_some() {
            self.invited(of, offer.id);
        } else {
            self.routed_to(of, offer);
        }
        let claim = Claim {
            interaction: of.interaction,
            medium: offer.medium,
            kind: ClaimKind::Offered,
            since: offer.made,
        };
        self.at_work
            .update(offer.agent, |at_work| at_work.claims.push(claim));
        // Under a rule, work of one medium may leave no room for another.
        if self.rule_of(offer.agent).is_some() {
            self.refresh_all_free(offer.agent);
        } else {
            self.refresh_free(offer.agent, offer.medium);
        }
    }

    /// Counts what was drawn by weight, so that the next draw is another one.
    fn drawn(&mut self, offer: &Offer) {
        let request = offer.request.and_then(|id| self.requests.get(id));
        if let Some(request) = request
            && offer.decision.rule == Rule::Percentage
        {
            let queue = request.virtual_queue;
            self.lines.update(queue, |counts| counts.drawn += 1);
        }
    }

    fn routed_to(&mut self, of: Subject, offer: &Offer) {
        // While one request is offered, none of its interaction's requests stands in line.
        for id in self.requests_of(of.interaction) {
            self.matcher.remove(id);
            self.disarm_end(id);
        }
        self.put(
            of,
            Place::Offer {
                offer: offer.id,
                back_to: offer.back_to.clone(),
            },
        );
    }

    fn offer_accepted(&mut self, of: Subject, id: OfferId, agent: AgentId, at: Now) {
        let Some(offer) = self.end_offer(id, EndedOffer::Accepted) else {
            return;
        };
        if let Some(request) = offer.request {
            self.drop_request(request);
        }
        let role = role_of(offer.wish);
        self.change(of, |it| {
            it.requests
                .retain(|request| Some(*request) != offer.request);
            it.place = Place::Handling;
            it.parties.push(Party {
                who: Who::Agent(agent),
                role,
                since: at,
            });
            it.more.change(|more| {
                more.invitations.retain(|invited| *invited != id);
                if role == Role::Owner {
                    more.author.get_or_insert(agent);
                }
            });
            views::had_by_a_person(it);
        });
        self.at_work.update(agent, |at_work| {
            let claim = at_work
                .claims
                .iter_mut()
                .find(|claim| claim.interaction == of.interaction);
            if let Some(claim) = claim {
                claim.kind = claim_of(role).unwrap_or(ClaimKind::Handling);
                claim.since = at;
            }
            let occupied = |it: &mut Occupied| it.since = it.since.or(Some(at.engine));
            at_work.occupied.change(occupied);
            at_work.misses.remove(&offer.medium);
            at_work.idle_since = at.engine;
        });
        self.refresh_all_free(agent);
    }

    fn offer_not_taken(
        &mut self,
        of: Subject,
        id: OfferId,
        back_to: &BackTo,
        how: &NotTaken,
        cooling_until: Option<EngineTime>,
        misses: u8,
    ) {
        let Some(offer) = self.end_offer(id, ended(how)) else {
            return;
        };
        match place_of(back_to) {
            Some(place) => self.put(of, place),
            None => self.change(of, |it| {
                it.more
                    .change(|more| more.invitations.retain(|invited| *invited != id));
            }),
        }
        if let (Some(until), Some(id)) = (cooling_until, offer.request) {
            self.cool(id, offer.agent, until);
        }
        for request in self.requests_of(of.interaction) {
            self.enter_line(request);
            self.arm_end(request);
        }
        self.missed(&offer, misses);
        self.release(offer.agent, of.interaction, None);
    }

    fn cool(&mut self, id: RouteRequestId, agent: AgentId, until: EngineTime) {
        let pair = Cooling { agent, until };
        // A pause that is over, but whose timer has not fired, gives way to the new one.
        let over = self.requests.update(id, |request| {
            request.cooling.change(|cooling| {
                let same = cooling.iter().position(|old| old.agent == agent);
                let over = same.map(|index| cooling.remove(index));
                cooling.push(pair);
                over
            })
        });
        if let Some(Some(over)) = over {
            self.timers.disarm(over.until, Timer::Cooled(id, agent));
        }
        self.timers.arm(until, Timer::Cooled(id, agent));
    }

    fn missed(&mut self, offer: &Offer, misses: u8) {
        self.at_work.update(offer.agent, |at_work| {
            if misses == 0 {
                at_work.misses.remove(&offer.medium);
            } else {
                at_work.misses.insert(offer.medium, misses);
            }
        });
    }

    fn end_offer(&mut self, id: OfferId, how: EndedOffer) -> Option<Offer> {
        let offer = self.offers.remove(id)?;
        self.timers.disarm(offer.until, Timer::OfferLapses(id));
        self.ended_offers.insert(id, how);
        if self.ended_offers.len() > ENDED_OFFERS_MAX {
            self.ended_offers.pop_first();
        }
        Some(offer)
    }

    fn requests_of(&self, id: InteractionId) -> Requests {
        self.interactions
            .get(id)
            .map(|it| it.requests.clone())
            .unwrap_or_default()
    }

    // -- agents -----------------------------------------------------------------------------

    fn apply_agent(&mut self, event: &agent::Event) {
        match event {
            agent::Event::LoggedIn {
                agent,
                session,
                media,
                at,
            } => {
                self.logged_in(*agent, *session, media, *at);
            }
            agent::Event::LoggedOut { agent } => {
                self.disarm_grace(*agent);
                self.keep_all(*agent);
                self.unsubscribe_all(*agent);
                self.at_desk(*agent, |at_work| {
                    at_work.desk = None;
                    at_work.media.clear();
                    at_work.misses.clear();
                    at_work.more.change(|more| more.next.clear());
                });
                self.refresh_all_free(*agent);
            }
            agent::Event::Ready { agent, medium, at } => {
                self.set_readiness(*agent, *medium, None, *at);
            }
            agent::Event::NotReady {
                agent,
                medium,
                why,
                at,
            } => {
                self.set_readiness(*agent, *medium, Some(why.clone()), *at);
            }
            agent::Event::NotReadyNext {
                agent,
                medium,
                reason,
            } => {
                self.at_work.update(*agent, |at_work| {
                    let next = (*medium, reason.clone());
                    at_work.more.change(|more| more.next.extend([next]));
                });
                self.refresh_all_free(*agent);
            }
            agent::Event::DeskLost { agent, grace_until } => {
                self.disarm_grace(*agent);
                self.desk(*agent, |desk| desk.grace_until = Some(*grace_until));
                self.timers.arm(*grace_until, Timer::DeskSilent(*agent));
                self.refresh_all_free(*agent);
            }
            agent::Event::DeskBack { agent } => {
                self.disarm_grace(*agent);
                self.keep_all(*agent);
                self.desk(*agent, |desk| desk.silent = false);
                self.refresh_all_free(*agent);
            }
            agent::Event::DeskSilent { agent, returns } => {
                self.disarm_grace(*agent);
                self.desk(*agent, |desk| desk.silent = true);
                self.will_return(*agent, returns);
                self.refresh_all_free(*agent);
            }
            agent::Event::Subscribed { agent, bin } => self.subscribed(*agent, bin),
            agent::Event::Unsubscribed { agent, bin } => self.unsubscribed(*agent, bin),
            agent::Event::Paused { agent, media } => {
                self.at_work
                    .update(*agent, |at_work| at_work.paused = Rare::of(*media));
                self.refresh_all_free(*agent);
            }
        }
    }

    fn logged_in(&mut self, agent: AgentId, session: DeskSessionId, media: &[Medium], at: Now) {
        self.counters.desk = self.counters.desk.max(session.0);
        self.disarm_grace(agent);
        self.keep_all(agent);
        self.at_desk(agent, |at_work| {
            let desk = Desk {
                session,
                since: at,
                grace_until: None,
                silent: false,
            };
            if at_work.desk.is_none() {
                at_work.idle_since = at.engine;
                at_work.occupied = Rare::none();
            }
            at_work.desk = Some(desk);
            for medium in media {
                let not_ready = Some(NotReady::LoggedIn);
                at_work.media.entry(*medium).or_insert(Readiness {
                    not_ready,
                    since: at,
                });
            }
        });
        self.refresh_all_free(agent);
    }

    fn set_readiness(&mut self, agent: AgentId, medium: Medium, why: Option<NotReady>, at: Now) {
        self.at_desk(agent, |at_work| {
            if why.is_none() {
                let was_ready = at_work.media.values().any(|it| it.not_ready.is_none());
                at_work.misses.remove(&medium);
                if !was_ready {
                    at_work.idle_since = at.engine;
                }
            }
            at_work.more.change(|more| more.next.remove(&medium));
            at_work.media.insert(
                medium,
                Readiness {
                    not_ready: why,
                    since: at,
                },
            );
        });
        self.refresh_all_free(agent);
    }

    /// Changes whether an agent is there, or ready.
    fn at_desk(&mut self, agent: AgentId, change: impl FnOnce(&mut AtWork)) {
        let staff = &mut self.staff;
        self.at_work.update(agent, |at_work| {
            staff.goes(at_work);
            change(at_work);
            staff.comes(at_work);
        });
    }

    fn desk(&mut self, agent: AgentId, change: impl FnOnce(&mut Desk)) {
        self.at_work.update(agent, |at_work| {
            if let Some(desk) = &mut at_work.desk {
                change(desk);
            }
        });
    }

    fn disarm_grace(&mut self, agent: AgentId) {
        let at = self
            .at_work
            .get(agent)
            .and_then(|at_work| at_work.desk?.grace_until);
        if let Some(at) = at {
            self.timers.disarm(at, Timer::DeskSilent(agent));
            self.desk(agent, |desk| desk.grace_until = None);
        }
    }

    /// Gives a claim back. `idle_since` is told when the agent had really worked.
    fn release(&mut self, agent: AgentId, id: InteractionId, idle_since: Option<EngineTime>) {
        self.keep(agent, id);
        self.at_work.update(agent, |at_work| {
            at_work.claims.retain(|claim| claim.interaction != id);
            if let Some(at) = idle_since {
                at_work.idle_since = at;
                // To advise and to join are work as well.
                let works = |claim: &Claim| claim.kind != ClaimKind::Offered;
                if !at_work.claims.iter().any(works) {
                    at_work.occupied.change(|it| {
                        it.before = it.until(at);
                        it.since = None;
                    });
                }
            }
        });
        self.refresh_all_free(agent);
    }

    pub(crate) fn refresh_all_free(&mut self, agent: AgentId) {
        let presence = self.presence(agent);
        self.matcher.set_presence(agent, presence);
        for medium in Medium::ALL {
            self.refresh_free(agent, medium);
        }
    }

    /// Where an agent is, as thresholds count.
    pub(crate) fn presence(&self, agent: AgentId) -> Presence {
        let at_work = self.at_work.get(agent);
        let Some(at_work) = at_work.filter(|at_work| at_work.desk.is_some()) else {
            return Presence::default();
        };
        let answers = at_work.desk.is_some_and(|desk| desk.answers());
        let media = at_work.media.iter();
        let ready = media.filter(|(_, it)| answers && it.not_ready.is_none());
        let mut claims = at_work.claims.iter();
        Presence {
            logged_in: true,
            busy: claims.any(|claim| claim.kind != ClaimKind::Offered),
            ready: ready.map(|(medium, _)| *medium).collect(),
        }
    }

    /// Tells the matcher whether the agent can take one more of a medium.
    fn refresh_free(&mut self, agent: AgentId, medium: Medium) {
        let free = self.at_work.get(agent).filter(|at_work| {
            let ready = at_work
                .media
                .get(&medium)
                .is_some_and(|it| it.not_ready.is_none());
            let goes_on = at_work.next(medium).is_none();
            ready
                && goes_on
                && at_work.desk.is_some_and(|desk| desk.answers())
                && self.has_room(agent, medium)
        });
        let idle_since = free.map(|at_work| at_work.idle_since);
        self.matcher.set_free(agent, medium, idle_since);
    }

    // -- configuration ----------------------------------------------------------------------

    fn apply_config(&mut self, event: &config::Event) {
        match event {
            config::Event::QueuePut(it) => {
                self.counters.queue = self.counters.queue.max(it.id.0);
                self.retired.remove(Kind::Queue, &it.name);
                self.names.queues.insert(it.name.clone(), it.id);
                self.queues.insert(it.id, (**it).clone());
            }
            config::Event::VirtualQueuePut(it) => {
                self.counters.virtual_queue = self.counters.virtual_queue.max(it.id.0);
                self.retired.remove(Kind::VirtualQueue, &it.name);
                self.names.virtual_queues.insert(it.name.clone(), it.id);
                self.virtual_queues.insert(it.id, (**it).clone());
                if !self.lines.contains(it.id) {
                    self.lines
                        .insert(it.id, crate::state::LineCounts::default());
                }
            }
            config::Event::AgentPut(it) => self.agent_put(it),
            config::Event::KeyPut(it) => {
                let added = digest::of(&**it);
                let old = self.keys.insert(it.name.clone(), (**it).clone());
                let removed = old.map_or(0, |old| digest::of(&old));
                self.keys_digest = self.keys_digest.wrapping_add(added).wrapping_sub(removed);
            }
            config::Event::SettingsPut { version, settings } => {
                self.settings_version = *version;
                self.settings = (**settings).clone();
            }
            config::Event::Put(it) => self.object_put(it),
            config::Event::Deleted {
                kind,
                id,
                name,
                version,
            } => self.deleted(*kind, *id, name, *version),
        }
    }

    fn agent_put(&mut self, it: &config::Agent) {
        self.counters.agent = self.counters.agent.max(it.id.0);
        self.retired.remove(Kind::Agent, &it.name);
        self.names.agents.insert(it.name.clone(), it.id);
        self.agents.insert(it.id, it.clone());
        self.regroup(it.id);
        self.requalify(it.id);
        if !self.at_work.contains(it.id) {
            let at_work = AtWork {
                desk: None,
                media: std::collections::BTreeMap::new(),
                claims: Vec::new(),
                misses: std::collections::BTreeMap::new(),
                idle_since: EngineTime::default(),
                more: Rare::none(),
                paused: Rare::none(),
                occupied: Rare::none(),
            };
            self.at_work.insert(it.id, at_work);
        }
        self.refresh_all_free(it.id);
    }

    pub(crate) fn matcher_forgets(&mut self, agent: AgentId) {
        self.matcher.remove_agent(agent);
    }

    // -- effects and the node ---------------------------------------------------------------

    fn apply_effect(&mut self, event: &effect::Event) {
        match event {
            effect::Event::Issued(order) => {
                self.counters.effect = self.counters.effect.max(order.id.0);
                self.outbox.insert(order.id, (**order).clone());
            }
            effect::Event::Started { effect } => {
                self.outbox.update(*effect, |order| {
                    order.attempts = order.attempts.saturating_add(1);
                    order.phase = Phase::Started;
                });
            }
            effect::Event::Finished { effect } => drop(self.outbox.remove(*effect)),
            effect::Event::Retried { effect, from, .. } => {
                self.set_phase(*effect, Phase::Issued { from: *from });
            }
            effect::Event::Parked { effect, .. } => self.set_phase(*effect, Phase::Parked),
        }
    }

    fn set_phase(&mut self, effect: EffectId, phase: Phase) {
        self.outbox.update(effect, |order| order.phase = phase);
    }

    fn apply_node(&mut self, event: &node::Event) {
        match event {
            node::Event::Opened { .. }
            | node::Event::ClockJumped { .. }
            | node::Event::Refusals { .. } => {}
            node::Event::ResultsForgotten { before } => {
                self.results.forget(*before);
                if let Some(at) = self.forget_at.take() {
                    self.timers.disarm(at, Timer::ForgetResults);
                }
                self.arm_forgetting();
            }
        }
    }

    /// Arms the timer by which the oldest kept result goes. The deadline is part of the state,
    /// so a later change of the settings moves only the next one.
    pub(crate) fn arm_forgetting(&mut self) {
        if let Some(oldest) = self.results.oldest() {
            let at = oldest + self.settings.results_kept + SWOOP;
            self.forget_at = Some(at);
            self.timers.arm(at, Timer::ForgetResults);
        }
    }
}

/// A request as the matcher sees it.
pub(crate) const fn waiting(request: &RouteRequest) -> matching::Waiting {
    matching::Waiting {
        id: request.id,
        virtual_queue: request.virtual_queue,
        medium: request.medium,
        key: request.key,
    }
}

/// The place an interaction returns to; none when it never left its owner's hands.
fn place_of(back_to: &BackTo) -> Option<Place> {
    match back_to {
        BackTo::Queue => Some(Place::Queue),
        BackTo::Routing => Some(Place::Routing),
        BackTo::Workbin { workbin } => Some(Place::Workbin {
            workbin: workbin.clone(),
            owner: None,
        }),
        BackTo::Handling => None,
    }
}

/// As what an agent takes part who took an offer.
const fn role_of(wish: Option<Wish>) -> Role {
    match wish {
        None | Some(Wish::Transfer) => Role::Owner,
        Some(Wish::Consult) => Role::Consultant,
        Some(Wish::Conference) => Role::Conference,
    }
}

/// The claim a role takes; listening takes none.
const fn claim_of(role: Role) -> Option<ClaimKind> {
    match role {
        Role::Owner => Some(ClaimKind::Handling),
        Role::Consultant | Role::Conference => Some(ClaimKind::Consult),
        Role::Monitor | Role::Coach | Role::Customer | Role::Bot => None,
    }
}

const fn ended(how: &NotTaken) -> EndedOffer {
    match how {
        NotTaken::Rejected { .. } => EndedOffer::Rejected,
        NotTaken::Lapsed => EndedOffer::Lapsed,
        NotTaken::DeskGone => EndedOffer::DeskGone,
        NotTaken::InteractionStopped => EndedOffer::InteractionStopped,
        NotTaken::Withdrawn => EndedOffer::Withdrawn,
        NotTaken::TakenOut => EndedOffer::TakenOut,
    }
}
