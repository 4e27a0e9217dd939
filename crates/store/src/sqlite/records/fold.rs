//! What several changes of one transaction come to.
//!
//! Nobody sees the steps inside a transaction, so an interaction that is submitted, routed,
//! offered and stopped within one is written once, as it is at the end, and its indexes are
//! touched once. Facts (segments, intervals, history) are not folded.

use crate::convert::EndingColumns;
use ringback_model::interaction::{Ending, Interaction};
use ringback_model::{AgentId, InteractionId, Now, VirtualQueueId};
use std::collections::{BTreeMap, HashMap};

/// Where an interaction stands at the end of the transaction, as far as it changed in it.
#[derive(Debug, Default)]
pub(super) struct Standing<'a> {
    /// Set when it was submitted in the same transaction.
    pub(super) submitted: Option<&'a Interaction>,
    pub(super) place: Option<&'static str>,
    pub(super) owner: Option<AgentId>,
    /// How often its version grew.
    pub(super) changes: u64,
    pub(super) stopped: Option<(Now, &'a Ending)>,
}

/// Changes folded so far.
#[derive(Debug, Default)]
pub(super) struct Folded<'a> {
    standings: HashMap<InteractionId, Standing<'a>>,
    order: Vec<InteractionId>,
    waits: BTreeMap<(VirtualQueueId, &'static str), u64>,
}

impl<'a> Folded<'a> {
    fn of(&mut self, id: InteractionId) -> &mut Standing<'a> {
        self.standings.entry(id).or_insert_with(|| {
            self.order.push(id);
            Standing::default()
        })
    }

    /// `false` if something was folded of it before: an interaction begins once, and with this.
    pub(super) fn submitted(&mut self, interaction: &'a Interaction) -> bool {
        let first = !self.standings.contains_key(&interaction.id);
        self.of(interaction.id).submitted = Some(interaction);
        first
    }

    pub(super) fn moved(
        &mut self,
        id: InteractionId,
        place: Option<&'static str>,
        owner: Option<AgentId>,
    ) {
        let standing = self.of(id);
        standing.place = place.or(standing.place);
        standing.owner = owner.or(standing.owner);
        standing.changes += 1;
    }

    pub(super) fn stopped(&mut self, id: InteractionId, at: Now, ending: &'a Ending) {
        let standing = self.of(id);
        standing.place = Some("stopped");
        standing.stopped = Some((at, ending));
        standing.changes += 1;
    }

    pub(super) fn waited(&mut self, queue: VirtualQueueId, ending: &'static str) {
        *self.waits.entry((queue, ending)).or_default() += 1;
    }

    /// Interactions in the order of their first change, so that the same changes write the same
    /// pages.
    pub(super) fn standings(&self) -> impl Iterator<Item = (InteractionId, &Standing<'a>)> {
        let in_order = self.order.iter();
        in_order.filter_map(|id| Some((*id, self.standings.get(id)?)))
    }

    /// Ended waits: virtual queue, way of ending, how many.
    pub(super) fn waits(&self) -> impl Iterator<Item = (VirtualQueueId, &'static str, u64)> {
        let waits = self.waits.iter();
        waits.map(|((queue, ending), waits)| (*queue, *ending, *waits))
    }
}

impl Standing<'_> {
    /// How it ended, in columns; empty while it is open.
    pub(super) fn ending(&self) -> EndingColumns {
        let ending = self.stopped.map(|(_, ending)| EndingColumns::from(ending));
        ending.unwrap_or_default()
    }
}
