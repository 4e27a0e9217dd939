//! What subscribers are told of a workbin, on days about nothing else: it is enough to know what lies in it.

use crate::day::Day;
use ringback_engine::State;
use ringback_model::config::{self, Body, Expected, Group};
use ringback_model::interaction::{Change, Destination, Doer, Input as It, StopCause, Submission};
use ringback_model::place::{Bin, BinOwner, Place};
use ringback_model::value::UserData;
use ringback_model::workbin::Event as Told;
use ringback_model::{AgentId, Event, Input, InteractionId, Medium, Name, Rare, Tier, agent};
use ringback_rehearsal::Random;
use std::collections::{BTreeMap, BTreeSet};

/// What each subscriber has on his screen.
type Screens = BTreeMap<(AgentId, Bin), BTreeSet<InteractionId>>;

/// One event on the screens of those who hear it.
fn see(screens: &mut Screens, event: &Event, heard: &[AgentId]) {
    match event {
        Event::Workbin(told) => {
            let item = told.item();
            for agent in heard {
                // Who has not read what lies in it yet has nothing to change.
                if let Some(screen) = screens.get_mut(&(*agent, item.bin.clone())) {
                    let fits = match told {
                        Told::Added(_) => screen.insert(item.interaction),
                        Told::Taken(_) => screen.remove(&item.interaction),
                        Told::Changed(_) => screen.contains(&item.interaction),
                    };
                    assert!(fits, "{agent} is told {told:?}, but has {screen:?}");
                }
            }
        }
        Event::Agent(agent::Event::Unsubscribed { agent, bin }) => {
            screens.remove(&(*agent, bin.clone()));
        }
        Event::Agent(agent::Event::LoggedOut { agent }) => {
            screens.retain(|(of, _), _| of != agent);
        }
        _ => {}
    }
}

/// Whoever is new to a workbin reads it; everybody else knows what lies in it.
fn compare(screens: &mut Screens, state: &State, seed: u64) {
    let mut now = Screens::new();
    for agent in state.agent_ids() {
        let more = state.at_work(agent).and_then(|it| it.more.get());
        let subscriptions = more.into_iter().flat_map(|more| &more.subscriptions);
        for bin in subscriptions.filter(|bin| state.keeps(agent, bin.owner)) {
            let lies_in = state.workbin(bin.owner, &bin.workbin).collect();
            now.insert((agent, bin.clone()), lies_in);
        }
    }
    for (of, screen) in screens.iter() {
        if let Some(lies_in) = now.get(of) {
            assert_eq!(screen, lies_in, "seed {seed}: the screen of {of:?}");
        }
    }
    *screens = now;
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn begin(agent: AgentId) -> Input {
    let new = Submission {
        queue: name("orders"),
        medium: Medium::Chat,
        kind: name("outbound"),
        subkind: None,
        tier: Tier::default(),
        contact: None,
        parent: None,
        user_data: UserData::default(),
        route: None,
        said: Rare::none(),
    };
    let new = Box::new(new);
    Input::Interaction(It::Begin { agent, new })
}

fn place(interaction: InteractionId, by: Doer, to: Destination) -> Input {
    Input::Interaction(It::Place {
        interaction,
        by,
        to,
        change: None,
        expected: None,
        reason: None,
        force: false,
        route: None,
    })
}

/// The members of the group, one for each bit.
fn put_team(members: u8) -> Input {
    let names = ["anna", "ben", "cara", "dora"].into_iter().zip(0..);
    let members = names.filter(|(_, bit)| members & (1 << bit) != 0);
    let group = Group {
        display_name: String::new(),
        members: members.map(|(member, _)| name(member)).collect(),
        expression: None,
    };
    Input::Config(config::Input::Put {
        name: name("team"),
        body: Box::new(Body::Group(group)),
        expected: Expected::Any,
    })
}

/// One of the open interactions in such a place.
fn one(state: &State, which: u8, wanted: impl Fn(&Place) -> bool) -> Option<InteractionId> {
    let mut open = state.open_ids();
    open.retain(|id| state.interaction(*id).is_some_and(|it| wanted(&it.place)));
    open.get(usize::from(which) % open.len().max(1)).copied()
}

/// What somebody does about workbins; nothing if there is nothing to do it with.
fn input(state: &State, [what, who, which, _]: [u8; 4]) -> Option<Input> {
    let agent = AgentId(u64::from(who % 4) + 1);
    let in_bin = || one(state, which, |place| matches!(place, Place::Workbin { .. }));
    let (group, workbin) = match which % 4 {
        0 => (None, name("drafts")),
        _ => (Some(name("team")), name("shared")),
    };
    Some(match what {
        0..=49 => begin(agent),
        50..=109 => {
            let id = one(state, who, |place| *place == Place::Handling)?;
            let by = Doer::Agent(state.interaction(id)?.owner()?);
            let to = match (group, by) {
                (Some(group), _) => Destination::GroupWorkbin { group, workbin },
                (None, Doer::Agent(agent)) => Destination::Workbin {
                    owner: BinOwner::Agent(agent),
                    workbin,
                },
                _ => Destination::Own,
            };
            place(id, by, to)
        }
        110..=149 => Input::Interaction(It::Pull {
            interaction: in_bin()?,
            agent,
            review: false,
        }),
        150..=169 => Input::Interaction(It::Change {
            interaction: in_bin()?,
            by: Doer::Supervisor,
            change: Box::new(Change {
                tier: Some(Tier(i16::from(who % 3))),
                ..Change::default()
            }),
            expected: None,
        }),
        170..=199 => Input::Agent(agent::Input::Subscribe {
            agent,
            group,
            workbin,
        }),
        200..=207 => Input::Agent(agent::Input::Unsubscribe {
            agent,
            group,
            workbin,
        }),
        208..=217 => put_team(which | who),
        218..=229 => Input::Interaction(It::Stop {
            interaction: one(state, which, |_| true)?,
            cause: StopCause::Abandoned,
        }),
        230..=239 => place(
            in_bin()?,
            Doer::Supervisor,
            Destination::Queue(name("orders")),
        ),
        240..=251 => Input::Agent(agent::Input::LogIn {
            agent,
            media: Vec::new(),
        }),
        _ => Input::Agent(agent::Input::LogOut { agent }),
    })
}

#[test]
fn what_is_told_of_a_workbin_is_enough_to_know_what_lies_in_it() {
    let mut told = [0; 3];
    for seed in 0..20 {
        let mut day = Day::begin().expect("the tiny world");
        let mut random = Random::new(seed);
        let mut screens = Screens::new();
        let mut seen = day.events.len();
        for _ in 0..300 {
            let bytes = random.bits().to_le_bytes();
            let [a, b, c, d, ..] = bytes;
            let Some(input) = input(day.stage.state(), [a, b, c, d]) else {
                continue;
            };
            day.tell(&input).expect("nothing breaks");
            day.catch_up().expect("nothing breaks");
            for index in seen..day.events.len() {
                let event = &day.events[index].1;
                if let Event::Workbin(event) = event {
                    told[match event {
                        Told::Added(_) => 0,
                        Told::Taken(_) => 1,
                        Told::Changed(_) => 2,
                    }] += 1;
                }
                see(&mut screens, event, &day.heard[index]);
            }
            seen = day.events.len();
            compare(&mut screens, day.stage.state(), seed);
        }
    }
    println!("{told:?} times somebody was told");
    assert!(told.iter().all(|times| *times > 100), "only {told:?}");
}
