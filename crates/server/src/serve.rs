//! A running server: start, serve, drain.

mod door;
mod first_key;
mod gauges;
mod house;
mod progress;
mod systemd;

pub(crate) use first_key::FirstKey;

use crate::config::Config;
use crate::process;
use crate::telemetry::Metrics;
use anyhow::{Context, Result, bail};
use door::Door;
use house::House;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// Holds the address of the API while the server is ready, for scripts that let it choose a port
/// (`--listen 127.0.0.1:0`).
pub(crate) const ADDRESS_FILE: &str = "address";

/// Serves until the process is asked to stop, then drains.
pub(crate) async fn serve(config: Config, first_key: FirstKey, metrics: Metrics) -> Result<()> {
    let (closing, closed) = watch::channel(false);
    // The door opens before the house is loaded, so that health can be asked and a port in use
    // is found before anything is touched.
    let door = Door::open(&config, metrics.clone(), closed.clone()).await?;
    let stop = process::asked_to_stop();
    tokio::pin!(stop);
    let house = tokio::select! {
        house = House::start(&config, closed) => house?,
        signal = &mut stop => {
            tracing::info!(signal = signal?, "Asked to stop while starting.");
            return Ok(());
        }
    };
    let hall = house.hall();
    first_key::ensure(&*hall, &config, first_key).await?;
    door.let_in(house.router());
    let address_file = config.storage.folder.join(ADDRESS_FILE);
    write_address(&address_file, door.address())?;
    systemd::ready();
    tracing::info!(
        address = %door.address(),
        tenants = hall.tenants().len(),
        version = env!("CARGO_PKG_VERSION"),
        "Ready."
    );
    let upkeep = tokio::spawn(metrics.keep_up());
    let gauges = tokio::spawn(gauges::keep(Arc::clone(&hall)));
    let watchdog = tokio::spawn(systemd::feed_watchdog(hall));
    let signal = stop.await?;
    // Whoever cannot remove it finds a server that does not answer there; nothing depends on it.
    let _ = std::fs::remove_file(&address_file);
    drain(signal, &config, &closing, door, house).await?;
    upkeep.abort();
    gauges.abort();
    watchdog.abort();
    Ok(())
}

/// Readiness off and streams told to come back; then the requests under way; then the house.
async fn drain(
    signal: &str,
    config: &Config,
    closing: &watch::Sender<bool>,
    door: Door,
    house: House,
) -> Result<()> {
    systemd::stopping();
    tracing::info!(signal, "Asked to stop; finishing what is under way.");
    closing.send_replace(true);
    let whole = tokio::time::timeout(config.drain_max, door.close()).await;
    if whole.is_err() {
        tracing::warn!(
            drain_max_s = config.drain_max.as_secs(),
            "Some requests did not finish in time and were cut off."
        );
    }
    tokio::task::spawn_blocking(move || house.stop())
        .await
        .context("stopping the house failed")?;
    tracing::info!("Stopped.");
    Ok(())
}

/// Whole or not at all, because others watch for it.
fn write_address(path: &Path, address: SocketAddr) -> Result<()> {
    let new = path.with_extension("new");
    std::fs::write(&new, format!("{address}\n"))
        .and_then(|()| std::fs::rename(&new, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Everybody on the network may try keys: there must be one that somebody knows.
fn refuse_open_door(config: &Config, tenant: &str) -> Result<()> {
    if config.listen.ip().is_loopback() {
        return Ok(());
    }
    bail!(
        "{} can be reached by other machines, and tenant {tenant} has no administrator yet: give \
         its key by RINGBACK_FIRST_KEY_FILE, or start once on 127.0.0.1",
        config.listen
    )
}
