//! What is counted of random days: the books balance, a book that was put away goes on like one
//! that never was, and what is counted is what the segments and intervals say.

use crate::day::{Day, moves_of};
use proptest::collection::vec;
use proptest::prelude::*;
use ringback_engine::statistics::{Book, unbalanced};
use ringback_model::record::{AgentState, Event as Fact, SegmentEnd, SegmentKind};
use ringback_model::statistic::{Counter, Counts, Subject, Tally};
use ringback_model::{AgentId, Event, Millis, VirtualQueueId};
use ringback_rehearsal::calendar::Zones;
use ringback_rehearsal::moves::Move;
use std::collections::BTreeMap;

fn days(length: usize) -> impl Strategy<Value = Vec<Move>> {
    vec(any::<Move>(), 0..length)
}

fn played(moves: &[Move]) -> Result<Day, TestCaseError> {
    Day::of(moves).map_err(|broken| TestCaseError::fail(broken.to_string()))
}

/// A book as it comes back from where it was put away.
fn put_away(book: &Book) -> Book {
    let bytes = rmp_serde::to_vec_named(book).expect("it can be written");
    rmp_serde::from_slice(&bytes).expect("it can be read")
}

/// All that was counted, over all quarters.
fn totals(tallies: &[Tally]) -> BTreeMap<(Subject, Option<ringback_model::Medium>), Counts> {
    let mut totals: BTreeMap<_, Counts> = BTreeMap::new();
    for tally in tallies.iter().filter(|it| it.key.filter.is_none()) {
        let key = (tally.key.subject, tally.key.medium);
        totals.entry(key).or_default().merge(&tally.counts);
    }
    totals
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_book_that_was_put_away_goes_on_like_one_that_never_was(
        moves in days(120),
        cut in 0_usize..400,
    ) {
        let day = played(&moves)?;
        let (mut whole, mut cut_up) = (Book::new(), Book::new());
        let mut written = Vec::new();
        for (index, (now, event)) in day.events.iter().enumerate() {
            if index == cut {
                // What was counted is written down together with the book.
                written = cut_up.take_tallies();
                cut_up = put_away(&cut_up);
            }
            whole.apply(&Zones, event, *now);
            cut_up.apply(&Zones, event, *now);
        }
        let now = day.stage.now();
        let mut all = written;
        all.extend(cut_up.not_written(now));
        prop_assert_eq!(totals(&all), totals(&whole.not_written(now)));
        prop_assert_eq!(unbalanced(&all), Vec::<String>::new());
        prop_assert_eq!(put_away(&whole), put_away(&cut_up));
        prop_assert_eq!(whole.differs_from(day.stage.state()), Vec::<String>::new());
    }

    #[test]
    fn what_is_counted_is_what_segments_and_intervals_say(moves in days(120)) {
        let day = played(&moves)?;
        let mut waits: BTreeMap<(VirtualQueueId, SegmentEnd), u64> = BTreeMap::new();
        let mut talk: BTreeMap<AgentId, u64> = BTreeMap::new();
        let mut ready: BTreeMap<AgentId, u64> = BTreeMap::new();
        for (_, event) in &day.events {
            match event {
                Event::Record(Fact::Segment(it)) => {
                    let span = it.to.engine.since(it.from.engine).0;
                    match (it.kind, it.virtual_queue, it.who) {
                        (SegmentKind::Wait, Some(queue), _) => {
                            *waits.entry((queue, it.end)).or_default() += 1;
                        }
                        (SegmentKind::Talk, _, ringback_model::place::Who::Agent(agent)) => {
                            *talk.entry(agent).or_default() += span;
                        }
                        _ => {}
                    }
                }
                Event::Record(Fact::Interval(it)) if it.state == AgentState::Ready => {
                    let span = it.to.engine.since(it.from.engine).0;
                    *ready.entry(it.agent).or_default() += span;
                }
                _ => {}
            }
        }
        let now = day.stage.now();
        for id in day.stage.state().agent_ids() {
            let at_work = day.stage.state().at_work(id).expect("at work");
            let media = at_work.media.values().filter(|it| it.not_ready.is_none());
            let going_on: Millis = Millis(media.map(|it| now.engine.since(it.since.engine).0).sum());
            *ready.entry(id).or_default() += going_on.0;
        }
        let all = totals(&day.stage.book().not_written(now));
        let sum = |subject: Subject, counter| -> u64 {
            let of_it = all.iter().filter(|((it, _), _)| *it == subject);
            of_it.map(|(_, counts)| counts.get(counter)).sum()
        };
        for ((queue, end), count) in &waits {
            let same: u64 = match end {
                SegmentEnd::Answered => *count,
                SegmentEnd::Abandoned => *count,
                SegmentEnd::ShortAbandoned => *count,
                _ => continue,
            };
            let counter = match end {
                SegmentEnd::Answered => Counter::Answered,
                SegmentEnd::Abandoned => Counter::Abandoned,
                _ => Counter::ShortAbandoned,
            };
            prop_assert_eq!(sum(Subject::VirtualQueue(*queue), counter), same);
        }
        for (agent, span) in &talk {
            prop_assert_eq!(sum(Subject::Agent(*agent), Counter::TalkTime), *span);
        }
        for (agent, span) in &ready {
            prop_assert_eq!(sum(Subject::Agent(*agent), Counter::ReadyTime), *span);
        }
    }
}

#[test]
fn books_of_a_day_hold_what_the_day_had() {
    let moves = moves_of(7, 300);
    let day = Day::of(&moves).expect("a day");
    let tallies = day.stage.book().not_written(day.stage.now());
    assert!(!tallies.is_empty());
    assert_eq!(unbalanced(&tallies), Vec::<String>::new());
}
