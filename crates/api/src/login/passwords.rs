//! Passwords: argon2id, computed away from the threads that serve requests, a few at a time.

use super::deny;
use crate::options::LoginOptions;
use crate::problem::Problem;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// The longest password, in bytes. A longer one is refused, never cut.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1_024;

/// Computes and checks the hashes of passwords.
pub(crate) struct Passwords {
    argon2: Arc<Argon2<'static>>,
    /// How many are computed at once.
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    /// Checked against when there is nothing to check against, so that nobody learns by the time
    /// it takes who exists.
    decoy: Arc<OnceLock<String>>,
}

/// One who waits for his turn; counted until dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Passwords {
    pub(crate) fn new(options: &LoginOptions) -> Self {
        let params = Params::new(
            options.argon2_memory_kib,
            options.argon2_passes,
            options.argon2_lanes,
            Some(Params::DEFAULT_OUTPUT_LEN),
        );
        // The door of the server checks its options; others get the default.
        let params = params.unwrap_or_default();
        Self {
            argon2: Arc::new(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)),
            permits: Arc::new(Semaphore::new(options.hashes_at_once.max(1))),
            waiting: AtomicUsize::new(0),
            waiting_max: options.hashes_waiting_max,
            decoy: Arc::default(),
        }
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Problem> {
        let argon2 = self.argon2.clone();
        self.compute(move || hash(&argon2, &password)).await?
    }

    /// Whether a password has this hash. Without a hash it takes as long, and it has not.
    pub(crate) async fn verify(
        &self,
        phc: Option<String>,
        password: String,
    ) -> Result<bool, Problem> {
        let (argon2, decoy) = (self.argon2.clone(), self.decoy.clone());
        self.compute(move || {
            if password.len() > PASSWORD_BYTES_MAX {
                return false;
            }
            let known = phc.is_some();
            let against = phc.unwrap_or_else(|| {
                let made = || hash(&argon2, "nobody's password").unwrap_or_default();
                decoy.get_or_init(made).clone()
            });
            let fits = argon2.verify_password(password.as_bytes(), against.as_str());
            fits.is_ok() && known
        })
        .await
    }

    /// Computes when it is its turn; too many at once are turned away, so that a flood of log-ins
    /// costs no more than the few computed at once.
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let waiting = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= self.waiting_max {
            let limit = self.waiting_max;
            let detail = format!("{limit} log-ins are waiting already; try again in a moment");
            return Err(Problem::new("unavailable.overloaded", detail).limit(limit));
        }
        let permit = self.permits.clone().acquire_owned().await;
        drop(waiting);
        let permit = permit.map_err(Problem::broken)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        done.await.map_err(Problem::broken)
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, Problem> {
    let mut salt = [0; 16];
    let random = SystemRandom::new().fill(&mut salt);
    random.map_err(|_| Problem::broken("the system gave no random bytes"))?;
    let made = argon2.hash_password_with_salt(password.as_bytes(), &salt);
    made.map(|phc| phc.to_string()).map_err(Problem::broken)
}

/// Whether a new password may be used.
pub(crate) fn check_new(password: &str, name: &str, min: u16, at: &str) -> Result<(), Problem> {
    let problem = if password.chars().count() < usize::from(min) {
        format!("a password has at least {min} characters")
    } else if password.len() > PASSWORD_BYTES_MAX {
        format!("a password has at most {PASSWORD_BYTES_MAX} bytes; nothing is cut off")
    } else if deny::is_common(password, name) {
        "this is among the first that others would try: choose another one".to_owned()
    } else {
        return Ok(());
    };
    Err(Problem::invalid(at, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(options: LoginOptions) -> Passwords {
        Passwords::new(&LoginOptions {
            argon2_memory_kib: 64,
            argon2_passes: 1,
            ..options
        })
    }

    #[tokio::test]
    async fn a_password_opens_with_itself_alone_and_nobody_with_none() {
        let passwords = passwords(LoginOptions::default());
        let phc = passwords.hash("a horse of course".to_owned()).await;
        let phc = phc.expect("a hash");
        assert!(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{phc}");
        let verify = |phc: Option<&str>, password: &str| {
            passwords.verify(phc.map(ToOwned::to_owned), password.to_owned())
        };
        assert!(
            verify(Some(&phc), "a horse of course")
                .await
                .expect("an answer")
        );
        assert!(
            !verify(Some(&phc), "a horse of cours")
                .await
                .expect("an answer")
        );
        assert!(!verify(None, "nobody's password").await.expect("an answer"));
        let again = passwords.hash("a horse of course".to_owned()).await;
        assert_ne!(again.expect("a hash"), phc, "each has a salt of its own");
    }

    #[tokio::test]
    async fn nothing_is_cut_off() {
        let passwords = passwords(LoginOptions::default());
        let long = "x".repeat(PASSWORD_BYTES_MAX);
        let phc = passwords.hash(long.clone()).await.expect("a hash");
        let other = format!("{}y", &long[1..]);
        for wrong in [other, format!("{long}x")] {
            let fits = passwords.verify(Some(phc.clone()), wrong).await;
            assert!(!fits.expect("an answer"));
        }
    }

    #[tokio::test]
    async fn a_flood_is_turned_away() {
        let passwords = passwords(LoginOptions {
            hashes_waiting_max: 0,
            ..LoginOptions::default()
        });
        let refused = passwords.hash("whatever".to_owned()).await;
        assert_eq!(refused.expect_err("full").code(), "unavailable.overloaded");
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn weak_passwords_are_refused() {
        let refused = |password: &str| check_new(password, "anna.meyer", 12, "/password").is_err();
        for weak in [
            "short",
            "aaaaaaaaaaaaaaaa",
            "Password1234",
            "123456789012",
            "anna.meyer2026",
            "qwertyuiop123",
            &"x1".repeat(600),
        ] {
            assert!(refused(weak), "{weak}");
        }
        assert!(!refused("eine gute Idee am Morgen"));
        assert!(!refused(&"x1y".repeat(60)), "long ones are fine");
    }
}
