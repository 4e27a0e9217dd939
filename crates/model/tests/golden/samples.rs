//! Records that stand in several documents.

use ringback_model::interaction::{Interaction, Requests, Subject};
use ringback_model::offer::{Decision, Details, Occasion, Offer, Rule};
use ringback_model::place::{BackTo, Party, Place, Role, Who};
use ringback_model::route::{
    Ask, Cooling, Documented, Last, LastAgent, More, RouteRequest, Select, Selection,
};
use ringback_model::target::{Escalation, EscalationStep, Step, Target, Targets};
use ringback_model::value::{Finite, Map, UserData, Value};
use ringback_model::{
    AgentId, ContactId, Deadline, EngineTime, InteractionId, KeyId, Medium, Millis, Name, Now,
    OfferId, OrderKey, Personal, QueueId, Rare, RouteRequestId, Sealed, Tier, VirtualQueueId,
    WallTime,
};

pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

pub(crate) const fn at(seconds: u64) -> Now {
    Now {
        engine: EngineTime(seconds * 1_000),
        wall: WallTime(1_767_600_000_000 + seconds as i64 * 1_000),
    }
}

pub(crate) const fn subject() -> Subject {
    Subject {
        interaction: InteractionId(7),
        queue: QueueId(2),
    }
}

pub(crate) fn target() -> Target {
    let step = |text: &str, seconds| Step {
        expression: text.parse().expect("an expression"),
        after: Millis::seconds(seconds),
    };
    Target::new(vec![
        step("English>=3 & (Loans=2 | Cards!=0)", 0),
        step("English>1", 20),
        step("English<9 | English<=9", 40),
        step("", 60),
    ])
    .expect("growing steps")
}

pub(crate) fn ask() -> Ask {
    Ask {
        virtual_queue: name("support"),
        target: target(),
        tier: Some(Tier(5)),
        credit: Millis::seconds(30),
        selection: Rare::none(),
        targets: None,
    }
}

/// An offer whose decision had more to tell.
pub(crate) fn told_offer() -> Offer {
    let mut offer = offer();
    offer.decision.rule = Rule::FewestBusy;
    offer.decision.more = Rare::of(Details {
        skipped: vec![(ringback_model::route::Obstacle::Busy, 2)],
        ahead_excluded: 1,
    });
    offer
}

pub(crate) fn selection() -> Selection {
    Selection {
        select: Select::BestFit,
        exclude: [name("ben")].into(),
        last_agent: Some(LastAgent {
            agent: name("anna"),
            wait: Millis::seconds(20),
        }),
        not_author: false,
        not_reviewer: false,
    }
}

/// Documented targets with everything they can have.
pub(crate) fn escalation() -> Escalation {
    let targets = |text: &str| Targets::read(text).expect("targets").0;
    let step = |text: &str, check| EscalationStep {
        targets: targets(text),
        timeout: Millis::seconds(20),
        clear: false,
        check,
    };
    let check = targets("{RStatAgentsReady>0}x.GA").items()[0].threshold;
    Escalation::new(vec![
        step("{StatAgentsReady>2}[70]sales.GA, [30]anna.A", None),
        step("?:English>=2", check),
        step("{StatCallsInQueue<10}overflow.Q, others.GQ", None),
    ])
    .expect("steps")
}

/// A request of whose agent something was said.
pub(crate) fn chosen_request() -> RouteRequest {
    RouteRequest {
        more: Rare::of(More {
            target_since: Some(EngineTime(12_000)),
            select: Select::Random,
            exclude: [AgentId(4)].into(),
            last: Some(Last {
                agent: AgentId(3),
                name: name("anna"),
                until: EngineTime(32_000),
            }),
            ..More::default()
        }),
        ..request()
    }
}

/// A request that follows documented targets and came from another virtual queue.
pub(crate) fn documented_request() -> RouteRequest {
    let documented = Documented {
        turn: Some(2),
        ends: Some(EngineTime(52_000)),
        left_out: 2,
        ..Documented::new(escalation())
    };
    RouteRequest {
        target: Target::fixed(documented.agents(Medium::Chat)),
        more: Rare::of(More {
            documented: Some(documented),
            moved: Some(request().since),
            select: Select::Percentage,
            ..More::default()
        }),
        ..request()
    }
}

/// One value of every kind, and something sealed.
pub(crate) fn user_data() -> UserData {
    let number = Finite::new(2.5).expect("a finite number");
    let inner = Map::from([("deep".to_owned(), Value::Bool(true))]);
    let open = Map::from([
        ("nothing".to_owned(), Value::Null),
        ("yes".to_owned(), Value::Bool(true)),
        ("count".to_owned(), Value::Int(-3)),
        ("price".to_owned(), Value::Number(number)),
        ("topic".to_owned(), Value::Text("Störung".to_owned())),
        (
            "list".to_owned(),
            Value::List(vec![Value::Int(1), Value::Null]),
        ),
        ("map".to_owned(), Value::Map(inner)),
    ]);
    let sealed = Sealed {
        key: KeyId(11),
        contact: Some(ContactId(6)),
        bytes: Box::from([0, 1, 127, 128, 255]),
    };
    UserData {
        open,
        personal: Some(Personal::new(sealed)),
    }
}

pub(crate) fn interaction() -> Interaction {
    Interaction {
        id: InteractionId(7),
        medium: Medium::Chat,
        kind: name("inbound"),
        subkind: Some(name("complaint")),
        tier: Tier(-1),
        queue: QueueId(2),
        contact: Some(ContactId(6)),
        parent: Some(InteractionId(5)),
        thread: Some(InteractionId(3)),
        user_data: user_data(),
        submitted: at(10),
        place: Place::Queue,
        parties: vec![Party {
            who: Who::Customer,
            role: Role::Customer,
            since: at(10),
        }],
        requests: Requests::from_iter([RouteRequestId(9)]),
        version: 1,
        more: Rare::none(),
    }
}

/// As little as there can be.
pub(crate) fn bare_interaction() -> Interaction {
    Interaction {
        subkind: None,
        contact: None,
        parent: None,
        thread: None,
        user_data: UserData::default(),
        requests: Requests::new(),
        ..interaction()
    }
}

pub(crate) fn request() -> RouteRequest {
    RouteRequest {
        id: RouteRequestId(9),
        interaction: InteractionId(7),
        medium: Medium::Chat,
        virtual_queue: VirtualQueueId(4),
        target: target(),
        step: 1,
        widens_at: EngineTime(50_000).into(),
        key: OrderKey::new(Tier(5), EngineTime(10_000), Millis::seconds(30), 9),
        since: at(10),
        owner: Some(77),
        due_at: Rare::of(WallTime(1_767_600_600_000)),
        cooling: Rare::of(vec![Cooling {
            agent: AgentId(3),
            until: EngineTime(40_000),
        }]),
        ends_at: Deadline::default(),
        more: Rare::none(),
    }
}

pub(crate) fn bare_request() -> RouteRequest {
    RouteRequest {
        target: Target::fixed("".parse().expect("anyone")),
        step: 0,
        widens_at: Deadline::NONE,
        owner: None,
        due_at: Rare::none(),
        cooling: Rare::none(),
        ..request()
    }
}

pub(crate) fn offer() -> Offer {
    Offer {
        id: OfferId(12),
        interaction: InteractionId(7),
        request: Some(RouteRequestId(9)),
        agent: AgentId(3),
        medium: Medium::Chat,
        made: at(11),
        until: EngineTime(41_000),
        back_to: BackTo::Routing,
        decision: Decision {
            occasion: Occasion::AgentCame,
            rule: Rule::LongestIdle,
            candidates: 1,
            idle: Millis(1_500),
            waited: Millis::seconds(1),
            step: 1,
            ahead: 3,
            ahead_not_for_agent: 2,
            ahead_cooling: 1,
            more: Rare::none(),
        },
        wish: None,
    }
}
