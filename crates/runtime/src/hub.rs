//! Who hears of what: durable records go to subscribers.

use ringback_model::AgentId;
use ringback_ports::hall::{Abilities, Interest, Push, Subscription};
use ringback_ports::{Record, Sequence, TenantId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// The subscribers of all tenants.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    tenants: Mutex<BTreeMap<TenantId, Subscribers>>,
}

#[derive(Debug, Default)]
struct Subscribers {
    /// The last record published.
    published: Sequence,
    everything: Vec<mpsc::Sender<Push>>,
    agents: HashMap<AgentId, Vec<mpsc::Sender<Push>>>,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TenantId, Subscribers>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says where a tenant stands that was just read in. Whoever subscribed before starts
    /// afresh, because records may have been dropped.
    pub(crate) fn reset(&self, tenant: TenantId, published: Sequence) {
        self.lock().insert(
            tenant,
            Subscribers {
                published,
                ..Subscribers::default()
            },
        );
    }

    /// Nobody hears of a tenant that is not served any more.
    pub(crate) fn close(&self) {
        self.lock().clear();
    }

    /// The last durable record of a tenant; `None` if it is not served.
    pub(crate) fn published(&self, tenant: TenantId) -> Option<Sequence> {
        self.lock()
            .get(&tenant)
            .map(|subscribers| subscribers.published)
    }

    pub(crate) fn subscribe(
        &self,
        tenant: TenantId,
        interest: Interest,
        pushes_max: usize,
    ) -> Option<Subscription> {
        let (sender, pushes) = mpsc::channel(pushes_max);
        let mut tenants = self.lock();
        let subscribers = tenants.get_mut(&tenant)?;
        match interest {
            Interest::Everything => subscribers.everything.push(sender),
            Interest::Agent(agent) => subscribers.agents.entry(agent).or_default().push(sender),
        }
        Some(Subscription {
            from: subscribers.published,
            pushes,
        })
    }

    /// Hands a durable record to everybody who wants it. A subscriber that is full or gone is
    /// dropped: his stream ends and he starts afresh.
    pub(crate) fn publish(&self, record: &Arc<Record>, abilities: Abilities) {
        let mut tenants = self.lock();
        let Some(subscribers) = tenants.get_mut(&record.tenant) else {
            return;
        };
        subscribers.published = record.sequence;
        let all = Push {
            record: Arc::clone(record),
            picks: None,
            abilities: None,
        };
        subscribers
            .everything
            .retain(|to| to.try_send(all.clone()).is_ok());
        if subscribers.agents.is_empty() {
            return;
        }
        let abilities = Arc::new(abilities);
        for (agent, picks) in picks(record, &subscribers.agents) {
            let push = Push {
                record: Arc::clone(record),
                picks: Some(picks.into()),
                abilities: Some(Arc::clone(&abilities)),
            };
            if let Some(senders) = subscribers.agents.get_mut(&agent) {
                senders.retain(|to| to.try_send(push.clone()).is_ok());
                if senders.is_empty() {
                    subscribers.agents.remove(&agent);
                }
            }
        }
    }
}

/// Which events concern which of the agents somebody listens for.
fn picks<T>(record: &Record, wanted: &HashMap<AgentId, T>) -> BTreeMap<AgentId, Vec<u32>> {
    let mut picks: BTreeMap<AgentId, Vec<u32>> = BTreeMap::new();
    let mut before = 0;
    for entry in &record.entries {
        for (index, event) in (before..).zip(&entry.events) {
            if let Some(agent) = event.agent().filter(|agent| wanted.contains_key(agent)) {
                picks.entry(agent).or_default().push(index);
            }
        }
        for others in &entry.others {
            for agent in others.agents.iter().filter(|it| wanted.contains_key(it)) {
                picks.entry(*agent).or_default().push(before + others.event);
            }
        }
        before += u32::try_from(entry.events.len()).unwrap_or(u32::MAX);
    }
    // Those that name him and those of others were found one after the other.
    for picks in picks.values_mut() {
        picks.sort_unstable();
    }
    picks
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::agent::Event as AgentEvent;
    use ringback_model::audience::Others;
    use ringback_model::{Event, Input, Now, Outcome, node};
    use ringback_ports::{ActorRef, Entry, Epoch};

    fn record(sequence: u64, agents: &[u64]) -> Arc<Record> {
        record_for(sequence, agents, Vec::new())
    }

    fn record_for(sequence: u64, agents: &[u64], others: Vec<Others>) -> Arc<Record> {
        let desk_back = |agent: &u64| {
            Event::Agent(AgentEvent::DeskBack {
                agent: AgentId(*agent),
            })
        };
        let entry = Entry {
            now: Now::default(),
            idempotent: None,
            actor: ActorRef::Node,
            input: Input::Node(node::Input::Due { limit: 1 }),
            events: agents.iter().map(desk_back).collect(),
            outcome: Outcome::Done,
            others,
        };
        Arc::new(Record {
            tenant: TenantId(1),
            sequence: Sequence(sequence),
            epoch: Epoch(1),
            engine: 1,
            entries: vec![entry],
            digest: 0,
        })
    }

    fn hub() -> Hub {
        let hub = Hub::default();
        hub.reset(TenantId(1), Sequence(4));
        hub
    }

    #[test]
    fn an_agent_hears_only_what_concerns_him() {
        let hub = hub();
        let mut mine = hub
            .subscribe(TenantId(1), Interest::Agent(AgentId(7)), 8)
            .expect("served");
        assert_eq!(mine.from, Sequence(4));
        hub.publish(&record(5, &[1, 2]), Abilities::default());
        hub.publish(&record(6, &[1, 7, 2, 7]), Abilities::default());
        let push = mine.pushes.try_recv().expect("one push");
        assert_eq!(
            (push.record.sequence, push.picks.as_deref()),
            (Sequence(6), Some(&[1, 3][..]))
        );
        assert!(mine.pushes.try_recv().is_err(), "nothing else");
    }

    #[test]
    fn an_agent_hears_what_concerns_others_if_he_has_to_do_with_it() {
        let hub = hub();
        let mut mine = hub
            .subscribe(TenantId(1), Interest::Agent(AgentId(7)), 8)
            .expect("served");
        let others = |event, agents: &[u64]| Others {
            event,
            agents: agents.iter().copied().map(AgentId).collect(),
        };
        let others = vec![others(1, &[6, 7]), others(2, &[8])];
        hub.publish(&record_for(5, &[1, 2, 3, 7], others), Abilities::default());
        let push = mine.pushes.try_recv().expect("one push");
        assert_eq!(push.picks.as_deref(), Some(&[1, 3][..]));
    }

    #[test]
    fn a_slow_subscriber_is_dropped_and_the_others_hear_on() {
        let hub = hub();
        let mut slow = hub
            .subscribe(TenantId(1), Interest::Everything, 1)
            .expect("served");
        let mut quick = hub
            .subscribe(TenantId(1), Interest::Everything, 8)
            .expect("served");
        for sequence in 5..8 {
            hub.publish(&record(sequence, &[1]), Abilities::default());
        }
        assert!(slow.pushes.try_recv().is_ok());
        assert_eq!(
            slow.pushes.try_recv().err(),
            Some(mpsc::error::TryRecvError::Disconnected)
        );
        let heard = std::iter::from_fn(|| quick.pushes.try_recv().ok()).count();
        assert_eq!(heard, 3);
    }

    #[test]
    fn who_subscribed_before_a_tenant_was_read_in_again_starts_afresh() {
        let hub = hub();
        let mut old = hub
            .subscribe(TenantId(1), Interest::Everything, 8)
            .expect("served");
        hub.reset(TenantId(1), Sequence(2));
        assert_eq!(
            old.pushes.try_recv().err(),
            Some(mpsc::error::TryRecvError::Disconnected)
        );
        assert!(
            hub.subscribe(TenantId(2), Interest::Everything, 8)
                .is_none(),
            "not served"
        );
    }
}
