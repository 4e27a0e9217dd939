//! Whom a route request wants: skill expressions and the steps by which it widens.
//!
//! Grammar (the anonymous skill target of the older routing server without its decoration):
//!
//! ```text
//! expression = term { "|" term }
//! term       = factor { "&" factor }
//! factor     = "(" expression ")" | skill op level
//! op         = "=" | "!=" | ">" | ">=" | "<" | "<="
//! level      = 0 to 65535
//! ```
//!
//! `&` binds tighter than `|`. A skill the agent does not have compares as level 0. The empty
//! text is the expression [`Expression::anyone`].

use crate::name::Name;
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How good someone is at something. 0 is the same as not having the skill.
pub type Level = u16;

/// What an agent can do, and how well.
pub type Skills = BTreeMap<Name, Level>;

/// How a level is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// `=`
    #[serde(rename = "=")]
    Equal,
    /// `!=`
    #[serde(rename = "!=")]
    NotEqual,
    /// `>`
    #[serde(rename = ">")]
    Greater,
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
}

impl Comparison {
    const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Less => "<",
            Self::AtMost => "<=",
        }
    }

    /// Whether `has` compares to `wanted` in this way.
    #[must_use]
    pub const fn holds(self, has: Level, wanted: Level) -> bool {
        match self {
            Self::Equal => has == wanted,
            Self::NotEqual => has != wanted,
            Self::Greater => has > wanted,
            Self::AtLeast => has >= wanted,
            Self::Less => has < wanted,
            Self::AtMost => has <= wanted,
        }
    }
}

/// A condition over an agent's skills.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expression {
    /// All of these hold. `All([])` holds for everybody.
    All(Vec<Expression>),
    /// At least one of these holds.
    Any(Vec<Expression>),
    /// One skill compared with a level.
    Skill(Name, Comparison, Level),
}

impl Expression {
    /// The longest text that is read, in bytes.
    pub const BYTES_MAX: usize = 1_000;
    /// The deepest nesting of parentheses.
    pub const DEPTH_MAX: usize = 16;
    /// The most conditions in one expression.
    pub const CONDITIONS_MAX: usize = 64;

    /// The expression that holds for every agent.
    #[must_use]
    pub const fn anyone() -> Self {
        Self::All(Vec::new())
    }

    /// Whether it holds for someone with these skills.
    #[must_use]
    pub fn holds(&self, skills: &Skills) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(skills)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(skills)),
            Self::Skill(name, comparison, level) => {
                comparison.holds(skills.get(name).copied().unwrap_or(0), *level)
            }
        }
    }

    /// Calls `visit` with every condition, from left to right.
    pub fn each_condition(&self, visit: &mut dyn FnMut(&Name, Comparison, Level)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_condition(visit);
                }
            }
            Self::Skill(name, comparison, level) => visit(name, *comparison, *level),
        }
    }
}

impl fmt::Display for Expression {
    /// Writes a text that reads back as the same expression.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => joined(f, parts, " & ", |part| matches!(part, Self::Any(_))),
            Self::Any(parts) => joined(f, parts, " | ", |_| false),
            Self::Skill(name, comparison, level) => {
                write!(f, "{name}{}{level}", comparison.sign())
            }
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Expression],
    between: &str,
    parenthesised: fn(&Expression) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        if parenthesised(part) {
            write!(f, "({part})")?;
        } else {
            fmt::Display::fmt(part, f)?;
        }
    }
    Ok(())
}

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
        if text.len() > Self::BYTES_MAX {
            return Err(ExpressionError {
                place: Self::BYTES_MAX + 1,
                problem: format!("longer than {} bytes", Self::BYTES_MAX),
            });
        }
        if text.trim().is_empty() {
            return Ok(Self::anyone());
        }
        let mut parser = Parser {
            text,
            at: 0,
            depth: 0,
            conditions: 0,
        };
        let expression = parser.expression()?;
        parser.skip_space();
        if parser.at < text.len() {
            return Err(parser.error("expected '&', '|' or the end"));
        }
        Ok(expression)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    conditions: usize,
}

impl Parser<'_> {
    fn expression(&mut self) -> Result<Expression, ExpressionError> {
        let parts = self.separated('|', Self::term)?;
        Ok(flat(parts, Expression::Any))
    }

    fn term(&mut self) -> Result<Expression, ExpressionError> {
        let parts = self.separated('&', Self::factor)?;
        Ok(flat(parts, Expression::All))
    }

    fn separated(
        &mut self,
        sign: char,
        part: fn(&mut Self) -> Result<Expression, ExpressionError>,
    ) -> Result<Vec<Expression>, ExpressionError> {
        let mut parts = vec![part(self)?];
        while self.take(sign) {
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    fn factor(&mut self) -> Result<Expression, ExpressionError> {
        if self.take('(') {
            self.depth += 1;
            if self.depth > Expression::DEPTH_MAX {
                let problem = format!("more than {} levels of parentheses", Expression::DEPTH_MAX);
                return Err(self.error(&problem));
            }
            let inner = self.expression()?;
            if !self.take(')') {
                return Err(self.error("expected ')'"));
            }
            self.depth -= 1;
            return Ok(inner);
        }
        self.condition()
    }

    fn condition(&mut self) -> Result<Expression, ExpressionError> {
        self.conditions += 1;
        if self.conditions > Expression::CONDITIONS_MAX {
            let problem = format!("more than {} conditions", Expression::CONDITIONS_MAX);
            return Err(self.error(&problem));
        }
        let skill = self.skill()?;
        let comparison = self.comparison()?;
        let level = self.level()?;
        Ok(Expression::Skill(skill, comparison, level))
    }

    fn skill(&mut self) -> Result<Name, ExpressionError> {
        self.skip_space();
        let start = self.at;
        let word = self.while_char(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if word.is_empty() {
            return Err(self.error("expected the name of a skill or '('"));
        }
        word.parse()
            .map_err(|error: crate::name::NameError| ExpressionError {
                place: start + 1,
                problem: error.to_string(),
            })
    }

    fn comparison(&mut self) -> Result<Comparison, ExpressionError> {
        const SIGNS: [(&str, Comparison); 6] = [
            (">=", Comparison::AtLeast),
            ("<=", Comparison::AtMost),
            ("!=", Comparison::NotEqual),
            (">", Comparison::Greater),
            ("<", Comparison::Less),
            ("=", Comparison::Equal),
        ];
        self.skip_space();
        for (sign, comparison) in SIGNS {
            if self.text[self.at..].starts_with(sign) {
                self.at += sign.len();
                return Ok(comparison);
            }
        }
        Err(self.error("expected one of = != > >= < <="))
    }

    fn level(&mut self) -> Result<Level, ExpressionError> {
        self.skip_space();
        let start = self.at;
        let digits = self.while_char(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| ExpressionError {
            place: start + 1,
            problem: format!("expected a level from 0 to {}", Level::MAX),
        })
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip_space();
        let found = self.text[self.at..].starts_with(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn while_char(&mut self, wanted: impl Fn(char) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error(&self, problem: &str) -> ExpressionError {
        let found = self.text[self.at..].chars().next();
        let found = found.map_or("the end".to_owned(), |c| format!("{c:?}"));
        ExpressionError {
            place: self.at + 1,
            problem: format!("{problem}, found {found}"),
        }
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

/// One widening step: from `after` the start of the request this expression is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// Who is wanted.
    pub expression: Expression,
    /// How long after the request began to wait; 0 for the first step, then growing.
    pub after: Millis,
}

/// The target of a route request: at least one step, the first at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Steps")]
pub struct Target {
    /// Shared, because a request carries its target from the input through events to the state.
    steps: Arc<[Step]>,
}

/// A target as it was written, before its steps are looked at.
#[derive(Deserialize)]
struct Steps {
    steps: Vec<Step>,
}

impl TryFrom<Steps> for Target {
    type Error = TargetError;

    fn try_from(read: Steps) -> Result<Self, TargetError> {
        Self::new(read.steps)
    }
}

/// Why steps do not make a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// None given.
    #[error("a target needs at least one step")]
    Empty,
    /// Too many.
    #[error("a target has {0} steps: at most {max} are allowed", max = Target::STEPS_MAX)]
    TooMany(usize),
    /// The first step must hold at once, the others in order of time.
    #[error("step {0} of the target must start {1}")]
    Times(usize, &'static str),
}

impl Target {
    /// The most steps of one target.
    pub const STEPS_MAX: usize = 15;

    /// A target that never widens.
    #[must_use]
    pub fn fixed(expression: Expression) -> Self {
        Self {
            steps: Arc::new([Step {
                expression,
                after: Millis::ZERO,
            }]),
        }
    }

    /// A target with these steps.
    ///
    /// # Errors
    /// None or too many of them, or their times do not grow from 0.
    pub fn new(steps: Vec<Step>) -> Result<Self, TargetError> {
        if steps.len() > Self::STEPS_MAX {
            return Err(TargetError::TooMany(steps.len()));
        }
        match steps.first() {
            None => return Err(TargetError::Empty),
            Some(first) if first.after != Millis::ZERO => {
                return Err(TargetError::Times(1, "at once (after 0)"));
            }
            Some(_) => {}
        }
        let late = steps
            .windows(2)
            .position(|pair| pair[1].after <= pair[0].after);
        match late {
            Some(index) => Err(TargetError::Times(
                index + 2,
                "later than the step before it",
            )),
            None => Ok(Self {
                steps: steps.into(),
            }),
        }
    }

    /// All steps, the first one first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The expression of step `index`, or of the last step when there are fewer.
    #[must_use]
    pub fn expression(&self, index: u8) -> &Expression {
        let last = self.steps.len() - 1;
        &self.steps[usize::from(index).min(last)].expression
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Expression {
        text.parse().expect(text)
    }

    fn skills(list: &[(&str, Level)]) -> Skills {
        list.iter()
            .map(|(name, level)| (name.parse().expect("a name"), *level))
            .collect()
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let expression = parsed("A>=1 | B>=1 & C>=1");
        assert!(expression.holds(&skills(&[("A", 1)])));
        assert!(!expression.holds(&skills(&[("B", 1)])));
        assert!(expression.holds(&skills(&[("B", 1), ("C", 2)])));
        assert_eq!(expression.to_string(), "A>=1 | B>=1 & C>=1");
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        for text in [
            "",
            "A=0",
            "(A>1|B<2)&C!=3",
            "A=1 & (B=2 | C=3 & (D=4 | E=5))",
            "((A<=7))",
        ] {
            let expression = parsed(text);
            assert_eq!(parsed(&expression.to_string()), expression, "{text}");
        }
    }

    #[test]
    fn a_missing_skill_counts_as_level_zero() {
        assert!(parsed("A=0").holds(&Skills::new()));
        assert!(!parsed("A>=1").holds(&Skills::new()));
        assert!(parsed("").holds(&Skills::new()));
    }

    #[test]
    fn a_bad_expression_says_where_and_what_was_expected() {
        for (text, place) in [
            ("A", 2),
            ("A>", 3),
            ("A>70000", 3),
            ("A=1 &", 6),
            ("(A=1", 5),
            ("A=1)", 4),
            ("A=1 B=2", 5),
            ("-A=1", 1),
        ] {
            let error = text.parse::<Expression>().expect_err(text);
            assert_eq!(error.place, place, "{text}: {error}");
        }
        let deep = format!("{}A=1{}", "(".repeat(17), ")".repeat(17));
        assert!(
            deep.parse::<Expression>()
                .expect_err("deep")
                .problem
                .contains("16 levels")
        );
        let many = vec!["A=1"; 65].join("&");
        assert!(
            many.parse::<Expression>()
                .expect_err("many")
                .problem
                .contains("64 conditions")
        );
    }

    #[test]
    fn steps_start_at_once_and_grow() {
        let step = |after| Step {
            expression: Expression::anyone(),
            after: Millis(after),
        };
        assert!(Target::new(vec![step(0), step(10), step(20)]).is_ok());
        assert_eq!(Target::new(vec![]), Err(TargetError::Empty));
        assert!(matches!(
            Target::new(vec![step(1)]),
            Err(TargetError::Times(1, _))
        ));
        assert!(matches!(
            Target::new(vec![step(0), step(0)]),
            Err(TargetError::Times(2, _))
        ));
        assert!(matches!(
            Target::new(vec![step(0); 16]),
            Err(TargetError::TooMany(16))
        ));
    }
}
