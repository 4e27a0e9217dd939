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
