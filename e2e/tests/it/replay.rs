//! A journal with everything in it leads to the same state in every process, and the same inputs
//! decide the same events.

use crate::support::audit::replay_check;
use crate::support::centre::{Centre, quick_settings};
use crate::support::client::Client;
use crate::support::crowd::{Crowd, Pace};
use crate::support::seeds::seeds;
use crate::support::server::Site;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What this story does not bring about: notices that fail for good, jumping clocks, results older
/// than a minute, capacity rules, changed requests. Scenarios and random days do. Log-in and what
/// was refused are brought about, and replayed, by the story `login`.
const NOT_HERE: [&str; 11] = [
    "agent.paused",
    "effect.parked",
    "login.credentials_put",
    "login.policy_put",
    "login.seen",
    "login.session_ended",
    "login.session_put",
    "node.clock_jumped",
    "node.refusals",
    "node.results_forgotten",
    "route.changed",
];

#[tokio::test(flavor = "multi_thread")]
async fn replaying_gives_the_same_bytes_and_decides_the_same_events() {
    let seed = seeds("replay", 1)[0];
    println!("line for seeds.txt: replay {seed}");
    let receiver = crate::support::receiver::Receiver::listen(seed).await;
    let site = Site::of_tenants(&["default", "acme"])
        .with("RINGBACK_JOURNAL__SNAPSHOT_RECORDS", "50")
        .with("RINGBACK_JOURNAL__SNAPSHOT_EVERY_S", "1")
        .with("RINGBACK_NOTICES__URL", &receiver.url);
    let mut server = site.start().await;
    let mut settings = quick_settings();
    settings["notices"] = true.into();
    // Long enough that desks come back in time also where much else runs.
    settings["desk_grace_ms"] = 5_000.into();
    let mut centres = Vec::new();
    for (number, tenant) in site.tenants().iter().enumerate() {
        let administrator = site.administrator(number);
        centres.push(Centre::found(tenant, administrator, settings.clone()).await);
    }
    let crowds: Vec<Crowd> = centres
        .iter()
        .map(|centre| Crowd::enter(centre, Pace::BUSY, seed))
        .collect();
    for centre in &centres {
        the_rarer_things(centre).await;
    }
    for crowd in &crowds {
        crowd.until(|ledger| ledger.told().completions >= 40).await;
        crowd.until(|ledger| ledger.told().rejects >= 2).await;
    }
    // After one restart desks come back, after the other they fall silent.
    server.kill();
    let before: Vec<_> = crowds
        .iter()
        .map(|crowd| crowd.ledger().told().completions)
        .collect();
    server = site.start().await;
    for (crowd, before) in crowds.iter().zip(before) {
        crowd
            .until(|ledger| ledger.told().completions >= before + 20)
            .await;
    }
    server.kill();
    for crowd in crowds {
        crowd.leave().await;
    }
    server = site.start().await;
    let administrator = &centres[0].administrator;
    administrator
        .until("/v1/agents?limit=1000", |agents| {
            let agents = agents["items"].as_array().expect("a list");
            agents
                .iter()
                .filter(|agent| agent["logged_in"] == json!(true))
                .all(|agent| agent["desk"]["state"] == "silent")
        })
        .await;
    assert_all_kinds_of_events(administrator).await;
    // Without a last snapshot: what is replayed is a snapshot and the journal after it.
    server.kill();

    let data = site.data().display().to_string();
    let hash = || site.succeeds(&["replay", "--hash", "--data", &data]);
    let first = hash();
    assert_eq!(first.lines().count(), site.tenants().len(), "{first}");
    assert_eq!(first, hash(), "the same journal, other bytes");
    let decided = replay_check(&site);
    println!("{decided} inputs decided again; {first}");
    assert!(decided > 400, "only {decided} inputs");
}

/// What the crowd does not do by itself.
async fn the_rarer_things(centre: &Centre) {
    let administrator = &centre.administrator;
    administrator
        .put("/v1/queues/vip", json!({"open_max": 10}))
        .await;
    let key = json!({"name": "old", "role": "supervisor", "queues": ["vip"]});
    administrator.post("/v1/keys", key).await;
    administrator.delete("/v1/keys/old").await;
    let agent = json!({"skills": {"Spanish": 2}});
    administrator.put("/v1/agents/gerd", agent.clone()).await;
    administrator
        .post("/v1/agents/gerd/login", json!({"media": ["chat"]}))
        .await;
    administrator.post("/v1/agents/gerd/ready", json!({})).await;
    administrator
        .post("/v1/agents/gerd/not-ready", json!({"reason": "lunch"}))
        .await;
    administrator
        .post("/v1/agents/gerd/logout", json!({}))
        .await;
    administrator.put("/v1/agents/gerd", agent).await;

    let steps = json!([
        {"expression": "Spanish>=2", "after_ms": 0},
        {"expression": "Spanish>=1", "after_ms": 100},
    ]);
    let person = submit(administrator, json!({"name": "somebody"}), &steps).await;
    let request = person["request"].as_str().expect("a request");
    let waits = person["interaction"].as_str().expect("an id");
    let path = format!("/v1/interactions/{waits}");
    administrator
        .until(&path, |view| view["requests"][0]["step"] == json!(1))
        .await;
    administrator
        .delete(&format!("/v1/route-requests/{request}"))
        .await;
    let cancel = json!({"cause": "cancelled", "reason": "duplicate"});
    administrator.post(&format!("{path}/stop"), cancel).await;
    let erase = json!({"contact": "somebody rare"});
    administrator.post("/v1/contacts/erase", erase).await;
    an_object_comes_and_a_queue_goes(administrator).await;
    one_waits_behind_a_threshold(administrator).await;
    an_agent_works_on_one(administrator).await;
    a_view_pulls_one(administrator).await;
}

/// A view hands over what rests in its queue.
async fn a_view_pulls_one(administrator: &Client) {
    administrator.put("/v1/queues/post", json!({})).await;
    let rests = json!({"queue": "post", "medium": "chat"});
    let made = administrator.post("/v1/interactions", rests).await;
    let view = json!({
        "queue": "post",
        "route": {"virtual_queue": "english", "target": "Nobody>=9"},
    });
    administrator.put("/v1/config/view/post", view).await;
    let id = made["interaction"].as_str().expect("an id");
    let path = format!("/v1/interactions/{id}");
    administrator
        .until(&path, |view| view["under_way_by"] == json!("post"))
        .await;
    let cancel = json!({"cause": "cancelled", "reason": "duplicate"});
    administrator.post(&format!("{path}/stop"), cancel).await;
}

/// An agent takes what rests, does with it what can be done and puts it back, while another
/// listens.
async fn an_agent_works_on_one(administrator: &Client) {
    for agent in ["hugo", "ida"] {
        let path = format!("/v1/agents/{agent}");
        let body = json!({"capacity": {"chat": 1}});
        administrator.put(&path, body).await;
        administrator
            .post(&format!("{path}/login"), json!({"media": ["chat"]}))
            .await;
    }
    let key = json!({"name": "desk-of-hugo", "role": "agent", "agent": "hugo"});
    let key = administrator.post("/v1/keys", key).await;
    let hugo = administrator.with_key(key["secret"].as_str().expect("shown once"));
    let rests = json!({"queue": "inbox", "medium": "chat"});
    let made = administrator.post("/v1/interactions", rests).await;
    let path = format!(
        "/v1/interactions/{}",
        made["interaction"].as_str().expect("an id")
    );
    for act in ["pull", "hold", "resume", "lock", "unlock"] {
        hugo.post(&format!("{path}/{act}"), json!({})).await;
    }
    let change = json!({"properties": {"subkind": "complaint"}});
    hugo.post(&format!("{path}/change"), change).await;
    through_the_workbin_of_a_group(administrator, &hugo, &path).await;
    let listens = json!({"agent": "ida"});
    administrator
        .post(&format!("{path}/monitor"), listens)
        .await;
    let place = json!({"queue": "inbox", "reason": "later"});
    hugo.post(&format!("{path}/place"), place).await;
    hugo.post(&format!("{path}/pull"), json!({})).await;
    let hand_on = json!({"group": "clerks", "virtual_queue": "english"});
    hugo.post(&format!("{path}/transfer"), hand_on).await;
    let cancel = json!({"cause": "cancelled", "reason": "duplicate"});
    administrator.post(&format!("{path}/stop"), cancel).await;
    wrap_up(administrator, &hugo).await;
    for agent in ["hugo", "ida"] {
        let path = format!("/v1/agents/{agent}/logout");
        administrator.post(&path, json!({})).await;
    }
}

/// An agent is told of what comes into a workbin of his group, changes there and goes.
async fn through_the_workbin_of_a_group(administrator: &Client, hugo: &Client, path: &str) {
    let clerks = json!({"members": ["hugo"]});
    administrator.put("/v1/config/group/clerks", clerks).await;
    let letters = json!({"owner": "group"});
    administrator
        .put("/v1/config/workbin/letters", letters)
        .await;
    let bin = json!({"workbin": "letters", "group": "clerks"});
    let me = "/v1/agents/me";
    hugo.post(&format!("{me}/subscribe"), bin.clone()).await;
    hugo.post(&format!("{path}/place"), bin.clone()).await;
    let change = json!({"properties": {"priority": 3}});
    hugo.post(&format!("{path}/change"), change).await;
    hugo.post(&format!("{path}/pull"), json!({})).await;
    hugo.post(&format!("{me}/unsubscribe"), bin).await;
}

/// A threshold is looked at as soon as somebody waits behind it.
async fn one_waits_behind_a_threshold(administrator: &Client) {
    let body = json!({
        "queue": "inbox", "medium": "chat",
        "route": {"virtual_queue": "english", "targets": "{RStatAgentsTotal<1000}?:Spanish>=3"},
    });
    let made = administrator.post("/v1/interactions", body).await;
    let path = format!(
        "/v1/interactions/{}/stop",
        made["interaction"].as_str().expect("an id")
    );
    let cancel = json!({"cause": "cancelled", "reason": "duplicate"});
    administrator.post(&path, cancel).await;
}

/// An agent wraps up what he was done with, and is not ready after that.
async fn wrap_up(administrator: &Client, agent: &Client) {
    let timed = json!({"wrap_up": "timed", "wrap_up_for_ms": 600_000});
    let queue = json!({"wrap_up": {"chat": timed}});
    administrator.put("/v1/queues/wrapping", queue).await;
    let new = json!({"queue": "wrapping", "medium": "chat"});
    let made = administrator.post("/v1/interactions", new).await;
    let path = format!(
        "/v1/interactions/{}",
        made["interaction"].as_str().expect("an id")
    );
    agent.post(&format!("{path}/pull"), json!({})).await;
    let me = "/v1/agents/me";
    agent.post(&format!("{me}/ready"), json!({})).await;
    let lunch = json!({"reason": "lunch", "manner": "after_this"});
    agent.post(&format!("{me}/not-ready"), lunch).await;
    let done = json!({"reason": "solved"});
    agent.post(&format!("{path}/complete"), done).await;
    for act in [
        json!({"act": "extend", "by_ms": 1_000}),
        json!({"act": "dispose", "disposition": "sold"}),
        json!({"act": "finish"}),
    ] {
        agent.post(&format!("{path}/wrap-up"), act).await;
    }
}

/// A queue that is deleted hands what rests in it to another one.
async fn an_object_comes_and_a_queue_goes(administrator: &Client) {
    let skill = json!({"display_name": "Polish"});
    administrator.put("/v1/config/skill/Polish", skill).await;
    administrator.put("/v1/queues/spare", json!({})).await;
    let rests = json!({"queue": "spare", "medium": "chat"});
    administrator.post("/v1/interactions", rests).await;
    administrator
        .delete("/v1/config/queue/spare?move_to=inbox")
        .await;
}

async fn submit(client: &Client, user_data: Value, target: &Value) -> Value {
    let reference = "rare";
    let mut user_data = user_data;
    user_data["ref"] = reference.into();
    let body = json!({
        "queue": "inbox", "medium": "chat", "contact": "somebody rare", "user_data": user_data,
        "route": {"virtual_queue": "english", "target": target},
    });
    client.post("/v1/interactions", body).await
}

/// A story of a journal with everything in it must have everything in it.
async fn assert_all_kinds_of_events(administrator: &Client) {
    // Those of the last record are not told.
    administrator.put("/v1/queues/vip", json!({})).await;
    let events = administrator.events_since_the_beginning().await;
    let seen: BTreeSet<&str> = events
        .iter()
        .map(|event| event["event"].as_str().expect("a name"))
        .collect();
    let all = event_names();
    assert!(NOT_HERE.iter().all(|name| all.contains(*name)));
    let missing: Vec<&String> = all
        .iter()
        .filter(|name| !seen.contains(name.as_str()) && !NOT_HERE.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

/// All kinds of events, by their golden files, of which `ringback-model` holds one for each.
fn event_names() -> BTreeSet<String> {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/model/golden/event");
    let files = std::fs::read_dir(golden).expect("golden files");
    let names = files.filter_map(|file| {
        let name = file.expect("a file").file_name().into_string().ok()?;
        // A second file of the same kind has a word after a dash.
        Some(name.strip_suffix(".json")?.split('-').next()?.to_owned())
    });
    names.collect()
}
