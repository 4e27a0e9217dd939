//! Webhooks: what happens is told, signed, to whoever wants it, until he has it.

use crate::support::client::Client;
use crate::support::endpoint::{Answer, Endpoint, Told};
use crate::support::server::Site;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A place whose webhooks may reach this machine and are tried again quickly.
fn site(retry_s: &str) -> Site {
    Site::new()
        .with("RINGBACK_WEBHOOKS__ALLOW", "127.0.0.0/8")
        .with("RINGBACK_WEBHOOKS__PLAIN_HTTP", "allow")
        .with("RINGBACK_WEBHOOKS__WAIT_S", "2")
        .with("RINGBACK_WEBHOOKS__RETRY_S", retry_s)
}

async fn furnish(here: &Client) {
    for queue in ["north", "south"] {
        here.put(&format!("/v1/queues/{queue}"), json!({})).await;
    }
    let settings = json!({"open_keys": ["product"]});
    here.put("/v1/settings", settings).await;
}

/// Makes a webhook and its secret.
async fn hook(here: &Client, name: &str, body: Value) -> String {
    here.put(&format!("/v1/config/webhook/{name}"), body).await;
    let path = format!("/v1/webhooks/{name}/secret");
    let made = here.post(&path, json!({})).await;
    made["secret"].as_str().expect("a secret").to_owned()
}

async fn submit(here: &Client, queue: &str, product: &str) -> String {
    let body = json!({
        "queue": queue,
        "medium": "email",
        "user_data": {"product": product, "name": "Somebody Sealed"},
    });
    let made = here.post("/v1/interactions", body).await;
    made["interaction"].as_str().expect("an id").to_owned()
}

/// What was told of, in no order: none is promised.
fn subjects(told: &[Told]) -> BTreeSet<String> {
    let subject = |it: &Told| it.event()["subject"].as_str().map(str::to_owned);
    told.iter().filter_map(subject).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_signed_and_only_to_whom_it_concerns() {
    let site = site("1");
    let server = site.start().await;
    let here = site.administrator(0);
    furnish(&here).await;
    let (all, some, picky) = (
        Endpoint::listen().await,
        Endpoint::listen().await,
        Endpoint::listen().await,
    );
    let secret = hook(&here, "all", json!({"url": all.url})).await;
    let body = json!({"url": some.url, "events": ["interaction.submitted"], "queues": ["north"]});
    hook(&here, "some", body).await;
    let body = json!({
        "url": picky.url,
        "events": ["interaction.*"],
        "condition": "user.product = 'loan'",
    });
    hook(&here, "picky", body).await;

    let loan = submit(&here, "north", "loan").await;
    let card = submit(&here, "south", "card").await;
    let last = submit(&here, "north", "loan").await;
    let told = all.until(|told| subjects(told).contains(&last)).await;
    for it in &told {
        assert!(it.is_signed_with(&secret), "{it:?}");
        let type_ = it.header("content-type");
        assert_eq!(type_, "application/cloudevents+json; charset=utf-8");
        let event = it.event();
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["id"], it.id());
        assert_eq!(event["source"], "/tenants/default");
        let text = String::from_utf8_lossy(&it.body);
        assert!(
            !text.contains("Sealed"),
            "what is personal stays here: {text}"
        );
        assert!(!text.contains("whsec"), "secrets stay here: {text}");
    }
    let submitted = told.iter().map(Told::event).find(|event| {
        event["type"] == "dev.ringback.interaction.submitted" && event["subject"] == loan.as_str()
    });
    let submitted = submitted.expect("it is told");
    assert_eq!(
        submitted["data"]["data"]["submitted"]["user_data"],
        json!({"product": "loan"})
    );

    let told = some.until(|told| told.len() >= 2).await;
    assert_eq!(
        subjects(&told),
        BTreeSet::from([loan.clone(), last.clone()])
    );
    let told = picky.until(|told| told.len() >= 2).await;
    assert_eq!(subjects(&told), BTreeSet::from([loan, last]));
    assert!(!subjects(&picky.told()).contains(&card));

    let standing = here.get("/v1/webhooks/some").await;
    assert_eq!(standing["told"], true);
    let list = here.get("/v1/webhooks").await;
    assert_eq!(list["items"].as_array().expect("a list").len(), 3);
    // What is set shows no secret anywhere.
    for path in ["/v1/config/webhook/all", "/v1/config/webhook/all/versions"] {
        let shown = here.get(path).await.to_string();
        assert!(
            !shown.contains("whsec") && !shown.contains("sealed"),
            "{shown}"
        );
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_changed_over_without_a_gap() {
    let site = site("1");
    let server = site.start().await;
    let here = site.administrator(0);
    let end = Endpoint::listen().await;
    here.put(
        "/v1/config/webhook/crm",
        json!({"url": end.url, "events": ["webhook.ping"]}),
    )
    .await;
    let silent = here.get("/v1/webhooks/crm").await;
    assert_eq!(
        (&silent["told"], &silent["why"]),
        (&json!(false), &json!("no_secret"))
    );
    let refused = here
        .try_post("/v1/webhooks/crm/ping", None, &json!({}))
        .await;
    assert_eq!(refused.expect("an answer").code(), "webhook.no_secret");

    let made = here.post("/v1/webhooks/crm/secret", json!({})).await;
    let old = made["secret"].as_str().expect("a secret").to_owned();
    let made = here
        .post("/v1/webhooks/crm/secret", json!({"overlap_s": 600}))
        .await;
    let new = made["secret"].as_str().expect("a secret").to_owned();
    assert!(made["previous_until"].is_string());
    // Setting something else keeps the secrets, and so does going back to an earlier version.
    here.put(
        "/v1/config/webhook/crm",
        json!({"url": end.url, "events": ["webhook.ping"], "description": "x"}),
    )
    .await;
    here.post("/v1/config/webhook/crm/undo", json!({"to": 1}))
        .await;
    here.post("/v1/webhooks/crm/ping", json!({})).await;
    let told = end.until(|told| !told.is_empty()).await;
    assert!(told[0].is_signed_with(&old) && told[0].is_signed_with(&new));

    here.post("/v1/webhooks/crm/secret", json!({"overlap_s": 0}))
        .await;
    assert_eq!(here.get("/v1/webhooks/crm").await["secrets"], 1);
    here.post("/v1/webhooks/crm/ping", json!({})).await;
    let told = end.until(|told| told.len() == 2).await;
    assert_ne!(told[0].id(), told[1].id());
    assert!(!told[1].is_signed_with(&old) && !told[1].is_signed_with(&new));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_in_trouble_is_tried_again_and_holds_up_nobody() {
    let site = site("1,1,1");
    let server = site.start().await;
    let here = site.administrator(0);
    furnish(&here).await;
    let (ill, well) = (Endpoint::listen().await, Endpoint::listen().await);
    let (trap, inside) = (Endpoint::listen().await, Endpoint::listen().await);
    let events = json!(["interaction.submitted"]);
    ill.answer_next([
        Answer::Status(500, "it is\nbroken"),
        Answer::Silence,
        Answer::Endless,
    ]);
    trap.answer_always(Answer::Redirect(inside.url.clone()));
    let secret = hook(&here, "ill", json!({"url": ill.url, "events": events})).await;
    hook(&here, "well", json!({"url": well.url, "events": events})).await;
    hook(&here, "trap", json!({"url": trap.url, "events": events})).await;
    let first = submit(&here, "north", "x").await;
    let told = well.until(|told| !told.is_empty()).await;
    assert_eq!(subjects(&told), BTreeSet::from([first]));

    // The status counts, not a body that never ends.
    let shown = here
        .until("/v1/webhooks/ill/deliveries", |page| {
            page["items"][0]["state"] == "delivered"
        })
        .await;
    let id = shown["items"][0]["id"].as_str().expect("an id").to_owned();
    let told = ill.told();
    let statuses: Vec<u16> = told.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [500, 0, 200]);
    assert!(
        told.iter()
            .all(|it| it.id() == id && it.is_signed_with(&secret))
    );
    let detail = here.get(&format!("/v1/webhooks/ill/deliveries/{id}")).await;
    let attempts = detail["attempts"].as_array().expect("attempts");
    assert_eq!(attempts.len(), 3);
    assert_eq!(attempts[0]["status"], 500);
    assert_eq!(attempts[0]["answer"], "it is\nbroken");
    let late = attempts[1]["problem"].as_str().expect("a problem");
    assert!(late.contains("did not answer within 2s"), "{late}");
    assert_eq!(detail["body"]["id"], id.as_str());

    // A redirect is not followed: the machine it points to hears nothing, and in the end the
    // webhook is told nothing any more, with the reason.
    let standing = here
        .until("/v1/webhooks/trap", |it| it["why"] == "given_up")
        .await;
    let reason = standing["reason"].as_str().expect("a reason");
    assert!(reason.contains("redirects are not followed"), "{reason}");
    assert_eq!(trap.told().len(), 4, "as many attempts as are set");
    assert!(inside.told().is_empty());

    // What happens while it is given up waits, and is told once it is enabled.
    let second = submit(&here, "north", "x").await;
    here.until("/v1/webhooks/trap", |it| it["waiting"] == 1)
        .await;
    trap.answer_always(Answer::Status(204, ""));
    here.post("/v1/webhooks/trap/enable", json!({})).await;
    trap.until(|told| subjects(&told[4..]).contains(&second))
        .await;

    // Told again by hand: one by its id, and everything given up of a stretch of time.
    let again = here
        .post(
            &format!("/v1/webhooks/ill/deliveries/{id}/redeliver"),
            json!({}),
        )
        .await;
    assert_eq!(again["again"], 1);
    ill.until(|told| told.iter().filter(|it| it.id() == id).count() == 4)
        .await;
    let body = json!({"from": "2020-01-01T00:00:00Z"});
    let again = here.post("/v1/webhooks/trap/redeliver", body).await;
    assert_eq!(again["again"], 1, "the one that was given up");
    let page = |page: &Value| {
        let items = page["items"].as_array().expect("a list");
        items.len() == 2 && items.iter().all(|it| it["state"] == "delivered")
    };
    here.until("/v1/webhooks/trap/deliveries", page).await;
    let nobody = here
        .try_post("/v1/webhooks/trap/deliveries/x/redeliver", None, &json!({}))
        .await;
    assert_eq!(nobody.expect("an answer").status, 404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_told_nothing_any_more() {
    let site = site("1,1,1");
    let server = site.start().await;
    let here = site.administrator(0);
    furnish(&here).await;
    let end = Endpoint::listen().await;
    end.answer_always(Answer::Status(410, ""));
    hook(
        &here,
        "gone",
        json!({"url": end.url, "events": ["interaction.*"]}),
    )
    .await;
    submit(&here, "north", "x").await;
    let standing = here
        .until("/v1/webhooks/gone", |it| it["why"] == "given_up")
        .await;
    assert!(
        standing["reason"]
            .as_str()
            .expect("a reason")
            .contains("410")
    );
    submit(&here, "north", "x").await;
    here.until("/v1/webhooks/gone", |it| it["waiting"] == 1)
        .await;
    assert_eq!(end.told().len(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_inside_are_refused_when_they_are_set_and_when_they_are_used() {
    let site = Site::new().with("RINGBACK_WEBHOOKS__RETRY_S", "1");
    let server = site.start().await;
    let here = site.administrator(0);
    let inside = Endpoint::listen().await;
    for url in [
        inside.url.as_str(),
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest",
        "http://example.com/",
        "ftp://example.com/",
    ] {
        let put = here
            .try_put("/v1/config/webhook/bad", &json!({"url": url}))
            .await;
        let put = put.expect("an answer");
        assert_eq!(put.status, 422, "{url}: {put:?}");
    }
    // A name is looked at when it is used, whatever it meant before.
    hook(
        &here,
        "name",
        json!({"url": "https://localhost/", "events": ["webhook.ping"]}),
    )
    .await;
    here.post("/v1/webhooks/name/ping", json!({})).await;
    let page = here
        .until("/v1/webhooks/name/deliveries", |page| {
            page["items"][0]["last"]["problem"].is_string()
        })
        .await;
    let problem = page["items"][0]["last"]["problem"]
        .as_str()
        .expect("a problem");
    assert!(problem.contains("internal or reserved"), "{problem}");
    assert!(inside.told().is_empty());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_is_killed_and_doubles_have_one_id() {
    let site = site("1,1,1,1,1,1,1,1");
    let mut server = site.start().await;
    let here = site.administrator(0);
    furnish(&here).await;
    let end = Endpoint::listen().await;
    let secret = hook(
        &here,
        "crm",
        json!({"url": end.url, "events": ["interaction.submitted"]}),
    )
    .await;
    let mut submitted = BTreeSet::new();
    for round in 0..4_u32 {
        for _ in 0..15 {
            submitted.insert(submit(&here, "north", "x").await);
        }
        if round == 1 {
            // Half of what follows is on its way when the server dies.
            end.answer_next([Answer::Silence, Answer::Status(503, "")]);
        }
        server.kill();
        server = site.start().await;
    }
    let all = |told: &[Told]| {
        let taken = told.iter().filter(|it| it.status == 204);
        let taken: BTreeSet<String> = taken
            .filter_map(|it| it.event()["subject"].as_str().map(str::to_owned))
            .collect();
        taken == submitted
    };
    let told = end.until(all).await;
    assert!(told.iter().all(|it| it.is_signed_with(&secret)));
    // An id stands for one event, however often it is told.
    let mut ids = BTreeSet::new();
    let pairs: BTreeSet<(String, String)> = told
        .iter()
        .map(|it| (it.id().to_owned(), it.event()["subject"].to_string()))
        .collect();
    assert!(
        pairs.iter().all(|(id, _)| ids.insert(id.clone())),
        "{pairs:?}"
    );
    assert_eq!(pairs.len(), submitted.len());
    println!("{} told of {} events", told.len(), submitted.len());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_of_a_group_is_told_what_concerns_its_agents() {
    let site = site("1");
    let server = site.start().await;
    let here = site.administrator(0);
    furnish(&here).await;
    for agent in ["anna", "ben"] {
        here.put(&format!("/v1/agents/{agent}"), json!({})).await;
    }
    here.put("/v1/config/group/sales", json!({"members": ["anna"]}))
        .await;
    let end = Endpoint::listen().await;
    let body = json!({"url": end.url, "events": ["agent.*", "offer.*"], "groups": ["sales"]});
    hook(&here, "team", body).await;
    for agent in ["anna", "ben"] {
        here.post(&format!("/v1/agents/{agent}/login"), json!({}))
            .await;
    }
    let of = |told: &[Told]| -> BTreeSet<String> {
        let agent = |it: &Told| {
            it.event()["data"]["data"]["agent"]
                .as_str()
                .map(str::to_owned)
        };
        told.iter().filter_map(agent).collect()
    };
    let (anna, ben) = ("a1".to_owned(), "a2".to_owned());
    let told = end.until(|told| of(told).contains(&anna)).await;
    assert_eq!(of(&told), BTreeSet::from([anna.clone()]));

    // Whoever comes to belong to it is told of from then on; a group that is named stays.
    here.put("/v1/config/group/sales", json!({"members": ["ben"]}))
        .await;
    let gone = here.try_delete("/v1/config/group/sales").await;
    assert_eq!(gone.expect("an answer").status, 409);
    here.post("/v1/agents/anna/logout", json!({})).await;
    here.post("/v1/agents/ben/logout", json!({})).await;
    let told = end.until(|told| of(told).contains(&ben)).await;
    let names: Vec<_> = told.iter().map(Told::event).collect();
    let out = names.iter().filter(|event| {
        event["type"] == "dev.ringback.agent.logged_out"
            && event["data"]["data"]["agent"] == anna.as_str()
    });
    assert_eq!(out.count(), 0, "she belongs to it no more");
    server.stop().await;
}
