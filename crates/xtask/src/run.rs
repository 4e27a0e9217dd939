//! `cargo xtask test`: everything CI runs, in named stages.
//!
//! Each stage says what it does, streams what its programs print, and is held against a budget. A
//! run that takes longer than the limit is stopped and fails. The last line is always
//! `N passed, N failed, N skipped`.

mod program;

use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::counts::{Counts, Runner};
use crate::repo;
use crate::skips::{self, SkipLog};
use crate::stages::{Form, Line, Stage, Tools};
use crate::timetable::{Outcome, Row, Timetable, clock};

/// Runs the chore in the short or the long form; `false` when a stage failed or the time was up.
pub(crate) fn command(form: &'static Form, arguments: &[&str]) -> Result<bool> {
    match Order::parse(form, arguments)? {
        Order::List => {
            for stage in form.stages {
                println!(
                    "{:8} {:>6}  {}",
                    stage.name,
                    clock(stage.budget),
                    stage.says
                );
            }
            Ok(true)
        }
        Order::Run { only, limit } => {
            let chosen = form
                .stages
                .iter()
                .filter(|stage| only.is_empty() || only.iter().any(|name| name == stage.name));
            Run::begin(form, limit)?.through(&chosen.collect::<Vec<_>>())
        }
    }
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Order {
    List,
    Run { only: Vec<String>, limit: Duration },
}

impl Order {
    fn parse(form: &Form, arguments: &[&str]) -> Result<Order> {
        let mut only = Vec::new();
        let mut limit = form.limit;
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match *word {
                "--list" => return Ok(Order::List),
                "--only" => {
                    let names = words
                        .next()
                        .context("--only wants names of stages, with commas between")?;
                    only = names.split(',').map(str::to_owned).collect();
                }
                "--limit-minutes" => {
                    let number = words.next().context("--limit-minutes wants a number")?;
                    let minutes: u64 = number.parse().with_context(|| {
                        format!("--limit-minutes wants a number, not `{number}`")
                    })?;
                    limit = Duration::from_secs(minutes * 60);
                }
                other => bail!("`{}` does not know `{other}`", form.name),
            }
        }
        if let Some(unknown) = only
            .iter()
            .find(|name| form.stages.iter().all(|stage| stage.name != **name))
        {
            bail!(
                "there is no stage `{unknown}`; `cargo xtask {} --list` names them",
                form.name
            );
        }
        Ok(Order::Run { only, limit })
    }
}

/// A run under way.
struct Run {
    form: &'static Form,
    root: std::path::PathBuf,
    tools: Tools,
    skip_log: SkipLog,
    skips: Vec<String>,
    began: Instant,
    table: Timetable,
}

impl Run {
    fn begin(form: &'static Form, limit: Duration) -> Result<Run> {
        let root = repo::root()?;
        let skip_log = SkipLog::start(&repo::cache(&root).join("skips.txt"))?;
        let tools = Tools::find()?;
        if !tools.nextest {
            println!(
                "cargo-nextest is not installed: `cargo test` runs the same tests, integration tests all in stage e2e"
            );
        }
        let table = Timetable {
            rows: Vec::new(),
            limit,
        };
        Ok(Run {
            form,
            root,
            tools,
            skip_log,
            skips: Vec::new(),
            began: Instant::now(),
            table,
        })
    }

    fn through(mut self, chosen: &[&Stage]) -> Result<bool> {
        for (index, stage) in chosen.iter().enumerate() {
            println!(
                "\n== {}/{} {}: {} (budget {})",
                index + 1,
                chosen.len(),
                stage.name,
                stage.says,
                clock(stage.budget)
            );
            let row = self.stage(stage)?;
            self.table.rows.push(row);
        }
        Ok(self.close())
    }

    fn stage(&mut self, stage: &Stage) -> Result<Row> {
        let began = Instant::now();
        let (mut outcome, mut counts) = match self.obstacle(stage) {
            Some(why) => {
                println!("not run: {why}");
                (Outcome::NotRun, Counts::default())
            }
            None => self.commands(stage)?,
        };
        let skips = self.skip_log.take()?;
        counts.admit_skips(skips.len());
        if outcome == Outcome::Held {
            outcome = judge(stage, counts, skips::in_ci());
        } else if outcome == Outcome::Failed && stage.only_ci_insists && !skips::in_ci() {
            println!("outside CI the run goes on; tests name what they miss");
            outcome = Outcome::Held;
        }
        self.skips.extend(skips);
        Ok(Row {
            stage: stage.name,
            took: began.elapsed(),
            budget: stage.budget,
            counts,
            outcome,
        })
    }

    /// Why a stage is not worth beginning.
    fn obstacle(&self, stage: &Stage) -> Option<String> {
        if self.time_left().is_zero() {
            return Some(format!(
                "the {} of the whole run are over",
                clock(self.table.limit)
            ));
        }
        let failed = |name: &&&str| {
            self.table
                .rows
                .iter()
                .any(|row| row.stage == **name && row.outcome != Outcome::Held)
        };
        stage
            .needs
            .iter()
            .find(failed)
            .map(|need| format!("stage {need} failed"))
    }

    fn commands(&self, stage: &Stage) -> Result<(Outcome, Counts)> {
        let mut counts = Counts::default();
        for line in (stage.commands)(&self.tools) {
            println!("$ {}", line.join(" "));
            let mut command = self.command(&line);
            let runner = Runner::of(&line);
            let ended = program::run(stage.name, &mut command, self.time_left(), |printed| {
                counts += Counts::in_line(runner, printed).unwrap_or_default();
            })?;
            if !ended {
                return Ok((Outcome::Failed, counts));
            }
        }
        Ok((Outcome::Held, counts))
    }

    fn command(&self, line: &Line) -> Command {
        let mut command = Command::new(&line[0]);
        command
            .args(&line[1..])
            .current_dir(&self.root)
            .env(skips::VARIABLE, self.skip_log.path())
            .env("PATH", self.search_path())
            .envs(self.form.environment.iter().copied());
        forget_own_package(&mut command);
        command
    }

    /// The search path with the tools that `scripts/setup` put into the cache first.
    fn search_path(&self) -> OsString {
        let mut folders = vec![repo::cache(&self.root).join("bin")];
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        folders.extend(std::env::split_paths(&inherited));
        std::env::join_paths(folders).unwrap_or(inherited)
    }

    fn time_left(&self) -> Duration {
        self.table.limit.saturating_sub(self.began.elapsed())
    }

    fn close(self) -> bool {
        println!("\n{}", self.table);
        for skip in &self.skips {
            println!("SKIPPED {skip}");
        }
        for row in self
            .table
            .rows
            .iter()
            .filter(|row| row.outcome == Outcome::Failed)
        {
            println!(
                "FAILED  {1}; again with: cargo xtask {0} --only {1}",
                self.form.name, row.stage
            );
        }
        let Counts {
            passed,
            failed,
            skipped,
        } = self.table.counts();
        println!("{passed} passed, {failed} failed, {skipped} skipped");
        self.table.holds()
    }
}

/// Whether a stage whose programs all ended well also did what it is for.
fn judge(stage: &Stage, counts: Counts, in_ci: bool) -> Outcome {
    if !stage.tests {
        return Outcome::Held;
    }
    if counts.passed + counts.failed == 0 {
        println!("stage {} ran no test", stage.name);
        return Outcome::Failed;
    }
    if in_ci && counts.skipped > 0 {
        println!(
            "stage {} left tests out, and CI has to run them all",
            stage.name
        );
        return Outcome::Failed;
    }
    Outcome::Held
}

/// Removes what `cargo run` tells a program about its own package. Build scripts that watch these
/// variables would take the change for a reason to build again.
fn forget_own_package(command: &mut Command) {
    const ABOUT_ONESELF: &[&str] = &[
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_CRATE_NAME",
        "CARGO_BIN_NAME",
        "CARGO_PRIMARY_PACKAGE",
    ];
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ABOUT_ONESELF.contains(&text.as_ref()) || text.starts_with("CARGO_PKG_") {
            command.env_remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages;

    #[test]
    fn the_command_line_is_read_or_refused_by_name() {
        assert_eq!(
            Order::parse(&stages::TEST, &["--list"]).unwrap(),
            Order::List
        );
        let order = Order::parse(
            &stages::TEST,
            &["--only", "fmt,unit", "--limit-minutes", "3"],
        )
        .unwrap();
        let only = vec!["fmt".to_owned(), "unit".to_owned()];
        assert_eq!(
            order,
            Order::Run {
                only,
                limit: Duration::from_secs(180)
            }
        );
        for wrong in [
            &["--only", "fmt,units"][..],
            &["--limit-minutes", "soon"],
            &["--fast"],
        ] {
            let error = Order::parse(&stages::TEST, wrong).unwrap_err().to_string();
            assert!(
                error.contains(wrong[wrong.len() - 1].rsplit(',').next().unwrap()),
                "{error}"
            );
        }
    }

    fn tests_stage() -> &'static Stage {
        stages::TEST
            .stages
            .iter()
            .find(|stage| stage.tests)
            .unwrap()
    }

    #[test]
    fn a_test_stage_that_ran_nothing_fails() {
        assert_eq!(
            judge(tests_stage(), Counts::default(), false),
            Outcome::Failed
        );
    }

    #[test]
    fn a_skip_fails_in_ci_only() {
        let counts = Counts {
            passed: 5,
            failed: 0,
            skipped: 1,
        };
        assert_eq!(judge(tests_stage(), counts, true), Outcome::Failed);
        assert_eq!(judge(tests_stage(), counts, false), Outcome::Held);
    }
}
