//! A hall in this process whose files hang on a power supply with a switch.

use crate::support::hall::name;
use crate::support::random::Random;
use crate::support::server::PATIENCE;
use ringback_model::config::{Expected, Input as Config, QueueBody, VirtualQueueBody};
use ringback_model::interaction::{Input as It, Submission};
use ringback_model::route::Ask;
use ringback_model::target::Target;
use ringback_model::value::UserData;
use ringback_model::{Input, Medium, Millis, Outcome, Personal, Sealed, Tier};
use ringback_ports::envelope::{Actor, Answer, Command, CommandFault, Idempotent, InputId};
use ringback_ports::query::{Query, View};
use ringback_ports::store::Store;
use ringback_ports::{Hall, Reply, TenantId};
use ringback_runtime::{Runtime, RuntimeConfig, replay};
use ringback_sim::powercut::{Aftermath, PowerCut};
use ringback_store::{SqliteOptions, SqliteStore, SqliteVault};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

const TENANT: TenantId = TenantId(1);

/// A folder under a switch.
pub(super) struct Powered {
    folder: TempDir,
    pub(super) power: PowerCut,
}

/// A submission and what was said to it.
pub(super) struct Asked {
    id: u64,
    input: Input,
    /// What was sealed for it, and how it reads.
    personal: Option<(Sealed, Vec<u8>)>,
    answer: Result<Answer, CommandFault>,
}

impl Asked {
    pub(super) const fn is_answered(&self) -> bool {
        self.answer.is_ok()
    }
}

impl Powered {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let vfs = format!("powered-hall-{number}");
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            power: PowerCut::install(&vfs).expect("a power supply"),
        }
    }

    fn options(&self) -> SqliteOptions {
        SqliteOptions {
            vfs: Some(self.power.name().to_owned()),
            ballast_bytes: 0,
            ..SqliteOptions::new(self.folder.path())
        }
    }

    /// Opens the hall; what went wrong if it cannot be opened.
    pub(super) async fn open(&self) -> Result<Runtime, String> {
        let options = self.options();
        let mut config = RuntimeConfig::new(vec![name("default")]);
        config.room_low = 0;
        config.room_critical = 0;
        // Often enough to be under way when the power goes.
        config.snapshot_records = 20;
        config.snapshot_every = Duration::from_millis(50);
        config.journal_kept = Duration::ZERO;
        // A process would end here; this one has to tell the story on.
        config.fatal = Arc::new(|_| ());
        let opened = tokio::task::spawn_blocking(move || {
            let keys = options.folder.join("keys");
            let vault = SqliteVault::open(&keys, options.vfs.as_deref());
            let vault = vault.map_err(|fault| fault.to_string())?;
            let store = SqliteStore::open(options).map_err(|fault| fault.to_string())?;
            Runtime::start(config, Arc::new(store), Arc::new(vault), vec![])
                .map_err(|fault| fault.to_string())
        });
        opened.await.expect("no panic")
    }

    /// A queue and a line.
    pub(super) async fn found(&self, runtime: &Runtime) {
        let expected = Expected::Any;
        let queue = Config::PutQueue {
            name: name("inbox"),
            body: QueueBody::default(),
            expected,
        };
        let line = Config::PutVirtualQueue {
            name: name("support"),
            body: VirtualQueueBody::default(),
            expected,
        };
        for put in [queue, line] {
            let answer = send(&runtime.hall(), None, Input::Config(put)).await;
            answer.expect("it is set up");
        }
    }

    /// Submits once, with a key and, at times, something personal.
    pub(super) async fn ask(&self, runtime: &Runtime, id: u64, random: &mut Random) -> Asked {
        ask(&runtime.hall(), id, random).await
    }

    /// People ask until the power is gone.
    pub(super) async fn work_until_dark(
        &self,
        runtime: &Runtime,
        askers: u64,
        random: &mut Random,
    ) -> Vec<Asked> {
        let next = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..askers {
            let (hall, next, mut random) = (runtime.hall(), next.clone(), random.branch());
            tasks.spawn(async move {
                let mut asked = Vec::new();
                loop {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    let one = ask(&hall, id, &mut random).await;
                    let goes_on = one.is_answered();
                    asked.push(one);
                    if !goes_on {
                        return asked;
                    }
                }
            });
        }
        let all = async {
            let mut all = Vec::new();
            while let Some(asked) = tasks.join_next().await {
                all.extend(asked.expect("no panic"));
            }
            all
        };
        let all = tokio::time::timeout(PATIENCE, all).await;
        assert!(self.power.is_dark(), "asking ended while there was power");
        all.expect("the cut was reached")
    }

    /// The process is gone, and the power comes back.
    pub(super) async fn go_dark(&self, runtime: Runtime) -> Aftermath {
        let stopped = tokio::task::spawn_blocking(move || runtime.stop_at_once());
        stopped.await.expect("no panic");
        // Readers of threads that are ending close their files last.
        for _ in 0..500 {
            if let Ok(aftermath) = self.power.power_on() {
                return aftermath;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.power.power_on().expect("all files are closed")
    }

    /// Opens again and asks everything once more with the same keys: tells what is missing.
    pub(super) async fn come_back(&self, asked: &[Asked]) -> Vec<String> {
        let runtime = match self.open().await {
            Ok(runtime) => runtime,
            Err(fault) => return vec![format!("it does not open: {fault}")],
        };
        let mut lost = Vec::new();
        for one in asked {
            lost.extend(missing(&runtime, one).await);
        }
        if lost.is_empty() {
            lost.extend(miscounted(&runtime, asked.len()).await);
        }
        let stopped = tokio::task::spawn_blocking(move || runtime.stop());
        stopped.await.expect("no panic");
        lost
    }

    /// The journal decides the same again.
    pub(super) async fn assert_replays(&self) {
        let options = self.options();
        let report = tokio::task::spawn_blocking(move || {
            let store: Box<dyn Store> = Box::new(SqliteStore::open(options).expect("a store"));
            replay::check(&*store, TENANT, &mut |_, _, _| {}).expect("a journal that fits")
        });
        let report = report.await.expect("no panic");
        assert_eq!(report.differences, Vec::<String>::new());
    }
}

async fn ask(hall: &Arc<dyn Hall>, id: u64, random: &mut Random) -> Asked {
    let personal = random.percent(40).then(|| {
        let plain = format!("something about person {id}").into_bytes();
        let vault = hall.vault();
        let sealed = tokio::task::block_in_place(|| vault.seal(TENANT, None, &plain));
        sealed.ok().map(|sealed| (sealed, plain))
    });
    let personal = personal.flatten();
    let route = Ask {
        virtual_queue: name("support"),
        target: Target::fixed("English>=2".parse().expect("an expression")),
        tier: None,
        credit: Millis::ZERO,
        selection: ringback_model::Rare::none(),
        targets: None,
    };
    let user_data = UserData {
        personal: personal
            .as_ref()
            .map(|(sealed, _)| Personal::new(sealed.clone())),
        ..UserData::default()
    };
    let input = Input::Interaction(It::Submit(Box::new(Submission {
        queue: name("inbox"),
        medium: Medium::Chat,
        kind: name("inbound"),
        subkind: None,
        tier: Tier(0),
        contact: None,
        parent: None,
        user_data,
        route: Some(route),
        said: ringback_model::Rare::none(),
    })));
    let answer = send(hall, Some(id), input.clone()).await;
    Asked {
        id,
        input,
        personal,
        answer,
    }
}

async fn send(hall: &Arc<dyn Hall>, id: Option<u64>, input: Input) -> Result<Answer, CommandFault> {
    let (reply, answer) = oneshot::channel();
    let idempotent = id.map(|id| Idempotent {
        id: InputId(u128::from(id) + 1),
        fingerprint: id,
    });
    let command = Command {
        tenant: TENANT,
        actor: Arc::new(Actor::node()),
        idempotent,
        input,
    };
    hall.send(command, Reply::One(reply));
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    let gone = || CommandFault::Unknown("the hall is gone".to_owned());
    answer
        .expect("in good time")
        .unwrap_or_else(|_| Err(gone()))
}

/// What is missing of one asking.
async fn missing(runtime: &Runtime, one: &Asked) -> Vec<String> {
    let mut lost = Vec::new();
    let again = send(&runtime.hall(), Some(one.id), one.input.clone()).await;
    match (&one.answer, &again) {
        (Ok(first), Ok(again)) => {
            let same = (first.outcome, first.sequence) == (again.outcome, again.sequence);
            if !again.repeated || !same {
                lost.push(format!("{} was told {first:?}, now {again:?}", one.id));
            }
        }
        (Err(_), Ok(_)) => {}
        (_, Err(fault)) => lost.push(format!("{} is refused: {fault}", one.id)),
    }
    if let (Some((sealed, plain)), Ok(first)) = (&one.personal, &one.answer) {
        let vault = runtime.hall().vault();
        let opened = tokio::task::block_in_place(|| vault.open(TENANT, sealed));
        if !matches!(&opened, Ok(Some(bytes)) if bytes == plain) {
            lost.push(format!(
                "the person of {first:?} cannot be read: {opened:?}"
            ));
        }
    }
    if let Ok(Answer {
        outcome: Outcome::Submitted { interaction, .. },
        ..
    }) = again
    {
        let actor = Arc::new(Actor::node());
        let hall = runtime.hall();
        let view = hall
            .query(TENANT, actor, Query::Interaction(interaction))
            .await;
        if let Err(fault) = view {
            lost.push(format!("{interaction} is not there: {fault}"));
        }
    }
    lost
}

/// Every asking made one interaction, not two.
async fn miscounted(runtime: &Runtime, asked: usize) -> Option<String> {
    let actor = Arc::new(Actor::node());
    let hall = runtime.hall();
    match hall.query(TENANT, actor, Query::Overview).await {
        Ok((_, View::Overview(overview))) => (overview.submitted != asked as u64)
            .then(|| format!("{asked} askings made {} interactions", overview.submitted)),
        other => Some(format!("no overview: {other:?}")),
    }
}
