//! Many sessions in one place, on virtual time: they send events to each other and invoke each other.
//!
//! For tests, tools and small programs. Nothing is kept and nothing waits: when all sessions are at
//! rest, the clock jumps to the next delayed send. What leaves the house goes through [`Outside`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::basic_http::{self, Request};
use crate::chart::Chart;
use crate::compile::{Options, Refused, compile};
use crate::ecmascript::{Pool, Settings, Told};
use crate::effect::{Action, Effect, Invoke, Route, Send, Source};
use crate::event::Event;
use crate::platform::{Platform, Reach};
use crate::position::Position;
use crate::session::Session;
use crate::step::{Broken, Input};
use crate::trace::{NoTrace, Trace};
use crate::value::Value;

/// What is outside of the interpreter.
pub trait Outside {
    /// Sends a request of the BasicHTTP event processor.
    ///
    /// # Errors
    /// Why it could not be delivered; the session gets `error.communication`.
    fn http(&mut self, request: &Request) -> Result<(), String> {
        Err(format!("nothing is sent to {}", request.target))
    }

    /// Events that came in from outside since it was asked last: the id of the session and the event.
    fn arrived(&mut self) -> Vec<(String, Event)> {
        Vec::new()
    }

    /// Carries out a custom action; the events it answers with.
    fn action(&mut self, session: &str, action: &Action) -> Vec<Event> {
        let _ = (session, action);
        Vec::new()
    }

    /// A line of a log.
    fn log(&mut self, session: &str, label: Option<&str>, value: &Value, at: Position) {
        let _ = (session, label, value, at);
    }

    /// A session ran into a limit.
    fn broken(&mut self, session: &str, broken: &Broken) {
        let _ = (session, broken);
    }
}

/// More sessions than this are not invoked: a document that invokes itself would never end.
const SESSIONS_MAX: usize = 1_000;

/// Nothing is outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Outside for Nowhere {}

/// A session with its document.
struct Running {
    chart: Arc<Chart>,
    session: Session,
    /// The session that invoked it, and under which id.
    parent: Option<(String, String)>,
}

/// The sessions that take events.
#[derive(Default)]
struct Alive(BTreeSet<String>);

impl Reach for Alive {
    fn session(&self, id: &str) -> bool {
        self.0.contains(id)
    }
}

/// Something that waits for its turn.
struct Due {
    to: String,
    /// The session it comes from.
    from: Option<String>,
    input: Input,
}

/// The interpreter.
pub struct Interpreter<'a> {
    platform: Platform,
    options: Options<'a>,
    pool: Pool,
    resident: bool,
    now: i64,
    wall: i64,
    sessions: BTreeMap<String, Running>,
    alive: Alive,
    queue: VecDeque<Due>,
    made: u64,
    steps: u64,
}

impl<'a> Interpreter<'a> {
    /// An interpreter without sessions. `wall` is the time of day at the start, milliseconds since 1970.
    pub fn new(
        platform: Platform,
        options: Options<'a>,
        settings: Settings,
        wall: i64,
    ) -> Interpreter<'a> {
        Interpreter {
            platform,
            options,
            resident: settings.resident > 0,
            pool: Pool::new(settings),
            now: 0,
            wall,
            sessions: BTreeMap::new(),
            alive: Alive::default(),
            queue: VecDeque::new(),
            made: 0,
            steps: 0,
        }
    }

    /// Reads a document and starts a session of it; its id.
    ///
    /// # Errors
    /// [`Refused`] when the document is.
    pub fn start(&mut self, name: &str, bytes: &[u8]) -> Result<String, Refused> {
        let chart = compile(name, bytes, &self.options)?.chart;
        Ok(self.start_chart(chart, Vec::new()))
    }

    /// Starts a session of a chart; its id. It begins with the next [`Interpreter::run`].
    pub fn start_chart(&mut self, chart: Arc<Chart>, data: Vec<(String, Value)>) -> String {
        let id = self.new_id();
        self.add(id.clone(), chart, Session::new(id.clone()), None, data);
        id
    }

    /// Puts an event into the external queue of a session.
    pub fn send(&mut self, session: &str, event: Event) {
        self.queue.push_back(Due {
            to: session.to_owned(),
            from: None,
            input: Input::Event(event),
        });
    }

    /// Milliseconds since the start.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// A session, running or over, with its chart. What ended by itself stays until it is forgotten
    /// by whoever invoked it.
    pub fn session(&self, id: &str) -> Option<(&Chart, &Session)> {
        let running = self.sessions.get(id)?;
        Some((&running.chart, &running.session))
    }

    /// Ids of all sessions, also those that were invoked.
    pub fn sessions(&self) -> impl Iterator<Item = &str> {
        self.sessions.keys().map(String::as_str)
    }

    /// Runs until everything is at rest and the next delayed send is later than `until`; the clock
    /// then shows `until`.
    pub fn run(&mut self, until: i64, outside: &mut dyn Outside) {
        self.run_traced(until, outside, &mut NoTrace);
    }

    /// As [`Interpreter::run`], watched.
    pub fn run_traced(&mut self, until: i64, outside: &mut dyn Outside, trace: &mut dyn Trace) {
        loop {
            self.take_arrived(outside);
            if let Some(due) = self.queue.pop_front() {
                self.step(&due.to, due.input, outside, trace);
            } else if !self.wake(until) {
                break;
            }
        }
        self.now = self.now.max(until);
    }

    /// Runs until a session is over or the clock would pass `until`; whether it is over.
    pub fn run_until_over(&mut self, session: &str, until: i64, outside: &mut dyn Outside) -> bool {
        loop {
            self.take_arrived(outside);
            if self
                .sessions
                .get(session)
                .is_none_or(|s| is_over(&s.session))
            {
                return true;
            }
            if let Some(due) = self.queue.pop_front() {
                self.step(&due.to, due.input, outside, &mut NoTrace);
            } else if !self.wake(until) {
                return false;
            }
        }
    }

    fn take_arrived(&mut self, outside: &mut dyn Outside) {
        for (session, event) in outside.arrived() {
            self.send(&session, event);
        }
    }

    /// Lets the next delayed send be due; false if there is none until then.
    fn wake(&mut self, until: i64) -> bool {
        let next = self
            .sessions
            .iter()
            .filter_map(|(id, running)| {
                let (key, due) = running.session.next_due()?;
                Some((due, id, key))
            })
            .min();
        match next {
            Some((due, id, key)) if due <= until => {
                self.now = self.now.max(due);
                self.queue.push_back(Due {
                    to: id.clone(),
                    from: None,
                    input: Input::Timer(key),
                });
                true
            }
            _ => false,
        }
    }

    fn new_id(&mut self) -> String {
        self.made += 1;
        format!("s{}", self.made)
    }

    fn add(
        &mut self,
        id: String,
        chart: Arc<Chart>,
        session: Session,
        parent: Option<(String, String)>,
        data: Vec<(String, Value)>,
    ) {
        self.alive.0.insert(id.clone());
        self.sessions.insert(
            id.clone(),
            Running {
                chart,
                session,
                parent,
            },
        );
        self.queue.push_back(Due {
            to: id,
            from: None,
            input: Input::Start(data),
        });
    }

    fn step(&mut self, id: &str, input: Input, outside: &mut dyn Outside, trace: &mut dyn Trace) {
        let Some(running) = self.sessions.get_mut(id) else {
            return;
        };
        self.steps += 1;
        let told = Told {
            now: self.now,
            wall: self.wall + self.now,
            seed: self.steps,
            reach: &self.alive,
        };
        let chart = Arc::clone(&running.chart);
        let session = &mut running.session;
        let stepped = if self.resident {
            self.pool
                .step_resident(&chart, &self.platform, session, told, input, trace)
        } else {
            self.pool
                .step(&chart, &self.platform, session, told, input, trace)
        };
        if is_over(session) {
            self.alive.0.remove(id);
        }
        match stepped {
            Ok(stepped) => {
                for effect in stepped.effects {
                    self.perform(id, effect, outside, trace);
                }
            }
            Err(broken) => outside.broken(id, &broken),
        }
    }

    fn perform(
        &mut self,
        id: &str,
        effect: Effect,
        outside: &mut dyn Outside,
        trace: &mut dyn Trace,
    ) {
        match effect {
            Effect::Send(send) => self.deliver(id, *send, outside),
            Effect::Invoke(invoke) => self.invoke(id, *invoke),
            Effect::CancelInvoke { id: invokeid } => self.cancel(id, &invokeid, outside, trace),
            Effect::Forward {
                id: invokeid,
                event,
            } => {
                if let Some(child) = self.child(id, &invokeid) {
                    self.push(&child, Some(id), event);
                }
            }
            Effect::Action(action) => {
                for event in outside.action(id, &action) {
                    self.send(id, event);
                }
            }
            Effect::Log { label, value, at } => outside.log(id, label.as_deref(), &value, at),
            Effect::Done { .. } => {}
        }
    }

    fn push(&mut self, to: &str, from: Option<&str>, event: Event) {
        self.queue.push_back(Due {
            to: to.to_owned(),
            from: from.map(str::to_owned),
            input: Input::Event(event),
        });
    }

    fn deliver(&mut self, from: &str, send: Send, outside: &mut dyn Outside) {
        let to = match &send.route {
            Route::Own => Some(from.to_owned()),
            Route::Parent => self
                .sessions
                .get(from)
                .and_then(|running| running.parent.as_ref())
                .map(|(parent, _)| parent.clone()),
            Route::Invoked(invokeid) => self.child(from, invokeid),
            Route::Session(id) => self.sessions.contains_key(id).then(|| id.clone()),
            Route::Other { .. } => return self.send_out(from, &send, outside),
        };
        let alive = to.filter(|to| self.sessions.get(to).is_some_and(|s| !is_over(&s.session)));
        match alive {
            Some(to) => self.push(&to, Some(from), send.event),
            None => self.unreachable(from, &send, "there is no such session"),
        }
    }

    fn send_out(&mut self, from: &str, send: &Send, outside: &mut dyn Outside) {
        let sent = match basic_http::request(send) {
            Some(request) => outside.http(&request),
            None => Err("nothing here knows the way there".to_owned()),
        };
        match sent {
            // What the request brought back stands before what the document sends next.
            Ok(()) => self.take_arrived(outside),
            Err(problem) => self.unreachable(from, send, &problem),
        }
    }

    /// Errors stand before anything that waits, because they belong to the internal queue (C.1.3).
    fn unreachable(&mut self, id: &str, send: &Send, problem: &str) {
        if send.route == Route::Parent {
            return;
        }
        let data = Value::Map(vec![("reason".to_owned(), problem.into())]);
        let event = Event {
            sendid: Some(send.sendid.clone()),
            ..Event::platform("error.communication", data)
        };
        self.queue.push_front(Due {
            to: id.to_owned(),
            from: None,
            input: Input::Event(event),
        });
    }

    /// The running session that `parent` invoked under an id.
    fn child(&self, parent: &str, invokeid: &str) -> Option<String> {
        self.sessions
            .iter()
            .find(|(_, running)| {
                !is_over(&running.session)
                    && running
                        .parent
                        .as_ref()
                        .is_some_and(|(p, i)| p == parent && i == invokeid)
            })
            .map(|(id, _)| id.clone())
    }

    fn invoke(&mut self, parent: &str, invoke: Invoke) {
        match self.compile_invoked(&invoke) {
            Ok(chart) => {
                let id = self.new_id();
                let session = Session::invoked(id.clone(), invoke.id.clone());
                let by = Some((parent.to_owned(), invoke.id));
                self.add(id, chart, session, by, invoke.params);
            }
            Err(problem) => {
                let data = Value::Map(vec![("reason".to_owned(), problem.into())]);
                let event = Event {
                    invokeid: Some(invoke.id),
                    ..Event::platform("error.communication", data)
                };
                self.send(parent, event);
            }
        }
    }

    fn compile_invoked(&self, invoke: &Invoke) -> Result<Arc<Chart>, String> {
        if self.sessions.len() >= SESSIONS_MAX {
            return Err(format!("there are {SESSIONS_MAX} sessions already"));
        }
        let (name, bytes) = match &invoke.source {
            Source::Address(address) => {
                let found = self.options.resolver.load(address, &invoke.base)?;
                (found.name, found.bytes)
            }
            Source::Inline(value) => (invoke.base.clone(), value.to_text().into_bytes()),
            Source::None => return Err("there is nothing to invoke".to_owned()),
        };
        compile(&name, &bytes, &self.options)
            .map(|compiled| compiled.chart)
            .map_err(|refused| refused.to_string())
    }

    /// 6.4: what was invoked ends with the state that invoked it, and is not heard any more.
    fn cancel(
        &mut self,
        parent: &str,
        invokeid: &str,
        outside: &mut dyn Outside,
        trace: &mut dyn Trace,
    ) {
        let ended = self.sessions.iter().find(|(_, running)| {
            running
                .parent
                .as_ref()
                .is_some_and(|(p, i)| p == parent && i == invokeid)
        });
        let Some((id, running)) = ended.map(|(id, running)| (id.clone(), running)) else {
            return;
        };
        if !is_over(&running.session) {
            self.queue.retain(|due| {
                due.to != id && !(due.to == parent && due.from.as_deref() == Some(&id))
            });
            self.step(&id, Input::Cancel, outside, trace);
            self.queue
                .retain(|due| !(due.to == parent && due.from.as_deref() == Some(&id)));
        }
        self.sessions.remove(&id);
    }
}

fn is_over(session: &Session) -> bool {
    use crate::session::Status;
    !matches!(session.status, Status::New | Status::Running)
}
