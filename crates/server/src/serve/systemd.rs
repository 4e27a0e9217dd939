//! What systemd is told: readiness, stopping, and that the loop still turns. Outside of systemd
//! all this does nothing.

use ringback_ports::Hall;
use sd_notify::NotifyState;
use std::sync::Arc;

/// The server answers.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The server drains.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Feeds the watchdog while the house is alive; a loop that stands still lets systemd restart
/// the service. Returns at once when no watchdog is wanted.
pub(super) async fn feed_watchdog(hall: Arc<dyn Hall>) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    loop {
        if hall.health().live {
            tell(&[NotifyState::Watchdog]);
        } else {
            tracing::error!("The loop does not turn; systemd will restart the service.");
        }
        tokio::time::sleep(limit / 3).await;
    }
}

fn tell(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "Systemd could not be told.");
    }
}
