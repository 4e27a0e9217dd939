//! Moves with interactions that are handled or rest: placing, pulling, asking others, holding,
//! locking, changing.

use super::{agent_id, interaction_id, medium, name, open_in, pick};
use ringback_engine::State;
use ringback_model::interaction::{
    Change, Destination, Doer, Edit, Exit, ExitTo, Input as It, Submission, Wish,
};
use ringback_model::place::{BinOwner, Place, Role, Who};
use ringback_model::value::{UserData, Value};
use ringback_model::{AgentId, Input, InteractionId, OfferId, Rare, Tier, offer};

/// What an agent or a supervisor does with an interaction.
pub(super) fn input(state: &State, kind: u8, rest: [u8; 6]) -> Input {
    let it = match kind {
        123..=126 => begin(rest),
        127..=135 => place(state, rest),
        136..=140 => pull(state, rest),
        141..=143 => change(state, rest),
        144..=151 => invite(state, rest),
        152..=153 => join(state, rest),
        154..=156 => leave(state, rest),
        157..=159 => hold(state, rest),
        160..=161 => lock(state, rest),
        _ => return withdraw(state, rest),
    };
    Input::Interaction(it)
}

/// Mostly one that is handled, and its owner.
fn handled(state: &State, rest: [u8; 6]) -> (InteractionId, AgentId) {
    let handled = open_in(state, |place| *place == Place::Handling);
    let interaction = pick(&handled, rest[0]).unwrap_or_else(|| interaction_id(state, rest[0]));
    let owner = state.interaction(interaction).and_then(|it| it.owner());
    let agent = owner.filter(|_| rest[1] < 240);
    (interaction, agent.unwrap_or_else(|| agent_id(rest[1])))
}

/// On whose behalf: mostly the owner's, sometimes a supervisor's or a system's.
fn by(agent: AgentId, byte: u8) -> Doer {
    match byte {
        0..=149 => Doer::Agent(agent),
        150..=219 => Doer::Supervisor,
        _ => Doer::System,
    }
}

fn begin(rest: [u8; 6]) -> It {
    let route = (rest[2] >= 240).then(|| super::ask(rest));
    let queue = if rest[3] >= 250 { "attic" } else { "orders" };
    let new = Submission {
        queue: name(queue),
        medium: medium(rest[1]),
        kind: name("outbound"),
        subkind: None,
        tier: Tier::default(),
        contact: None,
        parent: None,
        user_data: data(rest[4]),
        route,
        said: Rare::none(),
    };
    It::Begin {
        agent: agent_id(rest[0]),
        new: Box::new(new),
    }
}

fn data(byte: u8) -> UserData {
    let mut data = UserData::default();
    if byte >= 128 {
        let seconds = Value::Int(i64::from(byte % 4) - 1);
        data.open.insert("handling_timeout".to_owned(), seconds);
    }
    data
}

fn place(state: &State, rest: [u8; 6]) -> It {
    let resting = open_in(state, |place| {
        matches!(place, Place::Queue | Place::Workbin { .. } | Place::Routing)
    });
    let (mut interaction, agent) = handled(state, rest);
    if rest[4] % 4 == 3 {
        interaction = pick(&resting, rest[0]).unwrap_or(interaction);
    }
    let bin = |agent| Destination::Workbin {
        owner: BinOwner::Agent(agent),
        workbin: name(if rest[5].is_multiple_of(2) {
            "drafts"
        } else {
            "later"
        }),
    };
    let to = match rest[2] {
        0..=69 => bin(agent),
        70..=84 => bin(agent_id(rest[5])),
        85..=129 => Destination::Queue(name(if rest[5].is_multiple_of(2) {
            "inbox"
        } else {
            "orders"
        })),
        130..=134 => Destination::Queue(name("attic")),
        135..=149 => Destination::Author {
            workbin: name("drafts"),
        },
        150..=184 => Destination::GroupWorkbin {
            group: name(if rest[5] < 248 { "team" } else { "crowd" }),
            workbin: name(if rest[5] % 16 == 15 {
                "later"
            } else {
                "shared"
            }),
        },
        185..=199 => Destination::Own,
        200..=224 => Destination::Back,
        _ => Destination::Exit(name(if rest[5].is_multiple_of(2) {
            "send"
        } else {
            "done"
        })),
    };
    It::Place {
        interaction,
        by: by(agent, rest[3]),
        to,
        change: (rest[4] >= 200).then(|| Box::new(changed(rest))),
        expected: expected(state, interaction, rest[4]),
        reason: (rest[4].is_multiple_of(2)).then(|| name("later")),
        force: rest[4] % 4 > 1,
        route: (rest[2] >= 194 && rest[2] < 210 || rest[2].is_multiple_of(32))
            .then(|| Box::new(super::ask(rest))),
    }
}

fn expected(state: &State, id: InteractionId, byte: u8) -> Option<u64> {
    let version = state.interaction(id).map_or(1, |it| it.version);
    match byte % 8 {
        0 => Some(version),
        1 if byte >= 128 => Some(version + 1),
        _ => None,
    }
}

fn pull(state: &State, rest: [u8; 6]) -> It {
    let resting = open_in(state, |place| {
        matches!(place, Place::Queue | Place::Workbin { .. })
    });
    let interaction = pick(&resting, rest[0]).unwrap_or_else(|| interaction_id(state, rest[0]));
    let owner = match state.interaction(interaction).map(|it| &it.place) {
        Some(Place::Workbin {
            owner: Some(BinOwner::Agent(agent)),
            ..
        }) => Some(*agent),
        _ => None,
    };
    It::Pull {
        interaction,
        agent: owner
            .filter(|_| rest[1] < 200)
            .unwrap_or_else(|| agent_id(rest[1])),
        review: rest[2] >= 200,
    }
}

fn changed(rest: [u8; 6]) -> Change {
    let exit = |to| {
        vec![Exit {
            name: name("send"),
            to,
        }]
    };
    let mut change = Change::default();
    match rest[5] % 8 {
        0 => change.online = Some(rest[2].is_multiple_of(2)),
        1 => change.out_queues = Some(exit(ExitTo::Stop)),
        2 => change.out_queues = Some(exit(ExitTo::Queue(name("orders")))),
        3 => change.in_queues = Some(exit(ExitTo::Queue(name("attic")))),
        4 => change.reviewer = Some(Edit::Set(agent_id(rest[2]))),
        5 => change.user_data = Some(data(rest[2])),
        6 => change.external_id = Some(Edit::Set("A-1".to_owned())),
        _ => {}
    }
    change
}

fn change(state: &State, rest: [u8; 6]) -> It {
    let (interaction, agent) = handled(state, rest);
    It::Change {
        interaction,
        by: by(agent, rest[3]),
        change: Box::new(changed(rest)),
        expected: expected(state, interaction, rest[4]),
    }
}

fn invite(state: &State, rest: [u8; 6]) -> It {
    let (interaction, agent) = handled(state, rest);
    // Often one who takes part already.
    let parties = state.interaction(interaction).into_iter();
    let parties: Vec<AgentId> = parties
        .flat_map(|it| &it.parties)
        .filter_map(|party| match party.who {
            Who::Agent(agent) if party.role != Role::Owner => Some(agent),
            _ => None,
        })
        .collect();
    let there = pick(&parties, rest[2]).filter(|_| rest[3] < 128);
    It::Invite {
        interaction,
        agent,
        to: there
            .or_else(|| able(state, interaction, rest))
            .unwrap_or_else(|| agent_id(rest[2])),
        wish: match rest[4] % 3 {
            0 => Wish::Transfer,
            1 => Wish::Consult,
            _ => Wish::Conference,
        },
    }
}

/// Mostly one who can be asked.
fn able(state: &State, id: InteractionId, rest: [u8; 6]) -> Option<AgentId> {
    let it = state.interaction(id)?;
    let mut agents = state.agent_ids();
    agents.retain(|agent| {
        let at_work = state.at_work(*agent).filter(|it| it.desk.is_some());
        at_work.is_some() && it.party(*agent).is_none() && state.room(*agent, it.medium) > 0
    });
    pick(&agents, rest[2]).filter(|_| rest[3] < 220)
}

fn join(state: &State, rest: [u8; 6]) -> It {
    let (interaction, _) = handled(state, rest);
    It::Join {
        interaction,
        agent: agent_id(rest[2]),
        coach: rest[3].is_multiple_of(2),
    }
}

fn leave(state: &State, rest: [u8; 6]) -> It {
    let (interaction, owner) = handled(state, rest);
    let parties = state.interaction(interaction).into_iter();
    let parties: Vec<AgentId> = parties
        .flat_map(|it| &it.parties)
        .filter_map(|party| match party.who {
            Who::Agent(agent) => Some(agent),
            _ => None,
        })
        .collect();
    let agent = pick(&parties, rest[2]).unwrap_or(owner);
    It::Leave { interaction, agent }
}

fn hold(state: &State, rest: [u8; 6]) -> It {
    let (interaction, agent) = handled(state, rest);
    let held = state
        .interaction(interaction)
        .and_then(|it| it.more.get())
        .is_some_and(|more| more.held.is_some());
    if held == (rest[2] < 130) {
        It::Resume { interaction, agent }
    } else {
        It::Hold { interaction, agent }
    }
}

fn lock(state: &State, rest: [u8; 6]) -> It {
    let resting = open_in(state, |place| {
        matches!(place, Place::Queue | Place::Workbin { .. })
    });
    let (interaction, agent) = handled(state, rest);
    let interaction = pick(&resting, rest[0])
        .filter(|_| rest[3] >= 150)
        .unwrap_or(interaction);
    let by = by(agent, rest[3]);
    // Locked for a short time only, or nothing else would happen to it.
    if rest[2] < 90 {
        It::Lock { interaction, by }
    } else {
        It::Unlock { interaction, by }
    }
}

fn withdraw(state: &State, rest: [u8; 6]) -> Input {
    let offers = super::open_offers(state);
    let asked: Vec<OfferId> = offers
        .iter()
        .filter(|offer| offer.wish.is_some() || rest[4] >= 200)
        .map(|offer| offer.id)
        .collect();
    let any = OfferId(u64::from(rest[2]) % (state.counters().offer + 2));
    let offer = pick(&asked, rest[2]).unwrap_or(any);
    let owner = state
        .offer(offer)
        .and_then(|offer| state.interaction(offer.interaction))
        .and_then(|it| it.owner());
    let agent = owner
        .filter(|_| rest[1] < 200)
        .unwrap_or_else(|| agent_id(rest[1]));
    Input::Offer(offer::Input::Withdraw { offer, agent })
}
