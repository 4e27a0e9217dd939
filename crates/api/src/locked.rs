//! Settings that the operator set for all tenants, by file or environment: they are put into each
//! tenant's settings when the server starts, and cannot be changed over the API.

use crate::dto::config::SettingsPut;
use crate::extract::from_value;
use crate::problem::Problem;
use ringback_model::config::Settings;
use serde_json::Value;
use std::collections::BTreeMap;

/// The values, by the key of the settings.
#[derive(Debug, Clone, Default)]
pub struct Locked(BTreeMap<String, One>);

#[derive(Debug, Clone)]
struct One {
    value: u64,
    place: String,
}

impl Locked {
    /// Locks a key of the settings at a value; `place` tells people where it was set.
    pub fn lock(&mut self, key: &str, value: u64, place: impl Into<String>) {
        let place = place.into();
        self.0.insert(key.to_owned(), One { value, place });
    }

    /// Whether nothing is locked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These settings, with everything that is locked as it is to be.
    ///
    /// # Errors
    /// A key that the settings do not have.
    pub fn applied(&self, settings: &Settings) -> Result<Settings, String> {
        let read = || {
            let mut body =
                serde_json::to_value(SettingsPut::of(settings)).map_err(Problem::broken)?;
            for (key, one) in &self.0 {
                body[key] = one.value.into();
            }
            from_value::<SettingsPut>(body)
        };
        let read: Result<SettingsPut, Problem> = read();
        read.map(SettingsPut::into_model)
            .map_err(|problem| problem.sentence())
    }

    /// Where each locked key was set.
    pub(crate) fn places(&self) -> BTreeMap<String, String> {
        let places = self.0.iter();
        places
            .map(|(key, one)| (key.clone(), one.place.clone()))
            .collect()
    }

    /// What somebody wants to set: what he left out is as it is locked, and what he says otherwise is
    /// refused, all of it at once.
    pub(crate) fn fill(&self, body: &mut Value) -> Result<(), Problem> {
        let Some(body) = body.as_object_mut() else {
            // Whoever reads it tells what is wrong.
            return Ok(());
        };
        let mut wrong = Vec::new();
        for (key, one) in &self.0 {
            let wanted = body.entry(key.clone()).or_insert_with(|| one.value.into());
            if *wanted != one.value {
                wrong.push((key, one));
            }
        }
        let Some((key, one)) = wrong.first() else {
            return Ok(());
        };
        let detail = format!(
            "{key} is locked at {}: it was set by {}; change it there and start the server again, or leave it out",
            one.value, one.place
        );
        let problem = Problem::new("config.locked", detail);
        Err(wrong.iter().fold(problem, |problem, (key, one)| {
            let what = format!("is locked at {} by {}", one.value, one.place);
            problem.at(format!("/{key}"), what)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::Millis;
    use serde_json::json;

    fn locked() -> Locked {
        let mut locked = Locked::default();
        locked.lock("offer_ttl_ms", 20_000, "RINGBACK_SETTINGS__OFFER_TTL_MS");
        locked.lock("open_max", 7, "ringback.toml, line 3");
        locked
    }

    #[test]
    fn what_is_left_out_is_as_it_is_locked() {
        let mut body = json!({"cool_down_ms": 5, "open_max": 7});
        locked().fill(&mut body).expect("nothing against it");
        assert_eq!(
            body,
            json!({"cool_down_ms": 5, "open_max": 7, "offer_ttl_ms": 20_000})
        );
    }

    #[test]
    fn everything_that_is_locked_otherwise_is_told_at_once() {
        let mut body = json!({"offer_ttl_ms": 30_000, "open_max": 8});
        let problem = locked().fill(&mut body).expect_err("both are locked");
        assert_eq!(problem.code(), "config.locked");
        let told = serde_json::to_value(&problem).expect("a problem");
        assert_eq!(told["errors"][0]["at"], "/offer_ttl_ms");
        assert_eq!(told["errors"][1]["at"], "/open_max");
        assert!(
            told["detail"]
                .as_str()
                .is_some_and(|it| it.contains("RINGBACK_SETTINGS__OFFER_TTL_MS"))
        );
    }

    #[test]
    fn settings_are_changed_where_they_are_locked_and_nowhere_else() {
        let before = Settings::default();
        let after = locked().applied(&before).expect("these keys are there");
        assert_eq!(after.offer_ttl, Millis::seconds(20));
        assert_eq!(after.open_max, 7);
        assert_eq!(
            Settings {
                offer_ttl: before.offer_ttl,
                open_max: before.open_max,
                ..after
            },
            before
        );
        let mut unknown = Locked::default();
        unknown.lock("colour", 1, "nowhere");
        assert!(unknown.applied(&before).is_err());
    }
}
