//! Marks of work that is not finished.

use super::Finding;
use crate::repo::Repo;
use crate::source;

const MARKS: &[(&str, &str)] = &[
    (
        "todo!(",
        "write it, or refuse the case with an error that names it",
    ),
    (
        "unimplemented!(",
        "write it, or refuse the case with an error that names it",
    ),
    (
        "#[ignore",
        "make the test run, or assert today's behaviour and say in the test what is wrong with it",
    ),
];

/// No Rust file holds `todo!`, `unimplemented!` or an ignored test.
pub(super) fn unfinished(repo: &Repo) -> Vec<Finding> {
    repo.files
        .iter()
        .filter(|file| file.ends_with(".rs"))
        .flat_map(|file| {
            marks_in(
                file,
                &source::code_only(&repo.read(file).unwrap_or_default()),
            )
        })
        .collect()
}

fn marks_in(file: &str, code: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for (mark, next) in MARKS.iter().filter(|(mark, _)| line.contains(mark)) {
            findings.push(Finding::new(
                format!("{file}:{}", index + 1),
                format!("`{mark}..`"),
                *next,
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn unfinished_work_is_found_in_code_only() {
        let text = "// todo!()\nfn a() { todo!() }\n#[ignore = \"slow\"]\nfn b() { f(\"unimplemented!()\") }\n";
        let fixture = Fixture::new()
            .with_file("a.rs", text)
            .with_file("b.md", "todo!()");
        assert_eq!(fixture.places(unfinished), ["a.rs:2", "a.rs:3"]);
    }
}
