//! The durable cycle: submit, take the best by priority, accept, complete - four steps, each
//! durable before the next begins, with 300 bytes of attributes.
//!
//! Every system under test is one [`CycleDriver`]. The server is always a process of its own; the
//! driver is its client and measures at the client's end.

mod bullmq;
mod postgresql;
mod ringback;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use serde::Serialize;

use crate::figures::Quantiles;
use crate::guard::Keeper;

/// Durable steps of one cycle.
pub(crate) const STEPS_PER_CYCLE: usize = 4;
/// Bytes of an interaction's attributes, as JSON text.
pub(crate) const ATTRIBUTE_BYTES: usize = 300;
/// Priorities in use; they are dealt out in turn.
pub(crate) const PRIORITIES: usize = 10;
/// Cycles run this long before the measured window opens (connections, caches, plans, JIT).
pub(crate) const WARMUP_S: f64 = 0.4;

/// A system that can run the durable cycle.
pub(crate) trait CycleDriver {
    /// Its name in tables and on the command line.
    fn name(&self) -> &'static str;

    /// Version and settings that matter, in one line.
    fn conditions(&self) -> String;

    /// Runs cycles for `seconds`, beginning with an empty store, with `outstanding` cycles under
    /// way at any time: each client begins its next cycle when its last one is durable.
    fn run(&mut self, outstanding: usize, seconds: f64) -> anyhow::Result<CycleResult>;
}

/// One cell of a measurement.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CycleResult {
    /// Cycles whose last step became durable inside the measured window.
    pub(crate) cycles: usize,
    pub(crate) cycles_per_s: f64,
    /// Of whole cycles, from before the submit is sent until the complete is acknowledged.
    pub(crate) latency: Quantiles,
    /// Takes that came back empty and were repeated inside their cycle.
    pub(crate) empty_takes: u64,
    /// Microseconds of processor time per cycle, by thread of the server; empty where it is not
    /// looked at.
    pub(crate) server_cpu_us: Vec<(String, f64)>,
}

/// What the clients of one cell saw, before it is believed.
struct Tally {
    /// Of the cycles that ended inside the window.
    latencies_us: Vec<f64>,
    /// All cycles that ended, also during warm-up and after the window.
    finished: u64,
    empty_takes: u64,
    /// What the store itself says afterwards.
    completed_in_store: u64,
    left_in_store: u64,
}

impl Tally {
    /// Turns the tally into a result if the store agrees with the clients.
    fn checked(self, seconds: f64) -> anyhow::Result<CycleResult> {
        anyhow::ensure!(
            self.completed_in_store == self.finished && self.left_in_store == 0,
            "the books do not balance: clients finished {} cycles, the store holds {} completed \
             and {} unfinished items",
            self.finished,
            self.completed_in_store,
            self.left_in_store,
        );
        let cycles = self.latencies_us.len();
        let latency = Quantiles::of(self.latencies_us).ok_or_else(|| {
            anyhow::anyhow!("no cycle ended inside {seconds} s; measure longer with --seconds")
        })?;
        Ok(CycleResult {
            cycles,
            cycles_per_s: cycles as f64 / seconds,
            latency,
            empty_takes: self.empty_takes,
            server_cpu_us: Vec::new(),
        })
    }
}

/// The systems there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DriverKind {
    Ringback,
    Postgresql,
    Bullmq,
}

impl DriverKind {
    pub(crate) const ALL: [Self; 3] = [Self::Ringback, Self::Postgresql, Self::Bullmq];
    pub(crate) const PEERS: [Self; 2] = [Self::Postgresql, Self::Bullmq];

    fn name(self) -> &'static str {
        match self {
            Self::Ringback => ringback::NAME,
            Self::Postgresql => postgresql::NAME,
            Self::Bullmq => bullmq::NAME,
        }
    }

    fn start(self, folder: &Path, keeper: &Keeper) -> Result<Box<dyn CycleDriver>, Missing> {
        Ok(match self {
            Self::Ringback => Box::new(ringback::Ringback::start(folder, keeper)?),
            Self::Postgresql => Box::new(postgresql::Postgresql::start(folder, keeper)?),
            Self::Bullmq => Box::new(bullmq::BullMq::start(folder, keeper)?),
        })
    }
}

/// Why a system takes no part in a run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    #[error("{what} was not found; {remedy}")]
    Uninstalled {
        what: &'static str,
        remedy: &'static str,
    },
    #[error("it could not be started: {0:#}")]
    StartFailed(#[from] anyhow::Error),
}

/// A system that takes no part, and why; it belongs into the report.
#[derive(Debug, Serialize)]
pub(crate) struct Absent {
    pub(crate) name: &'static str,
    pub(crate) reason: String,
}

/// Who takes part in a run.
pub(crate) struct LineUp {
    pub(crate) drivers: Vec<Box<dyn CycleDriver>>,
    pub(crate) missing: Vec<Absent>,
}

impl LineUp {
    pub(crate) fn lacks(&self, kind: DriverKind) -> bool {
        !self
            .drivers
            .iter()
            .any(|driver| driver.name() == kind.name())
    }
}

/// Starts each of `kinds` with its files below `folder`.
pub(crate) fn line_up(kinds: &[DriverKind], folder: &Path, keeper: &Keeper) -> LineUp {
    let mut line_up = LineUp {
        drivers: Vec::new(),
        missing: Vec::new(),
    };
    for &kind in kinds {
        match kind.start(folder, keeper) {
            Ok(driver) => line_up.drivers.push(driver),
            Err(missing) => line_up.missing.push(Absent {
                name: kind.name(),
                reason: missing.to_string(),
            }),
        }
    }
    line_up
}

/// The attributes of an interaction: JSON text of exactly [`ATTRIBUTE_BYTES`].
pub(crate) fn attributes() -> String {
    let head = r#"{"medium":"chat","language":"en","product":"loans","note":""#;
    let tail = r#""}"#;
    let filling = ATTRIBUTE_BYTES - head.len() - tail.len();
    format!("{head}{}{tail}", "n".repeat(filling))
}

/// A port of the loopback that was free a moment ago.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally() -> Tally {
        Tally {
            latencies_us: vec![100.0, 300.0],
            finished: 3,
            empty_takes: 0,
            completed_in_store: 3,
            left_in_store: 0,
        }
    }

    #[test]
    fn attributes_are_json_of_the_agreed_size() {
        let text = attributes();
        assert_eq!(text.len(), ATTRIBUTE_BYTES);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn only_cycles_inside_the_window_count() {
        let result = tally().checked(2.0).unwrap();
        assert_eq!((result.cycles, result.cycles_per_s), (2, 1.0));
    }

    #[test]
    fn a_store_that_disagrees_with_its_clients_gives_no_figure() {
        let lost = Tally {
            completed_in_store: 2,
            ..tally()
        };
        let left = Tally {
            left_in_store: 1,
            ..tally()
        };
        assert!(lost.checked(2.0).is_err());
        assert!(left.checked(2.0).is_err());
    }

    #[test]
    fn a_window_without_a_cycle_gives_no_figure() {
        let idle = Tally {
            latencies_us: Vec::new(),
            ..tally()
        };
        assert!(idle.checked(2.0).is_err());
    }
}
