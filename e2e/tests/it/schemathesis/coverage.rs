//! Which operations came to a 2xx.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What was reached so far.
pub(super) struct Coverage {
    /// By operation: the statuses that came.
    found: BTreeMap<(String, String), BTreeSet<u64>>,
    exceptions: BTreeSet<(String, String)>,
}

impl Coverage {
    /// Of the operations of a document, except those of a list.
    pub(super) fn of(document: &Value, exceptions: &str) -> Self {
        let mut found = BTreeMap::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for method in item.as_object().expect("operations").keys() {
                found.insert((method.to_uppercase(), path.clone()), BTreeSet::new());
            }
        }
        Self {
            found,
            exceptions: exceptions.lines().filter_map(exception).collect(),
        }
    }

    /// Takes a report in.
    pub(super) fn add(&mut self, har: &Value) {
        for entry in har["log"]["entries"].as_array().expect("entries") {
            let method = entry["request"]["method"].as_str().expect("a method");
            let url = entry["request"]["url"].as_str().expect("an address");
            let status = entry["response"]["status"].as_u64().expect("a status");
            let path = path_of(url);
            let operations = self.found.iter_mut();
            let mut fitting =
                operations.filter(|((of, template), _)| of == method && fits(template, path));
            // A literal path is not mistaken for one with a parameter: both would be noted, and
            // only what the server answered counts.
            if let Some((_, statuses)) = fitting.next() {
                statuses.insert(status);
            }
        }
    }

    /// Every operation was reached or is listed, and none is listed that was.
    pub(super) fn judge(&self) {
        let mut wrong = Vec::new();
        for (operation, statuses) in &self.found {
            let reached = statuses.iter().any(|status| (200..300).contains(status));
            let (method, path) = operation;
            match (reached, self.exceptions.contains(operation)) {
                (false, false) => {
                    wrong.push(format!("{method} {path} was never 2xx, only {statuses:?}"));
                }
                (true, true) => wrong.push(format!("{method} {path} is listed, yet was reached")),
                _ => {}
            }
        }
        for operation in &self.exceptions {
            if !self.found.contains_key(operation) {
                wrong.push(format!("{operation:?} is listed and is no operation"));
            }
        }
        let file = "e2e/schemathesis-exceptions.txt";
        assert!(wrong.is_empty(), "see {file}:\n{}", wrong.join("\n"));
    }
}

fn exception(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let mut words = line.split_whitespace();
    let operation = (words.next()?.to_owned(), words.next()?.to_owned());
    assert!(words.next().is_some(), "a reason is missing: {line}");
    Some(operation)
}

/// The path in an address.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split(['?', '#']).next().unwrap_or_default()
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut parts) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some(name), Some(part)) if name.starts_with('{') && !part.is_empty() => {}
            (Some(name), Some(part)) if name == part => {}
            _ => return false,
        }
    }
}
