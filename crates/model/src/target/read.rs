//! Reading skill expressions, in the form of routing targets and in that of group scripts.

use crate::name::{Name, NameError};
use crate::scan::Scanner;
use crate::target::expression::{Comparison, Expression, Level, TextComparison};
use crate::target::readings::TwoReadings;
use crate::target::text::Text;
use std::str::FromStr;

/// Why a text is not an expression, and at which byte (counted from 1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("skill expression, place {place}: {problem}")]
pub struct ExpressionError {
    /// Where, in bytes counted from 1.
    pub place: usize,
    /// What is wrong and what was expected.
    pub problem: String,
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        let read = read_whole(text, |scanner| {
            let mut parser = Parser::new(*scanner, Dialect::Target, Order::AndFirst);
            let read = parser.expression()?;
            *scanner = parser.scanner;
            Ok((read, None))
        });
        read.map(|(expression, _)| expression)
    }
}

impl Expression {
    /// Reads an expression, and tells when the other documented reading means something else.
    ///
    /// # Errors
    /// The first place that does not fit the grammar, or the limit that was passed.
    pub fn read(text: &str) -> Result<(Self, Option<TwoReadings>), ExpressionError> {
        read_whole(text, |scanner| read_part(scanner, Dialect::Target))
    }

    /// Reads the script of a virtual agent group: the same grammar with the conditions
    /// `Skill("name") op level` and `SkillExists("name")`, where a skill exists from level 1 on.
    ///
    /// # Errors
    /// As [`Expression::read`]; `LoggedIn(...)` is refused, because it asks for the log-in of a
    /// telephone at a queue or switch, which an agent here does not have.
    pub fn read_group_script(text: &str) -> Result<(Self, Option<TwoReadings>), ExpressionError> {
        read_whole(text, |scanner| read_part(scanner, Dialect::GroupScript))
    }
}

/// How a condition is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `English>=2`
    Target,
    /// `Skill("English")>=2`
    GroupScript,
}

/// In which order `&` and `|` are joined where no parentheses say it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// `&` before `|`: the order of this house.
    AndFirst,
    /// From left to right: the other one that is documented.
    LeftToRight,
}

/// An expression, and the warning that belongs to it.
type Read = Result<(Expression, Option<TwoReadings>), ExpressionError>;

fn read_whole(text: &str, part: impl Fn(&mut Scanner<'_>) -> Read) -> Read {
    if text.len() > Expression::BYTES_MAX {
        return Err(ExpressionError {
            place: Expression::BYTES_MAX + 1,
            problem: format!("longer than {} bytes", Expression::BYTES_MAX),
        });
    }
    let mut scanner = Scanner::new(text);
    if scanner.is_done() {
        return Ok((Expression::anyone(), None));
    }
    let read = part(&mut scanner)?;
    if !scanner.is_done() {
        return Err(unexpected(&scanner, "expected '&', '|' or the end"));
    }
    Ok(read)
}

/// Reads an expression that stands within another text, up to what does not belong to it.
pub(super) fn read_part(scanner: &mut Scanner<'_>, dialect: Dialect) -> Read {
    let start = *scanner;
    let mut parser = Parser::new(*scanner, dialect, Order::AndFirst);
    let taken = parser.expression()?;
    *scanner = parser.scanner;
    let Some(place) = parser.mixed else {
        return Ok((taken, None));
    };
    let other = Parser::new(start, dialect, Order::LeftToRight).expression()?;
    let readings = TwoReadings::compare(place, &taken, other);
    Ok((taken, readings))
}

fn unexpected(scanner: &Scanner<'_>, expected: &str) -> ExpressionError {
    ExpressionError {
        place: scanner.place(),
        problem: format!("{expected}, found {}", scanner.found()),
    }
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    dialect: Dialect,
    order: Order,
    depth: usize,
    conditions: usize,
    /// Where a `&` first follows a `|`, so that the order matters.
    mixed: Option<usize>,
}

/// The signs between conditions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    And,
    Or,
}

impl<'a> Parser<'a> {
    const fn new(scanner: Scanner<'a>, dialect: Dialect, order: Order) -> Self {
        Self {
            scanner,
            dialect,
            order,
            depth: 0,
            conditions: 0,
            mixed: None,
        }
    }

    /// Conditions and groups up to something that joins no further.
    fn expression(&mut self) -> Result<Expression, ExpressionError> {
        let mut chain = vec![(Join::Or, self.factor()?)];
        let mut or_seen = false;
        loop {
            let join = if self.scanner.take("&") {
                Join::And
            } else if self.scanner.take("|") {
                Join::Or
            } else {
                break;
            };
            or_seen |= join == Join::Or;
            if or_seen && join == Join::And {
                self.mixed.get_or_insert(self.scanner.place() - 1);
            }
            chain.push((join, self.factor()?));
        }
        Ok(match self.order {
            Order::AndFirst => and_first(chain),
            Order::LeftToRight => left_to_right(chain),
        })
    }

    fn factor(&mut self) -> Result<Expression, ExpressionError> {
        if self.scanner.take("(") {
            self.depth += 1;
            if self.depth > Expression::DEPTH_MAX {
                let problem = format!("more than {} levels of parentheses", Expression::DEPTH_MAX);
                return Err(unexpected(&self.scanner, &problem));
            }
            let inner = self.expression()?;
            if !self.scanner.take(")") {
                return Err(unexpected(&self.scanner, "expected ')'"));
            }
            self.depth -= 1;
            return Ok(inner);
        }
        self.conditions += 1;
        if self.conditions > Expression::CONDITIONS_MAX {
            let problem = format!("more than {} conditions", Expression::CONDITIONS_MAX);
            return Err(unexpected(&self.scanner, &problem));
        }
        match self.dialect {
            Dialect::Target => {
                let skill = self.skill()?;
                self.compared(skill)
            }
            Dialect::GroupScript => self.call(),
        }
    }

    fn skill(&mut self) -> Result<Name, ExpressionError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        let word = self.scanner.run(is_name_char);
        if word.is_empty() {
            let expected = "expected the name of a skill or '('";
            return Err(unexpected(&self.scanner, expected));
        }
        word.parse().map_err(|error| bad_name(place, &error))
    }

    /// One condition of a group script.
    fn call(&mut self) -> Result<Expression, ExpressionError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        let mut ahead = self.scanner;
        match ahead.word() {
            "Skill" => {
                self.scanner = ahead;
                let skill = self.argument()?;
                self.compared(skill)
            }
            "SkillExists" => {
                self.scanner = ahead;
                let skill = self.argument()?;
                Ok(Expression::Skill(skill, Comparison::AtLeast, 1))
            }
            "LoggedIn" => Err(ExpressionError {
                place,
                problem: "LoggedIn asks whether a telephone is logged in at a queue or switch, \
                          which agents here are not: leave it out, agents who are not logged in \
                          are never chosen"
                    .to_owned(),
            }),
            _ => {
                let expected = "expected Skill(\"name\"), SkillExists(\"name\") or '('";
                Err(unexpected(&self.scanner, expected))
            }
        }
    }

    /// `("name")`
    fn argument(&mut self) -> Result<Name, ExpressionError> {
        if !self.scanner.take("(") {
            return Err(unexpected(&self.scanner, "expected '('"));
        }
        if !self.scanner.take("\"") {
            let expected = "expected the name of a skill in '\"'";
            return Err(unexpected(&self.scanner, expected));
        }
        let place = self.scanner.place();
        let name = self.closed_text('"', place)?;
        let name = name.parse().map_err(|error| bad_name(place, &error))?;
        if !self.scanner.take(")") {
            return Err(unexpected(&self.scanner, "expected ')'"));
        }
        Ok(name)
    }

    fn compared(&mut self, skill: Name) -> Result<Expression, ExpressionError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        let Some(comparison) = self.scanner.take_one(&COMPARISONS) else {
            if let Some(belongs) = belonging(&skill).filter(|_| self.dialect == Dialect::Target) {
                return Ok(belongs);
            }
            let expected = "expected one of = != > >= < <=";
            return Err(unexpected(&self.scanner, expected));
        };
        for (sign, quote) in [("\"", '"'), ("'", '\'')] {
            if self.scanner.take(sign) {
                let comparison = as_text_comparison(comparison, place)?;
                let text = self.text(quote)?;
                return Ok(Expression::Text(skill, comparison, text));
            }
        }
        let level = self.level()?;
        Ok(Expression::Skill(skill, comparison, level))
    }

    fn text(&mut self, quote: char) -> Result<Text, ExpressionError> {
        let place = self.scanner.place();
        self.closed_text(quote, place)?
            .parse()
            .map_err(|error: crate::target::text::TextError| ExpressionError {
                place,
                problem: error.to_string(),
            })
    }

    fn closed_text(&mut self, quote: char, place: usize) -> Result<String, ExpressionError> {
        self.scanner.quoted(quote).ok_or_else(|| ExpressionError {
            place,
            problem: format!("the text that begins here is not closed with {quote:?}"),
        })
    }

    fn level(&mut self) -> Result<Level, ExpressionError> {
        let (place, digits) = self.scanner.digits();
        digits.parse().map_err(|_| ExpressionError {
            place,
            problem: format!(
                "expected a level from 0 to {} or a text in '\"'",
                Level::MAX
            ),
        })
    }
}

const COMPARISONS: [(&str, Comparison); 6] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("!=", Comparison::NotEqual),
    (">", Comparison::Greater),
    ("<", Comparison::Less),
    ("=", Comparison::Equal),
];

/// Reads one of the six comparisons.
pub(super) fn comparison(scanner: &mut Scanner<'_>) -> Option<Comparison> {
    scanner.take_one(&COMPARISONS)
}

/// What a [`Name`] may hold after its first character.
pub(super) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// `anna.A` and `sales.GA`: who somebody is, or where he belongs. Only where nothing is compared:
/// a skill may have such a name as well.
fn belonging(word: &Name) -> Option<Expression> {
    let (name, kind) = word.as_str().rsplit_once('.')?;
    let condition = match kind {
        "A" => Expression::Agent,
        "GA" => Expression::Group,
        _ => return None,
    };
    name.parse().ok().map(condition)
}

fn as_text_comparison(
    comparison: Comparison,
    place: usize,
) -> Result<TextComparison, ExpressionError> {
    match comparison {
        Comparison::Equal => Ok(TextComparison::Equal),
        Comparison::NotEqual => Ok(TextComparison::NotEqual),
        _ => Err(ExpressionError {
            place,
            problem: format!(
                "a text is compared with = or != only, found {}",
                comparison.sign()
            ),
        }),
    }
}

fn bad_name(place: usize, error: &NameError) -> ExpressionError {
    ExpressionError {
        place,
        problem: error.to_string(),
    }
}

/// Groups of `&`, joined by `|`.
fn and_first(chain: Vec<(Join, Expression)>) -> Expression {
    let mut groups: Vec<Vec<Expression>> = Vec::new();
    for (join, part) in chain {
        match groups.last_mut() {
            Some(group) if join == Join::And => group.push(part),
            _ => groups.push(vec![part]),
        }
    }
    let groups = groups
        .into_iter()
        .map(|group| flat(group, Expression::All))
        .collect();
    flat(groups, Expression::Any)
}

/// Each sign joins everything to its left with what follows; a run of the same sign stays one
/// group.
fn left_to_right(chain: Vec<(Join, Expression)>) -> Expression {
    let mut group = Vec::new();
    let mut run = None;
    for (join, part) in chain {
        if !group.is_empty() && run.is_some_and(|run| run != join) {
            let before = joined(run, std::mem::take(&mut group));
            group.push(before);
        }
        if !group.is_empty() {
            run = Some(join);
        }
        group.push(part);
    }
    joined(run, group)
}

fn joined(run: Option<Join>, group: Vec<Expression>) -> Expression {
    match run {
        Some(Join::And) => flat(group, Expression::All),
        Some(Join::Or) | None => flat(group, Expression::Any),
    }
}

/// One part stands for itself, so that equal meanings are equal values.
fn flat(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    join(parts)
}

#[cfg(test)]
mod tests;
