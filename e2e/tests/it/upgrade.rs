//! What the first slice left is taken over: a backup that its binary made is restored and served,
//! and a data folder of it is opened as it lies. `tests/first-slice/make.py` tells what it lived
//! through and how it was made; nothing that today's people were told about it may have changed.

use crate::support::audit::replay_check;
use crate::support::client::Client;
use crate::support::server::Site;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ARCHIVE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/first-slice/first-slice.tar.gz"
);
const KEEPER: &str = "keeper@example.org";

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_the_first_slice_is_restored_and_served() {
    let site = Site::new();
    let first = FirstSlice::unpack(&site);
    let arguments = ["restore", "--verify", "--from", &text(&first.data)];
    let more = ["--keys-from", &text(&first.keys)];
    let said = site.succeeds(&[&arguments[..], &more].concat());
    assert!(said.contains("a good backup"), "{said}");
    let into = text(site.data());
    site.succeeds(&[&arguments[..], &more, &["--into", &into]].concat());
    first.goes_on(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_of_the_first_slice_is_opened_as_it_lies() {
    let site = Site::new();
    let first = FirstSlice::unpack(&site);
    // A backup is a data folder with a list of its files.
    for (from, to) in [
        (&first.data, site.data().to_owned()),
        (&first.keys, site.data().join("keys")),
    ] {
        fs::remove_file(from.join("manifest.json")).expect("removed");
        fs::rename(from, to).expect("moved");
    }
    first.goes_on(&site).await;
}

/// A backup by the first slice.
struct FirstSlice {
    data: PathBuf,
    keys: PathBuf,
    /// What its server answered.
    told: Value,
}

impl FirstSlice {
    fn unpack(site: &Site) -> Self {
        let to = site.path("");
        let unpacked = Command::new("tar")
            .args(["-xzf", ARCHIVE, "-C", &text(&to)])
            .status();
        assert!(unpacked.expect("tar starts").success());
        let folder = site.path("first-slice");
        let told = fs::read(folder.join("expected.json")).expect("what was told");
        Self {
            data: folder.join("data"),
            keys: folder.join("keys"),
            told: serde_json::from_slice(&told).expect("JSON"),
        }
    }

    /// Serves it: all is as it was told, people go on where they were, and may be forgotten.
    async fn goes_on(&self, site: &Site) {
        let server = site.start().await;
        let administrator = site.administrator(0);
        self.assert_over_is_as_told(&administrator).await;
        self.assert_open_is_as_told(&administrator).await;
        self.assert_keys(&administrator).await;
        self.finish(&administrator).await;
        self.forget(&administrator).await;
        server.stop().await;
        assert!(replay_check(site) > 0, "nothing was decided again");
    }

    fn id(&self, name: &str) -> &str {
        self.told["story"][name].as_str().expect("an id")
    }

    fn waiting(&self) -> impl Iterator<Item = &str> {
        let list = self.told["story"]["waiting"].as_array().expect("a list");
        list.iter().map(|id| id.as_str().expect("an id"))
    }

    async fn assert_over_is_as_told(&self, administrator: &Client) {
        for name in ["completed", "withdrawn"] {
            let id = self.id(name);
            let told = &self.told["shown"][id];
            let shown = shown(administrator, id).await;
            for part in ["view", "history", "segments"] {
                assert_holds(&shown[part], &told[part], &format!("{id}, its {part}"));
            }
        }
        let by_contact = format!("/v1/interactions?contact={KEEPER}");
        let found = administrator.get(&by_contact).await;
        assert_eq!(ids(&found), ids(&self.told["of_keeper"]));
    }

    /// What is open goes on: offers lapse, a desk that does not answer is given up. What it is about
    /// and what was told of it stay.
    async fn assert_open_is_as_told(&self, administrator: &Client) {
        let open = self
            .waiting()
            .chain([self.id("handled"), self.id("erased")]);
        for id in open {
            let told = &self.told["shown"][id];
            let shown = shown(administrator, id).await;
            for field in [
                "open",
                "medium",
                "queue",
                "contact",
                "kind",
                "submitted_at",
                "user_data",
                "user_data_erased",
            ] {
                assert_eq!(shown["view"][field], told["view"][field], "{id}: {field}");
            }
            let (before, now) = (items(&told["history"]), items(&shown["history"]));
            for (before, now) in before.iter().zip(now) {
                assert_holds(now, before, &format!("{id}, its history"));
            }
            assert!(before.len() <= now.len(), "{id}: its history is shorter");
        }
        let erased = &self.told["shown"][self.id("erased")]["view"];
        assert_eq!(erased["user_data_erased"], json!(true), "{erased}");
    }

    async fn assert_keys(&self, administrator: &Client) {
        let keys = administrator.get("/v1/keys").await;
        assert_holds(&keys, &self.told["keys"], "the keys");
        let gone = self.client(administrator, "gone");
        let answer = gone.try_get("/v1/me").await.expect("an answer");
        assert_eq!(answer.status, 401, "it was taken back: {}", answer.body);
    }

    fn client(&self, administrator: &Client, name: &str) -> Client {
        let secret = self.told["secrets"][name].as_str().expect("a secret");
        administrator.with_key(secret)
    }

    /// The agent completes what she had, and all that waited for her and comes new.
    async fn finish(&self, administrator: &Client) {
        let crm = self.client(administrator, "crm");
        let new = json!({
            "queue": "inbox", "medium": "email", "contact": KEEPER,
            "user_data": {"name": "new name", "matter": "new matter"},
            "route": {"virtual_queue": "english", "target": "English>=3"},
        });
        let new = crm.post("/v1/interactions", new).await;
        let new = new["interaction"].as_str().expect("an id").to_owned();
        let view = administrator.get(&format!("/v1/interactions/{new}")).await;
        let known = &self.told["shown"][self.id("handled")]["view"]["contact"];
        assert_eq!(view["contact"], *known, "the person is known");

        let anna = self.client(administrator, "anna");
        // Her desk is hers, and so is what she had in hand.
        let view = anna.get("/v1/agents/me").await;
        assert_eq!(view["work"][0]["interaction"], json!(self.id("handled")));
        anna.post("/v1/agents/me/heartbeat", json!({})).await;
        complete(&anna, self.id("handled")).await;
        anna.post("/v1/agents/me/ready", json!({})).await;
        let routed = self.waiting().filter(|id| {
            let place = &self.told["shown"][id]["view"]["place"];
            *place != json!("queue")
        });
        let mut left: Vec<&str> = routed.chain([new.as_str()]).collect();
        while !left.is_empty() {
            let offered = |view: &Value| view["offers"] != json!([]);
            let view = anna.until("/v1/agents/me", offered).await;
            let offer = view["offers"][0]["id"].as_str().expect("an id");
            let id = view["offers"][0]["interaction"].as_str().expect("an id");
            anna.post(&format!("/v1/offers/{offer}/accept"), json!({}))
                .await;
            complete(&anna, id).await;
            left.retain(|one| *one != id);
        }
    }

    /// A key that the first slice made can be destroyed.
    async fn forget(&self, administrator: &Client) {
        let erase = json!({"contact": KEEPER});
        administrator.post("/v1/contacts/erase", erase).await;
        for id in self.waiting().chain([self.id("completed")]) {
            let view = administrator.get(&format!("/v1/interactions/{id}")).await;
            assert_eq!(view["user_data_erased"], json!(true), "{view}");
            let matter = &self.told["shown"][id]["view"]["user_data"]["matter"];
            assert_eq!(view["user_data"], json!({"matter": matter}), "{view}");
        }
    }
}

async fn complete(agent: &Client, id: &str) {
    let path = format!("/v1/interactions/{id}/complete");
    agent.post(&path, json!({"reason": "solved"})).await;
}

async fn shown(administrator: &Client, id: &str) -> Value {
    let path = format!("/v1/interactions/{id}");
    json!({
        "view": administrator.get(&path).await,
        "history": administrator.get(&format!("{path}/history?limit=1000")).await,
        "segments": administrator.get(&format!("{path}/segments")).await,
    })
}

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().expect("a list")
}

fn ids(page: &Value) -> Vec<&Value> {
    items(page).iter().map(|item| &item["id"]).collect()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// All that was told is still told; more may be. Where the journal ends now is another matter.
fn assert_holds(now: &Value, before: &Value, what: &str) {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            for (name, before) in before.iter().filter(|(name, _)| *name != "sequence") {
                let now = now.get(name).unwrap_or(&Value::Null);
                assert_holds(now, before, &format!("{what}: {name}"));
            }
        }
        (Value::Array(now), Value::Array(before)) => {
            assert_eq!(now.len(), before.len(), "{what}: {now:?}");
            for (now, before) in now.iter().zip(before) {
                assert_holds(now, before, what);
            }
        }
        _ => assert_eq!(now, before, "{what}"),
    }
}
