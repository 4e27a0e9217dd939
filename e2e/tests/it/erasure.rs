//! A person is erased: no byte of what was personal stands in any file, before or after, nobody
//! reads it again, and a backup from before does not bring it back.

use crate::support::bytes::{files, holding};
use crate::support::centre::{Centre, quick_settings};
use crate::support::client::Client;
use crate::support::server::Site;
use serde_json::{Value, json};
use std::path::Path;

const CONTACT: &str = "canary-contact-7d1f0a@example.org";
const NAME: &str = "canary-name-5c2e8b91d3a7";
const NESTED: &str = "canary-street-e90b44ac1788";
/// Declared open: must be found, or the search looks in the wrong places.
const OPEN: &str = "marker-matter-3f6a2c0e77";

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_leaves_no_byte() {
    let site = Site::new()
        .with("RINGBACK_JOURNAL__SNAPSHOT_RECORDS", "10")
        .with("RINGBACK_JOURNAL__SNAPSHOT_EVERY_S", "1");
    let server = site.start().await;
    let centre = Centre::found("default", site.administrator(0), quick_settings()).await;
    let administrator = &centre.administrator;
    let person = live_through(&site, &centre).await;
    assert_readable(administrator, &person).await;
    // Nothing of it ever lies open, not even before it is erased.
    assert_nowhere(site.data());
    assert_open_values_are_found(site.data());

    let backup = |what: &str| site.path(what).display().to_string();
    let (data, keys) = (backup("backup"), backup("backup-keys"));
    let own = site.data().display().to_string();
    site.succeeds(&["backup", "--data", &own, "--to", &data, "--keys-to", &keys]);
    assert_nowhere(Path::new(&data));
    assert_nowhere(Path::new(&keys));
    assert_open_values_are_found(Path::new(&data));

    let erased = administrator
        .post("/v1/contacts/erase", json!({"contact": CONTACT}))
        .await;
    assert_eq!(erased["erased"], json!(true));
    assert_erased(administrator, &person).await;
    let by_text = format!("/v1/interactions?contact={CONTACT}");
    let by_text = administrator.get(&by_text).await;
    assert_eq!(by_text["items"], json!([]), "nobody is known by this text");
    server.stop().await;
    assert_nowhere(site.data());
    let log = std::fs::read_to_string(site.path("server.log")).expect("a log");
    for canary in [CONTACT, NAME, NESTED] {
        assert!(!log.contains(canary), "the log holds {canary}");
    }

    let server = site.start().await;
    assert_erased(administrator, &person).await;
    server.stop().await;
    restore(&site, &centre, &data, &keys, &person).await;
}

/// Interactions of the person: one waits, one was completed, one withdrawn; then enough else
/// for a snapshot.
async fn live_through(site: &Site, centre: &Centre) -> Vec<String> {
    let mut person = Vec::new();
    for number in 0..3 {
        let body = json!({
            "queue": "inbox", "medium": "email", "contact": CONTACT,
            "user_data": {"name": NAME, "address": {"street": NESTED}, "matter": OPEN},
            "route": {"virtual_queue": "english", "target": "English>=3"},
        });
        let key = format!("canary {number}");
        let client = &centre.integrator;
        let answer = client.try_post("/v1/interactions", Some(&key), &body).await;
        let answer = answer.expect("an answer").body;
        person.push(answer["interaction"].as_str().expect("an id").to_owned());
    }
    let completed = complete_one(centre, "anna").await;
    let withdrawn = person.iter().find(|id| **id != completed);
    let path = format!("/v1/interactions/{}/stop", withdrawn.expect("another"));
    centre
        .integrator
        .post(&path, json!({"cause": "cancelled", "reason": "duplicate"}))
        .await;
    snapshot(site, centre).await;
    person
}

/// An agent logs in, takes one, completes it, and goes.
async fn complete_one(centre: &Centre, name: &str) -> String {
    let agent = centre.agents.iter().find(|agent| agent.name == name);
    let client = &agent.expect("an agent").client;
    client.post("/v1/agents/me/login", json!({})).await;
    client.post("/v1/agents/me/ready", json!({})).await;
    let view = client
        .until("/v1/agents/me", |view| view["offers"] != json!([]))
        .await;
    let offer = &view["offers"][0];
    let (offer, interaction) = (offer["id"].as_str(), offer["interaction"].as_str());
    let accept = format!("/v1/offers/{}/accept", offer.expect("an id"));
    client.post(&accept, json!({})).await;
    let interaction = interaction.expect("an id");
    let complete = format!("/v1/interactions/{interaction}/complete");
    client.post(&complete, json!({"reason": "solved"})).await;
    client.post("/v1/agents/me/logout", json!({})).await;
    interaction.to_owned()
}

/// Goes on until a snapshot is written that holds it all.
async fn snapshot(site: &Site, centre: &Centre) {
    let count = || files(&site.data().join("snapshots")).len();
    let before = count();
    for number in 0.. {
        let body = json!({"queue": "inbox", "medium": "chat", "user_data": {"matter": number}});
        centre.integrator.post("/v1/interactions", body).await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        if count() > before {
            return;
        }
        assert!(number < 3_000, "no snapshot was ever taken");
    }
}

async fn assert_readable(administrator: &Client, person: &[String]) {
    for id in person {
        let view = administrator.get(&format!("/v1/interactions/{id}")).await;
        assert_eq!(view["user_data"]["name"], json!(NAME), "{view}");
        assert_eq!(view["user_data"]["address"]["street"], json!(NESTED));
        assert_eq!(view["user_data_erased"], json!(false));
    }
}

/// What is about the matter stays, what is about the person does not; wherever it is shown.
async fn assert_erased(administrator: &Client, person: &[String]) {
    for id in person {
        let path = format!("/v1/interactions/{id}");
        let view = administrator.get(&path).await;
        assert_eq!(view["user_data_erased"], json!(true), "{view}");
        assert_eq!(view["user_data"]["matter"], json!(OPEN), "{view}");
        let history = administrator.get(&format!("{path}/history")).await;
        let segments = administrator.get(&format!("{path}/segments")).await;
        for shown in [view, history, segments] {
            for canary in [CONTACT, NAME, NESTED] {
                assert!(!shown.to_string().contains(canary), "{canary}: {shown}");
            }
        }
    }
    let list = administrator.get("/v1/interactions?limit=1000").await;
    assert!(!list.to_string().contains(NAME), "{list}");
}

fn assert_nowhere(folder: &Path) {
    for canary in [CONTACT, NAME, NESTED] {
        let found = holding(folder, canary);
        assert!(found.is_empty(), "{canary} stands in {found:?}");
    }
}

/// The search sees what is not sealed: in the journal, the records and a snapshot.
fn assert_open_values_are_found(folder: &Path) {
    let found = holding(folder, OPEN);
    for part in ["journal.db", "records.db", "snapshots"] {
        let seen = found
            .iter()
            .any(|path| path.display().to_string().contains(part));
        assert!(seen, "{OPEN} is not in {part}; only in {found:?}");
    }
}

/// The backup from before holds the person (or this story proves nothing); with the ledger of
/// erasures the person stays erased.
async fn restore(site: &Site, centre: &Centre, data: &str, keys: &str, person: &[String]) {
    let ledger = site.data().join("keys/erasures.jsonl");
    let ledger = ledger.display().to_string();
    for erasures in [None, Some(ledger)] {
        let name = format!("restored-{}", erasures.is_some());
        let into = site.path(&name).display().to_string();
        let mut arguments = vec![
            "restore",
            "--from",
            data,
            "--keys-from",
            keys,
            "--into",
            &into,
        ];
        if let Some(ledger) = &erasures {
            arguments.extend(["--erasures", ledger]);
        }
        site.succeeds(&arguments);
        let copy = Site::new().with_data(into.into());
        let served = copy.start().await;
        let administrator = centre.at(&copy.base()).administrator;
        if erasures.is_some() {
            assert_erased(&administrator, person).await;
            let told = self::erasures(&administrator).await;
            assert_eq!(told.len(), 1, "its journal ended before: {told:?}");
        } else {
            assert_readable(&administrator, person).await;
        }
        served.stop().await;
        assert_nowhere(copy.data());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_one_interaction_leaves_the_others_of_the_same_person() {
    let site = Site::new();
    let server = site.start().await;
    let centre = Centre::found("default", site.administrator(0), quick_settings()).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let body = json!({"queue": "inbox", "medium": "email", "contact": CONTACT,
            "user_data": {"name": NAME}});
        let answer = centre.integrator.post("/v1/interactions", body).await;
        ids.push(answer["interaction"].as_str().expect("an id").to_owned());
    }
    let administrator = &centre.administrator;
    let erase = json!({"interaction": ids[0]});
    administrator.post("/v1/contacts/erase", erase).await;
    let name = async |id: &str| {
        let view = administrator.get(&format!("/v1/interactions/{id}")).await;
        (
            view["user_data"]["name"].clone(),
            view["user_data_erased"].clone(),
        )
    };
    assert_eq!(name(&ids[0]).await, (Value::Null, json!(true)));
    assert_eq!(name(&ids[1]).await, (json!(NAME), json!(false)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_was_interrupted_is_told_to_the_journal_once_and_repeated_safely() {
    for fail_at in ["key_erased", "erasure_told"] {
        let site = Site::new();
        let server = site.start().await;
        let centre = Centre::found("default", site.administrator(0), quick_settings()).await;
        let body = json!({"queue": "inbox", "medium": "email", "contact": CONTACT,
            "user_data": {"name": NAME}});
        let answer = centre.integrator.post("/v1/interactions", body).await;
        let id = answer["interaction"].as_str().expect("an id").to_owned();
        server.kill();

        let mut server = site.start_armed(fail_at);
        server.wait_ready().await.expect("the point lies later");
        let administrator = &centre.administrator;
        let erase = json!({"contact": CONTACT});
        let ask = async |key| {
            administrator
                .try_post("/v1/contacts/erase", key, &erase)
                .await
        };
        let died = ask(Some("forget")).await;
        assert!(died.is_err(), "{fail_at}: {died:?}");
        server.wait_end().await;

        let server = site.start().await;
        let told = erasures(administrator).await;
        assert_eq!(told.len(), 1, "{fail_at}: {told:?}");
        assert_eq!(told[0]["data"]["contact"], json!("c1"), "{told:?}");
        let view = administrator.get(&format!("/v1/interactions/{id}")).await;
        assert_eq!(view["user_data_erased"], json!(true), "{view}");
        let again = ask(Some("forget")).await.expect("an answer");
        assert_eq!((again.status, again.replayed), (200, true), "{fail_at}");
        let record = told[0]["cursor"]
            .as_str()
            .and_then(|it| it.split('.').next());
        assert_eq!(
            again.body["sequence"].to_string(),
            record.expect("a cursor")
        );
        // Nothing is left by which the person could be known again.
        let unnamed = ask(None).await.expect("an answer");
        assert_eq!((unnamed.status, unnamed.code()), (404, "contact.unknown"));
        server.stop().await;
        let server = site.start().await;
        assert_eq!(erasures(administrator).await, told, "{fail_at}: once");
        server.stop().await;
    }
}

/// What the journal tells of erasures.
async fn erasures(administrator: &Client) -> Vec<Value> {
    // Events are read up to the last record, which is then another one.
    administrator.put("/v1/queues/later", json!({})).await;
    let mut events = administrator.events_since_the_beginning().await;
    events.retain(|event| event["event"] == "contact.erased");
    events
}
