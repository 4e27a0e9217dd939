//! SIGTERM under load: what is under way is finished and acknowledged, nobody is let in any more,
//! and the process ends well.

use crate::support::audit::{Auditor, replay_check};
use crate::support::centre::{Centre, quick_settings};
use crate::support::client::Client;
use crate::support::crowd::{Crowd, Pace};
use crate::support::seeds::seeds;
use crate::support::server::Site;
use crate::support::stream::{Frame, Stream};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_stop_keeps_what_it_acknowledged_and_ends_well() {
    let seed = seeds("drain", 1)[0];
    println!("line for seeds.txt: drain {seed}");
    let site = Site::new();
    let mut auditor = Auditor::default();
    let mut server = site.start().await;
    let centre = Centre::found("default", site.administrator(0), quick_settings()).await;
    let crowd = Crowd::enter(&centre, Pace::BUSY, seed);
    for round in 1..=3 {
        crowd
            .until(|ledger| ledger.told().completions >= 15 * round)
            .await;
        // Half a request is under way when the signal comes.
        let half = HalfRequest::begin(&site, &centre.integrator, round).await;
        let reference = half.reference.clone();
        crowd.note(|ledger| ledger.submitting(&reference));
        server.ask_to_stop();
        until_nobody_is_let_in(&site).await;
        assert!(
            server.ended().is_none(),
            "it waits for the request under way"
        );
        let answer = half.finish().await;
        crowd.note(|ledger| ledger.submitted(&reference, &answer));
        let status = server.wait_end().await;
        assert!(status.success(), "it ended with {status}");

        let silence = crowd.silence().await;
        server = site.start().await;
        let when = format!("after stop {round}");
        auditor.audit(&centre, &crowd.ledger(), &when).await;
        drop(silence);
    }
    let ledger = crowd.leave().await;
    Auditor::default()
        .audit(&centre, &ledger, "at the end")
        .await;
    server.stop().await;
    assert!(replay_check(&site) > 0, "nothing was decided again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_drains_is_not_ready_first_and_then_lets_desks_go_with_their_answers() {
    let site = Site::new().with("RINGBACK_SERVER__DRAIN_NOTICE_S", "3");
    let mut server = site.start().await;
    let centre = Centre::found("default", site.administrator(0), quick_settings()).await;
    let mut stream = Stream::open(&centre.integrator, "events=none")
        .await
        .expect("a stream");
    server.ask_to_stop();
    let stranger = Client::new(&site.base(), "");
    let ready = loop {
        let answer = stranger.try_get("/health/ready").await;
        let answer = answer.expect("it still listens");
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!(ready.status, 503, "{}", ready.body);
    let problems = ready.body["problems"].to_string();
    assert!(problems.contains("shutting down"), "{problems}");
    stranger.get("/health/live").await;
    // Whoever has not noticed yet is served as ever, on old connections and new ones.
    let body = json!({"queue": "inbox", "medium": "chat", "user_data": {"ref": "late"}});
    centre
        .integrator
        .post("/v1/interactions", body.clone())
        .await;
    let late = asked_until_it_closes(&mut stream, &body).await;
    // The last command may have come after the server stopped reading.
    assert!(late <= 1, "{late} answers are missing");
    // It listens no more, but it does not hang up on whoever still speaks.
    for _ in 0..20 {
        let sent = stream.command("interaction.submit", None, body.clone());
        sent.await.expect("not cut off");
    }
    let end = stream.next().await.expect_err("the end");
    assert!(end.0.contains("Away"), "closed with 1001: {}", end.0);
    let status = server.wait_end().await;
    assert!(status.success(), "it ended with {status}");
    assert!(stranger.try_get("/health/live").await.is_err());
}

/// Asks and asks until the server says that it closes; gives how many got no answer.
async fn asked_until_it_closes(stream: &mut Stream, body: &Value) -> usize {
    let mut asked = Vec::new();
    loop {
        let sent = stream.command("interaction.submit", None, body.clone());
        asked.push(sent.await.expect("sent"));
        match stream.next().await.expect("a frame") {
            Frame::Answer { re, result } => {
                result.expect("taken");
                asked.retain(|id| *id != re);
            }
            Frame::Resync(why) => {
                assert!(why.contains("closing"), "{why}");
                return asked.len();
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Readiness is gone while the server still works: a health check is answered with 503, or no
/// connection is taken any more.
async fn until_nobody_is_let_in(site: &Site) {
    let stranger = Client::new(&site.base(), "");
    for _ in 0..3_000 {
        match stranger.try_get("/health/ready").await {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{}", answer.body);
                return;
            }
            Err(_) => return,
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the server still says that it is ready");
}

/// A submission of which the last byte is missing.
struct HalfRequest {
    reference: String,
    socket: TcpStream,
}

impl HalfRequest {
    async fn begin(site: &Site, client: &Client, round: usize) -> Self {
        let reference = format!("half a request {round}");
        let body = json!({"queue": "inbox", "medium": "chat", "user_data": {"ref": reference}});
        let body = body.to_string();
        let address = site.base().replace("http://", "");
        let mut socket = TcpStream::connect(&address).await.expect("a connection");
        let head = format!(
            "POST /v1/interactions HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
            client.secret(),
            body.len(),
            &body[..body.len() - 1]
        );
        socket.write_all(head.as_bytes()).await.expect("sent");
        // The server has to have begun with it: its door takes connections in order.
        Client::new(&site.base(), "").get("/health/live").await;
        Self { reference, socket }
    }

    async fn finish(mut self) -> Value {
        self.socket.write_all(b"}").await.expect("sent");
        let mut text = String::new();
        let read = self.socket.read_to_string(&mut text).await;
        read.expect("an answer");
        assert!(text.starts_with("HTTP/1.1 201"), "{text}");
        let (_, body) = text.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}
