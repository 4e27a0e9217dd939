//! `docs/reference/objects.md`: every kind of configuration object, from the description of the
//! API.

use super::files::schema_of;
use super::{KINDS, SETTINGS};
use serde_json::Value;
use std::fmt::Write;

/// What holds for all kinds.
const INTRODUCTION: &str = "# Configuration objects

<!-- Made from the description of the API by crates/server/src/objects/document.rs; do not edit.
     UPDATE_GOLDEN=1 cargo test -p ringback writes it anew. -->

What a tenant's administrators set up: over the API under `/v1/config/{kind}/{name}`, or as files with
`ringback config export`, `diff` and `apply`. What holds for the server itself, not for a tenant, is on
the page of [configuration keys](configuration.md).

## What holds for all kinds

- An object has a kind, a name that is unique within the kind, and a version. `GET` answers the version
  as `ETag`; `PUT` and `DELETE` with `If-Match` change exactly that version, with `If-None-Match: *`
  only what is not there yet. Whoever is late gets 412 `config.version_mismatch`.
- A change holds at once and for everything that is decided after it. What was decided before stays:
  an offer that was made is not taken back because a skill, a group or a capacity changed.
- Everything that is wrong with a body is told at once: 422 `config.findings`, with a place and a
  sentence for each finding.
- Every change is kept: `/versions` lists them with who and when, `/diff?from=&to=` says what differs,
  `POST /undo` sets again what an earlier version said. Undoing is a new version, and brings back what
  was deleted as well.
- What is deleted and made again under the same name goes on with its versions, but is another object
  inside: interactions of a queue that was deleted do not come back with it.

## Deleting

| what | is refused | until |
|---|---|---|
| anything that another object names | `config.in_use`, with who names it | these are changed |
| a group or queue that a key reaches, an agent who has a key | `config.in_use` | the key is taken back |
| an agent with work in hand | `config.has_work`, with how much | it is finished or moved; an agent without work is logged out |
| a queue with open interactions | `config.not_empty` | they end, or `move_to` names the queue they go to (at most 10,000 at once) |
| a virtual queue in which requests wait | `config.not_empty` | they end |
| a workbin, or a group in one of whose workbins something lies | `config.not_empty` | it is empty |

Lowering a capacity or a limit below what is in use is never refused: nothing is torn away, and nothing
new comes until it fits again.

## Skills

An agent may have any skill, declared or not, until the settings say `skills_declared`; from then on
agents and groups may name declared skills only. A skill that is declared is held to what it may have,
whatever the settings say. A skill with `texts` has one of these texts instead of a level; agents name
it under `texts`.

## Groups

An agent belongs to a group who is named in it, or for whom its expression holds. Membership follows
agents and their skills at once. A key or person with `groups` sees and steers the agents of these
groups; with `queues` as well, also the interactions of these queues.

## Views

What a view pulls and when is on the page of [views](views.md).

## Persons

The name and e-mail address of a person are not sealed as customers' data are: they stand in the
journal, in snapshots and in backups as they are.
";

/// The page.
pub(crate) fn reference() -> String {
    let document = serde_json::to_value(ringback_api::openapi()).unwrap_or_default();
    let schemas = &document["components"]["schemas"];
    let mut text = String::from(INTRODUCTION);
    let mut kinds = KINDS;
    kinds.sort_unstable();
    for kind in kinds {
        let _ = write!(text, "\n## `{kind}`\n\n");
        describe(&mut text, &schemas[schema_of(kind)]);
    }
    let _ = write!(
        text,
        "\n## `{SETTINGS}`\n\nThere is one of it, under `/v1/settings`. "
    );
    describe(&mut text, &schemas[schema_of(SETTINGS)]);
    text
}

fn describe(text: &mut String, schema: &Value) {
    let about = schema["description"].as_str().unwrap_or_default();
    let _ = write!(
        text,
        "{}\n\n| key | means | default |\n|---|---|---|\n",
        prose(about)
    );
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (key, one) in schema["properties"].as_object().into_iter().flatten() {
        // What may be left out and has a shape of its own says so inside.
        let about = one["description"].as_str();
        let about = about.or_else(|| one["oneOf"][0]["description"].as_str());
        let about = about.unwrap_or_default();
        let default = match &one["default"] {
            Value::Null if required.contains(&key.as_str()) => "must be given".to_owned(),
            Value::Null => String::new(),
            value => format!("`{value}`"),
        };
        let about = prose(about).replace('|', "\\|");
        let _ = writeln!(text, "| `{key}` | {about} | {default} |");
    }
}

fn prose(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_page_is_up_to_date() {
        crate::golden::compare("docs/reference/objects.md", &super::reference());
    }
}
