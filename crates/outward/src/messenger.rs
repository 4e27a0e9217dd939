//! Codes and links by a signed message to a system of the operator, which brings them on: by SMS,
//! by a chat, as it likes.

use crate::post::{Message, Post};
use crate::sign::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use ring::rand::{SecureRandom, SystemRandom};
use ringback_ports::notify::{Notice, Notify, NotifyFault};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

/// Brings messages by HTTP.
#[derive(Debug)]
pub struct Messenger {
    post: Post,
    url: String,
    secrets: [Secret; 1],
}

impl Messenger {
    /// Sends to this address, signed with this secret.
    #[must_use]
    pub const fn new(post: Post, url: String, secret: Secret) -> Self {
        Self {
            post,
            url,
            secrets: [secret],
        }
    }

    async fn send(&self, notice: &Notice) -> Result<(), NotifyFault> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since.map_or(0, |since| since.as_secs());
        let id = message_id().map_err(|()| NotifyFault::Failed("no random bytes".to_owned()))?;
        let body = json!({
            "purpose": notice.purpose,
            "to": notice.to,
            "subject": notice.subject,
            "text": notice.text,
        });
        let body = body.to_string();
        let message = Message {
            url: &self.url,
            id: &id,
            seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
            content_type: "application/json",
            body: body.as_bytes(),
            secrets: &self.secrets,
        };
        let answered = self.post.send(message).await;
        let answered = answered.map_err(|fault| NotifyFault::Failed(fault.to_string()))?;
        let problem = format!("the notice address answered {}", answered.status);
        match answered.status {
            200..300 => Ok(()),
            408 | 429 | 500.. => Err(NotifyFault::Failed(problem)),
            _ => Err(NotifyFault::Refused(problem)),
        }
    }
}

fn message_id() -> Result<String, ()> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ())?;
    Ok(format!("notice-{}", URL_SAFE_NO_PAD.encode(bytes)))
}

impl Notify for Messenger {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn notify<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyFault>> {
        Box::pin(self.send(notice))
    }
}
