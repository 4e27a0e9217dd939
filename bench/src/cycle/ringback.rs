//! Ringback itself: the release binary, driven over pipelined WebSocket.
//!
//! Only the place is here: the server speaks no protocol yet, so the driver says so and takes no
//! part. To fill it: start `ringback serve` through [`Keeper::spawn`](crate::guard::Keeper::spawn)
//! with an empty data folder and a free port, wait for `/health/ready`, create one queue and the
//! agents by REST, open one WebSocket, and keep `outstanding` cycles under way on it. The books
//! (`Tally::checked`) are read back by REST with `at_least`.

use std::path::{Path, PathBuf};

use super::{CycleDriver, CycleResult, Missing};

pub(super) const NAME: &str = "ringback";

/// The place of our own driver in the line-up. It cannot be made yet.
pub(super) enum Ringback {}

impl Ringback {
    pub(super) fn start() -> Result<Self, Missing> {
        release_binary().ok_or(Missing::Uninstalled {
            what: "target/release/ringback",
            remedy: "build it with `cargo build --release -p ringback`",
        })?;
        Err(Missing::Unwritten(
            "the client for the pipelined WebSocket; see bench/src/cycle/ringback.rs",
        ))
    }
}

impl CycleDriver for Ringback {
    fn name(&self) -> &'static str {
        match *self {}
    }

    fn conditions(&self) -> String {
        match *self {}
    }

    fn run(&mut self, _outstanding: usize, _seconds: f64) -> anyhow::Result<CycleResult> {
        match *self {}
    }
}

/// The binary beside this one: both are built into the same target folder.
fn release_binary() -> Option<PathBuf> {
    let ours = std::env::current_exe().ok()?;
    let target = ours.ancestors().find(|folder| folder.ends_with("target"))?;
    let binary = Path::new(target).join("release/ringback");
    binary.exists().then_some(binary)
}
