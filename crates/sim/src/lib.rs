//! The yard's fault world: ways to break the ground Ringback stands on, on purpose and from a seed. Never shipped.
//!
//! - [`powercut`]: an SQLite VFS that drops every write which was not flushed. It runs in every test, needs no rights.
//! - [`loopmount`]: the same question put to the real kernel and a real file system; needs root and a loop device.

pub mod loopmount;
pub mod powercut;
