//! Integration tests of the fault world, one module per fault.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod loopmount;
mod powercut;
