//! Workbins: what lies in each, who takes from it, and who is told of it.
//!
//! What is told follows from where an interaction lay before a step and where it lies after it,
//! found in one place, so that no way in or out of a workbin needs a rule of its own.

use crate::state::State;
use ringback_model::audience::Others;
use ringback_model::interaction::Interaction;
use ringback_model::place::{Bin, BinOwner, Place};
use ringback_model::workbin::{Event as It, Item};
use ringback_model::{AgentId, Event, InteractionId, Name};
use std::collections::{BTreeMap, BTreeSet};

/// Who is subscribed to which workbin.
pub(crate) type Subscribers = BTreeMap<Bin, BTreeSet<AgentId>>;

/// The workbin an interaction lies in.
pub(crate) fn bin_of(it: &Interaction) -> Option<Bin> {
    match &it.place {
        Place::Workbin {
            workbin,
            owner: Some(owner),
        } => Some(Bin {
            owner: *owner,
            workbin: workbin.clone(),
        }),
        _ => None,
    }
}

/// The interactions a step is about, and in which workbin each lay before it. Nothing is noted
/// while nobody is subscribed to any.
#[derive(Debug, Default)]
pub(crate) struct Touched(BTreeMap<InteractionId, Option<Item>>);

impl Touched {
    /// Looks at what these events are about, before they are applied.
    pub(crate) fn look(&mut self, state: &State, events: &[Event]) {
        if state.subscribers.is_empty() {
            return;
        }
        for of in events.iter().filter_map(Event::subject) {
            let id = of.interaction;
            self.0.entry(id).or_insert_with(|| item(state, id));
        }
    }

    /// Adds what the subscribers are told, after the step, and who they are.
    pub(crate) fn tell(self, state: &State, events: &mut Vec<Event>, others: &mut Vec<Others>) {
        for (id, before) in self.0 {
            for told in told(before, item(state, id)) {
                let agents = state.told_of(&told.item().bin);
                if !agents.is_empty() {
                    let event = u32::try_from(events.len()).unwrap_or(u32::MAX);
                    others.push(Others { event, agents });
                    events.push(Event::Workbin(told));
                }
            }
        }
    }
}

fn item(state: &State, id: InteractionId) -> Option<Item> {
    let it = state.interaction(id)?;
    Some(Item {
        bin: bin_of(it)?,
        interaction: id,
        queue: it.queue,
    })
}

/// What happened to an interaction, as workbins go.
fn told(before: Option<Item>, after: Option<Item>) -> Vec<It> {
    match (before, after) {
        (Some(before), Some(after)) if before.bin == after.bin => {
            vec![It::Changed(Box::new(after))]
        }
        (before, after) => {
            let taken = before.map(|item| It::Taken(Box::new(item)));
            let added = after.map(|item| It::Added(Box::new(item)));
            taken.into_iter().chain(added).collect()
        }
    }
}

impl State {
    /// Whether an agent takes from the workbins of an owner: they are his, or his group's.
    #[must_use]
    pub fn keeps(&self, agent: AgentId, owner: BinOwner) -> bool {
        match owner {
            BinOwner::Agent(own) => own == agent,
            BinOwner::Group(group) => self.members(group).contains(&agent),
        }
    }

    /// Who is told of what happens in a workbin: the subscribers who still take from it.
    #[must_use]
    pub fn told_of(&self, bin: &Bin) -> Vec<AgentId> {
        let subscribers = self.subscribers.get(bin).into_iter().flatten();
        let agents = subscribers.filter(|agent| self.keeps(**agent, bin.owner));
        agents.copied().collect()
    }

    /// How much lies in all workbins of an owner.
    pub(crate) fn in_workbins(&self, owner: BinOwner) -> usize {
        self.workbins(owner).map(|(_, count)| count).sum()
    }

    /// The group of a name, as the owner of its workbins.
    #[must_use]
    pub fn group_bins(&self, group: &Name) -> Option<BinOwner> {
        let group = self.object_named(ringback_model::config::Kind::Group, group)?;
        Some(BinOwner::Group(group.id))
    }

    // -- what is written --------------------------------------------------------------------

    pub(crate) fn subscribed(&mut self, agent: AgentId, bin: &Bin) {
        self.subscribers
            .entry(bin.clone())
            .or_default()
            .insert(agent);
        self.at_work.update(agent, |at_work| {
            at_work
                .more
                .change(|more| more.subscriptions.insert(bin.clone()));
        });
    }

    pub(crate) fn unsubscribed(&mut self, agent: AgentId, bin: &Bin) {
        self.at_work.update(agent, |at_work| {
            at_work.more.change(|more| more.subscriptions.remove(bin));
        });
        self.tell_no_more(agent, bin);
    }

    /// Whoever is not there is told nothing.
    pub(crate) fn unsubscribe_all(&mut self, agent: AgentId) {
        for bin in self.subscriptions(agent) {
            self.unsubscribed(agent, &bin);
        }
    }

    /// Notes what an agent is subscribed to, when a state is read in.
    pub(crate) fn note_subscriptions(&mut self, agent: AgentId) {
        for bin in self.subscriptions(agent) {
            self.subscribers.entry(bin).or_default().insert(agent);
        }
    }

    /// The workbins an agent is subscribed to.
    fn subscriptions(&self, agent: AgentId) -> BTreeSet<Bin> {
        let more = self.at_work(agent).and_then(|at_work| at_work.more.get());
        more.map(|more| more.subscriptions.clone())
            .unwrap_or_default()
    }

    fn tell_no_more(&mut self, agent: AgentId, bin: &Bin) {
        if let Some(agents) = self.subscribers.get_mut(bin) {
            agents.remove(&agent);
            if agents.is_empty() {
                self.subscribers.remove(bin);
            }
        }
    }
}
