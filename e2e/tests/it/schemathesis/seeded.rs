//! Objects for Schemathesis to meet, and a document that names them.
//!
//! Each operation that uses something up has things of its own, so that none takes away what
//! another one needs. Bodies are made of the document's own examples; their names are planted.

use crate::support::client::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What was planted.
pub(super) struct Seeded {
    /// The document as the server gives it.
    pub(super) document: Value,
    /// Secrets by role.
    pub(super) secrets: BTreeMap<&'static str, String>,
    /// Values of path parameters, by operation id.
    values: BTreeMap<&'static str, Vec<String>>,
}

/// How many things an operation may use up.
const PLENTY: usize = 30;
/// How many are offered to an agent for each of the answers he may give: with what he has in hand
/// not more than the hundred an agent may have of a medium.
const OFFERED: usize = 20;
/// How many an agent has in hand for an operation.
const FEW: usize = 5;
const HOUR: u64 = 3_600_000;

impl Seeded {
    /// Plants everything.
    pub(super) async fn plant(administrator: &Client) -> Self {
        configure(administrator).await;
        let anna = key(administrator, "agent", "anna", &json!({"agent": "anna"})).await;
        let mut secrets = BTreeMap::from([("agent", anna.secret().to_owned())]);
        for role in ["supervisor", "integrator", "auditor", "administrator"] {
            let made = key(administrator, role, role, &json!({})).await;
            secrets.insert(role, made.secret().to_owned());
        }
        let mut values = BTreeMap::new();
        plant_interactions(administrator, &anna, &mut values).await;
        plant_agents(administrator, &mut values).await;
        plant_configuration(administrator, &mut values).await;
        plant_outward(administrator, &mut values).await;
        Self {
            document: administrator.get("/v1/openapi.json").await,
            secrets,
            values,
        }
    }

    /// The document with what is planted as the values of path parameters. An agent's own key
    /// speaks of itself.
    pub(super) fn document_for(&self, role: &str) -> Value {
        let mut document = self.document.clone();
        let paths = document["paths"].as_object_mut().expect("paths");
        for (path, item) in paths {
            let operations = item.as_object_mut().expect("operations");
            for (method, operation) in operations {
                let id = operation["operationId"].as_str().expect("an id");
                let own_work = id == "beginInteraction";
                let own = role == "agent" && path.starts_with("/v1/agents/") && method != "put";
                let planted = if own {
                    Some(vec!["me".to_owned()])
                } else {
                    self.values.get(id).cloned()
                };
                if let Some(planted) = planted {
                    narrow(operation, &planted);
                }
                if own_work {
                    begins(operation);
                }
            }
        }
        document
    }
}

/// Work of one's own is not routed, as the example of a submission is, which has the same form.
fn begins(operation: &mut Value) {
    let body = &mut operation["requestBody"]["content"]["application/json"];
    body["example"] = json!({"queue": "support", "medium": "chat", "kind": "outbound"});
}

/// Lets path parameters have only these values; of several parameters, `kind/name`,
/// `name/delivery` or `statistic/kind/name` gives all, in the order of the path.
fn narrow(operation: &mut Value, planted: &[String]) {
    let parameters = operation["parameters"].as_array_mut().expect("parameters");
    let in_path = parameters.iter_mut().filter(|one| one["in"] == "path");
    for (place, parameter) in in_path.enumerate() {
        let value = |text: &String| {
            let part = text.split('/').nth(place);
            part.unwrap_or(text).to_owned()
        };
        let values: Vec<String> = planted.iter().map(value).collect();
        parameter["example"] = values[0].as_str().into();
        parameter["schema"] = json!({"type": "string", "enum": values});
    }
}

async fn configure(administrator: &Client) {
    let settings = json!({"offer_ttl_ms": HOUR, "cool_down_ms": HOUR, "desk_grace_ms": HOUR});
    administrator.put("/v1/settings", settings).await;
    administrator.put("/v1/queues/support", json!({})).await;
    administrator
        .put("/v1/config/workbin/drafts", json!({}))
        .await;
    administrator
        .put("/v1/virtual-queues/english", json!({}))
        .await;
    let skills = json!({"skills": {"Anna": 1}, "capacity": {"chat": 100}});
    administrator.put("/v1/agents/anna", skills).await;
    log_in(administrator, "anna").await;
    let sam = json!({"role": "supervisor"});
    administrator.put("/v1/config/person/sam", sam).await;
    // Those whom the document's examples ask to take part.
    for agent in ["ben", "cara"] {
        let path = format!("/v1/agents/{agent}");
        let body = json!({"capacity": {"chat": 100}});
        administrator.put(&path, body).await;
        log_in(administrator, agent).await;
    }
}

async fn log_in(administrator: &Client, agent: &str) {
    for what in ["login", "ready"] {
        let path = format!("/v1/agents/{agent}/{what}");
        administrator.post(&path, json!({})).await;
    }
}

async fn key(administrator: &Client, role: &str, name: &str, more: &Value) -> Client {
    let mut body = json!({"name": format!("key-of-{name}"), "role": role});
    if let Some(agent) = more.get("agent") {
        body["agent"] = agent.clone();
    }
    let made = administrator.post("/v1/keys", body).await;
    administrator.with_key(made["secret"].as_str().expect("the secret is shown once"))
}

type Values = BTreeMap<&'static str, Vec<String>>;

async fn plant_interactions(administrator: &Client, anna: &Client, values: &mut Values) {
    let nobody = Some("Nobody>=9");
    let waiting = submit(administrator, nobody, PLENTY).await;
    let to_look_at = ids(&waiting, "interaction");
    for operation in [
        "getInteraction",
        "whyInteraction",
        "interactionHistory",
        "interactionSegments",
    ] {
        values.insert(operation, to_look_at.clone());
    }
    let resting = submit(administrator, None, PLENTY).await;
    values.insert("routeInteraction", ids(&resting, "interaction"));
    let counted = "total_entered/virtual_queue/english".to_owned();
    values.insert("getStatistic", vec![counted]);
    values.insert("report", vec!["virtual_queue/english".to_owned()]);
    let to_stop = submit(administrator, None, PLENTY).await;
    values.insert("stopInteraction", ids(&to_stop, "interaction"));
    let to_cancel = submit(administrator, nobody, PLENTY).await;
    values.insert("cancelRouteRequest", ids(&to_cancel, "request"));
    let to_change = submit(administrator, nobody, PLENTY).await;
    values.insert("changeRouteRequest", ids(&to_change, "request"));

    submit(administrator, Some("Anna>=1"), 3 * OFFERED).await;
    let desk = anna.get("/v1/agents/me").await;
    let offers = desk["offers"].as_array().expect("offers");
    assert_eq!(offers.len(), 3 * OFFERED, "all are offered to anna");
    let (to_complete, to_answer) = offers.split_at(OFFERED);
    let (to_accept, to_reject) = to_answer.split_at(OFFERED);
    for offer in to_complete {
        let offer = offer["id"].as_str().expect("an id");
        let path = format!("/v1/offers/{offer}/accept");
        anna.post(&path, json!({})).await;
    }
    values.insert("completeInteraction", ids(to_complete, "interaction"));
    values.insert("acceptOffer", ids(to_accept, "id"));
    values.insert("rejectOffer", ids(to_reject, "id"));
    plant_work(administrator, anna, values).await;
}

/// What agents and supervisors work on, at rest or in anna's hands.
async fn plant_work(administrator: &Client, anna: &Client, values: &mut Values) {
    for operation in [
        "placeInteraction",
        "pullInteraction",
        "changeInteraction",
        "lockInteraction",
        "unlockInteraction",
    ] {
        let resting = submit(administrator, None, PLENTY).await;
        let resting = ids(&resting, "interaction");
        if operation == "unlockInteraction" {
            each(administrator, &resting, "lock", &json!({})).await;
        }
        values.insert(operation, resting);
    }
    for operation in [
        "transferInteraction",
        "inviteAgent",
        "monitorInteraction",
        "leaveInteraction",
        "holdInteraction",
    ] {
        values.insert(operation, pulled(administrator, anna).await);
    }
    let held = pulled(administrator, anna).await;
    each(anna, &held, "hold", &json!({})).await;
    values.insert("resumeInteraction", held);
    values.insert("wrapUpInteraction", wrapped(administrator, anna).await);
    let asked = pulled(administrator, anna).await;
    let ask = json!({"agent": "ben", "as": "consultant"});
    each(anna, &asked, "invite", &ask).await;
    let ben = administrator.get("/v1/agents/ben").await;
    let offers = ben["offers"].as_array().expect("offers");
    assert_eq!(offers.len(), FEW, "ben is asked each time");
    values.insert("withdrawOffer", ids(offers, "id"));
    values.insert("listGroupWorkbins", vec!["back_office".to_owned()]);
    values.insert("getGroupWorkbin", vec!["back_office/mail".to_owned()]);
    values.insert("listWorkbins", vec!["anna".to_owned()]);
    values.insert("getWorkbin", vec!["anna/drafts".to_owned()]);
}

async fn pulled(administrator: &Client, anna: &Client) -> Vec<String> {
    let resting = submit(administrator, None, FEW).await;
    let resting = ids(&resting, "interaction");
    each(anna, &resting, "pull", &json!({})).await;
    resting
}

/// Interactions in a queue of their own that anna wraps up without an end.
async fn wrapped(administrator: &Client, anna: &Client) -> Vec<String> {
    let body = json!({"wrap_up": {"chat": {"wrap_up": "manual"}}});
    administrator.put("/v1/queues/wrapping", body).await;
    let mut all = Vec::new();
    for _ in 0..FEW {
        let new = json!({"queue": "wrapping", "medium": "chat"});
        let made = administrator.post("/v1/interactions", new).await;
        all.push(made["interaction"].as_str().expect("an id").to_owned());
    }
    each(anna, &all, "pull", &json!({})).await;
    each(anna, &all, "complete", &json!({"reason": "solved"})).await;
    all
}

async fn each(client: &Client, interactions: &[String], act: &str, body: &Value) {
    for id in interactions {
        let path = format!("/v1/interactions/{id}/{act}");
        client.post(&path, body.clone()).await;
    }
}

async fn submit(client: &Client, target: Option<&str>, count: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for number in 0..count {
        let mut body = json!({
            "queue": "support",
            "medium": "chat",
            "contact": format!("customer {number}"),
            "user_data": {"matter": "loan", "number": number},
        });
        if let Some(target) = target {
            body["route"] = json!({"virtual_queue": "english", "target": target});
        }
        all.push(client.post("/v1/interactions", body).await);
    }
    all
}

fn ids(made: &[Value], field: &str) -> Vec<String> {
    let id = |one: &Value| one[field].as_str().expect("an id").to_owned();
    made.iter().map(id).collect()
}

/// Agents whose desks change under one operation only.
async fn plant_agents(administrator: &Client, values: &mut Values) {
    let skills = json!({"skills": {}, "capacity": {"voice": 1, "chat": 3}});
    for (operation, name, count) in [
        ("getAgent", "looked-at", 1),
        ("loginAgent", "logs-in", 3),
        ("logoutAgent", "logs-out", PLENTY),
        ("readyAgent", "gets-ready", 3),
        ("notReadyAgent", "pauses", 3),
        ("heartbeatAgent", "beats", 1),
        ("subscribeAgent", "subscribes", 3),
        ("unsubscribeAgent", "unsubscribes", 3),
    ] {
        let mut names = Vec::new();
        for number in 0..count {
            let name = format!("{name}-{number}");
            let path = format!("/v1/agents/{name}");
            administrator.put(&path, skills.clone()).await;
            log_in(administrator, &name).await;
            names.push(name);
        }
        values.insert(operation, names);
    }
    // The group in whose workbin the document's example is interested.
    let mut members = vec!["anna".to_owned()];
    for operation in ["subscribeAgent", "unsubscribeAgent"] {
        members.extend(values[operation].iter().cloned());
    }
    let mail = json!({"owner": "group"});
    administrator.put("/v1/config/workbin/mail", mail).await;
    let group = json!({"members": members});
    administrator
        .put("/v1/config/group/back_office", group)
        .await;
}

async fn plant_configuration(administrator: &Client, values: &mut Values) {
    let mut keys = Vec::new();
    for number in 0..3 {
        let name = format!("spare-{number}");
        key(administrator, "auditor", &name, &json!({})).await;
        keys.push(format!("key-of-{name}"));
    }
    values.insert("revokeKey", keys);
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    values.insert("getQueue", texts(&["support"]));
    let view = json!({"queue": "support"});
    administrator.put("/v1/config/view/loans", view).await;
    values.insert("getView", texts(&["loans"]));
    values.insert("getVirtualQueue", texts(&["english"]));
    values.insert("virtualQueueLine", texts(&["english"]));
    let objects = [
        "queue/support",
        "virtual_queue/english",
        "settings/settings",
    ];
    values.insert("configVersions", texts(&objects));
    values.insert("diffConfig", texts(&objects));
    // As many versions as the document's example goes back to.
    for open_max in [1, 2, 3, 4] {
        let body = json!({"open_max": open_max});
        administrator.put("/v1/queues/changed", body).await;
    }
    values.insert("undoConfig", texts(&["queue/changed"]));
}

/// Webhooks whose receiver is never found, and calendars.
async fn plant_outward(administrator: &Client, values: &mut Values) {
    for name in ["looked-at", "changed"] {
        let path = format!("/v1/config/webhook/{name}");
        let body = json!({"url": "https://receiver.invalid/", "events": ["webhook.ping"]});
        administrator.put(&path, body).await;
        let path = format!("/v1/webhooks/{name}/secret");
        administrator.post(&path, json!({})).await;
    }
    let pinged = administrator
        .post("/v1/webhooks/looked-at/ping", json!({}))
        .await;
    let delivery = pinged["delivery"].as_str().expect("an id");
    let delivery = vec![format!("looked-at/{delivery}")];
    values.insert("getDelivery", delivery.clone());
    values.insert("redeliver", delivery);
    for operation in [
        "getWebhook",
        "listDeliveries",
        "pingWebhook",
        "redeliverAll",
    ] {
        values.insert(operation, vec!["looked-at".to_owned()]);
    }
    for operation in ["makeWebhookSecret", "enableWebhook"] {
        values.insert(operation, vec!["changed".to_owned()]);
    }
    for name in ["looked-at", "changed"] {
        let path = format!("/v1/config/calendar/{name}");
        administrator.put(&path, json!({})).await;
    }
    let made = administrator
        .post("/v1/calendars/looked-at/address", json!({}))
        .await;
    let path = made["path"].as_str().expect("a path");
    let feed = path.strip_prefix("/v1/feeds/").expect("a feed");
    values.insert("calendarFeed", vec![feed.to_owned()]);
    values.insert("makeCalendarAddress", vec!["changed".to_owned()]);
}
