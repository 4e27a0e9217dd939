//! BullMQ on Redis with `appendfsync always`; the client is a Node process.
//!
//! The packages are those of `bench/peers/bullmq/package-lock.json`, installed once into the
//! repository's cache folder. The steps in BullMQ's words: `queue.add` with a priority,
//! `worker.getNextJob`, `job.updateProgress`, `job.moveToCompleted`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use super::{CycleDriver, CycleResult, Missing, Tally, WARMUP_S};
use crate::guard::{Guarded, Keeper};

pub(super) const NAME: &str = "bullmq";

const START_LIMIT: Duration = Duration::from_secs(10);

/// Every write command is on the disk before it is answered; Redis flushes once per turn of its
/// loop, so commands that arrive together share a flush.
const SETTINGS: [(&str, &str); 4] = [
    ("--appendonly", "yes"),
    ("--appendfsync", "always"),
    ("--save", ""),
    ("--auto-aof-rewrite-percentage", "0"),
];

/// What the packages are made from; all of it is copied into the cache.
const SOURCES: [&str; 4] = ["package.json", "package-lock.json", ".npmrc", "cycle.mjs"];

/// A Redis server of our own and the Node client.
pub(super) struct BullMq {
    versions: String,
    // Dropped in this order: the client's stdin first, which ends it, the server last.
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    _client: Guarded,
    _server: Guarded,
}

#[derive(Serialize)]
struct Request {
    outstanding: usize,
    warmup_s: f64,
    measure_s: f64,
    attributes: String,
}

#[derive(Deserialize)]
struct Answer {
    latencies_us: Vec<f64>,
    finished: u64,
    empty_takes: u64,
    completed_in_store: u64,
    left_in_store: u64,
}

impl BullMq {
    pub(super) fn start(folder: &Path, keeper: &Keeper) -> Result<Self, Missing> {
        let redis = first_line(Command::new("redis-server").arg("--version")).ok_or(
            Missing::Uninstalled {
                what: "redis-server",
                remedy: "install it with `apt-get install redis-server`",
            },
        )?;
        let node =
            first_line(Command::new("node").arg("--version")).ok_or(Missing::Uninstalled {
                what: "node",
                remedy: "install Node.js 20 or newer with npm",
            })?;
        Ok(Self::start_with(&redis, &node, folder, keeper)?)
    }

    fn start_with(redis: &str, node: &str, folder: &Path, keeper: &Keeper) -> anyhow::Result<Self> {
        let packages = install_packages(keeper)?;
        let home = folder.join(NAME);
        fs::create_dir(&home)?;
        let port = super::free_port()?;
        let server = start_server(port, &home, keeper)?;

        let mut command = Command::new("node");
        command
            .current_dir(&packages)
            .args(["cycle.mjs", &port.to_string()])
            .env("NODE_ENV", "production")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut client = keeper.spawn(command, Signal::TERM).context("node")?;
        let requests = client.child.stdin.take().context("node has no stdin")?;
        let answers = client.child.stdout.take().context("node has no stdout")?;
        Ok(Self {
            versions: format!(
                "BullMQ {}, Redis {}, Node {node}",
                bullmq_version(&packages)?,
                word_after(redis, "v=").unwrap_or("of unknown version"),
            ),
            requests,
            answers: BufReader::new(answers),
            _client: client,
            _server: server,
        })
    }
}

impl CycleDriver for BullMq {
    fn name(&self) -> &'static str {
        NAME
    }

    fn conditions(&self) -> String {
        let settings = SETTINGS.map(|(name, value)| {
            let value = if value.is_empty() { "\"\"" } else { value };
            format!("{} {value}", name.trim_start_matches('-'))
        });
        format!(
            "{}, one Node process, jobs fetched by hand, completed jobs kept, TCP loopback; {}",
            self.versions,
            settings.join(", ")
        )
    }

    fn run(&mut self, outstanding: usize, seconds: f64) -> anyhow::Result<CycleResult> {
        let request = serde_json::to_string(&Request {
            outstanding,
            warmup_s: WARMUP_S,
            measure_s: seconds,
            attributes: super::attributes(),
        })?;
        writeln!(self.requests, "{request}").context("ask the Node client")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        anyhow::ensure!(
            !line.is_empty(),
            "the Node client ended without an answer; its message is above"
        );
        let answer = serde_json::from_str::<Answer>(&line)?;
        Tally {
            latencies_us: answer.latencies_us,
            finished: answer.finished,
            empty_takes: answer.empty_takes,
            completed_in_store: answer.completed_in_store,
            left_in_store: answer.left_in_store,
        }
        .checked(seconds)
    }
}

fn start_server(port: u16, home: &Path, keeper: &Keeper) -> anyhow::Result<Guarded> {
    let log = home.join("server.log");
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .arg("--dir")
        .arg(home)
        .stdin(Stdio::null())
        .stdout(File::create(&log)?);
    for (name, value) in SETTINGS {
        command.args([name, value]);
    }
    let mut server = keeper
        .spawn(command, Signal::TERM)
        .context("redis-server")?;
    let deadline = Instant::now() + START_LIMIT;
    while let Err(error) = ping(port) {
        server.still_runs().context("redis-server")?;
        if Instant::now() >= deadline {
            return Err(error).context("redis-server did not answer in time");
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(server)
}

fn ping(port: u16) -> std::io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    if &answer == b"+PONG\r\n" {
        Ok(())
    } else {
        Err(std::io::Error::other(
            "no PONG: another server has the port",
        ))
    }
}

/// Brings the packages into `.cache/bench/bullmq` of the repository and tells where that is.
/// Nothing is fetched when they are there and the lock file is still the same.
fn install_packages(keeper: &Keeper) -> anyhow::Result<PathBuf> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = bench.join("peers/bullmq");
    let cache = bench.join("../.cache/bench/bullmq");
    fs::create_dir_all(&cache)?;
    for name in SOURCES {
        fs::copy(sources.join(name), cache.join(name)).with_context(|| format!("copy {name}"))?;
    }
    let lock = fs::read(cache.join("package-lock.json"))?;
    // Written last, so that an interrupted installation is repeated.
    let stamp = cache.join("installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(cache);
    }
    eprintln!("installing the BullMQ packages (npm ci)");
    let mut command = Command::new("npm");
    command
        .current_dir(&cache)
        .args(["ci", "--ignore-scripts", "--no-progress", "--silent"])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let status = keeper.run(command).context("npm, which comes with Node")?;
    anyhow::ensure!(
        status.success(),
        "`npm ci` failed ({status}); run it in .cache/bench/bullmq to see why"
    );
    fs::write(&stamp, lock)?;
    Ok(cache)
}

fn bullmq_version(packages: &Path) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Package {
        version: String,
    }
    let path = packages.join("node_modules/bullmq/package.json");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    Ok(serde_json::from_str::<Package>(&text)?.version)
}

/// The first line a program prints, `None` if it is not there.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().next()?.to_owned())
}

fn word_after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    rest.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_banner() {
        let banner = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64";
        assert_eq!(word_after(banner, "v="), Some("7.0.15"));
    }

    #[test]
    fn the_lock_file_names_checksums_and_no_addresses() {
        let lock = include_str!("../../peers/bullmq/package-lock.json");
        assert!(lock.contains("\"integrity\""));
        assert!(!lock.contains("\"resolved\""));
    }
}
