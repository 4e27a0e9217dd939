//! What else goes out: screen pops, calendars, short messages, and what operators watch.

use crate::support::client::Client;
use crate::support::endpoint::Endpoint;
use crate::support::server::Site;
use serde_json::{Value, json};

async fn key_of(here: &Client, agent: &str) -> Client {
    let body = json!({"name": format!("key-{agent}"), "role": "agent", "agent": agent});
    let made = here.post("/v1/keys", body).await;
    here.with_key(made["secret"].as_str().expect("a secret"))
}

/// The first offer on the stream of this key.
async fn offer_made(client: &Client) -> Value {
    let url = format!("{}/v1/events?after=0", client.base());
    let asked = reqwest::Client::new().get(url).bearer_auth(client.secret());
    let mut response = asked.send().await.expect("a stream");
    let mut text = String::new();
    loop {
        let chunk = response.chunk().await.expect("the stream goes on");
        text.push_str(&String::from_utf8_lossy(
            &chunk.expect("the stream goes on"),
        ));
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        let events = data.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        if let Some(offer) = events.into_iter().find(|it| it["event"] == "offer.made") {
            return offer;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_is_given_pages_to_open_with_an_offer() {
    let site = Site::new();
    let server = site.start().await;
    let here = site.administrator(0);
    here.put("/v1/queues/support", json!({})).await;
    here.put("/v1/queues/other", json!({})).await;
    here.put("/v1/virtual-queues/line", json!({})).await;
    here.put("/v1/agents/anna", json!({})).await;
    let crm = json!({
        "display_name": "Customer",
        "url": "https://crm.example.com/find?name={user.name}&id={interaction}&q={queue}&x={user.none}",
        "queues": ["support"],
    });
    here.put("/v1/config/screen_pop/crm", crm).await;
    let voice = json!({"url": "https://pbx.example.com/{interaction}", "media": ["voice"]});
    here.put("/v1/config/screen_pop/pbx", voice).await;
    for (url, problem) in [
        ("https://crm.example.com/{nobody}", "unknown field"),
        ("javascript:alert(1)", "begins with none of"),
        ("https://{user.host}/", "must not choose the host"),
    ] {
        let put = here
            .try_put("/v1/config/screen_pop/bad", &json!({"url": url}))
            .await;
        let put = put.expect("an answer");
        assert_eq!(put.status, 422, "{url}");
        assert!(put.body.to_string().contains(problem), "{:?}", put.body);
    }
    let anna = key_of(&here, "anna").await;
    for what in ["login", "ready"] {
        here.post(&format!("/v1/agents/anna/{what}"), json!({}))
            .await;
    }
    let body = json!({
        "queue": "support",
        "medium": "chat",
        "user_data": {"name": "Zoë & Söhne"},
        "route": {"virtual_queue": "line", "target": ""},
    });
    let made = here.post("/v1/interactions", body).await;
    let id = made["interaction"].as_str().expect("an id");
    let offer = offer_made(&anna).await;
    let expected = json!([{
        "name": "crm",
        "title": "Customer",
        "url": format!(
            "https://crm.example.com/find?name=Zo%C3%AB%20%26%20S%C3%B6hne&id={id}&q=support&x="
        ),
    }]);
    assert_eq!(offer["data"]["screen_pops"], expected);
    // A desk that was away finds it with the offer; nobody else does.
    let mine = anna.get("/v1/agents/me").await;
    assert_eq!(mine["offers"][0]["screen_pops"], expected, "{mine}");
    let seen = here.get("/v1/agents/anna").await;
    assert!(seen["offers"][0].get("screen_pops").is_none(), "{seen}");
    // Nobody else's stream holds what is sealed.
    let offer = offer_made(&here).await;
    assert!(offer["data"].get("screen_pops").is_none(), "{offer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_hours_are_a_calendar_whose_address_is_its_key() {
    let site = Site::new();
    let server = site.start().await;
    let here = site.administrator(0);
    let hours = json!({
        "zone": "Europe/Berlin",
        "weekly": {"monday": ["08:00-12:00"], "tuesday": ["08:00-12:00"],
            "wednesday": ["08:00-12:00"], "thursday": ["08:00-12:00"], "friday": ["08:00-12:00"],
            "saturday": ["08:00-12:00"], "sunday": ["08:00-12:00"]},
    });
    here.put("/v1/config/hours/office", hours).await;
    let calendar = json!({"display_name": "Opening", "hours": ["office"]});
    here.put("/v1/config/calendar/opening", calendar.clone())
        .await;
    let made = here.post("/v1/calendars/opening/address", json!({})).await;
    let path = made["path"].as_str().expect("a path").to_owned();
    let nobody = reqwest::Client::new();
    let read = async |path: &str| {
        let answer = nobody.get(format!("{}{path}", here.base())).send().await;
        let answer = answer.expect("an answer");
        let kind = answer.headers().get("content-type").cloned();
        (
            answer.status().as_u16(),
            kind,
            answer.text().await.expect("text"),
        )
    };
    let (status, kind, text) = read(&path).await;
    assert_eq!(status, 200);
    assert_eq!(kind.expect("a type"), "text/calendar; charset=utf-8");
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n"), "{text}");
    let events = text.matches("BEGIN:VEVENT").count();
    assert!((170..=190).contains(&events), "one each day of {events}");
    // Changing what it shows keeps the address; a new address ends the old one.
    here.put("/v1/config/calendar/opening", calendar).await;
    assert_eq!(read(&path).await.0, 200);
    let shown = here.get("/v1/config/calendar/opening").await.to_string();
    assert!(!shown.contains("token"), "{shown}");
    let made = here.post("/v1/calendars/opening/address", json!({})).await;
    assert_eq!(read(&path).await.0, 404);
    let new = made["path"].as_str().expect("a path").to_owned();
    assert_eq!(read(&new).await.0, 200);
    here.delete("/v1/config/calendar/opening").await;
    assert_eq!(read(&new).await.0, 404);
    for wrong in ["/v1/feeds/x", "/v1/feeds/t1.ics", "/v1/feeds/t9.rb_x.ics"] {
        assert_eq!(read(wrong).await.0, 404, "{wrong}");
    }
    // Hours that a calendar shows are needed.
    here.put("/v1/config/calendar/opening", json!({"hours": ["office"]}))
        .await;
    let gone = here.try_delete("/v1/config/hours/office").await;
    assert_eq!(gone.expect("an answer").code(), "config.in_use");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_a_system_of_the_operator_signed() {
    let end = Endpoint::listen().await;
    let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
    let site = Site::new()
        .with("RINGBACK_WEBHOOKS__ALLOW", "127.0.0.0/8")
        .with("RINGBACK_WEBHOOKS__PLAIN_HTTP", "allow")
        .with("RINGBACK_NOTIFY__WEBHOOK_URL", &end.url)
        .with("RINGBACK_NOTIFY__WEBHOOK_SECRET", secret);
    let output =
        tokio::task::spawn_blocking(move || site.succeeds(&["notify", "--to", "anna@example.com"]));
    let output = output.await.expect("it ran");
    assert_eq!(output.trim(), "accepted for anna@example.com by webhook");
    let told = end.told();
    assert_eq!(told.len(), 1);
    assert!(told[0].is_signed_with(secret));
    assert_eq!(told[0].event()["to"], "anna@example.com");
}

/// Every metric that a dashboard or an alert names is one that the server exports.
#[tokio::test(flavor = "multi_thread")]
async fn dashboards_and_alerts_name_metrics_that_exist() {
    let site = Site::new()
        .with("RINGBACK_WEBHOOKS__ALLOW", "127.0.0.0/8")
        .with("RINGBACK_WEBHOOKS__PLAIN_HTTP", "allow")
        .with("RINGBACK_WEBHOOKS__RETRY_S", "1");
    let server = site.start().await;
    let here = site.administrator(0);
    let end = Endpoint::listen().await;
    here.put("/v1/queues/support", json!({})).await;
    here.put("/v1/virtual-queues/line", json!({})).await;
    here.put("/v1/config/webhook/crm", json!({"url": end.url}))
        .await;
    here.post("/v1/webhooks/crm/secret", json!({})).await;
    let body = json!({
        "queue": "support",
        "medium": "chat",
        "route": {"virtual_queue": "line", "target": "Nobody>=9"},
    });
    here.post("/v1/interactions", body).await;
    end.until(|told| !told.is_empty()).await;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
    let dashboard = read("deploy/grafana/ringback.json");
    let alerts = read("deploy/prometheus/ringback.rules.yml");
    serde_json::from_str::<Value>(&dashboard).expect("the dashboard is JSON");
    let named = named_in(&format!("{dashboard}\n{alerts}"));
    assert!(named.len() >= 15, "{named:?}");
    let begun = std::time::Instant::now();
    loop {
        let page = reqwest::get(format!("{}/metrics", here.base())).await;
        let page = page.expect("an answer").text().await.expect("text");
        let missing: Vec<&String> = named
            .iter()
            .filter(|name| !RARE.contains(&name.as_str()) && !exports(&page, name))
            .collect();
        if missing.is_empty() {
            break;
        }
        let patience = crate::support::server::PATIENCE;
        assert!(
            begun.elapsed() < patience,
            "not exported: {missing:?}\n{page}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    server.stop().await;
}

/// Counters of what should not happen: they are exported from the first time on. That the source
/// counts them under this name is looked up there.
const RARE: &[&str] = &[
    "ringback_commands_shed_total",
    "ringback_projection_faults_total",
    "ringback_follower_faults_total",
    "ringback_lease_lost_total",
    "ringback_webhook_gaps_total",
];

fn named_in(text: &str) -> std::collections::BTreeSet<String> {
    let word = |byte: char| byte.is_ascii_alphanumeric() || byte == '_';
    let words = text.split(|found| !word(found));
    let words = words.filter(|found| found.starts_with("ringback_"));
    words.map(str::to_owned).collect()
}

fn exports(page: &str, name: &str) -> bool {
    page.lines().any(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
    })
}

#[test]
fn rare_counters_stand_in_the_source() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut source = String::new();
    gather(&root, &mut source);
    for name in RARE {
        assert!(source.contains(&format!("\"{name}\"")), "{name}");
    }
}

fn gather(folder: &std::path::Path, source: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            gather(&path, source);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            source.push_str(&std::fs::read_to_string(&path).expect("a text"));
        }
    }
}
