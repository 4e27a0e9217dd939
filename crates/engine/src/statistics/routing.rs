//! The statistics that thresholds and checks of routing may name, answered at this moment.
//!
//! A pure function of the state and of told facts. What is true at this moment is the state's;
//! what has a past ("since the day began") was counted behind the loop and comes in as a value,
//! as old as it is, so that deciding again decides the same. What nobody knows is `None`, and
//! then no comparison holds.

use super::Book;
use crate::state::State;
use ringback_model::agent::AtWork;
use ringback_model::config::Statistic as Configured;
use ringback_model::route::RouteRequest;
use ringback_model::statistic::{Measure, Subject};
use ringback_model::target::{Expression, Measured, Statistic};
use ringback_model::{AgentId, EngineTime, Medium, Millis, Now, VirtualQueueId};
use std::collections::{BTreeMap, BTreeSet};

/// Whose number it is; more than one come together as the meaning of the statistic says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// Agents: one, or those of a group or skill expression.
    Agents(Vec<AgentId>),
    /// Virtual queues.
    Queues(Vec<VirtualQueueId>),
}

/// What was counted, as it is told to whoever decides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Accepted since the day began.
    pub accepted: BTreeMap<AgentId, f64>,
    /// Completed since the day began.
    pub completed: BTreeMap<AgentId, f64>,
    /// The service factor since the day began.
    pub service_factor: BTreeMap<VirtualQueueId, f64>,
    /// The mean handling time of each medium since the day began, in seconds.
    pub handle_time: BTreeMap<Medium, f64>,
}

/// How many of those who wait in a queue are looked at for whom they want.
const LOOKED_AT_MAX: usize = 1_000;

/// The agents an expression wants.
#[must_use]
pub fn wanted_by(state: &State, expression: &Expression) -> Vec<AgentId> {
    let agents = state.agent_ids().into_iter();
    agents
        .filter(|id| state.is_wanted(*id, expression))
        .collect()
}

/// The value of a statistic, for an interaction of this medium; `None`: unknown, or not of this
/// kind of target.
#[must_use]
pub fn value(
    state: &State,
    facts: &Facts,
    now: Now,
    statistic: Statistic,
    of: &Of,
    medium: Medium,
) -> Option<f64> {
    match (statistic.measured(), of) {
        (Measured::Agents, Of::Agents(agents)) => {
            of_agents(state, facts, now.engine, statistic, agents, medium)
        }
        (Measured::Queues, Of::Queues(queues)) => of_queues(state, facts, statistic, queues),
        _ => None,
    }
}

fn of_agents(
    state: &State,
    facts: &Facts,
    now: EngineTime,
    statistic: Statistic,
    agents: &[AgentId],
    medium: Medium,
) -> Option<f64> {
    let at_work = || {
        agents
            .iter()
            .filter_map(|id| Some((*id, state.at_work(*id)?)))
    };
    let logged_in = || at_work().filter(|(_, it)| it.desk.is_some());
    let count = |holds: &dyn Fn(AgentId, &AtWork) -> bool| {
        Some(float(
            logged_in().filter(|(id, it)| holds(*id, it)).count() as u64
        ))
    };
    let sum =
        |of: &BTreeMap<AgentId, f64>| Some(agents.iter().filter_map(|id| of.get(id)).sum::<f64>());
    match statistic {
        Statistic::RStatAgentsTotal | Statistic::StatAgentsTotal => count(&|_, _| true),
        Statistic::RStatAgentsReady => count(&|_, it| is_ready(it, None)),
        Statistic::RStatAgentsReadyVoice => count(&|_, it| is_ready(it, Some(Medium::Voice))),
        Statistic::StatAgentsReady => count(&|_, it| is_ready(it, Some(medium))),
        Statistic::StatAgentsAvailable => {
            count(&|id, it| is_ready(it, Some(medium)) && state.room(id, medium) > 0)
        }
        Statistic::StatAgentsBusy => count(&|_, it| in_hand(it) > 0),
        Statistic::StatAgentLoading => logged_in().map(|(_, it)| in_hand(it)).min().map(float),
        Statistic::StatAgentOccupancy => {
            let shares = logged_in().filter_map(|(_, it)| occupancy(it, now));
            shares.min_by(f64::total_cmp)
        }
        Statistic::StatTimeInReadyState => {
            let idle = logged_in().filter(|(_, it)| is_ready(it, None) && in_hand(it) == 0);
            idle.map(|(_, it)| now.since(it.idle_since))
                .max()
                .map(seconds)
        }
        Statistic::StatCallsAnswered => sum(&facts.accepted),
        Statistic::StatCallsCompleted => sum(&facts.completed),
        _ => None,
    }
}

fn of_queues(
    state: &State,
    facts: &Facts,
    statistic: Statistic,
    queues: &[VirtualQueueId],
) -> Option<f64> {
    let inside = |id: &VirtualQueueId| {
        let counts = state.line_counts(*id);
        counts.entered - counts.left
    };
    match statistic {
        Statistic::StatCallsInQueue => Some(float(queues.iter().map(inside).sum())),
        Statistic::StatAgentsInQueueLogin => {
            let there = serving(state, queues, |it, _| it.desk.is_some());
            Some(float(there.len() as u64))
        }
        Statistic::StatAgentsInQueueReady => {
            let there = serving(state, queues, |it, medium| is_ready(it, Some(medium)));
            Some(float(there.len() as u64))
        }
        Statistic::StatServiceFactor => {
            let known = queues.iter().filter_map(|id| facts.service_factor.get(id));
            known.copied().min_by(f64::total_cmp)
        }
        Statistic::StatLoadBalance => {
            let loads = queues.iter().filter_map(|id| {
                let there = serving(state, &[*id], |it, _| it.desk.is_some());
                let medium = first_waiting(state, *id)?.medium;
                let handling = facts.handle_time.get(&medium)?;
                let load = float(inside(id) + 1) * handling;
                (!there.is_empty()).then(|| load / float(there.len() as u64))
            });
            loads.min_by(f64::total_cmp)
        }
        // Waits are not estimated yet.
        _ => None,
    }
}

fn first_waiting(state: &State, queue: VirtualQueueId) -> Option<RouteRequest> {
    let first = state.line(queue, 1).into_iter().next();
    first.map(|waiting| waiting.request)
}

/// Agents whom a request that waits in one of the queues wants.
fn serving(
    state: &State,
    queues: &[VirtualQueueId],
    holds: impl Fn(&AtWork, Medium) -> bool,
) -> BTreeSet<AgentId> {
    let mut wants: Vec<(Medium, Expression)> = Vec::new();
    for queue in queues {
        for waiting in state.line(*queue, LOOKED_AT_MAX) {
            let want = (
                waiting.request.medium,
                waiting.request.wanted().into_owned(),
            );
            if !wants.contains(&want) {
                wants.push(want);
            }
        }
    }
    let mut there = BTreeSet::new();
    for (medium, expression) in &wants {
        let wanted = wanted_by(state, expression).into_iter();
        there.extend(wanted.filter(|id| state.at_work(*id).is_some_and(|it| holds(it, *medium))));
    }
    there
}

fn is_ready(at_work: &AtWork, medium: Option<Medium>) -> bool {
    let mut media = at_work.media.iter();
    media.any(|(it, ready)| medium.is_none_or(|medium| medium == *it) && ready.not_ready.is_none())
}

/// Interactions the agent works on, his own or another's.
fn in_hand(at_work: &AtWork) -> u64 {
    use ringback_model::agent::ClaimKind;
    let claims = at_work.claims.iter();
    let works = |kind| matches!(kind, ClaimKind::Handling | ClaimKind::Consult);
    claims.filter(|claim| works(claim.kind)).count() as u64
}

fn occupancy(at_work: &AtWork, now: EngineTime) -> Option<f64> {
    let since = at_work.desk?.since.engine;
    let there = now.since(since);
    let occupied = at_work
        .occupied
        .get()
        .map_or(Millis::ZERO, |it| it.until(now));
    (there > Millis::ZERO).then(|| 100.0 * float(occupied.0) / float(there.0))
}

const fn float(number: u64) -> f64 {
    number as f64
}

fn seconds(span: Millis) -> f64 {
    float(span.0) / 1_000.0
}

impl Book {
    /// What was counted that routing may ask for.
    #[must_use]
    pub fn facts(&self, now: Now) -> Facts {
        let asked = |measure, kind| super::Asked {
            statistic: Configured::plain(measure, kind),
            filter: None,
        };
        let value = |measure, subject: Subject, medium| {
            let target = super::Target { subject, medium };
            let found = self.value(&asked(measure, subject.kind()), target, now);
            found.map(|amount| amount.0)
        };
        let mut facts = Facts::default();
        for id in self.agents.keys() {
            let subject = Subject::Agent(*id);
            let put = |of: &mut BTreeMap<AgentId, f64>, measure| {
                let number = value(measure, subject, None).filter(|number| *number > 0.0);
                of.extend(number.map(|number| (*id, number)));
            };
            put(&mut facts.accepted, Measure::TotalAccepted);
            put(&mut facts.completed, Measure::TotalCompleted);
        }
        for id in self.directory.virtual_queue_ids() {
            let factor = value(Measure::ServiceFactor, Subject::VirtualQueue(id), None);
            facts
                .service_factor
                .extend(factor.map(|factor| (id, factor)));
        }
        for medium in Medium::ALL {
            let time = value(
                Measure::AverageHandleTime,
                Subject::Everything,
                Some(medium),
            );
            facts.handle_time.extend(time.map(|time| (medium, time)));
        }
        facts
    }
}
