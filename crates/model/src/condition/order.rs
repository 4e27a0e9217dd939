//! The order in which a view hands out interactions.

use super::evaluate::{Fact, Facts, compared};
use super::property::Property;
use super::term::{Operand, Path};
use super::{ConditionError, read};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Keys to order by, the first one first, for example `tier DESC, placed_in_queue_at`. Written,
/// read and serialised as its text.
///
/// A missing value comes last in both directions. User data of different kinds comes as TRUE
/// and FALSE, numbers, times, texts, everything else. Interactions equal in all keys are for the
/// caller to tell apart, by the order in which they were placed in the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Order {
    pub(super) keys: Vec<Key>,
}

/// One key to order by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// A property or a value of user data.
    pub of: Operand,
    /// Which end comes first.
    pub direction: Direction,
}

/// What an [`Order`] looks at, taken from one interaction, so that it can be ordered later.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked(Vec<Fact<'static>>);

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The smallest, earliest or first by its bytes.
    Ascending,
    /// The other way round.
    Descending,
}

impl Order {
    /// The most keys.
    pub const KEYS_MAX: usize = 8;

    /// The keys, the first one first.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The properties it looks at, each as often as it stands there.
    pub fn properties(&self) -> impl Iterator<Item = Property> {
        self.keys.iter().filter_map(|key| match key.of {
            Operand::Property(property) => Some(property),
            _ => None,
        })
    }

    /// The user data it looks at.
    pub fn user_paths(&self) -> impl Iterator<Item = &Path> {
        self.keys.iter().filter_map(|key| match &key.of {
            Operand::User(path) => Some(path),
            _ => None,
        })
    }

    /// Which of two comes first.
    #[must_use]
    pub fn compare<A, B>(&self, one: &A, other: &B) -> Ordering
    where
        A: Facts + ?Sized,
        B: Facts + ?Sized,
    {
        self.keys
            .iter()
            .map(|key| key.compare(&fact(&key.of, one), &fact(&key.of, other)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// What it looks at.
    #[must_use]
    pub fn ranked<F: Facts + ?Sized>(&self, facts: &F) -> Ranked {
        let keys = self.keys.iter();
        Ranked(keys.map(|key| kept(fact(&key.of, facts))).collect())
    }

    /// Which of two comes first, by what [`Order::ranked`] took from them.
    #[must_use]
    pub fn compare_ranked(&self, one: &Ranked, other: &Ranked) -> Ordering {
        let pairs = one.0.iter().zip(&other.0);
        self.keys
            .iter()
            .zip(pairs)
            .map(|(key, (one, other))| key.compare(one, other))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

/// A fact without what it borrows. Lists are ordered by nothing, so that they need not be kept.
fn kept(fact: Fact<'_>) -> Fact<'static> {
    match fact {
        Fact::Null => Fact::Null,
        Fact::Bool(value) => Fact::Bool(value),
        Fact::Int(value) => Fact::Int(value),
        Fact::Number(value) => Fact::Number(value),
        Fact::Text(text) => Fact::Text(Cow::Owned(text.into_owned())),
        Fact::Time(time) => Fact::Time(time),
        Fact::List(_) | Fact::Other => Fact::Other,
    }
}

impl Key {
    fn compare(&self, one: &Fact<'_>, other: &Fact<'_>) -> Ordering {
        match (one == &Fact::Null, other == &Fact::Null) {
            (false, false) => {}
            (one, other) => return one.cmp(&other),
        }
        let by_kind = kind(one).cmp(&kind(other));
        let order = by_kind.then_with(|| compared(one, other).unwrap_or(Ordering::Equal));
        match self.direction {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        }
    }
}

fn fact<'a, F: Facts + ?Sized>(of: &Operand, facts: &'a F) -> Fact<'a> {
    match of {
        Operand::Property(property) => facts.property(*property),
        Operand::User(path) => facts.user(path),
        Operand::Parameter(_) | Operand::Literal(_) | Operand::Now(_) => Fact::Null,
    }
}

const fn kind(fact: &Fact<'_>) -> u8 {
    match fact {
        Fact::Bool(_) => 0,
        Fact::Int(_) | Fact::Number(_) => 1,
        Fact::Time(_) => 2,
        Fact::Text(_) => 3,
        Fact::List(_) | Fact::Other => 4,
        Fact::Null => 5,
    }
}

impl FromStr for Order {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        read::order(text)
    }
}

impl TryFrom<String> for Order {
    type Error = ConditionError;

    fn try_from(text: String) -> Result<Self, ConditionError> {
        text.parse()
    }
}

impl From<Order> for String {
    fn from(order: Order) -> Self {
        order.to_string()
    }
}

impl fmt::Display for Order {
    /// Writes a text that reads back as the same order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.keys.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            let direction = match key.direction {
                Direction::Ascending => "",
                Direction::Descending => " DESC",
            };
            write!(f, "{comma}{}{direction}", key.of)?;
        }
        Ok(())
    }
}
