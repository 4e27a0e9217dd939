//! What the rules look at: the crates with their dependencies, and the files that git knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The repository as the rules see it.
#[derive(Debug, Default)]
pub(crate) struct Repo {
    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The crates of the workspace, in order of their folders.
    pub(crate) members: Vec<Member>,
    /// Paths relative to `root`: tracked files, and new ones that are not ignored.
    pub(crate) files: Vec<String>,
}

/// One crate of the workspace.
#[derive(Debug, Default)]
pub(crate) struct Member {
    /// Path relative to the root, such as `crates/model`.
    pub(crate) path: String,
    /// Name as in the manifest, such as `ringback-model`.
    pub(crate) package: String,
    /// What the manifest names, optional dependencies included.
    pub(crate) dependencies: Vec<Dependency>,
    /// Names of all packages that end up in the built crate (dev-dependencies left out).
    pub(crate) reached: BTreeSet<String>,
}

/// One line of a manifest's dependency tables.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The package depended on.
    pub(crate) package: String,
    /// Whether only tests, examples and benchmarks see it.
    pub(crate) for_tests: bool,
}

impl Member {
    /// The last part of the path, by which the table of layers knows the crate.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

impl Repo {
    /// Reads the repository that this program was built from.
    pub(crate) fn open() -> Result<Repo> {
        let root = root()?;
        let members = members(&cargo_metadata(&root)?, &root)?;
        let files = known_files(&root)?;
        Ok(Repo {
            root,
            members,
            files,
        })
    }

    /// The text of a file, or `None` when it is missing or not text.
    pub(crate) fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(file)).ok()
    }

    /// Known files below `folder` whose names end in `extension` (with the dot).
    pub(crate) fn below<'a>(
        &'a self,
        folder: &'a str,
        extension: &'a str,
    ) -> impl Iterator<Item = &'a String> {
        self.files.iter().filter(move |file| {
            file.ends_with(extension)
                && file
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

/// The folder of the workspace, found from where this program's own manifest stands.
pub(crate) fn root() -> Result<PathBuf> {
    let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_dir().context("the present folder cannot be read")?,
    };
    start
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file())
        .map(Path::to_path_buf)
        .with_context(|| {
            format!(
                "no Cargo.lock above {}: start this inside the repository",
                start.display()
            )
        })
}

/// Where `scripts/setup` puts what it installs, and the chores what they note.
pub(crate) fn cache(root: &Path) -> PathBuf {
    std::env::var_os("RINGBACK_CACHE_DIR")
        .map_or_else(|| root.join(".cache"), |folder| root.join(folder))
}

fn cargo_metadata(root: &Path) -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("`cargo metadata` could not be started")?;
    if !output.status.success() {
        bail!(
            "`cargo metadata` failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    serde_json::from_slice(&output.stdout)
        .context("`cargo metadata` answered something that is not JSON")
}

fn known_files(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .context("`git ls-files` could not be started")?;
    if !output.status.success() {
        bail!(
            "`git ls-files` failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let listed: BTreeSet<String> = String::from_utf8_lossy(&output.stdout)
        .split_terminator('\0')
        .filter(|file| root.join(file).is_file())
        .map(str::to_owned)
        .collect();
    Ok(listed.into_iter().collect())
}

/// The members out of the answer of `cargo metadata`.
fn members(metadata: &Value, root: &Path) -> Result<Vec<Member>> {
    let ids: BTreeSet<&str> = list(metadata, "workspace_members")
        .filter_map(Value::as_str)
        .collect();
    let names: BTreeMap<&str, &str> = list(metadata, "packages")
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    let edges = built_edges(metadata);
    let mut members = Vec::new();
    for package in list(metadata, "packages") {
        let id = package["id"].as_str().context("a package without id")?;
        if !ids.contains(id) {
            continue;
        }
        let manifest = Path::new(
            package["manifest_path"]
                .as_str()
                .context("a package without manifest")?,
        );
        let folder = manifest.parent().unwrap_or(manifest);
        members.push(Member {
            path: folder
                .strip_prefix(root)
                .unwrap_or(folder)
                .to_string_lossy()
                .into_owned(),
            package: names[id].to_owned(),
            dependencies: list(package, "dependencies")
                .filter_map(dependency)
                .collect(),
            reached: reached(id, &edges)
                .into_iter()
                .map(|id| names[id].to_owned())
                .collect(),
        });
    }
    members.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(members)
}

fn dependency(value: &Value) -> Option<Dependency> {
    Some(Dependency {
        package: value["name"].as_str()?.to_owned(),
        for_tests: value["kind"].as_str() == Some("dev"),
    })
}

/// Who is built for whom: package id to package ids, dev-dependencies left out.
fn built_edges(metadata: &Value) -> BTreeMap<&str, Vec<&str>> {
    list(&metadata["resolve"], "nodes")
        .filter_map(|node| {
            let targets = list(node, "deps")
                .filter(|dep| {
                    list(dep, "dep_kinds").any(|kind| kind["kind"].as_str() != Some("dev"))
                })
                .filter_map(|dep| dep["pkg"].as_str());
            Some((node["id"].as_str()?, targets.collect()))
        })
        .collect()
}

fn reached<'a>(from: &str, edges: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&'a str> = edges.get(from).cloned().unwrap_or_default();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(edges.get(id).into_iter().flatten());
        }
    }
    seen
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_name_what_they_depend_on_and_all_they_reach() {
        let metadata = serde_json::json!({
            "workspace_members": ["m"],
            "packages": [
                {"id": "m", "name": "ringback-model", "manifest_path": "/r/crates/model/Cargo.toml",
                 "dependencies": [{"name": "a", "kind": null}, {"name": "t", "kind": "dev"}]},
                {"id": "a", "name": "a"}, {"id": "b", "name": "b"}, {"id": "t", "name": "t"},
            ],
            "resolve": {"nodes": [
                {"id": "m", "deps": [{"pkg": "a", "dep_kinds": [{"kind": null}]},
                                     {"pkg": "t", "dep_kinds": [{"kind": "dev"}]}]},
                {"id": "a", "deps": [{"pkg": "b", "dep_kinds": [{"kind": "build"}]}]},
                {"id": "b", "deps": []}, {"id": "t", "deps": []},
            ]},
        });
        let members = members(&metadata, Path::new("/r")).unwrap();
        assert_eq!(members.len(), 1);
        assert_eq!(
            (members[0].path.as_str(), members[0].folder()),
            ("crates/model", "model")
        );
        assert_eq!(
            members[0].dependencies[1],
            Dependency {
                package: "t".into(),
                for_tests: true
            }
        );
        assert_eq!(members[0].reached.iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
