//! What a desk shows: a first state and the events after it.

use crate::support::picture::{Event, sequence};
use serde_json::{Value, json};

/// A state with events that wait to be told to it, so that it can be shown as of any record.
pub(super) struct Screen {
    /// As of the record `told`.
    state: Value,
    told: u64,
    /// After it, in order.
    events: Vec<Event>,
    last: (u64, u32),
}

impl Screen {
    pub(super) fn of(mut state: Value) -> Self {
        let told = sequence(&state);
        state.as_object_mut().expect("an object").remove("sequence");
        Self {
            state,
            told,
            events: Vec::new(),
            last: (told, u32::MAX),
        }
    }

    /// From where to go on after a break.
    pub(super) fn cursor(&self) -> String {
        match self.last {
            (record, u32::MAX) => record.to_string(),
            (record, index) => format!("{record}.{index}"),
        }
    }

    pub(super) const fn cursor_record(&self) -> u64 {
        self.last.0
    }

    pub(super) fn show(&mut self, event: Event) {
        assert!(
            event.cursor > self.last,
            "pushed twice or out of order: {event:?} after {:?}",
            self.last
        );
        self.last = event.cursor;
        self.events.push(event);
    }

    /// The state as of a record; events up to it are told to it for good.
    pub(super) fn at(&mut self, record: u64) -> Value {
        assert!(record >= self.told);
        self.told = record;
        let until = self
            .events
            .iter()
            .position(|event| event.cursor.0 > record)
            .unwrap_or(self.events.len());
        for event in self.events.drain(..until) {
            tell(&mut self.state, &event);
        }
        self.state.clone()
    }

    /// The offers on the screen at this moment.
    pub(super) fn offers(&self) -> Vec<String> {
        ids(&self.now()["offers"], "id", |_| true)
    }

    /// The interactions in hand at this moment.
    pub(super) fn handled(&self) -> Vec<String> {
        let handled = |work: &Value| work["kind"] == "handling";
        ids(&self.now()["work"], "interaction", handled)
    }

    fn now(&self) -> Value {
        let mut state = self.state.clone();
        self.events.iter().for_each(|event| tell(&mut state, event));
        state
    }
}

fn ids(list: &Value, name: &str, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.filter(|one| wanted(one))
        .map(|one| one[name].as_str().expect("an id").to_owned())
        .collect()
}

/// What a client of the API has to know: how each event changes an agent's view.
fn tell(view: &mut Value, event: &Event) {
    let data = &event.data;
    match event.name.as_str() {
        "agent.logged_in" => {
            view["logged_in"] = true.into();
            view["desk"] =
                json!({"session": data["session"], "since": event.at, "state": "answers"});
            for medium in data["media"].as_array().expect("a list") {
                let medium = medium.as_str().expect("a word");
                if view["media"][medium].is_null() {
                    view["media"][medium] =
                        json!({"ready": false, "why": "logged_in", "since": event.at});
                }
            }
        }
        "agent.logged_out" => {
            view["logged_in"] = false.into();
            view.as_object_mut().expect("an object").remove("desk");
            view["media"] = json!({});
            view["misses"] = json!({});
        }
        "agent.ready" => {
            let medium = data["medium"].as_str().expect("a word");
            view["media"][medium] = json!({"ready": true, "since": event.at});
            forget_misses(view, medium);
        }
        "agent.not_ready" => {
            let medium = data["medium"].as_str().expect("a word");
            let mut readiness = json!({"ready": false, "why": data["why"], "since": event.at});
            if let Some(reason) = data["reason"].as_str() {
                readiness["reason"] = reason.into();
            }
            view["media"][medium] = readiness;
        }
        "agent.desk_lost" => {
            view["desk"]["state"] = "lost".into();
            view["desk"]["grace_until"] = data["until"].clone();
        }
        "agent.desk_back" => desk_state(view, "answers"),
        "agent.desk_silent" => desk_state(view, "silent"),
        "agent.paused" => view["paused"] = data["media"].clone(),
        "offer.made" => {
            let offer = &data["offered"];
            push(&mut view["offers"], offer.clone());
            let claim = json!({"interaction": offer["interaction"], "medium": offer["medium"],
                "kind": "offered", "since": offer["made_at"]});
            push(&mut view["work"], claim);
        }
        "offer.accepted" => {
            let offer = take_offer(view, data);
            let medium = offer["medium"].as_str().expect("a word").to_owned();
            forget_misses(view, &medium);
            let work = view["work"].as_array_mut().expect("a list");
            let claim = work
                .iter_mut()
                .find(|claim| claim["interaction"] == data["interaction"]);
            let claim = claim.expect("it was offered");
            claim["kind"] = "handling".into();
            claim["since"] = event.at.as_str().into();
        }
        "offer.not_taken" => {
            let offer = take_offer(view, data);
            drop_work(view, data);
            let misses = data["misses"].as_u64().expect("a number");
            if misses > 0 {
                let medium = offer["medium"].as_str().expect("a word");
                view["misses"][medium] = misses.into();
            }
        }
        "interaction.stopped" => drop_work(view, data),
        // Facts about the past change no screen, nor do the requests of what he has in hand.
        "record.interval" | "record.segment" | "route.cancelled" | "route.cooled" => {}
        other => panic!("nobody told the desk what to do with {other}: {data}"),
    }
}

fn desk_state(view: &mut Value, state: &str) {
    let desk = view["desk"].as_object_mut().expect("a desk");
    desk.remove("grace_until");
    desk.insert("state".to_owned(), state.into());
}

fn forget_misses(view: &mut Value, medium: &str) {
    let misses = view["misses"].as_object_mut().expect("an object");
    misses.remove(medium);
}

fn push(list: &mut Value, one: Value) {
    list.as_array_mut().expect("a list").push(one);
}

fn take_offer(view: &mut Value, data: &Value) -> Value {
    let offers = view["offers"].as_array_mut().expect("a list");
    let at = offers.iter().position(|offer| offer["id"] == data["offer"]);
    offers.remove(at.unwrap_or_else(|| panic!("{} is not on the screen", data["offer"])))
}

fn drop_work(view: &mut Value, data: &Value) {
    let work = view["work"].as_array_mut().expect("a list");
    work.retain(|claim| claim["interaction"] != data["interaction"]);
}
