//! The agents: each has a desk, takes most offers, misses some, and finishes what was taken.

use super::company::{self, SERVICES};
use super::ledger::Over;
use super::people::Asked;
use crate::client::{Client, ClientFault, DeskLine, DeskPush};
use crate::demo::Keys;
use crate::random::Chance;
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The pause before a desk calls again, when the server is away.
const AGAIN: Duration = Duration::from_millis(700);
/// How often an offer is let lapse, and how often it is rejected.
const LAPSES: f64 = 0.05;
const REJECTS: f64 = 0.04;
/// How long an agent looks at an offer before taking it.
const THINKS: (Duration, Duration) = (Duration::from_millis(800), Duration::from_secs(5));
/// The pause of an agent who missed too many offers.
const BREATH: Duration = Duration::from_secs(10);

/// Seats every agent at a desk.
pub(super) fn come(asked: &Arc<Asked>, base: &str, keys: &Keys) -> Result<()> {
    for (name, secret) in &keys.agents {
        let person = Person {
            asked: Arc::clone(asked),
            client: company::client(base, secret)?,
            name: name.clone(),
            chance: Chance::new(asked.seed, name),
        };
        tokio::spawn(person.work());
    }
    Ok(())
}

struct Person {
    asked: Arc<Asked>,
    client: Client,
    name: String,
    chance: Chance,
}

impl Person {
    /// Sits at a desk, and at a new one whenever the line is lost.
    async fn work(mut self) {
        while !self.asked.is_over() {
            if let Err(fault) = self.sit().await {
                tracing::debug!(agent = %self.name, %fault, "A desk lost its line.");
                let again = self.chance.between(AGAIN, AGAIN * 2);
                tokio::select! {
                    () = tokio::time::sleep(again) => {}
                    () = self.asked.is_to_end() => {}
                }
            }
        }
    }

    /// One stretch at a desk, until the line is lost or the people shall stop.
    async fn sit(&mut self) -> Result<(), ClientFault> {
        let line = DeskLine::open(&self.client).await?;
        let mut desk = Desk::new(line);
        desk.ask(Step::LogIn).await?;
        loop {
            let due = desk.next_due();
            tokio::select! {
                push = desk.line.next() => self.hear(&mut desk, push?).await?,
                () = sleep_until(due) => desk.do_what_is_due().await?,
                () = self.asked.is_to_end() => {
                    desk.line.close().await;
                    return Ok(());
                }
            }
        }
    }

    async fn hear(&mut self, desk: &mut Desk, push: DeskPush) -> Result<(), ClientFault> {
        match push {
            DeskPush::Answer {
                re,
                result,
                sequence,
            } => match desk.asks.remove(&re) {
                Some(step) => self.answered(desk, step, result, sequence).await,
                None => Ok(()),
            },
            DeskPush::Event { name, data } => {
                self.happened(desk, &name, &data);
                Ok(())
            }
        }
    }

    async fn answered(
        &mut self,
        desk: &mut Desk,
        step: Step,
        result: Result<Value, ClientFault>,
        sequence: u64,
    ) -> Result<(), ClientFault> {
        let body = match result {
            Ok(body) => body,
            Err(fault) if fault.is_passing() => {
                desk.plan(Duration::from_secs(1), step);
                return Ok(());
            }
            Err(fault) => {
                // An offer that lapsed, a customer who left: life.
                tracing::debug!(agent = %self.name, ?step, %fault, "A step was refused.");
                return match step {
                    Step::LogIn | Step::Look => Err(fault),
                    _ => Ok(()),
                };
            }
        };
        match step {
            Step::LogIn => desk.ask(Step::Ready).await?,
            // What is open and in hand is asked for only now that events are coming.
            Step::Ready if !desk.looked => desk.ask(Step::Look).await?,
            Step::Look => self.look(desk, &body),
            Step::Accept { interaction, .. } => {
                self.asked
                    .ledger()
                    .owned(&interaction, &self.name, sequence);
                self.take_in_hand(desk, interaction);
            }
            Step::Complete { interaction, .. } => {
                let agent = self.name.clone();
                let over = Over::Completed { agent };
                self.asked.ledger().over(&interaction, over, sequence);
            }
            Step::Ready | Step::Reject { .. } => {}
        }
        Ok(())
    }

    /// Goes on with what a former desk left: offers that are open, work in hand.
    fn look(&mut self, desk: &mut Desk, me: &Value) {
        desk.looked = true;
        for offer in me["offers"].as_array().into_iter().flatten() {
            self.consider(desk, &offer["id"], &offer["interaction"]);
        }
        for work in me["work"].as_array().into_iter().flatten() {
            if let ("handling", Some(interaction)) = (
                work["kind"].as_str().unwrap_or_default(),
                work["interaction"].as_str(),
            ) {
                self.take_in_hand(desk, interaction.to_owned());
            }
        }
    }

    fn happened(&mut self, desk: &mut Desk, name: &str, data: &Value) {
        match name {
            "offer.made" => self.consider(desk, &data["offer"], &data["interaction"]),
            "agent.not_ready" => {
                let breath = self.asked.at_speed(BREATH);
                desk.plan(breath, Step::Ready);
            }
            _ => {}
        }
    }

    fn consider(&mut self, desk: &mut Desk, offer: &Value, interaction: &Value) {
        let (Some(offer), Some(interaction)) = (offer.as_str(), interaction.as_str()) else {
            return;
        };
        let (offer, interaction) = (offer.to_owned(), interaction.to_owned());
        if self.chance.happens(LAPSES) {
            return;
        }
        let thinks = self.chance.between(THINKS.0, THINKS.1);
        let step = if self.chance.happens(REJECTS) {
            Step::Reject { offer }
        } else {
            Step::Accept { offer, interaction }
        };
        desk.plan(self.asked.at_speed(thinks), step);
    }

    fn take_in_hand(&mut self, desk: &mut Desk, interaction: String) {
        // Chance of the interaction, not of the moment: at a new desk the same step is asked for.
        let mut chance = Chance::new(self.asked.seed, &interaction);
        let service = chance.one_of(SERVICES);
        let work = chance.between(service.work.0, service.work.1);
        let disposition = *chance.one_of(service.dispositions);
        desk.plan(
            self.asked.at_speed(work),
            Step::Complete {
                interaction,
                disposition,
            },
        );
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// What an agent does. Its order is that of a plan: one step is planned once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    LogIn,
    Ready,
    Look,
    Accept {
        offer: String,
        interaction: String,
    },
    Reject {
        offer: String,
    },
    Complete {
        interaction: String,
        disposition: &'static str,
    },
}

/// A line to the server, what was asked over it, and what is to be done when.
struct Desk {
    line: DeskLine,
    asks: BTreeMap<u64, Step>,
    plans: BTreeMap<Step, Instant>,
    /// What a former desk left has been asked for.
    looked: bool,
}

impl Desk {
    fn new(line: DeskLine) -> Self {
        Self {
            line,
            asks: BTreeMap::new(),
            plans: BTreeMap::new(),
            looked: false,
        }
    }

    /// Plans a step; the same step planned before keeps its time.
    fn plan(&mut self, after: Duration, step: Step) {
        self.plans.entry(step).or_insert(Instant::now() + after);
    }

    fn next_due(&self) -> Option<Instant> {
        self.plans.values().min().copied()
    }

    async fn do_what_is_due(&mut self) -> Result<(), ClientFault> {
        let now = Instant::now();
        let is_due = |(_, at): &(&Step, &Instant)| **at <= now;
        let due: Vec<Step> = self
            .plans
            .iter()
            .filter(is_due)
            .map(|(step, _)| step.clone())
            .collect();
        for step in due {
            self.plans.remove(&step);
            self.ask(step).await?;
        }
        Ok(())
    }

    async fn ask(&mut self, step: Step) -> Result<(), ClientFault> {
        let line = &mut self.line;
        let sent = match &step {
            Step::LogIn => line.command("agent.login", None, &[]).await,
            Step::Ready => line.command("agent.ready", None, &[]).await,
            Step::Look => line.command("agent.get", None, &[]).await,
            Step::Accept { offer, .. } => {
                let key = format!("accept-{offer}");
                let fields = [("offer", offer.as_str())];
                line.command("offer.accept", Some(&key), &fields).await
            }
            Step::Reject { offer } => {
                let key = format!("reject-{offer}");
                let fields = [("offer", offer.as_str()), ("reason", "not-now")];
                line.command("offer.reject", Some(&key), &fields).await
            }
            Step::Complete {
                interaction,
                disposition,
            } => {
                let key = format!("complete-{interaction}");
                let fields = [
                    ("interaction", interaction.as_str()),
                    ("reason", "done"),
                    ("disposition", disposition),
                ];
                line.command("interaction.complete", Some(&key), &fields)
                    .await
            }
        }?;
        self.asks.insert(sent, step);
        Ok(())
    }
}
