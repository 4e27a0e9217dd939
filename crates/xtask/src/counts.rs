//! Counting tests from what the runners print.

use std::ops::AddAssign;

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that ran and held.
    pub(crate) passed: usize,
    /// Tests that ran and did not hold, timed out or could not be started.
    pub(crate) failed: usize,
    /// Tests that did not run, or ran and said that they had nothing to test with.
    pub(crate) skipped: usize,
}

/// Who runs the tests. nextest shows what a failed test printed, twice and with the closing line of
/// the test's own process in it; only nextest's own closing line counts then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    Nextest,
    CargoTest,
}

impl Runner {
    /// The runner that a command line starts.
    pub(crate) fn of(words: &[String]) -> Runner {
        match words.get(1) {
            Some(word) if word == "nextest" => Runner::Nextest,
            _ => Runner::CargoTest,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Counts {
    /// The counts in a closing line of the runner; `None` for any other line.
    pub(crate) fn in_line(runner: Runner, line: &str) -> Option<Counts> {
        let line = without_colour(line);
        let line = line.trim();
        match runner {
            Runner::CargoTest => {
                let rest = line.strip_prefix("test result:")?;
                Some(sum(rest.split(['.', ';'])))
            }
            Runner::Nextest => {
                let rest = line.strip_prefix("Summary [")?;
                let (_, counted) = rest.split_once("run:")?;
                Some(sum(without_asides(counted).split(',')))
            }
        }
    }

    /// Says how many of the tests counted as passed were in fact left out.
    pub(crate) fn admit_skips(&mut self, skips: usize) {
        self.passed = self.passed.saturating_sub(skips);
        self.skipped += skips;
    }
}

/// Adds up parts such as `12 passed` or `1 timed out`; other parts count for nothing.
fn sum<'a>(parts: impl Iterator<Item = &'a str>) -> Counts {
    let mut counts = Counts::default();
    for part in parts {
        let Some((number, what)) = part.trim().split_once(' ') else {
            continue;
        };
        let Ok(number) = number.parse::<usize>() else {
            continue;
        };
        match what.trim() {
            "passed" => counts.passed += number,
            "failed" | "timed out" | "exec failed" => counts.failed += number,
            "skipped" | "ignored" => counts.skipped += number,
            _ => {}
        }
    }
    counts
}

/// Without bracketed remarks such as `(1 leaky)`, which may hold commas.
fn without_asides(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .filter(|c| {
            inside = (inside || *c == '(') && *c != ')';
            !inside && *c != ')'
        })
        .collect()
}

/// Without the escape sequences that colour a terminal.
pub(crate) fn without_colour(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .filter(|c| {
            let was_inside = inside;
            inside = *c == '\u{1b}' || (inside && !c.is_ascii_alphabetic());
            !inside && !was_inside
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize, skipped: usize) -> Option<Counts> {
        Some(Counts {
            passed,
            failed,
            skipped,
        })
    }

    #[test]
    fn closing_lines_of_nextest_are_counted() {
        let line = "     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped";
        assert_eq!(Counts::in_line(Runner::Nextest, line), counts(3, 0, 0));
        let line = "     Summary [  9.1s] 9/10 tests run: 5 passed (1 slow, 2 leaky), 2 failed, 1 timed out, 1 exec failed, 4 skipped";
        assert_eq!(Counts::in_line(Runner::Nextest, line), counts(5, 4, 4));
        let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.005s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped";
        assert_eq!(Counts::in_line(Runner::Nextest, line), counts(1, 0, 0));
    }

    #[test]
    fn closing_lines_of_cargo_test_are_counted() {
        let line = "test result: FAILED. 5 passed; 1 failed; 2 ignored; 0 measured; 7 filtered out; finished in 0.01s";
        assert_eq!(Counts::in_line(Runner::CargoTest, line), counts(5, 1, 2));
    }

    #[test]
    fn a_failure_that_nextest_shows_twice_is_counted_once() {
        let printed = [
            "        FAIL [   0.004s] ringback-model a::b",
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.00s",
            "     Summary [   0.005s] 8 tests run: 7 passed, 1 failed, 0 skipped",
            "        FAIL [   0.004s] ringback-model a::b",
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.00s",
        ];
        let words = ["cargo", "nextest", "run"].map(str::to_owned);
        let mut total = Counts::default();
        for line in printed {
            total += Counts::in_line(Runner::of(&words), line).unwrap_or_default();
        }
        assert_eq!(Some(total), counts(7, 1, 0));
    }

    #[test]
    fn other_lines_are_not_counted() {
        for runner in [Runner::Nextest, Runner::CargoTest] {
            assert_eq!(Counts::in_line(runner, "3 passed"), None);
            let line = "Summary of the day: 3 passed";
            assert_eq!(Counts::in_line(runner, line), None);
        }
    }

    #[test]
    fn a_test_that_skipped_itself_is_not_counted_as_passed() {
        let mut counts = Counts {
            passed: 3,
            failed: 0,
            skipped: 0,
        };
        counts.admit_skips(2);
        assert_eq!(
            counts,
            Counts {
                passed: 1,
                failed: 0,
                skipped: 2
            }
        );
    }
}
