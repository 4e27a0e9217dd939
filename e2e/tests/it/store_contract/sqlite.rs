//! SQLite under test: plain, through power cuts, on a full disk and on one that does not flush.

use super::{Engine, HOUR, World, row, same};
use ringback_model::WallTime;
use ringback_ports::envelope::{Idempotent, InputId, Sequence};
use ringback_ports::store::{AppendFault, SnapshotHead, Store, StoreFault};
use ringback_ports::vault::{Erasure, Untold, Vault};
use ringback_sim::powercut::{Cut, PowerCut};
use ringback_store::{SqliteOptions, SqliteStore, SqliteVault};
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// A folder of its own, perhaps on a power supply of its own.
#[derive(Clone)]
pub(super) struct Sqlite {
    home: Rc<TempDir>,
    power: Option<Rc<PowerCut>>,
}

static SUPPLIES: AtomicU32 = AtomicU32::new(0);

impl Sqlite {
    pub(super) fn new() -> Sqlite {
        Sqlite {
            home: Rc::new(tempfile::tempdir().expect("a folder")),
            power: None,
        }
    }

    pub(super) fn with_power_cuts() -> Sqlite {
        let number = SUPPLIES.fetch_add(1, Ordering::SeqCst);
        let power = PowerCut::install(&format!("store-contract-{number}"));
        Sqlite {
            power: Some(Rc::new(power.expect("a power supply"))),
            ..Sqlite::new()
        }
    }

    fn power(&self) -> &PowerCut {
        self.power.as_ref().expect("a power supply")
    }

    fn vfs(&self) -> Option<&str> {
        self.power.as_ref().map(|power| power.name())
    }
}

impl Engine for Sqlite {
    fn open(&self) -> Result<Box<dyn Store>, StoreFault> {
        let options = SqliteOptions {
            folder: self.home.path().join("data"),
            vfs: self.vfs().map(str::to_owned),
            ballast_bytes: 0,
        };
        Ok(Box::new(SqliteStore::open(options)?))
    }

    fn vault(&self) -> Box<dyn Vault> {
        let folder = self.home.path().join("keys");
        let vault = SqliteVault::open(&folder, self.vfs());
        Box::new(vault.expect("the keys open"))
    }

    fn before_closing(&self) {
        if let Some(power) = &self.power {
            power.cut();
        }
    }

    fn after_closing(&self) {
        if let Some(power) = &self.power {
            power.power_on().expect("everything is closed");
        }
    }

    fn damage(&self, snapshot: &SnapshotHead) {
        let name = format!(
            "data/snapshots/{}-{}.snap",
            snapshot.tenant, snapshot.sequence
        );
        let path = self.home.path().join(name);
        let mut bytes = fs::read(&path).expect("there");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        fs::write(&path, bytes).expect("written");
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn keys_folder(&self) -> Option<PathBuf> {
        Some(self.home.path().join("keys"))
    }
}

/// A world and the switch of its power.
fn powered() -> (World, Sqlite) {
    let engine = Sqlite::with_power_cuts();
    (World::new(Box::new(engine.clone())), engine)
}

#[test]
fn a_full_disk_refuses_and_keeps_what_was_there() {
    let (world, engine) = powered();
    world.append(1..=3);
    engine.power().disk_full_after(0);
    let mut writer = world.writer();
    let mut refused = 0;
    // The log has room at first that it took before.
    let mut next = 4;
    while refused < 3 && next < 1_000 {
        match writer.append(&[world.row(next)]) {
            Ok(()) => next += 1,
            Err(AppendFault::Full(_)) => refused += 1,
            Err(fault) => panic!("taken for something else: {fault}"),
        }
    }
    assert_eq!(refused, 3, "the disk was never full");
    let expected = world.rows(1..=next - 1);
    same(&world.journal(world.tenant), &expected);
    engine.power().clear_faults();
    writer
        .append(&[world.row(next)])
        .expect("there is room again");
    same(&world.journal(world.tenant), &world.rows(1..=next));
}

#[test]
fn after_a_failed_flush_nothing_is_promised_any_more() {
    let (mut world, engine) = powered();
    world.append(1..=3);
    let mut writer = world.writer();
    engine.power().fail_sync_after(0);
    let failed = writer.append(&world.rows(4..=4));
    assert!(matches!(failed, Err(AppendFault::Flush(_))), "{failed:?}");
    engine.power().clear_faults();
    // The next flush would succeed; the pages of the failed one are lost all the same.
    let later = writer.append(&world.rows(4..=4));
    assert!(matches!(later, Err(AppendFault::Flush(_))), "{later:?}");
    let others = [
        writer.quarantine(world.tenant, WallTime(0), b"", "").err(),
        world.store().take_lease(world.tenant, "node", HOUR).err(),
    ];
    assert!(others.iter().all(Option::is_some), "{others:?}");
    drop(writer);
    let promised = world.rows(1..=3);
    world.reopen();
    same(&world.journal(world.tenant), &promised);
}

#[test]
fn a_failed_flush_of_the_records_is_remembered() {
    let (world, engine) = powered();
    let mut projector = world.projector();
    projector
        .project(world.tenant, &[], Sequence(1))
        .expect("projected");
    engine.power().fail_sync_after(0);
    assert!(projector.flush().is_err());
    engine.power().clear_faults();
    assert!(projector.flush().is_err(), "the next one proves nothing");
    assert!(projector.project(world.tenant, &[], Sequence(2)).is_err());
}

/// What was acknowledged when the power went, and what was found afterwards.
fn cut_an_append(operations: u64, cut: Cut) -> bool {
    let (mut world, engine) = powered();
    world.append(1..=2);
    let mut writer = world.writer();
    engine.power().schedule_cut(operations, cut);
    let mut acknowledged = 2;
    for sequence in 3..=6 {
        if writer
            .append(&[row(world.tenant, world.epoch, sequence)])
            .is_err()
        {
            break;
        }
        acknowledged = sequence;
    }
    let reached = engine.power().is_dark();
    drop(writer);
    let epoch = world.epoch;
    world.reopen();
    let found = world.journal(world.tenant);
    let count = found.len() as u64;
    assert!(
        count >= acknowledged,
        "{acknowledged} acknowledged, {count} found"
    );
    assert!(count <= acknowledged + 1, "more than was ever tried");
    let expected: Vec<_> = (1..=count).map(|n| row(world.tenant, epoch, n)).collect();
    same(&found, &expected);
    // Life goes on.
    let next = row(world.tenant, world.epoch, count + 1);
    world.writer().append(&[next]).expect("appended");
    reached
}

#[test]
fn a_power_cut_at_any_step_of_an_append_loses_nothing_acknowledged() {
    for torn in [false, true] {
        let cut = |seed| if torn { Cut::Torn { seed } } else { Cut::Clean };
        let steps = (0..)
            .take_while(|step| cut_an_append(*step, cut(*step)))
            .count();
        assert!(steps > 8, "only {steps} steps were cut");
    }
}

#[test]
fn a_power_cut_at_any_step_of_an_erasure_leaves_it_done_or_undone() {
    let mut outcomes = [0, 0];
    for step in 0.. {
        let (mut world, engine) = powered();
        let sealed = world
            .vault()
            .seal(world.tenant, None, b"text")
            .expect("sealed");
        engine.power().schedule_cut(step, Cut::Torn { seed: step });
        let erasure = Erasure::Key {
            tenant: world.tenant,
            key: sealed.key,
        };
        let asked = Idempotent {
            id: InputId(3),
            fingerprint: 4,
        };
        let erased = world.vault().erase(erasure, asked);
        let reached = engine.power().is_dark();
        world.reopen();
        let opened = world.vault().open(world.tenant, &sealed).expect("no fault");
        outcomes[usize::from(opened.is_some())] += 1;
        if erased.is_ok() {
            assert_eq!(opened, None, "it was reported done");
        }
        // What is done is told to the journal under its asking, and nothing else.
        let untold = world.vault().untold(world.tenant).expect("no fault");
        let asked = Some(asked);
        let expected = opened.is_none().then_some(Untold { erasure, asked });
        assert_eq!(untold, Vec::from_iter(expected), "step {step}");
        if !reached {
            break;
        }
    }
    assert!(outcomes[0] > 4, "only {outcomes:?} steps were cut");
}

/// The positive control: projections are not flushed one by one, so a power cut must take some;
/// if it takes none here, the tests above prove nothing.
#[test]
fn what_was_not_flushed_is_lost_and_what_was_flushed_is_not() {
    let (mut world, engine) = powered();
    let mut projector = world.projector();
    projector
        .project(world.tenant, &[], Sequence(7))
        .expect("projected");
    projector.flush().expect("flushed");
    projector
        .project(world.tenant, &[], Sequence(9))
        .expect("projected");
    let before = world.records().watermark(world.tenant).expect("read");
    assert_eq!(before, Sequence(9));
    // The power goes first: a writer that is closed in peace flushes.
    engine.power().cut();
    drop(projector);
    world.reopen();
    let after = world.records().watermark(world.tenant).expect("read");
    assert_eq!(after, Sequence(7));
}
