//! Messages, calls and chat lines that a workflow sends itself.

use super::shape::{Action, Attribute, Event, Field, Module, Room, Value};

const WHICH: Attribute = Attribute::value("interactionid", Value::Text, "which interaction")
    .or("the one the session was started for");

pub(super) const MESSAGE: Module = Module {
    name: "msgbased",
    older: &["msgbased"],
    about: "Mail and text messages.",
    actions: &[
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
                WHICH,
                Attribute::value("media", Value::Text, "the medium"),
                Attribute::value("server", Value::Text, "read for older documents"),
                Attribute::value("response", Value::Text, "a standard response by its name"),
                Attribute::value("to", Value::Text, "to whom"),
                Attribute::value("subject", Value::Text, "its subject"),
                Attribute::value("text", Value::Text, "its text"),
                Attribute::value("userdata", Value::Members, "its user data"),
            ],
            done: &[Field::new("interactionid", "the new interaction")],
            errors: &[Field::new(
                "no_such_room",
                "there is no channel for messages yet",
            )],
            room: Room::Missing("mail and text"),
            ..Action::new("createmessage", "Makes a message.")
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("receipt", Value::Truth, "asks for a notice of delivery")
                    .or("false"),
                Attribute::value("server", Value::Text, "read for older documents"),
                Attribute::value("media", Value::Text, "read for older documents"),
            ],
            errors: &[Field::new(
                "no_such_room",
                "there is no channel for messages yet",
            )],
            room: Room::Missing("mail and text"),
            ..Action::new("sendmessage", "Sends a message.")
        },
    ],
    events: &[],
};

pub(super) const VOICE: Module = Module {
    name: "voice",
    older: &["voice"],
    about: "Calls.",
    actions: &[Action {
        attributes: &[
            Attribute::value("to", Value::Text, "whom").required(),
            Attribute::value("from", Value::Text, "the number that is shown"),
            Attribute::value(
                "type",
                Value::OneOf(&[
                    "regular",
                    "agent",
                    "supervisor",
                    "priority",
                    "agentpriority",
                    "predictive",
                ]),
                "what kind of call",
            )
            .or("'regular'"),
            Attribute::value("reason", Value::Text, "why"),
            Attribute::value("timeout", Value::Duration, "for how long it rings"),
            Attribute::value("userdata", Value::Members, "its user data"),
            Attribute::value("udata", Value::Members, "the older name of `userdata`"),
        ],
        done: &[
            Field::new("interactionid", "the new call"),
            Field::new(
                "callstate",
                "what answered: person, machine, fax, busy, no answer",
            ),
        ],
        errors: &[Field::new("no_such_room", "there is no voice channel yet")],
        room: Room::Missing("voice"),
        ..Action::new("createcall", "Dials.")
    }],
    events: &[],
};

pub(super) const CHAT: Module = Module {
    name: "chat",
    older: &["chat"],
    about: "Chats.",
    actions: &[
        Action {
            older: &["sendchatmessage"],
            attributes: &[
                WHICH,
                Attribute::value("text", Value::Text, "what is said"),
                Attribute::value("message", Value::Text, "the older name of `text`"),
                Attribute::value("from", Value::Text, "in whose name").or("the platform's"),
                Attribute::value(
                    "visibility",
                    Value::OneOf(&["all", "agents"]),
                    "who reads it",
                )
                .or("all"),
            ],
            errors: &[Field::new("no_such_room", "there is no chat channel yet")],
            room: Room::Missing("chat"),
            ..Action::new("say", "Says something in a chat.")
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("last", Value::Number, "only the last lines").or("all"),
            ],
            done: &[Field::new("content", "the lines")],
            errors: &[Field::new("no_such_room", "there is no chat channel yet")],
            room: Room::Missing("chat"),
            ..Action::new("getcontent", "Reads the lines of a chat.")
        },
    ],
    events: &[Event {
        name: "chat.line",
        meaning: "somebody said something",
        fields: &[
            Field::new("interactionid", "in which chat"),
            Field::new("from", "who"),
            Field::new("text", "what"),
        ],
    }],
};
