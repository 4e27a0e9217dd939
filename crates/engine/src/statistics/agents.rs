//! Agents as far as numbers go: logged in, ready, with how much in hand.

use super::{Book, quarters};
use ringback_model::statistic::{Counter, Counts, Key, Subject};
use ringback_model::{AgentId, EngineTime, Medium, Millis, Now, WallTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Bound;

/// One agent at this moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AgentNow {
    pub(super) logged_in: bool,
    /// Ready or not, for each medium logged in for.
    pub(super) media: BTreeMap<Medium, bool>,
    pub(super) work: BTreeMap<Medium, Work>,
    /// Up to when his time is counted.
    pub(super) accrued: EngineTime,
}

/// What an agent has of one medium.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Work {
    pub(super) offered: u32,
    pub(super) handling: u32,
    pub(super) consulting: u32,
}

impl Work {
    const fn is_none(self) -> bool {
        self.offered == 0 && self.handling == 0 && self.consulting == 0
    }
}

impl AgentNow {
    pub(super) fn is_busy(&self) -> bool {
        let busy = |work: &Work| work.handling + work.consulting > 0;
        self.work.values().any(busy)
    }

    /// Writes how long he was in each of his states, key by key.
    fn time(&self, span: Millis, mut add: impl FnMut(Option<Medium>, Counter, u64)) {
        if !self.logged_in || span == Millis::ZERO {
            return;
        }
        add(None, Counter::LoggedInTime, span.0);
        if self.is_busy() {
            add(None, Counter::BusyTime, span.0);
        }
        for (medium, ready) in &self.media {
            let counter = if *ready {
                Counter::ReadyTime
            } else {
                Counter::NotReadyTime
            };
            add(Some(*medium), counter, span.0);
        }
    }
}

impl Book {
    pub(super) fn anybody_logged_in(&self) -> bool {
        self.agents.values().any(|agent| agent.logged_in)
    }

    /// The state of an agent changes now: what went on until now is counted.
    pub(super) fn change_agent(
        &mut self,
        id: AgentId,
        now: Now,
        change: impl FnOnce(&mut AgentNow),
    ) {
        self.accrue(id, now.engine);
        let agent = self.agents.entry(id).or_default();
        agent.accrued = now.engine;
        change(agent);
    }

    /// What an agent has of a medium changes now.
    pub(super) fn change_work(
        &mut self,
        id: AgentId,
        medium: Medium,
        now: Now,
        change: impl FnOnce(&mut Work),
    ) {
        self.change_agent(id, now, |agent| {
            let work = agent.work.entry(medium).or_default();
            change(work);
            if work.is_none() {
                agent.work.remove(&medium);
            }
        });
    }

    pub(super) fn accrue_all(&mut self, until: EngineTime) {
        let logged_in = self.agents.iter().filter(|(_, agent)| agent.logged_in);
        let ids: Vec<AgentId> = logged_in.map(|(id, _)| *id).collect();
        for id in ids {
            self.accrue(id, until);
        }
    }

    /// Counts the time of an agent's states that was not counted yet.
    fn accrue(&mut self, id: AgentId, until: EngineTime) {
        let Some(agent) = self.agents.get_mut(&id) else {
            return;
        };
        let span = until.since(agent.accrued);
        agent.accrued = agent.accrued.max(until);
        let mut added = Vec::new();
        agent.time(span, |medium, counter, ms| {
            added.push((medium, counter, ms))
        });
        for (medium, counter, ms) in added {
            for key in self.directory.keys_of_time(id, medium) {
                self.cell(key).add(counter, ms);
            }
        }
    }

    /// Adds the time that goes on, quarter by quarter.
    pub(super) fn time_going_on(&self, now: Now, cells: &mut BTreeMap<(WallTime, Key), Counts>) {
        for (id, agent) in self.agents.iter().filter(|(_, agent)| agent.logged_in) {
            for stretch in quarters(agent.accrued, now) {
                let quarter = ringback_model::statistic::Tally::quarter_of(stretch.from.wall);
                agent.time(
                    stretch.to.since(stretch.from.engine),
                    |medium, counter, ms| {
                        for key in self.directory.keys_of_time(*id, medium) {
                            cells.entry((quarter, key)).or_default().add(counter, ms);
                        }
                    },
                );
            }
        }
    }

    /// Adds the time that goes on since `from`, of all the keys wanted.
    pub(super) fn add_time_since(
        &self,
        from: EngineTime,
        now: Now,
        wanted: &super::read::Wanted,
        counts: &mut Counts,
    ) {
        // Of one agent nobody else is looked at.
        let asked = match wanted.subject() {
            Subject::Agent(id) => (Bound::Included(id), Bound::Included(id)),
            _ => (Bound::Unbounded, Bound::Unbounded),
        };
        let agents = self.agents.range(asked);
        for (id, agent) in agents.filter(|(_, agent)| agent.logged_in) {
            let span = now.engine.since(agent.accrued.max(from));
            agent.time(span, |medium, counter, ms| {
                for key in self.directory.keys_of_time(*id, medium) {
                    if wanted.has(&key) {
                        counts.add(counter, ms);
                    }
                }
            });
        }
    }

    /// The agents a subject stands for.
    pub(super) fn agents_of(&self, subject: Subject) -> impl Iterator<Item = &AgentNow> {
        let belongs = move |id: &AgentId| match subject {
            Subject::Agent(one) => *id == one,
            Subject::Group(group) => self.directory.groups_of(*id).contains(&group),
            Subject::Everything => true,
            Subject::Queue(_) | Subject::VirtualQueue(_) => false,
        };
        let agents = self.agents.iter();
        agents.filter(move |(id, _)| belongs(id)).map(|(_, it)| it)
    }
}
