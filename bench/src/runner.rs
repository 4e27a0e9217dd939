//! Runs the drivers in turn and compares only what belongs together.
//!
//! In each round every driver runs once, close together, in an order that turns from round to
//! round; a short flush probe stands between two cells. Two cells of one round are a pair; a pair
//! is thrown away when the probes around and between them moved by more than
//! [`FLOOR_MOVED_MAX`], because then the disk was not the same for both.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use crate::cycle::{CycleDriver, CycleResult, STEPS_PER_CYCLE};
use crate::environment::{self, LoadAverage};
use crate::figures::Spread;
use crate::floor::{STEP_RECORD_BYTES, Segment};
use crate::guard::Keeper;

/// The largest share by which the flush rate may differ within a pair.
pub(crate) const FLOOR_MOVED_MAX: f64 = 0.30;
/// Seconds of one flush probe and of one raw-log floor.
const FLOOR_CELL_S: f64 = 0.4;

/// How much is measured.
#[derive(Debug, Serialize)]
pub(crate) struct Plan {
    pub(crate) outstanding: Vec<usize>,
    /// Measured seconds of one cell.
    pub(crate) seconds: f64,
    pub(crate) rounds: usize,
}

/// Everything a run gave.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) conditions: Vec<Conditions>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) floors: Vec<RoundFloor>,
    pub(crate) summaries: Vec<Summary>,
    pub(crate) ratios: Vec<Ratio>,
}

/// What a driver ran under.
#[derive(Debug, Serialize)]
pub(crate) struct Conditions {
    pub(crate) driver: &'static str,
    pub(crate) conditions: String,
}

/// One driver, once.
#[derive(Debug, Serialize)]
pub(crate) struct Cell {
    pub(crate) driver: &'static str,
    pub(crate) outstanding: usize,
    pub(crate) round: usize,
    /// Its place in the round, from 0.
    pub(crate) place: usize,
    pub(crate) load: LoadAverage,
    pub(crate) result: CycleResult,
}

/// The floor of one round.
#[derive(Debug, Serialize)]
pub(crate) struct RoundFloor {
    pub(crate) outstanding: usize,
    pub(crate) round: usize,
    /// Flushes per second before the cell of each place, and after the last.
    pub(crate) syncs_per_s: Vec<f64>,
    /// The raw group-commit log at the same number outstanding, before the first probe.
    pub(crate) log_records_per_s: f64,
}

/// One driver at one number outstanding, over all rounds.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) driver: &'static str,
    pub(crate) outstanding: usize,
    pub(crate) cycles_per_s: Spread,
    pub(crate) p50_us: Spread,
    pub(crate) p99_us: Spread,
    /// Durable steps per second in the raw log's records per second; 1.0 is the limit. Only
    /// rounds whose floor stood still from end to end; `None` when none did.
    pub(crate) share_of_log_floor: Option<Spread>,
    /// Durable steps per second in flushes per second: above 1.0 means that steps share flushes.
    /// Only cells with the same floor before and after; `None` when there was none.
    pub(crate) steps_per_floor_sync: Option<Spread>,
}

/// Cycles per second of `subject` in those of `peer`, pair by pair.
#[derive(Debug, Serialize)]
pub(crate) struct Ratio {
    pub(crate) subject: &'static str,
    pub(crate) peer: &'static str,
    pub(crate) outstanding: usize,
    /// `None` when no pair survived.
    pub(crate) cycles_per_s: Option<Spread>,
    pub(crate) discarded: usize,
}

/// Runs the whole plan. The first driver is the subject of the ratios.
pub(crate) fn run(
    plan: &Plan,
    drivers: &mut [Box<dyn CycleDriver>],
    folder: &Path,
    keeper: &Keeper,
) -> anyhow::Result<Outcome> {
    let segment = Segment::create(folder)?;
    let mut cells = Vec::new();
    let mut floors = Vec::new();
    for round in 0..plan.rounds {
        for &outstanding in &plan.outstanding {
            let started = cells.len();
            let cell = Duration::from_secs_f64(FLOOR_CELL_S);
            let log = segment.write_groups(outstanding, STEP_RECORD_BYTES, cell)?;
            let mut syncs_per_s = vec![segment.probe(FLOOR_CELL_S)?];
            for (place, index) in turn_order(drivers.len(), round).into_iter().enumerate() {
                keeper.check()?;
                let driver = drivers[index].as_mut();
                let load = environment::load_average()?;
                let result = driver
                    .run(outstanding, plan.seconds)
                    .with_context(|| format!("{} with {outstanding} outstanding", driver.name()))?;
                cells.push(Cell {
                    driver: driver.name(),
                    outstanding,
                    round,
                    place,
                    load,
                    result,
                });
                syncs_per_s.push(segment.probe(FLOOR_CELL_S)?);
            }
            floors.push(RoundFloor {
                outstanding,
                round,
                syncs_per_s,
                log_records_per_s: log.records_per_s,
            });
            eprintln!("{}", progress(plan, &cells[started..]));
        }
    }
    let conditions = drivers
        .iter()
        .map(|driver| Conditions {
            driver: driver.name(),
            conditions: driver.conditions(),
        })
        .collect::<Vec<_>>();
    let names = conditions.iter().map(|it| it.driver).collect::<Vec<_>>();
    Ok(Outcome {
        summaries: summarise(plan, &names, &cells, &floors),
        ratios: compare(plan, &names, &cells, &floors),
        conditions,
        cells,
        floors,
    })
}

/// The order of a round: it turns by one each time, so that no driver is always first.
fn turn_order(count: usize, round: usize) -> Vec<usize> {
    (0..count).map(|place| (place + round) % count).collect()
}

fn progress(plan: &Plan, cells: &[Cell]) -> String {
    let mut line = String::new();
    if let Some(first) = cells.first() {
        line = format!(
            "round {}/{}, {} outstanding:",
            first.round + 1,
            plan.rounds,
            first.outstanding
        );
    }
    for cell in cells {
        line += &format!(" {} {:.0}/s", cell.driver, cell.result.cycles_per_s);
    }
    line
}

fn summarise(
    plan: &Plan,
    names: &[&'static str],
    cells: &[Cell],
    floors: &[RoundFloor],
) -> Vec<Summary> {
    let mut summaries = Vec::new();
    for &outstanding in &plan.outstanding {
        for &driver in names {
            let runs = runs_of(cells, driver, outstanding);
            summaries.extend(summarise_runs(driver, outstanding, &runs, floors));
        }
    }
    summaries
}

/// `None` when the driver did not run at this number outstanding.
fn summarise_runs(
    driver: &'static str,
    outstanding: usize,
    runs: &[&Cell],
    floors: &[RoundFloor],
) -> Option<Summary> {
    let over =
        |figure: fn(&CycleResult) -> f64| Spread::of(runs.iter().map(|it| figure(&it.result)));
    let with_floor = || {
        runs.iter().filter_map(|&cell| {
            let steps_per_s = cell.result.cycles_per_s * STEPS_PER_CYCLE as f64;
            Some((
                cell.place,
                steps_per_s,
                floor_of(floors, outstanding, cell.round)?,
            ))
        })
    };
    Some(Summary {
        driver,
        outstanding,
        cycles_per_s: over(|result| result.cycles_per_s)?,
        p50_us: over(|result| result.latency.p50_us)?,
        p99_us: over(|result| result.latency.p99_us)?,
        share_of_log_floor: Spread::of(
            with_floor()
                .filter(|(_, _, floor)| floor.was_steady())
                .map(|(_, steps_per_s, floor)| steps_per_s / floor.log_records_per_s),
        ),
        steps_per_floor_sync: Spread::of(
            with_floor()
                .filter(|&(place, _, floor)| floor.was_steady_over(place, place))
                .map(|(place, steps_per_s, floor)| steps_per_s / floor.sync_around(place)),
        ),
    })
}

fn compare(
    plan: &Plan,
    names: &[&'static str],
    cells: &[Cell],
    floors: &[RoundFloor],
) -> Vec<Ratio> {
    let Some((&subject, peers)) = names.split_first() else {
        return Vec::new();
    };
    let mut ratios = Vec::new();
    for &outstanding in &plan.outstanding {
        for &peer in peers {
            ratios.push(compare_pairs(subject, peer, outstanding, cells, floors));
        }
    }
    ratios
}

fn compare_pairs(
    subject: &'static str,
    peer: &'static str,
    outstanding: usize,
    cells: &[Cell],
    floors: &[RoundFloor],
) -> Ratio {
    let theirs = runs_of(cells, peer, outstanding);
    let mut kept = Vec::new();
    let mut discarded = 0;
    for ours in runs_of(cells, subject, outstanding) {
        let Some(other) = theirs.iter().find(|cell| cell.round == ours.round) else {
            continue;
        };
        let steady = floor_of(floors, outstanding, ours.round)
            .is_some_and(|floor| floor.was_steady_over(ours.place, other.place));
        if steady {
            kept.push(ours.result.cycles_per_s / other.result.cycles_per_s);
        } else {
            discarded += 1;
        }
    }
    Ratio {
        subject,
        peer,
        outstanding,
        cycles_per_s: Spread::of(kept),
        discarded,
    }
}

fn runs_of<'a>(cells: &'a [Cell], driver: &str, outstanding: usize) -> Vec<&'a Cell> {
    cells
        .iter()
        .filter(|cell| cell.driver == driver && cell.outstanding == outstanding)
        .collect()
}

fn floor_of(floors: &[RoundFloor], outstanding: usize, round: usize) -> Option<&RoundFloor> {
    floors
        .iter()
        .find(|floor| floor.outstanding == outstanding && floor.round == round)
}

impl RoundFloor {
    /// The mean flush rate of the probes before and after the cell at `place`.
    fn sync_around(&self, place: usize) -> f64 {
        f64::midpoint(self.syncs_per_s[place], self.syncs_per_s[place + 1])
    }

    /// True if all probes of the round agree.
    fn was_steady(&self) -> bool {
        agree(&self.syncs_per_s)
    }

    /// True if all probes from before the earlier to after the later cell agree.
    fn was_steady_over(&self, one: usize, other: usize) -> bool {
        agree(&self.syncs_per_s[one.min(other)..=one.max(other) + 1])
    }
}

fn agree(syncs_per_s: &[f64]) -> bool {
    Spread::of(syncs_per_s.iter().copied())
        .is_some_and(|spread| spread.max <= spread.min * (1.0 + FLOOR_MOVED_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Quantiles;

    fn cell(driver: &'static str, round: usize, place: usize, cycles_per_s: f64) -> Cell {
        Cell {
            driver,
            outstanding: 16,
            round,
            place,
            load: LoadAverage {
                one: 0.0,
                five: 0.0,
                runnable: 1,
            },
            result: CycleResult {
                cycles: 1,
                cycles_per_s,
                latency: Quantiles {
                    p50_us: 1.0,
                    p99_us: 1.0,
                    p999_us: 1.0,
                    max_us: 1.0,
                },
                empty_takes: 0,
                server_cpu_us: Vec::new(),
            },
        }
    }

    fn floor(round: usize, syncs_per_s: &[f64]) -> RoundFloor {
        RoundFloor {
            outstanding: 16,
            round,
            syncs_per_s: syncs_per_s.to_vec(),
            log_records_per_s: 16_000.0,
        }
    }

    fn plan() -> Plan {
        Plan {
            outstanding: vec![16],
            seconds: 1.0,
            rounds: 2,
        }
    }

    #[test]
    fn the_order_turns_so_that_nobody_is_always_first() {
        assert_eq!(turn_order(3, 0), [0, 1, 2]);
        assert_eq!(turn_order(3, 1), [1, 2, 0]);
        assert_eq!(turn_order(3, 5), [2, 0, 1]);
    }

    #[test]
    fn a_pair_is_thrown_away_when_the_floor_moved_by_more_than_thirty_percent() {
        let cells = [
            cell("a", 0, 0, 500.0),
            cell("b", 0, 1, 100.0),
            cell("a", 1, 1, 900.0),
            cell("b", 1, 0, 100.0),
        ];
        let floors = [
            floor(0, &[1000.0, 1100.0, 1290.0]),
            floor(1, &[1000.0, 1310.0, 1000.0]),
        ];
        let ratios = compare(&plan(), &["a", "b"], &cells, &floors);
        assert_eq!(ratios.len(), 1);
        let spread = ratios[0].cycles_per_s.unwrap();
        assert_eq!((spread.count, spread.median), (1, 5.0));
        assert_eq!(ratios[0].discarded, 1);
    }

    #[test]
    fn probes_outside_a_pair_do_not_matter_to_it() {
        let floor = floor(0, &[5000.0, 1000.0, 1000.0, 1000.0]);
        assert!(floor.was_steady_over(2, 1));
        assert!(!floor.was_steady_over(0, 1));
    }

    #[test]
    fn ratios_say_so_when_no_pair_survived() {
        let cells = [cell("a", 0, 0, 500.0), cell("b", 0, 1, 100.0)];
        let floors = [floor(0, &[1000.0, 3000.0, 1000.0])];
        let ratios = compare(&plan(), &["a", "b"], &cells, &floors);
        assert_eq!(ratios[0].cycles_per_s, None);
        assert_eq!(ratios[0].discarded, 1);
    }

    #[test]
    fn four_steps_are_set_against_the_floor() {
        let cells = [cell("a", 0, 0, 1000.0)];
        let floors = [floor(0, &[900.0, 1100.0])];
        let summaries = summarise(&plan(), &["a"], &cells, &floors);
        assert_eq!(summaries[0].share_of_log_floor.unwrap().median, 0.25);
        assert_eq!(summaries[0].steps_per_floor_sync.unwrap().median, 4.0);
    }

    #[test]
    fn a_floor_that_moved_is_no_yardstick() {
        let cells = [cell("a", 0, 0, 1000.0), cell("b", 0, 1, 1000.0)];
        let floors = [floor(0, &[1000.0, 1000.0, 2000.0])];
        let summaries = summarise(&plan(), &["a", "b"], &cells, &floors);
        assert_eq!(summaries[0].share_of_log_floor, None);
        assert_eq!(summaries[0].steps_per_floor_sync.unwrap().count, 1);
        assert_eq!(summaries[1].steps_per_floor_sync, None);
        assert_eq!(summaries[1].cycles_per_s.count, 1);
    }
}
