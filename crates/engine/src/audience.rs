//! Who hears of an event beside the agent it names: everybody who had to do with the interaction
//! before the step. Found for all events of a step in one place, so that a new event needs no
//! rule of its own; what it finds stands in the journal beside the events.

use crate::state::State;
use ringback_model::audience::Others;
use ringback_model::interaction::{Event as It, Interaction, Rest};
use ringback_model::place::{BinOwner, Place, Who};
use ringback_model::{AgentId, Event};

/// Adds the others who hear of `events`, which are those of a step from number `first` on, in the
/// eyes of the state before they are applied.
pub(crate) fn find(state: &State, events: &[Event], first: usize, found: &mut Vec<Others>) {
    for (index, event) in events.iter().enumerate() {
        let agents = of(state, event);
        if !agents.is_empty() {
            let event = u32::try_from(first + index).unwrap_or(u32::MAX);
            found.push(Others { event, agents });
        }
    }
}

fn of(state: &State, event: &Event) -> Vec<AgentId> {
    let mut agents = Vec::new();
    let Some(of) = event.subject() else {
        return agents;
    };
    if let Some(it) = state.interaction(of.interaction) {
        concerned(state, it, &mut agents);
    }
    if let Event::Interaction(It::Placed {
        to: Rest::Workbin { owner, .. },
        ..
    }) = event
    {
        keepers(*owner, &mut agents);
    }
    agents.sort_unstable();
    agents.dedup();
    if let Some(named) = event.agent() {
        agents.retain(|agent| *agent != named);
    }
    agents
}

/// Who takes part, who is asked to, and in whose workbin it lies.
fn concerned(state: &State, it: &Interaction, agents: &mut Vec<AgentId>) {
    agents.extend(it.parties.iter().filter_map(|party| match party.who {
        Who::Agent(agent) => Some(agent),
        Who::Customer | Who::Bot => None,
    }));
    agents.extend(state.offers_of(it).map(|offer| offer.agent));
    if let Place::Workbin {
        owner: Some(owner), ..
    } = it.place
    {
        keepers(owner, agents);
    }
}

fn keepers(owner: BinOwner, agents: &mut Vec<AgentId>) {
    match owner {
        BinOwner::Agent(agent) => agents.push(agent),
        // Its members are many: they are told if they subscribe.
        BinOwner::Group(_) => {}
    }
}
