//! Reading conditions.

use super::order::{Direction, Key, Order};
use super::property::Property;
use super::term::{Literal, Mismatch, Operand, Path, Term};
use super::{Condition, ConditionError, ConditionProblem};
use crate::scan::Scanner;
use crate::target::Comparison;
use crate::value::Finite;
use std::fmt;

/// What a bare key of user data may hold.
pub(super) fn is_key_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A stretch of time as a condition writes it, in milliseconds.
pub(super) struct Span(pub(super) u64);

/// The units of a stretch of time, the largest first.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The longest stretch of time: a hundred years.
pub(super) const SPAN_MAX_MS: u64 = 36_525 * 86_400_000;

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, ms): &&(&str, u64)| self.0.is_multiple_of(*ms);
        match UNITS.iter().find(fits) {
            Some((unit, ms)) => write!(f, "{}{unit}", self.0 / ms),
            None => write!(f, "{}ms", self.0),
        }
    }
}

pub(super) fn condition(text: &str) -> Result<Condition, ConditionError> {
    let mut reader = Reader::new(text)?;
    if reader.scanner.is_done() {
        return Ok(Condition::everything());
    }
    let root = reader.any()?;
    if !reader.scanner.is_done() {
        return Err(reader.expected("AND, OR or the end"));
    }
    Ok(Condition { root })
}

pub(super) fn order(text: &str) -> Result<Order, ConditionError> {
    let mut reader = Reader::new(text)?;
    let mut keys: Vec<Key> = Vec::new();
    if reader.scanner.is_done() {
        return Ok(Order { keys });
    }
    loop {
        reader.scanner.skip_space();
        let place = reader.scanner.place();
        let key = reader.key()?;
        if keys.len() == Order::KEYS_MAX {
            return Err(ConditionProblem::TooManyKeys.at(place));
        }
        if keys.iter().any(|before| before.of == key.of) {
            return Err(ConditionProblem::Repeated(key.of.to_string()).at(place));
        }
        keys.push(key);
        if !reader.scanner.take(",") {
            break;
        }
    }
    if !reader.scanner.is_done() {
        return Err(reader.expected("',', ASC, DESC or the end"));
    }
    Ok(Order { keys })
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    depth: usize,
    terms: usize,
}

const COMPARISONS: [(&str, Comparison); 8] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("<>", Comparison::NotEqual),
    ("!=", Comparison::NotEqual),
    ("==", Comparison::Equal),
    (">", Comparison::Greater),
    ("<", Comparison::Less),
    ("=", Comparison::Equal),
];

const VALUE: &str = "a property, user.key, :parameter, number, text in quotes, TRUE, FALSE or NOW";

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Result<Self, ConditionError> {
        if text.len() > Condition::BYTES_MAX {
            return Err(ConditionProblem::TooLong.at(Condition::BYTES_MAX + 1));
        }
        Ok(Self {
            scanner: Scanner::new(text),
            depth: 0,
            terms: 0,
        })
    }

    fn any(&mut self) -> Result<Term, ConditionError> {
        let mut parts = vec![self.all()?];
        while self.scanner.keyword("OR") {
            parts.push(self.all()?);
        }
        Ok(Term::any(parts))
    }

    fn all(&mut self) -> Result<Term, ConditionError> {
        let mut parts = vec![self.factor()?];
        while self.scanner.keyword("AND") {
            parts.push(self.factor()?);
        }
        Ok(Term::all(parts))
    }

    fn factor(&mut self) -> Result<Term, ConditionError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        let negates = self.scanner.keyword("NOT");
        if !negates && !self.scanner.take("(") {
            return self.test();
        }
        self.depth += 1;
        if self.depth > Condition::DEPTH_MAX {
            return Err(ConditionProblem::Depth.at(place));
        }
        let read = if negates {
            Term::Not(Box::new(self.factor()?))
        } else {
            let inner = self.any()?;
            if !self.scanner.take(")") {
                return Err(self.expected("AND, OR or ')'"));
            }
            inner
        };
        self.depth -= 1;
        Ok(read)
    }

    /// One value and what is asked of it.
    fn test(&mut self) -> Result<Term, ConditionError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        self.terms += 1;
        if self.terms > Condition::TERMS_MAX {
            return Err(ConditionProblem::TooMany.at(place));
        }
        let value = self.operand()?;
        if let Some(comparison) = self.scanner.take_one(&COMPARISONS) {
            let other = self.operand()?;
            return Term::compare(value, comparison, other).map_err(|error| bad(error, place));
        }
        if self.scanner.keyword("IS") {
            let negates = self.scanner.keyword("NOT");
            if !self.scanner.keyword("NULL") {
                return Err(self.expected("NULL"));
            }
            return Ok(negated(negates, Term::Null(value)));
        }
        let negates = self.scanner.keyword("NOT");
        if let Some(term) = self.asked(value.clone(), place)? {
            return Ok(negated(negates, term));
        }
        if negates {
            return Err(self.expected("IN, LIKE, BETWEEN or HAS"));
        }
        // A property that is yes or no speaks for itself.
        if matches!(&value, Operand::Property(property) if property.kind() == super::Kind::Bool) {
            return Ok(Term::Compare(
                value,
                Comparison::Equal,
                Operand::Literal(Literal::Bool(true)),
            ));
        }
        Err(self.expected("a comparison, IN, LIKE, BETWEEN, HAS or IS"))
    }

    /// What words ask of a value.
    fn asked(&mut self, value: Operand, place: usize) -> Result<Option<Term>, ConditionError> {
        let term = if self.scanner.keyword("IN") {
            Term::one_of(value, self.list()?)
        } else if self.scanner.keyword("LIKE") {
            Term::like(value, self.operand()?)
        } else if self.scanner.keyword("HAS") {
            Term::has(value, self.operand()?)
        } else if self.scanner.keyword("BETWEEN") {
            self.terms += 1;
            let low = self.operand()?;
            if !self.scanner.keyword("AND") {
                return Err(self.expected("AND and the larger value"));
            }
            let high = self.operand()?;
            let low = Term::compare(value.clone(), Comparison::AtLeast, low);
            let high = Term::compare(value, Comparison::AtMost, high);
            low.and_then(|low| Ok(Term::all(vec![low, high?])))
        } else {
            return Ok(None);
        };
        term.map(Some).map_err(|error| bad(error, place))
    }

    /// `(value, value, ...)`: constants and parameters.
    fn list(&mut self) -> Result<Vec<Operand>, ConditionError> {
        if !self.scanner.take("(") {
            return Err(self.expected("'(' and a list of values"));
        }
        let mut list = Vec::new();
        if self.scanner.take(")") {
            return Ok(list);
        }
        loop {
            self.scanner.skip_space();
            let place = self.scanner.place();
            let item = self.operand()?;
            if !matches!(item, Operand::Literal(_) | Operand::Parameter(_)) {
                return Err(ConditionProblem::NotConstant.at(place));
            }
            if list.len() == Condition::LIST_MAX {
                return Err(ConditionProblem::TooManyValues.at(place));
            }
            list.push(item);
            if !self.scanner.take(",") {
                break;
            }
        }
        if !self.scanner.take(")") {
            return Err(self.expected("',' or ')'"));
        }
        Ok(list)
    }

    fn operand(&mut self) -> Result<Operand, ConditionError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        match self.scanner.peek() {
            Some(quote @ ('\'' | '"')) => {
                let text = self.quoted(quote)?;
                Ok(Operand::Literal(Literal::Text(text)))
            }
            Some(':') => self.parameter(),
            Some(c) if c.is_ascii_digit() || c == '-' => self.number().map(Operand::Literal),
            _ => self.named(place),
        }
    }

    /// A value that is named by a word.
    fn named(&mut self, place: usize) -> Result<Operand, ConditionError> {
        let word = self.scanner.word();
        if word.is_empty() {
            return Err(self.expected(VALUE));
        }
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        if is("TRUE") || is("FALSE") {
            return Ok(Operand::Literal(Literal::Bool(is("TRUE"))));
        }
        if is("NULL") {
            return Err(ConditionProblem::Null.at(place));
        }
        if is("NOW") {
            return self.offset().map(Operand::Now);
        }
        if is("user") {
            return self.path().map(Operand::User);
        }
        match Property::named(word) {
            Some(property) => Ok(Operand::Property(property)),
            None => {
                Err(ConditionProblem::UnknownProperty(word.chars().take(40).collect()).at(place))
            }
        }
    }

    /// `.key.key`, after `user`.
    fn path(&mut self) -> Result<Path, ConditionError> {
        let place = self.scanner.place();
        let mut keys = Vec::new();
        while self.scanner.rest().starts_with('.') {
            self.scanner.take(".");
            let key = if self.scanner.rest().starts_with('"') {
                self.quoted('"')?
            } else {
                self.scanner.run(is_key_char).to_owned()
            };
            if key.is_empty() {
                return Err(self.expected(
                    "a key of user data, in '\"' if it holds other than letters, digits and '_'",
                ));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(self.expected("'.' and a key of user data"));
        }
        Path::new(keys).ok_or_else(|| ConditionProblem::TooDeep.at(place))
    }

    /// `+ 5m` or `- 1h`, after `NOW`, in milliseconds.
    fn offset(&mut self) -> Result<i64, ConditionError> {
        let sign = self.scanner.take_one(&[("+", 1), ("-", -1)]);
        let Some(sign) = sign else {
            return Ok(0);
        };
        let (place, digits) = self.scanner.digits();
        let unit = self.scanner.run(|c| c.is_ascii_alphabetic());
        let unit = UNITS.iter().find(|(name, _)| *name == unit);
        let ms = unit.and_then(|(_, ms)| digits.parse::<u64>().ok()?.checked_mul(*ms));
        ms.filter(|ms| *ms <= SPAN_MAX_MS)
            .and_then(|ms| i64::try_from(ms).ok())
            .map(|ms| sign * ms)
            .ok_or_else(|| ConditionProblem::Span.at(place))
    }

    fn parameter(&mut self) -> Result<Operand, ConditionError> {
        self.scanner.take(":");
        let place = self.scanner.place();
        let name = self.scanner.run(is_key_char);
        match name.parse() {
            Ok(name) => Ok(Operand::Parameter(name)),
            Err(error) => Err(ConditionProblem::Parameter(error).at(place)),
        }
    }

    /// A whole number, or one with a fraction or exponent.
    fn number(&mut self) -> Result<Literal, ConditionError> {
        let place = self.scanner.place();
        let start = self.scanner.rest();
        self.scanner.take("-");
        self.scanner.run(|c| c.is_ascii_digit());
        if self.scanner.rest().starts_with('.') {
            self.scanner.take(".");
            self.scanner.run(|c| c.is_ascii_digit());
        }
        if self.scanner.rest().starts_with(['e', 'E']) {
            self.scanner.run(|c| matches!(c, 'e' | 'E'));
            self.scanner.run(|c| matches!(c, '+' | '-'));
            self.scanner.run(|c| c.is_ascii_digit());
        }
        let text = &start[..start.len() - self.scanner.rest().len()];
        let whole = text.parse().map(Literal::Int);
        let fraction = || text.parse().ok().and_then(Finite::new).map(Literal::Number);
        let is_whole = !text.contains(['.', 'e', 'E']);
        let read = if is_whole { whole.ok() } else { fraction() };
        read.ok_or_else(|| ConditionProblem::Number.at(place))
    }

    /// A text in quotes; a quote within stands twice.
    fn quoted(&mut self, quote: char) -> Result<String, ConditionError> {
        let place = self.scanner.place();
        let sign = if quote == '"' { "\"" } else { "'" };
        self.scanner.take(sign);
        let mut text = String::new();
        loop {
            text += self.scanner.run(|c| c != quote);
            if self.scanner.peek().is_none() {
                return Err(ConditionProblem::Unclosed.at(place));
            }
            // Not `take`, which would skip space within the text.
            let quotes = self.scanner.rest();
            let doubled = quotes[1..].starts_with(quote);
            self.scanner.skip_byte();
            if !doubled {
                return Ok(text);
            }
            self.scanner.skip_byte();
            text.push(quote);
        }
    }

    fn key(&mut self) -> Result<Key, ConditionError> {
        let place = self.scanner.place();
        let of = match self.operand()? {
            of @ (Operand::Property(_) | Operand::User(_)) => of,
            _ => return Err(ConditionProblem::NotKey.at(place)),
        };
        let direction = if self.scanner.keyword("DESC") {
            Direction::Descending
        } else {
            self.scanner.keyword("ASC");
            Direction::Ascending
        };
        Ok(Key { of, direction })
    }

    fn expected(&self, expected: &'static str) -> ConditionError {
        let mut scanner = self.scanner;
        scanner.skip_space();
        let found = scanner.found();
        ConditionProblem::Expected { expected, found }.at(scanner.place())
    }
}

fn negated(negates: bool, term: Term) -> Term {
    if negates {
        Term::Not(Box::new(term))
    } else {
        term
    }
}

fn bad(error: Mismatch, place: usize) -> ConditionError {
    ConditionProblem::Mismatch(error).at(place)
}
