//! Reading journal and snapshots, and pruning.

use super::{World, same};
use ringback_model::WallTime;
use ringback_ports::envelope::{Sequence, TenantId};
use ringback_ports::store::{SnapshotHead, StoreFault};
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(super) fn reading_goes_on_where_it_stopped(world: &mut World) {
    world.append(1..=30);
    let mut reader = world.reader();
    let mut read = |after, bytes| {
        let rows = reader.read(world.tenant, Sequence(after), bytes);
        rows.expect("read")
    };
    same(&read(0, 1), &world.rows(1..=1));
    same(&read(0, usize::MAX), &world.rows(1..=30));
    same(&read(29, usize::MAX), &world.rows(30..=30));
    same(&read(30, usize::MAX), &[]);
    same(&read(u64::MAX, usize::MAX), &[]);
    let some = read(4, 60_000);
    same(&some, &world.rows(5..=4 + some.len() as u64));
    let bytes = |count: usize| {
        some[..count]
            .iter()
            .map(|row| row.body.len())
            .sum::<usize>()
    };
    assert!(bytes(some.len()) >= 60_000, "not before it is enough");
    assert!(bytes(some.len() - 1) < 60_000, "no more than is needed");
}

pub(super) fn pruning_keeps_the_head(world: &mut World) {
    let prune = |world: &World, upto| {
        let gone = world.writer().prune(world.tenant, Sequence(upto));
        gone.expect("pruned")
    };
    let ends = |world: &World| {
        let mut reader = world.reader();
        let oldest = reader.oldest(world.tenant).expect("read").0;
        (oldest, reader.head(world.tenant).expect("read").0)
    };
    assert_eq!(ends(world), (0, 0));
    assert_eq!(prune(world, 5), 0);
    world.append(1..=1_200);
    assert_eq!(ends(world), (1, 1_200));
    assert_eq!(prune(world, 1_100), 1_100);
    assert_eq!(prune(world, 1_100), 0, "they are gone");
    assert_eq!(ends(world), (1_101, 1_200));
    same(&world.journal(world.tenant), &world.rows(1_101..=1_200));
    assert_eq!(prune(world, u64::MAX), 100);
    world.reopen();
    assert_eq!(ends(world), (0, 1_200), "the count goes on");
    world.append(1_201..=1_202);
    assert_eq!(ends(world), (1_201, 1_202));
}

pub(super) fn the_last_record_in_time_is_found(world: &mut World) {
    let mut rows = world.rows(1..=9);
    for (row, at) in rows.iter_mut().zip([-5, 0, 0, 7, 7, 7, 8, 20, 20]) {
        row.at = WallTime(at);
    }
    world.writer().append(&rows).expect("appended");
    world
        .writer()
        .prune(world.tenant, Sequence(1))
        .expect("pruned");
    let mut reader = world.reader();
    for (at, expected) in [
        (-5, 0),
        (-1, 0),
        (0, 3),
        (6, 3),
        (7, 6),
        (19, 7),
        (20, 9),
        (99, 9),
    ] {
        let found = reader.at_or_before(world.tenant, WallTime(at));
        assert_eq!(found.expect("read"), Sequence(expected), "at {at}");
    }
    let nobody = reader.at_or_before(TenantId(77), WallTime(0));
    assert_eq!(nobody.expect("read"), Sequence(0));
}

fn head(world: &World, sequence: u64) -> SnapshotHead {
    SnapshotHead {
        tenant: world.tenant,
        sequence: Sequence(sequence),
        digest: u64::MAX - sequence,
        format: 3,
        at: WallTime(-9),
    }
}

fn parts(seed: u8) -> Vec<Vec<u8>> {
    vec![vec![seed; 9], Vec::new(), vec![seed ^ 0xff; 300_000]]
}

fn write(world: &World, sequence: u64, seed: u8) {
    let mut parts = parts(seed).into_iter();
    let written = world
        .writer()
        .write_snapshot(&head(world, sequence), &mut parts);
    written.expect("written");
}

fn newest(world: &World) -> Option<SnapshotHead> {
    world.reader().snapshot(world.tenant).expect("read")
}

fn read(world: &World, head: &SnapshotHead) -> Result<Vec<Vec<u8>>, StoreFault> {
    let mut found = Vec::new();
    world.reader().read_snapshot(head, &mut |part| {
        found.push(part);
        Ok(())
    })?;
    Ok(found)
}

pub(super) fn a_snapshot_is_read_back_part_by_part(world: &mut World) {
    assert_eq!(newest(world), None);
    write(world, 5, 1);
    world.reopen();
    let expected = head(world, 5);
    assert_eq!(newest(world).as_ref(), Some(&expected));
    assert_eq!(read(world, &expected).expect("whole"), parts(1));
    let refused = world.reader().read_snapshot(&expected, &mut |_| {
        Err(StoreFault::failed("decoding", "the reader has had enough"))
    });
    assert!(refused.expect_err("stopped").to_string().contains("enough"));
    let other = world.tenant_of("other");
    assert_eq!(world.reader().snapshot(other).expect("read"), None);
}

pub(super) fn the_newest_two_snapshots_are_kept(world: &mut World) {
    for sequence in [5, 50, 500] {
        write(world, sequence, 2);
    }
    assert_eq!(newest(world), Some(head(world, 500)));
    assert!(read(world, &head(world, 50)).is_ok());
    assert!(read(world, &head(world, 5)).is_err());
    write(world, 500, 3);
    assert_eq!(
        read(world, &head(world, 500)).expect("whole"),
        parts(3),
        "written again"
    );
}

pub(super) fn a_damaged_snapshot_falls_back_to_the_one_before(world: &mut World) {
    write(world, 5, 1);
    write(world, 6, 2);
    assert_eq!(newest(world), Some(head(world, 6)));
    world.engine.damage(&head(world, 6));
    let fault = read(world, &head(world, 6)).expect_err("damaged");
    assert!(matches!(fault, StoreFault::Damaged { .. }), "{fault}");
    let before = newest(world).expect("there is an older one");
    assert_eq!(before, head(world, 5));
    assert_eq!(read(world, &before).expect("whole"), parts(1));
}

pub(super) fn an_unfinished_snapshot_is_never_read(world: &mut World) {
    write(world, 5, 1);
    let mut sudden = parts(2).into_iter().chain(std::iter::once_with(|| {
        std::panic::panic_any("the writer dies here, as this demand wants it")
    }));
    let mut writer = world.writer();
    let died = catch_unwind(AssertUnwindSafe(|| {
        writer.write_snapshot(&head(world, 6), &mut sudden)
    }));
    assert!(died.is_err());
    drop(writer);
    assert_eq!(newest(world), Some(head(world, 5)));
    world.reopen();
    assert_eq!(newest(world), Some(head(world, 5)));
    write(world, 6, 3);
    assert_eq!(read(world, &head(world, 6)).expect("whole"), parts(3));
}
