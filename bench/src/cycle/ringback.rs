//! Ringback itself: the release binary with its defaults, driven over pipelined WebSocket.
//!
//! One connection submits, with an integrator's key; each of a few agents has a desk, a
//! connection with the agent's own key that hears everything about this agent, accepts and
//! completes. The client is one thread, writes what it has to say at once, and looks only for the
//! few words it needs.

mod client;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::{CycleDriver, CycleResult, Missing, WARMUP_S};
use crate::guard::Keeper;
use crate::server::http::Http;
use crate::server::{FIRST_KEY, Server, release_binary};
use crate::threads::CpuTimes;
use client::Client;

pub(super) const NAME: &str = "ringback";

/// Stands for the threads of this process among those of the server.
const CLIENT: &str = "the client";
/// Agents at work, each with a connection.
const AGENTS: usize = 8;
/// Chats each takes at once, the most there is: enough for everything under way.
const CHATS: usize = 100;

/// The binary and where it may write. Every cell begins with a new server in an empty folder.
pub(super) struct Ringback {
    binary: PathBuf,
    folder: PathBuf,
    keeper: Keeper,
    version: String,
    cells: usize,
}

impl Ringback {
    pub(super) fn start(folder: &Path, keeper: &Keeper) -> Result<Self, Missing> {
        let binary = release_binary().ok_or(Missing::Uninstalled {
            what: "target/release/ringback",
            remedy: "build it with `cargo build --release -p ringback`",
        })?;
        Ok(Self::start_with(binary, folder, keeper)?)
    }

    fn start_with(binary: PathBuf, folder: &Path, keeper: &Keeper) -> anyhow::Result<Self> {
        let folder = folder.join(NAME);
        fs::create_dir(&folder)?;
        let output = Command::new(&binary).arg("--version").output()?;
        let version = String::from_utf8(output.stdout)?.trim().to_owned();
        anyhow::ensure!(output.status.success(), "{version}: {}", output.status);
        Ok(Self {
            binary,
            folder,
            keeper: keeper.clone(),
            version,
            cells: 0,
        })
    }
}

impl CycleDriver for Ringback {
    fn name(&self) -> &'static str {
        NAME
    }

    fn conditions(&self) -> String {
        format!(
            "{}, release build, SQLite, default settings; one WebSocket submits, {AGENTS} agents \
             with one WebSocket each accept and complete; user data sealed",
            self.version
        )
    }

    fn run(&mut self, outstanding: usize, seconds: f64) -> anyhow::Result<CycleResult> {
        anyhow::ensure!(
            outstanding <= AGENTS * CHATS,
            "the agents take {} at once",
            AGENTS * CHATS
        );
        let home = self.folder.join(format!("cell-{}", self.cells));
        self.cells += 1;
        fs::create_dir(&home)?;
        let server = Server::start(&self.binary, &home, &self.keeper)?;
        let result = run_cell(&server, outstanding, seconds);
        let result = result.with_context(|| server.last_words());
        drop(server);
        fs::remove_dir_all(&home)?;
        result
    }
}

fn run_cell(server: &Server, outstanding: usize, seconds: f64) -> anyhow::Result<CycleResult> {
    let administrator = Http::new(server.address, FIRST_KEY);
    furnish(&administrator)?;
    let submitter = key(&administrator, "crm", "integrator", None)?;
    let desks = (1..=AGENTS)
        .map(|number| {
            let agent = format!("agent{number}");
            key(&administrator, &agent, "agent", Some(&agent))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut client = Client::connect(server.address, &submitter, &desks)?;
    client.log_in()?;
    client.run_for(WARMUP_S, outstanding)?;
    client.forget_figures();
    let (before, ours) = (
        CpuTimes::read(server.process.child.id())?,
        CpuTimes::read(0)?,
    );
    client.run_for(seconds, outstanding)?;
    let mut used = CpuTimes::read(server.process.child.id())?.since(&before);
    let ours = CpuTimes::read(0)?.since(&ours);
    used.push((CLIENT.to_owned(), ours.iter().map(|(_, us)| us).sum()));
    client.finish()?;
    let mut tally = client.tally();
    let cycles = tally.latencies_us.len().max(1) as f64;
    let books = administrator.get("/v1/overview")?;
    let number = |name: &str| {
        books[name]
            .as_u64()
            .with_context(|| format!("the overview has no {name}: {books}"))
    };
    tally.left_in_store = number("open")?;
    tally.completed_in_store = number("submitted")?.saturating_sub(tally.left_in_store);
    let mut result = tally.checked(seconds)?;
    result.server_cpu_us = used
        .into_iter()
        .map(|(name, us)| (name, us / cycles))
        .collect();
    Ok(result)
}

fn furnish(administrator: &Http) -> anyhow::Result<()> {
    administrator.send("PUT", "/v1/queues/inbox", "{}")?;
    administrator.send("PUT", "/v1/virtual-queues/support", "{}")?;
    for number in 1..=AGENTS {
        let body = format!(r#"{{"skills":{{"English":3}},"capacity":{{"chat":{CHATS}}}}}"#);
        administrator.send("PUT", &format!("/v1/agents/agent{number}"), &body)?;
    }
    Ok(())
}

/// Makes a key and gives its secret.
fn key(
    administrator: &Http,
    name: &str,
    role: &str,
    agent: Option<&str>,
) -> anyhow::Result<String> {
    let mut body = serde_json::json!({"name": name, "role": role});
    if let Some(agent) = agent {
        body["agent"] = agent.into();
    }
    let made = administrator.send("POST", "/v1/keys", &body.to_string())?;
    let secret = made["secret"].as_str();
    Ok(secret
        .with_context(|| format!("no secret in {made}"))?
        .to_owned())
}
