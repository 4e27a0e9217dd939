//! Leases, and that whoever lost one writes nothing.

use super::{HOUR, World, is_fenced, row, same};
use ringback_ports::envelope::{Epoch, Sequence};
use ringback_ports::store::{Lease, StoreFault};
use std::thread::sleep;
use std::time::Duration;

const MOMENT: Duration = Duration::from_millis(20);

pub(super) fn an_old_epoch_writes_nothing(world: &mut World) {
    world.append(1..=2);
    let newer = world.lease(world.tenant).epoch;
    assert!(newer > world.epoch);
    let mut writer = world.writer();
    assert!(is_fenced(writer.append(&world.rows(3..=4)), world.tenant));
    same(&world.journal(world.tenant), &world.rows(1..=2));
    let next = row(world.tenant, newer, 3);
    writer
        .append(std::slice::from_ref(&next))
        .expect("the newer one writes");
    same(&world.journal(world.tenant)[2..], &[next]);
}

pub(super) fn an_epoch_nobody_was_given_writes_nothing(world: &mut World) {
    let future = row(world.tenant, Epoch(world.epoch.0 + 1), 1);
    assert!(is_fenced(world.writer().append(&[future]), world.tenant));
    let unknown = ringback_ports::envelope::TenantId(77);
    let stranger = row(unknown, Epoch(0), 1);
    assert!(is_fenced(world.writer().append(&[stranger]), unknown));
    assert!(world.store().take_lease(unknown, "node", HOUR).is_err());
}

pub(super) fn a_lease_in_force_is_given_to_its_holder_only(world: &mut World) {
    let other = world.store().take_lease(world.tenant, "other", HOUR);
    match other {
        Err(StoreFault::Held { tenant, holder }) => {
            assert_eq!((tenant, holder.as_str()), (world.tenant, "node"));
        }
        other => panic!("given away: {other:?}"),
    }
    world.append(1..=1);
    let again = world.lease(world.tenant);
    assert!(
        again.epoch > world.epoch,
        "its holder gets it with a new epoch"
    );
}

pub(super) fn an_expired_lease_is_taken_over(world: &mut World) {
    let tenant = world.tenant_of("short");
    let take = |holder, ttl| world.store().take_lease(tenant, holder, ttl);
    let first = take("first", Duration::from_millis(1)).expect("free");
    world
        .writer()
        .append(&[row(tenant, first.epoch, 1)])
        .expect("its own");
    sleep(MOMENT);
    let second = take("second", HOUR).expect("expired");
    assert!(second.epoch > first.epoch);
    let late = world.writer().append(&[row(tenant, first.epoch, 2)]);
    assert!(is_fenced(late, tenant));
    let renewed = world.store().renew_lease(&first, "first");
    assert!(
        matches!(renewed, Err(StoreFault::Held { .. })),
        "{renewed:?}"
    );
    // Giving back what is lost takes nothing from the new holder.
    world
        .store()
        .release_lease(&first, "first")
        .expect("harmless");
    assert!(take("third", HOUR).is_err());
    world
        .writer()
        .append(&[row(tenant, second.epoch, 2)])
        .expect("its own");
    assert_eq!(world.reader().head(tenant).expect("read"), Sequence(2));
}

pub(super) fn a_renewed_lease_is_in_force(world: &mut World) {
    let tenant = world.tenant_of("short");
    let take = |holder, ttl| world.store().take_lease(tenant, holder, ttl);
    let short = take("first", Duration::from_millis(1)).expect("free");
    sleep(MOMENT);
    let long = Lease { ttl: HOUR, ..short };
    let renewed = world.store().renew_lease(&long, "first");
    assert_eq!(renewed.expect("nobody took it").epoch, long.epoch);
    let other = take("second", HOUR);
    assert!(matches!(other, Err(StoreFault::Held { .. })), "{other:?}");
}

pub(super) fn a_lease_given_back_is_free_at_once(world: &mut World) {
    let tenant = world.tenant_of("short");
    let take = |holder| world.store().take_lease(tenant, holder, HOUR);
    let first = take("first").expect("free");
    world
        .store()
        .release_lease(&first, "first")
        .expect("given back");
    let second = take("second").expect("free again");
    assert!(second.epoch > first.epoch);
}

pub(super) fn a_second_node_is_fenced_or_kept_out(world: &mut World) {
    let second = world.engine.open();
    if !world.engine.is_shared() {
        let fault = second.err().expect("kept out").to_string();
        assert!(fault.contains("held by process"), "{fault}");
        return;
    }
    let second = second.expect("the store opens twice");
    world.append(1..=1);
    let held = second.take_lease(world.tenant, "second", HOUR);
    assert!(matches!(held, Err(StoreFault::Held { .. })), "{held:?}");
    let lease = Lease {
        tenant: world.tenant,
        epoch: world.epoch,
        ttl: Duration::from_millis(1),
    };
    world.store().renew_lease(&lease, "node").expect("its own");
    sleep(MOMENT);
    let taken = second
        .take_lease(world.tenant, "second", HOUR)
        .expect("expired");
    let theirs = row(world.tenant, taken.epoch, 2);
    let mut writer = second.journal_writer().expect("a writer");
    writer
        .append(std::slice::from_ref(&theirs))
        .expect("appended");
    assert!(is_fenced(
        world.writer().append(&world.rows(2..=2)),
        world.tenant
    ));
    same(&world.journal(world.tenant), &[world.row(1), theirs]);
}
