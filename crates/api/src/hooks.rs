//! The room that tells the operator's own system.

use crate::dto::interaction::EndingView;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use ringback_model::EffectId;
use ringback_model::effect::{Effect, Report};
use ringback_ports::TenantId;
use ringback_ports::effect_room::EffectRoom;
use serde::Serialize;
use std::time::Duration;

/// Why the room cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum NoticeRoomError {
    /// The address is none.
    #[error(
        "the notice address {url:?} cannot be used ({problem}): write an http or https address"
    )]
    Address {
        /// What was configured.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client for notices could not be made: {0}")]
    Client(#[source] reqwest::Error),
}

/// Tells the operator's notice address that an interaction is over: one POST per effect, with
/// the effect's id in the header `Ringback-Effect`. The receiver may see it twice and recognises
/// it by that id.
#[derive(Debug)]
pub struct NoticeRoom {
    client: reqwest::Client,
    url: reqwest::Url,
}

/// How long connecting, and the whole request, may take.
const WAIT: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Notice {
    effect: String,
    attempt: u8,
    tenant: String,
    interaction: String,
    ending: EndingView,
}

impl NoticeRoom {
    /// A room that tells this address.
    ///
    /// # Errors
    /// The address is not http or https, or the client could not be made.
    pub fn new(url: &str) -> Result<Self, NoticeRoomError> {
        let address = |problem: String| NoticeRoomError::Address {
            url: url.to_owned(),
            problem,
        };
        let parsed = reqwest::Url::parse(url).map_err(|error| address(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(address(format!("scheme {:?}", parsed.scheme())));
        }
        // Whoever was first has chosen for the whole process; it is ring everywhere.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(WAIT)
            .timeout(WAIT)
            .build()
            .map_err(NoticeRoomError::Client)?;
        let url = parsed;
        Ok(Self { client, url })
    }

    async fn post(&self, mark: String, notice: Notice) -> Report {
        let request = self
            .client
            .post(self.url.clone())
            .header("Ringback-Effect", mark)
            .json(&notice);
        match request.send().await {
            Ok(response) => judged(response.status()),
            Err(error) => {
                // Without the address, which may hold a secret.
                let problem = error.without_url().to_string();
                Report::Failed { problem }
            }
        }
    }
}

/// What a status means for the effect.
fn judged(status: StatusCode) -> Report {
    let problem = format!("the notice address answered {status}");
    let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if status.is_success() {
        Report::Done
    } else if status.is_client_error() && !later.contains(&status) {
        Report::Impossible { problem }
    } else {
        Report::Failed { problem }
    }
}

impl EffectRoom for NoticeRoom {
    fn name(&self) -> &'static str {
        "notice"
    }

    fn takes(&self, kind: &str) -> bool {
        kind == "notice"
    }

    fn carry_out(
        &self,
        tenant: TenantId,
        id: EffectId,
        attempt: u8,
        effect: Effect,
    ) -> BoxFuture<'_, Report> {
        let Effect::Notice {
            interaction,
            ending,
        } = effect;
        let notice = Notice {
            effect: id.to_string(),
            attempt,
            tenant: tenant.to_string(),
            interaction: interaction.to_string(),
            ending: EndingView::from(&ending),
        };
        self.post(format!("{tenant}-{id}"), notice).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_done_worth_repeating_or_hopeless() {
        assert_eq!(judged(StatusCode::NO_CONTENT), Report::Done);
        for status in [400, 401, 404, 410, 422] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert!(
                matches!(judged(status), Report::Impossible { .. }),
                "{status}"
            );
        }
        for status in [301, 408, 429, 500, 503] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert!(matches!(judged(status), Report::Failed { .. }), "{status}");
        }
    }

    #[test]
    fn only_web_addresses_are_taken() {
        assert!(NoticeRoom::new("http://127.0.0.1:1/x").is_ok());
        for url in ["", "ftp://a/b", "not an address"] {
            assert!(NoticeRoom::new(url).is_err(), "{url}");
        }
    }
}
