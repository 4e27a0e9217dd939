//! Small repositories for the tests of the rules, in temporary folders.

use std::fs;

use tempfile::TempDir;

use super::Finding;
use crate::repo::{Dependency, Member, Repo};

/// A repository made for one test; the folder goes when this is dropped.
pub(crate) struct Fixture {
    _folder: TempDir,
    pub(crate) repo: Repo,
}

impl Fixture {
    pub(crate) fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo {
            root: folder.path().to_owned(),
            ..Repo::default()
        };
        Fixture {
            _folder: folder,
            repo,
        }
    }

    /// Adds a crate with the given package name and normal dependencies.
    pub(crate) fn with_crate(
        mut self,
        path: &str,
        package: &str,
        dependencies: &[&str],
    ) -> Fixture {
        let named = dependencies.iter().map(|name| Dependency {
            package: (*name).to_owned(),
            for_tests: false,
        });
        self.repo.members.push(Member {
            path: path.to_owned(),
            package: package.to_owned(),
            dependencies: named.collect(),
            reached: dependencies.iter().map(|name| (*name).to_owned()).collect(),
        });
        self
    }

    /// Adds a tracked file.
    pub(crate) fn with_file(mut self, path: &str, text: &str) -> Fixture {
        let full = self.repo.root.join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
        self.repo.files.push(path.to_owned());
        self
    }

    /// Where `rule` finds something.
    pub(crate) fn places(&self, rule: fn(&Repo) -> Vec<Finding>) -> Vec<String> {
        rule(&self.repo)
            .into_iter()
            .map(|finding| finding.at)
            .collect()
    }
}
