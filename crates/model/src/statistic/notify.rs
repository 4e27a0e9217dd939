//! When somebody who watches a number is told.

use super::Amount;
use crate::time::{EngineTime, Millis};
use serde::{Deserialize, Serialize};

/// How small a change may be to go untold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Insensitivity {
    /// Every change is told.
    #[default]
    None,
    /// A change by less than this is not told, in the unit of the number.
    Absolute(f64),
    /// A change by less than so many percent of what was told last is not told.
    Percent(f64),
}

impl Insensitivity {
    /// Whether a change is large enough.
    #[must_use]
    pub fn is_told(self, last: f64, now: f64) -> bool {
        let by = (now - last).abs();
        match self {
            Self::None => by > 0.0,
            Self::Absolute(least) => by > 0.0 && by >= least,
            Self::Percent(least) => by > 0.0 && by * 100.0 >= least * last.abs(),
        }
    }
}

/// When a number is told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// When it changed.
    Changes(Insensitivity),
    /// Every so often, changed or not.
    Every(Millis),
}

/// Remembers what was told last of one number, and says when it is to be told again.
#[derive(Debug, Clone)]
pub struct Notifier {
    mode: Mode,
    told: Option<(EngineTime, Option<Amount>)>,
}

impl Notifier {
    /// Nothing was told yet: the first look is always told, it is the snapshot.
    #[must_use]
    pub const fn new(mode: Mode) -> Self {
        Self { mode, told: None }
    }

    /// Whether the number is to be told now; if so it counts as told.
    pub fn look(&mut self, at: EngineTime, amount: Option<Amount>) -> bool {
        let is_told = match (self.mode, self.told) {
            (_, None) => true,
            (Mode::Every(period), Some((last, _))) => at.since(last) >= period,
            (Mode::Changes(insensitivity), Some((_, last))) => match (last, amount) {
                (Some(last), Some(now)) => insensitivity.is_told(last.0, now.0),
                (last, now) => last.is_some() != now.is_some(),
            },
        };
        if is_told {
            self.told = Some((at, amount));
        }
        is_told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mode: Mode, numbers: &[(u64, f64)]) -> Vec<f64> {
        let mut notifier = Notifier::new(mode);
        let looks = numbers.iter();
        let told =
            looks.filter(|(at, number)| notifier.look(EngineTime(*at), Some(Amount(*number))));
        told.map(|(_, number)| *number).collect()
    }

    #[test]
    fn changes_are_told_against_what_was_told_last_not_against_what_was_seen_last() {
        let creeping = [(0, 10.0), (1, 11.0), (2, 12.0), (3, 13.0), (4, 13.0)];
        let mode = |it| Mode::Changes(it);
        assert_eq!(
            told(mode(Insensitivity::None), &creeping),
            [10.0, 11.0, 12.0, 13.0]
        );
        assert_eq!(
            told(mode(Insensitivity::Absolute(2.0)), &creeping),
            [10.0, 12.0]
        );
        assert_eq!(
            told(mode(Insensitivity::Percent(30.0)), &creeping),
            [10.0, 13.0]
        );
        assert_eq!(
            told(mode(Insensitivity::Percent(50.0)), &[(0, 0.0), (1, 1.0)]),
            [0.0, 1.0]
        );
    }

    #[test]
    fn by_time_it_is_told_whether_it_changed_or_not() {
        let mode = Mode::Every(Millis(10));
        let looks = [(0, 1.0), (5, 2.0), (10, 2.0), (12, 3.0), (25, 2.0)];
        assert_eq!(told(mode, &looks), [1.0, 2.0, 2.0]);
    }

    #[test]
    fn what_becomes_known_or_unknown_is_told() {
        let mut notifier = Notifier::new(Mode::Changes(Insensitivity::Absolute(5.0)));
        assert!(notifier.look(EngineTime(0), None));
        assert!(!notifier.look(EngineTime(1), None));
        assert!(notifier.look(EngineTime(2), Some(Amount(0.0))));
        assert!(!notifier.look(EngineTime(3), Some(Amount(1.0))));
        assert!(notifier.look(EngineTime(4), None));
    }
}
