//! Where the heart is played: a state, a follower, a clock, and someone who watches.

use crate::audit::Auditor;
use crate::calendar::Zones;
use crate::clock::Clock;
use ringback_engine::image::Restore;
use ringback_engine::statistics::{self, Book};
use ringback_engine::{Kept, State, decide, follow_and_tell, outcome};
use ringback_model::audience::Others;
use ringback_model::{EngineTime, Event, Input, Millis, Now, Outcome, Refused, node};

/// An invariant does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at {at}, after {input}: {}", .broken.join("; "))]
pub struct Broken {
    /// When.
    pub at: EngineTime,
    /// What was told.
    pub input: String,
    /// A sentence for each that is broken.
    pub broken: Vec<String>,
}

/// How closely the stage is watched. Looking at everything costs time in proportion to what is
/// open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Everything, after every input.
    Full,
    /// The audit of each event always; walks over everything after every `n`th input.
    Every(u64),
}

/// What became of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It was taken; this happened.
    Taken(Vec<Event>),
    /// It was turned down; nothing happened.
    Refused(Refused),
    /// It had been taken before; its first answer and the record that stands in.
    Again(Outcome, u64),
    /// Its id was used before for another input.
    OtherInput,
}

impl Told {
    /// What happened; nothing, unless it was taken.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        match self {
            Self::Taken(events) => events,
            _ => &[],
        }
    }
}

/// Someone who is shown each event and the state right after it.
pub type Viewer<'a> = &'a mut dyn FnMut(&State, Now, &Event);

/// A state that is played and watched.
#[derive(Debug)]
pub struct Stage {
    state: State,
    follower: State,
    clock: Clock,
    auditor: Auditor,
    book: Book,
    care: Care,
    sequence: u64,
    others: Vec<Others>,
}

/// How many timers fire in one input.
const DUE_MAX: u32 = 100;

impl Stage {
    /// A new, empty engine at time 0.
    #[must_use]
    pub fn new(care: Care) -> Self {
        Self {
            state: State::new(),
            follower: State::new(),
            clock: Clock::default(),
            auditor: Auditor::new(care == Care::Full),
            book: Book::new(),
            care,
            sequence: 0,
            others: Vec::new(),
        }
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the one who watches has counted.
    #[must_use]
    pub fn auditor(&self) -> &Auditor {
        &self.auditor
    }

    /// What was counted.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Now {
        self.clock.now()
    }

    /// Who hears of the events of the last input that was taken, beside the agents they name.
    #[must_use]
    pub fn others(&self) -> &[Others] {
        &self.others
    }

    /// How many inputs were told.
    #[must_use]
    pub fn told(&self) -> u64 {
        self.sequence
    }

    /// Tells an input.
    ///
    /// # Errors
    /// An invariant does not hold afterwards.
    pub fn tell(&mut self, input: &Input) -> Result<Told, Broken> {
        self.tell_and_see(input, &mut |_, _, _| {})
    }

    /// Tells an input and shows what happens, event by event.
    ///
    /// # Errors
    /// An invariant does not hold afterwards.
    pub fn tell_and_see(&mut self, input: &Input, see: Viewer<'_>) -> Result<Told, Broken> {
        self.take(None, input, see)
    }

    /// Tells an input under an id. An id that was taken before gets its first answer.
    ///
    /// # Errors
    /// An invariant does not hold afterwards.
    pub fn tell_once(&mut self, id: u128, input: &Input, see: Viewer<'_>) -> Result<Told, Broken> {
        if let Some((fingerprint, outcome, sequence)) = self.state.answered(id) {
            return Ok(if fingerprint == fingerprint_of(input) {
                Told::Again(outcome, sequence)
            } else {
                Told::OtherInput
            });
        }
        self.take(Some(id), input, see)
    }

    fn take(&mut self, id: Option<u128>, input: &Input, see: Viewer<'_>) -> Result<Told, Broken> {
        self.sequence += 1;
        let now = self.clock.now();
        let full = match self.care {
            Care::Full => true,
            Care::Every(n) => self.sequence.is_multiple_of(n),
        };
        let mut broken = Vec::new();
        let before = self.state.digest();
        let foretold = full.then(|| decide(&self.state, now, input));
        let told = match decide(&self.state, now, input) {
            Ok(decided) => {
                let (events, others) = follow_and_tell(&mut self.state, now, decided);
                self.others = others;
                if let Some(Ok(decided)) = &foretold
                    && events.get(..decided.len()) != Some(decided.as_slice())
                {
                    broken.push("deciding twice gave different events".to_owned());
                }
                self.follow(now, &events, see, &mut broken);
                if let Some(id) = id {
                    self.keep(id, input, &events);
                }
                Told::Taken(events)
            }
            Err(refused) => {
                if self.state.digest() != before {
                    broken.push(format!("refused ({refused}), yet something changed"));
                }
                Told::Refused(refused)
            }
        };
        if self.state.digest() != self.follower.digest() {
            broken.push("the follower came to another state".to_owned());
        }
        if full {
            self.look_at_everything(now, &mut broken);
        }
        if broken.is_empty() {
            return Ok(told);
        }
        Err(Broken {
            at: now.engine,
            input: format!("{input:?}"),
            broken,
        })
    }

    /// Lets the follower apply the events, one by one, under the eyes of auditor and viewer.
    fn follow(&mut self, now: Now, events: &[Event], see: Viewer<'_>, broken: &mut Vec<String>) {
        for event in events {
            self.auditor.before(&self.follower, now, event, broken);
            self.follower.apply(event);
            self.auditor.after(&self.follower, event, broken);
            self.book.apply(&Zones, event, now);
            see(&self.follower, now, event);
        }
    }

    fn keep(&mut self, id: u128, input: &Input, events: &[Event]) {
        let kept = Kept {
            id,
            fingerprint: fingerprint_of(input),
            outcome: outcome(events),
            sequence: self.sequence,
            at: self.clock.now().engine,
        };
        self.state.remember(kept);
        self.follower.remember(kept);
    }

    fn look_at_everything(&self, now: Now, broken: &mut Vec<String>) {
        if let Err(sentences) = self.state.check(now) {
            broken.extend(sentences);
        }
        self.auditor.books(&self.state, broken);
        broken.extend(self.book.differs_from(&self.state));
        let tallies = self.book.not_written(now);
        broken.extend(statistics::unbalanced(&tallies));
        broken.extend(self.book.miscounted(&tallies));
    }

    /// Looks at everything now, whatever the care.
    ///
    /// # Errors
    /// An invariant does not hold.
    pub fn inspect(&self) -> Result<(), Broken> {
        let mut broken = Vec::new();
        let now = self.clock.now();
        self.look_at_everything(now, &mut broken);
        if broken.is_empty() {
            return Ok(());
        }
        Err(Broken {
            at: now.engine,
            input: "a look at everything".to_owned(),
            broken,
        })
    }

    /// Lets time pass until `to`; what falls due in between happens when it is due.
    ///
    /// # Errors
    /// An invariant does not hold afterwards.
    pub fn pass_until(&mut self, to: EngineTime, see: Viewer<'_>) -> Result<(), Broken> {
        while let Some(due) = self.state.next_deadline().filter(|due| *due <= to) {
            self.clock.go_to(due);
            let told = self.tell_and_see(&due_now(), see)?;
            if told.events().is_empty() {
                return Err(Broken {
                    at: due,
                    input: "a timer that is due".to_owned(),
                    broken: vec!["it does not fire".to_owned()],
                });
            }
        }
        self.clock.go_to(to);
        Ok(())
    }

    /// Lets time pass without anything that falls due happening: the engine is behind.
    pub fn fall_behind(&mut self, by: Millis) {
        self.clock.go_on(by);
    }

    /// Stops the engine and opens it again after `outage`: the state is read back from its
    /// parts, desks have to come back, overdue timers fire.
    ///
    /// # Errors
    /// An invariant does not hold afterwards.
    pub fn restart(&mut self, outage: Millis, see: Viewer<'_>) -> Result<(), Broken> {
        self.state = read_back(&self.state);
        self.clock.go_on(outage);
        let opened = node::Input::Opened {
            outage,
            clock_off: 0,
        };
        self.tell_and_see(&Input::Node(opened), see)?;
        self.pass_until(self.clock.now().engine, see)
    }

    /// The wall clock jumps and the node notices.
    ///
    /// # Errors
    /// An invariant does not hold afterwards.
    pub fn wall_jumps(&mut self, by: i64, see: Viewer<'_>) -> Result<(), Broken> {
        self.clock.set_wall(by);
        self.tell_and_see(&Input::Node(node::Input::ClockJumped { by }), see)?;
        Ok(())
    }
}

/// The state read back from its parts, as after a restart.
#[must_use]
pub fn read_back(state: &State) -> State {
    let mut again = Restore::default();
    for part in state.parts() {
        again.add(part.ready());
    }
    again.finish()
}

/// The input by which what is due happens.
#[must_use]
pub const fn due_now() -> Input {
    Input::Node(node::Input::Due { limit: DUE_MAX })
}

/// Tells inputs apart (FNV-1a over how they print).
fn fingerprint_of(input: &Input) -> u64 {
    let text = format!("{input:?}");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
