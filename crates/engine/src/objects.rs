//! Configuration objects of all kinds that have no table of their own, and what is looked up of
//! them.

use crate::digest;
use crate::state::State;
use ringback_model::config::{Body, Kind, MediumDefaults, Object, Version};
use ringback_model::{AgentId, Medium, Millis, Name, ObjectId, QueueId, VirtualQueueId};
use std::collections::BTreeMap;

/// The last version of what is gone, so that versions go on when it is made again: an entity tag
/// never means two things.
#[derive(Debug, Default)]
pub(crate) struct Retired {
    versions: BTreeMap<(Kind, Name), Version>,
    digest: u64,
}

impl Retired {
    pub(crate) fn get(&self, kind: Kind, name: &Name) -> Option<Version> {
        self.versions.get(&(kind, name.clone())).copied()
    }

    pub(crate) fn insert(&mut self, kind: Kind, name: Name, version: Version) {
        self.digest = (self.digest).wrapping_add(digest::of(&(kind, &name, version)));
        let key = (kind, name);
        if let Some(old) = self.versions.insert(key.clone(), version) {
            self.digest = (self.digest).wrapping_sub(digest::of(&(key.0, &key.1, old)));
        }
    }

    pub(crate) fn remove(&mut self, kind: Kind, name: &Name) {
        if let Some(old) = self.versions.remove(&(kind, name.clone())) {
            self.digest = (self.digest).wrapping_sub(digest::of(&(kind, name, old)));
        }
    }

    /// How many of a kind are gone.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.versions.keys().filter(|key| key.0 == kind).count()
    }

    pub(crate) fn in_order(&self) -> impl Iterator<Item = (Kind, Name, Version)> {
        let entries = self.versions.iter();
        entries.map(|((kind, name), version)| (*kind, name.clone(), *version))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }
}

impl State {
    /// A configuration object.
    #[must_use]
    pub fn object(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    /// A configuration object by kind and name. Queues, virtual queues and agents have tables of
    /// their own and are not found here.
    #[must_use]
    pub fn object_named(&self, kind: Kind, name: &Name) -> Option<&Object> {
        let id = self.names.objects.get(&kind)?.get(name)?;
        self.objects.get(*id)
    }

    /// All objects of a kind, in order of their names.
    pub fn objects(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        let ids = self.names.objects.get(&kind).into_iter().flatten();
        ids.filter_map(|(_, id)| self.objects.get(*id))
    }

    /// Whether there is an object of any kind.
    #[must_use]
    pub fn exists(&self, kind: Kind, name: &Name) -> bool {
        self.version_of(kind, name).is_some()
    }

    /// The version of an object of any kind.
    #[must_use]
    pub fn version_of(&self, kind: Kind, name: &Name) -> Option<Version> {
        match kind {
            Kind::Agent => self.agent_named(name).map(|it| it.version),
            Kind::Queue => self.queue_named(name).map(|it| it.version),
            Kind::VirtualQueue => self.virtual_queue_named(name).map(|it| it.version),
            _ => self.object_named(kind, name).map(|it| it.version),
        }
    }

    /// The defaults of a medium, if there are some.
    pub(crate) fn medium(&self, medium: Medium) -> Option<&MediumDefaults> {
        // Media are few, and so are their objects.
        let named = |it: &&Object| it.name.as_str() == medium.name();
        match &self.objects(Kind::Medium).find(named)?.body {
            Body::Medium(defaults) => Some(defaults),
            _ => None,
        }
    }

    /// How long a silent desk keeps what it handles of a medium.
    pub(crate) fn handling_max(&self, medium: Medium) -> Millis {
        let own = self.medium(medium).and_then(|it| it.handling_max);
        own.unwrap_or_else(|| self.settings.timeouts.handling(medium))
    }

    /// How long a route request of a medium looks for an agent.
    pub(crate) fn routing_max(&self, medium: Medium) -> Millis {
        let own = self.medium(medium).and_then(|it| it.routing_max);
        own.unwrap_or(self.settings.timeouts.routing)
    }

    /// After how many missed offers of a medium an agent is set not ready.
    pub(crate) fn misses_max(&self, medium: Medium) -> u8 {
        let own = self.medium(medium).and_then(|it| it.misses_max);
        own.unwrap_or_else(|| self.settings.misses_max(medium))
    }

    /// How long an agent is not offered again what he did not take of a medium.
    pub(crate) fn cool_down(&self, medium: Medium) -> Millis {
        let own = self.medium(medium).and_then(|it| it.cool_down);
        own.unwrap_or(self.settings.cool_down)
    }

    /// How long an offer of this medium stands.
    #[must_use]
    pub fn offer_ttl(&self, medium: Medium) -> Millis {
        let own = self.offer_ttls.get(&medium).copied();
        own.unwrap_or_else(|| self.settings.offer_ttl(medium))
    }

    pub(crate) fn object_put(&mut self, it: &Object) {
        let kind = it.body.kind();
        self.counters.object = self.counters.object.max(it.id.0);
        self.retired.remove(kind, &it.name);
        let names = self.names.objects.entry(kind).or_default();
        names.insert(it.name.clone(), it.id);
        self.objects.insert(it.id, it.clone());
        match &it.body {
            Body::Group(group) => self.group_put(it.id, group),
            Body::Medium(defaults) => {
                self.set_offer_ttl(&it.name, defaults.offer_ttl.or(defaults.delivering_max))
            }
            Body::CapacityRule(rule) => self.set_rule(&it.name, Some(rule)),
            Body::Person(person) => self.logins.address(&it.name, person.email.as_deref()),
            Body::View(view) => self.view_put(it, view),
            _ => {}
        }
    }

    fn set_offer_ttl(&mut self, name: &Name, ttl: Option<Millis>) {
        let Ok(medium) = name.as_str().parse::<Medium>() else {
            return;
        };
        match ttl {
            Some(ttl) => drop(self.offer_ttls.insert(medium, ttl)),
            None => drop(self.offer_ttls.remove(&medium)),
        }
    }

    /// Writes that something is gone. Nothing needs it any more.
    pub(crate) fn deleted(&mut self, kind: Kind, id: u64, name: &Name, version: Version) {
        match kind {
            Kind::Agent => self.agent_gone(AgentId(id), name),
            Kind::Queue => {
                self.names.queues.remove(name);
                self.queues.remove(QueueId(id));
                self.open_in.remove(&QueueId(id));
            }
            Kind::VirtualQueue => {
                self.names.virtual_queues.remove(name);
                self.virtual_queues.remove(VirtualQueueId(id));
                self.lines.remove(VirtualQueueId(id));
            }
            _ => self.object_gone(kind, ObjectId(id), name),
        }
        self.retired.insert(kind, name.clone(), version);
    }

    fn agent_gone(&mut self, id: AgentId, name: &Name) {
        self.names.agents.remove(name);
        self.agents.remove(id);
        if let Some(at_work) = self.at_work.get(id) {
            self.staff.goes(at_work);
        }
        self.at_work.remove(id);
        self.matcher_forgets(id);
        self.regroup(id);
    }

    fn object_gone(&mut self, kind: Kind, id: ObjectId, name: &Name) {
        if let Some(names) = self.names.objects.get_mut(&kind) {
            names.remove(name);
            if names.is_empty() {
                self.names.objects.remove(&kind);
            }
        }
        self.objects.remove(id);
        match kind {
            Kind::Group => self.group_gone(id),
            Kind::Medium => self.set_offer_ttl(name, None),
            Kind::CapacityRule => self.set_rule(name, None),
            Kind::Person => self.logins.address(name, None),
            Kind::View => self.view_gone(id),
            _ => {}
        }
    }
}
