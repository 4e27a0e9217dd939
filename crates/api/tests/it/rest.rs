//! REST: problems, limits, idempotency, versions, personal values, scope.

use crate::fake::{ADMIN, ANNA, AUDIT, SALES};
use crate::support::Room;
use axum::http::StatusCode;
use ringback_api::ApiOptions;
use ringback_model::{Input, interaction};
use ringback_ports::hall::Health;
use serde_json::{Value, json};

fn call(queue: &str) -> Value {
    json!({"queue": queue, "medium": "voice"})
}

#[tokio::test]
async fn a_submission_is_answered_with_its_id_and_sequence() {
    let room = Room::new();
    let body = json!({
        "queue": "sales", "medium": "chat", "priority": 2,
        "route": {"virtual_queue": "english", "target": "English>=2"}
    });
    let answer = room.post(SALES, "/v1/interactions", body).answer().await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let expected = json!({"interaction": "i1", "request": "r1", "sequence": 1});
    assert_eq!(answer.body, expected);
    assert_eq!(answer.header("location"), "/v1/interactions/i1");
    assert_eq!(answer.header("ringback-sequence"), "1");
    let read = room.get(SALES, "/v1/interactions/i1").answer().await;
    assert_eq!(read.status, StatusCode::OK);
    assert_eq!(read.header("etag"), "\"1\"");
    assert_eq!(read.header("ringback-sequence"), "1");
    assert_eq!(read.body["queue"], "sales");
    assert_eq!(read.body["place"], "queue");
    assert_eq!(read.body["priority"], 2);
    assert_eq!(read.body["submitted_at"], "2026-11-20T09:00:00.000Z");
}

#[tokio::test]
async fn whoever_is_unknown_gets_the_same_answer() {
    let room = Room::new();
    let missing = room.ask("GET", "/v1/me").answer().await;
    assert_eq!(missing.problem(), (401, "auth.missing"));
    assert_eq!(missing.header("www-authenticate"), "Bearer");
    let mut bodies = Vec::new();
    for value in ["Bearer rb_nobody", "Bearer ", "Basic cmI6eA==", "rb_admin"] {
        let answer = room.ask("GET", "/v1/me").with("Authorization", value);
        let answer = answer.answer().await;
        assert_eq!(answer.problem(), (401, "auth.unknown"), "{value}");
        bodies.push(answer.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "one answer for all");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let room = Room::new();
    let path = room.get(ADMIN, "/v1/nothing").answer().await;
    assert_eq!(path.problem(), (404, "request.unknown_path"));
    let method = room.ask("PATCH", "/v1/queues").answer().await;
    assert_eq!(method.problem(), (405, "request.unknown_method"));
    assert!(method.header("allow").contains("GET"));
    let id = room.get(ADMIN, "/v1/interactions/42").answer().await;
    assert_eq!(id.problem(), (400, "request.malformed"));
    let none = room.get(ADMIN, "/v1/interactions/i42").answer().await;
    assert_eq!(none.problem(), (404, "query.unknown"));
    let socket = room.get(ADMIN, "/v1/stream").answer().await;
    assert_eq!(socket.problem(), (426, "request.not_a_websocket"));
}

#[tokio::test]
async fn bodies_are_read_strictly() {
    let room = Room::new();
    let submit = || room.ask("POST", "/v1/interactions").key(ADMIN);
    let json = "application/json";
    let kind = submit().with("Content-Type", "text/plain").raw("{}");
    let kind = kind.answer().await;
    assert_eq!(kind.problem(), (415, "request.unsupported_media_type"));
    let syntax = submit().with("Content-Type", json).raw("{").answer().await;
    assert_eq!(syntax.problem(), (400, "request.malformed"));
    let long = "x".repeat(70_000);
    let long = submit().with("Content-Type", json).raw(long).answer().await;
    assert_eq!(long.problem(), (413, "request.too_large"));
    assert_eq!(long.body["limit"], 65_536);
    let deep = format!("{{\"user_data\":{{\"x\":{}", "[".repeat(200));
    let deep = submit().with("Content-Type", json).raw(deep).answer().await;
    assert_eq!(deep.problem(), (400, "request.malformed"));
    let cases = [
        (
            json!({"queue": "a b", "medium": "voice"}),
            "request.invalid",
            "/queue",
        ),
        (
            json!({"queue": "a", "medium": "fax"}),
            "request.invalid",
            "/medium",
        ),
        (json!({"medium": "voice"}), "request.invalid", ""),
        (
            json!({"queue": "a", "medium": "voice", "queeu": 1}),
            "request.unknown_field",
            "/queeu",
        ),
        (
            json!({"queue": "a", "medium": "voice", "route": {"virtual_queue": "v", "target": "", "x": 1}}),
            "request.unknown_field",
            "/route/x",
        ),
        (
            json!({"queue": "a", "medium": "voice", "route": {"virtual_queue": "v", "target": "A>"}}),
            "request.invalid",
            "/route/target",
        ),
        (
            json!({"queue": "a", "medium": "voice", "user_data": {"x": "y".repeat(5_000)}}),
            "request.invalid",
            "/user_data",
        ),
    ];
    for (body, code, at) in cases {
        let answer = room.post(ADMIN, "/v1/interactions", body.clone());
        let answer = answer.answer().await;
        assert_eq!(answer.problem(), (422, code), "{body}");
        assert_eq!(answer.body["errors"][0]["at"], at, "{body}");
    }
    assert!(
        room.hall.taken().is_empty(),
        "nothing of it reached the hall"
    );
}

#[tokio::test]
async fn unknown_query_parameters_are_refused_by_name() {
    let room = Room::new();
    let answer = room.get(ADMIN, "/v1/interactions?opn=true").answer().await;
    assert_eq!(answer.problem(), (422, "request.unknown_field"));
    assert_eq!(answer.body["errors"][0]["at"], "query:opn");
    let answer = room
        .get(ADMIN, "/v1/interactions?limit=1001")
        .answer()
        .await;
    assert_eq!(answer.problem(), (422, "request.invalid"));
    assert_eq!(answer.body["limit"], 1_000);
}

#[tokio::test]
async fn refusals_keep_their_codes_and_say_when_to_come_back() {
    let room = Room::new();
    for (queue, status, code, again) in [
        ("nowhere", 422, "interaction.unknown_queue", ""),
        ("full", 429, "interaction.queue_full", "1"),
        ("busy", 503, "unavailable.overloaded", "1"),
        ("lost", 504, "outcome.unknown", ""),
    ] {
        let answer = room.post(ADMIN, "/v1/interactions", call(queue));
        let answer = answer.answer().await;
        assert_eq!(answer.problem(), (status, code));
        assert_eq!(answer.header("retry-after"), again, "{queue}");
    }
    let role = room.post(AUDIT, "/v1/interactions", call("sales"));
    assert_eq!(role.answer().await.problem(), (403, "denied.role"));
    let reject = room.post(ANNA, "/v1/offers/o1/reject", json!({"reason": "busy"}));
    assert_eq!(reject.answer().await.problem(), (403, "offer.not_yours"));
    let accept = room
        .post(ANNA, "/v1/offers/o9/accept", json!({}))
        .answer()
        .await;
    assert_eq!(accept.problem(), (404, "offer.unknown"));
    let keyless = room.post(ADMIN, "/v1/offers/o1/accept", json!({}));
    assert_eq!(keyless.answer().await.problem(), (403, "denied.role"));
}

#[tokio::test]
async fn a_repeated_request_gets_its_first_answer() {
    let room = Room::new();
    let submit = |body: Value, key: &str| {
        let asking = room.post(SALES, "/v1/interactions", body);
        asking.with("Idempotency-Key", key).answer()
    };
    let first = submit(call("sales"), "k-1").await;
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = submit(call("sales"), "k-1").await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    // The same content, written in another way.
    let text = r#"{ "medium":"voice",   "queue":"sales", "priority":0 }"#;
    let asking = room.ask("POST", "/v1/interactions").key(SALES);
    let asking = asking.with("Content-Type", "application/json");
    let asking = asking.with("Idempotency-Key", "k-1").raw(text);
    assert_eq!(asking.answer().await.body, first.body);
    let mut other = call("sales");
    other["priority"] = json!(1);
    let other = submit(other, "k-1").await;
    assert_eq!(other.problem(), (422, "request.key_reused"));
    let wrong = submit(call("sales"), &"x".repeat(201)).await;
    assert_eq!(wrong.problem(), (422, "request.invalid"));
    assert_eq!(room.hall.taken().len(), 1, "one interaction in all");
}

#[tokio::test]
async fn the_secret_of_a_key_is_told_once() {
    let room = Room::new();
    let make = || {
        let body = json!({"name": "crm", "role": "integrator", "queues": ["sales"]});
        let asking = room.post(ADMIN, "/v1/keys", body);
        asking.with("Idempotency-Key", "k").answer()
    };
    let first = make().await;
    assert_eq!(first.status, StatusCode::CREATED);
    let secret = first.body["secret"].as_str().expect("a secret");
    assert_eq!((secret.len(), &secret[..3]), (46, "rb_"));
    let again = make().await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body["secret"], Value::Null);
    let taken = room.hall.taken();
    assert!(
        !format!("{taken:?}").contains(secret),
        "only its hash goes on"
    );
}

#[tokio::test]
async fn versions_travel_as_entity_tags() {
    let room = Room::new();
    let put = |name: &'static str, value: &'static str, body: Value| {
        let path = "/v1/queues/sales";
        room.put(ADMIN, path, body).with(name, value).answer()
    };
    let found = room.get(ADMIN, "/v1/queues/sales").answer().await;
    assert_eq!(found.header("etag"), "\"1\"");
    let body = || json!({"open_max": 5});
    let changed = put("If-Match", "\"1\"", body()).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.body["version"], 2);
    let late = put("If-Match", "\"1\"", body()).await;
    assert_eq!(late.problem(), (412, "config.version_mismatch"));
    let absent = put("If-None-Match", "*", body()).await;
    assert_eq!(absent.problem(), (412, "config.version_mismatch"));
    let wrong = put("If-Match", "2", body()).await;
    assert_eq!(wrong.problem(), (422, "request.invalid"));
    let made = room.put(ADMIN, "/v1/queues/new", body()).answer().await;
    assert_eq!(made.status, StatusCode::CREATED);
}

#[tokio::test]
async fn personal_values_are_sealed_at_the_door_and_opened_again() {
    let room = Room::new();
    let mut body = call("sales");
    body["contact"] = json!("+49 30 1234567");
    body["user_data"] = json!({"matter": "loan", "name": "Anna", "list": [1, 2.5, null]});
    let submitted = room.post(SALES, "/v1/interactions", body.clone());
    assert_eq!(submitted.answer().await.status, StatusCode::CREATED);
    let taken = room.hall.taken();
    let [Input::Interaction(interaction::Input::Submit(submission))] = taken.as_slice() else {
        panic!("one submission, got {taken:?}");
    };
    let data = &submission.user_data;
    assert_eq!(data.open.keys().collect::<Vec<_>>(), ["matter"]);
    let sealed = data.personal.as_ref().expect("the rest").sealed();
    assert_eq!(sealed.contact, submission.contact);
    assert!(!format!("{submission:?}").contains("1234567"));
    let read = room.get(SALES, "/v1/interactions/i1").answer().await;
    assert_eq!(read.body["user_data"], body["user_data"]);
    assert_eq!(read.body["user_data_erased"], false);
    assert_eq!(read.body["contact"], "c1");

    let asked = json!({"contact": "+49 30 1234567"});
    let denied = room.post(SALES, "/v1/contacts/erase", asked.clone());
    assert_eq!(denied.answer().await.problem(), (403, "denied.role"));
    let erased = room.post(ADMIN, "/v1/contacts/erase", asked.clone());
    assert_eq!(erased.answer().await.body["erased"], true);
    let read = room.get(SALES, "/v1/interactions/i1").answer().await;
    assert_eq!(read.body["user_data"], json!({"matter": "loan"}));
    assert_eq!(read.body["user_data_erased"], true);
    let again = room.post(ADMIN, "/v1/contacts/erase", asked);
    assert_eq!(again.answer().await.problem(), (404, "contact.unknown"));
}

#[tokio::test]
async fn one_interaction_can_be_erased_also_when_it_is_over() {
    let room = Room::new();
    let mut body = call("sales");
    body["user_data"] = json!({"name": "Anna"});
    room.post(SALES, "/v1/interactions", body).answer().await;
    let stop = json!({"cause": "abandoned"});
    let stopped = room.post(SALES, "/v1/interactions/i1/stop", stop);
    assert_eq!(stopped.answer().await.status, StatusCode::OK);
    let read = room.get(SALES, "/v1/interactions/i1").answer().await;
    assert_eq!(read.body["open"], false);
    assert_eq!(read.body["ending"]["how"], "abandoned");
    assert_eq!(read.body["user_data"]["name"], "Anna");
    let erase = json!({"interaction": "i1"});
    let erased = room.post(ADMIN, "/v1/contacts/erase", erase);
    assert_eq!(erased.answer().await.status, StatusCode::OK);
    let read = room.get(SALES, "/v1/interactions/i1").answer().await;
    assert_eq!(read.body["user_data"], json!({}));
    assert_eq!(read.body["user_data_erased"], true);
    let both = json!({"interaction": "i1", "contact": "x"});
    let both = room.post(ADMIN, "/v1/contacts/erase", both).answer().await;
    assert_eq!(both.problem(), (422, "request.invalid"));
}

#[tokio::test]
async fn a_changed_list_of_open_keys_holds_at_once() {
    let room = Room::new();
    let submit = || async {
        let mut body = call("sales");
        body["user_data"] = json!({"colour": "red"});
        room.post(ADMIN, "/v1/interactions", body).answer().await;
        match room.hall.taken().pop() {
            Some(Input::Interaction(interaction::Input::Submit(it))) => it.user_data,
            other => panic!("a submission, got {other:?}"),
        }
    };
    assert!(submit().await.open.is_empty());
    let settings = json!({"open_keys": ["colour"]});
    let put = room.put(ADMIN, "/v1/settings", settings).answer().await;
    assert_eq!(put.status, StatusCode::OK);
    let data = submit().await;
    assert!(data.open.contains_key("colour") && data.personal.is_none());
}

#[tokio::test]
async fn what_is_out_of_scope_looks_like_nothing_there() {
    let room = Room::new();
    room.post(ADMIN, "/v1/interactions", call("support"))
        .answer()
        .await;
    let denied = room.post(SALES, "/v1/interactions", call("support"));
    assert_eq!(denied.answer().await.problem(), (403, "denied.scope"));
    let stop = || json!({"cause": "abandoned"});
    for (hidden, absent, method) in [
        ("/v1/interactions/i1", "/v1/interactions/i7", "GET"),
        (
            "/v1/interactions/i1/stop",
            "/v1/interactions/i7/stop",
            "POST",
        ),
    ] {
        let mut answers = Vec::new();
        for path in [hidden, absent] {
            let asking = room.ask(method, path).key(SALES);
            let asking = if method == "POST" {
                asking.json(stop())
            } else {
                asking
            };
            let answer = asking.answer().await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            answers.push(answer.body.to_string().replace("i1", "i7"));
        }
        assert_eq!(answers[0], answers[1]);
    }
    room.post(ADMIN, "/v1/interactions/i1/stop", stop())
        .answer()
        .await;
    let over = room.get(SALES, "/v1/interactions/i1").answer().await;
    assert_eq!(over.problem(), (404, "query.unknown"));
    let list = room.get(SALES, "/v1/interactions").answer().await;
    assert_eq!(list.body["items"], json!([]));
    let list = room.get(ADMIN, "/v1/interactions").answer().await;
    assert_eq!(list.body["items"][0]["id"], "i1");
}

#[tokio::test]
async fn pages_lead_to_the_next() {
    let room = Room::new();
    for id in 1..=3 {
        room.post(ADMIN, "/v1/interactions", call("sales"))
            .answer()
            .await;
        let path = format!("/v1/interactions/i{id}/stop");
        let stop = json!({"cause": "cancelled", "reason": "test"});
        let stopped = room.post(ADMIN, &path, stop).answer().await;
        assert_eq!(stopped.status, StatusCode::OK);
    }
    let first = room.get(ADMIN, "/v1/interactions?limit=2").answer().await;
    let ids = |body: &Value| {
        let items = body["items"].as_array().expect("items").clone();
        items
            .into_iter()
            .map(|it| it["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&first.body), ["i3", "i2"]);
    let next = first.body["next"].as_str().expect("there is more");
    let path = format!("/v1/interactions?limit=2&before={next}");
    let second = room.get(ADMIN, &path).answer().await;
    assert_eq!(ids(&second.body), ["i1"]);
    assert_eq!(second.body["next"], Value::Null);
}

#[tokio::test]
async fn records_that_are_behind_say_so() {
    let room = Room::new();
    room.hall.stops(1, 1, None);
    room.hall.stops(2, 1, None);
    room.hall.behind(1);
    let fresh = room
        .get(ADMIN, "/v1/interactions?at_least=1")
        .answer()
        .await;
    assert_eq!(fresh.header("ringback-sequence"), "1");
    let behind = room
        .get(ADMIN, "/v1/interactions?at_least=2")
        .answer()
        .await;
    assert_eq!(behind.problem(), (503, "records.behind"));
    assert_eq!(behind.header("retry-after"), "1");
    let ahead = room
        .get(ADMIN, "/v1/interactions?at_least=3")
        .answer()
        .await;
    assert_eq!(ahead.problem(), (422, "request.invalid"));
    assert_eq!(ahead.body["errors"][0]["at"], "query:at_least");
}

#[tokio::test]
async fn a_handler_that_panics_is_a_problem_and_nothing_more() {
    let room = Room::new();
    room.hall.panic_on_query();
    let answer = room.get(ADMIN, "/v1/overview").answer().await;
    assert_eq!(answer.problem(), (500, "internal.failed"));
    assert!(!answer.body.to_string().contains("as asked"));
    let next = room.get(ADMIN, "/v1/overview").answer().await;
    assert_eq!(next.status, StatusCode::OK);
}

#[tokio::test]
async fn answers_are_protected_and_origins_are_closed() {
    let room = Room::new();
    let answer = room
        .get(ADMIN, "/v1/me")
        .with("Origin", "https://a.example");
    let answer = answer.answer().await;
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.header("ringback-request").is_empty());
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.body["role"], "administrator");
    assert_eq!(answer.body["tenant"], "default");
    let room = Room::with(ApiOptions {
        origins: vec!["https://a.example".to_owned()],
        ..ApiOptions::default()
    });
    for (origin, allowed) in [
        ("https://a.example", "https://a.example"),
        ("https://a.example.evil", ""),
        ("http://a.example", ""),
        ("null", ""),
    ] {
        let asking = room.ask("OPTIONS", "/v1/me").with("Origin", origin);
        let asking = asking.with("Access-Control-Request-Method", "GET");
        let answer = asking.answer().await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test]
async fn an_act_on_many_costs_as_much_as_many_acts() {
    let room = Room::with(ApiOptions {
        key_rate: 1,
        key_burst: 5,
        ..ApiOptions::default()
    });
    let ids = ["i1", "i2", "i3"];
    let body = json!({"interactions": ids, "act": {"stop": {"cause": "abandoned"}}});
    let first = room.post(ADMIN, "/v1/bulk", body.clone()).answer().await;
    assert_eq!(first.status, StatusCode::OK);
    let second = room.post(ADMIN, "/v1/bulk", body).answer().await;
    assert_eq!(second.problem(), (429, "rate.limited"));
    assert_eq!(
        room.get(ADMIN, "/v1/me").answer().await.status,
        StatusCode::OK,
        "what was refused cost one"
    );
}

#[tokio::test]
async fn limits_are_named_when_they_are_reached() {
    let room = Room::with(ApiOptions {
        key_rate: 1,
        key_burst: 2,
        header_lines_max: 10,
        header_bytes_max: 2_000,
        ..ApiOptions::default()
    });
    for _ in 0..2 {
        assert_eq!(
            room.get(ADMIN, "/v1/me").answer().await.status,
            StatusCode::OK
        );
    }
    let limited = room.get(ADMIN, "/v1/me").answer().await;
    assert_eq!(limited.problem(), (429, "rate.limited"));
    assert_eq!(limited.header("retry-after"), "1");
    assert_eq!(limited.body["limit"], 1);
    assert_eq!(
        room.get(AUDIT, "/v1/me").answer().await.status,
        StatusCode::OK
    );
    let long = room.get(AUDIT, "/v1/me").with("X-Long", &"x".repeat(2_000));
    let long = long.answer().await;
    assert_eq!(long.problem(), (431, "request.headers_too_large"));
    let mut many = room.get(AUDIT, "/v1/me");
    for _ in 0..11 {
        many = many.with("X-Many", "x");
    }
    assert_eq!(
        many.answer().await.problem(),
        (431, "request.headers_too_large")
    );
}

#[tokio::test]
async fn health_is_told_without_a_key() {
    let room = Room::new();
    for path in ["/health/live", "/health/ready", "/health/startup"] {
        let answer = room.ask("GET", path).answer().await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    room.hall.health_is(Health {
        live: true,
        started: true,
        problems: vec!["the disk is nearly full".to_owned()],
        closing: false,
    });
    let ready = room.ask("GET", "/health/ready").answer().await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.body["problems"][0], "the disk is nearly full");
    let live = room.ask("GET", "/health/live").answer().await;
    assert_eq!(live.status, StatusCode::OK);
}

#[tokio::test]
async fn an_agent_speaks_for_himself() {
    let room = Room::new();
    let login = room
        .post(ANNA, "/v1/agents/me/login", json!({}))
        .answer()
        .await;
    assert_eq!(login.body, json!({"session": "d4", "sequence": 1}));
    let me = room.get(ANNA, "/v1/agents/me").answer().await;
    assert_eq!(me.body["id"], "a7");
    assert_eq!(me.body["desk"]["session"], "d4");
    assert_eq!(me.header("etag"), "\"3\"");
    let named = room.get(ADMIN, "/v1/agents/anna").answer().await;
    assert_eq!(named.body["name"], "anna");
    let nobody = room.get(ADMIN, "/v1/agents/me").answer().await;
    assert_eq!(nobody.problem(), (403, "denied.role"));
    let unknown = room.post(ADMIN, "/v1/agents/otto/login", json!({}));
    assert_eq!(unknown.answer().await.problem(), (404, "query.unknown"));
    let heard = room.post(ANNA, "/v1/agents/me/heartbeat", json!({}));
    assert_eq!(heard.answer().await.body["every_ms"], 15_000);
    let other = room.post(ADMIN, "/v1/agents/anna/heartbeat", json!({}));
    assert_eq!(other.answer().await.problem(), (403, "denied.role"));
}

#[tokio::test]
async fn the_document_is_served() {
    let room = Room::new();
    let answer = room.ask("GET", "/v1/openapi.json").answer().await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["openapi"], "3.1.0");
}

#[tokio::test]
async fn a_statistic_is_told_with_its_unit_and_what_it_was_read_after() {
    let room = Room::new();
    room.hall.stops(1, 1, None);
    let path = "/v1/statistics/average_wait/virtual_queue/english";
    let answer = room.get(ADMIN, path).answer().await;
    let expected = json!({
        "statistic": "average_wait/virtual_queue/english", "value": 1, "unit": "seconds",
    });
    assert_eq!(answer.body, expected);
    assert_eq!(answer.header("ringback-sequence"), "1");
    for path in [
        "/v1/statistics/mood/queue/inbox",
        "/v1/statistics/average_wait/galaxy/inbox",
    ] {
        let nothing = room.get(ADMIN, path).answer().await;
        assert_eq!(nothing.problem(), (404, "query.unknown"), "{path}");
    }
    let all = room.get(ADMIN, "/v1/statistics").answer().await;
    let measures = all.body["measures"].as_array().expect("measures");
    let service = measures.iter().find(|it| it["name"] == "service_factor");
    assert_eq!(service.expect("it is there")["unit"], "percent");
}

#[tokio::test]
async fn a_report_has_counts_measures_and_both_sides_of_the_books() {
    let room = Room::new();
    let path = "/v1/reports/virtual_queue/english";
    let stretch = "from=2026-01-05T08:00:00Z&to=2026-01-05T09:00:00Z";
    let report = room.get(ADMIN, &format!("{path}?{stretch}&interval=hour"));
    let report = report.answer().await;
    let line = &report.body["items"][0];
    assert_eq!(line["from"], "2026-01-05T08:00:00.000Z");
    assert_eq!(line["counts"]["answered"], 1);
    assert_eq!(line["values"]["service_factor"], 100);
    assert_eq!(line["values"]["average_wait"], 4);
    assert_eq!(line["balance"]["accounted_for"], 1);
    for (query, at) in [
        ("&interval=week", "query:interval"),
        ("&service_level_ms=21000", "query:service_level_ms"),
    ] {
        let wrong = room.get(ADMIN, &format!("{path}?{stretch}{query}"));
        let wrong = wrong.answer().await;
        assert_eq!(wrong.problem(), (422, "request.invalid"), "{query}");
        assert_eq!(wrong.body["errors"][0]["at"], at);
    }
}
