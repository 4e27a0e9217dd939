//! Backup, verification and restoring of a data folder.
//!
//! ```text
//! data: journal.db  records.db  snapshots/  manifest.json
//! keys: keys.db  erasures.jsonl  manifest.json
//! ```
//!
//! The two folders belong apart: whoever has both can read everything. A manifest is written
//! last, so a folder without one is no backup.

mod copy;
mod manifest;
mod restore;
mod verify;

pub use manifest::{Manifest, ManifestFile, ManifestTenant};
pub use restore::{RestorePlan, restore};
pub use verify::verify;

use crate::sqlite::connection::Schema;
use crate::sqlite::fault::fault;
use crate::sqlite::folder::{make_folder, sync_folder};
use crate::sqlite::schema::{JOURNAL, RECORDS};
use crate::sqlite::snapshots::Snapshots;
use crate::sqlite::{JOURNAL_FILE, RECORDS_FILE, SNAPSHOTS_FOLDER};
use crate::vault::{KEYS, KEYS_FILE, LEDGER_FILE};
use copy::{Source, new_folder};
use ringback_ports::envelope::{Sequence, TenantId};
use ringback_ports::store::StoreFault;
use rusqlite::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What to back up, and where to.
#[derive(Debug, Clone)]
pub struct BackupPlan {
    /// The data folder of the store.
    pub data: PathBuf,
    /// The folder of the keys.
    pub keys: PathBuf,
    /// The SQLite VFS of the store, for tests.
    pub vfs: Option<String>,
    /// A new folder for the data.
    pub to: PathBuf,
    /// A new folder for the keys.
    pub keys_to: PathBuf,
}

/// Copies a consistent cut of journal and records, the snapshots before it, and the keys. Works
/// while another process serves from the folder: it holds both writers for the moment between
/// two batches only.
///
/// `progress` is told bytes done and bytes in all.
///
/// # Errors
/// A folder is missing or not new, or the disk failed; what was written then is no backup.
pub fn backup(
    plan: &BackupPlan,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Manifest, StoreFault> {
    new_folder(&plan.to)?;
    new_folder(&plan.keys_to)?;
    let cut = Cut::take(plan)?;
    let tenants = cut.tenants()?;
    // Keys are made before they are used and only ever destroyed: taken after the cut, they
    // hold all that the cut needs and nothing that was erased before.
    let keys = reader(&KEYS, &plan.keys.join(KEYS_FILE), plan.vfs.as_deref())?;
    let ledger = open(&plan.keys.join(LEDGER_FILE))?;

    let snapshots = plan.to.join(SNAPSHOTS_FOLDER);
    make_folder(&snapshots)?;
    let mut data = vec![
        (JOURNAL_FILE.to_owned(), Source::Database(cut.journal)),
        (RECORDS_FILE.to_owned(), Source::Database(cut.records)),
    ];
    for (tenant, sequence, name, file) in cut.snapshots {
        let before = |known: &ManifestTenant| known.id == tenant.0 && sequence.0 <= known.head;
        if tenants.iter().any(before) {
            let name = format!("{SNAPSHOTS_FOLDER}/{name}");
            data.push((name, Source::File(file)));
        }
    }
    let keys = vec![
        (KEYS_FILE.to_owned(), Source::Database(keys)),
        (LEDGER_FILE.to_owned(), Source::File(ledger)),
    ];
    let total = copy::total(data.iter().chain(&keys))?;
    let mut done = 0;
    let files = copy::all(data, &plan.to, &mut |bytes| {
        done += bytes;
        progress(done.min(total), total);
    })?;
    sync_folder(&snapshots)?;
    let key_files = copy::all(keys, &plan.keys_to, &mut |bytes| {
        done += bytes;
        progress(done.min(total), total);
    })?;
    let manifest = Manifest::new(files, tenants);
    manifest.of_keys(key_files).write(&plan.keys_to)?;
    manifest.write(&plan.to)?;
    progress(total, total);
    Ok(manifest)
}

/// One moment of both files: read transactions that were begun while nobody wrote.
struct Cut {
    journal: Connection,
    records: Connection,
    /// Opened at the cut, so that they stay readable when the server removes them.
    snapshots: Vec<(TenantId, Sequence, String, File)>,
}

impl Cut {
    fn take(plan: &BackupPlan) -> Result<Self, StoreFault> {
        let vfs = plan.vfs.as_deref();
        let journal_file = plan.data.join(JOURNAL_FILE);
        let records_file = plan.data.join(RECORDS_FILE);
        let journal = reader(&JOURNAL, &journal_file, vfs)?;
        let records = reader(&RECORDS, &records_file, vfs)?;
        let writers = [
            writer(&JOURNAL, &journal_file, vfs)?,
            writer(&RECORDS, &records_file, vfs)?,
        ];
        let failed = fault("taking the cut");
        for writer in &writers {
            writer.execute_batch("BEGIN IMMEDIATE").map_err(&failed)?;
        }
        for reader in [&journal, &records] {
            begin_reading(reader)?;
        }
        let snapshots = open_snapshots(&plan.data.join(SNAPSHOTS_FOLDER))?;
        for writer in &writers {
            writer.execute_batch("ROLLBACK").map_err(&failed)?;
        }
        Ok(Self {
            journal,
            records,
            snapshots,
        })
    }

    /// What the cut holds of each tenant.
    fn tenants(&self) -> Result<Vec<ManifestTenant>, StoreFault> {
        verify::tenants(&self.journal, &self.records)
    }
}

fn reader(schema: &Schema, path: &Path, vfs: Option<&str>) -> Result<Connection, StoreFault> {
    exists(path)?;
    schema.open_to_read(path, vfs)
}

fn writer(schema: &Schema, path: &Path, vfs: Option<&str>) -> Result<Connection, StoreFault> {
    let db = reader(schema, path, vfs)?;
    db.pragma_update(None, "query_only", false)
        .map_err(fault("opening a database"))?;
    Ok(db)
}

fn exists(path: &Path) -> Result<(), StoreFault> {
    match path.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(StoreFault::Failed {
            doing: "taking a backup",
            problem: format!(
                "{} is not there: name the data folder of a server that was started once",
                path.display()
            ),
        }),
        Err(problem) => Err(StoreFault::failed("taking a backup", problem)),
    }
}

/// A read transaction sees the database of the moment of its first reading.
fn begin_reading(db: &Connection) -> Result<(), StoreFault> {
    db.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")
        .map_err(fault("taking the cut"))
}

fn open_snapshots(folder: &Path) -> Result<Vec<(TenantId, Sequence, String, File)>, StoreFault> {
    let mut open_ones = Vec::new();
    for (tenant, sequence, path) in Snapshots::at(folder.to_owned()).list_all()? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        match File::open(&path) {
            Ok(file) => open_ones.push((tenant, sequence, name.to_owned(), file)),
            // Two newer ones were written since it was listed.
            Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => {}
            Err(problem) => return Err(StoreFault::failed("opening a snapshot", problem)),
        }
    }
    Ok(open_ones)
}

fn open(path: &Path) -> Result<File, StoreFault> {
    exists(path)?;
    File::open(path).map_err(|problem| StoreFault::failed("taking a backup", problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RestorePlan, SqliteOptions, SqliteStore, SqliteVault, restore, verify};
    use ringback_model::{AgentId, Event, Now, WallTime, agent};
    use ringback_ports::envelope::{ActorRef, Cursor, Epoch};
    use ringback_ports::envelope::{Idempotent, InputId};
    use ringback_ports::records::{Change, HistoryLine};
    use ringback_ports::store::{JournalRow, SnapshotHead, Store};
    use ringback_ports::vault::{Erasure, Vault};
    use std::fs;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    const ASKED: Idempotent = Idempotent {
        id: InputId(1),
        fingerprint: 2,
    };

    struct World {
        home: tempfile::TempDir,
        store: SqliteStore,
        vault: SqliteVault,
        tenant: TenantId,
        epoch: Epoch,
    }

    impl World {
        fn new() -> Self {
            let home = tempfile::tempdir().expect("a folder");
            let options = SqliteOptions {
                ballast_bytes: 0,
                ..SqliteOptions::new(home.path().join("data"))
            };
            let store = SqliteStore::open(options).expect("opened");
            let vault = SqliteVault::open(&home.path().join("keys"), None).expect("opened");
            let name = "default".parse().expect("a name");
            let tenant = store.tenant(&name).expect("made").id;
            let lease = store.take_lease(tenant, "test", Duration::from_secs(60));
            let epoch = lease.expect("free").epoch;
            Self {
                home,
                store,
                vault,
                tenant,
                epoch,
            }
        }

        fn plan(&self, name: &str) -> BackupPlan {
            let path = |part: &str| self.home.path().join(part);
            BackupPlan {
                data: path("data"),
                keys: path("keys"),
                vfs: None,
                to: path(&format!("{name}/data")),
                keys_to: path(&format!("{name}/keys")),
            }
        }

        fn row(&self, sequence: u64) -> JournalRow {
            JournalRow {
                tenant: self.tenant,
                sequence: Sequence(sequence),
                epoch: self.epoch,
                at: WallTime(0),
                body: vec![7; 300],
            }
        }

        /// Appends and projects one record after the other until told to stop.
        fn work(&self, stop: &AtomicBool) {
            let mut journal = self.store.journal_writer().expect("opened");
            let mut records = self.store.records_writer().expect("opened");
            for sequence in 1.. {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                journal.append(&[self.row(sequence)]).expect("appended");
                let changes = [line(sequence)];
                let sequence = Sequence(sequence);
                records
                    .project(self.tenant, &changes, sequence)
                    .expect("projected");
            }
        }
    }

    fn line(sequence: u64) -> Change<'static> {
        const LOGGED_OUT: Event = Event::Agent(agent::Event::LoggedOut { agent: AgentId(1) });
        Change::History(HistoryLine {
            cursor: Cursor {
                sequence: Sequence(sequence),
                index: 0,
            },
            now: Now::default(),
            actor: &ActorRef::Node,
            interaction: None,
            queue: None,
            agent: None,
            event: const { &LOGGED_OUT },
        })
    }

    #[test]
    fn twenty_backups_under_load_are_cuts() {
        let world = World::new();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| world.work(&stop));
            let mut last = 0;
            for number in 0..20 {
                let plan = world.plan(&format!("b{number}"));
                let mut told = (0, 0);
                let manifest = backup(&plan, &mut |done, total| told = (done, total));
                let manifest = manifest.expect("backed up");
                assert!(told.0 == told.1 && told.1 > 0, "{told:?}");
                let mut told = (0, 0);
                let verified = verify(&plan.to, Some(&plan.keys_to), &mut |done, total| {
                    assert!(done >= told.0, "it goes back from {told:?} to {done}");
                    told = (done, total);
                });
                let verified = verified.expect("whole");
                assert!(told.1 > 0 && told.0 > told.1 / 2, "{told:?}");
                assert_eq!(manifest, verified);
                let tenant = &verified.tenants[0];
                // The writer projects each record before it appends the next.
                let behind = tenant.head - tenant.watermark;
                assert!(behind <= 1, "{tenant:?} is no cut");
                assert!(tenant.head >= last);
                last = tenant.head;
            }
            stop.store(true, Ordering::SeqCst);
            worker.join().expect("no fault");
            assert!(last > 20, "there was hardly any load: {last} records");
        });
    }

    #[test]
    fn a_restored_folder_serves_and_what_was_erased_since_stays_erased() {
        let world = World::new();
        let mut journal = world.store.journal_writer().expect("opened");
        journal
            .append(&[world.row(1), world.row(2)])
            .expect("appended");
        let head = SnapshotHead {
            tenant: world.tenant,
            sequence: Sequence(1),
            digest: 1,
            format: 1,
            at: WallTime(0),
        };
        let mut parts = vec![b"state".to_vec()].into_iter();
        journal.write_snapshot(&head, &mut parts).expect("written");
        let seal = |text: &[u8]| world.vault.seal(world.tenant, None, text).expect("sealed");
        let (kept, erased) = (seal(b"kept"), seal(b"erased"));
        let tenant = world.tenant;
        let of = |key| Erasure::Key { tenant, key };
        let plan = world.plan("backup");
        backup(&plan, &mut |_, _| ()).expect("backed up");
        world.vault.erase(of(erased.key), ASKED).expect("erased");
        let ledger = world.home.path().join("keys").join(LEDGER_FILE);

        let into = world.home.path().join("restored");
        let restored = RestorePlan {
            from: plan.to,
            keys_from: plan.keys_to,
            ledger: Some(ledger),
            into: into.clone(),
            keys_into: into.join("keys"),
        };
        restore(&restored, &mut |_, _| ()).expect("restored");
        let store = SqliteStore::open(SqliteOptions::new(&into)).expect("opened");
        let mut reader = store.journal_reader().expect("opened");
        let rows = reader.read(world.tenant, Sequence(0), usize::MAX);
        assert_eq!(rows.expect("read"), [world.row(1), world.row(2)]);
        assert_eq!(reader.snapshot(world.tenant).expect("read"), Some(head));
        let vault = SqliteVault::open(&into.join("keys"), None).expect("opened");
        let untold = vault.untold(tenant).expect("read");
        assert_eq!(
            untold.iter().map(|one| one.erasure).collect::<Vec<_>>(),
            [of(erased.key)],
            "the journal of the backup does not know of it"
        );
        let open = |sealed| vault.open(world.tenant, sealed).expect("no fault");
        assert_eq!(open(&kept).as_deref(), Some(&b"kept"[..]));
        assert_eq!(open(&erased), None);
        let again = restore(&restored, &mut |_, _| ()).expect_err("not new");
        assert!(again.to_string().contains("name a new one"), "{again}");
    }

    #[test]
    fn a_changed_backup_is_found_out() {
        let world = World::new();
        let mut journal = world.store.journal_writer().expect("opened");
        for sequence in 1..=3 {
            journal.append(&[world.row(sequence)]).expect("appended");
        }
        let refused = |name: &str, change: &dyn Fn(&Path)| {
            let plan = world.plan(name);
            backup(&plan, &mut |_, _| ()).expect("backed up");
            verify(&plan.to, Some(&plan.keys_to), &mut |_, _| ()).expect("whole");
            change(&plan.to);
            verify(&plan.to, Some(&plan.keys_to), &mut |_, _| ())
                .expect_err(name)
                .to_string()
        };
        let flipped = refused("flipped", &|folder| {
            let path = folder.join(JOURNAL_FILE);
            let mut bytes = fs::read(&path).expect("there");
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            fs::write(&path, bytes).expect("written");
        });
        assert!(flipped.contains("not what was written"), "{flipped}");
        let gone = refused("gone", &|folder| {
            fs::remove_file(folder.join(RECORDS_FILE)).expect("there");
        });
        assert!(gone.contains("is missing"), "{gone}");
        let unfinished = refused("unfinished", &|folder| {
            fs::remove_file(folder.join("manifest.json")).expect("there");
        });
        assert!(unfinished.contains("not a finished backup"), "{unfinished}");
        // A gap under a true digest: a manifest made for it does not make it whole.
        let gap = refused("gap", &|folder| {
            let db = Connection::open(folder.join(JOURNAL_FILE)).expect("a database");
            db.execute("DELETE FROM journal WHERE sequence = 2", [])
                .expect("deleted");
            db.close().expect("closed");
            let mut manifest = Manifest::read(folder).expect("there");
            manifest.files[0] = copy::describe(
                JOURNAL_FILE.to_owned(),
                &folder.join(JOURNAL_FILE),
                &mut |_| (),
            )
            .expect("read");
            manifest.write(folder).expect("written");
        });
        assert!(gap.contains("has gaps"), "{gap}");
    }
}
