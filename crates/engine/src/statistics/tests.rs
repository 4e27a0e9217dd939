//! What the fold holds to on its own; whole days are in the rehearsal.

use super::{Book, Calendar, UtcOnly, quarters};
use ringback_model::{EngineTime, Now, WallTime};

#[test]
fn a_day_of_utc_begins_at_midnight() {
    let next = |at| UtcOnly.next_day("UTC", WallTime(at));
    assert_eq!(next(0), WallTime(86_400_000));
    assert_eq!(next(86_399_999), WallTime(86_400_000));
    assert_eq!(next(-1), WallTime(0));
}

#[test]
fn a_stretch_is_cut_where_quarters_of_an_hour_begin() {
    let now = Now {
        engine: EngineTime(2_000_000),
        wall: WallTime(1_900_000),
    };
    let cut = quarters(EngineTime(100_000), now);
    let cut: Vec<(u64, i64, u64)> = cut
        .iter()
        .map(|it| (it.from.engine.0, it.from.wall.0, it.to.0))
        .collect();
    assert_eq!(
        cut,
        [
            (100_000, 0, 1_000_000),
            (1_000_000, 900_000, 1_900_000),
            (1_900_000, 1_800_000, 2_000_000)
        ]
    );
    assert!(quarters(now.engine, now).is_empty());
}

#[test]
fn an_empty_book_knows_nothing_and_has_nothing_to_write() {
    let mut book = Book::new();
    assert!(book.take_tallies().is_empty());
    assert!(book.not_written(Now::default()).is_empty());
}
