//! One QuickJS runtime with one context, prepared once and used by one session at a time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::context::EvalOptions;
use rquickjs::function::{IntoArgs, Rest};
use rquickjs::{Context, Ctx, Error, FromJs, Function, Object, Persistent, Runtime, Value as Js};

use super::{convert, dom};
use crate::chart::{Chart, ExpressionIx, ExpressionKind};
use crate::datamodel::Failure;
use crate::limits::Limit;
use crate::states::StateSet;
use crate::value::Value;

/// What scripts of one step may take.
#[derive(Clone, Debug)]
pub struct ScriptLimits {
    /// How often the engine looks whether it should stop, at each ten thousand jumps and calls
    /// (300, some 50 ms). Counted, not measured: the same step always stops at the same place.
    pub ticks: u32,
    /// Bytes of memory, the engine itself included (64 MiB).
    pub memory: usize,
    /// Bytes of stack (256 KiB). The thread needs as much again.
    pub stack: usize,
    /// Bytes that a session may keep between two steps (1 MiB).
    pub image: usize,
    /// Objects inside one another that are kept (200).
    pub depth: usize,
}

impl Default for ScriptLimits {
    fn default() -> ScriptLimits {
        ScriptLimits {
            ticks: 300,
            memory: 64 << 20,
            stack: 256 << 10,
            image: 1 << 20,
            depth: 200,
        }
    }
}

/// Functions and facts that a platform gives to scripts.
///
/// They are called while a step is made and must not wait: facts of a step are gathered before it.
pub trait Host {
    /// JavaScript that is run once in each engine: an expression whose value is a function. It is
    /// called with `call(name, ...arguments)`, the way to [`Host::call`], and may define objects on
    /// `globalThis`; they are frozen and cannot be changed by documents.
    fn prelude(&self) -> &str {
        ""
    }

    /// A call from a script.
    ///
    /// # Errors
    /// A text that the script sees as the message of an exception.
    fn call(&self, function: &str, arguments: &[Value]) -> Result<Value, String> {
        let _ = arguments;
        Err(format!("there is no function {function}"))
    }

    /// What `_x` holds for a session (5.10).
    fn platform(&self, session: &str) -> Value {
        let _ = session;
        Value::Map(Vec::new())
    }
}

/// What the functions of the kit ask for while a step is made.
pub(super) struct Shared {
    pub(super) limits: ScriptLimits,
    ticks: Cell<u32>,
    /// The prelude is ours and runs to its end.
    preparing: Cell<bool>,
    interrupted: Cell<bool>,
    pub(super) now: Cell<f64>,
    chance: Cell<u64>,
    chart: RefCell<Option<Arc<Chart>>>,
    active: RefCell<StateSet>,
    session: RefCell<String>,
    processors: RefCell<Vec<(String, String)>>,
    host: Option<Rc<dyn Host>>,
}

impl Shared {
    fn tick(&self) -> bool {
        let ticks = self.ticks.get() + 1;
        self.ticks.set(ticks);
        if ticks > self.limits.ticks && !self.preparing.get() {
            self.interrupted.set(true);
        }
        self.interrupted.get()
    }

    /// xorshift64*, from the seed of the step.
    fn random(&self) -> f64 {
        let mut x = self.chance.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.chance.set(x);
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn is_active(&self, id: &str) -> bool {
        let chart = self.chart.borrow();
        let Some(chart) = chart.as_ref() else {
            return false;
        };
        self.active
            .borrow()
            .iter()
            .any(|state| chart.at(state).id == id)
    }
}

/// The compiled form of an expression, made when it is first used.
enum Slot {
    Unused,
    Ready(Persistent<Function<'static>>),
    /// A script that has to be run as global code each time.
    Global(String),
    Broken(Failure),
}

/// An open `<foreach>`.
pub(super) struct Iteration {
    pub(super) items: Persistent<rquickjs::Array<'static>>,
    pub(super) item: ExpressionIx,
    pub(super) index: Option<ExpressionIx>,
}

// The order of the fields is the order in which they are dropped: values before their runtime.
pub(super) struct Engine {
    slots: Vec<Slot>,
    /// Where the texts of functions stand in the chart, if they stand alone.
    pub(super) places: BTreeMap<String, Option<(u32, usize, usize)>>,
    /// What makes a function anew, by its place in the chart.
    pub(super) makers: BTreeMap<(u32, usize, usize), Persistent<Function<'static>>>,
    pub(super) iterations: Vec<Iteration>,
    kit: Persistent<Object<'static>>,
    pub(super) shared: Rc<Shared>,
    /// Whether a limit was hit, so that nobody may use it again.
    pub(super) spent: bool,
    pub(super) context: Context,
    runtime: Runtime,
}

const PRELUDE: &str = include_str!("prelude.js");

impl Engine {
    pub(super) fn new(
        limits: &ScriptLimits,
        host: Option<Rc<dyn Host>>,
    ) -> Result<Engine, Failure> {
        let runtime = Runtime::new().map_err(|_| Failure::Limit(Limit::ScriptMemory))?;
        runtime.set_memory_limit(limits.memory);
        runtime.set_max_stack_size(limits.stack);
        let context = Context::full(&runtime).map_err(|_| Failure::Limit(Limit::ScriptMemory))?;
        let shared = Rc::new(Shared {
            limits: limits.clone(),
            ticks: Cell::new(0),
            preparing: Cell::new(true),
            interrupted: Cell::new(false),
            now: Cell::new(0.0),
            chance: Cell::new(1),
            chart: RefCell::new(None),
            active: RefCell::new(StateSet::default()),
            session: RefCell::new(String::new()),
            processors: RefCell::new(Vec::new()),
            host,
        });
        let watch = Rc::clone(&shared);
        runtime.set_interrupt_handler(Some(Box::new(move || watch.tick())));
        let kit = context
            .with(|ctx| kit(&ctx, &shared).map(|kit| Persistent::save(&ctx, kit)))
            // Only a prelude of the platform's own can fail, and then for every session alike.
            .map_err(|_| Failure::Limit(Limit::ScriptEngine))?;
        shared.preparing.set(false);
        Ok(Engine {
            slots: Vec::new(),
            places: BTreeMap::new(),
            makers: BTreeMap::new(),
            iterations: Vec::new(),
            kit,
            shared,
            spent: false,
            context,
            runtime,
        })
    }

    /// Binds the engine to a chart: compiled expressions belong to it.
    pub(super) fn bind(&mut self, chart: &Arc<Chart>) {
        self.slots.clear();
        self.places.clear();
        self.makers.clear();
        self.slots
            .resize_with(chart.expressions.len(), || Slot::Unused);
        *self.shared.chart.borrow_mut() = Some(Arc::clone(chart));
    }

    /// A step begins.
    pub(super) fn begin(&mut self, now: f64, seed: u64) {
        self.shared.ticks.set(0);
        self.shared.interrupted.set(false);
        self.shared.now.set(now);
        // Zero would stay zero for ever; the constant is the golden ratio of 64 bits.
        self.shared
            .chance
            .set(seed.wrapping_add(0x9E37_79B9_7F4A_7C15) | 1);
    }

    /// Sets the system variables that stay.
    pub(super) fn set_system(
        &mut self,
        session: &str,
        name: Option<&str>,
        processors: Vec<(String, String)>,
    ) -> Result<(), Failure> {
        *self.shared.processors.borrow_mut() = processors;
        session.clone_into(&mut self.shared.session.borrow_mut());
        self.with(|engine, ctx| engine.call_kit(ctx, "open", (session, name)))
    }

    pub(super) fn see(&self, active: &StateSet) {
        self.shared.active.borrow_mut().clone_from(active);
    }

    /// Does something inside of the context; failures that are limits spend the engine.
    pub(super) fn with<T>(
        &mut self,
        work: impl for<'js> FnOnce(&mut Engine, &Ctx<'js>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let context = self.context.clone();
        let done = context.with(|ctx| work(self, &ctx));
        if let Err(Failure::Limit(_)) = &done {
            self.spent = true;
        }
        done
    }

    /// Calls a function of the kit.
    pub(super) fn call_kit<'js, A: IntoArgs<'js>, R: FromJs<'js>>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
        arguments: A,
    ) -> Result<R, Failure> {
        let kit = self.kit(ctx)?;
        let function: Function<'js> = kit.get(name).map_err(|error| self.failure(ctx, error))?;
        function
            .call(arguments)
            .map_err(|error| self.failure(ctx, error))
    }

    fn kit<'js>(&self, ctx: &Ctx<'js>) -> Result<Object<'js>, Failure> {
        self.kit
            .clone()
            .restore(ctx)
            .map_err(|error| self.failure(ctx, error))
    }

    /// The value of an expression.
    pub(super) fn evaluate<'js, R: FromJs<'js>>(
        &mut self,
        ctx: &Ctx<'js>,
        chart: &Chart,
        expression: ExpressionIx,
    ) -> Result<R, Failure> {
        let function = self.function(ctx, chart, expression)?;
        function.call(()).map_err(|error| self.failure(ctx, error))
    }

    /// Puts a value into a location.
    pub(super) fn put<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        chart: &Chart,
        location: ExpressionIx,
        value: Js<'js>,
    ) -> Result<(), Failure> {
        let function = self.function(ctx, chart, location)?;
        function
            .call((value,))
            .map_err(|error| self.failure(ctx, error))
    }

    pub(super) fn run<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        chart: &Chart,
        script: ExpressionIx,
    ) -> Result<(), Failure> {
        self.prepare(ctx, chart, script);
        match &self.slots[script.0 as usize] {
            Slot::Global(text) => {
                let text = text.clone();
                self.call_kit::<_, ()>(ctx, "script", (text,))
            }
            _ => self.evaluate::<Js<'js>>(ctx, chart, script).map(|_| ()),
        }
    }

    /// Runs what promises have left to do.
    pub(super) fn run_jobs(&mut self) -> Result<(), Failure> {
        while self.runtime.is_job_pending() {
            // What a job throws is the rejection of its promise; nobody else waits for it.
            let _ = self.runtime.execute_pending_job();
            if self.shared.interrupted.get() {
                self.spent = true;
                return Err(Failure::Limit(Limit::ScriptTime));
            }
        }
        Ok(())
    }

    pub(super) fn function<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        chart: &Chart,
        expression: ExpressionIx,
    ) -> Result<Function<'js>, Failure> {
        self.prepare(ctx, chart, expression);
        match &self.slots[expression.0 as usize] {
            Slot::Ready(function) => function
                .clone()
                .restore(ctx)
                .map_err(|error| self.failure(ctx, error)),
            Slot::Broken(failure) => Err(failure.clone()),
            Slot::Unused | Slot::Global(_) => Err(Failure::new("a script is not an expression")),
        }
    }

    /// Compiles an expression the first time it is used; one that is not legal fails each time.
    fn prepare(&mut self, ctx: &Ctx<'_>, chart: &Chart, expression: ExpressionIx) {
        let index = expression.0 as usize;
        if !matches!(self.slots.get(index), Some(Slot::Unused)) {
            return;
        }
        let expression = chart.expression(expression);
        // Documents end expressions with a semicolon, as they would a statement.
        let text = match expression.kind {
            ExpressionKind::Script => expression.text.as_str(),
            _ => expression
                .text
                .trim_end_matches(|c: char| c == ';' || c.is_whitespace()),
        };
        let wrapped = match expression.kind {
            ExpressionKind::Condition => format!("(function(){{return !!({text}\n)}})"),
            ExpressionKind::Value => format!("(function(){{return ({text}\n)}})"),
            ExpressionKind::Location => {
                format!("(function($scxml$){{\"use strict\";{text}\n=$scxml$}})")
            }
            ExpressionKind::Script => match super::scan::as_global(text) {
                Some(global) => {
                    self.slots[index] = Slot::Global(global);
                    return;
                }
                None => format!("(function(){{{text}\n}})"),
            },
        };
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(chart.place(expression.at));
        let compiled = ctx.eval_with_options::<Function<'_>, _>(wrapped, options);
        self.slots[index] = match compiled {
            Ok(function) => Slot::Ready(Persistent::save(ctx, function)),
            Err(error) => match self.failure(ctx, error) {
                // A limit says nothing about the expression.
                Failure::Limit(_) => Slot::Unused,
                failure => Slot::Broken(failure),
            },
        };
    }

    /// What an error of the engine means.
    pub(super) fn failure(&self, ctx: &Ctx<'_>, error: Error) -> Failure {
        if self.shared.interrupted.get() {
            let _ = ctx.catch();
            return Failure::Limit(Limit::ScriptTime);
        }
        match error {
            Error::Exception => self.exception(ctx),
            Error::Allocation => Failure::Limit(Limit::ScriptMemory),
            other => Failure::Execution(other.to_string()),
        }
    }

    fn exception(&self, ctx: &Ctx<'_>) -> Failure {
        let thrown = ctx.catch();
        let told = self.kit.clone().restore(ctx).and_then(|kit| {
            let describe: Function<'_> = kit.get("describe")?;
            describe.call::<_, Vec<String>>((thrown,))
        });
        let Ok(told) = told else {
            let _ = ctx.catch();
            let limit = if self.shared.interrupted.get() {
                Limit::ScriptTime
            } else {
                Limit::ScriptMemory
            };
            return Failure::Limit(limit);
        };
        let part = |index: usize| told.get(index).map_or("", String::as_str);
        match (part(0), part(1)) {
            ("InternalError", "out of memory") => Failure::Limit(Limit::ScriptMemory),
            ("RangeError" | "InternalError", text)
                if text.contains("call stack size") || text.contains("stack overflow") =>
            {
                Failure::Limit(Limit::ScriptDepth)
            }
            ("", text) => Failure::new(text),
            (name, text) => Failure::Execution(format!("{name}: {text}")),
        }
    }

    /// Takes out what the session put in; whether the engine can be used again.
    pub(super) fn clear(&mut self) -> bool {
        self.iterations.clear();
        if self.spent || self.runtime.is_job_pending() {
            return false;
        }
        self.with(|engine, ctx| engine.call_kit::<_, bool>(ctx, "clear", ()))
            .unwrap_or(false)
    }
}

/// Runs the prelude; its value is the kit.
fn kit<'js>(ctx: &Ctx<'js>, shared: &Rc<Shared>) -> Result<Object<'js>, String> {
    let told = |error: Error| match error {
        Error::Exception => {
            let thrown = ctx.catch();
            let text = thrown.as_exception().map(|e| format!("{e:?}"));
            text.unwrap_or_else(|| "an exception".to_owned())
        }
        other => other.to_string(),
    };
    let host = host(ctx, shared).map_err(told)?;
    let extra = shared
        .host
        .as_ref()
        .map_or("", |host| host.prelude())
        .to_owned();
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some("prelude".to_owned());
    let prelude: Function<'js> = ctx.eval_with_options(PRELUDE, options).map_err(told)?;
    prelude.call((host, extra)).map_err(told)
}

fn host<'js>(ctx: &Ctx<'js>, shared: &Rc<Shared>) -> rquickjs::Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    let at = Rc::clone(shared);
    host.set("now", Function::new(ctx.clone(), move || at.now.get())?)?;
    let at = Rc::clone(shared);
    host.set("random", Function::new(ctx.clone(), move || at.random())?)?;
    let at = Rc::clone(shared);
    host.set(
        "active",
        Function::new(ctx.clone(), move |id: String| at.is_active(&id))?,
    )?;
    let at = Rc::clone(shared);
    let processors = move || -> Vec<Vec<String>> {
        let known = at.processors.borrow();
        known
            .iter()
            .map(|(name, address)| vec![name.clone(), address.clone()])
            .collect()
    };
    host.set("processors", Function::new(ctx.clone(), processors)?)?;
    let at = Rc::clone(shared);
    let platform = move |ctx: Ctx<'js>| -> rquickjs::Result<Js<'js>> {
        let value = match &at.host {
            Some(host) => host.platform(&at.session.borrow()),
            None => Value::Map(Vec::new()),
        };
        convert::to_js(&ctx, &value)
    };
    host.set("platform", Function::new(ctx.clone(), platform)?)?;
    let at = Rc::clone(shared);
    let call =
        move |ctx: Ctx<'js>, name: String, rest: Rest<Js<'js>>| -> rquickjs::Result<Js<'js>> {
            call_host(&ctx, at.host.as_deref(), &name, &rest.0)
        };
    host.set("call", Function::new(ctx.clone(), call)?)?;
    host.set("xml_tree", Function::new(ctx.clone(), dom::tree)?)?;
    host.set("xml_text", Function::new(ctx.clone(), dom::text_of)?)?;
    Ok(host)
}

fn call_host<'js>(
    ctx: &Ctx<'js>,
    host: Option<&dyn Host>,
    name: &str,
    arguments: &[Js<'js>],
) -> rquickjs::Result<Js<'js>> {
    let throw = |text: String| rquickjs::Exception::throw_message(ctx, &text);
    let host = host.ok_or_else(|| throw(format!("there is no function {name}")))?;
    let arguments: Result<Vec<Value>, String> = arguments
        .iter()
        .map(|argument| convert::from_js(argument, None))
        .collect();
    let value = arguments
        .and_then(|arguments| host.call(name, &arguments))
        .map_err(throw)?;
    convert::to_js(ctx, &value)
}
