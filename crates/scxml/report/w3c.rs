//! Tests of the W3C form: a document that ends in the state `pass` or `fail`.

use std::path::Path;

use ringback_scxml::ecmascript::Settings;
use ringback_scxml::interpreter::Interpreter;
use ringback_scxml::{Options, Platform};
use serde_json::Value;

use crate::files::Disk;
use crate::folder::Outcome;
use crate::http::Loopback;

/// Runs a test; `None` if it is not automated or for a data model that nobody here has.
pub(crate) fn run(folder: &Path, test: &Value) -> Option<Outcome> {
    if test["manual"] == true {
        return None;
    }
    let model = ["ecmascript", "null"]
        .into_iter()
        .find(|model| test["files"][model].is_string())?;
    let path = folder.join(test["files"][model].as_str()?);
    let limit_ms = (test["max_delay_s"].as_f64().unwrap_or(0.0) * 1_000.0) as i64 + 60_000;
    Some(Outcome {
        id: test["id"].as_str().unwrap_or_default().to_owned(),
        section: test["spec_section"].as_str().unwrap_or_default().to_owned(),
        class: test["conformance"].as_str().unwrap_or_default().to_owned(),
        failure: play(&path, limit_ms).err(),
    })
}

/// Runs a chart that no manifest names.
pub(crate) fn chart(folder: &Path, path: &Path) -> Outcome {
    let id = path.strip_prefix(folder).unwrap_or(path);
    Outcome {
        id: id.display().to_string(),
        section: id
            .parent()
            .map(|p| p.display().to_string())
            .unwrap_or_default(),
        class: "chart".to_owned(),
        failure: play(path, 120_000).err(),
    }
}

fn play(path: &Path, limit_ms: i64) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut outside = Loopback::open().map_err(|error| format!("no loopback listener: {error}"))?;
    let platform = Platform {
        basic_http: Some(outside.address()),
        ..Platform::default()
    };
    let options = Options {
        resolver: &Disk,
        ..Options::default()
    };
    // 2026-01-01, so that a test that shows the time shows the same each day.
    let mut interpreter =
        Interpreter::new(platform, options, Settings::default(), 1_767_225_600_000);
    let session = interpreter
        .start(&path.display().to_string(), &bytes)
        .map_err(|refused| format!("refused: {refused}"))?;
    let over = interpreter.run_until_over(&session, limit_ms, &mut outside);
    let (chart, state) = interpreter.session(&session).ok_or("the session is gone")?;
    let active = state.active(chart);
    if active.contains(&"pass") || (active.contains(&"final") && chart.state("pass").is_none()) {
        return Ok(());
    }
    let notes = outside.notes();
    Err(if over {
        format!("ended in {active:?} as {:?}{notes}", state.status)
    } else {
        format!("still in {active:?} after {limit_ms} ms{notes}")
    })
}
