//! Targets of the older routing server as steps that widen: what of them needs nothing but time.

use super::{Escalation, EscalationStep};
use crate::target::expression::Expression;
use crate::target::list::{TargetItem, TargetKind, Targets};
use crate::target::step::{Step, Target};
use crate::time::Millis;

/// Why documented targets cannot be routed to as yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step}: {problem}")]
pub struct NotPlain {
    /// Which step, from 1.
    pub step: usize,
    /// What is not there yet, and what to do.
    pub problem: NotPlainProblem,
}

/// What documented targets hold that is read, but not routed to as yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPlainProblem {
    /// A statistic to check.
    #[error("statistics are not checked while routing yet: leave out stat_to_check")]
    Check,
    /// A threshold.
    #[error("thresholds are not looked at while routing yet: leave out {{{0}}}")]
    Threshold(String),
    /// A queue.
    #[error(
        "queues cannot be targets of a route request yet: name the virtual queue in \
         `virtual_queue`, and agents, groups or skills instead of {0}"
    )]
    Queue(String),
    /// Not two steps at once.
    #[error("the steps do not grow in time")]
    Times,
}

impl Escalation {
    /// One step that never changes.
    #[must_use]
    pub fn of_targets(targets: Targets) -> Self {
        Self {
            steps: vec![EscalationStep {
                targets,
                timeout: Millis::ZERO,
                clear: false,
                check: None,
            }],
        }
    }

    /// The same as steps that widen. A step whose time is 0 gives way to the next one at once.
    ///
    /// # Errors
    /// What of it depends on more than time.
    pub fn plain(&self) -> Result<Target, NotPlain> {
        let mut steps: Vec<Step> = Vec::new();
        let mut after = Millis::ZERO;
        for (index, step) in self.steps.iter().enumerate() {
            let at = |problem| NotPlain {
                step: index + 1,
                problem,
            };
            if step.check.is_some() {
                return Err(at(NotPlainProblem::Check));
            }
            let wanted = self.wanted(index, |_| true).into_iter();
            let wanted = wanted.flat_map(Targets::items).map(wanted_by);
            let wanted: Vec<Expression> = wanted.collect::<Result<_, _>>().map_err(at)?;
            if steps.last().is_some_and(|before| before.after == after) {
                steps.pop();
            }
            steps.push(Step {
                expression: any(wanted),
                after,
            });
            after = Millis(after.0 + step.timeout.0);
        }
        Target::new(steps).map_err(|_| NotPlain {
            step: 1,
            problem: NotPlainProblem::Times,
        })
    }

    /// Whether a weight is given somewhere. Weights mean something only where targets are chosen by
    /// percentage.
    #[must_use]
    pub fn has_weights(&self) -> bool {
        let items = self.steps.iter().flat_map(|step| step.targets.items());
        items.into_iter().any(|item| item.weight.is_some())
    }
}

fn wanted_by(item: &TargetItem) -> Result<Expression, NotPlainProblem> {
    if let Some(threshold) = item.threshold {
        return Err(NotPlainProblem::Threshold(threshold.to_string()));
    }
    match &item.of {
        TargetKind::Agent(name) => Ok(Expression::Agent(name.clone())),
        TargetKind::Group(name) => Ok(Expression::Group(name.clone())),
        TargetKind::Skills { expression, .. } => Ok(expression.clone()),
        TargetKind::Queue(_) | TargetKind::QueueGroup(_) => {
            Err(NotPlainProblem::Queue(item.of.to_string()))
        }
    }
}

/// Each wanted once; one alone stands for itself, so that equal wishes are equal expressions.
fn any(wanted: Vec<Expression>) -> Expression {
    let mut once: Vec<Expression> = Vec::new();
    for expression in wanted {
        if !once.contains(&expression) {
            once.push(expression);
        }
    }
    match once.len() {
        1 => once.remove(0),
        _ => Expression::Any(once),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::escalation::RawStep;

    fn read(steps: &[(&str, &str, &str)]) -> Escalation {
        let steps = steps.iter().map(|(target, timeout, clear)| RawStep {
            target: (*target).to_owned(),
            timeout: (*timeout).to_owned(),
            clear: (*clear).to_owned(),
            ..RawStep::default()
        });
        Escalation::read(steps.collect()).expect("steps").0
    }

    fn plain(steps: &[(&str, &str, &str)]) -> Vec<(String, u64)> {
        let target = read(steps).plain().expect("plain steps");
        let steps = target.steps().iter();
        steps
            .map(|step| (step.expression.to_string(), step.after.0))
            .collect()
    }

    #[test]
    fn steps_widen_what_was_wanted_and_clearing_replaces_it() {
        let told = plain(&[
            ("anna@Stat.A", "10", ""),
            ("?:English>=3@Stat.GA", "20", "false"),
            ("Overflow.GA, ?:English>=1", "0", "true"),
        ]);
        let wanted = [
            ("anna.A", 0),
            ("anna.A | English>=3", 10_000),
            ("Overflow.GA | English>=1", 30_000),
        ];
        assert_eq!(told, wanted.map(|(text, at)| (text.to_owned(), at)));
    }

    #[test]
    fn a_step_without_time_gives_way_at_once() {
        let told = plain(&[("a.GA", "0", ""), ("b.GA", "5", ""), ("b.GA", "0", "true")]);
        let wanted = [("a.GA | b.GA", 0), ("b.GA", 5_000)];
        assert_eq!(told, wanted.map(|(text, at)| (text.to_owned(), at)));
    }

    #[test]
    fn what_depends_on_more_than_time_is_refused_with_its_step() {
        for (text, part) in [
            ("{StatAgentsReady>2}sales.GA", "StatAgentsReady>2"),
            ("8001.Q", "8001.Q"),
            ("8001.GQ", "8001.GQ"),
        ] {
            let error = read(&[("a.A", "5", ""), (text, "", "")]).plain();
            let error = error.expect_err(text);
            assert_eq!(error.step, 2, "{text}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
