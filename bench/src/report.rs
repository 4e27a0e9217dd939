//! The tables on the terminal and the JSON beside them.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::cycle::{Absent, LineUp};
use crate::environment::{Environment, LoadAverage};
use crate::figures::{Quantiles, Spread};
use crate::floor::Floor;
use crate::hall::Cell as HallCell;
use crate::recovery::Recovery;
use crate::runner::{FLOOR_MOVED_MAX, Outcome, Plan};

/// The JSON of `floor`.
#[derive(Serialize)]
pub(crate) struct FloorReport {
    pub(crate) environment: Environment,
    pub(crate) load_after: LoadAverage,
    pub(crate) floor: Floor,
}

/// The JSON of `peers` and `ringback`.
#[derive(Serialize)]
pub(crate) struct CycleReport {
    pub(crate) environment: Environment,
    pub(crate) load_after: LoadAverage,
    pub(crate) missing: Vec<Absent>,
    pub(crate) plan: Plan,
    pub(crate) outcome: Outcome,
}

/// The JSON of `hall`.
#[derive(Serialize)]
pub(crate) struct HallReport {
    pub(crate) environment: Environment,
    pub(crate) load_after: LoadAverage,
    pub(crate) cells: Vec<HallCell>,
}

/// The JSON of `recovery`.
#[derive(Serialize)]
pub(crate) struct RecoveryReport {
    pub(crate) environment: Environment,
    pub(crate) load_after: LoadAverage,
    pub(crate) recovery: Recovery,
}

/// Writes `report` to `path`, with its folder.
pub(crate) fn write_json(path: &Path, report: &impl Serialize) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    println!("\nJSON: {}", path.display());
    Ok(())
}

pub(crate) fn print_environment(environment: &Environment) {
    let disk = &environment.file_system;
    println!(
        "{}, {} processors, {} MiB; kernel {}, clock {}",
        environment.cpu_model,
        environment.cpus,
        environment.memory_mib,
        environment.kernel,
        environment.clocksource
    );
    println!(
        "{} on {} ({}), cache {}",
        disk.kind,
        disk.device,
        disk.options,
        disk.write_cache.as_deref().unwrap_or("unknown")
    );
    println!(
        "load {} (1 min), {} (5 min), {} runnable; our nice value {}",
        environment.load.one, environment.load.five, environment.load.runnable, environment.nice
    );
    if disk.is_memory() {
        println!("\n!! This file system is memory: nothing here is durable. Choose --folder.");
    }
}

pub(crate) fn print_floor(floor: &Floor) {
    let mut syncs = Table::new(&["fdatasync", "bytes", "/s", "p50 us", "p99 us", "p99.9 us"]);
    for sync in &floor.syncs {
        let mut row = vec![
            sync.what.to_owned(),
            sync.bytes.to_string(),
            whole(sync.syncs_per_s),
        ];
        row.extend(latency(&sync.latency));
        syncs.row(row);
    }
    syncs.print();
    let mut logs = Table::new(&[
        "raw group-commit log, outstanding",
        "record bytes",
        "records/s",
        "commit p50 us",
        "p99 us",
        "p99.9 us",
    ]);
    for log in &floor.logs {
        let mut row = vec![
            log.outstanding.to_string(),
            log.record_bytes.to_string(),
            whole(log.records_per_s),
        ];
        row.extend(latency(&log.commit));
        logs.row(row);
    }
    logs.print();
}

pub(crate) fn print_line_up(line_up: &LineUp) {
    println!();
    for driver in &line_up.drivers {
        println!("{}: {}", driver.name(), driver.conditions());
    }
    for absent in &line_up.missing {
        println!(
            "!! MISSING, takes no part: {}: {}",
            absent.name, absent.reason
        );
    }
}

pub(crate) fn print_cycle(outcome: &Outcome) {
    println!("\nDurable cycle; every figure is min / median / max over the rounds.");
    print_round_floors(outcome);
    let mut table = Table::new(&[
        "driver",
        "outstanding",
        "cycles/s",
        "p50 us",
        "p99 us",
        "steps/s per raw-log record/s",
        "steps per floor flush",
    ]);
    for summary in &outcome.summaries {
        table.row(vec![
            summary.driver.to_owned(),
            summary.outstanding.to_string(),
            spread(&summary.cycles_per_s, 0),
            spread(&summary.p50_us, 0),
            spread(&summary.p99_us, 0),
            steady_spread(summary.share_of_log_floor, 3),
            steady_spread(summary.steps_per_floor_sync, 2),
        ]);
    }
    table.print();
    print_server_cpu(outcome);
    print_ratios(outcome);
}

/// What the servers that were looked at spent, as the median over the rounds.
fn print_server_cpu(outcome: &Outcome) {
    let mut table = Table::new(&["server", "outstanding", "thread", "CPU us per cycle"]);
    for summary in &outcome.summaries {
        let cells = || {
            outcome.cells.iter().filter(|cell| {
                cell.driver == summary.driver && cell.outstanding == summary.outstanding
            })
        };
        let first = cells().next();
        for (thread, _) in first.map_or(&[][..], |cell| &cell.result.server_cpu_us) {
            let used = cells().filter_map(|cell| {
                let threads = &cell.result.server_cpu_us;
                threads
                    .iter()
                    .find(|(name, _)| name == thread)
                    .map(|it| it.1)
            });
            if let Some(used) = Spread::of(used).filter(|used| used.median >= 0.1) {
                let head = [summary.driver.to_owned(), summary.outstanding.to_string()];
                let row = head.into_iter().chain([thread.clone(), spread(&used, 1)]);
                table.row(row.collect());
            }
        }
    }
    table.print();
}

fn print_round_floors(outcome: &Outcome) {
    let mut table = Table::new(&[
        "floor, outstanding",
        "flushes/s (512 B)",
        "raw-log records/s",
    ]);
    let mut seen = Vec::new();
    for floor in &outcome.floors {
        if seen.contains(&floor.outstanding) {
            continue;
        }
        seen.push(floor.outstanding);
        let same = || {
            outcome
                .floors
                .iter()
                .filter(|other| other.outstanding == floor.outstanding)
        };
        let syncs = Spread::of(same().flat_map(|floor| floor.syncs_per_s.iter().copied()));
        let logs = Spread::of(same().map(|floor| floor.log_records_per_s));
        table.row(vec![
            floor.outstanding.to_string(),
            syncs.map_or_else(String::new, |syncs| spread(&syncs, 0)),
            logs.map_or_else(String::new, |logs| spread(&logs, 0)),
        ]);
    }
    table.print();
}

fn print_ratios(outcome: &Outcome) {
    if outcome.ratios.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        "ratio of cycles/s",
        "outstanding",
        "ratio",
        "pairs",
        "discarded",
    ]);
    for ratio in &outcome.ratios {
        table.row(vec![
            format!("{} / {}", ratio.subject, ratio.peer),
            ratio.outstanding.to_string(),
            ratio
                .cycles_per_s
                .map_or_else(|| "no pair survived".to_owned(), |it| spread(&it, 2)),
            ratio.cycles_per_s.map_or(0, |it| it.count).to_string(),
            ratio.discarded.to_string(),
        ]);
    }
    table.print();
    println!(
        "A pair is discarded when the flush floor around it moved by more than {:.0} %.",
        FLOOR_MOVED_MAX * 100.0
    );
}

pub(crate) fn print_recovery(recovery: &Recovery) {
    println!(
        "\n{} open interactions, snapshot of {} MiB; every figure is min / median / max over the \
         rounds.",
        recovery.interactions,
        recovery.snapshot_bytes >> 20
    );
    let mut table = Table::new(&["figure", "min / median / max"]);
    let mut row = |name: &str, figures: Vec<f64>, decimals| {
        if let Some(figures) = Spread::of(figures) {
            table.row(vec![name.to_owned(), spread(&figures, decimals)]);
        }
    };
    for part in ["read", "decode", "restore", "index and digest"] {
        let figures = recovery.parts.iter().map(|parts| parts.of(part)).collect();
        row(&format!("alone, {part}, s"), figures, 2);
    }
    let starts = &recovery.starts;
    row(
        "exec to ready, s",
        starts.iter().map(|it| it.ready_s).collect(),
        2,
    );
    row(
        "exec to the first offer, s",
        starts.iter().map(|it| it.offer_s).collect(),
        2,
    );
    row(
        "RSS per interaction, bytes",
        starts.iter().map(|it| it.rss_bytes).collect(),
        0,
    );
    row(
        "RSS at its peak, the same",
        starts.iter().map(|it| it.peak_bytes).collect(),
        0,
    );
    table.print();
}

pub(crate) fn print_hall(outstanding: &[usize], cells: &[HallCell]) {
    println!(
        "\nDurable cycle inside one process; every figure is min / median / max over the rounds."
    );
    let over = |outstanding: usize, figure: &dyn Fn(&HallCell) -> f64, decimals: usize| {
        let figures = cells
            .iter()
            .filter(|cell| cell.outstanding == outstanding)
            .map(figure);
        Spread::of(figures).map_or_else(String::new, |it| spread(&it, decimals))
    };
    let mut table = Table::new(&["outstanding", "figure", "min / median / max"]);
    for &outstanding in outstanding {
        let mut row = |name: String, figure: &dyn Fn(&HallCell) -> f64, decimals| {
            let figure = over(outstanding, figure, decimals);
            table.row(vec![outstanding.to_string(), name, figure]);
        };
        row("cycles/s".to_owned(), &|it| it.cycles_per_s, 0);
        row("cycle p50 us".to_owned(), &|it| it.cycle.p50_us, 0);
        row("cycle p99 us".to_owned(), &|it| it.cycle.p99_us, 0);
        for (index, step) in ["submit to offer", "accept", "complete"].iter().enumerate() {
            row(format!("{step} p50 us"), &|it| it.steps[index].p50_us, 0);
            row(format!("{step} p99 us"), &|it| it.steps[index].p99_us, 0);
        }
        for thread in threads(cells, outstanding) {
            let cpu = |it: &HallCell| {
                let found = it.cpu_us_per_cycle.iter().find(|(name, _)| *name == thread);
                found.map_or(0.0, |(_, us)| *us)
            };
            row(format!("CPU us per cycle, {thread}"), &cpu, 1);
        }
        row(
            "loop us per input".to_owned(),
            &|it| it.loop_us_per_input,
            2,
        );
        row(
            "entries per record".to_owned(),
            &|it| it.entries_per_record,
            1,
        );
        row("records/s".to_owned(), &|it| it.records_per_s, 0);
        row(
            "projection catches up, s".to_owned(),
            &|it| it.catch_up_s,
            2,
        );
        row(
            "floor, flushes/s before".to_owned(),
            &|it| it.syncs_per_s[0],
            0,
        );
        row(
            "floor, flushes/s after".to_owned(),
            &|it| it.syncs_per_s[1],
            0,
        );
        row(
            "raw log, records/s".to_owned(),
            &|it| it.log_records_per_s,
            0,
        );
    }
    table.print();
}

/// The threads that used at least half a percent of what all used, in the order of the first cell.
fn threads(cells: &[HallCell], outstanding: usize) -> Vec<String> {
    let first = cells.iter().find(|cell| cell.outstanding == outstanding);
    let used = first.map_or(&[][..], |cell| &cell.cpu_us_per_cycle);
    let all: f64 = used.iter().map(|(_, us)| us).sum();
    let counts = used.iter().filter(|(_, us)| *us >= all / 200.0);
    counts.map(|(name, _)| name.clone()).collect()
}

fn latency(quantiles: &Quantiles) -> [String; 3] {
    [quantiles.p50_us, quantiles.p99_us, quantiles.p999_us].map(whole)
}

fn spread(spread: &Spread, decimals: usize) -> String {
    format!(
        "{:.decimals$} / {:.decimals$} / {:.decimals$}",
        spread.min, spread.median, spread.max
    )
}

/// A spread over steady rounds only, with their number.
fn steady_spread(figure: Option<Spread>, decimals: usize) -> String {
    figure.map_or_else(
        || "floor moved".to_owned(),
        |it| format!("{} (of {})", spread(&it, decimals), it.count),
    )
}

fn whole(figure: f64) -> String {
    format!("{figure:.0}")
}

/// Rows of text in columns as wide as they need, in Markdown so that they can be pasted.
struct Table(Vec<Vec<String>>);

impl Table {
    fn new(head: &[&str]) -> Self {
        Self(vec![head.iter().map(|&title| title.to_owned()).collect()])
    }

    fn row(&mut self, row: Vec<String>) {
        self.0.push(row);
    }

    fn print(&self) {
        println!("\n{}", self.text());
    }

    fn text(&self) -> String {
        let widths = self.widths();
        let mut lines = self
            .0
            .iter()
            .map(|row| line(row, &widths))
            .collect::<Vec<_>>();
        let rule = widths
            .iter()
            .map(|&width| "-".repeat(width))
            .collect::<Vec<_>>();
        lines.insert(1, line(&rule, &widths));
        lines.join("\n")
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.0[0].len();
        (0..columns)
            .map(|column| {
                let cells = self.0.iter().filter_map(|row| row.get(column));
                cells.map(String::len).max().unwrap_or(0)
            })
            .collect()
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row
        .iter()
        .zip(widths)
        .map(|(cell, &width)| format!(" {cell:<width$} |"));
    format!("|{}", cells.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown_with_columns_of_one_width() {
        let mut table = Table::new(&["driver", "n"]);
        table.row(vec!["a".to_owned(), "128".to_owned()]);
        assert_eq!(
            table.text(),
            "| driver | n   |\n| ------ | --- |\n| a      | 128 |"
        );
    }
}
