//! A `records.db` of the first format is brought up to date and says what it said.

use crate::convert::{int, pack};
use crate::sqlite::{RECORDS_FILE, SqliteOptions, SqliteStore};
use ringback_model::config::Scope;
use ringback_model::interaction::{Ending, Interaction, Subject};
use ringback_model::offer;
use ringback_model::place::Who;
use ringback_model::record::{Segment, SegmentEnd, SegmentKind};
use ringback_model::{
    AgentId, EngineTime, Event, InteractionId, Medium, Now, OfferId, QueueId, WallTime, agent,
    interaction,
};
use ringback_ports::envelope::{ActorRef, Cursor, Sequence, TenantId};
use ringback_ports::records::{
    Change, HistoryLine, HistoryRow, InteractionRow, RecordsPage, RecordsQuery,
};
use ringback_ports::store::Store;
use rusqlite::{Connection, params};
use std::path::Path;

const TENANT: TenantId = TenantId(3);

fn now(engine: u64) -> Now {
    Now {
        engine: EngineTime(engine),
        wall: WallTime(-5 + i64::try_from(engine).expect("small")),
    }
}

fn interaction(id: u64, queue: u64) -> Interaction {
    serde_json::from_value(serde_json::json!({
        "id": id, "medium": "chat", "kind": "inbound", "tier": -1, "queue": queue,
        "contact": 5,
        "user_data": {"open": {"topic": "\u{0}bill"}}, "submitted": {"engine": id, "wall": -1},
        "place": "queue", "parties": [], "requests": [], "version": 1
    }))
    .expect("an interaction")
}

fn submitted(id: u64, queue: u64) -> Event {
    let it = Box::new(interaction(id, queue));
    Event::Interaction(interaction::Event::Submitted(it))
}

fn accepted(id: u64, queue: u64) -> Event {
    Event::Offer(offer::Event::Accepted {
        of: Subject {
            interaction: InteractionId(id),
            queue: QueueId(queue),
        },
        offer: OfferId(9),
        agent: AgentId(7),
        at: now(3),
        advises: false,
    })
}

fn segment(id: u64, kind: SegmentKind, end: SegmentEnd) -> Segment {
    Segment {
        interaction: InteractionId(id),
        medium: Medium::Chat,
        who: Who::Agent(AgentId(7)),
        kind,
        queue: QueueId(2),
        virtual_queue: None,
        request: None,
        from: now(1),
        to: now(2),
        end,
    }
}

/// Writes a file of the first format as its version wrote it: two interactions, one of them
/// over, with their history and segments, and a line about no interaction.
fn write_first_format(path: &Path) {
    let db = Connection::open(path).expect("a database");
    db.execute_batch(include_str!("../records-1.sql"))
        .expect("the first tables");
    db.pragma_update(None, "application_id", 0x5242_5243)
        .expect("set");
    db.pragma_update(None, "user_version", 1).expect("set");
    let tenant = TENANT.0;
    db.execute("INSERT INTO watermark VALUES (?1, 4)", [tenant])
        .expect("written");
    for (id, queue, place, stopped) in [(1, 1, "stopped", Some(4)), (2, 2, "queue", None)] {
        let body = pack("test", &interaction(id, queue)).expect("encoded");
        db.execute(
            "INSERT INTO interaction (tenant, id, medium, kind, tier, queue, contact, place, owner,
                 version, submitted_engine, submitted_wall, stopped_engine, stopped_wall, ending,
                 body)
             VALUES (?1, ?2, 'chat', 'inbound', -1, ?3, 5, ?4, ?5, 3, ?2, -1, ?6, ?6 - 5, ?7, ?8)",
            params![
                tenant,
                int(id),
                int(queue),
                place,
                stopped.map(|_| 7),
                stopped,
                stopped.map(|_| "abandoned"),
                body
            ],
        )
        .expect("written");
    }
    let logged_out = Event::Agent(agent::Event::LoggedOut { agent: AgentId(7) });
    let lines = [
        (1, 0, "key:anna", Some((1, 1)), submitted(1, 1)),
        (2, 0, "room:api", Some((2, 2)), submitted(2, 2)),
        (2, 1, "node", Some((1, 1)), accepted(1, 1)),
        (3, 0, "key:anna", Some((1, 2)), accepted(1, 2)),
        (4, 0, "node", None, logged_out),
    ];
    for (sequence, place, actor, of, event) in lines {
        db.execute(
            "INSERT INTO history VALUES (?1, ?2, ?3, ?2, ?2 - 5, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                tenant,
                sequence,
                place,
                actor,
                event.name(),
                of.map(|(id, _)| id),
                of.map(|(_, queue)| queue),
                event.agent().map(|id| int(id.0)),
                pack("test", &event).expect("encoded"),
            ],
        )
        .expect("written");
    }
    for (id, kind, ending) in [
        (1, "ring", "accepted"),
        (2, "ring", "lapsed"),
        (1, "talk", "completed"),
    ] {
        db.execute(
            "INSERT INTO segment (tenant, interaction, medium, who, agent, kind, queue,
                 from_engine, from_wall, to_engine, to_wall, ending)
             VALUES (?1, ?2, 'chat', 'agent', 7, ?3, 2, 1, -4, 2, -3, ?4)",
            params![tenant, id, kind, ending],
        )
        .expect("written");
    }
}

fn open(home: &Path) -> SqliteStore {
    SqliteStore::open(SqliteOptions {
        ballast_bytes: 0,
        ..SqliteOptions::new(home)
    })
    .expect("brought up to date")
}

fn ask(store: &SqliteStore, query: &RecordsQuery) -> RecordsPage {
    let mut reader = store.records_reader().expect("opened");
    reader.ask(TENANT, query).expect("answered")
}

fn history(store: &SqliteStore, id: u64, scope: Scope) -> Vec<HistoryRow> {
    let query = RecordsQuery::History {
        interaction: InteractionId(id),
        scope,
        after: None,
        limit: 99,
    };
    match ask(store, &query) {
        RecordsPage::History(rows) => rows,
        other => panic!("{other:?}"),
    }
}

fn line(sequence: u64, index: u32, actor: ActorRef, queue: u64, event: Event) -> HistoryRow {
    HistoryRow {
        cursor: Cursor {
            sequence: Sequence(sequence),
            index,
        },
        now: now(sequence),
        actor,
        interaction: event.subject().map(|of| of.interaction),
        queue: Some(QueueId(queue)),
        agent: event.agent(),
        event,
    }
}

fn actor(kind: fn(ringback_model::Name) -> ActorRef, name: &str) -> ActorRef {
    kind(name.parse().expect("a name"))
}

#[test]
fn records_of_the_first_format_say_what_they_said() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join(RECORDS_FILE);
    write_first_format(&path);
    let store = open(home.path());
    let everything = || Scope::Everything;
    let first = line(1, 0, actor(ActorRef::Key, "anna"), 1, submitted(1, 1));
    let second = line(2, 1, ActorRef::Node, 1, accepted(1, 1));
    let third = line(3, 0, actor(ActorRef::Key, "anna"), 2, accepted(1, 2));
    let all = [first, second, third.clone()];
    assert_eq!(history(&store, 1, everything()), all);
    let scope = Scope::Queues([QueueId(2)].into());
    assert_eq!(history(&store, 1, scope), [third]);
    let other = line(2, 0, actor(ActorRef::Room, "api"), 2, submitted(2, 2));
    assert_eq!(history(&store, 2, everything()), [other]);

    let interactions = RecordsQuery::Interactions {
        scope: everything(),
        open: None,
        queue: None,
        contact: None,
        owner: None,
        related: None,
        before: None,
        limit: 99,
    };
    let open_one = InteractionRow {
        submitted: interaction(2, 2),
        place: "queue".to_owned(),
        owner: None,
        version: 3,
        stopped: None,
        ending: None,
    };
    let over = InteractionRow {
        submitted: interaction(1, 1),
        place: "stopped".to_owned(),
        owner: Some(AgentId(7)),
        version: 3,
        stopped: Some(now(4)),
        ending: Some(Ending::Abandoned),
    };
    let rows = vec![open_one, over];
    assert_eq!(ask(&store, &interactions), RecordsPage::Interactions(rows));
    let segments = RecordsQuery::Segments {
        interaction: InteractionId(1),
        scope: everything(),
    };
    let expected = vec![
        segment(1, SegmentKind::Ring, SegmentEnd::Accepted),
        segment(1, SegmentKind::Talk, SegmentEnd::Completed),
    ];
    assert_eq!(ask(&store, &segments), RecordsPage::Segments(expected));

    goes_on_where_it_was(&store);
    drop(store);
    let db = Connection::open(&path).expect("a database");
    let about_none: i64 = db
        .query_row(
            "SELECT count(*) FROM history WHERE interaction IS NULL AND name = 'agent.logged_out'
                 AND agent = 7 AND sequence = 4 AND actor = 'node'",
            [],
            |row| row.get(0),
        )
        .expect("read");
    assert_eq!(about_none, 1, "lines about no interaction are kept");
}

/// New lines stand behind the old ones, and an interaction of the first format can end.
fn goes_on_where_it_was(store: &SqliteStore) {
    let mut writer = store.records_writer().expect("opened");
    assert_eq!(writer.watermark(TENANT).expect("read"), Sequence(4));
    let event = accepted(2, 2);
    let row = line(5, 0, ActorRef::Node, 2, event.clone());
    let changes = [
        Change::Stopped {
            interaction: InteractionId(2),
            at: now(5),
            ending: &Ending::Abandoned,
        },
        Change::History(HistoryLine {
            cursor: row.cursor,
            now: row.now,
            actor: &row.actor,
            interaction: row.interaction,
            queue: row.queue,
            agent: row.agent,
            event: &event,
        }),
    ];
    writer
        .project(TENANT, &changes, Sequence(5))
        .expect("projected");
    let lines = history(store, 2, Scope::Everything);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1], row);
}
