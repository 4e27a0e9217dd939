//! Configuration objects outside of a request: as they stand in the files of an export.

use crate::dto::config::SettingsPut;
use crate::dto::config::objects::ObjectPut;
use crate::extract::from_value;
use crate::problem::Problem;
use ringback_model::Name;
use ringback_model::config::{Expected, Kind};
use serde_json::Value;

/// The kind of a tenant's settings, of which there is one without a name.
pub const SETTINGS: &str = "settings";

/// A body with everything in it that was left out and has a default: what the server answers
/// after it was set. Two bodies mean the same exactly if these are equal.
///
/// # Errors
/// What is wrong with it.
pub fn canonical(kind: &str, body: Value) -> Result<Value, String> {
    read(kind, body).map_err(|problem| problem.sentence())
}

fn read(kind: &str, body: Value) -> Result<Value, Problem> {
    if kind == SETTINGS {
        let settings = from_value::<SettingsPut>(body)?.into_model();
        return serde_json::to_value(SettingsPut::of(&settings)).map_err(Problem::broken);
    }
    let kind: Kind = kind
        .parse()
        .map_err(|error: ringback_model::config::UnknownKind| {
            Problem::invalid("path:kind", error.to_string())
        })?;
    let name: Name = "any".parse().map_err(Problem::broken)?;
    let input = ObjectPut::read(kind, body)?.into_input(name, Expected::Any);
    let body = ObjectPut::of_input(input).ok_or_else(|| Problem::broken("a body was lost"))?;
    serde_json::to_value(body).map_err(Problem::broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_is_filled_in() {
        let queue = canonical("queue", json!({})).expect("all of it has defaults");
        assert_eq!(queue, json!({"open_max": 2_000_000}));
        let agent = canonical("agent", json!({"skills": {"English": 3}})).expect("an agent");
        assert_eq!(agent["capacity"]["voice"], 1);
        let settings = canonical("settings", json!({"open_max": 7})).expect("settings");
        assert_eq!(settings["cool_down_ms"], 30_000);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let wrong = canonical("group", json!({"members": 5})).expect_err("no list");
        assert!(wrong.contains("/members"), "{wrong}");
        let wrong = canonical("grup", json!({})).expect_err("no kind");
        assert!(wrong.contains("virtual_queue"), "{wrong}");
    }
}
