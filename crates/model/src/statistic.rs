//! Statistics: what is counted, of whom, over which stretch of time, and when somebody who
//! watches a number is told that it changed.
//!
//! Three layers. [`Counter`]s are sums of facts and are kept per [`Key`]; they can be added up
//! over any stretch. [`Measure`]s are what people ask for and are computed from counters, or
//! from what is true at this moment. A [`Statistic`](crate::config::Statistic) is a measure with
//! a [`Profile`], thresholds and a filter, under a name of its own.
//!
//! When what is counted, and where, is defined in `docs/reference/statistics.md`; each row of
//! its table has a scenario.

mod counts;
mod measure;
mod notify;
mod profile;
mod subject;

pub use counts::{Counter, Counts, EDGES_SECONDS, Sparse, Tally, Together};
pub use measure::{Amount, Measure, Thresholds, Unit, UnknownMeasure};
pub use notify::{Insensitivity, Mode, Notifier};
pub use profile::{Profile, SELECTION_MAX, SLIDING_MINUTES_MAX};
pub use subject::{Key, Subject, SubjectKind, UnknownSubjectKind};
