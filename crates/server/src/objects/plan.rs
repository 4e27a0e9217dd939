//! What has to be done so that a server has what the files say.

use super::{KINDS, Object, Objects, SETTINGS};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The kinds whose objects ask for user data, which have to be open before.
const ASK_FOR_KEYS: [&str; 3] = ["webhook", "statistic", "view"];

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) kind: String,
    pub(crate) name: String,
    /// The version it has on the server; 0: it is not there.
    pub(crate) version: u64,
    /// What to set; nothing: delete it.
    pub(crate) body: Option<Value>,
    /// Each place that changes.
    changes: Vec<String>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match (&self.body, self.version) {
            (None, _) => "delete",
            (Some(_), 0) if self.kind != SETTINGS => "make",
            _ => "change",
        };
        write!(f, "{verb} {}", self.kind)?;
        if self.kind != SETTINGS {
            write!(f, " {}", self.name)?;
        }
        if verb == "change" {
            write!(f, ": {}", self.changes.join(", "))?;
        }
        Ok(())
    }
}

/// Everything to do, in an order that works.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// What is on the server and in no file, if it is to stay.
    pub(crate) extra: Vec<String>,
}

impl Plan {
    /// Compares; what is in no file is deleted only if `delete` says so.
    pub(crate) fn new(wanted: &Objects, there: &Objects, delete: bool) -> Self {
        let mut plan = Self::default();
        let of = |objects: &Objects, kind: &str| objects.get(kind).cloned().unwrap_or_default();
        for kind in KINDS {
            plan.put(kind, &of(wanted, kind), &of(there, kind));
        }
        plan.settings(&of(wanted, SETTINGS), &of(there, SETTINGS));
        for kind in KINDS.into_iter().rev() {
            let wanted = of(wanted, kind);
            let gone = of(there, kind);
            for (name, object) in gone.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                if delete {
                    plan.steps.push(Step {
                        kind: kind.to_owned(),
                        name: name.clone(),
                        version: object.version,
                        body: None,
                        changes: Vec::new(),
                    });
                } else {
                    plan.extra.push(format!("{kind} {name}"));
                }
            }
        }
        plan
    }

    fn put(
        &mut self,
        kind: &str,
        wanted: &BTreeMap<String, Object>,
        there: &BTreeMap<String, Object>,
    ) {
        for (name, object) in wanted {
            let found = there.get(name);
            if found.is_some_and(|found| found.body == object.body) {
                continue;
            }
            self.steps.push(step(kind, name, object, found));
        }
    }

    /// What only declared skills may be named by comes after the skills, all else before it; open
    /// keys come before what asks for them.
    fn settings(&mut self, wanted: &BTreeMap<String, Object>, there: &BTreeMap<String, Object>) {
        let Some(object) = wanted.get(SETTINGS) else {
            return;
        };
        let found = there.get(SETTINGS);
        let object = &unlocked(object, found);
        if found.is_some_and(|found| found.body == object.body) {
            return;
        }
        let step = step(SETTINGS, SETTINGS, object, found);
        let at = if object.body["skills_declared"] == true {
            let asks = |step: &Step| ASK_FOR_KEYS.contains(&step.kind.as_str());
            self.steps.iter().position(asks).unwrap_or(self.steps.len())
        } else {
            0
        };
        self.steps.insert(at, step);
    }
}

/// What is wanted of the settings without what is locked on the server: a file cannot change it, and
/// what a file leaves out says nothing about it.
fn unlocked(wanted: &Object, found: Option<&Object>) -> Object {
    let mut wanted = wanted.clone();
    let Some(found) = found else { return wanted };
    for key in &found.locked {
        wanted.body[key] = found.body[key].clone();
    }
    wanted
}

fn step(kind: &str, name: &str, wanted: &Object, found: Option<&Object>) -> Step {
    let mut changes = Vec::new();
    if let Some(found) = found {
        compare("", Some(&found.body), Some(&wanted.body), &mut changes);
    }
    Step {
        kind: kind.to_owned(),
        name: name.to_owned(),
        version: found.map_or(0, |found| found.version),
        body: Some(wanted.body.clone()),
        changes,
    }
}

/// `/skills/English 3 -> 4`
fn compare(path: &str, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<String>) {
    if from == to {
        return;
    }
    if let (Some(Value::Object(from)), Some(Value::Object(to))) = (from, to) {
        let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for key in keys {
            compare(
                &format!("{path}/{key}"),
                from.get(key),
                to.get(key),
                changes,
            );
        }
        return;
    }
    let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    changes.push(format!("{path} {} -> {}", shown(from), shown(to)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn objects(list: &[(&str, &str, u64, Value)]) -> Objects {
        let mut objects = Objects::new();
        for (kind, name, version, body) in list {
            let body = ringback_api::canonical(kind, body.clone()).expect("a body");
            let object = Object {
                body,
                version: *version,
                locked: Vec::new(),
            };
            let named = objects.entry((*kind).to_owned()).or_default();
            named.insert((*name).to_owned(), object);
        }
        objects
    }

    fn told(plan: &Plan) -> Vec<String> {
        plan.steps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_named_comes_before_what_names_it_and_goes_after_it() {
        let wanted = objects(&[
            ("group", "sales", 0, json!({"members": ["anna"]})),
            ("agent", "anna", 0, json!({"skills": {"English": 4}})),
            ("skill", "English", 0, json!({})),
            ("view", "mail", 0, json!({"queue": "inbox"})),
            ("settings", "settings", 0, json!({"skills_declared": true})),
        ]);
        let there = objects(&[
            ("agent", "anna", 7, json!({"skills": {"English": 3}})),
            ("group", "old", 2, json!({"members": ["ben"]})),
            ("agent", "ben", 1, json!({})),
            ("settings", "settings", 0, json!({})),
        ]);
        let plan = Plan::new(&wanted, &there, true);
        let expected = [
            "make skill English",
            "change agent anna: /skills/English 3 -> 4",
            "make group sales",
            "change settings: /skills_declared false -> true",
            "make view mail",
            "delete group old",
            "delete agent ben",
        ];
        assert_eq!(told(&plan), expected);
        let plan = Plan::new(&wanted, &there, false);
        assert_eq!(plan.extra, ["group old", "agent ben"]);
        assert_eq!(told(&plan), expected[..5]);
    }

    #[test]
    fn what_is_locked_is_no_difference() {
        let wanted = objects(&[("settings", "settings", 0, json!({"open_max": 8}))]);
        let mut there = objects(&[(
            "settings",
            "settings",
            2,
            json!({"open_max": 8, "offer_ttl_ms": 25_000}),
        )]);
        assert_eq!(Plan::new(&wanted, &there, false).steps.len(), 1);
        let settings = there
            .get_mut("settings")
            .and_then(|all| all.get_mut("settings"));
        settings.expect("there").locked = vec!["offer_ttl_ms".to_owned()];
        assert_eq!(Plan::new(&wanted, &there, false), Plan::default());
    }

    #[test]
    fn there_is_nothing_to_do_where_nothing_differs() {
        let same = objects(&[("queue", "inbox", 3, json!({}))]);
        assert_eq!(Plan::new(&same, &same, true), Plan::default());
    }
}
