//! Settings of all tenants that are set by file or environment.

use super::Resolve;
use crate::config::fault::ConfigFault;
use crate::config::keys::RawConfig;
use ringback_api::Locked;

/// An hour, in milliseconds.
const HOUR: u64 = 3_600_000;
/// A day.
const DAY: u64 = 24 * HOUR;

impl Resolve<'_> {
    /// Everything that is set, with its place. The ranges are those that the heart checks again.
    pub(super) fn settings(&self, raw: &RawConfig) -> Result<Locked, ConfigFault> {
        let raw = &raw.settings;
        let mut locked = Locked::default();
        for (key, value, min, max) in [
            ("offer_ttl_ms", raw.offer_ttl_ms, 1_000, HOUR),
            ("cool_down_ms", raw.cool_down_ms, 0, HOUR),
            ("desk_grace_ms", raw.desk_grace_ms, 1_000, HOUR),
            ("handling_ttl_ms", raw.handling_ttl_ms, 1_000, 30 * DAY),
            ("routing_ttl_ms", raw.routing_ttl_ms, 1_000, 30 * DAY),
            ("open_max", raw.open_max, 0, u64::from(u32::MAX)),
            ("credit_max_ms", raw.credit_max_ms, 0, 30 * DAY),
            ("results_kept_ms", raw.results_kept_ms, 60_000, 7 * DAY),
        ] {
            if let Some(value) = value {
                let path = format!("settings.{key}");
                let value = self.within(&path, value, min, max)?;
                locked.lock(key, value, self.sources.of_short(&path));
            }
        }
        Ok(locked)
    }
}
