//! Crates and files have the shape a reader expects.

use super::Finding;
use crate::repo::{Member, Repo};
use crate::source;

/// Fewer lines of code than this is a stub.
const LINES_MIN: usize = 20;

/// No crate stands empty.
pub(super) fn no_empty_rooms(repo: &Repo) -> Vec<Finding> {
    repo.members
        .iter()
        .filter_map(|member| {
            let lines = lines_of(repo, member);
            let what = format!("{lines} lines of code, fewer than {LINES_MIN}: a stub");
            let next = "begin the work or take the crate out until then";
            (lines < LINES_MIN).then(|| Finding::new(&member.path, what, next))
        })
        .collect()
}

fn lines_of(repo: &Repo, member: &Member) -> usize {
    repo.below(&member.path, ".rs")
        .filter_map(|file| repo.read(file))
        .map(|text| source::code_lines(&source::code_only(&text)))
        .sum()
}

/// A module with children is `foo.rs` beside `foo/`.
pub(super) fn no_mod_rs(repo: &Repo) -> Vec<Finding> {
    repo.files
        .iter()
        .filter_map(|file| {
            let folder = file.strip_suffix("/mod.rs")?;
            Some(Finding::new(
                file,
                "a file called mod.rs",
                format!("move it to {folder}.rs"),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_stub_is_found_and_comments_do_not_hide_it() {
        let full = "fn a() {\n let x = 1;\n}\n".repeat(LINES_MIN);
        let fixture = Fixture::new()
            .with_crate("crates/model", "ringback-model", &[])
            .with_crate("crates/engine", "ringback-engine", &[])
            .with_file("crates/model/src/lib.rs", &"// words\n".repeat(100))
            .with_file("crates/engine/src/lib.rs", &full);
        assert_eq!(fixture.places(no_empty_rooms), ["crates/model"]);
    }

    #[test]
    fn mod_rs_is_found() {
        let fixture = Fixture::new().with_file("crates/model/src/place/mod.rs", "");
        assert_eq!(fixture.places(no_mod_rs), ["crates/model/src/place/mod.rs"]);
    }
}
