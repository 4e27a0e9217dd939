//! A hall in this process, with the store on SQLite in a temporary folder.

use crate::support::faulty::{Faulty, Trouble, Troubles};
use ringback_model::config::{AgentBody, Expected, Input as Config, QueueBody, VirtualQueueBody};
use ringback_model::interaction::{Input as It, Submission};
use ringback_model::offer::{Event as OfferEvent, Offer};
use ringback_model::route::Ask;
use ringback_model::target::Target;
use ringback_model::value::UserData;
use ringback_model::{AgentId, Event, Input, Medium, Millis, Name, Tier};
use ringback_ports::envelope::{Actor, Answer, Command, CommandFault, Idempotent, InputId};
use ringback_ports::hall::{Interest, Subscription};
use ringback_ports::query::{Query, QueryFault, View};
use ringback_ports::records::{Fresh, RecordsPage, RecordsQuery};
use ringback_ports::{Cursor, Hall, Record, Reply, Sequence, TenantId};
use ringback_runtime::{Runtime, RuntimeConfig, replay};
use ringback_store::{SqliteOptions, SqliteStore, SqliteVault};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// How long anything may take before a story is given up.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// A folder in which halls are opened one after the other.
pub(crate) struct House {
    folder: TempDir,
    tenants: Vec<Name>,
    troubles: Troubles,
}

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            folder,
            tenants: vec![name("default")],
            troubles: Troubles::default(),
        }
    }

    pub(crate) fn two_tenants() -> Self {
        Self {
            tenants: vec![name("default"), name("acme")],
            ..Self::new()
        }
    }

    fn options(&self) -> SqliteOptions {
        SqliteOptions {
            ballast_bytes: 0,
            ..SqliteOptions::new(self.folder.path())
        }
    }

    pub(crate) async fn open(&self) -> OpenHall {
        self.open_with(|_| {}).await
    }

    pub(crate) async fn open_with(&self, change: impl FnOnce(&mut RuntimeConfig)) -> OpenHall {
        let mut config = RuntimeConfig::new(self.tenants.clone());
        config.room_low = 0;
        config.room_critical = 0;
        config.room_every = Duration::from_millis(20);
        change(&mut config);
        let options = self.options();
        let troubles = Arc::clone(&self.troubles);
        let started = tokio::task::spawn_blocking(move || {
            let vault = SqliteVault::open(&options.folder.join("keys"), None).expect("a vault");
            let store = SqliteStore::open(options).expect("a store");
            let store = Faulty { store, troubles };
            Runtime::start(config, Arc::new(store), Arc::new(vault), vec![]).expect("a hall")
        });
        let runtime = started.await.expect("no panic");
        let tenant = runtime.hall().tenants()[0].id;
        OpenHall {
            hall: runtime.hall(),
            runtime: Some(runtime),
            tenant,
        }
    }

    /// The next appends go wrong in this way, one after the other.
    pub(crate) fn trouble(&self, troubles: &[Trouble]) {
        self.troubles.lock().expect("not poisoned").extend(troubles);
    }

    pub(crate) fn replay_check(&self) -> replay::Report {
        let store = SqliteStore::open(self.options()).expect("a store");
        replay::check(&store, TenantId(1), &mut |_, _, _| {}).expect("a journal that fits")
    }
}

/// An open hall, seen by the house itself.
pub(crate) struct OpenHall {
    hall: Arc<dyn Hall>,
    runtime: Option<Runtime>,
    tenant: TenantId,
}

impl OpenHall {
    /// The same hall, seen from the second tenant.
    pub(crate) fn other_tenant(&self) -> Self {
        let tenant = self.hall.tenants()[1].id;
        Self {
            hall: Arc::clone(&self.hall),
            runtime: None,
            tenant,
        }
    }

    pub(crate) async fn tell(&self, input: Input) -> Result<Answer, CommandFault> {
        self.send(None, input).await
    }

    pub(crate) async fn done(&self, input: Input) -> Answer {
        self.tell(input).await.expect("taken")
    }

    pub(crate) async fn idempotent(&self, id: u128, input: Input) -> Result<Answer, CommandFault> {
        self.idempotent_as(id, 1, input).await
    }

    pub(crate) async fn idempotent_as(
        &self,
        id: u128,
        fingerprint: u64,
        input: Input,
    ) -> Result<Answer, CommandFault> {
        self.send(
            Some(Idempotent {
                id: InputId(id),
                fingerprint,
            }),
            input,
        )
        .await
    }

    async fn send(
        &self,
        idempotent: Option<Idempotent>,
        input: Input,
    ) -> Result<Answer, CommandFault> {
        let (reply, answer) = oneshot::channel();
        let actor = Arc::new(Actor::node());
        let command = Command {
            tenant: self.tenant,
            actor,
            idempotent,
            input,
        };
        self.hall.send(command, Reply::One(reply));
        within(answer).await.expect("an answer")
    }

    pub(crate) async fn ask(&self, query: Query) -> Result<View, QueryFault> {
        let actor = Arc::new(Actor::node());
        within(self.hall.query(self.tenant, actor, query))
            .await
            .map(|(_, view)| view)
    }

    pub(crate) async fn records(
        &self,
        at_least: Option<Sequence>,
        query: RecordsQuery,
    ) -> Fresh<RecordsPage> {
        within(self.hall.records(self.tenant, at_least, query))
            .await
            .expect("records")
    }

    pub(crate) fn subscribe(&self, interest: Interest) -> Pushes {
        Pushes(
            self.hall
                .subscribe(self.tenant, interest)
                .expect("a subscription"),
        )
    }

    pub(crate) async fn resume(&self, after: Sequence) -> Vec<Arc<Record>> {
        let cursor = Cursor::end_of(after);
        within(self.hall.resume(self.tenant, cursor))
            .await
            .expect("records")
    }

    pub(crate) async fn until_served(&self) {
        self.until(|hall| hall.health().problems.is_empty()).await;
    }

    pub(crate) async fn until_room_is_low(&self) {
        let low = |problem: &String| problem.contains("room is low");
        self.until(|hall| hall.health().problems.iter().any(low))
            .await;
    }

    async fn until(&self, reached: impl Fn(&dyn Hall) -> bool) {
        within(async {
            while !reached(&*self.hall) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    pub(crate) async fn snapshot(&self) {
        let runtime = self.runtime.as_ref().expect("the hall itself");
        tokio::task::block_in_place(|| runtime.snapshot());
    }

    pub(crate) async fn close(mut self) {
        let runtime = self.runtime.take().expect("the hall itself");
        drop(self);
        tokio::task::spawn_blocking(move || runtime.stop())
            .await
            .expect("no panic");
    }

    /// Closes without a last snapshot.
    pub(crate) fn close_at_once(mut self) {
        let runtime = self.runtime.take().expect("the hall itself");
        drop(self);
        tokio::task::block_in_place(|| runtime.stop_at_once());
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("in good time")
}

/// What an agent's desk hears.
pub(crate) struct Pushes(Subscription);

impl Pushes {
    /// The next offer made.
    pub(crate) async fn offer(&mut self) -> Offer {
        loop {
            let push = within(self.0.pushes.recv())
                .await
                .expect("the stream goes on");
            for (_, _, event) in push.record.events() {
                if let Event::Offer(OfferEvent::Made { offer, .. }) = event {
                    return (**offer).clone();
                }
            }
        }
    }
}

pub(crate) async fn agent_named(hall: &OpenHall, text: &str) -> AgentId {
    match hall.ask(Query::AgentNamed(name(text))).await {
        Ok(View::Agent(view)) => view.agent.id,
        other => panic!("{text}: {other:?}"),
    }
}

/// A small contact centre.
pub(crate) mod config {
    use super::*;

    pub(crate) async fn small_centre(hall: &OpenHall) {
        let expected = Expected::Any;
        let (queue, virtual_queue) = (name("inbox"), name("support"));
        let body = QueueBody::default();
        hall.done(Input::Config(Config::PutQueue {
            name: queue,
            body,
            expected,
        }))
        .await;
        let body = VirtualQueueBody::default();
        let put = Config::PutVirtualQueue {
            name: virtual_queue,
            body,
            expected,
        };
        hall.done(Input::Config(put)).await;
        for (agent, skills) in [("anna", [("English", 3)]), ("ben", [("Loans", 1)])] {
            let skills = skills
                .into_iter()
                .map(|(skill, level)| (name(skill), level))
                .collect();
            let body = AgentBody {
                skills,
                ..AgentBody::default()
            };
            let put = Config::PutAgent {
                name: name(agent),
                body,
                expected,
            };
            hall.done(Input::Config(put)).await;
        }
    }

    pub(crate) fn plain_submission(medium: Medium) -> Submission {
        Submission {
            queue: name("inbox"),
            medium,
            kind: name("inbound"),
            subkind: None,
            tier: Tier(0),
            contact: None,
            parent: None,
            user_data: UserData::default(),
            route: None,
            said: ringback_model::Rare::none(),
        }
    }

    pub(crate) fn submission(medium: Medium, wants: &str) -> Input {
        let route = Ask {
            virtual_queue: name("support"),
            target: Target::fixed(wants.parse().expect("an expression")),
            tier: None,
            credit: Millis::ZERO,
            selection: ringback_model::Rare::none(),
            targets: None,
        };
        let submission = Submission {
            route: Some(route),
            ..plain_submission(medium)
        };
        Input::Interaction(It::Submit(Box::new(submission)))
    }
}
