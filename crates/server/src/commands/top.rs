//! `ringback top`: a live view of queues, agents and what happens.

use crate::client::Client;
use crate::config::Secret;
use crate::top;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// Watch virtual queues, agents and events live.
///
/// Keys: q ends, p pauses, the arrows move through the agents.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The server.
    #[arg(long, env = "RINGBACK_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    #[command(flatten)]
    key: KeyArgs,
    /// Print one picture as plain text and end.
    #[arg(long)]
    once: bool,
}

/// An API key, given in one of three ways.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyArgs {
    /// The API key; better given by --key-file, where other users cannot see it.
    #[arg(long, env = "RINGBACK_KEY", hide_env_values = true)]
    key: Option<String>,
    /// A file that holds the API key.
    #[arg(
        long,
        env = "RINGBACK_KEY_FILE",
        value_name = "FILE",
        conflicts_with = "key"
    )]
    key_file: Option<PathBuf>,
}

impl KeyArgs {
    /// The key, if one was given.
    pub(crate) fn read(&self) -> Result<Option<Secret>> {
        if let Some(path) = &self.key_file {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the key in {}", path.display()))?;
            return Ok(Some(Secret::new(text.trim())));
        }
        Ok(self.key.as_deref().map(Secret::new))
    }
}

pub(crate) fn run(args: Args) -> Result<()> {
    let Some(key) = args.key.read()? else {
        bail!(
            "top needs an API key: --key-file FILE, or RINGBACK_KEY; \
             `serve` wrote the first one to first-administrator.TENANT.key in its data folder"
        );
    };
    let client = Client::new(&args.url, Some(key))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    if args.once {
        print!("{}", runtime.block_on(top::once(&client))?);
        return Ok(());
    }
    top::live(&runtime, &client)
}
