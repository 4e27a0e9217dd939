//! What was denied and which log-ins failed: gathered here and told to the journal as one record
//! from time to time, so that the audit has it and nobody can fill the disk by asking.
//!
//! Of each tenant at most [`KINDS_MAX`] kinds (who, what, which answer, from where) are told apart
//! in one record; what is beyond is counted. A server that is killed forgets what it has not told
//! yet. A key that opens nothing belongs to no tenant and is only counted in the metrics.

use ringback_model::node::{Input as Node, Refusal};
use ringback_model::{Input, Name};
use ringback_ports::envelope::Actor;
use ringback_ports::{Command, Hall, Reply, TenantId};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How many kinds of refusals one record tells apart.
pub(crate) const KINDS_MAX: usize = 64;

/// What is the same about refusals that are told together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    who: String,
    did: &'static str,
    code: &'static str,
    from: Option<IpAddr>,
}

#[derive(Debug, Default)]
struct Tally {
    kinds: BTreeMap<Kind, u32>,
    beyond: u64,
}

impl Tally {
    fn count(&mut self, kind: Kind) {
        if let Some(times) = self.kinds.get_mut(&kind) {
            *times = times.saturating_add(1);
        } else if self.kinds.len() < KINDS_MAX {
            self.kinds.insert(kind, 1);
        } else {
            self.beyond += 1;
        }
    }

    fn into_input(self) -> Input {
        let kinds = self.kinds.into_iter();
        let list = kinds.map(|(kind, times)| Refusal {
            who: kind.who,
            did: kind.did.to_owned(),
            code: kind.code.to_owned(),
            from: kind.from.map(|from| from.to_string()),
            times,
        });
        Input::Node(Node::Refusals {
            list: list.collect(),
            beyond: self.beyond,
        })
    }
}

/// What is to be told.
pub(crate) struct Refusals {
    hall: Arc<dyn Hall>,
    every: Duration,
    closing: Option<watch::Receiver<bool>>,
    tallies: Mutex<HashMap<TenantId, Tally>>,
}

impl Refusals {
    pub(crate) fn new(
        hall: Arc<dyn Hall>,
        every: Duration,
        closing: Option<watch::Receiver<bool>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            hall,
            every,
            closing,
            tallies: Mutex::default(),
        })
    }

    /// Somebody known was denied something.
    pub(crate) fn denied(
        self: &Arc<Self>,
        tenant: TenantId,
        who: String,
        did: &'static str,
        code: &'static str,
    ) {
        let from = None;
        self.count(
            tenant,
            Kind {
                who,
                did,
                code,
                from,
            },
        );
    }

    /// A log-in, or what needs the same proof, failed. `person` is there if there is such a one.
    pub(crate) fn failed(
        self: &Arc<Self>,
        tenant: TenantId,
        person: Option<&Name>,
        did: &'static str,
        code: &'static str,
        from: Option<IpAddr>,
    ) {
        let who = person.map_or_else(|| "unknown".to_owned(), |name| format!("person:{name}"));
        self.count(
            tenant,
            Kind {
                who,
                did,
                code,
                from,
            },
        );
    }

    fn count(self: &Arc<Self>, tenant: TenantId, kind: Kind) {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !tallies.contains_key(&tenant);
        tallies.entry(tenant).or_default().count(kind);
        if is_first {
            tokio::spawn(self.clone().tell_later(tenant));
        }
    }

    async fn tell_later(self: Arc<Self>, tenant: TenantId) {
        let closed = async {
            match self.closing.clone() {
                Some(mut closing) => drop(closing.wait_for(|closing| *closing).await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(self.every) => {}
            () = closed => {}
        }
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(tally) = tallies.remove(&tenant) else {
            return;
        };
        drop(tallies);
        let command = Command {
            tenant,
            actor: Arc::new(Actor::node()),
            idempotent: None,
            input: tally.into_input(),
        };
        self.hall.send(command, Reply::Nobody);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_record_tells_so_many_kinds_and_counts_the_rest() {
        let mut tally = Tally::default();
        for round in 0..3 {
            for number in 0..(KINDS_MAX + 10) {
                tally.count(Kind {
                    who: format!("key:k{number}"),
                    did: "config.put",
                    code: "denied.role",
                    from: None,
                });
            }
            assert_eq!(tally.kinds.len(), KINDS_MAX, "round {round}");
        }
        let Input::Node(Node::Refusals { list, beyond }) = tally.into_input() else {
            panic!("refusals are told by the node");
        };
        assert_eq!((list.len(), beyond), (KINDS_MAX, 30));
        assert!(list.iter().all(|one| one.times == 3));
    }
}
