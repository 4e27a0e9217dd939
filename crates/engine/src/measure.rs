//! Statistics about targets at this moment, read from the state itself.

use crate::gates::Users;
use crate::matching::{Counted, Matching};
use crate::state::State;
use ringback_model::agent::ClaimKind;
use ringback_model::config::VirtualQueue;
use ringback_model::route::{Event as Route, RouteRequest};
use ringback_model::target::{Expression, Gate, Statistic, TargetItem, TargetKind, Threshold};
use ringback_model::{AgentId, Event, Medium, Name, Now};
use ringback_model::{agent, config, interaction, offer};

impl State {
    /// A statistic of a target at this moment; `None` when nothing is known. Counting looks at no
    /// single agent; the smallest or longest of several looks at each who is logged in.
    #[must_use]
    pub fn measure(
        &self,
        now: Now,
        statistic: Statistic,
        of: &TargetKind,
        over: Medium,
    ) -> Option<u32> {
        match of.agents() {
            Some(agents) => self.measure_agents(now, statistic, &agents, over),
            None => self.measure_queues(statistic, of, over),
        }
    }

    fn measure_agents(
        &self,
        now: Now,
        statistic: Statistic,
        of: &Expression,
        over: Medium,
    ) -> Option<u32> {
        let count = |counted| Some(self.matcher.count(of, counted));
        match statistic {
            Statistic::RStatAgentsReady => count(Counted::ReadyForSome),
            Statistic::RStatAgentsReadyVoice => count(Counted::Ready(Medium::Voice)),
            Statistic::RStatAgentsTotal | Statistic::StatAgentsTotal => count(Counted::LoggedIn),
            Statistic::StatAgentsAvailable => count(Counted::Free(over)),
            Statistic::StatAgentsBusy => count(Counted::Busy),
            Statistic::StatAgentsReady => count(Counted::Ready(over)),
            Statistic::StatAgentLoading => {
                self.of_each(of, |one| Some(self.in_hand(one)), u32::min)
            }
            Statistic::StatAgentOccupancy => {
                let percent = |one| u32::try_from(self.occupancy(now, one) / 100).ok();
                self.of_each(of, percent, u32::min)
            }
            Statistic::StatTimeInReadyState => {
                self.of_each(of, |one| self.ready_seconds(now, one, over), u32::max)
            }
            _ => None,
        }
    }

    /// The best of a number of each who is logged in.
    fn of_each(
        &self,
        of: &Expression,
        number: impl Fn(AgentId) -> Option<u32>,
        better: impl Fn(u32, u32) -> u32,
    ) -> Option<u32> {
        let mut best = None;
        self.matcher.each(of, Counted::LoggedIn, &mut |one| {
            if let Some(number) = number(one) {
                best = Some(best.map_or(number, |best| better(best, number)));
            }
        });
        best
    }

    fn in_hand(&self, agent: AgentId) -> u32 {
        let claims = self.at_work(agent).map(|it| it.claims.iter());
        let claims = claims.into_iter().flatten();
        let handled = claims.filter(|claim| claim.kind != ClaimKind::Offered);
        u32::try_from(handled.count()).unwrap_or(u32::MAX)
    }

    fn ready_seconds(&self, now: Now, agent: AgentId, over: Medium) -> Option<u32> {
        let at_work = self.at_work(agent)?;
        let ready = self.presence(agent).ready.contains(over);
        let idle = ready && self.in_hand(agent) == 0;
        let seconds = now.engine.since(at_work.idle_since).0 / 1_000;
        idle.then(|| u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    fn measure_queues(&self, statistic: Statistic, of: &TargetKind, over: Medium) -> Option<u32> {
        let queues = self.queues_of(of);
        if queues.is_empty() {
            return None;
        }
        let of_each = |queue: &&VirtualQueue| match statistic {
            Statistic::StatCallsInQueue => Some(self.in_line(queue.id)),
            Statistic::StatAgentsInQueueLogin => Some(self.serving(queue, Counted::LoggedIn)),
            Statistic::StatAgentsInQueueReady => Some(self.serving(queue, Counted::Ready(over))),
            _ => None,
        };
        queues.iter().map(of_each).sum()
    }

    fn serving(&self, queue: &VirtualQueue, counted: Counted) -> u32 {
        match &queue.body.serves {
            Some(serves) => self.matcher.count(serves, counted),
            None => self.matcher.count(&Expression::anyone(), counted),
        }
    }

    /// The virtual queues a target means, in order of their ids; none for agents.
    pub(crate) fn queues_of<'a>(&'a self, of: &'a TargetKind) -> Vec<&'a VirtualQueue> {
        match of {
            TargetKind::Queue(name) => self.virtual_queue_named(name).into_iter().collect(),
            TargetKind::QueueGroup(name) => self.queue_group(name).collect(),
            TargetKind::Agent(_) | TargetKind::Group(_) | TargetKind::Skills { .. } => Vec::new(),
        }
    }

    /// The virtual queues of a group, in order of their ids.
    pub(crate) fn queue_group<'a>(
        &'a self,
        name: &'a Name,
    ) -> impl Iterator<Item = &'a VirtualQueue> {
        let all = self.virtual_queues();
        all.filter(move |queue| queue.body.group.as_ref() == Some(name))
    }

    /// Whether a check of a step holds. It is measured of all its targets together: of several
    /// counts it is the sum, without counting an agent twice.
    pub(crate) fn check_holds(
        &self,
        now: Now,
        check: &Threshold,
        of: &[TargetItem],
        over: Medium,
    ) -> bool {
        let agents: Vec<Expression> = of.iter().filter_map(|item| item.of.agents()).collect();
        let measured = match agents.len() {
            0 => {
                let queues = of.iter();
                let each = queues.map(|item| self.measure_queues(check.statistic, &item.of, over));
                each.sum()
            }
            1 => self.measure_agents(now, check.statistic, &agents[0], over),
            _ => self.measure_agents(now, check.statistic, &Expression::Any(agents), over),
        };
        check.holds(measured)
    }

    /// Whether a threshold holds at this moment.
    pub(crate) fn gate_holds(&self, now: Now, gate: &Gate) -> bool {
        let measured = self.measure(now, gate.threshold.statistic, &gate.of, gate.medium);
        gate.threshold.holds(measured)
    }

    /// The thresholds that are not as they were, after something happened that may have turned
    /// them.
    pub(crate) fn thresholds_after(&self, now: Now, event: &Event) -> Option<Event> {
        if self.gates.is_unused() {
            return None;
        }
        let touched = Touched::by(self, event)?;
        let gates = self.gates.with_users();
        let touched = gates.filter(|(gate, users)| touched.is(self, gate, users));
        let turned = self.turned(now, touched.map(|(gate, _)| gate));
        // The first one that changes with time alone starts the clock.
        let starts = self.gates.look_at.is_none() && self.gates.some_timed();
        if turned.is_empty() && !starts {
            return None;
        }
        let look_at = match self.gates.look_at {
            None if starts => Some(now.engine + crate::gates::LOOK_EVERY),
            at => at,
        };
        Some(Event::Route(Route::Thresholds { turned, look_at }))
    }

    /// The same for those that change with time alone, when their time has come.
    pub(crate) fn thresholds_in_time(&self, now: Now) -> Event {
        let gates = self.gates.in_use();
        let timed = gates.filter(|gate| gate.threshold.statistic.is_timed());
        let turned = self.turned(now, timed);
        let some = self.gates.some_timed();
        let look_at = some.then(|| now.engine + crate::gates::LOOK_EVERY);
        Event::Route(Route::Thresholds { turned, look_at })
    }

    fn turned<'a>(&self, now: Now, gates: impl Iterator<Item = &'a Gate>) -> Vec<(Gate, bool)> {
        let holds = gates.map(|gate| (gate, self.gate_holds(now, gate)));
        let turned = holds.filter(|(gate, holds)| *holds != self.gates.is_open(gate));
        turned.map(|(gate, holds)| (gate.clone(), holds)).collect()
    }

    /// The thresholds a request names.
    pub(crate) fn names_gate(request: &RouteRequest, gate: &Gate) -> bool {
        let documented = request.documented();
        let named = documented.map(|it| it.targets.gates(request.medium));
        named.into_iter().flatten().any(|named| named == *gate)
    }
}

/// What an event may have made different for thresholds.
enum Touched {
    /// One agent.
    Agent(AgentId),
    /// How many wait where, and one agent.
    Lines(Option<AgentId>),
    /// What a request names was not looked at before.
    Request(Box<RouteRequest>),
    /// Anything.
    All,
}

impl Touched {
    fn by(state: &State, event: &Event) -> Option<Self> {
        Some(match event {
            Event::Agent(
                agent::Event::LoggedIn { agent, .. }
                | agent::Event::LoggedOut { agent }
                | agent::Event::Ready { agent, .. }
                | agent::Event::NotReady { agent, .. }
                | agent::Event::NotReadyNext { agent, .. }
                | agent::Event::DeskLost { agent, .. }
                | agent::Event::DeskBack { agent }
                | agent::Event::DeskSilent { agent, .. }
                | agent::Event::Paused { agent, .. },
            )
            | Event::Interaction(
                interaction::Event::Pulled { agent, .. }
                | interaction::Event::WrapBegun { agent, .. }
                | interaction::Event::WrapChanged { agent, .. }
                | interaction::Event::Joined { agent, .. }
                | interaction::Event::Left { agent, .. }
                | interaction::Event::Stopped {
                    owner: Some(agent), ..
                },
            ) => Self::Agent(*agent),
            Event::Interaction(interaction::Event::Submitted(it)) => Self::Agent(it.owner()?),
            Event::Offer(offer::Event::Made { offer, .. }) => Self::Lines(Some(offer.agent)),
            Event::Offer(
                offer::Event::Accepted { agent, .. } | offer::Event::NotTaken { agent, .. },
            ) => Self::Lines(Some(*agent)),
            Event::Route(Route::Requested { request, .. } | Route::Changed { request, .. }) => {
                match state.request(request.id) {
                    Some(request) if request.documented().is_some() => {
                        Self::Request(Box::new(request.clone()))
                    }
                    _ => Self::Lines(None),
                }
            }
            Event::Route(Route::Cancelled { .. }) => Self::Lines(None),
            Event::Config(
                config::Event::AgentPut(_)
                | config::Event::VirtualQueuePut(_)
                | config::Event::Put(_)
                | config::Event::Deleted { .. },
            ) => Self::All,
            _ => return None,
        })
    }

    fn is(&self, state: &State, gate: &Gate, users: &Users) -> bool {
        let waits = gate.threshold.statistic == Statistic::StatCallsInQueue;
        let serves = |agent: AgentId| users.concern(state, agent).unwrap_or(!waits);
        match self {
            Self::Agent(agent) => serves(*agent),
            Self::Lines(agent) => waits || agent.is_some_and(serves),
            Self::Request(request) => waits || State::names_gate(request, gate),
            Self::All => true,
        }
    }
}
