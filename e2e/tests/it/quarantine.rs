//! An input that makes the engine fail is put aside: whoever sent it hears so, nothing else is
//! lost, and the administrator finds it listed, also after a restart.

use crate::support::centre::{Centre, quick_settings};
use crate::support::client::Client;
use crate::support::server::{PATIENCE, Site};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_the_engine_fail_is_put_aside_and_listed() {
    let site = Site::new().with("RINGBACK_PANICS_ON_PURPOSE", "1");
    let server = site.start().await;
    let centre = Centre::found("default", site.administrator(0), quick_settings()).await;
    let administrator = &centre.administrator;
    assert_eq!(listed(administrator).await, [] as [Value; 0]);
    let body = json!({"queue": "inbox", "medium": "chat"});
    let kept = centre.integrator.post("/v1/interactions", body).await;
    let kept = format!(
        "/v1/interactions/{}",
        kept["interaction"].as_str().expect("an id")
    );

    let poison = json!({"queue": "inbox", "medium": "chat", "kind": "panic.apply"});
    // Also when it is sent again it is not tried again.
    for _ in 0..2 {
        let answer = centre
            .integrator
            .try_post("/v1/interactions", None, &poison)
            .await;
        let answer = answer.expect("an answer");
        assert_eq!((answer.status, answer.code()), (500, "input.quarantined"));
        until_served(administrator).await;
        assert_eq!(listed(administrator).await.len(), 1);
    }
    let aside = listed(administrator).await;
    assert_eq!(aside[0]["number"], json!(1), "{aside:?}");
    let problem = aside[0]["problem"].as_str().expect("a text");
    assert!(problem.contains("on purpose"), "{aside:?}");
    assert!(
        aside[0]["at"].as_str().is_some_and(|at| at.ends_with('Z')),
        "{aside:?}"
    );
    administrator.get(&kept).await;
    let denied = centre.integrator.try_get("/v1/quarantine").await;
    let denied = denied.expect("an answer");
    assert_eq!((denied.status, denied.code()), (403, "denied.role"));

    server.stop().await;
    let server = site.start().await;
    assert_eq!(listed(administrator).await, aside);
    administrator.get(&kept).await;
    server.stop().await;
}

async fn listed(administrator: &Client) -> Vec<Value> {
    let list = administrator.get("/v1/quarantine").await;
    list["items"].as_array().expect("a list").clone()
}

/// The tenant is read in again after it.
async fn until_served(administrator: &Client) {
    let until = Instant::now() + PATIENCE;
    loop {
        let answer = administrator.try_get("/v1/overview").await;
        let answer = answer.expect("an answer");
        if answer.status == 200 {
            return;
        }
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(Instant::now() < until, "never served again");
        sleep(std::time::Duration::from_millis(10)).await;
    }
}
