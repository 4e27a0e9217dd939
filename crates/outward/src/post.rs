//! One signed message by HTTP: no redirects, no proxy, bounded in time and size.

use crate::guard::{AddressGuard, GuardFault};
use crate::sign::{Secret, signatures};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Sends signed messages.
#[derive(Debug, Clone)]
pub struct Post {
    client: Client,
    guard: AddressGuard,
    wait: Duration,
}

/// How many bytes of an answer are kept.
pub const EXCERPT_BYTES: usize = 1_024;
/// How long is waited for these bytes once the answer has begun.
const EXCERPT_WAIT: Duration = Duration::from_secs(2);

/// A message.
#[derive(Debug)]
pub struct Message<'a> {
    /// Where it goes.
    pub url: &'a str,
    /// Its id.
    pub id: &'a str,
    /// When it is sent, in seconds since 1970.
    pub seconds: i64,
    /// What kind of body it is.
    pub content_type: &'static str,
    /// What it says.
    pub body: &'a [u8],
    /// What it is signed with.
    pub secrets: &'a [Secret],
}

/// What the receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The begin of the body.
    pub excerpt: String,
    /// How long the receiver wants to be left alone.
    pub retry_after: Option<Duration>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostFault {
    /// The address is not allowed.
    #[error(transparent)]
    Guard(#[from] GuardFault),
    /// It took too long.
    #[error("the receiver did not answer within {0:?}")]
    Late(Duration),
    /// The connection failed.
    #[error("{0}")]
    Failed(String),
}

impl Post {
    /// Sends to addresses the guard allows, and waits so long for an answer.
    ///
    /// # Errors
    /// The HTTP client could not be made.
    pub fn new(guard: AddressGuard, wait: Duration) -> Result<Self, reqwest::Error> {
        // Whoever was first has chosen for the whole process; it is ring everywhere.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            // A proxy would look names up again, where the guard does not see it.
            .no_proxy()
            .dns_resolver(Arc::new(guard.clone()))
            .connect_timeout(wait)
            .timeout(wait)
            .pool_max_idle_per_host(4)
            .build()?;
        Ok(Self {
            client,
            guard,
            wait,
        })
    }

    /// The guard in front.
    #[must_use]
    pub const fn guard(&self) -> &AddressGuard {
        &self.guard
    }

    /// Sends a message and waits for the answer.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn send(&self, message: Message<'_>) -> Result<Answered, PostFault> {
        let url = self.guard.url(message.url)?;
        let (id, seconds, body) = (message.id, message.seconds, message.body);
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, message.content_type)
            .header(USER_AGENT, concat!("Ringback/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header(
                "webhook-signature",
                signatures(message.secrets, id, seconds, body),
            )
            .body(body.to_vec());
        let answer = request.send().await.map_err(|error| self.fault(error))?;
        Ok(Answered {
            status: answer.status().as_u16(),
            retry_after: retry_after(answer.headers()),
            excerpt: excerpt(answer).await,
        })
    }

    fn fault(&self, error: reqwest::Error) -> PostFault {
        if error.is_timeout() {
            return PostFault::Late(self.wait);
        }
        // The address may hold a secret, so the causes are told without it.
        let error = error.without_url();
        let mut causes = Vec::new();
        let mut cause: Option<&dyn Error> = Some(&error);
        while let Some(this) = cause {
            if let Some(guard) = this.downcast_ref::<GuardFault>() {
                return PostFault::Guard(guard.clone());
            }
            causes.push(this.to_string());
            cause = this.source();
        }
        causes.dedup();
        PostFault::Failed(causes.join(": "))
    }
}

/// Only the form in seconds: a receiver's clock is nobody's business here.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// The first bytes of the body. The status has said what counts; whoever dawdles with the rest is
/// hung up on.
async fn excerpt(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        while bytes.len() < EXCERPT_BYTES {
            match answer.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) | Err(_) => break,
            }
        }
    };
    let _ = tokio::time::timeout(EXCERPT_WAIT, reading).await;
    bytes.truncate(EXCERPT_BYTES);
    let text = String::from_utf8_lossy(&bytes);
    let shown = |found: char| {
        if found.is_control() && found != '\n' {
            ' '
        } else {
            found
        }
    };
    text.chars().map(shown).collect()
}
