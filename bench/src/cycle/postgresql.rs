//! PostgreSQL as a queue: one table, `FOR UPDATE SKIP LOCKED`, one commit per step.
//!
//! The cluster is our own, in a temporary folder, as an unprivileged user (PostgreSQL refuses
//! root). Settings favour it where durability is not touched; see `SETTINGS`.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use postgres::{Client, Config, NoTls, Statement};
use rustix::process::Signal;

use super::{CycleDriver, CycleResult, Missing, PRIORITIES, Tally, WARMUP_S};
use crate::guard::{Guarded, Keeper};

pub(super) const NAME: &str = "postgresql";

const USER: &str = "bench";
const START_LIMIT: Duration = Duration::from_secs(20);

/// Durability as in production (`fsync`, `synchronous_commit`, `full_page_writes` stay on).
/// The rest spares the peer work that has nothing to do with the cycle: no replication, no
/// checkpoint inside a cell, no sequential scan chosen on a table without statistics.
const SETTINGS: [&str; 11] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=4GB",
    "checkpoint_timeout=1h",
    "shared_buffers=256MB",
    "max_connections=1100",
    "enable_seqscan=off",
    "jit=off",
];

const SCHEMA: &str = "
    CREATE TABLE item (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        priority smallint NOT NULL,
        state smallint NOT NULL DEFAULT 0, -- 0 waiting, 1 offered, 2 handling, 3 completed
        agent integer,
        attributes text NOT NULL,
        submitted_at timestamptz NOT NULL DEFAULT now(),
        offered_at timestamptz,
        accepted_at timestamptz,
        completed_at timestamptz
    );
    CREATE INDEX item_waiting ON item (priority DESC, id) WHERE state = 0;";

const SUBMIT: &str = "INSERT INTO item (priority, attributes) VALUES ($1, $2)";
const TAKE: &str = "
    UPDATE item SET state = 1, agent = $1, offered_at = now()
    WHERE id = (SELECT id FROM item WHERE state = 0
                ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, attributes";
const ACCEPT: &str =
    "UPDATE item SET state = 2, accepted_at = now() WHERE id = $1 AND state = 1 AND agent = $2";
const COMPLETE: &str =
    "UPDATE item SET state = 3, completed_at = now() WHERE id = $1 AND state = 2 AND agent = $2";

/// A cluster of our own and its clients.
pub(super) struct Postgresql {
    port: u16,
    version: String,
    _server: Guarded,
}

impl Postgresql {
    pub(super) fn start(folder: &Path, keeper: &Keeper) -> Result<Self, Missing> {
        let binaries = newest_binaries().ok_or(Missing::Uninstalled {
            what: "a PostgreSQL server (/usr/lib/postgresql/*/bin/postgres)",
            remedy: "install it with `apt-get install postgresql`",
        })?;
        Ok(Self::start_with(&binaries, folder, keeper)?)
    }

    fn start_with(binaries: &Path, folder: &Path, keeper: &Keeper) -> anyhow::Result<Self> {
        let account = Account::unprivileged()?;
        let home = folder.join(NAME);
        account.make_folder(&home)?;
        let data = home.join("data");
        init_cluster(binaries, &home, &data, account, keeper)?;

        let port = super::free_port()?;
        let mut command = account.command(&binaries.join("postgres"), &home);
        command.arg("-D").arg(&data).arg("-k").arg(&home);
        command.args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let log = home.join("server.log");
        command.stdout(Stdio::null()).stderr(File::create(&log)?);
        // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        let mut server = keeper.spawn(command, Signal::INT).context("postgres")?;
        let version = prepare_database(port, &mut server).with_context(|| last_lines(&log))?;
        Ok(Self {
            port,
            version,
            _server: server,
        })
    }
}

impl CycleDriver for Postgresql {
    fn name(&self) -> &'static str {
        NAME
    }

    fn conditions(&self) -> String {
        format!(
            "PostgreSQL {}, one client thread and connection per outstanding cycle, prepared \
             statements, TCP loopback; {}",
            self.version,
            SETTINGS.join(" ")
        )
    }

    fn run(&mut self, outstanding: usize, seconds: f64) -> anyhow::Result<CycleResult> {
        let clients = (0..outstanding)
            .map(|number| CycleClient::connect(self.port, number))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let window = Window::opening_in(WARMUP_S, seconds);
        let mut tally = Tally {
            latencies_us: Vec::new(),
            finished: 0,
            empty_takes: 0,
            completed_in_store: 0,
            left_in_store: 0,
        };
        for share in run_side_by_side(clients, window)? {
            tally.latencies_us.extend(share.latencies_us);
            tally.finished += share.finished;
            tally.empty_takes += share.empty_takes;
        }
        let mut client = connect(self.port)?;
        let books = client.query_one(
            "SELECT count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE state <> 3) FROM item",
            &[],
        )?;
        tally.completed_in_store = u64::try_from(books.get::<_, i64>(0))?;
        tally.left_in_store = u64::try_from(books.get::<_, i64>(1))?;
        forget_everything(&mut client)?;
        tally.checked(seconds)
    }
}

/// The measured time: warm-up ends at `opens`, no cycle begins after `closes`.
#[derive(Clone, Copy)]
struct Window {
    opens: Instant,
    closes: Instant,
}

impl Window {
    fn opening_in(warmup_s: f64, seconds: f64) -> Self {
        let opens = Instant::now() + Duration::from_secs_f64(warmup_s);
        Self {
            opens,
            closes: opens + Duration::from_secs_f64(seconds),
        }
    }
}

/// What one client contributes.
#[derive(Default)]
struct Share {
    latencies_us: Vec<f64>,
    finished: u64,
    empty_takes: u64,
}

fn run_side_by_side(clients: Vec<CycleClient>, window: Window) -> anyhow::Result<Vec<Share>> {
    let threads = clients
        .into_iter()
        .map(|client| thread::spawn(move || client.run(window)))
        .collect::<Vec<_>>();
    // All are joined before the first error is reported: none may go on behind our back.
    let outcomes = threads
        .into_iter()
        .map(|thread| match thread.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        })
        .collect::<Vec<_>>();
    outcomes.into_iter().collect()
}

/// One connection with its prepared statements; it plays the submitter and the agent `number`.
struct CycleClient {
    client: Client,
    number: usize,
    agent: i32,
    attributes: String,
    submit: Statement,
    take: Statement,
    accept: Statement,
    complete: Statement,
}

impl CycleClient {
    fn connect(port: u16, number: usize) -> anyhow::Result<Self> {
        let mut client = connect(port)?;
        Ok(Self {
            submit: client.prepare(SUBMIT)?,
            take: client.prepare(TAKE)?,
            accept: client.prepare(ACCEPT)?,
            complete: client.prepare(COMPLETE)?,
            client,
            number,
            agent: i32::try_from(number)?,
            attributes: super::attributes(),
        })
    }

    fn run(mut self, window: Window) -> anyhow::Result<Share> {
        let mut share = Share::default();
        for turn in 0_usize.. {
            let began = Instant::now();
            if began >= window.closes {
                break;
            }
            self.cycle(turn, &mut share)?;
            let ended = Instant::now();
            share.finished += 1;
            if (window.opens..=window.closes).contains(&ended) {
                share.latencies_us.push((ended - began).as_secs_f64() * 1e6);
            }
        }
        Ok(share)
    }

    fn cycle(&mut self, turn: usize, share: &mut Share) -> anyhow::Result<()> {
        let priority = i16::try_from((self.number + turn) % PRIORITIES)?;
        self.client
            .execute(&self.submit, &[&priority, &self.attributes])?;
        // Rarely the item just submitted: the best of all that wait.
        let id = loop {
            if let Some(row) = self.client.query_opt(&self.take, &[&self.agent])? {
                break row.get::<_, i64>(0);
            }
            share.empty_takes += 1;
        };
        let accepted = self.client.execute(&self.accept, &[&id, &self.agent])?;
        anyhow::ensure!(
            accepted == 1,
            "item {id} was taken from agent {}",
            self.agent
        );
        let completed = self.client.execute(&self.complete, &[&id, &self.agent])?;
        anyhow::ensure!(
            completed == 1,
            "item {id} was taken from agent {}",
            self.agent
        );
        Ok(())
    }
}

fn connect(port: u16) -> Result<Client, postgres::Error> {
    Config::new()
        .host("127.0.0.1")
        .port(port)
        .user(USER)
        .dbname("postgres")
        .connect_timeout(Duration::from_secs(5))
        .connect(NoTls)
}

/// Waits until the server answers, makes the table, and tells the server's version.
fn prepare_database(port: u16, server: &mut Guarded) -> anyhow::Result<String> {
    let deadline = Instant::now() + START_LIMIT;
    let mut client = loop {
        server.still_runs()?;
        match connect(port) {
            Ok(client) => break client,
            Err(error) if Instant::now() >= deadline => {
                return Err(error).context("the server did not answer in time");
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    };
    client.batch_execute(SCHEMA)?;
    forget_everything(&mut client)?;
    let row = client.query_one("SELECT current_setting('server_version')", &[])?;
    Ok(row.get(0))
}

/// An empty table and no dirty page, so that a cell leaves nothing to do to the next one.
fn forget_everything(client: &mut Client) -> Result<(), postgres::Error> {
    client.batch_execute("TRUNCATE item")?;
    client.batch_execute("CHECKPOINT")
}

fn init_cluster(
    binaries: &Path,
    home: &Path,
    data: &Path,
    account: Account,
    keeper: &Keeper,
) -> anyhow::Result<()> {
    let log = home.join("initdb.log");
    let mut command = account.command(&binaries.join("initdb"), home);
    command.arg("-D").arg(data);
    command.args(["-U", USER, "-E", "UTF8", "--locale=C", "--auth=trust"]);
    command.stdout(Stdio::null()).stderr(File::create(&log)?);
    let status = keeper.run(command).context("initdb")?;
    anyhow::ensure!(status.success(), "initdb: {status}; {}", last_lines(&log));
    Ok(())
}

/// The account that the server runs under.
#[derive(Clone, Copy)]
enum Account {
    /// We are not root, so our own will do.
    Ours,
    Other {
        uid: u32,
        gid: u32,
    },
}

impl Account {
    fn unprivileged() -> anyhow::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ours);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("read /etc/passwd")?;
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| account_named(&accounts, name))
            .context("PostgreSQL refuses root, and there is no account `postgres` or `nobody`")
    }

    fn make_folder(self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        if let Self::Other { uid, gid } = self {
            chown(folder, Some(uid), Some(gid))?;
        }
        Ok(())
    }

    fn command(self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null());
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// Looks an account up in the text of `/etc/passwd`.
fn account_named(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        Some(Account::Other {
            uid: fields.nth(1)?.parse().ok()?,
            gid: fields.next()?.parse().ok()?,
        })
    })
}

/// The folder with the binaries of the highest major version installed.
fn newest_binaries() -> Option<PathBuf> {
    fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let major = folder.file_name()?.to_str()?.parse::<u32>().ok()?;
            let binaries = folder.join("bin");
            binaries
                .join("postgres")
                .exists()
                .then_some((major, binaries))
        })
        .max()
        .map(|(_, binaries)| binaries)
}

/// The end of a log, for an error message.
fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines = text.lines().rev().take(5).collect::<Vec<_>>();
    let tail = lines.into_iter().rev().collect::<Vec<_>>().join(" / ");
    format!("its log ends with: {tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts =
            "root:x:0:0::/root:/bin/sh\npostgres2:x:9:9::/:/bin/sh\npostgres:x:101:104::/:/bin/sh";
        assert!(matches!(
            account_named(accounts, "postgres"),
            Some(Account::Other { uid: 101, gid: 104 })
        ));
        assert!(account_named(accounts, "nobody").is_none());
    }
}
