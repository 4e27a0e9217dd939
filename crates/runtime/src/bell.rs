//! Wakes the loop, no oftener than it is of use.
//!
//! Whoever hands something to the loop rings afterwards; the loop says before it sleeps what it
//! wants to be woken for. Waking a thread costs both sides more than deciding an input, so while
//! the writer is busy, when nothing decided could leave anyway, inputs gather. Nobody spins.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering, fence};
use std::thread::{self, Thread};
use std::time::Duration;

/// What the loop is woken for while it sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Wanted {
    /// Any message and any signal.
    Anything = 1,
    /// Signals, and messages when enough of them wait.
    Gathered = 2,
    /// Signals only.
    Signals = 3,
}

/// So many messages are worth waking up for while the writer is busy.
const ENOUGH: usize = 16;

/// Nobody sleeps.
const AWAKE: u8 = 0;

/// Belongs to one sleeper; many may ring.
#[derive(Debug)]
pub(crate) struct Bell {
    /// A [`Wanted`], or [`AWAKE`].
    wanted: AtomicU8,
    sleeper: OnceLock<Thread>,
    enough: usize,
}

impl Bell {
    /// For a sleeper for whom at most so many messages wait.
    pub(crate) fn new(messages_max: usize) -> Self {
        Self {
            wanted: AtomicU8::new(AWAKE),
            sleeper: OnceLock::new(),
            enough: ENOUGH.min(messages_max / 2),
        }
    }

    /// Whether so many messages that wait are worth waking up for while the writer is busy.
    pub(crate) const fn is_enough(&self, messages: usize) -> bool {
        messages > 0 && messages >= self.enough
    }

    /// Sleeps until somebody rings for something wanted, at most so long. `there` tells whether
    /// it has come already. May wake for nothing.
    pub(crate) fn sleep(&self, wanted: Wanted, at_most: Duration, there: impl FnOnce() -> bool) {
        self.sleeper.get_or_init(thread::current);
        self.wanted.store(wanted as u8, Ordering::Relaxed);
        // Either we see what was handed over before, or whoever did so sees that we sleep.
        fence(Ordering::SeqCst);
        if !there() {
            thread::park_timeout(at_most);
        }
        self.wanted.store(AWAKE, Ordering::Relaxed);
    }

    /// A signal was handed over.
    pub(crate) fn signal(&self) {
        self.ring(|_| true);
    }

    /// A message was handed over; `waiting` counts those that are not taken yet.
    pub(crate) fn message(&self, waiting: impl FnOnce() -> usize) {
        self.ring(|wanted| {
            if wanted == Wanted::Gathered as u8 {
                self.is_enough(waiting())
            } else {
                wanted == Wanted::Anything as u8
            }
        });
    }

    fn ring(&self, is_wanted: impl FnOnce(u8) -> bool) {
        fence(Ordering::SeqCst);
        let wanted = self.wanted.load(Ordering::Relaxed);
        if wanted == AWAKE || !is_wanted(wanted) {
            return;
        }
        // One of many who ring at the same time is enough.
        if self.wanted.swap(AWAKE, Ordering::Relaxed) != AWAKE
            && let Some(sleeper) = self.sleeper.get()
        {
            sleeper.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::unbounded;
    use std::sync::Arc;

    const LONG: Duration = Duration::from_secs(600);

    /// Hands over `count` numbers, `ring` after each; the sleeper must come to the end.
    fn hand_over(wanted: Wanted, count: u32, ring: impl Fn(&Bell, usize) + Send + 'static) {
        let bell = Arc::new(Bell::new(100));
        let (to, numbers) = unbounded();
        let ringing = Arc::clone(&bell);
        let giver = thread::spawn(move || {
            for number in 0..count {
                to.send(number).expect("somebody listens");
                ring(&ringing, to.len());
            }
        });
        let mut next = 0;
        while next < count {
            bell.sleep(wanted, LONG, || !numbers.is_empty());
            for number in numbers.try_iter() {
                assert_eq!(number, next);
                next += 1;
            }
        }
        giver.join().expect("it rang");
    }

    #[test]
    fn no_ring_is_lost() {
        hand_over(Wanted::Anything, 20_000, |bell, waiting| {
            bell.message(|| waiting);
        });
        for wanted in [Wanted::Anything, Wanted::Gathered, Wanted::Signals] {
            hand_over(wanted, 5_000, |bell, _| bell.signal());
        }
    }

    #[test]
    fn only_what_is_wanted_wakes() {
        let wakes = |wanted: Wanted, ring: &dyn Fn(&Bell)| {
            let bell = Bell::new(100);
            bell.wanted.store(wanted as u8, Ordering::Relaxed);
            ring(&bell);
            bell.wanted.load(Ordering::Relaxed) == AWAKE
        };
        for wanted in [Wanted::Anything, Wanted::Gathered, Wanted::Signals] {
            assert!(wakes(wanted, &Bell::signal), "{wanted:?}");
        }
        assert!(wakes(Wanted::Anything, &|bell| bell.message(|| 1)));
        assert!(!wakes(Wanted::Gathered, &|bell| bell.message(|| ENOUGH - 1)));
        assert!(wakes(Wanted::Gathered, &|bell| bell.message(|| ENOUGH)));
        assert!(Bell::new(1).is_enough(1) && !Bell::new(1).is_enough(0));
        assert!(!wakes(Wanted::Signals, &|bell| bell.message(|| ENOUGH)));
    }
}
