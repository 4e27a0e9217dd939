//! The provider's own words: where its endpoints are, and which keys it signs with.

use super::token::{self, Claims, Expected, Key, Unfit};
use super::{guard, unproven, unusable};
use crate::options::ProviderOptions;
use crate::problem::Problem;
use futures_util::StreamExt;
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a request to the provider may take.
const WAIT: Duration = Duration::from_secs(10);
/// The longest answer of the provider that is read, in bytes.
const ANSWER_MAX: usize = 256 * 1024;
/// How long what was discovered is good.
const DISCOVERED_KEPT: Duration = Duration::from_secs(3_600);
/// A key that is not known has the keys fetched again, but no more often than this.
const KEYS_FETCHED_EVERY: Duration = Duration::from_secs(5);

/// Where the provider is asked what.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Discovered {
    issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Debug, Deserialize)]
struct Keys {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Exchanged {
    id_token: String,
}

/// What is kept, and since when.
type Cached<T> = Mutex<Option<(Instant, Arc<T>)>>;

pub(super) struct Provider {
    issuer: String,
    private_addresses: bool,
    client: OnceLock<reqwest::Client>,
    discovered: Cached<Discovered>,
    keys: Cached<Vec<Key>>,
}

fn cached<T>(cache: &Cached<T>, kept: Duration) -> Option<Arc<T>> {
    let cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    let (since, value) = cache.as_ref()?;
    (since.elapsed() < kept).then(|| value.clone())
}

fn keep<T>(cache: &Cached<T>, value: T) -> Arc<T> {
    let value = Arc::new(value);
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    *cache = Some((Instant::now(), value.clone()));
    value
}

impl Provider {
    pub(super) fn new(issuer: &str, private_addresses: bool) -> Self {
        Self {
            issuer: issuer.to_owned(),
            private_addresses,
            client: OnceLock::new(),
            discovered: Mutex::default(),
            keys: Mutex::default(),
        }
    }

    fn client(&self) -> Result<&reqwest::Client, Problem> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // Whoever was first has chosen for the whole process; it is ring everywhere.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(WAIT)
            .timeout(WAIT);
        if !self.private_addresses {
            client = client.dns_resolver(Arc::new(guard::Public)).no_proxy();
        }
        let client = client.build().map_err(unusable)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Refuses an address that stands in a URL as a number; names are looked at when they are
    /// resolved.
    fn guard(&self, url: &str) -> Result<(), Problem> {
        if self.private_addresses || guard::may_be_called(url) {
            return Ok(());
        }
        Err(unusable(format!(
            "{url:?} leads into a private network; if the provider stands there, set `oidc.addresses` to `any`"
        )))
    }

    /// Where the provider is asked what.
    pub(super) async fn discovered(&self) -> Result<Arc<Discovered>, Problem> {
        if let Some(found) = cached(&self.discovered, DISCOVERED_KEPT) {
            return Ok(found);
        }
        let base = self.issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        self.guard(&url)?;
        let found: Discovered = read(self.client()?.get(url)).await?;
        if found.issuer != self.issuer {
            return Err(unusable(format!("it calls itself {:?}", found.issuer)));
        }
        for url in [
            &found.authorization_endpoint,
            &found.token_endpoint,
            &found.jwks_uri,
        ] {
            if !is_confidential(url) {
                return Err(unusable(format!("{url:?} is not https")));
            }
            self.guard(url)?;
        }
        Ok(keep(&self.discovered, found))
    }

    /// The signed token for a code.
    pub(super) async fn exchange(
        &self,
        options: &ProviderOptions,
        code: &str,
        verifier: &str,
    ) -> Result<String, Problem> {
        let discovered = self.discovered().await?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &options.redirect_url),
            ("client_id", &options.client_id),
            ("code_verifier", verifier),
        ];
        let body = serde_urlencoded(&form);
        let mut request = self
            .client()?
            .post(&discovered.token_endpoint)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        if let Some(secret) = &options.client_secret {
            request = request.basic_auth(escaped(&options.client_id), Some(escaped(secret)));
        }
        let exchanged: Exchanged = read(request).await?;
        Ok(exchanged.id_token)
    }

    /// What a token says, if it is one for us.
    pub(super) async fn verified(
        &self,
        text: &str,
        expected: &Expected<'_>,
    ) -> Result<Claims, Problem> {
        let keys = self.keys(DISCOVERED_KEPT).await?;
        match token::verify(text, &keys, expected) {
            // The provider may have changed its keys since.
            Err(Unfit::UnknownKey) => {
                let keys = self.keys(KEYS_FETCHED_EVERY).await?;
                token::verify(text, &keys, expected).map_err(unproven)
            }
            other => other.map_err(unproven),
        }
    }

    async fn keys(&self, kept: Duration) -> Result<Arc<Vec<Key>>, Problem> {
        if let Some(keys) = cached(&self.keys, kept) {
            return Ok(keys);
        }
        let discovered = self.discovered().await?;
        let all: Keys = read(self.client()?.get(&discovered.jwks_uri)).await?;
        // Keys of kinds that are not ours to use are passed over.
        let ours = all.keys.iter().filter_map(Key::read);
        Ok(keep(&self.keys, ours.collect()))
    }
}

/// Whether what goes there can be read by nobody on the way: TLS, or this very machine.
fn is_confidential(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let local = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
    url.scheme() == "https" || url.scheme() == "http" && local
}

async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, Problem> {
    let response = request.send().await.map_err(unusable)?;
    let status = response.status();
    if status.is_client_error() {
        // Above all: the code was none, or was used before.
        return Err(unproven(format!("the provider answered {status}")));
    }
    if !status.is_success() {
        return Err(unusable(format!("it answered {status}")));
    }
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.map_err(unusable)?);
        if bytes.len() > ANSWER_MAX {
            return Err(unusable(format!(
                "an answer is longer than {ANSWER_MAX} bytes"
            )));
        }
    }
    serde_json::from_slice(&bytes).map_err(unusable)
}

fn serde_urlencoded(form: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", escaped(value));
    form.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// As forms are encoded; blanks, too, by their number.
fn escaped(text: &str) -> String {
    crate::login::codes::escaped(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_over_tls_or_stay_on_this_machine() {
        assert!(is_confidential("https://id.example.com/token"));
        assert!(is_confidential("http://127.0.0.1:8080/token"));
        assert!(!is_confidential("http://id.example.com/token"));
        assert!(!is_confidential("http://127.0.0.1.example.com/token"));
        assert!(!is_confidential("token"));
    }
}
