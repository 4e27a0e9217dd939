//! The power-cut VFS against SQLite's own promises, with positive controls that must lose rows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ringback_sim::powercut::{Aftermath, Cut, PowerCut, PowerCutError};
use rusqlite::{Connection, ErrorCode, ffi};
use tempfile::TempDir;

/// A folder with one database on its own power supply.
struct World {
    power: PowerCut,
    folder: TempDir,
}

impl World {
    fn new(name: &str) -> World {
        World {
            power: PowerCut::install(name).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }

    fn connect(&self, journal_mode: &str, synchronous: &str) -> rusqlite::Result<Connection> {
        self.connect_to(&self.database(), journal_mode, synchronous)
    }

    fn connect_to(
        &self,
        path: &Path,
        journal_mode: &str,
        synchronous: &str,
    ) -> rusqlite::Result<Connection> {
        let db = self.power.connect(path)?;
        db.execute_batch(&format!(
            "PRAGMA journal_mode={journal_mode}; PRAGMA synchronous={synchronous}; PRAGMA wal_autocheckpoint=20;
             CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
        ))?;
        Ok(db)
    }
}

/// One row per transaction; its length varies so that commits end anywhere in a sector.
fn insert(db: &Connection, id: i64) -> rusqlite::Result<usize> {
    let bytes = 20 + (id * 7919) % 6000;
    db.execute(
        "INSERT INTO entry (id, body) VALUES (?1, zeroblob(?2))",
        [id, bytes],
    )
}

/// Inserts until something fails, at most `limit` rows; gives the ids that were acknowledged.
fn insert_until_failure(db: &Connection, first: i64, limit: i64) -> Vec<i64> {
    (first..first + limit)
        .take_while(|id| insert(db, *id).is_ok())
        .collect()
}

/// What is in the database, read without the VFS: the files themselves must be whole. `None`: no table.
fn survivors(database: &Path) -> Option<BTreeSet<i64>> {
    let db = Connection::open(database).unwrap();
    let verdict: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok", "integrity of the database after the cut");
    let mut statement = db.prepare("SELECT id FROM entry").ok()?;
    Some(
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect(),
    )
}

/// Sums over many cuts, printed as evidence.
#[derive(Debug, Default)]
struct Score {
    cuts: u64,
    /// Acknowledged rows at each cut; one that outlived an earlier cut counts again.
    at_stake: u64,
    lost: u64,
    lost_other_than_newest: u64,
    /// Lost rows older than a surviving one.
    holes: u64,
    sectors_lost: u64,
    sectors_survived: u64,
    files_vanished: u64,
    files_returned: u64,
}

impl Score {
    fn count(&mut self, acknowledged: &[i64], survivors: &BTreeSet<i64>, aftermath: Aftermath) {
        let lost: Vec<&i64> = acknowledged
            .iter()
            .filter(|id| !survivors.contains(id))
            .collect();
        self.cuts += 1;
        self.at_stake += acknowledged.len() as u64;
        self.lost += lost.len() as u64;
        self.lost_other_than_newest += lost
            .iter()
            .filter(|id| Some(**id) != acknowledged.last())
            .count() as u64;
        self.holes += lost
            .iter()
            .filter(|id| survivors.range(***id..).next().is_some())
            .count() as u64;
        self.sectors_lost += aftermath.sectors_lost;
        self.sectors_survived += aftermath.sectors_survived;
        self.files_vanished += aftermath.files_vanished;
        self.files_returned += aftermath.files_returned;
    }
}

/// Cuts the power at seeded operations, half of the cuts torn: 50 folders (1,000 in a soak), each living three times.
fn seeded_cuts(journal_mode: &str, synchronous: &str) -> Score {
    let mut score = Score::default();
    let folders: u64 = if crate::soaking() { 1000 } else { 50 };
    for seed in 0..folders {
        let world = World::new(&format!("seeded-{journal_mode}-{synchronous}-{seed}"));
        let mut acknowledged = Vec::new();
        for life in 0..3 {
            let cut = if seed % 2 == 0 {
                Cut::Clean
            } else {
                Cut::Torn {
                    seed: seed * 3 + life,
                }
            };
            world
                .power
                .schedule_cut((seed * 3 + life).wrapping_mul(2_654_435_761) % 500, cut);
            let known = acknowledged.last().copied().unwrap_or(0);
            if let Ok(db) = world.connect(journal_mode, synchronous) {
                // A row that was not acknowledged may have survived: its id is taken.
                let taken: i64 = db
                    .query_row("SELECT ifnull(max(id), 0) FROM entry", [], |row| row.get(0))
                    .unwrap_or(known);
                acknowledged.extend(insert_until_failure(&db, taken.max(known) + 1, 1000));
            }
            let aftermath = world.power.power_on().unwrap();
            let survivors = survivors(&world.database()).unwrap_or_default();
            score.count(&acknowledged, &survivors, aftermath);
            // Lost rows are counted once.
            acknowledged.retain(|id| survivors.contains(id));
        }
    }
    println!("journal_mode={journal_mode} synchronous={synchronous}: {score:?}");
    assert!(
        score.at_stake > 1000,
        "the cuts came before the work: {score:?}"
    );
    assert!(
        score.sectors_lost > 0 && score.sectors_survived > 0,
        "the cuts took nothing: {score:?}"
    );
    assert_eq!(
        score.holes, 0,
        "an older row is gone and a newer one is there: {score:?}"
    );
    score
}

#[test]
fn wal_full_keeps_every_acknowledged_row() {
    assert_eq!(seeded_cuts("WAL", "FULL").lost, 0);
}

#[test]
fn rollback_journal_extra_keeps_every_acknowledged_row() {
    assert_eq!(seeded_cuts("DELETE", "EXTRA").lost, 0);
}

#[test]
fn truncated_rollback_journal_full_keeps_every_acknowledged_row() {
    assert_eq!(seeded_cuts("TRUNCATE", "FULL").lost, 0);
}

#[test]
fn persistent_rollback_journal_full_keeps_every_acknowledged_row() {
    assert_eq!(seeded_cuts("PERSIST", "FULL").lost, 0);
}

/// FULL does not sync the directory after deleting the journal; if the deletion is lost, the newest transaction is
/// rolled back. SQLite documents this ("EXTRA"); nothing older may go, and nothing may break.
#[test]
fn deleted_rollback_journal_full_loses_the_newest_row_at_most() {
    let score = seeded_cuts("DELETE", "FULL");
    assert_eq!(score.lost_other_than_newest, 0);
    assert!(
        score.lost > 0,
        "the strict model no longer shows that the deletion is not synced"
    );
}

/// NORMAL loses rows, but only the newest ones, and never the file: no hole, integrity whole.
#[test]
fn wal_normal_loses_a_tail_and_nothing_else() {
    let score = seeded_cuts("WAL", "NORMAL");
    assert!(score.lost > 0);
}

/// Commits 100 rows, checkpoints, commits 100 more, then cuts cleanly. Gives how many acknowledged rows are gone.
fn lost_in_one_clean_cut(name: &str, synchronous: &str) -> usize {
    let world = World::new(name);
    let db = world.connect("WAL", synchronous).unwrap();
    db.execute_batch("PRAGMA wal_autocheckpoint=0").unwrap();
    assert_eq!(insert_until_failure(&db, 1, 100).len(), 100);
    db.query_row("PRAGMA wal_checkpoint", [], |_| Ok(()))
        .unwrap();
    assert_eq!(insert_until_failure(&db, 101, 100).len(), 100);
    world.power.cut();
    drop(db);
    let aftermath = world.power.power_on().unwrap();
    let lost = 200 - survivors(&world.database()).unwrap_or_default().len();
    println!(
        "synchronous={synchronous}: 200 acknowledged, {lost} lost; {aftermath:?}; {:?}",
        world.power.tally()
    );
    lost
}

#[test]
fn positive_control_off_loses_acknowledged_rows() {
    assert_eq!(
        lost_in_one_clean_cut("control-off", "OFF"),
        200,
        "nothing was ever synced"
    );
}

#[test]
fn positive_control_normal_loses_acknowledged_rows() {
    let lost = lost_in_one_clean_cut("control-normal", "NORMAL");
    assert_eq!(lost, 100, "rows since the checkpoint go, older ones stay");
}

#[test]
fn syncs_that_do_nothing_lose_what_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let power = PowerCut::install("syncs-do-nothing").expect("a power supply");
    let path = folder.path().join("rows.db");
    let db = power.connect(&path).expect("a database");
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (n INTEGER)",
    )
    .expect("a table");
    power.syncs_do_nothing(true);
    for n in 0..5 {
        db.execute("INSERT INTO t VALUES (?1)", [n])
            .expect("acknowledged");
    }
    power.cut();
    drop(db);
    assert!(power.power_on().expect("a cut").sectors_lost > 0);
    power.syncs_do_nothing(false);
    let db = power.connect(&path).expect("a database");
    let rows: i64 = db
        .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(rows, 0);
}

#[test]
fn negative_control_full_loses_none() {
    assert_eq!(lost_in_one_clean_cut("control-full", "FULL"), 0);
}

/// A thread that commits to its own database until the power goes, telling what was acknowledged.
fn spawn_writer(db: Connection) -> (thread::JoinHandle<()>, mpsc::Receiver<i64>) {
    let (acknowledge, acknowledgements) = mpsc::channel();
    let next = "SELECT ifnull(max(id), 0) + 1 FROM entry";
    let first: i64 = db.query_row(next, [], |row| row.get(0)).unwrap();
    let writer = thread::spawn(move || {
        let mut ids = first..;
        while let Some(id) = ids.next().filter(|id| insert(&db, *id).is_ok()) {
            acknowledge.send(id).unwrap();
        }
    });
    (writer, acknowledgements)
}

/// Two databases of one folder, a writer each and a reader, cut wherever they happen to be; the slow sync makes that
/// "in a sync" often.
#[test]
fn cut_while_other_threads_commit_to_two_databases() {
    let world = World::new("threads");
    let paths = [world.database(), world.folder.path().join("records.db")];
    world.power.slow_sync(Duration::from_micros(200));
    for round in 0..10_u64 {
        let reader = world.power.connect(&paths[0]).unwrap();
        let writers = paths
            .each_ref()
            .map(|path| spawn_writer(world.connect_to(path, "WAL", "FULL").unwrap()));
        let mut acknowledged: [Vec<i64>; 2] = Default::default();
        for (ids, (_, receiver)) in acknowledged.iter_mut().zip(&writers) {
            ids.extend(receiver.iter().take(10 + round as usize));
            let seen: i64 = reader
                .query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
                .unwrap();
            assert!(seen >= 10);
        }
        world.power.cut_torn(round);
        drop(reader);
        for (ids, (writer, receiver)) in acknowledged.iter_mut().zip(writers) {
            writer.join().unwrap();
            ids.extend(receiver.try_iter());
        }
        world.power.power_on().unwrap();
        for (path, ids) in paths.iter().zip(acknowledged) {
            let survivors = survivors(path).unwrap();
            assert!(
                ids.iter().all(|id| survivors.contains(id)),
                "round {round}, {path:?}"
            );
        }
    }
}

#[test]
fn failed_sync_is_an_error_of_the_commit() {
    let world = World::new("failed-sync");
    let db = world.connect("WAL", "FULL").unwrap();
    insert(&db, 1).unwrap();
    world.power.fail_sync_after(3);
    let acknowledged = insert_until_failure(&db, 2, 100);
    let error = insert(&db, 900).unwrap_err();
    assert_eq!(
        error.sqlite_error().unwrap().extended_code,
        ffi::SQLITE_IOERR_FSYNC,
        "{error}"
    );
    assert!(
        acknowledged.len() <= 3,
        "no commit without its sync: {acknowledged:?}"
    );
    assert!(world.power.tally().failed_syncs >= 2);
    world.power.cut();
    drop(db);
    world.power.power_on().unwrap();
    let survivors = survivors(&world.database()).unwrap();
    assert!(survivors.contains(&1) && acknowledged.iter().all(|id| survivors.contains(id)));
}

#[test]
fn full_disk_is_an_error_and_leaves_the_database_readable() {
    let world = World::new("disk-full");
    let db = world.connect("WAL", "FULL").unwrap();
    world.power.disk_full_after(256 * 1024);
    let acknowledged = insert_until_failure(&db, 1, 1000);
    assert!(
        acknowledged.len() > 10 && acknowledged.len() < 1000,
        "{}",
        acknowledged.len()
    );
    let error = insert(&db, 5000).unwrap_err();
    assert_eq!(
        error.sqlite_error_code(),
        Some(ErrorCode::DiskFull),
        "{error}"
    );
    assert!(world.power.tally().refused_full > 0);
    let rows: i64 = db
        .query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, acknowledged.len() as i64, "still readable while full");
    world.power.disk_full_after(1024 * 1024);
    insert(&db, 6000).expect("space came back");
    drop(db);
    assert_eq!(
        survivors(&world.database()).unwrap().len(),
        acknowledged.len() + 1
    );
}

#[test]
fn wal_reader_sees_what_the_writer_committed_and_no_more() {
    let world = World::new("readers");
    let writer = world.connect("WAL", "NORMAL").unwrap();
    let reader = world.power.connect(world.database()).unwrap();
    let count = |db: &Connection| -> i64 {
        db.query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
            .unwrap()
    };
    insert_until_failure(&writer, 1, 30);
    assert!(
        world.power.unsynced_sectors() > 0,
        "the rows are in the cache, not on the platter"
    );
    assert_eq!(count(&reader), 30);
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader), 30);
    insert_until_failure(&writer, 31, 30);
    assert_eq!(count(&reader), 30, "a read transaction keeps its snapshot");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&reader), 60);
}

#[test]
fn unsynced_rows_outlive_their_connection_but_not_the_cut() {
    let world = World::new("reopen");
    let db = world.connect("DELETE", "OFF").unwrap();
    insert_until_failure(&db, 1, 10);
    drop(db);
    let db = world.connect("DELETE", "OFF").unwrap();
    let rows: i64 = db
        .query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        rows, 10,
        "the operating system's cache outlives the process"
    );
    drop(db);
    world.power.cut();
    let aftermath = world.power.power_on().unwrap();
    assert_eq!(survivors(&world.database()), None);
    assert!(aftermath.files_vanished > 0);
}

#[test]
fn misuse_is_named() {
    let world = World::new("misuse");
    assert!(matches!(
        PowerCut::install("misuse"),
        Err(PowerCutError::NameTaken { .. })
    ));
    assert!(matches!(
        PowerCut::install("a\0b"),
        Err(PowerCutError::NameHasNul { .. })
    ));
    assert!(matches!(world.power.power_on(), Err(PowerCutError::NotCut)));
    let db = world.connect("WAL", "FULL").unwrap();
    world.power.cut();
    assert!(matches!(
        world.power.power_on(),
        Err(PowerCutError::StillOpen { files: 2 })
    ));
    assert!(
        world.power.connect(world.database()).is_err(),
        "nothing opens in the dark"
    );
    drop(db);
    world.power.power_on().unwrap();
    assert!(!world.folder.path().join("journal.db-shm").exists());
    world.connect("WAL", "FULL").unwrap();
}
