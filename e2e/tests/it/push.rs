//! Old state plus pushed events equals fresh state, for an agent's desk, over the API's own JSON:
//! through accepting, rejecting, lapsing, completing, leaving, coming back, and broken lines.

mod screen;

use crate::support::centre::{Agent, Centre, quick_settings};
use crate::support::crowd::{Crowd, Pace};
use crate::support::picture::{Event, sequence};
use crate::support::random::Random;
use crate::support::seeds::seeds;
use crate::support::server::{PATIENCE, Site};
use crate::support::skip::rounds;
use crate::support::stream::{Frame, Stream};
use screen::Screen;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_follows_the_events_shows_what_a_fresh_one_shows() {
    let seed = seeds("push", 1)[0];
    println!("line for seeds.txt: push {seed}");
    let site = Site::new();
    let mut server = site.start().await;
    let centre = Centre::found("default", site.administrator(0), quick_settings()).await;
    let (others, anna) = centre.without("anna");
    // Those who accept everything would leave nothing for her.
    let pace = Pace {
        accepts: 30,
        ..Pace::BUSY
    };
    let crowd = Crowd::enter(&others, pace, seed);
    let mut desk = Desk::open(anna, Random::seeded(seed)).await;
    for round in 0..rounds(24, 200) {
        desk.act_a_while().await;
        desk.compare(round).await;
        match round % 6 {
            1 => desk.break_line(Duration::ZERO).await,
            3 => desk.break_line(Duration::from_millis(1_800)).await,
            5 => {
                desk.stream = None;
                server.kill();
                server = site.start().await;
                desk.reopen().await;
            }
            _ => {}
        }
    }
    crowd.leave().await;
    desk.log_out_at_last(rounds(24, 200)).await;
    println!("seen: {:?}", desk.seen);
    for name in [
        "agent.logged_in",
        "agent.logged_out",
        "agent.ready",
        "agent.not_ready",
        "agent.desk_lost",
        "agent.desk_back",
        "agent.desk_silent",
        "offer.made",
        "offer.accepted",
        "offer.not_taken",
        "interaction.stopped",
    ] {
        assert!(desk.seen.contains(name), "{name} never happened");
    }
    server.stop().await;
}

/// A desk with a screen that is only changed by events.
struct Desk {
    agent: Agent,
    random: Random,
    stream: Option<Stream>,
    screen: Screen,
    seen: BTreeSet<String>,
}

impl Desk {
    async fn open(agent: Agent, random: Random) -> Self {
        let first = agent.client.get("/v1/agents/me").await;
        let mut desk = Self {
            stream: None,
            screen: Screen::of(first),
            agent,
            random,
            seen: BTreeSet::new(),
        };
        desk.reopen().await;
        desk
    }

    /// Goes on from the last event seen.
    async fn reopen(&mut self) {
        let query = format!("events=mine&after={}", self.screen.cursor());
        let stream = Stream::open(&self.agent.client, &query).await;
        self.stream = Some(stream.expect("a line"));
    }

    async fn break_line(&mut self, pause: Duration) {
        self.stream = None;
        tokio::time::sleep(pause).await;
        self.reopen().await;
    }

    async fn ask(&mut self, verb: &str, fields: Value) -> Result<Value, Value> {
        let stream = self.stream.as_mut().expect("an open line");
        let asked = timeout(PATIENCE, stream.call(verb, None, fields)).await;
        let answer = asked.expect("in good time").expect("the line holds");
        answer.map(|frame| frame["ok"].clone())
    }

    /// Hears what has come, without waiting long for more.
    async fn hear(&mut self) {
        while let Ok(frame) = timeout(Duration::from_millis(5), self.next()).await {
            self.show(frame);
        }
    }

    async fn next(&mut self) -> Frame {
        let stream = self.stream.as_mut().expect("an open line");
        stream.next().await.expect("the line holds")
    }

    fn show(&mut self, frame: Frame) {
        match frame {
            Frame::Event(frame) => {
                let event = Event::of(&frame);
                self.seen.insert(event.name.clone());
                self.screen.show(event);
            }
            Frame::Resync(why) => panic!("the stream broke off: {why}"),
            Frame::Answer { re, .. } => panic!("an answer to {re}, which nobody waits for"),
        }
    }

    /// Some actions; refusals are part of life.
    async fn act_a_while(&mut self) {
        for _ in 0..8 {
            self.hear().await;
            let _ = match self.random.below(14) {
                0 => {
                    self.ask("agent.not_ready", json!({"reason": "break"}))
                        .await
                }
                1 => self.ask("agent.logout", json!({})).await,
                2 | 3 => self.ask("agent.login", json!({})).await,
                4..=6 => self.ask("agent.ready", json!({})).await,
                7 | 8 => self.answer("offer.reject", json!({"reason": "busy"})).await,
                9..=11 => self.answer("offer.accept", json!({})).await,
                _ => self.complete().await,
            };
            tokio::time::sleep(self.random.millis(1, 60)).await;
        }
    }

    /// Logging out is refused while there is work in hand, so chance alone may never bring it.
    async fn log_out_at_last(&mut self, round: usize) {
        let going = json!({"reason": "going"});
        for attempt in 0..100 {
            if self.seen.contains("agent.logged_out") {
                return;
            }
            let _ = self.ask("agent.not_ready", going.clone()).await;
            self.hear().await;
            let _ = self.answer("offer.reject", going.clone()).await;
            let _ = self.complete().await;
            let _ = self.ask("agent.logout", json!({})).await;
            self.compare(round + attempt).await;
        }
    }

    async fn answer(&mut self, verb: &str, mut fields: Value) -> Result<Value, Value> {
        let offers = self.screen.offers();
        let Some(offer) = self.random.pick(&offers) else {
            return Ok(Value::Null);
        };
        fields["offer"] = offer.as_str().into();
        self.ask(verb, fields).await
    }

    async fn complete(&mut self) -> Result<Value, Value> {
        let work = self.screen.handled();
        let Some(interaction) = self.random.pick(&work) else {
            return Ok(Value::Null);
        };
        let fields = json!({"interaction": interaction, "reason": "solved"});
        self.ask("interaction.complete", fields).await
    }

    /// Reads a fresh state, waits until all events up to it have come, and compares.
    async fn compare(&mut self, round: usize) {
        let fresh = self.agent.client.get("/v1/agents/me").await;
        let at = sequence(&fresh);
        // Something of hers that stands in a later record: all before it has come before it.
        while self.screen.cursor_record() <= at {
            let logged_in = self.ask("agent.login", json!({})).await;
            let mark = sequence(&logged_in.expect("logging in is always possible"));
            while self.screen.cursor_record() < mark {
                let frame = timeout(PATIENCE, self.next()).await;
                self.show(frame.expect("her own log-in is pushed"));
            }
        }
        let shown = self.screen.at(at);
        let mut fresh = fresh;
        fresh.as_object_mut().expect("an object").remove("sequence");
        assert_eq!(shown, fresh, "round {round}, at record {at}");
    }
}
