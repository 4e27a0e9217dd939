//! `ringback check-config`: reads the configuration and says what is wrong with it.

use crate::config::{Config, KEYS, Key, Layers};
use anyhow::Result;
use std::path::PathBuf;

/// Check the configuration without starting, and tell where each value was set.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file; none: only the environment and defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let (config, sources) = Config::read(Layers::of_process(args.config, Vec::new()))?;
    let set = |key: &&Key| sources.is_set(&key.path());
    let keys: Vec<&Key> = KEYS.iter().copied().flatten().filter(set).collect();
    for key in &keys {
        println!("{}  (set in {})", key.path(), sources.of(&key.path()));
    }
    if keys.is_empty() {
        println!("nothing is set, everything is at its default");
    }
    println!(
        "the configuration is good: {} tenant(s), listening on {}, data in {}",
        config.tenants.len(),
        config.listen,
        config.storage.folder.display()
    );
    Ok(())
}
