//! Journal, records, snapshots and keys in PostgreSQL 15 or later, for a cluster of nodes.
//!
//! Who may write is decided by the server alone: leases run on its clock, and the epoch of a
//! tenant is read with a share lock in the same transaction as every append, so that a holder
//! who slept through the end of his lease writes nothing.
//!
//! Everything here blocks; call it from threads that may.

mod deliveries;
mod journal;
mod link;
mod records;
mod vault;

pub use vault::PostgresVault;

use crate::convert::{int, uint};
use deliveries::PostgresDeliveries;
use journal::{PostgresJournalReader, PostgresJournalWriter};
use link::{Link, LinkFault, Live};
use records::PostgresRecords;
use ringback_model::Name;
use ringback_ports::envelope::{Epoch, TenantId};
use ringback_ports::outward::Deliveries;
use ringback_ports::store::{
    JournalReader, JournalWriter, Lease, RecordsReader, RecordsWriter, Store, StoreFault, Tenant,
};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_postgres::Config;

/// Where and how to open a [`PostgresStore`].
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The address, as `postgres://user@host/database` or in libpq's key-value form.
    pub url: String,
    /// How long to wait for an answer of the server before the outcome counts as unknown.
    pub deadline: Duration,
}

impl PostgresOptions {
    /// 10 seconds.
    pub const DEADLINE: Duration = Duration::from_secs(10);

    /// An address with the usual settings.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            deadline: Self::DEADLINE,
        }
    }

    fn config(&self) -> Result<Config, StoreFault> {
        let mut config: Config = self
            .url
            .parse()
            .map_err(|problem| StoreFault::failed("reading the address of PostgreSQL", problem))?;
        config.application_name("ringback");
        Ok(config)
    }
}

/// The store of a cluster.
pub struct PostgresStore {
    config: Config,
    deadline: Duration,
    registry: Mutex<Link>,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore")
            .field("hosts", &self.config.get_hosts())
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Connects, checks the server, and brings the schemas up to date.
    ///
    /// # Errors
    /// The server is not reached, too old, does not flush, or holds a newer format.
    pub fn connect(options: &PostgresOptions) -> Result<Self, StoreFault> {
        let config = options.config()?;
        let mut registry = Link::new(config.clone(), options.deadline);
        registry.with(check_server)?;
        prepare(&mut registry, &JOURNAL)?;
        prepare(&mut registry, &RECORDS)?;
        Ok(Self {
            config,
            deadline: options.deadline,
            registry: Mutex::new(registry),
        })
    }

    fn link(&self) -> Link {
        Link::new(self.config.clone(), self.deadline)
    }

    fn registry(&self) -> MutexGuard<'_, Link> {
        // A link drops its connection at every fault, so nothing half done stays in it.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One schema of the database and how it came about.
struct Format {
    what: &'static str,
    create: &'static str,
    read: &'static str,
    write: &'static str,
    migrations: &'static [&'static str],
}

const JOURNAL: Format = Format {
    what: "the schema ringback_journal",
    create: "CREATE SCHEMA IF NOT EXISTS ringback_journal;
             CREATE TABLE IF NOT EXISTS ringback_journal.format (version BIGINT NOT NULL)",
    read: "SELECT coalesce(max(version), 0) FROM ringback_journal.format",
    write: "INSERT INTO ringback_journal.format VALUES ($1)",
    migrations: &[include_str!("postgresql/journal-1.sql")],
};

const RECORDS: Format = Format {
    what: "the schema ringback_records",
    create: "CREATE SCHEMA IF NOT EXISTS ringback_records;
             CREATE TABLE IF NOT EXISTS ringback_records.format (version BIGINT NOT NULL)",
    read: "SELECT coalesce(max(version), 0) FROM ringback_records.format",
    write: "INSERT INTO ringback_records.format VALUES ($1)",
    migrations: &[
        include_str!("postgresql/records-1.sql"),
        include_str!("postgresql/records-2.sql"),
        include_str!("postgresql/records-3.sql"),
        include_str!("postgresql/records-4.sql"),
        include_str!("postgresql/records-5.sql"),
    ],
};

const KEYS: Format = Format {
    what: "the schema ringback_keys",
    create: "CREATE SCHEMA IF NOT EXISTS ringback_keys;
             CREATE TABLE IF NOT EXISTS ringback_keys.format (version BIGINT NOT NULL)",
    read: "SELECT coalesce(max(version), 0) FROM ringback_keys.format",
    write: "INSERT INTO ringback_keys.format VALUES ($1)",
    migrations: &[
        include_str!("postgresql/keys-1.sql"),
        include_str!("postgresql/keys-2.sql"),
    ],
};

/// Refuses a server that cannot keep what it promises.
fn check_server(live: &Live) -> Result<(), StoreFault> {
    let doing = "checking the server";
    let rows = live
        .query(
            "SELECT current_setting('server_version_num')::bigint, current_setting('fsync'),
                    current_setting('full_page_writes'), current_setting('server_encoding')",
            &[],
        )
        .map_err(|fault| fault.of(doing))?;
    let Some(row) = rows.first() else {
        return Err(StoreFault::failed(doing, "it does not tell its settings"));
    };
    let version: i64 = row.get(0);
    let refuse = |problem: String| Err(StoreFault::failed(doing, problem));
    if version < 150_000 {
        let problem = "PostgreSQL 15 or later is needed; the server has number";
        return refuse(format!("{problem} {version}"));
    }
    for (column, setting, wanted) in [
        (1, "fsync", "on"),
        (2, "full_page_writes", "on"),
        (3, "server_encoding", "UTF8"),
    ] {
        let found: &str = row.get(column);
        if found != wanted {
            return refuse(format!("{setting} is {found}: set it to {wanted}"));
        }
    }
    Ok(())
}

/// Brings one schema up to date. Nodes that start together do so one after the other.
fn prepare(link: &mut Link, format: &Format) -> Result<(), StoreFault> {
    let doing = "bringing a schema up to date";
    let known = format.migrations.len() as u64;
    let migrate = |live: &Live| -> Result<u64, LinkFault> {
        live.batch("SELECT pg_advisory_xact_lock(7162831055)")?;
        live.batch(format.create)?;
        let rows = live.query(format.read, &[])?;
        let found = rows.first().map_or(0, |row| uint(row.get(0)));
        let seen = usize::try_from(found).unwrap_or(usize::MAX);
        for migration in format.migrations.iter().skip(seen) {
            live.batch(migration)?;
        }
        if found < known {
            live.execute(format.write, &[&int(known)])?;
        }
        Ok(found)
    };
    let found = link.transaction(migrate).map_err(|fault| fault.of(doing))?;
    if found > known {
        return Err(StoreFault::TooNew {
            what: format.what,
            found: u32::try_from(found).unwrap_or(u32::MAX),
            known: u32::try_from(known).unwrap_or(u32::MAX),
        });
    }
    Ok(())
}

impl From<LinkFault> for StoreFault {
    fn from(fault: LinkFault) -> Self {
        fault.of("talking to PostgreSQL")
    }
}

/// A tenant's number as a column holds it.
fn column(tenant: TenantId) -> i64 {
    i64::from(tenant.0)
}

fn tenant_id(column: i64) -> Result<TenantId, StoreFault> {
    u32::try_from(column)
        .map(TenantId)
        .map_err(|_| crate::convert::strange("tenants", &column.to_string()))
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 1_000)
}

impl Store for PostgresStore {
    fn engine(&self) -> &'static str {
        "postgresql"
    }

    fn tenants(&self) -> Result<Vec<Tenant>, StoreFault> {
        let sql = "SELECT id, name FROM ringback_journal.tenant ORDER BY id";
        let query = |live: &Live| live.query(sql, &[]);
        let rows = self.registry().with(query);
        rows.map_err(|fault| fault.of("reading the tenants"))?
            .iter()
            .map(|row| {
                Ok(Tenant {
                    id: tenant_id(row.get(0))?,
                    name: crate::convert::name("tenants", row.get(1))?,
                })
            })
            .collect()
    }

    fn tenant(&self, name: &Name) -> Result<Tenant, StoreFault> {
        let doing = "looking for a tenant";
        let find_or_make = |live: &Live| {
            let select = "SELECT id FROM ringback_journal.tenant WHERE name = $1";
            let found = live.query(select, &[&name.as_str()])?;
            if !found.is_empty() {
                return Ok(found);
            }
            live.execute(
                "INSERT INTO ringback_journal.tenant (name) VALUES ($1) ON CONFLICT DO NOTHING",
                &[&name.as_str()],
            )?;
            live.query(select, &[&name.as_str()])
        };
        let rows: Result<_, LinkFault> = self.registry().with(find_or_make);
        let rows = rows.map_err(|fault| fault.of(doing))?;
        let Some(row) = rows.first() else {
            return Err(StoreFault::failed(
                doing,
                "it is gone as soon as it is made",
            ));
        };
        Ok(Tenant {
            id: tenant_id(row.get(0))?,
            name: name.clone(),
        })
    }

    fn take_lease(
        &self,
        tenant: TenantId,
        holder: &str,
        ttl: Duration,
    ) -> Result<Lease, StoreFault> {
        let mut registry = self.registry();
        let rows = registry
            .with(|live| {
                live.query(
                    "UPDATE ringback_journal.tenant
                     SET epoch = epoch + 1, holder = $2,
                         until = clock_timestamp() + $3 * interval '1 millisecond'
                     WHERE id = $1 AND (until IS NULL OR until <= clock_timestamp() OR holder = $2)
                     RETURNING epoch",
                    &[&column(tenant), &holder, &(millis(ttl) as f64)],
                )
            })
            .map_err(|fault| fault.of("taking a lease"))?;
        match rows.first() {
            Some(row) => Ok(Lease {
                tenant,
                epoch: Epoch(uint(row.get(0))),
                ttl,
            }),
            None => Err(held(&mut registry, tenant)),
        }
    }

    fn renew_lease(&self, lease: &Lease, holder: &str) -> Result<Lease, StoreFault> {
        let mut registry = self.registry();
        let renewed = registry
            .with(|live| {
                live.execute(
                    "UPDATE ringback_journal.tenant
                     SET until = clock_timestamp() + $4 * interval '1 millisecond'
                     WHERE id = $1 AND epoch = $2 AND holder = $3",
                    &[
                        &column(lease.tenant),
                        &int(lease.epoch.0),
                        &holder,
                        &(millis(lease.ttl) as f64),
                    ],
                )
            })
            .map_err(|fault| fault.of("renewing a lease"))?;
        if renewed == 1 {
            return Ok(lease.clone());
        }
        Err(held(&mut registry, lease.tenant))
    }

    fn release_lease(&self, lease: &Lease, holder: &str) -> Result<(), StoreFault> {
        self.registry()
            .with(|live| {
                live.execute(
                    "UPDATE ringback_journal.tenant SET until = NULL
                     WHERE id = $1 AND epoch = $2 AND holder = $3",
                    &[&column(lease.tenant), &int(lease.epoch.0), &holder],
                )
            })
            .map(|_| ())
            .map_err(|fault: LinkFault| fault.of("giving a lease back"))
    }

    fn journal_writer(&self) -> Result<Box<dyn JournalWriter>, StoreFault> {
        Ok(Box::new(PostgresJournalWriter::new(self.link())))
    }

    fn journal_reader(&self) -> Result<Box<dyn JournalReader>, StoreFault> {
        Ok(Box::new(PostgresJournalReader::new(self.link())))
    }

    fn records_writer(&self) -> Result<Box<dyn RecordsWriter>, StoreFault> {
        Ok(Box::new(PostgresRecords::new(self.link())))
    }

    fn records_reader(&self) -> Result<Box<dyn RecordsReader>, StoreFault> {
        Ok(Box::new(PostgresRecords::new(self.link())))
    }

    fn deliveries(&self) -> Result<Box<dyn Deliveries>, StoreFault> {
        Ok(Box::new(PostgresDeliveries::new(self.link())))
    }

    fn room_left(&self) -> Result<Option<u64>, StoreFault> {
        Ok(None)
    }

    fn drop_ballast(&self) -> Result<u64, StoreFault> {
        Ok(0)
    }

    fn restore_ballast(&self) -> Result<(), StoreFault> {
        Ok(())
    }
}

/// Why a lease was not to be had.
fn held(registry: &mut Link, tenant: TenantId) -> StoreFault {
    let sql = "SELECT holder FROM ringback_journal.tenant WHERE id = $1";
    let rows: Result<_, LinkFault> = registry.with(|live| live.query(sql, &[&column(tenant)]));
    match rows {
        Err(fault) => fault.of("looking at a lease"),
        Ok(rows) => match rows.first() {
            None => {
                StoreFault::failed("looking at a lease", format!("there is no tenant {tenant}"))
            }
            Some(row) => StoreFault::Held {
                tenant,
                holder: row
                    .get::<_, Option<String>>(0)
                    .unwrap_or_else(|| "nobody".to_owned()),
            },
        },
    }
}
