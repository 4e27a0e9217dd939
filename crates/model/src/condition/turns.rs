//! When what a condition says changes by the passing of time alone.

use super::Condition;
use super::evaluate::{Fact, Facts, orders};
use super::term::{Literal, Operand, Term};
use crate::target::Comparison;
use crate::time::WallTime;

impl Condition {
    /// The first moment after `now` at which it may say something else of these facts although
    /// they stay as they are; `None` if that never comes. Until then it says what it says now.
    #[must_use]
    pub fn turns<F: Facts + ?Sized>(&self, facts: &F, now: WallTime) -> Option<WallTime> {
        turns(&self.root, facts, now)
    }
}

fn turns<F: Facts + ?Sized>(term: &Term, facts: &F, now: WallTime) -> Option<WallTime> {
    match term {
        Term::All(parts) | Term::Any(parts) => {
            let parts = parts.iter();
            parts.filter_map(|part| turns(part, facts, now)).min()
        }
        Term::Not(part) => turns(part, facts, now),
        Term::Compare(one, comparison, other) => passes((one, *comparison, other), facts, now),
        Term::In(value, list) => {
            let equal = list.iter().map(|item| (value, Comparison::Equal, item));
            equal.filter_map(|it| passes(it, facts, now)).min()
        }
        // These compare no times.
        Term::Like(..) | Term::Has(..) | Term::Null(_) => None,
    }
}

/// When a comparison of the present with another time says something else: as the present comes to
/// that time, or as it has just passed it.
fn passes<F: Facts + ?Sized>(
    (one, comparison, other): (&Operand, Comparison, &Operand),
    facts: &F,
    now: WallTime,
) -> Option<WallTime> {
    let (offset, other, turned) = match (one, other) {
        (Operand::Now(_), Operand::Now(_)) => return None,
        (Operand::Now(offset), other) => (*offset, other, false),
        (other, Operand::Now(offset)) => (*offset, other, true),
        _ => return None,
    };
    let meets = time(other, facts)?.0.saturating_sub(offset);
    let holds = |at: i64| {
        let order = at.cmp(&meets);
        orders(comparison, if turned { order.reverse() } else { order })
    };
    let mut later = [meets, meets.saturating_add(1)].into_iter();
    later
        .find(|at| *at > now.0 && holds(*at) != holds(now.0))
        .map(WallTime)
}

fn time<F: Facts + ?Sized>(operand: &Operand, facts: &F) -> Option<WallTime> {
    match operand {
        Operand::Property(property) => match facts.property(*property) {
            Fact::Time(time) => Some(time),
            _ => None,
        },
        Operand::Literal(Literal::Time(time)) => Some(*time),
        // User data hold no times.
        Operand::User(_) | Operand::Parameter(_) | Operand::Literal(_) | Operand::Now(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{Path, Property};

    /// Placed at 20 ms, received never.
    struct Placed;

    impl Facts for Placed {
        fn property(&self, property: Property) -> Fact<'_> {
            match property {
                Property::PlacedInQueueAt => Fact::Time(WallTime(20)),
                Property::Tier => Fact::Int(1),
                _ => Fact::Null,
            }
        }

        fn user(&self, _: &Path) -> Fact<'_> {
            Fact::Null
        }
    }

    fn condition(text: &str) -> Condition {
        text.parse().expect("a condition")
    }

    #[test]
    fn between_two_turns_it_says_the_same() {
        for text in [
            "",
            "tier = 1",
            "placed_in_queue_at < NOW",
            "placed_in_queue_at <= NOW - 7ms",
            "NOW - 7ms = placed_in_queue_at",
            "NOT placed_in_queue_at > NOW - 3ms OR placed_in_queue_at < NOW - 9ms",
            "placed_in_queue_at BETWEEN NOW - 12ms AND NOW - 4ms",
            "NOW IN ('1970-01-01T00:00:00.005Z', '1970-01-01T00:00:00.030Z')",
            "received_at < NOW - 1ms",
            "NOW + 1ms > NOW",
        ] {
            let condition = condition(text);
            for now in 0..50 {
                let truth = |at| condition.truth(&Placed, WallTime(at));
                let turn = condition.turns(&Placed, WallTime(now));
                let until = turn.map_or(100, |turn| turn.0);
                assert!(until > now, "{text} at {now}");
                for at in now..until {
                    assert_eq!(truth(at), truth(now), "{text} at {now} and {at}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_ask_for_the_time_never_turns() {
        for text in ["tier >= 1", "received_at < NOW", "NOW < NOW + 1s"] {
            assert_eq!(condition(text).turns(&Placed, WallTime(0)), None, "{text}");
        }
    }

    #[test]
    fn it_turns_when_the_time_is_reached() {
        let turns = |text, now| condition(text).turns(&Placed, WallTime(now));
        let late = "placed_in_queue_at < NOW - 10ms";
        assert_eq!(turns(late, 0), Some(WallTime(31)));
        assert_eq!(turns(late, 30), Some(WallTime(31)));
        assert_eq!(turns(late, 31), None);
        let once = "NOW - 10ms = placed_in_queue_at";
        assert_eq!(turns(once, 0), Some(WallTime(30)));
        assert_eq!(turns(once, 30), Some(WallTime(31)));
    }
}
