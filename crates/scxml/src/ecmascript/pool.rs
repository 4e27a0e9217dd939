//! Engines ready to be leased, and sessions that stay in theirs for a while.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::engine::{Engine, Host, ScriptLimits};
use crate::chart::Chart;
use crate::datamodel::Failure;
use crate::effect::Effect;
use crate::event::Event;
use crate::limits::Limit;
use crate::null::NullModel;
use crate::platform::{Everyone, Platform, Reach};
use crate::session::{Session, Status};
use crate::step::{Broken, Input, Machine};
use crate::trace::Trace;
use crate::value::Value;

/// How a pool works.
#[derive(Clone, Default)]
pub struct Settings {
    /// What scripts of one step may take.
    pub limits: ScriptLimits,
    /// Functions and facts for scripts.
    pub host: Option<Rc<dyn Host>>,
    /// How many sessions stay in an engine of their own (0: none). Each takes about 200 kB.
    pub resident: usize,
    /// How many empty engines are kept, one for each chart that is in use (8 if 0).
    pub spare: usize,
}

/// What is told to a step, because nothing in it may be asked of the machine.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// Milliseconds on the clock that delayed sends are due on.
    pub now: i64,
    /// Milliseconds since 1970: the time that scripts see.
    pub wall: i64,
    /// What chance grows from. The same seed gives the same numbers.
    pub seed: u64,
    /// Who can be reached.
    pub reach: &'a dyn Reach,
}

impl Told<'_> {
    /// Everybody can be reached.
    pub fn at(now: i64, wall: i64, seed: u64) -> Told<'static> {
        Told {
            now,
            wall,
            seed,
            reach: &Everyone,
        }
    }
}

/// What came of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stepped {
    /// What is asked of the world, in order.
    pub effects: Vec<Effect>,
    /// Where in the data something stood that could not be kept; it is undefined now, and the session
    /// was told by the event `error.platform.persist`.
    pub lost: Vec<String>,
}

struct Resident {
    chart: Arc<Chart>,
    engine: Engine,
    /// Whether it holds something that no image has.
    changed: bool,
    used: u64,
}

/// Engines for the sessions of one thread.
pub struct Pool {
    settings: Settings,
    /// The last used stands last.
    spare: VecDeque<(Arc<Chart>, Engine)>,
    resident: BTreeMap<String, Resident>,
    /// Images of sessions that had to make room, until somebody asks for them.
    parked: BTreeMap<String, Vec<u8>>,
    uses: u64,
}

impl Pool {
    /// A pool without engines; they are made when they are needed.
    pub fn new(settings: Settings) -> Pool {
        Pool {
            settings,
            spare: VecDeque::new(),
            resident: BTreeMap::new(),
            parked: BTreeMap::new(),
            uses: 0,
        }
    }

    /// Lets a session take one input in a leased engine. Its image in [`Session::data`] is read before
    /// and written after it.
    ///
    /// # Errors
    /// [`Broken`] when a limit was hit.
    pub fn step(
        &mut self,
        chart: &Arc<Chart>,
        platform: &Platform,
        session: &mut Session,
        told: Told<'_>,
        input: Input,
        trace: &mut dyn Trace,
    ) -> Result<Stepped, Broken> {
        if chart.datamodel == "null" {
            return without_data(chart, platform, session, told, input, trace);
        }
        self.forget(&session.id);
        let mut engine = self
            .lease(chart)
            .map_err(|failure| broken(session, &failure))?;
        let stepped = cold(&mut engine, chart, platform, session, told, input, trace);
        self.give_back(chart, engine);
        stepped
    }

    /// As [`Pool::step`], but the session stays in its engine and [`Session::data`] is left as it was:
    /// [`Pool::store`] writes it. Between the two the session must take its inputs in this pool.
    ///
    /// # Errors
    /// [`Broken`] when a limit was hit.
    pub fn step_resident(
        &mut self,
        chart: &Arc<Chart>,
        platform: &Platform,
        session: &mut Session,
        told: Told<'_>,
        input: Input,
        trace: &mut dyn Trace,
    ) -> Result<Stepped, Broken> {
        if chart.datamodel == "null" {
            return without_data(chart, platform, session, told, input, trace);
        }
        self.uses += 1;
        let uses = self.uses;
        if !self.resident.contains_key(&session.id) {
            self.take_in(chart, platform, session)
                .map_err(|failure| broken(session, &failure))?;
        }
        let Some(resident) = self.resident.get_mut(&session.id) else {
            return Err(broken(session, &Failure::Limit(Limit::ScriptMemory)));
        };
        resident.used = uses;
        resident.changed = true;
        resident.engine.begin(told.wall as f64, told.seed);
        let machine = Machine {
            chart,
            platform,
            reach: told.reach,
        };
        let effects = machine.step_traced(session, told.now, input, &mut resident.engine, trace);
        if effects.is_err() || !session.is_running() {
            let ended = self.resident.remove(&session.id);
            session.data.clear();
            if let Some(ended) = ended {
                self.give_back(chart, ended.engine);
            }
        }
        Ok(Stepped {
            effects: effects?,
            lost: Vec::new(),
        })
    }

    /// Writes the image of a resident session into [`Session::data`]; nothing happens if it is there
    /// already. What could not be kept is told, and stays in the engine as long as that is resident.
    ///
    /// # Errors
    /// [`Broken`] if the data are too big to be kept.
    pub fn store(&mut self, session: &mut Session) -> Result<Vec<String>, Broken> {
        if let Some(image) = self.parked.remove(&session.id) {
            session.data = image;
            return Ok(Vec::new());
        }
        let Some(resident) = self.resident.get_mut(&session.id) else {
            return Ok(Vec::new());
        };
        if !resident.changed {
            return Ok(Vec::new());
        }
        let chart = Arc::clone(&resident.chart);
        match resident.engine.dump(&chart) {
            Ok(dumped) => {
                resident.changed = false;
                session.data = dumped.image;
                Ok(dumped.lost)
            }
            Err(failure) => {
                self.resident.remove(&session.id);
                Err(broken(session, &failure))
            }
        }
    }

    /// Lets go of a resident session without keeping anything: its value elsewhere is the newer one.
    pub fn forget(&mut self, session: &str) {
        self.parked.remove(session);
        if let Some(resident) = self.resident.remove(session) {
            self.give_back(&resident.chart.clone(), resident.engine);
        }
    }

    /// How many sessions are resident.
    pub fn residents(&self) -> usize {
        self.resident.len()
    }

    fn lease(&mut self, chart: &Arc<Chart>) -> Result<Engine, Failure> {
        let ready = self
            .spare
            .iter()
            .rposition(|(of, _)| Arc::ptr_eq(of, chart));
        if let Some((_, engine)) = ready.and_then(|index| self.spare.remove(index)) {
            return Ok(engine);
        }
        let mut engine = Engine::new(&self.settings.limits, self.settings.host.clone())?;
        engine.bind(chart);
        Ok(engine)
    }

    fn give_back(&mut self, chart: &Arc<Chart>, mut engine: Engine) {
        engine.begin(0.0, 0);
        if !engine.clear() {
            return;
        }
        let room = if self.settings.spare == 0 {
            8
        } else {
            self.settings.spare
        };
        while self.spare.len() >= room {
            self.spare.pop_front();
        }
        self.spare.push_back((Arc::clone(chart), engine));
    }

    fn take_in(
        &mut self,
        chart: &Arc<Chart>,
        platform: &Platform,
        session: &mut Session,
    ) -> Result<(), Failure> {
        while self.resident.len() >= self.settings.resident.max(1) {
            self.make_room()?;
        }
        if let Some(image) = self.parked.remove(&session.id) {
            session.data = image;
        }
        let mut engine = self.lease(chart)?;
        fill(&mut engine, chart, platform, session)?;
        let resident = Resident {
            chart: Arc::clone(chart),
            engine,
            changed: false,
            used: self.uses,
        };
        self.resident.insert(session.id.clone(), resident);
        Ok(())
    }

    /// The session that was not used for the longest time leaves its engine.
    fn make_room(&mut self) -> Result<(), Failure> {
        let oldest = self
            .resident
            .iter()
            .min_by_key(|(_, resident)| resident.used);
        let Some(id) = oldest.map(|(id, _)| id.clone()) else {
            return Ok(());
        };
        let Some(mut resident) = self.resident.remove(&id) else {
            return Ok(());
        };
        if resident.changed {
            // One that is too big to be parked stays what it was stored as; its next step says so.
            let image = resident
                .engine
                .dump(&resident.chart)
                .map(|dumped| dumped.image);
            self.parked
                .insert(id, image.unwrap_or_else(|_| vec![TOO_BIG]));
        }
        self.give_back(&resident.chart.clone(), resident.engine);
        Ok(())
    }
}

/// In the place of an image that was too big: no version of images has this number.
const TOO_BIG: u8 = 0;

fn without_data(
    chart: &Chart,
    platform: &Platform,
    session: &mut Session,
    told: Told<'_>,
    input: Input,
    trace: &mut dyn Trace,
) -> Result<Stepped, Broken> {
    let machine = Machine {
        chart,
        platform,
        reach: told.reach,
    };
    let effects = machine.step_traced(session, told.now, input, &mut NullModel, trace)?;
    Ok(Stepped {
        effects,
        lost: Vec::new(),
    })
}

/// System variables and image.
fn fill(
    engine: &mut Engine,
    chart: &Chart,
    platform: &Platform,
    session: &Session,
) -> Result<(), Failure> {
    engine.begin(0.0, 0);
    if session.data.first() == Some(&TOO_BIG) {
        return Err(Failure::Limit(Limit::DataSize));
    }
    if session.status == Status::New {
        // The step that starts it opens it.
        return Ok(());
    }
    let processors = platform.io_processors(&session.id);
    engine.set_system(&session.id, chart.name.as_deref(), processors)?;
    engine.hydrate(chart, &session.data)
}

fn cold(
    engine: &mut Engine,
    chart: &Arc<Chart>,
    platform: &Platform,
    session: &mut Session,
    told: Told<'_>,
    input: Input,
    trace: &mut dyn Trace,
) -> Result<Stepped, Broken> {
    fill(engine, chart, platform, session).map_err(|failure| broken(session, &failure))?;
    let machine = Machine {
        chart,
        platform,
        reach: told.reach,
    };
    engine.begin(told.wall as f64, told.seed);
    let mut effects = machine.step_traced(session, told.now, input, engine, trace)?;
    if !session.is_running() {
        session.data.clear();
        return Ok(Stepped {
            effects,
            lost: Vec::new(),
        });
    }
    let mut lost = Vec::new();
    let mut dumped = engine
        .dump(chart)
        .map_err(|failure| broken(session, &failure))?;
    if !dumped.lost.is_empty() {
        session.data = std::mem::take(&mut dumped.image);
        lost = std::mem::take(&mut dumped.lost);
        effects.extend(tell_lost(engine, &machine, session, told, &lost, trace)?);
        if !session.is_running() {
            session.data.clear();
            return Ok(Stepped { effects, lost });
        }
        dumped = engine
            .dump(chart)
            .map_err(|failure| broken(session, &failure))?;
    }
    session.data = dumped.image;
    Ok(Stepped { effects, lost })
}

/// Goes on with what was kept, so that the session sees what is gone, and tells it.
fn tell_lost(
    engine: &mut Engine,
    machine: &Machine<'_>,
    session: &mut Session,
    told: Told<'_>,
    lost: &[String],
    trace: &mut dyn Trace,
) -> Result<Vec<Effect>, Broken> {
    if !engine.clear() {
        engine.spent = true;
    }
    fill(engine, machine.chart, machine.platform, session)
        .map_err(|failure| broken(session, &failure))?;
    engine.begin(told.wall as f64, told.seed);
    let paths = lost.iter().map(|path| Value::text(path.as_str())).collect();
    let data = Value::Map(vec![("lost".to_owned(), Value::List(paths))]);
    let event = Event::platform("error.platform.persist", data);
    machine.step_traced(session, told.now, Input::Event(event), engine, trace)
}

fn broken(session: &mut Session, failure: &Failure) -> Broken {
    let limit = match failure {
        Failure::Limit(limit) => *limit,
        Failure::Execution(_) => Limit::DataUnreadable,
    };
    session.status = Status::Broken(limit);
    session.data.clear();
    Broken {
        limit,
        place: String::new(),
    }
}
