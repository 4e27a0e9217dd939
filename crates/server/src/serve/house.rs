//! The house behind the door: stores, hall and rooms, wired together.

use super::End;
use super::progress::Progress;
use crate::config::Config;
use crate::{outward, stores};
use anyhow::{Context, Result};
use axum::Router;
use ringback_api::hooks::NoticeRoom;
use ringback_api::{Api, ApiOptions, UrlCheck};
use ringback_outward::courier;
use ringback_outward::post::Post;
use ringback_ports::Hall;
use ringback_ports::effect_room::EffectRoom;
use ringback_ports::outward::Ledger;
use ringback_runtime::{Runtime, RuntimeConfig};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// A running house.
pub(super) struct House {
    runtime: Runtime,
    router: Router,
    /// Who follows what happens and carries it out.
    couriers: Vec<JoinHandle<()>>,
}

impl House {
    /// Opens the stores, reads everything in and makes the rooms.
    pub(super) async fn start(config: &Config, end: &End) -> Result<Self> {
        let own = config.clone();
        let (runtime, ledger) = tokio::task::spawn_blocking(move || start(&own))
            .await
            .context("starting the house panicked")??;
        let hall = runtime.hall();
        let post = outward::post(config)?;
        let api = Api::new(
            Arc::clone(&hall),
            options(config, end, ledger.clone(), &post),
        );
        let mut couriers = api.tell_webhooks();
        let closing = end.closing.subscribe();
        let courier = outward::courier(config);
        couriers.push(courier::start(hall, ledger, post, courier, closing));
        Ok(Self {
            runtime,
            router: api.router(),
            couriers,
        })
    }

    pub(super) fn hall(&self) -> Arc<dyn Hall> {
        self.runtime.hall()
    }

    /// The API.
    pub(super) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Finishes what is under way, takes a last snapshot and gives everything back. Blocks.
    pub(super) fn stop(self) {
        drop(self.router);
        for courier in &self.couriers {
            // What it has begun is done again after the start, under the same id.
            courier.abort();
        }
        self.runtime.stop();
    }
}

fn start(config: &Config) -> Result<(Runtime, Ledger)> {
    let stores = stores::open(config)?;
    let deliveries = stores.store.deliveries();
    let ledger = Ledger::new(deliveries.context("cannot open the deliveries of webhooks")?);
    let runtime = Runtime::start(
        runtime_config(config),
        stores.store,
        stores.vault,
        rooms(config)?,
    )
    .context("cannot start the engine")?;
    Ok((runtime, ledger))
}

fn runtime_config(config: &Config) -> RuntimeConfig {
    let progress = Progress::default();
    RuntimeConfig {
        holder: holder(),
        commands_max: config.limits.commands_waiting_max,
        snapshot_records: config.journal.snapshot_records,
        snapshot_every: config.journal.snapshot_every,
        journal_kept: config.journal.kept,
        room_low: config.storage.low_mib << 20,
        room_critical: config.storage.critical_mib << 20,
        progress: Arc::new(move |what, done, whole| progress.notice(what, done, whole)),
        panics_on_purpose: panics_on_purpose(),
        ..RuntimeConfig::new(config.tenants.clone())
    }
}

/// Who holds the leases, for people.
fn holder() -> String {
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy().into_owned();
    format!("process {} on {host}", std::process::id())
}

/// Only tests ask for it, and only debug builds listen.
fn panics_on_purpose() -> bool {
    cfg!(debug_assertions) && std::env::var_os("RINGBACK_PANICS_ON_PURPOSE").is_some()
}

/// The rooms that carry out effects.
fn rooms(config: &Config) -> Result<Vec<Arc<dyn EffectRoom>>> {
    let mut rooms: Vec<Arc<dyn EffectRoom>> = Vec::new();
    if let Some(url) = &config.notices_url {
        rooms.push(Arc::new(NoticeRoom::new(url.reveal())?));
    }
    Ok(rooms)
}

fn options(config: &Config, end: &End, ledger: Ledger, post: &Post) -> ApiOptions {
    let limits = &config.limits;
    let guard = post.guard().clone();
    let check = move |url: &str| match guard.url(url) {
        Ok(_) => Ok(()),
        Err(fault) => Err(fault.to_string()),
    };
    ApiOptions {
        body_bytes_max: limits.body_max_bytes,
        requests_max: limits.requests_max,
        key_rate: limits.key_rate,
        key_burst: limits.key_burst,
        streams_max: limits.streams_max,
        streams_per_key_max: limits.streams_per_key_max,
        origins: config.origins.clone(),
        login: config.login.clone(),
        locked: config.locked.clone(),
        leaving: Some(end.leaving.subscribe()),
        closing: Some(end.closing.subscribe()),
        streams: Arc::clone(&end.streams),
        ledger: Some(ledger),
        webhook_url: UrlCheck::new(check),
        ..ApiOptions::default()
    }
}
