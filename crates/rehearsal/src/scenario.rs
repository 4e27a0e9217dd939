//! Scenarios: files of plain lines that a contact-centre person can read.
//!
//! A plain line is something that happens at a time; lines that begin with `>` are what came of
//! it; `#` begins a comment. [`play`] reads the plain lines, plays them on a [`Stage`] and gives
//! the whole text back with the `>` lines that belong in it: the transcript. The transcript is
//! the golden file.
//!
//! ```text
//! # The first agent does not answer; the customer keeps the first place.
//! 0s agent anna English=3 chat:1
//! 2s submit chat to inbox wants English>=2 in support
//! > i1 submitted to inbox
//! > r1 of i1 waits in support, 0 ahead
//! ```
//!
//! Between two lines time passes, and what falls due happens when it is due; it is told with
//! its own time (`> 32s: o1 lapsed ...`). The words of the language stand in
//! `docs/reference/scenarios.md`, the grammar in one table in `scenario/read.rs`.

mod ask;
mod configure;
mod count;
mod handling;
mod logins;
mod read;
mod say;
mod words;

use crate::stage::{Broken, Care, Stage};
use read::{Command, Line};
use ringback_engine::State;
use ringback_model::{EngineTime, Event, Now};
use words::Fault;

/// A scenario that cannot be played on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// A line is not understood.
    #[error("{file}:{line}: {problem}; expected {expected}")]
    Line {
        /// Which file.
        file: String,
        /// Which line, counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
        /// What could stand there.
        expected: String,
    },
    /// The heart broke an invariant.
    #[error("{file}:{line}: {broken}")]
    Broken {
        /// Which file.
        file: String,
        /// Which line, counted from 1.
        line: usize,
        /// What is broken.
        broken: Broken,
    },
}

/// Plays a scenario and gives its transcript. `file` is named in errors.
///
/// # Errors
/// A line that is not understood, or an invariant that does not hold.
pub fn play(file: &str, text: &str) -> Result<String, ScenarioError> {
    let mut play = Play::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('>') {
            continue;
        }
        play.out(line);
        play.line(line)
            .map_err(|trouble| trouble.at(file, index + 1))?;
    }
    Ok(play.transcript)
}

enum Trouble {
    Fault(Fault),
    Broken(Broken),
}

impl Trouble {
    fn at(self, file: &str, line: usize) -> ScenarioError {
        let file = file.to_owned();
        match self {
            Self::Fault(Fault { problem, expected }) => ScenarioError::Line {
                file,
                line,
                problem,
                expected,
            },
            Self::Broken(broken) => ScenarioError::Broken { file, line, broken },
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

struct Play {
    stage: Stage,
    shown: Shown,
    transcript: String,
}

/// Which facts for reports are told; off until a scenario asks for them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shown {
    pub(crate) segments: bool,
    pub(crate) intervals: bool,
}

impl Play {
    fn new() -> Self {
        Self {
            stage: Stage::new(Care::Full),
            shown: Shown::default(),
            transcript: String::new(),
        }
    }

    fn out(&mut self, line: &str) {
        self.transcript.push_str(line);
        self.transcript.push('\n');
    }

    fn tell(&mut self, sentences: Vec<String>) {
        for sentence in sentences {
            self.out(&format!("> {sentence}"));
        }
    }

    fn line(&mut self, text: &str) -> Result<(), Trouble> {
        // Time first: what happens until then may be what the line speaks of.
        if let Some(at) = read::time_of(text)? {
            self.pass_until(at)?;
        }
        let Line(Some(command)) = read::line(self.stage.state(), text)? else {
            return Ok(());
        };
        self.command(command)
    }

    fn pass_until(&mut self, at: EngineTime) -> Result<(), Trouble> {
        let now = self.stage.now().engine;
        if at < now {
            let problem = format!("the time {at} is before the line above, at {now}");
            return Err(Fault::new(problem, "a time that does not go back").into());
        }
        let (shown, mut sentences) = (self.shown, Vec::new());
        let see = &mut |state: &State, at: Now, event: &Event| {
            let said = say::event(state, shown, event);
            sentences.extend(said.map(|said| format!("{}: {said}", at.engine)));
        };
        self.stage.pass_until(at, see)?;
        self.tell(sentences);
        Ok(())
    }

    fn command(&mut self, command: Command) -> Result<(), Trouble> {
        let (shown, mut sentences) = (self.shown, Vec::new());
        let see = &mut |state: &State, _: Now, event: &Event| {
            sentences.extend(say::event(state, shown, event));
        };
        match command {
            Command::Tick => {}
            Command::Tell(input) => {
                let told = self.stage.tell_and_see(&input, see)?;
                sentences.extend(say::told(&told));
            }
            Command::Once(id, input) => {
                let told = self.stage.tell_once(id, &input, see)?;
                sentences.extend(say::told(&told));
            }
            Command::Restart(outage) => self.stage.restart(outage, see)?,
            Command::WallJumps(by) => self.stage.wall_jumps(by, see)?,
            Command::Show(show) => self.shown = show(self.shown),
            Command::Ask(question) => sentences = ask::answer(&self.stage, &question),
        }
        self.tell(sentences);
        Ok(())
    }
}
