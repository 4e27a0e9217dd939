//! Erasing in the right order: the keeper of keys destroys, the journal hears of it, the keeper
//! notes that it has. Whatever comes between two of these steps, settling catches up with it.

use futures_util::future::try_join_all;
use ringback_model::{Input, contact};
use ringback_ports::envelope::{Actor, Answer, Command, CommandFault, Idempotent};
use ringback_ports::vault::{Erasure, Untold, Vault, VaultFault};
use ringback_ports::{Hall, Reply, Sequence, TenantId};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Why the journal could not be told of all erasures.
#[derive(Debug, thiserror::Error)]
pub enum SettleFault {
    /// The keeper of keys failed.
    #[error(transparent)]
    Vault(#[from] VaultFault),
    /// The engine did not take it.
    #[error("the journal was not told of an erasure: {0}")]
    Command(#[from] CommandFault),
}

/// Erasures told at a time, so that they share commits.
const AT_ONCE: usize = 256;

/// Tells the journal of a tenant all erasures it may not have heard of: those that the process died
/// in the middle of, and those that a restored backup does not have. Gives how many.
///
/// # Errors
/// The keeper of keys failed, or the engine did not take an input; what was not told is told the
/// next time.
pub async fn settle_erasures(hall: &dyn Hall, tenant: TenantId) -> Result<usize, SettleFault> {
    let untold = blocking(hall, move |vault| vault.untold(tenant)).await?;
    for some in untold.chunks(AT_ONCE) {
        let told = try_join_all(some.iter().map(|one| tell(hall, tenant, *one))).await?;
        blocking(hall, move |vault| vault.told(&told)).await?;
    }
    Ok(untold.len())
}

/// Under the name of the asking that led to it: whoever asks again gets its answer, and nothing is
/// told twice.
async fn tell(
    hall: &dyn Hall,
    tenant: TenantId,
    one: Untold,
) -> Result<(Erasure, Sequence), CommandFault> {
    let (reply, answer) = oneshot::channel();
    let command = Command {
        tenant,
        actor: Arc::new(Actor::node()),
        idempotent: one.asked,
        input: input_of(one.erasure),
    };
    hall.send(command, Reply::One(reply));
    let dropped = |_| CommandFault::Unknown("the server dropped it".to_owned());
    let answer = answer.await.map_err(dropped)??;
    Ok((one.erasure, answer.sequence))
}

/// What the journal is told.
pub(crate) fn input_of(erasure: Erasure) -> Input {
    let (contact, keys) = match erasure {
        Erasure::Contact { contact, .. } => (Some(contact), Vec::new()),
        Erasure::Key { key, .. } => (None, vec![key]),
    };
    Input::Contact(contact::Input::Erased { contact, keys })
}

/// Destroys a key; the journal is to be told next.
pub(crate) async fn destroy(
    hall: &dyn Hall,
    erasure: Erasure,
    asked: Idempotent,
) -> Result<bool, VaultFault> {
    blocking(hall, move |vault| vault.erase(erasure, asked)).await
}

/// Notes that the journal has been told. If that fails the journal is told again at the next
/// settling, which changes nothing.
pub(crate) async fn note_told(hall: &dyn Hall, erasure: Erasure, answer: &Answer) {
    let told = [(erasure, answer.sequence)];
    if let Err(fault) = blocking(hall, move |vault| vault.told(&told)).await {
        tracing::warn!(%fault, "An erasure will be told to the journal again.");
    }
}

/// Asks the keeper of keys where waiting for a disk disturbs nobody.
pub(crate) async fn blocking<T: Send + 'static>(
    hall: &dyn Hall,
    work: impl FnOnce(&dyn Vault) -> Result<T, VaultFault> + Send + 'static,
) -> Result<T, VaultFault> {
    let vault = hall.vault();
    let done = tokio::task::spawn_blocking(move || work(&*vault)).await;
    done.unwrap_or_else(|panic| {
        Err(VaultFault::Store {
            doing: "asking it",
            problem: panic.to_string(),
        })
    })
}
