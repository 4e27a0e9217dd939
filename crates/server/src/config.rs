//! Configuration of one node, in two stages: [`RawConfig`] is what file, environment and flags
//! say; [`Config`] is checked and typed. Queues, agents, keys and settings of a tenant are not
//! here: they are data with a history, changed over the API.
//!
//! Every key is written down once, in [`keys`]; the example file, the reference page and the
//! names of the environment variables are made from there.
//!
//! Precedence: defaults < file < environment < flags.

mod document;
mod fault;
mod keys;
mod layers;
mod lines;
mod resolve;

pub(crate) use document::{example, reference};
pub(crate) use keys::{KEYS, Key};
pub(crate) use layers::{Layers, Said, Sources, key_named};
#[cfg(feature = "otlp")]
pub(crate) use resolve::Traces;
pub(crate) use resolve::{Config, Engine, LogFormat, Storage};

use std::fmt;

/// A text that nobody shall see: it shows as `***`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    /// Keeps a text secret.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to be used and not shown.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
