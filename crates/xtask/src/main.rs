//! Chores of the repository, called as `cargo xtask <chore>`.
//!
//! | chore | does |
//! |---|---|
//! | `check` | holds the tree against the rules of the house, one function per rule |
//! | `test` | everything CI runs, in named stages with a timetable at the end |
//! | `soak` | the long forms of the tests |
//! | `scxml-report` | the conformance suites of SCXML, a table for each section |
//! | `deny` | licences, banned crates, duplicates and sources of the dependencies |
//!
//! Nothing here is shipped. What has to run before Rust can build anything (system packages, the
//! Python tools of the tests) is in `scripts/setup`.

mod check;
mod counts;
mod deny;
mod layers;
mod repo;
mod run;
mod scxml;
mod skips;
mod source;
mod stages;
mod timetable;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <chore>

  check [RULE...]            hold the tree against the rules of the house (all, or those named)
  check --list               name the rules
  test [--only STAGE[,STAGE...]] [--limit-minutes N]
                             everything CI runs; 45 minutes in total unless another limit is given
  test --list                name the stages and their budgets
  soak [--list] [--only ..] [--limit-minutes N]
                             the long forms of the tests, for hours
  scxml-report [FOLDER...]   run conformance folders of SCXML; without one those of the conformance data
  deny                       check licences, bans, duplicates, sources (and advisories where reachable)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut words = arguments.iter().map(String::as_str);
    let outcome = match words.next() {
        Some("check") => check::command(&words.collect::<Vec<_>>()),
        Some("test") => run::command(&stages::TEST, &words.collect::<Vec<_>>()),
        Some("soak") => run::command(&stages::SOAK, &words.collect::<Vec<_>>()),
        Some("deny") => deny::command(&words.collect::<Vec<_>>()),
        Some("scxml-report") => scxml::command(&words.collect::<Vec<_>>()),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(true)
        }
        Some(other) => Err(anyhow::anyhow!("there is no chore `{other}`\n\n{USAGE}")),
        None => Err(anyhow::anyhow!("name a chore\n\n{USAGE}")),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}
