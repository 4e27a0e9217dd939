//! The built server on a file system that really runs full: intake is refused first, and clearly;
//! what was accepted is read and finished on; with the ballast gone it goes on a while longer; and
//! when there is room again, everything is as before. Needs root and a loop device.

use crate::support::audit::replay_check;
use crate::support::centre::{Centre, quick_settings};
use crate::support::client::{Answer, Client};
use crate::support::server::{PATIENCE, Site};
use crate::support::skip::{rounds, skip};
use ringback_sim::loopmount::{Rig, RigError};
use rustix::fs::statvfs;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

const STORY: &str = "a full disk by loop mount";
const MIB: u64 = 1024 * 1024;
/// The file system.
const SIZE: u64 = 160 * MIB;
/// The watermarks and the ballast, in MiB.
const LOW: u64 = 48;
const CRITICAL: u64 = 24;
const BALLAST: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_runs_full_stops_intake_only_and_loses_nothing() {
    let rig = match Rig::new(&std::env::temp_dir(), SIZE) {
        Ok(rig) => rig,
        Err(RigError::Unavailable(why)) => return skip(STORY, &why.to_string()),
        Err(error) => panic!("the rig failed: {error}"),
    };
    block_in_place(|| {
        rig.mounted(|folder| Handle::current().block_on(run_full(folder)))
            .expect("the rig works");
    });
}

async fn run_full(folder: &Path) {
    let site = Site::new()
        .with_data(folder.join("data"))
        .with("RINGBACK_STORAGE__LOW_MIB", &LOW.to_string())
        .with("RINGBACK_STORAGE__CRITICAL_MIB", &CRITICAL.to_string())
        .with("RINGBACK_STORAGE__BALLAST_MIB", &BALLAST.to_string());
    let mut server = site.start().await;
    let mut work = Work::begin(&site).await;
    let ballast = site.data().join("ballast");
    let mut disk = Filler::new(folder);
    for round in 0..rounds(1, 8) {
        work.submit_and_take(12).await;
        assert_eq!(ballast_of(&ballast), BALLAST * MIB, "round {round}");

        disk.leave(LOW - 8);
        work.until_refused().await;
        work.complete(3).await;
        work.assert_readable().await;
        assert_eq!(ballast_of(&ballast), BALLAST * MIB, "not needed yet");

        disk.leave(CRITICAL - 8);
        until(|| ballast_of(&ballast) == 0, "the ballast is given up").await;
        work.complete(3).await;
        work.assert_readable().await;

        disk.fill();
        // With not one block left, nothing can be written down; nothing is taken for done then.
        let (taken, turned_away) = work.complete_what_goes(3).await;
        assert!(server.ended().is_none(), "a full disk is no reason to end");
        println!("round {round}: on a full disk {taken} completions taken, {turned_away} refused");

        disk.empty();
        work.until_taken().await;
        let left = work.handled.len();
        work.complete(left).await;
        let back = || ballast_of(&ballast) == BALLAST * MIB;
        until(back, "the ballast is put back").await;
        if round % 2 == 1 {
            // And what was told stays told, also for a server that comes new to it.
            server.kill();
            server = site.start().await;
            work.log_in().await;
        }
        work.assert_readable().await;
    }
    server.stop().await;
    let server = site.start().await;
    work.assert_readable().await;
    println!(
        "{} interactions accepted, {} completed, none lost",
        work.accepted.len(),
        work.completed.len()
    );
    server.stop().await;
    assert!(replay_check(&site) > 0, "nothing was decided again");
}

/// One agent with much to do, and what was told about it.
struct Work {
    administrator: Client,
    integrator: Client,
    agent: Client,
    accepted: BTreeSet<String>,
    /// Accepted by the agent, not completed.
    handled: Vec<String>,
    completed: BTreeSet<String>,
}

impl Work {
    async fn begin(site: &Site) -> Self {
        let mut settings = quick_settings();
        settings["offer_ttl_ms"] = 600_000.into();
        settings["desk_grace_ms"] = 600_000.into();
        let centre = Centre::found("default", site.administrator(0), settings).await;
        let (centre, fritz) = centre.without("fritz");
        let many = json!({"skills": {"English": 3}, "capacity": {"chat": 100}});
        centre.administrator.put("/v1/agents/fritz", many).await;
        let work = Self {
            administrator: centre.administrator,
            integrator: centre.integrator,
            agent: fritz.client,
            accepted: BTreeSet::new(),
            handled: Vec::new(),
            completed: BTreeSet::new(),
        };
        work.log_in().await;
        work
    }

    async fn log_in(&self) {
        self.agent.post("/v1/agents/me/login", json!({})).await;
        self.agent.post("/v1/agents/me/ready", json!({})).await;
    }

    async fn submit(&self) -> Answer {
        let body = json!({
            "queue": "inbox", "medium": "chat", "user_data": {"text": "x".repeat(500)},
            "route": {"virtual_queue": "english", "target": "English>=1"},
        });
        let answer = self.integrator.try_post("/v1/interactions", None, &body);
        answer.await.expect("an answer")
    }

    fn note_accepted(&mut self, answer: &Answer) {
        let id = answer.body["interaction"].as_str().expect("an id");
        self.accepted.insert(id.to_owned());
    }

    async fn submit_and_take(&mut self, count: usize) {
        for _ in 0..count {
            let answer = self.submit().await;
            assert_eq!(answer.status, 201, "{}", answer.body);
            self.note_accepted(&answer);
        }
        self.take(count).await;
    }

    /// The agent accepts so many offers.
    async fn take(&mut self, count: usize) {
        for _ in 0..count {
            let offered = |view: &Value| view["offers"] != json!([]);
            let view = self.agent.until("/v1/agents/me", offered).await;
            let offer = &view["offers"][0];
            let path = format!("/v1/offers/{}/accept", offer["id"].as_str().expect("an id"));
            self.agent.post(&path, json!({})).await;
            let id = offer["interaction"].as_str().expect("an id");
            self.handled.push(id.to_owned());
        }
    }

    async fn try_complete(&self, id: &str) -> Answer {
        let path = format!("/v1/interactions/{id}/complete");
        let body = json!({"reason": "solved"});
        let answer = self.agent.try_post(&path, None, &body).await;
        answer.expect("an answer")
    }

    async fn complete(&mut self, count: usize) {
        for _ in 0..count {
            let id = self.handled.pop().expect("something to complete");
            let answer = self.try_complete(&id).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            self.completed.insert(id);
        }
    }

    /// Completes as far as there is room for it; whoever is refused is told why.
    async fn complete_what_goes(&mut self, count: usize) -> (usize, usize) {
        let mut refused = Vec::new();
        for _ in 0..count {
            let id = self.handled.pop().expect("something to complete");
            let answer = self.try_complete(&id).await;
            match (answer.status, answer.code()) {
                (200, _) => drop(self.completed.insert(id)),
                (503, "unavailable.no_room" | "unavailable.loading") => refused.push(id),
                _ => panic!("{}", answer.body),
            }
        }
        let outcome = (count - refused.len(), refused.len());
        self.handled.extend(refused);
        outcome
    }

    /// New interactions are refused, with the reason and the way out; readiness says it as well.
    async fn until_refused(&mut self) {
        let until = Instant::now() + PATIENCE;
        let refused = loop {
            assert!(Instant::now() < until, "intake was never refused");
            let answer = self.submit().await;
            if answer.status != 201 {
                break answer;
            }
            // Until the next look at the disk they are taken, and then they count.
            self.note_accepted(&answer);
            self.take(1).await;
            // A fast machine takes more until then than the agent has room for.
            if self.handled.len() > 50 {
                self.complete(1).await;
            }
        };
        assert_eq!(
            (refused.status, refused.code()),
            (503, "unavailable.no_room")
        );
        let detail = refused.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("MiB"), "{detail}");
        let ready = self.administrator.try_get("/health/ready").await;
        let ready = ready.expect("an answer");
        assert_eq!(ready.status, 503, "{}", ready.body);
        let problems = ready.body["problems"].to_string();
        assert!(problems.contains("room is low"), "{problems}");
    }

    async fn until_taken(&mut self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = self.submit().await;
            if answer.status == 201 {
                self.note_accepted(&answer);
                break;
            }
            assert_eq!(answer.status, 503, "{}", answer.body);
            assert!(Instant::now() < until, "intake never came back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // A tenant that could not write was read in again, and waits for a word from each desk.
        self.agent.post("/v1/agents/me/heartbeat", json!({})).await;
        self.take(1).await;
    }

    /// All that was accepted is there, in the state that was told last.
    async fn assert_readable(&self) {
        for id in &self.accepted {
            let path = format!("/v1/interactions/{id}");
            let view = self
                .administrator
                .until(&path, |view| !view["id"].is_null());
            let view = view.await;
            let open = !self.completed.contains(id);
            assert_eq!(view["open"], json!(open), "{view}");
        }
    }
}

/// Takes room away.
struct Filler {
    folder: PathBuf,
    path: PathBuf,
}

impl Filler {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            path: folder.join("filler"),
        }
    }

    fn free(&self) -> u64 {
        let stat = statvfs(&self.folder).expect("a file system");
        stat.f_bavail * stat.f_frsize
    }

    fn open(&self) -> File {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path);
        file.expect("the filler opens")
    }

    /// Leaves so many MiB.
    fn leave(&self, mib: u64) {
        let mut file = self.open();
        while self.free() > mib * MIB {
            let part = (self.free() - mib * MIB).min(MIB);
            let part = usize::try_from(part).expect("small");
            file.write_all(&vec![7; part]).expect("there is room");
            file.sync_all().expect("there is room");
        }
    }

    /// Leaves nothing, not even what is kept for root.
    fn fill(&mut self) {
        let mut file = self.open();
        for bytes in [MIB, 4_096] {
            let part = vec![7; usize::try_from(bytes).expect("small")];
            let full = loop {
                if let Err(error) = file.write_all(&part).and_then(|()| file.sync_all()) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
    }

    fn empty(&mut self) {
        std::fs::remove_file(&self.path).expect("it was there");
    }
}

fn ballast_of(path: &Path) -> u64 {
    path.metadata().map_or(0, |found| found.len())
}

async fn until(holds: impl Fn() -> bool, what: &str) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
