//! What goes out to systems and people, made from the configuration.

use crate::config::{Config, Notices};
use anyhow::{Context, Result};
use ringback_outward::courier::CourierOptions;
use ringback_outward::limited::{Limited, MOST, WITHIN};
use ringback_outward::messenger::Messenger;
use ringback_outward::post::Post;
use ringback_outward::schedule::Schedule;
use ringback_outward::sign::Secret;
use ringback_outward::smtp::{Smtp, SmtpOptions};
use ringback_ports::notify::Notify;
use std::sync::Arc;
use std::time::Duration;

/// How long a mail server may take.
const MAIL_WAIT: Duration = Duration::from_secs(30);

/// What sends signed messages.
pub(crate) fn post(config: &Config) -> Result<Post> {
    let webhooks = &config.webhooks;
    Post::new(webhooks.guard.clone(), webhooks.wait)
        .context("the HTTP client for webhooks could not be made")
}

/// When deliveries are tried again. The process's own number spreads what several nodes would
/// otherwise try at the same moment.
pub(crate) fn courier(config: &Config) -> CourierOptions {
    let seed = u64::from(std::process::id());
    CourierOptions {
        schedule: Schedule::new(config.webhooks.pauses.clone(), seed),
        kept: config.webhooks.kept,
    }
}

/// How short messages reach people, with a limit for each of them; nothing, if the configuration
/// names no way.
pub(crate) fn notify(config: &Config) -> Result<Option<Arc<dyn Notify>>> {
    let way: Arc<dyn Notify> = match &config.messages {
        None => return Ok(None),
        Some(Notices::Smtp { url, from, ca }) => {
            let options = SmtpOptions {
                url: url.reveal().to_owned(),
                from: from.clone(),
                ca: ca.clone(),
                wait: MAIL_WAIT,
            };
            Arc::new(Limited::new(Smtp::new(&options)?, MOST, WITHIN))
        }
        Some(Notices::Webhook { url, secret }) => {
            let secret = Secret::read(secret.reveal())?;
            let messenger = Messenger::new(post(config)?, url.reveal().to_owned(), secret);
            Arc::new(Limited::new(messenger, MOST, WITHIN))
        }
    };
    Ok(Some(way))
}
