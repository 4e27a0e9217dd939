//! What the room remembers of a tenant's configuration: names of queues, and which user data
//! keys are open. A cache over [`Hall::query`]; the truth stays in the hall.

use crate::problem::Problem;
use ringback_model::config::{Body, Kind, ScreenPop};
use ringback_model::interaction::{Interaction, Rest};
use ringback_model::place::{BinOwner, Place};
use ringback_model::{AgentId, Name, ObjectId, QueueId, VirtualQueueId};
use ringback_ports::envelope::Actor;
use ringback_ports::query::{Configured, Query, QueryFault, View};
use ringback_ports::{Hall, Sequence, TenantId};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long the open keys are trusted. A change made through this room is seen at once.
const OPEN_KEYS_TRUSTED: Duration = Duration::from_secs(1);

/// Screen pops by name.
pub(crate) type Pops = Arc<[(Name, ScreenPop)]>;

/// The memory of all tenants.
pub(crate) struct Names {
    hall: Arc<dyn Hall>,
    tenants: RwLock<FxHashMap<TenantId, Arc<Known>>>,
    /// The asker of these questions: the house itself.
    house: Arc<Actor>,
}

/// What is known of one tenant. An id never gets another name, and names of what is gone are kept,
/// so what is known stays right; only what is missing has to be asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    queues: FxHashMap<QueueId, Name>,
    virtual_queues: FxHashMap<VirtualQueueId, Name>,
    /// Groups and views.
    objects: BTreeMap<ObjectId, Name>,
    open_keys: Option<(Instant, Arc<BTreeSet<String>>)>,
    screen_pops: Option<(Instant, Pops)>,
}

impl Known {
    /// The name of a queue; its id until the name is known.
    pub(crate) fn queue(&self, id: QueueId) -> String {
        let name = self.queues.get(&id);
        name.map_or_else(|| id.to_string(), ToString::to_string)
    }

    /// The name of a virtual queue; its id until the name is known.
    pub(crate) fn virtual_queue(&self, id: VirtualQueueId) -> String {
        let name = self.virtual_queues.get(&id);
        name.map_or_else(|| id.to_string(), ToString::to_string)
    }

    /// The name of a group or view; its id until the name is known.
    pub(crate) fn object(&self, id: ObjectId) -> String {
        let name = self.objects.get(&id);
        name.map_or_else(|| id.to_string(), ToString::to_string)
    }

    /// The id of a queue; of several that had the name one after the other, the last one's.
    pub(crate) fn queue_id(&self, wanted: &Name) -> Option<QueueId> {
        let named = self.queues.iter().filter(|(_, name)| *name == wanted);
        named.map(|(id, _)| *id).max()
    }

    pub(crate) fn knows_queue(&self, id: QueueId) -> bool {
        self.queues.contains_key(&id)
    }

    /// Whether the name of a group or view is known, or cannot be any more: ids grow, so one that
    /// is missing below others is gone.
    pub(crate) fn knows_object(&self, id: ObjectId) -> bool {
        self.objects.last_key_value().is_some_and(|it| *it.0 >= id)
    }

    /// Whether everything is known that is named when an interaction is shown.
    pub(crate) fn knows_all_of(&self, it: &Interaction) -> bool {
        let group = |owner: BinOwner| match owner {
            BinOwner::Group(group) => Some(group),
            BinOwner::Agent(_) => None,
        };
        let lies_in = match &it.place {
            Place::Workbin { owner, .. } => owner.and_then(group),
            _ => None,
        };
        let pulled_from = it.more.get().and_then(|more| more.pulled_from.as_ref());
        let pulled_from = pulled_from.and_then(|rest| match rest {
            Rest::Workbin { owner, .. } => group(*owner),
            Rest::Queue(_) => None,
        });
        let view = it.under_way().map(|(view, _)| view);
        let mut objects = [lies_in, pulled_from, view].into_iter().flatten();
        self.knows_queue(it.queue) && objects.all(|id| self.knows_object(id))
    }

    pub(crate) fn knows_virtual_queue(&self, id: VirtualQueueId) -> bool {
        self.virtual_queues.contains_key(&id)
    }
}

impl Names {
    pub(crate) fn new(hall: Arc<dyn Hall>) -> Self {
        Self {
            hall,
            tenants: RwLock::default(),
            house: Arc::new(Actor::node()),
        }
    }

    /// What is known at the moment.
    pub(crate) fn known(&self, tenant: TenantId) -> Arc<Known> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants.get(&tenant).cloned().unwrap_or_default()
    }

    /// What is known, with all queues that exist at this moment.
    pub(crate) async fn fresh(&self, tenant: TenantId) -> Result<Arc<Known>, Problem> {
        let queues = self.ask(tenant, Query::Queues).await?;
        let virtual_queues = self.ask(tenant, Query::VirtualQueues).await?;
        let groups = self.ask(tenant, Query::Objects(Kind::Group)).await?;
        let views = self.ask(tenant, Query::Objects(Kind::View)).await?;
        Ok(self.change(tenant, |known| {
            if let View::Queues(list) = queues {
                let named = list.into_iter().map(|it| (it.queue.id, it.queue.name));
                known.queues.extend(named);
            }
            if let View::VirtualQueues(list) = virtual_queues {
                let named = list
                    .into_iter()
                    .map(|it| (it.virtual_queue.id, it.virtual_queue.name));
                known.virtual_queues.extend(named);
            }
            for answer in [groups, views] {
                let View::Objects(list) = answer else {
                    continue;
                };
                let named = list.into_iter().filter_map(|it| match it {
                    Configured::Object { object, .. } => Some((object.id, object.name)),
                    _ => None,
                });
                known.objects.extend(named);
            }
        }))
    }

    /// What is known, after asking for queues that are not known yet.
    pub(crate) async fn with(
        &self,
        tenant: TenantId,
        enough: impl Fn(&Known) -> bool,
    ) -> Result<Arc<Known>, Problem> {
        let known = self.known(tenant);
        if enough(&known) {
            Ok(known)
        } else {
            self.fresh(tenant).await
        }
    }

    /// The user data keys that are kept open, if they were asked for a moment ago.
    pub(crate) fn open_keys_at_hand(&self, tenant: TenantId) -> Option<Arc<BTreeSet<String>>> {
        let known = self.known(tenant);
        let (asked, keys) = known.open_keys.as_ref()?;
        (asked.elapsed() < OPEN_KEYS_TRUSTED).then(|| keys.clone())
    }

    /// The user data keys that are kept open.
    pub(crate) async fn open_keys(
        &self,
        tenant: TenantId,
    ) -> Result<Arc<BTreeSet<String>>, Problem> {
        if let Some(keys) = self.open_keys_at_hand(tenant) {
            return Ok(keys);
        }
        let asked = Instant::now();
        let View::Settings(_, settings) = self.ask(tenant, Query::Settings).await? else {
            return Err(Problem::crossed());
        };
        let keys = Arc::new(settings.open_keys);
        self.change(tenant, |known| {
            known.open_keys = Some((asked, keys.clone()))
        });
        Ok(keys)
    }

    /// The screen pops there are, in order of their names; a change is seen within a second.
    pub(crate) async fn screen_pops(&self, tenant: TenantId) -> Result<Pops, Problem> {
        if let Some((asked, pops)) = &self.known(tenant).screen_pops
            && asked.elapsed() < OPEN_KEYS_TRUSTED
        {
            return Ok(pops.clone());
        }
        let asked = Instant::now();
        let pops = Query::Objects(Kind::ScreenPop);
        let View::Objects(found) = self.ask(tenant, pops).await? else {
            return Err(Problem::crossed());
        };
        let pops = found.into_iter().filter_map(|it| match it {
            Configured::Object { object, .. } => match object.body {
                Body::ScreenPop(pop) => Some((object.name, pop)),
                _ => None,
            },
            _ => None,
        });
        let pops: Pops = pops.collect();
        self.change(tenant, |known| {
            known.screen_pops = Some((asked, pops.clone()));
        });
        Ok(pops)
    }

    /// Forgets the open keys, because they have just been changed.
    pub(crate) fn settings_changed(&self, tenant: TenantId) {
        self.change(tenant, |known| known.open_keys = None);
    }

    /// The record the present state stands after.
    pub(crate) async fn present(&self, tenant: TenantId) -> Result<Sequence, Problem> {
        let asked = self.hall.query(tenant, self.house.clone(), Query::Settings);
        let answer = asked.await;
        answer
            .map(|(sequence, _)| sequence)
            .map_err(|fault| Problem::of_query(fault, "such configuration"))
    }

    async fn ask(&self, tenant: TenantId, query: Query) -> Result<View, Problem> {
        let answer = self.hall.query(tenant, self.house.clone(), query).await;
        answer
            .map(|(_, view)| view)
            .map_err(|fault| Problem::of_query(fault, "such configuration"))
    }

    /// The agent of this name, whoever asks.
    pub(crate) async fn agent(
        &self,
        tenant: TenantId,
        name: Name,
    ) -> Result<Option<AgentId>, Problem> {
        let answer = self
            .hall
            .query(tenant, self.house.clone(), Query::AgentNamed(name));
        match answer.await {
            Ok((_, View::Agent(live))) => Ok(Some(live.agent.id)),
            Ok(_) => Err(Problem::crossed()),
            Err(QueryFault::Unknown(_)) => Ok(None),
            Err(fault) => Err(Problem::of_query(fault, "such agent")),
        }
    }

    fn change(&self, tenant: TenantId, change: impl FnOnce(&mut Known)) -> Arc<Known> {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        let slot = tenants.entry(tenant).or_default();
        let mut known = Known::clone(slot);
        change(&mut known);
        *slot = Arc::new(known);
        slot.clone()
    }
}
