//! Where the picture comes from: the present state once a second, and the stream of events,
//! each over the public API.

use super::board::{Agent, Line, Overview, Picture, Update};
use crate::client::{Client, ClientFault, EventStream};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::mpsc::Sender;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_secs(2);
/// The most pages of agents that are read; a screen shows far fewer.
const AGENT_PAGES_MAX: usize = 3;

/// One picture of the present.
pub(super) async fn once(client: &Client) -> Update {
    match picture(client).await {
        Ok(picture) => Update::Picture(Box::new(picture)),
        Err(fault) => Update::Problem(fault.to_string()),
    }
}

/// Sends pictures and events until nobody looks any more.
pub(super) async fn run(client: Client, updates: Sender<Update>) {
    tokio::spawn(events(client.clone(), updates.clone()));
    while updates.send(once(&client).await).is_ok() {
        tokio::time::sleep(EVERY).await;
    }
}

async fn events(client: Client, updates: Sender<Update>) {
    let mut cursor: Option<String> = None;
    loop {
        // When the server is away, the picture says so.
        if let Ok(mut stream) = EventStream::open(&client, cursor.as_deref()).await {
            while let Ok(Some(event)) = stream.next().await {
                if event.name == "resync" {
                    cursor = None;
                    break;
                }
                cursor = event.cursor.clone().or(cursor);
                if updates.send(Update::Event(event)).is_err() {
                    return;
                }
            }
        } else {
            // A cursor the server no longer knows would be refused for ever.
            cursor = None;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn picture(client: &Client) -> Result<Picture, ClientFault> {
    let overview = client.get("/v1/overview").await?.body;
    let overview: Overview = read(client, overview)?;
    let lines = client.get("/v1/virtual-queues").await?.body;
    let lines: Vec<Line> = read(client, lines["items"].clone())?;
    Ok(Picture {
        overview,
        lines,
        agents: agents(client).await?,
    })
}

async fn agents(client: &Client) -> Result<Vec<Agent>, ClientFault> {
    let mut agents = Vec::new();
    let mut after = String::new();
    for _ in 0..AGENT_PAGES_MAX {
        let body = client
            .get(&format!("/v1/agents?limit=1000{after}"))
            .await?
            .body;
        agents.extend(read::<Vec<Agent>>(client, body["items"].clone())?);
        match body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    Ok(agents)
}

fn read<T: DeserializeOwned>(client: &Client, value: Value) -> Result<T, ClientFault> {
    serde_json::from_value(value).map_err(|error| ClientFault::Garbled {
        base: client.base().to_owned(),
        problem: error.to_string(),
    })
}
