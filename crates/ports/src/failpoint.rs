//! Named points at which a test can make the process die.
//!
//! Only debug builds look; release builds compile to nothing. `RINGBACK_FAIL_AT=name:n` ends
//! the process, without any unwinding or flushing, the `n`-th time it comes by `name`.

/// A place in the life of the process where dying is interesting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailPoint {
    /// Records are encoded, the transaction has not begun.
    BeforeCommit,
    /// The transaction is durable, no answer has been released.
    AfterCommit,
    /// Some answers of the batch are released, others not.
    BetweenAnswers,
    /// An effect is claimed durably, the wire has not been touched.
    EffectStarted,
    /// The wire has been touched, the report is not journalled.
    EffectDone,
    /// Some parts of a snapshot are written.
    SnapshotPart,
    /// A snapshot is written, the older ones are still there.
    SnapshotWritten,
    /// Changes of the records are collected, not yet committed.
    BeforeProjection,
    /// Changes of the records are committed, the loop has not heard.
    AfterProjection,
    /// The journal may be pruned, nothing has gone yet.
    BeforePrune,
    /// The journal was pruned.
    AfterPrune,
    /// One file of a backup is copied, others not.
    BackupFile,
    /// A page of keys is made, not yet durable.
    KeyPage,
    /// A key is destroyed, the journal has not heard.
    KeyErased,
    /// The journal has heard of an erasure, the keeper of keys does not know that it has.
    ErasureTold,
}

impl FailPoint {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::BetweenAnswers,
        Self::EffectStarted,
        Self::EffectDone,
        Self::SnapshotPart,
        Self::SnapshotWritten,
        Self::BeforeProjection,
        Self::AfterProjection,
        Self::BeforePrune,
        Self::AfterPrune,
        Self::BackupFile,
        Self::KeyPage,
        Self::KeyErased,
        Self::ErasureTold,
    ];

    /// Its name in `RINGBACK_FAIL_AT`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeCommit => "before_commit",
            Self::AfterCommit => "after_commit",
            Self::BetweenAnswers => "between_answers",
            Self::EffectStarted => "effect_started",
            Self::EffectDone => "effect_done",
            Self::SnapshotPart => "snapshot_part",
            Self::SnapshotWritten => "snapshot_written",
            Self::BeforeProjection => "before_projection",
            Self::AfterProjection => "after_projection",
            Self::BeforePrune => "before_prune",
            Self::AfterPrune => "after_prune",
            Self::BackupFile => "backup_file",
            Self::KeyPage => "key_page",
            Self::KeyErased => "key_erased",
            Self::ErasureTold => "erasure_told",
        }
    }
}

/// Comes by a point. In release builds nothing happens.
#[cfg(not(debug_assertions))]
pub const fn pass(_: FailPoint) {}

/// Comes by a point: dies here if a test said so.
#[cfg(debug_assertions)]
pub fn pass(point: FailPoint) {
    armed::pass(point);
}

#[cfg(debug_assertions)]
mod armed {
    use super::FailPoint;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static WANTED: OnceLock<Option<(String, u32)>> = OnceLock::new();
    static PASSED: AtomicU32 = AtomicU32::new(0);

    pub(super) fn pass(point: FailPoint) {
        let wanted = WANTED.get_or_init(|| {
            let text = std::env::var("RINGBACK_FAIL_AT").ok()?;
            let (name, times) = text.split_once(':').unwrap_or((&text, "1"));
            Some((name.to_owned(), times.parse().ok()?))
        });
        let Some((name, times)) = wanted else { return };
        if name == point.name() && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *times {
            // abort() neither unwinds nor flushes: the closest to a kill from inside.
            std::process::abort();
        }
    }
}
