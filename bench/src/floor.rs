//! What the disk allows: the floor that every durable figure is compared with.
//!
//! Three things are measured: one flush after another into a preallocated, zero-filled file; the
//! same into a file that grows; and a raw group-commit log, in which K records are written at once
//! and share one flush. The log hands nothing over between threads and encodes nothing, so it is a
//! limit, not a design.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::fs::fdatasync;
use serde::Serialize;

use crate::figures::Quantiles;
use crate::guard::Keeper;

/// Bytes of the preallocated file; it is written round and round.
const SEGMENT_BYTES: u64 = 64 << 20;
/// Bytes of one record of the raw log that stands for one step of the durable cycle.
pub(crate) const STEP_RECORD_BYTES: usize = 256;

/// The floors of one file system.
#[derive(Debug, Serialize)]
pub(crate) struct Floor {
    pub(crate) syncs: Vec<SyncFloor>,
    pub(crate) logs: Vec<LogFloor>,
}

/// One write and one fdatasync after the other.
#[derive(Debug, Serialize)]
pub(crate) struct SyncFloor {
    pub(crate) what: &'static str,
    pub(crate) bytes: usize,
    pub(crate) syncs_per_s: f64,
    pub(crate) latency: Quantiles,
}

/// Records that share flushes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LogFloor {
    pub(crate) outstanding: usize,
    pub(crate) record_bytes: usize,
    pub(crate) records_per_s: f64,
    /// Of one commit, that is of `outstanding` records.
    pub(crate) commit: Quantiles,
}

/// All floors, `cell` long each.
pub(crate) fn measure(folder: &Path, cell: Duration, keeper: &Keeper) -> anyhow::Result<Floor> {
    let segment = Segment::create(folder)?;
    let mut floor = Floor {
        syncs: Vec::new(),
        logs: Vec::new(),
    };
    for bytes in [512, 4096] {
        keeper.check()?;
        let log = segment.write_groups(1, bytes, cell)?;
        floor.syncs.push(SyncFloor {
            what: "overwrite of a preallocated file",
            bytes,
            syncs_per_s: log.records_per_s,
            latency: log.commit,
        });
    }
    for bytes in [512, 4096] {
        keeper.check()?;
        floor.syncs.push(append(folder, bytes, cell)?);
    }
    for record_bytes in [STEP_RECORD_BYTES, 1024] {
        for outstanding in [1, 16, 128] {
            keeper.check()?;
            floor
                .logs
                .push(segment.write_groups(outstanding, record_bytes, cell)?);
        }
    }
    Ok(floor)
}

/// A preallocated, zero-filled file. Growing a file costs a commit of the file system's own
/// journal at every flush; overwriting does not.
pub(crate) struct Segment {
    file: File,
}

impl Segment {
    /// Creates the file in `folder` and brings its zeros to the disk.
    pub(crate) fn create(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("floor-segment");
        let mut file = new_file(&path)?;
        let zeros = vec![0; 1 << 20];
        for _ in 0..SEGMENT_BYTES / zeros.len() as u64 {
            file.write_all(&zeros).context("zero the segment")?;
        }
        file.sync_all().context("flush the zeroed segment")?;
        Ok(Self { file })
    }

    /// Flushes of 512 bytes per second: the probe taken before and after every cell.
    pub(crate) fn probe(&self, seconds: f64) -> anyhow::Result<f64> {
        let log = self.write_groups(1, 512, Duration::from_secs_f64(seconds))?;
        Ok(log.records_per_s)
    }

    /// Writes groups of `outstanding` records with one flush each, for `cell`.
    pub(crate) fn write_groups(
        &self,
        outstanding: usize,
        record_bytes: usize,
        cell: Duration,
    ) -> anyhow::Result<LogFloor> {
        let mut group = vec![0; outstanding * record_bytes];
        let mut offset = 0;
        let mut sequence = 0_u64;
        let (latencies_us, elapsed) = repeat(cell, || {
            // Each record differs, so that no layer below may skip the write.
            for record in group.chunks_exact_mut(record_bytes) {
                sequence += 1;
                record[..8].copy_from_slice(&sequence.to_le_bytes());
            }
            if offset + group.len() as u64 > SEGMENT_BYTES {
                offset = 0;
            }
            self.file.write_all_at(&group, offset)?;
            offset += group.len() as u64;
            Ok(fdatasync(&self.file)?)
        })
        .context("write the raw log")?;
        Ok(LogFloor {
            outstanding,
            record_bytes,
            records_per_s: sequence as f64 / elapsed.as_secs_f64(),
            commit: Quantiles::of(latencies_us).context("not one commit in the whole cell")?,
        })
    }
}

fn append(folder: &Path, bytes: usize, cell: Duration) -> anyhow::Result<SyncFloor> {
    let mut file = new_file(&folder.join(format!("floor-append-{bytes}")))?;
    let record = vec![0x5a; bytes];
    let (latencies_us, elapsed) = repeat(cell, || {
        file.write_all(&record)?;
        Ok(fdatasync(&file)?)
    })
    .context("append to a growing file")?;
    Ok(SyncFloor {
        what: "append to a growing file",
        bytes,
        syncs_per_s: latencies_us.len() as f64 / elapsed.as_secs_f64(),
        latency: Quantiles::of(latencies_us).context("not one flush in the whole cell")?,
    })
}

/// Repeats `turn` until `cell` is over; the latency of each turn in microseconds.
fn repeat(
    cell: Duration,
    mut turn: impl FnMut() -> io::Result<()>,
) -> io::Result<(Vec<f64>, Duration)> {
    let mut latencies_us = Vec::new();
    let started = Instant::now();
    while started.elapsed() < cell {
        let began = Instant::now();
        turn()?;
        latencies_us.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok((latencies_us, started.elapsed()))
}

fn new_file(path: &Path) -> anyhow::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("create {}", path.display()))
}
