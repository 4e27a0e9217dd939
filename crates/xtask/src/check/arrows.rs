//! Rule 1 of the house: who may depend on whom.

use super::Finding;
use crate::layers;
use crate::repo::{Member, Repo};

const TABLE: &str = "crates/xtask/src/layers.rs";

/// Every crate stands in the table of layers and is called by its folder.
pub(super) fn names(repo: &Repo) -> Vec<Finding> {
    repo.members.iter().filter_map(name).collect()
}

fn name(member: &Member) -> Option<Finding> {
    let folder = member.folder();
    if layers::layer_of(folder).is_none() {
        let next = format!("add `{folder}` to its layer in {TABLE} and say why in the commit");
        return Some(Finding::new(
            &member.path,
            "this crate has no place in the house",
            next,
        ));
    }
    let expected = layers::package_of(folder);
    (member.package != expected).then(|| {
        let what = format!("the package is called `{}`", member.package);
        Finding::new(
            &member.path,
            what,
            format!("call it `{expected}`, after its folder"),
        )
    })
}

/// Dependencies point down, as [`layers::may_look`] tells.
pub(super) fn arrows(repo: &Repo) -> Vec<Finding> {
    repo.members
        .iter()
        .flat_map(|member| arrows_of(repo, member))
        .collect()
}

fn arrows_of(repo: &Repo, member: &Member) -> Vec<Finding> {
    let inside = |package: &str| repo.members.iter().any(|other| other.package == package);
    member
        .dependencies
        .iter()
        .filter(|dependency| dependency.package != member.package && inside(&dependency.package))
        .filter_map(|dependency| {
            let target = layers::folder_of(&dependency.package)?;
            let why = layers::may_look(member.folder(), target, dependency.for_tests).err()?;
            Some(Finding::new(
                format!("{}/Cargo.toml", member.path),
                format!(
                    "`{}` depends on `{}`: {why}",
                    member.package, dependency.package
                ),
                "move the shared part down, or let the hall pass it on through a trait of `ports`",
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_crate_without_place_or_with_a_foreign_name_is_found() {
        let fixture = Fixture::new()
            .with_crate("crates/model", "ringback-model", &[])
            .with_crate("crates/helpers", "ringback-helpers", &[])
            .with_crate("crates/store", "store", &[]);
        assert_eq!(fixture.places(names), ["crates/helpers", "crates/store"]);
    }

    #[test]
    fn a_room_that_looks_at_a_room_is_found() {
        let fixture = Fixture::new()
            .with_crate("crates/ports", "ringback-ports", &[])
            .with_crate(
                "crates/store",
                "ringback-store",
                &["ringback-ports", "serde"],
            )
            .with_crate(
                "crates/api",
                "ringback-api",
                &["ringback-ports", "ringback-store"],
            );
        assert_eq!(fixture.places(arrows), ["crates/api/Cargo.toml"]);
    }

    #[test]
    fn heart_that_looks_up_is_found() {
        let fixture = Fixture::new()
            .with_crate("crates/runtime", "ringback-runtime", &["ringback-engine"])
            .with_crate("crates/engine", "ringback-engine", &["ringback-runtime"]);
        assert_eq!(fixture.places(arrows), ["crates/engine/Cargo.toml"]);
    }
}
