//! What of documented targets needs nothing but time, and what the routing looks at for the rest.

use super::{Escalation, EscalationStep};
use crate::medium::Medium;
use crate::target::expression::Expression;
use crate::target::gate::Gate;
use crate::target::list::{TargetItem, TargetKind, Targets};
use crate::target::statistic::Statistic;
use crate::target::step::{Step, Target};
use crate::time::Millis;

/// A statistic that the routing does not measure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step}: {statistic} is not measured by the routing: {}", instead(*.statistic))]
pub struct NotMeasured {
    /// Which step, from 1.
    pub step: usize,
    /// Which statistic.
    pub statistic: Statistic,
}

const fn instead(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::StatCallsAnswered | Statistic::StatCallsCompleted => {
            "use StatAgentLoading or StatAgentOccupancy"
        }
        _ => "use StatCallsInQueue or StatAgentsInQueueReady",
    }
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

    /// The same as steps that widen, if nothing of it depends on more than time. A step whose
    /// time is 0 gives way to the next one at once.
    #[must_use]
    pub fn plain(&self) -> Option<Target> {
        let mut steps: Vec<Step> = Vec::new();
        let mut after = Millis::ZERO;
        for (index, step) in self.steps.iter().enumerate() {
            if step.check.is_some() || step.targets.items().iter().any(needs_more_than_time) {
                return None;
            }
            let wanted = self.wanted(index, |_| true).into_iter();
            let wanted = wanted.flat_map(Targets::items);
            let wanted = wanted.filter_map(|item| item.of.agents()).collect();
            if steps.last().is_some_and(|before| before.after == after) {
                steps.pop();
            }
            steps.push(Step {
                expression: any(wanted),
                after,
            });
            after = Millis(after.0 + step.timeout.0);
        }
        Target::new(steps).ok()
    }

    /// Whether all statistics it names are measured by the routing.
    ///
    /// # Errors
    /// The first one that is not.
    pub fn measurable(&self) -> Result<(), NotMeasured> {
        for (step, it) in (1..).zip(&self.steps) {
            let checked = it.check.iter();
            let thresholds = it.targets.items().iter();
            let thresholds = thresholds.filter_map(|item| item.threshold.as_ref());
            let mut named = checked.chain(thresholds).map(|it| it.statistic);
            if let Some(statistic) = named.find(|statistic| !statistic.is_measured()) {
                return Err(NotMeasured { step, statistic });
            }
        }
        Ok(())
    }

    /// The agents wanted when the turn of step `current` has come, if of the steps up to it those
    /// at `taken` were not left out: nobody, when only queues are.
    #[must_use]
    pub fn agents(
        &self,
        current: usize,
        taken: impl Fn(usize) -> bool,
        over: Medium,
    ) -> Expression {
        let wanted = self.wanted(current, taken).into_iter();
        let wanted = wanted.flat_map(Targets::items);
        any(wanted.filter_map(|item| item.agents(over)).collect())
    }

    /// Whether a weight is given somewhere.
    #[must_use]
    pub fn has_weights(&self) -> bool {
        let items = self.steps.iter().flat_map(|step| step.targets.items());
        items.into_iter().any(|item| item.weight.is_some())
    }

    /// All thresholds it names, for requests of a medium; some may stand there twice.
    pub fn gates(&self, over: Medium) -> impl Iterator<Item = Gate> + '_ {
        let items = self.steps.iter().flat_map(|step| step.targets.items());
        items.filter_map(move |item| item.gate(over))
    }

    /// All targets it names; some may stand there twice.
    pub fn items(&self) -> impl Iterator<Item = &TargetItem> {
        self.steps.iter().flat_map(|step| step.targets.items())
    }
}

const fn needs_more_than_time(item: &TargetItem) -> bool {
    item.threshold.is_some() || item.weight.is_some() || item.of.agents_kind().is_none()
}

impl TargetItem {
    /// Its threshold, for requests of a medium.
    #[must_use]
    pub fn gate(&self, over: Medium) -> Option<Gate> {
        self.threshold.map(|threshold| Gate {
            threshold,
            of: self.of.clone(),
            medium: over,
        })
    }

    /// Whom of the agents it means as long as its threshold holds; none for queues.
    #[must_use]
    pub fn agents(&self, over: Medium) -> Option<Expression> {
        let agents = self.of.agents()?;
        Some(match self.gate(over) {
            Some(gate) => Expression::All(vec![Expression::Open(Box::new(gate)), agents]),
            None => agents,
        })
    }
}

impl TargetKind {
    /// Whom of the agents it means; none for queues.
    #[must_use]
    pub fn agents(&self) -> Option<Expression> {
        match self {
            Self::Agent(name) => Some(Expression::Agent(name.clone())),
            Self::Group(name) => Some(Expression::Group(name.clone())),
            Self::Skills { expression, .. } => Some(expression.clone()),
            Self::Queue(_) | Self::QueueGroup(_) => None,
        }
    }

    const fn agents_kind(&self) -> Option<()> {
        match self {
            Self::Queue(_) | Self::QueueGroup(_) => None,
            _ => Some(()),
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
    fn what_depends_on_more_than_time_is_not_plain() {
        for text in [
            "{StatAgentsReady>2}sales.GA",
            "[70]sales.GA",
            "8001.Q",
            "8001.GQ",
        ] {
            assert_eq!(
                read(&[("a.A", "5", ""), (text, "", "")]).plain(),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn thresholds_stand_in_front_of_the_agents_they_hold_for() {
        let targets = read(&[("{StatAgentsReady>2}sales.GA, 8001.Q, anna.A", "", "")]);
        let wanted = targets.agents(0, |_| true, Medium::Chat);
        assert_eq!(
            wanted.to_string(),
            "{StatAgentsReady>2} & sales.GA | anna.A"
        );
        let gates: Vec<_> = targets
            .gates(Medium::Chat)
            .map(|it| it.to_string())
            .collect();
        assert_eq!(gates, ["{StatAgentsReady>2}sales.GA"]);
        let only_queues = read(&[("8001.Q", "", "")]);
        let nobody = only_queues.agents(0, |_| true, Medium::Chat);
        assert_eq!(nobody, Expression::Any(Vec::new()));
    }

    #[test]
    fn a_statistic_the_routing_does_not_measure_is_told_with_its_step() {
        let targets = read(&[("a.A", "5", ""), ("{InVQWaitTime<30}8001.Q", "", "")]);
        let error = targets.measurable().expect_err("not measured");
        assert_eq!((error.step, error.statistic), (2, Statistic::InVqWaitTime));
        assert!(error.to_string().contains("StatCallsInQueue"), "{error}");
    }
}
