//! Lists of codes: dispositions and reasons.

use serde::{Deserialize, Serialize};

/// Codes people choose from, with a meaning for reports.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// How people call it; empty: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// What is chosen from it.
    pub purpose: ListPurpose,
    /// The codes, in the order they are shown. `sale/repeat` stands below `sale`.
    pub codes: Vec<Code>,
}

impl List {
    /// Whether a word is one of the codes. A name holds no `/`, so `sale/repeat` is also written
    /// `sale.repeat`.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        let is = |code: &Code| code.code == word || code.code.replace('/', ".") == word;
        self.codes.iter().any(is)
    }
}

/// What is chosen from a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListPurpose {
    /// What came of a contact.
    Disposition,
    /// Why an agent is not ready.
    NotReady,
    /// Why an offer was rejected.
    Reject,
    /// Why an interaction was stopped.
    Stop,
    /// Why an interaction was placed in a queue or workbin.
    PlaceInQueue,
}

/// One code of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The code: names separated by `/`.
    pub code: String,
    /// How people call it; empty: like the last name of the code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
}
