//! The power cut on a real kernel: the built server works on an ext4 file system in a file; what
//! had reached the file when the server was killed is mounted again and served, and everything
//! that was acknowledged is there. Part of the long form; needs root and a loop device.

use crate::support::audit::{Auditor, replay_check};
use crate::support::centre::{Centre, quick_settings};
use crate::support::crowd::{Crowd, Pace};
use crate::support::random::Random;
use crate::support::seeds::seeds;
use crate::support::server::{Server, Site};
use crate::support::skip::{skip, soak};
use ringback_sim::loopmount::{Rig, RigError, Victim};
use std::cell::RefCell;
use std::path::Path;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

const STORY: &str = "power cut by loop mount";
/// How often.
const CUTS: usize = 20;
/// Bytes of the file system.
const SIZE: u64 = 128 * 1024 * 1024;

/// Those who were told something, and where they had been served.
struct People {
    site: Site,
    centre: Centre,
    crowd: Crowd,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_with_the_power_of_a_real_file_system() {
    if !soak() {
        println!("{STORY}: told in the long form only (RINGBACK_SOAK=1)");
        return;
    }
    let rig = match Rig::new(&std::env::temp_dir(), SIZE) {
        Ok(rig) => rig,
        Err(RigError::Unavailable(why)) => return skip(STORY, &why.to_string()),
        Err(error) => panic!("the rig failed: {error}"),
    };
    for seed in seeds("loop-mount", CUTS) {
        println!("line for seeds.txt: loop-mount {seed}");
        block_in_place(|| cut_once(&rig, seed));
    }
}

/// One cut: works on a fresh file system, loses the power, serves from what came back.
fn cut_once(rig: &Rig, seed: u64) {
    let people = RefCell::new(None);
    let handle = Handle::current();
    let outcome = rig.power_cut(
        |folder| {
            let (server, working) = handle.block_on(work(folder, seed));
            people.replace(Some(working));
            Ok(Victim::Process(server.into_child()))
        },
        |folder| {
            let people = people.take().expect("they worked");
            handle.block_on(check(people, folder));
        },
    );
    outcome.unwrap_or_else(|error| panic!("the rig failed: {error}"));
}

/// Lets people work for a moment; they go on until the server is killed.
async fn work(folder: &Path, seed: u64) -> (Server, People) {
    let site = Site::new()
        .with("RINGBACK_JOURNAL__SNAPSHOT_RECORDS", "50")
        .with("RINGBACK_JOURNAL__SNAPSHOT_EVERY_S", "1")
        .with_data(folder.join("data"));
    let server = site.start().await;
    let centre = Centre::found("default", site.administrator(0), quick_settings()).await;
    let crowd = Crowd::enter(&centre, Pace::BUSY, seed);
    crowd.until(|ledger| ledger.told().completions > 20).await;
    let moment = Random::seeded(seed).millis(100, 2_000);
    tokio::time::sleep(moment).await;
    let people = People {
        site,
        centre,
        crowd,
    };
    (server, people)
}

async fn check(people: People, folder: &Path) {
    let silence = people.crowd.silence().await;
    let ledger = people.crowd.ledger();
    println!("told {:?}", ledger.told());
    let site = people.site.with_data(folder.join("data"));
    let server = site.start().await;
    Auditor::default()
        .audit(&people.centre, &ledger, "after the power cut")
        .await;
    server.kill();
    replay_check(&site);
    drop(silence);
    people.crowd.leave().await;
}
