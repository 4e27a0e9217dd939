//! Where the hall and the rooms meet: envelopes, the traits of the rooms, and the [`Hall`] the
//! rooms call. Thin on purpose: no decisions, no I/O, no state.

#![warn(missing_docs)]

pub mod effect_room;
pub mod envelope;
pub mod failpoint;
pub mod hall;
pub mod journal;
pub mod notify;
pub mod outward;
pub mod query;
pub mod records;
pub mod statistics;
pub mod store;
pub mod vault;

pub use envelope::{
    Actor, ActorRef, Answer, Command, Cursor, Epoch, InputId, Reply, Sequence, TenantId,
};
pub use hall::Hall;
pub use journal::{Entry, Record};
