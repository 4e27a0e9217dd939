//! One seed gives the same bytes in every process: the test starts its own binary again and
//! compares what the two print.

use crate::day::{Day, moves_of};
use std::process::Command;

/// Set for the child: the seed it plays.
const SEED: &str = "RINGBACK_REHEARSAL_SEED";
/// What the line with the result begins with.
const MARK: &str = "played:";

/// All events as they print, and the digest of the state, as one number.
fn played(seed: u64) -> String {
    let day = Day::of(&moves_of(seed, 400)).expect("a day without a broken invariant");
    let text = format!("{:?}", day.events);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let digest = day.stage.state().digest();
    format!(
        "{MARK}{} events {hash:016x} state {digest:016x}",
        day.events.len()
    )
}

#[test]
fn another_process_decides_the_same_bytes() {
    if let Ok(seed) = std::env::var(SEED) {
        println!("{}", played(seed.parse().expect("a seed")));
        return;
    }
    for seed in [1, 2, 3] {
        assert_eq!(played_elsewhere(seed), played(seed), "seed {seed}");
    }
}

fn played_elsewhere(seed: u64) -> String {
    let program = std::env::current_exe().expect("the path of this test");
    let output = Command::new(program)
        .args([
            "--exact",
            "processes::another_process_decides_the_same_bytes",
            "--nocapture",
        ])
        .env(SEED, seed.to_string())
        .output()
        .expect("this test starts again");
    let printed = String::from_utf8_lossy(&output.stdout);
    let at = printed.find(MARK).expect("the child prints what it played");
    let line = printed[at..].lines().next().expect("a line");
    line.to_owned()
}
