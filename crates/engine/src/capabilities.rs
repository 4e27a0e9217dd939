//! What somebody can do with an interaction at this moment: told with every answer and push, so
//! that a desk never guesses.

use crate::decide::requests;
use crate::guard;
use crate::state::State;
use ringback_model::InteractionId;
use ringback_model::interaction::{Capabilities, Capability as Can, Doer, Interaction};
use ringback_model::place::Place;

/// What `who` can do with an interaction now: nothing in its state and in the state of the agent
/// who asks stands against it. Whom else he names (another agent, a queue, a workbin) may.
/// Nothing if it is over.
#[must_use]
pub fn capabilities(state: &State, who: Doer, id: InteractionId) -> Capabilities {
    let Some(it) = state.interaction(id) else {
        return Capabilities::default();
    };
    let can = |what: &Can| match who {
        Doer::Agent(_) => as_agent(state, who, it, *what),
        Doer::Supervisor | Doer::System => from_outside(state, who, it, *what),
    };
    Can::ALL.into_iter().filter(can).collect()
}

fn as_agent(state: &State, who: Doer, it: &Interaction, what: Can) -> bool {
    let Doer::Agent(agent) = who else {
        return false;
    };
    let own = guard::own(it, agent).is_ok();
    match what {
        Can::Accept | Can::Reject => state.offers_of(it).any(|offer| offer.agent == agent),
        Can::Complete => own,
        Can::Place => guard::place(state, it, who, false).is_ok(),
        Can::PlaceBack => own,
        Can::Pull => {
            guard::pull(state, it, agent).is_ok() && guard::able(state, agent, it.medium).is_ok()
        }
        Can::Transfer | Can::Invite => guard::invite(it, agent).is_ok(),
        Can::Withdraw => {
            own && it
                .more
                .get()
                .is_some_and(|more| !more.invitations.is_empty())
        }
        Can::Leave => guard::leave(it, agent).is_ok(),
        Can::Hold => guard::hold(it, agent).is_ok(),
        Can::Resume => guard::resume(it, agent).is_ok(),
        Can::Lock => guard::lock(it, who).is_ok(),
        Can::Unlock => guard::unlock(it, who).is_ok(),
        Can::Change => guard::change(state, it, who).is_ok(),
        Can::WrapUp => guard::wraps(it, agent).is_ok(),
        // These belong to those who supervise or bring work.
        Can::Stop | Can::Route | Can::TakeOut | Can::Monitor => false,
    }
}

fn from_outside(state: &State, who: Doer, it: &Interaction, what: Can) -> bool {
    let supervises = who == Doer::Supervisor;
    let busy = matches!(
        it.place,
        Place::Routing | Place::Offer { .. } | Place::Handling
    );
    match what {
        Can::Stop => guard::unlocked(it).is_ok(),
        Can::Route => requests::routable(it).is_ok(),
        Can::Place => guard::place(state, it, who, false).is_ok(),
        Can::TakeOut => busy && guard::place(state, it, who, true).is_ok(),
        Can::PlaceBack | Can::WrapUp => false,
        Can::Monitor => supervises && guard::join(it).is_ok(),
        Can::Lock => supervises && guard::lock(it, who).is_ok(),
        Can::Unlock => supervises && guard::unlock(it, who).is_ok(),
        Can::Change => guard::change(state, it, who).is_ok(),
        // These belong to agents.
        Can::Accept
        | Can::Reject
        | Can::Complete
        | Can::Pull
        | Can::Transfer
        | Can::Invite
        | Can::Withdraw
        | Can::Leave
        | Can::Hold
        | Can::Resume => false,
    }
}
