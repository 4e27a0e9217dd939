//! Documented targets that depend on more than time: which step is in force, and moving to queues.

use super::segments;
use crate::gates::GATES_MAX;
use crate::state::State;
use ringback_model::config::{Kind, VirtualQueue};
use ringback_model::interaction::Interaction;
use ringback_model::record::SegmentEnd;
use ringback_model::route::{
    ChangeCause, Documented, Event as It, Refused as Why, RouteRequest, Select,
};
use ringback_model::target::{Escalation, Expression, Target, TargetItem, TargetKind};
use ringback_model::{Deadline, Event, Medium, Now};

/// What targets name exists, and there is room for their thresholds.
pub(super) fn usable(state: &State, targets: &Escalation, over: Medium) -> Result<(), Why> {
    let unknown = |what: String| Why::UnknownTarget { what };
    for item in targets.items() {
        let missing = match &item.of {
            TargetKind::Agent(name) => missing(state, Kind::Agent, name),
            TargetKind::Group(name) => missing(state, Kind::Group, name),
            TargetKind::Queue(name) => missing(state, Kind::VirtualQueue, name),
            TargetKind::QueueGroup(name) => {
                let none = state.queue_group(name).next().is_none();
                none.then(|| format!("virtual queue of the group {name}"))
            }
            TargetKind::Skills { expression, .. } => super::requests::missing_in(state, expression),
        };
        if let Some(what) = missing {
            return Err(unknown(what));
        }
    }
    let new = targets.gates(over).filter(|it| !state.gates.is_in_use(it));
    let in_use = state.gates.len() + new.count();
    if in_use > GATES_MAX {
        return Err(Why::OutOfRange {
            what: "the number of different thresholds in use".to_owned(),
            found: in_use.to_string(),
            limit: GATES_MAX.to_string(),
        });
    }
    Ok(())
}

fn missing(state: &State, kind: Kind, name: &ringback_model::Name) -> Option<String> {
    (!state.exists(kind, name)).then(|| format!("{kind} {name}"))
}

/// Puts documented targets in the place of the target of a request. Their first step comes into
/// force when it is looked at, right after the request is there.
pub(super) fn follow(request: &mut RouteRequest, targets: &Escalation) {
    request.target = Target::fixed(Expression::Any(Vec::new()));
    request.step = 0;
    request.more.change(|more| {
        more.documented = Some(Documented::new(targets.clone()));
    });
}

/// The request with the step in force whose turn has come, and those passed over or left out.
pub(super) fn next_turn(state: &State, now: Now, mut request: RouteRequest) -> RouteRequest {
    let Some(mut documented) = request.documented().cloned() else {
        return request;
    };
    let over = request.medium;
    let steps = documented.targets.steps();
    let mut at = documented.ends.unwrap_or(now.engine);
    let first = documented.turn.map_or(0, |turn| usize::from(turn) + 1);
    let mut ends = None;
    for (index, step) in steps.iter().enumerate().skip(first) {
        if documented.turn.is_some() && at > now.engine {
            break;
        }
        let items = step.targets.items();
        let check = step.check.as_ref();
        if check.is_some_and(|check| !state.check_holds(now, check, items, over)) {
            documented.left_out |= 1 << index;
            continue;
        }
        documented.turn = u8::try_from(index).ok();
        at = at + step.timeout;
        ends = Some(at).filter(|_| index + 1 < steps.len());
    }
    // Where every step was left out, nobody is wanted, and nothing changes any more.
    let last = u8::try_from(steps.len() - 1).unwrap_or(u8::MAX);
    documented.turn = documented.turn.or(Some(last));
    request.step = documented.turn.unwrap_or(last);
    request.target = Target::fixed(documented.agents(over));
    documented.ends = ends.filter(|at| *at > now.engine);
    request
        .more
        .change(|more| more.documented = Some(documented));
    request.widens_at = super::requests::turns_at(&request).into();
    request
}

/// The next step comes into force, if its time has come.
pub(crate) fn turn(state: &State, now: Now, it: &Interaction, request: &RouteRequest) -> Event {
    let request = next_turn(state, now, request.clone());
    Event::Route(It::Changed {
        of: super::requests::subject(it),
        request: Box::new(request),
        cause: ChangeCause::NextTargets,
    })
}

/// A request that waits moves to a queue that is among its targets, whose threshold holds and
/// which has room. Of several it is the first; by percentage one drawn by their weights.
pub(crate) fn moves(
    state: &State,
    now: Now,
    it: &Interaction,
    request: &RouteRequest,
) -> Vec<Event> {
    let Some(to) = queue_for(state, request) else {
        return Vec::new();
    };
    let wait = segments::wait(it, request, now, SegmentEnd::Overflowed);
    let mut request = request.clone();
    request.virtual_queue = to.id;
    let serves = to.body.serves.clone();
    request.target = Target::fixed(serves.unwrap_or_else(Expression::anyone));
    request.step = 0;
    request.widens_at = Deadline::NONE;
    request.more.change(|more| {
        more.documented = None;
        more.last = None;
        more.target_since = Some(now.engine);
        more.moved = Some(now);
    });
    let moved = Event::Route(It::Changed {
        of: super::requests::subject(it),
        request: Box::new(request),
        cause: ChangeCause::Moved,
    });
    vec![wait, moved]
}

fn queue_for<'a>(state: &'a State, request: &'a RouteRequest) -> Option<&'a VirtualQueue> {
    let documented = request.documented()?;
    let open = documented.in_force().filter_map(|item| {
        let gate = item.gate(request.medium);
        let holds = gate.is_none_or(|gate| state.gates.is_open(&gate));
        let queue = holds.then(|| with_room(state, request, item)).flatten();
        queue.map(|queue| (item, queue))
    });
    let open: Vec<(&TargetItem, &VirtualQueue)> = open.collect();
    let drawn = match request.select() {
        Select::Percentage => {
            let weights: Vec<u8> = open
                .iter()
                .map(|(item, _)| item.weight.unwrap_or(0))
                .collect();
            state.draw(request, &weights)
        }
        _ => None,
    };
    open.get(drawn.unwrap_or(0)).map(|(_, queue)| *queue)
}

/// The queue of a target in which the fewest wait, if one has room: one the request is in already
/// is none.
fn with_room<'a>(
    state: &'a State,
    request: &RouteRequest,
    item: &'a TargetItem,
) -> Option<&'a VirtualQueue> {
    let queues = state.queues_of(&item.of).into_iter();
    let other = queues.filter(|queue| queue.id != request.virtual_queue);
    let room = other.filter(|queue| state.in_line(queue.id) < queue.body.waiting_max);
    room.min_by_key(|queue| (state.in_line(queue.id), queue.id))
}
