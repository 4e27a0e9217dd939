//! The room that carries notices out, and fails now and then.

use super::{Company, Happening};
use crate::stage::Broken;
use ringback_model::config::{Expected, Input as Config, Settings};
use ringback_model::effect::{Event as It, Input as Room, Report};
use ringback_model::{EffectId, EngineTime, Event, Input, Millis};

pub(super) fn settings() -> Input {
    let settings = Settings {
        offer_ttl: Millis::seconds(20),
        results_kept: Millis::seconds(3_600),
        notices: true,
        ..Settings::default()
    };
    Input::Config(Config::PutSettings {
        settings: Box::new(settings),
        expected: Expected::Any,
    })
}

impl Company {
    /// The room sees what is asked of it.
    pub(super) fn room_looks(&mut self, at: EngineTime, event: &Event) {
        let (effect, from) = match event {
            Event::Effect(It::Issued(order)) => (order.id, at),
            Event::Effect(It::Retried { effect, from, .. }) => (*effect, *from),
            _ => return,
        };
        let soon = Millis(10 + self.random.below(100));
        self.later(from, soon, Happening::RoomStarts(effect));
    }

    pub(super) fn room_starts(&mut self, effect: EffectId) -> Result<(), Broken> {
        let told = self.tell(&Input::Effect(Room::Start { effect }))?;
        if !told.events().is_empty() {
            let now = self.stage.now().engine;
            let span = Millis(5 + self.random.exponential(300));
            self.later(now, span, Happening::RoomReports(effect));
        }
        Ok(())
    }

    pub(super) fn room_reports(&mut self, effect: EffectId) -> Result<(), Broken> {
        let report = match self.random.below(100) {
            0 => Report::Impossible {
                problem: "no such address".to_owned(),
            },
            1..=10 => Report::Failed {
                problem: "connection refused".to_owned(),
            },
            _ => Report::Done,
        };
        self.count("notices reported");
        self.tell(&Input::Effect(Room::Report { effect, report }))?;
        Ok(())
    }
}
