//! Rule 2 of the house: stones and heart are pure; time, seeds and facts are told.

use super::Finding;
use crate::layers::{self, Layer};
use crate::repo::{Member, Repo};
use crate::source;

/// Words that have no business in a pure crate, and what to do instead.
const WORDS: &[(&[&str], &str)] = &[
    (
        &["SystemTime", "Instant"],
        "take the time as an argument; it arrives in the input",
    ),
    (
        &["tokio", "async_std", "smol"],
        "return an effect or a deadline and let `runtime` carry it out",
    ),
    (
        &["rusqlite", "postgres", "tokio_postgres", "sqlx"],
        "put it behind a trait of `ports` and into `store`",
    ),
    (
        &["rand", "getrandom", "fastrand", "thread_rng", "RandomState"],
        "take a seed from the input",
    ),
];

/// Paths that reach the outside world.
const PATHS: &[(&[&str], &str)] = &[(
    &[
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "std::process",
    ],
    "let a room do it and tell the outcome in an input",
)];

/// Files where a hash-ordered map is argued for: wrappers that let no order out.
const HASH_MAPS: &[(&str, &str)] = &[
    (
        "crates/engine/src/lookup.rs",
        "a table that finds by key and offers no way to walk over it",
    ),
    (
        "crates/engine/src/tracked.rs",
        "walked in one place only, which sorts before anyone sees the order",
    ),
];

/// Crates that a pure crate must not reach, not even through others.
const CRATES: &[&str] = &[
    "async-std",
    "fastrand",
    "getrandom",
    "libsqlite3-sys",
    "mio",
    "postgres",
    "rand",
    "rusqlite",
    "sqlx",
    "sqlx-core",
    "tokio",
    "tokio-postgres",
];

/// No word of the outside world stands in the sources of stones and heart. Tests are left out.
pub(super) fn source(repo: &Repo) -> Vec<Finding> {
    pure(repo)
        .flat_map(|member| source_of(repo, member))
        .collect()
}

fn source_of(repo: &Repo, member: &Member) -> Vec<Finding> {
    let folder = format!("{}/src", member.path);
    let sources: Vec<(&String, String)> = repo
        .below(&folder, ".rs")
        .filter_map(|file| Some((file, source::code_only(&repo.read(file)?))))
        .collect();
    let tests = test_files(&sources);
    sources
        .iter()
        .filter(|(file, _)| !tests.iter().any(|test| is_module(file, test)))
        .flat_map(|(file, code)| findings_in(file, &source::without_tests(code)))
        .collect()
}

/// Paths, without `.rs`, of the modules that only tests are compiled with.
fn test_files(sources: &[(&String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (file, code) in sources {
        let stem = file.trim_end_matches(".rs");
        let is_root = stem.ends_with("/lib") || stem.ends_with("/main");
        let home = if is_root {
            stem.rsplit_once('/').map_or("", |(home, _)| home)
        } else {
            stem
        };
        found.extend(
            source::test_modules(code)
                .iter()
                .map(|name| format!("{home}/{name}")),
        );
    }
    found
}

fn is_module(file: &str, module: &str) -> bool {
    file.strip_prefix(module)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn findings_in(file: &str, code: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, word) in source::words(code) {
        if let Some(next) = banned(file, word) {
            let what = format!("`{word}` in a pure crate");
            findings.push(Finding::new(format!("{file}:{line}"), what, next));
        }
    }
    for (index, line) in code.lines().enumerate() {
        for (path, next) in PATHS
            .iter()
            .flat_map(|(paths, next)| paths.iter().map(move |p| (p, next)))
        {
            if line.contains(path) {
                let what = format!("`{path}` in a pure crate");
                findings.push(Finding::new(format!("{file}:{}", index + 1), what, *next));
            }
        }
    }
    findings
}

fn banned(file: &str, word: &str) -> Option<String> {
    if word.ends_with("HashMap") || word.ends_with("HashSet") {
        let argued = HASH_MAPS.iter().any(|(known, _)| *known == file);
        let next = "use BTreeMap, BTreeSet or an indexed Vec; a map that is only looked up may be \
                    argued for in HASH_MAPS of crates/xtask/src/check/purity.rs";
        return (!argued).then(|| next.to_owned());
    }
    WORDS
        .iter()
        .find(|(words, _)| words.contains(&word))
        .map(|(_, next)| (*next).to_owned())
}

/// Stones and heart reach none of the impure crates, not even through others.
pub(super) fn tree(repo: &Repo) -> Vec<Finding> {
    pure(repo)
        .flat_map(|member| {
            member.reached.iter().filter(|name| CRATES.contains(&name.as_str())).map(|name| {
                Finding::new(
                    format!("{}/Cargo.toml", member.path),
                    format!("`{name}` is among what `{}` is built from", member.package),
                    format!(
                        "`cargo tree -p {} -e normal,build -i {name}` shows the way; turn off that feature or \
                         take another crate",
                        member.package
                    ),
                )
            })
        })
        .collect()
}

/// Each pure crate has a `clippy.toml` that stops clock reads where they are written.
pub(super) fn clippy_bans(repo: &Repo) -> Vec<Finding> {
    pure(repo)
        .filter_map(|member| {
            let file = format!("{}/clippy.toml", member.path);
            let text = repo.read(&file).unwrap_or_default();
            let bans = ["std::time::SystemTime::now", "std::time::Instant::now"];
            let missing = bans.into_iter().find(|ban| !text.contains(ban))?;
            let what = format!("`{missing}` is not among the disallowed methods");
            Some(Finding::new(file, what, "copy crates/model/clippy.toml"))
        })
        .collect()
}

fn pure(repo: &Repo) -> impl Iterator<Item = &Member> {
    repo.members.iter().filter(|member| {
        matches!(
            layers::layer_of(member.folder()),
            Some(Layer::Stone | Layer::Heart)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    fn engine(text: &str) -> Fixture {
        Fixture::new()
            .with_crate("crates/engine", "ringback-engine", &[])
            .with_file("crates/engine/src/lib.rs", text)
    }

    #[test]
    fn clocks_chance_and_io_in_the_heart_are_found() {
        for text in [
            "use std::time::SystemTime;",
            "fn f() { let _ = std::time::Instant::now(); }",
            "use tokio::sync::mpsc;",
            "fn f() -> u8 { rand::random() }",
            "use std::collections::HashMap;",
            "type Seen = rustc_hash::FxHashSet<u8>;",
            "fn f() { let _ = std::fs::read(\"x\"); }",
        ] {
            assert_eq!(
                engine(text).places(source),
                ["crates/engine/src/lib.rs:1"],
                "{text}"
            );
        }
    }

    #[test]
    fn comments_strings_tests_and_like_sounding_words_are_not_found() {
        let text = "// no HashMap here\nconst T: &str = \"SystemTime\"; struct InstantOffer;\n\
                    #[cfg(test)]\nmod tests { use std::collections::HashMap; }\n\
                    #[cfg(test)]\nmod naive;\n";
        let fixture = engine(text).with_file(
            "crates/engine/src/naive.rs",
            "use std::collections::HashSet;",
        );
        assert_eq!(fixture.places(source), Vec::<String>::new());
    }

    #[test]
    fn a_hash_map_is_let_pass_only_in_the_file_that_argues_for_it() {
        let fixture = engine("mod matching; mod other;")
            .with_file(HASH_MAPS[0].0, "use rustc_hash::FxHashMap;")
            .with_file("crates/engine/src/other.rs", "use rustc_hash::FxHashMap;");
        assert_eq!(fixture.places(source), ["crates/engine/src/other.rs:1"]);
    }

    #[test]
    fn rooms_may_read_clocks() {
        let fixture = Fixture::new()
            .with_crate("crates/store", "ringback-store", &["rusqlite"])
            .with_file("crates/store/src/lib.rs", "use std::time::Instant;");
        assert_eq!(fixture.places(source), Vec::<String>::new());
        assert_eq!(fixture.places(tree), Vec::<String>::new());
    }

    #[test]
    fn a_reached_runtime_is_found() {
        let fixture =
            Fixture::new().with_crate("crates/model", "ringback-model", &["serde", "tokio"]);
        assert_eq!(fixture.places(tree), ["crates/model/Cargo.toml"]);
    }

    #[test]
    fn a_pure_crate_without_the_clock_bans_is_found() {
        assert_eq!(
            engine("").places(clippy_bans),
            ["crates/engine/clippy.toml"]
        );
        let half = engine("").with_file("crates/engine/clippy.toml", "std::time::Instant::now");
        assert_eq!(half.places(clippy_bans), ["crates/engine/clippy.toml"]);
    }
}
