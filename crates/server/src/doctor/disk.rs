//! The disk: how fast and how honestly it flushes, and how much room it has.

use super::Finding;
use crate::config::Storage;
use crate::file_system::{self, Trust};
use crate::size;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many flushes are measured, unless they take too long.
const FLUSHES: usize = 300;
const MEASURE_MAX: Duration = Duration::from_secs(5);
/// No disk with a real flush is faster; faster means memory, or a flush that does nothing.
const FASTEST_PER_SECOND: f64 = 20_000.0;
/// Above this every answer of the server feels slow.
const SLOW: Duration = Duration::from_millis(50);

const WHAT: &str = "flush";

/// Measures flushes in the data folder, or where it will be.
pub(crate) fn flushes(folder: &Path) -> Finding {
    let place = file_system::existing(folder);
    let times = match measure(&place) {
        Ok(times) => times,
        Err(error) => {
            return Finding::fail(
                WHAT,
                format!("cannot write in {}: {error}", place.display()),
                "give the user of the server the right to write there",
            );
        }
    };
    let cache = match write_cache(&place) {
        Some(cache) => format!(", write cache of the device: {cache}"),
        None => String::new(),
    };
    let trust = file_system::kind(&place).map_or(Trust::Unclear, |(_, trust)| trust);
    judge(&times, &cache, trust)
}

fn judge(sorted: &[Duration], cache: &str, trust: Trust) -> Finding {
    let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part) as usize];
    let (p50, p99) = (at(0.5), at(0.99));
    let total: Duration = sorted.iter().sum();
    let per_second = sorted.len() as f64 / total.as_secs_f64();
    let says = format!(
        "{} flushes of 4 KiB: p50 {:.2} ms, p99 {:.2} ms, {per_second:.0} a second{cache}",
        sorted.len(),
        p50.as_secs_f64() * 1_000.0,
        p99.as_secs_f64() * 1_000.0,
    );
    if trust != Trust::Memory && per_second > FASTEST_PER_SECOND {
        return Finding::warn(
            WHAT,
            format!("{says}: too fast to be true"),
            "the disk or hypervisor probably does not flush: a power cut may lose accepted work; \
             switch its write cache to safe, or use another disk",
        );
    }
    if p99 > SLOW {
        return Finding::warn(
            WHAT,
            says,
            "every answer waits for a flush: a faster disk makes the server faster",
        );
    }
    Finding::ok(WHAT, says)
}

fn measure(folder: &Path) -> io::Result<Vec<Duration>> {
    // In place, like the journal: the file keeps its size, so only data is flushed.
    let mut file = tempfile::tempfile_in(folder)?;
    file.set_len(1 << 20)?;
    file.sync_all()?;
    let block = [0x5a_u8; 4096];
    let start = Instant::now();
    let mut times = Vec::with_capacity(FLUSHES);
    while times.len() < FLUSHES && (times.is_empty() || start.elapsed() < MEASURE_MAX) {
        if times.len() % 256 == 0 {
            io::Seek::rewind(&mut file)?;
        }
        times.push(flush(&mut file, &block)?);
    }
    times.sort_unstable();
    Ok(times)
}

fn flush(file: &mut File, block: &[u8]) -> io::Result<Duration> {
    let start = Instant::now();
    file.write_all(block)?;
    file.sync_data()?;
    Ok(start.elapsed())
}

/// What the kernel believes of the device's cache: `write back` needs real flushes, `write
/// through` has none to lose.
fn write_cache(folder: &Path) -> Option<String> {
    let device = std::fs::metadata(folder).ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let base = format!("/sys/dev/block/{major}:{minor}");
    // A partition has no queue of its own; its disk is the folder above.
    [
        format!("{base}/queue/write_cache"),
        format!("{base}/../queue/write_cache"),
    ]
    .iter()
    .find_map(|path| std::fs::read_to_string(path).ok())
    .map(|text| text.trim().to_owned())
}

/// Compares the room on the disk with the watermarks.
pub(crate) fn room(storage: &Storage) -> Finding {
    match file_system::free_bytes(&storage.folder) {
        Ok(free) => judge_room(free, storage.low_mib, storage.critical_mib),
        Err(error) => Finding::fail(
            "room",
            format!("cannot be measured: {error}"),
            "check the folder",
        ),
    }
}

fn judge_room(free: u64, low_mib: u64, critical_mib: u64) -> Finding {
    const MIB: u64 = 1 << 20;
    let says = format!(
        "{} free; intake stops below {low_mib} MiB, the ballast goes below {critical_mib} MiB",
        size::shown(free)
    );
    let next = "make room on the disk, or lower storage.low_mib";
    if free < critical_mib * MIB {
        Finding::fail("room", says, next)
    } else if free < low_mib * MIB {
        Finding::fail(
            "room",
            format!("{says}: new interactions are refused"),
            next,
        )
    } else if free < 4 * low_mib * MIB {
        Finding::warn("room", says, next)
    } else {
        Finding::ok("room", says)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn verdict(micros: u64, trust: Trust) -> Verdict {
        judge(&[Duration::from_micros(micros); 10], "", trust).verdict
    }

    #[test]
    fn a_flush_too_fast_for_a_disk_is_suspicious() {
        assert_eq!(verdict(20, Trust::Local), Verdict::Warn);
        assert_eq!(verdict(20, Trust::Memory), Verdict::Ok);
        assert_eq!(verdict(800, Trust::Local), Verdict::Ok);
        assert_eq!(verdict(80_000, Trust::Local), Verdict::Warn);
    }

    #[test]
    fn room_is_judged_by_the_watermarks() {
        const MIB: u64 = 1 << 20;
        for (free, verdict) in [
            (100, Verdict::Fail),
            (300, Verdict::Fail),
            (2_000, Verdict::Warn),
            (9_000, Verdict::Ok),
        ] {
            assert_eq!(
                judge_room(free * MIB, 1_024, 256).verdict,
                verdict,
                "{free}"
            );
        }
    }

    #[test]
    fn flushes_are_measured_where_the_folder_will_be() {
        let folder = tempfile::tempdir().unwrap();
        let finding = flushes(&folder.path().join("not/there/yet"));
        assert!(finding.says.contains("flushes of 4 KiB"), "{finding}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
