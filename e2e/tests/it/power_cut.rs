//! The power goes while the hall commits: what was answered is there when it comes back, and a
//! repeated request gets its first answer. With flushing switched off the same story must lose
//! something, or it proves nothing.

mod powered;

use crate::support::random::Random;
use crate::support::seeds::seeds;
use crate::support::skip::rounds;
use powered::{Asked, Powered};
use ringback_sim::powercut::Cut;

/// Askers at the same time.
const ASKERS: u64 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_lost_when_the_power_goes() {
    let mut answered = 0;
    for seed in seeds("power-cut", rounds(10, 200)) {
        println!("line for seeds.txt: power-cut {seed}");
        let mut random = Random::seeded(seed);
        let cut = if random.percent(50) {
            Cut::Clean
        } else {
            Cut::Torn { seed }
        };
        let powered = Powered::new();
        let runtime = powered.open().await.expect("a hall");
        powered.found(&runtime).await;
        // Somewhere in the middle of it, at any step of any write.
        powered.power.schedule_cut(40 + random.below(600), cut);
        let asked = powered.work_until_dark(&runtime, ASKERS, &mut random).await;
        let aftermath = powered.go_dark(runtime).await;
        answered += asked.iter().filter(|it| it.is_answered()).count();
        let lost = powered.come_back(&asked).await;
        assert!(
            lost.is_empty(),
            "after {cut:?}, which took {aftermath:?}:\n{}",
            lost.join("\n")
        );
        powered.assert_replays().await;
    }
    println!("{answered} answered requests survived");
    assert!(answered > 50, "hardly anything was answered: {answered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_flushing_switched_off_answered_requests_are_lost() {
    let mut random = Random::seeded(1);
    let powered = Powered::new();
    let runtime = powered.open().await.expect("a hall");
    powered.found(&runtime).await;
    powered.power.syncs_do_nothing(true);
    let mut asked: Vec<Asked> = Vec::new();
    for number in 0..30 {
        asked.push(powered.ask(&runtime, number, &mut random).await);
    }
    assert!(asked.iter().all(Asked::is_answered));
    powered.power.cut();
    let aftermath = powered.go_dark(runtime).await;
    assert!(aftermath.sectors_lost > 0, "{aftermath:?}");
    powered.power.syncs_do_nothing(false);
    let lost = powered.come_back(&asked).await;
    assert!(!lost.is_empty(), "nothing was lost without flushing");
}
