//! The WebSocket: pipelining, resuming, limits, presence.

use crate::fake::{ADMIN, ANNA, Fake, SALES};
use crate::support::{Listening, until};
use axum::http::HeaderValue;
use ringback_api::ApiOptions;
use ringback_model::{AgentId, DeskSessionId};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Error;

fn submit(id: u64) -> Value {
    json!({"id": id, "do": "interaction.submit", "queue": "sales", "medium": "voice"})
}

#[tokio::test]
async fn hello_tells_where_and_how_much() {
    let room = Listening::new().await;
    let (_, hello) = room.socket(ADMIN, "").await;
    assert_eq!(hello["tenant"], "default");
    assert_eq!(hello["cursor"], "0");
    assert_eq!(hello["limits"]["under_way"], 512);
    assert_eq!(hello["limits"]["frame_bytes"], 65_536);
    let (_, hello) = room.socket(ANNA, "").await;
    assert_eq!(hello["agent"], "a7");
}

#[tokio::test]
async fn commands_are_answered_like_rest() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    socket.send(submit(7)).await;
    let expected = json!({"re": 7, "ok": {"interaction": "i1", "sequence": 1}, "sequence": 1});
    assert_eq!(socket.frame().await, expected);
    let get = json!({"id": 8, "do": "interaction.get", "interaction": "i1"});
    socket.send(get).await;
    let found = socket.frame().await;
    assert_eq!(
        (&found["re"], &found["ok"]["queue"]),
        (&json!(8), &json!("sales"))
    );
    socket.send(json!({"id": 9, "do": "ping"})).await;
    assert_eq!(socket.frame().await, json!({"re": 9, "ok": {}}));
    socket.send(json!({"id": 10, "do": "overview.get"})).await;
    assert_eq!(socket.frame().await["ok"]["open"], 1);
    let mut named = submit(11);
    named["contact"] = json!("+49 30 1234567");
    named["user_data"] = json!({"name": "Anna"});
    socket.send(named).await;
    assert_eq!(socket.frame().await["ok"]["interaction"], "i2");
}

#[tokio::test]
async fn answers_find_their_questions_in_any_order() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    room.hall.hold();
    // Ids are the client's own; even the same one twice does no harm.
    socket.send_all([30, 10, 20, 10].map(submit)).await;
    until("four commands are under way", || room.hall.held() == 4).await;
    room.hall.release_backwards();
    let mut answers = Vec::new();
    for _ in 0..4 {
        let frame = socket.frame().await;
        answers.push((frame["re"].clone(), frame["ok"]["interaction"].clone()));
    }
    let expected = [(10, "i4"), (20, "i3"), (10, "i2"), (30, "i1")];
    assert_eq!(answers, expected.map(|(re, id)| (json!(re), json!(id))));
}

#[tokio::test]
async fn more_than_the_limit_is_refused_and_the_rest_goes_on() {
    let options = ApiOptions {
        under_way_max: 2,
        ..ApiOptions::default()
    };
    let room = Listening::with(Fake::new(), options).await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    room.hall.hold();
    socket.send_all([1, 2, 3].map(submit)).await;
    let refused = socket.frame().await;
    assert_eq!(refused["re"], 3);
    assert_eq!(refused["problem"]["code"], "rate.limited");
    assert_eq!(refused["problem"]["limit"], 2);
    room.hall.release_backwards();
    assert_eq!(socket.frame().await["re"], 2);
    assert_eq!(socket.frame().await["re"], 1);
    socket.send(submit(4)).await;
    assert_eq!(socket.frame().await["ok"]["interaction"], "i3");
}

#[tokio::test]
async fn mistakes_are_answered_and_the_connection_lives() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    let cases = [
        ("nonsense", Value::Null, "request.malformed", Value::Null),
        (
            r#"{"do":"ping"}"#,
            Value::Null,
            "request.invalid",
            json!(""),
        ),
        (r#"{"id":1}"#, json!(1), "request.invalid", json!("")),
        (
            r#"{"id":2,"do":"dance"}"#,
            json!(2),
            "request.invalid",
            json!("/do"),
        ),
        (
            r#"{"id":3,"do":"ping","x":1}"#,
            json!(3),
            "request.unknown_field",
            json!("/x"),
        ),
        (
            r#"{"id":4,"do":"interaction.stop","cause":"abandoned"}"#,
            json!(4),
            "request.invalid",
            json!("/interaction"),
        ),
        (
            r#"{"id":5,"do":"interaction.stop","interaction":"x","cause":"abandoned"}"#,
            json!(5),
            "request.invalid",
            json!("/interaction"),
        ),
        (
            r#"{"id":6,"do":"offer.accept","offer":"o1"}"#,
            json!(6),
            "denied.role",
            Value::Null,
        ),
        (
            r#"{"id":7,"do":"interaction.stop","interaction":"i5","cause":"abandoned"}"#,
            json!(7),
            "interaction.unknown",
            Value::Null,
        ),
        (
            r#"{"id":8,"do":"ping","key":""}"#,
            json!(8),
            "request.invalid",
            json!("/key"),
        ),
    ];
    for (text, re, code, at) in cases {
        socket.send_text(text).await;
        let frame = socket.frame().await;
        assert_eq!(frame["re"], re, "{text}");
        assert_eq!(frame["problem"]["code"], code, "{text}");
        assert_eq!(frame["problem"]["errors"][0]["at"], at, "{text}");
    }
    socket.send(submit(9)).await;
    assert_eq!(socket.frame().await["ok"]["interaction"], "i1");
}

#[tokio::test]
async fn a_repetition_over_the_socket_gets_the_first_answer_of_rest_too() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(SALES, "").await;
    let url = format!("http://{}/v1/interactions", room.address);
    // The client needs the provider even for plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let first = reqwest::Client::new()
        .post(url)
        .bearer_auth(SALES)
        .header("Idempotency-Key", "k")
        .json(&json!({"queue": "sales", "medium": "voice"}))
        .send()
        .await
        .expect("an answer");
    let first: Value = first.json().await.expect("JSON");
    let mut again = submit(1);
    again["key"] = json!("k");
    socket.send(again.clone()).await;
    let answer = socket.frame().await;
    assert_eq!(answer["ok"], first);
    assert_eq!(answer["replayed"], true);
    again["priority"] = json!(1);
    socket.send(again).await;
    assert_eq!(
        socket.frame().await["problem"]["code"],
        "request.key_reused"
    );
}

#[tokio::test]
async fn events_come_from_the_cursor_on_without_gap_or_double() {
    let room = Listening::new().await;
    for id in 1..=5 {
        room.hall.stops(id, 1, None);
    }
    // More happens in the middle of reading back.
    room.hall.on_resume(|hall| {
        hall.stops(6, 1, None);
        hall.stops(7, 1, None);
    });
    let (mut socket, hello) = room.socket(ADMIN, "?events=all&after=2").await;
    assert_eq!(hello["cursor"], "2");
    for id in 3..=7 {
        let event = socket.frame().await;
        assert_eq!(event["data"]["interaction"], format!("i{id}"));
        assert_eq!(event["cursor"], format!("{id}.0"));
        assert_eq!(event["event"], "interaction.stopped");
        assert_eq!(event["data"]["queue"], "sales");
    }
    room.hall.stops(8, 1, None);
    assert_eq!(socket.frame().await["data"]["interaction"], "i8");
}

/// Every desk hears of everything that concerns it: were the heart asked about each event, it
/// would have more to answer than to decide.
#[tokio::test]
async fn a_desk_is_told_what_can_be_done_without_asking_the_heart() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(ANNA, "").await;
    // The first event names a queue that has to be looked up.
    room.hall.stops(1, 1, Some(7));
    assert_eq!(socket.frame().await["capabilities"], json!(["hold"]));
    let asked = room.hall.asked();
    for id in 2..20 {
        room.hall.stops(id, 1, Some(7));
    }
    for id in 2..20 {
        let frame = socket.frame().await;
        assert_eq!(frame["data"]["interaction"], format!("i{id}"), "{frame}");
        assert_eq!(frame["capabilities"], json!(["hold"]));
    }
    assert_eq!(room.hall.asked(), asked);
}

#[tokio::test]
async fn a_cursor_inside_a_record_leaves_the_rest_of_it() {
    let room = Listening::new().await;
    let out = |id| {
        let agent = AgentId(id);
        ringback_model::Event::Agent(ringback_model::agent::Event::LoggedOut { agent })
    };
    room.hall.happens(vec![out(1), out(2), out(3)]);
    let (mut socket, _) = room.socket(ADMIN, "?events=all&after=1.0").await;
    assert_eq!(socket.frame().await["cursor"], "1.1");
    assert_eq!(socket.frame().await["data"]["agent"], "a3");
}

#[tokio::test]
async fn commands_and_events_share_a_connection() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(ADMIN, "?events=all").await;
    socket.send(submit(1)).await;
    let (one, two) = (socket.frame().await, socket.frame().await);
    let (answer, event) = if one["re"].is_null() {
        (two, one)
    } else {
        (one, two)
    };
    assert_eq!(answer["ok"]["interaction"], "i1");
    assert_eq!(event["event"], "interaction.submitted");
    assert_eq!(event["actor"], "key:admin");
    assert_eq!(event["data"]["submitted"]["kind"], "inbound");
}

#[tokio::test]
async fn nobody_sees_events_beyond_his_scope() {
    let room = Listening::new().await;
    let (mut sales, _) = room.socket(SALES, "?events=all").await;
    let (mut anna, _) = room.socket(ANNA, "").await;
    room.hall.stops(1, 2, None);
    room.hall.stops(2, 1, None);
    room.hall.stops(3, 2, Some(7));
    room.hall.stops(4, 1, Some(8));
    assert_eq!(sales.frame().await["data"]["interaction"], "i2");
    assert_eq!(sales.frame().await["data"]["interaction"], "i4");
    assert_eq!(anna.frame().await["data"]["interaction"], "i3");
    // The same when read back.
    let (mut sales, _) = room.socket(SALES, "?events=all&after=0").await;
    let (mut anna, _) = room.socket(ANNA, "?after=0").await;
    assert_eq!(sales.frame().await["cursor"], "2.0");
    assert_eq!(anna.frame().await["cursor"], "3.0");
}

#[tokio::test]
async fn whoever_asks_for_what_is_gone_has_to_start_afresh() {
    let room = Listening::new().await;
    for id in 1..=5 {
        room.hall.stops(id, 1, None);
    }
    room.hall.prune(4);
    for after in ["1", "99"] {
        let query = format!("?events=all&after={after}");
        let (mut socket, _) = room.socket(ADMIN, &query).await;
        assert_eq!(socket.frame().await["event"], "resync", "{after}");
        assert_eq!(socket.close_code().await, 4001);
    }
}

#[tokio::test]
async fn whoever_reads_too_slowly_has_to_start_afresh() {
    let room = Listening::with(Fake::with_line(2), ApiOptions::default()).await;
    let (mut socket, _) = room.socket(ADMIN, "?events=all").await;
    // On this one thread the connection cannot read in between.
    for id in 1..=5 {
        room.hall.stops(id, 1, None);
    }
    let mut seen = Vec::new();
    loop {
        let frame = socket.frame().await;
        if frame["event"] == "resync" {
            break;
        }
        seen.push(frame["cursor"].clone());
    }
    assert_eq!(seen, ["1.0", "2.0"], "what was pushed in time is not lost");
    assert_eq!(socket.close_code().await, 4001);
    let (mut socket, _) = room.socket(ADMIN, "?events=all&after=2.0").await;
    for id in 3..=5 {
        assert_eq!(socket.frame().await["cursor"], format!("{id}.0"));
    }
}

#[tokio::test]
async fn the_last_connection_of_an_agent_takes_the_desk_along() {
    let room = Listening::new().await;
    let (mut first, _) = room.socket(ANNA, "?events=none").await;
    first.send(json!({"id": 1, "do": "agent.login"})).await;
    assert_eq!(first.frame().await["ok"]["session"], "d4");
    let (second, _) = room.socket(ANNA, "?events=none").await;
    first.drop_it();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let lost = |answers| (AgentId(7), DeskSessionId(4), answers);
    assert!(
        !room.hall.desks_told().contains(&lost(false)),
        "one is left"
    );
    second.drop_it();
    until("the desk is lost", || {
        room.hall.desks_told().contains(&lost(false))
    })
    .await;
    let (mut third, _) = room.socket(ANNA, "?events=none").await;
    assert_eq!(room.hall.desks_told().last(), Some(&lost(true)));
    third.send(json!({"id": 2, "do": "agent.logout"})).await;
    assert_eq!(third.frame().await["re"], 2);
    let told = room.hall.desks_told().len();
    third.drop_it();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(room.hall.desks_told().len(), told, "nobody is logged in");
}

#[tokio::test]
async fn a_supervising_key_names_the_agent() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    let login = json!({"id": 1, "do": "agent.login", "agent": "anna", "media": ["voice"]});
    socket.send(login).await;
    assert_eq!(socket.frame().await["ok"]["session"], "d4");
    let unknown = json!({"id": 2, "do": "agent.ready", "agent": "otto"});
    socket.send(unknown).await;
    assert_eq!(socket.frame().await["problem"]["code"], "query.unknown");
    let get = json!({"id": 3, "do": "agent.get", "agent": "anna"});
    socket.send(get).await;
    assert_eq!(socket.frame().await["ok"]["logged_in"], true);
}

#[tokio::test]
async fn a_frame_that_is_too_long_ends_the_connection() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    socket.send_text(&"x".repeat(70_000)).await;
    assert_eq!(socket.close_code().await, 1009);
}

#[tokio::test]
async fn a_key_that_is_taken_back_ends_the_connection() {
    let options = ApiOptions {
        ping_every: Duration::from_millis(20),
        ..ApiOptions::default()
    };
    let room = Listening::with(Fake::new(), options).await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    room.hall.revoke(ADMIN);
    assert_eq!(socket.close_code().await, 4003);
}

#[tokio::test]
async fn a_closing_house_sends_everybody_away() {
    let (close, closing) = watch::channel(false);
    let options = ApiOptions {
        closing: Some(closing),
        ..ApiOptions::default()
    };
    let room = Listening::with(Fake::new(), options).await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    close.send(true).expect("the room listens");
    assert_eq!(socket.frame().await["event"], "resync");
    assert_eq!(socket.close_code().await, 1001);
}

#[tokio::test]
async fn whoever_still_speaks_when_the_house_closes_is_not_cut_off() {
    let (close, closing) = watch::channel(false);
    let options = ApiOptions {
        closing: Some(closing),
        ..ApiOptions::default()
    };
    let room = Listening::with(Fake::new(), options).await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    close.send(true).expect("the room listens");
    assert_eq!(socket.frame().await["event"], "resync");
    // The system resets a connection that nobody reads from any more.
    for id in 0..500 {
        socket.send(submit(id)).await;
    }
    assert_eq!(socket.close_code().await, 1001);
}

#[tokio::test]
async fn browsers_pass_the_key_as_subprotocol_and_need_a_listed_origin() {
    let options = ApiOptions {
        origins: vec!["https://desk.example".to_owned()],
        ..ApiOptions::default()
    };
    let room = Listening::with(Fake::new(), options).await;
    let with = |secret: &str, origin: &'static str| {
        let mut request = room.request("");
        let protocols = format!("ringback.v1, bearer.{secret}");
        let protocols = protocols.parse().expect("a header value");
        let headers = request.headers_mut();
        headers.insert("Sec-WebSocket-Protocol", protocols);
        headers.insert("Origin", HeaderValue::from_static(origin));
        Listening::connect(request)
    };
    let mut socket = with(ADMIN, "https://desk.example").await.expect("allowed");
    assert_eq!(socket.frame().await["event"], "hello");
    for (secret, origin, status) in [
        (ADMIN, "https://evil.example", 403),
        ("rb_wrong", "https://desk.example", 401),
    ] {
        match with(secret, origin).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), status),
            other => panic!("{status} expected, got {:?}", other.err()),
        }
    }
}

#[tokio::test]
async fn streams_of_a_key_are_limited() {
    let options = ApiOptions {
        streams_per_key_max: 1,
        ..ApiOptions::default()
    };
    let room = Listening::with(Fake::new(), options).await;
    let (first, _) = room.socket(ADMIN, "").await;
    match room.try_socket(ADMIN, "").await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 429),
        other => panic!("429 expected, got {:?}", other.err()),
    }
    room.socket(SALES, "").await;
    first.drop_it();
    for _ in 0..1_000 {
        if room.try_socket(ADMIN, "").await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the place never became free");
}

#[tokio::test]
async fn numbers_are_watched_under_the_id_of_the_command() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    let watch = |id: u64| {
        json!({"id": id, "do": "statistics.watch", "insensitivity": "2",
            "numbers": ["total_entered/queue/inbox", "total_stopped/queue/inbox"]})
    };
    socket.send(watch(7)).await;
    assert_eq!(socket.frame().await, json!({"re": 7, "ok": {}}));
    let first = socket.frame().await;
    assert_eq!(
        (&first["event"], &first["watch"]),
        (&json!("statistics"), &json!(7))
    );
    assert_eq!(
        (&first["sequence"], &first["items"][1]["value"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    room.hall.stops(1, 1, None);
    room.hall.stops(2, 1, None);
    let next = socket.frame().await;
    assert_eq!((&next["watch"], &next["sequence"]), (&json!(7), &json!(2)));
    assert_eq!(next["items"][1]["value"], 2);

    // Commands go on beside it; an id is taken as long as its watch goes on.
    socket.send(json!({"id": 8, "do": "ping"})).await;
    assert_eq!(socket.frame().await, json!({"re": 8, "ok": {}}));
    socket.send(watch(7)).await;
    assert_eq!(socket.frame().await["problem"]["errors"][0]["at"], "/id");
    socket
        .send(json!({"id": 9, "do": "statistics.unwatch", "watch": 7}))
        .await;
    assert_eq!(socket.frame().await, json!({"re": 9, "ok": {}}));
    socket
        .send(json!({"id": 10, "do": "statistics.unwatch", "watch": 7}))
        .await;
    assert_eq!(socket.frame().await["problem"]["code"], "query.unknown");

    // Whoever lost the connection goes on from what was told last.
    let mut again = watch(11);
    again["after"] = json!(2);
    socket.send(again).await;
    assert_eq!(socket.frame().await, json!({"re": 11, "ok": {}}));
    let first = socket.frame().await;
    assert_eq!(
        (&first["watch"], &first["sequence"]),
        (&json!(11), &json!(2))
    );
    assert_eq!(first["items"][1]["value"], 2);
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused_with_its_place() {
    let room = Listening::new().await;
    let (mut socket, _) = room.socket(ADMIN, "").await;
    let one = "total_entered/queue/inbox";
    for (id, (wrong, code, at)) in [
        (json!({"numbers": []}), "request.invalid", "/numbers"),
        (
            json!({"numbers": ["total_entered/queue"]}),
            "request.invalid",
            "/numbers",
        ),
        (
            json!({"numbers": vec![one; 201]}),
            "request.invalid",
            "/numbers",
        ),
        (
            json!({"numbers": [one], "mode": "often"}),
            "request.invalid",
            "/mode",
        ),
        (
            json!({"numbers": [one], "period_ms": 10}),
            "request.invalid",
            "/period_ms",
        ),
        (
            json!({"numbers": [one], "insensitivity": "x"}),
            "request.invalid",
            "/insensitivity",
        ),
        (
            json!({"numbers": [one], "colour": 1}),
            "request.unknown_field",
            "/colour",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut ask = wrong;
        ask["id"] = json!(id);
        ask["do"] = json!("statistics.watch");
        socket.send(ask).await;
        let answer = socket.frame().await;
        assert_eq!(answer["re"], json!(id), "{answer}");
        assert_eq!(answer["problem"]["code"], code, "{answer}");
        assert_eq!(answer["problem"]["errors"][0]["at"], at, "{answer}");
    }
    socket
        .send(json!({"id": 9, "do": "statistics.watch", "numbers": ["mood/queue/inbox"]}))
        .await;
    assert_eq!(socket.frame().await["problem"]["code"], "query.unknown");
    // Two hundred numbers at once are the most of a connection.
    let many = json!({"id": 10, "do": "statistics.watch", "numbers": vec![one; 200], "mode": "time", "period_ms": 3_600_000});
    socket.send(many).await;
    assert_eq!(socket.frame().await["re"], 10);
    assert_eq!(
        socket.frame().await["items"].as_array().map(Vec::len),
        Some(200)
    );
    socket
        .send(json!({"id": 11, "do": "statistics.watch", "numbers": [one]}))
        .await;
    assert_eq!(socket.frame().await["problem"]["limit"], 200);
}
