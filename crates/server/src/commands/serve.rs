//! `ringback serve`: the server itself.

use super::data::DataArgs;
use crate::config::{Config, Engine};
use crate::process;
use crate::serve::{self, FirstKey};
use crate::telemetry::{self, Metrics, Telling};
use anyhow::{Context, Result};
use std::net::SocketAddr;

/// Start the server. No configuration is needed: it listens on 127.0.0.1:8080 and keeps its
/// data in ./ringback-data.
///
/// SIGTERM or Ctrl-C lets requests under way finish, then stops.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// Address and port of the API, instead of the configured one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Stop when the process that started this one ends.
    #[arg(long, hide = true)]
    end_with_parent: bool,
}

pub(crate) fn run(args: Args) -> Result<()> {
    if args.end_with_parent {
        process::end_with_parent().context("cannot tie this process to its parent")?;
    }
    let mut flags = Vec::new();
    if let Some(listen) = &args.listen {
        flags.push(("server.listen", listen.to_string(), "--listen"));
    }
    let (config, _) = Config::read(args.data.layers(flags))?;
    let first_key = FirstKey::of_environment()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the server")?;
    let telling = Telling::start(&config, runtime.handle())?;
    telemetry::log_panics();
    let metrics = Metrics::start()?;
    announce(&config);
    let result = runtime.block_on(serve::serve(config, first_key, metrics));
    telling.close();
    // A start that was broken off may still read: recovery does not depend on its end.
    runtime.shutdown_background();
    result
}

fn announce(config: &Config) {
    let folder = std::path::absolute(&config.storage.folder);
    let folder = folder.as_deref().unwrap_or(&config.storage.folder);
    let engine = match config.storage.engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgresql { .. } => "postgresql",
    };
    tracing::info!(folder = %folder.display(), engine, address = %config.listen, "Starting.");
}
