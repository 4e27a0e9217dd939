//! Customers: when they come, what they want, how long they wait.

use super::{Company, Happening};
use crate::stage::{Broken, Told};
use ringback_model::config::{
    AfterContact, Body, Code, Dispositions, Expected, Input as Config, List, ListPurpose,
    QueueBody, VirtualQueueBody, WrapUp,
};
use ringback_model::interaction::{Input as It, StopCause, Submission};
use ringback_model::place::Place;
use ringback_model::route::Ask;
use ringback_model::target::{Expression, Step, Target};
use ringback_model::value::UserData;
use ringback_model::{Input, InteractionId, Medium, Millis, Name, Tier};
use std::collections::BTreeMap;

const LINES: [&str; 3] = ["service", "sales", "mail"];
/// Media and how many in 100 customers use them.
const MEDIA: [(Medium, u64); 3] = [(Medium::Voice, 45), (Medium::Chat, 40), (Medium::Email, 15)];
/// How long a customer is served on average, in milliseconds.
pub(super) const HANDLED: u64 = 180_000;
const PATIENCE: u64 = 240_000;

pub(super) fn name(text: &str) -> Name {
    text.parse().expect("the company's names are names")
}

pub(super) fn queues() -> Vec<Input> {
    let after = |wrap_up, seconds: Option<u64>| AfterContact {
        wrap_up,
        wrap_up_for: seconds.map(Millis::seconds),
    };
    let results = List {
        display_name: String::new(),
        purpose: ListPurpose::Disposition,
        codes: vec![Code {
            code: "solved".to_owned(),
            display_name: String::new(),
        }],
    };
    let results = Config::Put {
        name: name("results"),
        body: Box::new(Body::List(results)),
        expected: Expected::Absent,
    };
    let queue = Config::PutQueue {
        name: name("inbound"),
        body: QueueBody {
            wrap_up: BTreeMap::from([
                (Medium::Voice, after(WrapUp::Timed, Some(20))),
                (Medium::Chat, after(WrapUp::Manual, None)),
            ]),
            dispositions: Some(Dispositions {
                list: name("results"),
                mandatory: true,
            }),
            ..QueueBody::default()
        },
        expected: Expected::Absent,
    };
    let lines = LINES.map(|line| Config::PutVirtualQueue {
        name: name(line),
        body: VirtualQueueBody::default(),
        expected: Expected::Absent,
    });
    [results, queue]
        .into_iter()
        .chain(lines)
        .map(Input::Config)
        .collect()
}

impl Company {
    /// One customer comes, and the next one is on the way.
    pub(super) fn customer_comes(&mut self) -> Result<(), Broken> {
        if !self.is_open() {
            return Ok(());
        }
        let now = self.stage.now().engine;
        let next = Millis(1 + self.random.exponential(self.mean_gap()));
        self.later(now, next, Happening::CustomerComes);
        self.count("customers came");
        let input = self.wish();
        let id = u128::from(self.random.bits());
        let told = self.tell_once(id, &input)?;
        if self.random.chance(2) {
            self.repeats(id, &input)?;
        }
        let Some(interaction) = submitted(&told) else {
            return Ok(());
        };
        let patience = Millis(1_000 + self.random.exponential(PATIENCE));
        self.later(now, patience, Happening::PatienceEnds(interaction));
        Ok(())
    }

    /// The mean time between two customers, in milliseconds; every second half hour is busy.
    fn mean_gap(&self) -> u64 {
        let busy = (self.stage.now().engine.0 / 1_800_000).is_multiple_of(2);
        let load = u64::from(self.plan.load) * if busy { 13 } else { 7 } / 10;
        HANDLED * 100 / (u64::from(self.plan.agents).max(1) * load.max(1))
    }

    /// The answer got lost on the way; the same request comes again.
    fn repeats(&mut self, id: u128, input: &Input) -> Result<(), Broken> {
        self.count("requests repeated");
        match self.tell_once(id, input)? {
            Told::Again(..) => Ok(()),
            Told::Refused(_) => Ok(()),
            other => Err(self.broken(&format!("a repeated request was carried out: {other:?}"))),
        }
    }

    fn wish(&mut self) -> Input {
        let medium = self.medium();
        let line = match medium {
            Medium::Email => "mail",
            _ => LINES[self.random.below(2) as usize],
        };
        let tier = if self.random.chance(5) { 1 } else { 0 };
        let ask = Ask {
            virtual_queue: name(line),
            target: self.target(),
            tier: None,
            credit: Millis(if self.random.chance(3) { 60_000 } else { 0 }),
            selection: ringback_model::Rare::none(),
            targets: None,
        };
        Input::Interaction(It::Submit(Box::new(Submission {
            queue: name("inbound"),
            medium,
            kind: name("inbound"),
            subkind: None,
            tier: Tier(tier),
            contact: None,
            parent: None,
            user_data: UserData::default(),
            route: Some(ask),
            said: ringback_model::Rare::none(),
        })))
    }

    fn medium(&mut self) -> Medium {
        let mut drawn = self.random.below(100);
        for (medium, share) in MEDIA {
            if drawn < share {
                return medium;
            }
            drawn -= share;
        }
        Medium::Voice
    }

    /// Somebody good at first, somebody fair after a while, anybody in the end.
    fn target(&mut self) -> Target {
        let subject = *self.random.one_of(&super::agents::SUBJECTS);
        let level = 1 + self.random.below(3);
        let step = |text: &str, seconds| Step {
            expression: text
                .parse::<Expression>()
                .expect("what customers want is an expression"),
            after: Millis::seconds(seconds),
        };
        let steps = vec![
            step(&format!("English>=1 & {subject}>={level}"), 0),
            step(&format!("{subject}>=1"), 30),
            step("English>=1", 90),
        ];
        Target::new(steps).expect("the steps grow from 0")
    }

    /// Who is not being served yet goes away.
    pub(super) fn patience_ends(&mut self, id: InteractionId) -> Result<(), Broken> {
        let waits = self
            .stage
            .state()
            .interaction(id)
            .is_some_and(|it| it.place != Place::Handling);
        if !waits {
            return Ok(());
        }
        self.count("customers gave up");
        let stop = Input::Interaction(It::Stop {
            interaction: id,
            cause: StopCause::Abandoned,
        });
        self.tell(&stop)?;
        Ok(())
    }
}

fn submitted(told: &Told) -> Option<InteractionId> {
    match ringback_engine::outcome(told.events()) {
        ringback_model::Outcome::Submitted { interaction, .. } => Some(interaction),
        _ => None,
    }
}
