//! What is done with interactions at work, as inputs and events.

use crate::samples::{at, interaction, name, subject, user_data};
use ringback_model::interaction::{
    self as it, Change, Destination, Doer, Edit, Ending, Exit, ExitTo, Lock, More, Particulars,
    Placed, PlacedSequence, Rest, Submission, WhyLeft, WhyPlaced, Wish, Wrap, WrapAct,
};
use ringback_model::place::{BinOwner, Place, Role};
use ringback_model::{
    AgentId, EngineTime, InteractionId, KeyId, Medium, Millis, OfferId, Personal, QueueId, Rare,
    Sealed, Tier, WallTime,
};

const ANNA: AgentId = AgentId(3);
const IT: InteractionId = InteractionId(7);

fn text() -> Personal<String> {
    Personal::new(Sealed {
        key: KeyId(11),
        contact: None,
        bytes: Box::from([1, 2, 3]),
    })
}

fn ways() -> Vec<Exit> {
    let to = |exit, to| Exit {
        name: name(exit),
        to,
    };
    vec![
        to("send", ExitTo::Queue(name("outbox"))),
        to("done", ExitTo::Stop),
    ]
}

pub(crate) fn particulars() -> Particulars {
    Particulars {
        external_id: Some("MAIL-7".to_owned()),
        subject: Some(text()),
        comment: Some(text()),
        in_queues: ways(),
        out_queues: ways(),
        online: true,
        received: Some(WallTime(1_767_600_000_000)),
        submitted_by: Some(name("mail")),
    }
}

/// An interaction with everything that few have.
pub(crate) fn full_interaction() -> it::Interaction {
    let mut full = interaction();
    full.place = drafts_place();
    full.more = Rare::of(More {
        said: particulars(),
        author: Some(ANNA),
        reviewer: Some(AgentId(4)),
        lock: Some(Lock {
            by: Doer::Supervisor,
            since: at(30),
        }),
        held: Some(at(31)),
        resumed: Some(at(32)),
        moved: Some(at(33)),
        placed: Some(Placed {
            at: at(34),
            sequence: sequence(),
        }),
        pulled_from: Some(drafts()),
        invitations: vec![OfferId(12)],
        handed: None,
        wrap: None,
    });
    full
}

const fn sequence() -> PlacedSequence {
    PlacedSequence {
        submitted: 42,
        placing: 3,
    }
}

fn drafts() -> Rest {
    Rest::Workbin {
        owner: BinOwner::Agent(ANNA),
        workbin: name("drafts"),
    }
}

pub(crate) fn drafts_place() -> Place {
    Place::Workbin {
        workbin: name("drafts"),
        owner: Some(BinOwner::Agent(ANNA)),
    }
}

fn change() -> Box<Change> {
    Box::new(Change {
        kind: Some(name("loan")),
        subkind: Some(Edit::Set(name("complaint"))),
        tier: Some(Tier(5)),
        external_id: Some(Edit::Set("A-1".to_owned())),
        subject: Some(Edit::Set(text())),
        comment: Some(Edit::Clear),
        in_queues: Some(Vec::new()),
        out_queues: Some(ways()),
        online: Some(false),
        received: Some(Edit::Clear),
        reviewer: Some(Edit::Set(ANNA)),
        user_data: Some(user_data()),
    })
}

const fn wrap_act(act: WrapAct) -> it::Input {
    it::Input::Wrap {
        interaction: IT,
        agent: ANNA,
        act,
    }
}

fn wrap() -> Wrap {
    Wrap {
        since: at(47),
        until: Some(EngineTime(50_000)),
        ending: Ending::Completed {
            agent: ANNA,
            reason: name("done"),
            disposition: None,
        },
        disposition: Some(name("sale")),
    }
}

pub(crate) fn inputs(new: Submission) -> Vec<(&'static str, it::Input)> {
    let place = |to, change, reason, force| it::Input::Place {
        interaction: IT,
        by: Doer::Supervisor,
        to,
        change,
        expected: Some(4),
        reason,
        force,
        route: None,
    };
    let routed = it::Input::Place {
        interaction: IT,
        by: Doer::Agent(ANNA),
        to: Destination::Own,
        change: None,
        expected: None,
        reason: None,
        force: false,
        route: Some(Box::new(crate::samples::ask())),
    };
    let workbin = name("drafts");
    let owner = BinOwner::Agent(ANNA);
    let invite = |wish| it::Input::Invite {
        interaction: IT,
        agent: ANNA,
        to: AgentId(4),
        wish,
    };
    vec![
        (
            "",
            it::Input::Begin {
                agent: ANNA,
                new: Box::new(new),
            },
        ),
        (
            "",
            place(
                Destination::Queue(name("orders")),
                Some(change()),
                Some(name("later")),
                true,
            ),
        ),
        (
            "workbin",
            place(
                Destination::Workbin {
                    owner,
                    workbin: workbin.clone(),
                },
                None,
                None,
                false,
            ),
        ),
        (
            "author",
            place(Destination::Author { workbin }, None, None, false),
        ),
        (
            "group",
            place(
                Destination::GroupWorkbin {
                    group: name("team"),
                    workbin: name("mail"),
                },
                None,
                None,
                false,
            ),
        ),
        ("routed", routed),
        ("back", place(Destination::Back, None, None, false)),
        (
            "exit",
            place(Destination::Exit(name("send")), None, None, false),
        ),
        (
            "",
            it::Input::Pull {
                interaction: IT,
                agent: ANNA,
                review: true,
            },
        ),
        (
            "",
            it::Input::Change {
                interaction: IT,
                by: Doer::System,
                change: change(),
                expected: None,
            },
        ),
        ("", invite(Wish::Transfer)),
        ("consult", invite(Wish::Consult)),
        ("conference", invite(Wish::Conference)),
        (
            "",
            it::Input::Join {
                interaction: IT,
                agent: ANNA,
                coach: true,
            },
        ),
        (
            "",
            it::Input::Leave {
                interaction: IT,
                agent: ANNA,
            },
        ),
        (
            "",
            it::Input::Hold {
                interaction: IT,
                agent: ANNA,
            },
        ),
        (
            "",
            it::Input::Resume {
                interaction: IT,
                agent: ANNA,
            },
        ),
        (
            "",
            it::Input::Lock {
                interaction: IT,
                by: Doer::Agent(ANNA),
            },
        ),
        (
            "",
            it::Input::Unlock {
                interaction: IT,
                by: Doer::Supervisor,
            },
        ),
        (
            "",
            wrap_act(WrapAct::Finish {
                disposition: Some(name("sale")),
            }),
        ),
        (
            "extend",
            wrap_act(WrapAct::Extend {
                by: Millis::seconds(60),
            }),
        ),
        (
            "dispose",
            wrap_act(WrapAct::Dispose {
                disposition: name("sale"),
            }),
        ),
    ]
}

pub(crate) fn events() -> Vec<(&'static str, it::Event)> {
    let placed = |to, why, sequence| it::Event::Placed {
        of: subject(),
        to,
        queue: QueueId(3),
        by: Doer::Agent(ANNA),
        why,
        at: at(40),
        sequence,
    };
    let reason = Some(name("later"));
    vec![
        ("full", it::Event::Submitted(Box::new(full_interaction()))),
        (
            "",
            placed(drafts(), WhyPlaced::Asked { reason }, Some(sequence())),
        ),
        (
            "back",
            placed(Rest::Queue(QueueId(3)), WhyPlaced::OwnerLeft, None),
        ),
        (
            "",
            it::Event::Pulled {
                of: subject(),
                from: drafts(),
                agent: ANNA,
                review: true,
                at: at(41),
                medium: None,
            },
        ),
        (
            "",
            it::Event::Changed {
                of: subject(),
                change: change(),
                by: Doer::System,
            },
        ),
        (
            "",
            it::Event::Joined {
                of: subject(),
                agent: ANNA,
                role: Role::Coach,
                at: at(42),
                medium: None,
            },
        ),
        (
            "medium",
            it::Event::Pulled {
                of: subject(),
                from: drafts(),
                agent: ANNA,
                review: true,
                at: at(41),
                medium: Some(Medium::Chat),
            },
        ),
        (
            "medium",
            it::Event::Joined {
                of: subject(),
                agent: ANNA,
                role: Role::Coach,
                at: at(42),
                medium: Some(Medium::Chat),
            },
        ),
        (
            "",
            it::Event::Left {
                of: subject(),
                agent: ANNA,
                role: Role::Owner,
                why: WhyLeft::TakenOut,
                at: at(43),
            },
        ),
        (
            "",
            it::Event::Held {
                of: subject(),
                agent: ANNA,
                at: at(44),
            },
        ),
        (
            "",
            it::Event::Resumed {
                of: subject(),
                agent: ANNA,
                at: at(45),
            },
        ),
        (
            "",
            it::Event::Locked {
                of: subject(),
                by: Doer::Supervisor,
                at: at(46),
            },
        ),
        (
            "",
            it::Event::Unlocked {
                of: subject(),
                held_by: Doer::Agent(ANNA),
                by: Doer::Supervisor,
            },
        ),
        (
            "",
            it::Event::Handed {
                of: subject(),
                view: ringback_model::ObjectId(4),
                segment: None,
                pulls: 1,
                at: at(47),
            },
        ),
        (
            "segment",
            it::Event::Handed {
                of: subject(),
                view: ringback_model::ObjectId(4),
                segment: Some("loan".to_owned()),
                pulls: 2,
                at: at(48),
            },
        ),
        (
            "",
            it::Event::WrapBegun {
                of: subject(),
                agent: ANNA,
                wrap: Box::new(wrap()),
            },
        ),
        (
            "",
            it::Event::WrapChanged {
                of: subject(),
                agent: ANNA,
                until: Some(EngineTime(60_000)),
                disposition: Some(name("sale")),
            },
        ),
    ]
}

pub(crate) fn refusals() -> Vec<it::Refused> {
    use it::Refused;
    vec![
        Refused::WrongPlace {
            interaction: IT,
            place: "routing".to_owned(),
            possible: "queue or workbin".to_owned(),
        },
        Refused::Busy {
            interaction: IT,
            place: "routing".to_owned(),
        },
        Refused::Locked {
            interaction: IT,
            by: Doer::Agent(ANNA),
            since: EngineTime(9_000),
        },
        Refused::NotLocked(IT),
        Refused::VersionMismatch {
            interaction: IT,
            found: 5,
            expected: 4,
        },
        Refused::UnknownExit {
            interaction: IT,
            exit: name("send"),
        },
        Refused::NoAuthor(IT),
        Refused::WorkbinOfAnother {
            interaction: IT,
            owner: BinOwner::Agent(ANNA),
            agent: AgentId(4),
        },
        Refused::Live(IT),
        Refused::NotParty {
            interaction: IT,
            agent: ANNA,
        },
        Refused::PartyAlready {
            interaction: IT,
            agent: ANNA,
        },
        Refused::TooManyParties {
            interaction: IT,
            limit: 8,
        },
        Refused::Held(IT),
        Refused::NotHeld(IT),
        Refused::BegunWithRoute,
        Refused::WrappingUp(IT),
        Refused::NotWrappingUp(IT),
        Refused::NotExtended {
            interaction: IT,
            problem: "it ends when its owner finishes it".to_owned(),
        },
        Refused::Disposition {
            interaction: IT,
            list: name("results"),
            codes: vec!["sale".to_owned(), "sale/repeat".to_owned()],
        },
        Refused::Reason {
            interaction: IT,
            reason: name("because"),
            codes: vec!["solved".to_owned(), "spam/advert".to_owned()],
        },
        Refused::Workbin {
            workbin: name("drafts"),
            problem: "it is full".to_owned(),
        },
    ]
}

#[test]
fn what_few_have_takes_no_room_where_it_is_not() {
    assert!(Rare::of(Particulars::default()).is_none());
    let bare = crate::samples::bare_interaction();
    assert_eq!(bare.medium, Medium::Chat);
    let json = serde_json::to_string(&bare).expect("JSON");
    assert!(!json.contains("more"), "{json}");
}
