//! `ringback config`: what can be configured of the server, and a tenant's configuration as files.

mod explain;

use super::top::KeyArgs;
use crate::client::Client;
use crate::config;
use crate::objects::{self, Plan};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::ExitCode;

/// Show what can be configured, and keep a tenant's configuration in files.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print a configuration file with every key, its meaning and its default.
    Example,
    /// Print the reference page of all keys.
    Reference,
    /// Print the reference page of a tenant's configuration objects.
    Objects,
    /// Tell what a key means, what each level says of it - default, object, file, environment - and
    /// which one is in force.
    ///
    /// Of the settings of a tenant and of its media only a server can tell what the objects say; it
    /// needs a key.
    Explain {
        /// The key: one of the server, such as `server.listen`, of a tenant's settings, such as
        /// `settings.offer_ttl_ms`, or of a medium, such as `medium.voice.offer_ttl_ms`.
        #[arg(value_name = "KEY")]
        name: String,
        /// The configuration file; none: only the environment and defaults.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Write a tenant's configuration into a folder: queues, agents, groups, skills and all else.
    ///
    /// One file per kind. Keys to the API are not in it: their secrets are known to nobody.
    Export {
        /// The folder; made if it is not there.
        folder: PathBuf,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Tell how a tenant's configuration differs from a folder. Ends with 1 if it does.
    Diff {
        /// The folder.
        folder: PathBuf,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Change a tenant's configuration so that it is what a folder says.
    ///
    /// Each change is made against the version that was read: whoever changes the same thing
    /// meanwhile is not overwritten.
    Apply {
        /// The folder.
        folder: PathBuf,
        /// Only tell what would be done.
        #[arg(long)]
        dry_run: bool,
        /// Also delete what is in no file.
        #[arg(long)]
        delete: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
}

/// Of which tenant of which server; the key tells the tenant.
#[derive(Debug, clap::Args)]
struct ServerArgs {
    /// The server.
    #[arg(long, env = "RINGBACK_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    #[command(flatten)]
    key: KeyArgs,
}

impl ServerArgs {
    fn client(&self) -> Result<Client> {
        let Some(key) = self.key.read()? else {
            bail!(
                "this needs an administrator's API key: --key-file FILE, or RINGBACK_KEY; \
                 `serve` wrote the first one to first-administrator.TENANT.key in its data folder"
            );
        };
        Client::new(&self.url, Some(key))
    }
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    match args.what {
        What::Example => print!("{}", config::example()),
        What::Reference => print!("{}", config::reference()),
        What::Objects => print!("{}", objects::reference()),
        What::Explain {
            name,
            config,
            server,
        } => print!("{}", explain::explain(&name, config, &server)?),
        What::Export { folder, server } => {
            let client = server.client()?;
            let found = waiting()?.block_on(objects::fetch(&client))?;
            objects::write(&folder, &found)?;
            let count: usize = found.values().map(std::collections::BTreeMap::len).sum();
            println!("{count} objects written to {}", folder.display());
        }
        What::Diff { folder, server } => {
            let plan = plan(&folder, &server.client()?, false)?;
            tell(&plan);
            if !plan.steps.is_empty() || !plan.extra.is_empty() {
                return Ok(ExitCode::from(1));
            }
        }
        What::Apply {
            folder,
            dry_run,
            delete,
            server,
        } => {
            let client = server.client()?;
            let plan = plan(&folder, &client, delete)?;
            if dry_run || plan.steps.is_empty() {
                tell(&plan);
            } else {
                waiting()?.block_on(objects::apply(&client, &plan))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn waiting() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    Ok(runtime?)
}

fn plan(folder: &std::path::Path, client: &Client, delete: bool) -> Result<Plan> {
    let wanted = objects::read(folder)?;
    let there = waiting()?.block_on(objects::fetch(client))?;
    Ok(Plan::new(&wanted, &there, delete))
}

fn tell(plan: &Plan) {
    for step in &plan.steps {
        println!("{step}");
    }
    for extra in &plan.extra {
        println!("only on the server: {extra}");
    }
    if plan.steps.is_empty() {
        println!("nothing to do");
    }
}
