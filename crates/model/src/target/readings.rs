//! Where the two documented readings of a skill expression part.
//!
//! The older platform's reference says in one place that what stands to the left goes first,
//! and explains elsewhere an expression as if `&` bound tighter than `|`. Here `&` binds
//! tighter. Whoever wrote `a | b & c` for the other reading is warned, with an agent for whom
//! the answers differ, if there is one; an expression for which both readings mean the same is
//! not worth a word.

use crate::name::Name;
use crate::target::expression::{Expression, Level, Skills, TextSkills};
use crate::target::text::Text;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A warning: from left to right the expression would mean something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoReadings {
    /// Where a `&` follows a `|`, in bytes counted from 1.
    pub place: usize,
    /// How it was read: `&` before `|`.
    pub taken: Expression,
    /// How it would be read from left to right.
    pub other: Expression,
    /// Someone for whom the answers differ. `None` if none was found within
    /// [`TwoReadings::TRIES_MAX`] tries, which is then no proof that there is none.
    pub example: Option<Example>,
}

/// Someone for whom two readings differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Levels; skills not named do not matter or are 0.
    pub skills: Skills,
    /// Texts; skills not named do not matter or are empty.
    pub texts: TextSkills,
    /// Whether the agent qualifies by the reading that was taken.
    pub qualifies: bool,
}

impl TwoReadings {
    /// How many partly chosen agents are looked at before the search is given up.
    pub const TRIES_MAX: usize = 1_024;

    /// The warning, if the readings differ or may differ.
    pub(super) fn compare(place: usize, taken: &Expression, other: Expression) -> Option<Self> {
        let example = match difference(taken, &other) {
            Difference::None => return None,
            Difference::Found(example) => Some(example),
            Difference::Unknown => None,
        };
        Some(Self {
            place,
            taken: taken.clone(),
            other,
            example,
        })
    }
}

impl fmt::Display for TwoReadings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "place {}: '&' goes before '|', so this is read as `{}`; from left to right it \
             would be `{}`",
            self.place,
            self.taken.parenthesised(),
            self.other.parenthesised()
        )?;
        match &self.example {
            Some(example) => write!(f, ", which {example}")?,
            None => f.write_str(", which may mean something else")?,
        }
        f.write_str(": write the parentheses")
    }
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.qualifies {
            "does not take"
        } else {
            "takes"
        };
        write!(f, "{verb} an agent with ")?;
        let levels = self.skills.iter().filter(|(_, level)| **level > 0);
        let texts = self
            .texts
            .iter()
            .filter(|(_, text)| !text.as_str().is_empty());
        let mut all = levels
            .map(|(name, level)| format!("{name}={level}"))
            .chain(texts.map(|(name, text)| format!("{name}=\"{text}\"")))
            .peekable();
        if all.peek().is_none() {
            return f.write_str("none of these skills");
        }
        let all: Vec<String> = all.collect();
        f.write_str(&all.join(", "))
    }
}

enum Difference {
    None,
    Found(Example),
    Unknown,
}

/// Searches for an agent for whom one holds and the other does not. For each skill only levels
/// and texts that answer some condition differently are tried, and an agent chosen in part is
/// left as soon as both answers are settled.
fn difference(one: &Expression, other: &Expression) -> Difference {
    let mut search = Search {
        one,
        other,
        choices: choices(one),
        skills: Skills::new(),
        texts: TextSkills::new(),
        tries: 0,
    };
    match search.from(0) {
        Some(true) => Difference::Found(Example {
            qualifies: one.holds_with(&search.skills, &search.texts),
            skills: search.skills,
            texts: search.texts,
        }),
        Some(false) => Difference::None,
        None => Difference::Unknown,
    }
}

/// What one skill may be, as far as the conditions can tell it apart.
enum Choice {
    Level(Name, Vec<Level>),
    Text(Name, Vec<Text>),
}

fn choices(expression: &Expression) -> Vec<Choice> {
    let mut levels: BTreeMap<Name, BTreeSet<Level>> = BTreeMap::new();
    expression.each_condition(&mut |name, _, level| {
        let near = [level.saturating_sub(1), level, level.saturating_add(1)];
        let all = levels.entry(name.clone()).or_default();
        all.insert(0);
        all.extend(near);
    });
    let mut texts: BTreeMap<Name, BTreeSet<Text>> = BTreeMap::new();
    expression.each_text(&mut |name, _, text| {
        texts.entry(name.clone()).or_default().insert(text.clone());
    });
    let levels = levels.into_iter().map(|(name, all)| {
        let told_apart = told_apart(expression, &name, all);
        Choice::Level(name, told_apart)
    });
    let texts = texts.into_iter().map(|(name, mut all)| {
        all.insert(unlike(&all));
        Choice::Text(name, all.into_iter().collect())
    });
    levels.chain(texts).collect()
}

/// The lowest of each class of levels that every condition on this skill answers alike.
fn told_apart(expression: &Expression, skill: &Name, all: BTreeSet<Level>) -> Vec<Level> {
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for level in all {
        let mut answers = Vec::new();
        expression.each_condition(&mut |name, comparison, wanted| {
            if name == skill {
                answers.push(comparison.holds(level, wanted));
            }
        });
        if seen.insert(answers) {
            kept.push(level);
        }
    }
    kept
}

/// The shortest text of its kind that is none of these: empty if possible.
fn unlike(all: &BTreeSet<Text>) -> Text {
    (0..=Text::CHARS_MAX)
        .filter_map(|length| "x".repeat(length).parse().ok())
        .find(|text| !all.contains(text))
        .expect("an expression has no more texts than there are lengths of a text")
}

struct Search<'a> {
    one: &'a Expression,
    other: &'a Expression,
    choices: Vec<Choice>,
    /// What has been chosen so far.
    skills: Skills,
    texts: TextSkills,
    tries: usize,
}

impl Search<'_> {
    /// Whether a difference is found with the skills from `index` on still open; `None` when
    /// it takes too long. What was chosen stays chosen when one is found.
    fn from(&mut self, index: usize) -> Option<bool> {
        self.tries += 1;
        if self.tries > TwoReadings::TRIES_MAX {
            return None;
        }
        let answers = (self.settled(self.one), self.settled(self.other));
        if let (Some(one), Some(other)) = answers {
            return Some(one != other);
        }
        // Who somebody is and where he belongs are not searched through.
        let mut unknown = index == self.choices.len();
        for choice in 0..self.width(index) {
            self.choose(index, choice);
            match self.from(index + 1) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unknown = true,
            }
        }
        if index < self.choices.len() {
            self.forget(index);
        }
        (!unknown).then_some(false)
    }

    fn width(&self, index: usize) -> usize {
        match self.choices.get(index) {
            Some(Choice::Level(_, all)) => all.len(),
            Some(Choice::Text(_, all)) => all.len(),
            None => 0,
        }
    }

    fn choose(&mut self, index: usize, choice: usize) {
        match &self.choices[index] {
            Choice::Level(name, all) => {
                self.skills.insert(name.clone(), all[choice]);
            }
            Choice::Text(name, all) => {
                self.texts.insert(name.clone(), all[choice].clone());
            }
        }
    }

    fn forget(&mut self, index: usize) {
        match &self.choices[index] {
            Choice::Level(name, _) => {
                self.skills.remove(name);
            }
            Choice::Text(name, _) => {
                self.texts.remove(name);
            }
        }
    }

    /// The answer for everyone who has what is chosen, if it is the same for all of them.
    fn settled(&self, expression: &Expression) -> Option<bool> {
        match expression {
            Expression::All(parts) => self.all(parts, true),
            Expression::Any(parts) => self.all(parts, false),
            Expression::Skill(name, comparison, wanted) => {
                let has = self.skills.get(name)?;
                Some(comparison.holds(*has, *wanted))
            }
            Expression::Text(name, comparison, wanted) => {
                let has = self.texts.get(name)?;
                Some(comparison.holds(has.as_str(), wanted.as_str()))
            }
            Expression::Agent(_) | Expression::Group(_) | Expression::Open(_) => None,
        }
    }

    /// `answer` if all parts give it, the opposite if one part gives that.
    fn all(&self, parts: &[Expression], answer: bool) -> Option<bool> {
        let mut open = false;
        for part in parts {
            match self.settled(part) {
                Some(settled) if settled != answer => return Some(settled),
                Some(_) => {}
                None => open = true,
            }
        }
        (!open).then_some(answer)
    }
}

#[cfg(test)]
mod tests;
