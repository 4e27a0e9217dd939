//! The stages of `cargo xtask test`, in the order they run.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What all stages together may take from cold caches on two cores.
pub(crate) const LIMIT_MINUTES: u64 = 45;

/// One step of the run. Its commands run one after the other; the first that fails ends it.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    pub(crate) budget: Duration,
    /// Stages without which this one would only repeat their failure.
    pub(crate) needs: &'static [&'static str],
    /// Whether the stage runs tests; then it must run at least one, and in CI skip none.
    pub(crate) tests: bool,
    /// Whether it may fail outside CI, where the tests name what they miss.
    pub(crate) only_ci_insists: bool,
    pub(crate) commands: fn(&Tools) -> Vec<Line>,
}

/// A program with its arguments.
pub(crate) type Line = Vec<String>;

/// What the machine offers.
pub(crate) struct Tools {
    /// Whether `cargo nextest` answers; without it `cargo test` runs the same tests.
    pub(crate) nextest: bool,
    /// This program, for the chores that are stages.
    pub(crate) xtask: PathBuf,
}

impl Tools {
    pub(crate) fn find() -> std::io::Result<Tools> {
        let nextest = Command::new("cargo")
            .args(["nextest", "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        Ok(Tools {
            nextest,
            xtask: std::env::current_exe()?,
        })
    }

    fn chore(&self, name: &str) -> Line {
        vec![self.xtask.to_string_lossy().into_owned(), name.to_owned()]
    }
}

const STAGES: &[Stage] = &[
    Stage {
        name: "setup",
        says: "what the tests need is installed",
        budget: minutes(5),
        needs: &[],
        tests: false,
        only_ci_insists: true,
        commands: |_| vec![line("scripts/setup test")],
    },
    Stage {
        name: "fmt",
        says: "the code is formatted",
        budget: minutes(1),
        needs: &[],
        tests: false,
        only_ci_insists: false,
        commands: |_| vec![line("cargo fmt --all --check")],
    },
    Stage {
        name: "check",
        says: "the rules of the house hold",
        budget: minutes(1),
        needs: &[],
        tests: false,
        only_ci_insists: false,
        commands: |tools| vec![tools.chore("check")],
    },
    Stage {
        name: "deny",
        says: "dependencies have allowed licences and sources, none is banned or doubled",
        budget: minutes(1),
        needs: &[],
        tests: false,
        only_ci_insists: false,
        commands: |tools| vec![tools.chore("deny")],
    },
    Stage {
        name: "clippy",
        says: "no lint fires",
        budget: minutes(8),
        needs: &[],
        tests: false,
        only_ci_insists: false,
        commands: |_| {
            vec![line(
                "cargo clippy --workspace --all-targets --locked -- -D warnings",
            )]
        },
    },
    Stage {
        name: "build",
        says: "everything compiles, once, in one profile and with one set of features",
        budget: minutes(10),
        needs: &[],
        tests: false,
        only_ci_insists: false,
        commands: |_| vec![line("cargo build --workspace --all-targets --locked")],
    },
    Stage {
        name: "unit",
        says: "each crate's own tests",
        budget: minutes(7),
        needs: &["build"],
        tests: true,
        only_ci_insists: false,
        commands: unit,
    },
    Stage {
        name: "doc",
        says: "the examples in the documentation compile and run",
        budget: minutes(2),
        needs: &["build"],
        tests: false,
        only_ci_insists: false,
        commands: |_| vec![line("cargo test --workspace --doc --locked --no-fail-fast")],
    },
    Stage {
        name: "e2e",
        says: "stories told to the built binary",
        budget: minutes(10),
        needs: &["build"],
        tests: true,
        only_ci_insists: false,
        commands: e2e,
    },
];

/// The stages in the order they run.
pub(crate) fn all() -> &'static [Stage] {
    STAGES
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn line(words: &str) -> Line {
    words.split(' ').map(str::to_owned).collect()
}

// Both test stages select the whole workspace and then filter, because a smaller selection would
// resolve other features and build the dependencies again. Without nextest a filter by package does
// not exist: there, integration tests of all crates run in the second stage.

fn unit(tools: &Tools) -> Vec<Line> {
    if tools.nextest {
        vec![nextest("not (package(ringback-e2e) and kind(test))")]
    } else {
        vec![line(
            "cargo test --workspace --locked --no-fail-fast --lib --bins",
        )]
    }
}

fn e2e(tools: &Tools) -> Vec<Line> {
    if tools.nextest {
        vec![nextest("package(ringback-e2e) and kind(test)")]
    } else {
        vec![line(
            "cargo test --workspace --locked --no-fail-fast --test *",
        )]
    }
}

fn nextest(filter: &str) -> Line {
    let mut words = line("cargo nextest run --workspace --locked --hide-progress-bar -E");
    words.push(filter.to_owned());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budgets_of_the_stages_fit_into_the_limit() {
        let sum: Duration = STAGES.iter().map(|stage| stage.budget).sum();
        assert!(sum <= minutes(LIMIT_MINUTES), "the stages may take {sum:?}");
    }

    #[test]
    fn a_stage_needs_only_stages_that_run_before_it() {
        for (index, stage) in STAGES.iter().enumerate() {
            for need in stage.needs {
                assert!(
                    STAGES[..index].iter().any(|before| before.name == *need),
                    "{} needs {need}",
                    stage.name
                );
            }
        }
    }
}
