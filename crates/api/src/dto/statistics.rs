//! Statistics as the API shows them.

use super::config::objects::StatisticPut;
use crate::text::Time;
use ringback_model::statistic::{Counter, Counts, Measure};
use ringback_ports::statistics::{Reading, ReportLine};
use serde::Serialize;
use serde_json::Number;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What can be measured, and what is configured.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DefinitionsView {
    /// All measures; each can be asked for by its name.
    pub(crate) measures: Vec<MeasureView>,
    /// Configured statistics, in order of their names.
    pub(crate) items: Vec<ConfiguredView>,
}

/// A measure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeasureView {
    #[schema(example = "service_factor")]
    name: &'static str,
    /// What it counts in: count, seconds or percent.
    #[schema(example = "percent")]
    unit: &'static str,
    /// Of which kinds of subjects it is known.
    subjects: Vec<&'static str>,
    /// Whether it is about this moment and has no stretch of time.
    current: bool,
    /// What it means.
    meaning: &'static str,
    /// What the older platform calls something of this kind.
    #[schema(example = "ServiceFactor")]
    older_name: &'static str,
}

impl From<&Measure> for MeasureView {
    fn from(measure: &Measure) -> Self {
        Self {
            name: measure.name(),
            unit: measure.unit().name(),
            subjects: measure.kinds().iter().map(|kind| kind.name()).collect(),
            current: measure.is_current(),
            meaning: measure.meaning(),
            older_name: measure.older_name(),
        }
    }
}

/// A configured statistic.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfiguredView {
    #[schema(example = "answered-quickly")]
    pub(crate) name: String,
    pub(crate) body: StatisticPut,
}

/// A number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingView {
    /// What was asked for: statistic, kind of subject, subject.
    #[schema(example = "service_factor/virtual_queue/support")]
    pub(crate) statistic: String,
    /// The value; null: unknown, for instance a share of nothing.
    #[schema(value_type = Option<f64>, example = 80.5)]
    pub(crate) value: Option<Number>,
    /// What it counts in: count, seconds or percent.
    #[schema(example = "percent")]
    pub(crate) unit: &'static str,
}

impl ReadingView {
    pub(crate) fn new(statistic: String, reading: &Reading) -> Self {
        Self {
            statistic,
            value: reading.amount.and_then(|amount| number(amount.0)),
            unit: reading.unit().name(),
        }
    }
}

/// A number, whole where it is whole.
pub(crate) fn number(value: f64) -> Option<Number> {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Some(Number::from(value as i64));
    }
    Number::from_f64((value * 1_000.0).round() / 1_000.0)
}

/// Numbers that are told together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingsView {
    /// When they were read.
    #[schema(value_type = String, format = "date-time")]
    pub(crate) at: Time,
    pub(crate) items: Vec<ReadingView>,
}

/// A report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportView {
    /// Interval after interval, also those in which nothing was counted.
    pub(crate) items: Vec<ReportLineView>,
}

/// One interval of a report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportLineView {
    #[schema(value_type = String, format = "date-time")]
    from: Time,
    /// When the next one begins.
    #[schema(value_type = String, format = "date-time")]
    to: Time,
    /// What was counted, by name; what is zero is left out.
    counts: BTreeMap<&'static str, u64>,
    /// Measures over the interval, by name; those of which nothing is known are left out.
    #[schema(value_type = BTreeMap<String, f64>)]
    values: BTreeMap<&'static str, Number>,
    /// Of queues and media: what entered, and what left in all ways plus the change inside. They
    /// are equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<BalanceView>,
}

/// Both sides of the books.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BalanceView {
    entered: i64,
    accounted_for: i64,
    /// How many more are inside at the end than at the beginning.
    inside_change: i64,
}

impl ReportLineView {
    pub(crate) fn new(
        line: &ReportLine,
        values: BTreeMap<&'static str, Number>,
        balanced: Option<bool>,
    ) -> Self {
        let counted = |counter: &Counter| {
            let value = line.counts.get(*counter);
            (value > 0).then(|| (counter.name(), value))
        };
        let balance = |interactions| balance(&line.counts, interactions);
        Self {
            from: Time::wall(line.from),
            to: Time::wall(line.to),
            counts: Counter::ALL.iter().filter_map(counted).collect(),
            values,
            balance: balanced.map(balance),
        }
    }
}

fn balance(counts: &Counts, interactions: bool) -> BalanceView {
    let (entered, accounted_for) = counts.balance(interactions);
    BalanceView {
        entered,
        accounted_for,
        inside_change: counts.inside_change(),
    }
}
