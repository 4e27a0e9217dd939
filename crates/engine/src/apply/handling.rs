//! Writing what happens to interactions: where they rest, who takes part, what is known of them.

use super::{claim_of, role_of};
use crate::bins::bin_of;
use crate::state::State;
use crate::timers::Timer;
use crate::views;
use ringback_model::agent::{Claim, ClaimKind, Occupied};
use ringback_model::interaction::{
    Doer, Event as It, Interaction, Lock, More, Placed, PlacedSequence, Rest, Subject, WhyPlaced,
    Wrap,
};
use ringback_model::place::{Bin, Party, Place, Role, Who};
use ringback_model::{AgentId, EngineTime, InteractionId, Now, OfferId, QueueId};

impl State {
    pub(super) fn apply_interaction(&mut self, event: &It) {
        match event {
            It::Submitted(it) => self.submitted(it),
            It::Moved { of, to } => {
                self.change(*of, |it| it.queue = *to);
                *self.open_in.entry(*to).or_default() += 1;
                if let Some(open) = self.open_in.get_mut(&of.queue) {
                    *open -= 1;
                }
            }
            It::Stopped { of, owner, at, .. } => self.stopped(*of, *owner, *at),
            It::Placed {
                of,
                to,
                queue,
                why,
                at,
                sequence,
                ..
            } => {
                let asked = matches!(why, WhyPlaced::Asked { .. });
                self.rests(*of, to, (*queue, *sequence), *at, asked);
            }
            It::Pulled {
                of,
                from,
                agent,
                review,
                at,
                ..
            } => self.pulled(*of, from, *agent, *review, *at),
            It::Changed { of, change, .. } => self.change(*of, |it| {
                change.write_into(it);
                views::had_by_a_person(it);
            }),
            It::Joined {
                of,
                agent,
                role,
                at,
                ..
            } => self.joined(*of, *agent, *role, *at),
            It::Left {
                of,
                agent,
                role,
                at,
                ..
            } => self.left(*of, *agent, *role, *at),
            It::Held { of, at, .. } => self.more(*of, |more| {
                more.held = Some(*at);
                more.resumed = None;
            }),
            It::Resumed { of, at, .. } => self.more(*of, |more| {
                more.held = None;
                more.resumed = Some(*at);
            }),
            It::Locked { of, by, at } => self.more(*of, |more| {
                more.lock = Some(Lock {
                    by: *by,
                    since: *at,
                });
            }),
            It::Unlocked { of, .. } => self.more(*of, |more| more.lock = None),
            It::WrapBegun { of, agent, wrap } => self.wraps(*of, *agent, wrap),
            It::WrapChanged {
                of,
                until,
                disposition,
                ..
            } => {
                self.disarm_wrap(of.interaction);
                self.more(*of, |more| {
                    if let Some(wrap) = &mut more.wrap {
                        wrap.until = *until;
                        wrap.disposition.clone_from(disposition);
                    }
                });
                self.arm_wrap(of.interaction);
            }
            It::Handed {
                of,
                view,
                segment,
                pulls,
                ..
            } => self.change(*of, |it| Self::handed(it, *view, segment.as_ref(), *pulls)),
        }
    }

    fn submitted(&mut self, it: &Interaction) {
        self.counters.interaction = self.counters.interaction.max(it.id.0);
        *self.places.count(&it.place) += 1;
        *self.open_in.entry(it.queue).or_default() += 1;
        self.enter_rest(it);
        self.interactions.insert(it.id, it.clone());
        if let Some(owner) = it.owner() {
            self.take_claim(owner, it.id, Role::Owner, it.submitted);
        }
    }

    fn stopped(&mut self, of: Subject, owner: Option<AgentId>, at: Now) {
        self.leave_bin(of.interaction);
        self.disarm_wrap(of.interaction);
        if let Some(gone) = self.interactions.remove(of.interaction) {
            *self.places.count(&gone.place) -= 1;
            self.leave_rest(&gone);
            if let Some(open) = self.open_in.get_mut(&gone.queue) {
                *open -= 1;
            }
        }
        if let Some(owner) = owner {
            self.release(owner, of.interaction, Some(at.engine));
        }
    }

    fn wraps(&mut self, of: Subject, agent: AgentId, wrap: &Wrap) {
        self.disarm_wrap(of.interaction);
        self.more(of, |more| {
            (more.held, more.resumed, more.lock) = (None, None, None);
            more.wrap = Some(wrap.clone());
        });
        self.at_work.update(agent, |at_work| {
            let mut claims = at_work.claims.iter_mut();
            if let Some(claim) = claims.find(|claim| claim.interaction == of.interaction) {
                claim.kind = ClaimKind::WrapUp;
                claim.since = wrap.since;
            }
        });
        self.arm_wrap(of.interaction);
    }

    fn wrap_until(&self, id: InteractionId) -> Option<EngineTime> {
        self.interactions.get(id)?.wrap()?.until
    }

    pub(crate) fn arm_wrap(&mut self, id: InteractionId) {
        if let Some(at) = self.wrap_until(id) {
            self.timers.arm(at, Timer::WrapOver(id));
        }
    }

    fn disarm_wrap(&mut self, id: InteractionId) {
        if let Some(at) = self.wrap_until(id) {
            self.timers.disarm(at, Timer::WrapOver(id));
        }
    }

    /// Changes what few interactions have, and raises the version.
    fn more(&mut self, of: Subject, change: impl FnOnce(&mut More)) {
        self.change(of, |it| it.more.change(change));
    }

    // -- where it rests ---------------------------------------------------------------------

    fn rests(
        &mut self,
        of: Subject,
        to: &Rest,
        (queue, sequence): (QueueId, Option<PlacedSequence>),
        at: Now,
        asked: bool,
    ) {
        self.leave_bin(of.interaction);
        let before = self.interactions.get(of.interaction).map(|it| it.queue);
        let moved = before.is_some_and(|before| before != queue);
        if let Some(before) = before.filter(|_| moved) {
            if let Some(open) = self.open_in.get_mut(&before) {
                *open -= 1;
            }
            *self.open_in.entry(queue).or_default() += 1;
        }
        if let Some(sequence) = sequence {
            self.counters.placing = self.counters.placing.max(sequence.placing);
        }
        self.change(of, |it| {
            it.place = place_of(to);
            it.queue = queue;
            it.more.change(|more| {
                if moved {
                    more.moved = Some(at);
                }
                if let Some(sequence) = sequence {
                    more.placed = Some(Placed { at, sequence });
                }
                more.pulled_from = None;
            });
            if asked {
                views::had_by_a_person(it);
            }
        });
        self.enter_bin(of.interaction);
    }

    fn pulled(&mut self, of: Subject, from: &Rest, agent: AgentId, review: bool, at: Now) {
        self.leave_bin(of.interaction);
        self.change(of, |it| {
            it.place = Place::Handling;
            it.parties.push(party(agent, Role::Owner, at));
            it.more.change(|more| {
                more.pulled_from = Some(from.clone());
                more.author.get_or_insert(agent);
                if review {
                    more.reviewer = Some(agent);
                }
            });
            views::had_by_a_person(it);
        });
        self.take_claim(agent, of.interaction, Role::Owner, at);
    }

    pub(crate) fn enter_bin(&mut self, id: InteractionId) {
        if let Some((bin, entry)) = self.bin_of(id) {
            self.bins.entry(bin).or_default().insert(entry);
        }
    }

    fn leave_bin(&mut self, id: InteractionId) {
        let Some((bin, entry)) = self.bin_of(id) else {
            return;
        };
        if let Some(resting) = self.bins.get_mut(&bin) {
            resting.remove(&entry);
            if resting.is_empty() {
                self.bins.remove(&bin);
            }
        }
    }

    /// Key and entry of the index.
    fn bin_of(&self, id: InteractionId) -> Option<(Bin, (PlacedSequence, InteractionId))> {
        let it = self.interactions.get(id)?;
        Some((bin_of(it)?, (it.placed().sequence, id)))
    }

    // -- who takes part ---------------------------------------------------------------------

    pub(super) fn invited(&mut self, of: Subject, offer: OfferId) {
        self.more(of, |more| more.invitations.push(offer));
    }

    fn joined(&mut self, of: Subject, agent: AgentId, role: Role, at: Now) {
        self.change(of, |it| {
            it.parties.retain(|party| party.who != Who::Agent(agent));
            it.parties.push(party(agent, role, at));
        });
        if claim_of(role).is_some() {
            self.take_claim(agent, of.interaction, role, at);
        } else {
            self.at_work.update(agent, |at_work| {
                at_work
                    .more
                    .change(|more| more.listens.insert(of.interaction));
            });
        }
    }

    fn left(&mut self, of: Subject, agent: AgentId, role: Role, at: Now) {
        let was_owner = role == role_of(None);
        self.change(of, |it| {
            it.parties.retain(|party| party.who != Who::Agent(agent));
            it.more.change(|more| {
                if was_owner {
                    (more.held, more.resumed) = (None, None);
                }
                if more.lock.is_some_and(|lock| lock.by == Doer::Agent(agent)) {
                    more.lock = None;
                }
            });
        });
        if claim_of(role).is_some() {
            self.release(agent, of.interaction, Some(at.engine));
        } else {
            self.at_work.update(agent, |at_work| {
                at_work
                    .more
                    .change(|more| more.listens.remove(&of.interaction));
            });
        }
    }

    /// Takes a claim, or makes the one that is there what the role takes.
    fn take_claim(&mut self, agent: AgentId, id: InteractionId, role: Role, at: Now) {
        let Some(medium) = self.interactions.get(id).map(|it| it.medium) else {
            return;
        };
        let kind = claim_of(role).unwrap_or(ClaimKind::Handling);
        self.at_work.update(agent, |at_work| {
            at_work.claims.retain(|claim| claim.interaction != id);
            at_work.claims.push(Claim {
                interaction: id,
                medium,
                kind,
                since: at,
            });
            at_work.occupied.change(|it: &mut Occupied| {
                it.since = it.since.or(Some(at.engine));
            });
            at_work.idle_since = at.engine;
        });
        self.refresh_all_free(agent);
    }

    // -- what a silent desk holds -----------------------------------------------------------

    pub(super) fn will_return(&mut self, agent: AgentId, returns: &[(InteractionId, EngineTime)]) {
        for (id, at) in returns {
            self.keep(agent, *id);
            self.at_work.update(agent, |at_work| {
                at_work.more.change(|more| more.returns.insert(*id, *at));
            });
            self.timers.arm(*at, Timer::Returns(agent, *id));
        }
    }

    /// An interaction does not go back by itself any more.
    pub(super) fn keep(&mut self, agent: AgentId, id: InteractionId) {
        let known = self.at_work.get(agent).and_then(|it| it.more.get());
        if known.is_none_or(|more| !more.returns.contains_key(&id)) {
            return;
        }
        let removed = self.at_work.update(agent, |at_work| {
            at_work.more.change(|more| more.returns.remove(&id))
        });
        if let Some(Some(at)) = removed {
            self.timers.disarm(at, Timer::Returns(agent, id));
        }
    }

    /// Nothing in this agent's hands goes back by itself any more.
    pub(super) fn keep_all(&mut self, agent: AgentId) {
        let more = self.at_work.get(agent).and_then(|it| it.more.get());
        let ids: Vec<InteractionId> = more
            .map(|more| more.returns.keys().copied().collect())
            .unwrap_or_default();
        for id in ids {
            self.keep(agent, id);
        }
    }

    pub(crate) fn arm_returns(&mut self, agent: AgentId) {
        let more = self.at_work.get(agent).and_then(|it| it.more.get());
        let returns: Vec<_> = more
            .map(|more| more.returns.iter().map(|(id, at)| (*id, *at)).collect())
            .unwrap_or_default();
        for (id, at) in returns {
            self.timers.arm(at, Timer::Returns(agent, id));
        }
    }
}

const fn party(agent: AgentId, role: Role, since: Now) -> Party {
    Party {
        who: Who::Agent(agent),
        role,
        since,
    }
}

fn place_of(rest: &Rest) -> Place {
    match rest {
        Rest::Queue(_) => Place::Queue,
        Rest::Workbin { owner, workbin } => Place::Workbin {
            workbin: workbin.clone(),
            owner: Some(*owner),
        },
    }
}
