//! The steps by which a target widens.

use crate::target::expression::Expression;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One widening step: from `after` the start of the request this expression is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// Who is wanted.
    pub expression: Expression,
    /// How long after the request began to wait; 0 for the first step, then growing.
    pub after: Millis,
}

/// The target of a route request: at least one step, the first at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Steps")]
pub struct Target {
    /// Shared, because a request carries its target from the input through events to the state.
    steps: Arc<[Step]>,
}

/// A target as it was written, before its steps are looked at.
#[derive(Deserialize)]
struct Steps {
    steps: Vec<Step>,
}

impl TryFrom<Steps> for Target {
    type Error = TargetError;

    fn try_from(read: Steps) -> Result<Self, TargetError> {
        Self::new(read.steps)
    }
}

/// Why steps do not make a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// None given.
    #[error("a target needs at least one step")]
    Empty,
    /// Too many.
    #[error("a target has {0} steps: at most {max} are allowed", max = Target::STEPS_MAX)]
    TooMany(usize),
    /// The first step must hold at once, the others in order of time.
    #[error("step {0} of the target must start {1}")]
    Times(usize, &'static str),
}

impl Target {
    /// The most steps of one target.
    pub const STEPS_MAX: usize = 15;

    /// A target that never widens.
    #[must_use]
    pub fn fixed(expression: Expression) -> Self {
        Self {
            steps: Arc::new([Step {
                expression,
                after: Millis::ZERO,
            }]),
        }
    }

    /// A target with these steps.
    ///
    /// # Errors
    /// None or too many of them, or their times do not grow from 0.
    pub fn new(steps: Vec<Step>) -> Result<Self, TargetError> {
        if steps.len() > Self::STEPS_MAX {
            return Err(TargetError::TooMany(steps.len()));
        }
        match steps.first() {
            None => return Err(TargetError::Empty),
            Some(first) if first.after != Millis::ZERO => {
                return Err(TargetError::Times(1, "at once (after 0)"));
            }
            Some(_) => {}
        }
        let late = steps
            .windows(2)
            .position(|pair| pair[1].after <= pair[0].after);
        match late {
            Some(index) => Err(TargetError::Times(
                index + 2,
                "later than the step before it",
            )),
            None => Ok(Self {
                steps: steps.into(),
            }),
        }
    }

    /// All steps, the first one first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The expression of step `index`, or of the last step when there are fewer.
    #[must_use]
    pub fn expression(&self, index: u8) -> &Expression {
        let last = self.steps.len() - 1;
        &self.steps[usize::from(index).min(last)].expression
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_start_at_once_and_grow() {
        let step = |after| Step {
            expression: Expression::anyone(),
            after: Millis(after),
        };
        assert!(Target::new(vec![step(0), step(10), step(20)]).is_ok());
        assert_eq!(Target::new(vec![]), Err(TargetError::Empty));
        assert!(matches!(
            Target::new(vec![step(1)]),
            Err(TargetError::Times(1, _))
        ));
        assert!(matches!(
            Target::new(vec![step(0), step(0)]),
            Err(TargetError::Times(2, _))
        ));
        assert!(matches!(
            Target::new(vec![step(0); 16]),
            Err(TargetError::TooMany(16))
        ));
    }
}
