//! Metrics for Prometheus: what the parts of the house count, and what the process uses.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;

/// The metrics of this process.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    handle: PrometheusHandle,
}

/// Bounds of the histograms of durations, in seconds. The lower half is for commits and
/// decisions, the upper for requests and waits.
const SECONDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];
/// Bounds of histograms of counts, like records per commit.
const COUNTS: &[f64] = &[
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0,
];

/// How often old samples are folded away when nobody scrapes.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

impl Metrics {
    /// Collects from now on. Once per process.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let seconds = Matcher::Suffix("_seconds".to_owned());
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(seconds, SECONDS)?
            .set_buckets(COUNTS)?
            .install_recorder()?;
        metrics::describe_gauge!("ringback_build_info", "Version, as a label.");
        metrics::gauge!("ringback_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        describe_process();
        Ok(Self { handle })
    }

    /// Folds samples until the process ends.
    pub(crate) async fn keep_up(self) {
        loop {
            tokio::time::sleep(UPKEEP_EVERY).await;
            self.handle.run_upkeep();
        }
    }

    /// All metrics as text.
    pub(crate) fn page(&self) -> String {
        measure_process();
        self.handle.render()
    }
}

fn describe_process() {
    metrics::describe_gauge!("process_resident_memory_bytes", "Resident memory.");
    metrics::describe_gauge!("process_open_fds", "Open file descriptors.");
    metrics::describe_gauge!(
        "process_cpu_seconds",
        "CPU time, user and system; only grows."
    );
}

/// Reads what the kernel tells; what it does not tell is left out.
fn measure_process() {
    if let Some(bytes) = resident_bytes() {
        metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        metrics::gauge!("process_open_fds").set(open.count() as f64);
    }
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    metrics::gauge!("process_cpu_seconds")
        .set(cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1_000_000_000.0);
}

fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
