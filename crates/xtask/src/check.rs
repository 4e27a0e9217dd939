//! `cargo xtask check`: the rules of the house, each one function with a name.
//!
//! A rule reads the [`Repo`] and returns what it found; it decides nothing about output. Every rule
//! has a test beside it that shows it fail, because a rule that cannot fail holds nothing.

mod architecture;
mod arrows;
#[cfg(test)]
mod fixture;
mod golden;
mod links;
mod lints;
mod marks;
mod places;
mod purity;
mod rooms;
mod schemas;

use anyhow::{Result, bail};

use crate::repo::Repo;

/// One place where a rule is broken.
#[derive(Debug)]
struct Finding {
    /// File, file and line, or crate.
    at: String,
    /// What is wrong there.
    what: String,
    /// What to do next.
    next: String,
}

impl Finding {
    fn new(at: impl Into<String>, what: impl Into<String>, next: impl Into<String>) -> Finding {
        Finding {
            at: at.into(),
            what: what.into(),
            next: next.into(),
        }
    }
}

/// A rule of the house.
struct Rule {
    name: &'static str,
    says: &'static str,
    find: fn(&Repo) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule {
        name: "names",
        says: "every crate has its place in the table of layers, and its name",
        find: arrows::names,
    },
    Rule {
        name: "arrows",
        says: "dependencies go down only; rooms never on rooms",
        find: arrows::arrows,
    },
    Rule {
        name: "pure-source",
        says: "stones and heart hold no clock, chance, I/O or hash-ordered map",
        find: purity::source,
    },
    Rule {
        name: "pure-tree",
        says: "stones and heart reach no runtime, database or source of chance",
        find: purity::tree,
    },
    Rule {
        name: "told-not-asked",
        says: "stones and heart ban clock reads in their clippy.toml",
        find: purity::clippy_bans,
    },
    Rule {
        name: "no-empty-rooms",
        says: "a crate is cut when work on it begins",
        find: rooms::no_empty_rooms,
    },
    Rule {
        name: "no-mod-rs",
        says: "a module is foo.rs beside foo/",
        find: rooms::no_mod_rs,
    },
    Rule {
        name: "golden-names",
        says: "serialised names are held by golden files",
        find: golden::golden_names,
    },
    Rule {
        name: "documented",
        says: "public items of stones, model and ports are documented",
        find: lints::documented,
    },
    Rule {
        name: "lints-inherited",
        says: "every crate takes the workspace's lints",
        find: lints::inherited,
    },
    Rule {
        name: "suppressions",
        says: "a lint is silenced by #[expect] with a reason, never by #[allow]",
        find: lints::suppressions,
    },
    Rule {
        name: "no-machine-places",
        says: "no tracked file names a path of one machine or a registry's host",
        find: places::places,
    },
    Rule {
        name: "npm-locks",
        says: "npm lock files name no download address",
        find: places::npm_locks,
    },
    Rule {
        name: "unfinished",
        says: "no todo!, unimplemented! or #[ignore]",
        find: marks::unfinished,
    },
    Rule {
        name: "api-shapes",
        says: "API schemas are api's own types",
        find: schemas::api_shapes,
    },
    Rule {
        name: "architecture",
        says: "ARCHITECTURE.md names every crate, and no other",
        find: architecture::architecture,
    },
    Rule {
        name: "links",
        says: "links between documents, headings and pictures lead somewhere; pictures tell what they show",
        find: links::links,
    },
];

/// Runs the chore; `false` when a rule is broken.
pub(crate) fn command(arguments: &[&str]) -> Result<bool> {
    if arguments == ["--list"] {
        RULES
            .iter()
            .for_each(|rule| println!("{:18} {}", rule.name, rule.says));
        return Ok(true);
    }
    let rules = chosen(arguments)?;
    let repo = Repo::open()?;
    let mut broken = 0;
    for rule in &rules {
        let findings = (rule.find)(&repo);
        report(rule, &findings);
        broken += usize::from(!findings.is_empty());
    }
    println!("{} of {} rules hold.", rules.len() - broken, rules.len());
    Ok(broken == 0)
}

fn chosen(names: &[&str]) -> Result<Vec<&'static Rule>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| RULES.iter().all(|rule| rule.name != **name))
    {
        bail!("there is no rule `{unknown}`; `cargo xtask check --list` names them");
    }
    Ok(RULES
        .iter()
        .filter(|rule| names.is_empty() || names.contains(&rule.name))
        .collect())
}

fn report(rule: &Rule, findings: &[Finding]) {
    if findings.is_empty() {
        println!("ok      {:18} {}", rule.name, rule.says);
        return;
    }
    println!("BROKEN  {:18} {}", rule.name, rule.says);
    for finding in findings {
        println!(
            "        {}: {}\n            next: {}",
            finding.at, finding.what, finding.next
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len());
    }

    #[test]
    fn an_unknown_rule_is_refused_by_name() {
        let error = chosen(&["arrows", "arows"]).err().expect("misspelt");
        assert!(error.to_string().contains("`arows`"));
    }
}
