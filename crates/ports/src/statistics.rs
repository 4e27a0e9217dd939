//! Questions about what was counted, answered behind the loop.

use ringback_model::config::Statistic;
use ringback_model::statistic::{Amount, Counts, Measure, SubjectKind, Unit};
use ringback_model::{EngineTime, Name, WallTime};

/// One number that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    /// A measure or a configured statistic, by name.
    pub statistic: String,
    /// Of what kind of subject.
    pub kind: SubjectKind,
    /// Of which, by name.
    pub object: String,
}

/// One number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// What it measures.
    pub measure: Measure,
    /// Its value; `None`: unknown.
    pub amount: Option<Amount>,
}

impl Reading {
    /// What it counts in.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.measure.unit()
    }
}

/// Numbers as they are after one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    /// The time at which they were read.
    pub at: EngineTime,
    /// The same for people.
    pub wall: WallTime,
    /// In the order they were asked for.
    pub readings: Vec<Reading>,
}

/// How long the intervals of a report are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// A quarter of an hour.
    Quarter,
    /// An hour.
    Hour,
    /// A day, from midnight to midnight in the zone.
    Day,
}

impl Interval {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Quarter, Self::Hour, Self::Day];

    /// The name people write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quarter => "quarter",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// What a report is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportWanted {
    /// Of what kind of subject.
    pub kind: SubjectKind,
    /// Of which, by name.
    pub object: String,
    /// From when on; the interval it lies in is whole.
    pub from: WallTime,
    /// Up to when; likewise.
    pub to: WallTime,
    /// How long each interval is.
    pub interval: Interval,
    /// The zone in which hours and days begin.
    pub zone: String,
    /// The configured statistic whose filter holds, by name; `None`: everything.
    pub filter: Option<String>,
}

/// The most intervals of one report.
pub const INTERVALS_MAX: usize = 3_000;

/// One interval of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportLine {
    /// When it begins.
    pub from: WallTime,
    /// When the next one begins.
    pub to: WallTime,
    /// What was counted in it.
    pub counts: Counts,
}

/// Configured statistics, in order of their names.
pub type Definitions = Vec<(Name, Statistic)>;
