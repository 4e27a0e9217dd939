//! What must always be true of a state. Costs a walk over everything: for tests, simulation
//! and `doctor`, not for the loop.

use crate::decide::views::could_pull;
use crate::image::Restore;
use crate::matching::Matching;
use crate::state::State;
use ringback_model::agent::ClaimKind;
use ringback_model::interaction::Interaction;
use ringback_model::place::{Place, Role, Who};
use ringback_model::{AgentId, Now};

impl State {
    /// Checks the invariants.
    ///
    /// # Errors
    /// A sentence for each that does not hold.
    pub fn check(&self, now: Now) -> Result<(), Vec<String>> {
        let mut broken = Vec::new();
        for (_, it) in self.interactions.in_order() {
            self.check_interaction(it, &mut broken);
        }
        for (id, request) in self.requests.in_order() {
            let owner = self.interaction(request.interaction);
            if !owner.is_some_and(|it| it.requests.contains(&id)) {
                broken.push(format!("{id} belongs to no open interaction"));
            }
        }
        for (id, offer) in self.offers.in_order() {
            let it = self.interaction(offer.interaction).map(|it| &it.place);
            if offer.made.engine > now.engine {
                broken.push(format!("{id} was made in the future"));
            }
            let invited = || {
                let more = self.interaction(offer.interaction)?.more.get()?;
                Some(more.invitations.contains(&id))
            };
            let fits = match it {
                Some(Place::Offer { offer: open, .. }) => *open == id && offer.wish.is_none(),
                Some(Place::Handling) => offer.wish.is_some() && invited() == Some(true),
                _ => false,
            };
            if !fits {
                broken.push(format!(
                    "{id} is open, but {} is not offered",
                    offer.interaction
                ));
            }
        }
        for agent in self.agents.keys() {
            self.check_agent(agent, &mut broken);
        }
        for agents in self.subscribers.values() {
            for agent in agents {
                if self.at_work(*agent).is_none_or(|it| it.desk.is_none()) {
                    broken.push(format!("{agent} is logged out, but told of a workbin"));
                }
            }
        }
        for (agent, waiting) in &self.waits_for {
            if self.at_work(*agent).is_none_or(|it| it.desk.is_none()) {
                broken.push(format!("{waiting:?} wait for {agent}, who is logged out"));
            }
        }
        self.check_nobody_left_waiting(&mut broken);
        self.check_thresholds(now, &mut broken);
        self.check_books(&mut broken);
        self.check_views(now, &mut broken);
        self.check_indexes(&mut broken);
        if broken.is_empty() {
            Ok(())
        } else {
            Err(broken)
        }
    }

    fn check_interaction(&self, it: &Interaction, broken: &mut Vec<String>) {
        let id = it.id;
        let owners = it.parties.iter().filter(|party| party.role == Role::Owner);
        let owners = owners.count();
        let in_line = it
            .requests
            .iter()
            .filter(|id| self.matcher.place(**id).is_some())
            .count();
        let fits = match it.place {
            Place::Queue => owners == 0 && it.requests.is_empty(),
            Place::Routing => {
                owners == 0 && !it.requests.is_empty() && in_line == it.requests.len()
            }
            Place::Offer { offer, .. } => {
                owners == 0
                    && in_line == 0
                    && self.offer(offer).is_some_and(|offer| {
                        let routed = offer.request.is_some_and(|id| it.requests.contains(&id));
                        offer.interaction == id && routed
                    })
            }
            Place::Handling => owners == 1 && it.requests.is_empty(),
            Place::Stopped => false,
            _ => owners == 0,
        };
        self.check_parties(it, broken);
        if !fits {
            broken.push(format!(
                "{id} in place {} has {owners} owners, {} requests, {in_line} in line",
                it.place.name(),
                it.requests.len()
            ));
        }
    }

    /// Agents take part only while it is handled, and each invitation is an open offer.
    fn check_parties(&self, it: &Interaction, broken: &mut Vec<String>) {
        let agents = it.parties.iter().filter_map(|party| match party.who {
            Who::Agent(agent) => Some((agent, party.role)),
            _ => None,
        });
        for (agent, role) in agents {
            let listens = self
                .at_work(agent)
                .and_then(|at_work| at_work.more.get())
                .is_some_and(|more| more.listens.contains(&it.id));
            let claims = self.at_work(agent).is_some_and(|at_work| {
                let mut claims = at_work.claims.iter();
                claims.any(|claim| claim.interaction == it.id && claim.kind != ClaimKind::Offered)
            });
            let fits = match role {
                Role::Monitor | Role::Coach => listens && !claims,
                _ => claims && !listens,
            };
            if it.place != Place::Handling || !fits {
                broken.push(format!("{agent} is {} of {} wrongly", role.name(), it.id));
            }
        }
        let invitations = it.more.get().map(|more| more.invitations.as_slice());
        for offer in invitations.unwrap_or_default() {
            if self
                .offer(*offer)
                .is_none_or(|offer| offer.interaction != it.id)
            {
                broken.push(format!("{} counts {offer}, which is over", it.id));
            }
        }
    }

    fn check_agent(&self, agent: AgentId, broken: &mut Vec<String>) {
        let Some(at_work) = self.at_work(agent) else {
            broken.push(format!("{agent} has no record of work"));
            return;
        };
        for claim in &at_work.claims {
            let it = self.interaction(claim.interaction);
            let fits = match claim.kind {
                ClaimKind::Offered => {
                    it.is_some_and(|it| self.offers_of(it).any(|offer| offer.agent == agent))
                }
                ClaimKind::Handling => {
                    it.is_some_and(|it| it.owner() == Some(agent) && it.wrap().is_none())
                }
                ClaimKind::WrapUp => {
                    it.is_some_and(|it| it.owner() == Some(agent) && it.wrap().is_some())
                }
                ClaimKind::Consult => it
                    .and_then(|it| it.party(agent))
                    .is_some_and(|party| matches!(party.role, Role::Consultant | Role::Conference)),
                ClaimKind::Reserved => true,
            };
            if !fits {
                broken.push(format!(
                    "{agent} claims {} without having it",
                    claim.interaction
                ));
            }
        }
        let desk = at_work.desk;
        let silent = desk.is_some_and(|desk| desk.silent);
        let returns = at_work.more.get().map(|more| &more.returns);
        for claim in at_work
            .claims
            .iter()
            .filter(|claim| matches!(claim.kind, ClaimKind::Handling | ClaimKind::WrapUp))
        {
            let id = claim.interaction;
            if returns.is_some_and(|returns| returns.contains_key(&id)) != silent {
                broken.push(format!(
                    "{id} of {agent} goes back exactly when the desk is silent, which is {silent}"
                ));
            }
        }
        for medium in at_work
            .more
            .get()
            .into_iter()
            .flat_map(|more| more.next.keys())
        {
            let ready = at_work.media.get(medium).map(|it| it.not_ready.is_none());
            if ready != Some(true) || !at_work.has(*medium) {
                broken.push(format!(
                    "{agent} is to be not ready for {medium} after nothing"
                ));
            }
        }
        let (rests, should) = (at_work.paused(), self.should_pause(agent, None));
        if rests != should {
            broken.push(format!("{agent} has {rests} resting, not {should}"));
        }
        let silent_and_ready = at_work.desk.is_none_or(|desk| desk.silent)
            && at_work.media.values().any(|it| it.not_ready.is_none());
        if silent_and_ready {
            broken.push(format!("{agent} is ready without a desk that answers"));
        }
    }

    /// Nobody waits while someone is free who may take it.
    fn check_nobody_left_waiting(&self, broken: &mut Vec<String>) {
        for id in self.requests.keys() {
            let may = &mut |agent| !self.is_held_back(id, agent);
            if let Some(found) = self.matcher.agent_for(id, may) {
                broken.push(format!(
                    "{id} waits although {} is free for it",
                    found.agent
                ));
            }
        }
    }

    /// Every view that pulls looks or sleeps, one that sleeps could hand nothing over, and what
    /// rests is not under way.
    fn check_views(&self, now: Now, broken: &mut Vec<String>) {
        for queue in self.queues() {
            for puller in self.pullers.of(queue.id) {
                match self.look(puller.view) {
                    None => broken.push(format!("view {} never looks", puller.name)),
                    Some(look) if look.next.is_none() && could_pull(self, now, puller.view) => {
                        broken.push(format!("view {} sleeps, but could pull", puller.name));
                    }
                    Some(_) => {}
                }
            }
        }
        for (id, it) in self.interactions.in_order() {
            if crate::views::rests(it) && it.under_way().is_some() {
                broken.push(format!("{id} rests and is under way by a view"));
            }
        }
    }

    /// Thresholds that do not change with time alone are open exactly while they hold.
    fn check_thresholds(&self, now: Now, broken: &mut Vec<String>) {
        let gates = self.gates.in_use();
        for gate in gates.filter(|gate| !gate.threshold.statistic.is_timed()) {
            let (open, holds) = (self.gates.is_open(gate), self.gate_holds(now, gate));
            if open != holds {
                broken.push(format!("{gate} is open: {open}, but it holds: {holds}"));
            }
        }
        for gate in &self.gates.open {
            if !self.gates.is_in_use(gate) {
                broken.push(format!("{gate} is open for nobody"));
            }
        }
    }

    fn check_books(&self, broken: &mut Vec<String>) {
        let mut inside = std::collections::BTreeMap::new();
        for (_, request) in self.requests.in_order() {
            *inside.entry(request.virtual_queue).or_insert(0_u64) += 1;
        }
        for (id, counts) in self.lines.in_order() {
            let inside = inside.get(&id).copied().unwrap_or(0);
            if counts.entered != counts.left + inside {
                broken.push(format!(
                    "the books of {id} do not balance: {} entered, {} left, {inside} inside",
                    counts.entered, counts.left
                ));
            }
        }
    }

    /// A state read back from its parts is the same state, indexes included.
    fn check_indexes(&self, broken: &mut Vec<String>) {
        let mut again = Restore::default();
        for part in self.parts() {
            again.add(part.ready());
        }
        let again = again.finish();
        let same = [
            ("digest", again.digest() == self.digest()),
            ("timers", again.timers == self.timers),
            ("names", again.names == self.names),
            ("groups", again.groups == self.groups),
            ("thresholds", again.gates == self.gates),
            ("capacity rules", again.rules == self.rules),
            ("offer times", again.offer_ttls == self.offer_ttls),
            ("places", again.places == self.places),
            ("staff", again.staff == self.staff),
            ("workbins", again.bins == self.bins),
            ("subscribers", again.subscribers == self.subscribers),
            ("resting interactions", again.resting == self.resting),
            ("views", again.pullers == self.pullers),
            ("what is under way", again.under_way == self.under_way),
            ("views that want room", again.lacking == self.lacking),
            ("last agents", again.waits_for == self.waits_for),
            ("lines", self.same_lines(&again)),
        ];
        for (what, same) in same {
            if !same {
                broken.push(format!("{what} differ after reading the state back"));
            }
        }
    }

    fn same_lines(&self, other: &Self) -> bool {
        let lists = |state: &Self| {
            let queues = state.virtual_queues.keys();
            let line = |id| state.matcher.in_order(id, usize::MAX);
            queues.into_iter().map(line).collect::<Vec<_>>()
        };
        lists(self) == lists(other)
    }
}
