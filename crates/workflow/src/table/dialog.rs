//! What a caller hears and presses.

use super::shape::{Action, Attribute, Child, Field, Module, Room, Value};

const ROOM: Room = Room::Missing("voice");
const ERRORS: &[Field] = &[Field::new("no_such_room", "there is no voice channel yet")];
const WHICH: Attribute = Attribute::value("interactionid", Value::Text, "which call")
    .or("the one the session was started for");
const DEVICE: Attribute = Attribute::value("device", Value::Text, "read for older documents");
const LANGUAGE: Attribute = Attribute::value("language", Value::Text, "in which language");
const DIGITS: &[Field] = &[Field::new("digits", "what was pressed")];

const PROMPT: Child = Child::new(
    "prompt",
    "one piece of speech",
    &[
        Attribute::value("text", Value::Text, "to be spoken"),
        Attribute::value("intid", Value::Text, "a recording, by its id"),
        Attribute::value("number", Value::Any, "a number to be spoken"),
        Attribute::value("userannid", Value::Text, "a recording of the tenant"),
        Attribute::value("interrupt", Value::Truth, "a key ends it").or("true"),
    ],
);
const PROMPTS: Child = Child {
    children: &[PROMPT],
    ..Child::new(
        "prompts",
        "what is played, one to ten pieces",
        &[Attribute::value(
            "type",
            Value::OneOf(&["tts", "ann", "iretry", "ifailure", "isuccess", "itimeout"]),
            "when",
        )
        .or("ann")],
    )
};
const INPUT: Child = Child::new(
    "input",
    "what is collected",
    &[
        Attribute::value("max_digits", Value::Number, "how many at most").or("1"),
        Attribute::value("abort_digits", Value::Text, "keys that give up"),
        Attribute::value("term_digits", Value::Text, "keys that end the input"),
        Attribute::value("ignore_digits", Value::Text, "keys that do not count"),
        Attribute::value("total_timeout", Value::Duration, "how long in all"),
        Attribute::value(
            "digit_timeout",
            Value::Duration,
            "how long between two keys",
        ),
        Attribute::value("retries", Value::Number, "how often it is asked again").or("0"),
    ],
);

const fn speaking(
    name: &'static str,
    purpose: &'static str,
    children: &'static [Child],
    done: &'static [Field],
) -> Action {
    Action {
        attributes: &[WHICH, DEVICE, LANGUAGE],
        children,
        done,
        errors: ERRORS,
        room: ROOM,
        ..Action::new(name, purpose)
    }
}

pub(super) const DIALOG: Module = Module {
    name: "dialog",
    older: &["dialog"],
    about: "What a caller hears, says and presses.",
    actions: &[
        speaking("play", "Plays announcements.", &[PROMPTS, PROMPT], &[]),
        speaking(
            "playandcollect",
            "Plays announcements and collects keys.",
            &[PROMPTS, PROMPT, INPUT],
            DIGITS,
        ),
        speaking(
            "playandverify",
            "Plays announcements, collects keys and compares them.",
            &[PROMPTS, PROMPT, INPUT],
            DIGITS,
        ),
        speaking("collect", "Collects keys.", &[INPUT], DIGITS),
        Action {
            attributes: &[
                WHICH,
                DEVICE,
                Attribute::value(
                    "type",
                    Value::OneOf(&["music", "ringback", "busy", "fastbusy", "silence"]),
                    "what is heard",
                )
                .or("'music'"),
                Attribute::value("duration", Value::Duration, "for how long"),
                Attribute::value("resource", Value::Text, "which music"),
            ],
            errors: ERRORS,
            room: ROOM,
            ..Action::new("playsound", "Plays music or a tone.")
        },
        Action {
            attributes: &[
                WHICH,
                DEVICE,
                Attribute::value("src", Value::Text, "the document or application"),
                Attribute::value("type", Value::Text, "what it is"),
            ],
            children: &[super::session::PARAM],
            done: &[Field::new("result", "what the dialogue returned")],
            errors: ERRORS,
            room: ROOM,
            ..Action::new(
                "start",
                "Starts a dialogue of its own, such as a VoiceXML document.",
            )
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("request", Value::Text, "which request").or("all of the call"),
            ],
            errors: ERRORS,
            room: ROOM,
            ..Action::new("stop", "Ends what is played or collected.")
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("duration", Value::Duration, "for how long").required(),
            ],
            errors: ERRORS,
            room: ROOM,
            ..Action::new("pause", "Says nothing for a while.")
        },
    ],
    events: &[],
};
