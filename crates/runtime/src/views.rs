//! Answers to questions about the present, read from the state on the loop's thread. Cheap ones
//! only: whatever costs a walk over everything belongs to the records.

use crate::access;
use crate::hours;
use crate::tenant::Open;
use ringback_engine::State;
use ringback_model::config::{Body, Kind, Object, Role, Scope, VirtualQueue};
use ringback_model::effect::Phase;
use ringback_model::interaction::{Capabilities, Doer, Interaction};
use ringback_model::login::{Person, Session};
use ringback_model::place::{BinOwner, Place};
use ringback_model::{AgentId, InteractionId, Medium, Name, Now, VirtualQueueId, WallTime};
use ringback_ports::envelope::{Actor, Right};
use ringback_ports::query::{
    AgentView, CalendarView, Claim, Configured, InteractionView, Keeper, LoginView, Overview,
    PersonView, PullView, Query, QueryFault, QueueView, Search, View, VirtualQueueView,
};
use ringback_ports::records::PAGE_MAX;

/// Answers a question, within the actor's rights.
pub(crate) fn answer(open: &mut Open, actor: &Actor, query: &Query) -> Result<View, QueryFault> {
    access::may_ask(actor, &open.state, query).map_err(QueryFault::Denied)?;
    let now = open.clock.now();
    let state = &open.state;
    let scope = access::scope_of(actor);
    Ok(match query {
        Query::Interaction(id) => View::Interaction(Box::new(interaction(state, actor, *id)?)),
        Query::Interactions(ids) => {
            let seen = ids.iter().take(PAGE_MAX).copied();
            let seen = seen.filter(|id| access::sees(actor, state, *id));
            let views = seen.filter_map(|id| interaction(state, actor, id).ok());
            View::Interactions(views.collect())
        }
        Query::Search(search, from) => {
            let Search {
                condition,
                order,
                resting_in,
            } = &**search;
            let resting_in = resting_in.as_ref();
            // A queue that is gone holds nothing.
            let only = resting_in.map(|name| state.queue_named(name).map(|queue| queue.id));
            let reaches = |it: &Interaction| {
                let wanted = only.is_none_or(|queue| {
                    it.place == Place::Queue && queue.is_some_and(|queue| it.queue == queue)
                });
                wanted && access::reaches(&scope, it.queue)
            };
            let stretch = state.search(condition, order, now.wall, *from, reaches);
            View::Found(stretch.found, stretch.next)
        }
        Query::Workbins(owner) => View::Workbins(workbins(state, actor, keeper(state, owner)?)),
        Query::Workbin {
            owner,
            name,
            skip,
            limit,
        } => {
            let owner = keeper(state, owner)?;
            let ids = state.workbin(owner, name);
            let ids: Vec<_> = ids.filter(|id| access::sees(actor, state, *id)).collect();
            let shown = ids.iter().skip(*skip).take((*limit).min(PAGE_MAX));
            let views = shown.map(|id| interaction(state, actor, *id));
            View::Workbin(views.collect::<Result<_, _>>()?, ids.len())
        }
        Query::Why {
            interaction: id,
            after,
            limit,
        } => {
            let why = state.why_after(now, *id, *after, *limit);
            let why = why.ok_or_else(|| missing(state, *id))?;
            View::Why(Box::new(why))
        }
        Query::Agent(id) => View::Agent(Box::new(agent(state, *id)?)),
        Query::AgentNamed(name) => {
            let found = state
                .agent_named(name)
                .ok_or_else(|| unknown("agent", name))?;
            View::Agent(Box::new(agent(state, found.id)?))
        }
        Query::Agents { after, limit } => View::Agents(agents(state, &scope, *after, *limit)),
        Query::QueueNamed(name) => {
            let queue = state
                .queue_named(name)
                .ok_or_else(|| unknown("queue", name))?;
            let open = state.open_in(queue.id);
            View::Queue(Box::new(QueueView {
                queue: queue.clone(),
                open,
            }))
        }
        Query::Queues => View::Queues(queues(state, &scope)),
        Query::VirtualQueueNamed(name) => {
            let found = state
                .virtual_queue_named(name)
                .ok_or_else(|| unknown("virtual queue", name))?;
            View::VirtualQueue(Box::new(virtual_queue(state, found)))
        }
        Query::VirtualQueues => View::VirtualQueues(
            state
                .virtual_queues()
                .map(|it| virtual_queue(state, it))
                .collect(),
        ),
        Query::Line {
            virtual_queue,
            limit,
        } => View::Line(line(state, &scope, *virtual_queue, *limit)?),
        Query::Objects(kind) => View::Objects(configured(state, *kind)),
        Query::ObjectNamed(kind, name) | Query::ObjectToChange(kind, name) => {
            let found = configured_as(state, *kind, name);
            View::Object(Box::new(found.ok_or_else(|| unknown(kind.words(), name))?))
        }
        Query::ViewNamed(name) => {
            let found = pulling(state, now, name);
            View::Pulling(Box::new(found.ok_or_else(|| unknown("view", name))?))
        }
        Query::Calendar {
            token_hash,
            from,
            to,
        } => View::Calendar(Box::new(calendar(state, token_hash, *from, *to)?)),
        Query::Keys => View::Keys(state.keys().cloned().collect()),
        Query::People => View::People(state.people().map(|it| person(state, it)).collect()),
        Query::Person(name) => {
            let found = state.person(name).ok_or_else(|| unknown("person", name))?;
            View::Person(Box::new(person(state, found)))
        }
        Query::Sessions(of) => View::Sessions(sessions(state, of.as_ref())),
        Query::LoginPolicy => {
            let (version, policy) = state.logins().policy();
            View::LoginPolicy(version, Box::new(policy.clone()))
        }
        Query::Login(claim) => {
            let (_, policy) = state.logins().policy();
            View::Login(
                claimed(state, claim).map(Box::new),
                Box::new(policy.clone()),
            )
        }
        Query::Settings => {
            let (version, settings) = state.settings();
            View::Settings(version, Box::new(settings.clone()))
        }
        Query::Overview => View::Overview(Box::new(overview(open, now))),
        Query::Outbox(limit) => {
            let mut orders: Vec<_> = state.outbox().cloned().collect();
            orders.sort_by_key(|order| order.phase != Phase::Parked);
            orders.truncate((*limit).min(PAGE_MAX));
            View::Outbox(orders)
        }
        // The gate and the moment are told here; the list itself is read from the store.
        Query::Quarantined(_) => View::Quarantined(Vec::new()),
    })
}

/// Whose workbins are meant.
fn keeper(state: &State, keeper: &Keeper) -> Result<BinOwner, QueryFault> {
    match keeper {
        Keeper::Agent(agent) => Ok(BinOwner::Agent(*agent)),
        Keeper::Group(name) => state.group_bins(name).ok_or_else(|| unknown("group", name)),
    }
}

/// The workbins of an owner in which the actor sees something, and how much.
fn workbins(state: &State, actor: &Actor, owner: BinOwner) -> Vec<(Name, usize)> {
    let bins = state.workbins(owner);
    let seen = bins.map(|(name, _)| {
        let ids = state.workbin(owner, name);
        let ids = ids.filter(|id| access::sees(actor, state, *id));
        (name.clone(), ids.count())
    });
    seen.filter(|(_, count)| *count > 0).collect()
}

fn person(state: &State, person: Person) -> PersonView {
    let logins = state.logins();
    let credentials = logins.credentials(&person.name);
    let totp = credentials.and_then(|it| it.totp.as_ref());
    let totp = totp.filter(|totp| totp.confirmed);
    let providers = credentials.map(|it| it.subjects.keys().cloned().collect());
    PersonView {
        password: credentials.is_some_and(|it| it.password.is_some()),
        totp: totp.is_some(),
        recovery_codes: totp.map_or(0, |totp| totp.recovery.len()),
        providers: providers.unwrap_or_default(),
        sessions: logins.sessions_of(&person.name).count(),
        person,
    }
}

fn sessions(state: &State, of: Option<&Name>) -> Vec<Session> {
    let logins = state.logins();
    match of {
        Some(person) => logins.sessions_of(person).cloned().collect(),
        None => logins.sessions().cloned().collect(),
    }
}

fn claimed(state: &State, claim: &Claim) -> Option<LoginView> {
    let person = match claim {
        Claim::KnownAs(text) => state.person_known_as(text),
        Claim::Link(hash) => state.person_of_link(hash),
        Claim::Subject {
            issuer,
            subject,
            email,
        } => {
            let linked = state.person_of_subject(issuer, subject);
            linked.or_else(|| state.person_with_email(email.as_deref()?))
        }
    }?;
    Some(LoginView {
        credentials: state.logins().credentials(&person.name).cloned(),
        person,
    })
}

fn unknown(what: &str, name: &dyn std::fmt::Display) -> QueryFault {
    QueryFault::Unknown(format!("{what} {name}"))
}

fn missing(state: &State, id: InteractionId) -> QueryFault {
    if state.is_stopped(id) {
        QueryFault::Stopped(id)
    } else {
        QueryFault::Unknown(format!("interaction {id}"))
    }
}

/// What somebody can do with an interaction: as his role, within his rights.
fn can(state: &State, actor: &Actor, id: InteractionId) -> Capabilities {
    let who = match &actor.right {
        Right::House => return Capabilities::default(),
        Right::Key { role, agent, .. } => match (role, agent) {
            (Role::Agent, Some(agent)) => Doer::Agent(*agent),
            (Role::Administrator | Role::Supervisor, _) => Doer::Supervisor,
            (Role::Integrator, _) => Doer::System,
            _ => return Capabilities::default(),
        },
    };
    ringback_engine::capabilities(state, who, id)
}

fn interaction(
    state: &State,
    actor: &Actor,
    id: InteractionId,
) -> Result<InteractionView, QueryFault> {
    let it = state.interaction(id).ok_or_else(|| missing(state, id))?;
    let offer = match it.place {
        Place::Offer { offer, .. } => state.offer(offer).cloned(),
        _ => None,
    };
    let requests = it
        .requests
        .iter()
        .filter_map(|id| state.waiting(*id))
        .collect();
    Ok(InteractionView {
        interaction: it.clone(),
        requests,
        offer,
        invitations: state
            .offers_of(it)
            .filter(|offer| offer.wish.is_some())
            .cloned()
            .collect(),
        capabilities: can(state, actor, id),
    })
}

fn agent(state: &State, id: AgentId) -> Result<AgentView, QueryFault> {
    let known = || unknown("agent", &id);
    let agent = state.agent(id).ok_or_else(known)?.clone();
    let at_work = state.at_work(id).ok_or_else(known)?.clone();
    let offers = state.offers_to(id).into_iter().cloned().collect();
    Ok(AgentView {
        agent,
        at_work,
        offers,
    })
}

/// What a calendar shows, by the hash of its secret address.
fn calendar(
    state: &State,
    token_hash: &str,
    from: WallTime,
    to: WallTime,
) -> Result<CalendarView, QueryFault> {
    let wanted = |it: &&Object| match &it.body {
        // An empty hash is no address.
        Body::Calendar(it) => !token_hash.is_empty() && it.token_hash == token_hash,
        _ => false,
    };
    let found = state.objects(Kind::Calendar).find(wanted);
    let found = found.ok_or_else(|| QueryFault::Unknown("calendar".to_owned()))?;
    let mut entries = Vec::new();
    if let Body::Calendar(calendar) = &found.body {
        for name in &calendar.hours {
            let object = state.object_named(Kind::Hours, name);
            if let Some(Body::Hours(hours)) = object.map(|it| &it.body) {
                entries.extend(hours::entries(name, hours, from, to));
            }
        }
    }
    Ok(CalendarView {
        calendar: found.clone(),
        entries,
    })
}

fn agents(state: &State, scope: &Scope, after: Option<AgentId>, limit: usize) -> Vec<AgentView> {
    let ids = state.agent_ids().into_iter();
    ids.filter(|id| after.is_none_or(|after| *id > after))
        .filter(|id| access::reaches_agent(state, scope, *id))
        .take(limit.min(PAGE_MAX))
        .filter_map(|id| agent(state, id).ok())
        .collect()
}

/// All objects of a kind, in order of their names.
fn configured(state: &State, kind: Kind) -> Vec<Configured> {
    match kind {
        Kind::Agent => {
            let agents = state.agent_ids().into_iter();
            let mut agents: Vec<_> = agents.filter_map(|id| state.agent(id)).collect();
            agents.sort_unstable_by(|one, other| one.name.cmp(&other.name));
            agents.into_iter().cloned().map(Configured::Agent).collect()
        }
        Kind::Queue => {
            let mut queues: Vec<_> = state.queues().cloned().collect();
            queues.sort_unstable_by(|one, other| one.name.cmp(&other.name));
            queues.into_iter().map(Configured::Queue).collect()
        }
        Kind::VirtualQueue => {
            let mut queues: Vec<_> = state.virtual_queues().cloned().collect();
            queues.sort_unstable_by(|one, other| one.name.cmp(&other.name));
            queues.into_iter().map(Configured::VirtualQueue).collect()
        }
        _ => state.objects(kind).map(|it| object(state, it)).collect(),
    }
}

fn configured_as(state: &State, kind: Kind, name: &Name) -> Option<Configured> {
    Some(match kind {
        Kind::Agent => Configured::Agent(state.agent_named(name)?.clone()),
        Kind::Queue => Configured::Queue(state.queue_named(name)?.clone()),
        Kind::VirtualQueue => Configured::VirtualQueue(state.virtual_queue_named(name)?.clone()),
        _ => object(state, state.object_named(kind, name)?),
    })
}

fn object(state: &State, it: &Object) -> Configured {
    let members = state.members(it.id).iter();
    let members = members.filter_map(|id| Some(state.agent(*id)?.name.clone()));
    Configured::Object {
        object: it.clone(),
        members: members.collect(),
    }
}

fn pulling(state: &State, now: Now, name: &Name) -> Option<PullView> {
    let it = state.object_named(Kind::View, name)?;
    let body = state.view(it.id)?;
    let queue = state.queue_named(&body.queue)?.id;
    let under_way = state.under_way(it.id);
    Some(PullView {
        name: it.name.clone(),
        version: it.version,
        body: body.clone(),
        now,
        look: state.look(it.id),
        resting: state.resting_count(queue),
        under_way: under_way
            .map(|(segment, count)| (segment.map(str::to_owned), count))
            .collect(),
    })
}

fn queues(state: &State, scope: &Scope) -> Vec<QueueView> {
    let seen = state
        .queues()
        .filter(|queue| access::reaches(scope, queue.id));
    seen.map(|queue| QueueView {
        queue: queue.clone(),
        open: state.open_in(queue.id),
    })
    .collect()
}

fn virtual_queue(state: &State, it: &VirtualQueue) -> VirtualQueueView {
    let counts = state.line_counts(it.id);
    let waiting = state.in_line(it.id);
    let first = state.line(it.id, 1);
    let inside = counts.entered - counts.left;
    VirtualQueueView {
        virtual_queue: it.clone(),
        waiting,
        oldest: first.first().map(|first| first.request.since.engine),
        offered: u32::try_from(inside.saturating_sub(u64::from(waiting))).unwrap_or(u32::MAX),
        entered: counts.entered,
        left: counts.left,
    }
}

fn line(
    state: &State,
    scope: &Scope,
    id: VirtualQueueId,
    limit: usize,
) -> Result<Vec<ringback_model::route::Waiting>, QueryFault> {
    state
        .virtual_queue(id)
        .ok_or_else(|| unknown("virtual queue", &id))?;
    let seen = |waiting: &ringback_model::route::Waiting| {
        let of = state.interaction(waiting.request.interaction);
        of.is_some_and(|it| access::reaches(scope, it.queue))
    };
    // Who sees only some of it gets what he sees of the longest page, not of a short one.
    let asked = match scope {
        Scope::Everything => limit.min(PAGE_MAX),
        Scope::Queues(_) | Scope::Parts { .. } => PAGE_MAX,
    };
    let line = state.line(id, asked).into_iter().filter(seen);
    Ok(line.take(limit.min(PAGE_MAX)).collect())
}

fn overview(open: &Open, now: Now) -> Overview {
    let state = &open.state;
    let places = state.places();
    let staff = state.staff();
    let mut effects = (0, 0, 0);
    for order in state.outbox() {
        match order.phase {
            Phase::Issued { .. } => effects.0 += 1,
            Phase::Started => effects.1 += 1,
            Phase::Parked => effects.2 += 1,
        }
    }
    Overview {
        now,
        sequence: open.sequence,
        open: state.open() as u64,
        resting: places.resting,
        routing: places.routing,
        offered: places.offered,
        handling: places.handling,
        submitted: state.counters().interaction,
        logged_in: staff.logged_in,
        ready: Medium::ALL
            .into_iter()
            .zip(staff.ready)
            .filter(|(_, count)| *count > 0)
            .collect(),
        effects,
        timers: state.timers_armed() as u64,
    }
}
