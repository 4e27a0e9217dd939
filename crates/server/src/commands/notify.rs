//! `ringback notify`: tries out the way to people.

use crate::config::{Config, Layers};
use crate::outward;
use anyhow::{Context, Result, bail};
use ringback_ports::TenantId;
use ringback_ports::notify::Notice;
use std::path::PathBuf;

/// Send a short message to somebody, to try out the way that `notify` configures.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file; none: only the environment and defaults.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// To whom; for mail an address such as anna@example.com.
    #[arg(long)]
    to: String,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let (config, _) = Config::read(Layers::of_process(args.config, Vec::new()))?;
    let Some(way) = outward::notify(&config, &args.to)? else {
        bail!("no way to people is configured: set notify.smtp_url or notify.webhook_url");
    };
    let notice = Notice {
        tenant: TenantId(0),
        to: args.to,
        purpose: "test",
        subject: "Ringback can reach you".to_owned(),
        text: "This is a test. Nothing needs to be done.\n".to_owned(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    runtime.block_on(way.notify(&notice))?;
    println!("accepted for {} by {}", notice.to, way.name());
    Ok(())
}
