//! Where something stands in a document, and what a reader of the document should know about it.

use serde::{Deserialize, Serialize};

/// A place in one of the files a chart was read from.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position {
    /// Which file: an index into [`crate::Chart::files`]. 0 is the document itself, others were
    /// included into it.
    pub file: u16,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing: the document was read in another way than it is spelt.
    Notice,
    /// Runs, but probably not as meant.
    Warning,
    /// The document is refused.
    Error,
}

/// One thing that was noticed while a document was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable name for this kind of finding, such as `target.unknown`.
    pub code: String,
    /// The file it stands in, as the resolver named it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// What is the matter.
    pub message: String,
    /// What to do about it.
    pub advice: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(
            f,
            "{}:{}:{}: {severity}: {} ({}); {}",
            self.file, self.line, self.column, self.message, self.code, self.advice
        )
    }
}

/// A finding before the name of its file is known.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) severity: Severity,
    pub(crate) code: &'static str,
    pub(crate) at: Position,
    pub(crate) message: String,
    pub(crate) advice: String,
}

/// Gathers findings while a document is read.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    notes: Vec<Note>,
}

impl Notes {
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        at: Position,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(Severity::Error, code, at, message, advice);
    }

    pub(crate) fn warning(
        &mut self,
        code: &'static str,
        at: Position,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(Severity::Warning, code, at, message, advice);
    }

    pub(crate) fn notice(
        &mut self,
        code: &'static str,
        at: Position,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(Severity::Notice, code, at, message, advice);
    }

    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        at: Position,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.notes.push(Note {
            severity,
            code,
            at,
            message: message.into(),
            advice: advice.into(),
        });
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.notes
            .iter()
            .any(|note| note.severity == Severity::Error)
    }

    /// The findings in the order of the documents' text.
    pub(crate) fn findings(mut self, files: &[String]) -> Vec<Finding> {
        self.notes.sort_by_key(|note| note.at);
        self.notes
            .into_iter()
            .map(|note| Finding {
                severity: note.severity,
                code: note.code.to_owned(),
                file: files
                    .get(usize::from(note.at.file))
                    .cloned()
                    .unwrap_or_default(),
                line: note.at.line,
                column: note.at.column,
                message: note.message,
                advice: note.advice,
            })
            .collect()
    }
}
