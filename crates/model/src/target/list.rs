//! The whole target text of the older routing server.
//!
//! ```text
//! targets   = target { "," target }
//! target    = [ "{" statistic op number "}" ] [ "[" weight "]" ] who
//! who       = name [ "@" server ] "." type | "?" [ name ] ":" expression [ "@" server ] [ ".GA" ]
//! type      = "A" | "GA" | "Q" | "GQ"
//! op        = "=" | "!=" | ">" | ">=" | "<" | "<="
//! weight    = 0 to 100
//! ```
//!
//! For example `{StatCallsInQueue<10}[25]8001.Q, [75]?:English>=2 & Loans=1@StatServer.GA`. The
//! name of a statistics server is accepted and ignored, with a notice: there is one source of
//! statistics here.

mod read;

use crate::name::{Name, NameError};
use crate::scan::Found;
use crate::target::expression::{Comparison, Expression};
use crate::target::read::ExpressionError;
use crate::target::readings::TwoReadings;
use crate::target::statistic::{Measured, Statistic, UnknownStatistic};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whom a request may go to: at least one target, in the order they were written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<TargetItem>", into = "Vec<TargetItem>")]
pub struct Targets {
    any_of: Vec<TargetItem>,
}

/// One target of several.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TargetItem {
    /// It counts only while this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// Its share in percent, where targets are chosen by percentage: 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u8>,
    /// Who it is.
    pub of: TargetKind,
}

/// A statistic of the target itself, compared with a number in the statistic's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Threshold {
    /// What is measured.
    pub statistic: Statistic,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub number: u32,
}

impl Threshold {
    /// Whether it holds when so much is measured. `None`, when nothing is known, never holds.
    #[must_use]
    pub const fn holds(&self, measured: Option<u32>) -> bool {
        let Some(measured) = measured else {
            return false;
        };
        match self.comparison {
            Comparison::Equal => measured == self.number,
            Comparison::NotEqual => measured != self.number,
            Comparison::Greater => measured > self.number,
            Comparison::AtLeast => measured >= self.number,
            Comparison::Less => measured < self.number,
            Comparison::AtMost => measured <= self.number,
        }
    }
}

/// Who a target is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// One agent: type `A`.
    Agent(Name),
    /// The agents of a group: type `GA`.
    Group(Name),
    /// A virtual queue: type `Q`. The request moves there.
    Queue(Name),
    /// The virtual queue of a group in which the fewest wait: type `GQ`.
    QueueGroup(Name),
    /// Everyone with these skills: `?name:expression`.
    Skills {
        /// What the older platform calls this set of agents; it means nothing here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Name>,
        /// The skills.
        expression: Expression,
    },
}

impl TargetKind {
    /// What statistics are measured of it.
    #[must_use]
    pub const fn measured(&self) -> Measured {
        match self {
            Self::Agent(_) | Self::Group(_) | Self::Skills { .. } => Measured::Agents,
            Self::Queue(_) | Self::QueueGroup(_) => Measured::Queues,
        }
    }
}

impl Targets {
    /// The longest text that is read, in bytes.
    pub const BYTES_MAX: usize = 4_000;
    /// The most targets in one text.
    pub const ITEMS_MAX: usize = 64;
    /// The largest weight.
    pub const WEIGHT_MAX: u8 = 100;

    /// Targets made by a program.
    ///
    /// # Errors
    /// None or too many of them, a weight over 100, or a statistic that cannot be measured of
    /// its target. The place of an error is the number of the target, from 1.
    pub fn new(any_of: Vec<TargetItem>) -> Result<Self, TargetsError> {
        if any_of.is_empty() {
            return Err(TargetsProblem::Empty.at(1));
        }
        if any_of.len() > Self::ITEMS_MAX {
            return Err(TargetsProblem::TooMany.at(Self::ITEMS_MAX + 1));
        }
        for (index, item) in any_of.iter().enumerate() {
            item.check().map_err(|problem| problem.at(index + 1))?;
        }
        Ok(Self { any_of })
    }

    /// Reads a target text; tells what was ignored or may be misunderstood.
    ///
    /// # Errors
    /// The first place that does not fit the grammar, names what is not offered, or passes a
    /// limit.
    pub fn read(text: &str) -> Result<(Self, Vec<Notice>), TargetsError> {
        read::targets(text)
    }

    /// The targets, as written: at least one.
    #[must_use]
    pub fn items(&self) -> &[TargetItem] {
        &self.any_of
    }
}

impl TargetItem {
    /// A target without threshold and weight.
    #[must_use]
    pub const fn of(of: TargetKind) -> Self {
        Self {
            threshold: None,
            weight: None,
            of,
        }
    }

    fn check(&self) -> Result<(), TargetsProblem> {
        if self
            .weight
            .is_some_and(|weight| weight > Targets::WEIGHT_MAX)
        {
            return Err(TargetsProblem::Weight);
        }
        match self.threshold {
            Some(threshold) if !threshold.statistic.fits(&self.of) => {
                Err(TargetsProblem::StatisticOf {
                    statistic: threshold.statistic,
                    found: self.of.measured().name(),
                })
            }
            _ => Ok(()),
        }
    }
}

impl std::str::FromStr for Targets {
    type Err = TargetsError;

    fn from_str(text: &str) -> Result<Self, TargetsError> {
        Self::read(text).map(|(targets, _)| targets)
    }
}

impl TryFrom<Vec<TargetItem>> for Targets {
    type Error = TargetsError;

    fn try_from(any_of: Vec<TargetItem>) -> Result<Self, TargetsError> {
        Self::new(any_of)
    }
}

impl From<Targets> for Vec<TargetItem> {
    fn from(targets: Targets) -> Self {
        targets.any_of
    }
}

impl fmt::Display for Targets {
    /// Writes a text that reads back as the same targets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.any_of.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{item}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TargetItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(threshold) = self.threshold {
            write!(f, "{{{threshold}}}")?;
        }
        if let Some(weight) = self.weight {
            write!(f, "[{weight}]")?;
        }
        fmt::Display::fmt(&self.of, f)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = self.comparison.sign();
        write!(f, "{}{sign}{}", self.statistic, self.number)
    }
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(name) => write!(f, "{name}.A"),
            Self::Group(name) => write!(f, "{name}.GA"),
            Self::Queue(name) => write!(f, "{name}.Q"),
            Self::QueueGroup(name) => write!(f, "{name}.GQ"),
            Self::Skills {
                name: None,
                expression,
            } => write!(f, "?:{expression}.GA"),
            Self::Skills {
                name: Some(name),
                expression,
            } => write!(f, "?{name}:{expression}.GA"),
        }
    }
}

/// What the writer of a target text should know, though the text was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A statistics server was named; the name is ignored.
    StatServer {
        /// Where the name stands, in bytes counted from 1.
        place: usize,
        /// The name.
        name: String,
    },
    /// A skill expression without parentheses that means something else from left to right.
    TwoReadings(TwoReadings),
}

impl Notice {
    /// Where it is about, in bytes counted from 1.
    #[must_use]
    pub const fn place(&self) -> usize {
        match self {
            Self::StatServer { place, .. } => *place,
            Self::TwoReadings(readings) => readings.place,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StatServer { place, name } => write!(
                f,
                "place {place}: the statistics server {name:?} is ignored: there is one source \
                 of statistics here"
            ),
            Self::TwoReadings(readings) => fmt::Display::fmt(readings, f),
        }
    }
}

/// Why a text is not a list of targets, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("routing target, place {place}: {problem}")]
pub struct TargetsError {
    /// Where, in bytes counted from 1.
    pub place: usize,
    /// What is wrong and what to do.
    pub problem: TargetsProblem,
}

/// What is wrong with a list of targets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetsProblem {
    /// Nothing there.
    #[error("nothing there: name a target, for example Billing.GA or ?:English>=2")]
    Empty,
    /// Something else stands where the grammar wants one thing.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What the grammar wants.
        expected: &'static str,
        /// What is there.
        found: Found,
    },
    /// The skill expression of a target.
    #[error("{0}")]
    Expression(String),
    /// The name of a target.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A kind of target there is, but not here.
    #[error("targets of type {kind} ({meaning}) do not exist here: {instead}")]
    NotOffered {
        /// The type.
        kind: &'static str,
        /// What it means.
        meaning: &'static str,
        /// What to use instead.
        instead: &'static str,
    },
    /// Not a number, or too large a one.
    #[error("expected a whole number from 0 to {max}")]
    Number {
        /// The largest.
        max: u32,
    },
    /// The statistic is one of other things.
    #[error(
        "{statistic} is measured of {}, but this target is one of {found}",
        statistic.measured().name()
    )]
    StatisticOf {
        /// Which statistic.
        statistic: Statistic,
        /// What the target is.
        found: &'static str,
    },
    /// The text is too long.
    #[error("longer than {} bytes", Targets::BYTES_MAX)]
    TooLong,
    /// Too many targets.
    #[error("more than {} targets: use a group", Targets::ITEMS_MAX)]
    TooMany,
    /// No such statistic.
    #[error(transparent)]
    UnknownStatistic(#[from] UnknownStatistic),
    /// No such type.
    #[error(
        "{0:?} is no type of target: use A (agent), GA (agent group), Q (queue) or GQ (queue group)"
    )]
    UnknownType(String),
    /// Too large a weight.
    #[error("expected a weight from 0 to {}", Targets::WEIGHT_MAX)]
    Weight,
}

impl TargetsProblem {
    const fn at(self, place: usize) -> TargetsError {
        TargetsError {
            place,
            problem: self,
        }
    }
}

impl From<ExpressionError> for TargetsError {
    fn from(error: ExpressionError) -> Self {
        TargetsProblem::Expression(error.problem).at(error.place)
    }
}

#[cfg(test)]
mod tests;
