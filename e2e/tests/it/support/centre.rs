//! A small contact centre, set up over the public API.

use super::client::Client;
use serde_json::{Value, json};

/// A tenant with queues, agents and keys.
#[derive(Clone)]
pub(crate) struct Centre {
    /// Marks what belongs to this tenant.
    pub(crate) tenant: String,
    pub(crate) administrator: Client,
    pub(crate) integrator: Client,
    pub(crate) agents: Vec<Agent>,
}

/// An agent and the key of the desk.
#[derive(Clone)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) client: Client,
}

/// The target expressions customers ask for.
pub(crate) const TARGETS: [&str; 4] = [
    "English>=1",
    "English>=2",
    "Loans>=1",
    "English>=1 & Loans>=2",
];
/// The virtual queues they wait in.
pub(crate) const VIRTUAL_QUEUES: [&str; 2] = ["english", "loans"];

/// Short times, so that everything that can happen does. Values of the keys `ref` and `matter`
/// stay open, so that a story can tell by `ref` which of its requests made an interaction.
pub(crate) fn quick_settings() -> Value {
    json!({
        "offer_ttl_ms": 1_000,
        "cool_down_ms": 150,
        "desk_grace_ms": 1_500,
        "misses_max": {"voice": 2, "chat": 4},
        "open_keys": ["ref", "matter"],
    })
}

impl Centre {
    /// Sets everything up.
    pub(crate) async fn found(tenant: &str, administrator: Client, settings: Value) -> Self {
        administrator.put("/v1/settings", settings).await;
        administrator.put("/v1/queues/inbox", json!({})).await;
        for name in VIRTUAL_QUEUES {
            let path = format!("/v1/virtual-queues/{name}");
            administrator.put(&path, json!({})).await;
        }
        let mut agents = Vec::new();
        for (name, english, loans) in [
            ("anna", 3, 0),
            ("ben", 1, 0),
            ("cleo", 2, 2),
            ("dora", 0, 3),
            ("emil", 1, 1),
            ("fritz", 3, 3),
        ] {
            let skills = json!({"English": english, "Loans": loans});
            agents.push(Agent::hire(&administrator, name, skills).await);
        }
        let key = json!({"name": "crm", "role": "integrator"});
        let made = administrator.post("/v1/keys", key).await;
        let secret = made["secret"].as_str().expect("the secret is shown once");
        Self {
            tenant: tenant.to_owned(),
            integrator: administrator.with_key(secret),
            administrator,
            agents,
        }
    }

    /// Without one of the agents, who is given apart.
    pub(crate) fn without(mut self, name: &str) -> (Self, Agent) {
        let at = self.agents.iter().position(|agent| agent.name == name);
        let agent = self.agents.remove(at.expect("an agent of this name"));
        (self, agent)
    }

    /// The same keys with another server.
    pub(crate) fn at(&self, base: &str) -> Self {
        let moved = |client: &Client| Client::new(base, client.secret());
        Self {
            tenant: self.tenant.clone(),
            administrator: moved(&self.administrator),
            integrator: moved(&self.integrator),
            agents: self
                .agents
                .iter()
                .map(|agent| Agent {
                    client: moved(&agent.client),
                    ..agent.clone()
                })
                .collect(),
        }
    }
}

impl Agent {
    /// Makes an agent and a key.
    pub(crate) async fn hire(administrator: &Client, name: &str, skills: Value) -> Self {
        let path = format!("/v1/agents/{name}");
        let body = json!({"skills": skills, "capacity": {"voice": 1, "chat": 3, "email": 2}});
        administrator.put(&path, body).await;
        let id = administrator.get(&path).await["id"].clone();
        let key = json!({"name": format!("desk-{name}"), "role": "agent", "agent": name});
        let made = administrator.post("/v1/keys", key).await;
        let secret = made["secret"].as_str().expect("the secret is shown once");
        Self {
            id: id.as_str().expect("an id").to_owned(),
            name: name.to_owned(),
            client: administrator.with_key(secret),
        }
    }
}
