//! The outbox.

use crate::state::State;
use ringback_model::effect::{
    Effect, Event as It, Input, Order, Phase, Refused as Why, Report, WhenUncertain,
};
use ringback_model::interaction::Ending;
use ringback_model::{EffectId, Event, InteractionId, Millis, Now};

/// How long a notice is worth sending.
const NOTICE_TTL: Millis = Millis::seconds(24 * 3_600);
/// How often an effect is tried at most.
const ATTEMPTS_MAX: u8 = 12;
/// The pause after the first failed attempt; it doubles up to [`PAUSE_MAX`].
const PAUSE: Millis = Millis::seconds(1);
/// The longest pause between two attempts.
const PAUSE_MAX: Millis = Millis::seconds(900);

/// The notice of an ended interaction, if the tenant wants notices.
pub(super) fn notice(
    state: &State,
    now: Now,
    interaction: InteractionId,
    ending: &Ending,
) -> Option<Event> {
    let (_, settings) = state.settings();
    settings.notices.then(|| {
        let order = Order {
            id: EffectId(state.counters().effect + 1),
            effect: Effect::Notice {
                interaction,
                ending: ending.clone(),
            },
            not_after: now.engine + NOTICE_TTL,
            attempts: 0,
            phase: Phase::Issued { from: now.engine },
        };
        Event::Effect(It::Issued(Box::new(order)))
    })
}

pub(super) fn decide(state: &State, now: Now, input: &Input) -> Result<Vec<Event>, Why> {
    match input {
        Input::Start { effect } => start(state, now, *effect),
        Input::Report { effect, report } => report_of(state, now, *effect, report),
    }
}

fn start(state: &State, now: Now, effect: EffectId) -> Result<Vec<Event>, Why> {
    let order = state.effect(effect).ok_or(Why::Unknown(effect))?;
    match order.phase {
        Phase::Issued { .. } if order.not_after < now.engine => Ok(vec![park(order, "too late")]),
        Phase::Issued { .. } => Ok(vec![Event::Effect(It::Started { effect })]),
        phase => Err(wrong(effect, phase)),
    }
}

fn report_of(
    state: &State,
    now: Now,
    effect: EffectId,
    report: &Report,
) -> Result<Vec<Event>, Why> {
    let order = state.effect(effect).ok_or(Why::Unknown(effect))?;
    if order.phase != Phase::Started {
        return Err(wrong(effect, order.phase));
    }
    Ok(vec![match report {
        Report::Done => Event::Effect(It::Finished { effect }),
        Report::Failed { problem } => again(order, now, problem),
        Report::Impossible { problem } => park(order, problem),
    }])
}

/// Tried again after a pause, unless it has been tried often enough.
fn again(order: &Order, now: Now, problem: &str) -> Event {
    if order.attempts >= ATTEMPTS_MAX {
        return park(order, problem);
    }
    let doublings = u32::from(order.attempts.saturating_sub(1));
    let pause = PAUSE
        .0
        .saturating_mul(1 << doublings.min(20))
        .min(PAUSE_MAX.0);
    let from = now.engine + Millis(pause);
    Event::Effect(It::Retried {
        effect: order.id,
        from,
        problem: problem.to_owned(),
    })
}

fn park(order: &Order, problem: &str) -> Event {
    Event::Effect(It::Parked {
        effect: order.id,
        problem: problem.to_owned(),
    })
}

fn wrong(effect: EffectId, phase: Phase) -> Why {
    let phase = match phase {
        Phase::Issued { .. } => "not started",
        Phase::Started => "started already",
        Phase::Parked => "parked",
    };
    Why::Phase {
        effect,
        phase: phase.to_owned(),
    }
}

/// After the engine was opened, effects that were started and never reported are resolved by
/// the table of their kind.
pub(super) fn uncertain(state: &State, now: Now) -> Vec<Event> {
    let started = state.outbox().filter(|order| order.phase == Phase::Started);
    started
        .map(|order| match order.effect.when_uncertain() {
            WhenUncertain::Repeat => again(order, now, "uncertain: the server stopped meanwhile"),
            WhenUncertain::Park => park(order, "uncertain: the server stopped meanwhile"),
        })
        .collect()
}
