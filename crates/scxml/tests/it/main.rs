//! The crate from outside: the Recommendation, the suites, what scripts may not do, what is kept.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are no tests to the lint"
)]

// The runner of the conformance folders, as `scxml-report` has it.
#[path = "../../report/files.rs"]
mod files;
#[path = "../../report/folder.rs"]
mod folder;
#[path = "../../report/http.rs"]
mod http;
#[path = "../../report/scion.rs"]
mod scion;
#[path = "../../report/w3c.rs"]
mod w3c;

mod common;

mod conformance;
mod dialect;
mod differential;
mod documents;
mod fuzz;
mod images;
mod invoked;
mod recommendation;
mod runaway;
