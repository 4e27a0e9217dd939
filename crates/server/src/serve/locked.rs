//! Settings that are set by file or environment, put into the settings of each tenant: through the
//! journal like every change, so that the heart never asks the configuration of a node.

use anyhow::{Context, Result, bail};
use ringback_api::Locked;
use ringback_model::Input;
use ringback_model::config::{Expected, Input as ConfigInput};
use ringback_ports::query::{Query, View};
use ringback_ports::store::Tenant;
use ringback_ports::{Actor, Command, Hall, Reply};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Changes what is otherwise than it is locked.
pub(super) async fn ensure(hall: &dyn Hall, locked: &Locked) -> Result<()> {
    if locked.is_empty() {
        return Ok(());
    }
    for tenant in hall.tenants() {
        put(hall, locked, &tenant)
            .await
            .with_context(|| format!("cannot put `[settings]` into tenant {}", tenant.name))?;
    }
    Ok(())
}

async fn put(hall: &dyn Hall, locked: &Locked, tenant: &Tenant) -> Result<()> {
    let actor = Arc::new(Actor::node());
    let asked = hall.query(tenant.id, Arc::clone(&actor), Query::Settings);
    let before = match asked.await? {
        (_, View::Settings(_, settings)) => settings,
        (_, other) => bail!("asked for the settings, was told {other:?}"),
    };
    let after = locked.applied(&before).map_err(anyhow::Error::msg)?;
    if after == *before {
        return Ok(());
    }
    let (reply, answer) = oneshot::channel();
    let command = Command {
        tenant: tenant.id,
        actor,
        idempotent: None,
        input: Input::Config(ConfigInput::PutSettings {
            settings: Box::new(after),
            expected: Expected::Any,
        }),
    };
    hall.send(command, Reply::One(reply));
    answer.await.context("the house closed while starting")??;
    tracing::info!(tenant = %tenant.name, "Settings set by file or environment are in force and locked.");
    Ok(())
}
