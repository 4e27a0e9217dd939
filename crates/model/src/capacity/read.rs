//! Reading capacity rules.

use super::{Budget, Limits, MediaSet, Rule, Share};
use crate::medium::Medium;
use crate::scan::{Found, Scanner};
use std::str::FromStr;

/// Why a text is not a capacity rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("capacity rule, place {place}: {problem}")]
pub struct RuleError {
    /// Where, in bytes counted from 1.
    pub place: usize,
    /// What is wrong and what to do.
    pub problem: RuleProblem,
}

/// What is wrong with a capacity rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleProblem {
    /// Interruptions that go round: nobody could say which work is paused.
    #[error("{0} would interrupt what interrupts it: leave one of the interruptions out")]
    Circle(Medium),
    /// A claim that alone takes more than there is.
    #[error("one {medium} takes {cost} of a budget of {total}: lower it, or leave {medium} out")]
    Cost {
        /// Of which medium.
        medium: Medium,
        /// What a claim takes.
        cost: u16,
        /// What there is.
        total: u16,
    },
    /// Parentheses within parentheses.
    #[error("more than {} levels of parentheses", Rule::DEPTH_MAX)]
    Depth,
    /// Something else stands where the grammar wants one thing.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What the grammar wants.
        expected: &'static str,
        /// What is there.
        found: Found,
    },
    /// Neither limits nor a budget.
    #[error("a rule needs limits or a budget, for example: voice 1 or digital 3")]
    Nothing,
    /// Not a number, or one out of range.
    #[error("expected a whole number from 1 to {max}")]
    Number {
        /// The largest.
        max: u16,
    },
    /// A medium in two shares side by side.
    #[error("{0} stands on both sides of 'and': name it once, with one number")]
    Overlap(Medium),
    /// A medium in two shares of one list.
    #[error("{0} stands twice in this list: name it once, with one number")]
    Repeated(Medium),
    /// The text is too long.
    #[error("longer than {} bytes", Rule::BYTES_MAX)]
    TooLong,
    /// Too many combinations.
    #[error("'and' and 'or' combine to more than {} ways", Rule::ALTERNATIVES_MAX)]
    TooMany,
    /// A clause that may stand once.
    #[error("{0} stand twice: write them as one clause")]
    Twice(&'static str),
    /// No such medium.
    #[error(
        "{0:?} is no medium: use voice, chat, email, sms, mms, social, workitem, digital (all but voice) or any"
    )]
    UnknownMedium(String),
}

impl RuleProblem {
    const fn at(self, place: usize) -> RuleError {
        RuleError {
            place,
            problem: self,
        }
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        if text.len() > Self::BYTES_MAX {
            return Err(RuleProblem::TooLong.at(Self::BYTES_MAX + 1));
        }
        let mut reader = Reader {
            scanner: Scanner::new(text),
            depth: 0,
            rule: Self {
                limits: None,
                at_most: Vec::new(),
                budget: None,
                interrupts: [MediaSet::EMPTY; Medium::ALL.len()],
                alternatives: Vec::new(),
            },
        };
        reader.rule()?;
        Ok(reader.rule)
    }
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    depth: usize,
    rule: Rule,
}

impl Reader<'_> {
    fn rule(&mut self) -> Result<(), RuleError> {
        if self.scanner.is_done() {
            return Err(RuleProblem::Nothing.at(self.scanner.place()));
        }
        self.clause()?;
        while self.scanner.take(";") {
            self.clause()?;
        }
        if !self.scanner.is_done() {
            return Err(self.expected("'and', 'or', ';' or the end"));
        }
        if self.rule.limits.is_none() && self.rule.budget.is_none() {
            return Err(RuleProblem::Nothing.at(self.scanner.place()));
        }
        Ok(())
    }

    fn clause(&mut self) -> Result<(), RuleError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        if self.scanner.keyword("budget") {
            return self.budget(place);
        }
        if self.scanner.keyword("at") {
            return self.at_most(place);
        }
        let mut ahead = self.scanner;
        let word = ahead.word();
        if ahead.keyword("interrupts") {
            let medium = word.parse();
            let medium = medium.map_err(|_| unknown(word).at(place))?;
            self.scanner = ahead;
            return self.interrupts(medium);
        }
        if self.rule.limits.is_some() {
            return Err(RuleProblem::Twice("limits").at(place));
        }
        if self.scanner.keyword("nothing") {
            self.rule.limits = Some(Limits::All(Vec::new()));
            self.rule.alternatives = vec![Vec::new()];
            return Ok(());
        }
        let read = self.limits()?;
        self.rule.alternatives = read.alternatives;
        self.rule.limits = Some(read.limits);
        Ok(())
    }

    fn at_most(&mut self, place: usize) -> Result<(), RuleError> {
        if !self.scanner.keyword("most") {
            return Err(self.expected("'most'"));
        }
        if !self.rule.at_most.is_empty() {
            return Err(RuleProblem::Twice("'at most' numbers").at(place));
        }
        let max = u16::from(Rule::SHARE_MAX);
        self.list(max, |rule, media, max| {
            // The number is in range, so nothing is cut off.
            let max = u8::try_from(max).unwrap_or(u8::MAX);
            rule.at_most.push(Share { media, max });
        })?;
        Ok(())
    }

    fn budget(&mut self, place: usize) -> Result<(), RuleError> {
        if self.rule.budget.is_some() {
            return Err(RuleProblem::Twice("budgets").at(place));
        }
        let total = self.number(Rule::BUDGET_MAX)?;
        if !self.scanner.take(":") {
            return Err(self.expected("':' and what each medium takes of it"));
        }
        let mut costs = [0; Medium::ALL.len()];
        self.scanner.skip_space();
        let place = self.scanner.place();
        self.list(u16::MAX, |_, media, cost| {
            media.iter().for_each(|medium| costs[medium.index()] = cost);
        })?;
        let too_dear = Medium::ALL
            .into_iter()
            .find(|medium| costs[medium.index()] > total);
        if let Some(medium) = too_dear {
            let cost = costs[medium.index()];
            let problem = RuleProblem::Cost {
                medium,
                cost,
                total,
            };
            return Err(problem.at(place));
        }
        self.rule.budget = Some(Budget { total, costs });
        Ok(())
    }

    /// `media number { "," media number }`, no medium twice.
    fn list(
        &mut self,
        max: u16,
        mut take: impl FnMut(&mut Rule, MediaSet, u16),
    ) -> Result<(), RuleError> {
        let mut seen = MediaSet::EMPTY;
        loop {
            let (place, media) = self.media()?;
            if let Some(medium) = seen.both(media).iter().next() {
                return Err(RuleProblem::Repeated(medium).at(place));
            }
            seen = seen.union(media);
            let number = self.number(max)?;
            take(&mut self.rule, media, number);
            if !self.scanner.take(",") {
                return Ok(());
            }
        }
    }

    fn interrupts(&mut self, medium: Medium) -> Result<(), RuleError> {
        loop {
            let (place, media) = self.media()?;
            let all = &mut self.rule.interrupts[medium.index()];
            *all = all.union(media);
            if goes_round(&self.rule, medium) {
                return Err(RuleProblem::Circle(medium).at(place));
            }
            if !self.scanner.take(",") {
                return Ok(());
            }
        }
    }

    /// The place of the first name, and the media.
    fn media(&mut self) -> Result<(usize, MediaSet), RuleError> {
        self.scanner.skip_space();
        let first = self.scanner.place();
        let mut media = MediaSet::EMPTY;
        loop {
            self.scanner.skip_space();
            let place = self.scanner.place();
            let word = self.scanner.word();
            media = media.union(match word {
                "" => return Err(self.expected("a medium, 'digital', 'any' or '('")),
                "any" => MediaSet::ANY,
                "digital" => MediaSet::DIGITAL,
                _ => MediaSet::of(word.parse().map_err(|_| unknown(word).at(place))?),
            });
            if !self.scanner.take("+") {
                return Ok((first, media));
            }
        }
    }

    fn number(&mut self, max: u16) -> Result<u16, RuleError> {
        let (place, digits) = self.scanner.digits();
        let number = digits.parse().ok();
        number
            .filter(|number| (1..=max).contains(number))
            .ok_or_else(|| RuleProblem::Number { max }.at(place))
    }

    fn limits(&mut self) -> Result<Read, RuleError> {
        let mut parts = Vec::new();
        let mut alternatives = Vec::new();
        loop {
            self.scanner.skip_space();
            let place = self.scanner.place();
            let read = self.group()?;
            parts.push(read.limits);
            alternatives.extend(read.alternatives);
            if alternatives.len() > Rule::ALTERNATIVES_MAX {
                return Err(RuleProblem::TooMany.at(place));
            }
            if !self.scanner.keyword("or") {
                break;
            }
        }
        Ok(Read {
            limits: joined(parts, Limits::Any),
            alternatives,
        })
    }

    fn group(&mut self) -> Result<Read, RuleError> {
        let first = self.part()?;
        let mut parts = vec![first.limits];
        let mut alternatives = first.alternatives;
        while self.scanner.keyword("and") {
            self.scanner.skip_space();
            let place = self.scanner.place();
            let read = self.part()?;
            let overlap = media(&alternatives).both(media(&read.alternatives));
            if let Some(medium) = overlap.iter().next() {
                return Err(RuleProblem::Overlap(medium).at(place));
            }
            if alternatives.len() * read.alternatives.len() > Rule::ALTERNATIVES_MAX {
                return Err(RuleProblem::TooMany.at(place));
            }
            alternatives = side_by_side(&alternatives, &read.alternatives);
            parts.push(read.limits);
        }
        Ok(Read {
            limits: joined(parts, Limits::All),
            alternatives,
        })
    }

    fn part(&mut self) -> Result<Read, RuleError> {
        if self.scanner.take("(") {
            self.depth += 1;
            if self.depth > Rule::DEPTH_MAX {
                return Err(RuleProblem::Depth.at(self.scanner.place() - 1));
            }
            let read = self.limits()?;
            if !self.scanner.take(")") {
                return Err(self.expected("'and', 'or' or ')'"));
            }
            self.depth -= 1;
            return Ok(read);
        }
        let (_, media) = self.media()?;
        let max = self.number(u16::from(Rule::SHARE_MAX))?;
        // The number is in range, so nothing is cut off.
        let max = u8::try_from(max).unwrap_or(u8::MAX);
        let share = Share { media, max };
        Ok(Read {
            limits: Limits::Share(share),
            alternatives: vec![vec![share]],
        })
    }

    fn expected(&self, expected: &'static str) -> RuleError {
        let mut scanner = self.scanner;
        scanner.skip_space();
        let found = scanner.found();
        RuleProblem::Expected { expected, found }.at(scanner.place())
    }
}

/// Limits as they were written, and as alternatives.
struct Read {
    limits: Limits,
    alternatives: Vec<Vec<Share>>,
}

fn unknown(word: &str) -> RuleProblem {
    RuleProblem::UnknownMedium(word.chars().take(40).collect())
}

fn media(alternatives: &[Vec<Share>]) -> MediaSet {
    alternatives
        .iter()
        .flatten()
        .fold(MediaSet::EMPTY, |all, share| all.union(share.media))
}

fn side_by_side(left: &[Vec<Share>], right: &[Vec<Share>]) -> Vec<Vec<Share>> {
    left.iter()
        .flat_map(|left| right.iter().map(move |right| [&left[..], right].concat()))
        .collect()
}

/// One part stands for itself.
fn joined(mut parts: Vec<Limits>, join: fn(Vec<Limits>) -> Limits) -> Limits {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    join(parts)
}

/// Whether this medium interrupts, directly or over others, itself.
fn goes_round(rule: &Rule, medium: Medium) -> bool {
    let mut reached = rule.interrupts(medium);
    for _ in Medium::ALL {
        reached = reached
            .iter()
            .fold(reached, |all, next| all.union(rule.interrupts(next)));
    }
    reached.contains(medium)
}
