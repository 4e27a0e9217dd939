//! Log-in by a provider (OpenID Connect): authorization code with PKCE, state and nonce.
//!
//! What is trusted, and why: the provider's address is the operator's word; its endpoints and keys
//! are what that address says, fetched without redirects, bounded in time and size; who somebody
//! is, is what a token says that one of those keys has signed, for us, now, and in answer to the
//! very question this browser was sent away with.

mod guard;
pub(crate) mod provider;
pub(crate) mod token;

use crate::options::ProviderOptions;
use crate::problem::Problem;
use crate::state::House;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use provider::Provider;
use ring::digest::{SHA256, digest};
use ringback_ports::TenantId;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use token::{Claims, Expected};

/// How long somebody may take at the provider.
pub(crate) const AWAY_MAX: Duration = Duration::from_secs(600);
/// How many may be away at once; beyond, whoever left first is forgotten.
const AWAY_AT_ONCE_MAX: usize = 10_000;

/// Log-in by the provider that is configured.
pub(crate) struct Oidc {
    pub(crate) options: ProviderOptions,
    provider: Provider,
    /// Who is at the provider, by state.
    away: Mutex<FxHashMap<String, Away>>,
}

/// Someone who was sent to the provider.
#[derive(Debug, Clone)]
pub(crate) struct Away {
    nonce: String,
    verifier: String,
    pub(crate) return_to: String,
    since: Instant,
}

/// Where to send a browser.
pub(crate) struct Departure {
    pub(crate) url: String,
    pub(crate) state: String,
}

/// A random text of 256 bits.
fn random() -> Result<String, Problem> {
    let (secret, _) = super::secret("")?;
    Ok(secret)
}

impl Oidc {
    pub(crate) fn new(options: ProviderOptions) -> Self {
        Self {
            provider: Provider::new(&options.issuer, options.private_addresses),
            options,
            away: Mutex::default(),
        }
    }

    /// The tenant whose people log in by the provider.
    pub(crate) fn tenant(&self, house: &House) -> Result<TenantId, Problem> {
        house.tenant_named(self.options.tenant.as_deref())
    }

    /// Sends somebody to the provider.
    pub(crate) async fn depart(&self, return_to: String) -> Result<Departure, Problem> {
        let discovered = self.provider.discovered().await?;
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let mut url = reqwest::Url::parse(&discovered.authorization_endpoint)
            .map_err(|error| unusable(format!("its authorization endpoint is none: {error}")))?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.options.client_id)
            .append_pair("redirect_uri", &self.options.redirect_url)
            .append_pair("scope", "openid email profile")
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        let away = Away {
            nonce,
            verifier,
            return_to,
            since: Instant::now(),
        };
        self.remember(state.clone(), away);
        let url = url.to_string();
        Ok(Departure { url, state })
    }

    fn remember(&self, state: String, away: Away) {
        let mut all = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= AWAY_AT_ONCE_MAX {
            all.retain(|_, away| away.since.elapsed() < AWAY_MAX);
        }
        if all.len() >= AWAY_AT_ONCE_MAX {
            let first = all.iter().min_by_key(|(_, away)| away.since);
            let first = first.map(|(state, _)| state.clone());
            first.and_then(|state| all.remove(&state));
        }
        all.insert(state, away);
    }

    /// Whoever left with this state; he can come back once.
    pub(crate) fn returned(&self, state: &str) -> Option<Away> {
        let mut all = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let away = all.remove(state)?;
        (away.since.elapsed() < AWAY_MAX).then_some(away)
    }

    /// Who somebody is who came back with a code.
    pub(crate) async fn identify(&self, away: &Away, code: &str) -> Result<Claims, Problem> {
        let options = &self.options;
        let token = self
            .provider
            .exchange(options, code, &away.verifier)
            .await?;
        let expected = Expected {
            issuer: &options.issuer,
            audience: &options.client_id,
            nonce: &away.nonce,
            now: jiff::Timestamp::now().as_second(),
        };
        self.provider.verified(&token, &expected).await
    }
}

/// The provider does not do what it should; the cause is logged, not told.
pub(crate) fn unusable(cause: impl std::fmt::Display) -> Problem {
    tracing::warn!(%cause, "The provider for log-in cannot be used.");
    let detail = "the provider for log-in does not answer as it should; try again later";
    Problem::new("unavailable.provider", detail)
}

/// Somebody came back with something that proves nothing.
pub(crate) fn unproven(cause: impl std::fmt::Display) -> Problem {
    tracing::info!(%cause, "A log-in by the provider was turned away.");
    super::failed()
}

/// A path of ours to return to; anything else would lead a browser away.
pub(crate) fn local_path(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~?=&%#".contains(c);
    let fits = text.starts_with('/') && !text.starts_with("//") && text.len() <= 512;
    (fits && text.chars().all(plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_led_to_paths_of_ours_alone() {
        for good in ["/", "/desk?a=b#c"] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in [
            "",
            "desk",
            "//evil.example",
            "/\\evil",
            "https://evil.example",
            "/\"><x",
        ] {
            assert_eq!(local_path(bad), None, "{bad}");
        }
    }
}
