//! What a view does when it looks into its queue.

use super::requests;
use crate::facts::Known;
use crate::guard;
use crate::state::State;
use crate::views::{Puller, segment_of};
use ringback_model::condition::Ranked;
use ringback_model::config::View;
use ringback_model::interaction::{Event as Moving, Handed, Interaction};
use ringback_model::route::Refused as NoRoute;
use ringback_model::view::{Event as It, Lacks, Look, Resting};
use ringback_model::{EngineTime, Event, Millis, Now, ObjectId, Refused, WallTime};
use std::collections::BTreeMap;

/// How many resting interactions one look goes through at most; the next look goes on behind
/// them.
pub(crate) const SCAN_MAX: usize = 10_000;

/// A view looks into its queue and hands over what fits, as far as there is room.
pub(super) fn look(state: &State, now: Now, id: ObjectId) -> Vec<Event> {
    let Some(view) = state.view(id) else {
        return Vec::new();
    };
    let Some(queue) = state.queue_named(&view.queue).map(|queue| queue.id) else {
        return Vec::new();
    };
    let pullers = state.pullers.of(queue);
    let Some(rank) = pullers.iter().position(|puller| puller.view == id) else {
        return Vec::new();
    };
    let (before, puller) = (&pullers[..rank], &pullers[rank]);
    let from = state.look(id).and_then(|look| look.from);
    let resting = state.resting.get(&queue);
    let mut rest = resting.into_iter().flat_map(|all| match from {
        Some(from) => all.range(from..),
        None => all.range(..),
    });
    let mut sight = Sight {
        state,
        now,
        puller,
        before,
        turns: None,
    };
    let scanned = rest.by_ref().take(SCAN_MAX);
    let scanned = scanned.filter_map(|(_, id)| state.interaction(*id));
    let mut fitting: Vec<Candidate<'_>> = scanned.filter_map(|it| sight.candidate(it)).collect();
    let turns = sight.turns;
    let beyond = rest.next().copied();
    // Equals stay in the order in which they were placed.
    fitting.sort_by(|one, other| puller.order().compare_ranked(&one.rank, &other.rank));
    let mut pull = Pull {
        state,
        now,
        view,
        puller,
        segments: BTreeMap::new(),
        taken: 0,
        left: Left::default(),
        events: Vec::new(),
    };
    let full = pull.all(&fitting);
    let in_part = from.is_some() || beyond.is_some();
    let not_before = now.engine + view.check_every;
    let look = Look {
        not_before,
        next: if pull.left.more || in_part {
            Some(not_before)
        } else {
            turns.map(|at| in_engine_time(now, at).max(not_before))
        },
        lacks: pull.lacks(),
        from: goes_on(full, from, beyond),
    };
    let left = state.resting_count(queue) - pull.taken;
    let look = if left == 0 { sleeping(look) } else { look };
    let mut events = vec![Event::View(It::Looked { view: id, look })];
    events.extend(pull.events);
    events
}

/// Whether a view would hand something over if it looked now.
pub(crate) fn could_pull(state: &State, now: Now, id: ObjectId) -> bool {
    look(state, now, id).len() > 1
}

/// Where the next look begins. As long as a look takes all it may, those it left come first.
fn goes_on(full: bool, from: Option<Resting>, beyond: Option<Resting>) -> Option<Resting> {
    if full { from } else { beyond }
}

/// Nothing is left, so there is nothing to come back for.
fn sleeping(look: Look) -> Look {
    Look {
        not_before: look.not_before,
        next: None,
        lacks: Lacks::default(),
        from: None,
    }
}

/// When the clock on the wall will show a time, if nobody sets it.
fn in_engine_time(now: Now, at: WallTime) -> EngineTime {
    now.engine + Millis(u64::try_from(at - now.wall).unwrap_or_default())
}

/// One that fits.
struct Candidate<'a> {
    it: &'a Interaction,
    rank: Ranked,
}

/// A view that looks at what rests.
struct Sight<'a> {
    state: &'a State,
    now: Now,
    puller: &'a Puller,
    /// Those that go first.
    before: &'a [Puller],
    /// When one of those that did not fit may fit although nothing happens to it.
    turns: Option<WallTime>,
}

impl<'a> Sight<'a> {
    /// An interaction as a candidate, if the view may pull it: it fits, no view that goes first
    /// holds it, nobody locked it, and it did not come back too often.
    fn candidate(&mut self, it: &'a Interaction) -> Option<Candidate<'a>> {
        let left_alone = it.handed().is_some_and(|it| it.pulls >= Handed::PULLS_MAX);
        if left_alone || guard::unlocked(it).is_err() {
            return None;
        }
        let state = self.state;
        let known = Known { state, it };
        let holds = |puller: &Puller| puller.holds(&known, self.now.wall);
        if holds(self.puller) && !self.before.iter().any(holds) {
            let rank = self.puller.ranked(&known);
            return Some(Candidate { it, rank });
        }
        let all = self.before.iter().chain([self.puller]);
        let turns = all.filter_map(|puller| puller.turns(&known, self.now.wall));
        self.turns = turns.chain(self.turns).min();
        None
    }
}

/// What a look left behind although it fits.
#[derive(Default)]
struct Left {
    /// Because it took enough, or for a reason that only another look can tell gone.
    more: bool,
    /// Because the virtual queue is full.
    line: bool,
    /// Because segments are.
    segments: bool,
}

/// A look that hands over.
struct Pull<'a> {
    state: &'a State,
    now: Now,
    view: &'a View,
    puller: &'a Puller,
    /// How many of each segment are under way, those just taken included.
    segments: BTreeMap<Option<String>, u32>,
    taken: usize,
    left: Left,
    events: Vec<Event>,
}

impl Pull<'_> {
    /// Takes what it may; whether it left some because it took enough or its virtual queue is
    /// full.
    fn all(&mut self, fitting: &[Candidate<'_>]) -> bool {
        for candidate in fitting {
            if self.taken >= self.view.pull_max as usize {
                self.left.more = true;
                return true;
            }
            let segment = segment_of(self.view, candidate.it);
            if !self.room_in(segment.as_ref()) {
                self.left.segments = true;
                continue;
            }
            match self.hand_over(candidate.it, segment) {
                Ok(()) => {}
                Err(Refused::Route(NoRoute::VirtualQueueFull { .. })) => {
                    self.left.line = true;
                    return true;
                }
                // What cannot be routed for another reason stays where it is.
                Err(_) => self.left.more = true,
            }
        }
        false
    }

    fn room_in(&mut self, segment: Option<&String>) -> bool {
        let Some(most) = self.view.segment_max else {
            return true;
        };
        let (state, view) = (self.state, self.puller.view);
        let under_way = self.segments.entry(segment.cloned());
        *under_way.or_insert_with(|| state.under_way_in(view, segment)) < most
    }

    /// What was missing for handing over more, after what was handed over.
    fn lacks(&self) -> Lacks {
        let taken = u32::try_from(self.taken).unwrap_or(u32::MAX);
        let under_way = self.state.all_under_way(self.puller.view) + taken;
        Lacks {
            line: self.left.line,
            segments: self.left.segments.then_some(under_way),
        }
    }

    fn hand_over(&mut self, it: &Interaction, segment: Option<String>) -> Result<(), Refused> {
        let made = u32::try_from(self.taken).unwrap_or(u32::MAX);
        let requested = requests::make_after(self.state, self.now, it, &self.puller.ask, made)?;
        self.taken += 1;
        if let Some(count) = self.segments.get_mut(&segment) {
            *count += 1;
        }
        let pulls = it.handed().map_or(0, |handed| handed.pulls) + 1;
        self.events.push(Event::Interaction(Moving::Handed {
            of: requests::subject(it),
            view: self.puller.view,
            segment,
            pulls,
            at: self.now,
        }));
        self.events.push(requested);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle;
    use ringback_model::config::{
        Body, Expected, HandOver, Input as Config, QueueBody, ViewRoute, VirtualQueueBody,
    };
    use ringback_model::interaction::{Input as Interactions, Submission};
    use ringback_model::target::Target;
    use ringback_model::value::UserData;
    use ringback_model::{Input, Medium, Name, Rare, Tier, node};

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    const fn at(second: u64) -> Now {
        Now {
            engine: EngineTime(second * 1_000),
            wall: WallTime(0),
        }
    }

    fn told(state: &mut State, second: u64, input: &Input) -> Vec<Event> {
        handle(state, at(second), input).expect("it is taken")
    }

    fn submitted(state: &mut State, tier: i16) {
        let new = Submission {
            queue: name("inbox"),
            medium: Medium::Email,
            kind: name("inbound"),
            subkind: None,
            tier: Tier(tier),
            contact: None,
            parent: None,
            user_data: UserData::default(),
            route: None,
            said: Rare::none(),
        };
        told(
            state,
            0,
            &Input::Interaction(Interactions::Submit(Box::new(new))),
        );
    }

    fn house(pull_max: u32) -> State {
        let mut state = State::new();
        let expected = Expected::Any;
        let queue = Config::PutQueue {
            name: name("inbox"),
            body: QueueBody::default(),
            expected,
        };
        let line = Config::PutVirtualQueue {
            name: name("support"),
            body: VirtualQueueBody::default(),
            expected,
        };
        let view = View {
            queue: name("inbox"),
            display_name: String::new(),
            condition: "tier >= 1".to_owned(),
            order: String::new(),
            parameters: BTreeMap::new(),
            segment_by: None,
            segment_max: None,
            pull_max,
            check_every: Millis::seconds(10),
            priority: 0,
            hand_over: Some(Box::new(HandOver::Route(ViewRoute {
                virtual_queue: name("support"),
                target: Target::fixed("A>=1".parse().expect("an expression")),
                tier: None,
                selection: Rare::none(),
            }))),
        };
        let view = Config::Put {
            name: name("all"),
            body: Box::new(Body::View(view)),
            expected,
        };
        for input in [queue, line, view] {
            told(&mut state, 0, &Input::Config(input));
        }
        state
    }

    /// What the look at a second hands over, and where the next one begins.
    fn looked(state: &mut State, second: u64) -> (Vec<u64>, Option<u64>) {
        let events = told(state, second, &Input::Node(node::Input::Due { limit: 10 }));
        let mut handed = Vec::new();
        let mut from = None;
        for event in events {
            match event {
                Event::Interaction(Moving::Handed { of, .. }) => handed.push(of.interaction.0),
                Event::View(It::Looked { look, .. }) => from = look.from.map(|(_, id)| id.0),
                _ => {}
            }
        }
        state.check(at(second)).expect("all invariants hold");
        (handed, from)
    }

    #[test]
    fn a_long_queue_is_gone_through_in_several_looks() {
        let mut state = house(1);
        let stretch = u64::try_from(SCAN_MAX).expect("small");
        for _ in 0..stretch {
            submitted(&mut state, 0);
        }
        for _ in 0..3 {
            submitted(&mut state, 1);
        }
        assert_eq!(looked(&mut state, 0), (vec![], Some(stretch + 1)));
        // As long as there is more than it may take, it stays.
        assert_eq!(
            looked(&mut state, 10),
            (vec![stretch + 1], Some(stretch + 1))
        );
        assert_eq!(
            looked(&mut state, 20),
            (vec![stretch + 2], Some(stretch + 1))
        );
        assert_eq!(looked(&mut state, 30), (vec![stretch + 3], None));
        assert_eq!(looked(&mut state, 40), (vec![], None));
    }

    #[test]
    fn a_view_that_may_not_take_more_leaves_the_rest() {
        let mut state = house(2);
        for _ in 0..3 {
            submitted(&mut state, 1);
        }
        assert_eq!(looked(&mut state, 0), (vec![1, 2], None));
        assert_eq!(looked(&mut state, 10), (vec![3], None));
    }
}
