//! The server is killed at random moments under load. After each restart everything clients were
//! told is compared with what the server says.

use crate::support::audit::{Auditor, replay_check};
use crate::support::centre::{Centre, quick_settings};
use crate::support::crowd::{Crowd, Pace};
use crate::support::ledger::Told;
use crate::support::random::Random;
use crate::support::seeds::seeds;
use crate::support::server::Site;
use crate::support::skip::rounds;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_is_killed() {
    kill_again_and_again("kill", &["default"], rounds(12, 120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_two_tenants_is_lost_or_mixed_when_the_server_is_killed() {
    kill_again_and_again("kill-two", &["default", "acme"], rounds(8, 80)).await;
}

/// A tenant with its people and the one who checks.
struct Side {
    centre: Centre,
    crowd: Crowd,
    auditor: Auditor,
}

async fn kill_again_and_again(story: &str, tenants: &[&str], rounds: usize) {
    let seeds = seeds(story, rounds);
    // Small snapshots, so that recovery reads them as well as the journal after them.
    let site = Site::of_tenants(tenants).with("RINGBACK_JOURNAL__SNAPSHOT_RECORDS", "200");
    let mut server = site.start().await;
    let mut sides = Vec::new();
    for (number, tenant) in tenants.iter().enumerate() {
        let administrator = site.administrator(number);
        let centre = Centre::found(tenant, administrator, quick_settings()).await;
        let seed = seeds[0].wrapping_add(number as u64);
        sides.push(Side {
            crowd: Crowd::enter(&centre, Pace::BUSY, seed),
            centre,
            auditor: Auditor::default(),
        });
    }
    for (round, seed) in seeds.iter().enumerate() {
        let when = format!("round {round} (line for seeds.txt: {story} {seed})");
        println!("{when}");
        tokio::time::sleep(Random::seeded(*seed).millis(100, 900)).await;
        server.kill();
        let mut silences = Vec::new();
        for side in &sides {
            silences.push(side.crowd.silence().await);
        }
        if round % 6 == 5 {
            replay_check(&site);
        }
        server = site.start().await;
        for side in &mut sides {
            let ledger = side.crowd.ledger();
            side.auditor.audit(&side.centre, &ledger, &when).await;
        }
    }
    for side in sides {
        let ledger = side.crowd.leave().await;
        // Afresh: nothing that was read before is taken as still true.
        let mut auditor = Auditor::default();
        auditor.audit(&side.centre, &ledger, "at the end").await;
        let told = ledger.told();
        println!("{}: told {told:?}", side.centre.tenant);
        assert_everything_happened(told, rounds);
    }
    server.stop().await;
    assert!(replay_check(&site) > 0, "nothing was decided again");
}

/// A story in which nothing happens proves nothing.
fn assert_everything_happened(told: Told, rounds: usize) {
    let each = [
        told.submissions,
        told.accepts,
        told.rejects,
        told.completions,
        told.stops,
    ];
    assert!(each.iter().all(|count| *count >= rounds / 4), "{told:?}");
    assert!(told.submissions >= rounds * 2, "{told:?}");
}
