//! What an agent either has or has not: a text of a skill, a group, a name of his own. One set
//! of agents per mark that some expression asks for.

use super::agents::Slot;
use super::bits::Bits;
use super::qualified::ExprId;
use ringback_model::Name;
use ringback_model::target::{Expression, Qualification, Text, TextComparison};
use std::collections::{BTreeMap, BTreeSet};

/// One thing that an agent has or has not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// He is called so. Nobody holds this mark as long as nobody asks for it: there would be
    /// one for each agent.
    Agent(Name),
    /// He belongs to this group.
    Group(Name),
    /// His skill has this text, which is not empty.
    Text(Name, Text),
    /// His skill has some text that is not empty.
    SomeText(Name),
}

impl Mark {
    /// What a condition asks for, and whether agents with the mark satisfy it, or those without.
    pub(super) fn of(condition: &Expression) -> Option<(Self, bool)> {
        match condition {
            Expression::Agent(name) => Some((Self::Agent(name.clone()), true)),
            Expression::Group(name) => Some((Self::Group(name.clone()), true)),
            Expression::Text(name, comparison, text) => {
                let equal = *comparison == TextComparison::Equal;
                // The empty text is the same as none.
                Some(if text.as_str().is_empty() {
                    (Self::SomeText(name.clone()), !equal)
                } else {
                    (Self::Text(name.clone(), text.clone()), equal)
                })
            }
            Expression::All(_)
            | Expression::Any(_)
            | Expression::Skill(..)
            | Expression::Open(_) => None,
        }
    }

    /// All marks an agent has but his name.
    fn all_of(who: &Qualification) -> impl Iterator<Item = Self> {
        let groups = who.groups.iter().cloned().map(Self::Group);
        let texts = who.texts.iter();
        let texts = texts.filter(|(_, text)| !text.as_str().is_empty());
        let texts = texts.flat_map(|(name, text)| {
            let own = Self::Text(name.clone(), text.clone());
            [own, Self::SomeText(name.clone())]
        });
        groups.chain(texts)
    }
}

/// Who has what.
#[derive(Debug, Default)]
pub(super) struct Marks {
    marks: BTreeMap<Mark, Marked>,
}

#[derive(Debug, Default)]
struct Marked {
    holders: BTreeSet<Slot>,
    /// The same as bits, while an expression asks for it.
    agents: Bits,
    /// Expressions that ask for it, in order; one that asks twice stands here twice.
    asked_by: Vec<ExprId>,
}

impl Marked {
    fn put(&mut self, slot: Slot, has: bool) {
        if has {
            self.holders.insert(slot);
        } else {
            self.holders.remove(&slot);
        }
        if !self.asked_by.is_empty() {
            self.agents.put(slot, has);
        }
    }

    fn is_unused(&self) -> bool {
        self.holders.is_empty() && self.asked_by.is_empty()
    }
}

impl Marks {
    /// Notes what an agent has now and had before; tells which expressions that touches.
    pub(super) fn change(
        &mut self,
        slot: Slot,
        old: &Qualification,
        new: &Qualification,
        touched: &mut Vec<ExprId>,
    ) {
        if old.texts != new.texts || old.groups != new.groups {
            let before: BTreeSet<Mark> = Mark::all_of(old).collect();
            let after: BTreeSet<Mark> = Mark::all_of(new).collect();
            for mark in before.symmetric_difference(&after) {
                self.put(mark, slot, after.contains(mark), touched);
            }
        }
        if old.agent != new.agent {
            for (who, has) in [(&old.agent, false), (&new.agent, true)] {
                // Held only where it is asked for.
                let mark = who.clone().map(Mark::Agent);
                if let Some(mark) = mark.filter(|mark| self.marks.contains_key(mark)) {
                    self.put(&mark, slot, has, touched);
                }
            }
        }
    }

    fn put(&mut self, mark: &Mark, slot: Slot, has: bool, touched: &mut Vec<ExprId>) {
        let marked = self.marks.entry(mark.clone()).or_default();
        marked.put(slot, has);
        touched.extend(&marked.asked_by);
        if marked.is_unused() {
            self.marks.remove(mark);
        }
    }

    /// An expression asks for a mark; `named` finds the agent of a name.
    pub(super) fn ask(&mut self, id: ExprId, mark: Mark, named: impl Fn(&Name) -> Option<Slot>) {
        let holder = match &mark {
            Mark::Agent(name) if !self.marks.contains_key(&mark) => named(name),
            _ => None,
        };
        let marked = self.marks.entry(mark).or_default();
        marked.holders.extend(holder);
        if marked.asked_by.is_empty() {
            for slot in &marked.holders {
                marked.agents.put(*slot, true);
            }
        }
        let at = marked.asked_by.partition_point(|other| *other < id);
        marked.asked_by.insert(at, id);
    }

    /// An expression asks no more.
    pub(super) fn forget(&mut self, id: ExprId, mark: &Mark) {
        let Some(marked) = self.marks.get_mut(mark) else {
            return;
        };
        if let Ok(at) = marked.asked_by.binary_search(&id) {
            marked.asked_by.remove(at);
        }
        if marked.asked_by.is_empty() {
            marked.agents = Bits::default();
            if matches!(mark, Mark::Agent(_)) {
                marked.holders.clear();
            }
        }
        if marked.is_unused() {
            self.marks.remove(mark);
        }
    }

    /// Who has a mark that is asked for.
    pub(super) fn agents(&self, mark: &Mark) -> Option<&Bits> {
        self.marks.get(mark).map(|marked| &marked.agents)
    }

    /// An estimate, in bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let each = self.marks.values().map(|marked| {
            size_of::<(Mark, Marked)>() * 3 / 2
                + marked.holders.len() * size_of::<Slot>() * 3 / 2
                + marked.agents.bytes()
                + marked.asked_by.capacity() * size_of::<ExprId>()
        });
        each.sum()
    }

    /// Panics where a set says something else than the agents themselves.
    #[cfg(test)]
    pub(super) fn check(&self, agents: &BTreeMap<Slot, Qualification>) {
        for (mark, marked) in &self.marks {
            assert!(!marked.is_unused(), "{mark:?} was kept for nobody");
            let asked = !marked.asked_by.is_empty();
            let has = |who: &Qualification| match mark {
                Mark::Agent(name) => asked && who.agent.as_ref() == Some(name),
                other => Mark::all_of(who).any(|mark| mark == *other),
            };
            let holders = agents.iter().filter(|(_, who)| has(who));
            let holders: BTreeSet<Slot> = holders.map(|(slot, _)| *slot).collect();
            assert_eq!(marked.holders, holders, "{mark:?}");
            let shown = if asked { holders.len() } else { 0 };
            assert_eq!(marked.agents.count() as usize, shown, "{mark:?}");
            assert!(holders.iter().all(|slot| marked.agents.has(*slot) == asked));
        }
    }
}
