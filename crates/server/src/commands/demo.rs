//! `ringback demo`: a server, an example company, and people who keep it busy.

use crate::client::Client;
use crate::config::Secret;
use crate::demo::{self, Keys, People, Server};
use crate::{process, secret};
use anyhow::{Context, Result, bail};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::Instant;

/// Show everything: start a server with an example company, customers and agents.
///
/// Server and people are processes of their own; the people use only the public API. Whatever
/// happens to the server, they check that nothing it accepted is missing. Ctrl-C stops and
/// removes everything.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep the data in this folder, and go on with it next time.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Stop after so many minutes.
    #[arg(long, value_name = "N")]
    minutes: Option<f64>,
    /// How many times faster than life the people are.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = super::demo_people::speed)]
    speed: f64,
    /// The port on the loopback address; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where chance comes from: the same seed, the same people.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A server that dies sooner than this after its start is not started again.
const LIVES_AT_LEAST: Duration = Duration::from_secs(2);

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let temporary = match args.keep {
        None => Some(
            tempfile::Builder::new()
                .prefix("ringback-demo-")
                .tempdir()
                .context("cannot make a folder for the demo")?,
        ),
        Some(_) => None,
    };
    let folder = match (&args.keep, &temporary) {
        (Some(keep), _) => keep.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => unreachable!("one of both is there"),
    };
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    // One thread: the children are tied to the thread that starts them.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(play(&args, &folder))
}

async fn play(args: &Args, folder: &Path) -> Result<ExitCode> {
    let path = folder.join("demo.json");
    let mut keys = match Keys::read(&path)? {
        Some(keys) => keys,
        None => Keys {
            administrator: secret::random()?,
            ..Keys::default()
        },
    };
    keys.write(&path)?;
    must_be_free(args.port)?;
    println!("starting the server ...");
    let mut server = Server::start(folder, args.port, &keys.administrator).await?;
    if !keys.founded {
        println!("founding the example company ...");
        let administrator = Client::new(
            &server.base(),
            Some(Secret::new(keys.administrator.as_str())),
        )?;
        demo::found(&administrator, args.speed, &mut keys).await?;
        keys.write(&path)?;
    }
    let mut people = People::start(&server.base(), &path, args.seed, args.speed)?;
    welcome(&server, &keys, folder, args);
    let result = watch(args, &mut server, &mut people).await;
    println!("\nstopping the people ...");
    let all_there = people.stop().await;
    println!("stopping the server ...");
    server.stop().await?;
    result?;
    match &args.keep {
        Some(keep) => println!("everything is kept in {}", keep.display()),
        None => println!("everything is removed; `demo --keep DIR` keeps it"),
    }
    Ok(if all_there? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Looks after the children until it is time to stop. A server that dies is started again.
async fn watch(args: &Args, server: &mut Server, people: &mut People) -> Result<()> {
    let end = async {
        match args.minutes {
            Some(minutes) => tokio::time::sleep(Duration::from_secs_f64(minutes * 60.0)).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(end);
    let stop = process::asked_to_stop();
    tokio::pin!(stop);
    loop {
        let started = Instant::now();
        tokio::select! {
            () = &mut end => return Ok(()),
            signal = &mut stop => return signal.map(drop).map_err(Into::into),
            status = people.ended() => bail!("the people ended by themselves ({})", status?),
            status = server.ended() => {
                println!("the server ended ({}); starting it again on the same data ...", status?);
                if started.elapsed() < LIVES_AT_LEAST {
                    bail!("the server does not stay up: see {}", server.log().display());
                }
                server.start_again().await?;
                println!("the server is back, process {}", server.pid().unwrap_or(0));
            }
        }
    }
}

/// Says early and clearly what the server would only say in its log.
fn must_be_free(port: u16) -> Result<()> {
    TcpListener::bind(("127.0.0.1", port)).with_context(|| {
        format!("port {port} is in use: choose another with --port, or any free one with --port 0")
    })?;
    Ok(())
}

/// How this program is called from here.
fn program() -> String {
    let (Ok(program), Ok(here)) = (std::env::current_exe(), std::env::current_dir()) else {
        return "ringback".to_owned();
    };
    let path = program.strip_prefix(&here).unwrap_or(&program);
    path.display().to_string()
}

fn welcome(server: &Server, keys: &Keys, folder: &Path, args: &Args) {
    let base = server.base();
    let Keys {
        administrator,
        supervisor,
        integrator,
        agents,
        ..
    } = keys;
    let pid = server.pid().unwrap_or(0);
    let program = program();
    println!(
        "
Ringback is running: {base}
  data       {}
  server log {}
  keys       administrator {administrator}
             supervisor    {supervisor}
             web shop      {integrator}   (submits interactions)",
        folder.display(),
        server.log().display(),
    );
    for name in ["anna", "ben", "sam"] {
        if let Some(key) = agents.get(name) {
            println!("             {name:<5} (agent) {key}");
        }
    }
    println!(
        "
{} agents work, customers come all the time ({} times as fast as in life).
Try, in another terminal:

  {program} top --url {base} --key {supervisor}

  curl -s {base}/v1/overview -H 'Authorization: Bearer {supervisor}'

  curl -s {base}/v1/interactions -H 'Authorization: Bearer {integrator}' \\
    -H 'Content-Type: application/json' -H \"Idempotency-Key: $RANDOM\" \\
    -d '{{\"queue\":\"sales\",\"medium\":\"chat\",\"route\":{{\"virtual_queue\":\"sales-line\",\"target\":\"Sales>=1\"}}}}'

  curl -sN {base}/v1/events -H 'Authorization: Bearer {supervisor}'

  kill -9 {pid}     # the server comes back, and nothing is missing

Ctrl-C stops everything.
",
        agents.len(),
        args.speed,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_says_how_to_choose_another() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = must_be_free(port).unwrap_err().to_string();
        assert!(error.contains("--port 0"), "{error}");
    }
}
