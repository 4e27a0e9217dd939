//! `ringback workflow test`.

use super::files::{Disk, beside, outline};
use anyhow::{Context, Result, bail};
use ringback_workflow::{Outline, scenario};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Run the scenarios of workflows on a virtual clock: does each do what was promised? Prints which
/// states and transitions the scenarios have seen. Ends with an error code if one does not hold.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The documents.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The scenarios, instead of the file beside the document that ends in `.scenarios`.
    #[arg(long, value_name = "FILE")]
    scenarios: Option<PathBuf>,
    /// Fail when the scenarios see less than this part of the states.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    require_states: u32,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    if args.scenarios.is_some() && args.files.len() > 1 {
        bail!(
            "--scenarios is about one document, and {} are given",
            args.files.len()
        );
    }
    let mut good = true;
    for file in &args.files {
        good &= one(args, file)?;
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn one(args: &Args, file: &Path) -> Result<bool> {
    let outline = outline(file)?;
    let from = args
        .scenarios
        .clone()
        .unwrap_or_else(|| beside(file, "scenarios"));
    let text = std::fs::read_to_string(&from)
        .with_context(|| format!("cannot read the scenarios {}", from.display()))?;
    let scenarios = match scenario::read(&text) {
        Ok(scenarios) => scenarios,
        Err(mistakes) => {
            let lines: Vec<String> = mistakes
                .iter()
                .map(|mistake| format!("{}:{mistake}", from.display()))
                .collect();
            bail!("{}", lines.join("\n"));
        }
    };
    let ran = scenario::run(&outline, &scenarios, &Disk);
    println!("{}", file.display());
    for outcome in &ran.outcomes {
        match &outcome.failure {
            None => println!("  holds   {}", outcome.title),
            Some(failure) => {
                println!("  BROKEN  {}", outcome.title);
                for told in &failure.story {
                    println!("          {told}");
                }
                println!(
                    "          {}:{}: {}",
                    from.display(),
                    failure.line,
                    failure.text
                );
                println!("          {}", failure.why);
            }
        }
    }
    let enough = tell(&outline, &ran.coverage, args.require_states);
    Ok(ran.holds() && enough)
}

fn tell(outline: &Outline, coverage: &scenario::Coverage, required: u32) -> bool {
    let chart = &outline.chart;
    let seen = coverage.states - coverage.missed_states.len();
    let taken = coverage.transitions - coverage.missed_transitions.len();
    println!(
        "  {seen} of {} states entered, {taken} of {} transitions taken",
        coverage.states, coverage.transitions
    );
    for state in &coverage.missed_states {
        let state = chart.at(*state);
        println!("  never entered: {} ({})", state.id, chart.place(state.at));
    }
    for transition in &coverage.missed_transitions {
        let transition = chart.transition(*transition);
        let events: Vec<&str> = transition.events.iter().map(|event| event.text()).collect();
        println!(
            "  never taken: {} from {} ({})",
            if events.is_empty() {
                "at once".to_owned()
            } else {
                events.join(" ")
            },
            chart.at(transition.source).id,
            chart.place(transition.at)
        );
    }
    let percent = (seen * 100).checked_div(coverage.states).unwrap_or(100);
    let enough = percent >= required as usize;
    if !enough {
        println!("  {percent} % of the states entered, {required} % are required");
    }
    enough
}
