//! Mistakes that people make, typed on purpose: each is answered with its own status and code, and
//! with a detail that says what is wrong, where, and what to do next.

use crate::support::client::Client;
use crate::support::server::Site;
use serde_json::{Value, json};

/// A mistake and the answer it deserves.
struct Mistake {
    what: &'static str,
    method: &'static str,
    path: String,
    body: Body,
    headers: &'static [(&'static str, &'static str)],
    status: u16,
    code: &'static str,
    /// The place in `errors`; empty when there is only one place it can be.
    at: &'static str,
    /// What the detail has to say, the culprit and the way out among it.
    says: &'static [&'static str],
}

enum Body {
    None,
    Json(Value),
    Text(&'static str, String),
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_told_what_is_wrong_where_and_what_to_do() {
    let site = Site::new();
    let _server = site.start().await;
    let administrator = site.administrator(0);
    let world = World::set_up(&administrator).await;
    let mut wrong = Vec::new();
    for mistake in mistakes(&world) {
        if let Err(why) = make(&administrator, &mistake).await {
            wrong.push(format!("{}: {why}", mistake.what));
        }
    }
    for (secret, code) in [("", "auth.missing"), ("rb_wrong", "auth.unknown")] {
        let nobody = administrator.with_key(secret);
        let answer = nobody.try_get("/v1/overview").await.expect("an answer");
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        if (answer.status, answer.code()) != (401, code)
            || !detail.contains("Authorization: Bearer")
        {
            wrong.push(format!("without a key that opens: {}", answer.body));
        }
    }
    if let Err(why) = accept_late(&administrator, &world).await {
        wrong.push(format!("accepting late: {why}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the mistakes are made on.
struct World {
    interaction: String,
    offer: String,
    agent: Client,
}

impl World {
    async fn set_up(administrator: &Client) -> Self {
        administrator
            .put("/v1/settings", json!({"offer_ttl_ms": 1_000}))
            .await;
        administrator.put("/v1/queues/support", json!({})).await;
        administrator
            .put("/v1/virtual-queues/english", json!({}))
            .await;
        administrator
            .put("/v1/agents/anna", json!({"skills": {"English": 3}}))
            .await;
        let key = json!({"name": "desk", "role": "agent", "agent": "anna"});
        let made = administrator.post("/v1/keys", key).await;
        let agent = administrator.with_key(made["secret"].as_str().expect("a secret"));
        agent.post("/v1/agents/me/login", json!({})).await;
        agent.post("/v1/agents/me/ready", json!({})).await;
        let made = administrator
            .post("/v1/interactions", submission("English>=1"))
            .await;
        let desk = agent.until("/v1/agents/me", |desk| desk["offers"][0]["id"].is_string());
        let offer = desk.await["offers"][0]["id"].clone();
        Self {
            interaction: made["interaction"].as_str().expect("an id").to_owned(),
            offer: offer.as_str().expect("an id").to_owned(),
            agent,
        }
    }
}

fn submission(target: &str) -> Value {
    json!({
        "queue": "support",
        "medium": "chat",
        "route": {"virtual_queue": "english", "target": target},
    })
}

/// A mistake in the body of a submission.
fn submitting(
    what: &'static str,
    body: Value,
    code: &'static str,
    at: &'static str,
    says: &'static [&'static str],
) -> Mistake {
    Mistake {
        what,
        method: "POST",
        path: "/v1/interactions".to_owned(),
        body: Body::Json(body),
        headers: &[],
        status: 422,
        code,
        at,
        says,
    }
}

/// A mistake without a body.
fn asking(
    what: &'static str,
    path: &str,
    status: u16,
    code: &'static str,
    at: &'static str,
    says: &'static [&'static str],
) -> Mistake {
    Mistake {
        what,
        method: "GET",
        path: path.to_owned(),
        body: Body::None,
        headers: &[],
        status,
        code,
        at,
        says,
    }
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

fn mistakes(world: &World) -> Vec<Mistake> {
    let mut all = in_submissions();
    all.extend(in_bodies(world));
    all.extend(in_addresses());
    all
}

fn in_submissions() -> Vec<Mistake> {
    let right = || submission("English>=1");
    vec![
        submitting(
            "a field that does not exist",
            with(right(), "prority", json!(3)),
            "request.unknown_field",
            "/prority",
            &["prority", "priority"],
        ),
        submitting(
            "a number written as text",
            with(right(), "priority", json!("high")),
            "request.invalid",
            "/priority",
            &["string \"high\"", "expected i16"],
        ),
        submitting(
            "a medium that does not exist",
            with(right(), "medium", json!("fax")),
            "request.invalid",
            "/medium",
            &["fax", "voice"],
        ),
        submitting(
            "a bad expression",
            submission("English >= & Loans"),
            "request.invalid",
            "/route/target",
            &["expect"],
        ),
        submitting(
            "a queue that does not exist",
            with(right(), "queue", json!("suport")),
            "interaction.unknown_queue",
            "",
            &["suport", "PUT /v1/queues/suport"],
        ),
        submitting(
            "a virtual queue that does not exist",
            with(
                right(),
                "route",
                json!({"virtual_queue": "english1", "target": ""}),
            ),
            "route.unknown_virtual_queue",
            "",
            &["english1", "PUT /v1/virtual-queues/english1"],
        ),
        submitting(
            "a field that is missing",
            json!({"medium": "chat"}),
            "request.invalid",
            "",
            &["missing field `queue`"],
        ),
        submitting(
            "a name with a blank",
            with(right(), "queue", json!("our support")),
            "request.invalid",
            "/queue",
            &["' '", "place 4", "letters, digits"],
        ),
    ]
}

fn in_bodies(world: &World) -> Vec<Mistake> {
    let post = |what, path: &str, body, status, code, says| Mistake {
        what,
        method: "POST",
        path: path.to_owned(),
        body,
        headers: &[],
        status,
        code,
        at: "",
        says,
    };
    let submit = "/v1/interactions";
    let stop = format!("/v1/interactions/{}/stop", world.interaction);
    let large = json!({"queue": "support", "medium": "chat", "kind": "x".repeat(70_000)});
    let mut without_reason = post(
        "cancelling without a reason",
        &stop,
        Body::Json(json!({"cause": "cancelled"})),
        422,
        "request.invalid",
        &["say why"],
    );
    without_reason.at = "/reason";
    let mut against_version = post(
        "changing what somebody else has changed",
        "/v1/queues/support",
        Body::Json(json!({})),
        412,
        "config.version_mismatch",
        &["queue support", "version 1", "read it again"],
    );
    against_version.method = "PUT";
    against_version.headers = &[("If-Match", "\"7\"")];
    let mut long_key = post(
        "an idempotency key that is too long",
        submit,
        Body::Json(submission("English>=1")),
        422,
        "request.invalid",
        &["1 to 200 printable"],
    );
    long_key.headers = &[("Idempotency-Key", LONG_KEY)];
    long_key.at = "header:Idempotency-Key";
    vec![
        post(
            "JSON that breaks off",
            submit,
            Body::Text("application/json", "{\"queue\": \"supp".to_owned()),
            400,
            "request.malformed",
            &["not JSON", "line 1 column"],
        ),
        post(
            "a form instead of JSON",
            submit,
            Body::Text(
                "application/x-www-form-urlencoded",
                "queue=support".to_owned(),
            ),
            415,
            "request.unsupported_media_type",
            &["Content-Type: application/json"],
        ),
        post(
            "a body that is too large",
            submit,
            Body::Json(large),
            413,
            "request.too_large",
            &["65536 bytes"],
        ),
        post(
            "a key that exists",
            "/v1/keys",
            Body::Json(json!({"name": "desk", "role": "auditor"})),
            409,
            "config.exists",
            &["key desk", "exists"],
        ),
        post(
            "an agent's key without an agent",
            "/v1/keys",
            Body::Json(json!({"name": "desk-2", "role": "agent"})),
            422,
            "config.key_agent",
            &["names an agent exactly when"],
        ),
        post(
            "completing with a key that is no agent's",
            &format!("/v1/interactions/{}/complete", world.interaction),
            Body::Json(json!({"reason": "solved"})),
            403,
            "denied.role",
            &["role administrator", "act as an agent"],
        ),
        without_reason,
        against_version,
        long_key,
    ]
}

/// One character more than there may be.
const LONG_KEY: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
    kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
    kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";

fn in_addresses() -> Vec<Mistake> {
    let get = asking;
    vec![
        get(
            "a cursor that is none",
            "/v1/events?after=yesterday",
            422,
            "request.invalid",
            "query:after",
            &["yesterday", "cursor"],
        ),
        get(
            "a page that is too long",
            "/v1/interactions?limit=5000",
            422,
            "request.invalid",
            "query:limit",
            &["1 to 1000"],
        ),
        get(
            "a parameter that does not exist",
            "/v1/interactions?state=open",
            422,
            "request.unknown_field",
            "query:state",
            &["state", "open", "queue"],
        ),
        get(
            "an interaction that does not exist",
            "/v1/interactions/i999",
            404,
            "query.unknown",
            "",
            &["interaction i999"],
        ),
        get(
            "an id that is none",
            "/v1/interactions/42",
            400,
            "request.malformed",
            "path:",
            &["42", "i"],
        ),
        get(
            "a path that does not exist",
            "/v1/queue",
            404,
            "request.unknown_path",
            "",
            &["GET /v1/openapi.json"],
        ),
        Mistake {
            method: "DELETE",
            ..get(
                "a method that a path does not have",
                "/v1/queues/support",
                405,
                "request.unknown_method",
                "",
                &["DELETE", "header Allow"],
            )
        },
        Mistake {
            method: "DELETE",
            ..get(
                "taking back the last administrator's key",
                "/v1/keys/admin",
                409,
                "config.last_administrator",
                "",
                &["key admin", "make another one first"],
            )
        },
        get(
            "a stream without a WebSocket",
            "/v1/stream",
            426,
            "request.not_a_websocket",
            "",
            &["pgrade"],
        ),
    ]
}

async fn make(client: &Client, mistake: &Mistake) -> Result<(), String> {
    let base = client.base();
    let method = mistake.method.parse::<reqwest::Method>().expect("a method");
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let mut request = http
        .request(method, format!("{base}{}", mistake.path))
        .bearer_auth(client.secret());
    for (name, value) in mistake.headers {
        request = request.header(*name, *value);
    }
    request = match &mistake.body {
        Body::None => request,
        Body::Json(body) => request.json(body),
        Body::Text(kind, text) => request.header("Content-Type", *kind).body(text.clone()),
    };
    let response = request.send().await.map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").cloned();
    let text = response.text().await.map_err(|error| error.to_string())?;
    let problem: Value = serde_json::from_str(&text).map_err(|_| format!("no JSON: {text}"))?;
    if kind.is_none_or(|kind| kind != "application/problem+json") {
        return Err(format!("no application/problem+json: {text}"));
    }
    let body_status = u16::try_from(problem["status"].as_u64().unwrap_or_default());
    if status != mistake.status || body_status != Ok(status) || problem["code"] != mistake.code {
        return Err(format!(
            "not {} {}: {status} {text}",
            mistake.status, mistake.code
        ));
    }
    let at = problem["errors"][0]["at"].as_str().unwrap_or_default();
    if at != mistake.at {
        return Err(format!("not at {:?}: {text}", mistake.at));
    }
    let detail = problem["detail"].as_str().unwrap_or_default();
    match mistake.says.iter().find(|words| !detail.contains(**words)) {
        Some(words) => Err(format!("the detail does not say {words:?}: {detail}")),
        None => Ok(()),
    }
}

/// The offer has lapsed before the agent says yes.
async fn accept_late(administrator: &Client, world: &World) -> Result<(), String> {
    let path = format!("/v1/interactions/{}", world.interaction);
    administrator
        .until(&path, |view| view["place"] == "routing")
        .await;
    let accept = format!("/v1/offers/{}/accept", world.offer);
    let answer = world.agent.try_post(&accept, None, &json!({})).await;
    let answer = answer.map_err(|broken| broken.0)?;
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    let told = detail.contains(&world.offer) && detail.contains("nobody answered in time");
    if (answer.status, answer.code()) == (409, "offer.over") && told {
        Ok(())
    } else {
        Err(answer.body.to_string())
    }
}
