//! What the stories share.

pub(crate) mod audit;
pub(crate) mod bytes;
pub(crate) mod centre;
pub(crate) mod checker;
pub(crate) mod client;
pub(crate) mod crowd;
pub(crate) mod endpoint;
pub(crate) mod faulty;
pub(crate) mod hall;
pub(crate) mod ledger;
pub(crate) mod person;
pub(crate) mod picture;
pub(crate) mod provider;
pub(crate) mod random;
pub(crate) mod receiver;
pub(crate) mod seeds;
pub(crate) mod server;
pub(crate) mod skip;
pub(crate) mod stream;
