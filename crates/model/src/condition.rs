//! Conditions over the properties and user data of an interaction, and orders of interactions:
//! for views, snapshots and whatever else picks interactions.
//!
//! ```text
//! condition = all { "OR" all }
//! all       = factor { "AND" factor }
//! factor    = "NOT" factor | "(" condition ")" | test
//! test      = value op value
//!           | value [ "NOT" ] "IN" "(" [ constant { "," constant } ] ")"
//!           | value [ "NOT" ] "LIKE" value
//!           | value [ "NOT" ] "BETWEEN" value "AND" value
//!           | value [ "NOT" ] "HAS" value
//!           | value "IS" [ "NOT" ] "NULL"
//!           | a property that is yes or no
//! op        = "=" | "==" | "!=" | "<>" | ">" | ">=" | "<" | "<="
//! value     = property | "user" { "." key } | "NOW" [ ( "+" | "-" ) span ] | constant
//! constant  = text | number | "TRUE" | "FALSE" | ":" parameter
//! text      = "'" characters "'" or with '"'; the quote itself is written twice
//! key       = letters, digits and "_" | '"' characters '"'
//! span      = whole number, then "ms", "s", "m", "h" or "d"
//! order     = key [ "ASC" | "DESC" ] { "," key [ "ASC" | "DESC" ] }   (keys: property or user.x)
//! ```
//!
//! For example `MediaType = 'email' AND Priority >= 3 AND user.Language IN ('en', 'fr') AND
//! placed_in_queue_at < NOW - 30m`. Words are read in capitals or not; texts are compared byte by
//! byte. A time is a text in RFC 3339, with its zone. The empty condition holds for everything.
//!
//! A value that is missing makes what is asked of it neither true nor false but unknown, as in
//! SQL, and so does a comparison of two kinds, for instance of a text in user data with a number.
//! What is unknown does not hold, and neither does its `NOT`: `NOT user.x = 1` leaves out whatever
//! has no `x`.

mod bind;
mod evaluate;
mod instant;
mod order;
mod property;
mod read;
mod term;
mod turns;

use crate::name::NameError;
use crate::scan::Found;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

pub use bind::{BindError, BindProblem, Parameters};
pub use evaluate::{Fact, Facts, Truth};
pub use order::{Direction, Key, Order, Ranked};
pub use property::{Kind, Property};
pub use term::{Literal, Mismatch, Operand, Path, Term};

/// A condition over an interaction. Written, read and serialised as its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    root: Term,
}

impl Condition {
    /// The longest text that is read, in bytes; of an order too.
    pub const BYTES_MAX: usize = 4_000;
    /// The deepest nesting of `NOT` and parentheses.
    pub const DEPTH_MAX: usize = 16;
    /// The most values asked about something.
    pub const TERMS_MAX: usize = 128;
    /// The longest pattern of `LIKE`, in characters. A longer one that was not written in the
    /// condition (user data, say) fits nothing that is known.
    pub const PATTERN_MAX: usize = 256;
    /// The most values in one list.
    pub const LIST_MAX: usize = 100;

    /// The condition that holds for every interaction.
    #[must_use]
    pub const fn everything() -> Self {
        Self {
            root: Term::All(Vec::new()),
        }
    }

    /// What it is made of.
    #[must_use]
    pub const fn term(&self) -> &Term {
        &self.root
    }

    /// The properties it looks at.
    #[must_use]
    pub fn properties(&self) -> BTreeSet<Property> {
        self.gathered(|operand| match operand {
            Operand::Property(property) => Some(*property),
            _ => None,
        })
    }

    /// The user data it looks at. Only keys the tenant declared open can be compared; the rest
    /// is sealed, and as good as missing here.
    #[must_use]
    pub fn user_paths(&self) -> BTreeSet<&Path> {
        self.gathered(|operand| match operand {
            Operand::User(path) => Some(path),
            _ => None,
        })
    }

    /// Whether what it says may change by the mere passing of time.
    #[must_use]
    pub fn uses_now(&self) -> bool {
        let found = self.gathered(|operand| matches!(operand, Operand::Now(_)).then_some(()));
        !found.is_empty()
    }

    fn gathered<'a, T: Ord>(&'a self, what: impl Fn(&'a Operand) -> Option<T>) -> BTreeSet<T> {
        let mut all = BTreeSet::new();
        self.root
            .each_operand(&mut |operand| all.extend(what(operand)));
        all
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::everything()
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        read::condition(text)
    }
}

impl TryFrom<String> for Condition {
    type Error = ConditionError;

    fn try_from(text: String) -> Result<Self, ConditionError> {
        text.parse()
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.to_string()
    }
}

impl fmt::Display for Condition {
    /// Writes a text that reads back as the same condition.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.root, f)
    }
}

/// Why a text is not a condition or not an order, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("place {place}: {problem}")]
pub struct ConditionError {
    /// Where, in bytes counted from 1.
    pub place: usize,
    /// What is wrong and what to do.
    pub problem: ConditionProblem,
}

/// What is wrong with a condition or an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionProblem {
    /// `NOT` and parentheses within one another.
    #[error("more than {} levels of NOT and parentheses", Condition::DEPTH_MAX)]
    Depth,
    /// Something else stands where the grammar wants one thing.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What the grammar wants.
        expected: &'static str,
        /// What is there.
        found: Found,
    },
    /// Two values that cannot be compared.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// In a list only what is known before.
    #[error("a list holds texts, numbers, TRUE, FALSE and :parameters only")]
    NotConstant,
    /// An order goes by what an interaction has.
    #[error("interactions are ordered by properties and user data only")]
    NotKey,
    /// A comparison with nothing is never true.
    #[error("a comparison with NULL is never true: write IS NULL or IS NOT NULL")]
    Null,
    /// Not a number this house can keep.
    #[error(
        "not a number: whole numbers go from {} to {}, others are finite",
        i64::MIN,
        i64::MAX
    )]
    Number,
    /// The name of a parameter.
    #[error("a parameter: {0}")]
    Parameter(NameError),
    /// A key of an order a second time.
    #[error("{0} stands twice")]
    Repeated(String),
    /// Not a stretch of time.
    #[error("expected a whole number with ms, s, m, h or d, up to 36525d")]
    Span,
    /// Too many keys in one path.
    #[error("more than {} keys in one path", Path::KEYS_MAX)]
    TooDeep,
    /// The text is too long.
    #[error("longer than {} bytes", Condition::BYTES_MAX)]
    TooLong,
    /// Too many tests.
    #[error("more than {} values are asked about", Condition::TERMS_MAX)]
    TooMany,
    /// Too many keys in one order.
    #[error("more than {} keys to order by", Order::KEYS_MAX)]
    TooManyKeys,
    /// Too many values in one list.
    #[error("more than {} values in one list", Condition::LIST_MAX)]
    TooManyValues,
    /// A text without an end.
    #[error("the text that begins here is not closed")]
    Unclosed,
    /// No such property.
    #[error(
        "there is no property {0:?}: user data is written user.{0}, and the properties are {all}",
        all = property_names()
    )]
    UnknownProperty(String),
}

impl ConditionProblem {
    const fn at(self, place: usize) -> ConditionError {
        ConditionError {
            place,
            problem: self,
        }
    }
}

fn property_names() -> String {
    let names: Vec<&str> = Property::ALL
        .iter()
        .map(|property| property.name())
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;
