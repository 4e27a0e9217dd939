//! `ringback workflow lint`.

use super::files::{Disk, bytes};
use anyhow::Result;
use ringback_scxml::{Finding, Severity};
use ringback_workflow::lint;
use std::path::PathBuf;
use std::process::ExitCode;

/// Say what is wrong, or probably wrong, with workflows: all of it at once, with where it stands and
/// what to do. Ends with an error code if there is an error or a warning.
///
/// The comment `<!-- lint: allow RULE: why -->` silences a rule for the element that follows it, or as
/// the first thing in the document for all of it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The documents.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print the findings as JSON, one object for all.
    #[arg(long)]
    json: bool,
    /// Warnings do not make it end with an error code.
    #[arg(long)]
    allow_warnings: bool,
    /// Leave notices out, such as those about spellings of the older dialect.
    #[arg(long)]
    no_notices: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut silenced = 0;
    for file in &args.files {
        let report = lint::lint(&file.display().to_string(), &bytes(file)?, &Disk);
        findings.extend(report.findings);
        silenced += report.silenced;
    }
    findings.retain(|finding| !(args.no_notices && finding.severity == Severity::Notice));
    if args.json {
        let all = serde_json::json!({ "findings": findings, "silenced": silenced });
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        findings.iter().for_each(|finding| println!("{finding}"));
        let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
        println!(
            "{} document(s): {} error(s), {} warning(s), {} notice(s), {silenced} silenced",
            args.files.len(),
            count(Severity::Error),
            count(Severity::Warning),
            count(Severity::Notice),
        );
    }
    let limit = if args.allow_warnings {
        Severity::Error
    } else {
        Severity::Warning
    };
    let bad = findings.iter().any(|finding| finding.severity >= limit);
    Ok(if bad {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
