//! Screening and classification.

use super::shape::{Action, Attribute, Field, Module, Room, Value};

const ROOM: Room = Room::Missing("content");
const NO_ROOM: Field = Field::new(
    "no_such_room",
    "there is no screening and no classification yet",
);
const WHICH: Attribute = Attribute::value("interactionid", Value::Text, "which interaction")
    .or("the one the session was started for");

pub(super) const CLASSIFICATION: Module = Module {
    name: "classification",
    older: &["classification"],
    about: "What a text is about.",
    actions: &[
        Action {
            attributes: &[
                WHICH,
                Attribute::value("root", Value::Text, "the category that is started from")
                    .required(),
                Attribute::value("server", Value::Text, "read for older documents"),
            ],
            done: &[Field::new(
                "categories",
                "categories with their relevance, the best first",
            )],
            errors: &[NO_ROOM],
            room: ROOM,
            ..Action::new(
                "classify",
                "Finds categories by what was learnt from examples.",
            )
        },
        Action {
            attributes: &[
                WHICH,
                Attribute::value("rules", Value::List, "which screening rules")
                    .or("all of its queue"),
                Attribute::value("root", Value::Text, "the category whose rules are taken"),
                Attribute::value("server", Value::Text, "read for older documents"),
            ],
            done: &[
                Field::new("rules", "the rules that hold"),
                Field::new("categories", "their categories"),
                Field::new("data", "what the rules took out of the text"),
            ],
            errors: &[NO_ROOM],
            room: ROOM,
            ..Action::new("screen", "Finds out which screening rules hold.")
        },
    ],
    events: &[],
};
