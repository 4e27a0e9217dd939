//! What webhooks are told: taking in, carrying out, asking again, forgetting.

use super::World;
use ringback_model::{Millis, ObjectId, WallTime};
use ringback_ports::envelope::{Cursor, Sequence};
use ringback_ports::outward::{
    ATTEMPTS_KEPT, Attempt, Deliveries, Delivery, DeliveryState, NewDelivery, Next, Standing, Which,
};

const ONE: ObjectId = ObjectId(1);
const TWO: ObjectId = ObjectId(2);
const MANY: u64 = 100;

fn deliveries(world: &World) -> Box<dyn Deliveries> {
    world.store().deliveries().expect("deliveries")
}

fn new(hook: ObjectId, number: i64) -> NewDelivery {
    NewDelivery {
        hook,
        id: format!("d{number}"),
        event: "offer.made".to_owned(),
        made: WallTime(number),
        body: vec![u8::try_from(number % 256).expect("a byte"); 3],
    }
}

fn at(sequence: u64) -> Cursor {
    Cursor::end_of(Sequence(sequence))
}

fn failed(at: i64) -> Attempt {
    Attempt {
        at: WallTime(at),
        took: Millis(7),
        status: Some(500),
        problem: Some("the receiver answered 500".to_owned()),
        answer: "no".to_owned(),
    }
}

fn ids(found: &[Delivery]) -> Vec<&str> {
    found.iter().map(|it| it.id.as_str()).collect()
}

fn of(world: &World, it: &mut dyn Deliveries, hook: ObjectId) -> Standing {
    let standing = it.standing(world.tenant).expect("no fault");
    let found = standing.into_iter().find(|it| it.hook == hook);
    found.expect("it was told something")
}

pub(super) fn what_is_taken_in_once_is_there_once_and_due_in_order(world: &mut World) {
    let tenant = world.tenant;
    let mut it = deliveries(world);
    assert_eq!(it.cursor(tenant).expect("no fault"), None);
    let batch = [new(ONE, 2), new(ONE, 1), new(TWO, 1)];
    for sequence in [7, 8] {
        // The second time they are there already.
        let taken = it.take_in(tenant, &batch, Some(at(sequence)), MANY);
        taken.expect("taken in");
    }
    assert_eq!(it.cursor(tenant).expect("no fault"), Some(at(8)));
    let due = |it: &mut dyn Deliveries, hook, now| {
        it.due(tenant, hook, WallTime(now), 10).expect("no fault")
    };
    let found = due(&mut *it, ONE, 5);
    assert_eq!(ids(&found), ["d1", "d2"]);
    assert_eq!(found[0].body, [1, 1, 1]);
    assert_eq!(
        (found[0].state, found[0].tries),
        (DeliveryState::Waiting, 0)
    );
    assert_eq!(ids(&due(&mut *it, ONE, 1)), ["d1"]);
    assert_eq!(ids(&due(&mut *it, TWO, 5)), ["d1"]);
    assert_eq!(of(world, &mut *it, ONE).waiting, 2);
    let other = world.tenant_of("other");
    assert_eq!(it.cursor(other).expect("no fault"), None);
    assert_eq!(it.standing(other).expect("no fault"), []);
}

/// A power cut may take the newest away, but never what was taken in without how far that is.
pub(super) fn what_is_taken_in_and_how_far_that_is_belong_together(world: &mut World) {
    let tenant = world.tenant;
    let mut it = deliveries(world);
    for number in 1..=20 {
        let upto = at(u64::try_from(number).expect("positive"));
        let taken = it.take_in(tenant, &[new(ONE, number)], Some(upto), MANY);
        taken.expect("taken in");
    }
    drop(it);
    world.reopen();
    let mut it = deliveries(world);
    let upto = it.cursor(tenant).expect("no fault");
    let there = it
        .list(tenant, &Which::of(ONE), None, 100)
        .expect("no fault");
    let upto = upto.map_or(0, |cursor| cursor.sequence.0);
    assert_eq!(there.len() as u64, upto);
    let waiting = it.standing(tenant).expect("no fault");
    assert_eq!(waiting.first().map_or(0, |it| it.waiting), upto);
}

pub(super) fn attempts_lead_to_another_or_to_the_end(world: &mut World) {
    let tenant = world.tenant;
    let mut it = deliveries(world);
    let batch: Vec<_> = (1..=3).map(|number| new(ONE, number)).collect();
    it.take_in(tenant, &batch, None, MANY).expect("taken in");
    for (id, next) in [
        ("d1", Next::Again(WallTime(50))),
        ("d2", Next::Delivered),
        ("d3", Next::GivenUp),
        ("gone", Next::GivenUp),
    ] {
        it.attempted(tenant, ONE, id, &failed(10), next)
            .expect("noted");
    }
    assert_eq!(it.due(tenant, ONE, WallTime(49), 10).expect("no fault"), []);
    let due = it.due(tenant, ONE, WallTime(50), 10).expect("no fault");
    assert_eq!(ids(&due), ["d1"]);
    assert_eq!((due[0].tries, due[0].log.clone()), (1, vec![failed(10)]));
    let standing = of(world, &mut *it, ONE);
    assert_eq!(standing.waiting, 1);
    assert_eq!(standing.succeeded, Some(WallTime(10)));
    assert_eq!(standing.failed, Some(WallTime(10)));
    for time in 0..30 {
        let next = Next::Again(WallTime(60));
        it.attempted(tenant, ONE, "d1", &failed(100 + time), next)
            .expect("noted");
    }
    let due = it.due(tenant, ONE, WallTime(60), 10).expect("no fault");
    assert_eq!(due[0].tries, 31);
    assert_eq!(due[0].log.len(), ATTEMPTS_KEPT);
    assert_eq!(due[0].log.last(), Some(&failed(129)));
}

pub(super) fn only_so_many_wait_for_one_webhook(world: &mut World) {
    let tenant = world.tenant;
    let mut it = deliveries(world);
    let batch: Vec<_> = (1..=5).map(|number| new(ONE, number)).collect();
    let mut batch = batch;
    batch.push(new(TWO, 1));
    it.take_in(tenant, &batch, Some(at(1)), 3)
        .expect("taken in");
    let standing = of(world, &mut *it, ONE);
    assert_eq!((standing.waiting, standing.dropped), (3, 2));
    let standing = of(world, &mut *it, TWO);
    assert_eq!(
        (standing.waiting, standing.dropped),
        (1, 0),
        "others wait all the same"
    );
    it.attempted(tenant, ONE, "d1", &failed(9), Next::Delivered)
        .expect("noted");
    it.take_in(tenant, &[new(ONE, 9)], Some(at(2)), 3)
        .expect("taken in");
    let standing = of(world, &mut *it, ONE);
    assert_eq!((standing.waiting, standing.dropped), (3, 2));
}

pub(super) fn deliveries_are_listed_and_asked_for_again(world: &mut World) {
    let tenant = world.tenant;
    let mut it = deliveries(world);
    let batch: Vec<_> = (1..=6).map(|number| new(ONE, number)).collect();
    it.take_in(tenant, &batch, None, MANY).expect("taken in");
    for number in 1..=4 {
        let next = if number < 3 {
            Next::GivenUp
        } else {
            Next::Delivered
        };
        it.attempted(tenant, ONE, &format!("d{number}"), &failed(9), next)
            .expect("noted");
    }
    let list = |it: &mut dyn Deliveries, which: &Which, before, limit| {
        it.list(tenant, which, before, limit).expect("no fault")
    };
    let first = list(&mut *it, &Which::of(ONE), None, 4);
    assert_eq!(ids(&first), ["d6", "d5", "d4", "d3"]);
    let next = list(&mut *it, &Which::of(ONE), Some(first[3].number), 4);
    assert_eq!(ids(&next), ["d2", "d1"]);
    let given_up = Which {
        state: Some(DeliveryState::GivenUp),
        from: Some(WallTime(2)),
        to: Some(WallTime(6)),
        ..Which::of(ONE)
    };
    assert_eq!(ids(&list(&mut *it, &given_up, None, 4)), ["d2"]);
    assert_eq!(
        it.again(tenant, &given_up, WallTime(77)).expect("no fault"),
        1
    );
    let one = Which {
        id: Some("d4".to_owned()),
        ..Which::of(ONE)
    };
    assert_eq!(it.again(tenant, &one, WallTime(78)).expect("no fault"), 1);
    let due = it.due(tenant, ONE, WallTime(78), 10).expect("no fault");
    assert_eq!(ids(&due), ["d5", "d6", "d2", "d4"]);
    assert!(due.iter().all(|it| it.tries == 0));
    assert_eq!(due[2].log, [failed(9)], "what was is not forgotten");
    assert_eq!(of(world, &mut *it, ONE).waiting, 4);
    // Waiting ones come forward, and are counted once.
    assert_eq!(
        it.again(tenant, &Which::of(ONE), WallTime(80))
            .expect("no fault"),
        6
    );
    assert_eq!(of(world, &mut *it, ONE).waiting, 6);
    let nobody = Which {
        id: Some("d1".to_owned()),
        ..Which::of(TWO)
    };
    assert_eq!(
        it.again(tenant, &nobody, WallTime(81)).expect("no fault"),
        0
    );
}

pub(super) fn a_webhook_is_told_nothing_until_it_is_enabled(world: &mut World) {
    let tenant = world.tenant;
    let mut it = deliveries(world);
    let why = Some((WallTime(5), "it is gone"));
    it.disable(tenant, ONE, why).expect("noted");
    let standing = of(world, &mut *it, ONE);
    assert_eq!(
        standing.disabled,
        Some((WallTime(5), "it is gone".to_owned()))
    );
    it.disable(tenant, ONE, None).expect("noted");
    assert_eq!(of(world, &mut *it, ONE), Standing::new(ONE));
}

pub(super) fn what_is_over_is_forgotten_and_what_waits_is_not(world: &mut World) {
    let tenant = world.tenant;
    let mut it = deliveries(world);
    let mut batch: Vec<_> = (1..=3).map(|number| new(ONE, number)).collect();
    batch.push(new(TWO, 1));
    it.take_in(tenant, &batch, None, MANY).expect("taken in");
    for number in 1..=2 {
        let id = format!("d{number}");
        it.attempted(tenant, ONE, &id, &failed(9), Next::Delivered)
            .expect("noted");
    }
    let kept = [ONE, TWO];
    assert_eq!(it.forget(tenant, WallTime(2), &kept).expect("no fault"), 1);
    let there = it.list(tenant, &Which::of(ONE), None, 9).expect("no fault");
    assert_eq!(ids(&there), ["d3", "d2"]);
    assert_eq!(it.forget(tenant, WallTime(9), &[ONE]).expect("no fault"), 2);
    let there = it.list(tenant, &Which::of(ONE), None, 9).expect("no fault");
    assert_eq!(ids(&there), ["d3"]);
    let standing = it.standing(tenant).expect("no fault");
    assert_eq!(
        standing.len(),
        1,
        "a webhook that is deleted leaves nothing"
    );
}
