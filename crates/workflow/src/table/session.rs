//! Sessions and what they fetch.

use super::shape::{Action, Attribute, Child, Field, Module, Value};

pub(super) const PARAM: Child = Child::new(
    "param",
    "one named value",
    &[
        Attribute::literal("name", Value::Text, "its name").required(),
        Attribute::value("expr", Value::Any, "its value").required(),
    ],
);

const HEADER: Child = Child::new(
    "header",
    "a header of the request",
    &[
        Attribute::literal("name", Value::Text, "its name").required(),
        Attribute::value("expr", Value::Text, "its value").required(),
    ],
);

pub(super) const CONTENT: Child = Child {
    text: true,
    ..Child::new(
        "content",
        "the body",
        &[Attribute::value("expr", Value::Any, "the body as a value")],
    )
};

pub(super) const FETCH: Action = Action {
    attributes: &[
        Attribute::value("srcexpr", Value::Text, "the address").required(),
        Attribute::value(
            "method",
            Value::OneOf(&[
                "get",
                "post",
                "put",
                "patch",
                "delete",
                "GET",
                "POST",
                "PUT",
                "PATCH",
                "DELETE",
                "urlencoded",
            ]),
            "the method",
        )
        .or("get"),
        Attribute::value("type", Value::Text, "the media type of the body").or("application/json"),
        Attribute::value(
            "enctype",
            Value::Text,
            "how parameters are written into the body",
        ),
        Attribute::value("headers", Value::Members, "headers as an object"),
        Attribute::value("timeout", Value::Duration, "how long one try may take").or("10s"),
        Attribute::value(
            "retries",
            Value::Number,
            "further tries after a failure that may pass",
        )
        .or("0"),
        Attribute::value(
            "retryinterval",
            Value::Duration,
            "the wait between two tries",
        )
        .or("1s"),
        Attribute::value("maxsize", Value::Number, "bytes of an answer").or("1048576"),
        Attribute::value("maxage", Value::Number, "read for older documents"),
        Attribute::value("maxstale", Value::Number, "read for older documents"),
        Attribute::value(
            "gdelivery",
            Value::Truth,
            "read for older documents: as `retries`",
        ),
        Attribute::value("gd_retries", Value::Number, "the older name of `retries`"),
        Attribute::value(
            "gd_retry_interval",
            Value::Duration,
            "the older name of `retryinterval`",
        ),
    ],
    children: &[PARAM, HEADER, CONTENT],
    done: &[
        Field::new("status", "the status of the answer"),
        Field::new("content", "the body: an object if it is JSON, else a text"),
        Field::new("headers", "the headers of the answer"),
    ],
    errors: &[
        Field::new("timeout", "no answer in time"),
        Field::new("unreachable", "no connection"),
        Field::new(
            "status",
            "the answer says that it failed; `status` and `content` tell what it says",
        ),
        Field::new("too_big", "the answer is bigger than `maxsize`"),
        Field::new(
            "forbidden_address",
            "the address is not on the tenant's list, or leads into the house",
        ),
        Field::new(
            "uncertain",
            "the server was restarted after the request had left, and nobody knows whether it arrived",
        ),
    ],
    ..Action::new("fetch", "Calls an HTTP service and waits for its answer.")
};

pub(super) const SESSION: Module = Module {
    name: "session",
    older: &["session", "ws"],
    about: "Sessions start others, end, call HTTP services and answer requests from outside.",
    actions: &[
        Action {
            attributes: &[
                Attribute::value("src", Value::Text, "the name of the workflow").required(),
                Attribute::value(
                    "idealtime",
                    Value::Number,
                    "starts then: milliseconds since 1970",
                )
                .or("now"),
                Attribute::value(
                    "interactionid",
                    Value::Text,
                    "an interaction that goes to the new session",
                ),
                Attribute::value("params", Value::Members, "data of the new session"),
            ],
            children: &[PARAM],
            done: &[Field::new("sessionid", "the id of the new session")],
            errors: &[
                Field::new("no_such_workflow", "there is no workflow of this name"),
                Field::new("too_many", "a limit of sessions is reached"),
            ],
            ..Action::new(
                "start",
                "Starts a session of another workflow, which lives on its own.",
            )
        },
        Action {
            attributes: &[
                Attribute::value("sessionid", Value::Text, "which session").required(),
                Attribute::value("idealtime", Value::Number, "milliseconds since 1970").required(),
            ],
            errors: &[Field::new(
                "no_such_session",
                "it has started already, or is not there",
            )],
            ..Action::new(
                "updatestart",
                "Changes when a session starts that has not started yet.",
            )
        },
        Action {
            attributes: &[
                Attribute::value("sessionid", Value::Text, "which session").or("this one")
            ],
            errors: &[Field::new(
                "no_such_session",
                "it is over already, or was never there",
            )],
            ..Action::new(
                "terminate",
                "Ends a session; what it owns goes to the fall-back of its queue.",
            )
        },
        FETCH,
        Action {
            attributes: &[
                Attribute::value(
                    "request",
                    Value::Text,
                    "which request: `requestid` of its event",
                )
                .required(),
                Attribute::value("status", Value::Number, "the status of the answer").or("200"),
                Attribute::value("type", Value::Text, "the media type").or("application/json"),
                Attribute::value("resultcode", Value::Text, "read for older documents"),
            ],
            children: &[PARAM, CONTENT],
            errors: &[Field::new(
                "no_such_request",
                "it was answered already, or nobody waits any more",
            )],
            ..Action::new("response", "Answers a request that came from outside.")
        },
    ],
    events: &[],
};
