//! Everything that may reach the heart.

use crate::config_samples::{agent_body, group, settings};
use crate::files::{Sample, hold, named};
use crate::samples::{ask, escalation, name, selection, user_data};
use ringback_model::agent::Manner;
use ringback_model::config::{Body, Expected, Kind, QueueBody, Role, VirtualQueueBody};
use ringback_model::effect::Report;
use ringback_model::interaction::{StopCause, Submission};
use ringback_model::route::{Select, Selection};
use ringback_model::value::UserData;
use ringback_model::{
    AgentId, ContactId, DeskSessionId, EffectId, Input, InteractionId, KeyId, Medium, Millis,
    OfferId, RouteRequestId, Tier, agent, config, contact, effect, interaction, login, node, offer,
    route,
};
use std::collections::BTreeSet;

named!(Input {
    Input::Agent(agent::Input::LogIn { .. }) => "agent.log_in",
    Input::Agent(agent::Input::LogOut { .. }) => "agent.log_out",
    Input::Agent(agent::Input::Ready { .. }) => "agent.ready",
    Input::Agent(agent::Input::NotReady { .. }) => "agent.not_ready",
    Input::Agent(agent::Input::Subscribe { .. }) => "agent.subscribe",
    Input::Agent(agent::Input::Unsubscribe { .. }) => "agent.unsubscribe",
    Input::Agent(agent::Input::DeskLost { .. }) => "agent.desk_lost",
    Input::Agent(agent::Input::DeskBack { .. }) => "agent.desk_back",
    Input::Config(config::Input::PutQueue { .. }) => "config.put_queue",
    Input::Config(config::Input::PutVirtualQueue { .. }) => "config.put_virtual_queue",
    Input::Config(config::Input::PutAgent { .. }) => "config.put_agent",
    Input::Config(config::Input::MakeKey { .. }) => "config.make_key",
    Input::Config(config::Input::RevokeKey { .. }) => "config.revoke_key",
    Input::Config(config::Input::PutSettings { .. }) => "config.put_settings",
    Input::Config(config::Input::Put { .. }) => "config.put",
    Input::Config(config::Input::Delete { .. }) => "config.delete",
    Input::Contact(contact::Input::Erased { .. }) => "contact.erased",
    Input::Effect(effect::Input::Start { .. }) => "effect.start",
    Input::Effect(effect::Input::Report { .. }) => "effect.report",
    Input::Interaction(interaction::Input::Submit(_)) => "interaction.submit",
    Input::Interaction(interaction::Input::Complete { .. }) => "interaction.complete",
    Input::Interaction(interaction::Input::Stop { .. }) => "interaction.stop",
    Input::Login(login::Input::PutPolicy { .. }) => "login.put_policy",
    Input::Login(login::Input::MakeLink { .. }) => "login.make_link",
    Input::Login(login::Input::SetPassword { .. }) => "login.set_password",
    Input::Login(login::Input::LogIn { .. }) => "login.log_in",
    Input::Login(login::Input::Seen { .. }) => "login.seen",
    Input::Login(login::Input::End { .. }) => "login.end",
    Input::Login(login::Input::EndAll { .. }) => "login.end_all",
    Input::Login(login::Input::EnrolTotp { .. }) => "login.enrol_totp",
    Input::Login(login::Input::ConfirmTotp { .. }) => "login.confirm_totp",
    Input::Login(login::Input::RemoveTotp { .. }) => "login.remove_totp",
    Input::Interaction(interaction::Input::Begin { .. }) => "interaction.begin",
    Input::Interaction(interaction::Input::Place { .. }) => "interaction.place",
    Input::Interaction(interaction::Input::Pull { .. }) => "interaction.pull",
    Input::Interaction(interaction::Input::Change { .. }) => "interaction.change",
    Input::Interaction(interaction::Input::Invite { .. }) => "interaction.invite",
    Input::Interaction(interaction::Input::Join { .. }) => "interaction.join",
    Input::Interaction(interaction::Input::Leave { .. }) => "interaction.leave",
    Input::Interaction(interaction::Input::Hold { .. }) => "interaction.hold",
    Input::Interaction(interaction::Input::Resume { .. }) => "interaction.resume",
    Input::Interaction(interaction::Input::Lock { .. }) => "interaction.lock",
    Input::Interaction(interaction::Input::Unlock { .. }) => "interaction.unlock",
    Input::Interaction(interaction::Input::Wrap { .. }) => "interaction.wrap",
    Input::Node(node::Input::Opened { .. }) => "node.opened",
    Input::Node(node::Input::Due { .. }) => "node.due",
    Input::Node(node::Input::ClockJumped { .. }) => "node.clock_jumped",
    Input::Node(node::Input::Refusals { .. }) => "node.refusals",
    Input::Offer(offer::Input::Accept { .. }) => "offer.accept",
    Input::Offer(offer::Input::Reject { .. }) => "offer.reject",
    Input::Offer(offer::Input::Withdraw { .. }) => "offer.withdraw",
    Input::Route(route::Input::Request { .. }) => "route.request",
    Input::Route(route::Input::Change { .. }) => "route.change",
    Input::Route(route::Input::Cancel { .. }) => "route.cancel",
});

#[test]
fn each_input_is_written_as_it_always_was() {
    let samples = [
        agents(),
        configuration(),
        interactions(),
        crate::logins::inputs(),
        the_rest(),
    ];
    hold(
        "input",
        NAMES,
        name_of,
        samples.into_iter().flatten().collect(),
    );
}

#[test]
fn the_name_people_see_is_the_name_in_the_journal() {
    let samples = [
        agents(),
        configuration(),
        interactions(),
        crate::logins::inputs(),
        the_rest(),
    ];
    for (_, input) in samples.into_iter().flatten() {
        assert_eq!(input.name(), name_of(&input));
    }
}

fn agents() -> Vec<Sample<Input>> {
    let agent = AgentId(3);
    let session = DeskSessionId(4);
    let media = vec![Medium::Voice, Medium::Chat];
    let reason = name("lunch");
    let inputs = [
        agent::Input::LogIn {
            agent,
            media: media.clone(),
        },
        agent::Input::LogOut { agent },
        agent::Input::Ready {
            agent,
            media: media.clone(),
        },
        agent::Input::NotReady {
            agent,
            media,
            reason: reason.clone(),
            manner: Manner::Now,
        },
        agent::Input::DeskLost { agent, session },
        agent::Input::DeskBack { agent, session },
        agent::Input::Subscribe {
            agent,
            group: None,
            workbin: name("drafts"),
        },
        agent::Input::Unsubscribe {
            agent,
            group: Some(name("team")),
            workbin: name("mail"),
        },
    ];
    let of_group = agent::Input::Subscribe {
        agent,
        group: Some(name("team")),
        workbin: name("mail"),
    };
    let manners = [
        ("after_this", Manner::AfterThis),
        ("do_not_disturb", Manner::DoNotDisturb),
    ];
    let manners = manners.map(|(tag, manner)| {
        let input = agent::Input::NotReady {
            agent,
            media: Vec::new(),
            reason: reason.clone(),
            manner,
        };
        (tag, Input::Agent(input))
    });
    let inputs = inputs.map(|input| ("", Input::Agent(input)));
    let of_group = [("group", Input::Agent(of_group))];
    inputs.into_iter().chain(manners).chain(of_group).collect()
}

fn configuration() -> Vec<Sample<Input>> {
    let key = |role, queues, agent| config::Input::MakeKey {
        name: name("shop"),
        hash: "00ff".to_owned(),
        role,
        queues,
        groups: None,
        agent,
        bounds: None,
    };
    let bounded = config::Input::MakeKey {
        name: name("shop"),
        hash: "00ff".to_owned(),
        role: Role::Auditor,
        queues: None,
        groups: None,
        agent: None,
        bounds: Some(Box::new(crate::logins::bounds())),
    };
    let leading = config::Input::MakeKey {
        name: name("team"),
        hash: "00ff".to_owned(),
        role: Role::Supervisor,
        queues: None,
        groups: Some(BTreeSet::from([name("sales")])),
        agent: None,
        bounds: None,
    };
    let samples = [
        (
            "",
            config::Input::PutQueue {
                name: name("inbox"),
                body: QueueBody {
                    open_max: 10,
                    ..QueueBody::default()
                },
                expected: Expected::Version(3),
            },
        ),
        (
            "",
            config::Input::PutVirtualQueue {
                name: name("support"),
                body: VirtualQueueBody {
                    waiting_max: 5,
                    short_abandon: Millis::seconds(5),
                    ..VirtualQueueBody::default()
                },
                expected: Expected::Absent,
            },
        ),
        (
            "",
            config::Input::PutAgent {
                name: name("anna"),
                body: agent_body(),
                expected: Expected::Any,
            },
        ),
        (
            "",
            key(
                Role::Integrator,
                Some(BTreeSet::from([name("inbox")])),
                None,
            ),
        ),
        ("agent", key(Role::Agent, None, Some(name("anna")))),
        ("bounds", bounded),
        ("groups", leading),
        ("", config::Input::RevokeKey { name: name("shop") }),
        (
            "",
            config::Input::PutSettings {
                settings: Box::new(settings()),
                expected: Expected::Any,
            },
        ),
        (
            "",
            config::Input::Put {
                name: name("sales"),
                body: Box::new(Body::Group(group())),
                expected: Expected::Version(2),
            },
        ),
        (
            "disabled",
            config::Input::Put {
                name: name("paula"),
                body: Box::new(Body::Person(config::Person {
                    display_name: String::new(),
                    email: None,
                    role: Role::Auditor,
                    queues: None,
                    groups: None,
                    agent: None,
                    disabled: true,
                })),
                expected: Expected::Any,
            },
        ),
        (
            "",
            config::Input::Delete {
                kind: Kind::Queue,
                name: name("inbox"),
                expected: Expected::Any,
                move_to: Some(name("orders")),
            },
        ),
        (
            "timeouts",
            config::Input::PutSettings {
                settings: Box::new(crate::config_samples::settings_with_timeouts()),
                expected: Expected::Any,
            },
        ),
    ];
    samples
        .map(|(more, input)| (more, Input::Config(input)))
        .into()
}

fn submission() -> Submission {
    Submission {
        queue: name("inbox"),
        medium: Medium::Chat,
        kind: name("inbound"),
        subkind: Some(name("complaint")),
        tier: Tier(2),
        contact: Some(ContactId(6)),
        parent: Some(InteractionId(5)),
        user_data: user_data(),
        route: Some(ask()),
        said: ringback_model::Rare::none(),
    }
}

fn interactions() -> Vec<Sample<Input>> {
    let bare = Submission {
        subkind: None,
        tier: Tier(0),
        contact: None,
        parent: None,
        user_data: UserData::default(),
        route: None,
        ..submission()
    };
    let complete = |disposition| interaction::Input::Complete {
        interaction: InteractionId(7),
        agent: AgentId(3),
        reason: name("done"),
        disposition,
    };
    let stop = |cause| interaction::Input::Stop {
        interaction: InteractionId(7),
        cause,
    };
    let reason = name("duplicate");
    let said = Submission {
        said: ringback_model::Rare::of(crate::handling::particulars()),
        ..submission()
    };
    let samples = [
        ("said", interaction::Input::Submit(Box::new(said))),
        ("", interaction::Input::Submit(Box::new(submission()))),
        ("bare", interaction::Input::Submit(Box::new(bare))),
        ("", complete(Some(name("sold")))),
        ("bare", complete(None)),
        ("", stop(StopCause::Abandoned)),
        ("cancelled", stop(StopCause::Cancelled { reason })),
    ];
    samples
        .into_iter()
        .chain(crate::handling::inputs(submission()))
        .map(|(more, input)| (more, Input::Interaction(input)))
        .collect()
}

fn the_rest() -> Vec<Sample<Input>> {
    let (offer, agent) = (OfferId(12), AgentId(3));
    let effect = EffectId(8);
    vec![
        (
            "",
            Input::Contact(contact::Input::Erased {
                contact: Some(ContactId(6)),
                keys: vec![KeyId(11), KeyId(12)],
            }),
        ),
        ("", Input::Effect(effect::Input::Start { effect })),
        (
            "",
            Input::Effect(effect::Input::Report {
                effect,
                report: Report::Done,
            }),
        ),
        (
            "",
            Input::Node(node::Input::Opened {
                outage: Millis::seconds(90),
                clock_off: -250,
            }),
        ),
        ("", Input::Node(node::Input::Due { limit: 100 })),
        ("", Input::Node(node::Input::ClockJumped { by: -3_600_000 })),
        (
            "",
            Input::Node(node::Input::Refusals {
                list: crate::logins::turned_away(),
                beyond: 7,
            }),
        ),
        ("", Input::Offer(offer::Input::Accept { offer, agent })),
        ("", Input::Offer(offer::Input::Withdraw { offer, agent })),
        (
            "",
            Input::Offer(offer::Input::Reject {
                offer,
                agent,
                reason: name("busy"),
            }),
        ),
        (
            "",
            Input::Route(route::Input::Request {
                interaction: InteractionId(7),
                ask: Box::new(ask()),
            }),
        ),
        (
            "chosen",
            Input::Route(route::Input::Request {
                interaction: InteractionId(7),
                ask: Box::new(route::Ask {
                    selection: ringback_model::Rare::of(selection()),
                    ..ask()
                }),
            }),
        ),
        (
            "targets",
            Input::Route(route::Input::Request {
                interaction: InteractionId(7),
                ask: Box::new(route::Ask {
                    targets: Some(Box::new(escalation())),
                    ..ask()
                }),
            }),
        ),
        (
            "",
            Input::Route(route::Input::Change {
                request: RouteRequestId(9),
                change: Box::new(route::Change {
                    tier: Some(Tier(7)),
                    credit: Some(Millis::seconds(30)),
                    target: Some(ask().target),
                    targets: None,
                    selection: Some(selection()),
                }),
            }),
        ),
        (
            "targets",
            Input::Route(route::Input::Change {
                request: RouteRequestId(9),
                change: Box::new(route::Change {
                    targets: Some(escalation()),
                    selection: Some(Selection {
                        select: Select::Percentage,
                        not_author: true,
                        not_reviewer: true,
                        ..Selection::default()
                    }),
                    ..route::Change::default()
                }),
            }),
        ),
        (
            "",
            Input::Route(route::Input::Cancel {
                request: RouteRequestId(9),
            }),
        ),
    ]
}
