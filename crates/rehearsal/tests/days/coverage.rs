//! How often random days meet each pair of place and input, each event and each refusal. A zero
//! that is not listed, with its reason, fails: a test that never met a case proves nothing
//! about it.

use crate::day::{Day, moves_of};
use ringback_engine::State;
use ringback_model::place::Place;
use ringback_model::{Input, InteractionId, interaction, offer, route};
use ringback_rehearsal::{Told, moves};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const PLACES: [&str; 7] = [
    "queue", "routing", "offer", "handling", "workbin", "stopped", "unknown",
];
const INPUTS: [&str; 18] = [
    "request",
    "change-request",
    "cancel",
    "answer",
    "complete",
    "stop",
    "place",
    "pull",
    "change",
    "invite",
    "join",
    "leave",
    "hold",
    "resume",
    "lock",
    "unlock",
    "withdraw",
    "wrap",
];

/// Pairs that cannot be met, and why.
const PAIRS_NEVER_MET: [(&str, &str, &str); 16] = [
    (
        "change-request",
        "workbin",
        "what lies in a workbin has no request",
    ),
    (
        "change-request",
        "queue",
        "an interaction at rest has no request",
    ),
    (
        "change-request",
        "handling",
        "its request is gone with the match",
    ),
    (
        "change-request",
        "stopped",
        "its request is gone with the end",
    ),
    ("cancel", "queue", "an interaction at rest has no request"),
    ("cancel", "handling", "its request is gone with the match"),
    ("cancel", "stopped", "its request is gone with the end"),
    ("answer", "queue", "an interaction at rest has no offer"),
    (
        "answer",
        "routing",
        "an offer that is over names no interaction",
    ),
    ("cancel", "workbin", "what lies in a workbin has no request"),
    (
        "answer",
        "workbin",
        "an offer that is over names no interaction",
    ),
    ("withdraw", "queue", "an interaction at rest has no offer"),
    (
        "withdraw",
        "routing",
        "an offer that is over names no interaction",
    ),
    (
        "withdraw",
        "workbin",
        "an offer that is over names no interaction",
    ),
    (
        "withdraw",
        "stopped",
        "an offer that is over names no interaction",
    ),
    (
        "answer",
        "stopped",
        "an offer that is over names no interaction",
    ),
];

/// Random days are about work; log-in touches none of it.
const LOGIN: &str = "log-in is held by tests of its own";

/// Lists of reasons would keep random words from ever ending anything.
const REASONS: &str = "held by the scenario reasons-from-lists";

/// Refusals random days do not meet, and why.
const REFUSALS_NEVER_MET: [(&str, &str); 11] = [
    (
        "interaction.too_many_parties",
        "takes nine agents; the tiny world has four, scenario too-many-take-part has nine",
    ),
    (
        "config.too_many",
        "takes 100,000 objects of a kind; held by a test of its own",
    ),
    (
        "effect.too_late",
        "an effect that is started too late is parked, which is an event and no refusal",
    ),
    ("interaction.reason", REASONS),
    ("agent.reason", REASONS),
    ("login.stale", LOGIN),
    ("login.code_used", LOGIN),
    ("login.link_over", LOGIN),
    ("login.unknown", LOGIN),
    ("login.not_enrolled", LOGIN),
    ("login.enrolled", LOGIN),
];

/// Events random days do not meet, and why.
const EVENTS_NEVER_MET: [(&str, &str); 7] = [
    (
        "node.results_forgotten",
        "random days tell no input under a key; scenario answers-are-forgotten does",
    ),
    (
        "node.refusals",
        "the door tells of them, and random days have none",
    ),
    ("login.policy_put", LOGIN),
    ("login.credentials_put", LOGIN),
    ("login.session_put", LOGIN),
    ("login.seen", LOGIN),
    ("login.session_ended", LOGIN),
];

#[derive(Default)]
struct Counts {
    pairs: BTreeMap<(&'static str, &'static str), u64>,
    refusals: BTreeMap<&'static str, u64>,
    events: BTreeMap<&'static str, u64>,
}

#[test]
fn random_days_meet_every_pair_every_event_and_every_refusal() {
    let counts = counted(120, 500);
    println!("{}", counts.table());
    let zeros = counts.unlisted_zeros();
    assert!(zeros.is_empty(), "never met: {}", zeros.join(", "));
    let listed = counts.listed_but_met();
    assert!(
        listed.is_empty(),
        "met, though listed as impossible: {}",
        listed.join(", ")
    );
}

fn counted(days: u64, moves: usize) -> Counts {
    let mut counts = Counts::default();
    for seed in 0..days {
        let mut day = Day::begin().expect("the tiny world");
        for it in moves_of(seed, moves) {
            let span = moves::pause(&it);
            day.pass(span)
                .unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
            let input = moves::input(day.stage.state(), &it);
            let pair = pair(day.stage.state(), &input);
            let told = day
                .tell(&input)
                .unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
            if let Some(pair) = pair {
                *counts.pairs.entry(pair).or_default() += 1;
            }
            if let Told::Refused(why) = told {
                *counts.refusals.entry(why.code()).or_default() += 1;
            }
            day.catch_up()
                .unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        }
        for (name, count) in day.stage.auditor().counts() {
            *counts.events.entry(name).or_default() += count;
        }
    }
    counts
}

/// The input by kind, and the place of the interaction it speaks of.
fn pair(state: &State, input: &Input) -> Option<(&'static str, &'static str)> {
    let at = |id: InteractionId| match state.interaction(id).map(|it| &it.place) {
        Some(Place::Queue) => "queue",
        Some(Place::Routing) => "routing",
        Some(Place::Offer { .. }) => "offer",
        Some(Place::Handling) => "handling",
        Some(Place::Workbin { .. }) => "workbin",
        Some(_) => "elsewhere",
        None if state.is_stopped(id) => "stopped",
        None => "unknown",
    };
    Some(match input {
        Input::Route(route::Input::Request { interaction, .. }) => ("request", at(*interaction)),
        Input::Route(route::Input::Change { request, .. }) => (
            "change-request",
            state
                .request(*request)
                .map_or("unknown", |it| at(it.interaction)),
        ),
        Input::Route(route::Input::Cancel { request }) => (
            "cancel",
            state
                .request(*request)
                .map_or("unknown", |it| at(it.interaction)),
        ),
        Input::Offer(offer::Input::Accept { offer, .. } | offer::Input::Reject { offer, .. }) => (
            "answer",
            state
                .offer(*offer)
                .map_or("unknown", |it| at(it.interaction)),
        ),
        Input::Interaction(interaction::Input::Complete { interaction, .. }) => {
            ("complete", at(*interaction))
        }
        Input::Interaction(interaction::Input::Stop { interaction, .. }) => {
            ("stop", at(*interaction))
        }
        Input::Offer(offer::Input::Withdraw { offer, .. }) => (
            "withdraw",
            state
                .offer(*offer)
                .map_or("unknown", |it| at(it.interaction)),
        ),
        Input::Interaction(it) => {
            let (input, id) = handling(it)?;
            (input, at(id))
        }
        _ => return None,
    })
}

fn handling(input: &interaction::Input) -> Option<(&'static str, InteractionId)> {
    use interaction::Input;
    Some(match input {
        Input::Place { interaction, .. } => ("place", *interaction),
        Input::Pull { interaction, .. } => ("pull", *interaction),
        Input::Change { interaction, .. } => ("change", *interaction),
        Input::Invite { interaction, .. } => ("invite", *interaction),
        Input::Join { interaction, .. } => ("join", *interaction),
        Input::Leave { interaction, .. } => ("leave", *interaction),
        Input::Hold { interaction, .. } => ("hold", *interaction),
        Input::Resume { interaction, .. } => ("resume", *interaction),
        Input::Lock { interaction, .. } => ("lock", *interaction),
        Input::Unlock { interaction, .. } => ("unlock", *interaction),
        Input::Wrap { interaction, .. } => ("wrap", *interaction),
        Input::Submit(_) | Input::Begin { .. } | Input::Complete { .. } | Input::Stop { .. } => {
            return None;
        }
    })
}

impl Counts {
    fn table(&self) -> String {
        let mut lines = vec!["input x place:".to_owned()];
        for input in INPUTS {
            let row = PLACES.map(|place| {
                let count = self.pairs.get(&(input, place)).copied().unwrap_or(0);
                format!("{place} {count}")
            });
            lines.push(format!("  {input}: {}", row.join(", ")));
        }
        for (what, counts) in [("events", &self.events), ("refusals", &self.refusals)] {
            lines.push(format!("{what}:"));
            lines.extend(
                counts
                    .iter()
                    .map(|(name, count)| format!("  {name} {count}")),
            );
        }
        lines.join("\n")
    }

    fn unlisted_zeros(&self) -> Vec<String> {
        let pairs = INPUTS
            .into_iter()
            .flat_map(|input| PLACES.map(|place| (input, place)));
        let pairs = pairs
            .filter(|pair| !self.pairs.contains_key(pair) && !is_listed(*pair))
            .map(|(input, place)| format!("{input} in place {place}"));
        let refusals = zeros("refused", &self.refusals, &REFUSALS_NEVER_MET);
        let events = zeros("event", &self.events, &EVENTS_NEVER_MET);
        pairs
            .chain(refusals.iter().map(|code| format!("refusal {code}")))
            .chain(events.iter().map(|name| format!("event {name}")))
            .collect()
    }

    /// The lists of exceptions only get shorter.
    fn listed_but_met(&self) -> Vec<String> {
        let pairs = PAIRS_NEVER_MET
            .iter()
            .filter(|(input, place, _)| self.pairs.contains_key(&(*input, *place)))
            .map(|(input, place, why)| format!("{input} in place {place} ({why})"));
        let refusals = REFUSALS_NEVER_MET
            .iter()
            .filter(|(code, _)| self.refusals.contains_key(code))
            .map(|(code, why)| format!("{code} ({why})"));
        let events = EVENTS_NEVER_MET
            .iter()
            .filter(|(name, _)| self.events.contains_key(name))
            .map(|(name, why)| format!("{name} ({why})"));
        pairs.chain(refusals).chain(events).collect()
    }
}

/// Names of a kind that were not met and are not listed.
fn zeros(kind: &str, met: &BTreeMap<&'static str, u64>, never_met: &[(&str, &str)]) -> Vec<String> {
    let mut names = names(kind);
    for (listed, _) in never_met {
        assert!(names.remove(*listed), "there is no {kind} {listed}");
    }
    names.retain(|name| !met.contains_key(name.as_str()));
    names.into_iter().collect()
}

/// Everything of a kind there is, by its golden files, of which `ringback-model` holds one for each.
fn names(kind: &str) -> BTreeSet<String> {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../model/golden");
    let files = std::fs::read_dir(Path::new(golden).join(kind)).expect("golden files");
    let names = files.filter_map(|file| {
        let name = file.expect("a file").file_name().into_string().ok()?;
        // A second file of the same kind has a word after a dash.
        Some(name.strip_suffix(".json")?.split('-').next()?.to_owned())
    });
    names.collect()
}

fn is_listed(pair: (&str, &str)) -> bool {
    let mut listed = PAIRS_NEVER_MET.iter();
    listed.any(|(input, place, _)| (*input, *place) == pair)
}
