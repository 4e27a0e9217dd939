//! Who belongs to which group: an index over groups, agents and their skills.

use crate::state::State;
use ringback_model::config::{AgentBody, Body, Group};
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
fn belongs(group: &Group, name: &Name, agent: &AgentBody) -> bool {
    let holds = |wanted: &ringback_model::target::Expression| {
        wanted.holds_with(&agent.skills, &agent.texts)
    };
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
        self.groups.put(id, members);
    }

    /// A group is gone.
    pub(crate) fn group_gone(&mut self, id: ObjectId) {
        self.groups.remove(id);
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
