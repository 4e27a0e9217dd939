//! What may not be written down: places that exist on one machine only.

use super::Finding;
use crate::repo::Repo;

/// Folders of a machine; the words are cut so that this file does not find itself.
const FOLDERS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/fa", "rm/"),
    concat!("/tmp/ba", "sh_jobs"),
    concat!("/ro", "ot/."),
];

/// Hosts that packages are downloaded from. Package names are enough; clients know the hosts.
const HOSTS: &[&str] = &[
    concat!("static.crat", "es.io"),
    concat!("index.crat", "es.io"),
    concat!("registry.np", "mjs"),
    concat!("registry.ya", "rnpkg"),
    concat!("pythonho", "sted.org"),
    concat!("deb.deb", "ian.org"),
];

/// No tracked text names a machine's folder or a registry's host.
pub(super) fn places(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &repo.files {
        let Some(text) = repo.read(file) else {
            continue;
        };
        for (index, line) in text.lines().enumerate() {
            if let Some((place, next)) = place_in(line) {
                let what = format!("names `{place}`");
                findings.push(Finding::new(format!("{file}:{}", index + 1), what, next));
            }
        }
    }
    findings
}

fn place_in(line: &str) -> Option<(&'static str, &'static str)> {
    let folder = FOLDERS.iter().find(|folder| starts_a_path(line, folder));
    if let Some(folder) = folder {
        return Some((
            folder,
            "take the path from an argument, a variable or the repository's root",
        ));
    }
    let host = HOSTS.iter().find(|host| line.contains(**host))?;
    Some((host, "name the package and leave the address to the client"))
}

/// Whether `folder` stands in `line` as the beginning of a path, not in the middle of one.
fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
    })
}

/// `package-lock.json` is written with `omit-lockfile-registry-resolved`.
pub(super) fn npm_locks(repo: &Repo) -> Vec<Finding> {
    repo.files
        .iter()
        .filter(|file| file.rsplit('/').next() == Some("package-lock.json"))
        .filter_map(|file| {
            let text = repo.read(file)?;
            let line = text.lines().position(|line| line.trim_start().starts_with("\"resolved\":"))?;
            Some(Finding::new(
                format!("{file}:{}", line + 1),
                "the lock file names a download address",
                "put `omit-lockfile-registry-resolved=true` into .npmrc and run `npm install` again",
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_machines_folder_is_found_where_a_path_begins() {
        let text = format!(
            "cd {}x\nsee docs{}x\n`{}x`\n",
            FOLDERS[0], FOLDERS[0], FOLDERS[1]
        );
        let fixture = Fixture::new().with_file("docs/a.md", &text);
        assert_eq!(fixture.places(places), ["docs/a.md:1", "docs/a.md:3"]);
    }

    #[test]
    fn a_registrys_host_is_found() {
        let fixture =
            Fixture::new().with_file("Makefile", &format!("curl https://{}/x\n", HOSTS[0]));
        assert_eq!(fixture.places(places), ["Makefile:1"]);
    }

    #[test]
    fn a_resolved_address_in_a_lock_file_is_found() {
        let fixture = Fixture::new()
            .with_file(
                "bench/peers/package-lock.json",
                "{\n  \"resolved\": \"https://x\"\n}\n",
            )
            .with_file("ui/package-lock.json", "{ \"version\": \"1\" }\n");
        assert_eq!(
            fixture.places(npm_locks),
            ["bench/peers/package-lock.json:2"]
        );
    }
}
