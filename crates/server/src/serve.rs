//! A running server: start, serve, drain.

mod door;
mod erasures;
mod first_key;
mod gauges;
mod house;
mod locked;
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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// Holds the address of the API while the server is ready, for scripts that let it choose a port
/// (`--listen 127.0.0.1:0`).
pub(crate) const ADDRESS_FILE: &str = "address";

/// The two words that end a server: first nobody should come any more, then nobody can.
struct End {
    leaving: watch::Sender<bool>,
    closing: watch::Sender<bool>,
    /// Streams that are open; they outlive the connections they came in by.
    streams: Arc<AtomicUsize>,
}

impl End {
    /// Waits until all streams are closed.
    async fn of_streams(&self) {
        while self.streams.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// How often a draining server looks whether the streams are closed.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Serves until the process is asked to stop, then drains.
pub(crate) async fn serve(config: Config, first_key: FirstKey, metrics: Metrics) -> Result<()> {
    let end = End {
        leaving: watch::Sender::new(false),
        closing: watch::Sender::new(false),
        streams: Arc::default(),
    };
    // The door opens before the house is loaded, so that health can be asked and a port in use
    // is found before anything is touched.
    let door = Door::open(&config, metrics.clone(), end.closing.subscribe()).await?;
    let stop = process::asked_to_stop();
    tokio::pin!(stop);
    let house = tokio::select! {
        house = House::start(&config, &end) => house?,
        signal = &mut stop => {
            tracing::info!(signal = signal?, "Asked to stop while starting.");
            return Ok(());
        }
    };
    let hall = house.hall();
    first_key::ensure(&*hall, &config, first_key).await?;
    locked::ensure(&*hall, &config.locked).await?;
    erasures::settle(&*hall).await;
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
    drain(signal, &config, &end, door, house).await?;
    upkeep.abort();
    gauges.abort();
    watchdog.abort();
    Ok(())
}

/// Readiness off, while everything goes on; then no new connections, and streams told to come back;
/// then the requests under way; then the house.
async fn drain(signal: &str, config: &Config, end: &End, door: Door, house: House) -> Result<()> {
    systemd::stopping();
    tracing::info!(
        signal,
        notice_s = config.drain_notice.as_secs(),
        "Asked to stop; sending new requests elsewhere."
    );
    end.leaving.send_replace(true);
    tokio::time::sleep(config.drain_notice).await;
    tracing::info!("Finishing what is under way.");
    end.closing.send_replace(true);
    let under_way = async { tokio::join!(door.close(), end.of_streams()) };
    let whole = tokio::time::timeout(config.drain_max, under_way).await;
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
