//! Who hears what: one day at home, and every key listening in four ways: to server-sent events
//! and to the WebSocket, as things happen and afterwards from the journal.

use super::objects;
use super::requests;
use super::table::Table;
use super::world::{self, Tenant, World};
use crate::support::client::Client;
use crate::support::stream::{Frame, Stream};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const EVENTS: &str = include_str!("../../../rights/events.txt");
/// The reason by which every listener knows that the day is over.
const THE_END: &str = "the-end";
/// Nothing may stay silent for longer.
const SILENCE: Duration = Duration::from_secs(60);

type Heard = BTreeSet<(String, String)>;

#[tokio::test(flavor = "multi_thread")]
async fn every_key_hears_exactly_what_is_for_it() {
    let table = Table::read(EVENTS);
    let world = World::found(&table.columns).await;
    let start = world.home.administrator.get("/v1/overview").await["sequence"].clone();
    let abroad = world.abroad.administrator.get("/v1/overview").await["sequence"].clone();
    let mut live = Vec::new();
    for column in &table.columns {
        let sse = Ear::sse(&world, column, None).await;
        let socket = Ear::socket(&world, column, None).await;
        live.push((column.as_str(), "live, server-sent", sse));
        live.push((column.as_str(), "live, WebSocket", socket));
    }
    let day = live_through(&world).await;
    for column in &table.columns {
        let from = if column.starts_with("abroad") {
            &abroad
        } else {
            &start
        };
        let from = from.to_string();
        let sse = Ear::sse(&world, column, Some(&from)).await;
        let socket = Ear::socket(&world, column, Some(&from)).await;
        live.push((column.as_str(), "resumed, server-sent", sse));
        live.push((column.as_str(), "resumed, WebSocket", socket));
    }
    let mut wrong = Vec::new();
    for (column, way, ear) in live {
        let heard = ear.listen(&day, column).await;
        let expected = expected(&table, column);
        for (event, of) in expected.difference(&heard) {
            wrong.push(format!("{column} ({way}) does not hear {event} of {of}"));
        }
        for (event, of) in heard.difference(&expected) {
            wrong.push(format!("{column} ({way}) hears {event} of {of}"));
        }
    }
    super::judge(&wrong);
    metrics_name_nobody(&world).await;
}

/// Metrics ask for no key, so their labels tell of tenants and virtual queues and of nothing that
/// a scope or a role could keep from somebody.
async fn metrics_name_nobody(world: &World) {
    let url = format!("{}/metrics", world.home.administrator.base());
    // They are looked at now and then.
    let told = tokio::time::timeout(SILENCE, async {
        loop {
            let metrics = reqwest::get(&url).await.expect("an answer");
            let metrics = metrics.text().await.expect("a text");
            if metrics.contains(r#"virtual_queue="english""#) {
                return metrics;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let metrics = told.await.expect("virtual queues are told of");
    for name in [
        "anna",
        "berta",
        "pat",
        "person-south",
        "mark-",
        "north",
        "south",
        "spare",
    ] {
        let mut labels = metrics.split('"').skip(1).step_by(2);
        assert!(
            !labels.any(|label| label.contains(name)),
            "{name}: {metrics}"
        );
    }
}

/// A key that is taken back closes what it holds open: nothing that happens later is heard.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_taken_back_hears_and_does_nothing_more() {
    let columns = ["adm".to_owned()];
    let world = World::found(&columns).await;
    let administrator = &world.home.administrator;
    let key = json!({"name": "leaving", "role": "supervisor"});
    let leaving = world::make_key(administrator, key).await;
    let mut hearing = Stream::open(&leaving, "events=all")
        .await
        .expect("a connection");
    let mut doing = Stream::open(&leaving, "events=none")
        .await
        .expect("a connection");
    let mut sse = requests::request(&leaving, "GET", "/v1/events");
    sse = sse.header("Accept", "text/event-stream");
    let mut sse = sse.send().await.expect("a stream");
    let taken_back = requests::send(administrator, "DELETE", "/v1/keys/leaving", None).await;
    assert_eq!(taken_back.status, 200, "{}", taken_back.text);
    let made = objects::submit(administrator, "north", None).await;

    let done = doing
        .call("ping", None, json!({}))
        .await
        .expect_err("it is closed");
    assert!(done.0.contains("the key was taken back"), "{done:?}");
    let heard = loop {
        match hearing.next().await {
            Ok(Frame::Event(event)) => assert_ne!(event["data"]["interaction"], made.interaction),
            Ok(other) => panic!("neither event nor end: {other:?}"),
            Err(end) => break end,
        }
    };
    assert!(heard.0.contains("the key was taken back"), "{heard:?}");
    let mut text = String::new();
    while let Some(chunk) = sse.chunk().await.expect("the stream ends in order") {
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(text.contains("the key was taken back"), "{text}");
    assert!(!text.contains(&made.interaction), "{text}");
}

/// What a listener has to know to understand what he hears.
struct Day {
    /// Names of home's agents by id.
    agents: BTreeMap<String, String>,
}

/// Everything in the table happens, and something that everybody hears ends it.
async fn live_through(world: &World) -> Day {
    let home = &world.home;
    let administrator = &home.administrator;
    administrator.put("/v1/settings", world::settings()).await;
    for queue in ["north", "south"] {
        let path = format!("/v1/queues/{queue}");
        let body = json!({"open_max": home.odd_number});
        administrator.put(&path, body).await;
    }
    let line = json!({"waiting_max": home.odd_number});
    administrator.put("/v1/virtual-queues/english", line).await;
    let helpers = "/v1/config/group/helpers";
    administrator
        .put(helpers, json!({"members": ["anna"]}))
        .await;
    let gone = requests::send(administrator, "DELETE", helpers, None).await;
    assert_eq!(gone.status, 200, "{}", gone.text);
    let anna = world::agent("anna", "home");
    administrator.put("/v1/agents/anna", anna).await;
    let key = json!({"name": "spare", "role": "auditor"});
    world::make_key(administrator, key).await;
    let pause = json!({"reason": "break"});
    administrator.post("/v1/agents/anna/not-ready", pause).await;
    administrator
        .post("/v1/agents/anna/logout", json!({}))
        .await;
    for queue in ["north", "south"] {
        objects::over(home, "anna", queue).await;
        work_on_one(home, queue).await;
        pull_one(home, queue).await;
    }
    somebody_logs_in(administrator).await;
    let erase = json!({"contact": "person-south"});
    administrator.post("/v1/contacts/erase", erase).await;
    end(home, "home").await;
    end(&world.abroad, "abroad").await;
    let agents = home.agents.iter();
    Day {
        agents: agents
            .map(|(name, id)| (id.clone(), name.clone()))
            .collect(),
    }
}

/// Pat gets a password, comes and is sent away.
async fn somebody_logs_in(administrator: &Client) {
    administrator.put("/v1/login/policy", json!({})).await;
    let link = administrator.post("/v1/people/pat/link", json!({})).await;
    let password = "eine gute Idee am Morgen";
    let set = json!({"tenant": "home", "token": link["token"], "password": password});
    let come = json!({"tenant": "home", "name": "pat", "password": password});
    for (path, body) in [("/v1/login/link", set), ("/v1/login", come)] {
        let done = requests::send(administrator, "POST", path, Some(&body)).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }
    administrator.delete("/v1/people/pat/sessions").await;
}

/// Anna takes what rests, does with it what can be done, takes berta in and puts it back.
async fn work_on_one(home: &Tenant, queue: &str) {
    objects::at_desk(home, "anna").await;
    objects::at_desk(home, "berta").await;
    let made = objects::submit(&home.administrator, queue, None).await;
    let path = format!("/v1/interactions/{}", made.interaction);
    for act in ["pull", "hold", "resume", "lock", "unlock"] {
        home.anna.post(&format!("{path}/{act}"), json!({})).await;
    }
    let change = json!({"properties": {"subkind": "complaint"}});
    home.anna.post(&format!("{path}/change"), change).await;
    through_the_workbin_of_the_team(home, &path).await;
    let listens = json!({"agent": "berta"});
    let monitor = format!("{path}/monitor");
    home.administrator.post(&monitor, listens).await;
    home.berta.post(&format!("{path}/leave"), json!({})).await;
    let back = json!({"queue": queue, "reason": "later"});
    home.anna.post(&format!("{path}/place"), back).await;
    let made = objects::wrapped(home, queue).await;
    let later = json!({"reason": "lunch", "manner": "after_this"});
    let anna = "/v1/agents/anna";
    home.anna.post(&format!("{anna}/not-ready"), later).await;
    home.anna.post(&format!("{anna}/ready"), json!({})).await;
    let path = format!("/v1/interactions/{}/wrap-up", made.interaction);
    let extend = json!({"act": "extend", "by_ms": 1_000});
    home.anna.post(&path, extend).await;
    home.anna.post(&path, json!({"act": "finish"})).await;
}

/// Anna is told of what comes into the workbin of her group, changes in it and goes out of it.
async fn through_the_workbin_of_the_team(home: &Tenant, path: &str) {
    let shared = json!({"workbin": "shared", "group": "team"});
    let anna = "/v1/agents/anna";
    home.anna
        .post(&format!("{anna}/subscribe"), shared.clone())
        .await;
    home.anna
        .post(&format!("{path}/place"), shared.clone())
        .await;
    let change = json!({"properties": {"subkind": "praise"}});
    home.anna.post(&format!("{path}/change"), change).await;
    home.anna.post(&format!("{path}/pull"), json!({})).await;
    home.anna.post(&format!("{anna}/unsubscribe"), shared).await;
}

/// A view pulls what is for it, and goes.
async fn pull_one(home: &Tenant, queue: &str) {
    let administrator = &home.administrator;
    let new = json!({"queue": queue, "medium": "chat", "kind": "for-the-view"});
    let made = administrator.post("/v1/interactions", new).await;
    let path = "/v1/config/view/puller";
    let view = json!({
        "queue": queue,
        "condition": "kind = 'for-the-view'",
        "route": {"virtual_queue": "english", "target": "Nobody>=9"},
    });
    administrator.put(path, view).await;
    let id = made["interaction"].as_str().expect("an id");
    administrator
        .until(&format!("/v1/interactions/{id}"), |view| {
            view["under_way_by"] == json!("puller")
        })
        .await;
    let gone = requests::send(administrator, "DELETE", path, None).await;
    assert_eq!(gone.status, 200, "{}", gone.text);
}

/// Something that each agent hears, and something that everybody else hears.
async fn end(tenant: &Tenant, mark: &str) {
    for name in ["anna", "berta"] {
        let mut agent = world::agent(name, mark);
        agent["skills"][THE_END] = 1.into();
        let path = format!("/v1/agents/{name}");
        tenant.administrator.put(&path, agent).await;
    }
    let data = json!({"mark": THE_END});
    let last = json!({"queue": "north", "medium": "chat", "user_data": data});
    tenant.administrator.post("/v1/interactions", last).await;
}

/// Whether this is the last thing the holder of a key hears.
fn is_last(event: &Value, column: &str) -> bool {
    let agent = match column {
        "own" | "abroad.a" => "anna",
        "other" => "berta",
        _ => return event["event"] == "interaction.submitted",
    };
    event["event"] == "config.agent_put" && event["data"]["config"]["name"] == agent
}

/// About whom or what an event is, in the words of the table.
fn of(event: &Value, day: &Day) -> String {
    let data = &event["data"];
    let places = [
        &data["queue"],
        &data["segment"]["queue"],
        &data["config"]["name"],
        &data["view"],
    ];
    if let Some(name) = places.iter().find_map(|place| place.as_str()) {
        return name.to_owned();
    }
    if let Some(login) = data.get("login") {
        return login["person"].as_str().unwrap_or("policy").to_owned();
    }
    if event["event"] == "contact.erased" {
        return "person".to_owned();
    }
    let agent = data["agent"].as_str().and_then(|id| day.agents.get(id));
    agent.cloned().unwrap_or_else(|| data.to_string())
}

fn expected(table: &Table, column: &str) -> Heard {
    let mut heard = Heard::new();
    for row in &table.rows {
        for (one, cell) in row.cells(&table.columns) {
            assert!(matches!(cell, "hears" | "-"), "line {}: {cell}", row.line);
            if one == column && cell == "hears" {
                heard.insert((row.words[0].clone(), row.words[1].clone()));
            }
        }
    }
    heard
}

/// Somebody who listens.
enum Ear {
    Sse(Box<Sse>),
    Socket(Box<Stream>),
}

struct Sse {
    response: reqwest::Response,
    text: String,
}

impl Ear {
    async fn sse(world: &World, column: &str, after: Option<&str>) -> Self {
        let query = after.map_or_else(String::new, |after| format!("?after={after}"));
        let path = format!("/v1/events{query}");
        let request = requests::request(&world.client(column), "GET", &path);
        let response = request.send().await.expect("a stream");
        assert_eq!(response.status().as_u16(), 200, "{column}");
        let text = String::new();
        Self::Sse(Box::new(Sse { response, text }))
    }

    async fn socket(world: &World, column: &str, after: Option<&str>) -> Self {
        let after = after.map_or_else(String::new, |after| format!("&after={after}"));
        let client = world.client(column);
        let stream = Stream::open(&client, &format!("events=all{after}")).await;
        Self::Socket(Box::new(stream.expect("a connection")))
    }

    /// Everything up to the end of the day.
    async fn listen(mut self, day: &Day, column: &str) -> Heard {
        let mut heard = Heard::new();
        loop {
            let event = self.next().await;
            let ends = event.to_string().contains(THE_END);
            if ends && is_last(&event, column) {
                return heard;
            }
            if !ends {
                let name = event["event"].as_str().expect("a name");
                heard.insert((name.to_owned(), of(&event, day)));
            }
        }
    }

    async fn next(&mut self) -> Value {
        match self {
            Self::Sse(sse) => sse.next().await,
            Self::Socket(stream) => match stream.next().await {
                Ok(Frame::Event(event)) => event,
                other => panic!("not an event: {other:?}"),
            },
        }
    }
}

impl Sse {
    async fn next(&mut self) -> Value {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let data = block.lines().find_map(|line| line.strip_prefix("data: "));
                let event = data.map(|data| serde_json::from_str(data).expect("JSON"));
                self.text = rest.to_owned();
                if let Some(event) = event {
                    return event;
                }
            }
            let chunk = tokio::time::timeout(SILENCE, self.response.chunk()).await;
            let chunk = chunk.expect("not silent").expect("not broken");
            let chunk = chunk.expect("the stream does not end");
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}
