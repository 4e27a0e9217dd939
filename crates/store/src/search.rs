//! Searching a journal by time.

use ringback_model::WallTime;
use ringback_ports::envelope::Sequence;
use ringback_ports::store::StoreFault;

/// The last record written at or before `at`, by halving; 0 if there is none. `time_of` tells
/// the time of a record between `oldest` and `head`.
///
/// Where the wall clock was set back, times do not grow with sequences. Then this finds a
/// record at or before `at` whose successor is later: never one after the true last, so whoever
/// prunes up to it keeps rather too much.
pub(crate) fn at_or_before(
    oldest: Sequence,
    head: Sequence,
    at: WallTime,
    time_of: impl Fn(Sequence) -> Result<WallTime, StoreFault>,
) -> Result<Sequence, StoreFault> {
    if oldest.0 == 0 {
        return Ok(Sequence(0));
    }
    // Everything below `low` is at or before, everything from `high` on is later, as far as seen.
    let (mut low, mut high) = (oldest.0, head.0 + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if time_of(Sequence(middle))? <= at {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Sequence(if low == oldest.0 { 0 } else { low - 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(times: &[i64], at: i64) -> u64 {
        let oldest = Sequence(11);
        let head = Sequence(10 + times.len() as u64);
        let time_of = |sequence: Sequence| {
            let index = usize::try_from(sequence.0 - 11).expect("small");
            Ok(WallTime(times[index]))
        };
        at_or_before(oldest, head, WallTime(at), time_of)
            .expect("no fault")
            .0
    }

    #[test]
    fn the_last_record_in_time_is_found() {
        let times = [5, 10, 10, 10, 20];
        for (at, expected) in [
            (4, 0),
            (5, 11),
            (9, 11),
            (10, 14),
            (19, 14),
            (20, 15),
            (99, 15),
        ] {
            assert_eq!(search(&times, at), expected, "at {at}");
        }
        let nothing = at_or_before(Sequence(0), Sequence(0), WallTime(1), |_| {
            Err(StoreFault::failed("searching", "there is nothing to ask"))
        });
        assert_eq!(nothing.expect("no fault"), Sequence(0));
    }

    #[test]
    fn a_clock_set_back_never_leads_past_the_true_last() {
        let times = [10, 20, 30, 12, 22, 32, 14];
        for at in 0..40 {
            let last = (0..times.len()).rev().find(|i| times[*i] <= at);
            let found = search(&times, at);
            match last {
                None => assert_eq!(found, 0),
                Some(last) => {
                    assert!(found <= 11 + last as u64, "at {at}");
                    let index = usize::try_from(found).expect("small");
                    assert!(found == 0 || times[index - 11] <= at, "at {at}");
                }
            }
        }
    }
}
