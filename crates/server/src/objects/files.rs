//! One folder, one TOML file per kind, one table per object, in a fixed order.

use super::{KINDS, Object, Objects, SETTINGS};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use toml::Table;

/// How wide a comment is.
const WIDTH: usize = 100;

/// Writes a folder. Files of kinds of which there is nothing are taken away.
pub(crate) fn write(folder: &Path, objects: &Objects) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for kind in KINDS.into_iter().chain([SETTINGS]) {
        let path = folder.join(format!("{kind}.toml"));
        let found = objects.get(kind).filter(|named| !named.is_empty());
        let done = match found {
            Some(named) => std::fs::write(&path, text(kind, named)?),
            None if path.exists() => std::fs::remove_file(&path),
            None => Ok(()),
        };
        done.with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The text of one file.
fn text(kind: &str, named: &BTreeMap<String, Object>) -> Result<String> {
    let mut text = meaning(kind)?;
    let body = |object: &Object| Table::try_from(&object.body);
    if kind == SETTINGS {
        if let Some(settings) = named.get(SETTINGS) {
            text.push('\n');
            text.push_str(&toml::to_string(&body(settings)?)?);
        }
        return Ok(text);
    }
    for (name, object) in named {
        let one = Table::from_iter([(name.clone(), body(object)?.into())]);
        text.push('\n');
        text.push_str(&toml::to_string(&one)?);
    }
    Ok(text)
}

/// What the file holds and what each of its keys means, from the description of the API.
fn meaning(kind: &str) -> Result<String> {
    let document = serde_json::to_value(ringback_api::openapi())?;
    let schema = &document["components"]["schemas"][schema_of(kind)];
    let mut text = String::new();
    comment(
        &mut text,
        "",
        schema["description"].as_str().unwrap_or_default(),
    );
    let what = if kind == SETTINGS {
        "The keys are:"
    } else {
        "One table per object, named by it. The keys of each are:"
    };
    comment(&mut text, "", what);
    for (key, about) in schema["properties"].as_object().into_iter().flatten() {
        let about = about["description"].as_str().unwrap_or_default();
        comment(&mut text, "  ", &format!("{key}: {about}"));
    }
    Ok(text)
}

/// `virtual_queue` is described as `VirtualQueuePut`.
pub(super) fn schema_of(kind: &str) -> String {
    let words = kind.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.chain(["Put".to_owned()]).collect()
}

/// Adds a text as comment, broken into lines.
fn comment(text: &mut String, indent: &str, words: &str) {
    let mut line = format!("# {indent}");
    let mut empty = true;
    for word in words.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            line = format!("# {indent}  ");
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    if !empty {
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// Reads a folder. Everything that is wrong is told at once.
pub(crate) fn read(folder: &Path) -> Result<Objects> {
    let mut objects = Objects::new();
    let mut wrong = Vec::new();
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry?.path());
    }
    paths.sort();
    for path in paths {
        if path.extension().is_none_or(|end| end != "toml") {
            continue;
        }
        let kind = path.file_stem().and_then(|stem| stem.to_str());
        let kind = kind.unwrap_or_default().to_owned();
        if kind != SETTINGS && !KINDS.contains(&kind.as_str()) {
            let known = KINDS.join(", ");
            wrong.push(format!(
                "{}: the file is called like no kind ({known})",
                path.display()
            ));
            continue;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        match toml::from_str::<Table>(&text) {
            Ok(table) => drop(objects.insert(kind.clone(), named(&path, &kind, table, &mut wrong))),
            Err(error) => wrong.push(format!("{}: {error}", path.display())),
        }
    }
    if wrong.is_empty() {
        return Ok(objects);
    }
    bail!("the files do not fit:\n  {}", wrong.join("\n  "))
}

fn named(
    path: &Path,
    kind: &str,
    table: Table,
    wrong: &mut Vec<String>,
) -> BTreeMap<String, Object> {
    let bodies = if kind == SETTINGS {
        vec![(SETTINGS.to_owned(), toml::Value::Table(table))]
    } else {
        table.into_iter().collect()
    };
    let mut found = BTreeMap::new();
    for (name, body) in bodies {
        let body: Result<Value, String> = serde_json::to_value(body).map_err(|e| e.to_string());
        match body.and_then(|body| ringback_api::canonical(kind, body)) {
            Ok(body) => drop(found.insert(
                name,
                Object {
                    body,
                    version: 0,
                    locked: Vec::new(),
                },
            )),
            Err(problem) => wrong.push(format!("{}, {name}: {problem}", path.display())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn objects() -> Objects {
        let object = |kind, body| Object {
            body: ringback_api::canonical(kind, body).expect("a body"),
            version: 3,
            locked: Vec::new(),
        };
        let group = object(
            "group",
            json!({"members": ["anna"], "expression": "English>=2"}),
        );
        let special = json!({"2026-12-25": {}, "2026-12-24": {"open": ["08:00-12:00"]}});
        let hours = json!({"zone": "Europe/Berlin", "special": special});
        Objects::from([
            (
                "group".to_owned(),
                BTreeMap::from([("sales".to_owned(), group)]),
            ),
            (
                "hours".to_owned(),
                BTreeMap::from([("büro.1".to_owned(), object("hours", hours))]),
            ),
            (
                SETTINGS.to_owned(),
                BTreeMap::from([(SETTINGS.to_owned(), object(SETTINGS, json!({})))]),
            ),
        ])
    }

    #[test]
    fn what_is_written_reads_back_and_writes_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let stale = folder.path().join("skill.toml");
        std::fs::write(&stale, "").expect("a file");
        write(folder.path(), &objects()).expect("written");
        assert!(!stale.exists(), "there are no skills");
        let first = std::fs::read_to_string(folder.path().join("hours.toml")).expect("a file");
        assert!(first.contains("# "), "{first}");
        assert!(first.contains("zone: The time zone"), "{first}");
        let mut expected = objects();
        for named in expected.values_mut() {
            for object in named.values_mut() {
                object.version = 0;
            }
        }
        let read_back = read(folder.path()).expect("read");
        assert_eq!(read_back, expected);
        write(folder.path(), &read_back).expect("written");
        let second = std::fs::read_to_string(folder.path().join("hours.toml")).expect("a file");
        assert_eq!(first, second);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a file");
        };
        put(
            "group.toml",
            "[sales]\nmembres = []\n[other]\nmembers = 5\n",
        );
        put("grups.toml", "");
        put("skill.toml", "[");
        let wrong = read(folder.path()).expect_err("wrong").to_string();
        for part in [
            "sales",
            "membres",
            "other",
            "/members",
            "grups.toml",
            "skill.toml",
        ] {
            assert!(wrong.contains(part), "{part}: {wrong}");
        }
    }
}
