//! What can be wrong with a configuration.

use std::path::PathBuf;

/// Why a configuration was not taken. Tells the key, where it was set, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigFault {
    /// The file, or a file named by a `_FILE` variable, could not be read.
    #[error("cannot read {path} ({asked_by}): {problem}")]
    Unreadable {
        path: PathBuf,
        asked_by: String,
        problem: String,
    },
    /// The file is not TOML.
    #[error("{path}, line {line}: {problem}")]
    Syntax {
        path: PathBuf,
        line: usize,
        problem: String,
    },
    /// There is no such key.
    #[error(
        "{source_name}: there is no key `{key}`{hint}; `ringback config example` lists all keys"
    )]
    UnknownKey {
        key: String,
        source_name: String,
        /// `: did you mean `x`?`, or nothing.
        hint: String,
    },
    /// A value of the wrong kind, or out of its range.
    #[error("{source_name}: `{key}` {problem}")]
    Value {
        key: String,
        source_name: String,
        problem: String,
    },
}
