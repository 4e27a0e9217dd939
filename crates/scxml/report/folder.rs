//! What a folder holds: tests of the W3C form, of the SCION form, or charts that say themselves
//! whether they passed.

use std::path::Path;

use serde_json::Value;

use crate::{scion, w3c};

/// What came of one test.
pub(crate) struct Outcome {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub section: String,
    /// `mandatory`, `optional` or another word of the manifest.
    pub class: String,
    /// Why it failed; `None` if it passed.
    pub failure: Option<String>,
}

impl Outcome {
    /// Whether it passed.
    pub(crate) fn passed(&self) -> bool {
        self.failure.is_none()
    }
}

/// Runs all automated tests of a folder.
pub(crate) fn run(folder: &Path) -> Result<Vec<Outcome>, String> {
    let manifest = folder.join("manifest.json");
    if !manifest.exists() {
        return charts(folder);
    }
    let text = std::fs::read_to_string(&manifest)
        .map_err(|error| format!("{}: {error}", manifest.display()))?;
    let manifest: Value =
        serde_json::from_str(&text).map_err(|error| format!("the manifest: {error}"))?;
    let tests = manifest["tests"]
        .as_array()
        .ok_or("the manifest has no tests")?;
    let mut outcomes = Vec::new();
    for test in tests {
        if test["scxml"].is_string() {
            outcomes.push(scion::run(folder, test));
        } else if let Some(outcome) = w3c::run(folder, test) {
            outcomes.push(outcome);
        }
    }
    if outcomes.is_empty() {
        return Err("the manifest names no test that can be run".to_owned());
    }
    Ok(outcomes)
}

/// Every chart below the folder that has a final state `pass`.
fn charts(folder: &Path) -> Result<Vec<Outcome>, String> {
    let mut outcomes = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(place) = open.pop() {
        let entries =
            std::fs::read_dir(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "scxml")
                && !path
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("sub"))
            {
                outcomes.push(w3c::chart(folder, &path));
            }
        }
    }
    outcomes.sort_by(|one, other| one.id.cmp(&other.id));
    if outcomes.is_empty() {
        return Err("there is neither a manifest.json nor a chart".to_owned());
    }
    Ok(outcomes)
}
