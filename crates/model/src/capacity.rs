//! Capacity rules: how much an agent does at once, and what may interrupt what.
//!
//! ```text
//! rule       = clause { ";" clause }
//! clause     = limits | "at most" share { "," share } | budget | interrupts
//! limits     = "nothing" | group { "or" group }
//! group      = part { "and" part }
//! part       = "(" limits ")" | share
//! share      = media number
//! budget     = "budget" number ":" media number { "," media number }
//! interrupts = medium "interrupts" media { "," media }
//! media      = name { "+" name }
//! name       = a medium | "digital" (all but voice) | "any" (all)
//! ```
//!
//! A *share* is how many there may be of its media together, so `chat+sms 3` is three of both in
//! any mix. `and` puts shares side by side: `voice 1 and email 2` is a call beside two mails.
//! `or` is one or the other, never both: `voice 1 or digital 3`. `and` goes before `or`. A
//! medium that stands in no share is not taken.
//!
//! `at most` narrows the rest: `digital 5; at most chat 3`. A `budget` gives each claim a weight;
//! a medium without one is not taken. What stands in several clauses must fit all of them, and a
//! rule needs limits or a budget.
//!
//! `voice interrupts digital` lets a call come on top of digital work, which then pauses: it
//! keeps its claims, and nothing is added to it until the call is over. The older platform's
//! rules say what must not be exceeded; this grammar says what may be there, with the same words
//! `and` and `or`.
//!
//! What counts as a claim (after-call work, a consultation, a parked mail) the ledger of claims
//! decides; here numbers are compared.

mod counts;
mod evaluate;
mod read;

use crate::config::Capacity;
use crate::medium::Medium;
use serde::{Deserialize, Serialize};
use std::fmt;

pub use counts::{Counts, MediaSet};
pub use evaluate::{CapacityView, Excess, Over, Verdict, WhyNot};
pub use read::{RuleError, RuleProblem};

/// How many there may be of some media together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share {
    /// Of which.
    pub media: MediaSet,
    /// How many, from 1.
    pub max: u8,
}

/// Shares side by side or one instead of the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Limits {
    /// Just this.
    Share(Share),
    /// All of these side by side; no medium stands in two of them. `All([])` is nothing.
    All(Vec<Limits>),
    /// One of these.
    Any(Vec<Limits>),
}

/// A total, and what a claim of each medium takes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    total: u16,
    /// 0: not taken.
    costs: [u16; Medium::ALL.len()],
}

impl Budget {
    /// The total.
    #[must_use]
    pub const fn total(&self) -> u16 {
        self.total
    }

    /// What one claim takes; `None` for a medium that is not taken.
    #[must_use]
    pub const fn cost(&self, medium: Medium) -> Option<u16> {
        match self.costs[medium.index()] {
            0 => None,
            cost => Some(cost),
        }
    }
}

/// A capacity rule. Written, read and serialised as its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    limits: Option<Limits>,
    at_most: Vec<Share>,
    budget: Option<Budget>,
    /// What each medium interrupts.
    interrupts: [MediaSet; Medium::ALL.len()],
    /// The limits once more: one of these sets of shares, which have no medium in common.
    alternatives: Vec<Vec<Share>>,
}

impl Rule {
    /// The longest text that is read, in bytes.
    pub const BYTES_MAX: usize = 1_000;
    /// The deepest nesting of parentheses.
    pub const DEPTH_MAX: usize = 8;
    /// The most ways in which `and` and `or` can be combined.
    pub const ALTERNATIVES_MAX: usize = 64;
    /// The most claims of one share.
    pub const SHARE_MAX: u8 = 100;
    /// The largest budget.
    pub const BUDGET_MAX: u16 = 1_000;

    /// What the media of limits stand in, if there are limits.
    #[must_use]
    pub const fn limits(&self) -> Option<&Limits> {
        self.limits.as_ref()
    }

    /// What holds besides.
    #[must_use]
    pub fn at_most(&self) -> &[Share] {
        &self.at_most
    }

    /// The budget, if there is one.
    #[must_use]
    pub const fn budget(&self) -> Option<&Budget> {
        self.budget.as_ref()
    }

    /// What work of this medium interrupts.
    #[must_use]
    pub const fn interrupts(&self, medium: Medium) -> MediaSet {
        self.interrupts[medium.index()]
    }
}

impl Default for Rule {
    /// One call, or three digital; a call may interrupt digital work.
    fn default() -> Self {
        "voice 1 or digital 3; voice interrupts digital"
            .parse()
            .expect("the default rule follows the grammar")
    }
}

impl From<&Capacity> for Rule {
    /// The same maxima, side by side, as agents had before there were rules.
    fn from(capacity: &Capacity) -> Self {
        let shares = capacity.0.iter().filter(|(_, max)| **max > 0);
        let shares: Vec<Share> = shares
            .map(|(medium, max)| Share {
                media: MediaSet::of(*medium),
                max: (*max).min(Self::SHARE_MAX),
            })
            .collect();
        let limits = match shares.as_slice() {
            [only] => Limits::Share(*only),
            _ => Limits::All(shares.iter().copied().map(Limits::Share).collect()),
        };
        Self {
            limits: Some(limits),
            at_most: Vec::new(),
            budget: None,
            interrupts: [MediaSet::EMPTY; Medium::ALL.len()],
            alternatives: vec![shares],
        }
    }
}

impl TryFrom<String> for Rule {
    type Error = RuleError;

    fn try_from(text: String) -> Result<Self, RuleError> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

impl fmt::Display for Rule {
    /// Writes a text that reads back as the same rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        if let Some(limits) = &self.limits {
            write!(f, "{limits}")?;
            between = "; ";
        }
        if !self.at_most.is_empty() {
            write!(f, "{between}at most ")?;
            listed(f, self.at_most.iter())?;
            between = "; ";
        }
        if let Some(budget) = &self.budget {
            write!(f, "{between}{budget}")?;
            between = "; ";
        }
        for medium in Medium::ALL {
            let interrupted = self.interrupts(medium);
            if !interrupted.is_empty() {
                write!(f, "{between}{medium} interrupts ")?;
                match interrupted {
                    MediaSet::DIGITAL => write!(f, "{interrupted}")?,
                    _ => listed(f, interrupted.iter())?,
                }
                between = "; ";
            }
        }
        Ok(())
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, between) = match self {
            Self::Share(share) => return write!(f, "{share}"),
            Self::All(parts) if parts.is_empty() => return f.write_str("nothing"),
            Self::All(parts) => (parts, " and "),
            Self::Any(parts) => (parts, " or "),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(between)?;
            }
            match part {
                Self::Share(share) => write!(f, "{share}")?,
                group => write!(f, "({group})")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.media, self.max)
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "budget {}: ", self.total)?;
        let priced = Medium::ALL
            .into_iter()
            .filter_map(|medium| Some((medium, self.cost(medium)?)));
        listed(f, priced.map(|(medium, cost)| format!("{medium} {cost}")))
    }
}

fn listed<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
