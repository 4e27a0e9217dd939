//! The clocks: wall time decides appointments, so it must be right and run evenly.

use super::Finding;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long the two clocks are compared.
const WATCH: Duration = Duration::from_millis(500);
/// More than this apart after [`WATCH`], and somebody is setting the clock.
const APART_MAX: Duration = Duration::from_millis(5);
/// 2025-01-01: a clock before it was never set.
const NOT_BEFORE: u64 = 1_735_689_600;

/// Looks at the clocks and at the time zone data.
pub(crate) fn clock() -> Vec<Finding> {
    vec![wall(), zones()]
}

fn wall() -> Finding {
    let steady = Instant::now();
    let wall = SystemTime::now();
    std::thread::sleep(WATCH);
    let steady = steady.elapsed();
    let now = SystemTime::now();
    let since_epoch = now.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let apart = now
        .duration_since(wall)
        .map(|wall| wall.abs_diff(steady))
        .ok();
    judge(since_epoch, apart, synchronised())
}

fn judge(since_epoch: u64, apart: Option<Duration>, synchronised: Option<bool>) -> Finding {
    const WHAT: &str = "clock";
    let next = "run a time service, for example systemd-timesyncd or chrony";
    if since_epoch < NOT_BEFORE {
        return Finding::fail(WHAT, "the wall clock was never set", next);
    }
    match apart {
        None => return Finding::warn(WHAT, "the wall clock went back while it was watched", next),
        Some(apart) if apart > APART_MAX => {
            let says = format!(
                "the wall clock moved {:.1} ms against the steady clock within {} ms",
                apart.as_secs_f64() * 1_000.0,
                WATCH.as_millis()
            );
            return Finding::warn(WHAT, says, next);
        }
        Some(_) => {}
    }
    match synchronised {
        Some(true) => Finding::ok(
            WHAT,
            "steady and wall clock run evenly; a time service keeps it",
        ),
        Some(false) => Finding::warn(WHAT, "no time service has set it yet", next),
        None => Finding::ok(
            WHAT,
            "steady and wall clock run evenly; whether a time service keeps it cannot be told",
        ),
    }
}

/// Whether systemd-timesyncd has set the clock; `None` where it does not run.
fn synchronised() -> Option<bool> {
    Path::new("/run/systemd/timesync")
        .is_dir()
        .then(|| Path::new("/run/systemd/timesync/synchronized").exists())
}

fn zones() -> Finding {
    const FOLDERS: [&str; 2] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo"];
    match FOLDERS.iter().find(|folder| Path::new(folder).is_dir()) {
        Some(folder) => Finding::ok("time zones", format!("rules of the system in {folder}")),
        None => Finding::warn(
            "time zones",
            "the system has no time zone rules",
            "install the package tzdata, so that changed rules arrive with the system's updates",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn clocks_are_judged() {
        let even = Some(Duration::ZERO);
        for (epoch, apart, synchronised, verdict) in [
            (0, even, None, Verdict::Fail),
            (NOT_BEFORE, None, None, Verdict::Warn),
            (
                NOT_BEFORE,
                Some(Duration::from_millis(9)),
                Some(true),
                Verdict::Warn,
            ),
            (NOT_BEFORE, even, Some(false), Verdict::Warn),
            (NOT_BEFORE, even, Some(true), Verdict::Ok),
        ] {
            assert_eq!(judge(epoch, apart, synchronised).verdict, verdict);
        }
    }
}
