//! What an interaction's history says, and the rules every history keeps.

use crate::support::picture::{Event, millis_of};
use std::collections::{BTreeMap, BTreeSet};

/// An interaction after some events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Life {
    /// `nowhere` before it was submitted.
    pub(super) place: &'static str,
    pub(super) owner: Option<String>,
    /// The open offer and to whom.
    pub(super) offer: Option<(String, String)>,
    /// The offer that was accepted and by whom.
    pub(super) accepted: Option<(String, String)>,
    /// Requests that are open.
    pub(super) requests: BTreeSet<String>,
    /// All requests there ever were, and in which virtual queue.
    pub(super) entered: BTreeMap<String, String>,
    pub(super) ending: Option<String>,
    /// The record it ended in.
    pub(super) ended: Option<u64>,
    /// When the open offer lapses.
    lapses_at: Option<String>,
    /// Offers that were ever made.
    offers: BTreeSet<String>,
    last: Option<(u64, u32)>,
}

impl Life {
    /// Tells a history; what breaks a rule is added to `broken`.
    pub(super) fn tell<'a>(
        events: impl Iterator<Item = &'a Event>,
        broken: &mut Vec<String>,
    ) -> Self {
        let mut life = Self {
            place: "nowhere",
            ..Self::default()
        };
        for event in events {
            if let Err(problem) = life.hear(event) {
                broken.push(format!("{problem}, at {:?}", event.cursor));
            }
        }
        life
    }

    fn hear(&mut self, event: &Event) -> Result<(), String> {
        let in_order = self.last < Some(event.cursor);
        self.last = Some(event.cursor);
        if !in_order {
            return Err(format!("{} is told twice or out of order", event.name));
        }
        // Effects are issued by an ending and live on their own.
        if event.name.starts_with("effect.") {
            return Ok(());
        }
        if self.place == "stopped" {
            return Err(format!("{} after the end", event.name));
        }
        let is_first = event.name == "interaction.submitted";
        if is_first != (self.place == "nowhere") {
            return Err(format!("{} in place {}", event.name, self.place));
        }
        match event.name.as_str() {
            "interaction.submitted" => {
                self.place = "queue";
                Ok(())
            }
            "route.requested" => self.requested(event),
            "route.cancelled" => self.cancelled(event),
            "route.widened" | "route.cooled" => Ok(()),
            "offer.made" => self.offered(event),
            "offer.accepted" => self.accepted(event),
            "offer.not_taken" => self.not_taken(event),
            "interaction.stopped" => self.stopped(event),
            other => Err(format!("nobody knows the event {other}")),
        }
    }

    fn requested(&mut self, event: &Event) -> Result<(), String> {
        let request = text(event, "request")?;
        let line = event.data["requested"]["virtual_queue"].as_str();
        let line = line.ok_or("a request without a virtual queue")?;
        if self
            .entered
            .insert(request.clone(), line.to_owned())
            .is_some()
        {
            return Err(format!("{request} was made twice"));
        }
        self.requests.insert(request);
        if self.place == "queue" {
            self.place = "routing";
        }
        Ok(())
    }

    fn cancelled(&mut self, event: &Event) -> Result<(), String> {
        let request = text(event, "request")?;
        if !self.requests.remove(&request) {
            return Err(format!("{request} was cancelled and was not open"));
        }
        if event.data["rests"] == true {
            self.place = "queue";
        }
        Ok(())
    }

    fn offered(&mut self, event: &Event) -> Result<(), String> {
        let (offer, agent) = (text(event, "offer")?, text(event, "agent")?);
        if let Some(open) = &self.offer {
            return Err(format!("{offer} was made while {open:?} was open"));
        }
        if !self.offers.insert(offer.clone()) {
            return Err(format!("{offer} was made twice"));
        }
        if self.place != "routing" {
            return Err(format!("{offer} was made in place {}", self.place));
        }
        self.place = "offer";
        self.lapses_at = event.data["offered"]["expires_at"]
            .as_str()
            .map(str::to_owned);
        self.offer = Some((offer, agent));
        Ok(())
    }

    /// Ends the open offer, which has to be this one.
    fn end_offer(&mut self, event: &Event) -> Result<(String, String), String> {
        let ended = (text(event, "offer")?, text(event, "agent")?);
        match self.offer.take() {
            Some(open) if open == ended => Ok(ended),
            open => Err(format!("{ended:?} ended while {open:?} was open")),
        }
    }

    fn accepted(&mut self, event: &Event) -> Result<(), String> {
        let (offer, agent) = self.end_offer(event)?;
        if let Some(owner) = &self.owner {
            return Err(format!("{agent} accepted what {owner} owns"));
        }
        self.owner = Some(agent.clone());
        self.accepted = Some((offer, agent));
        self.requests.clear();
        self.place = "handling";
        Ok(())
    }

    fn not_taken(&mut self, event: &Event) -> Result<(), String> {
        let lapses_at = self.lapses_at.take();
        let (offer, _) = self.end_offer(event)?;
        self.place = match event.data["back_to"].as_str() {
            Some("queue") => "queue",
            Some("routing") => "routing",
            other => return Err(format!("{offer} went back to {other:?}")),
        };
        let lapsed = event.data["how"] == "lapsed";
        if lapsed
            && lapses_at
                .as_ref()
                .is_none_or(|due| is_early(&event.at, due))
        {
            return Err(format!("{offer} lapsed at {}, due {lapses_at:?}", event.at));
        }
        Ok(())
    }

    fn stopped(&mut self, event: &Event) -> Result<(), String> {
        let ending = &event.data["ending"];
        let how = ending["how"].as_str().ok_or("an end without a how")?;
        self.ending = Some(how.to_owned());
        self.ended = Some(event.cursor.0);
        let owned = self.place == "handling";
        self.place = "stopped";
        self.requests.clear();
        let completed = how == "completed";
        if completed && (!owned || ending["agent"].as_str() != self.owner.as_deref()) {
            let agent = &ending["agent"];
            return Err(format!("{agent} completed what {:?} owned", self.owner));
        }
        if let Some(open) = self.offer.take() {
            return Err(format!("it ended while {open:?} was open"));
        }
        Ok(())
    }
}

fn text(event: &Event, name: &str) -> Result<String, String> {
    let value = event.data[name].as_str();
    value
        .map(str::to_owned)
        .ok_or(format!("{} without {name}", event.name))
}

/// Whether `at` lies before `due` by more than two clocks read one after the other may differ.
/// Timers run on engine time, and these are times of the wall clock.
fn is_early(at: &str, due: &str) -> bool {
    millis_of(at) + 50 < millis_of(due)
}
