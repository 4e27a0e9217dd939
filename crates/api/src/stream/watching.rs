//! Numbers that are watched: told when they change, or every so often. One thing, for server-sent
//! events and the WebSocket.
//!
//! Whoever watches is told all numbers as they are first, and then those that are due. What is told
//! is state, not history: whoever lost the connection watches anew, and what he is told first is at
//! least as fresh as the record he names (`after`), so that he has missed nothing that still holds.

use crate::door::Caller;
use crate::dto::statistics::{ReadingView, ReadingsView};
use crate::problem::Problem;
use crate::rest::statistics::{readings, text_of, wanted};
use crate::state::Shared;
use crate::text::Time;
use ringback_model::Millis;
use ringback_model::statistic::{Insensitivity, Mode, Notifier};
use ringback_ports::Sequence;
use ringback_ports::statistics::{Readings, Wanted};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// The most numbers of one stream, and of one connection.
pub(super) const WATCH_MAX: usize = 200;
/// The shortest time between two looks, and the usual one.
const PERIOD_MIN: u64 = 1_000;
/// The longest.
const PERIOD_MAX: u64 = 3_600_000;

/// How numbers are to be told, as it was said. The fields are named in mistakes with `at` before
/// them.
pub(super) struct Manner<'a> {
    pub(super) mode: Option<&'a str>,
    pub(super) period_ms: Option<u64>,
    pub(super) insensitivity: Option<&'a str>,
    /// `query:` or `/`.
    pub(super) at: &'static str,
}

impl Manner<'_> {
    /// The same, understood.
    pub(super) fn read(&self) -> Result<(Mode, Duration), Problem> {
        let at = |field: &str| format!("{}{field}", self.at);
        let ms = self.period_ms.unwrap_or(PERIOD_MIN);
        if !(PERIOD_MIN..=PERIOD_MAX).contains(&ms) {
            let problem = format!("is {ms}: allowed is from {PERIOD_MIN} to {PERIOD_MAX}");
            return Err(Problem::invalid(at("period_ms"), problem));
        }
        let insensitivity = insensitivity(self.insensitivity)
            .map_err(|problem| Problem::invalid(at("insensitivity"), problem))?;
        let mode = match self.mode {
            None | Some("changes") => Mode::Changes(insensitivity),
            // Each look is told; the looks are a period apart.
            Some("time") => Mode::Every(Millis::ZERO),
            Some(other) => {
                let problem = format!("{other:?} is no way to tell: use changes or time");
                return Err(Problem::invalid(at("mode"), problem));
            }
        };
        Ok((mode, Duration::from_millis(ms)))
    }
}

fn insensitivity(text: Option<&str>) -> Result<Insensitivity, String> {
    let Some(text) = text else {
        return Ok(Insensitivity::None);
    };
    let (number, percent) = match text.strip_suffix('%') {
        Some(number) => (number, true),
        None => (text, false),
    };
    let number: Option<f64> = number.trim().parse().ok();
    match number.filter(|number| number.is_finite() && *number >= 0.0) {
        Some(number) if percent => Ok(Insensitivity::Percent(number)),
        Some(number) => Ok(Insensitivity::Absolute(number)),
        None => Err(format!(
            "{text:?} is no number such as 2 and no share such as 5%"
        )),
    }
}

/// Numbers by their texts, `statistic/kind/subject`; `room` is how many may be watched.
pub(super) fn watched<'a>(
    texts: impl Iterator<Item = &'a str>,
    at: &'static str,
    room: usize,
) -> Result<Vec<Wanted>, Problem> {
    let mut all = Vec::new();
    for one in texts {
        let mut parts = one.splitn(3, '/');
        let (Some(statistic), Some(kind), Some(object)) =
            (parts.next(), parts.next(), parts.next())
        else {
            let problem = format!(
                "{one:?} is not statistic/kind/subject, such as current_in_queue/queue/inbox"
            );
            return Err(Problem::invalid(at, problem));
        };
        all.push(wanted(statistic, kind, object)?);
    }
    if all.len() > room {
        let problem = format!(
            "{} more numbers are to be watched: at most {WATCH_MAX} at once",
            all.len()
        );
        return Err(Problem::invalid(at, problem).limit(WATCH_MAX));
    }
    Ok(all)
}

/// Somebody who watches.
pub(super) struct Watching {
    house: Shared,
    caller: Caller,
    watched: Vec<(Wanted, Notifier)>,
    /// Nothing older than this is told.
    after: Sequence,
    looks: Interval,
}

/// Numbers that are due.
pub(super) struct Told {
    /// After which record they were read.
    pub(super) sequence: Sequence,
    pub(super) view: ReadingsView,
}

impl Watching {
    /// Looks at rights and names before anything is told, so that a mistake has an answer.
    pub(super) async fn begin(
        house: Shared,
        caller: Caller,
        watched: Vec<Wanted>,
        (mode, period): (Mode, Duration),
        after: Option<Sequence>,
    ) -> Result<Self, Problem> {
        if let Some(after) = after {
            house.exists(&caller, after).await?;
        }
        readings(&house, &caller, watched.clone()).await?;
        let mut looks = interval(period);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let notified = |wanted| (wanted, Notifier::new(mode));
        Ok(Self {
            house,
            caller,
            watched: watched.into_iter().map(notified).collect(),
            after: after.unwrap_or_default(),
            looks,
        })
    }

    /// How many numbers.
    pub(super) fn len(&self) -> usize {
        self.watched.len()
    }

    /// The next look: what is due then, if anything is.
    ///
    /// # Errors
    /// Why there will be no other one: the key is gone, or something watched is gone or out of
    /// reach from now on.
    pub(super) async fn look(&mut self) -> Result<Option<Told>, &'static str> {
        self.looks.tick().await;
        if !self.caller.renew(&self.house) {
            return Err("the key was taken back");
        }
        let wanted = self.watched.iter().map(|(wanted, _)| wanted.clone());
        match readings(&self.house, &self.caller, wanted.collect()).await {
            Ok((sequence, _)) if sequence < self.after => Ok(None),
            Ok((sequence, readings)) => Ok(self.due(sequence, &readings)),
            Err(problem) => Err(problem.code()),
        }
    }

    fn due(&mut self, sequence: Sequence, now: &Readings) -> Option<Told> {
        let looked = self.watched.iter_mut().zip(&now.readings);
        let due = looked.filter_map(|((wanted, notifier), reading)| {
            notifier
                .look(now.at, reading.amount)
                .then(|| ReadingView::new(text_of(wanted), reading))
        });
        let items: Vec<ReadingView> = due.collect();
        let at = Time::wall(now.wall);
        let view = ReadingsView { at, items };
        (!view.items.is_empty()).then_some(Told { sequence, view })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insensitivity_is_a_number_or_a_share() {
        let read = |text| insensitivity(Some(text));
        assert_eq!(read("2").expect("a number"), Insensitivity::Absolute(2.0));
        assert_eq!(read("5%").expect("a share"), Insensitivity::Percent(5.0));
        for text in ["", "-1", "x%", "NaN", "inf"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(insensitivity(None).expect("none"), Insensitivity::None);
    }

    #[test]
    fn what_is_watched_has_three_parts_and_a_limit() {
        let read = |texts: &[&str], room| watched(texts.iter().copied(), "query:watch", room);
        let one = "current_in_queue/queue/inbox";
        let found = read(&[one], WATCH_MAX).expect("one");
        assert_eq!(found.iter().map(text_of).collect::<Vec<_>>(), [one]);
        assert!(read(&["current_in_queue/queue"], WATCH_MAX).is_err());
        assert!(read(&["x/galaxy/inbox"], WATCH_MAX).is_err());
        assert!(read(&[one, one], 1).is_err());
    }

    #[test]
    fn a_mistake_says_where_it_is() {
        let manner = |mode, period_ms, at| Manner {
            mode,
            period_ms,
            insensitivity: None,
            at,
        };
        let wrong = manner(Some("often"), None, "/")
            .read()
            .expect_err("no mode");
        assert!(
            wrong.sentence().starts_with("/mode: "),
            "{}",
            wrong.sentence()
        );
        let wrong = manner(None, Some(1), "query:")
            .read()
            .expect_err("too often");
        assert!(wrong.sentence().starts_with("query:period_ms: "));
    }
}
