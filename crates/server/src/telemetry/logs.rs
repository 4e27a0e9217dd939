//! Logs on the standard error output: for people on a terminal, JSON lines elsewhere.

use crate::config::LogFormat;
use anyhow::Context;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that overrides the configured filter.
const VARIABLE: &str = "RINGBACK_LOG";

/// Starts logging. Once per process.
pub(crate) fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let given = std::env::var(VARIABLE).ok();
    let filter = EnvFilter::try_new(given.as_deref().unwrap_or(filter))
        .with_context(|| format!("{VARIABLE} is not a log filter; use for example info"))?;
    let human = match format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if human {
        let lines = lines
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false);
        registry.with(lines).try_init()?;
    } else {
        let lines = lines.json().flatten_event(true).with_current_span(true);
        registry.with(lines.with_span_list(false)).try_init()?;
    }
    Ok(())
}
