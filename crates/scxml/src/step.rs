//! The interpreter (appendix D): one input, one macrostep, the effects of it.
//!
//! The names of the functions are those of the Recommendation where it has them.

mod content;
mod enter;
mod exit;
mod invoke;
mod payload;
mod send;

use crate::chart::{Chart, Domain, ExpressionIx, TransitionIx};
use crate::datamodel::{Assigned, DataModel, Failure, System, View};
use crate::effect::{Effect, Route};
use crate::event::{Event, EventKind};
use crate::limits::Limit;
use crate::platform::{Everyone, Platform, Reach};
use crate::position::Position;
use crate::select;
use crate::session::{Session, Status};
use crate::states::{StateIx, StateSet};
use crate::trace::{NoTrace, Trace};
use crate::value::Value;

/// What a session is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Begin. Values for `<data>` that are children of the document's own `<datamodel>`; names that
    /// are not there are ignored (6.4.3).
    Start(Vec<(String, Value)>),
    /// An external event.
    Event(Event),
    /// A delayed send is due: its key.
    Timer(u64),
    /// End at once (3.13, cancel event).
    Cancel,
}

/// A session ran into a limit and is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is over: {limit}, at {place}")]
pub struct Broken {
    /// Which limit.
    pub limit: Limit,
    /// Where in the document it was, as `file:line:column`.
    pub place: String,
}

/// Interprets one chart on one platform.
#[derive(Clone, Copy)]
pub struct Machine<'a> {
    /// The document.
    pub chart: &'a Chart,
    /// What is around it.
    pub platform: &'a Platform,
    /// Who can be reached.
    pub reach: &'a dyn Reach,
}

impl<'a> Machine<'a> {
    /// A machine that takes every session to be there.
    pub fn new(chart: &'a Chart, platform: &'a Platform) -> Machine<'a> {
        Machine {
            chart,
            platform,
            reach: &Everyone,
        }
    }

    /// Lets a session take one input, up to where it waits for the next.
    ///
    /// `now` is milliseconds on any clock that does not go back; delayed sends are due on it. The
    /// same session, input, `now` and data give the same session and effects.
    ///
    /// A session that is over, or has not started, ignores what does not concern it.
    ///
    /// # Errors
    /// [`Broken`] when a limit was hit. The session is over; effects of this step are lost with it.
    pub fn step(
        &self,
        session: &mut Session,
        now: i64,
        input: Input,
        data: &mut dyn DataModel,
    ) -> Result<Vec<Effect>, Broken> {
        self.step_traced(session, now, input, data, &mut NoTrace)
    }

    /// As [`Machine::step`], watched.
    ///
    /// # Errors
    /// As [`Machine::step`].
    pub fn step_traced(
        &self,
        session: &mut Session,
        now: i64,
        input: Input,
        data: &mut dyn DataModel,
        trace: &mut dyn Trace,
    ) -> Result<Vec<Effect>, Broken> {
        let mut run = Run {
            chart: self.chart,
            platform: self.platform,
            reach: self.reach,
            session,
            data,
            trace,
            now,
            effects: Vec::new(),
            operations: 0,
            to_invoke: StateSet::default(),
            running: true,
            cancelling: false,
            at: Position::default(),
        };
        match run.take(input) {
            Ok(()) => Ok(run.effects),
            Err(limit) => {
                let place = self.chart.place(run.at);
                session.status = Status::Broken(limit);
                session.internal.clear();
                session.delayed.clear();
                Err(Broken { limit, place })
            }
        }
    }

    /// As [`Machine::step_traced`], and gives the session what it sent to itself until it waits for
    /// somebody else. The effects are those for others.
    ///
    /// # Errors
    /// As [`Machine::step`]; a session that talks to itself without end runs into
    /// [`Limit::Microsteps`].
    pub fn settle(
        &self,
        session: &mut Session,
        now: i64,
        input: Input,
        data: &mut dyn DataModel,
        trace: &mut dyn Trace,
    ) -> Result<Vec<Effect>, Broken> {
        let mut others = Vec::new();
        let mut own = std::collections::VecDeque::from([input]);
        let mut rounds = 0;
        while let Some(input) = own.pop_front() {
            rounds += 1;
            if rounds > self.platform.limits.microsteps {
                session.status = Status::Broken(Limit::Microsteps);
                return Err(Broken {
                    limit: Limit::Microsteps,
                    place: self.chart.place(Position::default()),
                });
            }
            for effect in self.step_traced(session, now, input, data, trace)? {
                match effect {
                    Effect::Send(send) if send.route == Route::Own => {
                        own.push_back(Input::Event(send.event));
                    }
                    other => others.push(other),
                }
            }
        }
        Ok(others)
    }
}

/// One step under way.
struct Run<'a> {
    chart: &'a Chart,
    platform: &'a Platform,
    reach: &'a dyn Reach,
    session: &'a mut Session,
    data: &'a mut dyn DataModel,
    trace: &'a mut dyn Trace,
    now: i64,
    effects: Vec<Effect>,
    operations: u32,
    /// `statesToInvoke`.
    to_invoke: StateSet,
    /// `running`.
    running: bool,
    /// Whether the session ends because it was told to: then nobody wants to hear of it.
    cancelling: bool,
    /// What is being carried out, for the report of a limit.
    at: Position,
}

/// What can stop a step: only a limit.
type Step<T = ()> = Result<T, Limit>;

impl Run<'_> {
    fn take(&mut self, input: Input) -> Step {
        match (input, self.session.status) {
            (Input::Start(values), Status::New) => self.start(&values),
            (Input::Event(event), Status::Running) => self.external(event),
            (Input::Timer(key), Status::Running) => self.timer(key),
            (Input::Cancel, Status::Running) => {
                self.running = false;
                self.cancelling = true;
                self.exit_interpreter()
            }
            (Input::Cancel, Status::New) => {
                self.session.status = Status::Cancelled;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `interpret`.
    fn start(&mut self, values: &[(String, Value)]) -> Step {
        self.session.status = Status::Running;
        let processors = self.platform.io_processors(&self.session.id);
        let opened = self.data.open(System {
            session: &self.session.id,
            name: self.chart.name.as_deref(),
            io_processors: &processors,
        });
        self.guard(opened, Position::default(), "scxml")?;
        self.initialise_datamodel(values)?;
        let chart = self.chart;
        for script in &chart.scripts {
            let view = View {
                chart,
                active: &self.session.configuration,
            };
            let ran = self.data.script(view, *script);
            self.guard(ran, chart.expression(*script).at, "script")?;
        }
        if let Some(initial) = chart.states[0].initial {
            self.enter_states(&[initial])?;
        }
        self.main_event_loop()
    }

    /// 5.3.3: early binding gives all data their values now, late binding only those of the document
    /// itself; all variables exist from now on.
    fn initialise_datamodel(&mut self, values: &[(String, Value)]) -> Step {
        let chart = self.chart;
        for data in &chart.data {
            let declared = self.data.declare(&data.id);
            self.guard(declared, data.at, "data")?;
        }
        let late = chart.binding == crate::chart::Binding::Late;
        for data in chart.data.iter().filter(|data| data.top_level || !late) {
            let told = values
                .iter()
                .rev()
                .find(|(name, _)| data.top_level && *name == data.id);
            match told {
                Some((_, value)) => self.initialise(data, Some(value))?,
                None => self.initialise(data, None)?,
            }
        }
        Ok(())
    }

    fn initialise(&mut self, data: &crate::chart::Data, told: Option<&Value>) -> Step {
        use crate::chart::DataSource;
        let assigned = match (told, &data.source) {
            (Some(value), _) => Assigned::Value(value),
            (None, DataSource::None) => return Ok(()),
            (None, DataSource::Expression(expression)) => Assigned::Expression(*expression),
            (None, DataSource::Content(content)) => Assigned::Content(content),
            (None, DataSource::Missing(problem)) => {
                let problem = problem.clone();
                return self
                    .guard::<()>(Err(Failure::new(problem)), data.at, "data")
                    .map(|_| ());
            }
        };
        let view = View {
            chart: self.chart,
            active: &self.session.configuration,
        };
        let done = self.data.initialise(view, &data.id, assigned);
        self.guard(done, data.at, "data").map(|_| ())
    }

    /// `mainEventLoop` up to where it waits for an external event.
    fn main_event_loop(&mut self) -> Step {
        let mut microsteps = 0;
        while self.running {
            self.macrostep(&mut microsteps)?;
            if !self.running {
                break;
            }
            self.invoke_all()?;
            // Invoking may have raised errors, which are handled before anything from outside.
            if self.session.internal.is_empty() {
                return Ok(());
            }
        }
        self.exit_interpreter()
    }

    /// Transitions without event first, then internal events, until neither is left.
    fn macrostep(&mut self, microsteps: &mut u32) -> Step {
        while self.running {
            let mut enabled = self.select_transitions(None)?;
            if enabled.is_empty() {
                let Some(event) = self.session.internal.pop_front() else {
                    return Ok(());
                };
                self.bind_event(&event)?;
                enabled = self.select_transitions(Some(&event.name))?;
                *microsteps += 1;
            }
            if !enabled.is_empty() {
                *microsteps += 1;
                self.microstep(&enabled)?;
            }
            if *microsteps > self.platform.limits.microsteps {
                return Err(Limit::Microsteps);
            }
        }
        Ok(())
    }

    fn microstep(&mut self, enabled: &[TransitionIx]) -> Step {
        self.exit_states(enabled)?;
        let chart = self.chart;
        for transition in enabled {
            self.trace.transition(chart, *transition);
            self.block(chart.transition(*transition).content.clone())?;
        }
        self.enter_states(enabled)
    }

    fn external(&mut self, event: Event) -> Step {
        self.bind_event(&event)?;
        self.note_end(&event);
        self.finalize_and_forward(&event)?;
        let enabled = self.select_transitions(Some(&event.name))?;
        if !enabled.is_empty() {
            self.microstep(&enabled)?;
        }
        self.main_event_loop()
    }

    fn timer(&mut self, key: u64) -> Step {
        let Some(index) = self
            .session
            .delayed
            .iter()
            .position(|delayed| delayed.key == key)
        else {
            return Ok(());
        };
        let send = self.session.delayed.remove(index).send;
        match send.route {
            Route::Own => self.external(send.event),
            _ => self.effect(Effect::Send(Box::new(send))),
        }
    }

    fn bind_event(&mut self, event: &Event) -> Step {
        self.trace.event(self.chart, event);
        let bound = self.data.set_event(event);
        self.guard(bound, Position::default(), "scxml").map(|_| ())
    }

    /// `selectTransitions`, or `selectEventlessTransitions` without a name, and
    /// `removeConflictingTransitions`.
    fn select_transitions(&mut self, event: Option<&str>) -> Step<Vec<TransitionIx>> {
        let chart = self.chart;
        let mut enabled: Vec<TransitionIx> = Vec::new();
        let atomic: Vec<StateIx> = self
            .session
            .configuration
            .iter()
            .filter(|state| chart.at(*state).children.is_empty())
            .collect();
        for state in atomic {
            let from_here = std::iter::once(state).chain(chart.ancestors(state));
            for state in from_here {
                if let Some(found) = self.first_enabled(state, event)? {
                    if !enabled.contains(&found) {
                        enabled.push(found);
                    }
                    break;
                }
            }
        }
        if enabled.len() > 1 {
            enabled = self.remove_conflicting(&enabled);
        }
        Ok(enabled)
    }

    fn first_enabled(&mut self, state: StateIx, event: Option<&str>) -> Step<Option<TransitionIx>> {
        let chart = self.chart;
        for index in chart.at(state).transitions.clone() {
            let transition = &chart.transitions[index as usize];
            let named = match event {
                None => transition.events.is_empty(),
                Some(name) => transition
                    .events
                    .iter()
                    .any(|descriptor| descriptor.matches(name)),
            };
            if named && self.holds(transition.condition, transition.at, "transition")? {
                return Ok(Some(TransitionIx(index)));
            }
        }
        Ok(None)
    }

    /// 5.9.1: a condition that cannot be evaluated is false, and an error.
    fn holds(
        &mut self,
        condition: Option<ExpressionIx>,
        at: Position,
        element: &'static str,
    ) -> Step<bool> {
        let Some(condition) = condition else {
            return Ok(true);
        };
        self.at = at;
        let view = View {
            chart: self.chart,
            active: &self.session.configuration,
        };
        let result = self.data.condition(view, condition);
        self.trace.condition(self.chart, condition, &result);
        Ok(self.guard(result, at, element)?.unwrap_or(false))
    }

    /// Two exit sets meet exactly when one domain is inside of the other, because the source of each
    /// transition is active inside of its domain.
    fn remove_conflicting(&self, enabled: &[TransitionIx]) -> Vec<TransitionIx> {
        let mut filtered: Vec<(TransitionIx, Option<StateIx>)> = Vec::new();
        for one in enabled {
            let domain = self.domain(*one);
            let source = self.chart.transition(*one).source;
            let mut preempted = false;
            let mut removed: Vec<TransitionIx> = Vec::new();
            for (other, other_domain) in &filtered {
                if !self.meet(domain, *other_domain) {
                    continue;
                }
                if self
                    .chart
                    .is_descendant(source, self.chart.transition(*other).source)
                {
                    removed.push(*other);
                } else {
                    preempted = true;
                    break;
                }
            }
            if !preempted {
                filtered.retain(|(other, _)| !removed.contains(other));
                filtered.push((*one, domain));
            }
        }
        filtered
            .into_iter()
            .map(|(transition, _)| transition)
            .collect()
    }

    fn meet(&self, one: Option<StateIx>, other: Option<StateIx>) -> bool {
        let (Some(one), Some(other)) = (one, other) else {
            return false;
        };
        one == other || self.chart.is_descendant(one, other) || self.chart.is_descendant(other, one)
    }

    /// `getTransitionDomain`; `None` without target.
    fn domain(&self, transition: TransitionIx) -> Option<StateIx> {
        let transition = self.chart.transition(transition);
        match transition.domain {
            Domain::Nothing => None,
            Domain::Fixed(domain) => Some(domain),
            Domain::Depends => {
                let targets = select::effective_targets(self.chart, self.session, transition);
                Some(select::domain_of(self.chart, transition, &targets))
            }
        }
    }

    /// Turns a failure into `error.execution`; a limit stops the step.
    fn guard<T>(
        &mut self,
        result: Result<T, Failure>,
        at: Position,
        element: &str,
    ) -> Step<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Failure::Limit(limit)) => {
                self.at = at;
                Err(limit)
            }
            Err(Failure::Execution(reason)) => {
                self.error("error.execution", at, element, &reason, None)?;
                Ok(None)
            }
        }
    }

    /// Puts an error event into the internal queue (3.12.2), with where and why in its data.
    fn error(
        &mut self,
        name: &str,
        at: Position,
        element: &str,
        reason: &str,
        sendid: Option<&str>,
    ) -> Step {
        self.trace.failed(self.chart, at, name, reason);
        let file = self.chart.files.get(usize::from(at.file));
        let data = Value::Map(vec![
            ("tagname".to_owned(), element.into()),
            ("file".to_owned(), file.map_or("", String::as_str).into()),
            ("line".to_owned(), f64::from(at.line).into()),
            ("column".to_owned(), f64::from(at.column).into()),
            ("reason".to_owned(), reason.into()),
        ]);
        self.raise(Event {
            sendid: sendid.map(str::to_owned),
            ..Event::platform(name, data)
        })
    }

    fn raise(&mut self, event: Event) -> Step {
        if self.session.internal.len() >= self.platform.limits.internal_events {
            return Err(Limit::InternalEvents);
        }
        self.session.internal.push_back(event);
        Ok(())
    }

    fn raise_internal(&mut self, name: &str, data: Value, kind: EventKind) -> Step {
        self.raise(Event {
            kind,
            ..Event::new(name, data)
        })
    }

    fn effect(&mut self, effect: Effect) -> Step {
        if self.effects.len() >= self.platform.limits.effects {
            return Err(Limit::Effects);
        }
        self.effects.push(effect);
        Ok(())
    }

    /// An id that this session has not given out before.
    fn next_id(&mut self) -> u64 {
        self.session.given += 1;
        self.session.given
    }
}
