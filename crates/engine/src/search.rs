//! Looking through the open interactions for those that fit a condition.
//!
//! A search walks over everything there is, a stretch at a time, so that whoever asks can let
//! others in between: each stretch is true of one moment, the whole of the time it took.

use crate::facts::Known;
use crate::state::State;
use ringback_model::condition::{Condition, Order, Ranked};
use ringback_model::interaction::Interaction;
use ringback_model::{InteractionId, WallTime};

/// How many interactions are looked at in one stretch.
pub const STRETCH: usize = 1_000;

/// What one stretch of a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// Those that fit, with what they are to be ordered by, in order of their ids.
    pub found: Vec<(InteractionId, Ranked)>,
    /// Where to go on; `None` at the end.
    pub next: Option<InteractionId>,
}

impl State {
    /// The interactions from this one on that fit a condition and that the asker reaches: one
    /// stretch of them.
    pub fn search(
        &self,
        condition: &Condition,
        order: &Order,
        now: WallTime,
        from: InteractionId,
        reaches: impl Fn(&Interaction) -> bool,
    ) -> Stretch {
        let last = InteractionId(self.counters.interaction);
        let (all, next) = self.interactions.stretch(from, last, STRETCH);
        let fitting = all.into_iter().filter_map(|(id, it)| {
            let known = Known { state: self, it };
            let fits = reaches(it) && condition.holds(&known, now);
            fits.then(|| (id, order.ranked(&known)))
        });
        Stretch {
            found: fitting.collect(),
            next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringback_model::config::{self, Queue};
    use ringback_model::interaction::{self, Requests};
    use ringback_model::place::Place;
    use ringback_model::value::UserData;
    use ringback_model::{Event, Medium, Name, Now, QueueId, Rare, Tier};

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    fn submitted(id: u64, queue: u64) -> Event {
        Event::Interaction(interaction::Event::Submitted(Box::new(Interaction {
            id: InteractionId(id),
            medium: Medium::Email,
            kind: name("inbound"),
            subkind: None,
            tier: Tier(i16::try_from(id % 3).expect("small")),
            queue: QueueId(queue),
            contact: None,
            parent: None,
            thread: None,
            user_data: UserData::default(),
            submitted: Now::default(),
            place: Place::Queue,
            parties: Vec::new(),
            requests: Requests::new(),
            version: 1,
            more: Rare::none(),
        })))
    }

    fn state(count: u64) -> State {
        let mut state = State::default();
        for (id, of) in [(1, "odd"), (2, "even")] {
            let queue = Queue {
                id: QueueId(id),
                name: name(of),
                version: 1,
                body: config::QueueBody::default(),
            };
            state.apply(&Event::Config(config::Event::QueuePut(queue.into())));
        }
        for id in 1..=count {
            state.apply(&submitted(id, 2 - id % 2));
        }
        state
    }

    /// Everything, stretch by stretch, ordered.
    fn all(state: &State, condition: &str, order: &str, reaches: &[u64]) -> Vec<u64> {
        let condition: Condition = condition.parse().expect("a condition");
        let order: Order = order.parse().expect("an order");
        let mut found = Vec::new();
        let mut from = Some(InteractionId(1));
        while let Some(next) = from {
            let reached = |it: &Interaction| reaches.contains(&it.queue.0);
            let stretch = state.search(&condition, &order, WallTime(0), next, reached);
            assert!(stretch.next.is_none_or(|after| after > next), "it goes on");
            found.extend(stretch.found);
            from = stretch.next;
        }
        found.sort_by(|(a, one), (b, other)| order.compare_ranked(one, other).then(a.cmp(b)));
        found.into_iter().map(|(id, _)| id.0).collect()
    }

    #[test]
    fn finds_what_fits_in_the_order_asked_for() {
        let state = state(9);
        let found = all(&state, "queue = 'odd' AND tier >= 1", "tier DESC", &[1, 2]);
        assert_eq!(found, [5, 1, 7]);
    }

    #[test]
    fn finds_nothing_out_of_reach() {
        let state = state(9);
        assert_eq!(all(&state, "", "", &[2]), [2, 4, 6, 8]);
    }

    #[test]
    fn goes_on_where_a_stretch_ended() {
        let count = 2 * u64::try_from(STRETCH).expect("small") + 77;
        let state = state(count);
        let found = all(&state, "", "", &[1, 2]);
        assert_eq!(found, (1..=count).collect::<Vec<_>>());
    }

    #[test]
    fn passes_over_long_stretches_of_what_is_over() {
        let mut state = state(1);
        let far = 1_000_000;
        state.apply(&submitted(far, 1));
        assert_eq!(all(&state, "", "", &[1]), [1, far]);
    }
}
