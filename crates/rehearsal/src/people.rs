//! Simulated customers and agents on the virtual clock: a company at work.
//!
//! Customers come (more when a simulated hour is busy), wait as long as their patience lasts and
//! leave. Agents log in, answer, reject or overlook offers, talk, take breaks, lose their desks
//! and go home. The engine is restarted in the middle, requests are repeated, notices fail.
//! Everything follows from one seed: equal plans give equal days, event by event.

mod agenda;
mod agents;
mod customers;
mod room;

use crate::random::Random;
use crate::stage::{Broken, Care, Stage, Told};
use agenda::{Agenda, Happening};
use ringback_engine::State;
use ringback_model::{EngineTime, Event, Input, Millis, Now, Refused};
use std::collections::BTreeMap;
use std::fmt;

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// From which everything follows.
    pub seed: u64,
    /// How many agents there are.
    pub agents: u32,
    /// For how long customers come; afterwards the house empties.
    pub open_for: Millis,
    /// How busy the agents would be if nobody left and nothing failed, in percent.
    pub load: u32,
    /// How closely it is watched.
    pub care: Care,
}

/// What became of a simulated day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Inputs told.
    pub told: u64,
    /// How often each event happened, by name.
    pub events: BTreeMap<&'static str, u64>,
    /// How often each refusal was given, by code.
    pub refusals: BTreeMap<&'static str, u64>,
    /// What the simulated people did, by name.
    pub done: BTreeMap<&'static str, u64>,
    /// Interactions still open when the house was closed.
    pub left_open: usize,
    /// Digest of the state at the end.
    pub digest: u64,
    /// Digest of all states on the way.
    pub history: u64,
}

impl Report {
    /// How often an event happened.
    #[must_use]
    pub fn events(&self, name: &str) -> u64 {
        self.events.get(name).copied().unwrap_or(0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} inputs, {} still open, state {:016x}, history {:016x}",
            self.told, self.left_open, self.digest, self.history
        )?;
        let parts = [
            ("people", &self.done),
            ("events", &self.events),
            ("refusals", &self.refusals),
        ];
        for (what, counts) in parts {
            let counts: Vec<String> = counts
                .iter()
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            writeln!(f, "{what}: {}", counts.join(", "))?;
        }
        Ok(())
    }
}

/// Simulates a day.
///
/// # Errors
/// An invariant does not hold, or a repeated request was carried out twice.
pub fn work(plan: Plan) -> Result<Report, Broken> {
    let mut company = Company::new(plan);
    company.open()?;
    company.run()?;
    company.stage.inspect()?;
    Ok(company.report())
}

/// The longest the house takes to empty after the last customer came.
const CLOSING: Millis = Millis::seconds(2 * 3_600);

/// How long the engine runs between two restarts, after the first one.
const RESTARTS: Millis = Millis::seconds(2 * 3_600);

/// The stage and everybody on it.
pub(crate) struct Company {
    pub(crate) plan: Plan,
    pub(crate) stage: Stage,
    pub(crate) random: Random,
    pub(crate) agenda: Agenda,
    refusals: BTreeMap<&'static str, u64>,
    done: BTreeMap<&'static str, u64>,
    history: u64,
    /// Events people have not seen yet, and when they happened.
    unseen: Vec<(EngineTime, Event)>,
}

impl Company {
    fn new(plan: Plan) -> Self {
        Self {
            plan,
            stage: Stage::new(plan.care),
            random: Random::new(plan.seed),
            agenda: Agenda::default(),
            refusals: BTreeMap::new(),
            done: BTreeMap::new(),
            history: plan.seed,
            unseen: Vec::new(),
        }
    }

    /// Sets the company up and puts the first things on the agenda.
    fn open(&mut self) -> Result<(), Broken> {
        for input in customers::queues().into_iter().chain([room::settings()]) {
            self.tell(&input)?;
        }
        self.hire()?;
        self.agenda.put(EngineTime(1_000), Happening::CustomerComes);
        let half = EngineTime(self.plan.open_for.0 / 2);
        self.agenda.put(half, Happening::EngineStops);
        Ok(())
    }

    fn run(&mut self) -> Result<(), Broken> {
        let end = EngineTime::default() + self.plan.open_for + CLOSING;
        loop {
            let due = self.stage.state().next_deadline();
            let Some(next) = self.agenda.next().into_iter().chain(due).min() else {
                return Ok(());
            };
            if next > end || self.is_closed_and_empty() {
                return Ok(());
            }
            self.pass_until(next)?;
            while let Some(happening) = self.agenda.take(self.stage.now().engine) {
                self.happens(happening)?;
            }
        }
    }

    fn is_closed_and_empty(&self) -> bool {
        !self.is_open() && self.stage.state().open() == 0
    }

    /// Whether customers still come.
    pub(crate) fn is_open(&self) -> bool {
        self.stage.now().engine.0 < self.plan.open_for.0
    }

    fn happens(&mut self, it: Happening) -> Result<(), Broken> {
        match it {
            Happening::CustomerComes => self.customer_comes(),
            Happening::PatienceEnds(id) => self.patience_ends(id),
            Happening::AgentAnswers(offer, agent) => self.agent_answers(offer, agent),
            Happening::AgentFinishes(id, agent) => self.agent_finishes(id, agent),
            Happening::AgentWrapsUp(id, agent) => self.agent_wraps_up(id, agent),
            Happening::AgentGetsReady(agent) => self.agent_gets_ready(agent),
            Happening::AgentTakesABreak(agent) => self.agent_takes_a_break(agent),
            Happening::AgentGoesHome(agent) => self.agent_goes_home(agent),
            Happening::DeskFails(agent) => self.desk_fails(agent),
            Happening::DeskIsBack(agent) => self.desk_is_back(agent),
            Happening::RoomStarts(effect) => self.room_starts(effect),
            Happening::RoomReports(effect) => self.room_reports(effect),
            Happening::EngineStops => self.engine_stops(),
        }
    }

    /// The engine stops and is opened again; most desks come back within their grace.
    fn engine_stops(&mut self) -> Result<(), Broken> {
        self.count("engine restarted");
        let again = self.stage.now().engine + RESTARTS;
        self.agenda.put(again, Happening::EngineStops);
        let outage = Millis(1_000 + self.random.below(20_000));
        let mut unseen = std::mem::take(&mut self.unseen);
        let see = &mut |_: &State, now: Now, event: &Event| {
            unseen.push((now.engine, event.clone()));
        };
        self.stage.restart(outage, see)?;
        self.unseen = unseen;
        self.everybody_looks();
        for agent in self.stage.state().agent_ids() {
            let soon = Millis(500 + self.random.exponential(8_000));
            self.agenda
                .put(self.stage.now().engine + soon, Happening::DeskIsBack(agent));
        }
        Ok(())
    }

    fn pass_until(&mut self, to: EngineTime) -> Result<(), Broken> {
        let mut unseen = std::mem::take(&mut self.unseen);
        let see = &mut |_: &State, now: Now, event: &Event| {
            unseen.push((now.engine, event.clone()));
        };
        self.stage.pass_until(to, see)?;
        self.unseen = unseen;
        self.everybody_looks();
        Ok(())
    }

    /// Tells an input; everybody sees what happens.
    pub(crate) fn tell(&mut self, input: &Input) -> Result<Told, Broken> {
        let told = self.stage.tell(input)?;
        Ok(self.told(told))
    }

    /// Tells an input under an id.
    pub(crate) fn tell_once(&mut self, id: u128, input: &Input) -> Result<Told, Broken> {
        let told = self.stage.tell_once(id, input, &mut |_, _, _| {})?;
        Ok(self.told(told))
    }

    fn told(&mut self, told: Told) -> Told {
        let now = self.stage.now().engine;
        if let Told::Refused(why) = &told {
            *self.refusals.entry(Refused::code(why)).or_default() += 1;
        }
        let events = told.events().iter().cloned();
        self.unseen.extend(events.map(|event| (now, event)));
        self.everybody_looks();
        told
    }

    /// People see what happened and put on the agenda what they will do.
    fn everybody_looks(&mut self) {
        for (at, event) in std::mem::take(&mut self.unseen) {
            self.agents_look(at, &event);
            self.room_looks(at, &event);
        }
        let digest = self.stage.state().digest();
        self.history = (self.history ^ digest)
            .wrapping_mul(0x0100_0000_01b3)
            .rotate_left(17);
    }

    /// Puts something on the agenda.
    pub(crate) fn later(&mut self, at: EngineTime, span: Millis, it: Happening) {
        self.agenda.put(at + span, it);
    }

    /// Counts what people did.
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    /// What must not be, said as the stage says it.
    pub(crate) fn broken(&self, what: &str) -> Broken {
        Broken {
            at: self.stage.now().engine,
            input: "a simulated person".to_owned(),
            broken: vec![what.to_owned()],
        }
    }

    fn report(self) -> Report {
        Report {
            told: self.stage.told(),
            events: self.stage.auditor().counts().clone(),
            refusals: self.refusals,
            done: self.done,
            left_open: self.stage.state().open(),
            digest: self.stage.state().digest(),
            history: self.history,
        }
    }
}
