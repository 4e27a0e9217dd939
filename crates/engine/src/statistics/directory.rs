//! What things are called, and who belongs to which group: from the events of the configuration.

use crate::groups::belongs;
use ringback_model::config::{AgentBody, Body, Event, Group, Kind, Object, Statistic};
use ringback_model::statistic::{Key, Subject};
use ringback_model::{AgentId, Medium, Name, ObjectId, QueueId, VirtualQueueId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Names and groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    queues: BTreeMap<Name, QueueId>,
    virtual_queues: BTreeMap<Name, VirtualQueueId>,
    agents: BTreeMap<AgentId, (Name, AgentBody)>,
    agent_names: BTreeMap<Name, AgentId>,
    groups: BTreeMap<ObjectId, (Name, Group)>,
    belongs: BTreeMap<AgentId, Vec<ObjectId>>,
    statistics: BTreeMap<Name, (ObjectId, Statistic)>,
}

impl Directory {
    /// An interaction queue by name.
    #[must_use]
    pub fn queue(&self, name: &Name) -> Option<QueueId> {
        self.queues.get(name).copied()
    }

    /// A virtual queue by name.
    #[must_use]
    pub fn virtual_queue(&self, name: &Name) -> Option<VirtualQueueId> {
        self.virtual_queues.get(name).copied()
    }

    /// An agent by name.
    #[must_use]
    pub fn agent(&self, name: &Name) -> Option<AgentId> {
        self.agent_names.get(name).copied()
    }

    /// All virtual queues.
    pub(super) fn virtual_queue_ids(&self) -> impl Iterator<Item = VirtualQueueId> {
        self.virtual_queues.values().copied()
    }

    /// A group by name.
    #[must_use]
    pub fn group(&self, name: &Name) -> Option<ObjectId> {
        let mut groups = self.groups.iter();
        groups.find(|(_, (it, _))| it == name).map(|(id, _)| *id)
    }

    /// The groups an agent belongs to.
    #[must_use]
    pub fn groups_of(&self, agent: AgentId) -> &[ObjectId] {
        self.belongs.get(&agent).map_or(&[], Vec::as_slice)
    }

    /// A configured statistic by name, and its id.
    #[must_use]
    pub fn statistic(&self, name: &Name) -> Option<(ObjectId, &Statistic)> {
        self.statistics.get(name).map(|(id, it)| (*id, it))
    }

    /// All configured statistics, in order of their names.
    pub fn statistics(&self) -> impl Iterator<Item = (&Name, &Statistic)> {
        self.statistics.iter().map(|(name, (_, it))| (name, it))
    }

    /// What a subject is called; its id, if it is gone.
    #[must_use]
    pub fn name_of(&self, subject: Subject) -> String {
        fn named<T: PartialEq + std::fmt::Display>(names: &BTreeMap<Name, T>, id: T) -> String {
            let found = names.iter().find(|(_, it)| **it == id);
            found.map_or_else(|| id.to_string(), |(name, _)| name.to_string())
        }
        match subject {
            Subject::Queue(id) => named(&self.queues, id),
            Subject::VirtualQueue(id) => named(&self.virtual_queues, id),
            Subject::Agent(id) => named(&self.agent_names, id),
            Subject::Group(id) => match self.groups.get(&id) {
                Some((name, _)) => name.to_string(),
                None => id.to_string(),
            },
            Subject::Everything => "all".to_owned(),
        }
    }

    /// The name of an interaction queue.
    pub(super) fn queue_name(&self, id: QueueId) -> Option<&Name> {
        let mut queues = self.queues.iter();
        queues.find(|(_, it)| **it == id).map(|(name, _)| name)
    }

    pub(super) fn zones(&self) -> BTreeSet<&str> {
        let zones = self.statistics.values();
        zones.map(|(_, it)| it.zone.as_str()).collect()
    }

    pub(super) fn filtered(&self) -> impl Iterator<Item = (ObjectId, &Statistic)> {
        let all = self.statistics.values().map(|(id, it)| (*id, it));
        all.filter(|(_, it)| !it.filter.is_empty())
    }

    /// Where the time of an agent's state is counted.
    pub(super) fn keys_of_time(
        &self,
        agent: AgentId,
        medium: Option<Medium>,
    ) -> impl Iterator<Item = Key> + use<> {
        let groups = self.groups_of(agent).to_vec().into_iter();
        let everything = medium.map(|_| Subject::Everything);
        std::iter::once(Subject::Agent(agent))
            .chain(groups.map(Subject::Group))
            .chain(everything)
            .map(move |subject| Key::of(subject, medium))
    }

    pub(super) fn learn(&mut self, event: &Event) {
        match event {
            Event::QueuePut(it) => drop(self.queues.insert(it.name.clone(), it.id)),
            Event::VirtualQueuePut(it) => drop(self.virtual_queues.insert(it.name.clone(), it.id)),
            Event::AgentPut(it) => {
                self.agent_names.insert(it.name.clone(), it.id);
                self.agents
                    .insert(it.id, (it.name.clone(), it.body.clone()));
                self.regroup(it.id);
            }
            Event::Put(it) => self.learn_object(it),
            Event::Deleted { kind, id, name, .. } => self.forget(*kind, *id, name),
            Event::KeyPut(_) | Event::SettingsPut { .. } => {}
        }
    }

    pub(super) fn learn_object(&mut self, it: &Object) {
        match &it.body {
            Body::Group(group) => {
                self.groups.insert(it.id, (it.name.clone(), group.clone()));
                self.regroup_all();
            }
            Body::Statistic(statistic) => {
                let entry = (it.id, statistic.clone());
                self.statistics.insert(it.name.clone(), entry);
            }
            _ => {}
        }
    }

    fn forget(&mut self, kind: Kind, id: u64, name: &Name) {
        match kind {
            Kind::Queue => drop(self.queues.remove(name)),
            Kind::VirtualQueue => drop(self.virtual_queues.remove(name)),
            Kind::Agent => {
                self.agent_names.remove(name);
                self.agents.remove(&AgentId(id));
                self.belongs.remove(&AgentId(id));
            }
            Kind::Group => {
                self.groups.remove(&ObjectId(id));
                self.regroup_all();
            }
            Kind::Statistic => drop(self.statistics.remove(name)),
            _ => {}
        }
    }

    fn regroup_all(&mut self) {
        let agents: Vec<AgentId> = self.agents.keys().copied().collect();
        for agent in agents {
            self.regroup(agent);
        }
    }

    fn regroup(&mut self, id: AgentId) {
        let Some((name, body)) = self.agents.get(&id) else {
            return;
        };
        let groups = self.groups.iter();
        let groups = groups.filter(|(_, (_, group))| belongs(group, name, body));
        let groups: Vec<ObjectId> = groups.map(|(id, _)| *id).collect();
        if groups.is_empty() {
            self.belongs.remove(&id);
        } else {
            self.belongs.insert(id, groups);
        }
    }
}
