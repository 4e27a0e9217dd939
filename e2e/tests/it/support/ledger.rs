//! What clients asked for and what they were told: the other side of the books.

use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that was asked and told in one tenant. What is asked is written down before it is
/// sent, what is told when the answer is there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    /// By reference, which is the idempotency key and stands in the user data as `ref`.
    pub(crate) submissions: BTreeMap<String, Option<Submitted>>,
    /// By reference: the personal value that was sent along.
    pub(crate) persons: BTreeMap<String, String>,
    /// By offer.
    pub(crate) accepts: BTreeMap<String, Answered>,
    /// By offer.
    pub(crate) rejects: BTreeMap<String, Answered>,
    /// By interaction.
    pub(crate) completions: BTreeMap<String, Completed>,
    /// By interaction: the record it was told to stand in.
    pub(crate) stops: BTreeMap<String, Option<u64>>,
    /// What a client saw that cannot be.
    pub(crate) wrong: Vec<String>,
}

/// A submission that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submitted {
    pub(crate) interaction: String,
    pub(crate) sequence: u64,
}

/// An answer to an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) interaction: String,
    pub(crate) agent: String,
    /// The record the client was told it stands in.
    pub(crate) told: Option<u64>,
}

/// A completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Completed {
    pub(crate) agent: String,
    pub(crate) told: Option<u64>,
}

/// How much was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) submissions: usize,
    pub(crate) accepts: usize,
    pub(crate) rejects: usize,
    pub(crate) completions: usize,
    pub(crate) stops: usize,
    /// Asked, and never answered so far.
    pub(crate) open: usize,
}

impl Ledger {
    pub(crate) fn submitting(&mut self, reference: &str) {
        self.submissions.entry(reference.to_owned()).or_default();
    }

    /// A submission carries a personal value.
    pub(crate) fn naming(&mut self, reference: &str, person: &str) {
        self.persons.insert(reference.to_owned(), person.to_owned());
    }

    pub(crate) fn submitted(&mut self, reference: &str, answer: &Value) {
        let told = Submitted {
            interaction: text(&answer["interaction"]),
            sequence: sequence(answer),
        };
        let before = self
            .submissions
            .insert(reference.to_owned(), Some(told.clone()));
        if let Some(Some(before)) = before
            && before != told
        {
            self.wrong(format!(
                "the key {reference} was told {before:?} and then {told:?}"
            ));
        }
    }

    pub(crate) fn accepting(&mut self, offer: &str, interaction: &str, agent: &str) {
        let asked = answered(interaction, agent);
        self.accepts.entry(offer.to_owned()).or_insert(asked);
    }

    pub(crate) fn accepted(&mut self, offer: &str, answer: &Value) {
        let told = sequence(answer);
        let entry = self.accepts.get_mut(offer).expect("asked before told");
        let before = entry.told.replace(told);
        self.same("accepting", offer, before, told);
    }

    pub(crate) fn rejecting(&mut self, offer: &str, interaction: &str, agent: &str) {
        let asked = answered(interaction, agent);
        self.rejects.entry(offer.to_owned()).or_insert(asked);
    }

    pub(crate) fn rejected(&mut self, offer: &str, answer: &Value) {
        let told = sequence(answer);
        let entry = self.rejects.get_mut(offer).expect("asked before told");
        let before = entry.told.replace(told);
        self.same("rejecting", offer, before, told);
    }

    pub(crate) fn completing(&mut self, interaction: &str, agent: &str) {
        let asked = Completed {
            agent: agent.to_owned(),
            told: None,
        };
        let entry = self
            .completions
            .entry(interaction.to_owned())
            .or_insert(asked);
        if entry.agent != agent {
            let other = entry.agent.clone();
            self.wrong(format!(
                "{interaction} is in the hands of both {other} and {agent}"
            ));
        }
    }

    pub(crate) fn completed(&mut self, interaction: &str, answer: &Value) {
        let told = sequence(answer);
        let entry = self
            .completions
            .get_mut(interaction)
            .expect("asked before told");
        let before = entry.told.replace(told);
        self.same("completing", interaction, before, told);
    }

    pub(crate) fn stopping(&mut self, interaction: &str) {
        self.stops.entry(interaction.to_owned()).or_default();
    }

    pub(crate) fn stopped(&mut self, interaction: &str, answer: &Value) {
        let told = sequence(answer);
        let before = self.stops.insert(interaction.to_owned(), Some(told));
        self.same("stopping", interaction, before.flatten(), told);
    }

    /// Something that cannot be.
    pub(crate) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    fn same(&mut self, what: &str, of: &str, before: Option<u64>, told: u64) {
        if let Some(before) = before.filter(|before| *before != told) {
            self.wrong(format!(
                "{what} {of} was told to stand in record {before} and then in {told}"
            ));
        }
    }

    /// Whether anybody tried to accept any offer of this interaction.
    pub(crate) fn was_anybody_accepting(&self, interaction: &str, agent: &str) -> bool {
        let mut all = self.accepts.values();
        all.any(|it| it.interaction == interaction && it.agent == agent)
    }

    /// The last record a client was told of.
    pub(crate) fn reached(&self) -> u64 {
        let submitted = self.submissions.values().flatten().map(|it| it.sequence);
        let answered = self.accepts.values().chain(self.rejects.values());
        let completed = self.completions.values().filter_map(|it| it.told);
        submitted
            .chain(answered.filter_map(|it| it.told))
            .chain(completed)
            .chain(self.stops.values().flatten().copied())
            .max()
            .unwrap_or(0)
    }

    /// All that was asked up to now, of which only what `before` knew was told: the view of
    /// somebody who has a copy that was begun then.
    pub(crate) fn told_only_in(mut self, before: &Self) -> Self {
        self.submissions.iter_mut().for_each(|(reference, told)| {
            *told = before.submissions.get(reference).cloned().flatten()
        });
        for (now, then) in [
            (&mut self.accepts, &before.accepts),
            (&mut self.rejects, &before.rejects),
        ] {
            now.iter_mut()
                .for_each(|(offer, it)| it.told = then.get(offer).and_then(|it| it.told));
        }
        self.completions.iter_mut().for_each(|(id, it)| {
            it.told = before.completions.get(id).and_then(|it| it.told);
        });
        self.stops
            .iter_mut()
            .for_each(|(id, told)| *told = before.stops.get(id).copied().flatten());
        self
    }

    pub(crate) fn told(&self) -> Told {
        let count =
            |all: &BTreeMap<String, Answered>| all.values().filter(|it| it.told.is_some()).count();
        let told = Told {
            submissions: self.submissions.values().flatten().count(),
            accepts: count(&self.accepts),
            rejects: count(&self.rejects),
            completions: self
                .completions
                .values()
                .filter(|it| it.told.is_some())
                .count(),
            stops: self.stops.values().flatten().count(),
            open: 0,
        };
        let asked = self.submissions.len()
            + self.accepts.len()
            + self.rejects.len()
            + self.completions.len()
            + self.stops.len();
        let answered =
            told.submissions + told.accepts + told.rejects + told.completions + told.stops;
        Told {
            open: asked - answered,
            ..told
        }
    }
}

fn answered(interaction: &str, agent: &str) -> Answered {
    Answered {
        interaction: interaction.to_owned(),
        agent: agent.to_owned(),
        told: None,
    }
}

fn sequence(answer: &Value) -> u64 {
    let sequence = answer["sequence"].as_u64();
    sequence.unwrap_or_else(|| panic!("a write answers its sequence: {answer}"))
}

fn text(value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("a text, not {value}"))
        .to_owned()
}
