//! `ringback openapi`: the description of the API.

use anyhow::{Context, Result};

/// Print the OpenAPI document of the API.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Result<()> {
    let document = ringback_api::openapi();
    let text = document
        .to_pretty_json()
        .context("the document cannot be written")?;
    println!("{text}");
    Ok(())
}
