//! Several targets, one after the other: the multi-target form of the older callback platform.
//!
//! ```json
//! [{"target": "?:English>=3@StatServer.GA", "timeout": "30", "clear": false,
//!   "stat_to_check": "RStatAgentsTotal", "stat_operator": ">", "stat_value": "0"},
//!  {"target": "Overflow@StatServer.GA", "timeout": 60, "clear": true}]
//! ```
//!
//! A step is wanted for its time-out, then the next one. A step that begins with `clear` takes
//! the place of those before it; without, it widens them. A step whose check does not hold when
//! its turn comes is left out and takes no time. After the last step nothing changes any more.

mod plain;
mod raw;

use crate::target::list::{Notice, TargetKind, Targets, TargetsError, Threshold};
use crate::target::statistic::{Statistic, UnknownStatistic};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

pub use plain::NotMeasured;
pub use raw::RawStep;

/// A statistic of the step's own targets, compared with a number. `<` and `>` only.
pub type Check = Threshold;

/// Targets, one after the other: at least one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<EscalationStep>", into = "Vec<EscalationStep>")]
pub struct Escalation {
    steps: Vec<EscalationStep>,
}

/// One of several targets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EscalationStep {
    /// Who is wanted.
    pub targets: Targets,
    /// How long until the next step; of the last step without meaning.
    pub timeout: Millis,
    /// Whether the targets of earlier steps are no longer wanted.
    pub clear: bool,
    /// The step is left out unless this holds when its turn comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
}

impl Escalation {
    /// The most steps.
    pub const STEPS_MAX: usize = 15;
    /// The longest time-out.
    pub const TIMEOUT_MAX: Millis = Millis::seconds(86_400);

    /// An escalation of steps as they were read.
    ///
    /// # Errors
    /// The first step that breaks a rule, with the key it is about.
    pub fn new(steps: Vec<EscalationStep>) -> Result<Self, EscalationError> {
        if steps.is_empty() {
            return Err(EscalationProblem::Empty.at(1, "target"));
        }
        if steps.len() > Self::STEPS_MAX {
            return Err(EscalationProblem::TooMany(steps.len()).at(Self::STEPS_MAX + 1, "target"));
        }
        for (index, step) in steps.iter().enumerate() {
            step.validate(index + 1)?;
        }
        Ok(Self { steps })
    }

    /// Reads steps as they stand in a JSON array; tells what was ignored or may be
    /// misunderstood, with the number of the step, from 1.
    ///
    /// # Errors
    /// The first step that breaks a rule, with the key it is about.
    pub fn read(raw: Vec<RawStep>) -> Result<(Self, Vec<(usize, Notice)>), EscalationError> {
        let mut notices = Vec::new();
        let mut steps = Vec::new();
        // One more than allowed is enough to see that there are too many.
        let count = raw.len();
        for (index, raw) in raw.into_iter().take(Self::STEPS_MAX + 1).enumerate() {
            let (step, told) = raw.read(index + 1)?;
            notices.extend(told.into_iter().map(|notice| (index + 1, notice)));
            steps.push(step);
        }
        if count > Self::STEPS_MAX {
            return Err(EscalationProblem::TooMany(count).at(Self::STEPS_MAX + 1, "target"));
        }
        Ok((Self::new(steps)?, notices))
    }

    /// All steps, the first one first.
    #[must_use]
    pub fn steps(&self) -> &[EscalationStep] {
        &self.steps
    }

    /// The targets that are wanted when the turn of step `current` has come, if of the steps up
    /// to it those at `taken` were not left out: the last one that clears, and what followed.
    #[must_use]
    pub fn wanted(&self, current: usize, taken: impl Fn(usize) -> bool) -> Vec<&Targets> {
        let mut wanted = Vec::new();
        for (index, step) in self.steps.iter().enumerate().take(current + 1) {
            if !taken(index) {
                continue;
            }
            if step.clear {
                wanted.clear();
            }
            wanted.push(&step.targets);
        }
        wanted
    }
}

impl EscalationStep {
    fn validate(&self, step: usize) -> Result<(), EscalationError> {
        if self.timeout > Escalation::TIMEOUT_MAX {
            return Err(EscalationProblem::Timeout.at(step, "timeout"));
        }
        let Some(check) = self.check else {
            return Ok(());
        };
        if !matches!(check.comparison.sign(), "<" | ">") {
            return Err(EscalationProblem::Operator.at(step, "stat_operator"));
        }
        let statistic = check.statistic;
        for item in self.targets.items() {
            let skills = matches!(item.of, TargetKind::Skills { .. });
            if skills && !statistic.fits_skill_step() {
                return Err(EscalationProblem::NotOfSkills(statistic).at(step, "stat_to_check"));
            }
            if !statistic.fits(&item.of) {
                let found = item.of.measured().name();
                let problem = EscalationProblem::StatisticOf { statistic, found };
                return Err(problem.at(step, "stat_to_check"));
            }
        }
        Ok(())
    }
}

impl TryFrom<Vec<EscalationStep>> for Escalation {
    type Error = EscalationError;

    fn try_from(steps: Vec<EscalationStep>) -> Result<Self, EscalationError> {
        Self::new(steps)
    }
}

impl From<Escalation> for Vec<EscalationStep> {
    fn from(escalation: Escalation) -> Self {
        escalation.steps
    }
}

/// Why steps are no escalation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step}, {key:?}: {problem}")]
pub struct EscalationError {
    /// Which step, from 1.
    pub step: usize,
    /// Which of its keys.
    pub key: &'static str,
    /// What is wrong and what to do.
    pub problem: EscalationProblem,
}

/// What is wrong with a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EscalationProblem {
    /// Neither yes nor no.
    #[error("expected true or false")]
    Clear,
    /// None given.
    #[error("at least one step is needed")]
    Empty,
    /// A part of the check is there, another is not.
    #[error("a check needs all of stat_to_check, stat_operator and stat_value, or none")]
    Incomplete,
    /// A skill expression can be checked with few statistics only.
    #[error(
        "{0} cannot be checked of a skill expression: use RStatAgentsReadyvoice, RStatAgentsReady or RStatAgentsTotal"
    )]
    NotOfSkills(Statistic),
    /// Neither smaller nor larger.
    #[error("expected \"<\" or \">\"")]
    Operator,
    /// The statistic is one of other things.
    #[error(
        "{statistic} is measured of {}, but the target is one of {found}",
        statistic.measured().name()
    )]
    StatisticOf {
        /// Which statistic.
        statistic: Statistic,
        /// What the target is.
        found: &'static str,
    },
    /// The target text.
    #[error(transparent)]
    Target(#[from] TargetsError),
    /// Too long a time.
    #[error("expected whole seconds from 0 to {}", Escalation::TIMEOUT_MAX.0 / 1_000)]
    Timeout,
    /// Too many steps.
    #[error("there are {0} steps: at most {max} are allowed", max = Escalation::STEPS_MAX)]
    TooMany(usize),
    /// No such statistic.
    #[error(transparent)]
    UnknownStatistic(#[from] UnknownStatistic),
    /// Not a number, or too large a one.
    #[error("expected a whole number from 0 to {}", u32::MAX)]
    Value,
}

impl EscalationProblem {
    const fn at(self, step: usize, key: &'static str) -> EscalationError {
        EscalationError {
            step,
            key,
            problem: self,
        }
    }
}

#[cfg(test)]
mod tests;
