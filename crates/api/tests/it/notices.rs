//! Notices to the operator's own system, against a small server.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use ringback_api::hooks::NoticeRoom;
use ringback_model::effect::{Effect, Report};
use ringback_model::interaction::Ending;
use ringback_model::{AgentId, EffectId, InteractionId};
use ringback_ports::TenantId;
use ringback_ports::effect_room::EffectRoom;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

type Seen = Arc<Mutex<Vec<(String, Value)>>>;

fn notice() -> Effect {
    Effect::Notice {
        interaction: InteractionId(5),
        ending: Ending::Completed {
            agent: AgentId(7),
            reason: "solved".parse().expect("a name"),
            disposition: None,
        },
    }
}

async fn told(room: &NoticeRoom) -> Report {
    room.carry_out(TenantId(1), EffectId(42), 2, notice()).await
}

async fn receive(State(seen): State<Seen>, headers: HeaderMap, Json(body): Json<Value>) {
    let mark = headers["ringback-effect"]
        .to_str()
        .expect("text")
        .to_owned();
    seen.lock().expect("no panic").push((mark, body));
}

async fn moved() -> impl IntoResponse {
    (StatusCode::TEMPORARY_REDIRECT, [("Location", "/ok")])
}

#[tokio::test]
async fn an_ending_is_told_with_its_effect() {
    let seen = Seen::default();
    let router = Router::new()
        .route("/ok", post(receive))
        .route("/gone", post(async || StatusCode::GONE))
        .route("/busy", post(async || StatusCode::SERVICE_UNAVAILABLE))
        .route("/moved", post(moved))
        .with_state(seen.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let room =
        |path: &str| NoticeRoom::new(&format!("http://{address}{path}")).expect("an address");

    assert!(room("/ok").takes("notice") && !room("/ok").takes("dial"));
    assert_eq!(told(&room("/ok")).await, Report::Done);
    assert!(matches!(
        told(&room("/gone")).await,
        Report::Impossible { .. }
    ));
    assert!(matches!(told(&room("/busy")).await, Report::Failed { .. }));
    assert!(matches!(told(&room("/moved")).await, Report::Failed { .. }));
    server.abort();
    let _ = server.await;
    assert!(matches!(told(&room("/ok")).await, Report::Failed { .. }));

    let expected = json!({
        "effect": "e42", "attempt": 2, "tenant": "t1", "interaction": "i5",
        "ending": {"how": "completed", "agent": "a7", "reason": "solved"}
    });
    let seen = seen.lock().expect("no panic");
    assert_eq!(
        *seen,
        [("t1-e42".to_owned(), expected)],
        "no redirect was followed"
    );
}
