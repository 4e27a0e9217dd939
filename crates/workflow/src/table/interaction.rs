//! What a session does with the interactions it owns.

use super::shape::{Action, Attribute, Event, Field, Module, Room, Settles, Value};

const WHICH: Attribute = Attribute::value("interactionid", Value::Text, "which interaction")
    .or("the one the session was started for");

const NOT_OWNED: Field = Field::new("not_owned", "the interaction is not this session's");
const STOPPED: Field = Field::new("stopped", "the interaction is over");
const INVALID_PLACE: Field = Field::new("invalid_place", "it is where this cannot be done with it");

pub(super) const INTERACTION: Module = Module {
    name: "interaction",
    older: &["interaction", "ixn"],
    about: "The interactions that a session owns: taking them, giving them away, their data, their place.",
    actions: &[
        Action {
            attributes: &[
                WHICH,
                Attribute::value("resource", Value::Text, "where it is taken"),
            ],
            errors: &[NOT_OWNED, INVALID_PLACE],
            ..Action::new(
                "accept",
                "Takes an interaction that is offered to the platform, such as a ringing call.",
            )
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("to", Value::Text, "an agent, queue, workbin or number")
                    .required(),
                Attribute::value("from", Value::Text, "the party it is taken from"),
                Attribute::value("type", Value::Text, "how: read for older documents"),
                Attribute::value("detach", Value::Truth, "the session lets go of it").or("true"),
            ],
            done: &[Field::new("resource", "where it went")],
            errors: &[
                NOT_OWNED,
                STOPPED,
                INVALID_PLACE,
                Field::new("no_such_target", "there is nothing of this name"),
            ],
            settles: Settles::AtOnce,
            ..Action::new(
                "redirect",
                "Sends an interaction to somebody or something by name, without a choice.",
            )
        },
        Action {
            attributes: &[WHICH],
            errors: &[Field::new("owned", "another session owns it"), STOPPED],
            ..Action::new(
                "attach",
                "Takes ownership of an interaction that no session owns.",
            )
        },
        Action {
            attributes: &[WHICH],
            errors: &[NOT_OWNED],
            ..Action::new("detach", "Lets go of an interaction; it stays where it is.")
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("sessionid", Value::Text, "the new owner").required(),
            ],
            errors: &[
                NOT_OWNED,
                Field::new("no_such_session", "the new owner is not there"),
            ],
            settles: Settles::AtOnce,
            ..Action::new("associate", "Hands an interaction to another session.")
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("reason", Value::Text, "why").or("normal"),
                Attribute::value("resource", Value::Text, "read for older documents"),
            ],
            errors: &[NOT_OWNED, STOPPED],
            settles: Settles::AtOnce,
            ..Action::new("terminate", "Ends an interaction, live media included.")
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("reason", Value::Text, "why").or("done"),
                Attribute::value("dispositions", Value::List, "what came of it"),
            ],
            errors: &[
                NOT_OWNED,
                STOPPED,
                Field::new("no_such_disposition", "it is not on the list of its queue"),
            ],
            settles: Settles::AtOnce,
            ..Action::new("stop", "Closes an interaction for good; its history stays.")
        },
        Action {
            attributes: &[
                Attribute::value("medium", Value::Text, "the medium").required(),
                Attribute::value("queue", Value::Text, "the interaction queue it begins in")
                    .required(),
                Attribute::value("type", Value::Text, "inbound, outbound or internal")
                    .or("internal"),
                Attribute::value("subtype", Value::Text, "what kind of it"),
                Attribute::value("parent", Value::Text, "the interaction it comes from")
                    .or("the one the session was started for"),
                Attribute::value("userdata", Value::Members, "its user data"),
            ],
            done: &[Field::new("interactionid", "the new interaction")],
            errors: &[
                Field::new("no_such_queue", "there is no queue of this name"),
                Field::new("full", "the queue is full"),
            ],
            ..Action::new(
                "create",
                "Makes an interaction, such as a child for a review.",
            )
        },
        Action {
            older: &["queueinteraction"],
            attributes: &[
                WHICH,
                Attribute::value("queue", Value::Text, "an interaction queue"),
                Attribute::value("workbin", Value::Text, "or a workbin"),
                Attribute::value(
                    "owner",
                    Value::Text,
                    "whose workbin: an agent, or `author` or `reviewer`",
                ),
                Attribute::value("detach", Value::Truth, "the session lets go of it").or("true"),
            ],
            done: &[Field::new("place", "where it rests now")],
            errors: &[
                NOT_OWNED,
                STOPPED,
                INVALID_PLACE,
                Field::new("no_such_queue", "there is no queue of this name"),
                Field::new("no_such_workbin", "there is no workbin of this name"),
                Field::new("full", "it is full"),
            ],
            settles: Settles::AtOnce,
            ..Action::new(
                "place",
                "Puts an interaction to rest in a queue or a workbin.",
            )
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("keys", Value::List, "which values").or("all"),
            ],
            done: &[
                Field::new("userdata", "the values by their names"),
                Field::new(
                    "properties",
                    "medium, type, subtype, priority, queue, author, reviewer, created",
                ),
            ],
            errors: &[NOT_OWNED, STOPPED],
            ..Action::new(
                "getdata",
                "Reads user data and properties of an interaction.",
            )
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value(
                    "userdata",
                    Value::Members,
                    "names and values; null takes one away",
                )
                .required(),
            ],
            errors: &[
                NOT_OWNED,
                STOPPED,
                Field::new("too_big", "a limit of user data is reached"),
            ],
            ..Action::new("setdata", "Changes user data of an interaction.")
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("priority", Value::Number, "the tier: higher goes first")
                    .required(),
            ],
            errors: &[NOT_OWNED, STOPPED],
            ..Action::new(
                "setpriority",
                "Changes the priority of an interaction and of its requests.",
            )
        },
        Action {
            attributes: &[
                Attribute::value(
                    "type",
                    Value::OneOf(&[
                        "acknowledgement",
                        "auto_response",
                        "outbound_new",
                        "inbound_collaboration_reply",
                        "outbound_collaboration_invite",
                        "outbound_notification",
                        "redirect",
                        "forwarded",
                    ]),
                    "what kind of message",
                )
                .required(),
                Attribute::value("media", Value::Text, "the medium"),
                Attribute::value("userdata", Value::Members, "its user data"),
            ],
            done: &[Field::new("interactionid", "the new interaction")],
            errors: &[Field::new("no_such_room", "there is no channel for it yet")],
            room: Room::Missing("mail"),
            ..Action::new(
                "createmessage",
                "Makes a message that answers or forwards an interaction.",
            )
        },
    ],
    events: &[
        Event {
            name: "interaction.present",
            meaning: "the session has begun, or has got an interaction: it owns it",
            fields: &[
                Field::new("interactionid", "which interaction"),
                Field::new("medium", "its medium"),
                Field::new("type", "its type"),
                Field::new("subtype", "its subtype"),
                Field::new("priority", "its tier"),
                Field::new("queue", "the interaction queue it came from"),
                Field::new(
                    "userdata",
                    "its user data, as far as workflows may read them",
                ),
            ],
        },
        Event {
            name: "interaction.added",
            meaning: "another session has handed an interaction over",
            fields: &[Field::new("interactionid", "which interaction")],
        },
        Event {
            name: "interaction.deleted",
            meaning: "an interaction of the session is over, or belongs to another session now",
            fields: &[
                Field::new("interactionid", "which interaction"),
                Field::new("reason", "why"),
            ],
        },
        Event {
            name: "interaction.notcontrolled",
            meaning: "somebody else has taken the interaction: a supervisor, an agent who pulled it, another session",
            fields: &[
                Field::new("interactionid", "which interaction"),
                Field::new("by", "who"),
            ],
        },
        Event {
            name: "interaction.udata.changed",
            meaning: "user data changed",
            fields: &[
                Field::new("interactionid", "which interaction"),
                Field::new("u", "the values that changed"),
            ],
        },
        Event {
            name: "interaction.partystatechanged",
            meaning: "somebody takes part, or does so no more",
            fields: &[
                Field::new("interactionid", "which interaction"),
                Field::new("party", "who"),
                Field::new("state", "how"),
            ],
        },
        Event {
            name: "interaction.handled",
            meaning: "the agent is done with the interaction and it has come back to the session",
            fields: &[
                Field::new("interactionid", "which interaction"),
                Field::new("agent", "who handled it"),
                Field::new("reason", "how it ended"),
                Field::new("dispositions", "what came of it"),
            ],
        },
        Event {
            name: "interaction.child.done",
            meaning: "a child of an interaction of the session is over",
            fields: &[
                Field::new("interactionid", "which interaction"),
                Field::new("childid", "which child"),
                Field::new("reason", "how it ended"),
                Field::new("agent", "who handled it last"),
                Field::new("dispositions", "what came of it"),
                Field::new("userdata", "its user data"),
            ],
        },
    ],
};
