//! What is possible in which state. Asked twice: when something is decided, and when somebody is
//! told what he can do, so that the two never differ.

use crate::state::State;
use ringback_model::agent::{NotReady, Refused as AgentWhy};
use ringback_model::interaction::{Doer, Interaction, Refused as Why, Wrap};
use ringback_model::place::{BinOwner, Place, Role};
use ringback_model::{AgentId, Medium};

/// How many agents may take part in one interaction, invited ones included.
pub(crate) const AGENTS_MAX: usize = 8;

/// The agent owns it and works with the contact.
pub(crate) fn own(it: &Interaction, agent: AgentId) -> Result<(), Why> {
    owns(it, agent)?;
    in_contact(it)
}

/// The agent owns it, be it in wrap-up or not.
pub(crate) fn owns(it: &Interaction, agent: AgentId) -> Result<(), Why> {
    match it.owner() {
        Some(owner) if owner == agent => Ok(()),
        Some(owner) => Err(Why::NotOwner {
            interaction: it.id,
            owner,
            agent,
        }),
        None => Err(Why::NotHandled {
            interaction: it.id,
            place: it.place.name().to_owned(),
        }),
    }
}

/// The contact is not over.
fn in_contact(it: &Interaction) -> Result<(), Why> {
    match it.wrap() {
        Some(_) => Err(Why::WrappingUp(it.id)),
        None => Ok(()),
    }
}

/// The agent wraps it up.
pub(crate) fn wraps(it: &Interaction, agent: AgentId) -> Result<&Wrap, Why> {
    owns(it, agent)?;
    it.wrap().ok_or(Why::NotWrappingUp(it.id))
}

/// Nobody else keeps it from being changed.
pub(crate) fn unlocked_for(it: &Interaction, by: Doer) -> Result<(), Why> {
    match it.more.get().and_then(|more| more.lock) {
        Some(lock) if lock.by != by => Err(locked(it, lock)),
        _ => Ok(()),
    }
}

/// Nobody keeps it from being changed.
pub(crate) fn unlocked(it: &Interaction) -> Result<(), Why> {
    match it.more.get().and_then(|more| more.lock) {
        Some(lock) => Err(locked(it, lock)),
        None => Ok(()),
    }
}

const fn locked(it: &Interaction, lock: ringback_model::interaction::Lock) -> Why {
    Why::Locked {
        interaction: it.id,
        by: lock.by,
        since: lock.since.engine,
    }
}

/// It may be put somewhere. What an agent or the routing is at work on is taken from them by a
/// supervisor only, and only when he says so.
pub(crate) fn place(state: &State, it: &Interaction, by: Doer, force: bool) -> Result<(), Why> {
    in_contact(it)?;
    unlocked_for(it, by).or_else(|why| if forced(by, force) { Ok(()) } else { Err(why) })?;
    match (&it.place, by) {
        (Place::Queue, Doer::Supervisor | Doer::System) => Ok(()),
        (Place::Workbin { owner, .. }, by) => in_bin(state, it, *owner, by),
        (Place::Routing | Place::Offer { .. } | Place::Handling, _) if forced(by, force) => Ok(()),
        (_, Doer::Agent(agent)) => own(it, agent),
        (Place::Routing | Place::Offer { .. } | Place::Handling, _) => Err(Why::Busy {
            interaction: it.id,
            place: it.place.name().to_owned(),
        }),
        _ => Err(wrong_place(it, "queue, workbin or handling")),
    }
}

fn forced(by: Doer, force: bool) -> bool {
    force && by == Doer::Supervisor
}

/// It lies in a workbin of the agent, or of a group he belongs to.
fn in_bin(state: &State, it: &Interaction, owner: Option<BinOwner>, by: Doer) -> Result<(), Why> {
    match (by, owner) {
        (Doer::Agent(agent), Some(owner)) if !state.keeps(agent, owner) => {
            Err(Why::WorkbinOfAnother {
                interaction: it.id,
                owner,
                agent,
            })
        }
        _ => Ok(()),
    }
}

/// An agent may take it from where it rests.
pub(crate) fn pull(state: &State, it: &Interaction, agent: AgentId) -> Result<(), Why> {
    unlocked(it)?;
    match it.place {
        Place::Queue => Ok(()),
        Place::Workbin { owner, .. } => in_bin(state, it, owner, Doer::Agent(agent)),
        _ => Err(wrong_place(it, "queue or workbin")),
    }
}

/// The agent can be given one more of a medium at once, ready or not.
pub(crate) fn able(state: &State, agent: AgentId, medium: Medium) -> Result<(), AgentWhy> {
    at_desk(state, agent)?;
    let for_it = state
        .at_work(agent)
        .is_some_and(|at_work| at_work.media.contains_key(&medium));
    if !for_it {
        return Err(AgentWhy::NotLoggedInFor { agent, medium });
    }
    if !state.has_room(agent, medium) {
        return Err(AgentWhy::NoRoom { agent, medium });
    }
    Ok(())
}

/// The agent sits at a desk that answers.
pub(crate) fn at_desk(state: &State, agent: AgentId) -> Result<(), AgentWhy> {
    let at_work = state.at_work(agent).ok_or(AgentWhy::Unknown(agent))?;
    let desk = at_work.desk.ok_or(AgentWhy::NotLoggedIn(agent))?;
    if desk.answers() {
        Ok(())
    } else {
        Err(AgentWhy::DeskAway(agent))
    }
}

/// Its owner may ask one more agent.
pub(crate) fn invite(it: &Interaction, agent: AgentId) -> Result<(), Why> {
    own(it, agent)?;
    room_for_one(it)
}

/// An agent may listen to it.
pub(crate) fn join(it: &Interaction) -> Result<(), Why> {
    if it.place != Place::Handling {
        return Err(Why::NotHandled {
            interaction: it.id,
            place: it.place.name().to_owned(),
        });
    }
    in_contact(it)?;
    room_for_one(it)
}

fn room_for_one(it: &Interaction) -> Result<(), Why> {
    let agents = it.parties.iter().filter(|party| is_agent(party.role));
    let invited = it.more.get().map_or(0, |more| more.invitations.len());
    if agents.count() + invited >= AGENTS_MAX {
        return Err(Why::TooManyParties {
            interaction: it.id,
            limit: AGENTS_MAX,
        });
    }
    Ok(())
}

const fn is_agent(role: Role) -> bool {
    !matches!(role, Role::Customer | Role::Bot)
}

/// The agent takes part, as what.
pub(crate) fn role(it: &Interaction, agent: AgentId) -> Result<Role, Why> {
    it.party(agent)
        .map(|party| party.role)
        .ok_or(Why::NotParty {
            interaction: it.id,
            agent,
        })
}

/// The agent may stop taking part: as what he did.
pub(crate) fn leave(it: &Interaction, agent: AgentId) -> Result<Role, Why> {
    let role = role(it, agent)?;
    in_contact(it)?;
    Ok(role)
}

/// The agent may be asked by a colleague.
pub(crate) fn undisturbed(state: &State, agent: AgentId, medium: Medium) -> Result<(), AgentWhy> {
    let at_work = state.at_work(agent);
    let readiness = at_work.and_then(|at_work| at_work.media.get(&medium));
    match readiness.and_then(|it| it.not_ready.as_ref()) {
        Some(NotReady::DoNotDisturb { reason }) => Err(AgentWhy::DoNotDisturb {
            agent,
            reason: reason.clone(),
        }),
        _ => Ok(()),
    }
}

/// Its owner may let the customer wait.
pub(crate) fn hold(it: &Interaction, agent: AgentId) -> Result<(), Why> {
    own(it, agent)?;
    match it.more.get().and_then(|more| more.held) {
        Some(_) => Err(Why::Held(it.id)),
        None => Ok(()),
    }
}

/// Its owner may go on.
pub(crate) fn resume(it: &Interaction, agent: AgentId) -> Result<(), Why> {
    own(it, agent)?;
    match it.more.get().and_then(|more| more.held) {
        Some(_) => Ok(()),
        None => Err(Why::NotHeld(it.id)),
    }
}

/// An owner locks what he handles, a supervisor what rests.
pub(crate) fn lock(it: &Interaction, by: Doer) -> Result<(), Why> {
    unlocked(it)?;
    match (by, &it.place) {
        (Doer::Agent(agent), _) => own(it, agent),
        (Doer::Supervisor, Place::Queue | Place::Workbin { .. }) => Ok(()),
        _ => Err(wrong_place(
            it,
            "queue or workbin, or handling by who locks it",
        )),
    }
}

/// Who locked it unlocks it; a supervisor ends any lock.
pub(crate) fn unlock(it: &Interaction, by: Doer) -> Result<Doer, Why> {
    match it.more.get().and_then(|more| more.lock) {
        None => Err(Why::NotLocked(it.id)),
        Some(lock) if lock.by == by || by == Doer::Supervisor => Ok(lock.by),
        Some(lock) => Err(locked(it, lock)),
    }
}

/// What is known of it may be changed.
pub(crate) fn change(state: &State, it: &Interaction, by: Doer) -> Result<(), Why> {
    unlocked_for(it, by)?;
    match (by, &it.place) {
        (Doer::Supervisor | Doer::System, _) => Ok(()),
        (Doer::Agent(_), Place::Workbin { owner, .. }) => in_bin(state, it, *owner, by),
        (Doer::Agent(agent), _) => owns(it, agent),
    }
}

pub(crate) fn wrong_place(it: &Interaction, possible: &str) -> Why {
    Why::WrongPlace {
        interaction: it.id,
        place: it.place.name().to_owned(),
        possible: possible.to_owned(),
    }
}
