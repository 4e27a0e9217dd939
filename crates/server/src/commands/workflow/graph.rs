//! `ringback workflow graph`.

use super::files::outline;
use anyhow::{Context, Result};
use ringback_workflow::picture;
use std::path::PathBuf;
use std::process::ExitCode;

/// Draw a workflow as SVG: states, what they ask for, and what leads from one to the next. The picture
/// is light or dark as its reader has it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The document.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write it; otherwise it is printed.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let outline = outline(&args.file)?;
    let stem = args.file.file_stem().unwrap_or_default().to_string_lossy();
    let title = outline.chart.name.clone().unwrap_or(stem.into_owned());
    let svg = picture::svg(&outline, &title);
    match &args.output {
        Some(file) => {
            std::fs::write(file, svg).with_context(|| format!("cannot write {}", file.display()))?
        }
        None => print!("{svg}"),
    }
    Ok(ExitCode::SUCCESS)
}
