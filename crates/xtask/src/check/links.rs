//! Links between documents lead somewhere: to a file, and to a heading in it.

use std::collections::BTreeSet;

use super::Finding;
use crate::repo::Repo;

/// Every relative link of every page names a known file or folder, and a heading that is there; every
/// picture has a title and a description for those who do not see it.
pub(super) fn links(repo: &Repo) -> Vec<Finding> {
    let pages = repo.files.iter().filter(|file| file.ends_with(".md"));
    let pages = pages.filter_map(|page| Some((page, repo.read(page)?)));
    let mut findings: Vec<Finding> = pages
        .flat_map(|(page, text)| of(repo, page, &text))
        .collect();
    let pictures = repo.below("docs", ".svg");
    let pictures = pictures.filter_map(|picture| Some((picture, repo.read(picture)?)));
    let mute = pictures.filter(|(_, text)| !(text.contains("<title") && text.contains("<desc")));
    findings.extend(mute.map(|(picture, _)| {
        let what = "has no <title> or no <desc>";
        Finding::new(
            picture,
            what,
            "say what it shows to whoever does not see it",
        )
    }));
    findings
}

/// What is wrong in one page.
fn of(repo: &Repo, page: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, target) in targets(text) {
        let at = format!("{page}:{line}");
        let (path, heading) = match target.split_once('#') {
            Some((path, heading)) => (path, Some(heading)),
            None => (target.as_str(), None),
        };
        let Some(file) = resolved(page, path) else {
            let what = format!("`{target}` leads out of the repository");
            findings.push(Finding::new(at, what, "name the page by its full address"));
            continue;
        };
        if !is_there(repo, &file) {
            let what = format!("`{target}` leads nowhere: there is no {file}");
            findings.push(Finding::new(
                at,
                what,
                "correct the link, or write the page",
            ));
        } else if let Some(heading) = heading
            && let Some(text) = repo.read(&file)
            && !headings(&text).contains(heading)
        {
            let what = format!("`{target}` leads nowhere: {file} has no such heading");
            let next = "name a heading in small letters, its blanks as hyphens";
            findings.push(Finding::new(at, what, next));
        }
    }
    findings
}

/// Relative targets of links and pictures, with their lines. Code is no link.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, words) in prose(text) {
        let mut rest = words.as_str();
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, next)) = after.split_once(')') else {
                break;
            };
            let target = target.split_whitespace().next().unwrap_or_default();
            let elsewhere = target.contains("://") || target.starts_with("mailto:");
            if !elsewhere && !target.is_empty() {
                found.push((line, target.to_owned()));
            }
            rest = next;
        }
    }
    found
}

/// The lines outside of blocks of code, without the code in them, counted from 1.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            // Every second part stands between ticks; what a link shows may be code, but not
            // where it leads.
            let outside = line.split('`').step_by(2).collect::<Vec<_>>().join("");
            lines.push((index + 1, outside));
        }
    }
    lines
}

/// The path from the root of the repository; `None` when it leads out of it.
fn resolved(page: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(page.to_owned());
    }
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn is_there(repo: &Repo, file: &str) -> bool {
    let below = format!("{file}/");
    let mut known = repo.files.iter();
    file.is_empty() || known.any(|known| known == file || known.starts_with(&below))
}

/// The headings of a page as links name them.
fn headings(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let title = line.trim_start_matches('#');
        if fenced || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let name: String = title
            .trim()
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        found.insert(name.to_lowercase());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text = "[a](b.md)\n[c](../README.md) ![d](pictures/d.svg)\n[e](https://e.example/)\n";
        let fixture = Fixture::new()
            .with_file("docs/a.md", text)
            .with_file("README.md", "");
        assert_eq!(fixture.places(links), ["docs/a.md:1", "docs/a.md:2"]);
    }

    #[test]
    fn a_heading_that_is_not_there_is_found() {
        let page = "# All of it\n## `virtual_queue`, in short\n```\n# no heading\n```\n";
        let text =
            "[a](#b) [b](b.md#all-of-it)\n[c](b.md#virtual_queue-in-short)\n[d](b.md#no-heading)\n";
        let fixture = Fixture::new()
            .with_file("docs/a.md", text)
            .with_file("docs/b.md", page);
        assert_eq!(fixture.places(links), ["docs/a.md:1", "docs/a.md:3"]);
    }

    #[test]
    fn code_is_no_link_and_a_folder_is_a_place() {
        let text = "`[a](b.md)` and [`code`](sub)\n```\n[x](y.md)\n```\n    [z](z.md)\n";
        let fixture = Fixture::new()
            .with_file("docs/a.md", text)
            .with_file("docs/sub/c.md", "");
        assert!(links(&fixture.repo).is_empty());
    }

    #[test]
    fn out_of_the_repository_nothing_is_linked() {
        let fixture = Fixture::new().with_file("docs/a.md", "[a](../../b.md)\n");
        assert_eq!(fixture.places(links), ["docs/a.md:1"]);
    }

    #[test]
    fn a_picture_without_words_is_found() {
        let fixture = Fixture::new().with_file("docs/p/a.svg", "<svg><title>a</title></svg>");
        assert_eq!(fixture.places(links), ["docs/p/a.svg"]);
    }
}
