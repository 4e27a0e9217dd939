//! An agent at a desk: everything over one WebSocket, opened again whenever it breaks.

use super::{Common, breathe};
use crate::support::centre::Agent;
use crate::support::client::Broken;
use crate::support::random::Random;
use crate::support::stream::{Frame, Stream};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::time::{Duration, Instant, sleep_until};

/// Works until it is over.
pub(super) async fn work(common: Arc<Common>, agent: Agent, random: Random) {
    let mut desk = Desk {
        common,
        agent,
        random,
        asked: BTreeMap::new(),
        unanswered: BTreeMap::new(),
        in_hand: BTreeMap::new(),
        seen: BTreeSet::new(),
    };
    while !desk.common.is_over() {
        // A broken line is what this world is about.
        let _ = desk.shift().await;
        breathe().await;
    }
}

/// Why a shift ended.
enum Ended {
    Broken,
    Over,
}

impl From<Broken> for Ended {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

/// An answer to an offer that is on its way; told again with the same key after a break.
#[derive(Debug, Clone)]
enum Asked {
    Accept { offer: String, interaction: String },
    Reject { offer: String, interaction: String },
    Complete { interaction: String },
    Ready,
}

struct Desk {
    common: Arc<Common>,
    agent: Agent,
    random: Random,
    /// Sent on this line, by number.
    asked: BTreeMap<u64, Asked>,
    /// By key: sent on any line, and never answered.
    unanswered: BTreeMap<String, Asked>,
    /// What is handled, and until when.
    in_hand: BTreeMap<String, Instant>,
    /// Offers that were looked at.
    seen: BTreeSet<String>,
}

impl Desk {
    /// From opening the line to its end.
    async fn shift(&mut self) -> Result<(), Ended> {
        let common = self.common.clone();
        let leave = common.speak().await.ok_or(Ended::Over)?;
        let mut stream = Stream::open(&self.agent.client, "events=mine").await?;
        self.asked.clear();
        self.in_hand.clear();
        self.log_in(&mut stream).await?;
        drop(leave);
        for asked in std::mem::take(&mut self.unanswered).into_values() {
            self.ask(&mut stream, asked).await?;
        }
        self.find(&mut stream).await?;
        let mut again = Instant::now() + READY_EVERY;
        loop {
            let due = self.in_hand.values().min().copied();
            let wake = due.map_or(again, |due| due.min(again));
            tokio::select! {
                frame = stream.next() => self.hear(&mut stream, frame?).await?,
                () = sleep_until(wake) => {}
            }
            self.finish(&mut stream).await?;
            if again <= Instant::now() {
                again = Instant::now() + READY_EVERY;
                self.ask(&mut stream, Asked::Ready).await?;
            }
            if self.common.is_over() {
                return Err(Ended::Over);
            }
        }
    }

    async fn log_in(&self, stream: &mut Stream) -> Result<(), Ended> {
        for verb in ["agent.login", "agent.ready"] {
            if let Err(problem) = stream.call(verb, None, json!({})).await? {
                if !is_passing(&problem) {
                    self.wrong(&format!("{verb}: {problem}"));
                }
                return Err(Ended::Broken);
            }
        }
        Ok(())
    }

    /// Takes up what the server says is in hand and offered.
    async fn find(&mut self, stream: &mut Stream) -> Result<(), Ended> {
        let view = match stream.call("agent.get", None, json!({})).await? {
            Ok(frame) => frame["ok"].clone(),
            Err(problem) => {
                if !is_passing(&problem) {
                    self.wrong(&format!("agent.get: {problem}"));
                }
                return Err(Ended::Broken);
            }
        };
        for work in view["work"].as_array().expect("a list") {
            let interaction = text(&work["interaction"]);
            if work["kind"] != "handling" {
                continue;
            }
            let accepting = self
                .common
                .ledger()
                .was_anybody_accepting(&interaction, &self.agent.id);
            if !accepting {
                self.wrong(&format!("has {interaction} in hand and never accepted it"));
            }
            self.take_up(interaction);
        }
        for offer in view["offers"].as_array().expect("a list") {
            self.consider(stream, offer).await?;
        }
        Ok(())
    }

    async fn hear(&mut self, stream: &mut Stream, frame: Frame) -> Result<(), Ended> {
        match frame {
            Frame::Event(frame) if frame["event"] == "offer.made" => {
                let offer = &frame["data"]["offered"];
                if offer["agent"] == json!(self.agent.id) {
                    self.consider(stream, offer).await?;
                }
                Ok(())
            }
            Frame::Event(_) => Ok(()),
            Frame::Answer { re, result } => {
                if let Some(asked) = self.asked.remove(&re) {
                    self.answered(asked, result);
                }
                Ok(())
            }
            Frame::Resync(_) => Err(Ended::Broken),
        }
    }

    /// Accepts, rejects, or lets it lapse.
    async fn consider(&mut self, stream: &mut Stream, offer: &Value) -> Result<(), Ended> {
        let (offer, interaction) = (text(&offer["id"]), text(&offer["interaction"]));
        if !self.seen.insert(offer.clone()) {
            return Ok(());
        }
        let whim = self.random.below(100);
        let accepts = self.common.pace.accepts;
        if whim < accepts {
            self.ask(stream, Asked::Accept { offer, interaction }).await
        } else if whim < accepts + (100 - accepts) / 3 {
            self.ask(stream, Asked::Reject { offer, interaction }).await
        } else {
            Ok(())
        }
    }

    fn take_up(&mut self, interaction: String) {
        let (from, to) = self.common.pace.handling;
        let until = Instant::now() + self.random.millis(from, to);
        self.in_hand.entry(interaction).or_insert(until);
    }

    /// Completes what has been handled long enough.
    async fn finish(&mut self, stream: &mut Stream) -> Result<(), Ended> {
        let now = Instant::now();
        let due = self.in_hand.iter().filter(|(_, until)| **until <= now);
        let due: Vec<String> = due.map(|(interaction, _)| interaction.clone()).collect();
        for interaction in due {
            self.in_hand.remove(&interaction);
            self.ask(stream, Asked::Complete { interaction }).await?;
        }
        Ok(())
    }

    /// Writes down, then sends.
    async fn ask(&mut self, stream: &mut Stream, asked: Asked) -> Result<(), Ended> {
        let common = self.common.clone();
        let _leave = common.speak().await.ok_or(Ended::Over)?;
        let agent = &self.agent.id;
        match &asked {
            Asked::Accept { offer, interaction } => {
                common.ledger().accepting(offer, interaction, agent);
            }
            Asked::Reject { offer, interaction } => {
                common.ledger().rejecting(offer, interaction, agent);
            }
            Asked::Complete { interaction } => common.ledger().completing(interaction, agent),
            Asked::Ready => {}
        }
        let key = asked.key();
        if let Some(key) = &key {
            self.unanswered.insert(key.clone(), asked.clone());
        }
        let (verb, fields) = asked.command();
        let re = stream.command(verb, key.as_deref(), fields).await?;
        self.asked.insert(re, asked);
        Ok(())
    }

    fn answered(&mut self, asked: Asked, result: Result<Value, Value>) {
        let passing = result.as_ref().is_err_and(is_passing);
        if let Some(key) = asked.key()
            && !passing
        {
            self.unanswered.remove(&key);
        }
        match (asked, result) {
            (Asked::Accept { offer, interaction }, Ok(frame)) => {
                self.common.ledger().accepted(&offer, &frame["ok"]);
                self.take_up(interaction);
            }
            (Asked::Reject { offer, .. }, Ok(frame)) => {
                self.common.ledger().rejected(&offer, &frame["ok"]);
            }
            (Asked::Complete { interaction }, Ok(frame)) => {
                self.common.ledger().completed(&interaction, &frame["ok"]);
            }
            (Asked::Ready, _) => {}
            (asked, Err(problem)) => {
                let code = problem["code"].as_str().unwrap_or_default();
                let expected = match asked {
                    Asked::Complete { .. } => code == "interaction.stopped",
                    _ => is_over(code),
                };
                if !expected && !passing {
                    self.wrong(&format!("{asked:?}: {problem}"));
                }
            }
        }
    }

    fn wrong(&self, what: &str) {
        let name = &self.agent.name;
        self.common.ledger().wrong(format!("{name}: {what}"));
    }
}

/// Being made not ready after too many misses lasts so long at most.
const READY_EVERY: Duration = Duration::from_millis(300);

impl Asked {
    fn key(&self) -> Option<String> {
        match self {
            Self::Accept { offer, .. } => Some(format!("accept-{offer}")),
            Self::Reject { offer, .. } => Some(format!("reject-{offer}")),
            Self::Complete { interaction } => Some(format!("complete-{interaction}")),
            Self::Ready => None,
        }
    }

    fn command(&self) -> (&'static str, Value) {
        match self {
            Self::Accept { offer, .. } => ("offer.accept", json!({"offer": offer})),
            Self::Reject { offer, .. } => {
                ("offer.reject", json!({"offer": offer, "reason": "busy"}))
            }
            Self::Complete { interaction } => (
                "interaction.complete",
                json!({"interaction": interaction, "reason": "solved", "disposition": "sold"}),
            ),
            Self::Ready => ("agent.ready", json!({})),
        }
    }
}

/// An offer that cannot be answered any more.
pub(super) fn is_over(code: &str) -> bool {
    matches!(code, "offer.over" | "offer.unknown")
}

/// Worth asking again later.
fn is_passing(problem: &Value) -> bool {
    matches!(problem["status"].as_u64(), Some(429 | 503 | 504))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
