//! One cell of the matrix: a request with one key, and what came of it.

use super::objects::{self, Made};
use super::probe;
use super::world::{self, World};
use crate::support::client::Client;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;

/// What is asked, about what, with which key.
pub(super) struct Cell<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) of: &'a str,
    pub(super) column: &'a str,
}

/// An answer as it came.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) text: String,
}

/// Performs a cell: makes what it is about, asks, looks at the answer and at what it left.
pub(super) async fn perform(
    world: &World,
    cell: &Cell<'_>,
    expected: &str,
) -> Result<String, String> {
    let made = objects::make(world, cell.of).await;
    let before = world.home_sequence().await;
    let client = world.client(cell.column);
    let path = path(cell, &made);
    let body = body(world, cell, &made);
    let reply = match cell.path {
        "/v1/snapshots/{snapshot}" => of_snapshot(&client, cell.method).await,
        "/v1/bulk" => bulk(&client, body.as_ref()).await,
        "/v1/stream" => upgrade(&client).await,
        "/v1/events" | "/v1/statistics/events" => first_of_stream(&client, &path).await,
        _ => send(&client, cell.method, &path, body.as_ref()).await,
    };
    let after = world.home_sequence().await;
    let mut class = probe::class(reply.status);
    if expected != "ok" {
        class = probe::seen_from(cell.column, class);
    }
    probe::check_marks(cell.column, &reply.text)?;
    // A stream of an agent is a desk: that it answers, or is gone, stands in the journal.
    if cell.path != "/v1/stream" {
        probe::check_trace(expected, &class, cell.method != "GET", before, after)?;
    }
    if let Some(list) = list_of(world, cell)
        && class == "ok"
    {
        class = list.judge(&reply, expected)?;
    }
    if cell.path == "/v1/contacts/erase" && class != "ok" {
        check_not_erased(world, &made).await?;
    }
    restore(world, cell, &class).await;
    objects::clean(world, &made).await;
    Ok(class)
}

/// The path with the names and ids of what was made.
fn path(cell: &Cell<'_>, made: &Made) -> String {
    let (kind, name) = cell.of.split_once('/').unwrap_or(("", &made.name));
    let path = cell
        .path
        .replace("{interaction}", &made.interaction)
        .replace("{request}", &made.request)
        .replace("{offer}", &made.offer)
        .replace("{session}", "l999")
        .replace("{group}/workbins/{workbin}", "{group}/workbins/shared")
        .replace("{group}", name)
        .replace("{workbin}", "drafts")
        .replace("{statistic}", measure_of(kind))
        .replace("{object}", name)
        .replace("{delivery}", &made.delivery)
        .replace("{feed}", &made.feed)
        .replace("{kind}", kind)
        .replace("{name}", name);
    match (cell.path, cell.method) {
        ("/v1/statistics/events", _) => {
            format!("{path}?watch={}/{}", measure_of(kind), cell.of)
        }
        ("/v1/reports/{kind}/{object}", _) => {
            format!("{path}?from=2026-01-05T08:00:00Z&to=2026-01-05T09:00:00Z")
        }
        ("/v1/interactions", "GET") if cell.of == "-" => format!("{path}?limit=1000"),
        ("/v1/interactions", "GET") => format!("{path}?limit=1000&{}", cell.of),
        ("/v1/audit", "GET") if cell.of != "-" => format!("{path}?{}", cell.of),
        _ => path,
    }
}

/// Something that is counted of this kind of subject.
fn measure_of(kind: &str) -> &'static str {
    match kind {
        "agent" | "group" => "total_handled",
        _ => "current_in_queue",
    }
}

/// A body that is right for everybody who may.
fn body(world: &World, cell: &Cell<'_>, made: &Made) -> Option<Value> {
    let tenant = if probe::is_abroad(cell.column) {
        (&world.abroad, "abroad")
    } else {
        (&world.home, "home")
    };
    let (tenant, mark) = tenant;
    Some(match (cell.method, cell.path) {
        ("POST", "/v1/interactions") => json!({
            "queue": cell.of,
            "medium": "chat",
            "contact": "somebody new",
            "user_data": {"mark": "a new one"},
        }),
        ("POST", path) if path.ends_with("/route") => {
            json!({"virtual_queue": "english", "target": "Nobody>=9"})
        }
        ("POST", path) if path.ends_with("/stop") => json!({"cause": "abandoned"}),
        ("POST", path) if path.ends_with("/complete") => json!({"reason": "solved"}),
        ("POST", path) if path.ends_with("/reject") => json!({"reason": "busy"}),
        ("POST", path) if path.ends_with("/not-ready") => json!({"reason": "break"}),
        ("POST", path) if path.ends_with("/subscribe") || path.ends_with("/unsubscribe") => {
            json!({"workbin": "shared", "group": "team"})
        }
        ("POST", "/v1/interactions/begin") => super::work_body("begin", cell.of),
        ("POST", path) if path.starts_with("/v1/interactions/") => {
            super::work_body(path.rsplit('/').next().unwrap_or_default(), cell.of)
        }
        ("POST", "/v1/bulk") => json!({
            "interactions": [made.interaction],
            "act": {"place": super::work_body("place", cell.of)},
        }),
        ("POST", "/v1/contacts/erase") => json!({"contact": made.person}),
        ("POST", "/v1/keys") => {
            let name = format!("made-by-{}", cell.column);
            json!({"name": name, "role": "auditor"})
        }
        ("POST", "/v1/login") => {
            let name = format!("nobody-{}", cell.column);
            json!({"tenant": "home", "name": name, "password": "not the one"})
        }
        ("POST", "/v1/login/link") => {
            let token = format!("rbl_{}", cell.column);
            json!({"tenant": "home", "token": token, "password": "eine gute Idee am Morgen"})
        }
        ("POST", "/v1/login/password") => json!({"old": "the old one", "new": "the new one"}),
        ("POST", "/v1/login/totp") => json!({"password": "the old one"}),
        ("POST", "/v1/login/totp/confirm") => json!({"code": "123456"}),
        ("PUT", "/v1/login/policy") => json!({"idle_ms": 3_600_000}),
        ("POST", "/v1/webhooks/{name}/redeliver") => json!({"from": "2026-01-01T00:00:00Z"}),
        ("POST", _) => json!({}),
        ("PUT", "/v1/queues/{name}") => json!({"open_max": tenant.odd_number}),
        ("PUT", "/v1/virtual-queues/{name}") => json!({"waiting_max": tenant.odd_number}),
        ("PUT", "/v1/agents/{name}") => world::agent("anna", mark),
        ("PUT", "/v1/settings") => world::settings(),
        ("PUT", "/v1/config/{kind}/{name}") => world::group(mark),
        _ => return None,
    })
}

/// Sends a request as it is.
pub(super) async fn send(client: &Client, method: &str, path: &str, body: Option<&Value>) -> Reply {
    let mut request = request(client, method, path);
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.expect("an answer");
    Reply {
        status: response.status().as_u16(),
        text: response.text().await.expect("the whole answer"),
    }
}

/// Takes a snapshot and asks for it; whoever may not take one has none to ask for.
async fn of_snapshot(client: &Client, method: &str) -> Reply {
    let taken = send(client, "POST", "/v1/snapshots", Some(&json!({}))).await;
    if taken.status != 201 {
        return taken;
    }
    let taken: Value = serde_json::from_str(&taken.text).expect("JSON");
    let id = taken["id"].as_str().expect("an id");
    let part = if method == "GET" { "?limit=1000" } else { "" };
    send(client, method, &format!("/v1/snapshots/{id}{part}"), None).await
}

/// Acts on one of many; its own status is the answer.
async fn bulk(client: &Client, body: Option<&Value>) -> Reply {
    let mut reply = send(client, "POST", "/v1/bulk", body).await;
    if reply.status == 200 {
        let all: Value = serde_json::from_str(&reply.text).expect("JSON");
        let status = all["items"][0]["status"].as_u64().expect("a status");
        reply.status = u16::try_from(status).expect("a status");
    }
    reply
}

/// Begins a WebSocket; what comes through it is another story.
async fn upgrade(client: &Client) -> Reply {
    let request = request(client, "GET", "/v1/stream")
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==");
    let response = request.send().await.expect("an answer");
    Reply {
        status: response.status().as_u16(),
        text: String::new(),
    }
}

/// Begins a stream of server-sent events, and reads its beginning.
async fn first_of_stream(client: &Client, path: &str) -> Reply {
    let request = request(client, "GET", path);
    let mut response = request.send().await.expect("an answer");
    let first = response.chunk().await.expect("its beginning");
    Reply {
        status: response.status().as_u16(),
        text: String::from_utf8_lossy(&first.unwrap_or_default()).into_owned(),
    }
}

/// A request with the key of a client, if it has one.
pub(super) fn request(client: &Client, method: &str, path: &str) -> reqwest::RequestBuilder {
    static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
        reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            // Each test has a runtime of its own; a connection does not outlive it.
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(40))
            .build()
            .expect("a client")
    });
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let request = HTTP.request(method, format!("{}{path}", client.base()));
    if client.secret().is_empty() {
        request
    } else {
        request.bearer_auth(client.secret())
    }
}

/// What a list has to show to whom.
struct List {
    inside: Vec<String>,
    outside: Vec<String>,
}

/// What stands, seen with the key of this cell; `None` for what is no list.
fn list_of(world: &World, cell: &Cell<'_>) -> Option<List> {
    let standing = &world.standing;
    let whole = |column: &str| matches!(column, "adm" | "sup" | "int" | "aud");
    let all: Vec<(&str, &[&str])> = match (cell.method, cell.path, cell.of) {
        ("GET", "/v1/agents", _) => vec![("anna", &[".g"]), ("berta", &[])],
        ("GET", "/v1/queues", _) => vec![("north", &[".n"]), ("south", &[])],
        ("GET", "/v1/virtual-queues/{name}/line", _) => {
            vec![(&standing.north, &[".n"]), (&standing.south, &[])]
        }
        ("GET", "/v1/snapshots/{snapshot}", _) => {
            vec![(&standing.north, &[".n"]), (&standing.south, &[])]
        }
        ("GET", "/v1/interactions", "-") => vec![
            (&standing.north, &[".n"]),
            (&standing.south, &[]),
            (&standing.of_anna, &[".n", "own"]),
            (&standing.of_berta, &["other"]),
        ],
        ("GET", "/v1/interactions", "queue=south" | "contact=person-south") => {
            vec![(&standing.south, &[]), (&standing.of_berta, &["other"])]
        }
        ("GET", "/v1/interactions", "owner=berta") => vec![(&standing.of_berta, &["other"])],
        _ => return None,
    };
    let sees =
        |who: &[&str]| whole(cell.column) || who.iter().any(|one| cell.column.ends_with(one));
    let (inside, outside): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, who)| sees(who));
    let texts =
        |list: Vec<(&str, &[&str])>| list.iter().map(|(text, _)| (*text).to_owned()).collect();
    Some(List {
        inside: texts(inside),
        outside: texts(outside),
    })
}

impl List {
    /// Everything inside is there, nothing outside is.
    fn judge(&self, reply: &Reply, expected: &str) -> Result<String, String> {
        let body: Value = serde_json::from_str(&reply.text).expect("a list is JSON");
        let missing = self.inside.iter().find(|text| !mentions(&body, text));
        if let Some(missing) = missing {
            return Err(format!("a list without {missing}: {body}"));
        }
        let foreign = self.outside.iter().find(|text| mentions(&body, text));
        if let Some(foreign) = foreign {
            return Err(format!("a list with {foreign}: {body}"));
        }
        let all = self.outside.is_empty() && expected != "part";
        Ok(if all { "ok" } else { "part" }.to_owned())
    }
}

/// Whether a text stands somewhere in a value, as a whole.
fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(found) => found == text,
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, text)),
        _ => false,
    }
}

/// A refused erasure has erased nothing, also not in the vault, which keeps no journal.
async fn check_not_erased(world: &World, made: &Made) -> Result<(), String> {
    let path = format!("/v1/interactions/{}", made.interaction);
    let view = world.home.administrator.get(&path).await;
    if view["user_data"]["name"] == "somebody" && view["user_data_erased"] == false {
        Ok(())
    } else {
        Err(format!("it was erased all the same: {view}"))
    }
}

/// Takes back what would change later cells.
async fn restore(world: &World, cell: &Cell<'_>, class: &str) {
    if cell.path == "/v1/keys" && class == "ok" && cell.method == "POST" {
        let path = format!("/v1/keys/made-by-{}", cell.column);
        let reply = send(&world.home.administrator, "DELETE", &path, None).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}
