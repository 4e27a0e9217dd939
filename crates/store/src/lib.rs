//! The room that keeps journal, records, snapshots and keys.
//!
//! One contract ([`ringback_ports::store`], [`ringback_ports::vault`]), two engines:
//! [`SqliteStore`] for one machine and one folder, [`PostgresStore`] for a cluster. The suite in
//! `e2e/tests/it/store_contract` holds both to the same meaning.

mod backup;
mod convert;
mod deliveries;
mod postgresql;
mod project;
mod search;
mod sqlite;
mod vault;

pub use backup::{
    BackupPlan, Manifest, ManifestFile, ManifestTenant, RestorePlan, backup, restore, verify,
};
pub use postgresql::{PostgresOptions, PostgresStore, PostgresVault};
pub use sqlite::{SqliteOptions, SqliteStore};
pub use vault::SqliteVault;
