//! Reasons that people give: one of the codes, where a list of them is declared for the purpose.

use crate::state::State;
use ringback_model::config::{Body, Kind, List, ListPurpose};
use ringback_model::{AgentId, InteractionId, Name, agent, interaction};

/// A reason with which an interaction ends.
pub(super) fn ends(
    state: &State,
    interaction: InteractionId,
    reason: &Name,
) -> Result<(), interaction::Refused> {
    allowed(state, ListPurpose::Stop, reason).map_err(|codes| interaction::Refused::Reason {
        interaction,
        reason: reason.clone(),
        codes,
    })
}

/// A reason why an agent takes no work.
pub(super) fn pauses(state: &State, agent: AgentId, reason: &Name) -> Result<(), agent::Refused> {
    allowed(state, ListPurpose::NotReady, reason).map_err(|codes| agent::Refused::Reason {
        agent,
        reason: reason.clone(),
        codes,
    })
}

/// With several lists for a purpose it is one of the codes of any; without a list any word.
fn allowed(state: &State, purpose: ListPurpose, reason: &Name) -> Result<(), Vec<String>> {
    let mut lists = lists(state, purpose).peekable();
    if lists.peek().is_none() {
        return Ok(());
    }
    let mut codes = Vec::new();
    for list in lists {
        if list.has(reason.as_str()) {
            return Ok(());
        }
        codes.extend(list.codes.iter().map(|code| code.code.clone()));
    }
    Err(codes)
}

fn lists(state: &State, purpose: ListPurpose) -> impl Iterator<Item = &List> {
    let lists = state.objects(Kind::List);
    let lists = lists.filter_map(|object| match &object.body {
        Body::List(list) => Some(list),
        _ => None,
    });
    lists.filter(move |list| list.purpose == purpose)
}
