//! What is shown: the latest picture, the last events, and where the user has moved to.

use crate::client::Event;
use crossterm::event::KeyCode;
use serde::Deserialize;
use std::collections::{BTreeMap, VecDeque};

/// The numbers at the top; the fields of `GET /v1/overview` that are shown.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Overview {
    pub(super) engine_ms: u64,
    pub(super) open: u64,
    pub(super) routing: u64,
    pub(super) offered: u64,
    pub(super) handling: u64,
    pub(super) submitted: u64,
    pub(super) logged_in: u32,
    #[serde(default)]
    pub(super) effects: Effects,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Effects {
    pub(super) parked: u32,
}

/// A virtual queue; the fields of `GET /v1/virtual-queues` that are shown.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) waiting: u32,
    #[serde(default)]
    pub(super) oldest_engine_ms: Option<u64>,
    pub(super) offered: u32,
    pub(super) entered: u64,
    pub(super) left: u64,
}

/// An agent; the fields of `GET /v1/agents` that are shown.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Agent {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) logged_in: bool,
    #[serde(default)]
    pub(super) desk: Option<Desk>,
    #[serde(default)]
    pub(super) media: BTreeMap<String, Readiness>,
    #[serde(default)]
    pub(super) offers: Vec<Offer>,
    #[serde(default)]
    pub(super) work: Vec<Work>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Desk {
    pub(super) state: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Readiness {
    pub(super) ready: bool,
    #[serde(default)]
    pub(super) why: Option<String>,
    #[serde(default)]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Offer {
    pub(super) interaction: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Work {
    pub(super) interaction: String,
    pub(super) kind: String,
}

impl Agent {
    /// In one phrase: what keeps the agent, or that nothing does.
    pub(super) fn state(&self) -> String {
        if !self.logged_in {
            return "logged out".to_owned();
        }
        match self.desk.as_ref().map(|desk| desk.state.as_str()) {
            Some("lost") => return "desk lost".to_owned(),
            Some("silent") => return "desk silent".to_owned(),
            _ => {}
        }
        let not_ready: Vec<(&str, &Readiness)> = self
            .media
            .iter()
            .filter(|(_, readiness)| !readiness.ready)
            .map(|(medium, readiness)| (medium.as_str(), readiness))
            .collect();
        let Some((_, first)) = not_ready.first() else {
            return "ready".to_owned();
        };
        let why = first.reason.as_deref().or(first.why.as_deref());
        let why = why.unwrap_or("no reason");
        if not_ready.len() == self.media.len() {
            format!("not ready: {why}")
        } else {
            let media: Vec<&str> = not_ready.iter().map(|(medium, _)| *medium).collect();
            format!("ready but {}: {why}", media.join(","))
        }
    }

    /// What the agent has in hand, offers aside.
    pub(super) fn in_hand(&self) -> String {
        let work = self.work.iter().filter(|work| work.kind != "offered");
        let ids: Vec<&str> = work.map(|work| work.interaction.as_str()).collect();
        ids.join(" ")
    }

    /// What is offered.
    pub(super) fn is_offered(&self) -> String {
        let ids: Vec<&str> = self.offers.iter().map(|o| o.interaction.as_str()).collect();
        ids.join(" ")
    }
}

/// The present state, as far as it is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Picture {
    pub(super) overview: Overview,
    pub(super) lines: Vec<Line>,
    pub(super) agents: Vec<Agent>,
}

/// News for the board.
#[derive(Debug)]
pub(super) enum Update {
    /// The present state.
    Picture(Box<Picture>),
    /// Something happened.
    Event(Event),
    /// The server did not answer.
    Problem(String),
}

/// Everything that is shown.
#[derive(Debug)]
pub(super) struct Board {
    base: String,
    picture: Picture,
    /// The last events, the newest first.
    ticker: VecDeque<String>,
    problem: Option<String>,
    paused: bool,
    first_agent: usize,
}

/// How many events are remembered; no screen shows more.
const TICKER_MAX: usize = 200;

impl Board {
    /// An empty board for the server at `base`.
    pub(super) fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            picture: Picture::default(),
            ticker: VecDeque::new(),
            problem: None,
            paused: false,
            first_agent: 0,
        }
    }

    /// Takes news in; while paused only whether the server is there.
    pub(super) fn take(&mut self, update: Update) {
        match update {
            Update::Problem(problem) => self.problem = Some(problem),
            Update::Picture(picture) => {
                self.problem = None;
                if !self.paused {
                    self.picture = *picture;
                    self.first_agent = self.first_agent.min(self.last_agent());
                }
            }
            Update::Event(_) if self.paused => {}
            Update::Event(event) => {
                if is_worth_showing(&event.name) {
                    self.ticker.push_front(self.sentence(&event));
                    self.ticker.truncate(TICKER_MAX);
                }
            }
        }
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, key: KeyCode) {
        match key {
            KeyCode::Char('p') => self.paused = !self.paused,
            KeyCode::Down => self.first_agent = (self.first_agent + 1).min(self.last_agent()),
            KeyCode::Up => self.first_agent = self.first_agent.saturating_sub(1),
            KeyCode::PageDown => self.first_agent = (self.first_agent + 10).min(self.last_agent()),
            KeyCode::PageUp => self.first_agent = self.first_agent.saturating_sub(10),
            KeyCode::Home => self.first_agent = 0,
            _ => {}
        }
    }

    fn last_agent(&self) -> usize {
        self.picture.agents.len().saturating_sub(1)
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn picture(&self) -> &Picture {
        &self.picture
    }

    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    /// The agents from where the user has moved to.
    pub(super) fn agents(&self) -> &[Agent] {
        self.picture
            .agents
            .get(self.first_agent..)
            .unwrap_or_default()
    }

    pub(super) fn ticker(&self) -> impl Iterator<Item = &str> {
        self.ticker.iter().map(String::as_str)
    }

    /// One event as a line: when, what, and whom it concerns.
    fn sentence(&self, event: &Event) -> String {
        let data = &event.data["data"];
        let time = event.data["at"].as_str().and_then(|at| at.get(11..19));
        let mut line = format!("{} {:<22}", time.unwrap_or("        "), event.name);
        for field in ["interaction", "queue", "medium"] {
            if let Some(text) = data[field].as_str() {
                line.push(' ');
                line.push_str(text);
            }
        }
        if let Some(agent) = data["agent"].as_str() {
            line.push_str(&format!(" {}", self.agent_name(agent)));
        }
        for field in ["how", "why", "reason"] {
            if let Some(text) = data[field].as_str() {
                line.push_str(&format!(" ({text})"));
            }
        }
        if let Some(how) = data["ending"]["how"].as_str() {
            line.push_str(&format!(" ({how})"));
        }
        line
    }

    fn agent_name<'a>(&'a self, id: &'a str) -> &'a str {
        let known = self.picture.agents.iter().find(|agent| agent.id == id);
        known.map_or(id, |agent| agent.name.as_str())
    }
}

/// Facts for reports come with every other event and would drown them.
fn is_worth_showing(name: &str) -> bool {
    !name.starts_with("record.") && name != "node.results_forgotten"
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A board with two queues, three agents and two events.
    pub(crate) fn example() -> Board {
        let mut board = Board::new("http://127.0.0.1:8080");
        let picture = Picture {
            overview: serde_json::from_value(json!({
                "engine_ms": 100_000, "open": 12, "routing": 5, "offered": 1, "handling": 6,
                "submitted": 340, "logged_in": 2, "effects": {"parked": 1}
            }))
            .unwrap(),
            lines: serde_json::from_value(json!([
                {"name": "sales-line", "waiting": 4, "oldest_engine_ms": 25_000, "offered": 1,
                 "entered": 200, "left": 195},
                {"name": "support-line", "waiting": 0, "offered": 0, "entered": 140, "left": 140}
            ]))
            .unwrap(),
            agents: serde_json::from_value(json!([
                {"id": "a1", "name": "anna", "logged_in": true, "desk": {"state": "answers"},
                 "media": {"chat": {"ready": true}, "voice": {"ready": true}},
                 "offers": [{"interaction": "i41"}],
                 "work": [{"interaction": "i41", "kind": "offered"}, {"interaction": "i37", "kind": "handling"}]},
                {"id": "a2", "name": "ben", "logged_in": true, "desk": {"state": "answers"},
                 "media": {"chat": {"ready": true}, "voice": {"ready": false, "why": "missed"}}},
                {"id": "a3", "name": "sam", "logged_in": false}
            ]))
            .unwrap(),
        };
        board.take(Update::Picture(Box::new(picture)));
        for (name, data) in [
            (
                "interaction.submitted",
                json!({"interaction": "i41", "queue": "sales", "medium": "chat"}),
            ),
            ("record.segment", json!({"interaction": "i41"})),
            (
                "offer.made",
                json!({"interaction": "i41", "queue": "sales", "agent": "a1", "offer": "o9"}),
            ),
        ] {
            board.take(Update::Event(Event {
                cursor: None,
                name: name.to_owned(),
                data: json!({"at": "2026-11-20T09:00:01.500Z", "data": data}),
            }));
        }
        board
    }

    #[test]
    fn the_state_of_an_agent_is_one_phrase() {
        let board = example();
        let states: Vec<String> = board.agents().iter().map(Agent::state).collect();
        assert_eq!(states, ["ready", "ready but voice: missed", "logged out"]);
        assert_eq!(board.agents()[0].in_hand(), "i37");
        assert_eq!(board.agents()[0].is_offered(), "i41");
    }

    #[test]
    fn events_are_told_with_the_names_of_agents_and_without_report_facts() {
        let board = example();
        let lines: Vec<&str> = board.ticker().collect();
        assert_eq!(
            lines,
            [
                "09:00:01 offer.made             i41 sales anna",
                "09:00:01 interaction.submitted  i41 sales chat"
            ]
        );
    }

    #[test]
    fn nothing_moves_while_paused_and_the_arrows_stop_at_the_ends() {
        let mut board = example();
        board.press(KeyCode::Char('p'));
        board.take(Update::Picture(Box::default()));
        assert_eq!(board.picture().agents.len(), 3);
        for _ in 0..9 {
            board.press(KeyCode::Down);
        }
        assert_eq!(board.agents().len(), 1);
        board.press(KeyCode::Char('p'));
        board.take(Update::Picture(Box::default()));
        assert_eq!(board.agents().len(), 0);
        board.press(KeyCode::Up);
    }

    #[test]
    fn a_server_that_is_gone_is_told_until_it_is_back() {
        let mut board = example();
        board.take(Update::Problem("no answer".to_owned()));
        assert_eq!(board.problem(), Some("no answer"));
        board.take(Update::Picture(Box::default()));
        assert_eq!(board.problem(), None);
    }
}
