//! The limits and switches of the room.

use crate::locked::Locked;
use ringback_ports::outward::Ledger;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;
use tokio::sync::watch;

/// What an operator can set of the API. Every limit is named in the problem that reports it.
#[derive(Debug, Clone)]
pub struct ApiOptions {
    /// The largest request body and the largest WebSocket frame, in bytes.
    pub body_bytes_max: usize,
    /// The most header lines of a request.
    pub header_lines_max: usize,
    /// The most bytes of all header lines of a request together.
    pub header_bytes_max: usize,
    /// How long a client may take to send a body.
    pub body_wait: Duration,
    /// How long a command may take to be answered before its outcome is called unknown.
    pub answer_wait: Duration,
    /// Requests under way at once, streams not counted.
    pub requests_max: usize,
    /// Commands and requests one key may send per second, on average.
    pub key_rate: u32,
    /// How many of them it may send at once after a pause.
    pub key_burst: u32,
    /// WebSocket and server-sent-event connections open at once.
    pub streams_max: usize,
    /// Of these, with one key.
    pub streams_per_key_max: usize,
    /// Commands under way on one WebSocket connection.
    pub under_way_max: usize,
    /// How often an idle connection is pinged. After two unanswered pings it counts as lost.
    pub ping_every: Duration,
    /// How long a client may leave what was sent to it unread.
    pub write_wait: Duration,
    /// Origins of browser pages that may use the API, exactly as browsers send them, for
    /// example `https://desk.example.com`. None by default.
    pub origins: Vec<String>,
    /// Log-in of people.
    pub login: LoginOptions,
    /// What of the settings of tenants is set by file or environment, and locked.
    pub locked: Locked,
    /// Turns `true` when the house is about to drain: `/health/ready` answers 503 from then on.
    pub leaving: Option<watch::Receiver<bool>>,
    /// Turns `true` when the house drains: streams are then told to come back and closed.
    pub closing: Option<watch::Receiver<bool>>,
    /// What webhooks are told; without it nothing is told, and nothing of it can be asked.
    pub ledger: Option<Ledger>,
    /// Says what is wrong with an address a webhook is to be told at.
    pub webhook_url: UrlCheck,
    /// Counts the streams that are open, for whoever waits until they are closed.
    pub streams: Arc<AtomicUsize>,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            body_bytes_max: 64 * 1024,
            header_lines_max: 64,
            header_bytes_max: 16 * 1024,
            body_wait: Duration::from_secs(10),
            answer_wait: Duration::from_secs(30),
            requests_max: 1_024,
            key_rate: 200_000,
            key_burst: 400_000,
            streams_max: 10_000,
            streams_per_key_max: 1_000,
            under_way_max: 512,
            ping_every: Duration::from_secs(15),
            write_wait: Duration::from_secs(10),
            origins: Vec::new(),
            login: LoginOptions::default(),
            locked: Locked::default(),
            leaving: None,
            closing: None,
            ledger: None,
            webhook_url: UrlCheck::default(),
            streams: Arc::default(),
        }
    }
}

/// What an operator can set of the log-in of people.
#[derive(Debug, Clone)]
pub struct LoginOptions {
    /// Memory of one password hash (argon2id), in KiB.
    pub argon2_memory_kib: u32,
    /// How often the memory is passed over.
    pub argon2_passes: u32,
    /// Lanes of the memory.
    pub argon2_lanes: u32,
    /// Hashes computed at once.
    pub hashes_at_once: usize,
    /// Log-ins that may wait for their turn; more are answered with 503.
    pub hashes_waiting_max: usize,
    /// Log-ins that may be tried with one account within the window.
    pub tries_per_account: u32,
    /// Log-ins that may be tried from one address within the window.
    pub tries_per_address: u32,
    /// The window.
    pub tries_window: Duration,
    /// How often the journal is told what was denied and which log-ins failed.
    pub refusals_told_every: Duration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
    /// The provider by which people may log in.
    pub provider: Option<ProviderOptions>,
}

/// A provider of log-ins (OpenID Connect).
#[derive(Clone)]
pub struct ProviderOptions {
    /// Its address, exactly as its tokens name it.
    pub issuer: String,
    /// What it knows us as.
    pub client_id: String,
    /// What we prove that with; `None` for a public client.
    pub client_secret: Option<String>,
    /// Where it sends browsers back to: our `/v1/login/oidc/callback`, as browsers reach it.
    pub redirect_url: String,
    /// The tenant whose people it knows; may be left out where there is only one.
    pub tenant: Option<String>,
    /// It may stand at an address of this machine or of a private network.
    pub private_addresses: bool,
}

impl std::fmt::Debug for ProviderOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProviderOptions({})", self.issuer)
    }
}

impl Default for LoginOptions {
    fn default() -> Self {
        Self {
            argon2_memory_kib: 19 * 1024,
            argon2_passes: 2,
            argon2_lanes: 1,
            hashes_at_once: 2,
            hashes_waiting_max: 256,
            tries_per_account: 10,
            tries_per_address: 100,
            tries_window: Duration::from_secs(15 * 60),
            refusals_told_every: Duration::from_secs(60),
            proxies: Vec::new(),
            provider: None,
        }
    }
}

/// Says what is wrong with an address; by default nothing.
#[derive(Clone, Default)]
pub struct UrlCheck(Option<Arc<Check>>);

type Check = dyn Fn(&str) -> Result<(), String> + Send + Sync;

impl UrlCheck {
    /// Asks this.
    pub fn new(check: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(check)))
    }

    /// What is wrong with an address.
    ///
    /// # Errors
    /// Something.
    pub fn check(&self, url: &str) -> Result<(), String> {
        self.0.as_ref().map_or(Ok(()), |check| check(url))
    }
}

impl std::fmt::Debug for UrlCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UrlCheck(..)")
    }
}
