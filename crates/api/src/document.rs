//! The OpenAPI document: what is the same for every operation.

use crate::problem::{ProblemAt, ProblemBody};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi};

/// The document without its operations, which come from the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ringback",
        version = "1",
        description = "An open, self-hosted customer-contact platform. Errors are RFC 9457 \
            problems with stable codes; writes are durable when they are answered and can be \
            repeated with the same Idempotency-Key.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ProblemBody, ProblemAt)),
    security(("key" = []), ("session" = [])),
    modifiers(&Security),
    tags(
        (name = "interactions", description = "From submitting to the history."),
        (name = "offers", description = "Invitations of agents."),
        (name = "agents", description = "Master data, desks, readiness."),
        (name = "queues", description = "Interaction queues and virtual queues."),
        (name = "contacts", description = "Erasing a person."),
        (name = "login", description = "People, their log-in and their sessions."),
        (name = "config", description = "Settings, keys, objects of all kinds, versions."),
        (name = "webhooks", description = "What systems of others are told, and telling it again."),
        (name = "numbers", description = "What a supervisor watches."),
        (name = "streams", description = "What happens, as it happens."),
        (name = "health", description = "For whoever starts, watches and balances.")
    )
)]
pub(crate) struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The secret of an API key: `rb_` and 43 characters."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(key));
        let session = ApiKeyValue::with_description(
            "ringback",
            "The session of a person who has logged in (`__Host-ringback` over TLS). Whatever \
             changes something carries the header Ringback-Csrf as well.",
        );
        let session = SecurityScheme::ApiKey(ApiKey::Cookie(session));
        components.add_security_scheme("session", session);
    }
}

/// What may go wrong with every operation.
const COMMON: [(&str, &str); 17] = [
    ("400", "The request cannot be read."),
    ("401", "No key, or one that opens nothing."),
    ("403", "The key does not allow it."),
    (
        "404",
        "There is no such thing, or none within the scope of the key.",
    ),
    ("408", "The body came too slowly."),
    ("409", "The present state does not allow it."),
    ("410", "It is over."),
    ("412", "Someone else was faster."),
    ("413", "The body is too long."),
    ("415", "The body is not JSON."),
    (
        "422",
        "A value of the request is not possible, or the Idempotency-Key was used before.",
    ),
    ("423", "Somebody keeps others from changing it."),
    ("429", "A limit was reached; try again later."),
    ("431", "The header lines are too long."),
    ("500", "The server failed."),
    (
        "503",
        "The server cannot answer at the moment; try again later.",
    ),
    (
        "504",
        "The outcome is unknown; repeat with the same Idempotency-Key.",
    ),
];

/// Adds the common errors to every operation, and the idempotency key to writes.
pub(crate) fn complete(document: &mut utoipa::openapi::OpenApi) {
    let components = document.components.get_or_insert_default();
    for (status, description) in COMMON {
        let name = response_name(status);
        components.responses.insert(name, problem(description));
    }
    for (path, item) in &mut document.paths.paths {
        if path.starts_with("/health/") {
            continue;
        }
        for operation in [&mut item.post, &mut item.delete, &mut item.patch]
            .into_iter()
            .flatten()
        {
            add_idempotency(operation);
        }
        let all = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in all.into_iter().flatten() {
            add_errors(operation);
            without_null(operation);
            let_body_be_empty(operation);
        }
    }
}

fn response_name(status: &str) -> String {
    format!("Problem{status}")
}

fn problem(description: &str) -> RefOr<Response> {
    let schema = RefOr::<Schema>::Ref(Ref::from_schema_name("Problem"));
    let content = Content::new(Some(schema));
    let response = ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content);
    RefOr::T(response.build())
}

/// Operations that take no body for `{}`, because nothing in it has to be said.
const BODY_MAY_BE_EMPTY: [&str; 14] = [
    "acceptOffer",
    "heartbeatAgent",
    "holdInteraction",
    "leaveInteraction",
    "lockInteraction",
    "pullInteraction",
    "resumeInteraction",
    "unlockInteraction",
    "withdrawOffer",
    "loginAgent",
    "logoutAgent",
    "readyAgent",
    "takeSnapshot",
    "undoConfig",
];

fn let_body_be_empty(operation: &mut Operation) {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    if BODY_MAY_BE_EMPTY.contains(&id)
        && let Some(RefOr::T(body)) = &mut operation.request_body
    {
        body.required = Some(Required::False);
    }
}

fn add_errors(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, _) in COMMON {
        let common = || RefOr::Ref(Ref::from_response_name(response_name(status)));
        responses.entry(status.to_owned()).or_insert_with(common);
    }
}

/// A parameter is there or not; unlike a field it is never null.
fn without_null(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema else {
            continue;
        };
        if let SchemaType::Array(types) = &object.schema_type
            && let [one, Type::Null] | [Type::Null, one] = types.as_slice()
        {
            object.schema_type = SchemaType::Type(one.clone());
        }
    }
}

fn add_idempotency(operation: &mut Operation) {
    use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
    use utoipa::openapi::schema::ObjectBuilder;
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(crate::idempotency::KEY_CHARS_MAX))
        .pattern(Some("^[ -~]{1,200}$"))
        .build();
    let parameter = ParameterBuilder::new()
        .name(crate::idempotency::HEADER)
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "Makes repeating safe: the same key gets the first answer.",
        ))
        .schema(Some(schema))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(parameter));
}
