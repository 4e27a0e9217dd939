//! What an operator should know before trusting a machine with customers, as lines that say
//! what was found and what to do.

mod clock;
mod data;
mod disk;
mod folder;
mod limits;
mod server;

pub(crate) use clock::clock;
pub(crate) use data::data;
pub(crate) use disk::{flushes, room};
pub(crate) use folder::{file_system, folder};
pub(crate) use limits::{descriptors, port};
pub(crate) use server::server;

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// As it should be.
    Ok,
    /// Runs, but somebody should look.
    Warn,
    /// Do not run like this.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    /// What was looked at.
    pub(crate) what: &'static str,
    /// What was found.
    pub(crate) says: String,
    /// What to do about it.
    pub(crate) next: Option<String>,
}

impl Finding {
    pub(crate) fn ok(what: &'static str, says: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Ok,
            what,
            says: says.into(),
            next: None,
        }
    }

    pub(crate) fn warn(
        what: &'static str,
        says: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Warn,
            what,
            says: says.into(),
            next: Some(next.into()),
        }
    }

    pub(crate) fn fail(
        what: &'static str,
        says: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Fail,
            ..Self::warn(what, says, next)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "OK  ",
            Verdict::Warn => "WARN",
            Verdict::Fail => "FAIL",
        };
        write!(f, "{verdict}  {:<12} {}", self.what, self.says)?;
        if let Some(next) = &self.next {
            write!(f, "\n      {:<12} -> {next}", "")?;
        }
        Ok(())
    }
}
