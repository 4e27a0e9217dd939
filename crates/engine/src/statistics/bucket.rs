//! Stretches of time: the minute at hand, the minutes of the last hour, days, log-ins.

use super::{Book, CELLS_MAX, Calendar, MINUTE, quarters};
use ringback_model::statistic::{Counts, Key, SLIDING_MINUTES_MAX, Sparse, Subject, Tally};
use ringback_model::{AgentId, EngineTime, Millis, Now, WallTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The minute at hand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Bucket {
    pub(super) from: Now,
    pub(super) cells: BTreeMap<Key, Box<Counts>>,
}

/// A minute that is over (or longer, if nothing happened in between).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Closed {
    pub(super) to: EngineTime,
    pub(super) cells: BTreeMap<Key, Sparse>,
}

/// What was counted since a day began.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Day {
    /// When the next day begins.
    pub(super) until: WallTime,
    pub(super) cells: BTreeMap<Key, Box<Counts>>,
}

/// What an agent had since he logged in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SinceLogin {
    /// What he had in the minute in which he logged in, before.
    pub(super) before: Counts,
    pub(super) counts: Counts,
}

/// The zone days are always counted in.
const UTC: &str = "UTC";
/// How long minutes are kept.
const KEPT: Millis = Millis(MINUTE.0 * (SLIDING_MINUTES_MAX as u64 + 1));

impl Book {
    /// Lets time pass: closes the minute at hand if another one has begun.
    pub(super) fn pass(&mut self, calendar: &dyn Calendar, now: Now) {
        let started = self.open.from != Now::default();
        if started && minute(now.wall) == minute(self.open.from.wall) {
            return;
        }
        if started {
            self.close_until(calendar, now);
        }
        self.open.from = now;
        self.turn_days(calendar, now.wall);
    }

    /// Closes the minute at hand and, while somebody is logged in, the quarters of an hour in
    /// which nothing happened since.
    fn close_until(&mut self, calendar: &dyn Calendar, now: Now) {
        let from = self.open.from;
        let left = minute(from.wall) + i64::try_from(MINUTE.0).unwrap_or(0) - from.wall.0;
        let end = from.engine + Millis(u64::try_from(left).unwrap_or(0));
        let end = end.min(now.engine);
        self.accrue_all(end);
        self.close(calendar, end);
        if !self.anybody_logged_in() {
            return;
        }
        for stretch in quarters(end, now) {
            self.open.from = stretch.from;
            self.accrue_all(stretch.to);
            self.close(calendar, stretch.to);
        }
    }

    fn close(&mut self, calendar: &dyn Calendar, to: EngineTime) {
        let from = self.open.from;
        self.turn_days(calendar, from.wall);
        if self.open.cells.is_empty() {
            self.forget_before(to);
            return;
        }
        let cells = std::mem::take(&mut self.open.cells);
        let quarter = Tally::quarter_of(from.wall);
        let closed = Closed {
            to,
            cells: cells
                .iter()
                .map(|(key, counts)| (*key, Sparse::from(&**counts)))
                .collect(),
        };
        for (key, counts) in &closed.cells {
            counts.add_to(self.unsaved.entry((quarter, *key)).or_default());
            for day in self.days.values_mut() {
                counts.add_to(day.cells.entry(*key).or_default());
            }
        }
        for (agent, login) in &mut self.logins {
            login.counts.merge(&of_agent(&cells, *agent));
            login.counts.without(&login.before);
            login.before = Counts::default();
        }
        self.past.push_back(closed);
        self.forget_before(to);
    }

    fn forget_before(&mut self, now: EngineTime) {
        let mut kept: usize = self.past.iter().map(|it| it.cells.len()).sum();
        while let Some(oldest) = self.past.front() {
            if oldest.to + KEPT > now && kept <= CELLS_MAX {
                break;
            }
            kept -= oldest.cells.len();
            self.past.pop_front();
        }
    }

    /// Begins new days where they have begun.
    pub(super) fn turn_days(&mut self, calendar: &dyn Calendar, at: WallTime) {
        if !self.days.contains_key(UTC) {
            self.days.insert(UTC.to_owned(), Day::default());
        }
        for (zone, day) in &mut self.days {
            if at >= day.until {
                day.cells.clear();
                day.until = calendar.next_day(zone, at);
            }
        }
    }

    /// The zones in which days are counted follow the statistics there are.
    pub(super) fn keep_zones(&mut self) {
        let zones = self.directory.zones();
        self.days
            .retain(|zone, _| zone == UTC || zones.contains(zone.as_str()));
        for zone in zones {
            if !self.days.contains_key(zone) {
                self.days.insert(zone.to_owned(), Day::default());
            }
        }
    }

    /// The cell of the minute at hand.
    pub(super) fn cell(&mut self, key: Key) -> &mut Counts {
        self.open.cells.entry(key).or_default()
    }

    /// What an agent has from now on is since he logged in.
    pub(super) fn logged_in_now(&mut self, agent: AgentId) {
        let before = of_agent(&self.open.cells, agent);
        let counts = Counts::default();
        self.logins.insert(agent, SinceLogin { before, counts });
    }
}

/// The minute a moment lies in, by when it began.
const fn minute(at: WallTime) -> i64 {
    at.0 - at.0.rem_euclid(MINUTE.0 as i64)
}

/// All that was counted of an agent in a minute, of all media.
pub(super) fn of_agent(cells: &BTreeMap<Key, Box<Counts>>, agent: AgentId) -> Counts {
    let mut all = Counts::default();
    let subject = Subject::Agent(agent);
    let of_agent = cells.range(Key::of(subject, None)..);
    for (_, counts) in of_agent.take_while(|(key, _)| key.subject == subject) {
        all.merge(counts);
    }
    all
}
