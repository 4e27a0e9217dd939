//! The server is down for a while, or its clock jumps: timers that were due meanwhile fire once,
//! not early, and not all at the same time.

use crate::support::centre::{Centre, quick_settings};
use crate::support::checker::check;
use crate::support::ledger::Ledger;
use crate::support::picture::{Picture, Reader};
use crate::support::server::Site;
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Offers open when the server goes down; more than fire in a second.
const OFFERS: usize = 300;
/// Overdue timers that fire in a second at most, per tenant.
const PER_SECOND: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn offers_that_lapsed_during_an_outage_lapse_once_and_at_a_bounded_rate() {
    let site = Site::new();
    let server = site.start().await;
    let mut settings = quick_settings();
    settings["offer_ttl_ms"] = 4_000.into();
    settings["cool_down_ms"] = 600_000.into();
    settings["desk_grace_ms"] = 600_000.into();
    settings["misses_max"] = json!({});
    let centre = Centre::found("default", site.administrator(0), settings).await;
    let administrator = &centre.administrator;
    for agent in &centre.agents {
        // One agent after the other would take fewer.
        let body = json!({"skills": {"English": 1}, "capacity": {"chat": 50}});
        administrator
            .put(&format!("/v1/agents/{}", agent.name), body)
            .await;
        agent.client.post("/v1/agents/me/login", json!({})).await;
        agent.client.post("/v1/agents/me/ready", json!({})).await;
    }
    let ledger = offer_many(&centre).await;
    let before = administrator.get("/v1/overview").await;
    let offered = before["offered"].as_u64().expect("a number") as usize;
    assert!(offered > PER_SECOND, "too few offers are open: {before}");
    let head = before["sequence"].as_u64().expect("a number");
    let late = Reader::default().read(administrator, head).await;
    server.kill();
    // Longer than every offer stands.
    tokio::time::sleep(Duration::from_millis(4_200)).await;

    let server = site.start().await;
    accept_too_late(&centre, &late).await;
    administrator
        .until("/v1/overview", |overview| overview["offered"] == json!(0))
        .await;
    let picture = Reader::default()
        .read(administrator, ledger.reached())
        .await;
    let problems = check(&ledger, &picture);
    assert!(problems.is_empty(), "{problems:#?}");
    assert_bounded(&picture, head, offered);
    server.stop().await;
}

/// Submits more than can be offered.
async fn offer_many(centre: &Centre) -> Ledger {
    let submits = (0..OFFERS).map(|number| async move {
        let reference = format!("outage {number}");
        let body = json!({
            "queue": "inbox", "medium": "chat", "user_data": {"ref": reference},
            "route": {"virtual_queue": "english", "target": "English>=1"},
        });
        let answer = centre.integrator.post("/v1/interactions", body).await;
        (reference, answer)
    });
    let told: Vec<(String, Value)> = futures_util::stream::iter(submits)
        .buffer_unordered(16)
        .collect()
        .await;
    let mut ledger = Ledger::default();
    for (reference, answer) in told {
        ledger.submitting(&reference);
        ledger.submitted(&reference, &answer);
    }
    ledger
}

/// An offer whose time was over while the server was down cannot be accepted any more, even if
/// its timer waits for its turn.
async fn accept_too_late(centre: &Centre, before: &Picture) {
    let mut offers = before.live.iter().filter(|view| view["place"] == "offer");
    let offer = &offers.next_back().expect("an open offer")["offer"];
    let agent = centre
        .agents
        .iter()
        .find(|agent| offer["agent"] == *agent.id);
    let path = format!("/v1/offers/{}/accept", offer["id"].as_str().expect("an id"));
    let client = &agent.expect("one of ours").client;
    let answer = client.try_post(&path, None, &json!({})).await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, answer.code()), (409, "offer.over"));
}

/// Offers made before the outage all lapsed after it, in no second more than allowed.
fn assert_bounded(picture: &Picture, head: u64, offered: usize) {
    let events = picture.histories.values().flatten();
    let made: BTreeMap<&str, u64> = events
        .clone()
        .filter(|event| event.name == "offer.made")
        .map(|event| (event.data["offer"].as_str().expect("an id"), event.cursor.0))
        .collect();
    let lapsed = events.filter(|event| {
        let offer = event.data["offer"].as_str().unwrap_or_default();
        event.data["how"] == "lapsed"
            && event.cursor.0 > head
            && made.get(offer).is_some_and(|made| *made <= head)
    });
    let mut times: Vec<u64> = lapsed.map(|event| event.at_millis()).collect();
    times.sort_unstable();
    assert_eq!(times.len(), offered, "offers that were open and lapsed");
    let most = times
        .iter()
        .enumerate()
        .map(|(index, from)| times[index..].partition_point(|at| *at < from + 1_000))
        .max();
    // A second may touch one slice of the bound more than it holds.
    let bound = PER_SECOND + PER_SECOND / 20;
    println!("{offered} overdue offers lapsed, in one second at most {most:?}");
    assert!(
        most.is_some_and(|most| most <= bound),
        "{most:?} in one second"
    );
}
