//! Which data a command is about.

use crate::config::{Config, Layers};
use anyhow::Result;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where a server keeps its data.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DataArgs {
    /// The configuration file of the server.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data folder, instead of the configured one.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// A key that a flag sets: its path, the value, the flag.
pub(crate) type Flag = (&'static str, String, &'static str);

impl DataArgs {
    /// The sources of the configuration, with what other flags set.
    pub(crate) fn layers(&self, mut flags: Vec<Flag>) -> Layers {
        if let Some(data) = &self.data {
            flags.push(("storage.folder", data.display().to_string(), "--data"));
        }
        Layers::of_process(self.config.clone(), flags)
    }

    /// The configuration.
    pub(crate) fn read(&self) -> Result<Config> {
        Ok(Config::read(self.layers(Vec::new()))?.0)
    }
}

/// How long work may take in silence.
const QUIET: Duration = Duration::from_secs(2);

/// Tells on the standard error output how far long work is, not too often.
pub(crate) fn progress(what: String) -> impl FnMut(u64, u64) {
    let mut told = Instant::now();
    move |done, whole| {
        if told.elapsed() >= QUIET {
            told = Instant::now();
            let percent = done.saturating_mul(100) / whole.max(1);
            eprintln!("{what}: {percent} % ({done} of {whole})");
        }
    }
}
