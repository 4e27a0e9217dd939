//! What is counted: asked over REST, watched over a stream, added up in reports, and the same
//! after the server was killed.

use crate::support::client::Client;
use crate::support::server::Site;
use serde_json::{Value, json};

/// A centre in which one customer was answered, one left, and one waits.
async fn a_small_morning(administrator: &Client) -> Client {
    administrator.put("/v1/queues/support", json!({})).await;
    let patient = json!({"short_abandon_ms": 0});
    administrator
        .put("/v1/virtual-queues/english", patient)
        .await;
    let anna = json!({"skills": {"English": 3}, "capacity": {"chat": 1}});
    administrator.put("/v1/agents/anna", anna).await;
    let group = json!({"members": ["anna"]});
    administrator.put("/v1/config/group/team", group).await;
    let billing = json!({
        "measure": "total_entered",
        "subject": "virtual_queue",
        "filter": "kind = 'billing'",
        "zone": "Europe/Berlin",
    });
    administrator
        .put("/v1/config/statistic/billing", billing)
        .await;
    let key = json!({"name": "desk", "role": "agent", "agent": "anna"});
    let made = administrator.post("/v1/keys", key).await;
    let anna = administrator.with_key(made["secret"].as_str().expect("a secret"));
    anna.post("/v1/agents/me/login", json!({})).await;
    anna.post("/v1/agents/me/ready", json!({})).await;
    let first = submit(administrator, "inbound").await;
    let me = anna.get("/v1/agents/me").await;
    let offer = me["offers"][0]["id"].as_str().expect("an offer").to_owned();
    anna.post(&format!("/v1/offers/{offer}/accept"), json!({}))
        .await;
    let second = submit(administrator, "billing").await;
    let stop = json!({"cause": "abandoned"});
    administrator
        .post(&format!("/v1/interactions/{second}/stop"), stop)
        .await;
    submit(administrator, "billing").await;
    let done = json!({"reason": "solved"});
    anna.post(&format!("/v1/interactions/{first}/complete"), done)
        .await;
    anna
}

async fn submit(client: &Client, kind: &str) -> String {
    let body = json!({
        "queue": "support",
        "medium": "chat",
        "kind": kind,
        "route": {"virtual_queue": "english", "target": "English>=1"},
    });
    let made = client.post("/v1/interactions", body).await;
    made["interaction"].as_str().expect("an id").to_owned()
}

const ASKED: [&str; 11] = [
    "current_in_queue/virtual_queue/english",
    "total_entered/virtual_queue/english",
    "total_answered/virtual_queue/english",
    "total_abandoned/virtual_queue/english",
    "service_factor/virtual_queue/english",
    "total_completed/agent/anna",
    "total_completed/group/team",
    "current_logged_in/medium/chat",
    "total_answered/medium/chat",
    "current_in_queue/queue/support",
    "billing/virtual_queue/english",
];

/// The values of all that is asked, once the numbers have caught up with what was answered.
async fn values(client: &Client) -> Vec<Value> {
    let sequence = client.get("/v1/overview").await["sequence"].clone();
    client
        .get(&format!("/v1/interactions?limit=1&at_least={sequence}"))
        .await;
    let mut values = Vec::new();
    for asked in ASKED {
        let path = format!("/v1/statistics/{asked}");
        values.push(client.get(&path).await["value"].clone());
    }
    values
}

/// The whole of what was counted of the virtual queue, added up over two days.
async fn reported(client: &Client) -> (u64, u64, u64) {
    let from = days_from_now(-1);
    let to = days_from_now(1);
    let path = format!(
        "/v1/reports/virtual_queue/english?from={from}&to={to}&interval=day&zone=Asia/Kathmandu"
    );
    let report = client.get(&path).await;
    let lines = report["items"].as_array().expect("lines");
    assert!(lines.len() >= 2, "{report}");
    for line in lines {
        let balance = &line["balance"];
        assert_eq!(balance["entered"], balance["accounted_for"], "{line}");
    }
    let sum = |counter: &str| {
        let counts = lines.iter();
        counts
            .filter_map(|line| line["counts"][counter].as_u64())
            .sum()
    };
    (sum("entered"), sum("answered"), sum("abandoned"))
}

/// So many days from now.
fn days_from_now(days: i64) -> jiff::Timestamp {
    jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days)
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_and_reports_are_the_same_after_the_server_was_killed() {
    let site = Site::new();
    let mut server = site.start().await;
    let administrator = site.administrator(0);
    a_small_morning(&administrator).await;
    let expected = [
        // The one who waits is offered to anna, who is free again.
        json!(1),
        json!(3),
        json!(1),
        json!(1),
        json!(50),
        json!(1),
        json!(1),
        json!(1),
        json!(1),
        json!(1),
        json!(2),
    ];
    assert_eq!(values(&administrator).await, expected);
    assert_eq!(reported(&administrator).await, (3, 1, 1));
    for _ in 0..2 {
        server.kill();
        server = site.start().await;
        let sequence = administrator.get("/v1/overview").await["sequence"].clone();
        assert_ne!(sequence, json!(0));
        assert_eq!(values(&administrator).await, expected, "after a kill");
        assert_eq!(reported(&administrator).await, (3, 1, 1), "after a kill");
    }
    // A stop puts the book away; a start reads it back.
    server.stop().await;
    let server = site.start().await;
    assert_eq!(values(&administrator).await, expected, "after a stop");
    assert_eq!(reported(&administrator).await, (3, 1, 1), "after a stop");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_number_begins_with_what_it_is_and_is_told_when_it_changes() {
    let site = Site::new();
    let server = site.start().await;
    let administrator = site.administrator(0);
    a_small_morning(&administrator).await;
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let watch = "total_entered/virtual_queue/english";
    let path = format!("{}/v1/statistics/events?watch={watch}", site.base());
    let asked = http.get(path).bearer_auth(administrator.secret());
    let mut stream = asked.send().await.expect("a stream");
    assert_eq!(stream.status().as_u16(), 200);
    let mut text = String::new();
    let mut told = Vec::new();
    submit(&administrator, "inbound").await;
    while told.last() != Some(&json!(4)) {
        let next = tokio::time::timeout(crate::support::server::PATIENCE, stream.chunk());
        let chunk = next.await.expect("in time").expect("readable");
        text += &String::from_utf8_lossy(&chunk.expect("not over"));
        while let Some((block, rest)) = text.split_once("\n\n") {
            let data = block.lines().find_map(|line| line.strip_prefix("data: "));
            if let Some(data) = data {
                let data: Value = serde_json::from_str(data).expect("JSON");
                assert_eq!(data["items"][0]["statistic"], watch);
                told.push(data["items"][0]["value"].clone());
            }
            text = rest.to_owned();
        }
    }
    assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "{told:?}");
    server.stop().await;
}
