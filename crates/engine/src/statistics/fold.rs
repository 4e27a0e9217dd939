//! One event into the book.

use super::{Book, Calendar};
use ringback_model::interaction::{self, Ending};
use ringback_model::place::{Role, Who};
use ringback_model::record::{self, Segment, SegmentEnd, SegmentKind};
use ringback_model::route::ChangeCause;
use ringback_model::statistic::{Counter, Counts, Key, SELECTION_MAX, Subject, SubjectKind};
use ringback_model::{
    AgentId, Event, InteractionId, Medium, Millis, Now, QueueId, WallTime, agent, config, offer,
    route,
};
use serde::{Deserialize, Serialize};

/// Something that is counted when it is over, small enough to be kept for selections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fact {
    /// A wait ended.
    Waited(Way, Millis),
    /// A stretch of owning an interaction ended, or went over into a hold or out of it.
    Owned(SegmentKind, SegmentEnd, Millis),
    /// An offer ended.
    Rang(SegmentEnd, Millis),
    /// A stretch of taking part without owning ended.
    Consulted(Millis),
}

/// The ways a wait ends, as the books know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Way {
    Answered,
    Abandoned,
    ShortAbandoned,
    Overflowed,
    TurnedIntoCallback,
    Stopped,
}

impl Way {
    /// What the end of a wait counts as. Whatever went on under the rules of the house without
    /// an agent of this queue overflowed; whatever a person ended was stopped.
    const fn of(end: SegmentEnd) -> Self {
        match end {
            SegmentEnd::Answered => Self::Answered,
            SegmentEnd::Abandoned => Self::Abandoned,
            SegmentEnd::ShortAbandoned => Self::ShortAbandoned,
            SegmentEnd::Overflowed | SegmentEnd::MatchedElsewhere | SegmentEnd::TimedOut => {
                Self::Overflowed
            }
            SegmentEnd::TurnedIntoCallback => Self::TurnedIntoCallback,
            _ => Self::Stopped,
        }
    }
}

impl Fact {
    pub(super) fn add_to(self, counts: &mut Counts) {
        match self {
            Self::Waited(way, wait) => {
                counts.add(Counter::LongestWait, wait.0);
                match way {
                    Way::Answered => counts.answered(wait),
                    Way::Abandoned => counts.gone(wait, false),
                    Way::ShortAbandoned => counts.gone(wait, true),
                    Way::Overflowed => counts.add(Counter::Overflowed, 1),
                    Way::TurnedIntoCallback => counts.add(Counter::TurnedIntoCallback, 1),
                    Way::Stopped => counts.add(Counter::Stopped, 1),
                }
            }
            Self::Owned(kind, end, span) => {
                let time = match kind {
                    SegmentKind::Hold => Counter::HoldTime,
                    SegmentKind::Wrap => Counter::WrapTime,
                    _ => Counter::TalkTime,
                };
                counts.add(time, span.0);
                if gives_up(kind, end) {
                    counts.add(Counter::Handled, 1);
                    counts.add(Counter::Completed, u64::from(end == SegmentEnd::Completed));
                    let transferred = end == SegmentEnd::Transferred;
                    counts.add(Counter::Transferred, u64::from(transferred));
                }
            }
            Self::Rang(end, span) => {
                counts.add(Counter::Offered, 1);
                counts.add(Counter::RingTime, span.0);
                let how = match end {
                    SegmentEnd::Accepted => Counter::Accepted,
                    SegmentEnd::Rejected => Counter::Rejected,
                    SegmentEnd::Lapsed => Counter::Lapsed,
                    _ => Counter::Withdrawn,
                };
                counts.add(how, 1);
            }
            Self::Consulted(span) => {
                counts.add(Counter::Consulted, 1);
                counts.add(Counter::ConsultTime, span.0);
            }
        }
    }
}

/// Whether the owner has it no more after such a stretch.
const fn gives_up(kind: SegmentKind, end: SegmentEnd) -> bool {
    !matches!(end, SegmentEnd::Held | SegmentEnd::Resumed) && !matches!(kind, SegmentKind::Wrap)
}

impl Book {
    /// Folds one event. `now` is the time the heart was told with it.
    pub fn apply(&mut self, calendar: &dyn Calendar, event: &Event, now: Now) {
        self.pass(calendar, now);
        match event {
            Event::Interaction(event) => self.interaction(event, now),
            // One that moves has left its old line by the segment of its wait there.
            Event::Route(
                route::Event::Requested { of, request }
                | route::Event::Changed {
                    of,
                    request,
                    cause: ChangeCause::Moved,
                },
            ) => {
                let keys = self.lines(of.interaction, request.virtual_queue, request.medium);
                self.enters(&keys);
            }
            Event::Route(_)
            | Event::Contact(_)
            | Event::Effect(_)
            | Event::Login(_)
            | Event::Node(_)
            // What a view hands over is counted by the request it makes.
            | Event::View(_)
            | Event::Workbin(_) => {}
            Event::Offer(event) => self.offer(event, now),
            Event::Record(record::Event::Segment(segment)) => self.segment(segment, now),
            // Their time is counted while it passes, so that it lies in the right quarter.
            Event::Record(record::Event::Interval(_)) => {}
            Event::Agent(event) => self.agent(event, now),
            Event::Config(event) => self.configured(calendar, event, now),
        }
    }

    fn interaction(&mut self, event: &interaction::Event, now: Now) {
        use interaction::Event as It;
        match event {
            It::Submitted(it) => {
                let queue = self.directory.queue_name(it.queue).map(|it| it.as_str());
                self.filters.mark(it, queue);
                let keys = self.queue_keys(it.id, it.queue);
                self.enters(&keys);
                if let Some(owner) = it.owner() {
                    self.change_work(owner, it.medium, now, |work| work.handling += 1);
                }
            }
            It::Moved { of, to } | It::Placed { of, queue: to, .. } if *to != of.queue => {
                let keys = self.queue_keys(of.interaction, of.queue);
                self.leaves(&keys, |counts| counts.add(Counter::Overflowed, 1));
                let keys = self.queue_keys(of.interaction, *to);
                self.enters(&keys);
            }
            It::Stopped { of, ending, .. } => {
                let way = match ending {
                    Ending::Completed { .. } => Counter::Completed,
                    Ending::Abandoned | Ending::AbandonedWith { .. } => Counter::Abandoned,
                    Ending::Cancelled { .. } => Counter::Stopped,
                };
                let keys = self.queue_keys(of.interaction, of.queue);
                self.leaves(&keys, |counts| counts.add(way, 1));
                self.filters.unmark(of.interaction);
            }
            It::Pulled {
                agent,
                medium: Some(medium),
                ..
            }
            | It::Joined {
                agent,
                role: Role::Owner,
                medium: Some(medium),
                ..
            } => self.change_work(*agent, *medium, now, |work| work.handling += 1),
            _ => {}
        }
    }

    fn offer(&mut self, event: &offer::Event, now: Now) {
        match event {
            offer::Event::Made { offer, .. } => {
                let (agent, medium) = (offer.agent, offer.medium);
                self.offers.insert(offer.id, (agent, medium));
                self.change_work(agent, medium, now, |work| work.offered += 1);
            }
            offer::Event::Accepted { offer, advises, .. } => {
                if let Some((agent, medium)) = self.offers.remove(offer) {
                    self.change_work(agent, medium, now, |work| {
                        work.offered = work.offered.saturating_sub(1);
                        if *advises {
                            work.consulting += 1;
                        } else {
                            work.handling += 1;
                        }
                    });
                }
            }
            offer::Event::NotTaken { offer, .. } => {
                if let Some((agent, medium)) = self.offers.remove(offer) {
                    let one_less = |count: &mut u32| *count = count.saturating_sub(1);
                    self.change_work(agent, medium, now, |work| one_less(&mut work.offered));
                }
            }
        }
    }

    fn segment(&mut self, it: &Segment, now: Now) {
        let span = it.to.engine.since(it.from.engine);
        match (it.kind, it.who, it.virtual_queue) {
            (SegmentKind::Wait, _, Some(queue)) => {
                let fact = Fact::Waited(Way::of(it.end), span);
                let keys = self.lines(it.interaction, queue, it.medium);
                self.leaves(&keys, |counts| fact.add_to(counts));
                self.select(Subject::VirtualQueue(queue), fact);
            }
            (SegmentKind::Ring, Who::Agent(agent), _) => {
                self.worked(it, agent, Fact::Rang(it.end, span));
            }
            (SegmentKind::Talk | SegmentKind::Hold | SegmentKind::Wrap, Who::Agent(agent), _) => {
                let fact = Fact::Owned(it.kind, it.end, span);
                self.worked(it, agent, fact);
                if gives_up(it.kind, it.end) {
                    self.select(Subject::Agent(agent), fact);
                    self.change_work(agent, it.medium, now, |work| {
                        work.handling = work.handling.saturating_sub(1);
                    });
                }
            }
            (SegmentKind::Consult, Who::Agent(agent), _) => {
                self.worked(it, agent, Fact::Consulted(span));
                self.change_work(agent, it.medium, now, |work| {
                    work.consulting = work.consulting.saturating_sub(1);
                });
            }
            _ => {}
        }
    }

    /// Counts what an agent did, for him, his groups and the medium.
    fn worked(&mut self, it: &Segment, agent: AgentId, fact: Fact) {
        let medium = Some(it.medium);
        let groups = self.directory.groups_of(agent).to_vec();
        let mut keys = Vec::with_capacity(2 + groups.len());
        let all = std::iter::once((SubjectKind::Agent, Subject::Agent(agent)))
            .chain(
                groups
                    .into_iter()
                    .map(|id| (SubjectKind::Group, Subject::Group(id))),
            )
            .chain([(SubjectKind::Medium, Subject::Everything)]);
        for (kind, subject) in all {
            self.with_filters(it.interaction, kind, Key::of(subject, medium), &mut keys);
        }
        for key in keys {
            fact.add_to(self.cell(key));
        }
    }

    fn agent(&mut self, event: &agent::Event, now: Now) {
        match event {
            agent::Event::LoggedIn { agent, media, .. } => {
                if !self.agents.get(agent).is_some_and(|it| it.logged_in) {
                    self.logged_in_now(*agent);
                }
                self.change_agent(*agent, now, |it| {
                    it.logged_in = true;
                    for medium in media {
                        it.media.entry(*medium).or_insert(false);
                    }
                });
            }
            agent::Event::LoggedOut { agent } => self.change_agent(*agent, now, |it| {
                it.logged_in = false;
                it.media.clear();
            }),
            agent::Event::Ready { agent, medium, .. } => {
                self.change_agent(*agent, now, |it| {
                    it.media.insert(*medium, true);
                });
            }
            agent::Event::NotReady { agent, medium, .. } => {
                self.change_agent(*agent, now, |it| {
                    it.media.insert(*medium, false);
                });
            }
            _ => {}
        }
    }

    fn configured(&mut self, calendar: &dyn Calendar, event: &config::Event, now: Now) {
        // Until now an agent's time was that of the groups he belonged to until now.
        let regroups = match event {
            config::Event::AgentPut(_) => true,
            config::Event::Put(it) => it.body.kind() == config::Kind::Group,
            config::Event::Deleted { kind, .. } => {
                matches!(kind, config::Kind::Group | config::Kind::Agent)
            }
            _ => false,
        };
        if regroups {
            self.accrue_all(now.engine);
        }
        self.directory.learn(event);
        match event {
            config::Event::AgentPut(it) => {
                self.agents.entry(it.id).or_default();
            }
            config::Event::Put(it) if it.body.kind() == config::Kind::Statistic => {
                self.statistics_changed(calendar, now.wall);
            }
            config::Event::Deleted {
                kind: config::Kind::Statistic,
                ..
            } => self.statistics_changed(calendar, now.wall),
            config::Event::Deleted {
                kind: config::Kind::Agent,
                id,
                ..
            } => {
                let id = AgentId(*id);
                self.agents.remove(&id);
                self.logins.remove(&id);
                self.selections.remove(&Subject::Agent(id));
            }
            config::Event::Deleted {
                kind: config::Kind::VirtualQueue,
                id,
                ..
            } => {
                let id = ringback_model::VirtualQueueId(*id);
                self.selections.remove(&Subject::VirtualQueue(id));
            }
            _ => {}
        }
    }

    fn statistics_changed(&mut self, calendar: &dyn Calendar, at: WallTime) {
        self.keep_zones();
        self.turn_days(calendar, at);
        self.keep_filters();
    }

    pub(super) fn keep_filters(&mut self) {
        let over = self.filters.keep(&self.directory);
        if over.is_empty() {
            return;
        }
        let stays = |key: &Key| key.filter.is_none_or(|id| !over.contains(&id));
        self.open.cells.retain(|key, _| stays(key));
        self.inside.retain(|key, _| stays(key));
        for day in self.days.values_mut() {
            day.cells.retain(|key, _| stays(key));
        }
        for closed in &mut self.past {
            closed.cells.retain(|key, _| stays(key));
        }
    }

    // -- keys -------------------------------------------------------------------------------

    fn with_filters(&self, id: InteractionId, kind: SubjectKind, key: Key, keys: &mut Vec<Key>) {
        keys.push(key);
        let filters = self.filters.of(id, kind).into_iter();
        keys.extend(filters.map(|filter| Key {
            filter: Some(filter),
            ..key
        }));
    }

    fn queue_keys(&self, id: InteractionId, queue: QueueId) -> Vec<Key> {
        let mut keys = Vec::with_capacity(1);
        let key = Key::of(Subject::Queue(queue), None);
        self.with_filters(id, SubjectKind::Queue, key, &mut keys);
        keys
    }

    fn lines(
        &self,
        id: InteractionId,
        queue: ringback_model::VirtualQueueId,
        medium: Medium,
    ) -> Vec<Key> {
        let mut keys = Vec::with_capacity(2);
        let key = Key::of(Subject::VirtualQueue(queue), Some(medium));
        self.with_filters(id, SubjectKind::VirtualQueue, key, &mut keys);
        let key = Key::of(Subject::Everything, Some(medium));
        self.with_filters(id, SubjectKind::Medium, key, &mut keys);
        keys
    }

    // -- books ------------------------------------------------------------------------------

    fn enters(&mut self, keys: &[Key]) {
        for key in keys {
            let level = self.inside.entry(*key).or_default();
            *level += 1;
            let cell = self.cell(*key);
            cell.add(Counter::Entered, 1);
            cell.add(Counter::InsideGrown, 1);
        }
    }

    fn leaves(&mut self, keys: &[Key], how: impl Fn(&mut Counts)) {
        for key in keys {
            let level = self.inside.entry(*key).or_default();
            let before = *level;
            *level = level.saturating_sub(1);
            let after = *level;
            if after == 0 {
                self.inside.remove(key);
            }
            let cell = self.cell(*key);
            how(cell);
            cell.add(Counter::InsideShrunk, before - after);
        }
    }

    fn select(&mut self, subject: Subject, fact: Fact) {
        let kept = self.selections.entry(subject).or_default();
        if kept.len() >= usize::from(SELECTION_MAX) {
            kept.pop_front();
        }
        kept.push_back(fact);
    }
}
