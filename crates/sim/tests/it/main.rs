//! Integration tests of the fault world, one module per fault.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod loopmount;
mod powercut;

/// Whether this is the long form of the tests (`make soak`).
fn soaking() -> bool {
    std::env::var_os("RINGBACK_SOAK").is_some()
}
