//! The example company: what it is made of, and how it is founded over the API.

use crate::client::{Answer, Client, ClientFault};
use crate::config::Secret;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// Something customers come for.
pub(super) struct Service {
    /// The interaction queue, and with `-line` behind it the virtual queue.
    pub(super) queue: &'static str,
    pub(super) medium: &'static str,
    /// Whom the customer needs, and whom else after how many seconds of waiting.
    pub(super) target: &'static [(&'static str, u64)],
    /// How often a customer comes, on average.
    pub(super) every: Duration,
    /// How long an agent works on it.
    pub(super) work: (Duration, Duration),
    /// How long a customer waits before going away, on average; `None`: mails wait.
    pub(super) patience: Option<Duration>,
    pub(super) topics: &'static [&'static str],
    pub(super) dispositions: &'static [&'static str],
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// All services. About two interactions in three seconds, enough to keep twelve agents busy
/// and some customers waiting.
pub(super) const SERVICES: &[Service] = &[
    Service {
        queue: "sales",
        medium: "chat",
        target: &[("Sales>=2 & English>=1", 0), ("Sales>=1 & English>=1", 15)],
        every: secs(4),
        work: (secs(20), secs(60)),
        patience: Some(secs(150)),
        topics: &["new contract", "upgrade", "prices", "opening hours"],
        dispositions: &["sold", "follow-up", "not-interested"],
    },
    Service {
        queue: "support",
        medium: "voice",
        target: &[
            ("Support>=2 & English>=1", 0),
            ("Support>=1 & English>=1", 20),
        ],
        every: secs(6),
        work: (secs(20), secs(50)),
        patience: Some(secs(120)),
        topics: &["router", "no signal", "password", "invoice app"],
        dispositions: &["solved", "ticket", "call-back"],
    },
    Service {
        queue: "support",
        medium: "chat",
        target: &[("Support>=1 & German>=2", 0), ("Support>=1", 30)],
        every: secs(9),
        work: (secs(25), secs(70)),
        patience: Some(secs(150)),
        topics: &["Rechnung", "Umzug", "Störung"],
        dispositions: &["solved", "ticket"],
    },
    Service {
        queue: "billing",
        medium: "email",
        target: &[("Billing>=1", 0)],
        every: secs(8),
        work: (secs(30), secs(80)),
        patience: None,
        topics: &["reminder", "refund", "bank details"],
        dispositions: &["answered", "refunded", "forwarded"],
    },
];

impl Service {
    pub(super) fn virtual_queue(&self) -> String {
        format!("{}-line", self.queue)
    }

    /// The target as the API takes it: the steps by which it widens, at this speed of life.
    pub(super) fn steps(&self, speed: f64) -> Value {
        let step = |(expression, after): &(&str, u64)| {
            let after_ms = (*after as f64 * 1_000.0 / speed) as u64;
            json!({"expression": expression, "after_ms": after_ms})
        };
        Value::Array(self.target.iter().map(step).collect())
    }
}

/// The agents and what they can do.
pub(super) const AGENTS: &[(&str, &[(&str, u16)])] = &[
    ("anna", &[("Sales", 3), ("English", 3), ("German", 3)]),
    ("ben", &[("Support", 3), ("English", 3)]),
    (
        "sam",
        &[("Support", 2), ("Sales", 1), ("English", 2), ("German", 2)],
    ),
    ("chloe", &[("Sales", 2), ("English", 3), ("French", 3)]),
    ("dimitri", &[("Support", 3), ("English", 2), ("German", 1)]),
    ("eve", &[("Billing", 3), ("English", 2)]),
    ("farid", &[("Support", 1), ("English", 3), ("German", 3)]),
    (
        "greta",
        &[
            ("Billing", 2),
            ("Support", 1),
            ("German", 3),
            ("English", 1),
        ],
    ),
    ("hugo", &[("Sales", 1), ("English", 1)]),
    ("ines", &[("Support", 2), ("English", 3)]),
    (
        "jonas",
        &[("Sales", 2), ("Billing", 1), ("English", 2), ("German", 3)],
    ),
    (
        "kira",
        &[("Support", 3), ("Sales", 2), ("English", 3), ("German", 2)],
    ),
];

/// The API keys of the company, as kept in its folder.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) administrator: String,
    #[serde(default)]
    pub(crate) supervisor: String,
    #[serde(default)]
    pub(crate) integrator: String,
    /// By the agent's name.
    #[serde(default)]
    pub(crate) agents: BTreeMap<String, String>,
    /// Everything was made; a company whose founding was cut short is founded anew over it.
    #[serde(default)]
    pub(crate) founded: bool,
}

impl Keys {
    /// Reads the keys of a company founded before; `None` when there is none yet.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>> {
        match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .with_context(|| format!("{} does not hold the keys of a demo", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Writes them, readable for the owner only.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Makes queues, agents and keys. Making what is there already changes nothing but keys, which
/// are made anew under another name, because a secret is shown only once.
pub(crate) async fn found(administrator: &Client, speed: f64, keys: &mut Keys) -> Result<()> {
    let mut queues: Vec<&Service> = SERVICES.iter().collect();
    queues.dedup_by_key(|service| service.queue);
    for service in queues {
        put(
            administrator,
            &format!("/v1/queues/{}", service.queue),
            &json!({}),
        )
        .await?;
        let line = format!("/v1/virtual-queues/{}", service.virtual_queue());
        put(administrator, &line, &json!({})).await?;
    }
    set_offer_times(administrator, speed).await?;
    for (name, skills) in AGENTS {
        let skills: BTreeMap<&str, u16> = skills.iter().copied().collect();
        let path = format!("/v1/agents/{name}");
        put(administrator, &path, &json!({ "skills": skills })).await?;
    }
    keys.supervisor = key(administrator, "supervisor", &json!({"role": "supervisor"})).await?;
    keys.integrator = key(administrator, "web-shop", &json!({"role": "integrator"})).await?;
    for (name, _) in AGENTS {
        let role = json!({"role": "agent", "agent": name});
        let secret = key(administrator, name, &role).await?;
        keys.agents.insert((*name).to_owned(), secret);
    }
    keys.founded = true;
    Ok(())
}

async fn put(client: &Client, path: &str, body: &Value) -> Result<Answer> {
    client
        .put(path, body)
        .await
        .with_context(|| format!("PUT {path} was not taken"))
}

/// Short times, so that something happens while somebody looks.
async fn set_offer_times(client: &Client, speed: f64) -> Result<()> {
    let at_speed = |seconds: f64| (seconds * 1_000.0 / speed).max(1_000.0) as u64;
    let settings = json!({
        "offer_ttl_ms": at_speed(12.0),
        "cool_down_ms": at_speed(15.0),
        "open_keys": ["topic"],
    });
    put(client, "/v1/settings", &settings).await?;
    Ok(())
}

async fn key(client: &Client, name: &str, role: &Value) -> Result<String> {
    for attempt in 1..=50 {
        let mut body = role.clone();
        body["name"] = match attempt {
            1 => Value::from(name),
            _ => Value::from(format!("{name}-{attempt}")),
        };
        let once = crate::secret::random()?;
        match client.post("/v1/keys", &once, &body).await {
            Ok(answer) => {
                let secret = answer.body["secret"].as_str();
                return secret
                    .map(str::to_owned)
                    .context("the server made a key and did not tell its secret");
            }
            Err(ClientFault::Refused { code, .. }) if code == "config.exists" => {}
            Err(fault) => return Err(fault).with_context(|| format!("no key for {name}")),
        }
    }
    anyhow::bail!("there are too many keys called {name}-...: start with an empty folder")
}

/// A client with one of the company's keys.
pub(super) fn client(base: &str, secret: &str) -> Result<Client> {
    Client::new(base, Some(Secret::new(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::target::{Expression, Skills};

    #[test]
    fn every_step_of_every_service_finds_at_least_two_agents() {
        for service in SERVICES {
            for (text, _) in service.target {
                let wanted: Expression = text.parse().unwrap();
                let able = AGENTS.iter().filter(|(_, skills)| {
                    let skills: Skills = skills
                        .iter()
                        .map(|(name, level)| (name.parse().unwrap(), *level))
                        .collect();
                    wanted.holds(&skills)
                });
                assert!(able.count() >= 2, "{} wants {text}", service.queue);
            }
        }
    }

    #[test]
    fn keys_are_kept_for_the_owner_only_and_read_back() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.json");
        assert!(Keys::read(&path).unwrap().is_none());
        let keys = Keys {
            administrator: "rb_x".to_owned(),
            ..Keys::default()
        };
        keys.write(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Keys::read(&path).unwrap().unwrap().administrator, "rb_x");
    }
}
