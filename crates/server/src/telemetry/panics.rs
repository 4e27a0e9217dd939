//! Panics in the log, with place and thread: a tenant's or a request's fault does not stop the
//! process, so the log is where it is found.

use std::backtrace::{Backtrace, BacktraceStatus};

/// From now on panics are logged instead of printed.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let backtrace = Backtrace::capture();
        tracing::error!(
            message = "The program panicked; this is a bug, please report it.",
            problem = panic.payload_as_str().unwrap_or("no text"),
            place = place.as_deref().unwrap_or("unknown"),
            thread = std::thread::current().name().unwrap_or("unnamed"),
            backtrace = (backtrace.status() == BacktraceStatus::Captured)
                .then(|| tracing::field::display(&backtrace)),
        );
    }));
}
