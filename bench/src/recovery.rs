//! Recovery: from exec of the server to the first correct offer, with many open interactions.
//!
//! The data are made by a hall in this process, through the same door as everything else:
//! submitted, journalled, projected, and put into a snapshot by the hall's own follower. Some
//! submissions come after the snapshot, so that the journal is read as well. Then the release
//! binary is started on a warm file system cache; an agent's desk connects, logs in, gets ready,
//! and the offer it hears must be of the very interaction that is first in line.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use ringback_engine::image::Restore;
use ringback_model::Input;
use ringback_model::config::{AgentBody, Capacity, Expected, Input as Config, Role};
use ringback_model::{Medium, Outcome};
use ringback_ports::Reply;
use ringback_ports::store::Store as _;
use ringback_runtime::codec;
use ringback_store::{SqliteOptions, SqliteStore};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::centre::{Centre, Submissions, name};
use crate::cycle::PRIORITIES;
use crate::guard::Keeper;
use crate::server::socket::Socket;
use crate::server::{AGENT_KEY, AGENT_KEY_HASH, Server, release_binary};

/// Target expressions in use, each with a skill of its own.
const EXPRESSIONS: usize = 201;
/// Submissions under way while the data are made.
const UNDER_WAY: usize = 2_048;
/// How many submissions come after the snapshot.
const AFTER_SNAPSHOT: usize = 10_000;

/// Everything a run gave.
#[derive(Serialize)]
pub(crate) struct Recovery {
    pub(crate) interactions: usize,
    pub(crate) snapshot_bytes: u64,
    pub(crate) made_in_s: f64,
    pub(crate) parts: Vec<Parts>,
    pub(crate) starts: Vec<Start>,
}

/// What each step costs alone, in this process and on one thread.
#[derive(Serialize)]
pub(crate) struct Parts {
    pub(crate) read_s: f64,
    pub(crate) decode_s: f64,
    pub(crate) restore_s: f64,
    pub(crate) index_s: f64,
}

impl Parts {
    pub(crate) fn of(&self, part: &str) -> f64 {
        match part {
            "read" => self.read_s,
            "decode" => self.decode_s,
            "restore" => self.restore_s,
            _ => self.index_s,
        }
    }
}

/// One start of the server.
#[derive(Serialize)]
pub(crate) struct Start {
    pub(crate) ready_s: f64,
    pub(crate) offer_s: f64,
    /// Resident memory per interaction after the offer, and at its peak.
    pub(crate) rss_bytes: f64,
    pub(crate) peak_bytes: f64,
}

pub(crate) fn measure(
    folder: &Path,
    interactions: usize,
    rounds: u16,
    keeper: &Keeper,
) -> anyhow::Result<Recovery> {
    let binary = release_binary().context("build the server: cargo build --release -p ringback")?;
    let data = folder.join("data");
    std::fs::create_dir(&data)?;
    let began = Instant::now();
    make(&data, interactions, keeper)?;
    let made_in_s = began.elapsed().as_secs_f64();
    eprintln!("made {interactions} interactions in {made_in_s:.0} s");
    let mut recovery = Recovery {
        interactions,
        snapshot_bytes: snapshot_bytes(&data)?,
        made_in_s,
        parts: Vec::new(),
        starts: Vec::new(),
    };
    for round in 0..rounds {
        keeper.check()?;
        recovery.parts.push(take_apart(&data)?);
        let start = start(&binary, folder, interactions, usize::from(round), keeper)?;
        eprintln!(
            "round {}: {:.2} s to the first offer",
            round + 1,
            start.offer_s
        );
        recovery.starts.push(start);
    }
    Ok(recovery)
}

/// Submits everything, and has a snapshot taken shortly before the end.
fn make(data: &Path, interactions: usize, keeper: &Keeper) -> anyhow::Result<()> {
    let centre = Centre::open(data)?;
    centre.furnish(0, 0)?;
    let agent = AgentBody {
        skills: [(name("Skill0")?, 1)].into_iter().collect(),
        capacity: Capacity([(Medium::Chat, 1)].into()),
        ..AgentBody::default()
    };
    centre.done(Input::Config(Config::PutAgent {
        name: name("anna")?,
        body: agent,
        expected: Expected::Any,
    }))?;
    centre.done(Input::Config(Config::MakeKey {
        name: name("anna")?,
        hash: AGENT_KEY_HASH.to_owned(),
        role: Role::Agent,
        queues: None,
        groups: None,
        agent: Some(name("anna")?),
        bounds: None,
    }))?;
    let wants = (0..EXPRESSIONS)
        .map(|number| format!("Skill{number}>=1"))
        .collect::<Vec<_>>();
    let mut submissions = Submissions::new(&centre, &wants)?;
    let last = AFTER_SNAPSHOT.min(interactions / 10);
    submit(&centre, &mut submissions, interactions - last, keeper)?;
    centre.catch_up()?;
    centre.snapshot();
    submit(&centre, &mut submissions, last, keeper)?;
    centre.catch_up()?;
    centre.close(false);
    Ok(())
}

fn submit(
    centre: &Centre,
    submissions: &mut Submissions,
    count: usize,
    keeper: &Keeper,
) -> anyhow::Result<()> {
    let (to, mut answers) = mpsc::unbounded_channel();
    let mut under_way = 0;
    for _ in 0..count {
        if under_way == UNDER_WAY {
            keeper.check()?;
            under_way -= take_answers(&mut answers)?;
        }
        let to = to.clone();
        centre.send(submissions.next()?, Reply::Tagged { tag: 0, to });
        under_way += 1;
    }
    while under_way > 0 {
        under_way -= take_answers(&mut answers)?;
    }
    Ok(())
}

type Answered = (
    u64,
    Result<ringback_ports::envelope::Answer, ringback_ports::envelope::CommandFault>,
);

/// Waits for an answer and takes all that are there.
fn take_answers(answers: &mut mpsc::UnboundedReceiver<Answered>) -> anyhow::Result<usize> {
    let mut taken = 0;
    let mut next = answers.blocking_recv();
    while let Some((_, answer)) = next {
        let outcome = answer?.outcome;
        anyhow::ensure!(matches!(outcome, Outcome::Submitted { .. }), "{outcome:?}");
        taken += 1;
        next = answers.try_recv().ok();
    }
    Ok(taken)
}

/// The number of the interaction that is first in line for an agent with the first skill, after
/// `done` others: of those in the highest tier, in the order they were submitted. Interactions
/// are numbered from 1; tiers and expressions come in turn, and have no common divisor.
fn first_in_line(done: usize) -> u64 {
    let turn = EXPRESSIONS * PRIORITIES;
    let highest =
        |made: &usize| made.is_multiple_of(EXPRESSIONS) && made % PRIORITIES == PRIORITIES - 1;
    let first = (0..turn).find(highest);
    first.map_or(0, |made| (made + done * turn) as u64 + 1)
}

fn snapshot_bytes(data: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for file in std::fs::read_dir(data.join("snapshots"))? {
        bytes = bytes.max(file?.metadata()?.len());
    }
    Ok(bytes)
}

/// Recovers step by step, each alone.
fn take_apart(data: &Path) -> anyhow::Result<Parts> {
    let store = SqliteStore::open(SqliteOptions {
        ballast_bytes: 0,
        ..SqliteOptions::new(data)
    })?;
    let mut reader = store.journal_reader()?;
    let tenant = store.tenants()?.first().context("no tenant")?.id;
    let began = Instant::now();
    let heads = reader.snapshots(tenant)?;
    let head = heads.first().context("no snapshot")?;
    let mut parts = Vec::new();
    reader.read_snapshot(head, &mut |part| {
        parts.push(part);
        Ok(())
    })?;
    let read_s = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let decoded = parts[1..]
        .iter()
        .map(|part| codec::decode_part(part))
        .collect::<Result<Vec<_>, _>>()?;
    let decode_s = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let mut restore = Restore::default();
    for part in decoded {
        restore.add(part.ready());
    }
    let restore_s = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let state = restore.finish();
    anyhow::ensure!(state.digest() == head.digest, "another digest");
    let index_s = began.elapsed().as_secs_f64();
    Ok(Parts {
        read_s,
        decode_s,
        restore_s,
        index_s,
    })
}

fn start(
    binary: &Path,
    home: &Path,
    interactions: usize,
    done: usize,
    keeper: &Keeper,
) -> anyhow::Result<Start> {
    let began = Instant::now();
    let mut server = Server::start(binary, home, keeper)?;
    let ready_s = began.elapsed().as_secs_f64();
    let mut desk = Desk::connect(&server)?;
    let offer = desk.first_offer().with_context(|| server.last_words())?;
    let offer_s = began.elapsed().as_secs_f64();
    let (offered, first) = (offer.interaction, first_in_line(done));
    anyhow::ensure!(
        offered == first,
        "i{offered} was offered, first is i{first}"
    );
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.child.id()))?;
    let per_interaction = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim_end_matches("kB").trim().parse::<f64>().ok());
        let kib = kib.with_context(|| format!("no {name} in /proc"))?;
        anyhow::Ok(kib * 1024.0 / interactions as f64)
    };
    let start = Start {
        ready_s,
        offer_s,
        rss_bytes: per_interaction("VmRSS:")?,
        peak_bytes: per_interaction("VmHWM:")?,
    };
    // The next start shall find what this one found: nothing in hand, and no newer snapshot.
    desk.finish(&offer).with_context(|| server.last_words())?;
    server.process.child.kill()?;
    Ok(start)
}

/// An agent's desk.
struct Desk(Socket);

struct Offer {
    id: String,
    interaction: u64,
}

/// How long the server may be silent.
const PATIENCE: Timespec = Timespec {
    tv_sec: 20,
    tv_nsec: 0,
};

impl Desk {
    fn connect(server: &Server) -> anyhow::Result<Self> {
        Ok(Self(Socket::connect(server.address, AGENT_KEY)?))
    }

    /// Logs in, gets ready, and waits for an offer.
    fn first_offer(&mut self) -> anyhow::Result<Offer> {
        self.0.push(br#"{"id":1,"do":"agent.login"}"#);
        self.0.push(br#"{"id":2,"do":"agent.ready"}"#);
        self.0.flush()?;
        self.wait_for(|frame| {
            let data = &frame["data"];
            let interaction = data["interaction"].as_str()?.strip_prefix('i')?.parse();
            (frame["event"] == "offer.made").then_some(Offer {
                id: data["offer"].as_str()?.to_owned(),
                interaction: interaction.ok()?,
            })
        })
    }

    /// Takes the offer and is done with it, without taking another.
    fn finish(&mut self, offer: &Offer) -> anyhow::Result<()> {
        let (id, interaction) = (&offer.id, offer.interaction);
        for command in [
            format!(r#"{{"id":3,"do":"offer.accept","offer":"{id}"}}"#),
            r#"{"id":4,"do":"agent.not_ready","reason":"done"}"#.to_owned(),
            format!(
                r#"{{"id":5,"do":"interaction.complete","interaction":"i{interaction}","reason":"solved"}}"#
            ),
            r#"{"id":6,"do":"agent.logout"}"#.to_owned(),
        ] {
            self.0.push(command.as_bytes());
        }
        self.0.flush()?;
        self.wait_for(|frame| (frame["re"] == 6).then_some(()))
    }

    fn wait_for<T>(
        &mut self,
        mut wanted: impl FnMut(&serde_json::Value) -> Option<T>,
    ) -> anyhow::Result<T> {
        let mut found = None;
        loop {
            let descriptor = self.0.descriptor();
            let mut waiting = [PollFd::from_borrowed_fd(descriptor, PollFlags::IN)];
            let ready = poll(&mut waiting, Some(&PATIENCE))?;
            anyhow::ensure!(ready > 0, "the server said nothing for {PATIENCE:?}");
            self.0.receive()?;
            self.0.frames(|frame| {
                let frame: serde_json::Value = serde_json::from_slice(frame)?;
                anyhow::ensure!(frame["problem"].is_null(), "refused: {frame}");
                found = found.take().or_else(|| wanted(&frame));
                Ok(())
            })?;
            if let Some(found) = found.take() {
                return Ok(found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_in_line_has_the_highest_tier_that_its_expression_meets() {
        let first = first_in_line(0);
        assert_eq!(first, 9 * 201 + 1);
        assert_eq!(first_in_line(1), first + 2_010);
    }
}
