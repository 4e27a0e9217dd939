//! What goes out to systems and people: webhooks and short messages.

use super::super::fault::ConfigFault;
use super::super::keys::{RawConfig, RawNotify};
use super::{Resolve, Secret};
use ringback_outward::guard::AddressGuard;
use ringback_outward::sign;
use ringback_outward::smtp::{Smtp, SmtpOptions};
use std::path::PathBuf;
use std::time::Duration;

/// How webhooks are told.
#[derive(Debug, Clone)]
pub(crate) struct Webhooks {
    pub(crate) guard: AddressGuard,
    pub(crate) wait: Duration,
    pub(crate) pauses: Vec<Duration>,
    pub(crate) kept: Duration,
}

/// How short messages reach people.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notices {
    /// By mail: the server, the sender, a file with a further certificate.
    pub(crate) smtp: Option<(Secret, String, Option<PathBuf>)>,
    /// By a signed message to a system of the operator: where, and the secret.
    pub(crate) webhook: Option<(Secret, Secret)>,
}

/// The most pauses, and the longest one in seconds.
const PAUSES_MAX: usize = 20;
const PAUSE_MAX_S: u64 = 7 * 86_400;

impl Resolve<'_> {
    pub(super) fn webhooks(&self, raw: &RawConfig) -> Result<Webhooks, ConfigFault> {
        let raw = &raw.webhooks;
        let allowed = raw.allow.iter();
        let allowed = allowed.map(|net| self.parsed("webhooks.allow", net));
        let allowed = allowed.collect::<Result<_, _>>()?;
        let plain = [("deny", false), ("allow", true)];
        let plain = self.one_of("webhooks.plain_http", &raw.plain_http, &plain)?;
        if raw.retry_s.len() > PAUSES_MAX {
            let problem = format!("names more than {PAUSES_MAX} pauses");
            return Err(self.wrong("webhooks.retry_s", problem));
        }
        let pauses = raw.retry_s.iter().map(|text| {
            let seconds = self.parsed("webhooks.retry_s", text)?;
            let seconds = self.within("webhooks.retry_s", seconds, 1, PAUSE_MAX_S)?;
            Ok(Duration::from_secs(seconds))
        });
        let wait = self.within("webhooks.wait_s", raw.wait_s, 1, 60)?;
        let kept = self.within("webhooks.kept_days", raw.kept_days, 1, 365)?;
        Ok(Webhooks {
            guard: AddressGuard::new(allowed, plain),
            wait: Duration::from_secs(wait),
            pauses: pauses.collect::<Result<_, _>>()?,
            kept: Duration::from_secs(kept * 86_400),
        })
    }

    pub(super) fn messages(&self, raw: &RawConfig) -> Result<Notices, ConfigFault> {
        let raw = &raw.notify;
        let smtp = raw.smtp_url.as_ref().map(|url| self.smtp(raw, url));
        let webhook = raw.webhook_url.as_ref().map(|url| {
            let secret = raw.webhook_secret.clone();
            let secret = secret.filter(|it| sign::Secret::read(it.reveal()).is_ok());
            let secret = secret.ok_or_else(|| {
                let problem = "is needed with `notify.webhook_url`: write whsec_ and 24 to 64 \
                               bytes in base64";
                self.wrong("notify.webhook_secret", problem.to_owned())
            })?;
            Ok((url.clone(), secret))
        });
        Ok(Notices {
            smtp: smtp.transpose()?,
            webhook: webhook.transpose()?,
        })
    }

    fn smtp(
        &self,
        raw: &RawNotify,
        url: &Secret,
    ) -> Result<(Secret, String, Option<PathBuf>), ConfigFault> {
        let from = raw.smtp_from.clone().ok_or_else(|| {
            let problem = "is needed with `notify.smtp_url`: name the sender".to_owned();
            self.wrong("notify.smtp_from", problem)
        })?;
        let options = SmtpOptions {
            url: url.reveal().to_owned(),
            from: from.clone(),
            ca: None,
            wait: Duration::from_secs(1),
        };
        match Smtp::new(&options) {
            Ok(_) => Ok((
                url.clone(),
                from,
                raw.smtp_ca_file.as_ref().map(PathBuf::from),
            )),
            Err(fault) => Err(self.wrong("notify.smtp_url", format!("cannot be used: {fault}"))),
        }
    }
}
