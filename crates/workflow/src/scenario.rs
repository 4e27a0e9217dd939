//! Scenarios: what a document promises, in lines that a contact-centre person reads.
//!
//! The lines are described in `docs/reference/workflow-scenarios.md`.

mod read;
mod run;
mod words;

pub use read::{Line, Mistake, Scenario, Then, Thing, When, read};
pub use run::{Coverage, Failure, Outcome, Ran, run};

/// Reads one line as `given` or `when` lines are written, without the word `when`. For those who play
/// by hand.
///
/// # Errors
/// What is wrong with it.
pub fn line(text: &str) -> Result<Thing, String> {
    match text.trim().split_once(' ') {
        Some(("given" | "when", _)) => read::thing(text.trim()),
        _ => read::thing(&format!("when {}", text.trim())),
    }
}
