//! Snapshots: which interactions fitted a condition, kept for a while so that a supervisor can
//! leaf through them and act on them while the house goes on.
//!
//! They live in memory only. After a restart, or when they were not used for a while, they are
//! gone and taken again.

use ringback_model::{InteractionId, WallTime};
use ringback_ports::TenantId;
use ringback_ports::envelope::ActorRef;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most interactions one snapshot holds.
pub(crate) const HELD_MAX: usize = 100_000;
/// How many snapshots one key may have; the one not used for longest goes.
const PER_KEY_MAX: usize = 10;
/// How long one is kept after it was last used.
pub(crate) const KEPT: Duration = Duration::from_secs(600);

/// Which interactions fitted, in the order asked for.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// What it is called.
    pub(crate) id: u64,
    /// They.
    pub(crate) held: Vec<InteractionId>,
    /// When it was taken.
    pub(crate) taken: WallTime,
}

struct Kept {
    tenant: TenantId,
    by: ActorRef,
    used: Instant,
    snapshot: Arc<Snapshot>,
}

/// All snapshots there are.
#[derive(Default)]
pub(crate) struct Snapshots {
    all: Mutex<(u64, Vec<Kept>)>,
}

impl Snapshots {
    /// Keeps one.
    pub(crate) fn keep(
        &self,
        tenant: TenantId,
        by: &ActorRef,
        held: Vec<InteractionId>,
        taken: WallTime,
        now: Instant,
    ) -> Arc<Snapshot> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, kept) = &mut *all;
        *last += 1;
        let snapshot = Arc::new(Snapshot {
            id: *last,
            held,
            taken,
        });
        forget(kept, now);
        let mine = |it: &Kept| it.tenant == tenant && it.by == *by;
        if kept.iter().filter(|it| mine(it)).count() >= PER_KEY_MAX {
            let oldest = kept.iter().enumerate().filter(|(_, it)| mine(it));
            let oldest = oldest.min_by_key(|(_, it)| it.used).map(|(at, _)| at);
            oldest.map(|at| kept.remove(at));
        }
        kept.push(Kept {
            tenant,
            by: by.clone(),
            used: now,
            snapshot: Arc::clone(&snapshot),
        });
        snapshot
    }

    /// One of somebody's own.
    pub(crate) fn get(
        &self,
        tenant: TenantId,
        by: &ActorRef,
        id: u64,
        now: Instant,
    ) -> Option<Arc<Snapshot>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut all.1, now);
        let found = all
            .1
            .iter_mut()
            .find(|it| it.snapshot.id == id && it.tenant == tenant && it.by == *by)?;
        found.used = now;
        Some(Arc::clone(&found.snapshot))
    }

    /// Lets one of somebody's own go; whether there was one.
    pub(crate) fn release(&self, tenant: TenantId, by: &ActorRef, id: u64) -> bool {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.1.len();
        all.1
            .retain(|it| it.snapshot.id != id || it.tenant != tenant || it.by != *by);
        all.1.len() < before
    }
}

fn forget(kept: &mut Vec<Kept>, now: Instant) {
    kept.retain(|it| now.saturating_duration_since(it.used) < KEPT);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: TenantId = TenantId(1);

    fn by(name: &str) -> ActorRef {
        ActorRef::Key(name.parse().expect("a name"))
    }

    fn keep(snapshots: &Snapshots, who: &str, now: Instant) -> u64 {
        let held = vec![InteractionId(1)];
        snapshots.keep(HERE, &by(who), held, WallTime(0), now).id
    }

    #[test]
    fn nobody_gets_the_snapshot_of_another() {
        let (snapshots, now) = (Snapshots::default(), Instant::now());
        let id = keep(&snapshots, "anna", now);
        assert!(snapshots.get(HERE, &by("anna"), id, now).is_some());
        assert!(snapshots.get(HERE, &by("ben"), id, now).is_none());
        assert!(snapshots.get(TenantId(2), &by("anna"), id, now).is_none());
        assert!(!snapshots.release(HERE, &by("ben"), id));
        assert!(snapshots.release(HERE, &by("anna"), id));
        assert!(snapshots.get(HERE, &by("anna"), id, now).is_none());
    }

    #[test]
    fn what_is_not_used_goes_and_using_it_keeps_it() {
        let (snapshots, start) = (Snapshots::default(), Instant::now());
        let id = keep(&snapshots, "anna", start);
        let nearly = start + KEPT - Duration::from_secs(1);
        assert!(snapshots.get(HERE, &by("anna"), id, nearly).is_some());
        let later = start + KEPT + Duration::from_secs(1);
        assert!(snapshots.get(HERE, &by("anna"), id, later).is_some());
        let much_later = later + KEPT;
        assert!(snapshots.get(HERE, &by("anna"), id, much_later).is_none());
    }

    #[test]
    fn of_too_many_the_one_unused_for_longest_goes_and_only_ones_own() {
        let (snapshots, start) = (Snapshots::default(), Instant::now());
        let others = keep(&snapshots, "ben", start);
        let at = |number: usize| start + Duration::from_secs(number as u64);
        let ids: Vec<u64> = (0..PER_KEY_MAX)
            .map(|number| keep(&snapshots, "anna", at(number)))
            .collect();
        assert!(snapshots.get(HERE, &by("anna"), ids[0], at(20)).is_some());
        keep(&snapshots, "anna", at(21));
        assert!(snapshots.get(HERE, &by("anna"), ids[0], at(22)).is_some());
        assert!(snapshots.get(HERE, &by("anna"), ids[1], at(22)).is_none());
        assert!(snapshots.get(HERE, &by("ben"), others, at(22)).is_some());
    }
}
