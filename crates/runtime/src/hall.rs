//! The hall as the rooms see it.

use crate::access;
use crate::codec;
use crate::limits::RuntimeConfig;
use crate::shared::Shared;
use crate::statistics::{borders, locked, report_of, unknown};
use crate::turn::{Asked, Message, Messages};
use crossbeam_channel::TrySendError;
use futures_util::future::BoxFuture;
use ringback_model::statistic::Tally;
use ringback_model::{AgentId, DeskSessionId};
use ringback_ports::envelope::{Actor, Command, CommandFault, Denied, Unavailable};
use ringback_ports::hall::{Authenticated, Health, Interest, ResumeFault, Subscription};
use ringback_ports::query::{QuarantinedView, Query, QueryFault, View};
use ringback_ports::records::{Fresh, PAGE_MAX, RecordsPage, RecordsQuery};
use ringback_ports::statistics::{Definitions, Readings, ReportLine, ReportWanted, Wanted};
use ringback_ports::store::{JournalReader, RecordsReader, Store, StoreFault, Tenant};
use ringback_ports::vault::Vault;
use ringback_ports::{Cursor, Hall, Record, Reply, Sequence, TenantId};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

pub(crate) struct House {
    pub(crate) config: RuntimeConfig,
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) messages: Messages,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) records: Arc<Pool<Box<dyn RecordsReader>>>,
    pub(crate) journals: Arc<Pool<Box<dyn JournalReader>>>,
}

/// A loop that did not turn for so long is not alive.
const TURNS_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of journal read at a time for one who resumes.
const RESUME_BYTES: usize = 512 * 1024;

/// Readers that are not in use.
pub(crate) struct Pool<R> {
    idle: Mutex<Vec<R>>,
}

impl<R> Default for Pool<R> {
    fn default() -> Self {
        Self {
            idle: Mutex::new(Vec::new()),
        }
    }
}

impl<R> Pool<R> {
    /// Uses an idle reader, or a new one. After a failure the reader is not kept.
    fn with<T>(
        &self,
        new: impl FnOnce() -> Result<R, StoreFault>,
        work: impl FnOnce(&mut R) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut reader = idle.map_or_else(new, Ok)?;
        let result = work(&mut reader)?;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(reader);
        Ok(result)
    }
}

impl Hall for House {
    fn tenants(&self) -> Vec<Tenant> {
        self.tenants.clone()
    }

    fn authenticate(&self, secret_hash: &str) -> Option<Authenticated> {
        self.shared
            .keyring
            .find(secret_hash, self.config.clock.wall())
    }

    fn send(&self, command: Command, reply: Reply) {
        let limit = self.config.commands_max;
        match self.messages.try_send(Message::Command(command, reply)) {
            Ok(()) => {}
            Err(TrySendError::Full(Message::Command(_, reply))) => {
                metrics::counter!("ringback_commands_shed_total").increment(1);
                reply.send(Err(CommandFault::Unavailable(Unavailable::Overloaded {
                    limit,
                })));
            }
            Err(TrySendError::Disconnected(Message::Command(_, reply))) => {
                reply.send(Err(CommandFault::Unavailable(Unavailable::Closing)));
            }
            Err(_) => {}
        }
    }

    fn query(
        &self,
        tenant: TenantId,
        actor: Arc<Actor>,
        query: Query,
    ) -> BoxFuture<'_, Result<(Sequence, View), QueryFault>> {
        let put_aside = match query {
            Query::Quarantined(limit) => Some(limit.min(PAGE_MAX)),
            _ => None,
        };
        let asked = self.ask(tenant, actor, query);
        Box::pin(async move {
            let (sequence, view) = asked.await?;
            match put_aside {
                None => Ok((sequence, view)),
                Some(limit) => Ok((sequence, self.quarantined(tenant, limit).await?)),
            }
        })
    }

    fn records(
        &self,
        tenant: TenantId,
        at_least: Option<Sequence>,
        query: RecordsQuery,
    ) -> BoxFuture<'_, Result<Fresh<RecordsPage>, QueryFault>> {
        Box::pin(async move {
            self.wait_for(tenant, at_least).await?;
            let (pool, store) = (Arc::clone(&self.records), Arc::clone(&self.store));
            let asked = tokio::task::spawn_blocking(move || {
                pool.with(
                    || store.records_reader(),
                    |reader| {
                        // The watermark first: what is read after it is at least as fresh.
                        let sequence = reader.watermark(tenant)?;
                        Ok(Fresh {
                            sequence,
                            value: reader.ask(tenant, &query)?,
                        })
                    },
                )
            });
            match asked.await {
                Ok(result) => result.map_err(|fault| QueryFault::Failed(fault.to_string())),
                Err(panic) => Err(QueryFault::Failed(panic.to_string())),
            }
        })
    }

    fn statistics(
        &self,
        tenant: TenantId,
        actor: Arc<Actor>,
        wanted: Vec<Wanted>,
    ) -> BoxFuture<'_, Result<(Sequence, Readings), QueryFault>> {
        let ask = move || {
            let (shared, wall) = (Arc::clone(&self.shared), self.config.clock.wall());
            let (actor, wanted) = (Arc::clone(&actor), wanted.clone());
            off_thread(move || shared.books.readings(tenant, &actor, &wanted, wall))
        };
        Box::pin(async move {
            let found = ask().await;
            // The books follow the journal: what was made a moment ago may not stand in them.
            match found {
                Err(QueryFault::Unknown(_) | QueryFault::Denied(Denied::Scope)) => {}
                found => return found,
            }
            self.wait_for(tenant, self.shared.hub.published(tenant))
                .await?;
            ask().await
        })
    }

    fn report(
        &self,
        tenant: TenantId,
        actor: Arc<Actor>,
        at_least: Option<Sequence>,
        wanted: ReportWanted,
    ) -> BoxFuture<'_, Result<Fresh<Vec<ReportLine>>, QueryFault>> {
        Box::pin(self.report(tenant, actor, at_least, wanted))
    }

    fn statistic_definitions(&self, tenant: TenantId) -> Result<Definitions, QueryFault> {
        self.shared.books.definitions(tenant)
    }

    fn subscribe(&self, tenant: TenantId, interest: Interest) -> Result<Subscription, QueryFault> {
        self.shared
            .hub
            .subscribe(tenant, interest, self.config.pushes_max)
            .ok_or(unavailable(Unavailable::Loading))
    }

    fn resume(
        &self,
        tenant: TenantId,
        after: Cursor,
    ) -> BoxFuture<'_, Result<Vec<Arc<Record>>, ResumeFault>> {
        let (pool, store) = (Arc::clone(&self.journals), Arc::clone(&self.store));
        let head = self.shared.hub.published(tenant);
        Box::pin(async move {
            let Some(head) = head else {
                return Err(ResumeFault::Unavailable(
                    "the tenant is being loaded".to_owned(),
                ));
            };
            if after.sequence > head {
                return Err(ResumeFault::Ahead { after, head });
            }
            let read = tokio::task::spawn_blocking(move || {
                pool.with(
                    || store.journal_reader(),
                    |reader| read(&mut **reader, tenant, after, head),
                )
            });
            match read.await {
                Ok(Ok(Ok(records))) => Ok(records),
                Ok(Ok(Err(gone))) => Err(gone),
                Ok(Err(fault)) => Err(ResumeFault::Unavailable(fault.to_string())),
                Err(panic) => Err(ResumeFault::Unavailable(panic.to_string())),
            }
        })
    }

    fn desk(&self, tenant: TenantId, agent: AgentId, session: DeskSessionId, answers: bool) {
        // Lost under overload, the next change of the desk tells it again.
        let _ = self.messages.try_send(Message::Desk {
            tenant,
            agent,
            session,
            answers,
        });
    }

    fn vault(&self) -> Arc<dyn Vault> {
        Arc::clone(&self.vault)
    }

    fn health(&self) -> Health {
        let closing = self.shared.is_closing();
        let live = closing || self.shared.since_turn() < TURNS_WITHIN;
        let mut problems = self.shared.problems();
        let started = problems.is_empty();
        if closing {
            problems.push("the server is shutting down".to_owned());
        }
        if let Some(left) = self.shared.room().refuses_intake() {
            problems.push(format!("room is low: {} MiB left", left / (1024 * 1024)));
        }
        if let Some(problem) = self.shared.projection_problem() {
            problems.push(format!("the records are not written: {problem}"));
        }
        if !live {
            problems.push("the loop does not turn".to_owned());
        }
        Health {
            live,
            started,
            problems,
            closing,
        }
    }
}

impl House {
    async fn report(
        &self,
        tenant: TenantId,
        actor: Arc<Actor>,
        at_least: Option<Sequence>,
        wanted: ReportWanted,
    ) -> Result<Fresh<Vec<ReportLine>>, QueryFault> {
        self.wait_for(tenant, at_least).await?;
        let loading = || unavailable(Unavailable::Loading);
        let counted = self.shared.books.of(tenant).ok_or_else(loading)?;
        let (target, filter) = {
            let counted = locked(&counted);
            let target = counted.book.target(wanted.kind, &wanted.object);
            let target = target.ok_or_else(|| unknown(wanted.kind.name(), &wanted.object));
            let directory = counted.book.directory();
            let target = access::may_count(&actor, directory, wanted.kind, target)?;
            let filter = match &wanted.filter {
                None => None,
                Some(name) => {
                    let asked = counted.book.asked(name, wanted.kind);
                    let asked = asked.ok_or_else(|| unknown("statistic", name))?;
                    Some(asked.filter.ok_or_else(|| {
                        QueryFault::Invalid(format!("statistic {name} has no filter"))
                    })?)
                }
            };
            (target, filter)
        };
        let borders = borders(&wanted.zone, wanted.interval, wanted.from, wanted.to)?;
        let (from, to) = (borders.first(), borders.last());
        let (Some(from), Some(to)) = (from.copied(), to.copied()) else {
            return Err(QueryFault::Invalid("the report has no interval".to_owned()));
        };
        // Quarters begin with hours and days, wherever those begin.
        let query = RecordsQuery::Tallies {
            subject: target.subject,
            from: Tally::quarter_of(from),
            to,
        };
        let (pool, store) = (Arc::clone(&self.records), Arc::clone(&self.store));
        let wall = self.config.clock.wall();
        // Both under one lock: what is put away between the two looks would be missing or double.
        let read = move || {
            let counted = locked(&counted);
            let page = pool.with(
                || store.records_reader(),
                |reader| reader.ask(tenant, &query),
            );
            let page = page.map_err(|fault| QueryFault::Failed(fault.to_string()))?;
            Ok((page, counted.fresh(wall), counted.upto))
        };
        let (page, fresh, sequence) = off_thread(read).await?;
        let RecordsPage::Tallies(mut tallies) = page else {
            return Err(QueryFault::Failed(
                "the store answered something else".to_owned(),
            ));
        };
        tallies.extend(
            fresh
                .into_iter()
                .filter(|it| it.key.subject == target.subject),
        );
        Ok(Fresh {
            sequence,
            value: report_of(&borders, &tallies, target.medium, filter),
        })
    }

    /// Asks the loop.
    fn ask(
        &self,
        tenant: TenantId,
        actor: Arc<Actor>,
        query: Query,
    ) -> impl Future<Output = Result<(Sequence, View), QueryFault>> + Send + use<> {
        let (reply, answer) = oneshot::channel();
        let message = Message::Query(Asked {
            tenant,
            actor,
            query,
            reply,
        });
        let sent = self.messages.try_send(message);
        let limit = self.config.commands_max;
        async move {
            match sent {
                Ok(()) => answer
                    .await
                    .unwrap_or(Err(unavailable(Unavailable::Closing))),
                Err(TrySendError::Full(_)) => Err(unavailable(Unavailable::Overloaded { limit })),
                Err(TrySendError::Disconnected(_)) => Err(unavailable(Unavailable::Closing)),
            }
        }
    }

    /// The inputs that were put aside, the newest first.
    async fn quarantined(&self, tenant: TenantId, limit: usize) -> Result<View, QueryFault> {
        let (pool, store) = (Arc::clone(&self.journals), Arc::clone(&self.store));
        let read = tokio::task::spawn_blocking(move || {
            pool.with(
                || store.journal_reader(),
                |reader| reader.quarantined(tenant, limit),
            )
        });
        let found = match read.await {
            Ok(found) => found.map_err(|fault| QueryFault::Failed(fault.to_string()))?,
            Err(panic) => return Err(QueryFault::Failed(panic.to_string())),
        };
        let list = found
            .into_iter()
            .map(|(number, at, problem)| QuarantinedView {
                number,
                at,
                problem,
            });
        Ok(View::Quarantined(list.collect()))
    }

    /// Waits, bounded, until the records have reached a sequence.
    async fn wait_for(&self, tenant: TenantId, wanted: Option<Sequence>) -> Result<(), QueryFault> {
        let Some(mut watermark) = self.shared.watermark(tenant) else {
            return Err(unavailable(Unavailable::Tenant(tenant)));
        };
        let Some(wanted) = wanted else { return Ok(()) };
        if *watermark.borrow() < wanted {
            self.shared.hurry();
        }
        let waited = {
            let reached = watermark.wait_for(|reached| *reached >= wanted);
            let waited = tokio::time::timeout(self.config.records_wait, reached).await;
            waited.map(|reached| reached.is_ok())
        };
        match waited {
            Ok(true) => Ok(()),
            Ok(false) => Err(unavailable(Unavailable::Closing)),
            Err(_) => {
                let reached = *watermark.borrow();
                Err(QueryFault::Behind { reached, wanted })
            }
        }
    }
}

/// Work that may wait for a lock or a disk.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, QueryFault> + Send + 'static,
) -> Result<T, QueryFault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(QueryFault::Failed(panic.to_string())))
}

const fn unavailable(why: Unavailable) -> QueryFault {
    QueryFault::Unavailable(why)
}

/// Records from a cursor on. One that stands in the middle of a record needs that record again.
fn read(
    reader: &mut dyn JournalReader,
    tenant: TenantId,
    after: Cursor,
    published: Sequence,
) -> Result<Result<Vec<Arc<Record>>, ResumeFault>, StoreFault> {
    let whole = after.index == u32::MAX;
    let from = if whole {
        after.sequence
    } else {
        Sequence(after.sequence.0.saturating_sub(1))
    };
    let oldest = reader.oldest(tenant)?;
    if oldest.0 > from.0 + 1 {
        return Ok(Err(ResumeFault::Gone { after, oldest }));
    }
    let rows = reader.read(tenant, from, RESUME_BYTES)?;
    if rows.is_empty() && published > from {
        // Pruned between the two looks.
        return Ok(Err(ResumeFault::Gone {
            after,
            oldest: reader.oldest(tenant)?,
        }));
    }
    // A record may be in the journal a moment before it is published. Whoever got it here would
    // ask for what follows it, and be told that it lies in the future.
    let known = rows.iter().filter(|row| row.sequence <= published);
    let records = known.map(|row| codec::decode_record(row).map(Arc::new));
    Ok(Ok(records.collect::<Result<_, _>>()?))
}
