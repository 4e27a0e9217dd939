//! How many agents are there: logged in, and ready for each medium. Kept while agents come and go, so
//! that nobody has to walk over all of them to know.

use ringback_model::Medium;
use ringback_model::agent::AtWork;

/// How many agents are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Staff {
    /// Logged in.
    pub logged_in: u32,
    /// Ready, by [`Medium::index`].
    pub ready: [u32; Medium::ALL.len()],
}

impl Staff {
    /// An agent is there as well.
    pub(crate) fn comes(&mut self, at_work: &AtWork) {
        self.count(at_work, u32::saturating_add);
    }

    /// An agent as he was is there no more.
    pub(crate) fn goes(&mut self, at_work: &AtWork) {
        self.count(at_work, u32::saturating_sub);
    }

    fn count(&mut self, at_work: &AtWork, by: fn(u32, u32) -> u32) {
        let one = u32::from(at_work.desk.is_some());
        self.logged_in = by(self.logged_in, one);
        for (medium, readiness) in &at_work.media {
            let ready = &mut self.ready[medium.index()];
            *ready = by(*ready, u32::from(readiness.not_ready.is_none()));
        }
    }
}
