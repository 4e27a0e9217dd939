//! Random days in the tiny world.

use ringback_model::{AgentId, Event, Input, Now};
use ringback_rehearsal::moves::{self, Move};
use ringback_rehearsal::{Broken, Care, Random, Stage, Told};

/// A day that is played, and all that was told.
pub(crate) struct Day {
    pub(crate) stage: Stage,
    pub(crate) inputs: Vec<(Now, Input)>,
    pub(crate) events: Vec<(Now, Event)>,
    /// Who hears of each event.
    pub(crate) heard: Vec<Vec<AgentId>>,
}

impl Day {
    /// A day in the tiny world, everybody logged in.
    pub(crate) fn begin() -> Result<Self, Broken> {
        let mut day = Self {
            stage: Stage::new(Care::Full),
            inputs: Vec::new(),
            events: Vec::new(),
            heard: Vec::new(),
        };
        for input in moves::world() {
            day.tell(&input)?;
        }
        // Views that are new look at once.
        day.catch_up()?;
        Ok(day)
    }

    pub(crate) fn tell(&mut self, input: &Input) -> Result<Told, Broken> {
        let now = self.stage.now();
        self.inputs.push((now, input.clone()));
        let told = self.stage.tell(input)?;
        let before = self.heard.len();
        let named = told.events().iter().map(Event::agent);
        self.heard.extend(named.map(Vec::from_iter));
        if matches!(told, Told::Taken(_)) {
            for others in self.stage.others() {
                self.heard[before + others.event as usize].extend(&others.agents);
            }
        }
        let happened = told.events().iter().cloned();
        self.events.extend(happened.map(|event| (now, event)));
        Ok(told)
    }

    /// Lets what is due happen, one input at a time.
    pub(crate) fn catch_up(&mut self) -> Result<(), Broken> {
        while self.is_due() {
            self.tell(&ringback_rehearsal::stage::due_now())?;
        }
        Ok(())
    }

    fn is_due(&self) -> bool {
        let next = self.stage.state().next_deadline();
        next.is_some_and(|due| due <= self.stage.now().engine)
    }

    /// Time passes, and what falls due happens when it is due.
    pub(crate) fn pass(&mut self, span: ringback_model::Millis) -> Result<(), Broken> {
        let until = self.stage.now().engine + span;
        while let Some(due) = self
            .stage
            .state()
            .next_deadline()
            .filter(|due| *due <= until)
        {
            let wait = due.since(self.stage.now().engine);
            self.stage.fall_behind(wait);
            self.tell(&ringback_rehearsal::stage::due_now())?;
        }
        let wait = until.since(self.stage.now().engine);
        self.stage.fall_behind(wait);
        Ok(())
    }

    /// One move and the pause before it.
    pub(crate) fn make(&mut self, it: &Move) -> Result<(Input, Told), Broken> {
        if moves::is_late(it) {
            self.stage.fall_behind(moves::pause(it));
        } else {
            self.pass(moves::pause(it))?;
        }
        let input = moves::input(self.stage.state(), it);
        let told = self.tell(&input)?;
        self.catch_up()?;
        Ok((input, told))
    }

    /// A whole day of moves.
    pub(crate) fn of(moves: &[Move]) -> Result<Self, Broken> {
        let mut day = Self::begin()?;
        for it in moves {
            day.make(it)?;
        }
        Ok(day)
    }
}

/// The moves of a seed.
pub(crate) fn moves_of(seed: u64, count: usize) -> Vec<Move> {
    let mut random = Random::new(seed);
    (0..count).map(|_| random.bits().to_le_bytes()).collect()
}
