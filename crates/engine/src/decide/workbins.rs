//! Workbins: whose there are, what goes into them, and who is told of it.

use crate::guard;
use crate::state::State;
use ringback_model::agent::Event as It;
use ringback_model::config::{Body, Kind, Workbin, WorkbinOwner};
use ringback_model::interaction::{Interaction, Refused as Why};
use ringback_model::place::{Bin, BinOwner};
use ringback_model::workbin::SUBSCRIPTIONS_MAX;
use ringback_model::{AgentId, Event, Name, Refused, agent};

/// An agent wants to be told what happens in a workbin.
pub(super) fn subscribe(
    state: &State,
    agent: AgentId,
    group: Option<&Name>,
    workbin: &Name,
) -> Result<Vec<Event>, Refused> {
    guard::at_desk(state, agent)?;
    let bin = bin(state, agent, group, workbin)?;
    is_for(state, &bin)?;
    let refused = |problem: String| problem_of(workbin, problem);
    if !state.keeps(agent, bin.owner) {
        let owner = bin.owner;
        let problem = format!("{agent} does not belong to {owner}: only its members are told");
        return Err(refused(problem).into());
    }
    let more = state.at_work(agent).and_then(|it| it.more.get());
    let subscribed = more.map(|more| &more.subscriptions);
    if subscribed.is_some_and(|all| all.contains(&bin)) {
        return Ok(Vec::new());
    }
    if subscribed.is_some_and(|all| all.len() >= SUBSCRIPTIONS_MAX) {
        let problem = format!("{agent} is told of {SUBSCRIPTIONS_MAX} workbins already, the limit");
        return Err(refused(problem).into());
    }
    Ok(vec![Event::Agent(It::Subscribed { agent, bin })])
}

/// An agent wants to be told no more. Whether the workbin is there plays no part.
pub(super) fn unsubscribe(
    state: &State,
    agent: AgentId,
    group: Option<&Name>,
    workbin: &Name,
) -> Result<Vec<Event>, Refused> {
    let at_work = state.at_work(agent);
    let more = at_work.ok_or(agent::Refused::Unknown(agent))?.more.get();
    let bin = bin(state, agent, group, workbin)?;
    let subscribed = more.is_some_and(|more| more.subscriptions.contains(&bin));
    let over = subscribed.then_some(Event::Agent(It::Unsubscribed { agent, bin }));
    Ok(Vec::from_iter(over))
}

fn bin(state: &State, agent: AgentId, group: Option<&Name>, workbin: &Name) -> Result<Bin, Why> {
    let owner = match group {
        Some(group) => owner(state, group, workbin)?,
        None => BinOwner::Agent(agent),
    };
    let workbin = workbin.clone();
    Ok(Bin { owner, workbin })
}

/// The group whose workbin it is.
pub(super) fn owner(state: &State, group: &Name, workbin: &Name) -> Result<BinOwner, Why> {
    let found = state.group_bins(group);
    found.ok_or_else(|| problem_of(workbin, format!("there is no group {group}")))
}

/// One more may be laid into a workbin: it is there, and has room.
pub(super) fn takes_one_more(state: &State, it: &Interaction, bin: &Bin) -> Result<(), Why> {
    let Some(declared) = is_for(state, bin)? else {
        return Ok(());
    };
    let (owner, workbin, limit) = (bin.owner, &bin.workbin, declared.items_max);
    let mut inside = state.workbin(owner, workbin);
    // What lies in it already takes no more room.
    let full = inside.nth((limit as usize).saturating_sub(1)).is_some();
    if full && !state.workbin(owner, workbin).any(|id| id == it.id) {
        let problem = format!("{owner} keeps {limit} interactions in it, the limit (`items_max`)");
        return Err(problem_of(workbin, problem));
    }
    Ok(())
}

/// How a workbin is declared. One that is not is each agent's own; groups have only those that are
/// declared for them, so that nothing is laid where nobody looks.
fn is_for<'a>(state: &'a State, bin: &Bin) -> Result<Option<&'a Workbin>, Why> {
    let declared = state.object_named(Kind::Workbin, &bin.workbin);
    let declared = declared.and_then(|it| match &it.body {
        Body::Workbin(declared) => Some(declared),
        _ => None,
    });
    let problem = match (bin.owner, declared.map(|it| it.owner)) {
        (BinOwner::Agent(_), None | Some(WorkbinOwner::Agent))
        | (BinOwner::Group(_), Some(WorkbinOwner::Group)) => return Ok(declared),
        (BinOwner::Agent(_), Some(WorkbinOwner::Group)) => {
            "each group has its own, and agents have none: name a group, or another workbin"
        }
        (BinOwner::Group(_), Some(WorkbinOwner::Agent)) => {
            "each agent has his own, and groups have none: name another workbin"
        }
        (BinOwner::Group(_), None) => {
            "is not declared: groups have only workbins that are configured with the owner `group`"
        }
    };
    Err(problem_of(&bin.workbin, problem.to_owned()))
}

fn problem_of(workbin: &Name, problem: String) -> Why {
    Why::Workbin {
        workbin: workbin.clone(),
        problem,
    }
}
