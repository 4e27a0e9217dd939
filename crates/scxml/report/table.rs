//! The table that is printed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::folder::Outcome;

/// Passed of all, for each section and class, then what failed.
pub(crate) fn table(folder: &Path, outcomes: &[Outcome]) -> String {
    let mut sections: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for outcome in outcomes {
        let counts = sections
            .entry((&outcome.section, &outcome.class))
            .or_default();
        counts.0 += usize::from(outcome.passed());
        counts.1 += 1;
    }
    let mut out = format!("{}\n", folder.display());
    for ((section, class), (passed, all)) in &sections {
        let mark = if passed == all { "" } else { "  <--" };
        let _ = writeln!(out, "  {section:34} {class:10} {passed:4} of {all:4}{mark}");
    }
    let passed = outcomes.iter().filter(|outcome| outcome.passed()).count();
    let _ = writeln!(
        out,
        "  {:34} {:10} {passed:4} of {:4}",
        "in all",
        "",
        outcomes.len()
    );
    for outcome in outcomes {
        if let Some(failure) = &outcome.failure {
            let _ = writeln!(
                out,
                "  FAILED {} ({}): {failure}",
                outcome.id, outcome.section
            );
        }
    }
    out
}
