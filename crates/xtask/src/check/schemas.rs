//! Rule 3 of the house: API shapes are `api`'s own types.

use super::Finding;
use crate::repo::{Member, Repo};
use crate::source;

/// Only `api` depends on the schema generator, so no other crate's type can be in a schema.
pub(super) fn api_shapes(repo: &Repo) -> Vec<Finding> {
    let others = repo
        .members
        .iter()
        .filter(|member| member.folder() != "api");
    others
        .flat_map(|member| {
            generator_in(member)
                .into_iter()
                .chain(derives_in(repo, member))
        })
        .collect()
}

const NEXT: &str = "give `api` a type of its own and convert there";

fn generator_in(member: &Member) -> Option<Finding> {
    let named = member
        .dependencies
        .iter()
        .find(|dependency| dependency.package.starts_with("utoipa"))?;
    let what = format!("depends on `{}`", named.package);
    Some(Finding::new(
        format!("{}/Cargo.toml", member.path),
        what,
        NEXT,
    ))
}

fn derives_in(repo: &Repo, member: &Member) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repo.below(&member.path, ".rs") {
        let code = source::code_only(&repo.read(file).unwrap_or_default());
        let lines = source::words(&code).filter(|(_, word)| *word == "ToSchema");
        findings.extend(lines.map(|(line, _)| {
            Finding::new(format!("{file}:{line}"), "a schema outside `api`", NEXT)
        }));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_schema_outside_the_api_is_found() {
        let fixture = Fixture::new()
            .with_crate("crates/api", "ringback-api", &["utoipa"])
            .with_crate("crates/model", "ringback-model", &["utoipa"])
            .with_file("crates/api/src/lib.rs", "#[derive(ToSchema)]\nstruct A;")
            .with_file(
                "crates/model/src/lib.rs",
                "\n#[derive(ToSchema)]\nstruct A;",
            );
        assert_eq!(
            fixture.places(api_shapes),
            ["crates/model/Cargo.toml", "crates/model/src/lib.rs:2"]
        );
    }
}
