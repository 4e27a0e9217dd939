//! Appending to the journal.

use super::{World, is_fenced, row, same};
use ringback_model::WallTime;
use ringback_ports::envelope::{Epoch, Sequence};
use ringback_ports::store::AppendFault;

pub(super) fn rows_are_read_back_as_written(world: &mut World) {
    let other = world.tenant_of("other");
    let epoch = world.lease(other).epoch;
    let theirs: Vec<_> = (1..=3)
        .map(|sequence| row(other, epoch, sequence))
        .collect();
    let mut ours = world.rows(1..=1);
    ours[0].body = Vec::new();
    ours.extend(world.rows(2..=40));
    let mut writer = world.writer();
    writer.append(&ours[..1]).expect("appended");
    let mut mixed = ours[1..10].to_vec();
    mixed.extend(theirs.clone());
    mixed.extend(ours[10..].to_vec());
    writer.append(&mixed).expect("appended");
    drop(writer);
    for _reopened in [false, true] {
        same(&world.journal(world.tenant), &ours);
        same(&world.journal(other), &theirs);
        let head = world.reader().head(world.tenant).expect("read");
        assert_eq!(head, Sequence(40));
        world.reopen();
    }
}

pub(super) fn a_gap_or_a_repetition_is_refused_and_writes_nothing(world: &mut World) {
    let mut writer = world.writer();
    let refused = |result: Result<(), AppendFault>| {
        assert!(matches!(result, Err(AppendFault::Unknown(_))), "{result:?}");
    };
    refused(writer.append(&[world.row(2)]));
    refused(writer.append(&[world.row(0)]));
    writer.append(&[world.row(1)]).expect("appended");
    refused(writer.append(&[world.row(1)]));
    refused(writer.append(&[world.row(2), world.row(4)]));
    refused(writer.append(&[world.row(2), world.row(2)]));
    refused(writer.append(&[world.row(u64::MAX)]));
    same(&world.journal(world.tenant), &world.rows(1..=1));
    writer.append(&[world.row(2)]).expect("appended");
    same(&world.journal(world.tenant), &world.rows(1..=2));
}

pub(super) fn a_batch_is_written_whole_or_not_at_all(world: &mut World) {
    let other = world.tenant_of("other");
    let epoch = world.lease(other).epoch;
    let mut rows = world.rows(1..=5);
    rows.push(row(other, Epoch(epoch.0 - 1), 1));
    let mut writer = world.writer();
    assert!(is_fenced(writer.append(&rows), other));
    drop(writer);
    world.reopen();
    same(&world.journal(world.tenant), &[]);
    same(&world.journal(other), &[]);
}

pub(super) fn nothing_to_append_is_no_fault(world: &mut World) {
    world.writer().append(&[]).expect("nothing to do");
    let head = world.reader().head(world.tenant).expect("read");
    assert_eq!(head, Sequence(0));
}

pub(super) fn tenants_keep_their_numbers(world: &mut World) {
    let names = ["default", "second", "Dritte.3"];
    let numbers = names.map(|name| world.tenant_of(name));
    assert_eq!(names.map(|name| world.tenant_of(name)), numbers);
    world.reopen();
    assert_eq!(names.map(|name| world.tenant_of(name)), numbers);
    let all = world.store().tenants().expect("read");
    let found: Vec<_> = all
        .iter()
        .map(|tenant| (tenant.name.as_str(), tenant.id))
        .collect();
    let mut expected: Vec<_> = names.into_iter().zip(numbers).collect();
    expected.sort_by_key(|(_, id)| *id);
    assert_eq!(found, expected);
}

pub(super) fn inputs_put_aside_are_found_again(world: &mut World) {
    let mut writer = world.writer();
    let mut put = |at, problem| {
        let number = writer.quarantine(world.tenant, WallTime(at), b"input\0", problem);
        number.expect("put aside")
    };
    let first = put(5, "first");
    let second = put(-6, "second \u{1f41b}");
    assert!(second > first);
    drop(writer);
    world.reopen();
    let found = world.reader().quarantined(world.tenant, 10).expect("read");
    let expected = [
        (second, WallTime(-6), "second \u{1f41b}".to_owned()),
        (first, WallTime(5), "first".to_owned()),
    ];
    assert_eq!(found, expected);
    let newest = world.reader().quarantined(world.tenant, 1).expect("read");
    assert_eq!(newest, expected[..1]);
    let other = world.tenant_of("other");
    assert_eq!(world.reader().quarantined(other, 10).expect("read"), []);
}
