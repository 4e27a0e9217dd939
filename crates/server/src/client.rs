//! A client of the public API, as any integrator could write it: REST, the WebSocket of an
//! agent's desk, and the stream of server-sent events. The demo's people, `top` and `doctor`
//! know the server only through this.

mod desk;
mod events;
mod rest;

pub(crate) use desk::{DeskLine, DeskPush};
pub(crate) use events::{Event, EventStream};
pub(crate) use rest::{Answer, Client, ClientFault};
