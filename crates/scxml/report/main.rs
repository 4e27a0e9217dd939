//! Runs conformance folders and prints a table for each section.
//!
//! `scxml-report [--failures] FOLDER ...`; what a folder looks like is described in
//! `docs/how-to/scxml-report.md`.

mod files;
mod folder;
mod http;
mod scion;
mod table;
mod w3c;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if folders.is_empty() {
        eprintln!(
            "name at least one folder with a manifest.json, or with .scxml files that end in `pass` or `fail`"
        );
        return ExitCode::from(2);
    }
    let mut failed = 0;
    for folder in folders {
        match folder::run(&folder) {
            Ok(outcomes) => {
                println!("{}", table::table(&folder, &outcomes));
                failed += outcomes.iter().filter(|outcome| !outcome.passed()).count();
            }
            Err(problem) => {
                eprintln!("{}: {problem}", folder.display());
                failed += 1;
            }
        }
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
