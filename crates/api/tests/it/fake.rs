//! A hall in memory: enough behaviour for the protocol, none of the engine's rules.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ringback_model::config::{
    Expected, Queue, QueueBody, Role, Scope, Settings, VirtualQueue, VirtualQueueBody,
};
use ringback_model::interaction::{
    Capabilities, Capability, Ending, Interaction, Requests, StopCause, Subject, Submission,
};
use ringback_model::place::Place;
use ringback_model::statistic::Amount;
use ringback_model::{
    AgentId, ContactId, DeskSessionId, Event, Input, InteractionId, KeyId, Medium, Name, Now,
    OfferId, Outcome, QueueId, Refused, RouteRequestId, Sealed, VirtualQueueId, WallTime, agent,
    config, contact, interaction, offer, route,
};
use ringback_ports::envelope::{
    Actor, ActorRef, Answer, CommandFault, Denied, Epoch, Idempotent, InputId, Right, Unavailable,
};
use ringback_ports::hall::{
    Abilities, Authenticated, Health, Interest, Push, ResumeFault, Subscription,
};
use ringback_ports::query::{
    AgentView, InteractionView, Overview, Query, QueryFault, QueueView, View, VirtualQueueView,
};
use ringback_ports::records::{Fresh, InteractionRow, RecordsPage, RecordsQuery};
use ringback_ports::statistics::{
    Definitions, Reading, Readings, ReportLine, ReportWanted, Wanted,
};
use ringback_ports::store::Tenant;
use ringback_ports::vault::{Erasure, Untold, Vault, VaultFault};
use ringback_ports::{Command, Cursor, Entry, Hall, Record, Reply, Sequence, TenantId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::mpsc;

/// The secrets of the keys that exist from the start.
pub(crate) const ADMIN: &str = "rb_admin";
pub(crate) const SALES: &str = "rb_sales";
pub(crate) const AUDIT: &str = "rb_audit";
pub(crate) const ANNA: &str = "rb_anna";

pub(crate) const TENANT: TenantId = TenantId(1);
/// How many records `resume` hands out at a time.
const RESUMED: usize = 2;

/// The hall.
pub(crate) struct Fake {
    state: Mutex<State>,
    vault: Arc<FakeVault>,
    /// How many pushes a subscription holds.
    line: usize,
}

type Hook = Box<dyn FnOnce(&Fake) + Send>;

struct State {
    keys: BTreeMap<String, Arc<Actor>>,
    queues: BTreeMap<Name, Queue>,
    virtual_queues: BTreeMap<Name, VirtualQueue>,
    settings: (u64, Settings),
    live: BTreeMap<InteractionId, Interaction>,
    rows: BTreeMap<InteractionId, InteractionRow>,
    results: BTreeMap<InputId, (u64, Answer)>,
    journal: Vec<Arc<Record>>,
    oldest: u64,
    subscribers: Vec<(Interest, mpsc::Sender<Push>)>,
    desk: Option<DeskSessionId>,
    desks_told: Vec<(AgentId, DeskSessionId, bool)>,
    /// Answers that are kept back instead of given.
    held: Option<Vec<(Reply, Result<Answer, CommandFault>)>>,
    /// Run in the middle of the next resume.
    on_resume: Option<Hook>,
    taken: Vec<Input>,
    health: Health,
    panic_on_query: bool,
    /// How often the heart was asked.
    asked: u64,
    /// How many records the records are behind.
    behind: u64,
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn key(name_: &str, role: Role, scope: Scope, agent: Option<AgentId>) -> Arc<Actor> {
    Arc::new(Actor {
        name: ActorRef::Key(name(name_)),
        right: Right::Key {
            role,
            scope,
            agent,
            only: None,
        },
    })
}

pub(crate) fn hash(secret: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

impl Fake {
    pub(crate) fn new() -> Arc<Self> {
        Self::with_line(64)
    }

    pub(crate) fn with_line(line: usize) -> Arc<Self> {
        let sales = Scope::Queues(BTreeSet::from([QueueId(1)]));
        let keys = [
            (
                ADMIN,
                key("admin", Role::Administrator, Scope::Everything, None),
            ),
            (SALES, key("sales", Role::Integrator, sales, None)),
            (AUDIT, key("audit", Role::Auditor, Scope::Everything, None)),
            (
                ANNA,
                key("anna", Role::Agent, Scope::Everything, Some(AgentId(7))),
            ),
        ];
        let queue = |id, text: &str| Queue {
            id: QueueId(id),
            name: name(text),
            version: 1,
            body: QueueBody::default(),
        };
        let english = VirtualQueue {
            id: VirtualQueueId(1),
            name: name("english"),
            version: 1,
            body: VirtualQueueBody::default(),
        };
        let settings = Settings {
            open_keys: BTreeSet::from(["matter".to_owned()]),
            ..Settings::default()
        };
        let queues = [queue(1, "sales"), queue(2, "support")];
        let state = State {
            keys: keys
                .into_iter()
                .map(|(secret, actor)| (hash(secret), actor))
                .collect(),
            queues: queues.into_iter().map(|it| (it.name.clone(), it)).collect(),
            virtual_queues: BTreeMap::from([(english.name.clone(), english)]),
            settings: (1, settings),
            live: BTreeMap::new(),
            rows: BTreeMap::new(),
            results: BTreeMap::new(),
            journal: Vec::new(),
            oldest: 1,
            subscribers: Vec::new(),
            desk: None,
            desks_told: Vec::new(),
            held: None,
            on_resume: None,
            taken: Vec::new(),
            health: Health {
                live: true,
                started: true,
                problems: Vec::new(),
                closing: false,
            },
            asked: 0,
            panic_on_query: false,
            behind: 0,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            vault: Arc::default(),
            line,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panicked inside")
    }

    /// Keeps answers back from now on.
    pub(crate) fn hold(&self) {
        self.state().held = Some(Vec::new());
    }

    /// How many answers are kept back.
    pub(crate) fn held(&self) -> usize {
        self.state().held.as_ref().map_or(0, Vec::len)
    }

    /// Gives the answers kept back, the last one first.
    pub(crate) fn release_backwards(&self) {
        let held = self.state().held.take().unwrap_or_default();
        for (reply, result) in held.into_iter().rev() {
            reply.send(result);
        }
    }

    /// Runs something in the middle of the next resume.
    pub(crate) fn on_resume(&self, hook: impl FnOnce(&Fake) + Send + 'static) {
        self.state().on_resume = Some(Box::new(hook));
    }

    /// The inputs that were taken.
    pub(crate) fn taken(&self) -> Vec<Input> {
        self.state().taken.clone()
    }

    /// What was told about desks.
    pub(crate) fn desks_told(&self) -> Vec<(AgentId, DeskSessionId, bool)> {
        self.state().desks_told.clone()
    }

    pub(crate) fn health_is(&self, health: Health) {
        self.state().health = health;
    }

    /// Lets the records be this far behind.
    pub(crate) fn behind(&self, records: u64) {
        self.state().behind = records;
    }

    /// How often the heart was asked so far.
    pub(crate) fn asked(&self) -> u64 {
        self.state().asked
    }

    pub(crate) fn panic_on_query(&self) {
        self.state().panic_on_query = true;
    }

    pub(crate) fn revoke(&self, secret: &str) {
        self.state().keys.remove(&hash(secret));
    }

    /// Forgets the journal before this record.
    pub(crate) fn prune(&self, oldest: u64) {
        let mut state = self.state();
        state.oldest = oldest;
        state.journal.retain(|record| record.sequence.0 >= oldest);
    }

    /// Something happens by itself.
    pub(crate) fn happens(&self, events: Vec<Event>) -> Sequence {
        let input = Input::Node(ringback_model::node::Input::Due { limit: 1 });
        self.state()
            .append(ActorRef::Node, input, None, events, Outcome::Done)
    }

    /// An interaction of a queue is over, owned by an agent if one is given.
    pub(crate) fn stops(&self, id: u64, queue: u64, owner: Option<u64>) -> Sequence {
        self.happens(vec![Event::Interaction(interaction::Event::Stopped {
            of: Subject {
                interaction: InteractionId(id),
                queue: QueueId(queue),
            },
            owner: owner.map(AgentId),
            at: now(),
            ending: Ending::Abandoned,
        })])
    }
}

pub(crate) fn now() -> Now {
    Now {
        engine: ringback_model::EngineTime(1_000),
        wall: WallTime(1_795_165_200_000),
    }
}

type Taken = (Vec<Event>, Outcome);

impl State {
    fn head(&self) -> Sequence {
        self.journal.last().map_or(Sequence(0), |it| it.sequence)
    }

    fn append(
        &mut self,
        actor: ActorRef,
        input: Input,
        idempotent: Option<Idempotent>,
        events: Vec<Event>,
        outcome: Outcome,
    ) -> Sequence {
        let record = Arc::new(Record {
            tenant: TENANT,
            sequence: self.head().next(),
            epoch: Epoch(1),
            engine: 1,
            entries: vec![Entry {
                others: Vec::new(),
                now: now(),
                idempotent,
                actor,
                input,
                events,
                outcome,
            }],
            digest: 0,
        });
        self.journal.push(record.clone());
        self.subscribers.retain(|(interest, to)| {
            let picks = match interest {
                Interest::Everything => None,
                Interest::Agent(agent) => {
                    let mine = |event: &Event| event.agent() == Some(*agent);
                    let picks: Vec<u32> = record
                        .events()
                        .filter(|(_, _, event)| mine(event))
                        .map(|(cursor, ..)| cursor.index)
                        .collect();
                    if picks.is_empty() {
                        return true;
                    }
                    Some(Arc::from(picks))
                }
            };
            let record = record.clone();
            // A subscriber whose line is full is dropped, as in the real hall.
            // An agent can hold whatever he hears of.
            let hold = |_, _| [Capability::Hold].into_iter().collect();
            let abilities = picks
                .is_some()
                .then(|| Arc::new(Abilities::of(&record, hold)));
            let push = Push {
                record,
                picks,
                abilities,
            };
            to.try_send(push).is_ok()
        });
        record.sequence
    }

    fn decide(&mut self, actor: &Actor, input: &Input) -> Result<Taken, CommandFault> {
        let Right::Key { role, scope, .. } = &actor.right else {
            return Ok((Vec::new(), Outcome::Done));
        };
        if *role == Role::Auditor {
            return Err(CommandFault::Denied(Denied::Role {
                role: role.name(),
                action: "change something",
            }));
        }
        let refused = |refused: Refused| CommandFault::Refused(refused);
        match input {
            Input::Interaction(interaction::Input::Submit(submission)) => {
                self.submit(scope, submission)
            }
            Input::Interaction(interaction::Input::Stop { interaction, cause }) => {
                let ending = match cause {
                    StopCause::Abandoned => Ending::Abandoned,
                    StopCause::Cancelled { reason } => Ending::Cancelled {
                        reason: reason.clone(),
                    },
                };
                self.stop(scope, *interaction, ending)
            }
            Input::Interaction(interaction::Input::Complete {
                interaction,
                agent,
                reason,
                disposition,
            }) => {
                let ending = Ending::Completed {
                    agent: *agent,
                    reason: reason.clone(),
                    disposition: disposition.clone(),
                };
                self.stop(scope, *interaction, ending)
            }
            Input::Offer(offer::Input::Accept { offer, agent }) if *offer == OfferId(1) => {
                let event = Event::Offer(offer::Event::Accepted {
                    of: Subject {
                        interaction: InteractionId(1),
                        queue: QueueId(1),
                    },
                    advises: false,
                    offer: *offer,
                    agent: *agent,
                    at: now(),
                });
                Ok((vec![event], Outcome::Done))
            }
            Input::Offer(offer::Input::Accept { offer, .. }) => {
                Err(refused(offer::Refused::Unknown(*offer).into()))
            }
            Input::Offer(offer::Input::Reject { offer, agent, .. }) => {
                let why = offer::Refused::NotYours {
                    offer: *offer,
                    to: AgentId(8),
                    agent: *agent,
                };
                Err(refused(why.into()))
            }
            Input::Route(route::Input::Request { .. }) => {
                let request = RouteRequestId(9);
                Ok((Vec::new(), Outcome::Requested { request }))
            }
            Input::Agent(agent::Input::LogIn { agent, media }) => {
                let session = DeskSessionId(4);
                self.desk = Some(session);
                let event = Event::Agent(agent::Event::LoggedIn {
                    agent: *agent,
                    session,
                    media: media.clone(),
                    at: now(),
                });
                Ok((vec![event], Outcome::LoggedIn { session }))
            }
            Input::Agent(agent::Input::LogOut { agent }) => {
                self.desk = None;
                let event = Event::Agent(agent::Event::LoggedOut { agent: *agent });
                Ok((vec![event], Outcome::Done))
            }
            Input::Config(config) => self.configure(config).map_err(refused),
            Input::Contact(contact::Input::Erased { contact, keys }) => {
                let event = Event::Contact(contact::Event::Erased {
                    contact: *contact,
                    keys: keys.clone(),
                });
                Ok((vec![event], Outcome::Done))
            }
            _ => Ok((Vec::new(), Outcome::Done)),
        }
    }

    fn submit(&mut self, scope: &Scope, it: &Submission) -> Result<Taken, CommandFault> {
        if it.queue.as_str() == "full" {
            let why = interaction::Refused::QueueFull {
                queue: it.queue.clone(),
                limit: 5,
            };
            return Err(CommandFault::Refused(why.into()));
        }
        if it.queue.as_str() == "busy" {
            let why = Unavailable::Overloaded { limit: 10 };
            return Err(CommandFault::Unavailable(why));
        }
        if it.queue.as_str() == "lost" {
            return Err(CommandFault::Unknown("the node was fenced".to_owned()));
        }
        let Some(queue) = self.queues.get(&it.queue) else {
            let why = interaction::Refused::UnknownQueue(it.queue.clone());
            return Err(CommandFault::Refused(why.into()));
        };
        if !reaches(scope, queue.id) {
            return Err(CommandFault::Denied(Denied::Scope));
        }
        let id = InteractionId((self.live.len() + self.rows.len()) as u64 + 1);
        let interaction = Interaction {
            id,
            medium: it.medium,
            kind: it.kind.clone(),
            subkind: it.subkind.clone(),
            tier: it.tier,
            queue: queue.id,
            contact: it.contact,
            parent: it.parent,
            thread: None,
            user_data: it.user_data.clone(),
            submitted: now(),
            place: Place::Queue,
            parties: Vec::new(),
            requests: Requests::new(),
            version: 1,
            more: ringback_model::Rare::none(),
        };
        self.live.insert(id, interaction.clone());
        let request = it.route.as_ref().map(|_| RouteRequestId(id.0));
        let event = Event::Interaction(interaction::Event::Submitted(Box::new(interaction)));
        let outcome = Outcome::Submitted {
            interaction: id,
            request,
        };
        Ok((vec![event], outcome))
    }

    fn stop(
        &mut self,
        scope: &Scope,
        id: InteractionId,
        ending: Ending,
    ) -> Result<Taken, CommandFault> {
        let unknown = if self.rows.contains_key(&id) {
            interaction::Refused::Stopped(id)
        } else {
            interaction::Refused::Unknown(id)
        };
        let Some(found) = self.live.get(&id) else {
            return Err(CommandFault::Refused(unknown.into()));
        };
        if !reaches(scope, found.queue) {
            return Err(CommandFault::Denied(Denied::Scope));
        }
        let submitted = self.live.remove(&id).expect("just found");
        let of = Subject {
            interaction: id,
            queue: submitted.queue,
        };
        let row = InteractionRow {
            submitted,
            place: "stopped".to_owned(),
            owner: None,
            version: 2,
            stopped: Some(now()),
            ending: Some(ending.clone()),
        };
        self.rows.insert(id, row);
        let event = Event::Interaction(interaction::Event::Stopped {
            of,
            owner: None,
            at: now(),
            ending,
        });
        Ok((vec![event], Outcome::Done))
    }

    fn configure(&mut self, input: &config::Input) -> Result<Taken, Refused> {
        match input {
            config::Input::PutQueue {
                name,
                body,
                expected,
            } => {
                let found = self.queues.get(name).map_or(0, |it| it.version);
                check(*expected, found, name)?;
                let id = self.queues.get(name).map_or(QueueId(90), |it| it.id);
                let version = found + 1;
                let queue = Queue {
                    id,
                    name: name.clone(),
                    version,
                    body: body.clone(),
                };
                self.queues.insert(name.clone(), queue.clone());
                let event = Event::Config(config::Event::QueuePut(Box::new(queue)));
                Ok((vec![event], Outcome::Put { version }))
            }
            config::Input::PutSettings { settings, expected } => {
                check(*expected, self.settings.0, "settings")?;
                let version = self.settings.0 + 1;
                self.settings = (version, Settings::clone(settings));
                Ok((Vec::new(), Outcome::Put { version }))
            }
            _ => Ok((Vec::new(), Outcome::Put { version: 1 })),
        }
    }

    fn answer(&self, actor: &Actor, query: Query) -> Result<View, QueryFault> {
        let scope = match &actor.right {
            Right::House => Scope::Everything,
            Right::Key { scope, .. } => scope.clone(),
        };
        let unknown = |what: &dyn std::fmt::Display| QueryFault::Unknown(what.to_string());
        Ok(match query {
            Query::Interactions(_) => View::Interactions(Vec::new()),
            Query::Search(..) => View::Found(Vec::new(), None),
            Query::Workbins(_) => View::Workbins(Vec::new()),
            Query::Workbin { .. } => View::Workbin(Vec::new(), 0),
            Query::Interaction(id) => match self.live.get(&id) {
                Some(found) if reaches(&scope, found.queue) => {
                    View::Interaction(Box::new(InteractionView {
                        interaction: found.clone(),
                        requests: Vec::new(),
                        offer: None,
                        invitations: Vec::new(),
                        capabilities: Capabilities::default(),
                    }))
                }
                Some(_) => return Err(QueryFault::Denied(Denied::Scope)),
                // What is over is forgotten, its queue too.
                None if scope != Scope::Everything => {
                    return Err(QueryFault::Denied(Denied::Scope));
                }
                None if self.rows.contains_key(&id) => return Err(QueryFault::Stopped(id)),
                None => return Err(unknown(&id)),
            },
            Query::Agent(_) => View::Agent(Box::new(self.anna())),
            Query::AgentNamed(name) if name.as_str() == "anna" => {
                View::Agent(Box::new(self.anna()))
            }
            Query::AgentNamed(name) => return Err(unknown(&name)),
            Query::Agents { .. } => View::Agents(vec![self.anna()]),
            Query::QueueNamed(name) => match self.queues.get(&name) {
                Some(queue) => View::Queue(Box::new(queue_view(queue))),
                None => return Err(unknown(&name)),
            },
            Query::Queues => View::Queues(self.queues.values().map(queue_view).collect()),
            Query::VirtualQueues => {
                let all = self.virtual_queues.values();
                View::VirtualQueues(all.map(virtual_queue_view).collect())
            }
            Query::Settings => View::Settings(self.settings.0, Box::new(self.settings.1.clone())),
            Query::Overview => View::Overview(Box::new(self.overview())),
            Query::Outbox(_) => View::Outbox(Vec::new()),
            Query::Quarantined(_) => View::Quarantined(Vec::new()),
            Query::Keys => View::Keys(Vec::new()),
            Query::Objects(_) => View::Objects(Vec::new()),
            Query::Calendar { .. } => return Err(QueryFault::Unknown("calendar".to_owned())),
            Query::ObjectNamed(_, name)
            | Query::ObjectToChange(_, name)
            | Query::ViewNamed(name) => return Err(unknown(&name)),
            Query::Why {
                interaction: id, ..
            } => return Err(unknown(&id)),
            Query::People => View::People(Vec::new()),
            Query::Person(name) => return Err(unknown(&name)),
            Query::Sessions(_) => View::Sessions(Vec::new()),
            Query::LoginPolicy => View::LoginPolicy(0, Box::default()),
            Query::Login(_) => View::Login(None, Box::default()),
            Query::VirtualQueueNamed(name) => return Err(unknown(&name)),
            Query::Line { virtual_queue, .. } => return Err(unknown(&virtual_queue)),
        })
    }

    fn anna(&self) -> AgentView {
        AgentView {
            agent: config::Agent {
                id: AgentId(7),
                name: name("anna"),
                version: 3,
                body: config::AgentBody::default(),
            },
            at_work: agent::AtWork {
                more: ringback_model::Rare::none(),
                paused: ringback_model::Rare::none(),
                occupied: ringback_model::Rare::none(),
                desk: self.desk.map(|session| agent::Desk {
                    session,
                    since: now(),
                    grace_until: None,
                    silent: false,
                }),
                media: BTreeMap::from([(
                    Medium::Voice,
                    agent::Readiness {
                        not_ready: None,
                        since: now(),
                    },
                )]),
                claims: Vec::new(),
                misses: BTreeMap::new(),
                idle_since: ringback_model::EngineTime(0),
            },
            offers: Vec::new(),
        }
    }

    fn overview(&self) -> Overview {
        Overview {
            now: now(),
            sequence: self.head(),
            open: self.live.len() as u64,
            resting: self.live.len() as u64,
            routing: 0,
            offered: 0,
            handling: 0,
            submitted: (self.live.len() + self.rows.len()) as u64,
            logged_in: 0,
            ready: Vec::new(),
            effects: (0, 0, 0),
            timers: 0,
        }
    }

    fn page(&self, query: &RecordsQuery) -> RecordsPage {
        match query {
            RecordsQuery::Interaction { interaction, scope } => {
                let found = self.rows.get(interaction);
                let found = found.filter(|row| reaches(scope, row.submitted.queue));
                RecordsPage::Interactions(found.cloned().into_iter().collect())
            }
            RecordsQuery::Interactions {
                scope,
                before,
                limit,
                ..
            } => {
                let rows = self.rows.values().rev();
                let rows = rows.filter(|row| reaches(scope, row.submitted.queue));
                let rows = rows.filter(|row| before.is_none_or(|id| row.submitted.id < id));
                RecordsPage::Interactions(rows.take(*limit).cloned().collect())
            }
            RecordsQuery::History { .. } => RecordsPage::History(Vec::new()),
            RecordsQuery::Segments { .. } => RecordsPage::Segments(Vec::new()),
            RecordsQuery::WaitTotals => RecordsPage::WaitTotals(Vec::new()),
            RecordsQuery::Tallies { .. } => RecordsPage::Tallies(Vec::new()),
            RecordsQuery::Book => RecordsPage::Book(None),
            RecordsQuery::Intervals { .. } => RecordsPage::Intervals(Vec::new()),
            RecordsQuery::ConfigHistory { .. } => RecordsPage::ConfigHistory(Vec::new()),
        }
    }
}

fn reaches(scope: &Scope, queue: QueueId) -> bool {
    scope.reaches(queue)
}

fn check(expected: Expected, found: u64, what: impl ToString) -> Result<(), Refused> {
    let fits = match expected {
        Expected::Any => true,
        Expected::Absent => found == 0,
        Expected::Version(version) => version == found,
    };
    let what = what.to_string();
    let mismatch = config::Refused::VersionMismatch { what, found };
    if fits { Ok(()) } else { Err(mismatch.into()) }
}

fn queue_view(queue: &Queue) -> QueueView {
    QueueView {
        queue: queue.clone(),
        open: 0,
    }
}

fn virtual_queue_view(virtual_queue: &VirtualQueue) -> VirtualQueueView {
    VirtualQueueView {
        virtual_queue: virtual_queue.clone(),
        waiting: 0,
        oldest: None,
        offered: 0,
        entered: 0,
        left: 0,
    }
}

impl Hall for Fake {
    fn tenants(&self) -> Vec<Tenant> {
        vec![Tenant {
            id: TENANT,
            name: name("default"),
        }]
    }

    fn authenticate(&self, secret_hash: &str) -> Option<Authenticated> {
        let actor = self.state().keys.get(secret_hash).cloned()?;
        Some(Authenticated {
            tenant: TENANT,
            actor,
            session: None,
            digits_shown: None,
        })
    }

    fn send(&self, command: Command, reply: Reply) {
        let mut state = self.state();
        let first = command
            .idempotent
            .and_then(|it| state.results.get(&it.id).copied());
        let result = match (first, command.idempotent) {
            (Some((fingerprint, _)), Some(asked)) if fingerprint != asked.fingerprint => {
                Err(CommandFault::KeyReused)
            }
            (Some((_, answer)), _) => Ok(Answer {
                repeated: true,
                ..answer
            }),
            (None, idempotent) => {
                state
                    .decide(&command.actor, &command.input)
                    .map(|(events, outcome)| {
                        state.taken.push(command.input.clone());
                        let actor = command.actor.name.clone();
                        let input = command.input.clone();
                        let sequence = state.append(actor, input, idempotent, events, outcome);
                        let answer = Answer {
                            sequence,
                            outcome,
                            repeated: false,
                        };
                        if let Some(asked) = idempotent {
                            let kept = (asked.fingerprint, answer);
                            state.results.insert(asked.id, kept);
                        }
                        answer
                    })
            }
        };
        match &mut state.held {
            Some(held) => held.push((reply, result)),
            None => reply.send(result),
        }
    }

    fn query(
        &self,
        _: TenantId,
        actor: Arc<Actor>,
        query: Query,
    ) -> BoxFuture<'_, Result<(Sequence, View), QueryFault>> {
        assert!(
            !std::mem::take(&mut self.state().panic_on_query),
            "as asked"
        );
        let mut state = self.state();
        state.asked += 1;
        let answer = state.answer(&actor, query).map(|view| (state.head(), view));
        futures_util::future::ready(answer).boxed()
    }

    fn records(
        &self,
        _: TenantId,
        at_least: Option<Sequence>,
        query: RecordsQuery,
    ) -> BoxFuture<'_, Result<Fresh<RecordsPage>, QueryFault>> {
        let state = self.state();
        let reached = Sequence(state.head().0.saturating_sub(state.behind));
        let answer = match at_least {
            Some(wanted) if wanted > reached => Err(QueryFault::Behind { reached, wanted }),
            _ => Ok(Fresh {
                sequence: reached,
                value: state.page(&query),
            }),
        };
        futures_util::future::ready(answer).boxed()
    }

    fn subscribe(&self, _: TenantId, interest: Interest) -> Result<Subscription, QueryFault> {
        let (to, pushes) = mpsc::channel(self.line);
        let mut state = self.state();
        state.subscribers.push((interest, to));
        let from = state.head();
        Ok(Subscription { from, pushes })
    }

    fn resume(
        &self,
        _: TenantId,
        after: Cursor,
    ) -> BoxFuture<'_, Result<Vec<Arc<Record>>, ResumeFault>> {
        let answer = {
            let state = self.state();
            let (oldest, head) = (Sequence(state.oldest), state.head());
            if after.sequence.next() < oldest {
                Err(ResumeFault::Gone { after, oldest })
            } else if after.sequence > head {
                Err(ResumeFault::Ahead { after, head })
            } else {
                let rest = state.journal.iter();
                let rest = rest.filter(|it| Cursor::end_of(it.sequence) > after);
                Ok(rest.take(RESUMED).cloned().collect())
            }
        };
        let hook = self.state().on_resume.take();
        if let Some(hook) = hook {
            hook(self);
        }
        futures_util::future::ready(answer).boxed()
    }

    fn desk(&self, _: TenantId, agent: AgentId, session: DeskSessionId, answers: bool) {
        self.state().desks_told.push((agent, session, answers));
    }

    fn vault(&self) -> Arc<dyn Vault> {
        self.vault.clone()
    }

    /// Every number asked for is as many as there are records.
    fn statistics(
        &self,
        _: TenantId,
        _: Arc<Actor>,
        wanted: Vec<Wanted>,
    ) -> BoxFuture<'_, Result<(Sequence, Readings), QueryFault>> {
        let sequence = self.state().head().0;
        let reading = |it: &Wanted| {
            let measure = it.statistic.parse();
            let measure = measure.map_err(|_| QueryFault::Unknown(it.statistic.clone()))?;
            let amount = Some(Amount(sequence as f64));
            Ok(Reading { measure, amount })
        };
        let readings = wanted.iter().map(reading).collect::<Result<_, _>>();
        let readings = readings.map(|readings| {
            let now = Readings {
                at: ringback_model::EngineTime(sequence * 1_000),
                wall: WallTime(0),
                readings,
            };
            (Sequence(sequence), now)
        });
        Box::pin(async move { readings })
    }

    fn report(
        &self,
        _: TenantId,
        _: Arc<Actor>,
        _: Option<Sequence>,
        wanted: ReportWanted,
    ) -> BoxFuture<'_, Result<Fresh<Vec<ReportLine>>, QueryFault>> {
        let mut counts = ringback_model::statistic::Counts::default();
        counts.answered(ringback_model::Millis::seconds(4));
        let line = ReportLine {
            from: wanted.from,
            to: wanted.to,
            counts,
        };
        let value = vec![line];
        let sequence = self.state().head();
        Box::pin(async move { Ok(Fresh { sequence, value }) })
    }

    fn statistic_definitions(&self, _: TenantId) -> Result<Definitions, QueryFault> {
        Ok(Definitions::new())
    }

    fn health(&self) -> Health {
        self.state().health.clone()
    }
}

/// A keeper of keys whose sealing turns every bit around: not readable by accident.
#[derive(Default)]
struct FakeVault {
    state: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    keys: u64,
    erased: BTreeSet<KeyId>,
    contacts: BTreeMap<String, ContactId>,
    erased_contacts: BTreeSet<ContactId>,
    untold: Vec<Untold>,
}

fn turned(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

impl Vault for FakeVault {
    fn seal(
        &self,
        _: TenantId,
        contact: Option<ContactId>,
        plain: &[u8],
    ) -> Result<Sealed, VaultFault> {
        let mut kept = self.state.lock().expect("no test panicked inside");
        kept.keys += 1;
        Ok(Sealed {
            key: KeyId(kept.keys),
            contact,
            bytes: turned(plain).into(),
        })
    }

    fn seal_beside(
        &self,
        tenant: TenantId,
        beside: &Sealed,
        plain: &[u8],
    ) -> Result<Option<Sealed>, VaultFault> {
        let gone = self.open(tenant, beside)?.is_none();
        Ok((!gone).then(|| Sealed {
            key: beside.key,
            contact: beside.contact,
            bytes: turned(plain).into(),
        }))
    }

    fn open(&self, _: TenantId, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultFault> {
        let kept = self.state.lock().expect("no test panicked inside");
        let gone = kept.erased.contains(&sealed.key)
            || sealed
                .contact
                .is_some_and(|it| kept.erased_contacts.contains(&it));
        Ok((!gone).then(|| turned(&sealed.bytes)))
    }

    fn contact(&self, _: TenantId, known_as: &str) -> Result<ContactId, VaultFault> {
        let mut kept = self.state.lock().expect("no test panicked inside");
        let next = ContactId(kept.contacts.len() as u64 + 1);
        Ok(*kept.contacts.entry(known_as.to_owned()).or_insert(next))
    }

    fn find_contact(&self, _: TenantId, known_as: &str) -> Result<Option<ContactId>, VaultFault> {
        let kept = self.state.lock().expect("no test panicked inside");
        Ok(kept.contacts.get(known_as).copied())
    }

    fn erase(&self, erasure: Erasure, asked: Idempotent) -> Result<bool, VaultFault> {
        let mut kept = self.state.lock().expect("no test panicked inside");
        let asked = Some(asked);
        kept.untold.push(Untold { erasure, asked });
        Ok(match erasure {
            Erasure::Contact { contact, .. } => {
                kept.contacts.retain(|_, id| *id != contact);
                kept.erased_contacts.insert(contact)
            }
            Erasure::Key { key, .. } => kept.erased.insert(key),
        })
    }

    fn untold(&self, _: TenantId) -> Result<Vec<Untold>, VaultFault> {
        let kept = self.state.lock().expect("no test panicked inside");
        Ok(kept.untold.clone())
    }

    fn told(&self, erasures: &[(Erasure, Sequence)]) -> Result<(), VaultFault> {
        let mut kept = self.state.lock().expect("no test panicked inside");
        let told = |one: &Untold| erasures.iter().any(|(erasure, _)| *erasure == one.erasure);
        kept.untold.retain(|one| !told(one));
        Ok(())
    }
}
