//! A hall in this process with a small contact centre in it, on SQLite in a folder.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ringback_model::agent::Input as AgentInput;
use ringback_model::config::{
    AgentBody, Capacity, Expected, Input as Config, QueueBody, VirtualQueueBody,
};
use ringback_model::interaction::{Input as InteractionInput, Submission};
use ringback_model::route::Ask;
use ringback_model::target::Target;
use ringback_model::value::{UserData, Value};
use ringback_model::{AgentId, Input, Medium, Millis, Name, Personal, Tier};
use ringback_ports::envelope::{Actor, Answer, Command};
use ringback_ports::query::{Overview, Query, View};
use ringback_ports::vault::Vault;
use ringback_ports::{Hall, Reply, TenantId};
use ringback_runtime::{Runtime, RuntimeConfig};
use ringback_store::{SqliteOptions, SqliteStore, SqliteVault};
use tokio::sync::oneshot;

/// How long the projection may take to catch up after a cell.
const CATCH_UP: Duration = Duration::from_secs(600);

/// An open hall and the rest of what a client needs.
pub(crate) struct Centre {
    pub(crate) hall: Arc<dyn Hall>,
    pub(crate) tenant: TenantId,
    pub(crate) actor: Arc<Actor>,
    runtime: Runtime,
    tokio: tokio::runtime::Runtime,
}

impl Centre {
    /// Opens the hall in `folder`; it is empty or holds what an earlier one left.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()?;
        let options = SqliteOptions {
            ballast_bytes: 0,
            ..SqliteOptions::new(folder)
        };
        let vault = SqliteVault::open(&folder.join("keys"), None)?;
        let store = SqliteStore::open(options)?;
        let config = RuntimeConfig {
            records_wait: CATCH_UP,
            ..RuntimeConfig::new(vec![name("default")?])
        };
        let runtime = {
            let _inside = tokio.enter();
            Runtime::start(config, Arc::new(store), Arc::new(vault), vec![])?
        };
        let hall = runtime.hall();
        let tenant = hall.tenants().first().context("no tenant")?.id;
        let actor = Arc::new(Actor::node());
        Ok(Self {
            hall,
            tenant,
            actor,
            runtime,
            tokio,
        })
    }

    /// Makes a queue, a virtual queue and `agents` agents who speak English, all ready for
    /// `chats` chats at once.
    pub(crate) fn furnish(&self, agents: u64, chats: u8) -> anyhow::Result<()> {
        let expected = Expected::Any;
        self.done(Input::Config(Config::PutQueue {
            name: name("inbox")?,
            body: QueueBody::default(),
            expected,
        }))?;
        self.done(Input::Config(Config::PutVirtualQueue {
            name: name("support")?,
            body: VirtualQueueBody::default(),
            expected,
        }))?;
        for number in 1..=agents {
            let body = AgentBody {
                skills: [(name("English")?, 3)].into_iter().collect(),
                capacity: Capacity([(Medium::Chat, chats)].into()),
                ..AgentBody::default()
            };
            self.done(Input::Config(Config::PutAgent {
                name: name(&format!("agent{number}"))?,
                body,
                expected,
            }))?;
            let agent = AgentId(number);
            let media = Vec::new();
            self.done(Input::Agent(AgentInput::LogIn { agent, media }))?;
            let media = Vec::new();
            self.done(Input::Agent(AgentInput::Ready { agent, media }))?;
        }
        Ok(())
    }

    pub(crate) fn send(&self, input: Input, reply: Reply) {
        let command = Command {
            tenant: self.tenant,
            actor: Arc::clone(&self.actor),
            idempotent: None,
            input,
        };
        self.hall.send(command, reply);
    }

    /// Sends one input and waits until it is durable.
    pub(crate) fn done(&self, input: Input) -> anyhow::Result<Answer> {
        let (reply, answer) = oneshot::channel();
        self.send(input, Reply::One(reply));
        Ok(answer.blocking_recv()??)
    }

    pub(crate) fn overview(&self) -> anyhow::Result<Overview> {
        let asked = self
            .hall
            .query(self.tenant, Arc::clone(&self.actor), Query::Overview);
        match self.tokio.block_on(asked)? {
            (_, View::Overview(overview)) => Ok(*overview),
            (_, other) => anyhow::bail!("the overview came as {other:?}"),
        }
    }

    /// Waits until the records have everything that is durable by now.
    pub(crate) fn catch_up(&self) -> anyhow::Result<()> {
        let asked = self
            .hall
            .query(self.tenant, Arc::clone(&self.actor), Query::Overview);
        let (sequence, _) = self.tokio.block_on(asked)?;
        let query = ringback_ports::records::RecordsQuery::WaitTotals;
        let records = self.hall.records(self.tenant, Some(sequence), query);
        self.tokio.block_on(records)?;
        Ok(())
    }

    /// Takes a snapshot and waits for it.
    pub(crate) fn snapshot(&self) {
        self.runtime.snapshot();
    }

    /// Closes the hall; with a last snapshot if wanted.
    pub(crate) fn close(self, snapshot: bool) {
        let Self {
            hall,
            runtime,
            tokio,
            ..
        } = self;
        drop(hall);
        if snapshot {
            runtime.stop();
        } else {
            runtime.stop_at_once();
        }
        tokio.shutdown_timeout(Duration::from_secs(1));
    }
}

/// Makes the inputs of cycles.
pub(crate) struct Submissions {
    vault: Arc<dyn Vault>,
    tenant: TenantId,
    plain: Vec<u8>,
    targets: Vec<Target>,
    made: usize,
}

impl Submissions {
    /// Submissions with these target expressions in turn.
    pub(crate) fn new(centre: &Centre, wants: &[String]) -> anyhow::Result<Self> {
        let value: serde_json::Value = serde_json::from_str(&crate::cycle::attributes())?;
        let map: std::collections::BTreeMap<String, Value> = serde_json::from_value(value)?;
        Ok(Self {
            vault: centre.hall.vault(),
            tenant: centre.tenant,
            plain: rmp_serde::to_vec_named(&map)?,
            targets: wants
                .iter()
                .map(|wants| Ok(Target::fixed(wants.parse()?)))
                .collect::<anyhow::Result<_>>()?,
            made: 0,
        })
    }

    /// The next submission: 300 bytes of user data sealed as the door does it, and a route
    /// request in one of the priorities.
    pub(crate) fn next(&mut self) -> anyhow::Result<Input> {
        let sealed = self.vault.seal(self.tenant, None, &self.plain)?;
        let tier = i16::try_from(self.made % crate::cycle::PRIORITIES)?;
        let target = self.targets[self.made % self.targets.len()].clone();
        self.made += 1;
        let submission = Submission {
            queue: name("inbox")?,
            medium: Medium::Chat,
            kind: name("inbound")?,
            subkind: None,
            tier: Tier(tier),
            contact: None,
            parent: None,
            user_data: UserData {
                personal: Some(Personal::new(sealed)),
                ..UserData::default()
            },
            route: Some(Ask {
                virtual_queue: name("support")?,
                target,
                tier: None,
                credit: Millis::ZERO,
                selection: ringback_model::Rare::none(),
                targets: None,
            }),
            said: ringback_model::Rare::none(),
        };
        Ok(Input::Interaction(InteractionInput::Submit(Box::new(
            submission,
        ))))
    }
}

pub(crate) fn name(text: &str) -> anyhow::Result<Name> {
    Ok(text.parse()?)
}
