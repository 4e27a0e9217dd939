//! Facts of the house and services of others.

use super::session::{CONTENT, PARAM};
use super::shape::{Action, Attribute, Event, Field, Module, Value};

pub(super) const SERVICE: Module = Module {
    name: "service",
    older: &["esp"],
    about: "Requests to services that are connected to the platform by name.",
    actions: &[Action {
        attributes: &[
            Attribute::value("service", Value::Text, "the name of the service").required(),
            Attribute::value("method", Value::Text, "what it shall do").required(),
            Attribute::value("interactionid", Value::Text, "about which interaction"),
            Attribute::value("params", Value::Members, "what it is told"),
            Attribute::value("timeout", Value::Duration, "how long is waited").or("30s"),
        ],
        children: &[PARAM, CONTENT],
        done: &[Field::new("content", "what it answered")],
        errors: &[
            Field::new("timeout", "no answer in time"),
            Field::new("no_such_service", "there is no service of this name"),
            Field::new("refused", "the service says no; `content` tells why"),
        ],
        further: &[Event {
            name: "service.request.late",
            meaning: "the answer came after the time-out",
            fields: &[
                Field::new("requestid", "which request"),
                Field::new("content", "what it answered"),
            ],
        }],
        ..Action::new("request", "Asks a service and waits for its answer.")
    }],
    events: &[],
};

pub(super) const HOURS: Module = Module {
    name: "hours",
    older: &[],
    about: "Opening hours, special days and local time, as they are configured.",
    actions: &[Action {
        attributes: &[
            Attribute::value("name", Value::Text, "which opening hours").required(),
            Attribute::value(
                "at",
                Value::Number,
                "at which instant: milliseconds since 1970",
            )
            .or("now"),
        ],
        done: &[
            Field::new("open", "whether they are open"),
            Field::new("special", "the name of the special day, if it is one"),
            Field::new("next", "when that changes: milliseconds since 1970"),
            Field::new("time", "local time as `HH:MM`"),
            Field::new("date", "local date as `YYYY-MM-DD`"),
            Field::new("day", "day of the week, 1 is Monday"),
        ],
        errors: &[Field::new(
            "no_such_hours",
            "there are no opening hours of this name",
        )],
        ..Action::new("check", "Asks whether opening hours are open.")
    }],
    events: &[],
};

pub(super) const LIST: Module = Module {
    name: "list",
    older: &[],
    about: "Lists of codes and business attributes, as they are configured.",
    actions: &[Action {
        attributes: &[
            Attribute::value("name", Value::Text, "which list").required(),
            Attribute::value("key", Value::Text, "which entry").required(),
            Attribute::value("default", Value::Any, "the value if there is no such entry"),
        ],
        done: &[
            Field::new("value", "the value of the entry"),
            Field::new("found", "whether there is such an entry"),
        ],
        errors: &[Field::new("no_such_list", "there is no list of this name")],
        ..Action::new("lookup", "Looks up an entry of a list.")
    }],
    events: &[],
};

const OBJECT: Attribute = Attribute::value(
    "object",
    Value::Text,
    "a queue, agent or group, such as `support.VQ`",
)
.required();
const STATISTIC_NAME: Attribute = Attribute::value(
    "statistic",
    Value::Text,
    "which number, such as `StatExpectedWaitingTime`",
)
.required();
const UNKNOWN: Field = Field::new("no_such_statistic", "object or statistic is not known");

pub(super) const STATISTIC: Module = Module {
    name: "statistic",
    older: &["statistic"],
    about: "Current numbers of queues, agents and groups.",
    actions: &[
        Action {
            attributes: &[OBJECT, STATISTIC_NAME],
            done: &[Field::new(
                "value",
                "the number; missing when it is not known",
            )],
            errors: &[UNKNOWN],
            ..Action::new("get", "Reads a number once.")
        },
        Action {
            attributes: &[OBJECT, STATISTIC_NAME],
            errors: &[UNKNOWN],
            ..Action::new(
                "subscribe",
                "Has `statistic.update` come whenever a number changes.",
            )
        },
        Action {
            attributes: &[OBJECT, STATISTIC_NAME],
            errors: &[UNKNOWN],
            ..Action::new("unsubscribe", "Ends a subscription.")
        },
    ],
    events: &[Event {
        name: "statistic.update",
        meaning: "a number changed that the session subscribed to",
        fields: &[
            Field::new("object", "of what"),
            Field::new("statistic", "which"),
            Field::new("value", "the number"),
        ],
    }],
};
