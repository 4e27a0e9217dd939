//! From what the sources say to what the server runs with.

mod outward;
mod settings;

use outward::{Notices, Webhooks};

use super::Secret;
use super::fault::ConfigFault;
use super::keys::RawConfig;
use super::layers::{Layers, Sources};
use ringback_api::hooks::NoticeRoom;
use ringback_api::{Locked, LoginOptions, ProviderOptions};
use ringback_model::Name;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The configuration of one node, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) tenants: Vec<Name>,
    pub(crate) listen: SocketAddr,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) drain_notice: Duration,
    pub(crate) drain_max: Duration,
    pub(crate) origins: Vec<String>,
    pub(crate) storage: Storage,
    pub(crate) journal: Journal,
    pub(crate) limits: Limits,
    pub(crate) login: LoginOptions,
    pub(crate) notices_url: Option<Secret>,
    pub(crate) webhooks: Webhooks,
    pub(crate) messages: Notices,
    /// What of the settings of all tenants is set here, and locked.
    pub(crate) locked: Locked,
    pub(crate) log_filter: String,
    pub(crate) log_format: LogFormat,
    #[cfg_attr(
        not(feature = "otlp"),
        expect(dead_code, reason = "without the feature nothing goes there")
    )]
    pub(crate) traces: Option<Traces>,
}

/// Where traces go.
#[derive(Debug, Clone)]
#[cfg_attr(
    not(feature = "otlp"),
    expect(dead_code, reason = "without the feature nothing goes there")
)]
pub(crate) struct Traces {
    pub(crate) otlp_url: String,
    /// Which part of the requests is traced, from 0 to 1.
    pub(crate) sampled: f64,
}

/// Where everything is kept.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    pub(crate) engine: Engine,
    pub(crate) folder: PathBuf,
    pub(crate) keys_folder: PathBuf,
    pub(crate) low_mib: u64,
    pub(crate) critical_mib: u64,
    pub(crate) ballast_mib: u64,
}

/// How far back the journal reaches.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    pub(crate) kept: Duration,
    pub(crate) snapshot_records: u64,
    pub(crate) snapshot_every: Duration,
}

/// How much is taken at once.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) commands_waiting_max: usize,
    pub(crate) requests_max: usize,
    pub(crate) body_max_bytes: usize,
    pub(crate) key_rate: u32,
    pub(crate) key_burst: u32,
    pub(crate) streams_max: usize,
    pub(crate) streams_per_key_max: usize,
}

/// Which store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Files in the data folder.
    Sqlite,
    /// A database server.
    Postgresql {
        /// Where it is, with user and password.
        url: Secret,
    },
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Auto,
    Human,
    Json,
}

/// The most tenants one node serves.
const TENANTS_MAX: usize = 1_000;

impl Config {
    /// Reads all sources and checks what they say.
    pub(crate) fn read(layers: Layers) -> Result<(Self, Sources), ConfigFault> {
        let (raw, sources) = layers.read()?;
        let config = Resolve { sources: &sources }.config(&raw)?;
        Ok((config, sources))
    }
}

/// Checks values and names the place of a bad one.
struct Resolve<'a> {
    sources: &'a Sources,
}

impl Resolve<'_> {
    fn config(&self, raw: &RawConfig) -> Result<Config, ConfigFault> {
        let server = &raw.server;
        let metrics = server.metrics_listen.as_deref();
        let filter = &raw.log.filter;
        self.parsed::<tracing_subscriber::filter::Targets>("log.filter", filter)?;
        Ok(Config {
            tenants: self.tenants(&raw.tenants)?,
            listen: self.address("server.listen", &server.listen)?,
            metrics_listen: metrics
                .map(|text| self.address("server.metrics_listen", text))
                .transpose()?,
            drain_notice: Duration::from_secs(self.within(
                "server.drain_notice_s",
                server.drain_notice_s,
                0,
                60,
            )?),
            drain_max: Duration::from_secs(self.within(
                "server.drain_max_s",
                server.drain_max_s,
                1,
                300,
            )?),
            origins: self.origins(&server.origins)?,
            storage: self.storage(raw)?,
            journal: self.journal(raw)?,
            limits: self.limits(raw)?,
            login: self.login(raw)?,
            notices_url: self.notices(raw)?,
            webhooks: self.webhooks(raw)?,
            messages: self.messages(raw)?,
            locked: self.settings(raw)?,
            log_filter: filter.clone(),
            log_format: self.one_of(
                "log.format",
                &raw.log.format,
                &[
                    ("auto", LogFormat::Auto),
                    ("human", LogFormat::Human),
                    ("json", LogFormat::Json),
                ],
            )?,
            traces: self.traces(raw)?,
        })
    }

    fn tenants(&self, names: &[String]) -> Result<Vec<Name>, ConfigFault> {
        if names.is_empty() || names.len() > TENANTS_MAX {
            let problem = format!("names {} tenants: give 1 to {TENANTS_MAX}", names.len());
            return Err(self.wrong("tenants", problem));
        }
        let mut seen = BTreeSet::new();
        let mut tenants = Vec::new();
        for text in names {
            let name: Name = self.parsed("tenants", text)?;
            if !seen.insert(name.clone()) {
                return Err(self.wrong("tenants", format!("names `{name}` twice")));
            }
            tenants.push(name);
        }
        Ok(tenants)
    }

    fn storage(&self, raw: &RawConfig) -> Result<Storage, ConfigFault> {
        let raw = &raw.storage;
        if raw.critical_mib > raw.low_mib {
            let problem = format!(
                "is {}, above `storage.low_mib` ({}): intake must stop first",
                raw.critical_mib, raw.low_mib
            );
            return Err(self.wrong("storage.critical_mib", problem));
        }
        if raw.folder.is_empty() {
            return Err(self.wrong("storage.folder", "is empty: name a folder".to_owned()));
        }
        let folder = PathBuf::from(&raw.folder);
        let keys = raw.keys_folder.as_ref().map(PathBuf::from);
        Ok(Storage {
            engine: self.engine(raw)?,
            keys_folder: keys.unwrap_or_else(|| folder.join("keys")),
            folder,
            low_mib: self.within("storage.low_mib", raw.low_mib, 0, MIB_MAX)?,
            critical_mib: raw.critical_mib,
            ballast_mib: self.within("storage.ballast_mib", raw.ballast_mib, 0, MIB_MAX)?,
        })
    }

    fn engine(&self, raw: &super::keys::RawStorage) -> Result<Engine, ConfigFault> {
        match (raw.engine.as_str(), &raw.postgresql_url) {
            ("sqlite", None) => Ok(Engine::Sqlite),
            ("sqlite", Some(_)) => Err(self.wrong(
                "storage.postgresql_url",
                "is set, but `storage.engine` is `sqlite`: set the engine to `postgresql` or remove the address".to_owned(),
            )),
            ("postgresql", Some(url)) => Ok(Engine::Postgresql { url: url.clone() }),
            ("postgresql", None) => Err(self.wrong(
                "storage.engine",
                "is `postgresql`, but `storage.postgresql_url` is not set".to_owned(),
            )),
            (other, _) => Err(self.wrong(
                "storage.engine",
                format!("is {other:?}: use sqlite or postgresql"),
            )),
        }
    }

    fn origins(&self, origins: &[String]) -> Result<Vec<String>, ConfigFault> {
        let is_origin = |text: &String| {
            let rest = text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"));
            rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ']))
        };
        match origins.iter().find(|text| !is_origin(text)) {
            None => Ok(origins.to_vec()),
            Some(text) => Err(self.wrong(
                "server.origins",
                format!("holds {text:?}: write scheme and host, like https://desk.example.com"),
            )),
        }
    }

    fn traces(&self, raw: &RawConfig) -> Result<Option<Traces>, ConfigFault> {
        let raw = &raw.traces;
        let percent = self.within("traces.sample_percent", raw.sample_percent, 0, 100)?;
        let Some(url) = &raw.otlp_url else {
            return Ok(None);
        };
        if !cfg!(feature = "otlp") {
            let problem = "is set, but this ringback was built without the feature `otlp`";
            return Err(self.wrong("traces.otlp_url", problem.to_owned()));
        }
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let problem = format!("is {url:?}: write an address of http or https");
            return Err(self.wrong("traces.otlp_url", problem));
        }
        Ok(Some(Traces {
            otlp_url: url.clone(),
            sampled: percent as f64 / 100.0,
        }))
    }

    fn journal(&self, raw: &RawConfig) -> Result<Journal, ConfigFault> {
        let raw = &raw.journal;
        let hours = self.within("journal.kept_h", raw.kept_h, 0, 24 * 366)?;
        Ok(Journal {
            kept: Duration::from_secs(hours * 3_600),
            snapshot_records: self.within(
                "journal.snapshot_records",
                raw.snapshot_records,
                10,
                100_000_000,
            )?,
            snapshot_every: Duration::from_secs(self.within(
                "journal.snapshot_every_s",
                raw.snapshot_every_s,
                1,
                3_600,
            )?),
        })
    }

    fn limits(&self, raw: &RawConfig) -> Result<Limits, ConfigFault> {
        let raw = &raw.limits;
        let within = |key: &str, value: u64, max: u32| {
            let value = self.within(&format!("limits.{key}"), value, 1, u64::from(max))?;
            Ok(u32::try_from(value).unwrap_or(max))
        };
        let size = |key, value, max| Ok(within(key, value, max)? as usize);
        Ok(Limits {
            commands_waiting_max: size(
                "commands_waiting_max",
                raw.commands_waiting_max,
                10_000_000,
            )?,
            requests_max: size("requests_max", raw.requests_max, 1_000_000)?,
            body_max_bytes: 1_024 * size("body_max_kib", raw.body_max_kib, 16_384)?,
            key_rate: within("key_rate", raw.key_rate, u32::MAX)?,
            key_burst: within("key_burst", raw.key_burst, u32::MAX)?,
            streams_max: size("streams_max", raw.streams_max, 1_000_000)?,
            streams_per_key_max: size("streams_per_key_max", raw.streams_per_key_max, 1_000_000)?,
        })
    }

    fn login(&self, raw: &RawConfig) -> Result<LoginOptions, ConfigFault> {
        let proxies = self.proxies(&raw.server.proxies)?;
        let provider = self.provider(raw)?;
        let raw = &raw.login;
        let within = |key: &str, value: u64, min: u64, max: u32| {
            let value = self.within(&format!("login.{key}"), value, min, u64::from(max))?;
            Ok(u32::try_from(value).unwrap_or(max))
        };
        let lanes = within("argon2_lanes", raw.argon2_lanes, 1, 16)?;
        // The algorithm wants eight blocks for each lane.
        let least = u64::from(lanes) * 8;
        Ok(LoginOptions {
            argon2_memory_kib: within(
                "argon2_memory_kib",
                raw.argon2_memory_kib,
                least,
                4 * 1024 * 1024,
            )?,
            argon2_passes: within("argon2_passes", raw.argon2_passes, 1, 100)?,
            argon2_lanes: lanes,
            hashes_at_once: within("hashes_at_once", raw.hashes_at_once, 1, 64)? as usize,
            hashes_waiting_max: within("hashes_waiting_max", raw.hashes_waiting_max, 1, 10_000)?
                as usize,
            tries_per_account: within("tries_per_account", raw.tries_per_account, 1, 1_000_000)?,
            tries_per_address: within("tries_per_address", raw.tries_per_address, 1, 1_000_000)?,
            tries_window: Duration::from_secs(
                within("tries_window_s", raw.tries_window_s, 1, 86_400)?.into(),
            ),
            refusals_told_every: Duration::from_secs(
                within("refusals_told_every_s", raw.refusals_told_every_s, 1, 3_600)?.into(),
            ),
            proxies,
            provider,
        })
    }

    fn provider(&self, raw: &RawConfig) -> Result<Option<ProviderOptions>, ConfigFault> {
        let raw = &raw.oidc;
        let Some(issuer) = &raw.issuer else {
            return Ok(None);
        };
        let needed = |key: &str, value: &Option<String>| {
            let missing = || self.wrong(key, "is not set, but `oidc.issuer` is".to_owned());
            value.clone().ok_or_else(missing)
        };
        let redirect_url = needed("oidc.redirect_url", &raw.redirect_url)?;
        for (key, url) in [
            ("oidc.issuer", issuer),
            ("oidc.redirect_url", &redirect_url),
        ] {
            if !url.starts_with("https://") && !url.starts_with("http://") {
                let problem = format!("is {url:?}: write an address of http or https");
                return Err(self.wrong(key, problem));
            }
        }
        let secret = raw.client_secret.as_ref();
        Ok(Some(ProviderOptions {
            issuer: issuer.clone(),
            client_id: needed("oidc.client_id", &raw.client_id)?,
            client_secret: secret.map(|secret| secret.reveal().to_owned()),
            redirect_url,
            tenant: raw.tenant.clone(),
            private_addresses: match raw.addresses.as_str() {
                "public" => false,
                "any" => true,
                other => {
                    let problem = format!("is {other:?}: use public, any");
                    return Err(self.wrong("oidc.addresses", problem));
                }
            },
        }))
    }

    fn proxies(&self, proxies: &[String]) -> Result<Vec<IpAddr>, ConfigFault> {
        let address = |text: &String| {
            text.parse::<IpAddr>().map_err(|_| {
                let problem = format!("holds {text:?}: write an address, like 192.0.2.1");
                self.wrong("server.proxies", problem)
            })
        };
        proxies.iter().map(address).collect()
    }

    /// The address may hold a secret, so a wrong one is not shown.
    fn notices(&self, raw: &RawConfig) -> Result<Option<Secret>, ConfigFault> {
        let url = raw.notices.url.as_ref();
        match url.map(|url| NoticeRoom::new(url.reveal())) {
            Some(Err(_)) => Err(self.wrong(
                "notices.url",
                "cannot be used: write an address of http or https".to_owned(),
            )),
            Some(Ok(_)) | None => Ok(url.cloned()),
        }
    }

    fn address(&self, key: &str, text: &str) -> Result<SocketAddr, ConfigFault> {
        text.parse().map_err(|_| {
            self.wrong(
                key,
                format!("is {text:?}: give an address with a port, like 127.0.0.1:8080"),
            )
        })
    }

    fn within(&self, key: &str, value: u64, min: u64, max: u64) -> Result<u64, ConfigFault> {
        if (min..=max).contains(&value) {
            Ok(value)
        } else {
            Err(self.wrong(key, format!("is {value}: allowed is {min} to {max}")))
        }
    }

    fn one_of<T: Copy>(
        &self,
        key: &str,
        text: &str,
        choices: &[(&str, T)],
    ) -> Result<T, ConfigFault> {
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
            return Ok(*choice);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        Err(self.wrong(key, format!("is {text:?}: use {}", names.join(", "))))
    }

    fn parsed<T: std::str::FromStr>(&self, key: &str, text: &str) -> Result<T, ConfigFault>
    where
        T::Err: std::fmt::Display,
    {
        text.parse()
            .map_err(|error: T::Err| self.wrong(key, format!("is {text:?}: {error}")))
    }

    fn wrong(&self, key: &str, problem: String) -> ConfigFault {
        ConfigFault::Value {
            key: key.to_owned(),
            source_name: self.sources.of(key),
            problem,
        }
    }
}

/// A terabyte of watermark is a slip of the pen.
const MIB_MAX: u64 = 1_048_576;

#[cfg(test)]
mod tests {
    use super::*;

    fn config(flags: &[(&'static str, &str)]) -> Result<Config, String> {
        let env = flags
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let layers = Layers {
            env,
            ..Layers::default()
        };
        Config::read(layers)
            .map(|(config, _)| config)
            .map_err(|fault| fault.to_string())
    }

    #[test]
    fn defaults_resolve() {
        let config = config(&[]).unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.storage.engine, Engine::Sqlite);
        assert_eq!(config.drain_max, Duration::from_secs(30));
    }

    #[test]
    fn values_out_of_range_say_what_is_allowed_and_where_they_were_set() {
        for (name, value, problem) in [
            (
                "RINGBACK_SERVER__LISTEN",
                "8080",
                "give an address with a port",
            ),
            ("RINGBACK_SERVER__DRAIN_MAX_S", "0", "allowed is 1 to 300"),
            (
                "RINGBACK_STORAGE__ENGINE",
                "mysql",
                "use sqlite or postgresql",
            ),
            (
                "RINGBACK_STORAGE__ENGINE",
                "postgresql",
                "`storage.postgresql_url` is not set",
            ),
            (
                "RINGBACK_STORAGE__CRITICAL_MIB",
                "5000",
                "intake must stop first",
            ),
            ("RINGBACK_SERVER__ORIGINS", "*", "write scheme and host"),
            (
                "RINGBACK_LIMITS__REQUESTS_MAX",
                "0",
                "allowed is 1 to 1000000",
            ),
            ("RINGBACK_JOURNAL__KEPT_H", "9999", "allowed is 0 to 8784"),
            ("RINGBACK_LOG__FORMAT", "xml", "use auto, human, json"),
            ("RINGBACK_LOG__FILTER", "a=b=c", "RINGBACK_LOG__FILTER"),
            (
                "RINGBACK_TRACES__SAMPLE_PERCENT",
                "101",
                "allowed is 0 to 100",
            ),
            ("RINGBACK_NOTICES__URL", "ftp://x", "http or https"),
            ("RINGBACK_TENANTS", "a,a", "names `a` twice"),
            ("RINGBACK_TENANTS", "a b", "at place 2"),
            ("RINGBACK_TENANTS", "", "names 0 tenants"),
        ] {
            let fault = config(&[(name, value)]).expect_err(name);
            assert!(fault.contains(problem), "{name}: {fault}");
            assert!(fault.starts_with(name), "{fault}");
        }
    }

    #[test]
    fn a_database_address_without_its_engine_is_refused() {
        let fault = config(&[("RINGBACK_STORAGE__POSTGRESQL_URL", "postgresql://x")]).unwrap_err();
        assert!(fault.contains("`storage.engine` is `sqlite`"), "{fault}");
        assert!(!fault.contains("postgresql://x"), "{fault}");
    }
}
