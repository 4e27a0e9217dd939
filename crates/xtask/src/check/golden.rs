//! Rule 3 of the house: serialised names are fixed, and golden files hold them.
//!
//! Whether each variant is covered is the business of the tests of `model`, which know the enums.
//! This rule sees that there is something to compare with at all.

use super::Finding;
use crate::repo::Repo;

const SHAPES: &[&str] = &["Input", "Event", "Effect"];

/// Once `model` declares one of the three enums, golden files stand beside it.
pub(super) fn golden_names(repo: &Repo) -> Vec<Finding> {
    let Some(declared) = SHAPES.iter().find(|shape| is_declared(repo, shape)) else {
        return Vec::new();
    };
    if repo.below("crates/model/golden", ".json").next().is_some() {
        return Vec::new();
    }
    let what = format!("`{declared}` is declared, but there is no golden file");
    let next =
        "write one example per variant: `UPDATE_GOLDEN=1 cargo test -p ringback-model golden`";
    vec![Finding::new("crates/model/golden", what, next)]
}

fn is_declared(repo: &Repo, shape: &str) -> bool {
    let head = format!("pub enum {shape} ");
    repo.below("crates/model/src", ".rs")
        .filter_map(|file| repo.read(file))
        .any(|text| text.contains(&head))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn shapes_without_golden_files_are_found() {
        let bare = Fixture::new().with_file("crates/model/src/input.rs", "pub enum Input { A }");
        assert_eq!(bare.places(golden_names), ["crates/model/golden"]);
        let held = bare.with_file("crates/model/golden/input.json", "{}");
        assert_eq!(held.places(golden_names), Vec::<String>::new());
    }
}
