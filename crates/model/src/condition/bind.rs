//! Giving values to the parameters of a condition.

use super::term::{Literal, Mismatch, Operand, Term};
use super::{Condition, Kind};
use crate::name::Name;
use crate::value::Value;
use std::collections::BTreeMap;

/// Values for parameters, by name.
pub type Parameters = BTreeMap<Name, Value>;

/// Why values do not fit the parameters of a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameter :{parameter}: {problem}")]
pub struct BindError {
    /// Which parameter.
    pub parameter: Name,
    /// What is wrong and what to do.
    pub problem: BindProblem,
}

/// What is wrong with the value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindProblem {
    /// A list where one value belongs.
    #[error("a list stands only by itself within IN ( )")]
    List,
    /// It cannot be compared with what the condition compares it with.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// No value given.
    #[error("no value is given")]
    Missing,
    /// Nothing, or something with keys.
    #[error("expected a text, a number, true, false or a list of these")]
    NoConstant,
    /// Too many values.
    #[error("more than {} values in one list", Condition::LIST_MAX)]
    TooManyValues,
    /// A value for a parameter the condition does not have.
    #[error("the condition has no such parameter")]
    Unknown,
}

impl BindProblem {
    fn of(self, parameter: &Name) -> BindError {
        BindError {
            parameter: parameter.clone(),
            problem: self,
        }
    }
}

impl Condition {
    /// The parameters it uses, each with the kind of value it is first compared with; `None`
    /// if that is user data or another parameter.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<&Name, Option<Kind>> {
        let mut all = BTreeMap::new();
        gather(&self.root, &mut all);
        all
    }

    /// The same condition with values in place of its parameters. A list may stand for the
    /// values, or some of the values, of an `IN`.
    ///
    /// # Errors
    /// A parameter without a value, a value without a parameter, or one that cannot be compared
    /// with what stands beside it.
    pub fn bind(&self, values: &Parameters) -> Result<Self, BindError> {
        let used = self.parameters();
        if let Some(name) = values.keys().find(|name| !used.contains_key(*name)) {
            return Err(BindProblem::Unknown.of(name));
        }
        let root = bound(&self.root, values)?;
        Ok(Self { root })
    }
}

fn gather<'a>(term: &'a Term, all: &mut BTreeMap<&'a Name, Option<Kind>>) {
    let mut note = |operand: &'a Operand, kind: Option<Kind>| {
        if let Operand::Parameter(name) = operand {
            let known = all.entry(name).or_default();
            *known = known.or(kind);
        }
    };
    match term {
        Term::All(parts) | Term::Any(parts) => parts.iter().for_each(|part| gather(part, all)),
        Term::Not(part) => gather(part, all),
        Term::Compare(left, _, right) => {
            note(left, right.kind());
            note(right, left.kind());
        }
        Term::Like(left, right) => {
            note(left, Some(Kind::Text));
            note(right, Some(Kind::Text));
        }
        Term::Has(left, right) => {
            note(left, None);
            note(right, None);
        }
        Term::In(value, list) => {
            note(value, list.iter().find_map(Operand::kind));
            list.iter().for_each(|item| note(item, value.kind()));
        }
        Term::Null(value) => note(value, None),
    }
}

fn bound(term: &Term, values: &Parameters) -> Result<Term, BindError> {
    let all = |parts: &[Term]| {
        parts
            .iter()
            .map(|part| bound(part, values))
            .collect::<Result<Vec<Term>, BindError>>()
    };
    match term {
        Term::All(parts) => Ok(Term::all(all(parts)?)),
        Term::Any(parts) => Ok(Term::any(all(parts)?)),
        Term::Not(part) => Ok(Term::Not(Box::new(bound(part, values)?))),
        Term::In(operand, list) => {
            let operand = one(operand, values)?;
            let mut items = Vec::new();
            for item in list {
                items.extend(listed(&operand, item, values)?);
                if let Some(name) = parameter(item)
                    && items.len() > Condition::LIST_MAX
                {
                    return Err(BindProblem::TooManyValues.of(name));
                }
            }
            Ok(Term::In(operand, items))
        }
        Term::Compare(left, comparison, right) => pair(left, right, values, |left, right| {
            Term::compare(left, *comparison, right)
        }),
        Term::Like(left, right) => pair(left, right, values, Term::like),
        Term::Has(left, right) => pair(left, right, values, Term::has),
        Term::Null(operand) => Ok(Term::Null(one(operand, values)?)),
    }
}

const fn parameter(operand: &Operand) -> Option<&Name> {
    match operand {
        Operand::Parameter(name) => Some(name),
        _ => None,
    }
}

/// A test of two values. If they do not fit, a parameter among them is to blame: without one
/// the condition would not have been read.
fn pair(
    left: &Operand,
    right: &Operand,
    values: &Parameters,
    test: impl Fn(Operand, Operand) -> Result<Term, Mismatch>,
) -> Result<Term, BindError> {
    test(one(left, values)?, one(right, values)?).map_err(|mismatch| {
        let name = parameter(right).or(parameter(left));
        let name = name.expect("two values that were read as a test fit each other");
        BindProblem::Mismatch(mismatch).of(name)
    })
}

/// An operand with the value in place of a parameter.
fn one(operand: &Operand, values: &Parameters) -> Result<Operand, BindError> {
    let Some(name) = parameter(operand) else {
        return Ok(operand.clone());
    };
    match values.get(name) {
        None => Err(BindProblem::Missing.of(name)),
        Some(Value::List(_)) => Err(BindProblem::List.of(name)),
        Some(value) => literal(name, value),
    }
}

/// What stands for one item of an `IN`: several, if it is a parameter with a list.
fn listed(
    operand: &Operand,
    item: &Operand,
    values: &Parameters,
) -> Result<Vec<Operand>, BindError> {
    let Some(name) = parameter(item) else {
        return Ok(vec![item.clone()]);
    };
    let items = match values.get(name) {
        Some(Value::List(list)) => list.iter().map(|value| literal(name, value)).collect(),
        _ => one(item, values).map(|only| vec![only]),
    }?;
    Term::items(operand, items).map_err(|mismatch| BindProblem::Mismatch(mismatch).of(name))
}

fn literal(name: &Name, value: &Value) -> Result<Operand, BindError> {
    Ok(Operand::Literal(match value {
        Value::Bool(value) => Literal::Bool(*value),
        Value::Int(value) => Literal::Int(*value),
        Value::Number(value) => Literal::Number(*value),
        Value::Text(value) => Literal::Text(value.clone()),
        Value::Null | Value::List(_) | Value::Map(_) => {
            return Err(BindProblem::NoConstant.of(name));
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(json: &str) -> Parameters {
        serde_json::from_str(json).expect(json)
    }

    fn condition(text: &str) -> Condition {
        text.parse().expect(text)
    }

    #[test]
    fn values_take_the_place_of_parameters() {
        for (text, json, bound) in [
            ("tier >= :least", r#"{"least": 3}"#, "tier >= 3"),
            ("tier >= :least", r#"{"least": 2.5}"#, "tier >= 2.5"),
            (
                "user.x = :a AND user.y = :a",
                r#"{"a": "b'c"}"#,
                "user.x = 'b''c' AND user.y = 'b''c'",
            ),
            (
                "queue IN (:one, 'b')",
                r#"{"one": "a"}"#,
                "queue IN ('a', 'b')",
            ),
            (
                "queue NOT IN (:all)",
                r#"{"all": ["a", "b"]}"#,
                "queue NOT IN ('a', 'b')",
            ),
            ("queue IN (:all)", r#"{"all": []}"#, "queue IN ()"),
            ("subject LIKE :how", r#"{"how": "x%"}"#, "subject LIKE 'x%'"),
            (
                "user.tags HAS :tag",
                r#"{"tag": "vip"}"#,
                "user.tags HAS 'vip'",
            ),
            ("is_held = :held", r#"{"held": 1}"#, "is_held = TRUE"),
            (
                "received_at < :before",
                r#"{"before": "2026-01-31T13:00+01:00"}"#,
                "received_at < '2026-01-31T12:00:00Z'",
            ),
            (
                "NOT (:a = 1 OR tier IS NULL)",
                r#"{"a": 2}"#,
                "NOT (2 = 1 OR tier IS NULL)",
            ),
            ("tier = 1", "{}", "tier = 1"),
        ] {
            let found = condition(text).bind(&values(json)).expect(text);
            assert_eq!(found.to_string(), bound, "{text}");
            assert_eq!(found, condition(bound), "{text}");
            assert!(found.parameters().is_empty(), "{text}");
        }
    }

    #[test]
    fn a_bad_value_is_named_with_its_parameter() {
        for (text, json, words) in [
            ("tier = :a", "{}", "parameter :a: no value is given"),
            (
                "tier = :a",
                r#"{"a": 1, "b": 2}"#,
                "parameter :b: the condition has no such",
            ),
            (
                "tier = :a",
                r#"{"a": "high"}"#,
                ":a: a number is compared with a text",
            ),
            (
                "tier = :a",
                r#"{"a": [1]}"#,
                ":a: a list stands only by itself",
            ),
            ("tier = :a", r#"{"a": null}"#, ":a: expected a text"),
            (
                "tier IN (1, :a, :b)",
                r#"{"a": 1, "b": ["x"]}"#,
                ":b: a number is compared",
            ),
            ("tier IN (:a)", r#"{"a": [[1]]}"#, ":a: expected a text"),
            ("subject LIKE :a", r#"{"a": 1}"#, ":a: LIKE is for texts"),
            (
                "is_held = :a",
                r#"{"a": 2}"#,
                ":a: TRUE or FALSE is compared with a number",
            ),
            (
                "received_at < :a",
                r#"{"a": "noon"}"#,
                ":a: \"noon\" is no time",
            ),
        ] {
            let error = condition(text).bind(&values(json)).expect_err(text);
            assert!(error.to_string().contains(words), "{text}: {error}");
        }
        let long = format!(r#"{{"a": [{}]}}"#, vec!["1"; 101].join(","));
        let error = condition("tier IN (:a)")
            .bind(&values(&long))
            .expect_err("long");
        assert_eq!(error.problem, BindProblem::TooManyValues);
    }

    #[test]
    fn parameters_are_told_with_what_they_are_compared_with() {
        let condition = condition(
            "tier > :a AND (user.x = :b OR :c <= received_at) AND subject LIKE :d \
             AND queue IN (:e) AND user.t HAS :f AND user.y = :a",
        );
        let found: Vec<String> = condition
            .parameters()
            .iter()
            .map(|(name, kind)| format!("{name} {kind:?}"))
            .collect();
        assert_eq!(
            found.join(", "),
            "a Some(Number), b None, c Some(Time), d Some(Text), e Some(Text), f None"
        );
    }
}
