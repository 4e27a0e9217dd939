//! The heart on a virtual clock: scenarios that people can read, random moves, and simulated
//! customers and agents.
//!
//! A [`Stage`] holds a state and a follower that only applies events, and watches both: after
//! every input the invariants of the house are checked ([`ringback_engine::State::check`] and
//! the [`audit`]), the state is read back from its parts, and the follower must have the same
//! digest. [`scenario`] plays files of plain lines on it, [`moves`] turns random bytes into
//! inputs, [`people`] lets a contact centre work for simulated hours.
//!
//! Nothing here reads a clock, a file or a source of randomness: times and seeds are told.

#![warn(missing_docs)]

pub mod audit;
pub mod calendar;
pub mod clock;
pub mod moves;
pub mod people;
pub mod random;
pub mod scenario;
pub mod stage;

pub use clock::Clock;
pub use random::Random;
pub use stage::{Broken, Care, Stage, Told};
