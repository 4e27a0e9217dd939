//! What the server tells about itself: logs, metrics, panics.

mod logs;
mod metrics;
mod panics;

pub(crate) use logs::start as start_logs;
pub(crate) use metrics::Metrics;
pub(crate) use panics::log_panics;
