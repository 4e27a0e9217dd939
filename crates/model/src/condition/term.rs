//! What a condition is made of.

use super::Condition;
use super::property::{Kind, Property};
use crate::name::Name;
use crate::target::Comparison;
use crate::time::WallTime;
use crate::value::{Finite, Map, Value};
use std::fmt;

/// One part of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Term {
    /// All of these; `All([])` is true.
    All(Vec<Term>),
    /// At least one of these.
    Any(Vec<Term>),
    /// Not this.
    Not(Box<Term>),
    /// Two values compared.
    Compare(Operand, Comparison, Operand),
    /// A value that is one of several.
    In(Operand, Vec<Operand>),
    /// A text that fits a pattern: `%` is any run of characters, `_` is one, and `\` takes the
    /// meaning from the next.
    Like(Operand, Operand),
    /// A list that has this among its values.
    Has(Operand, Operand),
    /// A value that is not there.
    Null(Operand),
}

/// Something that has a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A property of the interaction.
    Property(Property),
    /// A value of its user data.
    User(Path),
    /// A value told later.
    Parameter(Name),
    /// A value told now.
    Literal(Literal),
    /// The present, and so many milliseconds more or less.
    Now(i64),
}

/// A value that stands in the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Number(Finite),
    /// A text in quotes.
    Text(String),
    /// A text in quotes, compared with a time.
    Time(WallTime),
}

/// Where a value stands in user data: the keys from the outside in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<String>);

/// Why two values cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Of two kinds.
    #[error("{left} is compared with {right}")]
    Kinds {
        /// What stands left.
        left: Kind,
        /// What stands right.
        right: Kind,
    },
    /// Yes and no have no order.
    #[error("TRUE and FALSE are compared with = or != only")]
    BoolOrder,
    /// A time that is none.
    #[error("{0:?} is no time: write it as 2026-01-31T12:00:00Z, with its zone")]
    NoTime(String),
    /// A pattern that would take long to compare.
    #[error("a pattern has at most {} characters", Condition::PATTERN_MAX)]
    LongPattern,
    /// Only texts have a pattern.
    #[error("LIKE is for texts, not for {0}")]
    LikeOf(Kind),
    /// User data holds texts, not times.
    #[error("user data holds no times: compare it with a text, which orders RFC 3339 in one zone")]
    UserTime,
    /// Only user data holds lists.
    #[error("HAS asks a list of user data, not {0}")]
    HasOf(Kind),
}

impl Path {
    /// The most keys of one path.
    pub const KEYS_MAX: usize = 8;

    /// A path of these keys; `None` if there are none or more than [`Path::KEYS_MAX`].
    #[must_use]
    pub fn new(keys: Vec<String>) -> Option<Self> {
        (1..=Self::KEYS_MAX)
            .contains(&keys.len())
            .then_some(Self(keys))
    }

    /// The keys, from the outside in: at least one.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.0
    }

    /// The value that stands there.
    #[must_use]
    pub fn find<'a>(&self, data: &'a Map) -> Option<&'a Value> {
        let (first, inner) = self.0.split_first()?;
        inner
            .iter()
            .try_fold(data.get(first)?, |value, key| match value {
                Value::Map(map) => map.get(key),
                _ => None,
            })
    }
}

impl Literal {
    /// What kind of value it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) | Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::Time(_) => Kind::Time,
        }
    }
}

impl Operand {
    /// What kind of value it has, if that is known without asking.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        match self {
            Self::Property(property) => Some(property.kind()),
            Self::Literal(literal) => Some(literal.kind()),
            Self::Now(_) => Some(Kind::Time),
            Self::User(_) | Self::Parameter(_) => None,
        }
    }

    /// The same as a value of this kind, where a literal can be read as one: a text as a time,
    /// and 0 and 1 as the older platform writes no and yes.
    fn read_as(self, kind: Option<Kind>) -> Result<Self, Mismatch> {
        Ok(match (self, kind) {
            (Self::Literal(Literal::Text(text)), Some(Kind::Time)) => {
                let time = super::instant::read(&text).ok_or(Mismatch::NoTime(text))?;
                Self::Literal(Literal::Time(time))
            }
            (Self::Literal(Literal::Int(0)), Some(Kind::Bool)) => {
                Self::Literal(Literal::Bool(false))
            }
            (Self::Literal(Literal::Int(1)), Some(Kind::Bool)) => {
                Self::Literal(Literal::Bool(true))
            }
            (same, _) => same,
        })
    }
}

/// Both sides, each read as what the other one is.
fn agreed(left: Operand, right: Operand) -> Result<(Operand, Operand), Mismatch> {
    let kinds = (left.kind(), right.kind());
    let user = |operand: &Operand| matches!(operand, Operand::User(_));
    if (user(&left) && kinds.1 == Some(Kind::Time)) || (user(&right) && kinds.0 == Some(Kind::Time))
    {
        return Err(Mismatch::UserTime);
    }
    let left = left.read_as(kinds.1)?;
    let right = right.read_as(kinds.0)?;
    match (left.kind(), right.kind()) {
        (Some(left), Some(right)) if left != right => Err(Mismatch::Kinds { left, right }),
        _ => Ok((left, right)),
    }
}

impl Term {
    /// Two values compared.
    pub(super) fn compare(
        left: Operand,
        comparison: Comparison,
        right: Operand,
    ) -> Result<Self, Mismatch> {
        let (left, right) = agreed(left, right)?;
        let orders = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if orders && [left.kind(), right.kind()].contains(&Some(Kind::Bool)) {
            return Err(Mismatch::BoolOrder);
        }
        Ok(Self::Compare(left, comparison, right))
    }

    /// A value that is one of several.
    pub(super) fn one_of(value: Operand, list: Vec<Operand>) -> Result<Self, Mismatch> {
        let list = Self::items(&value, list)?;
        Ok(Self::In(value, list))
    }

    /// The values of a list, read as what they are compared with.
    pub(super) fn items(value: &Operand, list: Vec<Operand>) -> Result<Vec<Operand>, Mismatch> {
        list.into_iter()
            .map(|item| Ok(agreed(value.clone(), item)?.1))
            .collect()
    }

    /// A text that fits a pattern.
    pub(super) fn like(value: Operand, pattern: Operand) -> Result<Self, Mismatch> {
        if let Operand::Literal(Literal::Text(pattern)) = &pattern
            && pattern.chars().count() > Condition::PATTERN_MAX
        {
            return Err(Mismatch::LongPattern);
        }
        let kinds = [value.kind(), pattern.kind()];
        match kinds.into_iter().flatten().find(|kind| *kind != Kind::Text) {
            Some(kind) => Err(Mismatch::LikeOf(kind)),
            None => Ok(Self::Like(value, pattern)),
        }
    }

    /// A list that has something among its values.
    pub(super) fn has(list: Operand, value: Operand) -> Result<Self, Mismatch> {
        match list.kind() {
            Some(kind) => Err(Mismatch::HasOf(kind)),
            None => Ok(Self::Has(list, value)),
        }
    }

    /// All of these; groups of the same kind are spliced in, and one stands for itself.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        let mut all = Vec::new();
        for part in parts {
            match part {
                Self::All(inner) => all.extend(inner),
                part => all.push(part),
            }
        }
        alone(all, Self::All)
    }

    /// One of these; groups of the same kind are spliced in, and one stands for itself.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        let mut all = Vec::new();
        for part in parts {
            match part {
                Self::Any(inner) => all.extend(inner),
                part => all.push(part),
            }
        }
        alone(all, Self::Any)
    }

    /// Calls `visit` with every operand, from left to right.
    pub fn each_operand<'a>(&'a self, visit: &mut dyn FnMut(&'a Operand)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.each_operand(visit));
            }
            Self::Not(part) => part.each_operand(visit),
            Self::Compare(left, _, right) | Self::Like(left, right) | Self::Has(left, right) => {
                visit(left);
                visit(right);
            }
            Self::In(value, list) => {
                visit(value);
                list.iter().for_each(visit);
            }
            Self::Null(value) => visit(value),
        }
    }
}

fn alone(mut parts: Vec<Term>, join: fn(Vec<Term>) -> Term) -> Term {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    join(parts)
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => joined(f, parts, " AND "),
            Self::Any(parts) => joined(f, parts, " OR "),
            Self::Not(part) => negated(f, part),
            Self::Compare(left, comparison, right) => {
                write!(f, "{left} {} {right}", comparison.sign())
            }
            Self::In(value, list) => listed(f, value, "IN", list),
            Self::Like(value, pattern) => write!(f, "{value} LIKE {pattern}"),
            Self::Has(list, value) => write!(f, "{list} HAS {value}"),
            Self::Null(value) => write!(f, "{value} IS NULL"),
        }
    }
}

/// `NOT` where it reads best.
fn negated(f: &mut fmt::Formatter<'_>, part: &Term) -> fmt::Result {
    match part {
        Term::In(value, list) => listed(f, value, "NOT IN", list),
        Term::Like(value, pattern) => write!(f, "{value} NOT LIKE {pattern}"),
        Term::Null(value) => write!(f, "{value} IS NOT NULL"),
        Term::All(_) | Term::Any(_) => write!(f, "NOT ({part})"),
        Term::Not(_) | Term::Compare(..) | Term::Has(..) => write!(f, "NOT {part}"),
    }
}

fn listed(f: &mut fmt::Formatter<'_>, value: &Operand, how: &str, list: &[Operand]) -> fmt::Result {
    write!(f, "{value} {how} (")?;
    for (index, item) in list.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(f, "{comma}{item}")?;
    }
    f.write_str(")")
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Term], between: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        match part {
            Term::All(_) | Term::Any(_) => write!(f, "({part})")?,
            part => write!(f, "{part}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(property) => write!(f, "{property}"),
            Self::User(path) => write!(f, "{path}"),
            Self::Parameter(name) => write!(f, ":{name}"),
            Self::Literal(literal) => write!(f, "{literal}"),
            Self::Now(0) => f.write_str("NOW"),
            Self::Now(offset) => {
                let sign = if *offset < 0 { '-' } else { '+' };
                write!(f, "NOW {sign} {}", super::read::Span(offset.unsigned_abs()))
            }
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("TRUE"),
            Self::Bool(false) => f.write_str("FALSE"),
            Self::Int(number) => write!(f, "{number}"),
            // Always with a point, so that it is not read back as a whole number.
            Self::Number(number) => write!(f, "{:?}", number.get()),
            Self::Text(text) => doubled(f, text, '\''),
            Self::Time(time) => {
                f.write_str("'")?;
                super::instant::write(f, *time)?;
                f.write_str("'")
            }
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("user")?;
        for key in &self.0 {
            f.write_str(".")?;
            if !key.is_empty() && key.chars().all(super::read::is_key_char) {
                f.write_str(key)?;
            } else {
                doubled(f, key, '"')?;
            }
        }
        Ok(())
    }
}

/// In quotes; a quote within stands twice.
fn doubled(f: &mut fmt::Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    use fmt::Write;
    f.write_char(quote)?;
    for found in text.chars() {
        if found == quote {
            f.write_char(quote)?;
        }
        f.write_char(found)?;
    }
    f.write_char(quote)
}
