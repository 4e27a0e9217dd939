//! What the house asks of whoever brings codes and links to people.

use crate::envelope::TenantId;
use futures_util::future::BoxFuture;
use std::time::Duration;

/// A short message to one person: a code to log in with, a link to follow.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whose person.
    pub tenant: TenantId,
    /// Where the person is reached, as the way that is used understands it: a mail address.
    pub to: String,
    /// What it is about, in one word: `login_code`, `password_link`.
    pub purpose: &'static str,
    /// What stands above the text.
    pub subject: String,
    /// The text. It may hold a secret and is never logged.
    pub text: String,
}

impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notice")
            .field("tenant", &self.tenant)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

/// Why a message was not brought.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyFault {
    /// This person was written to often enough.
    #[error("{most} messages went to this recipient within {within:?}: try again in {again:?}")]
    Limited {
        /// The most messages.
        most: u32,
        /// In how long.
        within: Duration,
        /// When there is room again.
        again: Duration,
    },
    /// Nobody can be reached at such an address.
    #[error("the recipient's address cannot be used: {0}")]
    Address(String),
    /// It was turned down, and would be again.
    #[error("the message was turned down: {0}")]
    Refused(String),
    /// It did not work this time.
    #[error("the message could not be handed over: {0}; try again later")]
    Failed(String),
}

/// A way to bring short messages to people.
pub trait Notify: Send + Sync {
    /// Its name, for logs: `smtp`, `webhook`.
    fn name(&self) -> &'static str;

    /// Hands one message over. When this returns, whoever takes it on has accepted it; that the
    /// person reads it is nobody's promise.
    fn notify<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyFault>>;
}
