//! The room where programs and browsers come in: REST with an OpenAPI document, a WebSocket with
//! commands and events, server-sent events, and notices to the operator's own system.
//!
//! A request goes through [`guard`] (limits, request id, time taken), `door` (whose key it is),
//! `extract` (what it says), `commands` (which input of the model it stands for) to the hall;
//! the gate for rights is there. What comes back is turned into the shapes of `dto`, or into a
//! [`problem`]. Personal values are sealed before they go to the hall and opened when they come
//! back, in `personal` alone.

#![warn(missing_docs)]
#![expect(
    unused_qualifications,
    reason = "utoipa::path qualifies the types named in its params"
)]

mod commands;
mod document;
mod door;
mod dto;
mod erasing;
mod extract;
mod files;
mod guard;
pub mod hooks;
mod idempotency;
mod limits;
mod locked;
mod login;
mod masking;
mod names;
mod options;
mod personal;
mod presence;
mod problem;
mod refusals;
mod rest;
pub mod routes;
mod screen_pops;
mod snapshots;
mod state;
mod stream;
mod text;
mod webhooks;
mod work;

pub use erasing::{SettleFault, settle_erasures};
pub use files::{SETTINGS, canonical};
pub use locked::Locked;
pub use options::{ApiOptions, LoginOptions, ProviderOptions, UrlCheck};
pub use routes::{Api, openapi, router};
