//! What names what: one function per body, for looking whether it is there and whether something
//! is still needed.

use crate::state::State;
use ringback_model::Name;
use ringback_model::config::{
    Agent, AgentBody, Body, Calendar, Capacity, Group, Kind, Object, Person, Queue, QueueBody,
    ScreenPop, View, Webhook,
};
use ringback_model::target::Expression;
use std::collections::BTreeSet;
use std::fmt;

/// One place of a body that names another object.
pub(super) struct Reference {
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) name: Name,
}

impl Reference {
    fn new(path: impl Into<String>, kind: Kind, name: &Name) -> Self {
        Self {
            path: path.into(),
            kind,
            name: name.clone(),
        }
    }
}

/// Something that names other objects.
pub(super) enum User<'a> {
    Agent(&'a Agent),
    Object(&'a Object),
    Queue(&'a Queue),
}

impl User<'_> {
    pub(super) fn references(&self) -> Vec<Reference> {
        match self {
            Self::Agent(agent) => of_agent(&agent.body),
            Self::Object(object) => of(&object.body),
            Self::Queue(queue) => of_queue(&queue.body),
        }
    }

    fn is(&self, kind: Kind, name: &Name) -> bool {
        match self {
            Self::Agent(agent) => kind == Kind::Agent && agent.name == *name,
            Self::Object(object) => kind == object.body.kind() && object.name == *name,
            Self::Queue(queue) => kind == Kind::Queue && queue.name == *name,
        }
    }
}

impl fmt::Display for User<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(agent) => write!(f, "agent {}", agent.name),
            Self::Object(object) => write!(f, "{} {}", object.body.kind(), object.name),
            Self::Queue(queue) => write!(f, "queue {}", queue.name),
        }
    }
}

/// Everything that may name other objects, in a fixed order.
pub(super) fn users(state: &State) -> impl Iterator<Item = User<'_>> {
    let agents = state.agents.in_order().map(|(_, agent)| User::Agent(agent));
    let objects = Kind::ALL.into_iter().flat_map(|kind| state.objects(kind));
    let queues = state.queues().map(User::Queue);
    agents.chain(objects.map(User::Object)).chain(queues)
}

/// Who needs an object, in words.
pub(super) fn needed_by(state: &State, kind: Kind, name: &Name) -> Vec<String> {
    let names = |user: &User<'_>| {
        let mut references = user.references().into_iter();
        !user.is(kind, name) && references.any(|it| it.kind == kind && it.name == *name)
    };
    let objects = users(state).filter(names).map(|user| user.to_string());
    objects.chain(keys(state, kind, name)).collect()
}

/// Keys that open something, and belong to an agent or reach a queue or a group.
fn keys(state: &State, kind: Kind, name: &Name) -> Vec<String> {
    let agent = state.agent_named(name).map(|it| it.id);
    let queue = state.queue_named(name).map(|it| it.id);
    let group = state.object_named(Kind::Group, name).map(|it| it.id);
    let open = state.keys().filter(|key| !key.revoked);
    let needing = open.filter(|key| match kind {
        Kind::Agent => agent.is_some() && key.agent == agent,
        Kind::Queue => queue.is_some_and(|id| {
            key.scope != ringback_model::config::Scope::Everything && key.scope.reaches(id)
        }),
        Kind::Group => group.is_some_and(|id| {
            key.scope
                .groups()
                .is_some_and(|groups| groups.contains(&id))
        }),
        _ => false,
    });
    needing.map(|key| format!("key {}", key.name)).collect()
}

/// What an agent names.
pub(super) fn of_agent(body: &AgentBody) -> Vec<Reference> {
    let AgentBody {
        skills,
        capacity: Capacity(_),
        texts,
        capacity_rule,
    } = body;
    let skills = skills.keys().map(|name| (format!("/skills/{name}"), name));
    let texts = texts.keys().map(|name| (format!("/texts/{name}"), name));
    let skills = skills.chain(texts);
    let skills = skills.map(|(path, name)| Reference::new(path, Kind::Skill, name));
    let rule = capacity_rule.iter();
    let rule = rule.map(|name| Reference::new("/capacity_rule", Kind::CapacityRule, name));
    skills.chain(rule).collect()
}

/// What an interaction queue names.
pub(super) fn of_queue(body: &QueueBody) -> Vec<Reference> {
    let lists = body.dispositions.iter().map(|it| &it.list);
    let named = lists.map(|list| Reference::new("/dispositions/list", Kind::List, list));
    named.collect()
}

/// What an object names.
pub(super) fn of(body: &Body) -> Vec<Reference> {
    match body {
        Body::Group(group) => of_group(group),
        Body::Person(person) => of_person(person),
        Body::View(view) => of_view(view),
        Body::Calendar(Calendar { hours, .. }) => named("/hours", Kind::Hours, hours),
        Body::ScreenPop(ScreenPop { queues, .. }) => named("/queues", Kind::Queue, queues),
        Body::Webhook(Webhook { queues, groups, .. }) => {
            let groups = groups.get().into_iter();
            let groups = groups.flat_map(|groups| named("/groups", Kind::Group, groups));
            let queues = named("/queues", Kind::Queue, queues).into_iter();
            queues.chain(groups).collect()
        }
        Body::Attribute(_)
        | Body::CapacityRule(_)
        | Body::Hours(_)
        | Body::List(_)
        | Body::Medium(_)
        | Body::Skill(_)
        | Body::Statistic(_)
        | Body::Workbin(_) => Vec::new(),
    }
}

fn named(path: &str, kind: Kind, names: &BTreeSet<Name>) -> Vec<Reference> {
    let names = names.iter();
    names.map(|name| Reference::new(path, kind, name)).collect()
}

fn of_group(group: &Group) -> Vec<Reference> {
    let members = group.members.iter();
    let mut found: Vec<Reference> = members
        .map(|name| Reference::new("/members", Kind::Agent, name))
        .collect();
    if let Some(expression) = &group.expression {
        skills_of(expression, &mut |name| {
            found.push(Reference::new("/expression", Kind::Skill, name));
        });
    }
    found
}

/// What a view names: its queue, and all that the requests it makes name.
fn of_view(view: &View) -> Vec<Reference> {
    let mut found = vec![Reference::new("/queue", Kind::Queue, &view.queue)];
    let Some(route) = view.route() else {
        return found;
    };
    let line = &route.virtual_queue;
    found.push(Reference::new(
        "/route/virtual_queue",
        Kind::VirtualQueue,
        line,
    ));
    for step in route.target.steps() {
        let path = "/route/target";
        step.expression.each_belonging(&mut |condition, name| {
            let kind = match condition {
                Expression::Agent(_) => Kind::Agent,
                _ => Kind::Group,
            };
            found.push(Reference::new(path, kind, name));
        });
        skills_of(&step.expression, &mut |name| {
            found.push(Reference::new(path, Kind::Skill, name));
        });
    }
    if let Some(selection) = route.selection.get() {
        let excluded = selection.exclude.iter();
        found.extend(excluded.map(|name| Reference::new("/route/exclude", Kind::Agent, name)));
        let last = selection.last_agent.iter();
        let last = last.map(|last| &last.agent);
        found.extend(last.map(|name| Reference::new("/route/last_agent", Kind::Agent, name)));
    }
    found
}

fn skills_of(expression: &Expression, visit: &mut dyn FnMut(&Name)) {
    expression.each_condition(&mut |name, _, _| visit(name));
    expression.each_text(&mut |name, _, _| visit(name));
}

fn of_person(person: &Person) -> Vec<Reference> {
    let queues = person.queues.iter().flatten();
    let queues = queues.map(|name| Reference::new("/queues", Kind::Queue, name));
    let groups = person.groups.iter().flatten();
    let groups = groups.map(|name| Reference::new("/groups", Kind::Group, name));
    let agent = person.agent.iter();
    let agent = agent.map(|name| Reference::new("/agent", Kind::Agent, name));
    queues.chain(groups).chain(agent).collect()
}
