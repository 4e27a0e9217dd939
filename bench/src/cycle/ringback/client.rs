//! The client of the durable cycle: one thread, one poll over all connections.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::cycle::{PRIORITIES, Tally, attributes};
use crate::server::socket::Socket;

/// How long the server may be silent before the client gives up.
const PATIENCE: Timespec = Timespec {
    tv_sec: 20,
    tv_nsec: 0,
};

pub(super) struct Client {
    /// The first submits, the others are desks.
    sockets: Vec<Socket>,
    cycles: Vec<Cycle>,
    /// Which cycle an interaction belongs to, and which offer was heard; whichever comes first
    /// waits here for the other.
    submitted: HashMap<u64, usize>,
    offered: HashMap<u64, (u64, usize)>,
    attributes: String,
    submissions: usize,
    latencies_us: Vec<f64>,
    finished: u64,
    ending: bool,
    /// Answers to log-ins that are missing.
    greetings: usize,
    line: Vec<u8>,
}

/// A cycle under way; its place in the list is the id of its commands.
struct Cycle {
    began: Instant,
    at: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Idle,
    Submitting,
    Offering,
    Accepting { interaction: u64, desk: usize },
    Completing,
}

/// The id of commands that belong to no cycle.
const GREETING: usize = 1_000_000;

impl Client {
    pub(super) fn connect(
        address: SocketAddr,
        submitter: &str,
        desks: &[String],
    ) -> anyhow::Result<Self> {
        let keys = std::iter::once(submitter).chain(desks.iter().map(String::as_str));
        let sockets = keys.map(|key| Socket::connect(address, key));
        Ok(Self {
            sockets: sockets.collect::<anyhow::Result<_>>()?,
            cycles: Vec::new(),
            submitted: HashMap::new(),
            offered: HashMap::new(),
            attributes: attributes(),
            submissions: 0,
            latencies_us: Vec::new(),
            finished: 0,
            ending: false,
            greetings: 0,
            line: Vec::new(),
        })
    }

    /// Brings all desks to work.
    pub(super) fn log_in(&mut self) -> anyhow::Result<()> {
        for what in ["agent.login", "agent.ready"] {
            for desk in &mut self.sockets[1..] {
                desk.push(format!(r#"{{"id":{GREETING},"do":"{what}"}}"#).as_bytes());
                self.greetings += 1;
            }
            self.flush()?;
            while self.greetings > 0 {
                self.hear()?;
            }
        }
        Ok(())
    }

    /// Keeps cycles under way for some time; those that are under way at the end stay so.
    pub(super) fn run_for(&mut self, seconds: f64, outstanding: usize) -> anyhow::Result<()> {
        let until = Instant::now() + Duration::from_secs_f64(seconds);
        while self.cycles.len() < outstanding {
            self.cycles.push(Cycle {
                began: Instant::now(),
                at: Step::Idle,
            });
            self.submit(self.cycles.len() - 1);
        }
        self.flush()?;
        while Instant::now() < until {
            self.hear()?;
        }
        Ok(())
    }

    pub(super) fn forget_figures(&mut self) {
        self.latencies_us.clear();
    }

    /// Lets the cycles under way end; they do not count.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        self.ending = true;
        let idle = |cycle: &Cycle| matches!(cycle.at, Step::Idle);
        while !self.cycles.iter().all(idle) {
            self.hear()?;
        }
        Ok(())
    }

    /// What was seen; what the store holds is for others to fill in.
    pub(super) fn tally(&mut self) -> Tally {
        Tally {
            latencies_us: std::mem::take(&mut self.latencies_us),
            finished: self.finished,
            empty_takes: 0,
            completed_in_store: 0,
            left_in_store: 0,
        }
    }

    /// Waits until the server says something, works everything off, and answers at once.
    fn hear(&mut self) -> anyhow::Result<()> {
        let mut waiting = self
            .sockets
            .iter()
            .map(|socket| PollFd::from_borrowed_fd(socket.descriptor(), PollFlags::IN))
            .collect::<Vec<_>>();
        let ready = poll(&mut waiting, Some(&PATIENCE))?;
        anyhow::ensure!(ready > 0, "the server said nothing for {PATIENCE:?}");
        let ready = waiting
            .iter()
            .map(|it| !it.revents().is_empty())
            .collect::<Vec<_>>();
        for (index, _) in ready.iter().enumerate().filter(|(_, ready)| **ready) {
            if self.sockets[index].receive()? {
                let mut frames = Vec::new();
                self.sockets[index].frames(|frame| {
                    frames.extend(understand(frame)?);
                    Ok(())
                })?;
                for said in frames {
                    self.take(index, said)?;
                }
            }
        }
        self.flush()
    }

    fn take(&mut self, connection: usize, said: Said) -> anyhow::Result<()> {
        match said {
            Said::Answer { id: GREETING, .. } => self.greetings -= 1,
            Said::Offer { interaction, offer } => {
                self.offered.insert(interaction, (offer, connection));
                self.accept_if_known(interaction);
            }
            Said::Answer { id, interaction } => self.answered(id, interaction)?,
        }
        Ok(())
    }

    fn answered(&mut self, id: usize, interaction: Option<u64>) -> anyhow::Result<()> {
        let cycle = self.cycles.get_mut(id).context("an unknown id")?;
        match cycle.at {
            Step::Submitting => {
                cycle.at = Step::Offering;
                let interaction = interaction.context("a submission without interaction")?;
                self.submitted.insert(interaction, id);
                self.accept_if_known(interaction);
            }
            Step::Accepting { interaction, desk } => {
                cycle.at = Step::Completing;
                self.say(desk, |line| {
                    write!(
                        line,
                        r#"{{"id":{id},"do":"interaction.complete","interaction":"i{interaction}","reason":"solved"}}"#
                    )
                });
            }
            Step::Completing => {
                cycle.at = Step::Idle;
                let latency = cycle.began.elapsed();
                self.latencies_us.push(latency.as_secs_f64() * 1e6);
                self.finished += 1;
                if !self.ending {
                    self.submit(id);
                }
            }
            Step::Idle | Step::Offering => anyhow::bail!("an answer that nobody waits for"),
        }
        Ok(())
    }

    fn submit(&mut self, id: usize) {
        let priority = self.submissions % PRIORITIES;
        self.submissions += 1;
        let cycle = &mut self.cycles[id];
        cycle.began = Instant::now();
        cycle.at = Step::Submitting;
        let attributes = std::mem::take(&mut self.attributes);
        self.say(0, |line| {
            write!(
                line,
                r#"{{"id":{id},"do":"interaction.submit","queue":"inbox","medium":"chat","kind":"inbound","priority":{priority},"user_data":{attributes},"route":{{"virtual_queue":"support","target":"English>=2"}}}}"#
            )
        });
        self.attributes = attributes;
    }

    /// Accepts when both the submission is answered and its offer is heard.
    fn accept_if_known(&mut self, interaction: u64) {
        let Some(&id) = self.submitted.get(&interaction) else {
            return;
        };
        let Some((offer, desk)) = self.offered.remove(&interaction) else {
            return;
        };
        self.submitted.remove(&interaction);
        self.cycles[id].at = Step::Accepting { interaction, desk };
        self.say(desk, |line| {
            write!(
                line,
                r#"{{"id":{id},"do":"offer.accept","offer":"o{offer}"}}"#
            )
        });
    }

    fn say(&mut self, connection: usize, write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) {
        self.line.clear();
        write(&mut self.line).expect("a Vec takes everything");
        self.sockets[connection].push(&self.line);
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        for socket in &mut self.sockets {
            socket.flush()?;
        }
        Ok(())
    }
}

/// What matters of a frame.
#[derive(Debug, PartialEq)]
enum Said {
    Answer { id: usize, interaction: Option<u64> },
    Offer { interaction: u64, offer: u64 },
}

/// Looks for the few words that matter; `None` for other events.
fn understand(frame: &[u8]) -> anyhow::Result<Option<Said>> {
    if let Some(rest) = frame.strip_prefix(br#"{"re":"#) {
        let (id, rest) = number(rest);
        let rest = rest
            .strip_prefix(br#","ok":"#)
            .with_context(|| format!("refused: {}", String::from_utf8_lossy(frame)))?;
        let id = usize::try_from(id.context("an answer without id")?)?;
        let interaction = after(rest, br#""interaction":"i"#);
        return Ok(Some(Said::Answer { id, interaction }));
    }
    if !frame.starts_with(br#"{"event":"offer.made""#) {
        let lost = frame.starts_with(br#"{"event":"resync""#);
        anyhow::ensure!(!lost, "lost: {}", String::from_utf8_lossy(frame));
        return Ok(None);
    }
    let found = after(frame, br#""interaction":"i"#).zip(after(frame, br#""offer":"o"#));
    let (interaction, offer) =
        found.with_context(|| format!("an offer of {}", String::from_utf8_lossy(frame)))?;
    Ok(Some(Said::Offer { interaction, offer }))
}

/// The number that stands after `word`.
fn after(text: &[u8], word: &[u8]) -> Option<u64> {
    let at = text.windows(word.len()).position(|here| here == word)?;
    number(&text[at + word.len()..]).0
}

/// The number that a text begins with, and the rest of it.
fn number(text: &[u8]) -> (Option<u64>, &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    let parsed = std::str::from_utf8(digits)
        .ok()
        .and_then(|it| it.parse().ok());
    (parsed, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_offers_are_understood() {
        let said = understand(br#"{"re":7,"ok":{"interaction":"i42","sequence":9}}"#).unwrap();
        let answer = Said::Answer {
            id: 7,
            interaction: Some(42),
        };
        assert_eq!(said, Some(answer));
        let event = br#"{"event":"offer.made","data":{"interaction":"i42","offer":"o5"}}"#;
        let offer = Said::Offer {
            interaction: 42,
            offer: 5,
        };
        assert_eq!(understand(event).unwrap(), Some(offer));
        assert_eq!(understand(br#"{"event":"hello"}"#).unwrap(), None);
        assert!(understand(br#"{"re":7,"problem":{}}"#).is_err());
        assert!(understand(br#"{"event":"resync","why":"slow"}"#).is_err());
    }
}
