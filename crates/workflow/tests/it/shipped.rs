//! The workflows that are shipped: nothing to find for lint, and every state seen by their scenarios.

use ringback_scxml::NoFiles;
use ringback_workflow::{lint, picture, scenario};

use crate::root;

#[test]
fn they_are_sound_and_keep_their_promises() {
    let mut seen = 0;
    let folder = std::fs::read_dir(root().join("workflows")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        if file.extension().is_none_or(|ending| ending != "scxml") {
            continue;
        }
        seen += 1;
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read(&file).unwrap();
        let report = lint::lint(&name, &text, &NoFiles);
        let serious: Vec<String> = report
            .findings
            .iter()
            .filter(|finding| finding.code != "action.no-room")
            .map(ToString::to_string)
            .collect();
        assert!(serious.is_empty(), "{}", serious.join("\n"));
        assert_eq!(report.silenced, 0, "{name} silences lint");
        let outline = report.outline.unwrap();
        let scenarios = std::fs::read_to_string(file.with_extension("scenarios")).unwrap();
        let scenarios = scenario::read(&scenarios).unwrap_or_else(|mistakes| {
            panic!("{name}: {mistakes:#?}");
        });
        let ran = scenario::run(&outline, &scenarios, &NoFiles);
        for outcome in &ran.outcomes {
            if let Some(failure) = &outcome.failure {
                let story: Vec<String> = failure.story.iter().map(ToString::to_string).collect();
                panic!(
                    "{name}: {}\n{}\nline {}: {}\n{}",
                    outcome.title,
                    story.join("\n"),
                    failure.line,
                    failure.text,
                    failure.why
                );
            }
        }
        let missed: Vec<&str> = ran
            .coverage
            .missed_states
            .iter()
            .map(|state| outline.chart.at(*state).id.as_str())
            .collect();
        assert!(missed.is_empty(), "{name}: no scenario enters {missed:?}");
        let missed: Vec<String> = ran
            .coverage
            .missed_transitions
            .iter()
            .map(|t| outline.chart.place(outline.chart.transition(*t).at))
            .collect();
        assert!(missed.is_empty(), "no scenario takes {missed:?}");
        let drawn = picture::svg(&outline, &name);
        assert!(drawn.ends_with("</svg>\n"), "{name}");
    }
    assert!(seen >= 5, "only {seen} workflows were found");
}
