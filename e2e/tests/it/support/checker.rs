//! Compares what clients were told with what the server says.

mod life;
mod tests;

use super::ledger::{Answered, Ledger};
use super::picture::{Event, Picture, sequence};
use life::Life;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What does not fit, in words; empty when the books agree.
pub(crate) fn check(ledger: &Ledger, picture: &Picture) -> Vec<String> {
    let mut check = Check {
        ledger,
        picture,
        lives: BTreeMap::new(),
        problems: ledger.wrong.clone(),
    };
    check.lives();
    check.submissions();
    check.persons();
    check.answers();
    check.endings();
    check.present();
    check.agents();
    check.counts();
    check.problems
}

struct Check<'a> {
    ledger: &'a Ledger,
    picture: &'a Picture,
    /// What became of each interaction, by its whole history.
    lives: BTreeMap<&'a str, Life>,
    problems: Vec<String>,
}

impl<'a> Check<'a> {
    fn wrong(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Each history keeps the rules, and its row says the same.
    fn lives(&mut self) {
        for (id, events) in &self.picture.histories {
            let mut broken = Vec::new();
            let life = Life::tell(events.iter(), &mut broken);
            self.problems
                .extend(broken.into_iter().map(|problem| format!("{id}: {problem}")));
            let row = &self.picture.rows[id];
            // A history was read after its row.
            if row["open"] == Value::Bool(false) && row["place"] != life.place {
                let shown = &row["place"];
                self.wrong(format!(
                    "{id}: its row says {shown}, its history {}",
                    life.place
                ));
            }
            if life.place == "stopped" && row["open"] == Value::Bool(false) {
                let owner = row["owner"].as_str();
                if owner != life.owner.as_deref() {
                    let told = life.owner.clone();
                    self.wrong(format!(
                        "{id}: its row says owner {owner:?}, its history {told:?}"
                    ));
                }
            }
            self.lives.insert(id, life);
        }
    }

    /// Nothing accepted is lost, no key made two, nothing comes from nowhere.
    fn submissions(&mut self) {
        let mut by_reference: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, row) in &self.picture.rows {
            match row["user_data"]["ref"].as_str() {
                Some(reference) => by_reference.entry(reference).or_default().push(id),
                None => self
                    .problems
                    .push(format!("{id} has no reference: nobody submitted it")),
            }
        }
        for (reference, ids) in &by_reference {
            if ids.len() > 1 {
                self.wrong(format!("the key {reference} made {ids:?}"));
            }
            if !self.ledger.submissions.contains_key(*reference) {
                self.wrong(format!(
                    "{ids:?} has the reference {reference}, which nobody used"
                ));
            }
        }
        for (reference, told) in &self.ledger.submissions {
            let Some(told) = told else { continue };
            let found = by_reference.get(reference.as_str());
            if found.is_none_or(|ids| !ids.contains(&told.interaction.as_str())) {
                self.wrong(format!(
                    "{reference} was told {told:?}, and there is {found:?}"
                ));
                continue;
            }
            self.stands("submitting", &told.interaction, told.sequence, |event| {
                event.name == "interaction.submitted"
            });
        }
    }

    /// Personal values can be read again, and stand nowhere else.
    fn persons(&mut self) {
        for (id, row) in &self.picture.rows {
            let reference = row["user_data"]["ref"].as_str().unwrap_or_default();
            let told = self.ledger.persons.get(reference).map(String::as_str);
            let shown = row["user_data"]["name"].as_str();
            if shown != told {
                self.problems.push(format!(
                    "{id} shows the person {shown:?}, sent was {told:?}"
                ));
            }
        }
    }

    /// Acknowledged answers to offers happened, where it was told.
    fn answers(&mut self) {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (offer, it) in &self.ledger.accepts {
            if it.told.is_some()
                && let Some(before) = owners.insert(&it.interaction, &it.agent)
            {
                let problem = format!(
                    "{} was told to be owned by {before} and by {}",
                    it.interaction, it.agent
                );
                self.wrong(problem);
            }
            self.answer("accepting", offer, it, "offer.accepted", None);
        }
        for (offer, it) in &self.ledger.rejects {
            self.answer("rejecting", offer, it, "offer.not_taken", Some("rejected"));
        }
        // Nobody owns what no client tried to accept.
        for (id, life) in &self.lives {
            if let Some((offer, agent)) = &life.accepted {
                let asked = self.ledger.accepts.get(offer);
                if asked.is_none_or(|asked| asked.agent != *agent || asked.interaction != *id) {
                    self.problems.push(format!(
                        "{id} was given to {agent} by {offer}; asked was {asked:?}"
                    ));
                }
            }
        }
    }

    fn answer(&mut self, what: &str, offer: &str, it: &Answered, name: &str, how: Option<&str>) {
        let Some(told) = it.told else { return };
        let what = format!("{what} {offer}");
        self.stands(&what, &it.interaction, told, |event| {
            event.name == name
                && event.data["offer"] == offer
                && event.data["agent"] == *it.agent
                && how.is_none_or(|how| event.data["how"] == how)
        });
    }

    /// Acknowledged completions and withdrawals happened, and nothing ends by itself.
    fn endings(&mut self) {
        for (id, it) in &self.ledger.completions {
            let Some(told) = it.told else { continue };
            self.stands("completing", id, told, |event| {
                let ending = &event.data["ending"];
                event.name == "interaction.stopped"
                    && ending["how"] == "completed"
                    && ending["agent"] == *it.agent
                    && ending["reason"] == "solved"
                    && ending["disposition"] == "sold"
            });
        }
        for (id, told) in &self.ledger.stops {
            let Some(told) = told else { continue };
            // Withdrawing what is over already is acknowledged and changes nothing.
            let ended = self.lives.get(id.as_str()).and_then(|life| life.ended);
            if ended.is_none_or(|ended| ended > *told) {
                self.problems.push(format!(
                    "stopping {id} was told to stand in record {told}; it ended in {ended:?}"
                ));
            }
        }
        for (id, life) in &self.lives {
            let asked = match life.ending.as_deref() {
                None => true,
                Some("completed") => self.ledger.completions.contains_key(*id),
                Some("abandoned") => self.ledger.stops.contains_key(*id),
                Some(_) => false,
            };
            if !asked {
                let ending = &life.ending;
                self.problems
                    .push(format!("{id} ended as {ending:?}, and nobody asked for it"));
            }
        }
    }

    /// What was told stands exactly once in the history, in the record that was told.
    fn stands(&mut self, what: &str, id: &str, told: u64, is_it: impl Fn(&Event) -> bool) {
        let events = self.picture.histories.get(id);
        let found = events.into_iter().flatten().filter(|event| is_it(event));
        let records: Vec<u64> = found.map(|event| event.cursor.0).collect();
        if records != [told] {
            self.wrong(format!(
                "{what} ({id}) was told to stand in record {told}; it stands in {records:?}"
            ));
        }
    }

    /// The present of each open interaction is what its history up to that record says.
    fn present(&mut self) {
        for view in &self.picture.live {
            let id = view["id"].as_str().expect("an id");
            let life = self.life_at(id, sequence(view)).into_owned();
            let mut shown = BTreeSet::new();
            for request in view["requests"].as_array().expect("a list") {
                shown.insert(request["id"].as_str().expect("an id").to_owned());
            }
            let said = (
                view["place"].as_str().unwrap_or_default(),
                view["owner"].as_str(),
                view["offer"]["id"].as_str(),
            );
            let offer = life.offer.as_ref().map(|(offer, _)| offer.as_str());
            let told = (life.place, life.owner.as_deref(), offer);
            let over = life.place == "stopped";
            if said != told || (!over && shown != life.requests) {
                let problem = format!(
                    "{id} shows {said:?} with {shown:?}, its history up to record {} says \
                     {told:?} with {:?}",
                    sequence(view),
                    life.requests
                );
                self.problems.push(problem);
            }
        }
    }

    /// Each agent has in hand exactly what histories say, no more and no less.
    fn agents(&mut self) {
        for view in &self.picture.agents {
            let (agent, at) = (view["id"].as_str().expect("an id"), sequence(view));
            let mut shown = BTreeSet::new();
            for work in view["work"].as_array().expect("a list") {
                let word = |name: &str| work[name].as_str().expect("a word").to_owned();
                if !shown.insert((word("interaction"), word("kind"))) {
                    self.problems
                        .push(format!("{agent} has one claim twice: {work}"));
                }
            }
            let mut told = BTreeSet::new();
            let mut offers = BTreeSet::new();
            for id in self.picture.histories.keys() {
                let life = self.life_at(id, at);
                if life.place == "handling" && life.owner.as_deref() == Some(agent) {
                    told.insert((id.clone(), "handling".to_owned()));
                }
                if let Some((offer, _)) = life.offer.as_ref().filter(|(_, to)| to == agent) {
                    told.insert((id.clone(), "offered".to_owned()));
                    offers.insert(offer.clone());
                }
            }
            let shown_offers = view["offers"].as_array().expect("a list").iter();
            let shown_offers: BTreeSet<String> = shown_offers
                .map(|offer| offer["id"].as_str().expect("an id").to_owned())
                .collect();
            if shown != told || shown_offers != offers {
                self.problems.push(format!(
                    "{agent} shows {shown:?} and offers {shown_offers:?} at record {at}; \
                     histories say {told:?} and {offers:?}"
                ));
            }
        }
    }

    /// The books balance: numbers are what histories add up to.
    fn counts(&mut self) {
        let at = sequence(&self.picture.overview);
        let mut places: BTreeMap<&str, u64> = BTreeMap::new();
        let mut submitted = 0;
        for id in self.picture.histories.keys() {
            let life = self.life_at(id, at);
            *places.entry(life.place).or_default() += 1;
            submitted += u64::from(life.place != "nowhere");
        }
        let count = |place: &str| places.get(place).copied().unwrap_or(0);
        let told = [
            ("submitted", submitted),
            ("open", submitted - count("stopped")),
            ("resting", count("queue")),
            ("routing", count("routing")),
            ("offered", count("offer")),
            ("handling", count("handling")),
        ];
        for (name, told) in told {
            let shown = &self.picture.overview[name];
            if shown.as_u64() != Some(told) {
                self.wrong(format!(
                    "the overview at record {at} says {name} {shown}, histories add up to {told}"
                ));
            }
        }
        for line in self.picture.totals["items"].as_array().expect("a list") {
            self.balance(line);
        }
    }

    /// entered = left + waiting + offered, and the records know how each of them left.
    fn balance(&mut self, line: &Value) {
        let name = line["virtual_queue"].as_str().expect("a name");
        let number = |name: &str| line[name].as_u64().expect("a number");
        let (entered, left) = (number("entered"), number("left"));
        let inside = number("waiting") + number("offered");
        if entered != left + inside {
            self.wrong(format!("{name}: the books do not balance: {line}"));
        }
        let live = self.waits(name, sequence(&self.picture.totals));
        if live != (entered, left) {
            self.wrong(format!(
                "{name}: entered and left are {:?}, histories add up to {live:?}",
                (entered, left)
            ));
        }
        let projected = self.picture.totals["records_sequence"].as_u64();
        let (_, ended) = self.waits(name, projected.expect("a sequence"));
        let counted = line["ended"].as_object().expect("an object").values();
        let counted: u64 = counted.filter_map(Value::as_u64).sum();
        if counted != ended {
            self.wrong(format!(
                "{name}: {counted} waits are recorded as ended, histories add up to {ended}"
            ));
        }
    }

    /// How many requests came into a virtual queue and left it, up to a record.
    fn waits(&self, line: &str, at: u64) -> (u64, u64) {
        let lives = self.picture.histories.keys().map(|id| self.life_at(id, at));
        lives.fold((0, 0), |(entered, left), life| {
            let of_line = life.entered.iter().filter(|(_, of)| of.as_str() == line);
            let of_line: Vec<_> = of_line.map(|(request, _)| request).collect();
            let inside = of_line
                .iter()
                .filter(|id| life.requests.contains(**id))
                .count() as u64;
            let came = of_line.len() as u64;
            (entered + came, left + came - inside)
        })
    }

    /// What became of an interaction up to a record. Most are over and did not change since.
    fn life_at(&self, id: &str, at: u64) -> Cow<'_, Life> {
        let events = &self.picture.histories[id];
        let whole = events.last().is_none_or(|last| last.cursor.0 <= at);
        match self.lives.get(id).filter(|_| whole) {
            Some(life) => Cow::Borrowed(life),
            None => {
                let until = events.iter().filter(|event| event.cursor.0 <= at);
                Cow::Owned(Life::tell(until, &mut Vec::new()))
            }
        }
    }
}
