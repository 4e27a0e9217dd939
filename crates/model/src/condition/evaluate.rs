//! Asking whether a condition holds.

use super::Condition;
use super::property::Property;
use super::term::{Literal, Operand, Path, Term};
use crate::target::Comparison;
use crate::time::WallTime;
use crate::value::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

/// Who knows the values of one interaction. What is missing, and what is sealed because it is
/// about a person, is [`Fact::Null`].
pub trait Facts {
    /// A property. A value of another kind than [`Property::kind`] compares with nothing.
    fn property(&self, property: Property) -> Fact<'_>;

    /// A value of user data.
    fn user(&self, path: &Path) -> Fact<'_>;
}

/// A value to compare.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact<'a> {
    /// Not there.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Number(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// A point in time.
    Time(WallTime),
    /// Several values.
    List(&'a [Value]),
    /// Something that can only be there or not.
    Other,
}

impl<'a> From<&'a Value> for Fact<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Number(value) => Self::Number(value.get()),
            Value::Text(value) => Self::Text(Cow::Borrowed(value)),
            Value::List(value) => Self::List(value),
            Value::Map(_) => Self::Other,
        }
    }
}

impl<'a> From<Option<&'a Value>> for Fact<'a> {
    fn from(value: Option<&'a Value>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

impl<'a> From<&'a Literal> for Fact<'a> {
    fn from(literal: &'a Literal) -> Self {
        match literal {
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Int(value) => Self::Int(*value),
            Literal::Number(value) => Self::Number(value.get()),
            Literal::Text(value) => Self::Text(Cow::Borrowed(value)),
            Literal::Time(value) => Self::Time(*value),
        }
    }
}

/// What a condition says: it cannot be known when a value is missing, or of another kind than
/// the one it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold.
    False,
    /// It cannot be known.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    const fn of(holds: Option<bool>) -> Self {
        match holds {
            Some(true) => Self::True,
            Some(false) => Self::False,
            None => Self::Unknown,
        }
    }

    const fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl Condition {
    /// Whether it is known to hold.
    #[must_use]
    pub fn holds<F: Facts + ?Sized>(&self, facts: &F, now: WallTime) -> bool {
        self.truth(facts, now) == Truth::True
    }

    /// What it says. A parameter that was not bound is a missing value.
    #[must_use]
    pub fn truth<F: Facts + ?Sized>(&self, facts: &F, now: WallTime) -> Truth {
        truth(&self.root, &Asked { facts, now })
    }
}

struct Asked<'a, F: ?Sized> {
    facts: &'a F,
    now: WallTime,
}

impl<'a, F: Facts + ?Sized> Asked<'a, F> {
    fn fact(&self, operand: &'a Operand) -> Fact<'a> {
        match operand {
            Operand::Property(property) => self.facts.property(*property),
            Operand::User(path) => self.facts.user(path),
            Operand::Parameter(_) => Fact::Null,
            Operand::Literal(literal) => literal.into(),
            Operand::Now(offset) => Fact::Time(WallTime(self.now.0.saturating_add(*offset))),
        }
    }
}

fn truth<'a, F: Facts + ?Sized>(term: &'a Term, asked: &Asked<'a, F>) -> Truth {
    match term {
        Term::All(parts) => fold(parts, asked, Truth::True, Truth::False),
        Term::Any(parts) => fold(parts, asked, Truth::False, Truth::True),
        Term::Not(part) => truth(part, asked).negated(),
        Term::Compare(left, comparison, right) => {
            let order = compared(&asked.fact(left), &asked.fact(right));
            Truth::of(order.map(|order| orders(*comparison, order)))
        }
        Term::In(value, list) => {
            one_of(&asked.fact(value), list.iter().map(|item| asked.fact(item)))
        }
        Term::Like(value, pattern) => match (asked.fact(value), asked.fact(pattern)) {
            (Fact::Text(text), Fact::Text(pattern)) => Truth::of(like(&text, &pattern)),
            _ => Truth::Unknown,
        },
        Term::Has(list, value) => match asked.fact(list) {
            Fact::List(list) => one_of(&asked.fact(value), list.iter().map(Fact::from)),
            _ => Truth::Unknown,
        },
        Term::Null(value) => Truth::of(Some(asked.fact(value) == Fact::Null)),
    }
}

/// `settles` as soon as one part says so; else unknown if one part is; else `rest`.
fn fold<'a, F: Facts + ?Sized>(
    parts: &'a [Term],
    asked: &Asked<'a, F>,
    rest: Truth,
    settles: Truth,
) -> Truth {
    let mut so_far = rest;
    for part in parts {
        match truth(part, asked) {
            found if found == settles => return settles,
            Truth::Unknown => so_far = Truth::Unknown,
            _ => {}
        }
    }
    so_far
}

/// True if it equals one of them; else unknown if a comparison was.
fn one_of<'a>(value: &Fact<'_>, list: impl Iterator<Item = Fact<'a>>) -> Truth {
    let mut so_far = Truth::False;
    for item in list {
        match compared(value, &item) {
            Some(Ordering::Equal) => return Truth::True,
            Some(_) => {}
            None => so_far = Truth::Unknown,
        }
    }
    so_far
}

pub(super) const fn orders(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Greater => order.is_gt(),
        Comparison::AtLeast => order.is_ge(),
        Comparison::Less => order.is_lt(),
        Comparison::AtMost => order.is_le(),
    }
}

/// The order of two values of one kind; `None` if one is missing or they are of two kinds.
pub(super) fn compared(left: &Fact<'_>, right: &Fact<'_>) -> Option<Ordering> {
    match (left, right) {
        (Fact::Bool(left), Fact::Bool(right)) => Some(left.cmp(right)),
        (Fact::Int(left), Fact::Int(right)) => Some(left.cmp(right)),
        (Fact::Int(left), Fact::Number(right)) => Some(whole_to_fraction(*left, *right)),
        (Fact::Number(left), Fact::Int(right)) => Some(whole_to_fraction(*right, *left).reverse()),
        (Fact::Number(left), Fact::Number(right)) => left.partial_cmp(right),
        (Fact::Text(left), Fact::Text(right)) => Some(left.cmp(right)),
        (Fact::Time(left), Fact::Time(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Exactly, also where a whole number has no equal among the fractions.
fn whole_to_fraction(whole: i64, fraction: f64) -> Ordering {
    // 2^63, the first number above all whole ones here; its negative is the smallest of them.
    const END: f64 = 9_223_372_036_854_775_808.0;
    if fraction >= END {
        return Ordering::Less;
    }
    if fraction < -END {
        return Ordering::Greater;
    }
    // In range, so nothing but the fraction is cut off.
    let cut = fraction.trunc();
    let by_whole = whole.cmp(&(cut as i64));
    by_whole.then(cut.partial_cmp(&fraction).unwrap_or(Ordering::Equal))
}

/// Whether a text fits a pattern; `None` if that is too long.
fn like(text: &str, pattern: &str) -> Option<bool> {
    let short = pattern.chars().nth(Condition::PATTERN_MAX).is_none();
    short.then(|| fits(text, &signs(pattern)))
}

/// Takes time proportional to the product of the lengths at worst.
fn fits(text: &str, pattern: &[Sign]) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut sign) = (0, 0);
    // The last `%`, and how much of the text it has taken.
    let mut run: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(sign) {
            Some(Sign::Run) => {
                run = Some((sign, at));
                sign += 1;
            }
            Some(found) if found.fits(text[at]) => {
                at += 1;
                sign += 1;
            }
            _ => {
                let Some((back, taken)) = run else {
                    return false;
                };
                run = Some((back, taken + 1));
                at = taken + 1;
                sign = back + 1;
            }
        }
    }
    pattern[sign..].iter().all(|sign| *sign == Sign::Run)
}

#[derive(PartialEq, Eq)]
enum Sign {
    Exactly(char),
    One,
    Run,
}

impl Sign {
    fn fits(&self, found: char) -> bool {
        match self {
            Self::Exactly(wanted) => *wanted == found,
            Self::One => true,
            Self::Run => false,
        }
    }
}

fn signs(pattern: &str) -> Vec<Sign> {
    let mut chars = pattern.chars();
    let mut signs = Vec::new();
    while let Some(found) = chars.next() {
        signs.push(match found {
            '%' => Sign::Run,
            '_' => Sign::One,
            // At the end it stands for itself.
            '\\' => Sign::Exactly(chars.next().unwrap_or('\\')),
            _ => Sign::Exactly(found),
        });
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (text, pattern, fits) in [
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("abc", "abc", true),
            ("abc", "ABC", false),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "a_c", true),
            ("abc", "a_", false),
            ("abc", "%a", false),
            ("aXbXc", "%X%c", true),
            ("aXbXcd", "%X_", false),
            ("100%", "100\\%", true),
            ("1000", "100\\%", false),
            ("a_b", "a\\_b", true),
            ("axb", "a\\_b", false),
            ("a\\", "a\\\\", true),
            ("a\\", "a\\", true),
            ("äöü", "ä_ü", true),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaab",
                "%a%a%a%a%a%a%a%a%a%c",
                false,
            ),
        ] {
            assert_eq!(like(text, pattern), Some(fits), "{text} LIKE {pattern}");
        }
    }

    #[test]
    fn a_pattern_is_not_too_long() {
        assert_eq!(like("", &"%".repeat(Condition::PATTERN_MAX)), Some(true));
        assert_eq!(like("", &"%".repeat(Condition::PATTERN_MAX + 1)), None);
    }

    #[test]
    fn whole_numbers_and_fractions_are_compared_exactly() {
        for (whole, fraction, order) in [
            (1, 1.0, Ordering::Equal),
            (1, 1.5, Ordering::Less),
            (-1, -1.5, Ordering::Greater),
            (-2, -1.5, Ordering::Less),
            (0, -0.0, Ordering::Equal),
            (i64::MAX, 9_223_372_036_854_775_808.0, Ordering::Less),
            (i64::MIN, -9_223_372_036_854_775_808.0, Ordering::Equal),
            (
                9_007_199_254_740_993,
                9_007_199_254_740_992.0,
                Ordering::Greater,
            ),
            (0, f64::MAX, Ordering::Less),
            (0, f64::MIN, Ordering::Greater),
        ] {
            assert_eq!(
                whole_to_fraction(whole, fraction),
                order,
                "{whole} {fraction}"
            );
        }
    }
}
