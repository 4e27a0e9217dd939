//! The stages of `cargo xtask test`, in the order they run.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A whole run: the everyday one, or the long one.
pub(crate) struct Form {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    pub(crate) stages: &'static [Stage],
    /// What all stages together may take.
    pub(crate) limit: Duration,
    /// Variables that the stages' programs see.
    pub(crate) environment: &'static [(&'static str, &'static str)],
}

/// Everything CI runs, from cold caches on two cores.
pub(crate) const TEST: Form = Form {
    name: "test",
    stages: STAGES,
    limit: minutes(45),
    environment: &[],
};

/// The long forms: integration tests that see `RINGBACK_SOAK` kill, cut and simulate for hours.
pub(crate) const SOAK: Form = Form {
    name: "soak",
    stages: SOAK_STAGES,
    limit: minutes(12 * 60),
    environment: &[("RINGBACK_SOAK", "1")],
};

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

const SOAK_STAGES: &[Stage] = &[
    Stage {
        name: "setup",
        says: "what the long forms need is installed",
        budget: minutes(5),
        needs: &[],
        tests: false,
        only_ci_insists: true,
        commands: |_| vec![line("scripts/setup soak")],
    },
    Stage {
        name: "build",
        says: "everything compiles",
        budget: minutes(10),
        needs: &[],
        tests: false,
        only_ci_insists: false,
        commands: |_| vec![line("cargo build --workspace --all-targets --locked")],
    },
    Stage {
        name: "soak",
        says: "kill loops, power cuts and simulated days",
        budget: minutes(12 * 60 - 15),
        needs: &["build"],
        tests: true,
        only_ci_insists: false,
        commands: soak,
    },
];

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

fn soak(tools: &Tools) -> Vec<Line> {
    if tools.nextest {
        let mut words = nextest("kind(test)");
        words.extend(["--profile".to_owned(), "soak".to_owned()]);
        vec![words]
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

    const FORMS: [Form; 2] = [TEST, SOAK];

    #[test]
    fn the_budgets_of_the_stages_fit_into_the_limit() {
        for form in FORMS {
            let sum: Duration = form.stages.iter().map(|stage| stage.budget).sum();
            assert!(
                sum <= form.limit,
                "the stages of {} may take {sum:?}",
                form.name
            );
        }
    }

    #[test]
    fn a_stage_needs_only_stages_that_run_before_it() {
        for form in FORMS {
            for (index, stage) in form.stages.iter().enumerate() {
                for need in stage.needs {
                    let before = &form.stages[..index];
                    assert!(
                        before.iter().any(|stage| stage.name == *need),
                        "{} needs {need}",
                        stage.name
                    );
                }
            }
        }
    }
}
