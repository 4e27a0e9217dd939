//! The timetable at the end of a test run.

use std::fmt;
use std::time::Duration;

use crate::counts::Counts;

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Held,
    Failed,
    /// Not begun, because a stage it needs failed or the time was up.
    NotRun,
}

/// One line of the timetable.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) stage: &'static str,
    pub(crate) took: Duration,
    pub(crate) budget: Duration,
    pub(crate) counts: Counts,
    pub(crate) outcome: Outcome,
}

/// All stages of a run, with the limit for their sum.
#[derive(Debug)]
pub(crate) struct Timetable {
    pub(crate) rows: Vec<Row>,
    pub(crate) limit: Duration,
}

impl Timetable {
    fn took(&self) -> Duration {
        self.rows.iter().map(|row| row.took).sum()
    }

    /// Whether every stage held within the limit of the whole.
    pub(crate) fn holds(&self) -> bool {
        self.took() <= self.limit && self.rows.iter().all(|row| row.outcome == Outcome::Held)
    }

    /// The tests of all stages. A stage that failed without a failed test counts as one failure, so
    /// that the closing line never looks better than the run was.
    pub(crate) fn counts(&self) -> Counts {
        let mut total = Counts::default();
        for row in &self.rows {
            total += row.counts;
            total.failed += usize::from(row.outcome == Outcome::Failed && row.counts.failed == 0);
            total.skipped += usize::from(row.outcome == Outcome::NotRun);
        }
        total.failed += usize::from(self.took() > self.limit && total.failed == 0);
        total
    }
}

impl fmt::Display for Timetable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:10} {:>7} {:>7}  {:28} result",
            "stage", "took", "budget", "tests"
        )?;
        for row in &self.rows {
            let (took, budget) = (clock(row.took), clock(row.budget));
            let result = result_of(row);
            writeln!(
                f,
                "{:10} {took:>7} {budget:>7}  {:28} {result}",
                row.stage,
                tests_of(row.counts)
            )?;
        }
        let over = if self.took() > self.limit {
            "OVER THE LIMIT"
        } else {
            ""
        };
        writeln!(
            f,
            "{:10} {:>7} {:>7}  {:28} {over}",
            "total",
            clock(self.took()),
            clock(self.limit),
            ""
        )
    }
}

fn result_of(row: &Row) -> &'static str {
    match row.outcome {
        Outcome::Held if row.took > row.budget => "held, over its budget",
        Outcome::Held => "held",
        Outcome::Failed => "FAILED",
        Outcome::NotRun => "NOT RUN",
    }
}

fn tests_of(counts: Counts) -> String {
    let named = [
        (counts.passed, "passed"),
        (counts.failed, "failed"),
        (counts.skipped, "skipped"),
    ];
    let named: Vec<String> = named
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    if named.is_empty() {
        "-".to_owned()
    } else {
        named.join(", ")
    }
}

/// Minutes and seconds.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(took: u64, outcome: Outcome, counts: Counts) -> Row {
        Row {
            stage: "unit",
            took: Duration::from_secs(took),
            budget: Duration::from_secs(60),
            counts,
            outcome,
        }
    }

    fn table(rows: Vec<Row>) -> Timetable {
        Timetable {
            rows,
            limit: Duration::from_secs(100),
        }
    }

    const THREE: Counts = Counts {
        passed: 3,
        failed: 0,
        skipped: 0,
    };

    #[test]
    fn a_stage_over_its_budget_is_marked_and_the_run_holds() {
        let table = table(vec![row(61, Outcome::Held, THREE)]);
        assert!(table.holds());
        assert!(table.to_string().contains("held, over its budget"));
        assert_eq!(table.counts(), THREE);
    }

    #[test]
    fn a_run_over_the_limit_fails_and_counts_as_a_failure() {
        let table = table(vec![
            row(50, Outcome::Held, THREE),
            row(51, Outcome::Held, THREE),
        ]);
        assert!(!table.holds());
        assert!(table.to_string().contains("OVER THE LIMIT"));
        assert_eq!(
            table.counts(),
            Counts {
                passed: 6,
                failed: 1,
                skipped: 0
            }
        );
    }

    #[test]
    fn a_stage_that_failed_before_any_test_counts_as_a_failure() {
        let table = table(vec![
            row(1, Outcome::Failed, Counts::default()),
            row(0, Outcome::NotRun, Counts::default()),
        ]);
        assert!(!table.holds());
        assert_eq!(
            table.counts(),
            Counts {
                passed: 0,
                failed: 1,
                skipped: 1
            }
        );
    }

    #[test]
    fn times_read_as_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_millis(125_400)), "2:05");
    }
}
