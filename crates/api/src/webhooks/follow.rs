//! The follower: from the stream of what happens to deliveries.

use super::envelope::{Envelope, Head, id_of};
use super::facts::Recorded;
use crate::dto::event::EventView;
use crate::names::Known;
use crate::state::Shared;
use crate::stream::feed::{Fed, Feed, view};
use crate::stream::sight::{Sight, queue_of};
use crate::text::Time;
use ringback_model::condition::Condition;
use ringback_model::config::{Body, Event as Configured, Kind, Object, Scope, Webhook};
use ringback_model::{AgentId, Event, InteractionId, Name, ObjectId, WallTime};
use ringback_ports::envelope::Actor;
use ringback_ports::hall::{Push, ResumeFault};
use ringback_ports::outward::{Ledger, NewDelivery};
use ringback_ports::query::{Configured as Found, Query, View};
use ringback_ports::records::{RecordsPage, RecordsQuery};
use ringback_ports::store::Tenant;
use ringback_ports::{Cursor, Entry, Sequence};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many deliveries may wait for one webhook; what comes then is left out and counted.
pub(crate) const WAITING_MAX: u64 = 100_000;
/// How many deliveries are written down at once, about.
const TOGETHER_MAX: usize = 500;
/// How often the cursor is noted while nobody wants anything.
const NOTE_EVERY: Duration = Duration::from_secs(1);
/// How long is waited after a failure.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

/// Writes down who is to be told what, for as long as the house stands.
pub(crate) async fn follow(house: Shared, tenant: Tenant, ledger: Ledger) {
    loop {
        let failed = match Follower::open(&house, &tenant, &ledger).await {
            Ok(mut follower) => follower.work().await,
            Err(why) => why,
        };
        // A reader that was too slow, or a tenant that is being loaded, is nothing to worry about.
        tracing::debug!(tenant = %tenant.name, why = failed, "The follower begins afresh.");
        tokio::time::sleep(AFTER_FAILURE).await;
    }
}

struct Follower<'a> {
    house: &'a Shared,
    tenant: &'a Tenant,
    ledger: &'a Ledger,
    feed: Feed,
    hooks: BTreeMap<ObjectId, (Name, Webhook)>,
    /// Who belongs to which group; `None` until somebody wants to know, and after it changed.
    groups: Option<Groups>,
    /// Everything up to here is rendered.
    at: Cursor,
    /// Everything up to here is written down.
    noted: Cursor,
    noted_when: Instant,
}

/// Who belongs to which group.
type Groups = BTreeMap<Name, BTreeSet<AgentId>>;

/// An event, and what is known of the names in it.
struct Happened<'a> {
    known: &'a Known,
    cursor: Cursor,
    entry: &'a Entry,
    event: &'a Event,
    /// Agents who hear of it beside the one it names.
    others: &'a [AgentId],
    groups: Option<&'a Groups>,
}

/// What somebody may want to be told, before conditions are asked.
struct Wanted {
    delivery: NewDelivery,
    condition: Option<(Condition, InteractionId)>,
    sequence: Sequence,
    at: WallTime,
}

impl<'a> Follower<'a> {
    async fn open(
        house: &'a Shared,
        tenant: &'a Tenant,
        ledger: &'a Ledger,
    ) -> Result<Self, String> {
        let id = tenant.id;
        let stored = ledger.ask(move |it| it.cursor(id)).await;
        let stored = stored.map_err(|fault| fault.to_string())?;
        let after = match stored {
            Some(cursor) => still_there(house, tenant, cursor).await?,
            None => None,
        };
        let hooks = hooks(house, tenant).await?;
        let sight = Sight::everything();
        let (feed, from) = Feed::open(house, id, sight, after).map_err(|it| it.sentence())?;
        if after.is_none() {
            let begin = ledger.ask(move |it| it.take_in(id, &[], Some(from), WAITING_MAX));
            begin.await.map_err(|fault| fault.to_string())?;
        }
        Ok(Self {
            house,
            tenant,
            ledger,
            feed,
            hooks,
            groups: None,
            at: from,
            noted: from,
            noted_when: Instant::now(),
        })
    }

    /// Follows until it cannot go on; tells why.
    async fn work(&mut self) -> String {
        loop {
            let waited = tokio::time::timeout(NOTE_EVERY, self.feed.next()).await;
            let done = match waited {
                Ok(Fed::Record(push)) => self.take(push).await,
                Ok(Fed::Lost(why)) => Err(why),
                Err(_) => self.note(Vec::new()).await,
            };
            if let Err(why) = done {
                return why;
            }
        }
    }

    /// Takes a record and those that are here already.
    async fn take(&mut self, push: Push) -> Result<(), String> {
        let mut deliveries = Vec::new();
        let mut next = Some(push);
        while let Some(push) = next {
            deliveries.extend(self.rendered(&push).await?);
            self.at = self.at.max(Cursor::end_of(push.record.sequence));
            next = match self.feed.at_hand() {
                _ if deliveries.len() >= TOGETHER_MAX => None,
                Some(Fed::Record(push)) => Some(push),
                Some(Fed::Lost(why)) => return Err(why),
                None => None,
            };
            if next.is_none() {
                break;
            }
        }
        self.note(deliveries).await
    }

    /// Writes down what there is to tell, and how far that is.
    async fn note(&mut self, deliveries: Vec<NewDelivery>) -> Result<(), String> {
        let idle = deliveries.is_empty();
        if self.at == self.noted || (idle && self.noted_when.elapsed() < NOTE_EVERY) {
            return Ok(());
        }
        let (tenant, at) = (self.tenant.id, self.at);
        let taken = self
            .ledger
            .ask(move |it| it.take_in(tenant, &deliveries, Some(at), WAITING_MAX));
        taken.await.map_err(|fault| fault.to_string())?;
        (self.noted, self.noted_when) = (at, Instant::now());
        if !idle {
            self.ledger.ring();
        }
        Ok(())
    }

    async fn rendered(&mut self, push: &Push) -> Result<Vec<NewDelivery>, String> {
        let grouped = self.hooks.values().any(|(_, hook)| !hook.groups.is_none());
        if grouped && self.groups.is_none() {
            self.groups = Some(groups(self.house, self.tenant).await?);
        }
        let mut wanted = Vec::new();
        let mut regrouped = false;
        let (hooks, tenant) = (&mut self.hooks, self.tenant);
        let groups = self.groups.as_ref();
        let each = self
            .feed
            .each(self.house, push, |known, cursor, entry, inside, event| {
                let happened = Happened {
                    known,
                    cursor,
                    entry,
                    event,
                    others: entry.others_of(inside),
                    groups,
                };
                // Before the change of a webhook itself: one that is switched off is told so.
                wanted.extend(wanted_by(hooks, tenant, &happened));
                changed(hooks, event);
                regrouped |= regroups(event);
            });
        each.await.map_err(|problem| problem.sentence())?;
        if regrouped {
            self.groups = None;
        }
        let mut deliveries = Vec::new();
        for it in wanted {
            if self.holds(&it).await? {
                deliveries.push(it.delivery);
            }
        }
        Ok(deliveries)
    }

    async fn holds(&self, wanted: &Wanted) -> Result<bool, String> {
        let Some((condition, interaction)) = &wanted.condition else {
            return Ok(true);
        };
        let query = RecordsQuery::Interaction {
            interaction: *interaction,
            scope: Scope::Everything,
        };
        let asked = self
            .house
            .hall
            .records(self.tenant.id, Some(wanted.sequence), query);
        let page = asked.await.map_err(|fault| fault.to_string())?;
        let RecordsPage::Interactions(rows) = page.value else {
            return Err("the records answered another question".to_owned());
        };
        let known = self.house.names.known(self.tenant.id);
        Ok(rows.first().is_some_and(|row| {
            let facts = Recorded { row, known: &known };
            condition.holds(&facts, wanted.at)
        }))
    }
}

/// Where to go on, if the journal still reaches there.
async fn still_there(
    house: &Shared,
    tenant: &Tenant,
    cursor: Cursor,
) -> Result<Option<Cursor>, String> {
    match house.hall.resume(tenant.id, cursor).await {
        Ok(_) => Ok(Some(cursor)),
        Err(fault @ (ResumeFault::Gone { .. } | ResumeFault::Ahead { .. })) => {
            tracing::error!(
                tenant = %tenant.name,
                %fault,
                "Webhooks miss what happened since; they are told what happens from now on."
            );
            metrics::counter!("ringback_webhook_gaps_total").increment(1);
            Ok(None)
        }
        Err(ResumeFault::Unavailable(why)) => Err(why),
    }
}

async fn hooks(
    house: &Shared,
    tenant: &Tenant,
) -> Result<BTreeMap<ObjectId, (Name, Webhook)>, String> {
    let asked = Query::Objects(Kind::Webhook);
    let asked = house.hall.query(tenant.id, Arc::new(Actor::node()), asked);
    let (_, View::Objects(found)) = asked.await.map_err(|fault| fault.to_string())? else {
        return Err("the hall answered another question".to_owned());
    };
    let hooks = found.into_iter().filter_map(|it| match it {
        Found::Object { object, .. } => hook_of(object),
        _ => None,
    });
    Ok(hooks.collect())
}

fn hook_of(object: Object) -> Option<(ObjectId, (Name, Webhook))> {
    match object.body {
        Body::Webhook(hook) => Some((object.id, (object.name, hook))),
        _ => None,
    }
}

/// Who belongs to which group at present.
async fn groups(house: &Shared, tenant: &Tenant) -> Result<Groups, String> {
    let ask = async |kind| {
        let asked = Query::Objects(kind);
        let asked = house.hall.query(tenant.id, Arc::new(Actor::node()), asked);
        match asked.await {
            Ok((_, View::Objects(found))) => Ok(found),
            Ok(_) => Err("the hall answered another question".to_owned()),
            Err(fault) => Err(fault.to_string()),
        }
    };
    let mut ids = BTreeMap::new();
    for it in ask(Kind::Agent).await? {
        if let Found::Agent(agent) = it {
            ids.insert(agent.name, agent.id);
        }
    }
    let mut groups = Groups::new();
    for it in ask(Kind::Group).await? {
        if let Found::Object { object, members } = it {
            let members = members.iter().filter_map(|name| ids.get(name).copied());
            groups.insert(object.name, members.collect());
        }
    }
    Ok(groups)
}

/// Whether somebody may belong to other groups after it, or a webhook ask for groups at all.
fn regroups(event: &Event) -> bool {
    match event {
        Event::Config(Configured::AgentPut(_)) => true,
        Event::Config(Configured::Put(object)) => {
            matches!(object.body, Body::Group(_) | Body::Webhook(_))
        }
        Event::Config(Configured::Deleted { kind, .. }) => {
            matches!(kind, Kind::Agent | Kind::Group)
        }
        _ => false,
    }
}

/// Follows a change of the webhooks themselves.
fn changed(hooks: &mut BTreeMap<ObjectId, (Name, Webhook)>, event: &Event) {
    match event {
        Event::Config(Configured::Put(object)) => {
            hooks.extend(hook_of(Object::clone(object)));
        }
        Event::Config(Configured::Deleted {
            kind: Kind::Webhook,
            id,
            ..
        }) => {
            hooks.remove(&ObjectId(*id));
        }
        _ => {}
    }
}

/// Who wants to be told of an event.
fn wanted_by(
    hooks: &BTreeMap<ObjectId, (Name, Webhook)>,
    tenant: &Tenant,
    shown: &Happened<'_>,
) -> Vec<Wanted> {
    let name = shown.event.name();
    let listening = hooks.iter().filter(|(_, (_, hook))| {
        !hook.disabled
            && !hook.secrets.is_empty()
            && hook.wants(name)
            && reaches(hook, shown.known, shown.event)
            && concerns(hook, shown)
    });
    let mut rendered: Option<EventView> = None;
    let mut wanted = Vec::new();
    for (id, (_, hook)) in listening {
        let subject = shown.event.subject().map(|of| of.interaction);
        let condition = match (hook.condition.is_empty(), subject) {
            (true, _) => None,
            // A condition speaks of an interaction; of anything else it does not hold.
            (false, None) => continue,
            (false, Some(subject)) => match hook.condition.parse() {
                Ok(condition) => Some((condition, subject)),
                Err(_) => continue,
            },
        };
        let data = rendered
            .get_or_insert_with(|| view(shown.known, shown.cursor, shown.entry, shown.event));
        let head = Head {
            id: id_of(tenant.id, *id, shown.cursor),
            tenant: tenant.name.as_str(),
            event: name,
            subject: subject.map(|id| id.to_string()),
            time: Time::of(shown.entry.now),
            cursor: Some(shown.cursor),
        };
        let delivery = NewDelivery {
            hook: *id,
            id: head.id.clone(),
            event: name.to_owned(),
            made: shown.entry.now.wall,
            body: Envelope::new(head, &*data).to_bytes(),
        };
        wanted.push(Wanted {
            delivery,
            condition,
            sequence: shown.cursor.sequence,
            at: shown.entry.now.wall,
        });
    }
    wanted
}

/// Whether an event lies within the queues of a webhook.
fn reaches(hook: &Webhook, known: &Known, event: &Event) -> bool {
    if hook.queues.is_empty() {
        return true;
    }
    let queue = queue_of(event).map(|id| known.queue(id));
    queue.is_some_and(|queue| hook.queues.iter().any(|name| name.as_str() == queue))
}

/// Whether an event is about an agent of the groups of a webhook, or about an interaction such an
/// agent has to do with.
fn concerns(hook: &Webhook, shown: &Happened<'_>) -> bool {
    let Some(wanted) = hook.groups.get() else {
        return true;
    };
    // A webhook that has just begun to ask is told from the next record on.
    let groups = shown.groups.into_iter();
    let mut groups = groups.flat_map(|all| wanted.iter().filter_map(|name| all.get(name)));
    let named = shown.event.agent();
    groups.any(|members| {
        named.is_some_and(|agent| members.contains(&agent))
            || shown.others.iter().any(|agent| members.contains(agent))
    })
}
