//! What the server told the people of the demo, and whether it still knows.

use std::collections::BTreeMap;
use std::fmt;

/// Everything that was promised to customers and agents.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    told: BTreeMap<String, Told>,
    /// The newest record of the journal anything was promised with.
    pub(super) sequence: u64,
    /// Submissions that were refused, for example because the server was closing.
    pub(super) refused: u64,
    /// What contradicts itself already in what was told.
    contradictions: Vec<String>,
}

/// What was told about one interaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Told {
    /// It was accepted in this run; else it was left by a former one.
    accepted: bool,
    /// Who was told to have it.
    owner: Option<String>,
    /// How it was told to be over.
    over: Option<Over>,
}

/// How something ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Over {
    /// Its owner completed it.
    Completed {
        /// Who.
        agent: String,
    },
    /// The customer went away.
    Abandoned,
}

/// What the server says about one interaction when asked later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) interaction: String,
    /// The name of its ending; `None` while it is open.
    pub(super) ending: Option<String>,
}

impl Ledger {
    /// A customer was told that the interaction was accepted.
    pub(super) fn accepted(&mut self, interaction: &str, sequence: u64) {
        let told = self.told.entry(interaction.to_owned()).or_default();
        told.accepted = true;
        self.saw(sequence);
    }

    /// An agent was told to own the interaction from now on.
    pub(super) fn owned(&mut self, interaction: &str, agent: &str, sequence: u64) {
        let told = self.told.entry(interaction.to_owned()).or_default();
        match &told.owner {
            Some(owner) if owner != agent => self.contradictions.push(format!(
                "{interaction} was given to {owner} and then to {agent}"
            )),
            _ => told.owner = Some(agent.to_owned()),
        }
        self.saw(sequence);
    }

    /// Somebody was told that the interaction is over.
    pub(super) fn over(&mut self, interaction: &str, over: Over, sequence: u64) {
        let told = self.told.entry(interaction.to_owned()).or_default();
        match &told.over {
            Some(before) if *before != over => self.contradictions.push(format!(
                "{interaction} was told to be {before}, and then {over}"
            )),
            _ => told.over = Some(over),
        }
        self.saw(sequence);
    }

    fn saw(&mut self, sequence: u64) {
        self.sequence = self.sequence.max(sequence);
    }

    /// Compares with what the server says. It must have been asked after everything in here
    /// was told (`at_least` the ledger's sequence).
    pub(super) fn compare(&self, seen: &[Seen]) -> Comparison {
        let known: BTreeMap<&str, &Seen> =
            seen.iter().map(|s| (s.interaction.as_str(), s)).collect();
        let mut missing = self.contradictions.clone();
        for (interaction, told) in &self.told {
            let seen = known.get(interaction.as_str()).copied();
            missing.extend(
                told.contradicts(seen)
                    .map(|why| format!("{interaction} {why}")),
            );
        }
        let ended = |name: &str| {
            let told = self.told.keys();
            told.filter(|i| {
                known
                    .get(i.as_str())
                    .is_some_and(|s| s.ending.as_deref() == Some(name))
            })
            .count()
        };
        Comparison {
            submitted: self.told.values().filter(|told| told.accepted).count(),
            finished: ended(COMPLETED),
            abandoned: ended(ABANDONED),
            told: self.told.len(),
            refused: self.refused,
            missing,
        }
    }
}

/// The names of endings in the API.
const COMPLETED: &str = "completed";
const ABANDONED: &str = "abandoned";

impl Told {
    fn contradicts(&self, seen: Option<&Seen>) -> Option<String> {
        let Some(seen) = seen else {
            return Some("was accepted, but the server does not know it".to_owned());
        };
        let over = self.over.as_ref()?;
        let is = seen.ending.as_deref().unwrap_or("open");
        (is != over.name()).then(|| format!("was told to be {over}, but is {is}"))
    }
}

impl Over {
    const fn name(&self) -> &'static str {
        match self {
            Self::Completed { .. } => COMPLETED,
            Self::Abandoned => ABANDONED,
        }
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed { agent } => write!(f, "completed by {agent}"),
            Self::Abandoned => f.write_str("abandoned"),
        }
    }
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) submitted: usize,
    pub(super) finished: usize,
    pub(super) abandoned: usize,
    /// All that anything was told about, also what a former run left.
    told: usize,
    pub(super) refused: u64,
    /// One sentence each; empty when all is well.
    pub(super) missing: Vec<String>,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            submitted,
            finished,
            abandoned,
            told,
            refused,
            missing,
        } = self;
        if missing.is_empty() {
            f.write_str("nothing missing")?;
        } else {
            write!(f, "MISSING {}", missing.len())?;
        }
        let open = told.saturating_sub(finished + abandoned);
        write!(
            f,
            ": {submitted} submitted, {finished} finished, {abandoned} abandoned, {open} open, {refused} refused"
        )?;
        for sentence in missing.iter().take(20) {
            write!(f, "\n  - {sentence}")?;
        }
        if missing.len() > 20 {
            write!(f, "\n  - and {} more", missing.len() - 20)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(interaction: &str, ending: Option<&str>) -> Seen {
        Seen {
            interaction: interaction.to_owned(),
            ending: ending.map(str::to_owned),
        }
    }

    fn by(agent: &str) -> Over {
        Over::Completed {
            agent: agent.to_owned(),
        }
    }

    #[test]
    fn what_the_server_still_knows_is_not_missing() {
        let mut ledger = Ledger::default();
        ledger.accepted("i1", 10);
        ledger.accepted("i2", 11);
        ledger.accepted("i3", 12);
        ledger.owned("i1", "anna", 13);
        ledger.over("i1", by("anna"), 14);
        ledger.over("i2", Over::Abandoned, 9);
        assert_eq!(ledger.sequence, 14);
        let comparison = ledger.compare(&[
            seen("i1", Some("completed")),
            seen("i2", Some("abandoned")),
            seen("i3", None),
            seen("i99", None),
        ]);
        assert_eq!(
            comparison.to_string(),
            "nothing missing: 3 submitted, 1 finished, 1 abandoned, 1 open, 0 refused"
        );
    }

    #[test]
    fn a_forgotten_interaction_is_named() {
        let mut ledger = Ledger::default();
        ledger.accepted("i7", 1);
        let text = ledger.compare(&[]).to_string();
        assert!(text.starts_with("MISSING 1: 1 submitted"), "{text}");
        assert!(text.contains("i7 was accepted, but the server does not know it"));
    }

    #[test]
    fn a_completion_that_was_undone_is_named() {
        let mut ledger = Ledger::default();
        ledger.accepted("i7", 1);
        ledger.over("i7", by("ben"), 2);
        assert_eq!(
            ledger.compare(&[seen("i7", None)]).missing,
            ["i7 was told to be completed by ben, but is open"]
        );
    }

    #[test]
    fn two_owners_of_one_interaction_are_named() {
        let mut ledger = Ledger::default();
        ledger.owned("i7", "anna", 1);
        ledger.owned("i7", "anna", 1);
        ledger.owned("i7", "ben", 2);
        assert_eq!(
            ledger.compare(&[seen("i7", None)]).missing,
            ["i7 was given to anna and then to ben"]
        );
    }

    #[test]
    fn what_a_former_run_left_is_finished_but_not_submitted_again() {
        let mut ledger = Ledger::default();
        ledger.owned("i1", "anna", 1);
        ledger.over("i1", by("anna"), 2);
        assert_eq!(
            ledger.compare(&[seen("i1", Some("completed"))]).to_string(),
            "nothing missing: 0 submitted, 1 finished, 0 abandoned, 0 open, 0 refused"
        );
    }

    #[test]
    fn an_ending_the_people_were_not_told_yet_is_not_missing() {
        let mut ledger = Ledger::default();
        ledger.accepted("i7", 1);
        let comparison = ledger.compare(&[seen("i7", Some("completed"))]);
        assert!(comparison.missing.is_empty());
        assert_eq!(comparison.finished, 1);
    }
}
