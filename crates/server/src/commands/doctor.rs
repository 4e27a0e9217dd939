//! `ringback doctor`: looks at machine, folder and running server.

use super::data::DataArgs;
use crate::client::Client;
use crate::commands::top::KeyArgs;
use crate::config::{Config, Engine};
use crate::doctor::{self, Finding, Verdict};
use anyhow::Result;
use std::process::ExitCode;

/// Look at disk, clock, folder and limits, and say what to do about each.
///
/// Ends with 1 when something must not stay as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// Also ask a running server, for example http://127.0.0.1:8080.
    #[arg(long, env = "RINGBACK_URL")]
    url: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut worst = Verdict::Ok;
    let mut tell = |finding: Finding| {
        println!("{finding}");
        worst = worst.max(finding.verdict);
    };
    match Config::read(args.data.layers(Vec::new())) {
        Ok((config, _)) => machine(&config, &mut tell),
        Err(fault) => tell(Finding::fail(
            "configuration",
            fault.to_string(),
            "correct it; `ringback check-config` shows the same",
        )),
    }
    if let Some(url) = &args.url {
        let client = Client::new(url, args.key.read()?)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime
            .block_on(doctor::server(&client))
            .into_iter()
            .for_each(&mut tell);
    }
    Ok(match worst {
        Verdict::Fail => ExitCode::FAILURE,
        Verdict::Ok | Verdict::Warn => ExitCode::SUCCESS,
    })
}

fn machine(config: &Config, tell: &mut dyn FnMut(Finding)) {
    let storage = &config.storage;
    tell(doctor::folder(&storage.folder));
    tell(doctor::file_system(&storage.folder));
    if storage.engine == Engine::Sqlite {
        tell(doctor::flushes(&storage.folder));
        tell(doctor::room(storage));
    }
    doctor::data(config).into_iter().for_each(&mut *tell);
    doctor::clock().into_iter().for_each(&mut *tell);
    tell(doctor::descriptors());
    tell(doctor::port("port", config.listen));
    if let Some(metrics) = config.metrics_listen {
        tell(doctor::port("metrics port", metrics));
    }
}
