//! A tenant's configuration as files: written by one server, applied to another that is fresh,
//! and from then on both say the same.

use crate::support::client::Client;
use crate::support::server::Site;
use serde_json::json;
use std::path::Path;
use std::process::Output;

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_exports_another_takes_and_then_there_is_nothing_to_do() {
    let (first, second) = (Site::new(), Site::new());
    let (_one, _other) = (first.start().await, second.start().await);
    let (here, there) = (first.administrator(0), second.administrator(0));
    furnish(&here).await;
    let folder = tempfile::tempdir().expect("a folder");
    let files = folder.path().join("tenant");
    let written = ringback(&first, &here, &["export"], &files);
    assert!(written.contains("objects written"), "{written}");
    let groups = std::fs::read_to_string(files.join("group.toml")).expect("groups");
    assert!(groups.contains("[sales]"), "{groups}");
    assert!(
        groups.contains("# ") && groups.contains("expression: Everybody"),
        "{groups}"
    );

    // At home nothing differs; on the other server nearly everything does, and only looking at
    // it changes nothing.
    assert_eq!(
        ringback(&first, &here, &["diff"], &files),
        "nothing to do\n"
    );
    let dry = ringback(&second, &there, &["apply", "--dry-run"], &files);
    assert!(dry.contains("make group sales\n"), "{dry}");
    assert!(dry.contains("change settings: "), "{dry}");
    let nobody = there.get("/v1/config/agent").await;
    assert_eq!(nobody["items"], json!([]));

    let done = ringback(&second, &there, &["apply"], &files);
    assert_eq!(done, dry, "what was foretold is what is done");
    for command in [&["diff"][..], &["apply", "--dry-run"], &["apply"]] {
        assert_eq!(
            ringback(&second, &there, command, &files),
            "nothing to do\n"
        );
    }
    let group = there.get("/v1/config/group/sales").await;
    assert_eq!(group["members"], json!(["anna", "ben"]));
    assert_eq!(
        group["body"],
        here.get("/v1/config/group/sales").await["body"]
    );

    // A change on the server shows, and is taken back; what is in no file goes only if asked.
    let more = json!({"members": ["anna"]});
    there.put("/v1/config/group/sales", more).await;
    there.put("/v1/config/skill/Spare", json!({})).await;
    let told = run(&second, &there, &["diff"], &files);
    assert_eq!(told.status.code(), Some(1), "it differs");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("change group sales: "), "{told}");
    assert!(told.contains("only on the server: skill Spare\n"), "{told}");
    ringback(&second, &there, &["apply", "--delete"], &files);
    assert_eq!(
        ringback(&second, &there, &["diff"], &files),
        "nothing to do\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_brings_back_what_was_and_what_is_gone() {
    let site = Site::new();
    let server = site.start().await;
    let here = site.administrator(0);
    furnish(&here).await;
    let path = "/v1/config/group/sales";
    let before = here.get(path).await["body"].clone();
    here.put(path, json!({"members": ["ben"]})).await;
    let undone = here.post(&format!("{path}/undo"), json!({})).await;
    assert_eq!(undone["version"], 3);
    let after = here.get(path).await;
    assert_eq!(after["body"], before);
    let sequence = &undone["sequence"];
    let diff = format!("{path}/diff?from=1&to=3&at_least={sequence}");
    assert_eq!(here.get(&diff).await["changes"], json!([]));
    let diff = here.get(&format!("{path}/diff?from=2")).await;
    assert_eq!(diff["changes"][0]["path"], "/expression");

    here.delete("/v1/config/person/paula").await;
    here.delete(path).await;
    let gone = here.try_get(path).await.expect("an answer");
    assert_eq!(gone.status, 404);
    let undone = here.post(&format!("{path}/undo"), json!({})).await;
    assert_eq!(undone["version"], 5);
    server.stop().await;

    // A restart knows all of it, from the journal and from what was projected.
    let server = site.start().await;
    let after = here.get(path).await;
    assert_eq!(after["body"], before);
    assert_eq!(after["members"], json!(["anna", "ben"]));
    let versions = here.get(&format!("{path}/versions")).await;
    let numbers: Vec<_> = versions["items"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    let gone: Vec<bool> = numbers.iter().map(|it| it["body"].is_null()).collect();
    assert_eq!(gone, [false, true, false, false, false]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_by_the_environment_is_locked_and_told() {
    let site = Site::of_tenants(&["default", "acme"]);
    let server = site.start().await;
    let here = site.administrator(0);
    here.put(
        "/v1/settings",
        json!({"offer_ttl_ms": 20_000, "open_max": 9}),
    )
    .await;
    server.stop().await;

    let name = "RINGBACK_SETTINGS__OFFER_TTL_MS";
    let site = site.with(name, "25000");
    let server = site.start().await;
    for tenant in 0..2 {
        let settings = site.administrator(tenant).get("/v1/settings").await;
        assert_eq!(settings["settings"]["offer_ttl_ms"], 25_000);
        assert_eq!(settings["locked"], json!({"offer_ttl_ms": name}));
    }
    let settings = here.get("/v1/settings").await;
    assert_eq!(settings["settings"]["open_max"], 9, "all else stays");
    let other = json!({"offer_ttl_ms": 20_000});
    let put = here.try_put("/v1/settings", &other);
    let put = put.await.expect("an answer");
    assert_eq!(
        (put.status, &put.body["code"]),
        (409, &json!("config.locked"))
    );
    assert_eq!(put.body["errors"][0]["at"], "/offer_ttl_ms");
    assert!(
        put.body["detail"].to_string().contains(name),
        "{:?}",
        put.body
    );
    let nothing = json!({});
    let undo = here.try_post("/v1/config/settings/settings/undo", None, &nothing);
    assert_eq!(undo.await.expect("an answer").status, 409);
    here.put("/v1/settings", json!({"open_max": 8})).await;
    let settings = here.get("/v1/settings").await;
    assert_eq!(settings["settings"]["offer_ttl_ms"], 25_000);
    assert_eq!(settings["settings"]["open_max"], 8);

    // Files say nothing against it: what they leave out is no difference.
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("settings.toml"), "open_max = 8\n").expect("a file");
    let told = ringback(&site, &here, &["diff"], folder.path());
    assert_eq!(told, "nothing to do\n");

    // A medium is nearer than any of the settings, and each level is told.
    here.put(
        "/v1/config/medium/voice",
        json!({"delivering_max_ms": 9_000}),
    )
    .await;
    let medium = here.get("/v1/config/medium/voice").await;
    assert_eq!(medium["body"]["offer_ttl_ms"], 9_000, "{medium}");
    let old = json!({"offer_ttl_of_ms": {"chat": 5_000}});
    let old = here.try_put("/v1/settings", &old).await.expect("an answer");
    assert_eq!(
        (old.status, &old.body["code"]),
        (422, &json!("config.findings"))
    );
    assert_eq!(old.body["errors"][0]["at"], "/offer_ttl_of_ms/chat");
    let explain = |key| {
        let base = site.base();
        let secret = here.secret();
        site.succeeds(&["config", "explain", key, "--url", &base, "--key", secret])
    };
    let told = explain("settings.offer_ttl_ms");
    assert!(
        told.contains("25000  (RINGBACK_SETTINGS__OFFER_TTL_MS; locked)  <- in force"),
        "{told}"
    );
    let told = explain("medium.voice.offer_ttl_ms");
    assert!(
        told.contains("9000  (medium voice, version 1)  <- in force"),
        "{told}"
    );
    let told = explain("medium.chat.offer_ttl_ms");
    assert!(told.contains("settings, environment"), "{told}");
    let told = explain("server.listen");
    assert!(told.contains("\"127.0.0.1:8080\"  <- in force"), "{told}");
    server.stop().await;
}

/// Something of most kinds, with names that name each other.
async fn furnish(here: &Client) {
    for (path, body) in [
        ("skill/English", json!({"level_max": 10})),
        ("skill/Region", json!({"texts": ["north", "south"]})),
        ("capacity_rule/two", json!({"text": "chat 2 and email 3"})),
        (
            "attribute/product",
            json!({"type": "enum", "choices": [{"value": "loan"}]}),
        ),
        (
            "list/outcomes",
            json!({"purpose": "disposition", "codes": [{"code": "sale"}, {"code": "sale/new"}]}),
        ),
        (
            "hours/office",
            json!({
                "zone": "Europe/Berlin",
                "weekly": {"monday": ["08:00-12:00", "13:00-18:30"]},
                "special": {"2026-12-25": {"display_name": "Christmas"}},
            }),
        ),
        ("medium/chat", json!({"offer_ttl_ms": 20_000})),
        ("workbin/drafts", json!({"owner": "group"})),
        ("queue/inbox", json!({"open_max": 500})),
        ("virtual_queue/support", json!({})),
        (
            "agent/anna",
            json!({"skills": {"English": 3}, "texts": {"Region": "north"}, "capacity_rule": "two"}),
        ),
        ("agent/ben", json!({})),
        (
            "group/sales",
            json!({"members": ["ben"], "expression": "English>=2"}),
        ),
        (
            "view/urgent",
            json!({"queue": "inbox", "condition": "Priority > 0"}),
        ),
        (
            "person/paula",
            json!({"role": "supervisor", "groups": ["sales"]}),
        ),
    ] {
        here.put(&format!("/v1/config/{path}"), body).await;
    }
    let settings = json!({"skills_declared": true, "open_keys": ["product"]});
    here.put("/v1/settings", settings).await;
}

fn arguments(site: &Site, client: &Client, command: &[&str], files: &Path) -> Vec<String> {
    let folder = files.to_str().expect("a path");
    let base = site.base();
    let rest = [folder, "--url", &base, "--key", client.secret()];
    let all = ["config"].iter().chain(command).chain(&rest);
    all.map(|word| (*word).to_owned()).collect()
}

fn run(site: &Site, client: &Client, command: &[&str], files: &Path) -> Output {
    let arguments = arguments(site, client, command, files);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    site.run(&arguments)
}

/// `ringback config ...` against a server; what it printed.
fn ringback(site: &Site, client: &Client, command: &[&str], files: &Path) -> String {
    let arguments = arguments(site, client, command, files);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    site.succeeds(&arguments)
}
