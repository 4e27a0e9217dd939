//! Contacts and their history.

use super::shape::{Action, Attribute, Field, Module, Room, Value};

const ROOM: Room = Room::Missing("contacts");
const NO_ROOM: Field = Field::new("no_such_room", "contacts are not kept yet");

pub(super) const CONTACT: Module = Module {
    name: "contact",
    older: &["contact", "ucs"],
    about: "Customers and their history.",
    actions: &[
        Action {
            attributes: &[
                Attribute::value("interactionid", Value::Text, "whose interaction")
                    .or("the one the session was started for"),
                Attribute::value(
                    "attributes",
                    Value::Members,
                    "what is known of the customer",
                ),
                Attribute::value("create", Value::Truth, "makes a contact if there is none")
                    .or("true"),
                Attribute::value(
                    "update",
                    Value::Truth,
                    "writes what is new into the contact",
                )
                .or("false"),
            ],
            done: &[
                Field::new("contactid", "the contact"),
                Field::new("candidates", "others that fit"),
            ],
            errors: &[NO_ROOM],
            room: ROOM,
            ..Action::new("identify", "Finds out whose interaction it is.")
        },
        Action {
            attributes: &[
                Attribute::value("contactid", Value::Text, "which contact").required(),
                Attribute::value("attributes", Value::Members, "what is written").required(),
            ],
            errors: &[NO_ROOM],
            room: ROOM,
            ..Action::new("update", "Writes into a contact.")
        },
        Action {
            attributes: &[
                Attribute::value("contactid", Value::Text, "whose interactions"),
                Attribute::value("status", Value::Text, "open or stopped"),
                Attribute::value("limit", Value::Number, "how many").or("20"),
            ],
            done: &[Field::new(
                "interactions",
                "what was found, the newest first",
            )],
            errors: &[NO_ROOM],
            room: ROOM,
            ..Action::new("history", "Looks for interactions of a contact.")
        },
    ],
    events: &[],
};
