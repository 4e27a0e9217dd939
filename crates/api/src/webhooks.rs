//! What webhooks are told: a follower of what happens renders each event once and writes down who
//! is to be told it, together with how far it has come. Sending is another room's.

mod envelope;
mod facts;
mod follow;

pub(crate) use envelope::{Envelope, Head};
pub(crate) use follow::{WAITING_MAX, follow};
