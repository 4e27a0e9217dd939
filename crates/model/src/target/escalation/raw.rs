//! A step as it stands in JSON, where the older platform writes numbers as texts.

use super::{Check, EscalationError, EscalationProblem, EscalationStep};
use crate::target::expression::Comparison;
use crate::target::list::{Notice, Targets};
use crate::time::Millis;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// One step, before its rules are looked at. Numbers and `clear` may be written as texts; an
/// empty text is as good as nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStep {
    /// A target text.
    pub target: String,
    /// Seconds until the next step.
    #[serde(default, deserialize_with = "plain")]
    pub timeout: String,
    /// Whether earlier targets are dropped; `false` if it is not there.
    #[serde(default, deserialize_with = "plain")]
    pub clear: String,
    /// The statistic to check.
    #[serde(default)]
    pub stat_to_check: String,
    /// `<` or `>`.
    #[serde(default)]
    pub stat_operator: String,
    /// The number it is compared with.
    #[serde(default, deserialize_with = "plain")]
    pub stat_value: String,
}

impl RawStep {
    pub(super) fn read(
        self,
        step: usize,
    ) -> Result<(EscalationStep, Vec<Notice>), EscalationError> {
        let (targets, notices) = Targets::read(&self.target)
            .map_err(|error| EscalationProblem::Target(error).at(step, "target"))?;
        let read = EscalationStep {
            targets,
            timeout: self.timeout(step)?,
            clear: self.clear(step)?,
            check: self.check(step)?,
        };
        Ok((read, notices))
    }

    fn timeout(&self, step: usize) -> Result<Millis, EscalationError> {
        let text = if self.timeout.is_empty() {
            "0"
        } else {
            &self.timeout
        };
        match text.parse::<u32>() {
            Ok(seconds) => Ok(Millis::seconds(u64::from(seconds))),
            Err(_) => Err(EscalationProblem::Timeout.at(step, "timeout")),
        }
    }

    fn clear(&self, step: usize) -> Result<bool, EscalationError> {
        match self.clear.as_str() {
            "" | "false" => Ok(false),
            "true" => Ok(true),
            _ => Err(EscalationProblem::Clear.at(step, "clear")),
        }
    }

    fn check(&self, step: usize) -> Result<Option<Check>, EscalationError> {
        let parts = [&self.stat_to_check, &self.stat_operator, &self.stat_value];
        match parts.iter().filter(|part| part.is_empty()).count() {
            3 => return Ok(None),
            0 => {}
            _ => return Err(EscalationProblem::Incomplete.at(step, "stat_to_check")),
        }
        let statistic = self.stat_to_check.parse().map_err(|unknown| {
            EscalationProblem::UnknownStatistic(unknown).at(step, "stat_to_check")
        })?;
        let comparison = match self.stat_operator.as_str() {
            "<" => Comparison::Less,
            ">" => Comparison::Greater,
            _ => return Err(EscalationProblem::Operator.at(step, "stat_operator")),
        };
        let number = self
            .stat_value
            .parse()
            .map_err(|_| EscalationProblem::Value.at(step, "stat_value"))?;
        Ok(Some(Check {
            statistic,
            comparison,
            number,
        }))
    }
}

/// A text, a whole number or a truth value, as the text of it.
fn plain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Plain;
    impl serde::de::Visitor<'_> for Plain {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number, true, false or a text")
        }

        fn visit_bool<E>(self, value: bool) -> Result<String, E> {
            Ok(value.to_string())
        }

        fn visit_u64<E>(self, value: u64) -> Result<String, E> {
            Ok(value.to_string())
        }

        fn visit_str<E>(self, value: &str) -> Result<String, E> {
            Ok(value.to_owned())
        }
    }
    deserializer.deserialize_any(Plain)
}
