//! Events per second of the SCXML interpreter, and sessions started per second, with SCION beside it.
//!
//! Ours and SCION get the same events in the same run, one after the other, several times. What is
//! counted is processor time, of the thread for ours and of the process for SCION (whose compiler and
//! collector run beside it), so that a busy machine does not matter much.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ringback_scxml::ecmascript::{Pool, Settings, Told};
use ringback_scxml::{Chart, Event, Input, NoTrace, Options, Platform, Session, Value, compile};
use serde::Deserialize;

use crate::figures::Spread;

/// A chart with the events it is driven with, round and round.
struct Workload {
    name: &'static str,
    file: &'static str,
    events: &'static [&'static str],
    /// What the design asks for, in events per second and core.
    wanted: f64,
}

const WORKLOADS: [Workload; 2] = [
    Workload {
        name: "toggle",
        file: "toggle.scxml",
        events: &["go"],
        wanted: 250_000.0,
    },
    Workload {
        name: "callback",
        file: "callback.scxml",
        events: &[
            "submit",
            "target",
            "dial",
            "connected",
            "treat",
            "done",
            "reset",
        ],
        wanted: 160_000.0,
    },
];

/// What the design asks for when every event leases an engine.
const WANTED_COLD: f64 = 40_000.0;

/// How long and how often.
pub(crate) struct Plan {
    pub(crate) seconds: f64,
    pub(crate) rounds: usize,
    pub(crate) starts: u32,
}

/// Measures both charts and prints what was found.
pub(crate) fn run(folder: Option<&Path>, plan: &Plan) -> anyhow::Result<()> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder.map_or_else(
        || home.join("../../shared/conformance/scxml/bench"),
        Path::to_path_buf,
    );
    let scion = scion(home);
    if let Err(missing) = &scion {
        println!("SCION is missing: {missing:#}");
    }
    for workload in &WORKLOADS {
        measure(workload, &folder, scion.as_deref().ok(), plan)?;
    }
    Ok(())
}

#[derive(Default)]
struct Rates {
    resident: Vec<f64>,
    cold: Vec<f64>,
    starts: Vec<f64>,
    scion: Vec<f64>,
    scion_starts: Vec<f64>,
}

fn measure(
    workload: &Workload,
    folder: &Path,
    scion: Option<&Path>,
    plan: &Plan,
) -> anyhow::Result<()> {
    let path = folder.join(workload.file);
    let text = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    let chart = compile(workload.file, &text, &Options::default())?.chart;
    let mut rates = Rates::default();
    for _ in 0..plan.rounds {
        rates.resident.push(drive(&chart, workload, plan, true)?);
        rates.cold.push(drive(&chart, workload, plan, false)?);
        rates.starts.push(starts(&chart, plan)?);
        if let Some(scion) = scion {
            let theirs = drive_scion(scion, &path, workload, plan)?;
            rates.scion.push(theirs.driven.events / theirs.driven.cpu_s);
            rates
                .scion_starts
                .push(theirs.started.starts / theirs.started.cpu_s);
        }
    }
    println!(
        "\n{} (per second of processor time; smallest, median, largest of {})",
        workload.name, plan.rounds
    );
    let resident = print("events, ours resident", &rates.resident);
    print("events, ours leased cold", &rates.cold);
    let theirs = print("events, SCION 4.3.27", &rates.scion);
    print("sessions started, ours leased cold", &rates.starts);
    print("sessions started, SCION", &rates.scion_starts);
    if let (Some(ours), Some(theirs)) = (resident, theirs) {
        println!("  ours resident / SCION: {:.2}", ours / theirs);
    }
    println!("  wanted: {} resident, {WANTED_COLD} cold", workload.wanted);
    Ok(())
}

fn print(what: &str, rates: &[f64]) -> Option<f64> {
    let spread = Spread::of(rates.iter().copied())?;
    println!(
        "  {what:36} {:>9.0} {:>9.0} {:>9.0}",
        spread.min, spread.median, spread.max
    );
    Some(spread.median)
}

/// Events per second of this thread's processor time.
fn drive(
    chart: &Arc<Chart>,
    workload: &Workload,
    plan: &Plan,
    resident: bool,
) -> anyhow::Result<f64> {
    let settings = Settings {
        resident: usize::from(resident),
        ..Settings::default()
    };
    let mut pool = Pool::new(settings);
    let platform = Platform::default();
    let mut session = Session::new("bench");
    let mut now = 0;
    let mut step = |session: &mut Session, input| {
        now += 1;
        let told = Told::at(now, now, now as u64);
        let trace = &mut NoTrace;
        if resident {
            pool.step_resident(chart, &platform, session, told, input, trace)
        } else {
            pool.step(chart, &platform, session, told, input, trace)
        }
    };
    step(&mut session, Input::Start(Vec::new()))?;
    let mut sent = 0_u32;
    let mut round = |session: &mut Session, length: Duration| -> anyhow::Result<u32> {
        let until = Instant::now() + length;
        let first = sent;
        while Instant::now() < until {
            for _ in 0..20 {
                for name in workload.events {
                    sent += 1;
                    step(session, Input::Event(event(name, sent)))?;
                }
            }
        }
        Ok(sent - first)
    };
    round(&mut session, Duration::from_secs_f64(plan.seconds / 4.0))?;
    let from = processor_time();
    let driven = round(&mut session, Duration::from_secs_f64(plan.seconds))?;
    let used = processor_time().saturating_sub(from);
    anyhow::ensure!(session.is_running(), "the session ended on the way");
    Ok(f64::from(driven) / used.as_secs_f64())
}

/// The data that the header of the callback chart asks for; the other one reads `n` only.
fn event(name: &str, number: u32) -> Event {
    let data = vec![
        ("n".to_owned(), Value::Number(f64::from(number % 1_000))),
        (
            "agent".to_owned(),
            Value::Text(format!("a{}", number % 100)),
        ),
        ("ok".to_owned(), Value::Bool(true)),
    ];
    Event::new(name, Value::Map(data))
}

fn starts(chart: &Arc<Chart>, plan: &Plan) -> anyhow::Result<f64> {
    let mut pool = Pool::new(Settings::default());
    let platform = Platform::default();
    let from = processor_time();
    for number in 0..plan.starts {
        let mut session = Session::new(format!("s{number}"));
        let told = Told::at(0, 0, 1);
        pool.step(
            chart,
            &platform,
            &mut session,
            told,
            Input::Start(Vec::new()),
            &mut NoTrace,
        )?;
    }
    let used = processor_time().saturating_sub(from);
    Ok(f64::from(plan.starts) / used.as_secs_f64())
}

/// How long this thread was on a processor.
fn processor_time() -> Duration {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat");
    let line = line.expect("Linux tells how long a thread ran");
    let ran = line.split(' ').next().and_then(|ns| ns.parse().ok());
    Duration::from_nanos(ran.expect("a number of nanoseconds"))
}

#[derive(Deserialize)]
struct Theirs {
    driven: Driven,
    started: Started,
}

#[derive(Deserialize)]
struct Driven {
    events: f64,
    cpu_s: f64,
}

#[derive(Deserialize)]
struct Started {
    starts: f64,
    cpu_s: f64,
}

fn drive_scion(
    packages: &Path,
    chart: &Path,
    workload: &Workload,
    plan: &Plan,
) -> anyhow::Result<Theirs> {
    let events: Vec<serde_json::Value> = workload
        .events
        .iter()
        .map(|name| serde_json::json!({ "name": name, "data": { "n": 7, "agent": "a7", "ok": true } }))
        .collect();
    let chart = std::fs::canonicalize(chart)?;
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/scxml/peers/scion/bench.mjs");
    let output = Command::new("node")
        .current_dir(packages)
        .arg(script)
        .arg(chart)
        .arg(serde_json::to_string(&events)?)
        .arg(plan.seconds.to_string())
        .arg((plan.starts / 10).max(1).to_string())
        .output()
        .context("start node")?;
    anyhow::ensure!(
        output.status.success(),
        "SCION ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("what SCION measured")
}

/// Where the packages of SCION are, brought there if need be.
fn scion(home: &Path) -> anyhow::Result<PathBuf> {
    let sources = home.join("../crates/scxml/peers/scion");
    let root = home.join("..");
    let cache = std::env::var_os("RINGBACK_CACHE_DIR")
        .map_or_else(|| root.join(".cache"), |folder| root.join(folder));
    let folder = cache.join("scxml/scion");
    if folder
        .join("node_modules/@scion-scxml/scxml/package.json")
        .is_file()
    {
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        std::fs::copy(sources.join(name), folder.join(name))
            .with_context(|| format!("copy {name}"))?;
    }
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-progress", "--silent"])
        .current_dir(&folder)
        .status()
        .context("npm, which comes with Node")?;
    anyhow::ensure!(status.success(), "`npm ci` failed ({status})");
    Ok(folder)
}
