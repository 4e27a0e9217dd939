//! Tests of the SCION form: a chart and a script of events with the configuration after each.

use std::collections::BTreeSet;
use std::path::Path;

use ringback_scxml::ecmascript::Settings;
use ringback_scxml::interpreter::{Interpreter, Nowhere};
use ringback_scxml::{Event, Options, Platform, Value as Data};
use serde_json::Value;

use crate::files::Disk;
use crate::folder::Outcome;

/// Scripts with two readings, of which the Recommendation's is the one that they call `legacySemantics`.
///
/// A transition from a child of `<parallel id="p">` to that child itself: appendix D, `findLCCA`, looks for a
/// `<state>` or the `<scxml>` element that both are inside of, so `p` is left and entered again. SCION 4 also
/// lets a `<parallel>` be that element.
const BY_APPENDIX_D: [&str; 2] = ["more-parallel/test10", "more-parallel/test10b"];

/// Runs a test.
pub(crate) fn run(folder: &Path, test: &Value) -> Outcome {
    let id = test["id"].as_str().unwrap_or_default().to_owned();
    let by_appendix_d = BY_APPENDIX_D.contains(&id.as_str());
    let section = id
        .split_once('/')
        .map_or("", |(section, _)| section)
        .to_owned();
    Outcome {
        failure: play(folder, test, by_appendix_d).err(),
        section,
        class: if by_appendix_d {
            "appendix D"
        } else {
            "script"
        }
        .to_owned(),
        id,
    }
}

fn play(folder: &Path, test: &Value, by_appendix_d: bool) -> Result<(), String> {
    let read = |key: &str| {
        let path = folder.join(test[key].as_str().unwrap_or_default());
        std::fs::read(&path)
            .map(|bytes| (path.display().to_string(), bytes))
            .map_err(|error| format!("{}: {error}", path.display()))
    };
    let (name, chart) = read("scxml")?;
    let (_, script) = read("script")?;
    let script: Value =
        serde_json::from_slice(&script).map_err(|error| format!("the script: {error}"))?;
    let script = if by_appendix_d {
        &script["legacySemantics"]
    } else {
        &script
    };
    let options = Options {
        resolver: &Disk,
        ..Options::default()
    };
    let mut interpreter = Interpreter::new(Platform::default(), options, Settings::default(), 0);
    let session = interpreter
        .start(&name, &chart)
        .map_err(|refused| format!("refused: {refused}"))?;
    interpreter.run(0, &mut Nowhere);
    compare(
        &interpreter,
        &session,
        &script["initialConfiguration"],
        "at first",
    )?;
    for (index, step) in script["events"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let after = step["after"].as_i64().unwrap_or(0);
        interpreter.run(interpreter.now() + after, &mut Nowhere);
        let event = &step["event"];
        let data = match &event["data"] {
            Value::Null => Data::Undefined,
            data => Data::from_json(&data.to_string()).unwrap_or_default(),
        };
        let event_name = event["name"].as_str().unwrap_or_default();
        interpreter.send(&session, Event::new(event_name, data));
        interpreter.run(interpreter.now(), &mut Nowhere);
        let when = format!("after event {} `{event_name}`", index + 1);
        compare(&interpreter, &session, &step["nextConfiguration"], &when)?;
    }
    Ok(())
}

fn compare(
    interpreter: &Interpreter<'_>,
    session: &str,
    expected: &Value,
    when: &str,
) -> Result<(), String> {
    let (chart, state) = interpreter.session(session).ok_or("the session is gone")?;
    let found: BTreeSet<&str> = state.active_atomic(chart).into_iter().collect();
    let expected: BTreeSet<&str> = expected
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if found == expected {
        return Ok(());
    }
    Err(format!("{when}: {found:?}, expected {expected:?}"))
}
