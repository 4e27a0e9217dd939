//! The release binary of Ringback as a child process.

pub(crate) mod http;
pub(crate) mod socket;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::Signal;

use crate::guard::{Guarded, Keeper};

/// How long a server may take to be ready.
const START_MAX: Duration = Duration::from_secs(120);
/// The administrator's key, in the form that the server asks for; it protects nothing.
pub(crate) const FIRST_KEY: &str = "rb_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// The key of an agent.
pub(crate) const AGENT_KEY: &str = "rb_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
/// SHA-256 of [`AGENT_KEY`].
pub(crate) const AGENT_KEY_HASH: &str =
    "d2de812cd3f13e1409589fafb977ce336467ecce597e09e471aa17ef0df3c340";

/// A running server; stopped when dropped.
pub(crate) struct Server {
    pub(crate) process: Guarded,
    pub(crate) address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts a server with its data and its log in `home`, and waits until it is ready.
    pub(crate) fn start(binary: &Path, home: &Path, keeper: &Keeper) -> anyhow::Result<Self> {
        let log = home.join("server.log");
        let data = home.join("data");
        // A server that was killed leaves its address behind.
        let address = data.join("address");
        if address.exists() {
            fs::remove_file(&address)?;
        }
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .env("RINGBACK_FIRST_KEY", FIRST_KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?);
        let process = keeper.spawn(command, Signal::TERM).context("ringback")?;
        let mut server = Self {
            process,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            log,
        };
        server.address = server
            .wait_ready(&address)
            .with_context(|| server.last_words())?;
        Ok(server)
    }

    /// The server writes its address into a file when it is ready.
    fn wait_ready(&mut self, address: &Path) -> anyhow::Result<SocketAddr> {
        let until = Instant::now() + START_MAX;
        loop {
            self.process.still_runs()?;
            if let Ok(text) = fs::read_to_string(address) {
                return Ok(text.trim().parse()?);
            }
            anyhow::ensure!(Instant::now() < until, "not ready after {START_MAX:?}");
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines = log.lines().rev().take(5).collect::<Vec<_>>();
        let lines = lines.into_iter().rev().collect::<Vec<_>>();
        format!("the last lines of the server: {}", lines.join(" | "))
    }
}

/// The binary beside this one: both are built into the same target folder.
pub(crate) fn release_binary() -> Option<PathBuf> {
    let ours = std::env::current_exe().ok()?;
    let target = ours.ancestors().find(|folder| folder.ends_with("target"))?;
    let binary = Path::new(target).join("release/ringback");
    binary.exists().then_some(binary)
}
