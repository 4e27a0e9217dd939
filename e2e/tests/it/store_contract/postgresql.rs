//! PostgreSQL under test, in a cluster that a test starts for itself and stops again.

use super::{Engine, World};
use postgres::{Client, NoTls};
use ringback_ports::store::{AppendFault, SnapshotHead, Store, StoreFault};
use ringback_ports::vault::Vault;
use ringback_store::{PostgresOptions, PostgresStore, PostgresVault};
use rustix::process::{Pid, Signal, kill_process};
use std::cell::Cell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test calls it stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server of our own, on a socket in a temporary folder and nowhere else.
pub(super) struct Cluster {
    home: TempDir,
    server: Child,
    databases: Cell<u32>,
}

impl Cluster {
    /// Starts a server. Without the programs: a loud failure in CI, a named skip elsewhere.
    pub(super) fn start(settings: &[(&str, &str)]) -> Option<Cluster> {
        let Some(programs) = programs() else {
            let missing = "PostgreSQL 15 or later is not installed (Debian: postgresql)";
            assert!(std::env::var_os("CI").is_none(), "{missing}");
            eprintln!("SKIPPED: {missing}");
            return None;
        };
        let home = tempfile::tempdir().expect("a folder");
        let user = server_user();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(home.path(), Some(uid), Some(gid)).expect("root may");
        }
        initialise(&programs, home.path(), user);
        let server = serve(&programs, home.path(), user, settings);
        let mut cluster = Cluster {
            home,
            server,
            databases: Cell::new(0),
        };
        cluster.wait_until_ready();
        Some(cluster)
    }

    fn wait_until_ready(&mut self) {
        let begun = Instant::now();
        while self.try_admin().is_err() {
            let ended = self.server.try_wait().expect("our own child");
            let log = fs::read_to_string(self.home.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "the server ended: {log}");
            assert!(begun.elapsed() < PATIENCE, "the server is not ready: {log}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn url(&self, database: &str) -> String {
        let folder = self.home.path().display();
        format!("host={folder} user=ringback dbname={database}")
    }

    fn try_admin(&self) -> Result<Client, postgres::Error> {
        Client::connect(&self.url("postgres"), NoTls)
    }

    fn admin(&self) -> Client {
        self.try_admin().expect("the server is ready")
    }

    /// A new database of it.
    pub(super) fn database(&self) -> Database {
        let number = self.databases.get() + 1;
        self.databases.set(number);
        let name = format!("contract_{number}");
        let create = format!("CREATE DATABASE {name}");
        self.admin().batch_execute(&create).expect("created");
        Database {
            options: PostgresOptions::new(self.url(&name)),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Fast shutdown; what does not go by then is killed.
        let pid = Pid::from_child(&self.server);
        let _ = kill_process(pid, Signal::INT);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if !matches!(self.server.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The folder of the newest installed programs.
fn programs() -> Option<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut versions: Vec<(u32, PathBuf)> = installed
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .filter(|(version, bin)| *version >= 15 && bin.join("postgres").exists())
        .collect();
    versions.sort();
    versions.pop().map(|(_, bin)| bin)
}

/// Whom the server runs as: it refuses root. `None`: as ourselves.
fn server_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("users");
    let find = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody"))
}

/// A command that runs as the server's user and ends with us, however we end.
fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]);
    if let Some((uid, gid)) = user {
        command.arg("--reuid").arg(uid.to_string());
        command.arg("--regid").arg(gid.to_string());
        command.arg("--clear-groups");
    }
    command
        .arg(program)
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/");
    command
}

fn initialise(programs: &Path, home: &Path, user: Option<(u32, u32)>) {
    let output = command(&programs.join("initdb"), user)
        .args([
            "--no-sync",
            "--auth=trust",
            "--username=ringback",
            "--encoding=UTF8",
        ])
        .arg("--pgdata")
        .arg(home.join("data"))
        .output()
        .expect("setpriv is part of util-linux");
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "initdb: {problem}");
}

fn serve(
    programs: &Path,
    home: &Path,
    user: Option<(u32, u32)>,
    settings: &[(&str, &str)],
) -> Child {
    let log = File::create(home.join("log")).expect("a file");
    let mut server = command(&programs.join("postgres"), user);
    server.arg("-D").arg(home.join("data")).arg("-k").arg(home);
    server.args(["-c", "listen_addresses=", "-c", "shared_buffers=16MB"]);
    for (name, value) in settings {
        server.arg("-c").arg(format!("{name}={value}"));
    }
    server
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    server.spawn().expect("the server starts")
}

/// One database of a cluster.
#[derive(Clone)]
pub(super) struct Database {
    options: PostgresOptions,
}

impl Database {
    fn admin(&self) -> Client {
        Client::connect(&self.options.url, NoTls).expect("connected")
    }
}

impl Engine for Database {
    fn open(&self) -> Result<Box<dyn Store>, StoreFault> {
        Ok(Box::new(PostgresStore::connect(&self.options)?))
    }

    fn vault(&self) -> Box<dyn Vault> {
        Box::new(PostgresVault::connect(&self.options).expect("the keys open"))
    }

    fn damage(&self, snapshot: &SnapshotHead) {
        let changed = self.admin().execute(
            "UPDATE ringback_journal.snapshot_part
             SET body = set_byte(body, 1000, get_byte(body, 1000) # 64)
             WHERE tenant = $1 AND sequence = $2 AND octet_length(body) > 1000",
            &[
                &i64::from(snapshot.tenant.0),
                &i64::try_from(snapshot.sequence.0).expect("small"),
            ],
        );
        assert_eq!(changed.expect("changed"), 1);
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn keys_folder(&self) -> Option<PathBuf> {
        None
    }
}

/// A server whose commits wait for a standby that does not exist, once `strict` is called.
struct Lonely {
    cluster: Cluster,
    database: Database,
    world: World,
}

impl Lonely {
    fn start(deadline: Duration) -> Option<Lonely> {
        let cluster = Cluster::start(&[])?;
        let mut database = cluster.database();
        database.options.deadline = deadline;
        let world = World::new(Box::new(database.clone()));
        world.append(1..=1);
        Some(Lonely {
            cluster,
            database,
            world,
        })
    }

    fn set_standby(&self, name: &str) {
        let mut admin = self.cluster.admin();
        let set = format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'");
        admin.batch_execute(&set).expect("set");
        admin
            .batch_execute("SELECT pg_reload_conf()")
            .expect("reloaded");
        // The setting arrives at the processes a moment later.
        let begun = Instant::now();
        loop {
            let mut fresh = self.database.admin();
            let row = fresh.query_one("SHOW synchronous_standby_names", &[]);
            if row.expect("shown").get::<_, String>(0) == name {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "the setting does not arrive");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Cancels whoever waits for the standby; gives how many there were.
    fn cancel_waiting(&self) -> i64 {
        let row = self.cluster.admin().query_one(
            "SELECT count(*) FILTER (WHERE pg_cancel_backend(pid)) FROM pg_stat_activity
             WHERE wait_event = 'SyncRep'",
            &[],
        );
        row.expect("asked").get(0)
    }
}

#[test]
fn a_cancelled_synchronous_wait_leaves_the_outcome_unknown() {
    let Some(lonely) = Lonely::start(PATIENCE) else {
        return;
    };
    lonely.set_standby("nobody");
    let rows = lonely.world.rows(2..=2);
    let mut writer = lonely.world.writer();
    let appending = thread::spawn(move || writer.append(&rows));
    let begun = Instant::now();
    while lonely.cancel_waiting() == 0 {
        assert!(!appending.is_finished(), "it did not wait for the standby");
        assert!(begun.elapsed() < PATIENCE, "nobody waits for the standby");
        thread::sleep(Duration::from_millis(20));
    }
    let outcome = appending.join().expect("no panic");
    match outcome {
        Err(AppendFault::Unknown(problem)) => assert!(problem.contains("01000"), "{problem}"),
        other => panic!("called {other:?}"),
    }
    // This is the trap: the row is there, on one machine alone.
    assert_eq!(lonely.world.journal(lonely.world.tenant).len(), 2);
}

#[test]
fn a_server_that_does_not_answer_leaves_the_outcome_unknown() {
    let Some(lonely) = Lonely::start(Duration::from_secs(2)) else {
        return;
    };
    lonely.set_standby("nobody");
    let mut writer = lonely.world.writer();
    let outcome = writer.append(&lonely.world.rows(2..=2));
    match outcome {
        Err(AppendFault::Unknown(problem)) => {
            assert!(problem.contains("did not answer"), "{problem}");
        }
        other => panic!("called {other:?}"),
    }
    // The standby question is settled; the same writer connects anew and sees how it stands.
    lonely.set_standby("");
    let head = lonely
        .world
        .reader()
        .head(lonely.world.tenant)
        .expect("read");
    let next = lonely.world.row(head.0 + 1);
    writer.append(&[next]).expect("appended");
}
