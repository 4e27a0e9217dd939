//! Conditions over an agent's skills.

use crate::name::Name;
use crate::scan::write_quoted;
use crate::target::gate::Gate;
use crate::target::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How good someone is at something. 0 is the same as not having the skill.
pub type Level = u16;

/// What an agent can do, and how well.
pub type Skills = BTreeMap<Name, Level>;

/// The skills of an agent that are words, not levels, for example `Language` = `en`.
pub type TextSkills = BTreeMap<Name, Text>;

/// What an agent is asked about when an expression is held against him.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Qualification {
    /// Who he is; nobody in particular while not given.
    pub agent: Option<Name>,
    /// His skills.
    pub skills: Skills,
    /// His text-valued skills.
    pub texts: TextSkills,
    /// The groups he belongs to.
    pub groups: BTreeSet<Name>,
}

impl From<Skills> for Qualification {
    fn from(skills: Skills) -> Self {
        Self {
            skills,
            ..Self::default()
        }
    }
}

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
    /// How it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
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

/// How a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TextComparison {
    /// `=`
    #[serde(rename = "=")]
    Equal,
    /// `!=`
    #[serde(rename = "!=")]
    NotEqual,
}

impl TextComparison {
    /// How it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
        }
    }

    /// Whether `has` compares to `wanted` in this way.
    #[must_use]
    pub fn holds(self, has: &str, wanted: &str) -> bool {
        (has == wanted) == (self == Self::Equal)
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
    /// One skill compared with a text. A matcher that keeps a set of agents per skill and text
    /// answers it with that set, or with all others; an agent without the skill is in the set
    /// of the empty text.
    Text(Name, TextComparison, Text),
    /// Exactly this agent; written `anna.A`.
    Agent(Name),
    /// Whoever belongs to this group; written `sales.GA`.
    Group(Name),
    /// Everybody as long as a threshold holds, and nobody while it does not. Stands in front of
    /// the target it is a threshold of; only target texts make it.
    Open(Box<Gate>),
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

    /// Whether it holds for someone with these skills, none of them a text, who is nobody in
    /// particular and belongs to no group.
    #[must_use]
    pub fn holds(&self, skills: &Skills) -> bool {
        self.holds_with(skills, &TextSkills::new())
    }

    /// Whether it holds for this agent while no threshold does.
    #[must_use]
    pub fn holds_for(&self, who: &Qualification) -> bool {
        self.holds_while(who, &|_| false)
    }

    /// Whether it holds for this agent while the thresholds hold that are `open`.
    #[must_use]
    pub fn holds_while(&self, who: &Qualification, open: &dyn Fn(&Gate) -> bool) -> bool {
        self.holds_given(&who.skills, &who.texts, &|condition| match condition {
            Self::Agent(name) => who.agent.as_ref() == Some(name),
            Self::Group(name) => who.groups.contains(name),
            Self::Open(gate) => open(gate),
            _ => false,
        })
    }

    /// Whether it holds for someone with these skills and these text-valued skills, who is nobody
    /// in particular and belongs to no group.
    #[must_use]
    pub fn holds_with(&self, skills: &Skills, texts: &TextSkills) -> bool {
        self.holds_given(skills, texts, &|_| false)
    }

    fn holds_given(&self, skills: &Skills, texts: &TextSkills, is: &dyn Fn(&Self) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|it| it.holds_given(skills, texts, is)),
            Self::Any(parts) => parts.iter().any(|it| it.holds_given(skills, texts, is)),
            Self::Skill(name, comparison, level) => {
                comparison.holds(skills.get(name).copied().unwrap_or(0), *level)
            }
            Self::Text(name, comparison, text) => {
                let has = texts.get(name).map_or("", Text::as_str);
                comparison.holds(has, text.as_str())
            }
            Self::Agent(_) | Self::Group(_) | Self::Open(_) => is(self),
        }
    }

    /// How much better someone is than asked for: the sum over all conditions `>=` and `>` of what his level is above the least that would do.
    #[must_use]
    pub fn surplus(&self, skills: &Skills) -> u32 {
        let mut sum = 0;
        self.each_condition(&mut |name, comparison, level| {
            let has = skills.get(name).copied().unwrap_or(0);
            let least = match comparison {
                Comparison::AtLeast => level,
                Comparison::Greater => level.saturating_add(1),
                _ => return,
            };
            sum += u32::from(has.saturating_sub(least));
        });
        sum
    }

    /// Calls `visit` with every condition on a level, from left to right.
    pub fn each_condition(&self, visit: &mut dyn FnMut(&Name, Comparison, Level)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_condition(visit);
                }
            }
            Self::Skill(name, comparison, level) => visit(name, *comparison, *level),
            Self::Text(..) | Self::Agent(_) | Self::Group(_) | Self::Open(_) => {}
        }
    }

    /// Calls `visit` with every condition on a text, from left to right.
    pub fn each_text(&self, visit: &mut dyn FnMut(&Name, TextComparison, &Text)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_text(visit);
                }
            }
            Self::Skill(..) | Self::Agent(_) | Self::Group(_) | Self::Open(_) => {}
            Self::Text(name, comparison, text) => visit(name, *comparison, text),
        }
    }

    /// Calls `visit` with every condition on who somebody is or where he belongs, from left to
    /// right: the condition itself and the name in it.
    pub fn each_belonging(&self, visit: &mut dyn FnMut(&Self, &Name)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_belonging(visit);
                }
            }
            Self::Skill(..) | Self::Text(..) | Self::Open(_) => {}
            Self::Agent(name) | Self::Group(name) => visit(self, name),
        }
    }

    /// Calls `visit` with every threshold, from left to right.
    pub fn each_gate(&self, visit: &mut dyn FnMut(&Gate)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_gate(visit);
                }
            }
            Self::Open(gate) => visit(gate),
            Self::Skill(..) | Self::Text(..) | Self::Agent(_) | Self::Group(_) => {}
        }
    }

    /// The same expression with parentheses around every group, for people who are to see how
    /// it was read.
    #[must_use]
    pub const fn parenthesised(&self) -> Parenthesised<'_> {
        Parenthesised(self)
    }
}

impl fmt::Display for Expression {
    /// Writes a text that reads back as the same expression, if no threshold is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = |part: &Self| matches!(part, Self::All(_) | Self::Any(_));
        match self {
            Self::All(parts) => joined(f, parts, " & ", groups, &|f, part| write!(f, "{part}")),
            Self::Any(parts) => joined(
                f,
                parts,
                " | ",
                |part| matches!(part, Self::Any(_)),
                &|f, part| write!(f, "{part}"),
            ),
            Self::Skill(name, comparison, level) => {
                write!(f, "{name}{}{level}", comparison.sign())
            }
            Self::Text(name, comparison, text) => {
                write!(f, "{name}{}", comparison.sign())?;
                write_quoted(f, text.as_str(), '"')
            }
            Self::Agent(name) => write!(f, "{name}.A"),
            Self::Group(name) => write!(f, "{name}.GA"),
            Self::Open(gate) => write!(f, "{{{}}}", gate.threshold),
        }
    }
}

/// Shows an expression with parentheses around every group.
pub struct Parenthesised<'a>(&'a Expression);

impl fmt::Display for Parenthesised<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = |part: &Expression| matches!(part, Expression::All(_) | Expression::Any(_));
        let part: Show<'_> = &|f, part| write!(f, "{}", part.parenthesised());
        match self.0 {
            Expression::All(parts) => joined(f, parts, " & ", groups, part),
            Expression::Any(parts) => joined(f, parts, " | ", groups, part),
            condition => write!(f, "{condition}"),
        }
    }
}

type Show<'a> = &'a dyn Fn(&mut fmt::Formatter<'_>, &Expression) -> fmt::Result;

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Expression],
    between: &str,
    parenthesised: impl Fn(&Expression) -> bool,
    show: Show<'_>,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        if parenthesised(part) {
            f.write_str("(")?;
            show(f, part)?;
            f.write_str(")")?;
        } else {
            show(f, part)?;
        }
    }
    Ok(())
}
