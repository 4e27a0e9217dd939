//! Who belongs to which group: an index over groups, agents and their skills.

use crate::matching::Matching;
use crate::state::State;
use ringback_model::config::{AgentBody, Body, Group};
use ringback_model::target::{Expression, Gate, Qualification};
use ringback_model::{AgentId, Name, ObjectId};
use std::collections::{BTreeMap, BTreeSet};

/// Members by group and groups by member.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    members: BTreeMap<ObjectId, BTreeSet<AgentId>>,
    of: BTreeMap<AgentId, BTreeSet<ObjectId>>,
}

/// What whoever is unknown belongs to, and who belongs to what is unknown.
static NO_GROUPS: BTreeSet<ObjectId> = BTreeSet::new();
static NOBODY: BTreeSet<AgentId> = BTreeSet::new();

impl Groups {
    /// All groups, in order.
    fn all(&self) -> Vec<ObjectId> {
        self.members.keys().copied().collect()
    }

    fn put(&mut self, group: ObjectId, members: BTreeSet<AgentId>) {
        self.remove(group);
        for agent in &members {
            self.of.entry(*agent).or_default().insert(group);
        }
        self.members.insert(group, members);
    }

    fn set(&mut self, group: ObjectId, agent: AgentId, belongs: bool) {
        let Some(members) = self.members.get_mut(&group) else {
            return;
        };
        let groups = self.of.entry(agent).or_default();
        if belongs {
            members.insert(agent);
            groups.insert(group);
        } else {
            members.remove(&agent);
            groups.remove(&group);
        }
        if groups.is_empty() {
            self.of.remove(&agent);
        }
    }

    fn remove(&mut self, group: ObjectId) {
        for agent in self.members.remove(&group).unwrap_or_default() {
            if let Some(groups) = self.of.get_mut(&agent) {
                groups.remove(&group);
                if groups.is_empty() {
                    self.of.remove(&agent);
                }
            }
        }
    }
}

/// Whether an agent belongs to a group: by name, or by what he can do.
pub(crate) fn belongs(group: &Group, name: &Name, agent: &AgentBody) -> bool {
    let holds = |wanted: &Expression| wanted.holds_with(&agent.skills, &agent.texts);
    group.members.contains(name) || group.expression.as_ref().is_some_and(holds)
}

impl State {
    /// The groups an agent belongs to, in order.
    #[must_use]
    pub fn groups_of(&self, agent: AgentId) -> &BTreeSet<ObjectId> {
        self.groups.of.get(&agent).unwrap_or(&NO_GROUPS)
    }

    /// The agents who belong to a group, in order.
    #[must_use]
    pub fn members(&self, group: ObjectId) -> &BTreeSet<AgentId> {
        self.groups.members.get(&group).unwrap_or(&NOBODY)
    }

    /// A group was made or changed.
    pub(crate) fn group_put(&mut self, id: ObjectId, group: &Group) {
        let found = self.agents.in_order();
        let members = found.filter(|(_, agent)| belongs(group, &agent.name, &agent.body));
        let members = members.map(|(id, _)| id).collect();
        let before = self.groups.members.get(&id).cloned().unwrap_or_default();
        let touched: Vec<AgentId> = before.symmetric_difference(&members).copied().collect();
        self.groups.put(id, members);
        for agent in touched {
            self.requalify_known(agent);
        }
    }

    /// A group is gone.
    pub(crate) fn group_gone(&mut self, id: ObjectId) {
        let before = self.groups.members.get(&id).cloned().unwrap_or_default();
        self.groups.remove(id);
        for agent in before {
            self.requalify_known(agent);
        }
    }

    /// What an agent is asked about when it is looked whether he is wanted.
    pub(crate) fn qualification(&self, id: AgentId) -> Option<Qualification> {
        let agent = self.agents.get(id)?;
        let groups = self.groups_of(id).iter();
        let groups = groups.filter_map(|id| self.object(*id));
        Some(Qualification {
            agent: Some(agent.name.clone()),
            skills: agent.body.skills.clone(),
            texts: agent.body.texts.clone(),
            groups: groups.map(|group| group.name.clone()).collect(),
        })
    }

    /// Whether an agent is wanted by an expression, free or not.
    #[must_use]
    pub fn is_wanted(&self, id: AgentId, wanted: &Expression) -> bool {
        let who = self.qualification(id);
        let open = |gate: &Gate| self.gates.is_open(gate);
        who.is_some_and(|who| wanted.holds_while(&who, &open))
    }

    /// The same for an agent the matcher knows already. While a state is read in it knows nobody
    /// until all groups are there, so that nobody is looked at twice.
    fn requalify_known(&mut self, id: AgentId) {
        if self.matcher.knows(id) {
            self.requalify(id);
        }
    }

    /// Tells the matcher what an agent is now.
    pub(crate) fn requalify(&mut self, id: AgentId) {
        if let Some(who) = self.qualification(id) {
            self.matcher.put_agent(id, &who);
        }
    }

    /// An agent was made or changed.
    pub(crate) fn regroup(&mut self, id: AgentId) {
        for group in self.groups.all() {
            let belongs = match (self.agents.get(id), self.object(group)) {
                (Some(agent), Some(object)) => match &object.body {
                    Body::Group(group) => belongs(group, &agent.name, &agent.body),
                    _ => false,
                },
                _ => false,
            };
            self.groups.set(group, id, belongs);
        }
    }
}
