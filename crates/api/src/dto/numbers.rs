//! The numbers a supervisor watches, the outbox, the balance of waits.

use super::interaction::EndingView;
use crate::text::{Text, Time};
use ringback_model::effect::{Effect, Order, Phase};
use ringback_model::{EffectId, InteractionId};
use ringback_ports::query::{Overview, QuarantinedView};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The numbers a supervisor watches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewView {
    /// When they were true.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// The age of the engine at that moment, in milliseconds.
    engine_ms: u64,
    /// Open interactions.
    open: u64,
    /// Of these, at rest in a queue.
    resting: u64,
    /// Of these, routed.
    routing: u64,
    /// Of these, offered.
    offered: u64,
    /// Of these, handled.
    handling: u64,
    /// Ever submitted.
    submitted: u64,
    /// Agents logged in.
    logged_in: u32,
    /// Agents ready, per medium.
    #[schema(value_type = BTreeMap<String, u32>)]
    ready: BTreeMap<&'static str, u32>,
    effects: EffectsView,
    /// Timers that are armed.
    timers: u64,
    /// The record it was read after.
    sequence: u64,
}

/// Effects that are not finished.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectsView {
    waiting: u32,
    started: u32,
    /// Given up; a person has to look.
    parked: u32,
}

impl From<&Overview> for OverviewView {
    fn from(overview: &Overview) -> Self {
        let (waiting, started, parked) = overview.effects;
        let ready = overview.ready.iter();
        Self {
            at: Time::of(overview.now),
            engine_ms: overview.now.engine.0,
            open: overview.open,
            resting: overview.resting,
            routing: overview.routing,
            offered: overview.offered,
            handling: overview.handling,
            submitted: overview.submitted,
            logged_in: overview.logged_in,
            ready: ready.map(|(medium, n)| (medium.name(), *n)).collect(),
            effects: EffectsView {
                waiting,
                started,
                parked,
            },
            timers: overview.timers,
            sequence: overview.sequence.0,
        }
    }
}

/// Something asked of the outside world that is not finished.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectView {
    #[schema(value_type = String, example = "e8")]
    id: Text<EffectId>,
    #[schema(example = "notice")]
    kind: &'static str,
    #[schema(value_type = String, example = "i42")]
    interaction: Text<InteractionId>,
    ending: EndingView,
    /// How often it has been started.
    attempts: u8,
    /// `issued`, `started` or `parked`.
    #[schema(example = "issued")]
    phase: &'static str,
}

impl From<&Order> for EffectView {
    fn from(order: &Order) -> Self {
        let Effect::Notice {
            interaction,
            ending,
        } = &order.effect;
        Self {
            id: Text(order.id),
            kind: order.effect.kind(),
            interaction: Text(*interaction),
            ending: EndingView::from(ending),
            attempts: order.attempts,
            phase: phase(order.phase),
        }
    }
}

/// An input that was put aside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PutAsideView {
    /// Its number, as whoever sends it again is told.
    #[schema(example = 1)]
    number: u64,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// How the engine failed; worth a report to the project.
    problem: String,
}

impl From<&QuarantinedView> for PutAsideView {
    fn from(found: &QuarantinedView) -> Self {
        Self {
            number: found.number,
            at: Time::wall(found.at),
            problem: found.problem.clone(),
        }
    }
}

/// How far an effect is, as a word.
pub(crate) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Issued { .. } => "issued",
        Phase::Started => "started",
        Phase::Parked => "parked",
    }
}

/// The balance of one virtual queue: entered = left + waiting + offered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalsView {
    #[schema(example = "english")]
    pub(crate) virtual_queue: String,
    /// Requests ever made.
    pub(crate) entered: u64,
    /// Requests that ended.
    pub(crate) left: u64,
    /// Requests in line.
    pub(crate) waiting: u32,
    /// Requests whose interaction is being offered.
    pub(crate) offered: u32,
    /// Ended waits in the records, by way of ending. Their sum comes to `left` once the records
    /// have caught up.
    pub(crate) ended: BTreeMap<String, u64>,
}

/// The balance of all virtual queues.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotalsPage {
    pub(crate) items: Vec<TotalsView>,
    /// The record the present numbers were read after.
    pub(crate) sequence: u64,
    /// The record the ended waits were read after.
    pub(crate) records_sequence: u64,
}

/// How the house is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthView {
    /// `ok`, or `not ok` with the reasons below.
    #[schema(example = "ok")]
    pub(crate) status: &'static str,
    /// What stands in the way.
    pub(crate) problems: Vec<String>,
}
