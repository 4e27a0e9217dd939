//! What the server tells about itself: logs, traces, metrics, panics.

mod logs;
mod metrics;
mod panics;
#[cfg(feature = "otlp")]
mod traces;

pub(crate) use logs::Telling;
pub(crate) use metrics::Metrics;
pub(crate) use panics::log_panics;
