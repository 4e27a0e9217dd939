//! Brings effects from the outbox to the rooms that carry them out.
//!
//! Two durable steps stand around every touch of the wire: *Started* before, the report after.
//! A room is called when the Started it sees is durable, so a process that dies in between
//! leaves an effect that is known to be uncertain, never one that nobody knows of.

use crate::shared::EffectNews;
use ringback_model::effect::{Event as It, Input as Ask, Order, Phase, Report};
use ringback_model::{EffectId, EngineTime, Event, Input, Now};
use ringback_ports::effect_room::EffectRoom;
use ringback_ports::envelope::{Actor, ActorRef, Command, Right};
use ringback_ports::failpoint::{FailPoint, pass};
use ringback_ports::{Hall, Record, Reply, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

pub(crate) struct Dispatcher {
    /// Not kept alive by effects that are under way.
    pub(crate) hall: Weak<dyn Hall>,
    pub(crate) rooms: Vec<Arc<dyn EffectRoom>>,
    pub(crate) news: mpsc::UnboundedReceiver<EffectNews>,
    pub(crate) permits: Arc<Semaphore>,
}

/// Effects this process knows of and has not seen the end of.
type Known = HashMap<(TenantId, EffectId), Order>;

impl Dispatcher {
    /// Dispatches until the hall is gone.
    pub(crate) async fn run(mut self) {
        let mut known = Known::new();
        while let Some(news) = self.news.recv().await {
            match news {
                EffectNews::Opened(tenant, now, orders) => {
                    known.retain(|(of, _), _| *of != tenant);
                    for order in orders {
                        self.issued(tenant, &order, now);
                        known.insert((tenant, order.id), order);
                    }
                }
                EffectNews::Record(record) => self.hear(&record, &mut known),
                EffectNews::Closing => return,
            }
        }
    }

    fn hear(&self, record: &Record, known: &mut Known) {
        let tenant = record.tenant;
        for entry in &record.entries {
            for event in &entry.events {
                let Event::Effect(event) = event else {
                    continue;
                };
                match event {
                    It::Issued(order) => {
                        self.issued(tenant, order, entry.now);
                        known.insert((tenant, order.id), (**order).clone());
                    }
                    It::Retried { effect, from, .. } => {
                        self.start(tenant, *effect, pause(*from, entry.now));
                    }
                    It::Started { effect } => {
                        if let Some(order) = known.get_mut(&(tenant, *effect)) {
                            order.attempts = order.attempts.saturating_add(1);
                            self.carry_out(tenant, order.clone());
                        }
                    }
                    It::Finished { effect } | It::Parked { effect, .. } => {
                        known.remove(&(tenant, *effect));
                    }
                }
            }
        }
    }

    fn issued(&self, tenant: TenantId, order: &Order, now: Now) {
        if let Phase::Issued { from } = order.phase {
            self.start(tenant, order.id, pause(from, now));
        }
    }

    /// Claims an effect after a pause. A claim that comes too late or twice is refused.
    fn start(&self, tenant: TenantId, effect: EffectId, pause: Duration) {
        let hall = Weak::clone(&self.hall);
        tokio::spawn(async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            tell(&hall, tenant, Ask::Start { effect });
        });
    }

    fn carry_out(&self, tenant: TenantId, order: Order) {
        let kind = order.effect.kind();
        let room = self
            .rooms
            .iter()
            .find(|room| room.takes(kind))
            .map(Arc::clone);
        let (hall, permits) = (Weak::clone(&self.hall), Arc::clone(&self.permits));
        tokio::spawn(async move {
            // Bounds what is on the wire at once; the semaphore is never closed.
            let permit = permits.acquire_owned().await;
            pass(FailPoint::EffectStarted);
            let report = match room {
                Some(room) => {
                    room.carry_out(tenant, order.id, order.attempts, order.effect)
                        .await
                }
                None => Report::Impossible {
                    problem: format!("no room carries out a {kind}"),
                },
            };
            pass(FailPoint::EffectDone);
            metrics::counter!("ringback_effects_total", "kind" => kind, "result" => said(&report))
                .increment(1);
            let ask = Ask::Report {
                effect: order.id,
                report,
            };
            tell(&hall, tenant, ask);
            drop(permit);
        });
    }
}

fn pause(from: EngineTime, now: Now) -> Duration {
    Duration::from_millis(from.since(now.engine).0)
}

const fn said(report: &Report) -> &'static str {
    match report {
        Report::Done => "done",
        Report::Failed { .. } => "failed",
        Report::Impossible { .. } => "impossible",
    }
}

/// A closed house learns of it when it is opened again: the effect is uncertain then.
fn tell(hall: &Weak<dyn Hall>, tenant: TenantId, ask: Ask) {
    if let Some(hall) = hall.upgrade() {
        hall.send(command(tenant, ask), Reply::Nobody);
    }
}

fn command(tenant: TenantId, ask: Ask) -> Command {
    let actor = Actor {
        name: ActorRef::Node,
        right: Right::House,
    };
    Command {
        tenant,
        actor: Arc::new(actor),
        idempotent: None,
        input: Input::Effect(ask),
    }
}
