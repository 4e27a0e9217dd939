//! The customers: they come by chance, wait, and some go away.

use super::company::{SERVICES, Service};
use super::ledger::Over;
use super::people::Asked;
use crate::client::{Answer, Client, ClientFault};
use crate::random::Chance;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const NAMES: &[&str] = &[
    "Ada", "Bruno", "Carla", "David", "Elif", "Femi", "Gina", "Henrik", "Ivana", "Jun", "Kofi",
    "Lena", "Mario", "Nora", "Omar", "Petra",
];
/// The pause before asking again, when the server is away.
const AGAIN: Duration = Duration::from_millis(500);
/// After this many askings a customer gives up; the server has then been away for minutes.
const ASKINGS_MAX: usize = 600;

/// Lets customers of every service come until the people are asked to stop.
pub(super) fn come(asked: &Arc<Asked>, integrator: &Client) {
    for (number, service) in SERVICES.iter().enumerate() {
        let door = Door {
            asked: Arc::clone(asked),
            client: integrator.clone(),
            service,
            name: format!("service-{number}"),
        };
        tokio::spawn(door.open());
    }
}

/// Where the customers of one service come in.
struct Door {
    asked: Arc<Asked>,
    client: Client,
    service: &'static Service,
    name: String,
}

impl Door {
    async fn open(self) {
        let door = Arc::new(self);
        let mut chance = Chance::new(door.asked.seed, &door.name);
        for number in 0_u64.. {
            let gap = chance.gap(door.service.every);
            door.asked.pause(gap).await;
            if door.asked.is_over() {
                return;
            }
            let name = format!("{}-{number}", door.name);
            let visit = Visit {
                chance: Chance::new(door.asked.seed, &name),
                key: format!("{}-{name}", door.asked.run),
                door: Arc::clone(&door),
            };
            tokio::spawn(visit.happen());
        }
    }
}

/// One customer with one concern.
struct Visit {
    door: Arc<Door>,
    chance: Chance,
    /// What makes this asking one asking, however often it is repeated.
    key: String,
}

impl Visit {
    async fn happen(mut self) {
        let body = self.concern();
        let answer = match self.ask("/v1/interactions", "submit", &body).await {
            Some(Ok(answer)) => answer,
            Some(Err(fault)) => {
                tracing::debug!(%fault, "A customer was turned away.");
                self.door.asked.ledger().refused += 1;
                return;
            }
            None => return,
        };
        let Some(interaction) = answer.body["interaction"].as_str().map(str::to_owned) else {
            tracing::error!("The server accepted something without telling its id.");
            return;
        };
        self.door
            .asked
            .ledger()
            .accepted(&interaction, answer.sequence);
        if let Some(patience) = self.door.service.patience {
            let patience = self.chance.gap(patience);
            self.door.asked.pause(patience).await;
            self.lose_patience(&interaction).await;
        }
    }

    fn concern(&mut self) -> Value {
        let service = self.door.service;
        let name = *self.chance.one_of(NAMES);
        let number = (self.chance.unit() * 9_000.0) as u32 + 1_000;
        json!({
            "queue": service.queue,
            "medium": service.medium,
            "contact": format!("customer-{number}"),
            "user_data": {
                "name": name,
                "topic": *self.chance.one_of(service.topics),
            },
            "route": {
                "virtual_queue": service.virtual_queue(),
                "target": service.steps(self.door.asked.speed),
                // Some customers have waited somewhere else before they came here.
                "credit_ms": if self.chance.happens(0.1) { 20_000 } else { 0 },
            },
        })
    }

    /// Goes away, unless somebody is there by now.
    async fn lose_patience(&self, interaction: &str) {
        let asked = &self.door.asked;
        let path = format!("/v1/interactions/{interaction}");
        match self.door.client.get(&path).await {
            Ok(answer) if is_waiting(&answer.body) => {}
            _ => return,
        }
        if asked.is_over() {
            return;
        }
        let body = json!({"cause": "abandoned"});
        let answer = self.ask(&format!("{path}/stop"), "stop", &body).await;
        // A refusal means that it was over already: answered in the last moment.
        if let Some(Ok(answer)) = answer {
            asked
                .ledger()
                .over(interaction, Over::Abandoned, answer.sequence);
        }
    }

    /// Asks until there is an answer. `None` when the people are asked to stop before.
    async fn ask(
        &self,
        path: &str,
        step: &str,
        body: &Value,
    ) -> Option<Result<Answer, ClientFault>> {
        let key = format!("{}-{step}", self.key);
        for _ in 0..ASKINGS_MAX {
            match self.door.client.post(path, &key, body).await {
                Err(fault) if fault.is_passing() => tokio::time::sleep(AGAIN).await,
                answer => return Some(answer),
            }
            if self.door.asked.is_over() {
                return None;
            }
        }
        None
    }
}

/// Whether nobody serves it yet.
fn is_waiting(interaction: &Value) -> bool {
    matches!(
        interaction["place"].as_str(),
        Some("queue" | "routing" | "offer")
    )
}
