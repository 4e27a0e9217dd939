//! What goes out to systems and people, made from the configuration.

use crate::config::Config;
use anyhow::{Context, Result};
use ringback_outward::courier::CourierOptions;
use ringback_outward::limited::{Limited, MOST, WITHIN};
use ringback_outward::messenger::Messenger;
use ringback_outward::post::Post;
use ringback_outward::schedule::Schedule;
use ringback_outward::sign::Secret;
use ringback_outward::smtp::{Smtp, SmtpOptions};
use ringback_ports::notify::Notify;
use std::path::PathBuf;
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

/// How a short message reaches somebody, with a limit for each recipient: mail addresses by mail,
/// everything else by the system of the operator, as far as both ways are configured. Nothing, if
/// the configuration names no way.
pub(crate) fn notify(config: &Config, to: &str) -> Result<Option<Arc<dyn Notify>>> {
    let ways = &config.messages;
    let by_mail = ways.webhook.is_none() || to.contains('@');
    if let Some((url, from, ca)) = ways.smtp.as_ref().filter(|_| by_mail) {
        let read = |path: &PathBuf| {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let options = SmtpOptions {
            url: url.reveal().to_owned(),
            from: from.clone(),
            ca: ca.as_ref().map(read).transpose()?,
            wait: MAIL_WAIT,
        };
        let smtp = Limited::new(Smtp::new(&options)?, MOST, WITHIN);
        return Ok(Some(Arc::new(smtp)));
    }
    let Some((url, secret)) = &ways.webhook else {
        return Ok(None);
    };
    let secret = Secret::read(secret.reveal())?;
    let messenger = Messenger::new(post(config)?, url.reveal().to_owned(), secret);
    Ok(Some(Arc::new(Limited::new(messenger, MOST, WITHIN))))
}
