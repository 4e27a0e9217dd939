//! Every file of `scenarios/` plays to the transcript it holds.

use ringback_rehearsal::scenario::{ScenarioError, play};
use std::fs;
use std::path::{Path, PathBuf};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "scn"))
        .collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().expect("a file name");
    format!("scenarios/{}", name.to_string_lossy())
}

/// The first line that differs, both ways.
fn difference(told: &str, played: &str) -> String {
    let mut lines = told.lines().zip(played.lines()).enumerate();
    match lines.find(|(_, (told, played))| told != played) {
        Some((index, (told, played))) => format!(
            "line {}:\n  written: {told}\n  played:  {played}",
            index + 1
        ),
        None => format!(
            "one is longer: {} lines are written, {} played",
            told.lines().count(),
            played.lines().count()
        ),
    }
}

#[test]
fn every_scenario_plays_to_its_transcript() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for path in files() {
        let name = name_of(&path);
        let text = fs::read_to_string(&path).expect("a scenario that can be read");
        match play(&name, &text) {
            Ok(played) if played == text => {}
            Ok(played) if update => fs::write(&path, played).expect("a file that can be written"),
            Ok(played) => wrong.push(format!("{name}, {}", difference(&text, &played))),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    let hint = "when the change is meant: UPDATE_GOLDEN=1, then read the difference";
    assert!(wrong.is_empty(), "{}\n{hint}", wrong.join("\n"));
}

#[test]
fn a_scenario_says_in_its_first_line_what_it_shows() {
    for path in files() {
        let text = fs::read_to_string(&path).expect("a scenario that can be read");
        let first = text.lines().next().unwrap_or_default();
        let sentence = first.strip_prefix("# ").unwrap_or_default();
        assert!(
            sentence.len() > 20 && sentence.ends_with('.'),
            "{}: the first line is no sentence: {first:?}",
            name_of(&path)
        );
    }
}

#[test]
fn there_are_scenarios_for_every_rule() {
    assert!(files().len() >= 45, "only {} scenarios", files().len());
}

#[test]
fn the_example_of_the_reference_page_is_real() {
    let page = include_str!("../../../docs/reference/scenarios.md");
    let example = page.split("```").nth(1).expect("an example").trim_start();
    assert_eq!(play("scenarios.md", example).as_deref(), Ok(example));
}

#[test]
fn a_line_that_is_not_understood_is_named_with_what_could_stand_there() {
    let cases = [
        ("0s dance", 1, "`dance`", "a command"),
        ("0s queue", 1, "ends too early", "interaction queue"),
        (
            "# fine\n5s tick\n4s tick",
            3,
            "before the line above",
            "not go back",
        ),
        ("0s submit fax to inbox", 1, "no medium", "a medium"),
        ("7x tick", 1, "`7x` is no time", "500ms"),
        ("0s tick tock", 1, "`tock`", "end of the line"),
        ("0s agent anna A=x", 1, "`x`", "a level"),
        ("0s why r1", 1, "`r1`", "such as i1"),
    ];
    for (text, at, what, instead) in cases {
        match play("case.scn", text) {
            Err(ScenarioError::Line {
                file,
                line,
                problem,
                expected,
            }) => {
                assert_eq!((file.as_str(), line), ("case.scn", at), "{text}");
                assert!(problem.contains(what), "{text}: {problem}");
                assert!(expected.contains(instead), "{text}: {expected}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn every_definition_of_a_statistic_has_its_scenario_and_every_measure_its_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("../../docs/reference/statistics.md");
    let text = fs::read_to_string(page).expect("the page of statistics");
    let named: Vec<String> = text
        .split("rehearsal/scenarios/")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(".scn")?.0.to_owned() + ".scn"))
        .collect();
    assert!(named.len() >= 18, "{named:?}");
    for file in &named {
        let path = root.join("scenarios").join(file);
        assert!(
            path.exists(),
            "{file} is named by the page and is not there"
        );
    }
    let written = files().into_iter().map(|path| name_of(&path));
    for file in written.filter(|file| file.contains("/statistics-")) {
        let file = file.trim_start_matches("scenarios/");
        assert!(
            named.iter().any(|it| it == file),
            "{file} is on no row of the page"
        );
    }
    for measure in ringback_model::statistic::Measure::ALL {
        let row = format!("| `{measure}`: {} |", measure.meaning());
        assert!(text.contains(&row), "{row}");
    }
}
