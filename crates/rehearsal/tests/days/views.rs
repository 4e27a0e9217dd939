//! Views in a tiny world: one queue, three views that overlap, nobody to take anything. Watched by
//! somebody who knows the rules and counts from the events alone.

use proptest::collection::vec;
use proptest::prelude::*;
use ringback_engine::State;
use ringback_model::config::{self, Body, Expected, HandOver, Settings, View, ViewRoute};
use ringback_model::interaction::{
    self, Change, Doer, Event as Happened, Handed, Interaction, StopCause, Submission,
};
use ringback_model::place::Place;
use ringback_model::target::Target;
use ringback_model::value::{UserData, Value};
use ringback_model::{
    EngineTime, Event, Input, InteractionId, Medium, Millis, Name, Now, Rare, Tier, route,
};
use ringback_rehearsal::{Care, Stage};
use std::collections::BTreeMap;

/// A view as the one who watches knows it; first the one that goes first.
struct Rule {
    name: &'static str,
    condition: &'static str,
    holds: fn(&Interaction) -> bool,
    segments_of: Option<u32>,
    pull_max: u32,
    check_every: Millis,
    priority: i16,
}

const RULES: [Rule; 3] = [
    Rule {
        name: "last-by-name-first-by-priority",
        condition: "user.m = 'a'",
        holds: |it| matter(it) == Some("a"),
        segments_of: Some(2),
        pull_max: 2,
        check_every: Millis::seconds(2),
        priority: 1,
    },
    Rule {
        name: "all",
        condition: "tier >= 1",
        holds: |it| it.tier >= Tier(1),
        segments_of: None,
        pull_max: 1,
        check_every: Millis::seconds(3),
        priority: 0,
    },
    Rule {
        name: "rest",
        condition: "",
        holds: |_| true,
        segments_of: Some(1),
        pull_max: 5,
        check_every: Millis::seconds(2),
        priority: 0,
    },
];

fn matter(it: &Interaction) -> Option<&str> {
    match it.user_data.open.get("m") {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

impl Rule {
    fn put(&self) -> Input {
        let nobody = "Nobody>=9".parse().expect("an expression");
        let view = View {
            queue: name("inbox"),
            display_name: String::new(),
            condition: self.condition.to_owned(),
            order: "tier DESC".to_owned(),
            parameters: BTreeMap::new(),
            segment_by: self.segments_of.map(|_| "m".to_owned()),
            segment_max: self.segments_of,
            pull_max: self.pull_max,
            check_every: self.check_every,
            priority: self.priority,
            hand_over: Some(Box::new(HandOver::Route(ViewRoute {
                virtual_queue: name("support"),
                target: Target::fixed(nobody),
                tier: None,
                selection: Rare::none(),
            }))),
        };
        Input::Config(config::Input::Put {
            name: name(self.name),
            body: Box::new(Body::View(view)),
            expected: Expected::Any,
        })
    }
}

/// Who watches.
#[derive(Default)]
struct Watch {
    /// By which rule and in which segment something is under way.
    under_way: BTreeMap<InteractionId, (usize, Option<String>)>,
    /// When each rule last handed over something.
    pulled: [EngineTime; 3],
    /// For which rule something could be pulled, and since when it was not.
    waits: BTreeMap<InteractionId, (usize, EngineTime)>,
    wrong: Vec<String>,
}

impl Watch {
    fn see(&mut self, state: &State, now: Now, event: &Event) {
        match event {
            Event::Interaction(Happened::Handed {
                of, view, pulls, ..
            }) => {
                let by = state.object(*view).map(|it| it.name.as_str());
                let it = state.interaction(of.interaction).expect("it is open");
                let first = first_of(it);
                if by != Some(RULES[first].name) {
                    let wanted = RULES[first].name;
                    (self.wrong).push(format!("{} by {by:?}, not by {wanted}", it.id));
                }
                if *pulls > Handed::PULLS_MAX {
                    self.wrong.push(format!("{} for time {pulls}", it.id));
                }
                let segment = RULES[first].segments_of.and(matter(it));
                let segment = segment.map(str::to_owned);
                self.under_way.insert(it.id, (first, segment.clone()));
                self.pulled[first] = now.engine;
                if self.count(first, segment.as_deref()) > most(first) {
                    self.wrong.push(format!("too many with {}", it.id));
                }
            }
            Event::Interaction(Happened::Placed { of, .. } | Happened::Stopped { of, .. })
            | Event::Route(route::Event::Cancelled {
                of, rests: true, ..
            }) => {
                self.under_way.remove(&of.interaction);
            }
            _ => {}
        }
    }

    fn count(&self, rule: usize, segment: Option<&str>) -> u32 {
        let same = |it: &&(usize, Option<String>)| it.0 == rule && it.1.as_deref() == segment;
        u32::try_from(self.under_way.values().filter(same).count()).expect("few")
    }

    /// Nothing that may be pulled waits for longer than two looks in which its view pulls
    /// nothing else.
    fn look(&mut self, state: &State, now: EngineTime) {
        for id in state.open_ids() {
            let it = state.interaction(id).expect("it is open");
            let rule = first_of(it);
            let locked = it.more.get().is_some_and(|more| more.lock.is_some());
            let left_alone = it.handed().is_some_and(|it| it.pulls == Handed::PULLS_MAX);
            let segment = RULES[rule].segments_of.and(matter(it));
            let room = self.count(rule, segment) < most(rule);
            if it.place != Place::Queue || locked || left_alone || !room {
                self.waits.remove(&id);
                continue;
            }
            let (before, since) = *self.waits.entry(id).or_insert((rule, now));
            if before != rule || self.pulled[rule] >= since {
                self.waits.insert(id, (rule, now));
            } else if now > since + RULES[rule].check_every + RULES[rule].check_every {
                self.wrong
                    .push(format!("{id} waits since {since} at {now}"));
            }
        }
        for (rule, it) in RULES.iter().enumerate() {
            let view = state.object_named(config::Kind::View, &name(it.name));
            let told: u32 = view
                .map(|view| state.under_way(view.id).map(|(_, count)| count).sum())
                .unwrap_or_default();
            let counted = self.under_way.values().filter(|(by, _)| *by == rule);
            if told as usize != counted.count() {
                self.wrong
                    .push(format!("{} counts {told} at {now}", it.name));
            }
        }
    }
}

fn first_of(it: &Interaction) -> usize {
    let first = RULES.iter().position(|rule| (rule.holds)(it));
    first.expect("the last one holds everything")
}

fn most(rule: usize) -> u32 {
    RULES[rule].segments_of.unwrap_or(u32::MAX)
}

fn submitted(what: u8) -> Input {
    let mut user_data = UserData::default();
    if let Some(matter) = [None, Some("a"), Some("b")][usize::from(what % 3)] {
        let value = Value::Text(matter.to_owned());
        user_data.open.insert("m".to_owned(), value);
    }
    let new = Submission {
        queue: name("inbox"),
        medium: Medium::Email,
        kind: name("inbound"),
        subkind: None,
        tier: Tier(i16::from(what / 3 % 2)),
        contact: None,
        parent: None,
        user_data,
        route: None,
        said: Rare::none(),
    };
    Input::Interaction(interaction::Input::Submit(Box::new(new)))
}

/// What somebody does; nothing if there is nothing to do it with.
fn input(state: &State, [what, which]: [u8; 2]) -> Option<Input> {
    if what < 90 {
        return Some(submitted(which));
    }
    let open = state.open_ids();
    let id = *open.get(usize::from(which) % open.len().max(1))?;
    let it = state.interaction(id)?;
    let by = Doer::Supervisor;
    Some(match what {
        90..=179 => Input::Route(route::Input::Cancel {
            request: *it.requests.first()?,
        }),
        180..=199 => Input::Interaction(interaction::Input::Stop {
            interaction: id,
            cause: StopCause::Abandoned,
        }),
        200..=224 => Input::Interaction(interaction::Input::Change {
            interaction: id,
            by,
            change: Box::new(Change {
                tier: Some(Tier(i16::from(what % 2))),
                ..Change::default()
            }),
            expected: None,
        }),
        225..=240 => Input::Interaction(interaction::Input::Lock {
            interaction: id,
            by,
        }),
        _ => Input::Interaction(interaction::Input::Unlock {
            interaction: id,
            by,
        }),
    })
}

fn settings() -> Input {
    let settings = Settings {
        open_keys: ["m".to_owned()].into(),
        ..Settings::default()
    };
    Input::Config(config::Input::PutSettings {
        settings: Box::new(settings),
        expected: Expected::Any,
    })
}

fn world() -> Vec<Input> {
    let queue = Input::Config(config::Input::PutQueue {
        name: name("inbox"),
        body: config::QueueBody::default(),
        expected: Expected::Any,
    });
    let line = Input::Config(config::Input::PutVirtualQueue {
        name: name("support"),
        body: config::VirtualQueueBody::default(),
        expected: Expected::Any,
    });
    let views = RULES.iter().map(Rule::put);
    [settings(), queue, line].into_iter().chain(views).collect()
}

/// Plays; what was wrong, and how much was handed over.
fn play(moves: &[([u8; 2], u8)]) -> Result<usize, TestCaseError> {
    let broken = |broken: ringback_rehearsal::Broken| TestCaseError::fail(broken.to_string());
    let mut stage = Stage::new(Care::Full);
    let (mut watch, mut handed) = (Watch::default(), 0);
    for input in world() {
        stage.tell(&input).map_err(broken)?;
    }
    for (it, seconds) in moves {
        for _ in 0..seconds % 4 {
            let next = stage.now().engine + Millis::seconds(1);
            let see = &mut |state: &State, now: Now, event: &Event| {
                handed += usize::from(event.name() == "interaction.handed");
                watch.see(state, now, event);
            };
            stage.pass_until(next, see).map_err(broken)?;
            watch.look(stage.state(), next);
        }
        if let Some(input) = input(stage.state(), *it) {
            let see = &mut |state: &State, now: Now, event: &Event| watch.see(state, now, event);
            stage.tell_and_see(&input, see).map_err(broken)?;
        }
        watch.look(stage.state(), stage.now().engine);
    }
    prop_assert!(watch.wrong.is_empty(), "{}", watch.wrong.join("\n"));
    Ok(handed)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if std::env::var_os("RINGBACK_SOAK").is_some() { 10_000 } else { 100 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn views_pull_what_is_theirs_in_time_and_never_too_much(
        moves in vec((any::<[u8; 2]>(), any::<u8>()), 0..120),
    ) {
        play(&moves)?;
    }
}

#[test]
fn views_of_a_long_day_pull_often() {
    let mut random = ringback_rehearsal::Random::new(7);
    let mut byte = || u8::try_from(random.bits() % 256).expect("a byte");
    let moves: Vec<_> = (0..400).map(|_| ([byte(), byte()], byte())).collect();
    let handed = play(&moves).expect("nothing is wrong");
    assert!(handed > 100, "only {handed} were handed over");
}
