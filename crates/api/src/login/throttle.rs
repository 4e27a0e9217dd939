//! How often log-in may be tried: per account and per address.
//!
//! A bucket of tries that fills up again, for each. The account that is tried need not exist:
//! who is throttled learns nothing by it. Kept in memory: a restart forgets it, which only the
//! operator can bring about.

use crate::options::LoginOptions;
use crate::problem::Problem;
use ringback_ports::TenantId;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many accounts and addresses are remembered; beyond, those that have all their tries are
/// forgotten first, then the one tried longest ago.
const REMEMBERED_MAX: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Account(TenantId, String),
    Address(IpAddr),
}

/// Who tries.
pub(crate) struct Throttle {
    per_account: u32,
    per_address: u32,
    window: Duration,
    tried: Mutex<FxHashMap<Who, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tries: f64,
    filled: Instant,
}

impl Throttle {
    pub(crate) fn new(options: &LoginOptions) -> Self {
        Self {
            per_account: options.tries_per_account.max(1),
            per_address: options.tries_per_address.max(1),
            window: options.tries_window.max(Duration::from_secs(1)),
            tried: Mutex::default(),
        }
    }

    /// Uses up one try of an account and of an address.
    pub(crate) fn take(
        &self,
        tenant: TenantId,
        account: &str,
        address: Option<IpAddr>,
    ) -> Result<(), Problem> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if tried.len() >= REMEMBERED_MAX {
            self.sweep(&mut tried, now);
        }
        if let Some(address) = address {
            self.one(&mut tried, Who::Address(network(address)), now)?;
        }
        self.one(&mut tried, account_of(tenant, account), now)
    }

    /// Gives an account all its tries back, because the person has proved himself.
    pub(crate) fn proved(&self, tenant: TenantId, account: &str) {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.remove(&account_of(tenant, account));
    }

    fn most(&self, who: &Who) -> u32 {
        match who {
            Who::Account(..) => self.per_account,
            Who::Address(_) => self.per_address,
        }
    }

    fn one(
        &self,
        tried: &mut FxHashMap<Who, Bucket>,
        who: Who,
        now: Instant,
    ) -> Result<(), Problem> {
        let most = self.most(&who);
        let whose = match who {
            Who::Account(..) => "this account",
            Who::Address(_) => "this address",
        };
        let full = Bucket {
            tries: f64::from(most),
            filled: now,
        };
        let bucket = tried.entry(who).or_insert(full);
        bucket.fill(most, self.window, now);
        if bucket.tries >= 1.0 {
            bucket.tries -= 1.0;
            return Ok(());
        }
        let seconds = self.window.as_secs();
        let detail = format!("{whose} may try {most} times in {seconds} s; try again later");
        Err(Problem::new("login.throttled", detail).limit(most as usize))
    }

    fn sweep(&self, tried: &mut FxHashMap<Who, Bucket>, now: Instant) {
        tried.retain(|who, bucket| {
            let most = self.most(who);
            bucket.fill(most, self.window, now);
            bucket.tries < f64::from(most)
        });
        if tried.len() >= REMEMBERED_MAX {
            let oldest = tried.iter().min_by_key(|(_, bucket)| bucket.filled);
            let oldest = oldest.map(|(who, _)| who.clone());
            oldest.and_then(|who| tried.remove(&who));
        }
    }
}

impl Bucket {
    fn fill(&mut self, most: u32, window: Duration, now: Instant) {
        let passed = now.duration_since(self.filled).as_secs_f64();
        let most = f64::from(most);
        self.tries = (self.tries + passed * most / window.as_secs_f64()).min(most);
        self.filled = now;
    }
}

fn account_of(tenant: TenantId, account: &str) -> Who {
    // However long a name somebody sends, what is remembered of it is short.
    let cut: String = account.chars().take(64).collect();
    Who::Account(tenant, cut.to_lowercase())
}

/// Whoever has one address of an IPv6 network has them all.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mut parts = v6.segments();
            parts[4..].fill(0);
            IpAddr::from(parts)
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId(1);

    fn throttle() -> Throttle {
        Throttle::new(&LoginOptions {
            tries_per_account: 2,
            tries_per_address: 3,
            tries_window: Duration::from_secs(3_600),
            ..LoginOptions::default()
        })
    }

    #[test]
    fn an_account_is_throttled_from_all_addresses_and_by_all_spellings() {
        let throttle = throttle();
        let from = |last| Some(IpAddr::from([192, 0, 2, last]));
        assert!(throttle.take(TENANT, "anna", from(1)).is_ok());
        assert!(throttle.take(TENANT, "Anna", from(2)).is_ok());
        let problem = throttle.take(TENANT, "ANNA", from(3)).expect_err("used up");
        assert_eq!((problem.code(), problem.status()), ("login.throttled", 429));
        assert!(throttle.take(TenantId(2), "anna", from(3)).is_ok());
        throttle.proved(TENANT, "anna");
        assert!(throttle.take(TENANT, "anna", from(4)).is_ok());
    }

    #[test]
    fn an_address_is_throttled_over_all_accounts() {
        let throttle = throttle();
        let from = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
        for (account, address) in [
            ("a", "2001:db8::1"),
            ("b", "2001:db8::2"),
            ("c", "2001:db8::3:1"),
        ] {
            assert!(throttle.take(TENANT, account, from(address)).is_ok());
        }
        assert!(throttle.take(TENANT, "d", from("2001:db8::4")).is_err());
        assert!(throttle.take(TENANT, "d", from("2001:db8:0:1::4")).is_ok());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let throttle = throttle();
        for number in 0..(REMEMBERED_MAX + 10) {
            let taken = throttle.take(TENANT, &format!("a{number}"), None);
            assert!(taken.is_ok());
        }
        let tried = throttle.tried.lock().expect("no panic");
        assert!(tried.len() <= REMEMBERED_MAX);
    }
}
