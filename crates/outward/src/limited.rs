//! So many messages to one recipient and no more, whoever asks for them.

use futures_util::future::BoxFuture;
use ringback_ports::TenantId;
use ringback_ports::notify::{Notice, Notify, NotifyFault};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A way to bring messages, with a limit for each recipient.
pub struct Limited<N> {
    way: N,
    most: u32,
    within: Duration,
    sent: Mutex<BTreeMap<(TenantId, String), VecDeque<Instant>>>,
}

/// How many messages one recipient gets.
pub const MOST: u32 = 5;
/// In how long.
pub const WITHIN: Duration = Duration::from_secs(600);
/// How many recipients are remembered; then those whose time is over are forgotten.
const RECIPIENTS_MAX: usize = 100_000;

impl<N> Limited<N> {
    /// At most `most` messages to one recipient within this time.
    pub fn new(way: N, most: u32, within: Duration) -> Self {
        Self {
            way,
            most,
            within,
            sent: Mutex::default(),
        }
    }

    /// Counts one message, unless there were too many.
    fn take(&self, tenant: TenantId, to: &str, now: Instant) -> Result<(), NotifyFault> {
        // Letters of both sizes reach the same box as good as everywhere.
        let key = (tenant, to.trim().to_lowercase());
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let old = |at: &Instant| now.duration_since(*at) >= self.within;
        if sent.len() >= RECIPIENTS_MAX && !sent.contains_key(&key) {
            sent.retain(|_, times| !times.iter().all(old));
        }
        let limited = |again| NotifyFault::Limited {
            most: self.most,
            within: self.within,
            again,
        };
        if sent.len() >= RECIPIENTS_MAX && !sent.contains_key(&key) {
            return Err(limited(self.within));
        }
        let times = sent.entry(key).or_default();
        times.retain(|at| !old(at));
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        if let Some(first) = times.front().filter(|_| times.len() >= most) {
            return Err(limited(
                self.within.saturating_sub(now.duration_since(*first)),
            ));
        }
        times.push_back(now);
        Ok(())
    }
}

impl<N: Notify> Notify for Limited<N> {
    fn name(&self) -> &'static str {
        self.way.name()
    }

    fn notify<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyFault>> {
        Box::pin(async move {
            let done = match self.take(notice.tenant, &notice.to, Instant::now()) {
                Ok(()) => self.way.notify(notice).await,
                Err(limited) => Err(limited),
            };
            let outcome = match &done {
                Ok(()) => "accepted",
                Err(NotifyFault::Limited { .. }) => "limited",
                Err(NotifyFault::Address(_) | NotifyFault::Refused(_)) => "refused",
                Err(NotifyFault::Failed(_)) => "failed",
            };
            let way = self.name();
            metrics::counter!("ringback_notices_total", "way" => way, "outcome" => outcome)
                .increment(1);
            done
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Notify for Nothing {
        fn name(&self) -> &'static str {
            "nothing"
        }

        fn notify<'a>(&'a self, _: &'a Notice) -> BoxFuture<'a, Result<(), NotifyFault>> {
            Box::pin(async { Ok(()) })
        }
    }

    #[test]
    fn a_recipient_gets_so_many_and_then_waits() {
        let limited = Limited::new(Nothing, 2, Duration::from_secs(60));
        let begin = Instant::now();
        let take = |to: &str, after: u64| {
            limited.take(TenantId(1), to, begin + Duration::from_secs(after))
        };
        take("a@b.example", 0).expect("the first");
        take("A@b.example ", 10).expect("the second");
        let refused = NotifyFault::Limited {
            most: 2,
            within: Duration::from_secs(60),
            again: Duration::from_secs(40),
        };
        assert_eq!(take("a@b.example", 20), Err(refused));
        take("other@b.example", 20).expect("somebody else");
        take("a@b.example", 60).expect("the first is forgotten");
        assert!(take("a@b.example", 61).is_err());
    }
}
