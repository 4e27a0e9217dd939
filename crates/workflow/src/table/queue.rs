//! Route requests: asking for an agent.

use super::shape::{Action, Attribute, Child, Event, Field, Module, Settles, Value};

const TARGETS: Child = Child {
    children: &[
        Child::new(
            "target",
            "one target",
            &[
                Attribute::value("name", Value::Text, "what is wanted").required(),
                Attribute::value(
                    "type",
                    Value::Text,
                    "agent, group, place, queue or expression",
                )
                .or("that of `<targets>`"),
                Attribute::value("statserver", Value::Text, "read and not needed here"),
                Attribute::value("weight", Value::Number, "for a choice by percentage"),
                Attribute::value("threshold", Value::Text, "a condition over statistics"),
            ],
        ),
        Child::new(
            "targetid",
            "targets as an expression",
            &[Attribute::value("expr", Value::Any, "a target text, or a list of them").required()],
        ),
        Child::new(
            "activity",
            "read for documents of the older server",
            &[
                Attribute::value("name", Value::Text, "which activity"),
                Attribute::value("weight", Value::Number, "for a choice by percentage"),
            ],
        ),
        Child::new(
            "workbin",
            "a workbin as target",
            &[
                Attribute::value("name", Value::Text, "which workbin").required(),
                Attribute::value("owner", Value::Text, "whose"),
                Attribute::value("type", Value::Text, "read for older documents"),
            ],
        ),
    ],
    ..Child::new(
        "targets",
        "who may take it, as the older routing server writes it",
        &[
            Attribute::value("type", Value::Text, "what the targets are"),
            Attribute::value("statserver", Value::Text, "read and not needed here"),
        ],
    )
};

const STEP: Child = Child::new(
    "step",
    "a wider search, in force after a wait; steps come in their order",
    &[
        Attribute::value("after", Value::Duration, "the wait since the step before").required(),
        Attribute::value("wants", Value::Text, "a skill expression, or `anyone`"),
        Attribute::value("targets", Value::Any, "target texts"),
        Attribute::value(
            "queue",
            Value::Text,
            "another virtual queue: the request goes on there",
        ),
        Attribute::value("priority", Value::Number, "a new tier"),
    ],
);

const TREATMENTS: Child = Child {
    children: &[
        Child::new(
            "play",
            "plays to a caller",
            &[
                Attribute::value("resource", Value::Text, "music or announcement").required(),
                Attribute::value("duration", Value::Duration, "for how long"),
            ],
        ),
        Child::new(
            "message",
            "tells somebody who writes",
            &[Attribute::value("text", Value::Text, "what is told").required()],
        ),
        Child::new(
            "pause",
            "says nothing for a while",
            &[Attribute::value("duration", Value::Duration, "for how long").required()],
        ),
    ],
    ..Child::new(
        "treatments",
        "what whoever waits hears or reads meanwhile, in order",
        &[Attribute::value("repeat", Value::Truth, "begins again at the end").or("true")],
    )
};

const OLDER_TREATMENTS: Child = Child {
    children: &[
        Child::new(
            "playsound",
            "plays to a caller",
            &[
                Attribute::value("type", Value::Text, "music, ringback ..."),
                Attribute::value("duration", Value::Duration, "for how long"),
                Attribute::value("resource", Value::Text, "which"),
            ],
        ),
        Child::new(
            "play",
            "plays announcements",
            &[
                Attribute::value("duration", Value::Duration, "for how long"),
                Attribute::value("language", Value::Text, "in which language"),
                Attribute::value("resource", Value::Text, "which"),
            ],
        ),
    ],
    ..Child::new(
        "runtreatments",
        "as `<treatments>`, as the older server spells it",
        &[],
    )
};

pub(super) const QUEUE: Module = Module {
    name: "queue",
    older: &["queue"],
    about: "Route requests: an interaction waits in a virtual queue until an agent takes it. A request outlives a sleeping \
            session; the first match of an interaction cancels its other requests.",
    actions: &[
        Action {
            attributes: &[
                Attribute::value("queue", Value::Text, "the virtual queue to wait in").required(),
                Attribute::value("interactionid", Value::Text, "which interaction")
                    .or("the one the session was started for"),
                Attribute::value("wants", Value::Text, "a skill expression, or `anyone`"),
                Attribute::value(
                    "targets",
                    Value::Any,
                    "target texts as the older routing server writes them",
                ),
                Attribute::value(
                    "priority",
                    Value::Number,
                    "the tier: higher goes first, whatever the wait",
                )
                .or("0"),
                Attribute::value("credit", Value::Duration, "counts as already waited").or("0"),
                Attribute::value(
                    "timeout",
                    Value::Duration,
                    "gives up after this wait; then `error.queue.submit` with the code `timeout`",
                )
                .or("the tenant's time-out of routing"),
                Attribute::value(
                    "choose",
                    Value::OneOf(&[
                        "longest-idle",
                        "fewest-busy",
                        "least-occupied",
                        "best-fit",
                        "random",
                        "percentage",
                    ]),
                    "how one of several free agents is chosen",
                )
                .or("longest-idle"),
                Attribute::value(
                    "first",
                    Value::Text,
                    "an agent who is waited for before others",
                ),
                Attribute::value("firstfor", Value::Duration, "how long").or("20s"),
                Attribute::value("exclude", Value::List, "agents who do not get it"),
                Attribute::value(
                    "notauthor",
                    Value::Truth,
                    "whoever wrote it does not get it",
                )
                .or("false"),
                Attribute::value(
                    "notreviewer",
                    Value::Truth,
                    "whoever reviewed it does not get it",
                )
                .or("false"),
                Attribute::value(
                    "route",
                    Value::Truth,
                    "false: the target is told and nothing is offered",
                )
                .or("true"),
                Attribute::value(
                    "clearontimeout",
                    Value::Truth,
                    "read for older documents: the request is always cleared",
                )
                .or("true"),
                Attribute::value(
                    "ordertype",
                    Value::OneOf(&["max", "min", "any", "percentage"]),
                    "how the older server chooses, by `orderstat`",
                ),
                Attribute::value("orderstat", Value::Text, "the statistic of `ordertype`"),
                Attribute::value("src", Value::Text, "read for older documents"),
            ],
            children: &[TARGETS, STEP, TREATMENTS, OLDER_TREATMENTS],
            done: &[
                Field::new("interactionid", "which interaction"),
                Field::new("resource", "the agent who took it"),
                Field::new("queue", "the virtual queue it was found in"),
                Field::new(
                    "targetselected",
                    "the target that matched, as it was written",
                ),
                Field::new("targetobjectselected", "the object of that target"),
                Field::new("targetcomponentselected", "the agent or place in it"),
                Field::new("vqselected", "the same as `queue`"),
            ],
            errors: &[
                Field::new("timeout", "nobody in time"),
                Field::new(
                    "cancelled",
                    "the request was taken back, or the interaction was taken out",
                ),
                Field::new("overflow", "the virtual queue is full"),
                Field::new("no_such_queue", "there is no virtual queue of this name"),
                Field::new(
                    "invalid_target",
                    "a target or skill expression cannot be read",
                ),
                Field::new("not_owned", "the interaction is not this session's"),
            ],
            further: &[Event {
                name: "queue.submit.requestid",
                meaning: "it waits from now on",
                fields: &[
                    Field::new("requestid", "which request"),
                    Field::new("position", "how many are ahead"),
                    Field::new(
                        "ewt",
                        "the estimated wait in seconds; missing when nobody serves",
                    ),
                ],
            }],
            settles: Settles::WhenDone,
            ..Action::new(
                "submit",
                "Asks for an agent; ends when one has taken the interaction.",
            )
        },
        Action {
            attributes: &[Attribute::value(
                "request",
                Value::Text,
                "the id that `submit` wrote into its `requestid`",
            )
            .or("all requests of the session")],
            done: &[Field::new(
                "cancelled",
                "the ids of the requests that were taken back",
            )],
            errors: &[Field::new(
                "no_such_request",
                "it is over already, or was never there",
            )],
            ..Action::new("cancel", "Takes a request back.")
        },
        Action {
            attributes: &[
                Attribute::value("request", Value::Text, "which request").required(),
                Attribute::value("priority", Value::Number, "a new tier"),
                Attribute::value("wants", Value::Text, "a new skill expression"),
                Attribute::value("targets", Value::Any, "new target texts"),
                Attribute::value("credit", Value::Duration, "a new credit"),
            ],
            children: &[TARGETS],
            errors: &[
                Field::new("no_such_request", "it is over already, or was never there"),
                Field::new(
                    "invalid_target",
                    "a target or skill expression cannot be read",
                ),
            ],
            ..Action::new("update", "Changes a request in place: it keeps its age.")
        },
        Action {
            attributes: &[
                Attribute::value("request", Value::Text, "which request"),
                Attribute::value("queue", Value::Text, "or which virtual queue"),
            ],
            done: &[
                Field::new("position", "how many are ahead of the request"),
                Field::new(
                    "ewt",
                    "the estimated wait in seconds; missing when nobody serves",
                ),
                Field::new("waiting", "how many wait in the queue"),
                Field::new("ready", "how many agents who serve it are ready"),
            ],
            errors: &[
                Field::new("no_such_request", "it is over already, or was never there"),
                Field::new("no_such_queue", "there is no virtual queue of this name"),
            ],
            ..Action::new(
                "query",
                "Asks where a request stands, or how a virtual queue is doing.",
            )
        },
    ],
    events: &[],
};
