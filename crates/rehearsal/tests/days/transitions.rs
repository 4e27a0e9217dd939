//! Every place of an interaction times every input that speaks of one: a table written by hand.

use ringback_model::interaction::{StopCause, Submission};
use ringback_model::place::Place;
use ringback_model::route::Ask;
use ringback_model::target::{Expression, Target};
use ringback_model::value::UserData;
use ringback_model::{
    AgentId, Input, InteractionId, Medium, Millis, Name, OfferId, RouteRequestId, Tier, agent,
    config, interaction, offer, route,
};
use ringback_rehearsal::{Care, Stage, Told};

/// Where the interaction is when the input comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Queue,
    Routing,
    Offer,
    Handling,
    Stopped,
    Nowhere,
}

const PLACES: [At; 6] = [
    At::Queue,
    At::Routing,
    At::Offer,
    At::Handling,
    At::Stopped,
    At::Nowhere,
];

#[derive(Debug, Clone, Copy)]
enum Does {
    Request,
    Cancel,
    Accept,
    AcceptByAnother,
    Reject,
    Complete,
    CompleteByAnother,
    Abandon,
    Stop,
}

/// What comes of it: a place, a refusal by its code, or nothing.
type Comes = Result<At, &'static str>;

const UNKNOWN: Comes = Err("interaction.unknown");
const OVER: Comes = Err("interaction.stopped");
const NOT_HANDLED: Comes = Err("interaction.not_handled");
const NOT_ROUTABLE: Comes = Err("route.not_routable");
const NO_REQUEST: Comes = Err("route.unknown");
const NO_OFFER: Comes = Err("offer.unknown");
const OFFER_OVER: Comes = Err("offer.over");

/// One row per input, one column per place, in the order of [`PLACES`]. The agent is ready and
/// takes what is asked for; an offer that is over is the one by which the place was reached.
const TABLE: [(Does, [Comes; 6]); 9] = [
    (
        Does::Request,
        [
            Ok(At::Offer),
            Ok(At::Offer),
            NOT_ROUTABLE,
            NOT_ROUTABLE,
            OVER,
            UNKNOWN,
        ],
    ),
    (
        Does::Cancel,
        [
            NO_REQUEST,
            Ok(At::Queue),
            Err("route.offered"),
            NO_REQUEST,
            NO_REQUEST,
            NO_REQUEST,
        ],
    ),
    (
        Does::Accept,
        [
            NO_OFFER,
            NO_OFFER,
            Ok(At::Handling),
            OFFER_OVER,
            OFFER_OVER,
            NO_OFFER,
        ],
    ),
    (
        Does::AcceptByAnother,
        [
            NO_OFFER,
            NO_OFFER,
            Err("offer.not_yours"),
            OFFER_OVER,
            OFFER_OVER,
            NO_OFFER,
        ],
    ),
    (
        Does::Reject,
        [
            NO_OFFER,
            NO_OFFER,
            Ok(At::Routing),
            OFFER_OVER,
            OFFER_OVER,
            NO_OFFER,
        ],
    ),
    (
        Does::Complete,
        [
            NOT_HANDLED,
            NOT_HANDLED,
            NOT_HANDLED,
            Ok(At::Stopped),
            OVER,
            UNKNOWN,
        ],
    ),
    (
        Does::CompleteByAnother,
        [
            NOT_HANDLED,
            NOT_HANDLED,
            NOT_HANDLED,
            Err("interaction.not_owner"),
            OVER,
            UNKNOWN,
        ],
    ),
    (
        Does::Abandon,
        [
            Ok(At::Stopped),
            Ok(At::Stopped),
            Ok(At::Stopped),
            Ok(At::Stopped),
            Ok(At::Stopped),
            UNKNOWN,
        ],
    ),
    (
        Does::Stop,
        [
            Ok(At::Stopped),
            Ok(At::Stopped),
            Ok(At::Stopped),
            Ok(At::Stopped),
            Ok(At::Stopped),
            UNKNOWN,
        ],
    ),
];

#[test]
fn every_input_means_in_every_place_what_the_table_says() {
    for (does, row) in TABLE {
        for (at, comes) in PLACES.into_iter().zip(row) {
            let mut stage = brought_to(at);
            let told = stage.tell(&input(does)).expect("no invariant breaks");
            let found = match told {
                Told::Refused(why) => Err(why.code()),
                _ => Ok(place(&stage)),
            };
            assert_eq!(found, comes, "{does:?} at {at:?}");
        }
    }
}

#[test]
fn nothing_happens_when_what_is_over_is_stopped() {
    for does in [Does::Abandon, Does::Stop] {
        let mut stage = brought_to(At::Stopped);
        let told = stage.tell(&input(does)).expect("no invariant breaks");
        assert_eq!(told, Told::Taken(Vec::new()), "{does:?}");
    }
}

const ANNA: AgentId = AgentId(1);
const BEN: AgentId = AgentId(2);
const IT: InteractionId = InteractionId(1);

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn input(does: Does) -> Input {
    let offer = OfferId(1);
    match does {
        Does::Request => Input::Route(route::Input::Request {
            interaction: IT,
            ask: Box::new(ask("")),
        }),
        Does::Cancel => Input::Route(route::Input::Cancel {
            request: RouteRequestId(1),
        }),
        Does::Accept => Input::Offer(offer::Input::Accept { offer, agent: ANNA }),
        Does::AcceptByAnother => Input::Offer(offer::Input::Accept { offer, agent: BEN }),
        Does::Reject => Input::Offer(offer::Input::Reject {
            offer,
            agent: ANNA,
            reason: name("busy"),
        }),
        Does::Complete => complete(ANNA),
        Does::CompleteByAnother => complete(BEN),
        Does::Abandon => stop(StopCause::Abandoned),
        Does::Stop => stop(StopCause::Cancelled {
            reason: name("test"),
        }),
    }
}

fn complete(agent: AgentId) -> Input {
    Input::Interaction(interaction::Input::Complete {
        interaction: IT,
        agent,
        reason: name("done"),
        disposition: None,
    })
}

fn stop(cause: StopCause) -> Input {
    Input::Interaction(interaction::Input::Stop {
        interaction: IT,
        cause,
    })
}

fn ask(wanted: &str) -> Ask {
    let expression: Expression = wanted.parse().expect("an expression");
    Ask {
        virtual_queue: name("support"),
        target: Target::fixed(expression),
        tier: None,
        credit: Millis::ZERO,
        selection: ringback_model::Rare::none(),
        targets: None,
    }
}

/// A stage with Anna ready, Ben logged in, and `IT` in this place.
fn brought_to(at: At) -> Stage {
    let mut stage = Stage::new(Care::Full);
    let mut tell = |input: Input| {
        let told = stage.tell(&input).expect("no invariant breaks");
        assert!(matches!(told, Told::Taken(_)), "{input:?}: {told:?}");
    };
    for text in [
        config::Input::PutQueue {
            name: name("inbox"),
            body: config::QueueBody::default(),
            expected: config::Expected::Absent,
        },
        config::Input::PutVirtualQueue {
            name: name("support"),
            body: config::VirtualQueueBody::default(),
            expected: config::Expected::Absent,
        },
        config::Input::PutAgent {
            name: name("anna"),
            body: config::AgentBody::default(),
            expected: config::Expected::Absent,
        },
        config::Input::PutAgent {
            name: name("ben"),
            body: config::AgentBody::default(),
            expected: config::Expected::Absent,
        },
    ] {
        tell(Input::Config(text));
    }
    for agent in [ANNA, BEN] {
        let media = vec![Medium::Chat];
        tell(Input::Agent(agent::Input::LogIn { agent, media }));
    }
    tell(Input::Agent(agent::Input::Ready {
        agent: ANNA,
        media: Vec::new(),
    }));
    let route = match at {
        At::Nowhere => return stage,
        At::Queue => None,
        // Nobody is that good.
        At::Routing => Some(ask("English>=9")),
        At::Offer | At::Handling | At::Stopped => Some(ask("")),
    };
    tell(Input::Interaction(interaction::Input::Submit(Box::new(
        Submission {
            queue: name("inbox"),
            medium: Medium::Chat,
            kind: name("inbound"),
            subkind: None,
            tier: Tier::default(),
            contact: None,
            parent: None,
            user_data: UserData::default(),
            route,
            said: ringback_model::Rare::none(),
        },
    ))));
    if matches!(at, At::Handling | At::Stopped) {
        tell(input(Does::Accept));
    }
    if at == At::Stopped {
        tell(complete(ANNA));
    }
    assert_eq!(place(&stage), at);
    stage
}

fn place(stage: &Stage) -> At {
    match stage.state().interaction(IT).map(|it| &it.place) {
        Some(Place::Queue) => At::Queue,
        Some(Place::Routing) => At::Routing,
        Some(Place::Offer { .. }) => At::Offer,
        Some(Place::Handling) => At::Handling,
        Some(other) => panic!("no place of this table: {other:?}"),
        None if stage.state().is_stopped(IT) => At::Stopped,
        None => At::Nowhere,
    }
}
