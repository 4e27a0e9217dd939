//! People log in: by a link from an administrator to a password, sessions that survive a restart
//! and end when they should, a second factor, and what a browser must not be talked into.

use crate::support::audit::replay_check;
use crate::support::client::Client;
use crate::support::person::{Person, Said, code, said, step};
use crate::support::server::{PATIENCE, Site};
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

const PASSWORD: &str = "eine gute Idee am Morgen";
const OTHER: &str = "ein anderer Gedanke am Abend";

/// Hashes that cost little: what they are worth is not what is tested here.
fn site() -> Site {
    Site::new()
        .with("RINGBACK_LOGIN__ARGON2_MEMORY_KIB", "64")
        .with("RINGBACK_LOGIN__ARGON2_PASSES", "1")
}

/// Makes a person and sets his password by a link.
async fn person(administrator: &Client, name: &str, role: &str) {
    let body = json!({"display_name": name, "email": format!("{name}@example.com"), "role": role});
    administrator
        .put(&format!("/v1/config/person/{name}"), body)
        .await;
    let link = administrator
        .post(&format!("/v1/people/{name}/link"), Value::Null)
        .await;
    let body = json!({"token": link["token"], "password": PASSWORD});
    let nobody = Person::new(administrator.base());
    let set = nobody.post("/v1/login/link", body.clone()).await;
    assert_eq!(set.status, 200, "{}", set.body);
    let again = nobody.post("/v1/login/link", body).await;
    assert_eq!((again.status, again.code()), (410, "login.link_over"));
}

async fn submit(person: &Person) -> Said {
    let body = json!({"queue": "inbox", "medium": "chat"});
    person.post("/v1/interactions", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_and_out_again() {
    let site = site();
    let server = site.start().await;
    let administrator = site.administrator(0);
    administrator.put("/v1/queues/inbox", json!({})).await;
    person(&administrator, "sam", "supervisor").await;
    let base = site.base();

    // Nothing tells who exists.
    let nobody = Person::new(&base);
    let wrong = nobody.try_log_in("sam", "not the one", None).await;
    let unknown = nobody.try_log_in("nobody", PASSWORD, None).await;
    assert_eq!((wrong.status, wrong.code()), (401, "login.failed"));
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(nobody.get("/v1/login").await.code(), "auth.missing");

    let sam = Person::log_in(&base, "Sam@Example.com", PASSWORD, None).await;
    let fresh = nobody.try_log_in("sam", PASSWORD, None).await;
    let cookie = fresh.cookie.expect("a cookie");
    assert!(cookie.starts_with("ringback=rbs_"), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    let behind_tls = nobody
        .bare(Method::POST, "/v1/login")
        .header("X-Forwarded-Proto", "https");
    let behind_tls = behind_tls.json(&json!({"name": "sam", "password": PASSWORD}));
    let behind_tls = said(behind_tls.send().await.expect("an answer")).await;
    let cookie = behind_tls.cookie.expect("a cookie");
    assert!(
        cookie.starts_with("__Host-ringback=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );

    let me = sam.get("/v1/me").await;
    assert_eq!(me.body["person"], "sam");
    assert_eq!(me.body["role"], "supervisor");
    assert_eq!(submit(&sam).await.status, 201);
    // The token is good in a cookie alone, and a key is good in no cookie.
    let token = sam.cookie.split_once('=').expect("a cookie").1.to_owned();
    let as_key = administrator.with_key(&token).try_get("/v1/me").await;
    assert_eq!(as_key.expect("an answer").status, 401);

    may_not_be_forged(&sam, &base).await;

    // A restart changes nothing; a change of role does at once.
    server.stop().await;
    let server = site.start().await;
    assert_eq!(submit(&sam).await.status, 201);
    let body = json!({"display_name": "Sam", "role": "auditor"});
    administrator.put("/v1/config/person/sam", body).await;
    assert_eq!(submit(&sam).await.code(), "denied.role");

    let gone = sam.post("/v1/logout", json!({})).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert!(gone.cookie.expect("a cookie").contains("Max-Age=0"));
    assert_eq!(sam.get("/v1/me").await.status, 401);
    server.stop().await;
}

/// What a browser sends by itself changes nothing.
async fn may_not_be_forged(sam: &Person, base: &str) {
    let body = json!({"queue": "inbox", "medium": "chat"});
    let bare = || sam.bare(Method::POST, "/v1/interactions").json(&body);
    let send = async |request: reqwest::RequestBuilder| {
        said(request.send().await.expect("an answer")).await
    };
    assert_eq!(send(bare()).await.code(), "denied.csrf");
    let made_up = bare().header("Ringback-Csrf", "made up");
    assert_eq!(send(made_up).await.code(), "denied.csrf");
    let meant = || bare().header("Ringback-Csrf", &sam.csrf);
    let foreign = meant().header("Origin", "https://evil.example");
    assert_eq!(send(foreign).await.code(), "denied.origin");
    assert_eq!(send(meant().header("Origin", base)).await.status, 201);
    let told = sam.get("/v1/login").await;
    assert_eq!(told.body["csrf"], sam.csrf.as_str());
    for (origin, opens) in [("https://evil.example", false), (base, true)] {
        assert_eq!(
            connect_async(sam.socket(origin)).await.is_ok(),
            opens,
            "{origin}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_when_they_should_and_streams_with_them() {
    let site = site();
    let server = site.start().await;
    let administrator = site.administrator(0);
    administrator.put("/v1/queues/inbox", json!({})).await;
    person(&administrator, "sam", "supervisor").await;
    let base = site.base();
    let desk = Person::log_in(&base, "sam", PASSWORD, None).await;
    let phone = Person::log_in(&base, "sam", PASSWORD, None).await;
    let other = Person::log_in(&base, "sam", PASSWORD, None).await;

    let mine = desk.get("/v1/sessions?person=me").await;
    assert_eq!(mine.body["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(mine.body["items"][0]["from"], "127.0.0.1");
    assert_eq!(desk.get("/v1/sessions").await.status, 403, "of others: no");
    let end = format!("/v1/sessions/{}", other.session);
    assert_eq!(desk.ask(Method::DELETE, &end, None).await.status, 200);
    assert_eq!(other.get("/v1/me").await.status, 401);

    // The stream of a session ends with it, at the next event.
    let (mut socket, _) = connect_async(phone.socket(&base)).await.expect("a socket");
    let end = format!("/v1/sessions/{}", phone.session);
    administrator.delete(&end).await;
    assert_eq!(submit(&desk).await.status, 201);
    let closed = tokio::time::timeout(PATIENCE, async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Close(Some(frame)) = message {
                return u16::from(frame.code);
            }
        }
        0
    });
    assert_eq!(closed.await.expect("it is closed"), 4003);

    // A new password ends all others, and the old one is none any more.
    let phone = Person::log_in(&base, "sam", PASSWORD, None).await;
    let weak = desk.post(
        "/v1/login/password",
        json!({"old": PASSWORD, "new": "Password1234"}),
    );
    assert_eq!(weak.await.status, 422);
    let wrong = desk.post("/v1/login/password", json!({"old": OTHER, "new": OTHER}));
    assert_eq!(wrong.await.code(), "login.failed");
    let new = desk.post("/v1/login/password", json!({"old": PASSWORD, "new": OTHER}));
    assert_eq!(new.await.status, 200);
    assert_eq!(desk.get("/v1/me").await.status, 200);
    assert_eq!(phone.get("/v1/me").await.status, 401);
    let old = phone.try_log_in("sam", PASSWORD, None).await;
    assert_eq!(old.code(), "login.failed");

    // Whoever is disabled is out.
    let body = json!({"role": "supervisor", "disabled": true});
    administrator.put("/v1/config/person/sam", body).await;
    assert_eq!(desk.get("/v1/me").await.status, 401);
    assert_eq!(
        desk.try_log_in("sam", OTHER, None).await.code(),
        "login.failed"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_no_code_is_good_twice() {
    let site = site();
    let server = site.start().await;
    let administrator = site.administrator(0);
    administrator.put("/v1/queues/inbox", json!({})).await;
    let policy = json!({"totp_roles": ["supervisor"]});
    administrator.put("/v1/login/policy", policy).await;
    person(&administrator, "sam", "supervisor").await;
    let base = site.base();

    // Before there is a second factor, the session is good for nothing else.
    let sam = Person::log_in(&base, "sam", PASSWORD, None).await;
    assert_eq!(sam.get("/v1/login").await.body["limited"], true);
    assert_eq!(submit(&sam).await.code(), "denied.action");
    for path in [
        "/v1/interactions",
        "/v1/events",
        "/v1/overview",
        "/v1/settings",
    ] {
        assert_eq!(sam.get(path).await.code(), "denied.action", "{path}");
    }
    let key = sam
        .post("/v1/login/totp", json!({"password": PASSWORD}))
        .await;
    let secret = key.body["secret"].as_str().expect("a key").to_owned();
    assert!(key.body["uri"].as_str().expect("a URI").contains(&secret));
    let wrong = sam
        .post("/v1/login/totp/confirm", json!({"code": "12345"}))
        .await;
    assert_eq!(wrong.code(), "login.failed");
    let confirm_step = step();
    let body = json!({"code": code(&secret, confirm_step)});
    let confirmed = sam.post("/v1/login/totp/confirm", body).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.body);
    assert_eq!(
        submit(&sam).await.status,
        201,
        "the session is good for all"
    );

    let nobody = Person::new(&base);
    let without = nobody.try_log_in("sam", PASSWORD, None).await;
    assert_eq!((without.status, without.code()), (401, "login.code_needed"));
    let wrong = nobody.try_log_in("sam", "not the one", None).await;
    assert_eq!(wrong.code(), "login.failed", "the password comes first");
    let used = code(&secret, confirm_step);
    let used = nobody.try_log_in("sam", PASSWORD, Some(&used)).await;
    assert_eq!((used.status, used.code()), (409, "login.code_used"));
    let next = code(&secret, confirm_step + 1);
    Person::log_in(&base, "sam", PASSWORD, Some(&next)).await;
    let used = nobody.try_log_in("sam", PASSWORD, Some(&next)).await;
    assert_eq!(used.code(), "login.code_used");
    let recovery = confirmed.body["recovery_codes"][3]
        .as_str()
        .expect("a code");
    Person::log_in(&base, "sam", PASSWORD, Some(recovery)).await;
    let used = nobody.try_log_in("sam", PASSWORD, Some(recovery)).await;
    assert_eq!(used.code(), "login.failed");
    let view = administrator.get("/v1/people/sam").await;
    assert_eq!(
        (&view["totp"], &view["recovery_codes"]),
        (&json!(true), &json!(9))
    );

    administrator.delete("/v1/people/sam/totp").await;
    assert_eq!(sam.get("/v1/me").await.status, 401);
    let sam = Person::log_in(&base, "sam", PASSWORD, None).await;
    assert_eq!(sam.get("/v1/login").await.body["limited"], true);
    server.stop().await;
    nothing_secret_is_kept(&site, &[PASSWORD, &secret, recovery]);
}

/// What was shown or typed stands in no file of the data folder.
fn nothing_secret_is_kept(site: &Site, secrets: &[&str]) {
    for secret in secrets {
        let found = crate::support::bytes::holding(site.data(), secret);
        assert!(found.is_empty(), "{secret} stands in {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trying_is_throttled_for_each_account() {
    let site = site()
        .with("RINGBACK_LOGIN__TRIES_PER_ACCOUNT", "3")
        .with("RINGBACK_LOGIN__REFUSALS_TOLD_EVERY_S", "1");
    let server = site.start().await;
    let administrator = site.administrator(0);
    for name in ["sam", "tim"] {
        person(&administrator, name, "auditor").await;
    }
    let nobody = Person::new(&site.base());
    for name in ["sam", "mein-geheimes-wort"] {
        for _ in 0..3 {
            let wrong = nobody.try_log_in(name, "not the one", None).await;
            assert_eq!(wrong.code(), "login.failed");
        }
        let throttled = nobody.try_log_in(name, PASSWORD, None).await;
        assert_eq!(
            (throttled.status, throttled.code()),
            (429, "login.throttled")
        );
    }
    let tim = Person::log_in(&site.base(), "tim", PASSWORD, None).await;
    let denied = tim.post("/v1/keys", json!({"name": "mine", "role": "auditor"}));
    assert_eq!(denied.await.code(), "denied.role");
    let expected = BTreeMap::from([
        (["person:sam", "login.log_in", "login.failed"], 3),
        (["person:sam", "login.log_in", "login.throttled"], 1),
        (["unknown", "login.log_in", "login.failed"], 3),
        (["unknown", "login.log_in", "login.throttled"], 1),
        // Making the two of them tried their links again.
        (["unknown", "login.set_password", "login.link_over"], 2),
        (["person:tim", "config.make_key", "denied.role"], 1),
    ]);
    let expected = expected
        .into_iter()
        .map(|(words, times)| (words.map(ToOwned::to_owned), times))
        .collect::<BTreeMap<[String; 3], u64>>();
    let told = tokio::time::timeout(PATIENCE, async {
        while refusals(&administrator).await != expected {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    if told.await.is_err() {
        panic!("told are {:?}", refusals(&administrator).await);
    }
    let of_sam = "/v1/audit?actor=person:sam&did=node.refusals";
    let of_sam = administrator.get(of_sam).await;
    assert_eq!(of_sam["items"][0]["refusals"][0]["from"], "127.0.0.1");
    server.stop().await;
    // What somebody types as his name may be his password.
    nothing_secret_is_kept(&site, &["mein-geheimes-wort"]);
    replay_check(&site);
}

/// What the audit says was refused: who, what and the answer, and how often.
async fn refusals(administrator: &Client) -> BTreeMap<[String; 3], u64> {
    let told = administrator.get("/v1/audit?did=node.refusals").await;
    let mut found = BTreeMap::new();
    let items = told["items"].as_array().expect("a list");
    for one in items
        .iter()
        .flat_map(|item| item["refusals"].as_array().expect("a list"))
    {
        let word = |key: &str| one[key].as_str().expect("a word").to_owned();
        let kind = [word("who"), word("did"), word("code")];
        *found.entry(kind).or_default() += one["times"].as_u64().expect("a number");
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_be_less_than_its_role_and_end_by_itself() {
    let site = site();
    let server = site.start().await;
    let administrator = site.administrator(0);
    administrator.put("/v1/queues/inbox", json!({})).await;
    let unknown = json!({"name": "odd", "role": "integrator", "only": ["fly"]});
    let unknown = administrator.try_post("/v1/keys", None, &unknown).await;
    assert_eq!(unknown.expect("an answer").status, 422);
    let since = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("after 1970");
    let made = json!({"name": "intake", "role": "integrator", "only": ["submit"]});
    let intake = administrator.post("/v1/keys", made).await;
    let intake = administrator.with_key(intake["secret"].as_str().expect("a secret"));
    let body = json!({"queue": "inbox", "medium": "chat"});
    let taken = intake.post("/v1/interactions", body).await;
    let id = taken["interaction"].as_str().expect("an id");
    for path in [
        "/v1/interactions".to_owned(),
        format!("/v1/interactions/{id}"),
        format!("/v1/interactions/{id}/history"),
        "/v1/events".to_owned(),
        "/v1/settings".to_owned(),
    ] {
        let answer = intake.try_get(&path).await.expect("an answer");
        assert_eq!(
            (answer.status, answer.code()),
            (403, "denied.action"),
            "{path}"
        );
    }
    assert_eq!(intake.get("/v1/me").await["only"], json!(["submit"]));

    let over = json!({"name": "over", "role": "auditor", "expires": "2020-01-01T00:00:00Z"});
    let over = administrator.post("/v1/keys", over).await;
    let over = administrator.with_key(over["secret"].as_str().expect("a secret"));
    assert_eq!(over.try_get("/v1/me").await.expect("an answer").status, 401);
    let year = 1970 + since.as_secs() / 31_556_952 + 1;
    let soon =
        json!({"name": "soon", "role": "auditor", "expires": format!("{year}-12-31T00:00:00Z")});
    let soon = administrator.post("/v1/keys", soon).await;
    let soon = administrator.with_key(soon["secret"].as_str().expect("a secret"));
    assert_eq!(soon.get("/v1/me").await["role"], "auditor");
    let keys = administrator.get("/v1/keys").await;
    let shown = keys["items"].as_array().expect("a list").iter();
    let mut shown = shown.filter(|key| key["name"] == "over");
    assert_eq!(
        shown.next().expect("it is listed")["expires"],
        "2020-01-01T00:00:00.000Z"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_what_is_told_and_cannot_be_changed_unnoticed() {
    let site = site();
    let server = site.start().await;
    let administrator = site.administrator(0);
    administrator.put("/v1/queues/inbox", json!({})).await;
    person(&administrator, "sam", "supervisor").await;
    let sam = Person::log_in(&site.base(), "sam", PASSWORD, None).await;
    for _ in 0..3 {
        assert_eq!(submit(&sam).await.status, 201);
    }
    let did = |entries: &[Value]| -> Vec<String> {
        let did = entries
            .iter()
            .map(|it| it["did"].as_str().expect("text").to_owned());
        did.collect()
    };
    let of = administrator.get("/v1/audit?actor=person:sam").await;
    let of = of["items"].as_array().expect("a list").clone();
    let expected = [
        "login.set_password",
        "login.log_in",
        "interaction.submit",
        "interaction.submit",
        "interaction.submit",
    ];
    assert_eq!(did(&of), expected);
    assert_eq!(of[1]["from"], "127.0.0.1");
    // Page by page it is the same.
    let mut pages = Vec::new();
    let mut path = "/v1/audit?actor=person:sam&limit=2".to_owned();
    loop {
        let page = administrator.get(&path).await;
        pages.extend(page["items"].as_array().expect("a list").clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/audit?actor=person:sam&limit=2&after={next}");
    }
    assert_eq!(pages, of);
    let made = administrator.get("/v1/audit?did=config.put").await;
    let mut made = made["items"].as_array().expect("a list").iter();
    assert!(made.any(|one| one["of"] == json!(["person sam"])));
    assert_eq!(sam.get("/v1/audit").await.code(), "denied.role");
    let text = administrator
        .try_get("/v1/audit?did=login&format=jsonl")
        .await;
    let text = text
        .expect("an answer")
        .body
        .as_str()
        .expect("lines")
        .to_owned();
    assert!(
        text.lines().count() > 2 && !text.contains("argon2"),
        "{text}"
    );
    server.stop().await;

    let server = site.start().await;
    administrator.put("/v1/queues/other", json!({})).await;
    server.stop().await;
    let data = site.data().to_str().expect("a path of text").to_owned();
    let verify = ["audit", "verify", "--data", &data];
    let whole = site.succeeds(&verify);
    assert!(whole.contains("the chain is whole"), "{whole}");
    let end = whole
        .lines()
        .find_map(|line| line.trim().strip_prefix("end "));
    let end = end.expect("the end is told").to_owned();
    site.succeeds(&[verify.as_slice(), &["--expect", &end]].concat());
    let other = format!("{}0", &end[..end.len() - 1]);
    if other != end {
        let noted = [verify.as_slice(), &["--expect", &other]].concat();
        assert!(!site.run(&noted).status.success());
    }
}

async fn segments_are_masked(administrator: &Client, sam: &Person, whole: &str, masked: &str) {
    administrator
        .put("/v1/virtual-queues/calls", json!({}))
        .await;
    let view = json!({
        "queue": "inbox", "segment_by": "called", "segment_max": 1,
        "route": {"virtual_queue": "calls", "target": "Nobody>=9"},
    });
    administrator.put("/v1/config/view/callers", view).await;
    let path = "/v1/views/callers";
    let told = administrator
        .until(path, |view| view["under_way"] != json!([]))
        .await;
    assert_eq!(told["under_way"], json!([{"segment": whole, "count": 1}]));
    let told = sam.get(path).await.body;
    assert_eq!(told["under_way"], json!([{"segment": masked, "count": 1}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_shown_only_to_those_who_need_them() {
    const WHOLE: &str = "+49 30 7654321";
    const MASKED: &str = "+** ** *****21";
    let site = site();
    let server = site.start().await;
    let administrator = site.administrator(0);
    administrator.put("/v1/queues/inbox", json!({})).await;
    let settings = json!({"open_keys": ["called"]});
    administrator.put("/v1/settings", settings).await;
    let policy = json!({"masked_roles": ["supervisor"], "digits_shown": 2});
    administrator.put("/v1/login/policy", policy).await;
    person(&administrator, "sam", "supervisor").await;
    let sam = Person::log_in(&site.base(), "sam", PASSWORD, None).await;
    let (mut socket, _) = connect_async(sam.socket(&site.base()))
        .await
        .expect("a socket");
    let body = json!({"queue": "inbox", "medium": "chat", "contact": WHOLE,
        "user_data": {"called": WHOLE, "back": WHOLE, "matter": "loan 4711"}});
    let id = administrator.post("/v1/interactions", body).await;
    let id = id["interaction"].as_str().expect("an id").to_owned();
    let sequence = administrator.get("/v1/overview").await["sequence"].clone();

    let paths = [
        format!("/v1/interactions/{id}"),
        format!("/v1/interactions/{id}/history?at_least={sequence}"),
        format!("/v1/interactions?at_least={sequence}"),
        // Looking for a number shows no more of it.
        format!("/v1/interactions?at_least={sequence}&contact=%2B49%2030%207654321"),
    ];
    for path in &paths {
        let seen = sam.get(path).await;
        assert_eq!(seen.status, 200, "{}", seen.body);
        assert!(
            !seen.body.to_string().contains("76543"),
            "{path}: {}",
            seen.body
        );
    }
    let shown = sam.get(&paths[0]).await.body["user_data"].clone();
    let expected = json!({"called": MASKED, "back": MASKED, "matter": "loan 4711"});
    assert_eq!(shown, expected);
    let whole = administrator.get(&paths[0]).await;
    assert_eq!(whole["user_data"]["back"], WHOLE);
    let heard = tokio::time::timeout(PATIENCE, async {
        while let Some(Ok(message)) = socket.next().await {
            let text = message.into_text().expect("text").to_string();
            if text.contains("interaction.submitted") {
                return text;
            }
        }
        String::new()
    });
    let heard = heard.await.expect("it is heard");
    assert!(
        heard.contains(MASKED) && !heard.contains("76543"),
        "{heard}"
    );
    // Where a view divides by numbers, its segments are called by them.
    segments_are_masked(&administrator, &sam, WHOLE, MASKED).await;
    // What he sees does not take the place of what is there.
    let change = format!("/v1/interactions/{id}/change");
    for (wrong, at) in [
        (
            json!({"user_data": {"update": {"back": MASKED}}}),
            "/user_data/update/back",
        ),
        (
            json!({"user_data": {"attach": {"third": {"deep": [MASKED]}}}}),
            "/user_data/attach/third",
        ),
        (
            json!({"properties": {"comment": format!("call {MASKED}")}}),
            "/properties/comment",
        ),
    ] {
        let said = sam.post(&change, wrong).await;
        assert_eq!(said.status, 422, "{}", said.body);
        assert_eq!(said.body["errors"][0]["at"], at, "{}", said.body);
    }
    let new = json!({"queue": "inbox", "medium": "chat", "user_data": {"back": MASKED}});
    let said = sam.post("/v1/interactions", new).await;
    assert_eq!(
        said.body["errors"][0]["at"], "/user_data/back",
        "{}",
        said.body
    );
    let other = json!({"user_data": {"update": {"matter": "loan 4712"}}});
    assert_eq!(sam.post(&change, other).await.status, 200);
    let whole = administrator.get(&paths[0]).await;
    assert_eq!(whole["user_data"]["back"], WHOLE);
    let expected = json!({"called": MASKED, "back": MASKED, "matter": "loan 4712"});
    // Over it is the same, also out of the records and over server-sent events.
    let stop = json!({"cause": "abandoned"});
    administrator
        .post(&format!("/v1/interactions/{id}/stop"), stop)
        .await;
    let shown = sam.get(&paths[0]).await.body["user_data"].clone();
    assert_eq!(shown, expected);
    let stream = sam.bare(Method::GET, "/v1/events?after=0").send().await;
    let mut stream = stream.expect("a stream");
    let mut heard = String::new();
    while !heard.contains("interaction.stopped") {
        let chunk = stream
            .chunk()
            .await
            .expect("it goes on")
            .expect("it goes on");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(heard.contains("interaction.handed"), "{heard}");
    assert!(
        heard.contains(MASKED) && !heard.contains("76543"),
        "{heard}"
    );
    server.stop().await;
}
