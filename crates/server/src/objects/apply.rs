//! Reading a tenant's objects from a server, and doing what a plan says.

use super::{KINDS, Object, Objects, Plan, SETTINGS, Step};
use crate::client::{Client, ClientFault};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;

/// All objects of the tenant the client's key belongs to.
pub(crate) async fn fetch(client: &Client) -> Result<Objects> {
    let mut objects = Objects::new();
    for kind in KINDS {
        let answer = client.get(&format!("/v1/config/{kind}")).await;
        let answer = answer.with_context(|| format!("cannot read objects of kind {kind}"))?;
        let mut named = BTreeMap::new();
        for item in answer.body["items"].as_array().into_iter().flatten() {
            let name = item["name"].as_str().unwrap_or_default().to_owned();
            named.insert(name, object(kind, &item["body"], &item["version"])?);
        }
        objects.insert(kind.to_owned(), named);
    }
    let answer = client.get("/v1/settings").await;
    let answer = answer.context("cannot read the settings")?.body;
    let mut settings = object(SETTINGS, &answer["settings"], &answer["version"])?;
    let locked = answer["locked"].as_object().into_iter().flatten();
    settings.locked = locked.map(|(key, _)| key.clone()).collect();
    let settings = BTreeMap::from([(SETTINGS.to_owned(), settings)]);
    objects.insert(SETTINGS.to_owned(), settings);
    Ok(objects)
}

fn object(kind: &str, body: &Value, version: &Value) -> Result<Object> {
    let body = ringback_api::canonical(kind, body.clone());
    let body = body.map_err(|problem| {
        anyhow::anyhow!("the server answered with a {kind} this program does not know: {problem}")
    })?;
    let version = version.as_u64().unwrap_or_default();
    Ok(Object {
        body,
        version,
        locked: Vec::new(),
    })
}

/// Does what the plan says, each step against the version it was made for. One that fails does
/// not stop the others, so that everything that is wrong is told at once.
pub(crate) async fn apply(client: &Client, plan: &Plan) -> Result<()> {
    let mut failed = Vec::new();
    for step in &plan.steps {
        match perform(client, step).await {
            Ok(()) => println!("{step}"),
            Err(fault) => failed.push(format!("{step}: {fault}")),
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let (failures, steps) = (failed.len(), plan.steps.len());
    bail!(
        "{failures} of {steps} steps failed:\n  {}",
        failed.join("\n  ")
    )
}

async fn perform(client: &Client, step: &Step) -> Result<(), ClientFault> {
    let path = if step.kind == SETTINGS {
        "/v1/settings".to_owned()
    } else {
        format!("/v1/config/{}/{}", step.kind, step.name)
    };
    match &step.body {
        // The settings have version 0 until somebody sets them; that cannot be expected.
        Some(body) if step.kind == SETTINGS && step.version == 0 => client.put(&path, body).await,
        Some(body) => client.put_expecting(&path, body, step.version).await,
        None => client.delete_expecting(&path, step.version).await,
    }
    .map(drop)
}
