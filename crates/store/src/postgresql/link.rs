//! A connection to PostgreSQL with a deadline of our own, and ears for its warnings.
//!
//! While a commit waits for its synchronous standby no timeout of the server ends the wait, and
//! a cancelled wait lets the commit *succeed* with only a warning, although the row is on one
//! machine alone. So every statement runs against a deadline on this side, after which the
//! connection is dropped; and a warning is never passed over.

use ringback_ports::store::{AppendFault, StoreFault};
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Row, Statement};

/// Why a statement has no good result.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkFault {
    /// The server did not answer in time; whether it did what was asked is unknown.
    #[error("the server did not answer within {0:?}")]
    Late(Duration),
    /// It was done, but perhaps not on enough machines.
    #[error("the server warned: {0}")]
    Warned(String),
    /// It was refused, or the connection broke.
    #[error("{}", describe(.0))]
    Sql(#[from] tokio_postgres::Error),
    /// There is no connection.
    #[error("connecting failed: {0}")]
    Start(String),
}

/// The message of the server rather than just "db error".
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => error.to_string(),
    }
}

impl LinkFault {
    /// As a fault of the store.
    pub(super) fn of(self, doing: &'static str) -> StoreFault {
        StoreFault::failed(doing, self)
    }

    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Sql(error) => error.code(),
            _ => None,
        }
    }
}

impl From<LinkFault> for AppendFault {
    fn from(fault: LinkFault) -> Self {
        if fault.code() == Some(&SqlState::DISK_FULL) {
            Self::Full(fault.to_string())
        } else {
            Self::Unknown(fault.to_string())
        }
    }
}

/// Where to connect to, and the connection while it is good.
pub(super) struct Link {
    config: Config,
    deadline: Duration,
    live: Option<Live>,
}

impl Link {
    pub(super) fn new(config: Config, deadline: Duration) -> Self {
        Self {
            config,
            deadline,
            live: None,
        }
    }

    /// Runs single statements. After a fault the connection is dropped, and the next use
    /// makes a new one.
    pub(super) fn with<T, E: From<LinkFault>>(
        &mut self,
        work: impl FnOnce(&Live) -> Result<T, E>,
    ) -> Result<T, E> {
        let live = match self.live.take() {
            Some(live) if !live.client.is_closed() => live,
            _ => Live::connect(&self.config, self.deadline)?,
        };
        let result = work(&live)?;
        self.live = Some(live);
        Ok(result)
    }

    /// Runs statements in one transaction. After a fault the connection is dropped, which
    /// rolls back what was not committed.
    pub(super) fn transaction<T, E: From<LinkFault>>(
        &mut self,
        work: impl FnOnce(&Live) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with(|live| {
            live.batch("BEGIN")?;
            let result = work(live)?;
            live.batch("COMMIT")?;
            Ok(result)
        })
    }
}

type Warnings = Arc<Mutex<Vec<DbError>>>;

/// An open connection. Dropping it closes the socket at once.
pub(super) struct Live {
    client: Client,
    statements: RefCell<HashMap<&'static str, Statement>>,
    warnings: Warnings,
    deadline: Duration,
    /// Last, so that the client goes before what drives it.
    runtime: Runtime,
}

/// What each connection is set to. Warnings must be sent, and a commit must wait for the
/// disks it is told to wait for.
const SETTINGS: &str = "SET synchronous_commit = on; SET client_min_messages = warning;
    SET timezone = 'UTC'; SET idle_in_transaction_session_timeout = '60s'";

impl Live {
    fn connect(config: &Config, deadline: Duration) -> Result<Self, LinkFault> {
        let start = |problem: &dyn std::fmt::Display| LinkFault::Start(problem.to_string());
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|problem| start(&problem))?;
        let connecting = async { tokio::time::timeout(deadline, config.connect(NoTls)).await };
        let (client, connection) = runtime
            .block_on(connecting)
            .map_err(|_| LinkFault::Late(deadline))?
            .map_err(|problem| start(&describe(&problem)))?;
        let warnings = Warnings::default();
        runtime.spawn(drive(connection, Arc::clone(&warnings)));
        let live = Self {
            client,
            statements: RefCell::default(),
            warnings,
            deadline,
            runtime,
        };
        live.batch(SETTINGS)?;
        Ok(live)
    }

    /// Runs statements without parameters.
    pub(super) fn batch(&self, sql: &'static str) -> Result<(), LinkFault> {
        self.wait(self.client.batch_execute(sql))
    }

    /// Runs a statement, prepared at its first use; gives its rows.
    pub(super) fn query(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, LinkFault> {
        let statement = self.prepared(sql)?;
        self.wait(self.client.query(&statement, values))
    }

    /// Likewise; gives how many rows it concerned.
    pub(super) fn execute(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, LinkFault> {
        let statement = self.prepared(sql)?;
        self.wait(self.client.execute(&statement, values))
    }

    fn prepared(&self, sql: &'static str) -> Result<Statement, LinkFault> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(sql))?;
        self.statements.borrow_mut().insert(sql, statement.clone());
        Ok(statement)
    }

    fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, LinkFault> {
        let limited = async { tokio::time::timeout(self.deadline, work).await };
        let result = self
            .runtime
            .block_on(limited)
            .map_err(|_| LinkFault::Late(self.deadline))??;
        self.heed_warnings()?;
        Ok(result)
    }

    fn heed_warnings(&self) -> Result<(), LinkFault> {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        // By code and severity only: the text comes in the server's language.
        let warning = warnings.drain(..).find(|notice| {
            matches!(
                notice.code(),
                &SqlState::WARNING | &SqlState::ADMIN_SHUTDOWN
            )
        });
        match warning {
            None => Ok(()),
            Some(warning) => Err(LinkFault::Warned(format!(
                "{} ({})",
                warning.message(),
                warning.code().code()
            ))),
        }
    }
}

/// Moves bytes, and collects what the server says without being asked. It runs while a
/// statement is waited for.
async fn drive<S, T>(mut connection: Connection<S, T>, warnings: Warnings)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
        match message {
            Ok(AsyncMessage::Notice(notice)) => warnings
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(notice),
            Ok(_) => {}
            // The client hears of it at its next statement.
            Err(_) => return,
        }
    }
}
