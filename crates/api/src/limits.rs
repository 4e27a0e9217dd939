//! How much a key may ask and how many streams it may hold.

use crate::options::ApiOptions;
use crate::problem::Problem;
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The limits of all keys.
pub(crate) struct Limits {
    rate: f64,
    burst: f64,
    streams_max: usize,
    streams_per_key_max: usize,
    streams: Arc<AtomicUsize>,
    /// By hash of the secret. Only keys that opened something get in, so it stays small.
    keys: Mutex<FxHashMap<String, Arc<KeyLimits>>>,
}

/// What one key has used.
pub(crate) struct KeyLimits {
    bucket: Mutex<Bucket>,
    streams: Arc<AtomicUsize>,
    rate: f64,
    burst: f64,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

/// A stream that is counted until it is dropped.
pub(crate) struct Counted(Vec<Arc<AtomicUsize>>);

impl Limits {
    pub(crate) fn new(options: &ApiOptions) -> Self {
        Self {
            rate: f64::from(options.key_rate.max(1)),
            burst: f64::from(options.key_burst.max(1)),
            streams_max: options.streams_max,
            streams_per_key_max: options.streams_per_key_max,
            streams: Arc::clone(&options.streams),
            keys: Mutex::default(),
        }
    }

    /// The limits of the key whose secret has this hash.
    pub(crate) fn of_key(&self, hash: &str) -> Arc<KeyLimits> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = keys.get(hash) {
            return found.clone();
        }
        let fresh = Arc::new(KeyLimits {
            bucket: Mutex::new(Bucket {
                tokens: self.burst,
                filled: Instant::now(),
            }),
            streams: Arc::default(),
            rate: self.rate,
            burst: self.burst,
        });
        keys.insert(hash.to_owned(), fresh.clone());
        fresh
    }

    /// Counts one more stream of a key.
    pub(crate) fn stream(&self, key: &KeyLimits) -> Result<Counted, Problem> {
        let mut counted = Counted(Vec::with_capacity(2));
        for (count, limit, whose) in [
            (&self.streams, self.streams_max, "this server"),
            (&key.streams, self.streams_per_key_max, "this key"),
        ] {
            if count.fetch_add(1, Ordering::Relaxed) >= limit {
                count.fetch_sub(1, Ordering::Relaxed);
                let detail = format!("{whose} already holds {limit} streams: close one first");
                return Err(Problem::new("rate.limited", detail).limit(limit));
            }
            counted.0.push(count.clone());
        }
        Ok(counted)
    }
}

impl KeyLimits {
    /// Uses one request or command up.
    pub(crate) fn take(&self) -> Result<(), Problem> {
        self.take_many(1)
    }

    /// Uses up what a request costs that does as much as so many. One that costs more than is ever
    /// there at once is taken when all of it is there, and what is missing is owed.
    pub(crate) fn take_many(&self, many: usize) -> Result<(), Problem> {
        let many = many as f64;
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = now.duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * self.rate).min(self.burst);
        bucket.filled = now;
        if bucket.tokens < many.min(self.burst) {
            let detail = format!("this key may ask {} times per second", self.rate);
            return Err(Problem::new("rate.limited", detail).limit(self.rate as usize));
        }
        bucket.tokens -= many;
        Ok(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        for count in &self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits::new(&ApiOptions {
            key_rate: 1,
            key_burst: 2,
            streams_max: 2,
            streams_per_key_max: 1,
            ..ApiOptions::default()
        })
    }

    #[test]
    fn a_key_may_burst_and_is_then_limited_alone() {
        let limits = limits();
        let one = limits.of_key("one");
        assert!(one.take().is_ok() && one.take().is_ok());
        assert_eq!(one.take().expect_err("empty").code(), "rate.limited");
        assert!(limits.of_key("one").take().is_err(), "it is one bucket");
        assert!(limits.of_key("other").take().is_ok());
    }

    #[test]
    fn what_does_as_much_as_many_costs_as_much() {
        let limits = limits();
        let key = limits.of_key("one");
        assert!(key.take().is_ok());
        assert!(key.take_many(2).is_err(), "one is left");
        assert!(key.take_many(1).is_ok());
        // One that costs more than there ever is at once is taken when all of that is there.
        let other = limits.of_key("other");
        assert!(other.take_many(50).is_ok());
        assert!(other.take().is_err(), "what was missing is owed");
    }

    #[test]
    fn streams_are_counted_until_they_end() {
        let limits = limits();
        let key = limits.of_key("one");
        let held = limits.stream(&key).expect("the first");
        assert!(limits.stream(&key).is_err());
        let other = limits.stream(&limits.of_key("two")).expect("another key");
        assert!(
            limits.stream(&limits.of_key("three")).is_err(),
            "the house is full"
        );
        drop((held, other));
        assert!(limits.stream(&key).is_ok());
    }
}
