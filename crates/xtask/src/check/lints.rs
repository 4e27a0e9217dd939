//! How crates take and silence lints.

use super::Finding;
use crate::layers::{self, Layer};
use crate::repo::{Member, Repo};
use crate::source;

/// Stones, `model` and `ports` ask for documentation of every public item.
pub(super) fn documented(repo: &Repo) -> Vec<Finding> {
    repo.members
        .iter()
        .filter(|member| is_read_by_strangers(member))
        .filter_map(|m| asks(repo, m))
        .collect()
}

fn is_read_by_strangers(member: &Member) -> bool {
    let folder = member.folder();
    layers::layer_of(folder) == Some(Layer::Stone) || ["model", "ports"].contains(&folder)
}

fn asks(repo: &Repo, member: &Member) -> Option<Finding> {
    let file = format!("{}/src/lib.rs", member.path);
    let code = source::code_only(&repo.read(&file).unwrap_or_default());
    let asks = ["#![warn(missing_docs)]", "#![deny(missing_docs)]"]
        .iter()
        .any(|lint| code.contains(lint));
    let next = "put `#![warn(missing_docs)]` below the crate's documentation";
    (!asks).then(|| Finding::new(file, "missing documentation goes unseen", next))
}

/// Every manifest has `[lints] workspace = true`.
pub(super) fn inherited(repo: &Repo) -> Vec<Finding> {
    repo.members
        .iter()
        .filter_map(|member| {
            let file = format!("{}/Cargo.toml", member.path);
            let text = repo.read(&file).unwrap_or_default();
            let section = text.split_once("[lints]").map_or("", |(_, after)| after);
            let first = section.lines().map(str::trim).find(|line| !line.is_empty());
            let next = "add `[lints]` with `workspace = true`";
            (first != Some("workspace = true"))
                .then(|| Finding::new(file, "the workspace's lints do not reach this crate", next))
        })
        .collect()
}

/// `#[expect(.., reason = "..")]` instead of `#[allow(..)]`, in every Rust file.
pub(super) fn suppressions(repo: &Repo) -> Vec<Finding> {
    repo.files
        .iter()
        .filter(|file| file.ends_with(".rs"))
        .flat_map(|file| {
            suppressions_in(
                file,
                &source::code_only(&repo.read(file).unwrap_or_default()),
            )
        })
        .collect()
}

fn suppressions_in(file: &str, code: &str) -> Vec<Finding> {
    attributes(code)
        .filter_map(|(line, attribute)| {
            let what = complaint(attribute)?;
            let next = "write `#[expect(the_lint, reason = \"why it does not hold here\")]`";
            Some(Finding::new(format!("{file}:{line}"), what, next))
        })
        .collect()
}

fn complaint(attribute: &str) -> Option<&'static str> {
    let has = |call: &str| {
        attribute
            .match_indices(call)
            .any(|(at, _)| !attribute[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    if has("allow(") {
        return Some("`#[allow]` stays when its reason is gone");
    }
    (has("expect(") && !has("reason")).then_some("`#[expect]` without a reason")
}

/// Attributes of the code with the line where each begins.
fn attributes(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let starts = code.match_indices('#').filter(|(at, _)| {
        let after = &code[at + 1..];
        after.starts_with('[') || after.starts_with("![")
    });
    starts.map(|(at, _)| {
        let line = code[..at].matches('\n').count() + 1;
        (line, &code[at..at + attribute_length(&code[at..])])
    })
}

fn attribute_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth <= 1 => return at + 1,
            ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn undocumented_stones_and_contracts_are_found() {
        let fixture = Fixture::new()
            .with_crate("crates/model", "ringback-model", &[])
            .with_crate("crates/engine", "ringback-engine", &[])
            .with_crate("crates/sip", "ringback-sip", &[])
            .with_file("crates/model/src/lib.rs", "//! #![warn(missing_docs)]\n")
            .with_file(
                "crates/sip/src/lib.rs",
                "//! Wire.\n#![warn(missing_docs)]\n",
            );
        assert_eq!(fixture.places(documented), ["crates/model/src/lib.rs"]);
    }

    #[test]
    fn a_crate_outside_the_lints_is_found() {
        let fixture = Fixture::new()
            .with_crate("crates/model", "ringback-model", &[])
            .with_crate("crates/store", "ringback-store", &[])
            .with_file("crates/model/Cargo.toml", "[lints]\nworkspace = true\n")
            .with_file(
                "crates/store/Cargo.toml",
                "[package]\nedition.workspace = true\n",
            );
        assert_eq!(fixture.places(inherited), ["crates/store/Cargo.toml"]);
    }

    #[test]
    fn allow_and_expect_without_reason_are_found() {
        let text = "#![allow(dead_code)]\n\
                    #[expect(clippy::unwrap_used, reason = \"ids are checked above\")]\nfn a() {}\n\
                    #[expect(\n  dead_code,\n)]\nfn b() {}\n\
                    #[cfg_attr(test, allow(unused))]\nfn c() { x.expect(\"reason\"); }\n\
                    // #[allow(dead_code)]\n#[serde(disallow(x))]\nfn d() {}\n";
        let fixture = Fixture::new().with_file("a.rs", text);
        assert_eq!(fixture.places(suppressions), ["a.rs:1", "a.rs:4", "a.rs:8"]);
    }
}
