//! The checker itself: it agrees with a true picture and finds each lie.

use super::check;
use crate::support::ledger::{Answered, Completed, Ledger, Submitted};
use crate::support::picture::{Event, Picture};
use serde_json::{Value, json};

/// One interaction's whole life, told to its clients, and one that waits.
fn world() -> (Ledger, Picture) {
    let mut ledger = Ledger::default();
    ledger.submitting("k1");
    ledger.submitted("k1", &json!({"interaction": "i1", "sequence": 10}));
    ledger.accepting("o1", "i1", "a1");
    ledger.accepted("o1", &json!({"sequence": 11}));
    ledger.completing("i1", "a1");
    ledger.completed("i1", &json!({"sequence": 12}));
    ledger.submitting("k2");
    ledger.submitted("k2", &json!({"interaction": "i2", "sequence": 10}));
    // Never answered, and not taken.
    ledger.submitting("k3");

    let mut picture = Picture::default();
    let over = json!({"id": "i1", "open": false, "place": "stopped", "owner": "a1",
        "user_data": {"ref": "k1"}});
    let waits = json!({"id": "i2", "open": true, "place": "routing", "user_data": {"ref": "k2"},
        "requests": [{"id": "r2"}], "sequence": 13});
    picture.live = vec![waits.clone()];
    picture.rows.insert("i1".into(), over);
    picture.rows.insert("i2".into(), waits);
    picture.histories.insert("i1".into(), handled());
    let waiting = vec![submitted((10, 3)), requested((10, 4), "r2")];
    picture.histories.insert("i2".into(), waiting);
    picture.agents = vec![json!({"id": "a1", "work": [], "offers": [], "sequence": 13})];
    picture.overview = json!({"submitted": 2, "open": 1, "resting": 0, "routing": 1,
        "offered": 0, "handling": 0, "sequence": 13});
    let line = json!({"virtual_queue": "english", "entered": 2, "left": 1, "waiting": 1,
        "offered": 0, "ended": {"answered": 1}});
    picture.totals = json!({"items": [line], "sequence": 13, "records_sequence": 12});
    (ledger, picture)
}

fn handled() -> Vec<Event> {
    let made = json!({"offer": "o1", "agent": "a1",
        "offered": {"expires_at": "2026-11-20T09:00:30.000Z"}});
    let ending = json!({"how": "completed", "agent": "a1", "reason": "solved",
        "disposition": "sold"});
    vec![
        submitted((10, 0)),
        requested((10, 1), "r1"),
        event("offer.made", (10, 2), made),
        event(
            "offer.accepted",
            (11, 0),
            json!({"offer": "o1", "agent": "a1"}),
        ),
        event("interaction.stopped", (12, 0), json!({ "ending": ending })),
        event("effect.issued", (12, 1), json!({})),
    ]
}

fn submitted(cursor: (u64, u32)) -> Event {
    event("interaction.submitted", cursor, json!({}))
}

fn requested(cursor: (u64, u32), request: &str) -> Event {
    let data = json!({"request": request, "requested": {"virtual_queue": "english"}});
    event("route.requested", cursor, data)
}

fn event(name: &str, cursor: (u64, u32), data: Value) -> Event {
    Event {
        name: name.to_owned(),
        cursor,
        at: "2026-11-20T09:00:00.000Z".to_owned(),
        data,
    }
}

#[test]
fn a_true_picture_agrees() {
    let (ledger, picture) = world();
    assert_eq!(check(&ledger, &picture), Vec::<String>::new());
}

/// Changes the world and demands that the checker says so.
fn finds(problem: &str, change: impl FnOnce(&mut Ledger, &mut Picture)) {
    let (mut ledger, mut picture) = world();
    change(&mut ledger, &mut picture);
    let found = check(&ledger, &picture);
    assert!(
        found.iter().any(|found| found.contains(problem)),
        "not found: {problem}; only {found:#?}"
    );
}

#[test]
fn what_was_told_and_is_not_there_is_found() {
    finds("k3 was told", |ledger, _| {
        let told = Submitted {
            interaction: "i3".into(),
            sequence: 13,
        };
        ledger.submissions.insert("k3".into(), Some(told));
    });
    finds(
        "submitting (i2) was told to stand in record 9",
        |ledger, _| {
            let told = Submitted {
                interaction: "i2".into(),
                sequence: 9,
            };
            ledger.submissions.insert("k2".into(), Some(told));
        },
    );
    finds("accepting o9 (i2)", |ledger, _| {
        let told = Answered {
            interaction: "i2".into(),
            agent: "a1".into(),
            told: Some(13),
        };
        ledger.accepts.insert("o9".into(), told);
    });
    finds("completing (i2)", |ledger, _| {
        let told = Completed {
            agent: "a1".into(),
            told: Some(13),
        };
        ledger.completions.insert("i2".into(), told);
    });
    finds("stopping i2 was told", |ledger, _| {
        ledger.stops.insert("i2".into(), Some(13));
    });
}

#[test]
fn what_is_there_twice_is_found() {
    finds("the key k1 made", |_, picture| {
        let row = picture.rows.get_mut("i2").expect("there");
        row["user_data"]["ref"] = json!("k1");
    });
    finds("o1", |_, picture| {
        let events = picture.histories.get_mut("i1").expect("there");
        let mut again = events[3].clone();
        again.cursor = (11, 1);
        events.insert(4, again);
    });
    finds("after the end", |_, picture| {
        let events = picture.histories.get_mut("i1").expect("there");
        let mut again = events[4].clone();
        again.cursor = (13, 0);
        events.push(again);
    });
    finds("told to be owned by", |ledger, _| {
        let told = Answered {
            interaction: "i1".into(),
            agent: "a2".into(),
            told: Some(11),
        };
        ledger.accepts.insert("o2".into(), told);
    });
    finds("was told Submitted", |ledger, _| {
        ledger.submitted("k1", &json!({"interaction": "i7", "sequence": 10}));
    });
}

#[test]
fn what_nobody_asked_for_is_found() {
    finds("which nobody used", |ledger, _| {
        ledger.submissions.remove("k2");
    });
    finds("nobody asked for it", |ledger, _| {
        ledger.completions.clear();
    });
    finds("asked was None", |ledger, _| {
        ledger.accepts.clear();
    });
}

#[test]
fn a_timer_that_fires_early_or_twice_is_found() {
    let lapse = |cursor, at: &str| Event {
        at: at.to_owned(),
        ..event(
            "offer.not_taken",
            cursor,
            json!({"offer": "o1", "agent": "a1", "how": "lapsed", "back_to": "routing"}),
        )
    };
    let lapsed = |events: Vec<Event>| {
        let (mut ledger, mut picture) = world();
        ledger.accepts.clear();
        ledger.completions.clear();
        let mut all = handled();
        all.truncate(3);
        all.extend(events);
        picture.histories.insert("i1".into(), all);
        check(&ledger, &picture)
    };
    let due = "2026-11-20T09:00:30.000Z";
    let early = lapsed(vec![lapse((11, 0), "2026-11-20T09:00:29.900Z")]);
    assert!(early.iter().any(|it| it.contains("lapsed at")), "{early:?}");
    let twice = lapsed(vec![lapse((11, 0), due), lapse((11, 1), due)]);
    assert!(twice.iter().any(|it| it.contains("was open")), "{twice:?}");
    let once = lapsed(vec![lapse((11, 0), due)]);
    assert!(!once.iter().any(|it| it.contains("o1")), "{once:?}");
}

#[test]
fn a_present_that_differs_is_found() {
    finds("i2 shows", |_, picture| {
        picture.live[0]["place"] = json!("queue")
    });
    finds("a1 shows", |_, picture| {
        let work = json!([{"interaction": "i2", "kind": "handling"}]);
        picture.agents[0]["work"] = work;
    });
    finds("says routing", |_, picture| {
        picture.overview["routing"] = json!(2)
    });
    finds("do not balance", |_, picture| {
        picture.totals["items"][0]["waiting"] = json!(2);
    });
    finds("recorded as ended", |_, picture| {
        picture.totals["items"][0]["ended"]["answered"] = json!(2);
    });
    finds("shows the person None", |ledger, _| {
        ledger.naming("k1", "Person of k1")
    });
    finds("its row says", |_, picture| {
        picture.rows.get_mut("i1").expect("there")["place"] = json!("handling");
    });
}
