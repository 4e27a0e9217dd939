//! Views at work: what rests in each queue, who pulls from it, and what is under way.
//!
//! The next look of each view is the truth; what rests, who pulls and what is under way are
//! indexes that follow from interactions and configuration.

use crate::facts::Known;
use crate::state::State;
use crate::timers::Timer;
use ringback_model::condition::{Condition, Order, Parameters, Ranked};
use ringback_model::config::{Body, Object, View};
use ringback_model::interaction::{Handed, Interaction};
use ringback_model::place::Place;
use ringback_model::route::Ask;
use ringback_model::value::Value;
use ringback_model::view::{Event as It, Lacks, Look, Resting};
use ringback_model::{EngineTime, Name, ObjectId, QueueId, WallTime};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What rests in each queue, first come first.
pub(crate) type RestingIn = BTreeMap<QueueId, BTreeSet<Resting>>;

/// How much is under way by each view.
pub(crate) type UnderWay = BTreeMap<ObjectId, Segments>;

/// How much is under way by one view, segment by segment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Segments {
    counts: BTreeMap<Option<String>, u32>,
    all: u32,
}

/// A view that pulls, with its texts read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Puller {
    pub(crate) view: ObjectId,
    pub(crate) name: Name,
    priority: i16,
    condition: Condition,
    /// Whether the condition may come true by the passing of time.
    in_time: bool,
    order: Order,
    pub(crate) ask: Ask,
}

/// Views that pull, queue by queue: the first that holds an interaction pulls it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pullers(BTreeMap<QueueId, Vec<Puller>>);

impl Pullers {
    fn put(&mut self, queue: QueueId, puller: Puller) {
        let all = self.0.entry(queue).or_default();
        all.push(puller);
        all.sort_unstable_by(|one, other| one.rank().cmp(&other.rank()));
    }

    fn remove(&mut self, view: ObjectId) {
        self.0.retain(|_, all| {
            all.retain(|it| it.view != view);
            !all.is_empty()
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, with the queue each pulls from.
    fn all(&self) -> impl Iterator<Item = (QueueId, &Puller)> {
        let queues = self.0.iter();
        queues.flat_map(|(queue, all)| all.iter().map(|puller| (*queue, puller)))
    }

    /// Those of a queue, first the one that goes first.
    pub(crate) fn of(&self, queue: QueueId) -> &[Puller] {
        self.0.get(&queue).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Puller {
    /// Reads the texts of a view. One that does not read pulls nothing: it was checked when it
    /// was put, so this does not happen.
    fn of(it: &Object, view: &View) -> Option<Self> {
        let condition: Condition = view.condition.parse().ok()?;
        Some(Self {
            view: it.id,
            name: it.name.clone(),
            priority: view.priority,
            in_time: condition.uses_now(),
            condition: view.bound(&condition, &Parameters::new()).ok()?,
            order: view.order.parse().ok()?,
            ask: view.route()?.ask(),
        })
    }

    fn rank(&self) -> (Reverse<i16>, &Name) {
        (Reverse(self.priority), &self.name)
    }

    /// Whether it takes this interaction, if no other view does.
    pub(crate) fn holds(&self, known: &Known<'_>, now: WallTime) -> bool {
        self.condition.holds(known, now)
    }

    /// When it may think otherwise of this interaction although nothing happens to it.
    pub(crate) fn turns(&self, known: &Known<'_>, now: WallTime) -> Option<WallTime> {
        if !self.in_time {
            return None;
        }
        self.condition.turns(known, now)
    }

    pub(crate) fn ranked(&self, known: &Known<'_>) -> Ranked {
        self.order.ranked(known)
    }

    pub(crate) fn order(&self) -> &Order {
        &self.order
    }
}

/// The segment of a view an interaction belongs to; what has no such value, or none that can be
/// written in a word, belongs together.
pub(crate) fn segment_of(view: &View, it: &Interaction) -> Option<String> {
    let key = view.segment_by.as_ref()?;
    match it.user_data.open.get(key)? {
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.get().to_string()),
        Value::Text(value) => Some(value.clone()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

/// Where an interaction rests, if it rests in a queue.
pub(crate) fn resting(it: &Interaction) -> Option<(QueueId, Resting)> {
    (it.place == Place::Queue).then(|| (it.queue, (it.placed().sequence, it.id)))
}

/// Whether it lies somewhere, with nobody and nothing at work on it.
pub(crate) const fn rests(it: &Interaction) -> bool {
    matches!(it.place, Place::Queue | Place::Workbin { .. })
}

/// What comes to rest is under way no more.
pub(crate) fn settle(it: &mut Interaction) {
    if it.under_way().is_some() {
        it.more.change(|more| {
            more.handed.take_if(|handed| {
                handed.under_way = false;
                handed.pulls == 0
            });
        });
    }
}

/// A person had to do with it: what views did with it before does not count any more.
pub(crate) fn had_by_a_person(it: &mut Interaction) {
    if it.handed().is_some() {
        it.more.change(|more| {
            more.handed.take_if(|handed| {
                handed.pulls = 0;
                !handed.under_way
            });
        });
    }
}

impl State {
    // -- what is asked ----------------------------------------------------------------------

    /// A view, if there is one of this id.
    #[must_use]
    pub fn view(&self, id: ObjectId) -> Option<&View> {
        match &self.objects.get(id)?.body {
            Body::View(view) => Some(view),
            _ => None,
        }
    }

    /// When a view that pulls looks next.
    #[must_use]
    pub fn look(&self, view: ObjectId) -> Option<Look> {
        self.looks.get(view).copied()
    }

    /// What rests in a queue, first come first.
    pub fn resting(&self, queue: QueueId) -> impl Iterator<Item = Resting> + '_ {
        self.resting.get(&queue).into_iter().flatten().copied()
    }

    /// How much rests in a queue.
    #[must_use]
    pub fn resting_count(&self, queue: QueueId) -> usize {
        self.resting.get(&queue).map_or(0, BTreeSet::len)
    }

    /// How much is under way by a view in each of its segments.
    pub fn under_way(&self, view: ObjectId) -> impl Iterator<Item = (Option<&str>, u32)> {
        let segments = self.under_way.get(&view).map(|it| &it.counts);
        let segments = segments.into_iter().flatten();
        segments.map(|(segment, count)| (segment.as_deref(), *count))
    }

    /// How much is under way by a view in all its segments.
    pub(crate) fn all_under_way(&self, view: ObjectId) -> u32 {
        self.under_way.get(&view).map_or(0, |it| it.all)
    }

    /// How much is under way by a view in one segment.
    pub(crate) fn under_way_in(&self, view: ObjectId, segment: Option<&String>) -> u32 {
        let segments = self.under_way.get(&view);
        // A map by `Option<String>` is asked with one; a view has few segments under way.
        let found = segments.and_then(|it| it.counts.get(&segment.cloned()));
        found.copied().unwrap_or(0)
    }

    /// The first view of its queue that holds an interaction, by name.
    #[must_use]
    pub fn held_by(&self, it: &Interaction, now: WallTime) -> Option<&Name> {
        let known = Known { state: self, it };
        let mut pullers = self.pullers.of(it.queue).iter();
        let holds = pullers.find(|puller| puller.holds(&known, now));
        holds.map(|puller| &puller.name)
    }

    // -- what is written --------------------------------------------------------------------

    /// Notes where an interaction rests and by what it is under way.
    pub(crate) fn enter_rest(&mut self, it: &Interaction) {
        if let Some((queue, entry)) = resting(it) {
            self.resting.entry(queue).or_default().insert(entry);
        }
        if let Some((view, segment)) = it.under_way() {
            self.count_under_way(view, segment.map(str::to_owned));
        }
    }

    /// Forgets where an interaction rested and by what it was under way.
    pub(crate) fn leave_rest(&mut self, it: &Interaction) {
        if let Some(at) = resting(it) {
            self.rests_no_more(at);
        }
        if let Some((view, segment)) = it.under_way() {
            self.count_back(view, &segment.map(str::to_owned));
        }
    }

    pub(crate) fn rests_now(&mut self, (queue, entry): (QueueId, Resting)) {
        self.resting.entry(queue).or_default().insert(entry);
    }

    pub(crate) fn rests_no_more(&mut self, (queue, entry): (QueueId, Resting)) {
        if let Some(all) = self.resting.get_mut(&queue) {
            all.remove(&entry);
            if all.is_empty() {
                self.resting.remove(&queue);
            }
        }
    }

    pub(crate) fn count_under_way(&mut self, view: ObjectId, segment: Option<String>) {
        let segments = self.under_way.entry(view).or_default();
        *segments.counts.entry(segment).or_default() += 1;
        segments.all += 1;
    }

    pub(crate) fn count_back(&mut self, view: ObjectId, segment: &Option<String>) {
        let Some(segments) = self.under_way.get_mut(&view) else {
            return;
        };
        if let Some(count) = segments.counts.get_mut(segment) {
            *count -= 1;
            segments.all -= 1;
            if *count == 0 {
                segments.counts.remove(segment);
            }
        }
        if segments.all == 0 {
            self.under_way.remove(&view);
        }
    }

    /// A view is as it is now: it has to be woken before it looks again.
    pub(crate) fn view_put(&mut self, it: &Object, view: &View) {
        self.view_gone(it.id);
        let queue = self.names.queues.get(&view.queue).copied();
        if let (Some(queue), Some(puller)) = (queue, Puller::of(it, view)) {
            self.pullers.put(queue, puller);
        }
    }

    pub(crate) fn view_gone(&mut self, id: ObjectId) {
        self.pullers.remove(id);
        self.forget_look(id);
    }

    pub(crate) fn apply_view(&mut self, event: &It) {
        match event {
            It::Looked { view, look } => self.set_look(*view, *look),
            It::Woken { view, next } => {
                let before = self.look(*view);
                let woken = Look {
                    not_before: before.map_or(*next, |look| look.not_before),
                    next: Some(*next),
                    lacks: Lacks::default(),
                    from: before.and_then(|look| look.from),
                };
                self.set_look(*view, woken);
            }
        }
    }

    pub(crate) fn set_look(&mut self, view: ObjectId, look: Look) {
        self.forget_look(view);
        if let Some(next) = look.next {
            self.timers.arm(next, Timer::Looks(view));
        }
        if !look.lacks.nothing() {
            self.lacking.insert(view);
        }
        self.looks.insert(view, look);
    }

    fn forget_look(&mut self, view: ObjectId) {
        self.lacking.remove(&view);
        if let Some(next) = self.looks.remove(view).and_then(|look| look.next) {
            self.timers.disarm(next, Timer::Looks(view));
        }
    }

    /// A view hands an interaction over: it is under way from now on.
    pub(crate) fn handed(
        it: &mut Interaction,
        view: ObjectId,
        segment: Option<&String>,
        pulls: u8,
    ) {
        let handed = Handed {
            view,
            segment: segment.cloned(),
            pulls,
            under_way: true,
        };
        it.more.change(|more| more.handed = Some(Box::new(handed)));
    }

    // -- what follows -----------------------------------------------------------------------

    /// The first view of a queue that does not look yet as soon as it may, although something
    /// came to rest there or changed.
    pub(crate) fn to_wake(&self, queue: QueueId, now: EngineTime) -> Option<It> {
        let mut pullers = self.pullers.of(queue).iter();
        pullers.find_map(|puller| self.wakes(puller.view, now))
    }

    /// The first view that could have something to pull now that another one changed or the clock
    /// was set.
    pub(crate) fn to_wake_of_all(&self, now: EngineTime) -> Option<It> {
        let mut pullers = self.pullers.all();
        pullers.find_map(|(queue, puller)| {
            let new = self.look(puller.view).is_none();
            let something = new || self.resting.contains_key(&queue);
            something.then(|| self.wakes(puller.view, now)).flatten()
        })
    }

    /// The first view that left something behind for want of room, which there is now.
    pub(crate) fn to_wake_for_room(&self, now: EngineTime) -> Option<It> {
        let mut lacking = self.lacking.iter();
        lacking.find_map(|view| {
            self.has_room_again(*view)
                .then(|| self.wakes(*view, now))
                .flatten()
        })
    }

    /// A view that does not look as soon as it may does so.
    fn wakes(&self, view: ObjectId, now: EngineTime) -> Option<It> {
        let look = self.look(view);
        let next = look.map_or(now, |look| look.not_before.max(now));
        let soon = look.and_then(|look| look.next).is_some_and(|at| at <= next);
        (!soon).then_some(It::Woken { view, next })
    }

    fn has_room_again(&self, view: ObjectId) -> bool {
        let Some(lacks) = self.look(view).map(|look| look.lacks) else {
            return false;
        };
        let came_back = |before: u32| self.all_under_way(view) < before;
        let line = || {
            let route = self.view(view).and_then(View::route);
            let line = route.and_then(|route| self.virtual_queue_named(&route.virtual_queue));
            line.is_some_and(|line| self.in_line(line.id) < line.body.waiting_max)
        };
        lacks.segments.is_some_and(came_back) || (lacks.line && line())
    }
}
