//! The processes the demo starts: the server, and the people.

use crate::process;
use crate::serve::ADDRESS_FILE;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// How long a server may take until it is ready.
const READY_MAX: Duration = Duration::from_secs(60);
/// How long a child may take to end when asked to.
const END_MAX: Duration = Duration::from_secs(40);

/// The server as a child process; started again when it dies.
pub(crate) struct Server {
    folder: PathBuf,
    address: SocketAddr,
    first_key: String,
    child: Child,
}

impl Server {
    /// Starts a server on the data in `folder` and waits until it is ready. Port 0 lets it
    /// choose one.
    pub(crate) async fn start(folder: &Path, port: u16, first_key: &str) -> Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Self {
            folder: folder.to_owned(),
            first_key: first_key.to_owned(),
            child: spawn_server(folder, address, first_key)?,
            address,
        };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Where it listens.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Its log.
    pub(crate) fn log(&self) -> PathBuf {
        log_of(&self.folder)
    }

    /// Waits until the process ends.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// Starts it again on the same data.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        self.child = spawn_server(&self.folder, self.address, &self.first_key)?;
        self.wait_until_ready().await
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        end(&mut self.child, "the server").await
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let file = data_of(&self.folder).join(ADDRESS_FILE);
        let end = Instant::now() + READY_MAX;
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the server ended while starting ({status}); the end of its log:\n{}",
                    tail(&self.log())
                );
            }
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if let Ok(address) = text.trim().parse() {
                self.address = address;
                return Ok(());
            }
            if Instant::now() > end {
                bail!(
                    "the server was not ready within {} s; see {}",
                    READY_MAX.as_secs(),
                    self.log().display()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn data_of(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn log_of(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

fn spawn_server(folder: &Path, address: SocketAddr, first_key: &str) -> Result<Child> {
    let data = data_of(folder);
    // A server that was killed left its address behind; it would be taken for the new one's.
    let _ = std::fs::remove_file(data.join(ADDRESS_FILE));
    let log = File::options()
        .create(true)
        .append(true)
        .open(log_of(folder))
        .with_context(|| format!("cannot write the log in {}", folder.display()))?;
    let mut command = this_program()?;
    command
        .args(["serve", "--end-with-parent", "--data"])
        .arg(data)
        .env("RINGBACK_SERVER__LISTEN", address.to_string())
        // Nobody balances here, and whoever stops the demo waits for it.
        .env("RINGBACK_SERVER__DRAIN_NOTICE_S", "0")
        .env("RINGBACK_FIRST_KEY", first_key)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    spawn(command)
}

/// The process of the people.
pub(crate) struct People {
    child: Child,
}

impl People {
    /// Starts them, for the company whose keys are in `keys`.
    pub(crate) fn start(base: &str, keys: &Path, seed: u64, speed: f64) -> Result<Self> {
        let mut command = this_program()?;
        command
            .args(["demo-people", "--url", base, "--keys"])
            .arg(keys)
            .args(["--seed", &seed.to_string(), "--speed", &speed.to_string()])
            .stdin(Stdio::null());
        Ok(Self {
            child: spawn(command)?,
        })
    }

    /// Waits until the process ends by itself.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// Asks them to stop; `true` when nothing was missing.
    pub(crate) async fn stop(mut self) -> Result<bool> {
        process::ask_to_stop(&self.child);
        let status = tokio::time::timeout(END_MAX, self.child.wait())
            .await
            .context("the people did not stop")??;
        Ok(status.success())
    }
}

fn this_program() -> Result<Command> {
    Ok(Command::new(std::env::current_exe()?))
}

/// In a process group of its own, so that Ctrl-C reaches only the demo, which stops its
/// children in the right order.
fn spawn(mut command: Command) -> Result<Child> {
    command
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .context("cannot start another process of ringback")
}

async fn end(child: &mut Child, who: &str) -> Result<()> {
    process::ask_to_stop(child);
    match tokio::time::timeout(END_MAX, child.wait()).await {
        Ok(status) => {
            let status = status?;
            if !status.success() {
                bail!("{who} ended with {status}");
            }
            Ok(())
        }
        Err(_) => {
            child.kill().await?;
            bail!(
                "{who} did not stop within {} s and was killed",
                END_MAX.as_secs()
            )
        }
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
