//! What goes out to systems and people: webhooks and short messages.

use super::super::fault::ConfigFault;
use super::super::keys::RawConfig;
use super::{Resolve, Secret};
use ringback_outward::guard::AddressGuard;
use ringback_outward::sign;
use ringback_outward::smtp::{Smtp, SmtpOptions};
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
#[derive(Debug, Clone)]
pub(crate) enum Notices {
    /// By mail.
    Smtp {
        url: Secret,
        from: String,
        ca: Option<Vec<u8>>,
    },
    /// By a signed message to a system of the operator.
    Webhook { url: Secret, secret: Secret },
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

    pub(super) fn messages(&self, raw: &RawConfig) -> Result<Option<Notices>, ConfigFault> {
        let raw = &raw.notify;
        match (&raw.smtp_url, &raw.webhook_url) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                let problem = "is set beside `notify.smtp_url`: use one of them".to_owned();
                Err(self.wrong("notify.webhook_url", problem))
            }
            (Some(url), None) => self.smtp(raw, url).map(Some),
            (None, Some(url)) => {
                let secret = raw.webhook_secret.clone();
                let secret = secret.filter(|it| sign::Secret::read(it.reveal()).is_ok());
                let secret = secret.ok_or_else(|| {
                    let problem = "is needed with `notify.webhook_url`: write whsec_ and 24 to 64 \
                                   bytes in base64";
                    self.wrong("notify.webhook_secret", problem.to_owned())
                })?;
                let url = url.clone();
                Ok(Some(Notices::Webhook { url, secret }))
            }
        }
    }

    fn smtp(
        &self,
        raw: &super::super::keys::RawNotify,
        url: &Secret,
    ) -> Result<Notices, ConfigFault> {
        let from = raw.smtp_from.clone().ok_or_else(|| {
            let problem = "is needed with `notify.smtp_url`: name the sender".to_owned();
            self.wrong("notify.smtp_from", problem)
        })?;
        let read = |path: &String| {
            std::fs::read(path).map_err(|error| {
                let problem = format!("is {path:?}, which cannot be read: {error}");
                self.wrong("notify.smtp_ca_file", problem)
            })
        };
        let ca = raw.smtp_ca_file.as_ref().map(read).transpose()?;
        let options = SmtpOptions {
            url: url.reveal().to_owned(),
            from: from.clone(),
            ca: ca.clone(),
            wait: Duration::from_secs(1),
        };
        match Smtp::new(&options) {
            Ok(_) => Ok(Notices::Smtp {
                url: url.clone(),
                from,
                ca,
            }),
            Err(fault) => Err(self.wrong("notify.smtp_url", format!("cannot be used: {fault}"))),
        }
    }
}
