//! The limits and intervals of the hall, in one visible place.

use crate::clock::{Clock, SystemClock};
use ringback_model::Name;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Hears what is being done, how much of it is done, and of how much.
pub type Progress = Arc<dyn Fn(&str, u64, u64) + Send + Sync>;

/// What the hall is started with. [`RuntimeConfig::new`] has the defaults.
#[derive(Clone)]
pub struct RuntimeConfig {
    /// The tenants to serve; those that are not there are made.
    pub tenants: Vec<Name>,
    /// Who holds the leases, for people: host and process.
    pub holder: String,
    /// How long a lease is good for; renewed at a third of it.
    pub lease: Duration,
    /// Commands that may wait for the loop; more are refused.
    pub commands_max: usize,
    /// Entries of one batch over all tenants; more wait for the next batch.
    pub batch_max: usize,
    /// Timers fired by one input.
    pub timers_per_input: u32,
    /// Timers per second and tenant that were overdue when the engine was opened.
    pub overdue_per_second: u32,
    /// A snapshot is taken when so many records were written since the last one...
    pub snapshot_records: u64,
    /// ... looked at this often.
    pub snapshot_every: Duration,
    /// How long records are kept after they are in a snapshot: the replay window.
    pub journal_kept: Duration,
    /// Pushes that may wait for one subscriber; a slower one starts afresh.
    pub pushes_max: usize,
    /// How long a read waits for `at_least`.
    pub records_wait: Duration,
    /// Below this room new interactions are refused.
    pub room_low: u64,
    /// Below this room the ballast goes as well.
    pub room_critical: u64,
    /// How often the room is looked at.
    pub room_every: Duration,
    /// Effects carried out at the same time.
    pub effects_max: usize,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Called when the process must end (a failed flush): what happened. Must not return.
    pub fatal: Arc<dyn Fn(&str) + Send + Sync>,
    /// Told about work that takes long.
    pub progress: Progress,
    /// Debug builds only: submissions of kind `panic.decide` and `panic.apply` make the engine
    /// panic there, so that tests can see what becomes of it.
    pub panics_on_purpose: bool,
}

impl RuntimeConfig {
    /// The defaults, for these tenants.
    #[must_use]
    pub fn new(tenants: Vec<Name>) -> Self {
        Self {
            tenants,
            holder: format!("process {}", std::process::id()),
            lease: Duration::from_secs(10),
            commands_max: 16_384,
            batch_max: 4_096,
            timers_per_input: 64,
            overdue_per_second: 200,
            snapshot_records: 20_000,
            snapshot_every: Duration::from_secs(30),
            journal_kept: Duration::from_secs(72 * 3_600),
            pushes_max: 1_024,
            records_wait: Duration::from_secs(2),
            room_low: 512 * 1024 * 1024,
            room_critical: 128 * 1024 * 1024,
            room_every: Duration::from_secs(1),
            effects_max: 64,
            clock: Arc::new(SystemClock::default()),
            fatal: Arc::new(|problem| {
                tracing::error!(problem, "The process must end.");
                std::process::abort();
            }),
            progress: Arc::new(|_, _, _| {}),
            panics_on_purpose: false,
        }
    }
}

impl fmt::Debug for RuntimeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeConfig")
            .field("tenants", &self.tenants)
            .finish_non_exhaustive()
    }
}
