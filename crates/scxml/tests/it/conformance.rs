//! The conformance folders, run as `cargo xtask scxml-report` runs them.
//!
//! They lie outside of the repository: `RINGBACK_CONFORMANCE_DIR`, or `../shared/conformance` beside the
//! project's root. Without them the tests say so and are noted as skipped.

use crate::{common, folder};

/// Runs a folder; every outcome that is a failure, and how many ran.
fn failures(name: &str) -> Option<(Vec<String>, usize)> {
    let folder = common::conformance(name)?;
    let outcomes = folder::run(&folder).unwrap();
    let failed = outcomes
        .iter()
        .filter(|outcome| !outcome.passed())
        .map(|outcome| {
            let why = outcome.failure.as_deref().unwrap_or_default();
            format!(
                "{} {} ({}): {why}",
                outcome.class, outcome.id, outcome.section
            )
        })
        .collect();
    Some((failed, outcomes.len()))
}

#[test]
fn every_automated_test_of_the_w3c_passes() {
    let Some((failed, ran)) = failures("scxml") else {
        return;
    };
    assert_eq!(failed, Vec::<String>::new());
    assert!(ran > 100, "only {ran} tests ran");
}

#[test]
fn every_script_of_scion_passes() {
    let Some((failed, ran)) = failures("scion") else {
        return;
    };
    assert_eq!(failed, Vec::<String>::new());
    assert!(ran > 50, "only {ran} tests ran");
}

#[test]
fn automated_forms_of_manual_tests_pass() {
    let Some((failed, ran)) = failures("scxml/extra-auto-of-manual") else {
        return;
    };
    assert_eq!(failed, Vec::<String>::new());
    assert!(ran > 0, "no test ran");
}
