//! Everything that may have happened: what journals hold.

use crate::config_samples::{agent_body, agent_with_more, group, settings};
use crate::files::{Sample, hold, named};
use crate::samples::{
    at, bare_interaction, bare_request, chosen_request, documented_request, escalation,
    interaction, name, offer, request, subject, told_offer,
};
use ringback_model::agent::NotReady;
use ringback_model::config::{
    Agent, ApiKey, Body, Kind, Object, Queue, QueueBody, Role, Scope, VirtualQueue,
    VirtualQueueBody,
};
use ringback_model::effect::{Order, Phase};
use ringback_model::interaction::{Ending, PlacedSequence};
use ringback_model::offer::NotTaken;
use ringback_model::place::{BackTo, Bin, BinOwner, Who};
use ringback_model::record::{AgentInterval, AgentState, Segment, SegmentEnd, SegmentKind};
use ringback_model::route::{Cancelled, ChangeCause};
use ringback_model::{
    AgentId, ContactId, DeskSessionId, Effect, EffectId, EngineTime, Event, InteractionId, KeyId,
    Medium, Millis, ObjectId, OfferId, QueueId, RouteRequestId, VirtualQueueId, agent, config,
    contact, effect, interaction as it, login, node, offer as o, record, route, view, workbin,
};
use std::collections::BTreeSet;

named!(Event {
    Event::Agent(agent::Event::LoggedIn { .. }) => "agent.logged_in",
    Event::Agent(agent::Event::LoggedOut { .. }) => "agent.logged_out",
    Event::Agent(agent::Event::Ready { .. }) => "agent.ready",
    Event::Agent(agent::Event::NotReady { .. }) => "agent.not_ready",
    Event::Agent(agent::Event::NotReadyNext { .. }) => "agent.not_ready_next",
    Event::Agent(agent::Event::DeskLost { .. }) => "agent.desk_lost",
    Event::Agent(agent::Event::DeskBack { .. }) => "agent.desk_back",
    Event::Agent(agent::Event::DeskSilent { .. }) => "agent.desk_silent",
    Event::Agent(agent::Event::Paused { .. }) => "agent.paused",
    Event::Agent(agent::Event::Subscribed { .. }) => "agent.subscribed",
    Event::Agent(agent::Event::Unsubscribed { .. }) => "agent.unsubscribed",
    Event::Config(config::Event::QueuePut(_)) => "config.queue_put",
    Event::Config(config::Event::VirtualQueuePut(_)) => "config.virtual_queue_put",
    Event::Config(config::Event::AgentPut(_)) => "config.agent_put",
    Event::Config(config::Event::KeyPut(_)) => "config.key_put",
    Event::Config(config::Event::SettingsPut { .. }) => "config.settings_put",
    Event::Config(config::Event::Put(_)) => "config.put",
    Event::Config(config::Event::Deleted { .. }) => "config.deleted",
    Event::Contact(contact::Event::Erased { .. }) => "contact.erased",
    Event::Effect(effect::Event::Issued(_)) => "effect.issued",
    Event::Effect(effect::Event::Started { .. }) => "effect.started",
    Event::Effect(effect::Event::Finished { .. }) => "effect.finished",
    Event::Effect(effect::Event::Retried { .. }) => "effect.retried",
    Event::Effect(effect::Event::Parked { .. }) => "effect.parked",
    Event::Interaction(it::Event::Submitted(_)) => "interaction.submitted",
    Event::Interaction(it::Event::Moved { .. }) => "interaction.moved",
    Event::Interaction(it::Event::Stopped { .. }) => "interaction.stopped",
    Event::Login(login::Event::PolicyPut { .. }) => "login.policy_put",
    Event::Login(login::Event::CredentialsPut { .. }) => "login.credentials_put",
    Event::Login(login::Event::SessionPut(_)) => "login.session_put",
    Event::Login(login::Event::Seen { .. }) => "login.seen",
    Event::Login(login::Event::SessionEnded { .. }) => "login.session_ended",
    Event::Interaction(it::Event::Placed { .. }) => "interaction.placed",
    Event::Interaction(it::Event::Pulled { .. }) => "interaction.pulled",
    Event::Interaction(it::Event::Changed { .. }) => "interaction.changed",
    Event::Interaction(it::Event::Joined { .. }) => "interaction.joined",
    Event::Interaction(it::Event::Left { .. }) => "interaction.left",
    Event::Interaction(it::Event::Held { .. }) => "interaction.held",
    Event::Interaction(it::Event::Resumed { .. }) => "interaction.resumed",
    Event::Interaction(it::Event::Locked { .. }) => "interaction.locked",
    Event::Interaction(it::Event::Unlocked { .. }) => "interaction.unlocked",
    Event::Interaction(it::Event::Handed { .. }) => "interaction.handed",
    Event::Interaction(it::Event::WrapBegun { .. }) => "interaction.wrap_begun",
    Event::Interaction(it::Event::WrapChanged { .. }) => "interaction.wrap_changed",
    Event::Node(node::Event::Opened { .. }) => "node.opened",
    Event::Node(node::Event::ClockJumped { .. }) => "node.clock_jumped",
    Event::Node(node::Event::Refusals { .. }) => "node.refusals",
    Event::Node(node::Event::ResultsForgotten { .. }) => "node.results_forgotten",
    Event::Offer(o::Event::Made { .. }) => "offer.made",
    Event::Offer(o::Event::Accepted { .. }) => "offer.accepted",
    Event::Offer(o::Event::NotTaken { .. }) => "offer.not_taken",
    Event::Record(record::Event::Segment(_)) => "record.segment",
    Event::Record(record::Event::Interval(_)) => "record.interval",
    Event::Route(route::Event::Requested { .. }) => "route.requested",
    Event::Route(route::Event::Widened { .. }) => "route.widened",
    Event::Route(route::Event::Thresholds { .. }) => "route.thresholds",
    Event::Route(route::Event::Changed { .. }) => "route.changed",
    Event::Route(route::Event::Cooled { .. }) => "route.cooled",
    Event::Route(route::Event::Cancelled { .. }) => "route.cancelled",
    Event::View(view::Event::Looked { .. }) => "view.looked",
    Event::View(view::Event::Woken { .. }) => "view.woken",
    Event::Workbin(workbin::Event::Added(_)) => "workbin.added",
    Event::Workbin(workbin::Event::Taken(_)) => "workbin.taken",
    Event::Workbin(workbin::Event::Changed(_)) => "workbin.changed",
});

fn samples() -> Vec<Sample<Event>> {
    let samples = [
        agents(),
        configuration(),
        effects_and_node(),
        interactions(),
        crate::logins::events(),
        offers(),
        records(),
        routes(),
        views(),
        workbins(),
    ];
    samples.into_iter().flatten().collect()
}

#[test]
fn each_event_is_written_as_it_always_was() {
    hold("event", NAMES, name_of, samples());
}

#[test]
fn the_name_people_see_is_the_name_in_the_journal() {
    for (_, event) in samples() {
        assert_eq!(event.name(), name_of(&event));
        let json = serde_json::to_value(&event).expect("JSON");
        let (subject, inner) = json
            .as_object()
            .and_then(|map| map.iter().next())
            .expect("a subject");
        let what = inner.as_object().and_then(|map| map.keys().next());
        assert_eq!(
            event.name(),
            format!("{subject}.{}", what.expect("an event"))
        );
    }
}

fn views() -> Vec<Sample<Event>> {
    let (view, next) = (ObjectId(4), EngineTime(30_000));
    let not_before = next;
    let looked = |next, lacks, from| {
        let look = view::Look {
            not_before,
            next,
            lacks,
            from,
        };
        Event::View(view::Event::Looked { view, look })
    };
    let nothing = view::Lacks::default();
    let room = view::Lacks {
        line: true,
        segments: Some(12),
    };
    let sequence = PlacedSequence {
        submitted: 9,
        placing: 2,
    };
    vec![
        ("", looked(Some(next), nothing, None)),
        ("sleeps", looked(None, nothing, None)),
        ("lacks_room", looked(None, room, None)),
        (
            "goes_on",
            looked(Some(next), nothing, Some((sequence, InteractionId(7)))),
        ),
        ("", Event::View(view::Event::Woken { view, next })),
    ]
}

fn bin(owner: BinOwner) -> Bin {
    Bin {
        owner,
        workbin: name("mail"),
    }
}

fn workbins() -> Vec<Sample<Event>> {
    let item = |owner| {
        Box::new(workbin::Item {
            bin: bin(owner),
            interaction: InteractionId(7),
            queue: QueueId(1),
        })
    };
    let group = BinOwner::Group(ObjectId(4));
    let events = [
        workbin::Event::Added(item(group)),
        workbin::Event::Taken(item(group)),
        workbin::Event::Changed(item(BinOwner::Agent(AgentId(3)))),
    ];
    events.map(|event| ("", Event::Workbin(event))).into()
}

fn agents() -> Vec<Sample<Event>> {
    let agent = AgentId(3);
    let medium = Medium::Voice;
    let events = [
        agent::Event::LoggedIn {
            agent,
            session: DeskSessionId(4),
            media: vec![Medium::Voice, Medium::Chat],
            at: at(1),
        },
        agent::Event::LoggedOut { agent },
        agent::Event::Ready {
            agent,
            medium,
            at: at(2),
        },
        agent::Event::NotReady {
            agent,
            medium,
            why: NotReady::Missed,
            at: at(3),
        },
        agent::Event::NotReadyNext {
            agent,
            medium,
            reason: name("lunch"),
        },
        agent::Event::DeskLost {
            agent,
            grace_until: EngineTime(33_000),
        },
        agent::Event::DeskBack { agent },
        agent::Event::DeskSilent {
            agent,
            returns: Vec::new(),
        },
        agent::Event::Paused {
            agent,
            media: ringback_model::capacity::MediaSet::DIGITAL,
        },
        agent::Event::Subscribed {
            agent,
            bin: bin(BinOwner::Group(ObjectId(4))),
        },
        agent::Event::Unsubscribed {
            agent,
            bin: bin(BinOwner::Agent(agent)),
        },
    ];
    let returns = agent::Event::DeskSilent {
        agent,
        returns: vec![(InteractionId(7), EngineTime(10_800_000))],
    };
    let events = events.map(|event| ("", Event::Agent(event)));
    let returns = [("returns", Event::Agent(returns))];
    events.into_iter().chain(returns).collect()
}

fn key() -> ApiKey {
    ApiKey {
        name: name("desk-1"),
        version: 1,
        hash: "00ff".to_owned(),
        role: Role::Agent,
        scope: Scope::Everything,
        agent: Some(AgentId(3)),
        revoked: false,
        bounds: None,
    }
}

fn configuration() -> Vec<Sample<Event>> {
    let revoked = ApiKey {
        role: Role::Auditor,
        scope: Scope::Queues(BTreeSet::from([QueueId(2), QueueId(5)])),
        agent: None,
        revoked: true,
        ..key()
    };
    let bounded = ApiKey {
        bounds: Some(Box::new(crate::logins::bounds())),
        ..key()
    };
    let samples = [
        (
            "",
            config::Event::QueuePut(Box::new(Queue {
                id: QueueId(2),
                name: name("inbox"),
                version: 4,
                body: QueueBody {
                    open_max: 10,
                    ..QueueBody::default()
                },
            })),
        ),
        (
            "",
            config::Event::VirtualQueuePut(Box::new(VirtualQueue {
                id: VirtualQueueId(4),
                name: name("support"),
                version: 1,
                body: VirtualQueueBody {
                    waiting_max: 5,
                    short_abandon: Millis::seconds(5),
                    ..VirtualQueueBody::default()
                },
            })),
        ),
        (
            "",
            config::Event::AgentPut(Box::new(Agent {
                id: AgentId(3),
                name: name("anna"),
                version: 2,
                body: agent_body(),
            })),
        ),
        (
            "more",
            config::Event::AgentPut(Box::new(Agent {
                id: AgentId(3),
                name: name("anna"),
                version: 3,
                body: agent_with_more(),
            })),
        ),
        ("", config::Event::KeyPut(Box::new(key()))),
        ("revoked", config::Event::KeyPut(Box::new(revoked))),
        ("bounds", config::Event::KeyPut(Box::new(bounded))),
        (
            "",
            config::Event::SettingsPut {
                version: 6,
                settings: Box::new(settings()),
            },
        ),
        (
            "",
            config::Event::Put(Box::new(Object {
                id: ObjectId(4),
                name: name("sales"),
                version: 2,
                body: Body::Group(group()),
            })),
        ),
        (
            "",
            config::Event::Deleted {
                kind: Kind::VirtualQueue,
                id: 4,
                name: name("support"),
                version: 7,
            },
        ),
    ];
    samples
        .map(|(more, event)| (more, Event::Config(event)))
        .into()
}

fn effects_and_node() -> Vec<Sample<Event>> {
    let effect = EffectId(8);
    let problem = "connection refused".to_owned();
    let order = Order {
        id: effect,
        effect: Effect::Notice {
            interaction: InteractionId(7),
            ending: Ending::Abandoned,
        },
        not_after: EngineTime(86_400_000),
        attempts: 0,
        phase: Phase::Issued {
            from: EngineTime(20_000),
        },
    };
    let effects = [
        effect::Event::Issued(Box::new(order)),
        effect::Event::Started { effect },
        effect::Event::Finished { effect },
        effect::Event::Retried {
            effect,
            from: EngineTime(21_000),
            problem: problem.clone(),
        },
        effect::Event::Parked { effect, problem },
    ];
    let node = [
        node::Event::Opened {
            outage: Millis::seconds(90),
            clock_off: -250,
        },
        node::Event::ClockJumped { by: 3_600_000 },
        node::Event::Refusals {
            list: crate::logins::turned_away(),
            beyond: 7,
        },
        node::Event::ResultsForgotten {
            before: EngineTime(60_000),
        },
    ];
    let erased = contact::Event::Erased {
        contact: Some(ContactId(6)),
        keys: vec![KeyId(11)],
    };
    let effects = effects.map(Event::Effect).into_iter();
    let events = effects
        .chain(node.map(Event::Node))
        .chain([Event::Contact(erased)]);
    events.map(|event| ("", event)).collect()
}

fn interactions() -> Vec<Sample<Event>> {
    let stopped = |owner, ending| it::Event::Stopped {
        of: subject(),
        owner,
        ending,
        at: at(60),
    };
    let completed = Ending::Completed {
        agent: AgentId(3),
        reason: name("done"),
        disposition: Some(name("sold")),
    };
    let samples = [
        ("", it::Event::Submitted(Box::new(interaction()))),
        ("bare", it::Event::Submitted(Box::new(bare_interaction()))),
        (
            "",
            it::Event::Moved {
                of: subject(),
                to: QueueId(5),
            },
        ),
        ("", stopped(Some(AgentId(3)), completed)),
        ("bare", stopped(None, Ending::Abandoned)),
    ];
    samples
        .into_iter()
        .chain(crate::handling::events())
        .map(|(more, event)| (more, Event::Interaction(event)))
        .collect()
}

fn offers() -> Vec<Sample<Event>> {
    let not_taken = |how, cooling_until, misses| o::Event::NotTaken {
        of: subject(),
        offer: OfferId(12),
        agent: AgentId(3),
        back_to: BackTo::Routing,
        how,
        cooling_until,
        misses,
    };
    let samples = [
        (
            "told",
            o::Event::Made {
                of: subject(),
                offer: Box::new(told_offer()),
            },
        ),
        (
            "",
            o::Event::Made {
                of: subject(),
                offer: Box::new(offer()),
            },
        ),
        (
            "",
            o::Event::Accepted {
                of: subject(),
                offer: OfferId(12),
                agent: AgentId(3),
                at: at(20),
                advises: false,
            },
        ),
        (
            "asked",
            o::Event::Made {
                of: subject(),
                offer: Box::new(o::Offer {
                    request: None,
                    wish: Some(it::Wish::Transfer),
                    back_to: BackTo::Handling,
                    ..offer()
                }),
            },
        ),
        (
            "advises",
            o::Event::Accepted {
                of: subject(),
                offer: OfferId(12),
                agent: AgentId(3),
                at: at(20),
                advises: true,
            },
        ),
        ("", not_taken(NotTaken::Lapsed, Some(EngineTime(71_000)), 2)),
        ("bare", not_taken(NotTaken::DeskGone, None, 0)),
    ];
    samples
        .map(|(more, event)| (more, Event::Offer(event)))
        .into()
}

fn records() -> Vec<Sample<Event>> {
    let wait = Segment {
        interaction: InteractionId(7),
        medium: Medium::Chat,
        who: Who::Customer,
        kind: SegmentKind::Wait,
        queue: QueueId(2),
        virtual_queue: Some(VirtualQueueId(4)),
        request: Some(RouteRequestId(9)),
        from: at(10),
        to: at(20),
        end: SegmentEnd::Answered,
    };
    let talk = Segment {
        who: Who::Agent(AgentId(3)),
        kind: SegmentKind::Talk,
        virtual_queue: None,
        request: None,
        end: SegmentEnd::Completed,
        ..wait.clone()
    };
    let ready = AgentInterval {
        agent: AgentId(3),
        medium: Some(Medium::Chat),
        state: AgentState::Ready,
        from: at(1),
        to: at(60),
    };
    let logged_in = AgentInterval {
        medium: None,
        state: AgentState::LoggedIn,
        ..ready.clone()
    };
    let samples = [
        ("", record::Event::Segment(Box::new(wait))),
        ("bare", record::Event::Segment(Box::new(talk))),
        ("", record::Event::Interval(Box::new(ready))),
        ("bare", record::Event::Interval(Box::new(logged_in))),
    ];
    samples
        .map(|(more, event)| (more, Event::Record(event)))
        .into()
}

fn routes() -> Vec<Sample<Event>> {
    let (of, id) = (subject(), RouteRequestId(9));
    let requested = |request| route::Event::Requested {
        of,
        request: Box::new(request),
    };
    let widened = |widens_at| route::Event::Widened {
        of,
        request: id,
        step: 2,
        widens_at,
    };
    let samples = [
        ("", requested(request())),
        ("bare", requested(bare_request())),
        ("", widened(Some(EngineTime(70_000)))),
        ("bare", widened(None)),
        (
            "",
            route::Event::Changed {
                of,
                request: Box::new(chosen_request()),
                cause: ChangeCause::Asked,
            },
        ),
        (
            "targets",
            route::Event::Changed {
                of,
                request: Box::new(documented_request()),
                cause: ChangeCause::NextTargets,
            },
        ),
        (
            "",
            route::Event::Thresholds {
                turned: escalation()
                    .gates(Medium::Chat)
                    .zip([true, false])
                    .collect(),
                look_at: Some(EngineTime(15_000)),
            },
        ),
        (
            "",
            route::Event::Cooled {
                of,
                request: id,
                agent: AgentId(3),
            },
        ),
        (
            "",
            route::Event::Cancelled {
                of,
                request: id,
                cause: Cancelled::Asked,
                rests: true,
            },
        ),
    ];
    samples
        .map(|(more, event)| (more, Event::Route(event)))
        .into()
}
