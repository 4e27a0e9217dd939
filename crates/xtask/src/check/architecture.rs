//! ARCHITECTURE.md tells the truth about which crates there are.

use super::Finding;
use crate::repo::Repo;

const PAGE: &str = "ARCHITECTURE.md";

/// Every crate is named on the page, and every path `crates/..` on the page is there.
pub(super) fn architecture(repo: &Repo) -> Vec<Finding> {
    let Some(page) = repo.read(PAGE) else {
        let next = "write the flow, then a paragraph and the invariants per crate";
        return vec![Finding::new(PAGE, "the page is missing", next)];
    };
    let unnamed = repo
        .members
        .iter()
        .filter(|member| !names(&page, &member.path, member.folder()));
    let unnamed = unnamed.map(|member| {
        Finding::new(
            PAGE,
            format!("does not name `{}`", member.path),
            "add its paragraph and invariants",
        )
    });
    let gone = paths(&page)
        .into_iter()
        .filter(|path| repo.members.iter().all(|member| member.path != *path));
    let gone = gone.map(|path| {
        Finding::new(
            PAGE,
            format!("names `{path}`, which is no crate here"),
            "take the line out or correct it",
        )
    });
    unnamed.chain(gone).collect()
}

fn names(page: &str, path: &str, folder: &str) -> bool {
    paths(page).contains(&path)
        || page.contains(&format!("`{folder}`"))
        || page.contains(&format!("`{path}`"))
}

/// The crate folders that the page names, such as `crates/model` in `crates/model/src/id.rs`.
fn paths(page: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    page.match_indices("crates/")
        .filter_map(|(at, start)| {
            let rest = &page[at + start.len()..];
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (length > 0).then(|| &page[at..at + start.len() + length])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    fn house() -> Fixture {
        Fixture::new()
            .with_crate("crates/model", "ringback-model", &[])
            .with_crate("e2e", "ringback-e2e", &[])
    }

    #[test]
    fn a_missing_page_is_found() {
        assert_eq!(architecture(&house().repo).len(), 1);
    }

    #[test]
    fn a_crate_left_out_and_a_crate_that_is_gone_are_found() {
        let fixture = house().with_file(PAGE, "`crates/model/src/id.rs`, crates/fax and crates/.");
        let what: Vec<_> = architecture(&fixture.repo)
            .into_iter()
            .map(|finding| finding.what)
            .collect();
        assert_eq!(
            what,
            [
                "does not name `e2e`",
                "names `crates/fax`, which is no crate here"
            ]
        );
    }

    #[test]
    fn a_true_page_passes() {
        let fixture = house().with_file(PAGE, "`model` and `e2e`");
        assert!(architecture(&fixture.repo).is_empty());
    }
}
