//! Those who speak REST: customers, the one who withdraws, an agent without a stream.

use super::{Common, breathe};
use crate::support::centre::{Agent, TARGETS, VIRTUAL_QUEUES};
use crate::support::client::{Answer, Client};
use crate::support::random::Random;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Asks until there is an answer, always with the same key; `None` when it is over.
async fn ask(
    common: &Common,
    client: &Client,
    path: &str,
    key: &str,
    body: &Value,
    before: impl Fn(&Common),
) -> Option<Answer> {
    for attempt in 0.. {
        let leave = common.speak().await?;
        before(common);
        let answer = client.try_post(path, Some(key), body).await;
        drop(leave);
        match answer {
            Ok(answer) if !answer.is_worth_repeating() => {
                if answer.replayed && attempt == 0 {
                    let problem = format!("the first asking with {key} was called a repetition");
                    common.ledger().wrong(problem);
                }
                return Some(answer);
            }
            Ok(_) | Err(_) => breathe().await,
        }
    }
    None
}

/// A customer after the other.
pub(super) async fn submit(common: Arc<Common>, mark: String, mut random: Random) {
    for number in 0_u64.. {
        let reference = format!("{mark}-{number}");
        let body = submission(&common, &reference, &mut random);
        let client = &common.centre.integrator;
        let person = body["user_data"]["name"].as_str();
        let note = |common: &Common| {
            let mut ledger = common.ledger();
            ledger.submitting(&reference);
            person
                .into_iter()
                .for_each(|name| ledger.naming(&reference, name));
        };
        let answer = ask(&common, client, "/v1/interactions", &reference, &body, note).await;
        let Some(answer) = answer else { return };
        if answer.status != 201 {
            let problem = format!("submitting {reference}: {} {}", answer.status, answer.body);
            common.ledger().wrong(problem);
            continue;
        }
        common.ledger().submitted(&reference, &answer.body);
        if body["route"].is_null() {
            let interaction = answer.body["interaction"]
                .as_str()
                .expect("an id")
                .to_owned();
            if route(&common, &interaction, &mut random).await.is_none() {
                return;
            }
        }
        let (from, to) = common.pace.pause;
        tokio::time::sleep(random.millis(from, to)).await;
    }
}

fn submission(common: &Common, reference: &str, random: &mut Random) -> Value {
    let medium = ["chat", "chat", "email", "voice"][random.below(4) as usize];
    let mut body = json!({
        "queue": "inbox",
        "medium": medium,
        "priority": random.below(3),
        "user_data": {"ref": reference, "matter": "loan"},
    });
    // Some rest in their queue first.
    if !random.percent(15) {
        body["route"] = route_ask(random);
    }
    if random.below(common.pace.personal.max(1)) == 0 {
        body["contact"] = format!("customer {}", random.below(20)).into();
        body["user_data"]["name"] = format!("Person of {reference}").into();
    }
    body
}

fn route_ask(random: &mut Random) -> Value {
    let line = random.pick(&VIRTUAL_QUEUES).expect("some");
    let target = random.pick(&TARGETS).expect("some");
    json!({"virtual_queue": line, "target": target})
}

/// Asks for an agent later.
async fn route(common: &Common, interaction: &str, random: &mut Random) -> Option<()> {
    let path = format!("/v1/interactions/{interaction}/route");
    let key = format!("route-{interaction}");
    let body = route_ask(random);
    let client = &common.centre.integrator;
    let answer = ask(common, client, &path, &key, &body, |_| ()).await?;
    // It may have been withdrawn meanwhile.
    if !answer.is_ok() && answer.code() != "interaction.stopped" {
        let problem = format!("routing {interaction}: {} {}", answer.status, answer.body);
        common.ledger().wrong(problem);
    }
    Some(())
}

/// Withdraws what was submitted a moment ago.
pub(super) async fn stop(common: Arc<Common>, mut random: Random) {
    while !common.is_over() {
        tokio::time::sleep(random.millis(20, 120)).await;
        let Some(interaction) = someone(&common, &mut random) else {
            continue;
        };
        let path = format!("/v1/interactions/{interaction}/stop");
        let key = format!("stop-{interaction}");
        let body = json!({"cause": "abandoned"});
        let client = &common.centre.integrator;
        let note = |common: &Common| common.ledger().stopping(&interaction);
        let answer = ask(&common, client, &path, &key, &body, note).await;
        let Some(answer) = answer else { return };
        if answer.is_ok() {
            common.ledger().stopped(&interaction, &answer.body);
        } else if answer.code() != "interaction.stopped" {
            let problem = format!("stopping {interaction}: {} {}", answer.status, answer.body);
            common.ledger().wrong(problem);
        }
    }
}

/// One of the last that were submitted and not withdrawn before.
fn someone(common: &Common, random: &mut Random) -> Option<String> {
    let ledger = common.ledger();
    let told = ledger.submissions.values().flatten();
    let stops = &ledger.stops;
    let told = told.filter(|it| !stops.contains_key(&it.interaction));
    let mut told: Vec<_> = told.collect();
    told.sort_by_key(|it| it.sequence);
    let last = &told[told.len().saturating_sub(12)..];
    random.pick(last).map(|it| it.interaction.clone())
}

/// An agent who polls.
pub(super) async fn work_over_rest(common: Arc<Common>, agent: Agent, mut random: Random) {
    while !common.is_over() {
        // Whatever breaks: look again.
        let _ = look(&common, &agent, &mut random).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

/// Looks once at what there is to do; `None` when the server did not answer or it is over.
async fn look(common: &Common, agent: &Agent, random: &mut Random) -> Option<()> {
    let client = &agent.client;
    let leave = common.speak().await?;
    let view = client.try_get("/v1/agents/me").await.ok()?;
    drop(leave);
    if view.status != 200 {
        return None;
    }
    let view = view.body;
    if view["logged_in"] == json!(false) {
        tell(common, client, "login").await?;
    }
    tell(common, client, "ready").await?;
    tell(common, client, "heartbeat").await?;
    for work in view["work"].as_array()? {
        if work["kind"] == "handling" {
            complete(common, agent, work["interaction"].as_str()?).await?;
        }
    }
    for offer in view["offers"].as_array()? {
        let (id, interaction) = (offer["id"].as_str()?, offer["interaction"].as_str()?);
        if random.percent(common.pace.accepts) {
            accept(common, agent, id, interaction).await?;
        }
    }
    Some(())
}

async fn tell(common: &Common, client: &Client, what: &str) -> Option<()> {
    let _leave = common.speak().await?;
    let path = format!("/v1/agents/me/{what}");
    let answer = client.try_post(&path, None, &json!({})).await.ok()?;
    answer.is_ok().then_some(())
}

async fn accept(common: &Common, agent: &Agent, offer: &str, interaction: &str) -> Option<()> {
    let path = format!("/v1/offers/{offer}/accept");
    let key = format!("accept-{offer}");
    let note = |common: &Common| common.ledger().accepting(offer, interaction, &agent.id);
    let answer = ask(common, &agent.client, &path, &key, &json!({}), note).await?;
    if answer.is_ok() {
        common.ledger().accepted(offer, &answer.body);
    } else if !super::desk::is_over(answer.code()) {
        let problem = format!("accepting {offer}: {} {}", answer.status, answer.body);
        common.ledger().wrong(problem);
    }
    Some(())
}

async fn complete(common: &Common, agent: &Agent, interaction: &str) -> Option<()> {
    let path = format!("/v1/interactions/{interaction}/complete");
    let key = format!("complete-{interaction}");
    let body = json!({"reason": "solved", "disposition": "sold"});
    let note = |common: &Common| common.ledger().completing(interaction, &agent.id);
    let answer = ask(common, &agent.client, &path, &key, &body, note).await?;
    if answer.is_ok() {
        common.ledger().completed(interaction, &answer.body);
    } else if answer.code() != "interaction.stopped" {
        let problem = format!(
            "completing {interaction}: {} {}",
            answer.status, answer.body
        );
        common.ledger().wrong(problem);
    }
    Some(())
}
