//! THE loop: takes inputs, decides them, and lets answers go when they are durable.
//!
//! One thread owns the states of all tenants. It decides ahead while the writer commits: what
//! is decided meanwhile gathers in one batch, which is handed over when the writer is free.
//! Everything that leaves (answers, refusals, answers to questions) waits for the commit of
//! what it was decided upon. Nothing slow happens on this thread: no encoding, no store, no
//! fan-out.
//!
//! ```text
//! rooms -> commands -> [decide, apply, follow up] -> batch -> writer -> durable
//!                                                     |                   |
//!                                                  releases ............ let go
//! ```

use crate::access;
use crate::batch::{Batch, Fate, Release};
use crate::bell::{Bell, Wanted};
use crate::limits::RuntimeConfig;
use crate::recovery::Recovered;
use crate::shared::Shared;
use crate::tenant::{Open, Overdue, Phase};
use crate::views;
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError};
use ringback_engine::Kept;
use ringback_model::audience::Others;
use ringback_model::interaction::Doer;
use ringback_model::{
    AgentId, DeskSessionId, Event, Input, Now, Outcome, agent, interaction, node,
};
use ringback_ports::envelope::{
    Actor, Answer, Command, CommandFault, Idempotent, InputId, Unavailable,
};
use ringback_ports::hall::Abilities;
use ringback_ports::query::{Query, QueryFault, View};
use ringback_ports::{ActorRef, Entry, Epoch, Reply, Sequence, TenantId};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What rooms ask of the loop.
pub(crate) enum Message {
    /// Decide this.
    Command(Command, Reply),
    /// Answer this.
    Query(Asked),
    /// A desk answers or does not.
    Desk {
        tenant: TenantId,
        agent: AgentId,
        session: DeskSessionId,
        answers: bool,
    },
}

/// A question about the present.
pub(crate) struct Asked {
    pub(crate) tenant: TenantId,
    pub(crate) actor: Arc<Actor>,
    pub(crate) query: Query,
    pub(crate) reply: oneshot::Sender<Result<(Sequence, View), QueryFault>>,
}

/// What the hall's own threads tell the loop.
pub(crate) enum Signal {
    /// The writer is done with a batch; these tenants' parts of it were not written.
    Written { failed: Vec<(TenantId, Fate)> },
    /// A tenant was read in, or could not be.
    Loaded {
        tenant: TenantId,
        loaded: Box<Result<Loaded, String>>,
    },
    /// The lease of a tenant is lost.
    LeaseLost { tenant: TenantId },
    /// An input was put aside under this number.
    Quarantined {
        tenant: TenantId,
        hash: u64,
        number: u64,
    },
    /// Close: refuse new work, write what is decided, end.
    Close,
}

/// The way to the loop for rooms. It holds so many messages and no more.
#[derive(Clone)]
pub(crate) struct Messages {
    to: Sender<Message>,
    bell: Arc<Bell>,
}

impl Messages {
    pub(crate) const fn new(to: Sender<Message>, bell: Arc<Bell>) -> Self {
        Self { to, bell }
    }

    /// Hands a message over if there is a place and a loop.
    #[expect(
        clippy::result_large_err,
        reason = "who gets a message back needs it, and boxing it would cost every other one"
    )]
    pub(crate) fn try_send(&self, message: Message) -> Result<(), TrySendError<Message>> {
        self.to.try_send(message)?;
        self.bell.message(|| self.to.len());
        Ok(())
    }
}

/// The way to the loop for the hall's own threads.
#[derive(Clone)]
pub(crate) struct Signals {
    to: Sender<Signal>,
    bell: Arc<Bell>,
}

impl Signals {
    pub(crate) const fn new(to: Sender<Signal>, bell: Arc<Bell>) -> Self {
        Self { to, bell }
    }

    /// Hands a signal over; `false` when the loop is gone.
    pub(crate) fn send(&self, signal: Signal) -> bool {
        let sent = self.to.send(signal).is_ok();
        self.bell.signal();
        sent
    }
}

/// A tenant read in.
pub(crate) struct Loaded {
    pub(crate) recovered: Recovered,
    pub(crate) epoch: Epoch,
}

/// What the loop asks of the writer.
pub(crate) enum Work {
    /// Commit and release.
    Write(Batch),
    /// Put an input aside, then read the tenant in again.
    Quarantine {
        tenant: TenantId,
        hash: u64,
        input: Box<Input>,
        problem: String,
    },
}

pub(crate) struct Loop {
    pub(crate) config: RuntimeConfig,
    pub(crate) shared: Arc<Shared>,
    pub(crate) messages: Receiver<Message>,
    pub(crate) signals: Receiver<Signal>,
    /// Rings when there is a message or a signal.
    pub(crate) bell: Arc<Bell>,
    pub(crate) writer: Sender<Work>,
    /// Asks for a tenant to be read in (again).
    pub(crate) loader: Sender<TenantId>,
    pub(crate) tenants: BTreeMap<TenantId, Phase>,
    pub(crate) batch: Batch,
    /// Questions about tenants whose record in the batch is not complete yet.
    pub(crate) asked: Vec<Asked>,
    pub(crate) writing: bool,
    pub(crate) closing: bool,
    pub(crate) looked: Instant,
}

/// So many inputs are decided at a stretch before a writer with nothing to do gets them.
const AT_A_STRETCH: usize = 32;
/// How often the clocks are compared and the loop tells that it turns.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Loop {
    /// Turns until closed.
    pub(crate) fn run(mut self) {
        loop {
            self.wait();
            self.hear_signals();
            self.hear_messages();
            self.fire_timers();
            self.look();
            self.hand_over();
            if self.closing && !self.writing && self.batch.is_empty() && self.asked.is_empty() {
                return self.turn_away();
            }
        }
    }

    /// Whoever came too late hears that the house is closed.
    fn turn_away(self) {
        let why = Unavailable::Closing;
        while let Ok(message) = self.messages.try_recv() {
            match message {
                Message::Command(_, reply) => {
                    reply.send(Err(CommandFault::Unavailable(why.clone())));
                }
                Message::Query(asked) => {
                    drop(asked.reply.send(Err(QueryFault::Unavailable(why.clone()))));
                }
                Message::Desk { .. } => {}
            }
        }
    }

    /// Sleeps until something comes or is due.
    fn wait(&mut self) {
        let mut timeout = LOOK_EVERY.saturating_sub(self.looked.elapsed());
        for phase in self.tenants.values_mut() {
            if let Phase::Open(open) = phase
                && let Some(until) = open.next_timer()
            {
                timeout = timeout.min(until);
            }
        }
        let (signals, messages) = (&self.signals, &self.messages);
        if self.batch.entries >= self.config.batch_max {
            // A full batch waits for the writer; commands wait in their line meanwhile.
            let there = || !signals.is_empty();
            self.bell.sleep(Wanted::Signals, timeout, there);
        } else if self.writing {
            // Nothing decided now could leave before the writer is done.
            let there = || !signals.is_empty() || self.bell.is_enough(messages.len());
            self.bell.sleep(Wanted::Gathered, timeout, there);
        } else {
            let there = || !signals.is_empty() || !messages.is_empty();
            self.bell.sleep(Wanted::Anything, timeout, there);
        }
    }

    fn hear_signals(&mut self) {
        while let Ok(signal) = self.signals.try_recv() {
            match signal {
                Signal::Written { failed } => self.written(failed),
                Signal::Loaded { tenant, loaded } => self.loaded(tenant, *loaded),
                Signal::LeaseLost { tenant } => self.drop_tenant(tenant, &Fate::NotWritten),
                Signal::Quarantined {
                    tenant,
                    hash,
                    number,
                } => {
                    self.shared.poison(tenant, hash, number);
                }
                Signal::Close => {
                    self.closing = true;
                    self.shared.set_closing();
                }
            }
        }
    }

    fn hear_messages(&mut self) {
        while self.batch.entries < self.config.batch_max {
            match self.messages.try_recv() {
                Ok(Message::Command(command, reply)) => self.command(command, reply),
                Ok(Message::Query(asked)) => self.query(asked),
                Ok(Message::Desk {
                    tenant,
                    agent,
                    session,
                    answers,
                }) => {
                    self.desk(tenant, agent, session, answers);
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
            }
            // The writer must not idle while a long line is worked off, nor commit the first of
            // it alone.
            if !self.writing && self.batch.releases.len() >= AT_A_STRETCH {
                self.hand_over();
            }
            if !self.signals.is_empty() {
                self.hear_signals();
            }
        }
    }

    // -- commands ---------------------------------------------------------------------------

    fn command(&mut self, command: Command, reply: Reply) {
        let tenant = command.tenant;
        match self.decide(command) {
            Ok(answer) => self.answer(tenant, reply, Ok(answer)),
            Err(fault) => self.answer(tenant, reply, Err(fault)),
        }
    }

    fn decide(&mut self, command: Command) -> Result<Answer, CommandFault> {
        if self.closing {
            return Err(CommandFault::Unavailable(Unavailable::Closing));
        }
        let room = self.shared.room();
        let open = open(&mut self.tenants, command.tenant).map_err(CommandFault::Unavailable)?;
        access::may_do(&command.actor, &open.state, &command.input)
            .map_err(CommandFault::Denied)?;
        if let Some(asked) = command.idempotent
            && let Some(first) = first_answer(open, asked)?
        {
            return Ok(first);
        }
        if let Some(free) = room.refuses_intake()
            && is_intake(&command.input)
        {
            let free_mib = free / (1024 * 1024);
            return Err(CommandFault::Unavailable(Unavailable::NoRoom { free_mib }));
        }
        let now = open.clock.now();
        let actor = command.actor.name.clone();
        self.take(
            command.tenant,
            now,
            actor,
            command.idempotent,
            command.input,
        )
    }

    /// Has an input decided and puts it into the batch.
    fn take(
        &mut self,
        tenant: TenantId,
        now: Now,
        actor: ActorRef,
        idempotent: Option<Idempotent>,
        input: Input,
    ) -> Result<Answer, CommandFault> {
        let open = open(&mut self.tenants, tenant).map_err(CommandFault::Unavailable)?;
        if !open.poison.is_empty()
            && let Some(number) = open.poison.get(&hash_of(&input))
        {
            return Err(CommandFault::Quarantined(*number));
        }
        let on_purpose = self.config.panics_on_purpose;
        let decided = catch_unwind(AssertUnwindSafe(|| {
            panic_on_purpose(on_purpose, &input, "panic.decide");
            ringback_engine::decide(&open.state, now, &input)
        }));
        let decided = match decided {
            Ok(decided) => decided.map_err(CommandFault::Refused)?,
            Err(panic) => {
                // Nothing was changed: the input is refused and the next one decided.
                let problem = panic_text(&*panic);
                tracing::error!(%tenant, problem, "Deciding an input panicked; it was refused.");
                return Err(CommandFault::Quarantined(0));
            }
        };
        let followed = catch_unwind(AssertUnwindSafe(|| {
            panic_on_purpose(on_purpose, &input, "panic.apply");
            ringback_engine::follow_and_tell(&mut open.state, now, decided)
        }));
        let happened = match followed {
            Ok(happened) => happened,
            Err(panic) => {
                let problem = panic_text(&*panic);
                self.quarantine(tenant, input, problem);
                return Err(CommandFault::Quarantined(0));
            }
        };
        Ok(self.journal(tenant, now, actor, idempotent, input, happened))
    }

    /// Adds what was decided to the tenant's record.
    fn journal(
        &mut self,
        tenant: TenantId,
        now: Now,
        actor: ActorRef,
        idempotent: Option<Idempotent>,
        input: Input,
        (events, others): (Vec<Event>, Vec<Others>),
    ) -> Answer {
        let Ok(open) = open(&mut self.tenants, tenant) else {
            return Answer {
                sequence: Sequence(0),
                outcome: Outcome::Done,
                repeated: false,
            };
        };
        let outcome = ringback_engine::outcome(&events);
        if events.is_empty() && idempotent.is_none() {
            return Answer {
                sequence: open.sequence,
                outcome,
                repeated: false,
            };
        }
        let sequence = match self.batch.records.get(&tenant) {
            Some(record) => record.sequence,
            None => open.sequence.next(),
        };
        open.sequence = sequence;
        if let Some(asked) = idempotent {
            open.state.remember(Kept {
                id: asked.id.0,
                fingerprint: asked.fingerprint,
                outcome,
                sequence: sequence.0,
                at: now.engine,
            });
        }
        let entry = Entry {
            now,
            idempotent,
            actor,
            input,
            events,
            outcome,
            others,
        };
        self.batch.add(tenant, sequence, open.epoch, entry);
        Answer {
            sequence,
            outcome,
            repeated: false,
        }
    }

    /// An answer leaves when everything it was decided upon is durable.
    fn answer(&mut self, tenant: TenantId, reply: Reply, result: Result<Answer, CommandFault>) {
        self.batch.releases.push(Release::Answer {
            tenant,
            reply,
            result,
        });
    }

    // -- questions and desks ----------------------------------------------------------------

    /// Answers a question, or keeps it until the tenant's record under way is complete: an answer
    /// names the record it was read after, and whoever follows events from that record on would
    /// miss what joins it later.
    fn query(&mut self, asked: Asked) {
        if self.batch.records.contains_key(&asked.tenant) {
            self.asked.push(asked);
        } else {
            self.answer_question(asked);
        }
    }

    fn answer_question(&mut self, asked: Asked) {
        let Asked {
            tenant,
            actor,
            query,
            reply,
        } = asked;
        let result = match open(&mut self.tenants, tenant) {
            Err(why) => Err(QueryFault::Unavailable(why)),
            Ok(open) if !self.shared.lease_holds(tenant) => {
                let _ = open;
                Err(QueryFault::Unavailable(Unavailable::Loading))
            }
            Ok(open) => views::answer(open, &actor, &query).map(|view| (open.sequence, view)),
        };
        self.batch.releases.push(Release::View {
            tenant,
            reply,
            result,
        });
    }

    fn desk(&mut self, tenant: TenantId, agent: AgentId, session: DeskSessionId, answers: bool) {
        let Ok(open) = open(&mut self.tenants, tenant) else {
            return;
        };
        let now = open.clock.now();
        let input = if answers {
            agent::Input::DeskBack { agent, session }
        } else {
            agent::Input::DeskLost { agent, session }
        };
        // An old desk is refused, which is as it should be.
        let _ = self.take(tenant, now, ActorRef::Node, None, Input::Agent(input));
    }

    // -- time -------------------------------------------------------------------------------

    fn fire_timers(&mut self) {
        let ids: Vec<TenantId> = self.tenants.keys().copied().collect();
        for tenant in ids {
            while self.batch.entries < self.config.batch_max && self.fire_some(tenant) {}
        }
    }

    /// Fires the next timers of a tenant; `false` when there is nothing more to fire now.
    fn fire_some(&mut self, tenant: TenantId) -> bool {
        let limit = self.config.timers_per_input;
        let Ok(open) = open(&mut self.tenants, tenant) else {
            return false;
        };
        let now = open.clock.now();
        let limit = open.timers_due(now, limit);
        if limit == 0 {
            return false;
        }
        let armed = open.state.timers_armed();
        let entries = self.batch.entries;
        let input = Input::Node(node::Input::Due { limit });
        match self.take(tenant, now, ActorRef::Node, None, input) {
            // Without an event the timer is still there, and would be for ever.
            Ok(_) if self.batch.entries == entries => {
                self.fault(
                    tenant,
                    "a timer is due and nothing follows from it".to_owned(),
                );
                false
            }
            Ok(_) => {
                if let Some(Phase::Open(open)) = self.tenants.get_mut(&tenant)
                    && let Some(overdue) = &mut open.overdue
                {
                    let left = open.state.timers_armed();
                    let fired = u32::try_from(armed.saturating_sub(left)).unwrap_or(limit);
                    overdue.fired(fired.max(1));
                }
                true
            }
            // A timer that makes the engine fail would do so again and again.
            Err(fault) => {
                self.fault(tenant, format!("a timer could not be fired: {fault}"));
                false
            }
        }
    }

    /// Compares the clocks and tells that the loop turns.
    fn look(&mut self) {
        if self.looked.elapsed() < LOOK_EVERY {
            return;
        }
        self.looked = Instant::now();
        self.shared.turned();
        let ids: Vec<TenantId> = self.tenants.keys().copied().collect();
        for tenant in ids {
            let Ok(open) = open(&mut self.tenants, tenant) else {
                continue;
            };
            let Some(by) = open.clock.jumped() else {
                continue;
            };
            let now = open.clock.now();
            tracing::error!(%tenant, by_ms = by, "The wall clock jumped.");
            let _ = self.tell_node(tenant, now, node::Input::ClockJumped { by });
        }
    }

    fn tell_node(
        &mut self,
        tenant: TenantId,
        now: Now,
        input: node::Input,
    ) -> Result<Answer, CommandFault> {
        self.take(tenant, now, ActorRef::Node, None, Input::Node(input))
    }

    // -- the writer -------------------------------------------------------------------------

    /// Hands the batch to the writer if it is free.
    fn hand_over(&mut self) {
        if self.writing {
            return;
        }
        // Nothing joins the records any more.
        for asked in std::mem::take(&mut self.asked) {
            self.answer_question(asked);
        }
        if self.batch.is_empty() {
            return;
        }
        let mut batch = std::mem::take(&mut self.batch);
        for (tenant, record) in &mut batch.records {
            if let Some(Phase::Open(open)) = self.tenants.get(tenant) {
                record.digest = open.state.digest();
                let abilities = Abilities::of(record, |id, agent| {
                    ringback_engine::capabilities(&open.state, Doer::Agent(agent), id)
                });
                batch.abilities.insert(*tenant, abilities);
            }
        }
        self.writing = true;
        // The writer outlives the loop.
        let _ = self.writer.send(Work::Write(batch));
    }

    fn written(&mut self, failed: Vec<(TenantId, Fate)>) {
        self.writing = false;
        for (tenant, fate) in failed {
            self.drop_tenant(tenant, &fate);
        }
    }

    /// Drops a tenant's state and what was decided upon it, and has it read in again.
    fn drop_tenant(&mut self, tenant: TenantId, fate: &Fate) {
        self.batch.drop_tenant(tenant, fate);
        self.tenants.insert(tenant, Phase::Loading);
        self.shared.unserve(tenant);
        if !self.closing {
            let _ = self.loader.send(tenant);
        }
    }

    /// An input made applying fail: the state is dropped before anything of it is committed.
    fn quarantine(&mut self, tenant: TenantId, input: Input, problem: String) {
        tracing::error!(%tenant, problem, "Applying an input panicked; it is put aside.");
        self.batch.drop_tenant(tenant, &Fate::NotWritten);
        self.tenants.insert(tenant, Phase::Loading);
        self.shared.unserve(tenant);
        let hash = hash_of(&input);
        // In order behind the batch that is being written; the writer then asks for the reload.
        let input = Box::new(input);
        let _ = self.writer.send(Work::Quarantine {
            tenant,
            hash,
            input,
            problem,
        });
    }

    fn fault(&mut self, tenant: TenantId, problem: String) {
        tracing::error!(%tenant, problem, "The tenant is not served until somebody looks at it.");
        self.shared.problem(tenant, problem);
        self.tenants.insert(tenant, Phase::Faulted);
    }

    fn loaded(&mut self, tenant: TenantId, loaded: Result<Loaded, String>) {
        if matches!(self.tenants.get(&tenant), Some(Phase::Faulted)) {
            // Given up: reading it in again would only fail again.
            return;
        }
        match loaded {
            Err(problem) => self.fault(tenant, problem),
            Ok(Loaded { recovered, epoch }) => {
                let clock = Arc::clone(&self.config.clock);
                let (mut clock, reopened) =
                    crate::clock::EngineClock::reopen(clock, recovered.last);
                let now = clock.now();
                self.shared
                    .serve(tenant, recovered.sequence, &recovered.state);
                let open = Open {
                    state: recovered.state,
                    clock,
                    sequence: recovered.sequence,
                    epoch,
                    overdue: Some(Overdue::new(now.engine, self.config.overdue_per_second)),
                    poison: self.shared.poisons(tenant),
                };
                self.tenants.insert(tenant, Phase::Open(Box::new(open)));
                let crate::clock::Reopened { outage, clock_off } = reopened;
                if clock_off < 0 {
                    tracing::error!(%tenant, clock_off_ms = clock_off, "The wall clock was set back while the server was down.");
                }
                if let Err(fault) =
                    self.tell_node(tenant, now, node::Input::Opened { outage, clock_off })
                {
                    self.fault(tenant, format!("it could not be opened: {fault}"));
                } else {
                    self.release_outbox(tenant);
                }
            }
        }
    }

    /// Tells the effect rooms what waits in the outbox of a tenant that was just opened.
    fn release_outbox(&mut self, tenant: TenantId) {
        if let Ok(open) = open(&mut self.tenants, tenant) {
            let now = open.clock.now();
            self.shared.outbox_opened(tenant, now, open.state.outbox());
        }
    }
}

fn open(
    tenants: &mut BTreeMap<TenantId, Phase>,
    tenant: TenantId,
) -> Result<&mut Open, Unavailable> {
    match tenants.get_mut(&tenant) {
        Some(Phase::Open(open)) => Ok(open),
        Some(Phase::Loading | Phase::Faulted) => Err(Unavailable::Loading),
        None => Err(Unavailable::Tenant(tenant)),
    }
}

/// The first answer to an input id, if it was asked before.
fn first_answer(open: &Open, asked: Idempotent) -> Result<Option<Answer>, CommandFault> {
    let InputId(id) = asked.id;
    match open.state.answered(id) {
        None => Ok(None),
        Some((fingerprint, ..)) if fingerprint != asked.fingerprint => Err(CommandFault::KeyReused),
        Some((_, outcome, sequence)) => Ok(Some(Answer {
            sequence: Sequence(sequence),
            outcome,
            repeated: true,
        })),
    }
}

/// Whether an input brings new work into the house; everything else goes on when room is short.
const fn is_intake(input: &Input) -> bool {
    matches!(
        input,
        Input::Interaction(interaction::Input::Submit(_)) | Input::Config(_)
    )
}

/// Names an input so that it is recognised when it comes again.
fn hash_of(input: &Input) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    crate::codec::encode_input(input)
        .unwrap_or_default()
        .hash(&mut hasher);
    hasher.finish()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

/// Debug builds with the switch on: fails where a test wants it.
fn panic_on_purpose(on: bool, input: &Input, kind: &str) {
    if cfg!(debug_assertions)
        && on
        && let Input::Interaction(interaction::Input::Submit(new)) = input
    {
        assert!(new.kind.as_str() != kind, "on purpose: {kind}");
    }
}
