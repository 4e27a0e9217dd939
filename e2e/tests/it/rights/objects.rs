//! Fresh objects for each cell.

use super::world::{Tenant, World};
use crate::support::client::Client;
use serde_json::{Value, json};

/// What was made; empty where there is nothing.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) interaction: String,
    pub(super) request: String,
    pub(super) offer: String,
    /// What the path names.
    pub(super) name: String,
    /// A delivery of the webhook.
    pub(super) delivery: String,
    /// The secret part of a calendar's address.
    pub(super) feed: String,
    /// The text the contact of the interaction is known by.
    pub(super) person: String,
}

/// Makes what a line is about.
pub(super) async fn make(world: &World, of: &str) -> Made {
    let home = &world.home;
    if let Some((state, queue)) = of.split_once('@') {
        return match state {
            "resting" => submit(&home.administrator, queue, None).await,
            "waiting" => submit(&home.administrator, queue, Some("Nobody>=9")).await,
            "offered" => offered(home, "anna", queue).await,
            "handled" => handled(home, "anna", queue).await,
            "over" => over(home, "anna", queue).await,
            "free" => {
                at_desk(home, "anna").await;
                at_desk(home, "berta").await;
                submit(&home.administrator, queue, None).await
            }
            "teamed" => teamed(home, queue).await,
            "asked" => asked(home, queue).await,
            "held" => after(home, queue, "hold").await,
            "locked" => after(home, queue, "lock").await,
            "wrapped" => wrapped(home, queue).await,
            other => panic!("an interaction is never {other}"),
        };
    }
    if of == "both" {
        at_desk(home, "anna").await;
        at_desk(home, "berta").await;
        at_desk(&world.abroad, "anna").await;
    }
    if of == "anna" {
        at_desk(home, "anna").await;
        at_desk(&world.abroad, "anna").await;
    }
    for tenant in [home, &world.abroad] {
        let administrator = &tenant.administrator;
        if of == "group/spare" {
            administrator.put("/v1/config/group/spare", json!({})).await;
        }
        if of == "workbin/changed" {
            let path = "/v1/config/workbin/changed";
            administrator.put(path, json!({"items_max": 1})).await;
            administrator.put(path, json!({"items_max": 2})).await;
        }
    }
    let mut made = Made {
        name: of.to_owned(),
        ..Made::default()
    };
    if of == "webhook/crm" {
        webhook(&world.abroad.administrator).await;
        made.delivery = webhook(&home.administrator).await;
    }
    if of == "calendar/opening" {
        for tenant in [&world.abroad, home] {
            let administrator = &tenant.administrator;
            administrator
                .put("/v1/config/calendar/opening", json!({}))
                .await;
            let path = "/v1/calendars/opening/address";
            let address = administrator.post(path, json!({})).await;
            let path = address["path"].as_str().expect("a path");
            made.feed = path.trim_start_matches("/v1/feeds/").to_owned();
        }
    }
    if of == "spare" {
        made.name = format!("spare-{}", world.home_sequence().await);
        let key = json!({"name": made.name, "role": "auditor"});
        super::world::make_key(&home.administrator, key).await;
    }
    made
}

/// A webhook whose receiver is never found; gives a delivery.
async fn webhook(administrator: &Client) -> String {
    let body = json!({"url": "https://receiver.invalid/", "events": ["webhook.ping"]});
    administrator.put("/v1/config/webhook/crm", body).await;
    administrator
        .post("/v1/webhooks/crm/secret", json!({}))
        .await;
    let pinged = administrator.post("/v1/webhooks/crm/ping", json!({})).await;
    pinged["delivery"].as_str().expect("an id").to_owned()
}

/// Leaves nothing behind that would fill anna's hands.
pub(super) async fn clean(world: &World, made: &Made) {
    if made.interaction.is_empty() {
        return;
    }
    let path = format!("/v1/interactions/{}/stop", made.interaction);
    let stop = json!({"cause": "abandoned"});
    let answer = world.home.administrator.try_post(&path, None, &stop).await;
    let status = answer.expect("an answer").status;
    assert!(matches!(status, 200 | 410), "stopping again: {status}");
    // The contact may be over and the work after it not.
    let stop = json!({"cause": "cancelled", "reason": "cleaning"});
    let answer = world.home.administrator.try_post(&path, None, &stop).await;
    let status = answer.expect("an answer").status;
    assert!(matches!(status, 200 | 410), "stopping again: {status}");
}

/// Submits an interaction, if wanted with a request for an agent.
pub(super) async fn submit(client: &Client, queue: &str, target: Option<&str>) -> Made {
    let person = format!("person-{queue}");
    let mut body = json!({
        "queue": queue,
        "medium": "chat",
        "contact": person,
        "user_data": {"mark": format!("mark-home-{queue}"), "name": "somebody"},
    });
    if let Some(target) = target {
        body["route"] = json!({"virtual_queue": "english", "target": target});
    }
    let made = client.post("/v1/interactions", body).await;
    let text = |field: &str| made[field].as_str().unwrap_or_default().to_owned();
    Made {
        interaction: text("interaction"),
        request: text("request"),
        person,
        ..Made::default()
    }
}

/// An interaction that is offered to an agent.
pub(super) async fn offered(tenant: &Tenant, agent: &str, queue: &str) -> Made {
    at_desk(tenant, agent).await;
    let target = format!("{agent}>=1");
    let mut made = submit(&tenant.administrator, queue, Some(&target)).await;
    let path = format!("/v1/interactions/{}", made.interaction);
    let view = tenant
        .administrator
        .until(&path, |view| view["place"] == "offer")
        .await;
    made.offer = view["offer"]["id"].as_str().expect("an offer").to_owned();
    made
}

/// An interaction that an agent handles.
pub(super) async fn handled(tenant: &Tenant, agent: &str, queue: &str) -> Made {
    let made = offered(tenant, agent, queue).await;
    let path = format!("/v1/offers/{}/accept", made.offer);
    desk_of(tenant, agent).post(&path, json!({})).await;
    made
}

/// An interaction that anna handles, with berta at her desk.
async fn teamed(tenant: &Tenant, queue: &str) -> Made {
    at_desk(tenant, "berta").await;
    handled(tenant, "anna", queue).await
}

/// An interaction that anna handles, and berta is asked to advise.
async fn asked(tenant: &Tenant, queue: &str) -> Made {
    let mut made = teamed(tenant, queue).await;
    let path = format!("/v1/interactions/{}", made.interaction);
    let invite = json!({"agent": "berta", "as": "consultant"});
    tenant.anna.post(&format!("{path}/invite"), invite).await;
    let view = tenant.administrator.get(&path).await;
    let offer = view["invitations"][0]["id"].as_str();
    made.offer = offer.expect("an invitation").to_owned();
    made
}

/// An interaction that anna handles and has done something with.
async fn after(tenant: &Tenant, queue: &str, what: &str) -> Made {
    let made = handled(tenant, "anna", queue).await;
    let path = format!("/v1/interactions/{}/{what}", made.interaction);
    tenant.anna.post(&path, json!({})).await;
    made
}

/// An interaction whose contact is over and that anna wraps up.
pub(super) async fn wrapped(tenant: &Tenant, queue: &str) -> Made {
    let path = format!("/v1/queues/{queue}");
    let timed = json!({"wrap_up": "timed", "wrap_up_for_ms": 600_000});
    let body = json!({"open_max": tenant.odd_number, "wrap_up": {"chat": timed}});
    tenant.administrator.put(&path, body).await;
    let made = handled(tenant, "anna", queue).await;
    let complete = format!("/v1/interactions/{}/complete", made.interaction);
    let reason = json!({"reason": "solved"});
    tenant.anna.post(&complete, reason).await;
    let body = json!({"open_max": tenant.odd_number});
    tenant.administrator.put(&path, body).await;
    made
}

/// An interaction that an agent has completed, as the records know already.
pub(super) async fn over(tenant: &Tenant, agent: &str, queue: &str) -> Made {
    let made = handled(tenant, agent, queue).await;
    let path = format!("/v1/interactions/{}", made.interaction);
    let reason = json!({"reason": "solved"});
    let complete = format!("{path}/complete");
    desk_of(tenant, agent).post(&complete, reason).await;
    tenant
        .administrator
        .until(&path, |view| view["open"] == false)
        .await;
    made
}

/// Makes sure that an agent is logged in and ready.
pub(super) async fn at_desk(tenant: &Tenant, agent: &str) {
    let path = format!("/v1/agents/{agent}");
    let view = tenant.administrator.get(&path).await;
    if view["logged_in"] == false {
        tenant
            .administrator
            .post(&format!("{path}/login"), json!({}))
            .await;
    }
    let not_ready = |view: &Value| view["media"]["chat"]["ready"] != true;
    if not_ready(&view) {
        tenant
            .administrator
            .post(&format!("{path}/ready"), json!({}))
            .await;
    }
}

fn desk_of<'a>(tenant: &'a Tenant, agent: &str) -> &'a Client {
    match agent {
        "anna" => &tenant.anna,
        "berta" => &tenant.berta,
        other => panic!("nobody is called {other}"),
    }
}
