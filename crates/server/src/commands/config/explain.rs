//! `ringback config explain`: what each level says of a key, and which one is in force.
//!
//! The levels, the later one wins. Of the server: default, file, environment, flag. Of a tenant's
//! settings: default, object, file, environment. Of a medium: all of the settings that stand behind
//! it, then its own object, because what is nearer comes first.

use super::{ServerArgs, waiting};
use crate::client::{Client, ClientFault};
use crate::config::{Key, Layers, Said, Sources, key_named};
use anyhow::{Result, bail};
use serde_json::Value;
use std::fmt::Write;
use std::path::PathBuf;

/// What a medium says, what of the settings stands behind it, and what the settings say of each
/// medium.
const OF_MEDIA: [(&str, &str, Option<&str>); 5] = [
    ("offer_ttl_ms", "offer_ttl_ms", Some("offer_ttl_of_ms")),
    (
        "handling_max_ms",
        "handling_ttl_ms",
        Some("handling_ttl_of_ms"),
    ),
    ("routing_max_ms", "routing_ttl_ms", None),
    ("cool_down_ms", "cool_down_ms", None),
    ("misses_max", "misses_max", None),
];
/// How many offers may be missed where nothing says so.
const MISSES: u8 = 3;
/// What is said of objects without a key.
const NOT_ASKED: &str = "not asked: give --key-file FILE, or RINGBACK_KEY";

/// What one level says.
#[derive(Debug)]
struct Row {
    level: String,
    value: Option<String>,
    place: String,
}

impl Row {
    fn new(level: impl Into<String>, value: Option<String>, place: impl Into<String>) -> Self {
        Self {
            level: level.into(),
            value,
            place: place.into(),
        }
    }
}

impl From<Said> for Row {
    fn from(said: Said) -> Self {
        Self::new(said.level, said.value, said.place)
    }
}

/// A tenant's objects as a server answers them; nothing without a key.
#[derive(Debug, Default)]
struct Objects {
    asked: bool,
    /// The answer of `/v1/settings`.
    settings: Value,
    /// The object of the medium, if there is one.
    medium: Value,
}

/// The text that is printed.
pub(super) fn explain(name: &str, file: Option<PathBuf>, server: &ServerArgs) -> Result<String> {
    let (_, sources) = Layers::of_process(file, Vec::new()).read()?;
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["settings", key] => {
            let objects = ask(server, None)?;
            let doc = meaning("SettingsPut", key, name)?;
            Ok(told(name, &doc, &of_settings(key, &sources, &objects)))
        }
        ["medium", medium, key] => {
            let objects = ask(server, Some(medium))?;
            let doc = meaning("MediumPut", key, name)?;
            Ok(told(
                name,
                &doc,
                &of_medium(medium, key, &sources, &objects),
            ))
        }
        _ => {
            let key = key_named(name)?;
            let rows = sources.levels(key).into_iter().map(Row::from);
            // No flag is given to this command; `serve` has some.
            let rows: Vec<Row> = rows.filter(|row| row.level != "flag").collect();
            let doc: Vec<&str> = key.doc.iter().map(|line| line.trim()).collect();
            let mut text = told(&key.path(), &doc.join(" "), &rows);
            let _ = writeln!(
                text,
                "set it in the configuration file, or by {}",
                key.env()
            );
            Ok(text)
        }
    }
}

/// What a server says of the settings, and of a medium.
fn ask(server: &ServerArgs, medium: Option<&str>) -> Result<Objects> {
    if server.key.read()?.is_none() {
        return Ok(Objects::default());
    }
    let client = server.client()?;
    waiting()?.block_on(async {
        let settings = client.get("/v1/settings").await?.body;
        let medium = match medium {
            Some(medium) => found(&client, &format!("/v1/config/medium/{medium}")).await?,
            None => Value::Null,
        };
        Ok(Objects {
            asked: true,
            settings,
            medium,
        })
    })
}

/// Null where there is no such thing.
async fn found(client: &Client, path: &str) -> Result<Value> {
    match client.get(path).await {
        Ok(answer) => Ok(answer.body),
        Err(ClientFault::Refused { status: 404, .. }) => Ok(Value::Null),
        Err(fault) => Err(fault.into()),
    }
}

/// What a key of an object means, from the description of the API.
fn meaning(schema: &str, key: &str, name: &str) -> Result<String> {
    let document = serde_json::to_value(ringback_api::openapi())?;
    let about = &document["components"]["schemas"][schema]["properties"][key];
    if about.is_null() {
        bail!("there is no key {name}: docs/reference/objects.md lists those of each kind");
    }
    // What is described by reference has its words beside it.
    let own = about["description"].as_str();
    Ok(own.unwrap_or_default().to_owned())
}

fn of_settings(key: &str, sources: &Sources, objects: &Objects) -> Vec<Row> {
    let default =
        ringback_api::canonical(ringback_api::SETTINGS, Value::Object(Default::default()));
    let default = default.ok().and_then(|it| text(&it[key]));
    let mut rows = vec![Row::new("default", default, "")];
    let version = objects.settings["version"].as_u64().unwrap_or_default();
    rows.push(if !objects.asked {
        Row::new("object", None, NOT_ASKED)
    } else if version == 0 {
        Row::new("object", None, "never set")
    } else {
        let value = text(&objects.settings["settings"][key]);
        Row::new("object", value, format!("settings, version {version}"))
    });
    rows.extend(locked(key, sources));
    rows
}

/// What file and environment say of the settings, if they can.
fn locked(key: &str, sources: &Sources) -> Vec<Row> {
    let key: Option<&Key> = key_named(&format!("settings.{key}")).ok();
    let levels = key.map(|key| sources.levels(key)).unwrap_or_default();
    let levels = levels.into_iter();
    let levels = levels.filter(|said| matches!(said.level, "file" | "environment"));
    levels
        .map(|said| {
            let place = match said.value {
                Some(_) => format!("{}; locked", said.place),
                None => said.place,
            };
            Row::new(said.level, said.value, place)
        })
        .collect()
}

fn of_medium(medium: &str, key: &str, sources: &Sources, objects: &Objects) -> Vec<Row> {
    let behind = OF_MEDIA.iter().find(|(own, _, _)| *own == key);
    let mut rows = Vec::new();
    if let Some((_, settings, of_media)) = behind {
        for row in of_settings(settings, sources, objects) {
            rows.push(match (*settings, row.level.as_str()) {
                // The settings say it medium by medium.
                ("misses_max", "default") => misses(medium),
                ("misses_max", _) => {
                    let value = text(&objects.settings["settings"]["misses_max"][medium]);
                    Row::new(format!("settings.misses_max.{medium}"), value, row.place)
                }
                (_, "default") => row,
                (_, level) => Row::new(format!("settings, {level}"), row.value, row.place),
            });
        }
        if let Some(of_media) = of_media {
            let value = text(&objects.settings["settings"][*of_media][medium]);
            if value.is_some() {
                rows.push(Row::new(format!("settings.{of_media}.{medium}"), value, ""));
            }
        }
    }
    let version = objects.medium["version"].as_u64();
    rows.push(match version {
        _ if !objects.asked => Row::new("object", None, NOT_ASKED),
        None => Row::new("object", None, format!("there is no medium {medium}")),
        Some(version) => {
            let value = text(&objects.medium["body"][key]);
            Row::new(
                "object",
                value,
                format!("medium {medium}, version {version}"),
            )
        }
    });
    rows
}

/// What the settings say of missed offers when nobody set them.
fn misses(medium: &str) -> Row {
    let default =
        ringback_api::canonical(ringback_api::SETTINGS, Value::Object(Default::default()));
    let own = default.ok().and_then(|it| text(&it["misses_max"][medium]));
    Row::new("default", own.or_else(|| Some(MISSES.to_string())), "")
}

/// A value as people write it; nothing for what is not there.
fn text(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}

fn told(name: &str, doc: &str, rows: &[Row]) -> String {
    let mut text = format!("{name}\n  {doc}\n");
    let in_force = rows.iter().rposition(|row| row.value.is_some());
    let known = rows.iter().all(|row| row.place != NOT_ASKED);
    let width = rows.iter().map(|row| row.level.len()).max().unwrap_or(0);
    for (index, row) in rows.iter().enumerate() {
        let value = row.value.as_deref().unwrap_or("-");
        let place = match row.place.as_str() {
            "" => String::new(),
            place => format!("  ({place})"),
        };
        // What nobody asked for may say otherwise, unless it comes before this.
        let sure = known || rows[index..].iter().all(|row| row.place != NOT_ASKED);
        let mark = match Some(index) == in_force {
            true if sure => "  <- in force",
            true => "  <- in force, unless an object says otherwise",
            false => "",
        };
        let _ = writeln!(text, "  {:width$}  {value}{place}{mark}", row.level);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sources(env: &[(&str, &str)]) -> Sources {
        let env = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let layers = Layers {
            file: None,
            env: env.collect(),
            flags: Vec::new(),
        };
        layers.read().expect("good sources").1
    }

    fn objects(settings: Value, medium: Value) -> Objects {
        Objects {
            asked: true,
            settings: json!({"version": 2, "settings": settings}),
            medium,
        }
    }

    fn in_force(rows: &[Row]) -> (&str, &str) {
        let row = rows.iter().rfind(|row| row.value.is_some()).expect("one");
        (row.level.as_str(), row.value.as_deref().unwrap_or_default())
    }

    #[test]
    fn of_the_settings_the_environment_comes_before_the_object() {
        let there = objects(json!({"offer_ttl_ms": 20_000}), Value::Null);
        let rows = of_settings("offer_ttl_ms", &sources(&[]), &there);
        assert_eq!(in_force(&rows), ("object", "20000"));
        let env = [("RINGBACK_SETTINGS__OFFER_TTL_MS", "25000")];
        let rows = of_settings("offer_ttl_ms", &sources(&env), &there);
        assert_eq!(in_force(&rows), ("environment", "25000"));
        assert!(rows.iter().any(|row| row.place.ends_with("; locked")));
        let never = Objects {
            asked: true,
            ..Objects::default()
        };
        let rows = of_settings("offer_ttl_ms", &sources(&[]), &never);
        assert_eq!(in_force(&rows), ("default", "30000"));
    }

    #[test]
    fn a_medium_comes_before_the_settings_whoever_set_them() {
        let env = [("RINGBACK_SETTINGS__OFFER_TTL_MS", "25000")];
        let settings = json!({"offer_ttl_ms": 25_000, "offer_ttl_of_ms": {"chat": 40_000}});
        let none = objects(settings.clone(), Value::Null);
        let rows = of_medium("chat", "offer_ttl_ms", &sources(&env), &none);
        assert_eq!(in_force(&rows), ("settings.offer_ttl_of_ms.chat", "40000"));
        let own = objects(
            settings,
            json!({"version": 1, "body": {"offer_ttl_ms": 9_000}}),
        );
        let rows = of_medium("chat", "offer_ttl_ms", &sources(&env), &own);
        assert_eq!(in_force(&rows), ("object", "9000"));
        let rows = of_medium(
            "voice",
            "misses_max",
            &sources(&[]),
            &objects(json!({}), Value::Null),
        );
        assert_eq!(in_force(&rows), ("default", "1"));
    }

    #[test]
    fn what_is_in_force_is_only_said_where_it_is_known() {
        let rows = of_settings("offer_ttl_ms", &sources(&[]), &Objects::default());
        let text = told("settings.offer_ttl_ms", "How long.", &rows);
        assert!(
            text.contains("30000  <- in force, unless an object says otherwise"),
            "{text}"
        );
        let env = [("RINGBACK_SETTINGS__OFFER_TTL_MS", "25000")];
        let rows = of_settings("offer_ttl_ms", &sources(&env), &Objects::default());
        let text = told("settings.offer_ttl_ms", "How long.", &rows);
        assert!(text.contains("locked)  <- in force\n"), "{text}");
    }

    #[test]
    fn a_key_that_is_not_there_is_refused() {
        assert!(meaning("SettingsPut", "offer_ttl", "settings.offer_ttl").is_err());
        assert!(meaning("MediumPut", "offer_ttl_ms", "medium.chat.offer_ttl_ms").is_ok());
    }
}
