//! A running server, asked over its public API.

use super::Finding;
use crate::client::{Client, ClientFault};
use serde_json::Value;

/// Asks a running server how it is: ready, and whether effects are parked.
pub(crate) async fn server(client: &Client) -> Vec<Finding> {
    let mut findings = vec![ready(client.get("/health/ready").await)];
    if client.key().is_some() {
        findings.push(parked(client.get("/v1/outbox?limit=1000").await));
    }
    findings
}

fn ready(answer: Result<crate::client::Answer, ClientFault>) -> Finding {
    match answer {
        Ok(_) => Finding::ok("server", "ready"),
        Err(fault @ ClientFault::Refused { .. }) => Finding::fail(
            "server",
            format!("not ready: {fault}"),
            "its log tells more; it may still be loading",
        ),
        Err(fault) => Finding::fail("server", fault.to_string(), "is it running? check --url"),
    }
}

fn parked(answer: Result<crate::client::Answer, ClientFault>) -> Finding {
    const WHAT: &str = "effects";
    let body = match answer {
        Ok(answer) => answer.body,
        Err(fault) => {
            return Finding::warn(WHAT, fault.to_string(), "use a key of an administrator");
        }
    };
    let parked = count_parked(&body);
    if parked == 0 {
        Finding::ok(WHAT, "none is parked")
    } else {
        Finding::warn(
            WHAT,
            format!("{parked} parked: the house gave up on them"),
            "look at GET /v1/outbox; each says what was tried and why it failed",
        )
    }
}

fn count_parked(body: &Value) -> usize {
    let items = body["items"].as_array();
    items.map_or(0, |items| {
        items
            .iter()
            .filter(|item| item["phase"] == "parked")
            .count()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parked_effects_are_counted() {
        let body = json!({"items": [{"phase": "parked"}, {"phase": "issued"}]});
        assert_eq!(count_parked(&body), 1);
        assert_eq!(count_parked(&json!({"items": []})), 0);
    }
}
