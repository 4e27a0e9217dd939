//! Wrap-up: what comes after the contact, and what came of it.

use super::{handling, interactions, offers, requests, segments};
use crate::guard;
use crate::state::State;
use ringback_model::config::{AfterContact, Body, Kind, List, WrapUp};
use ringback_model::interaction::wrap::EXTENSION_MAX;
use ringback_model::interaction::{
    Ending, Event as It, Interaction, Refused as Why, WhyLeft, Wrap, WrapAct,
};
use ringback_model::offer::NotTaken;
use ringback_model::record::SegmentEnd;
use ringback_model::{AgentId, EngineTime, Event, Medium, Millis, Name, Now};

/// The owner is done with the contact: he wraps it up, or it is over.
pub(super) fn complete(
    state: &State,
    now: Now,
    it: &Interaction,
    ending: Ending,
) -> Result<Vec<Event>, Why> {
    if let Ending::Completed { disposition, .. } = &ending {
        is_a_code(state, it, disposition.as_ref())?;
        // Who wraps up says it there.
        if after_contact(state, it).is_none() {
            is_said(state, it, disposition.as_ref())?;
        }
    }
    Ok(contact_over(state, now, it, ending))
}

/// The contact is over: its owner wraps it up if that is the rule, else so is the interaction.
pub(super) fn contact_over(
    state: &State,
    now: Now,
    it: &Interaction,
    ending: Ending,
) -> Vec<Event> {
    let (Some(after), Some(agent)) = (after_contact(state, it), it.owner()) else {
        return interactions::stop(state, now, it, ending);
    };
    let mut events = Vec::new();
    for offer in state.offers_of(it) {
        let how = NotTaken::InteractionStopped;
        events.extend(offers::not_taken(state, now, it, offer, how));
    }
    events.extend(handling::others_leave(it, now, WhyLeft::Stopped, |_| true));
    events.extend(segments::owned(it, now, interactions::segment_end(&ending)));
    let disposition = match &ending {
        Ending::Completed { disposition, .. } => disposition.clone(),
        Ending::AbandonedWith { disposition } => Some(disposition.clone()),
        Ending::Abandoned | Ending::Cancelled { .. } => None,
    };
    let wrap = Wrap {
        since: now,
        until: after.map(|span| now.engine + span),
        ending,
        disposition,
    };
    events.push(Event::Interaction(It::WrapBegun {
        of: requests::subject(it),
        agent,
        wrap: Box::new(wrap),
    }));
    events
}

/// What the owner does about his wrap-up.
pub(super) fn act(
    state: &State,
    now: Now,
    it: &Interaction,
    agent: AgentId,
    act: &WrapAct,
) -> Result<Vec<Event>, Why> {
    let wrap = guard::wraps(it, agent)?;
    match act {
        WrapAct::Finish { disposition } => {
            let said = disposition.clone().or_else(|| wrap.disposition.clone());
            is_a_code(state, it, said.as_ref())?;
            is_said(state, it, said.as_ref())?;
            let last = changed(it, agent, wrap, wrap.until, said.clone());
            let wrap = Wrap {
                disposition: said,
                ..wrap.clone()
            };
            let mut events = Vec::from_iter(last);
            let end = SegmentEnd::Completed;
            events.extend(interactions::over(state, now, it, wrap.over(), end));
            Ok(events)
        }
        WrapAct::Extend { by } => {
            let until = longer(it, wrap, *by)?;
            let said = wrap.disposition.clone();
            Ok(Vec::from_iter(changed(it, agent, wrap, Some(until), said)))
        }
        WrapAct::Dispose { disposition } => {
            is_a_code(state, it, Some(disposition))?;
            let said = Some(disposition.clone());
            Ok(Vec::from_iter(changed(it, agent, wrap, wrap.until, said)))
        }
    }
}

/// The wrap-up is ended by something else than its owner; nobody waits for a word that is not
/// said.
pub(super) fn ended(
    state: &State,
    now: Now,
    it: &Interaction,
    wrap: &Wrap,
    end: SegmentEnd,
) -> Vec<Event> {
    interactions::over(state, now, it, wrap.over(), end)
}

fn longer(it: &Interaction, wrap: &Wrap, by: Millis) -> Result<EngineTime, Why> {
    let refused = |problem: String| Why::NotExtended {
        interaction: it.id,
        problem,
    };
    let no_end = || refused("it ends when its owner finishes it".to_owned());
    let until = wrap.until.ok_or_else(no_end)?;
    if by == Millis::ZERO || by > EXTENSION_MAX {
        return Err(refused(format!(
            "by {by}: from 1 ms to {EXTENSION_MAX} at once"
        )));
    }
    Ok(until + by)
}

fn changed(
    it: &Interaction,
    agent: AgentId,
    wrap: &Wrap,
    until: Option<EngineTime>,
    disposition: Option<Name>,
) -> Option<Event> {
    (until != wrap.until || disposition != wrap.disposition).then(|| {
        Event::Interaction(It::WrapChanged {
            of: requests::subject(it),
            agent,
            until,
            disposition,
        })
    })
}

/// What comes after the contact: as its queue says for the medium, else as the medium says. None:
/// nothing; none inside: a wrap-up without an end.
#[expect(
    clippy::option_option,
    reason = "no wrap-up, one without an end and one with an end are three things"
)]
fn after_contact(state: &State, it: &Interaction) -> Option<Option<Millis>> {
    let queue = state.queue(it.queue);
    let own = queue.and_then(|queue| queue.body.wrap_up.get(&it.medium).copied());
    let AfterContact {
        wrap_up,
        wrap_up_for,
    } = own.unwrap_or_else(|| of_medium(state, it.medium));
    match wrap_up {
        WrapUp::None => None,
        WrapUp::Manual => Some(None),
        WrapUp::Timed => Some(wrap_up_for),
    }
}

fn of_medium(state: &State, medium: Medium) -> AfterContact {
    state
        .medium(medium)
        .map_or_else(AfterContact::default, |it| AfterContact {
            wrap_up: it.wrap_up,
            wrap_up_for: it.wrap_up_for,
        })
}

// -- what came of it ----------------------------------------------------------------------------

/// What is said is one of the codes of its queue, if that has some.
fn is_a_code(state: &State, it: &Interaction, said: Option<&Name>) -> Result<(), Why> {
    match (codes(state, it), said) {
        (Some((name, list, _)), Some(said)) if !list.has(said.as_str()) => {
            Err(ask_for(it, name, list))
        }
        _ => Ok(()),
    }
}

/// Something is said, if it has to be.
fn is_said(state: &State, it: &Interaction, said: Option<&Name>) -> Result<(), Why> {
    match (codes(state, it), said) {
        (Some((name, list, true)), None) => Err(ask_for(it, name, list)),
        _ => Ok(()),
    }
}

/// The codes its queue asks for, their list's name, and whether one has to be said.
fn codes<'a>(state: &'a State, it: &Interaction) -> Option<(&'a Name, &'a List, bool)> {
    let asked = state.queue(it.queue)?.body.dispositions.as_ref()?;
    match &state.object_named(Kind::List, &asked.list)?.body {
        Body::List(list) => Some((&asked.list, list, asked.mandatory)),
        _ => None,
    }
}

fn ask_for(it: &Interaction, name: &Name, list: &List) -> Why {
    let codes = list.codes.iter().map(|code| code.code.clone());
    Why::Disposition {
        interaction: it.id,
        list: name.clone(),
        codes: codes.collect(),
    }
}
