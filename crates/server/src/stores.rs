//! Opens the stores that the configuration names.

use crate::config::{Config, Engine};
use anyhow::{Context, Result, bail};
use ringback_ports::store::Store;
use ringback_ports::vault::Vault;
use ringback_store::{PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, SqliteVault};
use std::sync::Arc;

/// Journal, records and keys.
pub(crate) struct Stores {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Arc<dyn Vault>,
}

/// Takes the data folder, or connects to the database. Blocks.
pub(crate) fn open(config: &Config) -> Result<Stores> {
    Ok(Stores {
        store: open_store(config)?,
        vault: Arc::new(
            SqliteVault::open(&config.storage.keys_folder, None)
                .context("cannot open the store of keys")?,
        ),
    })
}

/// Opens journal and records only, for commands that look at the data without a server.
pub(crate) fn open_store(config: &Config) -> Result<Arc<dyn Store>> {
    let storage = &config.storage;
    match &storage.engine {
        Engine::Sqlite => {
            let mut options = SqliteOptions::new(&storage.folder);
            options.ballast_bytes = storage.ballast_mib << 20;
            let store = SqliteStore::open(options)
                .with_context(|| format!("cannot use the data in {}", storage.folder.display()))?;
            Ok(Arc::new(store))
        }
        Engine::Postgresql { url } => {
            let store = PostgresStore::connect(&PostgresOptions::new(url.reveal()))
                .context("cannot use the database of storage.postgresql_url")?;
            Ok(Arc::new(store))
        }
    }
}

/// Opens journal and records that must be there already: a mistyped folder shall not be made.
pub(crate) fn open_existing(config: &Config) -> Result<Arc<dyn Store>> {
    let folder = &config.storage.folder;
    if config.storage.engine == Engine::Sqlite && !folder.join("journal.db").is_file() {
        bail!(
            "there is no journal in {}: name the data folder with --data",
            folder.display()
        );
    }
    open_store(config)
}
