//! Streams: the WebSocket with commands and events, and server-sent events.

pub(crate) mod feed;
pub(crate) mod frame;
pub(crate) mod meter;
pub(crate) mod sight;
pub(crate) mod socket;
pub(crate) mod sse;
pub(crate) mod statistics;
mod watches;
mod watching;
