//! Signals and parents.

use rustix::process::Signal;
use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Waits until the process is asked to stop, by SIGTERM or SIGINT; tells which.
pub(crate) async fn asked_to_stop() -> io::Result<&'static str> {
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}

/// Asks the system to end this process when the one that started it ends, so that nothing is
/// left behind.
pub(crate) fn end_with_parent() -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    Ok(())
}

/// Sends SIGTERM to a child. A child that has ended already is not an error.
pub(crate) fn ask_to_stop(child: &tokio::process::Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
}
