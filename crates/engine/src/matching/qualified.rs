//! Who satisfies which expression: one set of agents per expression, and the same turned
//! round, one set of expressions per agent.
//!
//! A new expression is answered for all agents at once from sets of "this skill at level k or
//! better"; every comparison is one such set or the difference of two. A changed skill re-tests
//! for that one agent the expressions that mention it.

use super::agents::Slot;
use super::bits::Bits;
use super::marks::{Mark, Marks};
use super::rows::Rows;
use crate::lookup::Lookup;
use ringback_model::Name;
use ringback_model::target::{Comparison, Expression, Gate, Level, Qualification};
use std::collections::{BTreeMap, BTreeSet};

/// The number that stands for an expression. Used again when nobody wants it any more.
pub(super) type ExprId = u32;

/// The relation between agents and expressions.
#[derive(Debug, Default)]
pub(super) struct Qualified {
    ids: Lookup<Expression, ExprId>,
    wants: Vec<Want>,
    vacant: Vec<ExprId>,
    skills: BTreeMap<Name, Skill>,
    /// Who has which text, belongs to which group, is who.
    marks: Marks,
    /// Slots in use.
    everybody: Bits,
    /// Expressions that hold for someone who has nothing and is nobody in particular.
    undemanding: Bits,
    /// Per slot, the expressions it satisfies.
    rows: Rows,
    /// The thresholds that hold.
    open: BTreeSet<Gate>,
    /// Which expressions have a threshold in them, in order.
    behind: BTreeMap<Gate, Vec<ExprId>>,
}

/// One expression that someone wants.
#[derive(Debug)]
struct Want {
    expression: Expression,
    agents: Bits,
    /// How many lines want it.
    lines: u32,
}

/// One skill that someone has or an expression mentions.
#[derive(Debug, Default)]
struct Skill {
    holders: BTreeMap<Slot, Level>,
    /// For the levels that expressions compare with: who has that level or a better one.
    at_least: BTreeMap<Level, Threshold>,
    /// Expressions that mention it, in order.
    mentioned_by: Vec<ExprId>,
}

#[derive(Debug, Default)]
struct Threshold {
    agents: Bits,
    /// How many conditions compare with it.
    uses: u32,
}

impl Qualified {
    /// Takes an agent in, or notes what is new about it.
    pub(super) fn set(&mut self, slot: Slot, old: Option<&Qualification>, new: &Qualification) {
        if old.is_none() {
            self.enter(slot);
        }
        let none = Qualification::default();
        let old = old.unwrap_or(&none);
        let mut touched = Vec::new();
        for name in old.skills.keys().chain(new.skills.keys()) {
            let level = new.skills.get(name).copied().unwrap_or(0);
            if old.skills.get(name).copied().unwrap_or(0) != level {
                self.set_level(name, slot, level, &mut touched);
            }
        }
        self.marks.change(slot, old, new, &mut touched);
        touched.sort_unstable();
        touched.dedup();
        for id in touched {
            let want = &mut self.wants[id as usize];
            let open = |gate: &Gate| self.open.contains(gate);
            let holds = want.expression.holds_while(new, &open);
            want.agents.put(slot, holds);
            self.rows.put(slot, id, holds);
        }
    }

    /// Lets an agent go who was so qualified.
    pub(super) fn leave(&mut self, slot: Slot, old: &Qualification) {
        for name in old.skills.keys() {
            self.set_level(name, slot, 0, &mut Vec::new());
        }
        let none = Qualification::default();
        self.marks.change(slot, old, &none, &mut Vec::new());
        self.everybody.put(slot, false);
        for (id, want) in (0..).zip(&mut self.wants) {
            if self.rows.has(slot, id) {
                want.agents.put(slot, false);
                self.rows.put(slot, id, false);
            }
        }
    }

    /// The number of an expression, and one line more that wants it. `named` finds the agent of
    /// a name.
    pub(super) fn acquire(
        &mut self,
        expression: &Expression,
        named: impl Fn(&Name) -> Option<Slot>,
    ) -> ExprId {
        let id = match self.ids.get(expression) {
            Some(&id) => id,
            None => self.intern(expression, named),
        };
        self.wants[id as usize].lines += 1;
        id
    }

    /// The number of an expression some line wants.
    pub(super) fn find(&self, expression: &Expression) -> Option<ExprId> {
        self.ids.get(expression).copied()
    }

    /// One line fewer wants it; forgets it after the last one.
    pub(super) fn release(&mut self, id: ExprId) {
        let want = &mut self.wants[id as usize];
        want.lines -= 1;
        if want.lines > 0 {
            return;
        }
        let expression = std::mem::replace(&mut want.expression, Expression::anyone());
        std::mem::take(&mut want.agents).each(|slot| self.rows.put(slot, id, false));
        self.undemanding.put(id, false);
        self.ids.remove(&expression);
        self.vacant.push(id);
        expression.each_condition(&mut |name, comparison, level| {
            self.forget_condition(id, name, comparison, level);
        });
        each_mark(&expression, &mut |mark| self.marks.forget(id, &mark));
        expression.each_gate(&mut |gate| self.forget_gate(id, gate));
    }

    /// Whether an expression nobody asked for before holds for someone.
    pub(super) fn holds(&self, expression: &Expression, who: &Qualification) -> bool {
        expression.holds_while(who, &|gate| self.open.contains(gate))
    }

    /// A threshold holds, or holds no more: so do the expressions it stands in. Costs an
    /// evaluation of each of them and a step for each agent for whom it makes a difference.
    pub(super) fn set_open(&mut self, gate: &Gate, open: bool) {
        let turned = if open {
            self.open.insert(gate.clone())
        } else {
            self.open.remove(gate)
        };
        if !turned {
            return;
        }
        for id in self.behind.get(gate).cloned().unwrap_or_default() {
            let now = self.evaluate(&self.wants[id as usize].expression);
            let want = &mut self.wants[id as usize];
            let before = std::mem::replace(&mut want.agents, now);
            before.each(|slot| self.rows.put(slot, id, false));
            want.agents.each(|slot| self.rows.put(slot, id, true));
            let nobody = Qualification::default();
            let open = |gate: &Gate| self.open.contains(gate);
            self.undemanding
                .put(id, want.expression.holds_while(&nobody, &open));
        }
    }

    fn forget_gate(&mut self, id: ExprId, gate: &Gate) {
        let Some(behind) = self.behind.get_mut(gate) else {
            return;
        };
        behind.retain(|known| *known != id);
        if behind.is_empty() {
            self.behind.remove(gate);
        }
    }

    /// The agents that satisfy it.
    pub(super) fn agents(&self, id: ExprId) -> &Bits {
        &self.wants[id as usize].agents
    }

    /// The expressions an agent satisfies.
    pub(super) fn row(&self, slot: Slot) -> impl Iterator<Item = u64> {
        self.rows.words(slot)
    }

    /// Whether an agent satisfies it.
    pub(super) fn satisfies(&self, slot: Slot, id: ExprId) -> bool {
        self.rows.has(slot, id)
    }

    /// An estimate, in bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let wants: usize = self.wants.iter().map(|want| want.agents.bytes()).sum();
        self.ids.bytes()
            + self.wants.capacity() * size_of::<Want>()
            + self.rows.bytes()
            + wants
            + self.skills.values().map(Skill::bytes).sum::<usize>()
            + self.marks.bytes()
    }

    fn enter(&mut self, slot: Slot) {
        self.everybody.put(slot, true);
        self.rows.make_room(slot);
        self.undemanding.each(|id| {
            self.wants[id as usize].agents.put(slot, true);
            self.rows.put(slot, id, true);
        });
    }

    fn set_level(&mut self, name: &Name, slot: Slot, level: Level, touched: &mut Vec<ExprId>) {
        if !self.skills.contains_key(name) {
            self.skills.insert(name.clone(), Skill::default());
        }
        let Some(skill) = self.skills.get_mut(name) else {
            return;
        };
        skill.set_level(slot, level);
        touched.extend(&skill.mentioned_by);
        if skill.is_unused() {
            self.skills.remove(name);
        }
    }

    fn intern(&mut self, expression: &Expression, named: impl Fn(&Name) -> Option<Slot>) -> ExprId {
        let id = self.vacant.pop().unwrap_or(self.wants.len() as ExprId);
        expression.each_condition(&mut |name, comparison, level| {
            self.note_condition(id, name, comparison, level);
        });
        each_mark(expression, &mut |mark| self.marks.ask(id, mark, &named));
        expression.each_gate(&mut |gate| {
            let behind = self.behind.entry(gate.clone()).or_default();
            if !behind.contains(&id) {
                behind.push(id);
            }
        });
        let want = Want {
            expression: expression.clone(),
            agents: self.evaluate(expression),
            lines: 0,
        };
        want.agents.each(|slot| self.rows.put(slot, id, true));
        let nobody = Qualification::default();
        self.undemanding.put(id, self.holds(expression, &nobody));
        self.ids.insert(expression.clone(), id);
        match self.wants.get_mut(id as usize) {
            Some(vacant) => *vacant = want,
            None => self.wants.push(want),
        }
        id
    }

    fn note_condition(&mut self, id: ExprId, name: &Name, comparison: Comparison, level: Level) {
        let skill = self.skills.entry(name.clone()).or_default();
        for threshold in thresholds(comparison, level).into_iter().flatten() {
            skill.note_threshold(threshold);
        }
        if let Err(at) = skill.mentioned_by.binary_search(&id) {
            skill.mentioned_by.insert(at, id);
        }
    }

    fn forget_condition(&mut self, id: ExprId, name: &Name, comparison: Comparison, level: Level) {
        let Some(skill) = self.skills.get_mut(name) else {
            return;
        };
        for threshold in thresholds(comparison, level).into_iter().flatten() {
            skill.forget_threshold(threshold);
        }
        if let Ok(at) = skill.mentioned_by.binary_search(&id) {
            skill.mentioned_by.remove(at);
        }
        // A skill stays while another condition of the same expression is still to be
        // forgotten: its threshold has a use left, or it compared with none and needs nothing.
        if skill.is_unused() {
            self.skills.remove(name);
        }
    }

    fn evaluate(&self, expression: &Expression) -> Bits {
        match expression {
            Expression::All(parts) => {
                let mut agents = self.everybody.clone();
                for part in parts {
                    agents.keep(&self.evaluate(part));
                }
                agents
            }
            Expression::Any(parts) => {
                let mut agents = Bits::default();
                for part in parts {
                    agents.join(&self.evaluate(part));
                }
                agents
            }
            Expression::Skill(name, comparison, level) => self.compare(name, *comparison, *level),
            Expression::Open(gate) if self.open.contains(&**gate) => self.everybody.clone(),
            Expression::Open(_) => Bits::default(),
            Expression::Text(..) | Expression::Agent(_) | Expression::Group(_) => {
                self.marked(expression)
            }
        }
    }

    /// Who satisfies a condition that asks for a mark.
    fn marked(&self, condition: &Expression) -> Bits {
        let Some((mark, having)) = Mark::of(condition) else {
            return Bits::default();
        };
        let agents = self.marks.agents(&mark);
        if having {
            return agents.cloned().unwrap_or_default();
        }
        let mut others = self.everybody.clone();
        if let Some(agents) = agents {
            others.drop_all(agents);
        }
        others
    }

    fn compare(&self, name: &Name, comparison: Comparison, level: Level) -> Bits {
        let at_least = || self.at_least(name, Some(level));
        let more_than = || self.at_least(name, level.checked_add(1));
        let without = |mut all: Bits, some: &Bits| {
            all.drop_all(some);
            all
        };
        let everybody = || self.everybody.clone();
        match comparison {
            Comparison::AtLeast => at_least(),
            Comparison::Greater => more_than(),
            Comparison::Less => without(everybody(), &at_least()),
            Comparison::AtMost => without(everybody(), &more_than()),
            Comparison::Equal => without(at_least(), &more_than()),
            Comparison::NotEqual => without(everybody(), &without(at_least(), &more_than())),
        }
    }

    /// Who has this skill at this level or better; nobody is above the highest level.
    fn at_least(&self, name: &Name, level: Option<Level>) -> Bits {
        match level {
            None => Bits::default(),
            Some(0) => self.everybody.clone(),
            Some(level) => {
                let threshold = self
                    .skills
                    .get(name)
                    .and_then(|skill| skill.at_least.get(&level));
                threshold.map_or_else(Bits::default, |threshold| threshold.agents.clone())
            }
        }
    }
}

#[cfg(test)]
impl Qualified {
    pub(super) fn expression(&self, id: ExprId) -> &Expression {
        &self.wants[id as usize].expression
    }

    /// Panics where a set says something else than the expressions and skills themselves.
    pub(super) fn check(&self, agents: &BTreeMap<Slot, Qualification>) {
        self.marks.check(agents);
        let used = |id: &ExprId| self.wants[*id as usize].lines > 0;
        let ids: Vec<ExprId> = (0..self.wants.len() as ExprId).filter(used).collect();
        assert_eq!(ids.len() + self.vacant.len(), self.wants.len());
        assert_eq!(ids.len(), self.ids.len());
        assert_eq!(self.everybody.count() as usize, agents.len());
        for &id in &ids {
            let want = &self.wants[id as usize];
            assert_eq!(self.find(&want.expression), Some(id));
            let slots = agents.last_key_value().map_or(0, |(slot, _)| slot + 1);
            for slot in 0..slots {
                let holds = agents
                    .get(&slot)
                    .is_some_and(|who| self.holds(&want.expression, who));
                assert_eq!(
                    want.agents.has(slot),
                    holds,
                    "{} for slot {slot}",
                    want.expression
                );
                assert_eq!(self.rows.has(slot, id), holds);
            }
        }
        let rows = agents.keys().flat_map(|&slot| self.rows.words(slot));
        let rows: u32 = rows.map(u64::count_ones).sum();
        let sets: u32 = ids.iter().map(|&id| self.agents(id).count()).sum();
        assert_eq!(rows, sets, "rows name no expression that is gone");
        for (name, skill) in &self.skills {
            assert!(!skill.is_unused(), "skill {name} was kept for nobody");
            for (&level, threshold) in &skill.at_least {
                assert!(threshold.uses > 0);
                let has =
                    |who: &&Qualification| who.skills.get(name).copied().unwrap_or(0) >= level;
                let count = agents.values().filter(has).count();
                assert_eq!(threshold.agents.count() as usize, count);
            }
        }
    }
}

/// Calls `visit` with every mark an expression asks for.
fn each_mark(expression: &Expression, visit: &mut dyn FnMut(Mark)) {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => {
            for part in parts {
                each_mark(part, visit);
            }
        }
        condition => {
            if let Some((mark, _)) = Mark::of(condition) {
                visit(mark);
            }
        }
    }
}

/// The levels k whose "k or better" sets answer a comparison. Level 0 or better is everybody.
fn thresholds(comparison: Comparison, level: Level) -> [Option<Level>; 2] {
    let at_least = Some(level).filter(|&level| level > 0);
    let more_than = level.checked_add(1);
    match comparison {
        Comparison::AtLeast | Comparison::Less => [at_least, None],
        Comparison::Greater | Comparison::AtMost => [None, more_than],
        Comparison::Equal | Comparison::NotEqual => [at_least, more_than],
    }
}

impl Skill {
    fn set_level(&mut self, slot: Slot, level: Level) {
        if level == 0 {
            self.holders.remove(&slot);
        } else {
            self.holders.insert(slot, level);
        }
        for (&wanted, threshold) in &mut self.at_least {
            threshold.agents.put(slot, level >= wanted);
        }
    }

    fn note_threshold(&mut self, wanted: Level) {
        let holders = &self.holders;
        let threshold = self.at_least.entry(wanted).or_insert_with(|| {
            let mut threshold = Threshold::default();
            for (&slot, &level) in holders {
                if level >= wanted {
                    threshold.agents.put(slot, true);
                }
            }
            threshold
        });
        threshold.uses += 1;
    }

    fn forget_threshold(&mut self, level: Level) {
        if let Some(threshold) = self.at_least.get_mut(&level) {
            threshold.uses -= 1;
            if threshold.uses == 0 {
                self.at_least.remove(&level);
            }
        }
    }

    fn is_unused(&self) -> bool {
        self.holders.is_empty() && self.at_least.is_empty() && self.mentioned_by.is_empty()
    }

    fn bytes(&self) -> usize {
        let thresholds = self.at_least.values();
        self.holders.len() * size_of::<(Slot, Level)>() * 3 / 2
            + self.mentioned_by.capacity() * size_of::<ExprId>()
            + thresholds
                .map(|threshold| size_of::<Threshold>() + threshold.agents.bytes())
                .sum::<usize>()
    }
}
