//! What somebody is told he can do, and what he can do, are the same: after every input of random
//! days, for everybody, each thing is listed exactly when its command is taken.

use crate::day::{Day, moves_of};
use ringback_engine::{State, capabilities, decide};
use ringback_model::interaction::{
    Capability as Can, Change, Destination, Doer, Input as It, Wish, WrapAct,
};
use ringback_model::place::Place;
use ringback_model::route::Ask;
use ringback_model::target::{Expression, Target};
use ringback_model::{
    AgentId, Input, InteractionId, Millis, Name, Now, OfferId, interaction, offer, route,
};
use ringback_rehearsal::moves::AGENTS;
use std::collections::BTreeMap;

#[test]
fn a_thing_is_listed_exactly_when_its_command_is_taken() {
    let mut met: BTreeMap<(&str, bool), u64> = BTreeMap::new();
    for seed in 0..12 {
        let mut day = Day::begin().expect("the tiny world");
        for it in moves_of(seed + 4_000, 200) {
            day.make(&it)
                .unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
            let (state, now) = (day.stage.state(), day.stage.now());
            for id in state.open_ids() {
                look(state, now, id, &mut met);
            }
        }
    }
    for can in Can::ALL {
        for listed in [true, false] {
            let count = met.get(&(can.name(), listed)).copied().unwrap_or(0);
            assert!(count > 0, "{} was never listed = {listed}", can.name());
        }
    }
}

fn look(state: &State, now: Now, id: InteractionId, met: &mut BTreeMap<(&'static str, bool), u64>) {
    let agents = (1..=AGENTS).map(|agent| Doer::Agent(AgentId(agent)));
    for who in agents.chain([Doer::Supervisor, Doer::System]) {
        let listed = capabilities(state, who, id);
        for can in Can::ALL {
            let Some(input) = command(state, who, id, can) else {
                continue;
            };
            let is_listed = listed.contains(can);
            let told = decide(state, now, &input).map_err(|why| why.code());
            let taken = match &told {
                Ok(_) => true,
                Err(code) => is_about_others(can, code),
            };
            assert_eq!(
                is_listed,
                taken,
                "{} by {who:?}: {:?} gives {told:?}",
                can.name(),
                state.interaction(id)
            );
            *met.entry((can.name(), is_listed)).or_default() += 1;
        }
    }
}

/// Whether a command is refused for whom or what else it names, and not for the state of the
/// interaction or of the one who asks.
fn is_about_others(can: Can, code: &str) -> bool {
    match can {
        Can::Transfer | Can::Invite | Can::Monitor => {
            code.starts_with("agent.") || code == "interaction.party_already"
        }
        // The queue may have been deleted.
        Can::Place | Can::TakeOut => {
            matches!(code, "interaction.queue_full" | "interaction.unknown_queue")
        }
        Can::Complete => matches!(code, "interaction.disposition" | "interaction.reason"),
        Can::Route => {
            matches!(
                code,
                "route.virtual_queue_full" | "route.unknown_virtual_queue"
            )
        }
        _ => false,
    }
}

/// The command of a capability; nothing where the right to it is not this one's.
fn command(state: &State, who: Doer, interaction: InteractionId, can: Can) -> Option<Input> {
    let name = |text: &str| text.parse::<Name>().expect("a name");
    let it = state.interaction(interaction)?;
    let place = |to, force| It::Place {
        interaction,
        by: who,
        to,
        change: None,
        expected: None,
        reason: None,
        force,
        route: None,
    };
    let other = AgentId(AGENTS);
    let input = match (can, who) {
        (Can::Accept | Can::Reject, Doer::Agent(agent)) => {
            let offer = state.offers_of(it).find(|offer| offer.agent == agent);
            let offer = offer.map_or(OfferId(0), |offer| offer.id);
            return Some(Input::Offer(if can == Can::Accept {
                offer::Input::Accept { offer, agent }
            } else {
                let reason = name("busy");
                offer::Input::Reject {
                    offer,
                    agent,
                    reason,
                }
            }));
        }
        (Can::Withdraw, Doer::Agent(agent)) => {
            let asked = state.offers_of(it).find(|offer| offer.wish.is_some());
            let offer = asked.map_or(OfferId(0), |offer| offer.id);
            return Some(Input::Offer(offer::Input::Withdraw { offer, agent }));
        }
        (Can::Complete, Doer::Agent(agent)) => It::Complete {
            interaction,
            agent,
            reason: name("done"),
            disposition: None,
        },
        (Can::Stop, Doer::Supervisor | Doer::System) => It::Stop {
            interaction,
            cause: interaction::StopCause::Cancelled {
                reason: name("test"),
            },
        },
        (Can::Route, Doer::Supervisor | Doer::System) => {
            let ask = Ask {
                virtual_queue: name("support"),
                target: Target::fixed(Expression::anyone()),
                tier: None,
                credit: Millis::ZERO,
                selection: ringback_model::Rare::none(),
                targets: None,
            };
            let ask = Box::new(ask);
            return Some(Input::Route(route::Input::Request { interaction, ask }));
        }
        (Can::Place, _) => place(Destination::Queue(name("inbox")), false),
        // Only where plain placing is not enough is it a thing of its own.
        (Can::TakeOut, Doer::Supervisor | Doer::System)
            if !matches!(it.place, Place::Queue | Place::Workbin { .. }) =>
        {
            place(Destination::Queue(name("inbox")), true)
        }
        (Can::PlaceBack, _) => place(Destination::Back, false),
        (Can::Pull, Doer::Agent(agent)) => It::Pull {
            interaction,
            agent,
            review: false,
        },
        (Can::Transfer | Can::Invite, Doer::Agent(agent)) => It::Invite {
            interaction,
            agent,
            to: other,
            wish: if can == Can::Transfer {
                Wish::Transfer
            } else {
                Wish::Conference
            },
        },
        (Can::Monitor, Doer::Supervisor) => It::Join {
            interaction,
            agent: other,
            coach: false,
        },
        (Can::Leave, Doer::Agent(agent)) => It::Leave { interaction, agent },
        (Can::Hold, Doer::Agent(agent)) => It::Hold { interaction, agent },
        (Can::Resume, Doer::Agent(agent)) => It::Resume { interaction, agent },
        (Can::Lock, _) => It::Lock {
            interaction,
            by: who,
        },
        (Can::Unlock, _) => It::Unlock {
            interaction,
            by: who,
        },
        (Can::WrapUp, Doer::Agent(agent)) => It::Wrap {
            interaction,
            agent,
            act: WrapAct::Dispose {
                disposition: name("sold"),
            },
        },
        (Can::Change, _) => It::Change {
            interaction,
            by: who,
            change: Box::new(Change::default()),
            expected: None,
        },
        _ => return None,
    };
    Some(Input::Interaction(input))
}
