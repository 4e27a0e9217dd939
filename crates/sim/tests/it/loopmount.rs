//! The loop-mount rig with SQLite on real ext4, with its positive control. Skips, by name, where it cannot run.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ringback_sim::loopmount::{Rig, RigError, Victim};
use rusqlite::Connection;

const SIZE_BYTES: u64 = 64 * 1024 * 1024;

/// The rig, or a loud word on why not. `RINGBACK_REQUIRE_LOOPMOUNT=1` turns the skip into a failure.
fn rig() -> Option<Rig> {
    match Rig::new(&std::env::temp_dir(), SIZE_BYTES) {
        Ok(rig) => Some(rig),
        Err(RigError::Unavailable(reason)) => {
            let required = std::env::var_os("RINGBACK_REQUIRE_LOOPMOUNT").is_some();
            assert!(!required, "{reason}");
            skip(&reason.to_string());
            None
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// Notes a skip where the soak reads it. The short tests do not count on the rig: there it is said, not noted.
fn skip(reason: &str) {
    eprintln!("SKIPPED loop mount: {reason}");
    if let Some(log) = std::env::var_os("RINGBACK_SKIP_LOG").filter(|_| crate::soaking()) {
        let mut log = OpenOptions::new()
            .append(true)
            .create(true)
            .open(log)
            .unwrap();
        writeln!(log, "loop mount: {reason}").unwrap();
    }
}

/// Commits one row after another; gives the open database and the ids acknowledged.
fn commit_rows(
    folder: &Path,
    synchronous: &str,
    rows: i64,
) -> rusqlite::Result<(Connection, Vec<i64>)> {
    let db = Connection::open(folder.join("journal.db"))?;
    db.execute_batch(&format!(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};
         CREATE TABLE entry (id INTEGER PRIMARY KEY, body BLOB NOT NULL)"
    ))?;
    let insert = |id| db.execute("INSERT INTO entry VALUES (?1, zeroblob(500))", [id]);
    let acknowledged = (1..=rows).take_while(|id| insert(*id).is_ok()).collect();
    Ok((db, acknowledged))
}

fn rows_after(folder: &Path) -> BTreeSet<i64> {
    let db = Connection::open(folder.join("journal.db")).unwrap();
    let verdict: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    let Ok(mut statement) = db.prepare("SELECT id FROM entry") else {
        return BTreeSet::new();
    };
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn lost(rig: &Rig, synchronous: &str) -> usize {
    let mut acknowledged = Vec::new();
    let workload = |folder: &Path| {
        let (db, ids) = commit_rows(folder, synchronous, 500).map_err(io::Error::other)?;
        acknowledged = ids;
        Ok(Victim::Here(Box::new(db)))
    };
    let survivors = rig.power_cut(workload, rows_after).unwrap();
    assert_eq!(acknowledged.len(), 500);
    let lost = acknowledged
        .iter()
        .filter(|id| !survivors.contains(id))
        .count();
    println!(
        "loop mount, WAL synchronous={synchronous}: {} acknowledged, {lost} lost",
        acknowledged.len()
    );
    lost
}

#[test]
fn sqlite_on_ext4_full_keeps_all_and_normal_loses_rows() {
    let Some(rig) = rig() else { return };
    let cuts = if crate::soaking() { 20 } else { 1 };
    for _ in 0..cuts {
        assert_eq!(lost(&rig, "FULL"), 0);
    }
    assert!(lost(&rig, "NORMAL") > 0, "positive control");
    assert!(lost(&rig, "OFF") > 0, "positive control");
}

/// A process that notes line after line in a file, flushing each (or not), and says on its output what it has noted.
fn note_taker(folder: &Path, flush: bool) -> io::Result<Child> {
    let flush = if flush { "sync notes" } else { ":" };
    let script = format!("i=0; while :; do i=$((i+1)); echo $i >> notes; {flush}; echo $i; done");
    Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
}

fn notes_lost(rig: &Rig, flush: bool) -> usize {
    let mut acknowledged = Vec::new();
    let workload = |folder: &Path| {
        let mut child = note_taker(folder, flush)?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        acknowledged = BufReader::new(output)
            .lines()
            .take(100)
            .collect::<io::Result<Vec<String>>>()?;
        Ok(Victim::Process(child))
    };
    let notes = rig.power_cut(workload, |folder| {
        std::fs::read_to_string(folder.join("notes")).unwrap_or_default()
    });
    let notes: BTreeSet<String> = notes.unwrap().lines().map(str::to_owned).collect();
    assert_eq!(acknowledged.len(), 100);
    acknowledged
        .iter()
        .filter(|line| !notes.contains(*line))
        .count()
}

#[test]
fn killed_process_keeps_what_it_flushed_and_loses_what_it_did_not() {
    let Some(rig) = rig() else { return };
    assert_eq!(notes_lost(&rig, true), 0);
    assert!(notes_lost(&rig, false) > 0, "positive control");
}
