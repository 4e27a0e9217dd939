//! The example company and the people around it. They use only the public API, from a process
//! of their own, and keep a ledger of what the server told them, so that the demo is also a
//! check: whatever happens to the server, nothing it accepted may be missing.

mod agents;
mod children;
mod company;
mod customers;
mod ledger;
mod people;

pub(crate) use children::{People, Server};
pub(crate) use company::{Keys, found};
pub(crate) use people::{Asked, run as run_people};
