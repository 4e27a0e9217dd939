//! Asking the book.

use super::agents::{AgentNow, Work};
use super::{Book, MINUTE};
use crate::state::State;
use ringback_model::config::Statistic;
use ringback_model::statistic::{
    Amount, Counts, Key, Measure, Profile, Subject, SubjectKind, Tally,
};
use ringback_model::{EngineTime, Medium, Millis, Name, Now, ObjectId};
use std::collections::BTreeMap;

/// What is asked: a statistic, and its filter if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The statistic.
    pub statistic: Statistic,
    /// Whose filter it is.
    pub filter: Option<ObjectId>,
}

/// Of whom it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Of whom.
    pub subject: Subject,
    /// Of which medium; set exactly if the subject is a medium.
    pub medium: Option<Medium>,
}

impl Book {
    /// The statistic of this name, asked of this kind of subject: a measure by its own name, or
    /// a configured one.
    #[must_use]
    pub fn asked(&self, name: &str, kind: SubjectKind) -> Option<Asked> {
        if let Ok(measure) = name.parse::<Measure>() {
            return measure.kinds().contains(&kind).then(|| Asked {
                statistic: Statistic::plain(measure, kind),
                filter: None,
            });
        }
        let name: Name = name.parse().ok()?;
        let (id, statistic) = self.directory.statistic(&name)?;
        (statistic.subject == kind).then(|| Asked {
            statistic: statistic.clone(),
            filter: (!statistic.filter.is_empty()).then_some(id),
        })
    }

    /// The subject of this kind and name.
    #[must_use]
    pub fn target(&self, kind: SubjectKind, name: &str) -> Option<Target> {
        let of = |subject| {
            Some(Target {
                subject,
                medium: None,
            })
        };
        if kind == SubjectKind::Medium {
            return Some(Target {
                subject: Subject::Everything,
                medium: Some(name.parse().ok()?),
            });
        }
        let name: Name = name.parse().ok()?;
        match kind {
            SubjectKind::Queue => of(Subject::Queue(self.directory.queue(&name)?)),
            SubjectKind::VirtualQueue => {
                of(Subject::VirtualQueue(self.directory.virtual_queue(&name)?))
            }
            SubjectKind::Agent => of(Subject::Agent(self.directory.agent(&name)?)),
            SubjectKind::Group => of(Subject::Group(self.directory.group(&name)?)),
            SubjectKind::Medium => None,
        }
    }

    /// The value at this moment; `None`: unknown.
    #[must_use]
    pub fn value(&self, asked: &Asked, target: Target, now: Now) -> Option<Amount> {
        if asked.filter.is_some_and(|id| !self.filters.knows(id)) {
            return None;
        }
        let medium = target.medium.or(asked.statistic.medium);
        if asked.statistic.measure.is_current() {
            let wanted = Wanted {
                subject: target.subject,
                medium,
                filter: asked.filter,
            };
            return self.current(asked.statistic.measure, target.subject, medium, &wanted);
        }
        let counts = self.counts(asked, target, now);
        asked
            .statistic
            .measure
            .over(&counts, asked.statistic.thresholds())
    }

    /// What was counted over the stretch of a statistic.
    #[must_use]
    pub fn counts(&self, asked: &Asked, target: Target, now: Now) -> Counts {
        let medium = target.medium.or(asked.statistic.medium);
        let wanted = Wanted {
            subject: target.subject,
            medium,
            filter: asked.filter,
        };
        let mut counts = Counts::default();
        let since = match asked.statistic.profile {
            Profile::Growing => self.growing(&asked.statistic.zone, now, &wanted, &mut counts),
            Profile::Sliding { .. } => {
                let span = asked.statistic.profile.span().unwrap_or(Millis::ZERO);
                self.sliding(span, now, &wanted, &mut counts)
            }
            Profile::Selection { last } => {
                let facts = self.selections.get(&target.subject).into_iter().flatten();
                for fact in facts.rev().take(usize::from(last)) {
                    fact.add_to(&mut counts);
                }
                return counts;
            }
            Profile::SinceLogin => {
                self.since_login(target.subject, &mut counts);
                EngineTime::default()
            }
        };
        let of_agents = !matches!(target.subject, Subject::Queue(_) | Subject::VirtualQueue(_));
        if of_agents && asked.filter.is_none() {
            self.add_time_since(since, now, &wanted, &mut counts);
        }
        counts
    }

    fn growing(&self, zone: &str, now: Now, wanted: &Wanted, counts: &mut Counts) -> EngineTime {
        let day = self.days.get(zone);
        let until = day.map(|day| day.until).unwrap_or_default();
        if now.wall >= until {
            // A new day has begun and nothing was counted in it but perhaps the minute at hand.
            if self.open.from.wall >= until {
                add(&self.open.cells, wanted, counts);
            }
            let ago = u64::try_from(now.wall - until).unwrap_or(0);
            return EngineTime(now.engine.0.saturating_sub(ago));
        }
        if let Some(day) = day {
            add(&day.cells, wanted, counts);
        }
        add(&self.open.cells, wanted, counts);
        EngineTime::default()
    }

    fn sliding(&self, span: Millis, now: Now, wanted: &Wanted, counts: &mut Counts) -> EngineTime {
        let since = EngineTime(now.engine.0.saturating_sub(span.0));
        for closed in self.past.iter().filter(|closed| closed.to > since) {
            for cell in wanted.of(&closed.cells) {
                cell.add_to(counts);
            }
        }
        if self.open.from.engine + MINUTE > since {
            add(&self.open.cells, wanted, counts);
        }
        since
    }

    fn since_login(&self, subject: Subject, counts: &mut Counts) {
        let Subject::Agent(agent) = subject else {
            return;
        };
        let Some(login) = self.logins.get(&agent) else {
            return;
        };
        counts.merge(&super::bucket::of_agent(&self.open.cells, agent));
        counts.without(&login.before);
        counts.merge(&login.counts);
    }

    fn current(
        &self,
        measure: Measure,
        subject: Subject,
        medium: Option<Medium>,
        wanted: &Wanted,
    ) -> Option<Amount> {
        let of_media = |agent: &AgentNow, count: fn(&Work) -> u32| -> u64 {
            let work = agent.work.iter();
            let work = work.filter(|(it, _)| medium.is_none_or(|medium| **it == medium));
            work.map(|(_, work)| u64::from(count(work))).sum()
        };
        let agents = self.agents_of(subject);
        let count: u64 = match measure {
            Measure::CurrentInQueue => wanted.of(&self.inside).sum(),
            Measure::CurrentOffered => agents.map(|it| of_media(it, |work| work.offered)).sum(),
            Measure::CurrentHandling => agents.map(|it| of_media(it, |work| work.handling)).sum(),
            Measure::CurrentConsulting => {
                agents.map(|it| of_media(it, |work| work.consulting)).sum()
            }
            Measure::CurrentLoggedIn => {
                let there = agents.filter(|it| match medium {
                    Some(medium) => it.media.contains_key(&medium),
                    None => it.logged_in,
                });
                there.count() as u64
            }
            Measure::CurrentReady => {
                let ready = agents.filter(|it| match medium {
                    Some(medium) => it.media.get(&medium) == Some(&true),
                    None => it.media.values().any(|ready| *ready),
                });
                ready.count() as u64
            }
            Measure::CurrentBusy => {
                let busy = |work: &Work| work.handling + work.consulting;
                agents.filter(|it| of_media(it, busy) > 0).count() as u64
            }
            _ => return None,
        };
        Some(Amount(count as f64))
    }

    /// Where what the book takes to be true at this moment differs from a state; nothing, if the
    /// book was told all that happened.
    #[must_use]
    pub fn differs_from(&self, state: &State) -> Vec<String> {
        let truth = Self::present_of(state);
        let mut found = Vec::new();
        let inside = self.inside.iter().filter(|(key, _)| key.filter.is_none());
        let inside: BTreeMap<Key, u64> = inside.map(|(key, level)| (*key, *level)).collect();
        if inside != truth.inside {
            found.push(format!("inside: {inside:?}, truly {:?}", truth.inside));
        }
        if self.offers != truth.offers {
            found.push(format!(
                "offers: {:?}, truly {:?}",
                self.offers, truth.offers
            ));
        }
        for (id, agent) in &truth.agents {
            let mut counted = self.agents.get(id).cloned().unwrap_or_default();
            counted.accrued = agent.accrued;
            if counted != *agent {
                found.push(format!("agent {id}: {counted:?}, truly {agent:?}"));
            }
        }
        found
    }

    /// Where what changed inside does not add up to what is inside. Only of a book from which no
    /// tallies were taken.
    #[must_use]
    pub fn miscounted(&self, tallies: &[Tally]) -> Vec<String> {
        let mut changes: BTreeMap<Key, i64> = BTreeMap::new();
        for tally in tallies {
            *changes.entry(tally.key).or_default() += tally.counts.inside_change();
        }
        let level = |key: &Key| self.inside.get(key).copied().unwrap_or_default();
        let wrong = changes.into_iter();
        let wrong = wrong.filter(|(key, change)| i64::try_from(level(key)) != Ok(*change));
        wrong
            .map(|(key, change)| format!("{key:?}: {change} should be inside, {} are", level(&key)))
            .collect()
    }

    /// A book that begins with a state whose past nobody can tell any more: what is true at this
    /// moment is known, what happened before is not.
    #[must_use]
    pub fn beginning_with(state: &State, now: Now) -> Self {
        let mut book = Self::present_of(state);
        for agent in book.agents.values_mut() {
            agent.accrued = now.engine;
        }
        book.keep_zones();
        book.keep_filters();
        book
    }

    fn present_of(state: &State) -> Self {
        use ringback_model::config::{Event as Put, Kind};
        let mut book = Self::new();
        for it in state.queues() {
            book.directory.learn(&Put::QueuePut(Box::new(it.clone())));
        }
        for it in state.virtual_queues() {
            let event = Put::VirtualQueuePut(Box::new(it.clone()));
            book.directory.learn(&event);
        }
        for kind in [Kind::Group, Kind::Statistic] {
            for it in state.objects(kind) {
                book.directory.learn_object(it);
            }
        }
        for id in state.agent_ids() {
            if let Some(it) = state.agent(id) {
                book.directory.learn(&Put::AgentPut(Box::new(it.clone())));
            }
            if let Some(at_work) = state.at_work(id) {
                book.agents.insert(id, agent_now(at_work));
            }
        }
        for id in state.open_ids() {
            let Some(it) = state.interaction(id) else {
                continue;
            };
            let mut inside = |key| *book.inside.entry(key).or_default() += 1;
            inside(Key::of(Subject::Queue(it.queue), None));
            for request in it.requests.iter().filter_map(|id| state.request(*id)) {
                let medium = Some(request.medium);
                inside(Key::of(
                    Subject::VirtualQueue(request.virtual_queue),
                    medium,
                ));
                inside(Key::of(Subject::Everything, medium));
            }
        }
        for offer in state.open_offers() {
            book.offers.insert(offer.id, (offer.agent, offer.medium));
        }
        book
    }
}

fn agent_now(at_work: &ringback_model::agent::AtWork) -> AgentNow {
    use ringback_model::agent::ClaimKind;
    let mut agent = AgentNow {
        logged_in: at_work.desk.is_some(),
        ..AgentNow::default()
    };
    let media = at_work.media.iter();
    agent.media = media
        .map(|(it, ready)| (*it, ready.not_ready.is_none()))
        .collect();
    for claim in &at_work.claims {
        let work = agent.work.entry(claim.medium).or_default();
        match claim.kind {
            ClaimKind::Offered => work.offered += 1,
            ClaimKind::Handling => work.handling += 1,
            ClaimKind::Consult => work.consulting += 1,
            ClaimKind::Reserved | ClaimKind::WrapUp => {}
        }
    }
    agent.work.retain(|_, work| *work != Work::default());
    agent
}

/// The keys whose counters add up to a subject: of one medium, or of all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    subject: Subject,
    medium: Option<Medium>,
    filter: Option<ObjectId>,
}

impl Wanted {
    pub(super) const fn subject(&self) -> Subject {
        self.subject
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        let same_medium = self.medium.is_none() || key.medium == self.medium;
        key.subject == self.subject && same_medium && key.filter == self.filter
    }

    /// What a table has of these keys. Keys of one subject stand together.
    fn of<'a, T>(&'a self, table: &'a BTreeMap<Key, T>) -> impl Iterator<Item = &'a T> {
        table
            .range(Key::of(self.subject, None)..)
            .take_while(|(key, _)| key.subject == self.subject)
            .filter(|(key, _)| self.has(key))
            .map(|(_, value)| value)
    }
}

fn add(cells: &BTreeMap<Key, Box<Counts>>, wanted: &Wanted, counts: &mut Counts) {
    for cell in wanted.of(cells) {
        counts.merge(cell);
    }
}
