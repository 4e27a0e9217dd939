//! Projecting into the records, and asking them.

use super::World;
use ringback_model::agent::NotReady;
use ringback_model::config::Scope;
use ringback_model::interaction::{self as model, Ending, Interaction, Requests};
use ringback_model::place::{Party, Place, Role, Who};
use ringback_model::record::{AgentInterval, AgentState, Segment, SegmentEnd, SegmentKind};
use ringback_model::{
    AgentId, ContactId, EngineTime, Event, InteractionId, Medium, Name, Now, QueueId,
    RouteRequestId, Tier, VirtualQueueId, WallTime, agent, interaction,
};
use ringback_ports::envelope::{ActorRef, Cursor, Sequence, TenantId};
use ringback_ports::records::{
    Change, ConfigVersion, HistoryLine, HistoryRow, InteractionRow, PAGE_MAX, RecordsPage,
    RecordsQuery, Related,
};
use std::sync::LazyLock;

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn now(engine: u64) -> Now {
    Now {
        engine: EngineTime(engine),
        wall: WallTime(-1_000 + i64::try_from(engine).expect("small")),
    }
}

fn interaction(id: u64, queue: u64) -> Interaction {
    Interaction {
        id: InteractionId(id),
        medium: Medium::Chat,
        kind: name("inbound"),
        subkind: None,
        tier: Tier(-2),
        queue: QueueId(queue),
        contact: None,
        parent: None,
        thread: None,
        user_data: serde_json::from_str(
            r#"{"open": {"topic": "bill", "amount": 12.5, "n": [1, null]}}"#,
        )
        .expect("user data"),
        submitted: now(10 * id),
        place: Place::Queue,
        parties: Vec::new(),
        requests: Requests::new(),
        version: 1,
        more: ringback_model::Rare::none(),
    }
}

fn submitted(interaction: &Interaction) -> Change<'_> {
    Change::Submitted(interaction)
}

fn moved(id: u64, place: Option<&'static str>, owner: Option<u64>) -> Change<'static> {
    Change::Moved {
        interaction: InteractionId(id),
        place,
        owner: owner.map(AgentId),
    }
}

fn stopped(id: u64, ending: &Ending) -> Change<'_> {
    Change::Stopped {
        interaction: InteractionId(id),
        at: now(999),
        ending,
    }
}

/// Something that happened, as a line of history of nobody.
fn line(sequence: u64, index: u32) -> HistoryLine<'static> {
    static ACTOR: LazyLock<ActorRef> = LazyLock::new(|| ActorRef::Key(name("anna")));
    HistoryLine {
        cursor: cursor(sequence, index),
        now: now(sequence),
        actor: &ACTOR,
        interaction: None,
        queue: None,
        agent: None,
        event: event(1),
    }
}

/// One of a few events.
fn event(number: usize) -> &'static Event {
    static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(|| {
        let of_agent = |id| Event::Agent(agent::Event::LoggedOut { agent: AgentId(id) });
        (0..6).map(of_agent).collect()
    });
    &EVENTS[number]
}

fn cursor(sequence: u64, index: u32) -> Cursor {
    Cursor {
        sequence: Sequence(sequence),
        index,
    }
}

fn project(world: &World, changes: &[Change<'_>], watermark: u64) {
    let projected = world
        .projector()
        .project(world.tenant, changes, Sequence(watermark));
    projected.expect("projected");
}

fn watermark(world: &World) -> u64 {
    let ours = world.projector().watermark(world.tenant).expect("read");
    let read = world.records().watermark(world.tenant).expect("read");
    assert_eq!(ours, read);
    ours.0
}

fn ask_of(world: &World, tenant: TenantId, query: &RecordsQuery) -> RecordsPage {
    world.records().ask(tenant, query).expect("answered")
}

fn ask(world: &World, query: &RecordsQuery) -> RecordsPage {
    ask_of(world, world.tenant, query)
}

fn one(world: &World, id: u64) -> Option<InteractionRow> {
    let query = RecordsQuery::Interaction {
        interaction: InteractionId(id),
        scope: Scope::Everything,
    };
    match ask(world, &query) {
        RecordsPage::Interactions(mut rows) => {
            assert!(rows.len() <= 1);
            rows.pop()
        }
        other => panic!("{other:?}"),
    }
}

fn queues(ids: &[u64]) -> Scope {
    Scope::Queues(ids.iter().map(|id| QueueId(*id)).collect())
}

pub(super) fn the_watermark_moves_with_the_changes_and_never_back(world: &mut World) {
    assert_eq!(watermark(world), 0);
    project(world, &[submitted(&interaction(1, 1))], 5);
    assert_eq!(watermark(world), 5);
    let tenant = world.tenant;
    let mut projector = world.projector();
    let mut refused = |changes: &[Change<'_>], to| {
        let result = projector.project(tenant, changes, Sequence(to));
        assert!(result.is_err(), "{changes:?} up to {to}");
    };
    refused(&[], 4);
    refused(&[submitted(&interaction(2, 1))], 5);
    refused(&[submitted(&interaction(2, 1))], 4);
    refused(&[Change::History(line(5, 0))], 6);
    refused(&[Change::History(line(7, 0))], 6);
    drop(projector);
    assert_eq!((watermark(world), one(world, 2)), (5, None));
    project(world, &[], 5);
    project(world, &[], 9);
    world.projector().flush().expect("flushed");
    world.reopen();
    assert_eq!(watermark(world), 9);
    assert!(one(world, 1).is_some());
}

pub(super) fn a_faulty_change_takes_the_others_with_it(world: &mut World) {
    let tenant = world.tenant;
    let (first, again) = (interaction(1, 1), interaction(1, 2));
    let good = submitted(&first);
    for bad in [
        moved(7, None, None),
        stopped(7, &Ending::Abandoned),
        submitted(&again),
    ] {
        let changes = [good.clone(), bad];
        let result = world.projector().project(tenant, &changes, Sequence(3));
        assert!(result.is_err(), "{changes:?}");
        assert_eq!((watermark(world), one(world, 1)), (0, None));
    }
    project(world, &[good], 3);
    assert!(one(world, 1).is_some());
}

/// Changes in the transaction that brought it, in one that follows, and in both.
pub(super) fn what_is_changed_is_read_as_it_is_now(world: &mut World) {
    let change = model::Change {
        kind: Some(name("loan")),
        subkind: Some(model::Edit::Set(name("complaint"))),
        tier: Some(Tier(5)),
        external_id: Some(model::Edit::Set("A-1".to_owned())),
        ..model::Change::default()
    };
    let again = model::Change {
        subkind: Some(model::Edit::Clear),
        online: Some(true),
        ..model::Change::default()
    };
    let changed = |id, change| Change::Changed {
        interaction: InteractionId(id),
        change,
    };
    let placed = |id, queue: Option<u64>| Change::Placed {
        interaction: InteractionId(id),
        place: "workbin",
        queue: queue.map(QueueId),
    };
    let (first, second) = (interaction(1, 3), interaction(2, 3));
    let changes = [
        submitted(&first),
        submitted(&second),
        moved(1, Some("handling"), Some(7)),
        changed(1, &change),
        placed(1, Some(4)),
    ];
    project(world, &changes, 1);
    let as_changed = |it: &Interaction, changes: &[&model::Change], queue| {
        let mut it = it.clone();
        for change in changes {
            change.write_into(&mut it);
        }
        it.queue = QueueId(queue);
        it
    };
    let row = |submitted, place: &str, owner: Option<u64>, version| InteractionRow {
        submitted,
        place: place.to_owned(),
        owner: owner.map(AgentId),
        version,
        stopped: None,
        ending: None,
    };
    let one_is = row(as_changed(&first, &[&change], 4), "workbin", None, 4);
    assert_eq!(one(world, 1), Some(one_is));
    assert_eq!(one(world, 2), Some(row(second.clone(), "queue", None, 1)));
    // Later: who owns it again, where it is, what is known of it.
    let changes = [
        changed(1, &again),
        moved(1, Some("handling"), Some(8)),
        changed(2, &change),
        placed(2, None),
    ];
    project(world, &changes, 2);
    let known = as_changed(&first, &[&change, &again], 4);
    assert_eq!(one(world, 1), Some(row(known, "handling", Some(8), 6)));
    let known = as_changed(&second, &[&change], 3);
    assert_eq!(one(world, 2), Some(row(known, "workbin", None, 3)));
    // Found by where it is now, and by nothing it was before.
    let in_scope = |queue, id| RecordsQuery::Interaction {
        interaction: InteractionId(id),
        scope: Scope::Queues([QueueId(queue)].into()),
    };
    let found = |query| match ask(world, &query) {
        RecordsPage::Interactions(rows) => rows.len(),
        other => panic!("another page: {other:?}"),
    };
    assert_eq!((found(in_scope(4, 1)), found(in_scope(3, 1))), (1, 0));
}

pub(super) fn an_interaction_is_read_as_it_went(world: &mut World) {
    let mut first = interaction(1, 3);
    first.subkind = Some(name("sales"));
    first.contact = Some(ContactId(4));
    first.parent = Some(InteractionId(9));
    first.thread = Some(InteractionId(8));
    first.requests = Requests::from_iter([RouteRequestId(2)]);
    first.place = Place::Handling;
    first.parties = vec![Party {
        who: Who::Agent(AgentId(6)),
        role: Role::Owner,
        since: now(3),
    }];
    project(
        world,
        &[submitted(&first), submitted(&interaction(2, 3))],
        1,
    );
    let as_submitted = one(world, 1).expect("there");
    let expected = InteractionRow {
        submitted: first.clone(),
        place: "handling".to_owned(),
        owner: Some(AgentId(6)),
        version: 1,
        stopped: None,
        ending: None,
    };
    assert_eq!(as_submitted, expected);
    let changes = [
        moved(1, Some("offer"), None),
        moved(1, None, Some(7)),
        moved(1, None, None),
        moved(2, Some("routing"), None),
        stopped(2, &Ending::Abandoned),
    ];
    project(world, &changes, 2);
    let expected = InteractionRow {
        place: "offer".to_owned(),
        owner: Some(AgentId(7)),
        version: 4,
        ..expected
    };
    assert_eq!(one(world, 1).as_ref(), Some(&expected));
    let completed = Ending::Completed {
        agent: AgentId(7),
        reason: name("done"),
        disposition: Some(name("sold")),
    };
    project(world, &[stopped(1, &completed)], 3);
    let expected = InteractionRow {
        place: "stopped".to_owned(),
        version: 5,
        stopped: Some(now(999)),
        ending: Some(completed),
        ..expected
    };
    assert_eq!(one(world, 1), Some(expected), "the last owner stays");
    let second = one(world, 2).expect("there");
    assert_eq!(
        (second.owner, second.ending),
        (None, Some(Ending::Abandoned))
    );
    let cancelled = Ending::Cancelled {
        reason: name("by_admin"),
    };
    let third = interaction(3, 3);
    let changes = [submitted(&third), stopped(3, &cancelled)];
    project(world, &changes, 4);
    assert_eq!(one(world, 3).and_then(|row| row.ending), Some(cancelled));
    assert_eq!(one(world, u64::MAX), None);
}

/// Twelve interactions: odd ones in queue 1, even ones in queue 2; every third with contact 5;
/// the first six over, each owned by agent 8 at last.
fn a_dozen(world: &World) {
    let new = |id| Interaction {
        contact: (id % 3 == 0).then_some(ContactId(5)),
        ..interaction(id, if id % 2 == 1 { 1 } else { 2 })
    };
    let dozen: Vec<_> = (1..=12).map(new).collect();
    let mut changes: Vec<_> = dozen.iter().map(submitted).collect();
    for id in 1..=6 {
        changes.push(moved(id, Some("handling"), Some(8)));
        changes.push(stopped(id, &Ending::Abandoned));
    }
    project(world, &changes, 1);
}

pub(super) fn interactions_are_filtered_scoped_and_paged(world: &mut World) {
    a_dozen(world);
    #[derive(Clone)]
    struct Q(
        Scope,
        Option<bool>,
        Option<u64>,
        Option<u64>,
        Option<u64>,
        Option<u64>,
        usize,
    );
    let found = |q: Q| -> Vec<u64> {
        let query = RecordsQuery::Interactions {
            scope: q.0,
            open: q.1,
            queue: q.2.map(QueueId),
            contact: q.3.map(ContactId),
            owner: q.4.map(AgentId),
            related: None,
            before: q.5.map(InteractionId),
            limit: q.6,
        };
        match ask(world, &query) {
            RecordsPage::Interactions(rows) => rows.iter().map(|row| row.submitted.id.0).collect(),
            other => panic!("{other:?}"),
        }
    };
    let all = Q(Scope::Everything, None, None, None, None, None, 100);
    assert_eq!(found(all.clone()), (1..=12).rev().collect::<Vec<_>>());
    let q = |change: &dyn Fn(&mut Q)| {
        let mut q = all.clone();
        change(&mut q);
        found(q)
    };
    assert_eq!(q(&|q| q.1 = Some(true)), [12, 11, 10, 9, 8, 7]);
    assert_eq!(q(&|q| q.1 = Some(false)), [6, 5, 4, 3, 2, 1]);
    assert_eq!(q(&|q| q.2 = Some(1)), [11, 9, 7, 5, 3, 1]);
    assert_eq!(q(&|q| q.3 = Some(5)), [12, 9, 6, 3]);
    assert_eq!(q(&|q| q.4 = Some(8)), [6, 5, 4, 3, 2, 1]);
    assert_eq!(q(&|q| q.5 = Some(4)), [3, 2, 1]);
    assert_eq!(q(&|q| q.6 = 2), [12, 11]);
    assert!(q(&|q| q.6 = 0).is_empty());
    assert_eq!(q(&|q| q.0 = queues(&[2])), [12, 10, 8, 6, 4, 2]);
    assert_eq!(q(&|q| q.0 = queues(&[2, 1, 7])).len(), 12);
    let blind = q(&|q| q.0 = queues(&[]));
    assert!(blind.is_empty(), "a scope of nothing sees nothing");
    assert!(q(&|q| (q.0, q.2) = (queues(&[2]), Some(1))).is_empty());
    assert_eq!(
        q(&|q| (q.1, q.2, q.3, q.4) = (Some(false), Some(2), Some(5), Some(8))),
        [6]
    );
    assert_eq!(
        q(&|q| (q.1, q.3, q.5, q.6) = (Some(true), Some(5), Some(12), 9)),
        [9]
    );
    let scoped = |id, scope| {
        let query = RecordsQuery::Interaction {
            interaction: InteractionId(id),
            scope,
        };
        ask(world, &query) != RecordsPage::Interactions(Vec::new())
    };
    assert!(scoped(3, queues(&[1])) && !scoped(3, queues(&[2])) && !scoped(3, queues(&[])));
    let many: Vec<_> = (13..=1_200).map(|id| interaction(id, 1)).collect();
    let changes: Vec<_> = many.iter().map(submitted).collect();
    project(world, &changes, 2);
    assert_eq!(
        q(&|q| q.6 = usize::MAX).len(),
        PAGE_MAX,
        "a page has an end"
    );
    let ids = [4_095, 4_096, 4_097, 8_192, 30_000, 30_001];
    let far = ids.map(|id| Interaction {
        contact: Some(ContactId(77)),
        ..interaction(id, 1)
    });
    project(world, &far.each_ref().map(submitted), 3);
    project(world, &ids.map(|id| moved(id, None, Some(8))), 4);
    let newest_first = [30_001, 30_000, 8_192, 4_097, 4_096, 4_095];
    assert_eq!(q(&|q| q.3 = Some(77)), newest_first);
    let owned = q(&|q| q.4 = Some(8));
    assert_eq!(owned[..6], newest_first);
    assert_eq!(owned[6..], [6, 5, 4, 3, 2, 1]);
    for (at, before) in newest_first.iter().enumerate() {
        let next = &owned[at + 1..at + 4];
        assert_eq!(q(&|q| (q.4, q.5, q.6) = (Some(8), Some(*before), 3)), next);
    }
    assert!(q(&|q| (q.3, q.5) = (Some(77), Some(4_095))).is_empty());
    assert!(q(&|q| (q.0, q.4) = (queues(&[3]), Some(8))).is_empty());
    assert!(q(&|q| (q.4, q.6) = (Some(8), 0)).is_empty());
}

fn history_of(
    world: &World,
    interaction: u64,
    scope: Scope,
    after: Option<Cursor>,
    limit: usize,
) -> Vec<HistoryRow> {
    let query = RecordsQuery::History {
        interaction: InteractionId(interaction),
        scope,
        after,
        limit,
    };
    match ask(world, &query) {
        RecordsPage::History(rows) => rows,
        other => panic!("{other:?}"),
    }
}

fn row(line: &HistoryLine<'_>) -> HistoryRow {
    HistoryRow {
        cursor: line.cursor,
        now: line.now,
        actor: line.actor.clone(),
        interaction: line.interaction,
        queue: line.queue,
        agent: line.agent,
        event: line.event.clone(),
    }
}

pub(super) fn history_is_filtered_scoped_and_paged(world: &mut World) {
    let of = |sequence, index, interaction: Option<u64>, queue: Option<u64>, agent: Option<u64>| {
        HistoryLine {
            interaction: interaction.map(InteractionId),
            queue: queue.map(QueueId),
            agent: agent.map(AgentId),
            ..line(sequence, index)
        }
    };
    let api = ActorRef::Room(name("api"));
    // The first goes from queue 1 to queue 2 and back within a transaction, others between.
    let mut lines = [
        of(1, 0, Some(1), Some(1), None),
        of(1, 1, Some(2), Some(2), Some(4)),
        of(1, 2, Some(1), Some(1), Some(4)),
        of(1, 3, None, None, Some(4)),
        of(2, 0, Some(1), Some(2), Some(4)),
        of(2, 7, Some(1), Some(2), Some(5)),
        of(3, u32::MAX, Some(1), Some(1), None),
        of(10, 0, Some(1), Some(1), None),
    ];
    lines[2].actor = &ActorRef::Node;
    lines[4].actor = &api;
    for (number, line) in lines.iter_mut().enumerate() {
        line.event = event(number % 6);
    }
    let changes = lines.clone().map(Change::History);
    project(world, &changes[..7], 9);
    project(world, &changes[7..], 10);
    let found =
        |interaction, scope, after, limit| history_of(world, interaction, scope, after, limit);
    let expected = |wanted: &[usize]| -> Vec<HistoryRow> {
        wanted.iter().map(|at| row(&lines[*at])).collect()
    };
    let all = || Scope::Everything;
    assert_eq!(found(1, all(), None, 99), expected(&[0, 2, 4, 5, 6, 7]));
    assert_eq!(found(2, all(), None, 99), expected(&[1]));
    assert!(found(3, all(), None, 99).is_empty());
    let own = [0, 2, 4, 5, 6, 7];
    for (before, at) in own.iter().enumerate() {
        let after = Some(lines[*at].cursor);
        let rest = &own[before + 1..];
        assert_eq!(found(1, all(), after, 99), expected(rest), "after {at}");
        let next = &rest[..rest.len().min(2)];
        assert_eq!(found(1, all(), after, 2), expected(next), "after {at}");
    }
    assert!(found(1, all(), None, 0).is_empty());
    let end = |sequence| Some(Cursor::end_of(Sequence(sequence)));
    assert_eq!(found(1, all(), end(1), 99), expected(&[4, 5, 6, 7]));
    assert_eq!(found(1, all(), end(9), 99), expected(&[7]));
    assert_eq!(found(1, all(), Some(cursor(2, 3)), 1), expected(&[5]));
    assert!(found(1, all(), Some(cursor(u64::MAX, 0)), 99).is_empty());
    assert_eq!(found(1, queues(&[1]), None, 99), expected(&[0, 2, 6, 7]));
    assert_eq!(found(1, queues(&[2]), None, 1), expected(&[4]));
    assert_eq!(found(1, queues(&[2]), end(1), 99), expected(&[4, 5]));
    assert!(found(2, queues(&[1]), None, 99).is_empty());
    assert!(found(1, queues(&[]), None, 99).is_empty());
}

pub(super) fn what_was_submitted_stands_in_history_too(world: &mut World) {
    let event = |id, queue| {
        let it = Box::new(interaction(id, queue));
        Event::Interaction(interaction::Event::Submitted(it))
    };
    let told = |event: &'static Event, sequence| {
        let Event::Interaction(interaction::Event::Submitted(it)) = event else {
            panic!("{event:?}");
        };
        let line = HistoryLine {
            interaction: Some(it.id),
            queue: Some(it.queue),
            event,
            ..line(sequence, 0)
        };
        [Change::Submitted(it), Change::History(line)]
    };
    // What was said of a line's queue in between does not part the two.
    let other = Change::History(HistoryLine {
        interaction: Some(InteractionId(1)),
        queue: Some(QueueId(8)),
        ..line(2, 0)
    });
    let events: &'static [Event] = vec![event(1, 1), event(2, 1)].leak();
    let [first, first_line] = told(&events[0], 1);
    let [second, second_line] = told(&events[1], 3);
    let changes = [first, first_line, other, second, second_line];
    project(world, &changes, 3);
    for (id, sequence, lines) in [(1, 1, 2), (2, 3, 1)] {
        let rows = history_of(world, id, Scope::Everything, None, 9);
        assert_eq!(rows.len(), lines);
        assert_eq!(rows[0].cursor, cursor(sequence, 0));
        assert_eq!(
            rows[0].event,
            events[usize::try_from(id).expect("small") - 1]
        );
        let kept = one(world, id).expect("there").submitted;
        assert_eq!(kept, interaction(id, 1));
    }
}

fn segment(interaction: u64, kind: SegmentKind, end: SegmentEnd) -> Segment {
    Segment {
        interaction: InteractionId(interaction),
        medium: Medium::Email,
        who: Who::Customer,
        kind,
        queue: QueueId(1),
        virtual_queue: Some(VirtualQueueId(2)),
        request: Some(RouteRequestId(3)),
        from: now(5),
        to: now(6),
        end,
    }
}

pub(super) fn segments_are_read_in_order_and_waits_add_up(world: &mut World) {
    let talk = Segment {
        who: Who::Agent(AgentId(7)),
        virtual_queue: None,
        request: None,
        ..segment(1, SegmentKind::Talk, SegmentEnd::Completed)
    };
    let bot = Segment {
        who: Who::Bot,
        queue: QueueId(2),
        ..segment(1, SegmentKind::Wait, SegmentEnd::MatchedElsewhere)
    };
    let elsewhere = Segment {
        virtual_queue: Some(VirtualQueueId(1)),
        ..segment(3, SegmentKind::Wait, SegmentEnd::Answered)
    };
    let answered = || segment(1, SegmentKind::Wait, SegmentEnd::Answered);
    let ring = segment(1, SegmentKind::Ring, SegmentEnd::Lapsed);
    let all = [
        answered(),
        ring,
        talk,
        bot,
        segment(2, SegmentKind::Wait, SegmentEnd::ShortAbandoned),
        elsewhere,
    ];

    project(world, &all.each_ref().map(Change::Segment), 1);
    project(world, &[Change::Segment(&answered())], 2);
    let found = |interaction, scope| {
        let query = RecordsQuery::Segments {
            interaction: InteractionId(interaction),
            scope,
        };
        match ask(world, &query) {
            RecordsPage::Segments(segments) => segments,
            other => panic!("{other:?}"),
        }
    };
    let mut expected = all[..4].to_vec();
    expected.push(answered());
    assert_eq!(found(1, Scope::Everything), expected);
    assert_eq!(found(1, queues(&[2])), expected[3..4]);
    assert!(found(1, queues(&[])).is_empty());
    assert!(found(9, Scope::Everything).is_empty());
    let total =
        |queue, end: SegmentEnd, count| (VirtualQueueId(queue), end.name().to_owned(), count);
    let totals = vec![
        total(1, SegmentEnd::Answered, 1),
        total(2, SegmentEnd::Answered, 2),
        total(2, SegmentEnd::MatchedElsewhere, 1),
        total(2, SegmentEnd::ShortAbandoned, 1),
    ];
    assert_eq!(
        ask(world, &RecordsQuery::WaitTotals),
        RecordsPage::WaitTotals(totals)
    );
}

pub(super) fn agent_intervals_are_read_newest_first(world: &mut World) {
    let not_ready = |why| AgentState::NotReady { why };
    let chosen = NotReady::Chosen {
        reason: name("lunch"),
    };
    let states = [
        AgentState::LoggedIn,
        AgentState::Ready,
        not_ready(NotReady::LoggedIn),
        not_ready(chosen),
        not_ready(NotReady::Missed),
        not_ready(NotReady::Silent),
    ];
    let intervals = states.map(|state| AgentInterval {
        agent: AgentId(3),
        medium: (state != AgentState::LoggedIn).then_some(Medium::Voice),
        state,
        from: now(1),
        to: now(2),
    });
    let stranger = AgentInterval {
        agent: AgentId(4),
        ..intervals[0].clone()
    };
    let changes: Vec<_> = intervals
        .iter()
        .chain([&stranger])
        .map(Change::Interval)
        .collect();
    project(world, &changes, 1);
    let found = |limit| {
        let query = RecordsQuery::Intervals {
            agent: AgentId(3),
            limit,
        };
        ask(world, &query)
    };
    let mut expected = intervals.to_vec();
    expected.reverse();
    assert_eq!(found(99), RecordsPage::Intervals(expected.clone()));
    expected.truncate(2);
    assert_eq!(found(2), RecordsPage::Intervals(expected));
}

pub(super) fn versions_of_configuration_are_read_newest_first(world: &mut World) {
    let version = |kind, name: &str, version| {
        Change::Config(Box::new(ConfigVersion {
            kind,
            name: name.to_owned(),
            version,
            now: now(version),
            actor: ActorRef::Node,
            body: vec![u8::try_from(version).expect("small")],
        }))
    };
    let changes = [
        version("queue", "sales", 1),
        version("queue", "sales", 2),
        version("queue", "other", 1),
        version("agent", "sales", 1),
        version("queue", "sales", 3),
    ];
    project(world, &changes, 1);
    let found = |limit| {
        let query = RecordsQuery::ConfigHistory {
            kind: "queue",
            name: "sales".to_owned(),
            limit,
        };
        ask(world, &query)
    };
    let row = |version: u64| {
        let body = vec![u8::try_from(version).expect("small")];
        (version, now(version), ActorRef::Node, body)
    };
    let all = vec![row(3), row(2), row(1)];
    assert_eq!(found(99), RecordsPage::ConfigHistory(all));
    assert_eq!(found(1), RecordsPage::ConfigHistory(vec![row(3)]));
}

/// A version without a body is the one by which the object is gone.
pub(super) fn a_version_that_is_gone_has_no_body(world: &mut World) {
    let version = |version, body: &[u8]| {
        Change::Config(Box::new(ConfigVersion {
            kind: "capacity_rule",
            name: "two".to_owned(),
            version,
            now: now(version),
            actor: ActorRef::Node,
            body: body.to_vec(),
        }))
    };
    project(
        world,
        &[version(1, &[7]), version(2, &[]), version(3, &[8])],
        1,
    );
    let query = RecordsQuery::ConfigHistory {
        kind: "capacity_rule",
        name: "two".to_owned(),
        limit: 9,
    };
    let row = |version, body: &[u8]| (version, now(version), ActorRef::Node, body.to_vec());
    let expected = vec![row(3, &[8]), row(2, &[]), row(1, &[7])];
    assert_eq!(ask(world, &query), RecordsPage::ConfigHistory(expected));
}

/// Whoever reaches only the new queue sees it from then on, and only he.
pub(super) fn an_interaction_that_moves_belongs_to_its_new_queue(world: &mut World) {
    let moved = |id, queue| Change::Requeued {
        interaction: InteractionId(id),
        queue: QueueId(queue),
    };
    project(
        world,
        &[submitted(&interaction(1, 1)), submitted(&interaction(2, 1))],
        1,
    );
    project(world, &[moved(1, 5), moved(1, 6)], 2);
    project(world, &[submitted(&interaction(3, 1)), moved(3, 6)], 3);
    let row = one(world, 1).expect("it is there");
    assert_eq!(row.submitted.queue, QueueId(6));
    assert_eq!(row.version, interaction(1, 1).version + 2);
    let found = |queue| {
        let query = RecordsQuery::Interactions {
            scope: queues(&[queue]),
            open: Some(true),
            queue: None,
            contact: None,
            owner: None,
            related: None,
            before: None,
            limit: 9,
        };
        match ask(world, &query) {
            RecordsPage::Interactions(rows) => {
                let ids = rows.iter().map(|row| row.submitted.id.0);
                ids.collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        (found(1), found(5), found(6)),
        (vec![2], vec![], vec![3, 1])
    );
}

/// Children and threads, across stretches of ids, page by page and within a scope.
pub(super) fn children_and_threads_are_listed(world: &mut World) {
    let child = |id, parent, thread, queue| Interaction {
        parent: Some(InteractionId(parent)),
        thread: Some(InteractionId(thread)),
        ..interaction(id, queue)
    };
    let all = [
        interaction(1, 1),
        child(2, 1, 1, 1),
        interaction(3, 1),
        child(4, 2, 1, 2),
        child(5_000, 1, 1, 1),
        child(9_000, 3, 3, 1),
    ];
    let changes: Vec<_> = all.iter().map(submitted).collect();
    project(world, &changes, 1);
    let found = |related, scope: &Scope, before: Option<u64>, limit| -> Vec<u64> {
        let query = RecordsQuery::Interactions {
            scope: scope.clone(),
            open: None,
            queue: None,
            contact: None,
            owner: None,
            related: Some(related),
            before: before.map(InteractionId),
            limit,
        };
        match ask(world, &query) {
            RecordsPage::Interactions(rows) => rows.iter().map(|row| row.submitted.id.0).collect(),
            other => panic!("{other:?}"),
        }
    };
    let children = |id| Related::ChildrenOf(InteractionId(id));
    let thread = |id| Related::Thread(InteractionId(id));
    let whole = Scope::Everything;
    assert_eq!(found(children(1), &whole, None, 9), [5_000, 2]);
    assert_eq!(found(children(1), &whole, None, 1), [5_000]);
    assert_eq!(found(children(1), &whole, Some(5_000), 1), [2]);
    assert!(found(children(1), &whole, Some(2), 9).is_empty());
    assert!(found(children(4), &whole, None, 9).is_empty());
    assert_eq!(found(thread(1), &whole, None, 9), [5_000, 4, 2, 1]);
    assert_eq!(found(thread(1), &whole, None, 3), [5_000, 4, 2]);
    assert_eq!(found(thread(1), &whole, Some(2), 3), [1]);
    assert!(found(thread(1), &whole, Some(1), 3).is_empty());
    assert_eq!(found(thread(3), &whole, None, 9), [9_000, 3]);
    // What continues a thread began none.
    assert_eq!(found(thread(2), &whole, None, 9), [2]);
    let south = queues(&[2]);
    assert_eq!(found(thread(1), &south, None, 9), [4]);
    assert!(found(children(1), &south, None, 9).is_empty());
}

pub(super) fn tenants_do_not_see_each_other(world: &mut World) {
    let other = world.tenant_of("other");
    a_dozen(world);
    let their_own = interaction(1, 2);
    let theirs = [submitted(&their_own), Change::History(line(1, 0))];
    let mut projector = world.projector();
    projector
        .project(other, &theirs, Sequence(1))
        .expect("projected");
    let waited = segment(1, SegmentKind::Wait, SegmentEnd::Answered);
    let ours = [Change::Segment(&waited)];
    projector
        .project(world.tenant, &ours, Sequence(2))
        .expect("projected");
    drop(projector);
    let marks =
        [world.tenant, other].map(|tenant| world.records().watermark(tenant).expect("read"));
    assert_eq!(marks, [Sequence(2), Sequence(1)]);
    let everything = RecordsQuery::Interactions {
        scope: Scope::Everything,
        open: None,
        queue: None,
        contact: None,
        owner: None,
        related: None,
        before: None,
        limit: 99,
    };
    let count = |tenant| match ask_of(world, tenant, &everything) {
        RecordsPage::Interactions(rows) => rows.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (count(world.tenant), count(other), count(TenantId(77))),
        (12, 1, 0)
    );
    let segments = RecordsQuery::Segments {
        interaction: InteractionId(1),
        scope: Scope::Everything,
    };
    assert_eq!(
        ask_of(world, other, &segments),
        RecordsPage::Segments(vec![])
    );
    let totals = ask_of(world, other, &RecordsQuery::WaitTotals);
    assert_eq!(totals, RecordsPage::WaitTotals(vec![]));
    assert_eq!(history_of(world, 1, Scope::Everything, None, 99), []);
}

pub(super) fn tallies_add_up_and_a_book_takes_the_place_of_the_last(world: &mut World) {
    use ringback_model::ObjectId;
    use ringback_model::statistic::{Counter, Counts, Key, Subject, Tally};
    let tally = |quarter: i64, medium, filter, entered, longest| {
        let mut counts = Counts::default();
        counts.add(Counter::Entered, entered);
        counts.add(Counter::LongestWait, longest);
        Tally {
            quarter: WallTime(quarter),
            key: Key {
                filter,
                ..Key::of(Subject::VirtualQueue(VirtualQueueId(7)), medium)
            },
            counts,
        }
    };
    let chat = Some(Medium::Chat);
    let other = Tally {
        key: Key::of(Subject::Queue(QueueId(7)), None),
        ..tally(0, None, None, 5, 0)
    };
    let first = [
        tally(-900_000, chat, None, 1, 10),
        tally(0, chat, None, 2, 20),
        tally(0, chat, Some(ObjectId(3)), 1, 20),
        other.clone(),
    ];
    let book = |upto, body| Change::Book {
        upto: Sequence(upto),
        body,
    };
    let mut changes: Vec<Change<'_>> = first.iter().map(Change::Tally).collect();
    changes.push(book(4, b"one"));
    project(world, &changes, 5);
    // What was counted may be written behind what it was counted from.
    let more = [
        tally(0, chat, None, 3, 15),
        tally(900_000, chat, None, 1, 1),
    ];
    let mut changes: Vec<Change<'_>> = more.iter().map(Change::Tally).collect();
    changes.push(book(5, b"two"));
    project(world, &changes, 5);
    let tallies = |world: &World, subject, from, to| {
        let query = RecordsQuery::Tallies {
            subject,
            from: WallTime(from),
            to: WallTime(to),
        };
        match ask(world, &query) {
            RecordsPage::Tallies(found) => found,
            other => panic!("{other:?}"),
        }
    };
    let english = Subject::VirtualQueue(VirtualQueueId(7));
    let expected = vec![
        tally(0, chat, None, 5, 20),
        tally(0, chat, Some(ObjectId(3)), 1, 20),
    ];
    assert_eq!(tallies(world, english, 0, 900_000), expected);
    assert_eq!(tallies(world, english, -900_000, 900_001).len(), 4);
    assert_eq!(tallies(world, other.key.subject, 0, 1), [other]);
    let nobody = Subject::Agent(AgentId(7));
    assert_eq!(tallies(world, nobody, i64::MIN, i64::MAX), []);
    let found = ask(world, &RecordsQuery::Book);
    assert_eq!(
        found,
        RecordsPage::Book(Some((Sequence(5), b"two".to_vec())))
    );
}
