//! What several changes of one transaction come to.
//!
//! Nobody sees the steps inside a transaction, so an interaction that is submitted, routed,
//! offered and stopped within one is written once, as it is at the end, and its indexes are
//! touched once.

use crate::convert::EndingColumns;
use ringback_model::interaction::{self as model, Ending, Interaction};
use ringback_model::{AgentId, InteractionId, Now, QueueId, VirtualQueueId};
use ringback_ports::records::Change;
use std::collections::BTreeMap;

/// The places of the changes, together by interaction and by the order of ids, so that the same
/// pages are met one after the other. Those of one interaction keep their order; those of none
/// come first.
pub(super) fn by_interaction(changes: &[Change<'_>]) -> Vec<(Option<InteractionId>, usize)> {
    let subjects = changes.iter().map(subject);
    let mut order: Vec<_> = subjects.zip(0..).collect();
    // Stable, and quick where much is in order already: ids are given out in order.
    order.sort_by_key(|(id, _)| id.map_or(0, |id| id.0));
    order
}

fn subject(change: &Change<'_>) -> Option<InteractionId> {
    match change {
        Change::Submitted(it) => Some(it.id),
        Change::Moved { interaction, .. }
        | Change::Requeued { interaction, .. }
        | Change::Placed { interaction, .. }
        | Change::Changed { interaction, .. }
        | Change::Stopped { interaction, .. } => Some(*interaction),
        Change::Segment(segment) => Some(segment.interaction),
        Change::History(line) => line.interaction,
        Change::Interval(_) | Change::Config(_) | Change::Tally(_) | Change::Book { .. } => None,
    }
}

/// Where an interaction stands at the end of the transaction, as far as it changed in it.
#[derive(Debug, Default)]
pub(super) struct Standing<'a> {
    /// Set when it was submitted in the same transaction.
    pub(super) submitted: Option<&'a Interaction>,
    pub(super) place: Option<&'static str>,
    pub(super) owner: Option<AgentId>,
    pub(super) queue: Option<QueueId>,
    /// It was placed: who owned it before owns it no more.
    pub(super) placed: bool,
    /// What is to be written anew of what is known of it.
    pub(super) edits: Vec<&'a model::Change>,
    /// How often its version grew.
    pub(super) changes: u64,
    pub(super) stopped: Option<(Now, &'a Ending)>,
}

impl<'a> Standing<'a> {
    /// Whether nothing was said of it yet: an interaction begins once, and with this.
    pub(super) fn is_untouched(&self) -> bool {
        self.submitted.is_none() && self.changes == 0
    }

    pub(super) fn moved(&mut self, place: Option<&'static str>, owner: Option<AgentId>) {
        self.place = place.or(self.place);
        self.owner = owner.or(self.owner);
        self.changes += 1;
    }

    pub(super) fn requeued(&mut self, queue: QueueId) {
        self.queue = Some(queue);
        self.changes += 1;
    }

    pub(super) fn placed(&mut self, place: &'static str, queue: Option<QueueId>) {
        self.place = Some(place);
        (self.placed, self.owner) = (true, None);
        self.queue = queue.or(self.queue);
        self.changes += 1;
    }

    pub(super) fn changed(&mut self, change: &'a model::Change) {
        self.edits.push(change);
        self.changes += 1;
    }

    pub(super) fn stopped(&mut self, at: Now, ending: &'a Ending) {
        self.place = Some("stopped");
        self.stopped = Some((at, ending));
        self.changes += 1;
    }

    /// How it ended, in columns; empty while it is open.
    pub(super) fn ending(&self) -> EndingColumns {
        let ending = self.stopped.map(|(_, ending)| EndingColumns::from(ending));
        ending.unwrap_or_default()
    }
}

/// Ended waits of one transaction: virtual queue, way of ending, how many.
pub(super) type Waits = BTreeMap<(VirtualQueueId, &'static str), u64>;
