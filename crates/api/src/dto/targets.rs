//! Targets as the older routing server writes them.

use crate::problem::Problem;
use ringback_model::target::{Escalation, Expression, RawStep, Target, Targets};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A target text, or a list of steps; kept as it was written, and read when it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TargetsIn(Value);

/// How documented targets are written.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes TargetsIn in the OpenAPI document")]
pub(crate) enum TargetsSchema {
    /// A target text.
    #[schema(example = "?:English>=2 & Loans>=1@StatServer.GA, anna@StatServer.A")]
    Text(String),
    /// Steps, one after the other.
    Steps(Vec<TargetsStep>),
}

/// One step of several.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes TargetsIn in the OpenAPI document")]
pub(crate) struct TargetsStep {
    /// A target text.
    #[schema(example = "?:English>=3@StatServer.GA")]
    target: String,
    /// Seconds until the next step, as a number or a text.
    #[schema(value_type = Option<Value>, example = 30)]
    timeout: Option<Value>,
    /// Whether the targets of earlier steps are dropped.
    #[schema(value_type = Option<Value>, example = false)]
    clear: Option<Value>,
    /// A statistic of the targets of this step; the step is left out unless the check holds when
    /// its turn comes. All three of it, or none.
    #[schema(example = "RStatAgentsReady")]
    stat_to_check: Option<String>,
    /// `<` or `>`.
    #[schema(example = ">")]
    stat_operator: Option<String>,
    /// What it is compared with, as a number or a text.
    #[schema(value_type = Option<Value>, example = 0)]
    stat_value: Option<Value>,
}

const FIELD: &str = "/targets";

impl TargetsIn {
    /// The same as steps that widen; where they depend on more than time, the targets themselves
    /// beside a target that wants nobody.
    pub(crate) fn target(&self) -> Result<(Target, Option<Escalation>), Problem> {
        let (escalation, _) = self.read()?;
        if let Some(plain) = escalation.plain() {
            return Ok((plain, None));
        }
        let measurable = escalation.measurable();
        measurable.map_err(|error| Problem::invalid(FIELD, error.to_string()))?;
        let nobody = Target::fixed(Expression::Any(Vec::new()));
        Ok((nobody, Some(escalation)))
    }

    /// What was ignored or may be misunderstood.
    pub(crate) fn notices(&self, by_percentage: bool) -> Vec<String> {
        let Ok((escalation, mut notices)) = self.read() else {
            return Vec::new();
        };
        if escalation.has_weights() && !by_percentage {
            let text = "weights have no effect unless `selection` says to select by `percentage`";
            notices.push(text.to_owned());
        }
        notices
    }

    fn read(&self) -> Result<(Escalation, Vec<String>), Problem> {
        let wrong = |problem: String| Problem::invalid(FIELD, problem);
        if let Value::String(text) = &self.0 {
            let (targets, notices) = Targets::read(text).map_err(|it| wrong(it.to_string()))?;
            let notices = notices.iter().map(ToString::to_string);
            return Ok((Escalation::of_targets(targets), notices.collect()));
        }
        let raw = Vec::<RawStep>::deserialize(&self.0);
        let raw = raw.map_err(|error| {
            wrong(format!(
                "expected a target text or a list of steps: {error}"
            ))
        })?;
        let (escalation, notices) = Escalation::read(raw).map_err(|it| wrong(it.to_string()))?;
        let notices = notices.iter();
        let notices = notices.map(|(step, notice)| format!("step {step}, {notice}"));
        Ok((escalation, notices.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn targets(value: Value) -> TargetsIn {
        serde_json::from_value(value).expect("any value")
    }

    #[test]
    fn a_text_is_routed_to_and_its_notices_are_told() {
        let read = targets(json!("[70]anna@Stat1.A, sales.GA"));
        let (_, targets) = read.target().expect("a target");
        assert!(targets.expect("more than time").has_weights());
        let notices = read.notices(false);
        assert!(notices[0].contains("Stat1"), "{notices:?}");
        assert!(notices[1].contains("weights"), "{notices:?}");
        assert_eq!(read.notices(true).len(), 1);
    }

    #[test]
    fn steps_widen_and_two_readings_are_told() {
        let read = targets(json!([
            {"target": "?:A=1 | B=1 & C=1", "timeout": "30"},
            {"target": "sales.GA", "timeout": 0, "clear": true}
        ]));
        let (target, more) = read.target().expect("a target");
        assert_eq!(more, None);
        assert_eq!(target.steps().len(), 2);
        assert_eq!(target.steps()[1].after.0, 30_000);
        let notices = read.notices(false);
        assert!(notices[0].starts_with("step 1, place"), "{notices:?}");
    }

    #[test]
    fn thresholds_checks_and_queues_are_kept_as_they_are() {
        for value in [
            json!("{StatCallsInQueue<10}8001.Q"),
            json!("8001.GQ"),
            json!([{"target": "a.A", "stat_to_check": "RStatAgentsReady",
                "stat_operator": ">", "stat_value": "0"}]),
        ] {
            let (_, more) = targets(value.clone()).target().expect("targets");
            assert!(more.is_some(), "{value}");
        }
    }

    #[test]
    fn what_is_not_routed_to_is_refused() {
        for value in [
            json!("{InVQWaitTime<10}8001.Q"),
            json!("8001.RP"),
            json!({"target": "a.A"}),
            json!(7),
        ] {
            assert!(targets(value.clone()).target().is_err(), "{value}");
        }
    }
}
