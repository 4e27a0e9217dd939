//! What several tests need.

use std::collections::VecDeque;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringback_scxml::ecmascript::{Pool, Settings, Told};
use ringback_scxml::{
    Broken, Chart, Effect, Event, Input, NoTrace, Options, Platform, Route, SCXML, Session, Value,
    compile,
};

/// A folder of the conformance data; if it is not there, that is said and noted.
pub(crate) fn conformance(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("RINGBACK_CONFORMANCE_DIR").map_or_else(
        || root.join("../shared/conformance"),
        |folder| root.join(folder),
    );
    let folder = data.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    let why = format!(
        "{} is not there; RINGBACK_CONFORMANCE_DIR names another folder",
        folder.display()
    );
    skip(&format!("scxml conformance {name}"), &why);
    None
}

/// Says that something is left out, and notes it in the log of skips when one is kept.
pub(crate) fn skip(what: &str, why: &str) {
    println!("SKIPPED {what}: {why}");
    let Some(log) = std::env::var_os("RINGBACK_SKIP_LOG") else {
        return;
    };
    let mut log = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(log)
        .unwrap();
    writeln!(log, "{what}: {why}").unwrap();
}

/// A document around states, with the usual head.
pub(crate) fn document(inside: &str) -> String {
    format!("<scxml xmlns=\"{SCXML}\" version=\"1.0\" datamodel=\"ecmascript\">{inside}</scxml>")
}

pub(crate) fn compiled(inside: &str) -> Arc<Chart> {
    match compile(
        "test.scxml",
        document(inside).as_bytes(),
        &Options::default(),
    ) {
        Ok(compiled) => compiled.chart,
        Err(refused) => panic!("{refused}"),
    }
}

/// One session in a pool, and all it has logged.
pub(crate) struct Play {
    pub(crate) chart: Arc<Chart>,
    pub(crate) pool: Pool,
    pub(crate) session: Session,
    pub(crate) logs: Vec<String>,
    pub(crate) lost: Vec<String>,
    pub(crate) broken: Option<Broken>,
    pub(crate) resident: bool,
    now: i64,
}

impl Play {
    /// Starts a session of a document around these states.
    pub(crate) fn start(inside: &str) -> Play {
        Play::with(inside, Settings::default())
    }

    pub(crate) fn with(inside: &str, settings: Settings) -> Play {
        let mut play = Play::ready(compiled(inside), settings);
        play.give(Input::Start(Vec::new()));
        play
    }

    pub(crate) fn ready(chart: Arc<Chart>, settings: Settings) -> Play {
        Play {
            chart,
            resident: settings.resident > 0,
            pool: Pool::new(settings),
            session: Session::new("s1"),
            logs: Vec::new(),
            lost: Vec::new(),
            broken: None,
            now: 0,
        }
    }

    pub(crate) fn give(&mut self, input: Input) {
        let mut waiting = VecDeque::from([input]);
        while let Some(input) = waiting.pop_front() {
            self.now += 1;
            let told = Told::at(self.now, 1_767_225_600_000 + self.now, self.now as u64);
            let (chart, platform) = (Arc::clone(&self.chart), Platform::default());
            let (pool, session) = (&mut self.pool, &mut self.session);
            let stepped = if self.resident {
                pool.step_resident(&chart, &platform, session, told, input, &mut NoTrace)
            } else {
                pool.step(&chart, &platform, session, told, input, &mut NoTrace)
            };
            match stepped {
                Ok(stepped) => {
                    self.lost.extend(stepped.lost);
                    for effect in stepped.effects {
                        match effect {
                            Effect::Log { label, value, .. } => {
                                let label =
                                    label.map(|label| format!("{label}: ")).unwrap_or_default();
                                self.logs.push(label + &value.to_text());
                            }
                            Effect::Send(send) if send.route == Route::Own => {
                                waiting.push_back(Input::Event(send.event));
                            }
                            _ => {}
                        }
                    }
                }
                Err(broken) => self.broken = Some(broken),
            }
        }
    }

    pub(crate) fn send(&mut self, name: &str) {
        self.give(Input::Event(Event::new(name, Value::Undefined)));
    }

    pub(crate) fn active(&self) -> Vec<&str> {
        self.session.active_atomic(&self.chart)
    }

    pub(crate) fn take_logs(&mut self) -> Vec<String> {
        std::mem::take(&mut self.logs)
    }
}
